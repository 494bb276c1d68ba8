/* packages/ntlm/message.c - see packages/ntlm/message.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/ntlm/message.h"

#define SIGNATURE "NTLMSSP" /* with its NUL: 8 bytes */
#define SIGNATURE_LEN 8
#define FIELD_LEN 8

#define NEGOTIATE_BARE_LEN 16
#define NEGOTIATE_FIELDS_LEN 32
#define NEGOTIATE_HEADER_LEN 40
#define CHALLENGE_HEADER_LEN 56
#define AUTHENTICATE_FIXED_LEN 64
#define AUTHENTICATE_HEADER_LEN 88

/* The build that VERSION names is of no consequence; 15 is NTLMSSP_REVISION_W2K3. */
static const uint8_t our_version[NTLM_VERSION_LEN] = { 10, 0, 0x61, 0x4A, 0, 0, 0, 15 };

static bool header_read(struct rd *r, uint32_t want)
{
	uint32_t type = 0;
	return rd_tag(r, SIGNATURE, SIGNATURE_LEN) && rd_u32le(r, &type) && type == want;
}

/* A length, a second length that is ignored, and an offset. An empty field's offset means nothing:
 * peers leave it zero or beyond the end. */
static bool field_read(struct rd *r, struct rd whole, struct rd *out)
{
	struct rd copy = *r;
	uint16_t len, ignored;
	uint32_t offset;

	if (!rd_u16le(&copy, &len) || !rd_u16le(&copy, &ignored) || !rd_u32le(&copy, &offset))
		return false;
	*out = rd_of(NULL, 0);
	if (len && !rd_at(whole, offset, len, out))
		return false;
	*r = copy;
	return true;
}

bool ntlm_message_type(struct rd message, uint32_t *type)
{
	return rd_tag(&message, SIGNATURE, SIGNATURE_LEN) && rd_u32le(&message, type);
}

bool ntlm_negotiate_read(struct rd message, struct ntlm_negotiate *out)
{
	struct ntlm_negotiate m = { 0 };
	struct rd r = message, domain, workstation;

	if (!header_read(&r, NTLM_MESSAGE_NEGOTIATE) || !rd_u32le(&r, &m.flags))
		return false;
	uint32_t supplied = m.flags & (NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED);
	/* The bare form ends here. */
	if (message.n == NEGOTIATE_BARE_LEN && !supplied) {
		*out = m;
		return true;
	}
	if (message.n < NEGOTIATE_FIELDS_LEN)
		return false;
	if (supplied & NTLM_DOMAIN_SUPPLIED) {
		if (!field_read(&r, message, &domain))
			return false;
		m.domain = domain;
	} else if (!rd_skip(&r, FIELD_LEN)) {
		return false;
	}
	if (supplied & NTLM_WORKSTATION_SUPPLIED) {
		if (!field_read(&r, message, &workstation))
			return false;
		m.workstation = workstation;
	}
	*out = m;
	return true;
}

bool ntlm_challenge_read(struct rd message, struct ntlm_challenge *out)
{
	struct ntlm_challenge m = { 0 };
	struct rd r = message, challenge;

	if (!header_read(&r, NTLM_MESSAGE_CHALLENGE) || !field_read(&r, message, &m.target_name) ||
	    !rd_u32le(&r, &m.flags) || !rd_bytes(&r, NTLM_CHALLENGE_LEN, &challenge))
		return false;
	memcpy(m.server_challenge, challenge.p, NTLM_CHALLENGE_LEN);
	bool has_info = m.flags & NTLM_TARGET_INFO;
	if (has_info && (!rd_skip(&r, 8) || !field_read(&r, message, &m.target_info)))
		return false;
	if (m.flags & NTLM_UNICODE && !ntlm_utf16_is_valid(m.target_name))
		return false;
	*out = m;
	return true;
}

/* The lowest offset that a field's bytes have. */
static void payload_note(struct rd whole, struct rd field, size_t *lowest)
{
	if (field.n && (size_t)(field.p - whole.p) < *lowest)
		*lowest = (size_t)(field.p - whole.p);
}

bool ntlm_authenticate_read(struct rd message, struct ntlm_authenticate *out)
{
	struct ntlm_authenticate m = { .payload = message.n };
	struct rd *const field[] = { &m.lm,   &m.nt,	      &m.domain,
				     &m.user, &m.workstation, &m.session_key };
	struct rd r = message;

	if (!header_read(&r, NTLM_MESSAGE_AUTHENTICATE))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		if (!field_read(&r, message, field[i]))
			return false;
		payload_note(message, *field[i], &m.payload);
	}
	if (!rd_u32le(&r, &m.flags) || m.payload < AUTHENTICATE_FIXED_LEN)
		return false;
	*out = m;
	return true;
}

bool ntlm_authenticate_has_mic_room(struct rd message, const struct ntlm_authenticate *a)
{
	size_t end = NTLM_MIC_OFFSET + NTLM_MIC_LEN;
	return a->payload >= end && message.n >= end;
}

