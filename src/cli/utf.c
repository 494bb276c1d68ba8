/* cli/utf.c - UTF-8 as texts have it, UTF-16 as saved secrets have it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/utf.h"

#include <stdlib.h>
#include <string.h>

size_t utf8_length(const unsigned char *p, unsigned *number)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80	     ? 1
		   : p[0] >> 5 == 6  ? 2
		   : p[0] >> 4 == 14 ? 3
		   : p[0] >> 3 == 30 ? 4
				     : 0;
	if (n <= 1) {
		*number = p[0];
		return n;
	}

	unsigned c = p[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 0;
	*number = c;
	return n;
}

bool utf_is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

void blob_done(struct blob *b)
{
	explicit_bzero(b, sizeof(*b));
}

void blob_text_done(struct blob_text *t)
{
	explicit_bzero(t, sizeof(*t));
}

static bool put_unit(struct blob *b, unsigned unit)
{
	if (b->size + 2 > sizeof(b->bytes))
		return false;
	b->bytes[b->size++] = (unsigned char)unit;
	b->bytes[b->size++] = (unsigned char)(unit >> 8);
	return true;
}

bool blob_from_text(struct blob *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned c;

	out->size = 0;
	while (*p) {
		size_t n = utf8_length(p, &c);
		if (!n)
			return false;
		if (c > 0xFFFF && !put_unit(out, 0xD800 + ((c - 0x10000) >> 10)))
			return false;
		if (!put_unit(out, c > 0xFFFF ? 0xDC00 + ((c - 0x10000) & 0x3FF) : c))
			return false;
		p += n;
	}
	return true;
}

/* Lines are text too: keys and certificates have them. */
static bool is_text(unsigned c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c && !utf_is_control(c));
}

static bool is_plain(const char *text, size_t n)
{
	unsigned c;

	for (size_t at = 0; at < n;) {
		size_t length = utf8_length((const unsigned char *)text + at, &c);
		if (!length || !is_text(c))
			return false;
		at += length;
	}
	return true;
}

bool blob_text_is_plain(const struct blob_text *t)
{
	return is_plain(t->text, strlen(t->text));
}

static bool take_utf8(struct blob_text *out, const unsigned char *p, size_t n)
{
	if (n >= sizeof(out->text))
		return false;
	memcpy(out->text, p, n);
	out->text[n] = '\0';
	return is_plain(out->text, n);
}

/* The character at unit `at`, and how many units it has; 0 for half a pair. */
static size_t utf16_length(const unsigned char *p, size_t units, unsigned *c)
{
	*c = p[0] | (unsigned)p[1] << 8;
	if (*c < 0xD800 || *c > 0xDFFF)
		return 1;
	unsigned low = units > 1 ? (p[2] | (unsigned)p[3] << 8) : 0;
	if (*c > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
		return 0;
	*c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
	return 2;
}

static size_t put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3F));
	to[0] = (char)(0xF00u >> n | c);
	return n;
}

char *utf8_from_wide(const UNICODE_STRING *wide)
{
	size_t n = wide->Buffer ? wide->Length / 2 : 0, length = 0;
	const unsigned char *p = (const unsigned char *)wide->Buffer;
	char *text = malloc(3 * n + 1); /* a pair of units makes four bytes */
	unsigned c;

	if (!text)
		return NULL;
	for (size_t at = 0; at < n;) {
		size_t units = utf16_length(p + 2 * at, n - at, &c);
		length += put_utf8(text + length, units && c ? c : 0xFFFD);
		at += units ? units : 1;
	}
	text[length] = '\0';
	return text;
}

static bool take_utf16(struct blob_text *out, const unsigned char *p, size_t n, bool known)
{
	size_t length = 0;
	unsigned c;

	if (n % 2 || n > CRED_MAX_CREDENTIAL_BLOB_SIZE)
		return false;
	for (size_t at = 0; at < n;) {
		size_t units = utf16_length(p + at, (n - at) / 2, &c);
		if (!units || !c || (!known && !is_text(c)))
			return false;
		length += put_utf8(out->text + length, c);
		at += units * 2;
	}
	out->text[length] = '\0';
	return true;
}

bool blob_to_text(struct blob_text *out, const void *bytes, size_t n, bool wide)
{
	return (!wide && take_utf8(out, bytes, n)) || take_utf16(out, bytes, n, wide);
}
