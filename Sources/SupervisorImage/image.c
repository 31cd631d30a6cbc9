/* The supervisor's bytes, put into the worker by the assembler. */
#include "include/SupervisorImage.h"

#if !__has_include("supervisor.stamp.h") || !__has_include("supervisor.bin")
#error "the supervisor is not built yet: run make, which builds it first (or scripts/build-supervisor)"
#else

/* Written anew with each other supervisor.bin: through it the build knows to compile this file again. */
#include "supervisor.stamp.h"

__asm__(".pushsection .rodata,\"a\",%progbits\n"
        ".balign 16\n"
        ".hidden oz_supervisor_bytes\n"
        ".globl oz_supervisor_bytes\n"
        ".type oz_supervisor_bytes, %object\n"
        "oz_supervisor_bytes:\n"
        ".incbin \"supervisor.bin\"\n"
        ".size oz_supervisor_bytes, . - oz_supervisor_bytes\n"
        ".popsection\n");

extern const unsigned char oz_supervisor_bytes[] __attribute__((visibility("hidden")));

const unsigned char *oz_supervisor_image(size_t *length) {
    *length = OZ_SUPERVISOR_LENGTH;
    return oz_supervisor_bytes;
}

#if __has_include("commit.h")
#include "commit.h"
#else
#define OZ_BUILD_COMMIT "unknown commit"
#endif

const char *oz_build_commit(void) {
    return OZ_BUILD_COMMIT;
}

#endif
