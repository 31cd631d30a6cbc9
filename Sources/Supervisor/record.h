/* The start record, as it comes from the worker. */
#ifndef OZ_RECORD_H
#define OZ_RECORD_H

#include <stddef.h>

#include "SupervisorProtocol.h"

typedef struct {
    oz_start_header head;
    int passed[4];    /* the descriptors that came along */
    const char *name; /* where the next worker finds this one; NULL where it ends with its worker */
    char **strings;   /* directory, program, argv, NULL, envp, NULL; memory of its own, to be unmapped */
    size_t size;
} oz_start;

/* Waits for one. 0; or the errno of why it can't be used; or the negative of a command that came in its place. Does
 * not return where the worker is gone, since there is nothing to do any more then. */
int read_start(int control, oz_start *into);

#endif
