/* base/text.h - a string that grows, for what people read: traces, trees, messages.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Failure is sticky: after one, nothing more is added and text_finish answers NULL. */
#ifndef OPENSSPI_BASE_TEXT_H
#define OPENSSPI_BASE_TEXT_H

#include <windef.h>

#include "base/compiler.h"

#define TEXT_MAX (16u << 20)

struct text {
	char *p;
	size_t len, room;
	bool failed;
};

/* Adds formatted text. */
void text_add(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds UTF-16 text as UTF-8; control characters and lone surrogates appear escaped. */
void text_add_utf16(struct text *t, const WCHAR *s, size_t n);

/* Adds bytes as hexadecimal digits. */
void text_add_hex(struct text *t, const void *bytes, size_t n);

/* Hands the NUL-terminated text over (mem_free); NULL when memory was short. */
MUST_CHECK char *text_finish(struct text *t);

/* Releases a text that was not finished. */
void text_done(struct text *t);

#endif
