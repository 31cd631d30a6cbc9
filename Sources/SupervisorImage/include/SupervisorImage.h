/* SupervisorImage: the static supervisor program, carried inside the worker's own binary. */
#ifndef OZ_SUPERVISOR_IMAGE_H
#define OZ_SUPERVISOR_IMAGE_H

#include <stddef.h>

#include "SupervisorProtocol.h"

/* The program's bytes, which live as long as the process. */
const unsigned char *oz_supervisor_image(size_t *length);

/* The commit that this binary was built from, where the build wrote it down. */
const char *oz_build_commit(void);

#endif
