/* CLinux: starting, reaping and signalling processes, and what a process says of itself to the kernel. */
#define _GNU_SOURCE 1
#include "include/CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int checked(long result) {
    return result < 0 ? -errno : (int)result;
}

/* ---- posix_spawn ---- */

int oz_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    return -posix_spawn_file_actions_addchdir_np(actions, path);
}

int oz_spawn_add_closefrom(posix_spawn_file_actions_t *actions, int first) {
    return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/* The child's side of vfork: it borrows the parent's memory until the exec, so it calls the kernel and nothing else.
 * What is left to do for a process of its own (a session, signals, closing what is not its own) the supervisor does
 * itself: every instruction here is one that the worker waits for. */
static _Noreturn void become_supervisor(const char *image, const int *places, volatile int *failure) {
    char name[] = "oz-supervisor";
    char *arguments[] = {name, NULL};
    char *environment[] = {NULL};
    for (int i = 0; i < 4; i++) {
        if (dup2(places[i], i) < 0) goto failed;
    }
    execve(image, arguments, environment);
failed:
    *failure = errno;
    _exit(127);
}

static __attribute__((noinline)) pid_t spawn_arranged(int image, const int *places) {
    volatile int failure = 0;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", image);
    pid_t pid = vfork();
    if (pid == 0) become_supervisor(path, places, &failure);
    if (pid < 0) return -errno;
    if (failure == 0) return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return -failure;
}

pid_t oz_spawn_supervisor(int image, int null, int control) {
    /* Moved out of the way of 0 to 3, so that no dup2 of the child overwrites what a later one needs. */
    const int given[3] = {image, null, control};
    int moved[3] = {-1, -1, -1};
    pid_t pid = 0;
    for (int i = 0; i < 3 && pid == 0; i++) {
        moved[i] = given[i] > 3 ? given[i] : fcntl(given[i], F_DUPFD_CLOEXEC, 4);
        if (moved[i] < 0) pid = -errno;
    }
    const int places[4] = {moved[1], moved[1], moved[1], moved[2]};
    if (pid == 0) pid = spawn_arranged(moved[0], places);
    for (int i = 0; i < 3; i++) {
        if (moved[i] >= 0 && moved[i] != given[i]) close(moved[i]);
    }
    return pid;
}

pid_t oz_spawn_helper(char *const arguments[], char *const environment[], int input, int output, int null) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid = 0;
    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&actions) != 0) return -ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -ENOMEM;
    }
    int failed = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (failed == 0) failed = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (failed == 0) failed = posix_spawn_file_actions_adddup2(&actions, null, 2);
    if (failed == 0) failed = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    if (failed == 0) failed = posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? pid : -failed;
}

/* ---- reaping ---- */

static int reap(idtype_t kind, id_t id, oz_reaped *reaped) {
    siginfo_t info;
    int failed;
    memset(&info, 0, sizeof info);
    do failed = waitid(kind, id, &info, WEXITED | WNOHANG);
    while (failed < 0 && errno == EINTR);
    if (failed < 0) return -errno;
    if (info.si_pid == 0) return 0;
    reaped->pid = info.si_pid;
    reaped->code = info.si_code;
    reaped->status = info.si_status;
    return 1;
}

int oz_reap_any(oz_reaped *reaped) {
    int count = reap(P_ALL, 0, reaped);
    return count == -ECHILD ? 0 : count;
}

int oz_reap_pid(pid_t pid, oz_reaped *reaped) {
    return pid > 0 ? reap(P_PID, (id_t)pid, reaped) : -EINVAL;
}

int oz_wait_exited(int status) {
    return WIFEXITED(status) ? 1 : 0;
}

int oz_wait_exit_status(int status) {
    return WEXITSTATUS(status);
}

int oz_wait_signaled(int status) {
    return WIFSIGNALED(status) ? 1 : 0;
}

int oz_wait_signal(int status) {
    return WTERMSIG(status);
}

/* ---- pidfd ---- */

int oz_pidfd_open(pid_t pid) {
    return checked(syscall(SYS_pidfd_open, pid, 0U));
}

int oz_pidfd_send_signal(int pidfd, int signal) {
    return checked(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0U));
}

/* ---- the process itself ---- */

int oz_set_child_subreaper(int on) {
    return checked(prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)(on != 0), 0UL, 0UL, 0UL));
}

int oz_set_dumpable(int on) {
    return checked(prctl(PR_SET_DUMPABLE, (unsigned long)(on != 0), 0UL, 0UL, 0UL));
}

int oz_set_name(const char *name) {
    return checked(prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL));
}

int oz_set_parent_death_signal(int signal) {
    return checked(prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL));
}

int oz_oom_score_set(int adjustment) {
    /* Written by hand: a number in this range has at most four digits. */
    char text[8];
    size_t length = 0;
    if (adjustment < -1000 || adjustment > 1000) return -EINVAL;
    int rest = adjustment < 0 ? -adjustment : adjustment;
    if (adjustment < 0) text[length++] = '-';
    for (int unit = 1000; unit > 0; unit /= 10) text[length++] = (char)('0' + rest / unit % 10);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t put = write(fd, text, length);
    int failed = put < 0 ? -errno : 0;
    close(fd);
    return failed;
}

int oz_oom_score_get(int *adjustment) {
    char text[16] = {0};
    int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t got = read(fd, text, sizeof text - 1);
    int failed = got < 0 ? -errno : 0;
    close(fd);
    if (failed == 0) *adjustment = (int)strtol(text, NULL, 10);
    return failed;
}

int oz_nofile_get(uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}

int oz_nofile_set(uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return checked(setrlimit(RLIMIT_NOFILE, &limit));
}
