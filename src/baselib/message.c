/* baselib/message.c - FormatMessage: the words for an error number.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <windows.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf.h"
#include "base/words.h"
#include "baselib/error.h"

#define MESSAGE_ROOM 512

/* "The account is disabled.\r\n", with a space for the line's end when lines are the caller's. */
static size_t message_make(DWORD flags, DWORD number, char *text)
{
	const struct status_words *words = status_words((LONG)number);

	/* HRESULT_FROM_WIN32 and HRESULT_FROM_NT wrap numbers that the table has bare. */
	if (!words && (number & 0xFFFF0000) == 0x80070000)
		words = status_words((LONG)(number & 0xFFFF));
	if (!words && number & FACILITY_NT_BIT)
		words = status_words((LONG)(number & ~(DWORD)FACILITY_NT_BIT));
	if (!words)
		return (size_t)error_set(ERROR_MR_MID_NOT_FOUND);
	int n = snprintf(text, MESSAGE_ROOM, "%s.%s", words->meaning,
			 flags & FORMAT_MESSAGE_MAX_WIDTH_MASK ? " " : "\r\n");
	text[0] = (char)toupper((unsigned char)text[0]);
	return (size_t)n;
}

static bool is_served(DWORD flags, const void *buffer)
{
	DWORD sources = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE;
	bool served = flags & sources && !(flags & FORMAT_MESSAGE_FROM_STRING);

	if (!served || !buffer)
		error_set(served ? ERROR_INVALID_PARAMETER : ERROR_CALL_NOT_IMPLEMENTED);
	return served && buffer;
}

/* What was made: `n` characters of `size` bytes each. */
struct message {
	const void *text;
	size_t n, size;
};

/* Gives the message and a NUL to the caller, in the way the flags say. */
static DWORD message_give(const struct message *m, DWORD flags, void *buffer, DWORD room)
{
	void *to = buffer;

	if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
		to = LocalAlloc(LPTR, (m->n + 1 > room ? m->n + 1 : room) * m->size);
		if (!to)
			return 0;
		memcpy(buffer, &to, sizeof(to));
	} else if (m->n + 1 > room) {
		return (DWORD)error_set(ERROR_INSUFFICIENT_BUFFER);
	}
	memcpy(to, m->text, m->n * m->size);
	memset((char *)to + m->n * m->size, 0, m->size);
	return (DWORD)m->n;
}

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD number, DWORD language, LPSTR buffer,
			    DWORD room, void *arguments)
{
	char text[MESSAGE_ROOM];

	(void)source;
	(void)language;
	(void)arguments;
	if (!is_served(flags, buffer))
		return 0;
	size_t n = message_make(flags, number, text);
	struct message m = { text, n, 1 };
	return n ? message_give(&m, flags, buffer, room) : 0;
}

DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD number, DWORD language,
			    LPWSTR buffer, DWORD room, void *arguments)
{
	char text[MESSAGE_ROOM];
	WCHAR wide[MESSAGE_ROOM];

	(void)source;
	(void)language;
	(void)arguments;
	if (!is_served(flags, buffer))
		return 0;
	size_t n = message_make(flags, number, text);
	if (!n)
		return 0;
	utf16_put(wide, text, n);
	struct message m = { wide, n, sizeof(WCHAR) };
	return message_give(&m, flags, buffer, room);
}
