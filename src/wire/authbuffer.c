/* wire/authbuffer.c - see wire/authbuffer.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/authbuffer.h"

#define MESSAGE_INTERACTIVE_LOGON 2
#define MESSAGE_UNLOCK_LOGON 7
#define LOGON_HEADER_LEN 56  /* KERB_INTERACTIVE_LOGON */
#define UNLOCK_HEADER_LEN 64 /* with the LUID behind it */
#define FIELD_MAX 0xFFFE

/* A UNICODE_STRING whose Buffer is an offset from the start. */
static void write_field(struct wr *w, struct rd text, size_t *offset)
{
	if (text.n > FIELD_MAX)
		w->failed = true;
	wr_u16le(w, (uint16_t)text.n);
	wr_u16le(w, (uint16_t)text.n);
	wr_u32le(w, 0);
	wr_u64le(w, *offset);
	*offset += text.n;
}

void authbuffer_write(struct wr *w, const struct authbuffer_view *a)
{
	size_t offset = UNLOCK_HEADER_LEN;

	wr_u32le(w, MESSAGE_INTERACTIVE_LOGON);
	wr_u32le(w, 0);
	write_field(w, a->domain, &offset);
	write_field(w, a->user, &offset);
	write_field(w, a->password, &offset);
	wr_zero(w, UNLOCK_HEADER_LEN - LOGON_HEADER_LEN);
	wr_rd(w, a->domain);
	wr_rd(w, a->user);
	wr_rd(w, a->password);
}

static bool read_field(struct rd *header, struct rd whole, struct rd *out)
{
	uint16_t length, room;
	uint32_t padding;
	uint64_t offset;

	if (!rd_u16le(header, &length) || !rd_u16le(header, &room) || !rd_u32le(header, &padding) ||
	    !rd_u64le(header, &offset))
		return false;
	if (length % 2 || (length && offset < LOGON_HEADER_LEN) || offset > whole.n)
		return false;
	if (length == 0) {
		*out = rd_of(whole.p, 0);
		return true;
	}
	return rd_at(whole, (size_t)offset, length, out);
}

bool authbuffer_read(struct rd packed, struct authbuffer_view *out)
{
	struct rd r = packed;
	uint32_t message, padding;

	if (!rd_u32le(&r, &message) || !rd_u32le(&r, &padding))
		return false;
	if (message != MESSAGE_INTERACTIVE_LOGON && message != MESSAGE_UNLOCK_LOGON)
		return false;
	return read_field(&r, packed, &out->domain) && read_field(&r, packed, &out->user) &&
	       read_field(&r, packed, &out->password);
}
