/* advapi/layout.h - structures with their texts and bytes in one block.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is laid out is laid out twice by the same code: first without memory, to learn its size. A and W
 * structures differ in the type of their texts alone, so one body fills both. */
#ifndef OPENSSPI_ADVAPI_LAYOUT_H
#define OPENSSPI_ADVAPI_LAYOUT_H

#include "base/base.h"
#include "base/utf.h"
#include "wire/rd.h"

struct layout {
	uint8_t *block; /* zeroed; NULL: only counted */
	size_t used;
	bool ansi;
};

/* Room in the block; NULL while it is only counted. */
void *layout_take(struct layout *l, size_t n, size_t alignment);

/* Copies; NULL for what is absent. Texts end with a NUL and are UTF-8 when `ansi`. */
void *layout_bytes(struct layout *l, struct rd bytes);
WCHAR *layout_text(struct layout *l, struct utf16 text);

#endif
