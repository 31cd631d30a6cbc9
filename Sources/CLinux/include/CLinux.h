/* CLinux: the Linux calls that Swift does not see by itself, one thin function each.
 *
 * A function that can fail returns a negative errno (-EAGAIN, ...): no caller has to read errno before something else
 * overwrites it. Every descriptor made here is close-on-exec. Nothing here is variadic and nothing traps.
 * _GNU_SOURCE stays in the .c file: defined in a header it would give Swift two versions of the system's types. */
#ifndef OZ_CLINUX_H
#define OZ_CLINUX_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- epoll. Events are copied out of the kernel's (on x86-64 packed) form. ---- */

typedef struct {
    uint64_t data;
    uint32_t events;
} oz_epoll_event;

static const uint32_t OZ_EPOLL_IN = 0x001;
static const uint32_t OZ_EPOLL_OUT = 0x004;
static const uint32_t OZ_EPOLL_ERROR = 0x008;
static const uint32_t OZ_EPOLL_HANGUP = 0x010;
static const uint32_t OZ_EPOLL_PEER_CLOSED = 0x2000;
static const uint32_t OZ_EPOLL_ONE_SHOT = 1u << 30;
static const uint32_t OZ_EPOLL_EDGE = 1u << 31;

int oz_epoll_create(void);
int oz_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int oz_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);
int oz_epoll_remove(int epoll, int fd);
/* At most 64 events a call. Timeout in milliseconds, -1 for none. Interrupted counts as no events (0). */
int oz_epoll_wait(int epoll, oz_epoll_event *events, int capacity, int timeout_ms);

/* ---- signals as descriptors ---- */

/* Blocks these signals in the calling thread; threads made later inherit that. */
int oz_signals_block(const int *signals, size_t count);
/* A non-blocking signalfd for signals that are already blocked. */
int oz_signalfd(const int *signals, size_t count);
/* The next signal's number; 0 when there is none. The sender's pid goes to `sender` unless that is NULL. */
int oz_signalfd_next(int fd, pid_t *sender);
/* Sets a signal to be ignored (SIGPIPE, say). */
int oz_signal_ignore(int signal);

/* ---- eventfd, timerfd: non-blocking ---- */

int oz_eventfd(void);
/* Never blocks; a full counter already wakes the reader and is no error. */
int oz_eventfd_signal(int fd);
/* 1 if it had been signalled, 0 if not. */
int oz_eventfd_drain(int fd);
/* A timer on CLOCK_BOOTTIME, which counts sleep. */
int oz_timerfd(void);
/* Fires once at this time of oz_clock_boottime(); at once when that has passed; 0 or less disarms. */
int oz_timerfd_set(int fd, int64_t at_ns);
/* 1 if it had fired, 0 if not. */
int oz_timerfd_drain(int fd);

/* ---- clocks, nanoseconds ---- */

int64_t oz_clock_boottime(void);
int64_t oz_clock_realtime(void);
/* CPU time of the whole process. */
int64_t oz_clock_cpu(void);

/* ---- descriptors ---- */

int oz_pipe(int *fds);
int oz_set_nonblocking(int fd, int on);
/* A pipe whose reading end, fds[0], does not block; whoever gets the other end is not told. */
int oz_output_pipe(int *fds);
int oz_close_from(int first);
/* open(2) without following a symbolic link in the last component. */
int oz_open_nofollow(int directory, const char *path, int flags, mode_t mode);
/* openat2(2): every component stays below `directory` and none is a symbolic link. -ENOSYS before Linux 5.6. */
int oz_open_beneath(int directory, const char *path, int flags, mode_t mode);
/* renameat2(2) with RENAME_NOREPLACE: -EEXIST when the target is there. */
int oz_rename_noreplace(int from_directory, const char *from, int to_directory, const char *to);
/* The kernel's number of the mount that a descriptor lies on (statx(2)). -ENOSYS before Linux 5.8. */
int oz_mount_number(int descriptor, uint64_t *number);
/* The arguments of this process. Swift's own way to them walks through all that is mapped into it. */
int oz_argument_count(void);
const char *oz_argument(int index);
/* The kernel's number of the kind of file system that a path lies on (statfs(2)). */
int oz_file_system_kind(const char *path, uint32_t *kind);
/* Locks a file that is open for writing, as long as the descriptor is open, without waiting: -EWOULDBLOCK when another
   holds it. */
