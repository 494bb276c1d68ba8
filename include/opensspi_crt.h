/* opensspi_crt.h - the Windows C library's names that ported sources use; include it last, by hand.
 *
 * Nothing else includes it; the compatibility folder has it as io.h and tchar.h. The wide functions
 * are there for C under -fshort-wchar, where the C library's own would read 32-bit characters: each
 * name is redirected to libopensspibase when the file is compiled, so nothing is interposed. Include
 * no <wchar.h> before it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CRT_H
#define OPENSSPI_CRT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "windef.h"

OPENSSPI_BEGIN_DECLS

/* ---- io.h: files have no text mode here ------------------------------------------------------- */

#define _O_TEXT 0x4000
#define _O_BINARY 0x8000
#define _fileno fileno
#define _isatty isatty
#define _close close
#define _read read
#define _write write

static inline __attribute__((unused)) int _setmode(int fd, int mode)
{
	(void)fd;
	(void)mode;
	return _O_BINARY;
}

/* ---- tchar.h ---------------------------------------------------------------------------------- */

#ifndef _T
#define _T(s) OPENSSPI_TEXT_(s)
#define _TEXT(s) OPENSSPI_TEXT_(s)
#endif

/* ---- Text of CHARs ---------------------------------------------------------------------------- */

#define _stricmp strcasecmp
#define _strnicmp strncasecmp
#define _strdup strdup
#define _snprintf snprintf

typedef int errno_t;

/* Copies or appends with the NUL. 0; 22 (EINVAL) for NULL, 34 (ERANGE) when `size` bytes are not
 * enough, and then the destination is the empty string. */
OPENSSPI_API errno_t opensspi_strcpy_s(char *to, size_t size, const char *from);
OPENSSPI_API errno_t opensspi_strcat_s(char *to, size_t size, const char *from);
#define strcpy_s opensspi_strcpy_s
#define strcat_s opensspi_strcat_s

/* ---- Text of WCHARs --------------------------------------------------------------------------- */

#if __SIZEOF_WCHAR_T__ == 2 && !defined(__cplusplus)
#define OPENSSPI_CRT(name) __asm__("opensspi_" #name)
size_t wcslen(const WCHAR *s) OPENSSPI_CRT(wcslen);
WCHAR *wcscpy(WCHAR *to, const WCHAR *from) OPENSSPI_CRT(wcscpy);
WCHAR *wcsncpy(WCHAR *to, const WCHAR *from, size_t n) OPENSSPI_CRT(wcsncpy);
WCHAR *wcscat(WCHAR *to, const WCHAR *from) OPENSSPI_CRT(wcscat);
WCHAR *wcsncat(WCHAR *to, const WCHAR *from, size_t n) OPENSSPI_CRT(wcsncat);
int wcscmp(const WCHAR *a, const WCHAR *b) OPENSSPI_CRT(wcscmp);
int wcsncmp(const WCHAR *a, const WCHAR *b, size_t n) OPENSSPI_CRT(wcsncmp);
WCHAR *wcschr(const WCHAR *s, WCHAR c) OPENSSPI_CRT(wcschr);
WCHAR *wcsrchr(const WCHAR *s, WCHAR c) OPENSSPI_CRT(wcsrchr);
WCHAR *wcsstr(const WCHAR *s, const WCHAR *part) OPENSSPI_CRT(wcsstr);
int _wcsicmp(const WCHAR *a, const WCHAR *b) OPENSSPI_CRT(wcsicmp);
int _wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n) OPENSSPI_CRT(wcsnicmp);
WCHAR *_wcsdup(const WCHAR *s) OPENSSPI_CRT(wcsdup);
errno_t wcscpy_s(WCHAR *to, size_t size, const WCHAR *from) OPENSSPI_CRT(wcscpy_s);
errno_t wcscat_s(WCHAR *to, size_t size, const WCHAR *from) OPENSSPI_CRT(wcscat_s);
#undef OPENSSPI_CRT
#endif

/* The same under names of their own, for every mode of the compiler. Sizes and n count WCHARs; the
 * pointers behave as the C library's do. wcsicmp and wcsnicmp take case away by Unicode's simple
 * mapping. wcsdup's copy is released with free; NULL when memory is short. */
OPENSSPI_API size_t opensspi_wcslen(const WCHAR *s);
OPENSSPI_API WCHAR *opensspi_wcscpy(WCHAR *to, const WCHAR *from);
OPENSSPI_API WCHAR *opensspi_wcsncpy(WCHAR *to, const WCHAR *from, size_t n);
OPENSSPI_API WCHAR *opensspi_wcscat(WCHAR *to, const WCHAR *from);
OPENSSPI_API WCHAR *opensspi_wcsncat(WCHAR *to, const WCHAR *from, size_t n);
OPENSSPI_API int opensspi_wcscmp(const WCHAR *a, const WCHAR *b);
OPENSSPI_API int opensspi_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n);
OPENSSPI_API WCHAR *opensspi_wcschr(const WCHAR *s, WCHAR c);
OPENSSPI_API WCHAR *opensspi_wcsrchr(const WCHAR *s, WCHAR c);
OPENSSPI_API WCHAR *opensspi_wcsstr(const WCHAR *s, const WCHAR *part);
OPENSSPI_API int opensspi_wcsicmp(const WCHAR *a, const WCHAR *b);
OPENSSPI_API int opensspi_wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n);
OPENSSPI_API WCHAR *opensspi_wcsdup(const WCHAR *s);
OPENSSPI_API errno_t opensspi_wcscpy_s(WCHAR *to, size_t size, const WCHAR *from);
OPENSSPI_API errno_t opensspi_wcscat_s(WCHAR *to, size_t size, const WCHAR *from);

OPENSSPI_END_DECLS

#endif
