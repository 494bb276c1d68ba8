/* advapi/base64.c - CryptBinaryToString and CryptStringToBinary, for base64 alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincrypt.h>

#include "advapi/lasterror.h"
#include "crypto/base64.h"

#define LINE 64
#define BYTES_MAX (256u << 20)

/* ---- to text ---- */

/* The text in lines of 64 unless NOCRLF is asked for; each line ends as the flags say. */
struct layout {
	size_t line; /* characters a line; 0: all in one */
	const char *end;
};

static struct layout layout_of(DWORD flags)
{
	if (flags & CRYPT_STRING_NOCRLF)
		return (struct layout){ 0, "" };
	return (struct layout){ LINE, flags & CRYPT_STRING_NOCR ? "\n" : "\r\n" };
}

static size_t layout_room(const struct layout *l, size_t characters)
{
	size_t lines = l->line ? (characters + l->line - 1) / l->line : 1;
	return characters + lines * strlen(l->end);
}

static void layout_write(const struct layout *l, char *out, const char *text, size_t n)
{
	size_t end = strlen(l->end);

	while (n) {
		size_t take = l->line && n > l->line ? l->line : n;
		memcpy(out, text, take);
		memcpy(out + take, l->end, end);
		out += take + end;
		text += take;
		n -= take;
	}
	*out = '\0';
}

BOOL WINAPI CryptBinaryToStringA(const BYTE *bytes, DWORD n, DWORD flags, LPSTR out, DWORD *room)
{
	struct layout layout = layout_of(flags);
	DWORD kind = flags & ~(DWORD)(CRYPT_STRING_NOCRLF | CRYPT_STRING_NOCR);

	if (!room || (!bytes && n) || n > BYTES_MAX)
		return last_error(ERROR_INVALID_PARAMETER);
	if (kind != CRYPT_STRING_BASE64)
		return last_error(ERROR_NOT_SUPPORTED);
	size_t characters = base64_room(n);
	size_t need = layout_room(&layout, characters) + 1;
	if (out && *room < need) {
		*room = (DWORD)need;
		return last_error(ERROR_MORE_DATA);
	}
	*room = (DWORD)(out ? need - 1 : need);
	if (!out)
		return TRUE;
	char *text = mem_alloc(characters + 1);
	if (!text)
		return last_error(ERROR_NOT_ENOUGH_MEMORY);
	base64_write(text, bytes, n);
	layout_write(&layout, out, text, characters);
	mem_free_wiped(text, characters);
	return TRUE;
}

/* ---- to bytes ---- */

BOOL WINAPI CryptStringToBinaryA(LPCSTR text, DWORD n, DWORD flags, BYTE *out, DWORD *room,
				 DWORD *skipped, DWORD *used)
{
	size_t got = 0;

	if (!text || !room || n > BYTES_MAX)
		return last_error(ERROR_INVALID_PARAMETER);
	if (flags & CRYPT_STRING_STRICT ? flags != (CRYPT_STRING_BASE64 | CRYPT_STRING_STRICT)
					: flags != CRYPT_STRING_BASE64)
		return last_error(ERROR_NOT_SUPPORTED);
	size_t length = n ? strnlen(text, n) : strlen(text);
	if (length > BYTES_MAX)
		return last_error(ERROR_INVALID_PARAMETER);
	size_t space = length / 4 * 3 + 3;
	uint8_t *bytes = mem_alloc(space);
	if (!bytes)
		return last_error(ERROR_NOT_ENOUGH_MEMORY);
	bool sound = base64_read(bytes, &got, text, length);
	bool fits = !out || *room >= got;
	if (sound) {
		*room = (DWORD)got;
		if (out && fits && got)
			memcpy(out, bytes, got);
		if (skipped)
			*skipped = 0;
		if (used)
			*used = flags;
	}
	mem_free_wiped(bytes, space);
	if (!sound)
		return last_error(ERROR_INVALID_DATA);
	return fits ? TRUE : last_error(ERROR_MORE_DATA);
}
