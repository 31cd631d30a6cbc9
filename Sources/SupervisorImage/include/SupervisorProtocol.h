/* What the worker and a supervisor say to each other over the socket that is the supervisor's descriptor 3.
 *
 * Worker to supervisor: a start record, then commands. All numbers are u32 in the machine's own order (both ends
 * are one build); a signed one is its two's complement.
 *
 *     magic, total, argc, envc, flags, nofile_soft, nofile_hard, oom_score_adj        the header, 32 bytes
 *     cwd\0 program\0 argv[0]\0 ... argv[argc-1]\0 env[0]\0 ... env[envc-1]\0           nothing more
 *
 * With its first byte come descriptors (SCM_RIGHTS), in this order: the end of a pipe that becomes the agent's
 * standard output and standard error; with OZ_START_STDIN its standard input; with OZ_START_SURVIVE the pipe's other
 * end, and a file with the words that are to be kept out of logs. The supervisor keeps the first until just before it
 * says `gone`, so the end of the output never comes long before. `total` counts the header too. `cwd` and `program`
 * begin with a slash; argc is at least 1.
 *
 * Commands: 'T' and a byte, the signal, for the agent's process group; 'K' kills every descendant; 'R' lets go of
 * what an agent that hands over left running; 'Q' makes an idle supervisor leave (later it means nothing). Closing the
 * socket does what Q does to an idle supervisor; a working one sends SIGTERM to the group, waits ten seconds, kills
 * everything, leaves.
 *
 * When an agent that hands over ends with 0, its descendants live until the worker decides. After 'R' comes `gone`,
 * nothing is said any more, and the supervisor stays with them for as long as they live, whatever becomes of the
 * worker. After 'K' they are killed, as they are at once however else such an agent ends.
 *
 * One that is to outlive its worker goes on when the socket closes, keeps what is printed, and waits for another
 * worker to connect. It keeps its records too, `gone` among them, until a Q behind that says that they were taken, a
 * week at most; only with the Q it is idle again, and what came before the Q was for the task that is over. Builds may
 * differ from then on: commands and records keep their meaning, and are only ever added to.
 *
 * Supervisor to worker: records of 16 bytes, u8 kind, 3 zero bytes, i32 a, i64 b. Either `failed` and nothing else, or
 * `started`, `exited`, `gone`, in this order. After `gone` the supervisor is idle again; but a command that it did not
 * read by then would be taken for a part of the next start record, so whoever sent one does not send another record.
 * After `failed` it leaves with status 0; what it wrote stays readable, and behind it comes the end, or ECONNRESET
 * when a late command was left unread. */
#ifndef OZ_SUPERVISOR_PROTOCOL_H
#define OZ_SUPERVISOR_PROTOCOL_H

#include <stdint.h>

static const uint32_t OZ_START_MAGIC = 0x31535a4f; /* "OZS1" */
static const uint32_t OZ_START_HEADER = 32;
static const uint32_t OZ_START_LIMIT = 8u << 20;

/* Standard input is the second descriptor that came with the record's first byte; otherwise /dev/null. */
static const uint32_t OZ_START_STDIN = 1;
/* Outlive the worker: one more string comes first, which is counted nowhere but in `total`: the abstract name under
 * which the next worker finds this one. */
static const uint32_t OZ_START_SURVIVE = 2;
/* Write oom_score_adj for the agent (best effort). Without it the agent keeps the supervisor's. */
static const uint32_t OZ_START_OOM = 4;
/* Set RLIMIT_NOFILE for the agent. */
static const uint32_t OZ_START_NOFILE = 8;

/* The task hands over: see 'R'. */
static const uint32_t OZ_START_HANDOVER = 16;

static const uint8_t OZ_COMMAND_TERMINATE = 'T';
static const uint8_t OZ_COMMAND_KILL = 'K';
static const uint8_t OZ_COMMAND_QUIT = 'Q';
static const uint8_t OZ_COMMAND_RELEASE = 'R';

static const uint8_t OZ_RECORD_STARTED = 1; /* a: pid; b: its start time, field 22 of /proc/<pid>/stat */
static const uint8_t OZ_RECORD_FAILED = 2;  /* a: errno; b: stage */
static const uint8_t OZ_RECORD_EXITED = 3;  /* a: CLD_EXITED, CLD_KILLED or CLD_DUMPED; b: exit code or signal */
/* First word to every worker but the first: zero[0]: the version of what follows; a: which descriptors came with it,
 * in this order (the OZ_ADOPTED_ flags); b: how many bytes were printed meanwhile. Then comes again what was said. */
static const uint8_t OZ_RECORD_ADOPTED = 5;
static const uint8_t OZ_RECORD_GONE = 4;    /* a: how many descendants other than the agent died of the SIGKILL */

#define OZ_ADOPTED_VERSION 1
static const int32_t OZ_ADOPTED_WORDS = 1;  /* the file with words that the worker gave */
static const int32_t OZ_ADOPTED_KEPT = 2;   /* a ring with the end of what was printed: byte n lies at n % 256 KiB */
static const int32_t OZ_ADOPTED_OUTPUT = 4; /* the pipe, for what is still to come */

static const int32_t OZ_STAGE_DIRECTORY = 1;
static const int32_t OZ_STAGE_EXEC = 2;
static const int32_t OZ_STAGE_FORK = 3;
static const int32_t OZ_STAGE_LIMITS = 4;
static const int32_t OZ_STAGE_SURVIVE = 6; /* its name could not be taken */
static const int32_t OZ_STAGE_RECORD = 5; /* the start record makes no sense, or there is no memory for it */

typedef struct {
    uint32_t magic, total, argc, envc, flags, nofile_soft, nofile_hard, oom_score_adj;
} oz_start_header;

typedef struct {
    uint8_t kind;
    uint8_t zero[3];
    int32_t a;
    int64_t b;
} oz_supervisor_record;

#endif
