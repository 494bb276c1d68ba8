/* wire/sixbit.c - see wire/sixbit.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/sixbit.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#-";

void sixbit_write(WCHAR *out, const uint8_t *bytes, size_t n)
{
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < n; i++) {
		bits |= (uint32_t)bytes[i] << held;
		for (held += 8; held >= 6; held -= 6, bits >>= 6)
			*out++ = (WCHAR)alphabet[bits & 63];
	}
	if (held)
		*out = (WCHAR)alphabet[bits & 63];
}

static int value_of(WCHAR c)
{
	const char *at = c && c < 128 ? strchr(alphabet, (int)c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

bool sixbit_read(uint8_t *out, const WCHAR *text, size_t n)
{
	uint32_t bits = 0;
	unsigned held = 0;

	if (sixbit_bytes(n) == SIZE_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return false;
		bits |= (uint32_t)value << held;
		held += 6;
		if (held < 8)
			continue;
		*out++ = (uint8_t)bits;
		bits >>= 8;
		held -= 8;
	}
	return true;
}
