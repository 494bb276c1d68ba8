/* wire/kerblogon.c - see wire/kerblogon.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/kerblogon.h"

#define MESSAGE_TICKET_LOGON 10
#define MESSAGE_TICKET_UNLOCK_LOGON 11
#define MESSAGE_CERTIFICATE_LOGON 13
#define MESSAGE_CERTIFICATE_UNLOCK_LOGON 15
#define CERTIFICATE_HEADER 72
#define TICKET_HEADER 32
#define LUID_LEN 8 /* of the unlock form, which what we write has room for */
#define CSP_MESSAGE 1
#define CSP_HEADER 40
#define CSP_STRUCT 48 /* sizeof: the header, one WCHAR and padding */
#define TEXT_MAX 0xFFFEu

bool logon_text_is_sound(struct rd text)
{
	bool good = text.n % 2 == 0 && text.n <= TEXT_MAX;
	bool high = false;

	for (size_t i = 0; good && i + 1 < text.n; i += 2) {
		unsigned c = (unsigned)(text.p[i] | text.p[i + 1] << 8);
		bool low = c >= 0xDC00 && c < 0xE000;
		good = c != 0 && low == high;
		high = c >= 0xD800 && c < 0xDC00;
	}
	return good && !high;
}

/* ---- KERB_CERTIFICATE_LOGON ---- */

/* A UNICODE_STRING whose Buffer is an offset. */
static void write_text(struct wr *w, struct rd text, size_t *offset)
{
	wr_u16le(w, (uint16_t)text.n);
	wr_u16le(w, (uint16_t)text.n);
	wr_u32le(w, 0);
	wr_u64le(w, *offset);
	*offset += text.n;
}

void certificate_logon_write(struct wr *w, const struct certificate_logon *a)
{
	size_t offset = CERTIFICATE_HEADER + LUID_LEN;
	size_t all = offset + a->domain.n + a->user.n + a->pin.n;

	if (all > CERTIFICATE_LOGON_MAX || a->csp_data.n > CERTIFICATE_LOGON_MAX - all) {
		w->failed = true;
		return;
	}
	wr_u32le(w, MESSAGE_CERTIFICATE_LOGON);
	wr_u32le(w, 0);
	write_text(w, a->domain, &offset);
	write_text(w, a->user, &offset);
	write_text(w, a->pin, &offset);
	wr_u32le(w, a->flags);
	wr_u32le(w, (uint32_t)a->csp_data.n);
	wr_u64le(w, a->csp_data.n ? offset : 0);
	wr_zero(w, LUID_LEN);
	wr_rd(w, a->domain);
	wr_rd(w, a->user);
	wr_rd(w, a->pin);
	wr_rd(w, a->csp_data);
}

/* Bytes behind the header; nothing has no place. */
static bool read_bytes(struct rd whole, size_t header, uint64_t offset, uint32_t n, struct rd *out)
{
	*out = rd_of(whole.p, 0);
	if (n == 0)
		return true;
	return offset >= header && offset <= whole.n && rd_at(whole, (size_t)offset, n, out);
}

static bool read_text(struct rd *header, struct rd whole, struct rd *out)
{
	uint16_t length, room;
	uint64_t offset;

	return rd_u16le(header, &length) && rd_u16le(header, &room) && rd_skip(header, 4) &&
	       rd_u64le(header, &offset) &&
	       read_bytes(whole, CERTIFICATE_HEADER, offset, length, out) &&
	       logon_text_is_sound(*out);
}

bool certificate_logon_read(struct rd packed, struct certificate_logon *out)
{
	struct rd r = packed;
	uint32_t type, n;
	uint64_t offset;

	*out = (struct certificate_logon){ 0 };
	return rd_u32le(&r, &type) &&
	       (type == MESSAGE_CERTIFICATE_LOGON || type == MESSAGE_CERTIFICATE_UNLOCK_LOGON) &&
	       rd_skip(&r, 4) && read_text(&r, packed, &out->domain) &&
	       read_text(&r, packed, &out->user) && read_text(&r, packed, &out->pin) &&
	       rd_u32le(&r, &out->flags) && rd_u32le(&r, &n) && rd_u64le(&r, &offset) &&
	       read_bytes(packed, CERTIFICATE_HEADER, offset, n, &out->csp_data);
}

