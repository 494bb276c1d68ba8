/* base/utf.c - see base/utf.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/upcase.h"
#include "base/utf.h"

size_t utf16_len(const WCHAR *s)
{
	size_t n = 0;
	while (s && s[n])
		n++;
	return n;
}

static bool is_high(uint32_t c)
{
	return c >= 0xD800 && c < 0xDC00;
}

static bool is_low(uint32_t c)
{
	return c >= 0xDC00 && c < 0xE000;
}

/* Takes one code point off UTF-8 text; 0 units taken means that the text is not UTF-8. */
static size_t take_utf8(const uint8_t *s, size_t n, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xC2 ? 0
		     : s[0] < 0xE0 ? 2
		     : s[0] < 0xF0 ? 3
		     : s[0] < 0xF5 ? 4
				   : 0;
	uint32_t c = len == 1 ? s[0] : len ? s[0] & (0x7Fu >> len) : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3Fu);
	}
	if (c < least[len] || c > 0x10FFFF || is_high(c) || is_low(c))
		return 0;
	*out = c;
	return len;
}

/* Takes one code point off UTF-16 text; 0 units taken means a lone surrogate. */
static size_t take_utf16(const WCHAR *s, size_t n, uint32_t *out)
{
	if (!is_high(s[0]) && !is_low(s[0])) {
		*out = s[0];
		return 1;
	}
	if (!is_high(s[0]) || n < 2 || !is_low(s[1]))
		return 0;
	*out = 0x10000 + (((uint32_t)s[0] - 0xD800) << 10) + ((uint32_t)s[1] - 0xDC00);
	return 2;
}

bool utf16_is_valid(const WCHAR *s, size_t n)
{
	unsigned surrogates = 0;

	/* Text without surrogates, as nearly all is, needs no decoding. */
	for (size_t i = 0; i < n; i++)
		surrogates |= (s[i] & 0xF800) == 0xD800;
	return !surrogates || utf8_need(s, n) != SIZE_MAX;
}

size_t utf16_need(const char *s, size_t n)
{
	size_t need = 0;
	uint32_t c;

	for (size_t i = 0, len; i < n; i += len) {
		len = take_utf8((const uint8_t *)s + i, n - i, &c);
		if (len == 0)
			return SIZE_MAX;
		need += c >= 0x10000 ? 2 : 1;
	}
	return need;
}

size_t utf8_need(const WCHAR *s, size_t n)
{
	size_t need = 0;
	uint32_t c;

	for (size_t i = 0, len; i < n; i += len) {
		len = take_utf16(s + i, n - i, &c);
		if (len == 0)
			return SIZE_MAX;
		need += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	}
	return need;
}

void utf16_put(WCHAR *out, const char *s, size_t n)
{
	uint32_t c = 0;

	for (size_t i = 0, len; i < n; i += len) {
		len = take_utf8((const uint8_t *)s + i, n - i, &c);
		if (len == 0)
			return;
		if (c >= 0x10000) {
			*out++ = (WCHAR)(0xD800 + ((c - 0x10000) >> 10));
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		*out++ = (WCHAR)c;
	}
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)((0xF00u >> len & 0xFF) | c);
	return len;
}

void utf8_put(char *out, const WCHAR *s, size_t n)
{
	uint32_t c = 0;

	for (size_t i = 0, len; i < n; i += len) {
		len = take_utf16(s + i, n - i, &c);
		if (len == 0)
			return;
		out += put_utf8(out, c);
	}
}

bool utf16_from_utf8(const char *s, size_t n, WCHAR **out, size_t *out_n)
{
	size_t need = utf16_need(s, n);
	WCHAR *text = need < SIZE_MAX / 4 ? mem_array(need + 1, sizeof(WCHAR)) : NULL;
	if (!text)
		return false;
	utf16_put(text, s, n);
	*out = text;
	if (out_n)
		*out_n = need;
	return true;
}

bool utf8_from_utf16(const WCHAR *s, size_t n, char **out, size_t *out_n)
{
	size_t need = utf8_need(s, n);
	char *text = need < SIZE_MAX / 4 ? mem_alloc(need + 1) : NULL;
	if (!text)
		return false;
	utf8_put(text, s, n);
	*out = text;
	if (out_n)
		*out_n = need;
	return true;
}

WCHAR utf16_upper(WCHAR c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
	size_t low = 0, high = ARRAY_LEN(upcase_ranges);
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct upcase_range *r = &upcase_ranges[middle];
		if (c < r->first)
			high = middle;
		else if (c > r->last)
			low = middle + 1;
		else
			return (c - r->first) % r->step == 0 ? (WCHAR)(c + r->delta) : c;
	}
	return c;
}

void utf16_upper_all(WCHAR *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] = utf16_upper(s[i]);
}

bool utf16_equal_nocase(const WCHAR *a, size_t a_n, const WCHAR *b, size_t b_n)
{
	if (a_n != b_n)
		return false;
	for (size_t i = 0; i < a_n; i++)
		if (utf16_upper(a[i]) != utf16_upper(b[i]))
			return false;
	return true;
}

bool utf16_equal_ascii_nocase(const WCHAR *a, size_t a_n, const char *b)
{
	if (a_n != strlen(b))
		return false;
	for (size_t i = 0; i < a_n; i++)
		if (utf16_upper(a[i]) != utf16_upper((WCHAR)(unsigned char)b[i]))
			return false;
	return true;
}
