/* base/utf.h - UTF-8 and UTF-16 text: strict conversion, upper case, comparison.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * UTF-16 strings are host-order WCHARs with a count; invalid sequences and lone surrogates are
 * refused, never replaced. Upper case is Unicode's simple mapping from a shipped table, never the
 * locale's. */
#ifndef OPENSSPI_BASE_UTF_H
#define OPENSSPI_BASE_UTF_H

#include <windef.h>

#include "base/compiler.h"

/* Units of a NUL-terminated UTF-16 string, without the NUL; 0 for NULL. */
size_t utf16_len(const WCHAR *s);

/* True when every surrogate in `n` units has its partner. */
MUST_CHECK bool utf16_is_valid(const WCHAR *s, size_t n);

/* Converts `n` bytes of UTF-8 to a NUL-terminated UTF-16 copy (mem_free); false when the bytes are
 * not UTF-8 or memory is short (utf16_need tells which). out_n may be NULL. */
MUST_CHECK bool utf16_from_utf8(const char *s, size_t n, WCHAR **out, size_t *out_n);

/* The way back: a NUL-terminated UTF-8 copy (mem_free). */
MUST_CHECK bool utf8_from_utf16(const WCHAR *s, size_t n, char **out, size_t *out_n);

/* How many UTF-16 units the UTF-8 bytes make, SIZE_MAX when they are not UTF-8; and the mirror. */
MUST_CHECK size_t utf16_need(const char *s, size_t n);
MUST_CHECK size_t utf8_need(const WCHAR *s, size_t n);

/* Writes the conversion into a buffer that utf16_need/utf8_need measured. */
void utf16_put(WCHAR *out, const char *s, size_t n);
void utf8_put(char *out, const WCHAR *s, size_t n);

/* Unicode's simple upper case of one UTF-16 unit (the Basic Multilingual Plane is what Windows
 * folds). */
WCHAR utf16_upper(WCHAR c);

/* Replaces each of `n` units by its upper case. */
void utf16_upper_all(WCHAR *s, size_t n);

/* True when both texts are the same but for case. */
MUST_CHECK bool utf16_equal_nocase(const WCHAR *a, size_t a_n, const WCHAR *b, size_t b_n);

/* True when the UTF-16 text is the ASCII text but for case. */
MUST_CHECK bool utf16_equal_ascii_nocase(const WCHAR *a, size_t a_n, const char *b);

/* Borrowed UTF-16: units with their count. p NULL is no text at all, which is not empty text. */
struct utf16 {
	const WCHAR *p;
	size_t n;
};

static inline struct utf16 utf16_of(const WCHAR *s)
{
	return (struct utf16){ s, utf16_len(s) };
}

/* A UNICODE_STRING over a literal or other borrowed units; n * 2 must fit its 16 bits. */
static inline UNICODE_STRING unicode_view(const WCHAR *s, size_t n)
{
	return (UNICODE_STRING){ .Length = (USHORT)(n * 2),
				 .MaximumLength = (USHORT)(n * 2),
				 .Buffer = (WCHAR *)(uintptr_t)s };
}

#endif
