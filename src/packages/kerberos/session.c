/* packages/kerberos/session.c - see packages/kerberos/session.h; the attributes are in attributes.c.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/kerberos/session.h"
#include "wire/sids.h"

#define PACKED_MAGIC 0x4B524202u /* changes with the layout */
#define PACKED_SERVER 1u
#define PACKED_ACCEPTOR_SUBKEY 2u
#define PACKED_DELEGATED 4u
#define PACKED_BITS 7u

void kerberos_text_done(struct kerberos_text *t)
{
	mem_free(t->p);
	*t = (struct kerberos_text){ 0 };
}

bool kerberos_text_copy(struct kerberos_text *out, struct rd utf16le)
{
	WCHAR *p = utf16le.n % 2 ? NULL : mem_array(utf16le.n / 2 + 1, sizeof(*p));

	if (!p)
		return false;
	if (utf16le.n)
		memcpy(p, utf16le.p, utf16le.n);
	mem_free(out->p);
	*out = (struct kerberos_text){ .p = p, .n = utf16le.n / 2 };
	return true;
}

bool kerberos_text_from_utf8(struct kerberos_text *out, const char *utf8)
{
	WCHAR *p = NULL;
	size_t n;

	if (!utf16_from_utf8(utf8, strlen(utf8), &p, &n))
		return false;
	mem_free(out->p);
	*out = (struct kerberos_text){ .p = p, .n = n };
	return true;
}

size_t kerberos_text_realm(const struct kerberos_text *principal)
{
	for (size_t i = 0; i < principal->n; i++)
		if (principal->p[i] == '\\')
			i++;
		else if (principal->p[i] == '@')
			return i + 1;
	return principal->n;
}

void kerberos_session_done(struct kerberos_session *s)
{
	kerberos_text_done(&s->client);
	kerberos_text_done(&s->server_name);
	kerberos_text_done(&s->target);
	kerberos_text_done(&s->mapped);
	secret_free(s->key);
	secret_free(s->session_key);
	wr_done(&s->sids);
	*s = (struct kerberos_session){ 0 };
}

/* ---- packing ---- */

/* Absent text is packed as absent, not as empty. */
static void text_pack(struct wr *w, const struct kerberos_text *t)
{
	wr_u8(w, t->p != NULL);
	wr_counted(w, t->p, t->n * 2);
}

static void key_pack(struct wr *w, const struct secret *key)
{
	wr_counted(w, key ? key->p : NULL, key ? key->len : 0);
}

void kerberos_session_pack(struct wr *w, const struct kerberos_session *s)
{
	struct rd sids = wr_view(&s->sids);

	wr_u32le(w, PACKED_MAGIC);
	wr_u32le(w, s->attributes);
	wr_u32le(w, s->flags);
	wr_u8(w, (uint8_t)((s->server ? PACKED_SERVER : 0) |
			   (s->acceptor_subkey ? PACKED_ACCEPTOR_SUBKEY : 0) |
			   (s->delegated ? PACKED_DELEGATED : 0)));
	wr_u64le(w, (uint64_t)s->start);
	wr_u64le(w, (uint64_t)s->expiry);
	wr_u64le(w, (uint64_t)s->password_expiry);
	wr_u32le(w, (uint32_t)s->enctype);
	wr_u32le(w, (uint32_t)s->ticket_enctype);
	wr_u64le(w, s->send_sequence);
	wr_u64le(w, s->receive_sequence);
	key_pack(w, s->key);
	key_pack(w, s->session_key);
	text_pack(w, &s->client);
	text_pack(w, &s->server_name);
	text_pack(w, &s->target);
	text_pack(w, &s->mapped);
	wr_counted(w, sids.p, sids.n);
}

/* ---- unpacking ---- */

static bool u64s_unpack(struct rd *r, uint64_t *const *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!rd_u64le(r, out[i]))
			return false;
	return true;
}

