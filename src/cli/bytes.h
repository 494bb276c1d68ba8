/* cli/bytes.h - a growing run of bytes that is wiped when it moves and when it ends.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_BYTES_H
#define OPENSSPI_CLI_BYTES_H

#include "cli/cli.h"

struct bytes {
	unsigned char *p;
	size_t len, room;
};

/* Room for `n` more bytes at p + len; false when memory is short. */
MUST_CHECK bool bytes_reserve(struct bytes *b, size_t n);
MUST_CHECK bool bytes_append(struct bytes *b, const void *p, size_t n);

/* Forgets the first `n` bytes; the rest moves to the front. */
void bytes_drop(struct bytes *b, size_t n);

/* Wipes and releases; the empty run is ready for use again. */
void bytes_done(struct bytes *b);

#endif
