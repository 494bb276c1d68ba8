/* wire/credential.c - see wire/credential.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/credential.h"

#define FORMAT 1
#define ABSENT UINT32_MAX

/* ---- writing ---- */

static void put_bytes(struct wr *w, const void *p, size_t n)
{
	if (!p) {
		wr_u32le(w, ABSENT);
		return;
	}
	wr_counted(w, p, n);
	wr_zero(w, (4 - n % 4) % 4);
}

static void put_text(struct wr *w, struct utf16 text)
{
	put_bytes(w, text.p, text.n * sizeof(WCHAR));
}

void credential_write(struct wr *w, const struct credential_view *c)
{
	wr_u32le(w, FORMAT);
	wr_u32le(w, c->flags);
	wr_u32le(w, c->type);
	wr_u32le(w, c->persist);
	wr_u64le(w, c->last_written);
	put_text(w, c->target);
	put_text(w, c->comment);
	put_text(w, c->alias);
	put_text(w, c->user);
	put_bytes(w, c->blob.p, c->blob.n);
	wr_u32le(w, c->attribute_count);
	for (uint32_t i = 0; i < c->attribute_count; i++) {
		put_text(w, c->attribute[i].keyword);
		wr_u32le(w, c->attribute[i].flags);
		put_bytes(w, c->attribute[i].value.p, c->attribute[i].value.n);
	}
}

/* ---- reading ---- */

static MUST_CHECK bool get_bytes(struct rd *r, struct rd *out)
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

static MUST_CHECK bool get_text(struct rd *r, struct utf16 *out)
{
	struct rd bytes;

	*out = (struct utf16){ NULL, 0 };
	if (!get_bytes(r, &bytes) || bytes.n % sizeof(WCHAR))
		return false;
	if (!bytes.p)
		return true;
	*out = (struct utf16){ (const WCHAR *)(const void *)bytes.p, bytes.n / sizeof(WCHAR) };
	for (size_t i = 0; i < out->n; i++)
		if (!out->p[i])
			return false;
	return utf16_is_valid(out->p, out->n);
}

static MUST_CHECK bool get_attributes(struct rd *r, struct credential_view *c)
{
	if (!rd_u32le(r, &c->attribute_count) || c->attribute_count > CRED_MAX_ATTRIBUTES)
		return false;
	for (uint32_t i = 0; i < c->attribute_count; i++) {
		struct credential_attribute *a = &c->attribute[i];
		if (!get_text(r, &a->keyword) || !rd_u32le(r, &a->flags) ||
		    !get_bytes(r, &a->value))
			return false;
	}
	return true;
}

bool credential_read(struct rd bytes, struct credential_view *c)
{
	struct rd r = bytes;
	uint32_t format;

	if ((uintptr_t)bytes.p % 4 || bytes.n > CREDENTIAL_BYTES_MAX)
		return false;
	*c = (struct credential_view){ 0 };
	return rd_u32le(&r, &format) && format == FORMAT && rd_u32le(&r, &c->flags) &&
	       rd_u32le(&r, &c->type) && rd_u32le(&r, &c->persist) &&
	       rd_u64le(&r, &c->last_written) && get_text(&r, &c->target) &&
	       get_text(&r, &c->comment) && get_text(&r, &c->alias) && get_text(&r, &c->user) &&
	       get_bytes(&r, &c->blob) && get_attributes(&r, c) && rd_empty(r);
}
