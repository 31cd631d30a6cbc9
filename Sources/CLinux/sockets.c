/* CLinux: sockets. */
#define _GNU_SOURCE 1
#include "include/CLinux.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int checked(long result) {
    return result < 0 ? -errno : (int)result;
}

int oz_socket_stream(int domain) {
    return checked(socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

int oz_socketpair(int *fds) {
    return checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
}

int oz_accept(int listener) {
    return checked(accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

ssize_t oz_send(int fd, const void *bytes, size_t length) {
    return oz_send_with_fd(fd, bytes, length, -1);
}

ssize_t oz_receive(int fd, void *bytes, size_t length) {
    ssize_t got;
    do got = recv(fd, bytes, length, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t oz_send_with_fd(int fd, const void *bytes, size_t length, int passed) {
    return oz_send_with_fds(fd, bytes, length, &passed, passed >= 0 ? 1 : 0);
}

ssize_t oz_send_with_fds(int fd, const void *bytes, size_t length, const int *passed, size_t count) {
    enum { MOST = 4 };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MOST * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > MOST) return -EINVAL;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof *passed);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof *passed);
        memcpy(CMSG_DATA(header), passed, count * sizeof *passed);
    }
    ssize_t put;
    do put = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    return put < 0 ? -errno : put;
}

ssize_t oz_receive_with_fds(int fd, void *bytes, size_t length, int *passed, size_t *count) {
    enum { MOST = 4 };
    struct iovec part = {.iov_base = bytes, .iov_len = length};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MOST * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    *count = 0;
    ssize_t got;
    do got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        size_t size = header->cmsg_len - CMSG_LEN(0);
        if (size > MOST * sizeof *passed) size = MOST * sizeof *passed;
        memcpy(passed, CMSG_DATA(header), size);
        *count = size / sizeof *passed;
    }
    return got;
}

int oz_connect_abstract(const unsigned char *name, size_t length, pid_t *peer) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ucred who = {0};
    socklen_t size = sizeof who;
    if (length == 0 || length > sizeof address.sun_path - 1) return -EINVAL;
    memcpy(address.sun_path + 1, name, length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    socklen_t whole = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    int failed = connect(fd, (struct sockaddr *)&address, whole) < 0 ? -errno : 0;
    if (failed == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) failed = -errno;
    if (failed == 0 && who.uid != geteuid() && who.uid != 0) failed = -EPERM;
    *peer = who.pid;
    if (failed == 0) return fd;
    close(fd);
    return failed;
}

static int set_option(int fd, int level, int option, int value) {
    return checked(setsockopt(fd, level, option, &value, sizeof value));
}

int oz_tcp_nodelay(int fd, int on) {
    return set_option(fd, IPPROTO_TCP, TCP_NODELAY, on);
}

int oz_tcp_user_timeout(int fd, unsigned milliseconds) {
    return set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)milliseconds);
}

int oz_reuse_address(int fd) {
    return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

int oz_socket_error(int fd) {
    int number = 0;
    socklen_t size = sizeof number;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0 ? -errno : number;
}
