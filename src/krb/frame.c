/* krb/frame.c - tokens in their GSSAPI frame, and user-to-user's two messages.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"
#include "wire/der.h"

#define TOKEN_MAX (1u << 18)
#define GENERAL_STRING 0x1B
#define KRB_VERSION 5
#define TGT_REQ 16
#define TGT_REP 17

static const struct {
	const char *oid;
	size_t n;
	enum mechanism mechanism;
} mechanisms[] = {
	{ "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", 9, MECHANISM_KRB5 },
	{ "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02", 9, MECHANISM_KRB5 }, /* Windows 2000's */
	{ "\x2b\x06\x01\x05\x02\x05", 6, MECHANISM_IAKERB },
	{ "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03", 10, MECHANISM_USER_TO_USER },
};
#define USER_TO_USER_OID 3 /* its row */

enum mechanism frame_open(struct rd token, uint16_t *id, struct rd *body)
{
	struct rd inside, oid;

	*id = ID_AP_REQ;
	*body = token;
	if (der_next_is(token, 0x6E))
		return MECHANISM_KRB5;
	if (!der_take(&token, 0x60, &inside) || !der_take(&inside, DER_OID, &oid))
		return MECHANISM_NONE;
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (oid.n != mechanisms[i].n || memcmp(oid.p, mechanisms[i].oid, oid.n) != 0)
			continue;
		if (!rd_u16be(&inside, id))
			return MECHANISM_NONE;
		*body = inside;
		return mechanisms[i].mechanism;
	}
	return MECHANISM_NONE;
}

/* What was built, as a span of its own. */
static NTSTATUS span_of(struct wr *w, struct krb_span *out)
{
	struct rd built = wr_view(w);

	return wr_ok(w) && span_copy(out, built.p, built.n)
		       ? SEC_E_OK
		       : fail(SEC_E_INSUFFICIENT_MEMORY, "a user-to-user token");
}

NTSTATUS frame_close(uint16_t id, struct rd body, struct krb_span *out)
{
	CLEANUP(wr_done) struct wr w = WR(TOKEN_MAX);

	size_t frame = der_begin(&w, 0x60);
	size_t oid = der_begin(&w, DER_OID);
	wr_bytes(&w, mechanisms[USER_TO_USER_OID].oid, mechanisms[USER_TO_USER_OID].n);
	der_end(&w, oid);
	wr_u16be(&w, id);
	wr_rd(&w, body);
	der_end(&w, frame);
	return span_of(&w, out);
}

bool ticket_of_request(struct rd request, struct rd *ticket)
{
	struct rd r, sequence, skipped;

	return der_take(&request, 0x6E, &r) && der_take(&r, DER_SEQUENCE, &sequence) &&
	       der_take(&sequence, DER_CONTEXT(0), &skipped) &&
	       der_take(&sequence, DER_CONTEXT(1), &skipped) &&
	       der_take(&sequence, DER_CONTEXT(2), &skipped) &&
	       der_take(&sequence, DER_CONTEXT(3), ticket);
}

static void put_number(struct wr *w, unsigned field, uint32_t value)
{
	size_t at = der_begin(w, (uint8_t)DER_CONTEXT(field));
	der_put_uint(w, value);
	der_end(w, at);
}

static void put_string(struct wr *w, const krb5_data *text)
{
	size_t at = der_begin(w, GENERAL_STRING);
	wr_bytes(w, text->data, text->length);
	der_end(w, at);
}

/* PrincipalName, RFC 4120 5.2.2 */
static void put_name(struct wr *w, krb5_const_principal p)
{
	size_t sequence = der_begin(w, DER_SEQUENCE);
	put_number(w, 0, KRB5_NT_SRV_INST);
	size_t field = der_begin(w, DER_CONTEXT(1));
	size_t strings = der_begin(w, DER_SEQUENCE);
	for (int i = 0; i < p->length; i++)
		put_string(w, &p->data[i]);
	der_end(w, strings);
	der_end(w, field);
	der_end(w, sequence);
}

NTSTATUS tgt_request(krb5_context ctx, krb5_const_principal server, struct krb_span *out)
{
	CLEANUP(wr_done) struct wr w = WR(TOKEN_MAX);

	(void)ctx;
	size_t sequence = der_begin(&w, DER_SEQUENCE);
	put_number(&w, 0, KRB_VERSION);
	put_number(&w, 1, TGT_REQ);
	size_t name = der_begin(&w, DER_CONTEXT(2));
	put_name(&w, server);
	der_end(&w, name);
	if (server->realm.length) {
		size_t realm = der_begin(&w, DER_CONTEXT(3));
		put_string(&w, &server->realm);
		der_end(&w, realm);
	}
	der_end(&w, sequence);
	return frame_close(ID_TGT_REQ, wr_view(&w), out);
}

static bool message_open(struct rd body, uint32_t wanted, struct rd *inside)
{
	struct rd field;
	uint32_t version, type;

	return der_take(&body, DER_SEQUENCE, inside) && rd_empty(body) &&
	       der_take(inside, DER_CONTEXT(0), &field) && der_small_uint(&field, &version) &&
	       version == KRB_VERSION && der_take(inside, DER_CONTEXT(1), &field) &&
	       der_small_uint(&field, &type) && type == wanted;
}

/* The name in it tells nothing that the own TGT does not: it may be absent. */
bool tgt_request_read(struct rd body)
{
	struct rd inside;
	return message_open(body, TGT_REQ, &inside);
}

NTSTATUS tgt_reply(struct rd ticket, struct krb_span *out)
{
	CLEANUP(wr_done) struct wr w = WR(TOKEN_MAX);

	size_t sequence = der_begin(&w, DER_SEQUENCE);
	put_number(&w, 0, KRB_VERSION);
	put_number(&w, 1, TGT_REP);
	size_t field = der_begin(&w, DER_CONTEXT(2));
	wr_rd(&w, ticket);
	der_end(&w, field);
	der_end(&w, sequence);
	return frame_close(ID_TGT_REP, wr_view(&w), out);
}

bool tgt_reply_read(struct rd body, struct rd *ticket)
{
	struct rd inside;
	return message_open(body, TGT_REP, &inside) && der_take(&inside, DER_CONTEXT(2), ticket);
}