static bool numbers_unpack(struct rd *r, struct kerberos_session *s)
{
	uint64_t start, expiry, password_expiry;
	uint64_t *const times[] = { &start, &expiry, &password_expiry };
	uint64_t *const sequences[] = { &s->send_sequence, &s->receive_sequence };
	uint32_t magic, enctype, ticket_enctype;
	uint8_t bits;

	if (!rd_u32le(r, &magic) || magic != PACKED_MAGIC || !rd_u32le(r, &s->attributes) ||
	    !rd_u32le(r, &s->flags) || !rd_u8(r, &bits) || bits > PACKED_BITS ||
	    !u64s_unpack(r, times, ARRAY_LEN(times)) || !rd_u32le(r, &enctype) ||
	    !rd_u32le(r, &ticket_enctype) || !u64s_unpack(r, sequences, ARRAY_LEN(sequences)))
		return false;
	s->server = bits & PACKED_SERVER;
	s->acceptor_subkey = bits & PACKED_ACCEPTOR_SUBKEY;
	s->delegated = bits & PACKED_DELEGATED;
	s->start = (int64_t)start;
	s->expiry = (int64_t)expiry;
	s->password_expiry = (int64_t)password_expiry;
	s->enctype = (int32_t)enctype;
	s->ticket_enctype = (int32_t)ticket_enctype;
	return true;
}

static NTSTATUS keys_unpack(struct rd *r, struct kerberos_session *s)
{
	struct secret **const keys[] = { &s->key, &s->session_key };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct rd bytes;
		if (!rd_counted(r, &bytes))
			return fail(SEC_E_INVALID_TOKEN, "packed Kerberos context: keys");
		if (bytes.n && !(*keys[i] = secret_copy(bytes.p, bytes.n)))
			return fail(SEC_E_INSUFFICIENT_MEMORY, "packed Kerberos context");
	}
	return STATUS_SUCCESS;
}

static NTSTATUS texts_unpack(struct rd *r, struct kerberos_session *s)
{
	struct kerberos_text *const texts[] = { &s->client, &s->server_name, &s->target,
						&s->mapped };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct rd bytes;
		uint8_t present;
		if (!rd_u8(r, &present) || present > 1 || !rd_counted(r, &bytes) || bytes.n % 2 ||
		    (!present && bytes.n))
			return fail(SEC_E_INVALID_TOKEN, "packed Kerberos context: names");
		if (present && !kerberos_text_copy(texts[i], bytes))
			return fail(SEC_E_INSUFFICIENT_MEMORY, "packed Kerberos context");
	}
	return STATUS_SUCCESS;
}

static NTSTATUS sids_unpack(struct rd *r, struct kerberos_session *s)
{
	struct rd bytes;
	size_t count;

	if (!rd_counted(r, &bytes) || !sids_are_sound(bytes, &count))
		return fail(SEC_E_INVALID_TOKEN, "packed Kerberos context: SIDs");
	s->sids = WR(SIDS_BYTES_MAX);
	wr_rd(&s->sids, bytes);
	return wr_ok(&s->sids) ? STATUS_SUCCESS
			       : fail(SEC_E_INSUFFICIENT_MEMORY, "packed Kerberos context");
}

NTSTATUS kerberos_session_unpack(struct rd *packed, struct kerberos_session *out)
{
	CLEANUP(kerberos_session_done) struct kerberos_session s = { 0 };
	struct rd r = *packed;

	if (!numbers_unpack(&r, &s))
		return fail(SEC_E_INVALID_TOKEN, "packed Kerberos context: numbers");
	NTSTATUS status = keys_unpack(&r, &s);
	if (!failed(status))
		status = texts_unpack(&r, &s);
	if (!failed(status))
		status = sids_unpack(&r, &s);
	if (failed(status))
		return status;
	*packed = r;
	*out = s;
	s = (struct kerberos_session){ 0 };
	return STATUS_SUCCESS;
}
