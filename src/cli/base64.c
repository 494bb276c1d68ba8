/* cli/base64.c - base64 as HTTP's headers carry it, by the library's CryptBinaryToString. RFC 4648 4
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/base64.h"

#include <limits.h>
#include <string.h>
#include <wincrypt.h>

bool bytes_append_base64(struct bytes *out, const void *p, size_t n)
{
	const DWORD form = CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF;
	DWORD room = 0;

	if (n == 0)
		return true;
	if (n > INT_MAX || !CryptBinaryToStringA(p, (DWORD)n, form, NULL, &room) ||
	    !bytes_reserve(out, room) ||
	    !CryptBinaryToStringA(p, (DWORD)n, form, (char *)out->p + out->len, &room))
		return false;
	out->len += room; /* without the NUL */
	return true;
}

/* The library skips white space; a header's value has none. */
static bool is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!text[i] || strchr(" \t\r\n\f\v", text[i]))
			return false;
	return n % 4 == 0 && n <= INT_MAX;
}

bool bytes_append_decoded(struct bytes *out, const char *text, size_t n)
{
	DWORD room = (DWORD)(n / 4 * 3);

	if (n == 0)
		return true;
	if (!is_plain(text, n) || !bytes_reserve(out, room) ||
	    !CryptStringToBinaryA(text, (DWORD)n, CRYPT_STRING_BASE64, out->p + out->len, &room,
				  NULL, NULL))
		return false;
	out->len += room;
	return true;
}
