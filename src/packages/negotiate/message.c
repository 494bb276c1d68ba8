/* packages/negotiate/message.c - see packages/negotiate/message.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/negotiate/message.h"
#include "wire/der.h"

#define TAG_APPLICATION_0 0x60
#define TAG_AP_REQ 0x6E
#define TAG_GENERAL_STRING 0x1B

static const uint8_t spnego_oid[] = { 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };

static const struct mech_row {
	const char *name;
	uint8_t oid[10];
	uint8_t len;
} mech_rows[] = {
	[MECH_NTLM] = { "NTLM",
			{ 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A },
			10 },
	[MECH_KERBEROS] = { "Kerberos",
			    { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 },
			    9 },
	[MECH_KERBEROS_MS] = { "Kerberos (Microsoft's OID)",
			       { 0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02 },
			       9 },
	[MECH_KERBEROS_U2U] = { "Kerberos user-to-user",
				{ 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x03 },
				10 },
	[MECH_NEGOEX] = { "NegoEx",
			  { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1E },
			  10 },
};

const char *spnego_mech_name(enum spnego_mech mech)
{
	return mech < ARRAY_LEN(mech_rows) ? mech_rows[mech].name : "an unknown mechanism";
}

static enum spnego_mech mech_of(struct rd oid)
{
	for (size_t i = 0; i < ARRAY_LEN(mech_rows); i++)
		if (oid.n == mech_rows[i].len && memcmp(oid.p, mech_rows[i].oid, oid.n) == 0)
			return (enum spnego_mech)i;
	return MECH_UNKNOWN;
}

/* Takes one field in an explicit tag, holding exactly one element of `tag`. */
static bool take_field(struct rd *r, unsigned number, uint8_t tag, struct rd *out)
{
	struct rd copy = *r, field;

	if (!der_take(&copy, (uint8_t)DER_CONTEXT(number), &field) || !der_take(&field, tag, out) ||
	    !rd_empty(field))
		return false;
	*r = copy;
	return true;
}

/* An optional field: absent is fine, present but malformed is not. */
static bool take_optional(struct rd *r, unsigned number, uint8_t tag, bool *has, struct rd *out)
{
	*has = der_next_is(*r, (uint8_t)DER_CONTEXT(number));
	return !*has || take_field(r, number, tag, out);
}

static bool parse_mechs(struct rd *r, struct spnego_init *out)
{
	struct rd field, mechs, oid;

	if (!der_take(r, DER_CONTEXT(0), &field))
		return false;
	out->mech_list = field;
	if (!der_take(&field, DER_SEQUENCE, &mechs) || !rd_empty(field))
		return false;
	while (!rd_empty(mechs)) {
		if (!der_take(&mechs, DER_OID, &oid))
			return false;
		if (out->mech_count < SPNEGO_MECHS_MAX)
			out->mechs[out->mech_count++] = mech_of(oid);
	}
	return out->mech_count > 0;
}

/* Field [3] is mechListMIC in RFC 4178 and negHints in [MS-SPNG] 2.2.1, which moves the MIC to [4]. */
static bool parse_init_tail(struct rd *r, struct spnego_init *out)
{
	struct rd field, copy = *r;
	bool has_late_mic;

	if (der_take(&copy, DER_CONTEXT(3), &field)) {
		if (der_next_is(field, DER_OCTET_STRING)) {
			out->has_mic = true;
			if (!der_octets(&field, &out->mic) || !rd_empty(field))
				return false;
		} else if (!der_next_is(field, DER_SEQUENCE)) {
			return false;
		}
		*r = copy;
	}
	if (!take_optional(r, 4, DER_OCTET_STRING, &has_late_mic, &field))
		return false;
	if (has_late_mic) {
		if (out->has_mic)
			return false;
		out->has_mic = true;
		out->mic = field;
	}
	return true;
}

bool spnego_cut(struct rd *token, size_t *rest)
{
	struct rd after = *token, contents;
	uint8_t tag;

	if (!der_any(&after, &tag, &contents))
		return false;
	*rest = after.n;
	token->n -= after.n;
	return true;
}

enum spnego_frame spnego_frame(struct rd token)
{
	static const char ntlm[8] = "NTLMSSP";
	struct rd outer, oid;

	if (rd_tag(&(struct rd){ token.p, token.n }, ntlm, sizeof(ntlm)))
		return FRAME_NTLM;
	if (der_next_is(token, DER_CONTEXT(1)))
		return FRAME_RESPONSE;
	if (der_next_is(token, TAG_AP_REQ))
		return FRAME_KERBEROS;
	if (!der_take(&token, TAG_APPLICATION_0, &outer) || !der_take(&outer, DER_OID, &oid))
		return FRAME_NONE;
	if (oid.n == sizeof(spnego_oid) && memcmp(oid.p, spnego_oid, oid.n) == 0)
		return FRAME_SPNEGO;
	enum spnego_mech mech = mech_of(oid);
	return mech == MECH_KERBEROS || mech == MECH_KERBEROS_MS || mech == MECH_KERBEROS_U2U
		       ? FRAME_KERBEROS
		       : FRAME_NONE;
}

