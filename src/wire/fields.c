/* wire/fields.c - see wire/fields.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/fields.h"

#define ABSENT UINT32_MAX

void field_put_bytes(struct wr *w, const void *p, size_t n)
{
	if (!p) {
		wr_u32le(w, ABSENT);
		return;
	}
	wr_counted(w, p, n);
	wr_zero(w, (4 - n % 4) % 4);
}

void field_put_text(struct wr *w, struct utf16 text)
{
	field_put_bytes(w, text.p, text.n * sizeof(WCHAR));
}

bool field_take_bytes(struct rd *r, struct rd *out)
{
	struct rd padding;
	uint32_t n;

	*out = rd_of(NULL, 0);
	if (!rd_u32le(r, &n))
		return false;
	if (n == ABSENT)
		return true;
	if (!rd_bytes(r, n, out) || !rd_bytes(r, (4 - n % 4) % 4, &padding))
		return false;
	for (size_t i = 0; i < padding.n; i++)
		if (padding.p[i])
			return false;
	return true;
}

bool field_take_text(struct rd *r, struct utf16 *out)
{
	struct rd bytes;

	*out = (struct utf16){ NULL, 0 };
	if (!field_take_bytes(r, &bytes) || bytes.n % sizeof(WCHAR))
		return false;
	if (!bytes.p)
		return true;
	*out = (struct utf16){ (const WCHAR *)(const void *)bytes.p, bytes.n / sizeof(WCHAR) };
	bool ends = false;
	for (size_t i = 0; i < out->n; i++)
		ends |= !out->p[i];
	return !ends && utf16_is_valid(out->p, out->n);
}
