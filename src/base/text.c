/* base/text.c - see base/text.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>

#include "base/text.h"
#include "base/utf.h"

static bool text_reserve(struct text *t, size_t more)
{
	if (t->failed || more > TEXT_MAX || t->len + more + 1 > TEXT_MAX) {
		t->failed = true;
		return false;
	}
	if (t->len + more + 1 <= t->room)
		return true;
	size_t room = t->room ? t->room : 128;
	while (room < t->len + more + 1)
		room *= 2;
	char *p = mem_alloc(room);
	if (!p) {
		t->failed = true;
		return false;
	}
	if (t->len)
		memcpy(p, t->p, t->len);
	mem_free(t->p);
	t->p = p;
	t->room = room;
	return true;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	if (n >= 0 && text_reserve(t, (size_t)n)) {
		vsnprintf(t->p + t->len, (size_t)n + 1, format, again);
		t->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}

void text_add_utf16(struct text *t, const WCHAR *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t units = i + 1 < n && s[i] >= 0xD800 && s[i] < 0xDC00 ? 2 : 1;
		size_t need = utf8_need(s + i, units);
		if (need == SIZE_MAX || s[i] < 0x20 || s[i] == 0x7F ||
		    (s[i] >= 0x80 && s[i] < 0xA0)) {
			text_add(t, "\\u%04x", s[i]);
			continue;
		}
		if (!text_reserve(t, need))
			return;
		utf8_put(t->p + t->len, s + i, units);
		t->len += need;
		i += units - 1;
	}
}

void text_add_hex(struct text *t, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		text_add(t, "%02x", b[i]);
}

char *text_finish(struct text *t)
{
	if (!text_reserve(t, 0)) {
		text_done(t);
		return NULL;
	}
	t->p[t->len] = '\0';
	char *p = t->p;
	*t = (struct text){ 0 };
	return p;
}

void text_done(struct text *t)
{
	mem_free(t->p);
	*t = (struct text){ .failed = true };
}
