/* A WebSocket server for one peer, and what /proc says of a process: the ground of the rig. */
#pragma once
#include <stddef.h>
#include <sys/types.h>

long long now_ns(void);
void die(const char *what);

/* Listens on a free port of the loopback, or dies. */
int server_listen(int *port);

struct peer {
    int socket; /* -1 once it is gone */
    unsigned char *input;
    size_t filled, room;
};

/* Waits for the peer's upgrade and grants it. Dies where none comes in time. */
void server_accept(int listener, struct peer *peer, int within_ms);
void server_say(struct peer *peer, const char *text, size_t length);
/* Reads what is there and hands on each text; answers pings by itself. */
void server_read(struct peer *peer, void (*hear)(char *text));

struct usage {
    long long rss_kb, pss_kb, peak_kb;
    int threads, descriptors;
    long long switches;
    double own_cpu_ms, children_cpu_ms;
};

/* With the proportional size only where it is wanted: it is slow to find out. */
struct usage usage_of(pid_t pid, int with_pss);
/* Resident sizes of the processes that this one is the parent of, and how many there are. */
int children_of(pid_t pid, long long *pss_kb);
