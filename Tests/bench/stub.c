/* The agent of the benchmark: notes when it began and when it ends, and tells both in one write to the rig's pipe.
 * STUB is the number of milliseconds that it lives in between. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void) {
    long long began = now_ns();
    const char *task = getenv("TASK_ID"), *life = getenv("STUB");
    int pipe = open(STUB_FIFO, O_WRONLY | O_CLOEXEC);
    if (life && atoi(life) > 0) {
        struct timespec span = {atoi(life) / 1000, atoi(life) % 1000 * 1000000L};
        nanosleep(&span, NULL);
    }
    char line[128];
    int length = snprintf(line, sizeof line, "%s %lld %lld\n", task ? task : "?", began, now_ns());
    return pipe < 0 || write(pipe, line, (size_t)length) != length;
}
