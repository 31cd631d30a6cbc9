/* The least that a program which links libcurl can do to be connected: start, dial, upgrade. Then it waits for its
 * end. The start of the worker is compared with it. */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    const char *url = NULL;
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], "--web-socket-url")) url = argv[i + 1];
    if (!url || strncmp(url, "ws", 2)) return 2;
    char address[512], request[1024];
    snprintf(address, sizeof address, "http%s", url + 2);
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 1;
    CURL *easy = curl_easy_init();
    if (!easy) return 1;
    curl_easy_setopt(easy, CURLOPT_URL, address);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (curl_easy_perform(easy) != CURLE_OK) return 1;
    const char *host = strstr(url, "://") + 3, *path = strchr(host, '/');
    int length = snprintf(request, sizeof request,
        "GET %s?worker_id=bench HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        path ? path : "/", path ? (int)(path - host) : (int)strlen(host), host);
    size_t sent = 0;
    if (curl_easy_send(easy, request, (size_t)length, &sent) != CURLE_OK || sent != (size_t)length) return 1;
    poll(NULL, 0, -1);
    return 0;
}
