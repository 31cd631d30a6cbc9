/* The supervisor of one task at a time: starts the agent, passes signals on, and leaves nothing of its descendants
 * alive. Then it may serve another.
 *
 * idle (waits for the start record) -> running -> ending (everything left is killed) -> idle.
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
#include "descendants.h"

enum { CONTROL = 3, GRACE_MS = 10000, FIRST_PAUSE_MS = 10, LONGEST_PAUSE_MS = 2000, MOST_STRINGS = 1 << 20 };

static pid_t agent;            /* 0 once it was reaped */
static int control = CONTROL;  /* -1 once the worker is gone */
static int ending, killed;     /* kill whatever there is, the agent included; how many died of that */
static int output = -1;        /* the agent's end of its output, held so that it ends when all of them are dead */
static int oom_file, oom_own;  /* our own oom_score_adj, and what it is while no agent is being started */
static int hands_over;         /* what it leaves behind when it ends well lives until the worker has decided */
static int signal_expected;    /* a 'T' came, its signal number has not yet */
static int64_t kill_at = -1;   /* when the grace period ends */
static oz_supervisor_record noted[3];
static size_t notes; /* of each kind at most one */

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
    if (control >= 0 && notes > 0) send(control, noted, notes * sizeof *noted, MSG_NOSIGNAL);
    notes = 0;
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

/* Reads some of the start record, and the two descriptors that may come along. Without a worker there is nothing to do
 * any more. No signal interrupts it, since all are blocked. */
static size_t receive(void *into, size_t length, int *passed) {
    _Alignas(struct cmsghdr) char right[CMSG_SPACE(2 * sizeof(int))];
    struct iovec part = {into, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = right, .msg_controllen = sizeof right};
    ssize_t got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) _exit(0);
    struct cmsghdr *has = CMSG_FIRSTHDR(&message);
    if (has != NULL && has->cmsg_type == SCM_RIGHTS) memcpy(passed, CMSG_DATA(has), has->cmsg_len - CMSG_LEN(0));
    return (size_t)got;
}

/* Splits the strings into argv and envp, each ended by NULL; 0 unless they are just what the header promised. */
static int split(const oz_start_header *head, char *text, char **into) {
    char *end = text + (head->total - sizeof *head);
    for (uint32_t i = 0; i < head->argc + head->envc + 2; i++) {
        char *zero = memchr(text, 0, (size_t)(end - text));
        if (zero == NULL) return 0;
        *into++ = text;
        text = zero + 1;
        if (i + 1 == head->argc + 2) *into++ = NULL;
    }
    *into = NULL;
    return text == end;
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

/* Waits for the start record and acts on it. Its memory, the task's environment included, is given back at once. */
static void start(void) {
    oz_start_header head;
    int passed[2] = {-1, -1}; /* the output's end for the agent, and its input */
    size_t have = receive(&head, sizeof head, passed);
    const uint8_t first = *(const uint8_t *)&head;
    if (first == OZ_COMMAND_KILL) note(OZ_RECORD_GONE, 0, 0), say_notes();
    if (first == OZ_COMMAND_KILL || first == OZ_COMMAND_QUIT) _exit(0);
    while (have < sizeof head) have += receive((char *)&head + have, sizeof head - have, passed);
    const uint32_t known = OZ_START_STDIN | OZ_START_OOM | OZ_START_NOFILE | OZ_START_HANDOVER;
    int32_t score = (int32_t)head.oom_score_adj;
    if (head.magic != OZ_START_MAGIC || head.total <= sizeof head || head.total > OZ_START_LIMIT || head.argc < 1
        || head.argc > MOST_STRINGS || head.envc > MOST_STRINGS || (head.flags & ~known) != 0 || score < -1000
        || score > 1000 || passed[0] < 0 || (passed[1] < 0 && (head.flags & OZ_START_STDIN) != 0)) {
        give_up(EINVAL, OZ_STAGE_RECORD);
    }
    size_t pointers = (head.argc + head.envc + 4) * sizeof(char *), length = head.total - sizeof head;
    char **strings = mmap(NULL, pointers + length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (strings == MAP_FAILED) give_up(ENOMEM, OZ_STAGE_RECORD);
    char *text = (char *)strings + pointers;
    for (have = 0; have < length;) have += receive(text + have, length - have, passed);
    if (!split(&head, text, strings) || strings[0][0] != '/' || strings[1][0] != '/') {
        give_up(EINVAL, OZ_STAGE_RECORD);
    }
    hands_over = (head.flags & OZ_START_HANDOVER) != 0;
    launch(&head, strings, passed);
    munmap(strings, pointers + length);
    output = passed[0];
    close(passed[1]);
    note(OZ_RECORD_STARTED, agent, stat_field(agent, 22));
}

static void signal_agent(int number) {
    if (agent > 0 && kill(-agent, number) < 0 && errno == ESRCH) kill(agent, number);
}

static void obey(void) {
    uint8_t bytes[64];
    ssize_t got = recv(control, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    int let_go = 0;
    for (ssize_t i = 0; i < got && !let_go; i++) {
        if (signal_expected) signal_agent(bytes[i]);
        if (!signal_expected && bytes[i] == OZ_COMMAND_KILL) ending = 1;
        let_go = !signal_expected && bytes[i] == OZ_COMMAND_RELEASE && agent == 0 && !ending;
        signal_expected = !signal_expected && bytes[i] == OZ_COMMAND_TERMINATE;
    }
    if (got > 0 && !let_go) return;
    if (let_go) say_gone(0);
    else signal_agent(SIGTERM), kill_at = now_ms() + GRACE_MS;
    close(control), control = -1;
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
        struct pollfd channel = {.fd = control, .events = POLLIN};
        say_notes();
        int ready = ppoll(&channel, 1, wait < 0 ? NULL : &limit, asleep);
        if (ready > 0) obey();
        if (ready == 0 && ending) pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
    }
    say_gone(killed);
    if (control < 0) _exit(0);
    ending = killed = signal_expected = 0;
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
