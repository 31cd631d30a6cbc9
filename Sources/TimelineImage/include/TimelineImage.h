/* The page that shows a session as a timeline: its parts as they lie in page/, for the command that puts them
 * together. */
#ifndef OZ_TIMELINE_IMAGE_H
#define OZ_TIMELINE_IMAGE_H

#include <stddef.h>

enum oz_timeline_part { OZ_TIMELINE_PAGE, OZ_TIMELINE_STYLE, OZ_TIMELINE_SCRIPT };

/* The bytes of a part; a script is made of several files, numbered from 0, and NULL ends them. */
const unsigned char *oz_timeline_part(enum oz_timeline_part part, int number, size_t *length);

#endif
