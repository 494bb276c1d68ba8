/* baselib/crt.c - the C library's string functions over 16-bit characters, and the *_s kind.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <opensspi_crt.h>

#include <errno.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/utf.h"

size_t opensspi_wcslen(const WCHAR *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

WCHAR *opensspi_wcscpy(WCHAR *to, const WCHAR *from)
{
	return memcpy(to, from, (opensspi_wcslen(from) + 1) * sizeof(WCHAR));
}

WCHAR *opensspi_wcsncpy(WCHAR *to, const WCHAR *from, size_t n)
{
	size_t i = 0;

	for (; i < n && from[i]; i++)
		to[i] = from[i];
	for (; i < n; i++)
		to[i] = 0;
	return to;
}

WCHAR *opensspi_wcscat(WCHAR *to, const WCHAR *from)
{
	opensspi_wcscpy(to + opensspi_wcslen(to), from);
	return to;
}

WCHAR *opensspi_wcsncat(WCHAR *to, const WCHAR *from, size_t n)
{
	WCHAR *end = to + opensspi_wcslen(to);

	for (; n && *from; n--)
		*end++ = *from++;
	*end = 0;
	return to;
}

/* Compares up to n characters; `fold` takes case away. */
static int compare(const WCHAR *a, const WCHAR *b, size_t n, bool fold)
{
	for (size_t i = 0; i < n; i++) {
		WCHAR x = fold ? utf16_upper(a[i]) : a[i], y = fold ? utf16_upper(b[i]) : b[i];
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			break;
	}
	return 0;
}

int opensspi_wcscmp(const WCHAR *a, const WCHAR *b)
{
	return compare(a, b, SIZE_MAX, false);
}

int opensspi_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n)
{
	return compare(a, b, n, false);
}

int opensspi_wcsicmp(const WCHAR *a, const WCHAR *b)
{
	return compare(a, b, SIZE_MAX, true);
}

int opensspi_wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n)
{
	return compare(a, b, n, true);
}

WCHAR *opensspi_wcschr(const WCHAR *s, WCHAR c)
{
	while (*s && *s != c)
		s++;
	return *s == c ? (WCHAR *)(uintptr_t)s : NULL;
}

WCHAR *opensspi_wcsrchr(const WCHAR *s, WCHAR c)
{
	for (size_t n = opensspi_wcslen(s) + 1; n-- > 0;)
		if (s[n] == c)
			return (WCHAR *)(uintptr_t)(s + n);
	return NULL;
}

WCHAR *opensspi_wcsstr(const WCHAR *s, const WCHAR *part)
{
	size_t n = opensspi_wcslen(part);

	for (;; s++) {
		if (compare(s, part, n, false) == 0)
			return (WCHAR *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

WCHAR *opensspi_wcsdup(const WCHAR *s)
{
	size_t n = (opensspi_wcslen(s) + 1) * sizeof(WCHAR);
	WCHAR *copy = malloc(n);
	return copy ? memcpy(copy, s, n) : NULL;
}

errno_t opensspi_strcpy_s(char *to, size_t size, const char *from)
{
	if (!to || !size || !from) {
		if (to && size)
			*to = '\0';
		return EINVAL;
	}
	size_t n = strlen(from);
	if (n >= size) {
		*to = '\0';
		return ERANGE;
	}
	memcpy(to, from, n + 1);
	return 0;
}

errno_t opensspi_strcat_s(char *to, size_t size, const char *from)
{
	size_t had = to ? strnlen(to, size) : 0;

	if (!to || had == size)
		return EINVAL;
	errno_t error = opensspi_strcpy_s(to + had, size - had, from);
	if (error)
		*to = '\0';
	return error;
}

errno_t opensspi_wcscpy_s(WCHAR *to, size_t size, const WCHAR *from)
{
	if (!to || !size || !from) {
		if (to && size)
			*to = 0;
		return EINVAL;
	}
	size_t n = opensspi_wcslen(from);
	if (n >= size) {
		*to = 0;
		return ERANGE;
	}
	memcpy(to, from, (n + 1) * sizeof(WCHAR));
	return 0;
}

errno_t opensspi_wcscat_s(WCHAR *to, size_t size, const WCHAR *from)
{
	size_t had = 0;

	while (to && had < size && to[had])
		had++;
	if (!to || had == size)
		return EINVAL;
	errno_t error = opensspi_wcscpy_s(to + had, size - had, from);
	if (error)
		*to = 0;
	return error;
}
