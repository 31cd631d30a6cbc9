/* The server's side of RFC 6455, as much as a rig needs: one peer, small frames, no fragments. */
#define _GNU_SOURCE
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void die(const char *what) {
    fprintf(stderr, "rig: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

static uint32_t turn(uint32_t value, int by) { return value << by | value >> (32 - by); }

/* SHA-1 of less than 120 bytes: two blocks at most. */
static void sha1(const char *text, unsigned char out[20]) {
    unsigned char block[128] = {0};
    size_t length = strlen(text), blocks = length < 56 ? 1 : 2;
    memcpy(block, text, length);
    block[length] = 0x80;
    block[blocks * 64 - 2] = (unsigned char)(length * 8 >> 8);
    block[blocks * 64 - 1] = (unsigned char)(length * 8);
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    for (size_t b = 0; b < blocks; b++) {
        uint32_t w[80], v[5];
        for (int i = 0; i < 16; i++) {
            unsigned char *at = block + b * 64 + (size_t)i * 4;
            w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        }
        for (int i = 16; i < 80; i++) w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        memcpy(v, state, sizeof v);
        for (int i = 0; i < 80; i++) {
            uint32_t mixed = i < 20 ? ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999
                : i < 40 ? (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1
                : i < 60 ? ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdc
                         : (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
            uint32_t next = turn(v[0], 5) + mixed + v[4] + w[i];
            v[4] = v[3], v[3] = v[2], v[2] = turn(v[1], 30), v[1] = v[0], v[0] = next;
        }
        for (int i = 0; i < 5; i++) state[i] += v[i];
    }
    for (int i = 0; i < 20; i++) out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char *bytes, size_t count, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < count) three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < count) three |= bytes[i + 2];
        *out++ = digits[three >> 18];
        *out++ = digits[three >> 12 & 63];
        *out++ = i + 1 < count ? digits[three >> 6 & 63] : '=';
        *out++ = i + 2 < count ? digits[three & 63] : '=';
    }
    *out = 0;
}

int server_listen(int *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4)) die("listen");
    if (getsockname(listener, (struct sockaddr *)&at, &length)) die("getsockname");
    *port = ntohs(at.sin_port);
    return listener;
}

static void send_all(struct peer *peer, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0 && peer->socket >= 0) {
        ssize_t sent = send(peer->socket, at, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            close(peer->socket);
            peer->socket = -1;
            return;
        }
        at += sent;
        count -= (size_t)sent;
    }
}

static void upgrade(struct peer *peer) {
    char key[128] = "", answer[256], accept[64];
    unsigned char digest[20];
    const char *at = strcasestr((char *)peer->input, "\r\nSec-WebSocket-Key:");
    if (!at || sscanf(at + 20, " %60[^\r]", key) != 1) die("no key in the upgrade");
    strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    sha1(key, digest);
    base64(digest, sizeof digest, accept);
    int length = snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    send_all(peer, answer, (size_t)length);
}

void server_accept(int listener, struct peer *peer, int within_ms) {
    struct pollfd watched = {listener, POLLIN, 0};
    int on = 1;
    if (poll(&watched, 1, within_ms) != 1) die("the worker did not connect");
    peer->socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (peer->socket < 0) die("accept");
    setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer->room = 4 << 20;
    if (!peer->input) peer->input = malloc(peer->room);
    if (!peer->input) die("malloc");
    peer->filled = 0;
    for (;;) {
        ssize_t got = read(peer->socket, peer->input + peer->filled, 8192);
        if (got <= 0) die("no upgrade");
        peer->filled += (size_t)got;
        peer->input[peer->filled] = 0;
        if (strstr((char *)peer->input, "\r\n\r\n")) break;
    }
    upgrade(peer);
    peer->filled = 0;
}

static void frame(struct peer *peer, int opcode, const void *content, size_t length) {
    unsigned char buffer[8192] = {(unsigned char)(0x80 | opcode), (unsigned char)length};
    size_t head = 2;
    if (length + 4 > sizeof buffer) die("a message that is too long");
    if (length >= 126) {
        buffer[1] = 126;
        buffer[2] = (unsigned char)(length >> 8);
        buffer[3] = (unsigned char)length;
        head = 4;
    }
    memcpy(buffer + head, content, length);
    send_all(peer, buffer, head + length);
}

void server_say(struct peer *peer, const char *text, size_t length) { frame(peer, 1, text, length); }

void server_read(struct peer *peer, void (*hear)(char *text)) {
    ssize_t got = read(peer->socket, peer->input + peer->filled, peer->room - peer->filled - 1);
    if (got <= 0) {
        close(peer->socket);
        peer->socket = -1;
        return;
    }
    peer->filled += (size_t)got;
    size_t at = 0;
    while (peer->filled - at >= 6) {
        unsigned char *start = peer->input + at;
        size_t length = start[1] & 127, head = 2;
        if (length == 126) {
            length = (size_t)start[2] << 8 | start[3];
            head = 4;
        }
        if (length == 127 || !(start[1] & 128)) die("a frame that no worker sends");
        if (peer->filled - at < head + 4 + length) break;
        unsigned char *mask = start + head, *content = mask + 4, behind = content[length];
        for (size_t i = 0; i < length; i++) content[i] ^= mask[i & 3];
        content[length] = 0;
        int opcode = start[0] & 15;
        if (opcode == 1) hear((char *)content);
        if (opcode == 9) frame(peer, 10, content, length);
        if (opcode == 8) frame(peer, 8, content, length);
        content[length] = behind;
        at += head + 4 + length;
        if (peer->socket < 0) return;
    }
    peer->filled -= at;
    memmove(peer->input, peer->input + at, peer->filled);
}
