/* wire/protected.c - see wire/protected.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/protected.h"

#define HEAD 3	/* "@@" and the letter */
#define COUNT 6 /* characters of a 32-bit count */
#define PART 64 /* characters that are whole bytes together */

size_t protected_units(size_t n)
{
	return HEAD + COUNT + sixbit_room(n);
}

void protected_write(WCHAR *out, struct rd sealed)
{
	uint8_t count[4] = { (uint8_t)sealed.n, (uint8_t)(sealed.n >> 8), (uint8_t)(sealed.n >> 16),
			     (uint8_t)(sealed.n >> 24) };

	out[0] = out[1] = '@';
	out[2] = sealed.p[0];
	sixbit_write(out + HEAD, count, sizeof(count));
	sixbit_write(out + HEAD + COUNT, sealed.p, sealed.n);
}

size_t protected_bytes(const WCHAR *text, size_t n)
{
	uint8_t count[4];

	if (n < HEAD + COUNT || text[0] != '@' || text[1] != '@' ||
	    (text[2] != 'D' && text[2] != 'F') || !sixbit_read(count, text + HEAD, COUNT))
		return 0;
	size_t bytes = u32le_at(count);
	return bytes <= PROTECTED_BYTES_MAX && sixbit_room(bytes) == n - HEAD - COUNT ? bytes : 0;
}

bool protected_read(uint8_t *out, const WCHAR *text, size_t n)
{
	return sixbit_read(out, text + HEAD + COUNT, n - HEAD - COUNT) && out[0] == text[2];
}

bool protected_is_whole(const WCHAR *text, size_t n)
{
	uint8_t bytes[PART / 4 * 3];

	if (!protected_bytes(text, n))
		return false;
	for (size_t at = HEAD + COUNT; at < n; at += PART)
		if (!sixbit_read(bytes, text + at, n - at < PART ? n - at : PART) ||
		    (at == HEAD + COUNT && bytes[0] != text[2]))
			return false;
	return true;
}
