/* baselib/text.c - MultiByteToWideChar and its mirror, and the lstr family. CHAR text is UTF-8.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Without the flag that refuses, what is no text becomes U+FFFD, one for each byte or unit: that is
 * Windows' contract, and the reason why base/utf.h, which never replaces, is asked piece by piece. */
#include <windows.h>

#include <limits.h>
#include <strings.h>

#include "base/utf.h"
#include "baselib/error.h"

#define REPLACEMENT 0xFFFD

/* Bytes of the character at `s`; 0 when there is none. */
static size_t character_at(const char *s, size_t n)
{
	for (size_t k = 1; k <= 4 && k <= n; k++)
		if (utf16_need(s, k) != SIZE_MAX)
			return k;
	return 0;
}

/* Writes to `out` when it is not NULL; returns the units, and whether all of it was text. */
static size_t widen(WCHAR *out, const char *s, size_t n, bool *sound)
{
	size_t units = 0;

	while (n) {
		size_t k = character_at(s, n);
		size_t need = k ? utf16_need(s, k) : 1;
		if (out && k)
			utf16_put(out + units, s, k);
		else if (out)
			out[units] = REPLACEMENT;
		*sound = *sound && k;
		units += need;
		s += k ? k : 1;
		n -= k ? k : 1;
	}
	return units;
}

static size_t narrow(char *out, const WCHAR *s, size_t n, bool *sound)
{
	static const WCHAR replacement = REPLACEMENT;
	size_t bytes = 0;

	while (n) {
		size_t k = utf8_need(s, 1) != SIZE_MAX ? 1 : 0;
		if (!k && n > 1 && utf8_need(s, 2) != SIZE_MAX)
			k = 2;
		const WCHAR *from = k ? s : &replacement;
		size_t take = k ? k : 1;
		if (out)
			utf8_put(out + bytes, from, take);
		*sound = *sound && k;
		bytes += utf8_need(from, take);
		s += take;
		n -= take;
	}
	return bytes;
}

/* The rules that both directions share: a page we know, text of 1 or more, or -1; room if any. */
static bool is_sound(UINT page, const void *s, int n, const void *out, int room)
{
	bool known = page == CP_ACP || page == CP_OEMCP || page == CP_THREAD_ACP || page == CP_UTF8;
	return known && s && n && n >= -1 && room >= 0 && (!room || out);
}

int WINAPI MultiByteToWideChar(UINT page, DWORD flags, LPCSTR s, int n, LPWSTR out, int room)
{
	bool sound = true;

	if (!is_sound(page, s, n, out, room))
		return error_set(ERROR_INVALID_PARAMETER);
	if (flags & ~(DWORD)(MB_ERR_INVALID_CHARS | MB_PRECOMPOSED))
		return error_set(ERROR_INVALID_FLAGS);
	size_t length = n < 0 ? strlen(s) + 1 : (size_t)n;
	size_t units = widen(NULL, s, length, &sound);
	if (!sound && flags & MB_ERR_INVALID_CHARS)
		return error_set(ERROR_NO_UNICODE_TRANSLATION);
	if (units > INT_MAX || (room && units > (size_t)room))
		return error_set(ERROR_INSUFFICIENT_BUFFER);
	if (room)
		widen(out, s, length, &sound);
	return (int)units;
}

int WINAPI WideCharToMultiByte(UINT page, DWORD flags, LPCWSTR s, int n, LPSTR out, int room,
			       LPCSTR replacement, LPBOOL replaced)
{
	bool sound = true;

	/* As on Windows: UTF-8 has no character of the caller's to fall back on. */
	if (!is_sound(page, s, n, out, room) || (page == CP_UTF8 && (replacement || replaced)))
		return error_set(ERROR_INVALID_PARAMETER);
	if (flags & ~(DWORD)(WC_ERR_INVALID_CHARS | WC_NO_BEST_FIT_CHARS))
		return error_set(ERROR_INVALID_FLAGS);
	size_t length = n < 0 ? utf16_len(s) + 1 : (size_t)n;
	size_t bytes = narrow(NULL, s, length, &sound);
	if (!sound && flags & WC_ERR_INVALID_CHARS)
		return error_set(ERROR_NO_UNICODE_TRANSLATION);
	if (bytes > INT_MAX || (room && bytes > (size_t)room))
		return error_set(ERROR_INSUFFICIENT_BUFFER);
	if (room)
		narrow(out, s, length, &sound);
	if (replaced)
		*replaced = !sound;
	return (int)bytes;
}

int WINAPI lstrlenA(LPCSTR s)
{
	return s ? (int)strlen(s) : 0;
}

int WINAPI lstrlenW(LPCWSTR s)
{
	return (int)utf16_len(s);
}

int WINAPI lstrcmpA(LPCSTR a, LPCSTR b)
{
	return strcmp(a ? a : "", b ? b : "");
}

int WINAPI lstrcmpiA(LPCSTR a, LPCSTR b)
{
	return strcasecmp(a ? a : "", b ? b : "");
}

static int compare(LPCWSTR a, LPCWSTR b, bool fold)
{
	size_t i = 0;

	for (; a && a[i] && b && b[i]; i++) {
		WCHAR x = fold ? utf16_upper(a[i]) : a[i], y = fold ? utf16_upper(b[i]) : b[i];
		if (x != y)
			return x < y ? -1 : 1;
	}
	bool a_on = a && a[i], b_on = b && b[i];
	return (int)a_on - (int)b_on;
}

int WINAPI lstrcmpW(LPCWSTR a, LPCWSTR b)
{
	return compare(a, b, false);
}

int WINAPI lstrcmpiW(LPCWSTR a, LPCWSTR b)
{
	return compare(a, b, true);
}
