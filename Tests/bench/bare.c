/* The floor of a journal: one write and one fdatasync for each assignment, of as many bytes as ours writes.
 * bare FILE BYTES COUNT prints how long one of them takes, and what of that is the processor's, in microseconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    static char bytes[1 << 20];
    if (argc != 4)
        return 2;
    size_t length = strtoul(argv[2], NULL, 10);
    int count = atoi(argv[3]);
    int file = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || length == 0 || length > sizeof bytes || count <= 0)
        return 1;
    memset(bytes, 'x', length);
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++)
        if (write(file, bytes, length) != (ssize_t)length || fdatasync(file) != 0)
            return 1;
    printf("%.3f %.3f\n", (now(CLOCK_MONOTONIC) - wall) / count, (now(CLOCK_PROCESS_CPUTIME_ID) - cpu) / count);
    return 0;
}
