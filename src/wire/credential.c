/* wire/credential.c - see wire/credential.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/credential.h"
#include "wire/fields.h"

#define FORMAT 1

/* ---- writing ---- */

void credential_write(struct wr *w, const struct credential_view *c)
{
	wr_u32le(w, FORMAT);
	wr_u32le(w, c->flags);
	wr_u32le(w, c->type);
	wr_u32le(w, c->persist);
	wr_u64le(w, c->last_written);
	field_put_text(w, c->target);
	field_put_text(w, c->comment);
	field_put_text(w, c->alias);
	field_put_text(w, c->user);
	field_put_bytes(w, c->blob.p, c->blob.n);
	wr_u32le(w, c->attribute_count);
	for (uint32_t i = 0; i < c->attribute_count; i++) {
		field_put_text(w, c->attribute[i].keyword);
		wr_u32le(w, c->attribute[i].flags);
		field_put_bytes(w, c->attribute[i].value.p, c->attribute[i].value.n);
	}
}

/* ---- reading ---- */

static MUST_CHECK bool get_attributes(struct rd *r, struct credential_view *c)
{
	if (!rd_u32le(r, &c->attribute_count) || c->attribute_count > CRED_MAX_ATTRIBUTES)
		return false;
	for (uint32_t i = 0; i < c->attribute_count; i++) {
		struct credential_attribute *a = &c->attribute[i];
		if (!field_take_text(r, &a->keyword) || !rd_u32le(r, &a->flags) ||
		    !field_take_bytes(r, &a->value))
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
	/* Attributes beyond the count are nobody's: two KiB that need no zeros. */
	memset(c, 0, offsetof(struct credential_view, attribute));
	return rd_u32le(&r, &format) && format == FORMAT && rd_u32le(&r, &c->flags) &&
	       rd_u32le(&r, &c->type) && rd_u32le(&r, &c->persist) &&
	       rd_u64le(&r, &c->last_written) && field_take_text(&r, &c->target) &&
	       field_take_text(&r, &c->comment) && field_take_text(&r, &c->alias) &&
	       field_take_text(&r, &c->user) && field_take_bytes(&r, &c->blob) &&
	       get_attributes(&r, c) && rd_empty(r);
}
