/* The supervisor of one task at a time: starts the agent, passes signals on, and leaves nothing of its descendants
 * alive. Then it may serve another.
 *
 * idle (waits for the start record) -> running -> ending (everything left is killed) -> idle; one that is to outlive
 * its worker keeps what it has told until that was taken, and is idle only then.
 * SupervisorProtocol.h says what goes over descriptor 3. Only that commands it: every signal is blocked. As subreaper
 * it inherits every orphan below it, so "descendants left" is what waitid and its list of children say. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "SupervisorProtocol.h"
#include "afterlife.h"
#include "descendants.h"
#include "record.h"

enum { CONTROL = 3, GRACE_MS = 10000, FIRST_PAUSE_MS = 10, LONGEST_PAUSE_MS = 2000, WEEK_S = 604800 };

static pid_t agent;            /* 0 once it was reaped */
static int control = CONTROL;  /* -1 once the worker is gone */
static int ending, killed;     /* kill whatever there is, the agent included; how many died of that */
static int output = -1;        /* the agent's end of its output, held so that it ends when all of them are dead */
static int oom_file, oom_own;  /* our own oom_score_adj, and what it is while no agent is being started */
static int hands_over;         /* what it leaves behind when it ends well lives until the worker has decided */
static int let_go;             /* and that was: to let it live on */
static int signal_expected;    /* a 'T' came, its signal number has not yet */
static int64_t kill_at = -1;   /* when the grace period ends */
static oz_supervisor_record noted[3]; /* of each kind at most one */
static int notes, said;               /* how many there are, and how many of them the worker was told */
/* Only for one that outlives its worker: where the next one comes, what it will be given, that it has taken all. */
static int listener = -1, printed = -1, words = -1, dismissed;

static void wake(int number) { (void)number; } /* that ppoll returns is all */

