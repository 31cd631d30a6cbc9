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

struct usage usage_of(pid_t pid, int with_pss) {
    struct usage usage = {0};
    char path[128], line[1024];
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
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) return usage;
    unsigned long own[2], children[2];
    if (fgets(line, sizeof line, file)) {
        const char *behind = strrchr(line, ')');
        if (behind && sscanf(behind + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
                             &own[0], &own[1], &children[0], &children[1]) == 4) {
            double tick = 1000.0 / (double)sysconf(_SC_CLK_TCK);
            usage.own_cpu_ms = (double)(own[0] + own[1]) * tick;
            usage.children_cpu_ms = (double)(children[0] + children[1]) * tick;
        }
    }
    fclose(file);
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
