/* Whose child a process is, and the end of all that are ours. */
#define _GNU_SOURCE 1
#include "descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef LIST_OF_CHILDREN /* a test names another, to be on a kernel without one */
#define LIST_OF_CHILDREN "/proc/thread-self/children"
#endif

int64_t stat_field(int64_t pid, int number) {
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < number; field++) at = strchr(at + 1, ' ');
    return at == NULL ? -1 : strtoll(at, NULL, 10);
}

/* A child is ours alone to reap, so its number, and a group that it is in, can't be another's by now. Groups go
 * first and whole: a group can't fork its way out of a signal that goes to all of it at once. */
static void kill_child(pid_t child, pid_t *last_group) {
    pid_t group = getpgid(child);
    if (group > 1 && group != getpgrp() && group != *last_group) {
        kill(-group, SIGKILL);
        *last_group = group;
    }
    kill(child, SIGKILL);
}

/* For kernels without the list of children, where every process has to be asked for its parent. */
static void kill_by_search(void) {
    pid_t last_group = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
        int64_t pid = strtoll(entry->d_name, NULL, 10);
        if (pid > 0 && stat_field(pid, 4) == getpid()) kill_child((pid_t)pid, &last_group);
    }
    if (processes != NULL) closedir(processes);
}

void kill_children(void) {
    char text[4096];
    pid_t child = 0, last_group = 0;
    int list = open(LIST_OF_CHILDREN, O_RDONLY | O_CLOEXEC);
    if (list < 0) return kill_by_search();
    for (ssize_t got; (got = read(list, text, sizeof text)) > 0;) {
        for (ssize_t i = 0; i < got; i++) {
            int digit = text[i] - '0';
            if (digit < 0 && child > 0) kill_child(child, &last_group);
            child = digit < 0 ? 0 : child * 10 + digit;
        }
    }
    close(list);
}
