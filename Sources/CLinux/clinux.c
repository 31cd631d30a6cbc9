/* CLinux: thin functions over Linux calls; the header says what each one promises. */
#define _GNU_SOURCE 1
#include "include/CLinux.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Newer than some headers that this is built with. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

_Static_assert(POSIX_SPAWN_SETSID == 0x80, "OZ_SPAWN_SETSID");
_Static_assert(EPOLLIN == 0x001 && EPOLLOUT == 0x004 && EPOLLERR == 0x008 && EPOLLHUP == 0x010, "OZ_EPOLL_*");
_Static_assert(EPOLLRDHUP == 0x2000 && EPOLLONESHOT == 1u << 30 && EPOLLET == 1u << 31, "OZ_EPOLL_*");
_Static_assert(CLD_EXITED == 1 && CLD_KILLED == 2 && CLD_DUMPED == 3, "OZ_CLD_*");

static int checked(long result) {
    return result < 0 ? -errno : (int)result;
}

/* ---- epoll ---- */

int oz_epoll_create(void) {
    return checked(epoll_create1(EPOLL_CLOEXEC));
}

static int epoll_change(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return checked(epoll_ctl(epoll, operation, fd, &event));
}

int oz_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return epoll_change(epoll, EPOLL_CTL_ADD, fd, events, data);
}

int oz_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return epoll_change(epoll, EPOLL_CTL_MOD, fd, events, data);
}