bool spnego_parse_init(struct rd token, struct spnego_init *out)
{
	struct rd outer, oid, choice, body, flags;
	bool has_flags;

	*out = (struct spnego_init){ 0 };
	if (!der_take(&token, TAG_APPLICATION_0, &outer) || !rd_empty(token) ||
	    !der_take(&outer, DER_OID, &oid) || oid.n != sizeof(spnego_oid) ||
	    memcmp(oid.p, spnego_oid, oid.n) != 0)
		return false;
	if (!der_take(&outer, DER_CONTEXT(0), &choice) || !rd_empty(outer) ||
	    !der_take(&choice, DER_SEQUENCE, &body) || !rd_empty(choice))
		return false;
	return parse_mechs(&body, out) &&
	       take_optional(&body, 1, DER_BIT_STRING, &has_flags, &flags) &&
	       take_optional(&body, 2, DER_OCTET_STRING, &out->has_token, &out->token) &&
	       parse_init_tail(&body, out) && rd_empty(body);
}

static bool parse_state(struct rd *r, enum spnego_state *out)
{
	struct rd value;
	bool has;

	*out = SPNEGO_STATE_ABSENT;
	if (!take_optional(r, 0, DER_ENUMERATED, &has, &value))
		return false;
	if (!has)
		return true;
	if (value.n != 1 || value.p[0] > SPNEGO_REQUEST_MIC)
		return false;
	*out = (enum spnego_state)value.p[0];
	return true;
}

bool spnego_parse_response(struct rd token, struct spnego_response *out)
{
	struct rd choice, body, oid = { 0 };

	*out = (struct spnego_response){ .mech = MECH_UNKNOWN };
	if (!der_take(&token, DER_CONTEXT(1), &choice) || !rd_empty(token) ||
	    !der_take(&choice, DER_SEQUENCE, &body) || !rd_empty(choice))
		return false;
	if (!parse_state(&body, &out->state) ||
	    !take_optional(&body, 1, DER_OID, &out->has_mech, &oid) ||
	    !take_optional(&body, 2, DER_OCTET_STRING, &out->has_token, &out->token) ||
	    !take_optional(&body, 3, DER_OCTET_STRING, &out->has_mic, &out->mic))
		return false;
	if (out->has_mech)
		out->mech = mech_of(oid);
	return rd_empty(body);
}

static void write_oid(struct wr *w, const uint8_t *oid, size_t n)
{
	size_t place = der_begin(w, DER_OID);
	wr_bytes(w, oid, n);
	der_end(w, place);
}

void spnego_write_mech_list(struct wr *w, const enum spnego_mech *mechs, size_t count)
{
	size_t list = der_begin(w, DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		if (mechs[i] < ARRAY_LEN(mech_rows))
			write_oid(w, mech_rows[mechs[i]].oid, mech_rows[mechs[i]].len);
	der_end(w, list);
}

static void write_octets_field(struct wr *w, unsigned number, struct rd bytes)
{
	size_t place = der_begin(w, (uint8_t)DER_CONTEXT(number));
	der_put_octets(w, bytes);
	der_end(w, place);
}

void spnego_write_init(struct wr *w, struct rd mech_list, const struct spnego_init *init)
{
	size_t outer = der_begin(w, TAG_APPLICATION_0);
	write_oid(w, spnego_oid, sizeof(spnego_oid));
	size_t choice = der_begin(w, DER_CONTEXT(0)), body = der_begin(w, DER_SEQUENCE),
	       mechs = der_begin(w, DER_CONTEXT(0));
	wr_rd(w, mech_list);
	der_end(w, mechs);
	if (init->has_token)
		write_octets_field(w, 2, init->token);
	if (init->has_mic)
		write_octets_field(w, 3, init->mic);
	der_end(w, body);
	der_end(w, choice);
	der_end(w, outer);
}

void spnego_write_hint(struct wr *w, struct rd mech_list)
{
	static const char hint[] = "not_defined_in_RFC4178@please_ignore";
	size_t outer = der_begin(w, TAG_APPLICATION_0);
	write_oid(w, spnego_oid, sizeof(spnego_oid));
	size_t choice = der_begin(w, DER_CONTEXT(0)), body = der_begin(w, DER_SEQUENCE),
	       mechs = der_begin(w, DER_CONTEXT(0));
	wr_rd(w, mech_list);
	der_end(w, mechs);
	size_t field = der_begin(w, DER_CONTEXT(3)), hints = der_begin(w, DER_SEQUENCE),
	       name = der_begin(w, DER_CONTEXT(0)), text = der_begin(w, TAG_GENERAL_STRING);
	wr_bytes(w, hint, sizeof(hint) - 1);
	der_end(w, text);
	der_end(w, name);
	der_end(w, hints);
	der_end(w, field);
	der_end(w, body);
	der_end(w, choice);
	der_end(w, outer);
}

void spnego_write_response(struct wr *w, const struct spnego_response *response)
{
	size_t choice = der_begin(w, DER_CONTEXT(1)), body = der_begin(w, DER_SEQUENCE);

	if (response->state != SPNEGO_STATE_ABSENT) {
		size_t field = der_begin(w, DER_CONTEXT(0));
		wr_bytes(w, (uint8_t[]){ DER_ENUMERATED, 1, (uint8_t)response->state }, 3);
		der_end(w, field);
	}
	if (response->has_mech && response->mech < ARRAY_LEN(mech_rows)) {
		size_t field = der_begin(w, DER_CONTEXT(1));
		write_oid(w, mech_rows[response->mech].oid, mech_rows[response->mech].len);
		der_end(w, field);
	}
	if (response->has_token)
		write_octets_field(w, 2, response->token);
	if (response->has_mic)
		write_octets_field(w, 3, response->mic);
	der_end(w, body);
	der_end(w, choice);
}