bool ntlm_v2_response_read(struct rd response, struct ntlm_v2_response *out)
{
	struct ntlm_v2_response v;
	uint8_t version, highest;
	struct rd r = response;

	if (!rd_bytes(&r, NTLM_HASH_LEN, &v.proof))
		return false;
	v.blob = r;
	if (!rd_u8(&r, &version) || !rd_u8(&r, &highest) || version != 1 || highest != 1 ||
	    !rd_skip(&r, 6) || !rd_u64le(&r, &v.time) ||
	    !rd_bytes(&r, NTLM_CHALLENGE_LEN, &v.client_challenge) || !rd_skip(&r, 4))
		return false;
	v.av_pairs = r;
	*out = v;
	return true;
}

/* ---- writing ---- */

static void header_write(struct wr *w, uint32_t type)
{
	wr_bytes(w, SIGNATURE, SIGNATURE_LEN);
	wr_u32le(w, type);
}

/* Writes a field that points at `offset`, which moves on. */
static void field_write(struct wr *w, struct rd value, size_t *offset)
{
	if (value.n > UINT16_MAX)
		w->failed = true;
	wr_u16le(w, (uint16_t)value.n);
	wr_u16le(w, (uint16_t)value.n);
	wr_u32le(w, (uint32_t)*offset);
	*offset += value.n;
}

static void version_write(struct wr *w, uint32_t flags)
{
	if (flags & NTLM_VERSION)
		wr_bytes(w, our_version, sizeof(our_version));
	else
		wr_zero(w, sizeof(our_version));
}

void ntlm_negotiate_write(struct wr *w, const struct ntlm_negotiate *m)
{
	size_t offset = NEGOTIATE_HEADER_LEN;

	header_write(w, NTLM_MESSAGE_NEGOTIATE);
	wr_u32le(w, m->flags);
	field_write(w, m->domain, &offset);
	field_write(w, m->workstation, &offset);
	version_write(w, m->flags);
	wr_rd(w, m->domain);
	wr_rd(w, m->workstation);
}

void ntlm_challenge_write(struct wr *w, const struct ntlm_challenge *m)
{
	size_t offset = CHALLENGE_HEADER_LEN;

	header_write(w, NTLM_MESSAGE_CHALLENGE);
	field_write(w, m->target_name, &offset);
	wr_u32le(w, m->flags);
	wr_bytes(w, m->server_challenge, NTLM_CHALLENGE_LEN);
	wr_zero(w, 8);
	field_write(w, m->target_info, &offset);
	version_write(w, m->flags);
	wr_rd(w, m->target_name);
	wr_rd(w, m->target_info);
}

void ntlm_authenticate_write(struct wr *w, const struct ntlm_authenticate *m)
{
	/* The order that Windows sends: names first, so that UTF-16 lies at even offsets. */
	size_t domain = AUTHENTICATE_HEADER_LEN, at = domain + m->domain.n;
	size_t user = at, workstation = user + m->user.n, lm = workstation + m->workstation.n;
	size_t nt = lm + m->lm.n, key = nt + m->nt.n;

	header_write(w, NTLM_MESSAGE_AUTHENTICATE);
	field_write(w, m->lm, &lm);
	field_write(w, m->nt, &nt);
	field_write(w, m->domain, &domain);
	field_write(w, m->user, &user);
	field_write(w, m->workstation, &workstation);
	field_write(w, m->session_key, &key);
	wr_u32le(w, m->flags);
	version_write(w, m->flags);
	wr_zero(w, NTLM_MIC_LEN);
	wr_rd(w, m->domain);
	wr_rd(w, m->user);
	wr_rd(w, m->workstation);
	wr_rd(w, m->lm);
	wr_rd(w, m->nt);
	wr_rd(w, m->session_key);
}

/* ---- names ---- */

static bool is_high(uint16_t unit)
{
	return (unit & 0xFC00) == 0xD800;
}

static bool is_low(uint16_t unit)
{
	return (unit & 0xFC00) == 0xDC00;
}

bool ntlm_utf16_is_valid(struct rd text)
{
	bool open = false;
	uint16_t unit;

	while (rd_u16le(&text, &unit)) {
		if (is_low(unit) != open)
			return false;
		open = is_high(unit);
	}
	return !open && rd_empty(text);
}

bool ntlm_text_read(struct rd text, bool unicode, struct wr *out)
{
	if (!unicode) {
		for (size_t i = 0; i < text.n; i++)
			wr_u16le(out, text.p[i]);
		return wr_ok(out);
	}
	if (!ntlm_utf16_is_valid(text))
		return false;
	wr_rd(out, text);
	return wr_ok(out);
}

bool ntlm_text_write(struct wr *w, struct rd utf16le, bool unicode)
{
	uint16_t unit;

	if (unicode) {
		wr_rd(w, utf16le);
		return wr_ok(w);
	}
	while (rd_u16le(&utf16le, &unit)) {
		if (unit > 0xFF)
			return false;
		wr_u8(w, (uint8_t)unit);
	}
	return wr_ok(w);
}
