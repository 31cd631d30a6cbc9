/* The calls that a task without sidecars needs before its container runs, made one after the other by libcurl: pull,
 * look, create, start. Prints when the first began, in nanoseconds since 1970, and the container's id. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char body[1 << 20];
static size_t length;

static size_t gather(char *bytes, size_t one, size_t count, void *unused) {
    (void)unused;
    if (length + one * count < sizeof body) {
        memcpy(body + length, bytes, one * count);
        length += one * count;
        body[length] = 0;
    }
    return one * count;
}

static void call(CURL *easy, const char *method, const char *path, const char *content) {
    char url[1024];
    snprintf(url, sizeof url, "http://d%s", path);
    length = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (content) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, content);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    long status = 0;
    if (curl_easy_perform(easy) != CURLE_OK) exit(1);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300) {
        fprintf(stderr, "%s %s: %ld %s\n", method, path, status, body);
        exit(1);
    }
}

/* calls SOCKET IMAGE TAG BODY */
int main(int argc, char **argv) {
    if (argc != 5 || curl_global_init(CURL_GLOBAL_DEFAULT)) return 2;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (!easy) return 1;
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, argv[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, gather);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    char path[1024], id[80] = "";
    struct timespec began;
    clock_gettime(CLOCK_REALTIME, &began);
    snprintf(path, sizeof path, "/images/create?fromImage=%s&tag=%s&platform=linux%%2Famd64", argv[2], argv[3]);
    call(easy, "POST", path, "");
    snprintf(path, sizeof path, "/images/%s:%s/json", argv[2], argv[3]);
    call(easy, "GET", path, NULL);
    call(easy, "POST", "/containers/create", argv[4]);
    const char *found = strstr(body, "\"Id\":\"");
    if (!found) return 1;
    snprintf(id, sizeof id, "%.64s", found + 6);
    snprintf(path, sizeof path, "/containers/%s/start", id);
    call(easy, "POST", path, "");
    printf("%lld %s\n", (long long)began.tv_sec * 1000000000LL + began.tv_nsec, id);
    return 0;
}
