/* Between two workers: the name under which the next one finds this supervisor, and what it is given.
 *
 * The output lies in memory that is never mapped, so it is not this process's. Nothing is written to a disk: what an
 * agent prints may hold secrets. */
#define _GNU_SOURCE 1
#include "afterlife.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { KEPT_MOST = 256 << 10, PIECE = 16 << 10, BACKLOG = 4 };

static int kept = -1;   /* a ring in memory */
static int64_t printed; /* all that came since the worker's death; the ring holds its end */

int listen_as(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length == 0 || length > sizeof address.sun_path - 1) {
        errno = EINVAL;
        return -1;
    }
    memcpy(address.sun_path + 1, name, length); /* the NUL before it makes it abstract: no file to leave behind */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int number = errno;
    if (fd >= 0) close(fd);
    errno = number;
    return -1;
}

int keep_output(int output) {
    char piece[PIECE];
    ssize_t got = read(output, piece, sizeof piece);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (kept < 0) kept = memfd_create("oz-output", MFD_CLOEXEC);
    for (ssize_t done = 0; kept >= 0 && done < got;) {
        int64_t place = (printed + done) % KEPT_MOST;
        size_t fits = (size_t)(got - done < KEPT_MOST - place ? got - done : KEPT_MOST - place);
        ssize_t wrote = pwrite(kept, piece + done, fits, place);
        if (wrote <= 0) break; /* no memory: lost, but the agent must go on printing */
        done += wrote;
    }
    printed += got;
    return 1;
}

/* One record with its descriptors, which is sent whole or not at all: the socket is new and empty. */
static int greet(int fd, int output, int words) {
    oz_supervisor_record record = {.kind = OZ_RECORD_ADOPTED, .zero = {OZ_ADOPTED_VERSION}, .b = printed};
    _Alignas(struct cmsghdr) char rights[CMSG_SPACE(3 * sizeof(int))] = {0};
    int given[3], count = 0;
    if (words >= 0) given[count++] = words, record.a |= OZ_ADOPTED_WORDS;
    if (kept >= 0) given[count++] = kept, record.a |= OZ_ADOPTED_KEPT;
    if (output >= 0) given[count++] = output, record.a |= OZ_ADOPTED_OUTPUT;
    struct iovec part = {&record, sizeof record};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = rights;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(header), given, (size_t)count * sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof record;
}

void forget_output(void) {
    if (kept >= 0) close(kept);
    kept = -1, printed = 0;
}

int meet_worker(int listener, int output, int words, const oz_supervisor_record *told, int count) {
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return -1;
    int known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
    if (!known || !greet(fd, output, words)) {
        close(fd);
        return -1;
    }
    forget_output();
    if (count > 0) send(fd, told, (size_t)count * sizeof *told, MSG_NOSIGNAL);
    return fd;
}
