/* wire/authbuffer.c - see wire/authbuffer.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The generic form is for a round trip alone, as the documents want it: the tag "OSPg", a u32 of 1 (its
 * version), then domain, user and password, each a u32 byte count and so many bytes of UTF-16LE. Its
 * first four bytes are no message type and no identity's version. */
#include "base/base.h"

#include "wire/authbuffer.h"

#define MESSAGE_INTERACTIVE_LOGON 2
#define MESSAGE_UNLOCK_LOGON 7
#define MESSAGE_CERTIFICATE_LOGON 13
#define MESSAGE_CERTIFICATE_UNLOCK_LOGON 15
#define GENERIC_TAG "OSPg"
#define GENERIC_VERSION 1
#define FIELD_MAX 0xFFFE

/* Sizes of the headers: what a reader needs, and what a writer makes (with the LUID behind). */
static const struct layout {
	size_t needed, made;
} layouts[][2] = {
	[AUTHBUFFER_LOGON] = { { 56, 64 }, { 28, 36 } },
	[AUTHBUFFER_CERTIFICATE] = { { 72, 80 }, { 40, 48 } },
};

bool authbuffer_form(struct rd packed, enum authbuffer_form *out)
{
	struct rd r = packed;
	uint32_t first;

	if (rd_tag(&r, GENERIC_TAG, 4)) {
		*out = AUTHBUFFER_GENERIC;
		return true;
	}
	if (!rd_u32le(&r, &first))
		return false;
	*out = first == MESSAGE_INTERACTIVE_LOGON || first == MESSAGE_UNLOCK_LOGON
		       ? AUTHBUFFER_LOGON
		       : AUTHBUFFER_CERTIFICATE;
	return *out == AUTHBUFFER_LOGON || first == MESSAGE_CERTIFICATE_LOGON ||
	       first == MESSAGE_CERTIFICATE_UNLOCK_LOGON;
}

/* ---- writing ---- */

/* A number as wide as a pointer of the layout. */
static void write_pointer(struct wr *w, bool wow, size_t value)
{
	if (wow)
		wr_u32le(w, (uint32_t)value);
	else
		wr_u64le(w, value);
}

/* A UNICODE_STRING whose Buffer is an offset from the start. */
static void write_field(struct wr *w, bool wow, struct rd text, size_t *offset)
{
	if (text.n > FIELD_MAX)
		w->failed = true;
	wr_u16le(w, (uint16_t)text.n);
	wr_u16le(w, (uint16_t)text.n);
	if (!wow)
		wr_u32le(w, 0);
	write_pointer(w, wow, *offset);
	*offset += text.n;
}

static void write_generic(struct wr *w, const struct authbuffer_view *a)
{
	const struct rd part[] = { a->domain, a->user, a->password };

	wr_bytes(w, GENERIC_TAG, 4);
	wr_u32le(w, GENERIC_VERSION);
	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		if (part[i].n > FIELD_MAX)
			w->failed = true;
		wr_counted(w, part[i].p, part[i].n);
	}
}

void authbuffer_write_form(struct wr *w, enum authbuffer_form form, bool wow,
			   const struct authbuffer_view *a)
{
	size_t start = w->len;

	if (form == AUTHBUFFER_GENERIC) {
		write_generic(w, a);
		return;
	}
	size_t offset = layouts[form][wow].made, header = start + offset;
	wr_u32le(w,
		 form == AUTHBUFFER_LOGON ? MESSAGE_INTERACTIVE_LOGON : MESSAGE_CERTIFICATE_LOGON);
	if (!wow)
		wr_u32le(w, 0);
	write_field(w, wow, a->domain, &offset);
	write_field(w, wow, a->user, &offset);
	write_field(w, wow, a->password, &offset);
	/* A certificate's Flags, CspDataLength and CspData, and the LUID: all zero. */
	if (wr_ok(w))
		wr_zero(w, header - w->len);
	wr_rd(w, a->domain);
	wr_rd(w, a->user);
	wr_rd(w, a->password);
}

void authbuffer_write(struct wr *w, const struct authbuffer_view *a)
{
	authbuffer_write_form(w, AUTHBUFFER_LOGON, false, a);
}

/* ---- reading ---- */

struct whole {
	struct rd bytes;
	size_t header;
	bool wow;
};

static bool read_pointer(struct rd *header, bool wow, uint64_t *out)
{
	uint32_t narrow;

	if (!wow)
		return rd_u64le(header, out);
	if (!rd_u32le(header, &narrow))
		return false;
	*out = narrow;
	return true;
}

static bool read_field(struct rd *header, const struct whole *whole, struct rd *out)
{
	uint16_t length, room;
	uint64_t offset;

	if (!rd_u16le(header, &length) || !rd_u16le(header, &room) ||
	    (!whole->wow && !rd_skip(header, 4)) || !read_pointer(header, whole->wow, &offset))
		return false;
	if (length % 2 || (length && offset < whole->header) || offset > whole->bytes.n)
		return false;
	if (length == 0) {
		*out = rd_of(whole->bytes.p, 0);
		return true;
	}
	return rd_at(whole->bytes, (size_t)offset, length, out);
}

static bool read_part(struct rd *r, struct rd *out)
{
	return rd_counted(r, out) && out->n <= FIELD_MAX && out->n % 2 == 0;
}

static bool read_generic(struct rd packed, struct authbuffer_view *out)
{
	struct rd r = packed;
	uint32_t version;

	return rd_tag(&r, GENERIC_TAG, 4) && rd_u32le(&r, &version) && version == GENERIC_VERSION &&
	       read_part(&r, &out->domain) && read_part(&r, &out->user) &&
	       read_part(&r, &out->password) && rd_empty(r);
}

bool authbuffer_read_form(struct rd packed, enum authbuffer_form form, bool wow,
			  struct authbuffer_view *out)
{
	enum authbuffer_form promised;
	struct rd r = packed;

	if (!authbuffer_form(packed, &promised) || promised != form)
		return false;
	if (form == AUTHBUFFER_GENERIC)
		return read_generic(packed, out);
	const struct whole whole = { packed, layouts[form][wow].needed, wow };
	return packed.n >= whole.header && rd_skip(&r, wow ? 4 : 8) &&
	       read_field(&r, &whole, &out->domain) && read_field(&r, &whole, &out->user) &&
	       read_field(&r, &whole, &out->password);
}

bool authbuffer_read(struct rd packed, struct authbuffer_view *out)
{
	return authbuffer_read_form(packed, AUTHBUFFER_LOGON, false, out);
}
