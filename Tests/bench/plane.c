/* The control plane of the benchmark: starts one worker, gives it tasks, and prints one figure a line.
 *
 *   plane MODE PIPE PORT-FILE COMMAND...       {PORT} in the command becomes the port
 *
 * Modes: start, idle, latency, cpu, burst, growth. PIPE is where the stub agents tell when they began and ended.
 * Every figure is taken by this one clock, CLOCK_MONOTONIC. With PORT-FILE other than "-" the worker reaches us
 * through somebody else, who is told our port there and tells his own in the command. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

enum { MOST = 16384 };

struct task {
    long long sent, claimed, began, left, ended;
};

extern char **environ;
static struct task tasks[MOST];
static int sent, claimed, ended, failed, told;
static struct peer plane = {.socket = -1};
static int stubs;
static pid_t worker;
static long long started, connected;

static int index_of(const char *at) {
    int index = atoi(at);
    return index >= 0 && index < MOST ? index : 0;
}

static void hear(char *text) {
    const char *task = strstr(text, "\"task_id\":\"t");
    if (!task) return;
    struct task *entry = &tasks[index_of(task + 12)];
    if (strstr(text, "\"task_claimed\"")) {
        if (!entry->claimed) claimed++;
        entry->claimed = now_ns();
        return;
    }
    if (!strstr(text, "\"task_completed\"") && failed++ == 0) fprintf(stderr, "rig: %s\n", text);
    if (!entry->ended) ended++;
    entry->ended = now_ns();
}

static void read_stubs(void) {
    static char buffer[65536];
    static size_t filled;
    ssize_t got = read(stubs, buffer + filled, sizeof buffer - filled - 1);
    if (got <= 0) return;
    filled += (size_t)got;
    buffer[filled] = 0;
    char *line = buffer;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        int index = 0;
        long long began = 0, left = 0;
        if (sscanf(line, "t%d %lld %lld", &index, &began, &left) != 3 || index < 0 || index >= MOST) continue;
        tasks[index].began = began;
        tasks[index].left = left;
        told++;
    }
    filled -= (size_t)(line - buffer);
    memmove(buffer, line, filled);
}

static void turn(int wait_ms) {
    struct pollfd watched[2] = {{plane.socket, POLLIN, 0}, {stubs, POLLIN, 0}};
    if (poll(watched, 2, wait_ms) <= 0) return;
    if (watched[0].revents) server_read(&plane, hear);
    if (watched[1].revents) read_stubs();
    if (plane.socket < 0) die("the worker hung up");
}

static void rest(int ms) {
    long long until = now_ns() + ms * 1000000LL;
    for (long long now; (now = now_ns()) < until;) turn((int)((until - now) / 1000000) + 1);
}

static void assign(int life_ms) {
    char text[4096];
    int length = snprintf(text, sizeof text,
        "{\"type\":\"task_assignment\",\"data\":{\"task_id\":\"t%06d\",\"execution_id\":\"e%06d-0123-4567\","
        "\"task\":{\"id\":\"t%06d\",\"title\":\"A task of the benchmark\",\"task_definition\":{\"prompt\":"
        "\"Look into the failing test, find out what broke it, repair it, and write down what was wrong.\"},"
        "\"owner\":{\"Type\":\"TEAM\",\"Id\":7},\"agent_config_snapshot\":{\"environment_id\":\"env-1\","
        "\"model_id\":\"auto\",\"mcp_servers\":{\"tracker\":{\"url\":\"https://tracker.invalid/mcp\","
        "\"headers\":{\"Authorization\":\"Bearer not-a-real-token\"}}},\"harness\":{\"type\":\"oz\"}}},"
        "\"docker_image\":\"ubuntu:22.04\",\"sidecar_image\":\"agent:1\",\"env_vars\":{\"STUB\":\"%d\","
        "\"WARP_API_KEY\":\"not-a-real-key-either\",\"GITHUB_TOKEN\":\"nor-is-this-a-token\"},"
        "\"additional_oz_args\":[\"--quiet\"]}}",
        sent, sent, sent, life_ms);
    tasks[sent].sent = now_ns();
    server_say(&plane, text, (size_t)length);
    sent++;
}

static int before(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, before);
    return count ? values[count / 2] : 0;
}

static void say(const char *name, double value) { printf("%s %.4f\n", name, value); }

/* ---- Modes ---- */

static void mode_start(void) { say("start_ms", (double)(connected - started) / 1e6); }

static void mode_idle(int seconds) {
    rest(3000);
    struct usage from = usage_of(worker, 1);
    rest(seconds * 1000);
    struct usage to = usage_of(worker, 1);
    long long children_kb;
    int children = children_of(worker, &children_kb);
    say("idle_rss_kb", (double)to.rss_kb);
    say("idle_pss_kb", (double)to.pss_kb);
    say("idle_threads", to.threads);
    say("idle_wakeups", (double)(to.switches - from.switches));
    say("idle_children", children);
    say("idle_children_pss_kb", (double)children_kb);
    say("idle_descriptors", to.descriptors);
}

