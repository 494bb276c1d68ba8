/* bench/messages.h - what bench/messages.c asks of the package in bench/answering.c.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

#include <windef.h>

#define ANSWERING_NAME "Answering"

/* One message; the answer to ECHO is itself, to READ nanoseconds that `Times` reads took. */
enum { ANSWERING_ECHO, ANSWERING_READ };

typedef struct {
	ULONG Kind, Times;
	UCHAR Rest[56];
} ANSWERING_MESSAGE;

#endif
