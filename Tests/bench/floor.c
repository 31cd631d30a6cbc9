/* A worker with nothing in it: one thread, poll, posix_spawn. No checks, no TLS, no reconnect, no supervisor. It shows
 * what the rig and the kernel cost by themselves, and the figures of the real worker are multiples of its own.
 *
 * Takes --web-socket-url ws://ADDRESS:PORT/PATH and --config-file, of which it reads oz_path and workspace_root, each
 * on a line of its own and in double quotes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_RUNS = 16384, BUFFER = 4 << 20 };

struct run {
    pid_t pid;
    char task[64];
};

static int plane = -1;
static char agent[512], root[512];
static struct run runs[MOST_RUNS];
static int running;
static unsigned char input[BUFFER];
static size_t filled;

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* A masked text frame; a mask of zeros changes nothing, and is one. */
static void say(const char *text, size_t length) {
    unsigned char frame[1024] = {0x81};
    size_t head = 2;
    if (length < 126) {
        frame[1] = (unsigned char)(0x80 | length);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
        head = 4;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, length);
    if (write(plane, frame, head + 4 + length) < 0) die("write");
}

/* The value of the first member of that name, where it is a plain string. */
static int member(const char *text, const char *name, char *out, size_t room) {
    char wanted[80];
    snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
    const char *at = strstr(text, wanted);
    out[0] = 0;
    if (!at) return 0;
    at += strlen(wanted);
    size_t length = strcspn(at, "\"");
    if (length >= room) return 0;
    memcpy(out, at, length);
    out[length] = 0;
    return 1;
}

static void start(const char *task, const char *life) {
    char directory[1024], task_variable[96], life_variable[96];
    snprintf(directory, sizeof directory, "%s/%s", root, task);
    mkdir(directory, 0700);
    snprintf(task_variable, sizeof task_variable, "TASK_ID=%s", task);
    snprintf(life_variable, sizeof life_variable, "STUB=%s", life);
    char *arguments[] = {agent, "agent", "run", "--task-id", (char *)task, NULL};
    char *environment[] = {task_variable, life_variable, "PATH=/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, directory);
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    struct run *run = &runs[running];
    if (running == MOST_RUNS || posix_spawn(&run->pid, agent, &actions, &attributes, arguments, environment))
        die("posix_spawn");
    snprintf(run->task, sizeof run->task, "%s", task);
    running++;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
}

static void hear(char *text) {
    char task[64], life[32], claim[256];
    if (!strstr(text, "\"task_assignment\"") || !member(text, "task_id", task, sizeof task)) return;
    member(text, "STUB", life, sizeof life);
    int length = snprintf(claim, sizeof claim,
        "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"%s\",\"worker_id\":\"bench\"}}", task);
    say(claim, (size_t)length);
    start(task, life);
}

static void reap(void) {
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        int index = 0;
        while (index < running && runs[index].pid != pid) index++;
        if (index == running) continue;
        char word[256], directory[1024];
        int length = snprintf(word, sizeof word,
            "{\"type\":\"task_completed\",\"data\":{\"task_id\":\"%s\",\"message\":\"Task completed successfully\"}}",
            runs[index].task);
        say(word, (size_t)length);
        snprintf(directory, sizeof directory, "%s/%s", root, runs[index].task);
        rmdir(directory);
        runs[index] = runs[--running];
    }
}

static void read_configuration(const char *path) {
    char line[1024];
    FILE *file = fopen(path, "re");
    if (!file) die(path);
    while (fgets(line, sizeof line, file)) {
        sscanf(line, " oz_path: \"%511[^\"]", agent);
        sscanf(line, " workspace_root: \"%511[^\"]", root);
    }
    fclose(file);
    mkdir(root, 0700);
}

static void dial(const char *url) {
    char host[64], request[1024];
    int port = 0, on = 1;
    if (sscanf(url, "ws://%63[^:]:%d", host, &port) != 2) exit(2);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    inet_pton(AF_INET, host, &to.sin_addr);
    plane = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (plane < 0 || connect(plane, (struct sockaddr *)&to, sizeof to)) die("connect");
    setsockopt(plane, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int length = snprintf(request, sizeof request,
        "GET /api/v1/selfhosted/worker/ws?worker_id=bench HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        host, port);
    if (write(plane, request, (size_t)length) < 0) die("write");
}

/* How many bytes of the input were whole frames, all of which were heard. */
static size_t take_frames(void) {
    size_t at = 0;
    while (filled - at >= 2) {
        size_t length = input[at + 1] & 127, head = 2;
        if (length == 126) {
            if (filled - at < 4) break;
            length = (size_t)input[at + 2] << 8 | input[at + 3];
            head = 4;
        }
        if (filled - at < head + length) break;
        unsigned char *text = input + at + head, behind = text[length];
        text[length] = 0;
        if ((input[at] & 15) == 1) hear((char *)text);
        text[length] = behind;
        at += head + length;
    }
    return at;
}

static void read_plane(void) {
    static int upgraded;
    ssize_t got = read(plane, input + filled, sizeof input - filled - 1);
    if (got <= 0) exit(1);
    filled += (size_t)got;
    size_t taken = 0;
    if (!upgraded) {
        input[filled] = 0;
        char *end = strstr((char *)input, "\r\n\r\n");
        if (!end) return;
        taken = (size_t)(end + 4 - (char *)input);
        upgraded = 1;
    }
    filled -= taken;
    memmove(input, input + taken, filled);
    taken = take_frames();
    filled -= taken;
    memmove(input, input + taken, filled);
}

int main(int argc, char **argv) {
    const char *url = "", *configuration = "";
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], "--web-socket-url")) url = argv[i + 1];
        if (!strcmp(argv[i], "--config-file")) configuration = argv[i + 1];
    }
    read_configuration(configuration);
    dial(url);
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    struct pollfd watched[2] = {{plane, POLLIN, 0}, {signalfd(-1, &awaited, SFD_CLOEXEC), POLLIN, 0}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) die("poll");
        if (watched[1].revents) {
            struct signalfd_siginfo signal;
            if (read(watched[1].fd, &signal, sizeof signal) > 0 && signal.ssi_signo == SIGTERM) return 0;
            reap();
        }
        if (watched[0].revents) read_plane();
    }
}
