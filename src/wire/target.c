/* wire/target.c - see wire/target.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/fields.h"
#include "wire/target.h"

#define FORMAT 1

void target_write(struct wr *w, const struct target_view *t)
{
	wr_u32le(w, FORMAT);
	wr_u32le(w, t->flags);
	field_put_text(w, t->target);
	field_put_text(w, t->netbios_server);
	field_put_text(w, t->dns_server);
	field_put_text(w, t->netbios_domain);
	field_put_text(w, t->dns_domain);
	field_put_text(w, t->dns_tree);
	field_put_text(w, t->package);
	wr_u32le(w, t->type_count);
	for (uint32_t i = 0; i < t->type_count; i++)
		wr_u32le(w, t->type[i]);
}

static MUST_CHECK bool take_types(struct rd *r, struct target_view *t)
{
	if (!rd_u32le(r, &t->type_count) || t->type_count > TARGET_TYPES_MAX)
		return false;
	for (uint32_t i = 0; i < t->type_count; i++)
		if (!rd_u32le(r, &t->type[i]))
			return false;
	return true;
}

bool target_read(struct rd bytes, struct target_view *t)
{
	struct rd r = bytes;
	uint32_t format;

	if ((uintptr_t)bytes.p % 4 || bytes.n > TARGET_BYTES_MAX)
		return false;
	*t = (struct target_view){ 0 };
	return rd_u32le(&r, &format) && format == FORMAT && rd_u32le(&r, &t->flags) &&
	       field_take_text(&r, &t->target) && field_take_text(&r, &t->netbios_server) &&
	       field_take_text(&r, &t->dns_server) && field_take_text(&r, &t->netbios_domain) &&
	       field_take_text(&r, &t->dns_domain) && field_take_text(&r, &t->dns_tree) &&
	       field_take_text(&r, &t->package) && take_types(&r, t) && rd_empty(r);
}
