/* crypto/base64.h - base64 with padding, RFC 4648 section 4.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CRYPTO_BASE64_H
#define OPENSSPI_CRYPTO_BASE64_H

#include "base/compiler.h"

/* Characters that `n` bytes make. */
size_t base64_room(size_t n);

/* Writes them; no NUL. */
void base64_write(char *out, const uint8_t *bytes, size_t n);

/* Decodes `n` characters, skipping white space; `out` has room for n / 4 * 3 + 3 bytes. False for
 * other characters, wrong padding or a missing end. */
MUST_CHECK bool base64_read(uint8_t *out, size_t *out_n, const char *text, size_t n);

#endif
