/* advapi/layout.c - see advapi/layout.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "advapi/layout.h"

void *layout_take(struct layout *l, size_t n, size_t alignment)
{
	l->used = (l->used + alignment - 1) & ~(alignment - 1);
	void *at = l->block ? l->block + l->used : NULL;
	l->used += n;
	return at;
}

void *layout_bytes(struct layout *l, struct rd bytes)
{
	if (!bytes.p)
		return NULL;
	/* programs take secrets for texts or structures of theirs */
	void *at = layout_take(l, bytes.n, _Alignof(max_align_t));
	if (at && bytes.n)
		memcpy(at, bytes.p, bytes.n);
	return at;
}

WCHAR *layout_text(struct layout *l, struct utf16 text)
{
	if (!text.p)
		return NULL;
	if (!l->ansi) {
		WCHAR *at = layout_take(l, (text.n + 1) * sizeof(WCHAR), sizeof(WCHAR));
		if (at && text.n)
			memcpy(at, text.p, text.n * sizeof(WCHAR));
		return at; /* a block is zeroed: the NUL is there */
	}
	char *at = layout_take(l, utf8_need(text.p, text.n) + 1, 1);
	if (at)
		utf8_put(at, text.p, text.n);
	return (WCHAR *)(void *)at;
}
