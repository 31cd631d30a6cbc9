/* A stub agent. It writes down how it was started, below $STUB_DIR, and then behaves as $STUB says:
 *   (nothing)        ends with 0
 *   exit CODE        ends with CODE
 *   die SIGNAL       dies by SIGNAL
 *   until FILE CODE  waits for FILE, ends with CODE
 *   sleep            sleeps for ever, dies of SIGTERM
 *   term             sleeps for ever; at SIGTERM leaves a note and ends with 0
 *   ignore           sleeps for ever, ignores SIGTERM
 *   family           as ignore, with children: one plain, one in a session of its own, one daemon by double fork
 *   hold             ends with 0 and leaves a daemon that holds its output open
 *   flood BYTES      prints that much, ends with 0
 *   environment      prints its environment, arguments and directory, ends with 0
 *   sh SCRIPT        runs the script
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
static char base[4096];

static int note(const char *suffix, int flags)
{
    char path[4200];
    snprintf(path, sizeof path, "%s%s", base, suffix);
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
}

/* Made aside and renamed, so that whoever sees the file sees all of it. */
static void write_list(const char *suffix, char **list)
{
    char from[4200], to[4200];
    snprintf(from, sizeof from, "%s%s.part", base, suffix);
    snprintf(to, sizeof to, "%s%s", base, suffix);
    FILE *file = fopen(from, "w");
    if (!file)
        _exit(99);
    for (; *list; list++)
        fwrite(*list, 1, strlen(*list) + 1, file);
    fclose(file);
    rename(from, to);
}

static void add_pid(void)
{
    char line[32];
    int descriptor = note(".pids", O_APPEND);
    int length = snprintf(line, sizeof line, "%d\n", (int)getpid());
    if (write(descriptor, line, (size_t)length) < 0)
        _exit(98);
    close(descriptor);
}

static void touch(const char *suffix) { close(note(suffix, 0)); }

static void on_term(int number)
{
    (void)number;
    touch(".term");
    _exit(0);
}

static void for_ever(void)
{
    for (;;)
        pause();
}

/* A process that outlives its parent and ignores what asks it to end; with sessions of its own when asked. */
static void relative(int sessions)
{
    if (fork() != 0)
        return;
    if (sessions > 0)
        setsid();
    if (sessions > 1) {
        if (fork() != 0)
            _exit(0);
        setsid();
    }
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    add_pid();
    for_ever();
}

static void wait_for_pids(int count)
{
    char path[4200], text[1024];
    snprintf(path, sizeof path, "%s.pids", base);
    for (;;) {
        int lines = 0, descriptor = open(path, O_RDONLY);
        ssize_t length = descriptor < 0 ? 0 : read(descriptor, text, sizeof text);
        close(descriptor);
        for (ssize_t at = 0; at < length; at++)
            lines += text[at] == '\n';
        if (lines >= count)
            return;
        usleep(2000);
    }
}

static int flood(long bytes)
{
    static char line[1000];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (; bytes > 0; bytes -= (long)sizeof line)
        if (write(1, line, sizeof line) < 0)
            return 1;
    return 0;
}

static int print_all(char **argv)
{
    for (char **entry = environ; *entry; entry++)
        printf("env %s\n", *entry);
    for (char **entry = argv; *entry; entry++)
        fprintf(stderr, "arg %s\n", *entry);
    return 0;
}

static int behave(const char *how, char **argv)
{
    char word[32] = "", rest[4096] = "";
    sscanf(how, "%31s %4095[^\001]", word, rest);
    if (!strcmp(word, "exit"))
        return atoi(rest);
    if (!strcmp(word, "die"))
        return kill(getpid(), atoi(rest));
    if (!strcmp(word, "flood"))
        return flood(atol(rest));
    if (!strcmp(word, "environment"))
        return print_all(argv);
    if (!strcmp(word, "sh"))
        return execl("/bin/sh", "sh", "-c", rest, (char *)0);
    if (!strcmp(word, "until")) {
        char file[4096];
        int code = 0;
        sscanf(rest, "%4095s %d", file, &code);
        add_pid();
        touch(".ready");
        while (access(file, F_OK) != 0)
            usleep(3000);
        return code;
    }
    if (!strcmp(word, "hold")) {
        relative(2);
        wait_for_pids(1);
        return 0;
    }
    if (!strcmp(word, "ignore") || !strcmp(word, "family"))
        signal(SIGTERM, SIG_IGN);
    if (!strcmp(word, "term"))
        signal(SIGTERM, on_term);
    add_pid();
    if (!strcmp(word, "family")) {
        for (int sessions = 0; sessions < 3; sessions++)
            relative(sessions);
        wait_for_pids(4);
    }
    touch(".ready");
    for_ever();
    return 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    const char *folder = getenv("STUB_DIR"), *how = getenv("STUB"), *task = getenv("TASK_ID");
    if (!folder)
        return how ? behave(how, argv) : 0;
    snprintf(base, sizeof base, "%s/%s", folder, task ? task : "none");
    char cwd[4096];
    char *here[] = {getcwd(cwd, sizeof cwd), 0};
    write_list(".cwd", here);
    write_list(".env", environ);
    int starts = note(".starts", O_APPEND);
    if (write(starts, "start\n", 6) < 0)
        return 97;
    close(starts);
    write_list(".argv", argv);
    return how ? behave(how, argv) : 0;
}