int oz_epoll_remove(int epoll, int fd) {
    return epoll_change(epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

int oz_epoll_wait(int epoll, oz_epoll_event *events, int capacity, int timeout_ms) {
    struct epoll_event ready[64];
    int room = capacity < 64 ? capacity : 64;
    int count = epoll_wait(epoll, ready, room, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        events[i].events = ready[i].events;
        events[i].data = ready[i].data.u64;
    }
    return count;
}

/* ---- signals ---- */

static void fill(sigset_t *set, const int *signals, size_t count) {
    sigemptyset(set);
    for (size_t i = 0; i < count; i++) sigaddset(set, signals[i]);
}

int oz_signals_block(const int *signals, size_t count) {
    sigset_t set;
    fill(&set, signals, count);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int oz_signalfd(const int *signals, size_t count) {
    sigset_t set;
    fill(&set, signals, count);
    return checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int oz_signalfd_next(int fd, pid_t *sender) {
    struct signalfd_siginfo info;
    ssize_t got = read(fd, &info, sizeof info);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (got != (ssize_t)sizeof info) return -EIO;
    if (sender != NULL) *sender = (pid_t)info.ssi_pid;
    return (int)info.ssi_signo;
}

int oz_signal_ignore(int signal) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    return checked(sigaction(signal, &action, NULL));
}

/* ---- eventfd, timerfd ---- */

int oz_eventfd(void) {
    return checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int oz_eventfd_signal(int fd) {
    uint64_t one = 1;
    ssize_t put;
    do put = write(fd, &one, sizeof one);
    while (put < 0 && errno == EINTR);
    return put < 0 && errno != EAGAIN ? -errno : 0;
}

static int drain_counter(int fd) {
    uint64_t count = 0;
    ssize_t got = read(fd, &count, sizeof count);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    return count != 0;
}

int oz_eventfd_drain(int fd) {
    return drain_counter(fd);
}

int oz_timerfd(void) {
    return checked(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
}

int oz_timerfd_set(int fd, int64_t at_ns) {
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    if (at_ns > 0) {
        when.it_value.tv_sec = (time_t)(at_ns / 1000000000);
        when.it_value.tv_nsec = (long)(at_ns % 1000000000);
    }
    return checked(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL));
}

int oz_timerfd_drain(int fd) {
    return drain_counter(fd);
}

/* ---- clocks ---- */

static int64_t clock_ns(clockid_t clock) {
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t oz_clock_boottime(void) {
    return clock_ns(CLOCK_BOOTTIME);
}

int64_t oz_clock_realtime(void) {
    return clock_ns(CLOCK_REALTIME);
}

int64_t oz_clock_cpu(void) {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* ---- descriptors ---- */

int oz_pipe(int *fds) {
    return checked(pipe2(fds, O_CLOEXEC));
}

int oz_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -errno;
    return checked(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int oz_output_pipe(int *fds) {
    int failed = oz_pipe(fds);
    /* A new pipe has no other mode that would have to be kept. */
    return failed < 0 ? failed : checked(fcntl(fds[0], F_SETFL, O_NONBLOCK));
}

int oz_close_from(int first) {
    return checked(syscall(SYS_close_range, (unsigned)first, ~0U, 0U));
}

int oz_open_nofollow(int directory, const char *path, int flags, mode_t mode) {
    return checked(openat(directory, path, flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

int oz_open_beneath(int directory, const char *path, int flags, mode_t mode) {
#ifdef SYS_openat2
    /* The kernel's struct open_how, whose header clashes with fcntl.h; RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS. */
    struct {
        uint64_t flags, mode, resolve;
    } how = {(uint64_t)(unsigned)(flags | O_CLOEXEC), 0, 0x08 | 0x04};
    /* openat2 refuses a mode that would not be used. */
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) how.mode = mode & 07777;
    return checked(syscall(SYS_openat2, directory, path, &how, sizeof how));
#else
    (void)directory, (void)path, (void)flags, (void)mode;
    return -ENOSYS;
#endif
}

int oz_rename_noreplace(int from_directory, const char *from, int to_directory, const char *to) {
    return checked(syscall(SYS_renameat2, from_directory, from, to_directory, to, 1U /* RENAME_NOREPLACE */));
}

int oz_mount_number(int descriptor, uint64_t *number) {
    struct statx status;
    const unsigned wanted = 0x1000; /* STATX_MNT_ID */
    if (statx(descriptor, "", AT_EMPTY_PATH, wanted, &status) < 0) return -errno;
    if ((status.stx_mask & wanted) == 0) return -ENOSYS;
    memcpy(number, (const char *)&status + 0x90 /* stx_mnt_id, which older headers lack */, sizeof *number);
    return 0;
}

static int argument_count;
static char **arguments;

/* The C library gives them to what runs before main. */
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int oz_argument_count(void) {
    return argument_count;
}

const char *oz_argument(int index) {
    return index >= 0 && index < argument_count ? arguments[index] : NULL;
}

int oz_file_system_kind(const char *path, uint32_t *kind) {
    struct statfs status;
    if (statfs(path, &status) < 0) return -errno;
    *kind = (uint32_t)status.f_type;
    return 0;
}

int oz_lock_exclusive(int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int failed = checked(fcntl(fd, F_OFD_SETLK, &whole));
    return failed == -EACCES ? -EWOULDBLOCK : failed;
}

int oz_is_locked(int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int failed = checked(fcntl(fd, F_OFD_GETLK, &whole));
    return failed < 0 ? failed : whole.l_type != F_UNLCK;
}

static int memfd(const char *name, unsigned kind) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | kind);
    /* Before Linux 6.3 there is no such choice: every memfd may be executed. */
    if (fd < 0 && errno == EINVAL) fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return checked(fd);
}

/* From the front, where whoever gets the descriptor begins to read. */
static int write_all(int fd, const unsigned char *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t put = pwrite(fd, bytes + done, length - done, (off_t)done);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return put < 0 ? -errno : -EIO;
        done += (size_t)put;
    }
    return 0;
}

int oz_memfd_image(const char *name, const unsigned char *bytes, size_t length) {
    int fd = memfd(name, MFD_EXEC);
    if (fd < 0) return fd;
    int failed = write_all(fd, bytes, length);
    if (failed == 0) failed = checked(fchmod(fd, 0500));
    if (failed == 0) {
        failed = checked(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
    }
    if (failed == 0) return fd;
    close(fd);
    return failed;
}

int oz_memfd_data(const char *name, const unsigned char *bytes, size_t length) {
    int fd = memfd(name, MFD_NOEXEC_SEAL);
    if (fd < 0) return fd;
    int failed = write_all(fd, bytes, length);
    if (failed == 0) return fd;
    close(fd);
    return failed;
}

/* ---- odds and ends ---- */

int oz_random(void *bytes, size_t length) {
    unsigned char *next = bytes;
    while (length > 0) {
        ssize_t got = getrandom(next, length, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? -errno : -EIO;
        next += got;
        length -= (size_t)got;
    }
    return 0;
}

int oz_errno(void) {
    return errno;
}

const char *oz_error_name(int number) {
    const char *name = strerrorname_np(number);
    return name != NULL ? name : "unknown";
}

/* Only segments that nothing ever writes to: dropping a page of any other would lose what was written. */
static int release_segments(struct dl_phdr_info *object, size_t size, void *page_size) {
    (void)size;
    uintptr_t page = *(const uintptr_t *)page_size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        /* The kernel's own page of code has no file behind it. */
        if (start < end && object->dlpi_name && (object->dlpi_name[0] == '/' || object->dlpi_name[0] == 0))
            madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void oz_release_clean_pages(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(release_segments, &page);
}
