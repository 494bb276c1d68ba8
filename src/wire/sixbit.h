/* wire/sixbit.h - the 6-bit text code of marshalled credentials: 64 ASCII characters, low bits first.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WIRE_SIXBIT_H
#define OPENSSPI_WIRE_SIXBIT_H

#include <windef.h>

#include "base/compiler.h"

/* Characters that `n` bytes make: four for three, two for one left over, three for two. */
static inline size_t sixbit_room(size_t n)
{
	return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

void sixbit_write(WCHAR *out, const uint8_t *bytes, size_t n);

/* Bytes that `n` characters make; SIZE_MAX for a count that nothing makes. */
static inline size_t sixbit_bytes(size_t n)
{
	return n % 4 == 1 ? SIZE_MAX : n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
}

/* Decodes into sixbit_bytes(n) bytes; unused bits of the last character do not matter. False for a
 * character of another alphabet, or a wrong count. */
MUST_CHECK bool sixbit_read(uint8_t *out, const WCHAR *text, size_t n);

#endif
