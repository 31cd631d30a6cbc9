/* The timeline's page, put into the worker by the compiler, which also notices when a part of it changes. */
#include "include/TimelineImage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page[] = {
#embed "page/timeline.html"
};

static const unsigned char style[] = {
#embed "page/timeline.css"
};

static const unsigned char session[] = {
#embed "page/session.js"
};

static const unsigned char lanes[] = {
#embed "page/lanes.js"
};

static const unsigned char details[] = {
#embed "page/details.js"
};

static const unsigned char controls[] = {
#embed "page/controls.js"
};

static const struct {
    const unsigned char *bytes;
    size_t length;
} scripts[] = {
    {session, sizeof session}, {lanes, sizeof lanes}, {details, sizeof details}, {controls, sizeof controls}};

const unsigned char *oz_timeline_part(enum oz_timeline_part part, int number, size_t *length) {
    if (part == OZ_TIMELINE_SCRIPT && number >= 0 && (size_t)number < sizeof scripts / sizeof scripts[0]) {
        *length = scripts[number].length;
        return scripts[number].bytes;
    }
    if (part == OZ_TIMELINE_PAGE && number == 0) {
        *length = sizeof page;
        return page;
    }
    if (part == OZ_TIMELINE_STYLE && number == 0) {
        *length = sizeof style;
        return style;
    }
    *length = 0;
    return NULL;
}
