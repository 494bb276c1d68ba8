/* cli/base64.c - base64 as HTTP's headers carry it. RFC 4648 4
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_write(struct bytes *out, const void *p, size_t n)
{
	const unsigned char *in = p;

	if (!bytes_reserve(out, (n + 2) / 3 * 4))
		return false;
	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t group = (uint32_t)in[i] << 16;
		group |= have > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		group |= have > 2 ? in[i + 2] : 0;
		unsigned char *to = out->p + out->len;
		to[0] = (unsigned char)digits[group >> 18];
		to[1] = (unsigned char)digits[group >> 12 & 63];
		to[2] = have > 1 ? (unsigned char)digits[group >> 6 & 63] : '=';
		to[3] = have > 2 ? (unsigned char)digits[group & 63] : '=';
		out->len += 4;
	}
	return true;
}

/* The value of the group's digits; false when one is none or a digit's unused bits are set. */
static bool read_group(const char *text, size_t count, uint32_t *group)
{
	*group = 0;
	for (size_t i = 0; i < 4; i++) {
		const char *at = i < count && text[i] ? strchr(digits, text[i]) : NULL;
		if (i < count && !at)
			return false;
		*group = *group << 6 | (uint32_t)(at ? at - digits : 0);
	}
	return !(*group & (count == 2 ? 0xFFFFu : count == 3 ? 0xFFu : 0));
}

bool base64_read(struct bytes *out, const char *text, size_t n)
{
	if (n % 4)
		return false;
	for (size_t i = 0; i < n; i += 4) {
		bool last = i + 4 == n;
		size_t count = 4;
		uint32_t group;
		if (last && text[i + 3] == '=')
			count = text[i + 2] == '=' ? 2 : 3;
		if (!read_group(text + i, count, &group))
			return false;
		const unsigned char three[] = { group >> 16 & 0xFF, group >> 8 & 0xFF,
						group & 0xFF };
		if (!bytes_append(out, three, count - 1))
			return false;
	}
	return true;
}