static int64_t now_ms(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* To be said before we sleep or leave: what follows at once is said with it, and wakes the worker only once. */
static void note(uint8_t kind, int32_t a, int64_t b) {
    noted[notes++] = (oz_supervisor_record){.kind = kind, .a = a, .b = b};
}

/* The few records always fit in the socket's buffer, each whole, and stay there until the worker reads them. */
static void say_notes(void) {
    size_t rest = (size_t)(notes - said) * sizeof *noted;
    if (control >= 0 && rest > 0) send(control, noted + said, rest, MSG_NOSIGNAL);
    said = notes;
}

/* The output ends with it, except where somebody else holds it: the worker wakes up once for both. */
static void say_gone(int count) {
    close(output), output = -1;
    note(OZ_RECORD_GONE, count, 0);
    say_notes();
}

static _Noreturn void give_up(int number, int stage) {
    note(OZ_RECORD_FAILED, number, stage);
    say_notes();
    _exit(0);
}

/* Best effort. An agent inherits ours: opening its own between the fork and the exec would take the longest of all. */
static void set_oom_score(int score) {
    char text[16];
    pwrite(oom_file, text, (size_t)snprintf(text, sizeof text, "%d", score), 0);
}

/* The child's side of vfork: borrows the parent's memory until exec, so it says there what failed, and where. */
static _Noreturn void become_agent(const oz_start_header *head, char **strings, int *passed, volatile int *trouble) {
    struct rlimit limit = {head->nofile_soft, head->nofile_hard};
    sigset_t none;
    sigemptyset(&none);
    prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
    setsid();
    trouble[1] = OZ_STAGE_LIMITS;
    if ((head->flags & OZ_START_NOFILE) != 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0) goto failed;
    if ((head->flags & OZ_START_STDIN) != 0 && dup2(passed[1], 0) < 0) goto failed;
    if (dup2(passed[0], 1) < 0 || dup2(passed[0], 2) < 0) goto failed;
    trouble[1] = OZ_STAGE_DIRECTORY;
    if (chdir(strings[0]) < 0) goto failed;
    trouble[1] = OZ_STAGE_EXEC;
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(strings[1], strings + 2, strings + 2 + head->argc + 1);
failed:
    trouble[0] = errno;
    _exit(127);
}

static __attribute__((noinline)) void launch(const oz_start_header *head, char **strings, int *passed) {
    volatile int trouble[2] = {0, OZ_STAGE_FORK};
    int changes = (head->flags & OZ_START_OOM) != 0 && (int32_t)head->oom_score_adj != oom_own;
    if (changes) set_oom_score((int32_t)head->oom_score_adj);
    pid_t pid = vfork();
    if (pid == 0) become_agent(head, strings, passed, trouble);
    if (changes) set_oom_score(oom_own);
    if (pid < 0) give_up(errno, OZ_STAGE_FORK);
    if (trouble[0] != 0) give_up(trouble[0], trouble[1]);
    agent = pid;
}

/* From here on the next worker finds this one, or knows that it never will: if our worker is dead by now, whoever
 * asked under this name before may have been told so, and nothing may be started any more. */
static void outlive(const char *name, const int *passed) {
    char next;
    printed = passed[0], words = passed[1];
    listener = listen_as(name);
    if (listener < 0) give_up(errno, OZ_STAGE_SURVIVE);
    if (recv(control, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0) _exit(0);
}

/* Waits for the start record and acts on it. Its memory, the task's environment included, is given back at once. */
static void start(void) {
    oz_start asked;
    int instead = read_start(control, &asked);
    if (instead == -OZ_COMMAND_KILL) say_gone(0);
    if (instead < 0) _exit(0);
    if (instead > 0) give_up(instead, OZ_STAGE_RECORD);
    const int reads = (asked.head.flags & OZ_START_STDIN) != 0;
    hands_over = (asked.head.flags & OZ_START_HANDOVER) != 0;
    if (asked.name != NULL) outlive(asked.name, asked.passed + 1 + reads);
    launch(&asked.head, asked.strings, asked.passed);
    munmap(asked.strings, asked.size);
    output = asked.passed[0];
    if (reads) close(asked.passed[1]);
    note(OZ_RECORD_STARTED, agent, stat_field(agent, 22));
}

static void signal_agent(int number) {
    if (agent > 0 && kill(-agent, number) < 0 && errno == ESRCH) kill(agent, number);
}

/* The worker is gone, or has let go. Without an afterlife the agent goes with it, in good order. */
static void bereave(void) {
    close(control);
    control = -1, signal_expected = 0;
    if (listener < 0 && !let_go) signal_agent(SIGTERM), kill_at = now_ms() + GRACE_MS;
}

/* What is let go of stays with us, but the worker need not hear of it any more. */
static void release(void) {
    let_go = 1;
    say_gone(0);
    if (listener < 0) bereave();
}

/* All that was commanded; but behind a Q that ends a kept task another start record may lie. */
static void obey(void) {
    uint8_t byte;
    while (control >= 0 && (listener < 0 || !dismissed)) {
        ssize_t got = recv(control, &byte, 1, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return bereave();
        if (signal_expected) signal_agent(byte);
        else if (byte == OZ_COMMAND_KILL) ending = !let_go;
        else if (byte == OZ_COMMAND_QUIT) dismissed = 1;
        else if (byte == OZ_COMMAND_RELEASE && agent == 0 && !ending && !let_go) release();
        signal_expected = !signal_expected && byte == OZ_COMMAND_TERMINATE;
    }
}

/* Waits for a worker's word; without one, for the next worker, and keeps the output meanwhile. How many were ready. */
static int listen_around(const struct timespec *limit, const sigset_t *asleep) {
    struct pollfd around[3] = {{control, POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
    if (control < 0) around[1].fd = listener, around[2].fd = printed;
    say_notes();
    int ready = ppoll(around, 3, limit, asleep);
    if (ready <= 0) return ready;
    if (around[0].revents != 0) obey();
    if (around[2].revents != 0 && !keep_output(printed)) close(printed), printed = -1;
    if (around[1].revents != 0) control = meet_worker(listener, printed, words, noted, notes);
    return ready;
}

/* Somebody has taken all that there was to tell. */
static void end_afterlife(void) {
    close(listener), close(words);
    if (printed >= 0) close(printed);
    forget_output();
    listener = printed = words = -1;
    if (let_go) bereave();
}

/* Takes every child that has ended. Looks before it reaps: while the agent is not reaped its group is surely ours.
 * The number taken, or -1 when no child is left. */
static int reap(void) {
    for (int count = 0;; count++) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return -1;
        if (info.si_pid == 0) return count;
        int well = hands_over && info.si_code == CLD_EXITED && info.si_status == 0;
        if (info.si_pid == agent && !well) kill(-agent, SIGKILL);
        waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
        if (info.si_pid == agent) {
            agent = 0, ending |= !well;
            note(OZ_RECORD_EXITED, info.si_code, info.si_status);
        } else if (ending && info.si_code == CLD_KILLED && info.si_status == SIGKILL) {
            killed++;
        }
    }
}

/* Until no descendant is left. What can't die yet (uninterruptible, or another user's) is asked for again ever more
 * rarely, and noticed at once when it ends, since that is a SIGCHLD. */
static void supervise(const sigset_t *asleep) {
    int64_t pause = FIRST_PAUSE_MS;
    for (;;) {
        int taken = reap();
        if (taken < 0) break;
        int64_t wait = kill_at < 0 ? -1 : kill_at - now_ms();
        if (kill_at >= 0 && wait <= 0) ending = 1;
        if (ending) {
            kill_children();
            if (taken > 0) pause = FIRST_PAUSE_MS;
            wait = pause;
        }
        struct timespec limit = {.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000};
        int ready = listen_around(wait < 0 ? NULL : &limit, asleep);
        if (dismissed && let_go && listener >= 0) end_afterlife();
        if (ready == 0 && ending) pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
    }
    if (!let_go) say_gone(killed);
    const struct timespec longest = {.tv_sec = WEEK_S};
    while (listener >= 0 && !dismissed && listen_around(&longest, asleep) != 0) {}
    if (listener >= 0) end_afterlife();
    if (control < 0) _exit(0);
    ending = killed = signal_expected = dismissed = notes = said = let_go = 0;
}

int main(void) {
    sigset_t asleep;
    const uint64_t as_new[8] = {0}; /* SIG_DFL in the kernel's own form: the C library keeps two signals to itself */
    sigfillset(&asleep);
    sigprocmask(SIG_SETMASK, &asleep, NULL);
    sigdelset(&asleep, SIGCHLD);
    for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, as_new, NULL, sizeof *as_new);
    signal(SIGCHLD, wake);
    setsid(); /* not the worker's session: its terminal's signals are not ours */
    prctl(PR_SET_NAME, "oz-supervisor", 0UL, 0UL, 0UL);
    closefrom(CONTROL + 1);
    char score[16] = {0};
    oom_file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC); /* root's once we are not dumpable */
    oom_own = read(oom_file, score, sizeof score - 1) > 0 ? atoi(score) : 0;
    prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
    prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
    fcntl(CONTROL, F_SETFL, 0);
    if (chdir("/") < 0) return 1;
    for (;;) start(), supervise(&asleep);
}
