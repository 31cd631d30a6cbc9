/* The start record, as it comes from the worker. */
#define _GNU_SOURCE 1
#include "record.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_STRINGS = 1 << 20 };

/* Reads some of the start record, and the descriptors that come along. No signal interrupts it: all are blocked. */
static size_t receive(int control, void *into, size_t length, int *passed) {
    _Alignas(struct cmsghdr) char right[CMSG_SPACE(4 * sizeof(int))];
    struct iovec part = {into, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = right, .msg_controllen = sizeof right};
    ssize_t got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) _exit(0);
    struct cmsghdr *has = CMSG_FIRSTHDR(&message);
    if (has != NULL && has->cmsg_type == SCM_RIGHTS) memcpy(passed, CMSG_DATA(has), has->cmsg_len - CMSG_LEN(0));
    return (size_t)got;
}

/* Splits the strings into argv and envp, each ended by NULL; 0 unless they are just what the header promised. */
static int split(const oz_start_header *head, char *text, const char *end, char **into) {
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

static int is_sound(const oz_start_header *head, const int *passed) {
    const uint32_t known = OZ_START_STDIN | OZ_START_OOM | OZ_START_NOFILE | OZ_START_HANDOVER | OZ_START_SURVIVE;
    int32_t score = (int32_t)head->oom_score_adj;
    int wanted = 1 + ((head->flags & OZ_START_STDIN) != 0) + 2 * ((head->flags & OZ_START_SURVIVE) != 0);
    return head->magic == OZ_START_MAGIC && head->total > sizeof *head && head->total <= OZ_START_LIMIT
        && head->argc >= 1 && head->argc <= MOST_STRINGS && head->envc <= MOST_STRINGS && (head->flags & ~known) == 0
        && score >= -1000 && score <= 1000 && passed[wanted - 1] >= 0;
}

int read_start(int control, oz_start *into) {
    oz_start_header *head = &into->head;
    int *passed = into->passed;
    memset(passed, -1, sizeof into->passed);
    size_t have = receive(control, head, sizeof *head, passed);
    const uint8_t first = *(const uint8_t *)head;
    if (first == OZ_COMMAND_KILL || first == OZ_COMMAND_QUIT) return -first;
    while (have < sizeof *head) have += receive(control, (char *)head + have, sizeof *head - have, passed);
    if (!is_sound(head, passed)) return EINVAL;
    size_t pointers = (head->argc + head->envc + 4) * sizeof(char *), length = head->total - sizeof *head;
    into->size = pointers + length;
    into->strings = mmap(NULL, into->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (into->strings == MAP_FAILED) return ENOMEM;
    char *text = (char *)into->strings + pointers, *end = text + length;
    for (have = 0; have < length;) have += receive(control, text + have, length - have, passed);
    into->name = NULL;
    if ((head->flags & OZ_START_SURVIVE) != 0) {
        into->name = text;
        text = memchr(text, 0, length);
        if (text++ == NULL) return EINVAL;
    }
    if (!split(head, text, end, into->strings)) return EINVAL;
    return into->strings[0][0] == '/' && into->strings[1][0] == '/' ? 0 : EINVAL;
}