static void mode_latency(int count) {
    static double claims[MOST], begins[MOST], words[MOST];
    rest(500);
    int warm = 10;
    for (int i = 0; i < warm + count; i++) {
        assign(3);
        while (ended < sent || told < sent) turn(5000);
        if (i >= warm) {
            struct task *task = &tasks[i];
            claims[i - warm] = (double)(task->claimed - task->sent) / 1e6;
            begins[i - warm] = (double)(task->began - task->sent) / 1e6;
            words[i - warm] = (double)(task->ended - task->left) / 1e6;
        }
        rest(8);
    }
    say("claim_ms", median(claims, count));
    say("begin_ms", median(begins, count));
    say("word_ms", median(words, count));
}

/* Keeps so many tasks going until so many were given. */
static void flow(int count, int at_once) {
    while (ended < count) {
        while (sent < count && sent - ended < at_once) assign(0);
        turn(5000);
    }
}

static void mode_cpu(int count) {
    flow(50, 4);
    rest(300);
    struct usage from = usage_of(worker, 0);
    flow(50 + count, 4);
    rest(300);
    struct usage to = usage_of(worker, 0);
    say("cpu_ms", (to.own_cpu_ms - from.own_cpu_ms) / count);
    say("children_cpu_ms", (to.children_cpu_ms - from.children_cpu_ms) / count);
}

static void mode_burst(int count) {
    rest(500);
    long long from = now_ns(), all_claimed = 0;
    int threads = 0;
    while (ended < count) {
        if (sent < count) {
            for (int i = 0; i < 20 && sent < count; i++) assign(0);
            turn(0);
        } else {
            turn(5000);
        }
        if (claimed == count && !all_claimed) {
            all_claimed = now_ns();
            threads = usage_of(worker, 0).threads;
        }
    }
    struct usage usage = usage_of(worker, 0);
    say("burst_claimed_ms", (double)(all_claimed - from) / 1e6);
    say("burst_ended_ms", (double)(now_ns() - from) / 1e6);
    say("burst_peak_kb", (double)usage.peak_kb);
    say("burst_threads", threads > usage.threads ? threads : usage.threads);
}

static void mode_growth(int count) {
    flow(1000, 20);
    rest(1500);
    struct usage from = usage_of(worker, 0);
    flow(count, 20);
    rest(1500);
    struct usage to = usage_of(worker, 0);
    say("growth_kb", (double)(to.rss_kb - from.rss_kb));
    say("growth_descriptors", to.descriptors - from.descriptors);
    say("growth_rss_kb", (double)to.rss_kb);
}

/* ---- The worker ---- */

static void start_worker(char **command, int port) {
    char digits[16], *rewritten[64];
    int count = 0;
    snprintf(digits, sizeof digits, "%d", port);
    for (; command[count] && count < 63; count++) {
        char *at = strstr(command[count], "{PORT}");
        rewritten[count] = command[count];
        int before_it = at ? (int)(at - command[count]) : 0;
        if (at && asprintf(&rewritten[count], "%.*s%s%s", before_it, command[count], digits, at + 6) < 0)
            die("asprintf");
    }
    rewritten[count] = NULL;
    started = now_ns();
    errno = posix_spawn(&worker, rewritten[0], NULL, NULL, rewritten, environ);
    if (errno) die(rewritten[0]);
}

/* Asked to stop, then made to. */
static void stop_worker(void) {
    long long until = now_ns() + 20 * 1000000000LL;
    int status;
    kill(worker, SIGTERM);
    while (waitpid(worker, &status, WNOHANG) == 0) {
        if (now_ns() > until) {
            fprintf(stderr, "rig: the worker had to be killed\n");
            kill(worker, SIGKILL);
        }
        struct pollfd watched = {plane.socket, POLLIN, 0};
        if (plane.socket < 0) usleep(1000);
        else if (poll(&watched, 1, 5) > 0) server_read(&plane, hear);
    }
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    const char *mode = argv[1];
    int port, rounds = getenv("PLANE_COUNT") ? atoi(getenv("PLANE_COUNT")) : 0;
    signal(SIGPIPE, SIG_IGN);
    stubs = open(argv[2], O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (stubs < 0) die(argv[2]);
    int listener = server_listen(&port);
    if (strcmp(argv[3], "-")) {
        FILE *file = fopen(argv[3], "we");
        if (!file || fprintf(file, "%d\n", port) < 0 || fclose(file)) die(argv[3]);
    }
    start_worker(argv + 4, port);
    server_accept(listener, &plane, 20000);
    connected = now_ns();
    if (!strcmp(mode, "start")) mode_start();
    else if (!strcmp(mode, "idle")) mode_idle(rounds ? rounds : 10);
    else if (!strcmp(mode, "latency")) mode_latency(rounds ? rounds : 100);
    else if (!strcmp(mode, "cpu")) mode_cpu(rounds ? rounds : 1000);
    else if (!strcmp(mode, "burst")) mode_burst(rounds ? rounds : 1000);
    else if (!strcmp(mode, "growth")) mode_growth(rounds ? rounds : 10000);
    else return 2;
    if (failed) say("failed", failed);
    stop_worker();
    return 0;
}
