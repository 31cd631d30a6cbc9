/* The supervisor's children, as /proc has them. */
#ifndef OZ_DESCENDANTS_H
#define OZ_DESCENDANTS_H

#include <stdint.h>

/* A field of /proc/<pid>/stat from the fourth on: those behind the name, which may contain anything. Or -1. */
int64_t stat_field(int64_t pid, int number);
/* SIGKILL for every child that there is now, and for the groups that they are in. */
void kill_children(void);

#endif
