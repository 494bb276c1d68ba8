/* cli/base64.h - base64 as HTTP's headers carry it: one line, padded, nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_BASE64_H
#define OPENSSPI_CLI_BASE64_H

#include "cli/bytes.h"

/* Appends the text of `n` bytes; false when memory is short. */
MUST_CHECK bool bytes_append_base64(struct bytes *out, const void *p, size_t n);

/* Appends the bytes of a text. False for anything but whole groups of four digits with their
 * padding, and when memory is short; `out` may then hold a part. */
MUST_CHECK bool bytes_append_decoded(struct bytes *out, const char *text, size_t n);

#endif
