/* Makes calls to a Docker daemon one after the other by libcurl, over connections that are kept. The file has one call
 * a line: a method, a path and, where there is one, a body, which is JSON without line breaks. Prints when the first
 * began, in nanoseconds since 1970. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 64

static char words[1 << 12];
static size_t length;

static size_t gather(char *bytes, size_t one, size_t count, void *unused) {
    (void)unused;
    size_t room = sizeof words - 1 - length, taken = one * count < room ? one * count : room;
    memcpy(words + length, bytes, taken);
    length += taken;
    words[length] = 0;
    return one * count;
}

static int call(CURL *easy, const char *method, const char *path, const char *body) {
    char url[8192];
    snprintf(url, sizeof url, "http://d%s", path);
    length = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    long status = 0;
    CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (status < 300) return 1;
    }
    fprintf(stderr, "%s %s: %ld %s %s\n", method, path, status, curl_easy_strerror(code), words);
    return 0;
}

/* calls SOCKET FILE */
int main(int argc, char **argv) {
    static char *lines[MOST];
    size_t room = 0;
    int count = 0;
    FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (!file || curl_global_init(CURL_GLOBAL_DEFAULT)) return 2;
    for (; count < MOST && getline(&lines[count], &room, file) > 0; count++, room = 0) {
        lines[count][strcspn(lines[count], "\n")] = 0;
    }
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (!easy) return 1;
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, argv[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, gather);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    struct timespec began;
    clock_gettime(CLOCK_REALTIME, &began);
    for (int n = 0; n < count; n++) {
        char *method = strtok(lines[n], " "), *path = strtok(NULL, " "), *body = strtok(NULL, "");
        if (!method || !path || !call(easy, method, path, body)) return 1;
    }
    printf("%lld\n", (long long)began.tv_sec * 1000000000LL + began.tv_nsec);
    return 0;
}
