/* What a supervisor does when its worker has died, and until the next one comes. */
#ifndef OZ_AFTERLIFE_H
#define OZ_AFTERLIFE_H

#include "SupervisorProtocol.h"

/* Listens under an abstract name, before anything is started: whoever finds nobody there knows that nothing was and
 * nothing will be started under it. The listening socket, or -1 with errno. */
int listen_as(const char *name);

/* Keeps what the agent prints while nobody else reads it: the last 256 KiB, in memory. False at the output's end. */
int keep_output(int output);

/* Whoever came, if it is the same user or root, is given the words that must not be seen in a log, what was kept, and
 * the pipe that goes on; and is told again what was told before. The new control socket, or -1. */
int meet_worker(int listener, int output, int words, const oz_supervisor_record *told, int count);

/* Forgets what was kept: the task is over. */
void forget_output(void);

#endif
