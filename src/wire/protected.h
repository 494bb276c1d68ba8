/* wire/protected.h - the text that CredProtect makes of sealed bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * "@@", the letter D (for the user) or F (for the system), the bytes' count and the bytes in the code of
 * wire/sixbit.h: a marshalled BinaryBlobCredential. The first sealed byte repeats the letter. */
#ifndef OPENSSPI_WIRE_PROTECTED_H
#define OPENSSPI_WIRE_PROTECTED_H

#include "wire/rd.h"
#include "wire/sixbit.h"

#define PROTECTED_BYTES_MAX (64u << 10)

/* Units of the text for `n` bytes. */
size_t protected_units(size_t n);

/* Writes it, without a terminator; the first of the bytes is the letter. */
void protected_write(WCHAR *out, struct rd sealed);

/* How many sealed bytes a text holds; 0 for one that has no such form. */
size_t protected_bytes(const WCHAR *text, size_t n);

/* Would protected_read take the text? Without memory to hold the bytes. */
MUST_CHECK bool protected_is_whole(const WCHAR *text, size_t n);

/* Reads a text that protected_bytes measured; false when it is not right after all. */
MUST_CHECK bool protected_read(uint8_t *out, const WCHAR *text, size_t n);

#endif