/* ---- KERB_SMARTCARD_CSP_INFO ---- */

void csp_info_write(struct wr *w, const struct csp_info *a)
{
	const struct rd text[] = { a->card, a->reader, a->container, a->csp };
	size_t units = 0, start = w->len;

	size_t total = wr_hold(w, 4);
	wr_u32le(w, CSP_MESSAGE);
	wr_u64le(w, 0); /* ContextInformation */
	wr_u32le(w, 0); /* flags */
	wr_u32le(w, a->key_spec);
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		if (text[i].n > TEXT_MAX)
			w->failed = true;
		wr_u32le(w, (uint32_t)units);
		units += text[i].n / 2 + 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		wr_rd(w, text[i]);
		wr_u16le(w, 0);
	}
	if (w->len - start < CSP_STRUCT)
		wr_zero(w, CSP_STRUCT - (w->len - start));
	wr_fill_u32le(w, total, (uint32_t)(w->len - start));
}

/* The text at that place, up to its NUL. */
static bool csp_text(struct rd buffer, uint32_t offset, struct rd *out)
{
	struct rd rest = buffer;

	if (offset > TEXT_MAX || !rd_skip(&rest, 2 * (size_t)offset))
		return false;
	for (size_t i = 0; i + 1 < rest.n; i += 2) {
		if (rest.p[i] == 0 && rest.p[i + 1] == 0) {
			*out = rd_of(rest.p, i);
			return logon_text_is_sound(*out);
		}
	}
	return false;
}

bool csp_info_read(struct rd packed, struct csp_info *out)
{
	uint32_t total, type, flags, offset[4];
	struct rd r = packed;
	uint64_t context;

	*out = (struct csp_info){ 0 };
	if (!rd_u32le(&r, &total) || total > packed.n || total < CSP_HEADER)
		return false;
	r.n = total - 4;
	if (!rd_u32le(&r, &type) || type != CSP_MESSAGE || !rd_u64le(&r, &context) ||
	    !rd_u32le(&r, &flags) || !rd_u32le(&r, &out->key_spec))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(offset); i++)
		if (!rd_u32le(&r, &offset[i]))
			return false;
	return csp_text(r, offset[0], &out->card) && csp_text(r, offset[1], &out->reader) &&
	       csp_text(r, offset[2], &out->container) && csp_text(r, offset[3], &out->csp);
}

/* ---- KERB_TICKET_LOGON ---- */

void ticket_logon_write(struct wr *w, const struct ticket_logon *a)
{
	if (a->service_ticket.n == 0 || a->service_ticket.n > w->cap || a->krb_cred.n > w->cap)
		w->failed = true;
	wr_u32le(w, MESSAGE_TICKET_LOGON);
	wr_u32le(w, a->flags);
	wr_u32le(w, (uint32_t)a->service_ticket.n);
	wr_u32le(w, (uint32_t)a->krb_cred.n);
	wr_u64le(w, TICKET_HEADER);
	wr_u64le(w, a->krb_cred.n ? TICKET_HEADER + a->service_ticket.n : 0);
	wr_rd(w, a->service_ticket);
	wr_rd(w, a->krb_cred);
}

bool ticket_logon_read(struct rd packed, struct ticket_logon *out)
{
	uint32_t type, ticket_n, cred_n;
	uint64_t ticket, cred;
	struct rd r = packed;

	*out = (struct ticket_logon){ 0 };
	return rd_u32le(&r, &type) &&
	       (type == MESSAGE_TICKET_LOGON || type == MESSAGE_TICKET_UNLOCK_LOGON) &&
	       rd_u32le(&r, &out->flags) && rd_u32le(&r, &ticket_n) && rd_u32le(&r, &cred_n) &&
	       rd_u64le(&r, &ticket) && rd_u64le(&r, &cred) && ticket_n &&
	       read_bytes(packed, TICKET_HEADER, ticket, ticket_n, &out->service_ticket) &&
	       read_bytes(packed, TICKET_HEADER, cred, cred_n, &out->krb_cred);
}