int oz_lock_exclusive(int fd);
/* 1 while another descriptor holds the lock, else 0. Takes nothing. */
int oz_is_locked(int fd);
/* A memfd with these bytes that may be executed, sealed against every change. */
int oz_memfd_image(const char *name, const unsigned char *bytes, size_t length);
/* A memfd with these bytes, to be read from its start (a child's standard input). */
int oz_memfd_data(const char *name, const unsigned char *bytes, size_t length);

/* ---- sockets ---- */

/* A non-blocking stream socket of this address family. */
int oz_socket_stream(int domain);
/* A connected pair of non-blocking AF_UNIX stream sockets. */
int oz_socketpair(int *fds);
/* accept4(2): the new descriptor is non-blocking. */
int oz_accept(int listener);
/* send(2) with MSG_NOSIGNAL, recv(2): the number of bytes. EINTR is retried. */
ssize_t oz_send(int fd, const void *bytes, size_t length);
ssize_t oz_receive(int fd, void *bytes, size_t length);
/* Sends bytes, and with the first of them a descriptor (none when `passed` is negative), or at most four. */
ssize_t oz_send_with_fd(int fd, const void *bytes, size_t length, int passed);
ssize_t oz_send_with_fds(int fd, const void *bytes, size_t length, const int *passed, size_t count);
/* Receives bytes, and at most four descriptors; `*count` is how many came. */
ssize_t oz_receive_with_fds(int fd, void *bytes, size_t length, int *passed, size_t *count);
/* Connects to an abstract AF_UNIX name, where a process of this user or of root listens; `*peer` is its pid.
 * -ECONNREFUSED where nobody does, -EPERM for a stranger, -EAGAIN where the queue is full. */
int oz_connect_abstract(const unsigned char *name, size_t length, pid_t *peer);
int oz_tcp_nodelay(int fd, int on);
int oz_tcp_user_timeout(int fd, unsigned milliseconds);
int oz_reuse_address(int fd);
/* SO_ERROR: 0, or the errno (positive) that a connect ended with; negative when asking failed. */
int oz_socket_error(int fd);

/* ---- processes ---- */

static const short OZ_SPAWN_SETSID = 0x80;

int oz_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path);
int oz_spawn_add_closefrom(posix_spawn_file_actions_t *actions, int first);
/* Starts a static program out of a memfd: 0 to 2 are `null`, 3 is `control`, the environment is empty. It inherits
 * what signals the caller blocks and ignores, and begins in the caller's session. The pid, or a negative errno. */
pid_t oz_spawn_supervisor(int image, int null, int control);

/* Starts a program that is looked for in PATH: 0 is `input`, 1 is `output`, 2 is `null`, in a session of its own, with
 * signals as they are by default. The pid, or a negative errno. */
pid_t oz_spawn_helper(char *const arguments[], char *const environment[], int input, int output, int null);

typedef struct {
    pid_t pid;
    int code;   /* CLD_EXITED (1), CLD_KILLED (2), CLD_DUMPED (3) */
    int status; /* the exit code, or the signal */
} oz_reaped;

static const int OZ_CLD_EXITED = 1;
static const int OZ_CLD_KILLED = 2;
static const int OZ_CLD_DUMPED = 3;

/* Reaps any one ended child without waiting: 1 and the child, or 0 when none has ended or there are none at all. */
int oz_reap_any(oz_reaped *reaped);
/* The same for one child; -ECHILD when it is not ours (any more). */
int oz_reap_pid(pid_t pid, oz_reaped *reaped);

int oz_wait_exited(int status);
int oz_wait_exit_status(int status);
int oz_wait_signaled(int status);
int oz_wait_signal(int status);

int oz_pidfd_open(pid_t pid);
int oz_pidfd_send_signal(int pidfd, int signal);

int oz_set_child_subreaper(int on);
int oz_set_dumpable(int on);
int oz_set_name(const char *name);
int oz_set_parent_death_signal(int signal);

/* -1000 (never) to 1000 (first). */
int oz_oom_score_set(int adjustment);
int oz_oom_score_get(int *adjustment);

/* RLIMIT_NOFILE. */
int oz_nofile_get(uint64_t *soft, uint64_t *hard);
int oz_nofile_set(uint64_t soft, uint64_t hard);

/* ---- odds and ends ---- */

/* Fills the buffer with random bytes, all of it, or fails. */
int oz_random(void *bytes, size_t length);
int oz_errno(void);
/* "ENOENT"; "unknown" for a number that is none. */
const char *oz_error_name(int number);

/* Gives back the pages of code and constants that the start touched: they are clean, and come back when used. */
void oz_release_clean_pages(void);

#endif
