/* What /proc says of a process. */
#define _GNU_SOURCE
#include "server.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number behind a name at the start of a line; 0 where there is none. */
static long long field(const char *path, const char *name) {
    char line[512];
    long long value = 0;
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = atoll(line + strlen(name));
            break;
        }
    }
    fclose(file);
    return value;
}

static int each_entry(const char *path, void (*visit)(const char *name, void *state), void *state) {
    DIR *directory = opendir(path);
    int count = 0;
    if (!directory) return 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.') continue;
        count++;
        if (visit) visit(entry->d_name, state);
    }
    closedir(directory);
    return count;
}

struct threads {
    pid_t pid;
    long long switches;
};

static void add_switches(const char *name, void *state) {
    struct threads *threads = state;
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", threads->pid, name);
    threads->switches += field(path, "voluntary_ctxt_switches:");
}

/* What a process and the children that it has reaped took; and whose child it is. */
struct times {
    int parent;
    double own_ms, reaped_ms;
};

static int times_of(pid_t pid, struct times *times) {
    char path[64], line[1024];
    unsigned long own[2], reaped[2];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    const char *behind = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!behind || sscanf(behind + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &times->parent,
                          &own[0], &own[1], &reaped[0], &reaped[1]) != 5) return 0;
    double tick = 1000.0 / (double)sysconf(_SC_CLK_TCK);
    times->own_ms = (double)(own[0] + own[1]) * tick;
    times->reaped_ms = (double)(reaped[0] + reaped[1]) * tick;
    return 1;
}

struct living {
    pid_t parent;
    double cpu_ms;
};

static void add_living(const char *name, void *state) {
    struct living *living = state;
    struct times times;
    if (name[0] < '0' || name[0] > '9' || !times_of(atoi(name), &times) || times.parent != living->parent) return;
    living->cpu_ms += times.own_ms + times.reaped_ms;
}

struct usage usage_of(pid_t pid, int with_pss) {
    struct usage usage = {0};
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    usage.rss_kb = field(path, "VmRSS:");
    usage.peak_kb = field(path, "VmHWM:");
    usage.threads = (int)field(path, "Threads:");
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (with_pss) usage.pss_kb = field(path, "Pss:");
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    usage.descriptors = each_entry(path, NULL, NULL);
    struct threads threads = {pid, 0};
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    each_entry(path, add_switches, &threads);
    usage.switches = threads.switches;
    struct times times;
    if (!times_of(pid, &times)) return usage;
    usage.own_cpu_ms = times.own_ms;
    /* Children that serve one task after the other are not reaped in between. */
    struct living living = {pid, times.reaped_ms};
    each_entry("/proc", add_living, &living);
    usage.children_cpu_ms = living.cpu_ms;
    return usage;
}

struct family {
    pid_t parent;
    int count;
    long long pss_kb;
};

static void add_child(const char *name, void *state) {
    struct family *family = state;
    char path[128];
    if (name[0] < '0' || name[0] > '9') return;
    snprintf(path, sizeof path, "/proc/%.20s/status", name);
    if (field(path, "PPid:") != family->parent) return;
    snprintf(path, sizeof path, "/proc/%.20s/smaps_rollup", name);
    family->count++;
    family->pss_kb += field(path, "Pss:");
}

int children_of(pid_t pid, long long *pss_kb) {
    struct family family = {pid, 0, 0};
    each_entry("/proc", add_child, &family);
    *pss_kb = family.pss_kb;
    return family.count;
}
