/* packages/kerberos/rc4gss.c - see packages/kerberos/rc4gss.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/random.h"
#include "base/secret.h"
#include "packages/kerberos/rc4gss.h"

/* Behind the frame: 8 bytes of header, 8 of number, 8 of checksum, 8 of confounder in a wrap. */
#define PART 8u
#define SIGNATURE_BODY (3 * PART)
#define WRAP_BODY (4 * PART)
#define AT_NUMBER PART
#define AT_CHECKSUM (2 * PART)
#define AT_CONFOUNDER (3 * PART)

#define SALT_SIGN 15u /* of a checksum: what it is of. RFC 4757 7.2, 7.3 */
#define SALT_WRAP 13u

static const uint8_t oid[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t header_sign[PART] = { 1, 1, 0x11, 0, 0xFF, 0xFF, 0xFF, 0xFF };
static const uint8_t header_sealed[PART] = { 2, 1, 0x11, 0, 0x10, 0, 0xFF, 0xFF };
static const uint8_t header_wrapped[PART] = { 2, 1, 0x11, 0, 0xFF, 0xFF, 0xFF, 0xFF };

/* ---- keys ---- */

static void mac_once(const struct mac_key *k, const void *p, size_t n, uint8_t out[MD5_LEN])
{
	struct digest d;

	mac_start(k, &d);
	digest_add(&d, p, n);
	mac_end(k, &d, out);
	mem_wipe(&d, sizeof(d));
}

void rc4gss_keys_set(struct rc4gss_keys *k, const uint8_t key[RC4GSS_KEY_LEN])
{
	static const uint8_t zero[4];
	uint8_t local[RC4GSS_KEY_LEN], made[MD5_LEN];
	struct mac_key from;

	mac_key_set(&from, key, RC4GSS_KEY_LEN);
	mac_once(&from, "signaturekey", sizeof("signaturekey"), made);
	mac_key_set(&k->sign, made, sizeof(made));
	mac_once(&from, zero, sizeof(zero), made);
	mac_key_set(&k->sequence, made, sizeof(made));
	for (size_t i = 0; i < sizeof(local); i++)
		local[i] = key[i] ^ 0xF0;
	mac_key_set(&from, local, sizeof(local));
	mac_once(&from, zero, sizeof(zero), made);
	mac_key_set(&k->seal, made, sizeof(made));
	mem_wipe(&from, sizeof(from));
	mem_wipe(local, sizeof(local));
	mem_wipe(made, sizeof(made));
}

/* ---- frames: 60 length OID body ---- */

static size_t length_size(size_t n)
{
	size_t size = 1;

	if (n < 0x80)
		return size;
	for (; n; n >>= 8)
		size++;
	return size;
}

static uint8_t *frame_put(uint8_t *p, size_t n)
{
	size_t size = length_size(n);

	*p++ = 0x60;
	if (size == 1) {
		*p = (uint8_t)n;
	} else {
		*p = (uint8_t)(0x80 | (size - 1));
		number_put(p + 1, size - 1, n);
	}
	memcpy(p + size, oid, sizeof(oid));
	return p + size + sizeof(oid);
}

/* Takes a frame and a body of `body` bytes off; `claimed` is how long the frame says that it is, counted
 * from the OID on. */
static bool frame_take(struct rd *r, size_t body, size_t *claimed, const uint8_t **out)
{
	struct rd length, rest = *r;
	uint8_t tag, n;

	if (!rd_u8(&rest, &tag) || tag != 0x60 || !rd_u8(&rest, &n))
		return false;
	*claimed = n;
	if (n >= 0x80) {
		if (n == 0x80 || n > 0x84 || !rd_bytes(&rest, n & 0x7F, &length))
			return false;
		*claimed = number_at(length.p, length.n);
		if (length_size(*claimed) != length.n + 1)
			return false;
	}
	struct rd taken;
	if (!rd_tag(&rest, oid, sizeof(oid)) || !rd_bytes(&rest, body, &taken))
		return false;
	*out = taken.p;
	*r = rest;
	return true;
}

/* ---- numbers and checksums ---- */

static void number_crypt(const struct rc4gss_work *w, const uint8_t *checksum, const uint8_t *in,
			 uint8_t *out)
{
	uint8_t key[MD5_LEN];

	mac_once(&w->keys->sequence, checksum, PART, key);
	rc4_once(key, sizeof(key), in, PART, out);
	mem_wipe(key, sizeof(key));
}

static void number_plain(const struct rc4gss_work *w, uint8_t out[PART])
{
	number_put(out, 4, w->number);
	memset(out + 4, w->from_acceptor ? 0xFF : 0, 4);
}

static void checksum_begin(uint32_t salt, const uint8_t header[PART], struct digest *d)
{
	uint8_t le[4] = { (uint8_t)salt };

	digest_start(d);
	digest_add(d, le, sizeof(le));
	digest_add(d, header, PART);
}

static void checksum_finish(const struct rc4gss_work *w, struct digest *d, uint8_t out[PART])
{
	uint8_t hash[MD5_LEN], mac[MD5_LEN];

	digest_end(d, hash);
	mac_once(&w->keys->sign, hash, sizeof(hash), mac);
	memcpy(out, mac, PART);
	mem_wipe(d, sizeof(*d));
	mem_wipe(hash, sizeof(hash));
}

/* ---- signatures ---- */

static void signature_checksum(const struct rc4gss_work *w, uint8_t out[PART])
{
	const struct kerberos_message *m = w->message;
	struct digest d;

	checksum_begin(SALT_SIGN, header_sign, &d);
	for (size_t i = 1; i <= m->count; i++)
		digest_add(&d, m->piece[i].p, m->piece[i].n);
	checksum_finish(w, &d, out);
}

void rc4gss_sign(struct rc4gss_work *w)
{
	uint8_t *body = frame_put(w->message->token->pvBuffer, sizeof(oid) + SIGNATURE_BODY);
	uint8_t number[PART];

	memcpy(body, header_sign, PART);
	signature_checksum(w, body + AT_CHECKSUM);
	number_plain(w, number);
	number_crypt(w, body + AT_CHECKSUM, number, body + AT_NUMBER);
}

/* The number, if it is of who should have sent it. */
static bool number_open(struct rc4gss_work *w, const uint8_t *body)
{
	uint8_t number[PART], want[PART];

	number_crypt(w, body + AT_CHECKSUM, body + AT_NUMBER, number);
	w->number = (uint32_t)number_at(number, 4);
	number_plain(w, want);
	return bytes_equal(number, want, PART);
}

NTSTATUS rc4gss_verify(struct rc4gss_work *w)
{
	struct rd r = compose_bytes(w->message->token);
	uint8_t want[PART];
	const uint8_t *body;
	size_t claimed;

	if (r.n < RC4GSS_SIGNATURE_SIZE)
		return fail(SEC_E_INVALID_TOKEN, "TOKEN buffer of a signature");
	signature_checksum(w, want);
	if (!frame_take(&r, SIGNATURE_BODY, &claimed, &body) || !rd_empty(r) ||
	    claimed != sizeof(oid) + SIGNATURE_BODY || memcmp(body, header_sign, PART) != 0 ||
	    !bytes_equal(want, body + AT_CHECKSUM, PART) || !number_open(w, body))
		return fail(SEC_E_MESSAGE_ALTERED, "message signature");
	return SEC_E_OK;
}

/* ---- sealing ---- */

size_t rc4gss_padding(const struct rc4gss_work *w)
{
	const SecBuffer *padding = w->message->padding;
	return !w->dce && padding && padding->cbBuffer ? 1 : 0;
}

/* What the frame counts. [MS-KILE] 3.4.5.4.1 */
static size_t framed(const struct rc4gss_work *w)
{
	size_t data = w->dce ? 0 : w->message->data_n + rc4gss_padding(w);
	return sizeof(oid) + WRAP_BODY + data;
}

size_t rc4gss_token_size(const struct rc4gss_work *w)
{
	return 1 + length_size(framed(w)) + sizeof(oid) + WRAP_BODY;
}

static void seal_start(const struct rc4gss_work *w, struct rc4 *rc4, uint8_t key[MD5_LEN])
{
	uint8_t number[4];

	number_put(number, sizeof(number), w->number);
	mac_once(&w->keys->seal, number, sizeof(number), key);
	rc4_start(rc4, key, MD5_LEN);
}

/* The checksum over the confounder, the data and the padding, which are ciphered on the way. */
static void body_seal(const struct rc4gss_work *w, size_t pieces, bool encrypts, uint8_t out[PART])
{
	const struct piece *piece = w->message->piece;
	uint8_t key[MD5_LEN];
	struct digest d;
	struct rc4 rc4;

	seal_start(w, &rc4, key);
	checksum_begin(SALT_WRAP, encrypts ? header_sealed : header_wrapped, &d);
	for (size_t i = 0; i < pieces; i++)
		if (encrypts && !piece[i].in_clear)
			digest_then_crypt(&d, &rc4, piece[i].p, piece[i].n);
		else
			digest_add(&d, piece[i].p, piece[i].n);
	checksum_finish(w, &d, out);
	mem_wipe(&rc4, sizeof(rc4));
	mem_wipe(key, sizeof(key));
}

NTSTATUS rc4gss_seal(struct rc4gss_work *w, bool encrypts)
{
	struct kerberos_message *m = w->message;
	size_t padding = rc4gss_padding(w), pieces = m->count + 1;
	uint8_t number[PART], confounder[PART];

	NTSTATUS status = random_bytes(confounder, sizeof(confounder));
	if (failed(status))
		return status;
	uint8_t *body = frame_put(m->token->pvBuffer, framed(w));
	memcpy(body, encrypts ? header_sealed : header_wrapped, PART);
	memcpy(body + AT_CONFOUNDER, confounder, PART);
	m->piece[0] = (struct piece){ body + AT_CONFOUNDER, PART, false };
	if (padding) {
		*(uint8_t *)m->padding->pvBuffer = 1;
		m->piece[pieces++] = (struct piece){ m->padding->pvBuffer, 1, false };
	}
	body_seal(w, pieces, encrypts, body + AT_CHECKSUM);
	number_plain(w, number);
	number_crypt(w, body + AT_CHECKSUM, number, body + AT_NUMBER);
	return SEC_E_OK;
}

/* ---- opening ---- */

static void body_crypt(struct rc4gss_work *w, const struct rc4gss_opened *o)
{
	struct rc4 rc4;

	rc4_start(&rc4, o->key, sizeof(o->key));
	for (size_t i = 0; i < o->pieces; i++)
		if (!w->message->piece[i].in_clear)
			rc4_apply(&rc4, w->message->piece[i].p, w->message->piece[i].n);
	mem_wipe(&rc4, sizeof(rc4));
}

void rc4gss_undo(struct rc4gss_work *w, struct rc4gss_opened *o)
{
	if (o->sealed)
		body_crypt(w, o);
	o->sealed = false;
	mem_wipe(o->key, sizeof(o->key));
}

static void body_open(struct rc4gss_work *w, struct rc4gss_opened *o, uint8_t out[PART])
{
	const struct piece *piece = w->message->piece;
	struct digest d;
	struct rc4 rc4;

	seal_start(w, &rc4, o->key);
	checksum_begin(SALT_WRAP, o->sealed ? header_sealed : header_wrapped, &d);
	for (size_t i = 0; i < o->pieces; i++)
		if (o->sealed && !piece[i].in_clear)
			crypt_then_digest(&d, &rc4, piece[i].p, piece[i].n);
		else
			digest_add(&d, piece[i].p, piece[i].n);
	checksum_finish(w, &d, out);
	mem_wipe(&rc4, sizeof(rc4));
}

/* In gss_wrap's form the last byte says that it is one byte of padding. */
static bool padding_is_right(const struct rc4gss_work *w, const struct rc4gss_opened *o)
{
	if (!o->data || w->dce)
		return true;
	return o->data_n && o->data[o->data_n - 1] == 1;
}

static NTSTATUS open_body(struct rc4gss_work *w, struct rc4gss_opened *o, const uint8_t *body)
{
	uint8_t want[PART];
	bool is_wrap = memcmp(body, header_wrapped, PART) == 0;

	o->sealed = memcmp(body, header_sealed, PART) == 0;
	if ((!is_wrap && !o->sealed) || !number_open(w, body)) {
		o->sealed = false;
		return fail(SEC_E_MESSAGE_ALTERED, "header of a wrapped message");
	}
	w->message->piece[0] = (struct piece){ (uint8_t *)(uintptr_t)body + AT_CONFOUNDER, PART };
	body_open(w, o, want);
	if (bytes_equal(want, body + AT_CHECKSUM, PART) && padding_is_right(w, o))
		return SEC_E_OK;
	rc4gss_undo(w, o);
	return fail(SEC_E_MESSAGE_ALTERED, "wrapped message");
}

static NTSTATUS unseal_stream(struct rc4gss_work *w, struct rc4gss_opened *o)
{
	struct kerberos_message *m = w->message;
	struct rd r = compose_bytes(m->stream);
	const uint8_t *body;
	size_t claimed;

	if (r.n < RC4GSS_TOKEN_SIZE)
		return fail(SEC_E_INCOMPLETE_MESSAGE, "STREAM message");
	if (!frame_take(&r, WRAP_BODY, &claimed, &body))
		return fail(SEC_E_MESSAGE_ALTERED, "frame of a wrapped message");
	size_t whole = sizeof(oid) + WRAP_BODY + r.n;
	if (claimed > whole)
		return fail(SEC_E_INCOMPLETE_MESSAGE, "STREAM message");
	if (claimed != whole && !(w->dce && claimed == sizeof(oid) + WRAP_BODY))
		return fail(SEC_E_MESSAGE_ALTERED, "frame of a wrapped message");
	o->data = (uint8_t *)(uintptr_t)r.p;
	o->data_n = r.n;
	m->piece[1] = (struct piece){ o->data, r.n, false };
	m->count = 1;
	o->pieces = 2;
	NTSTATUS status = open_body(w, o, body);
	if (!failed(status) && !w->dce)
		o->data_n--;
	return status;
}

static NTSTATUS unseal_split(struct rc4gss_work *w, struct rc4gss_opened *o)
{
	struct kerberos_message *m = w->message;
	struct rd r = compose_bytes(m->token);
	size_t padding = rc4gss_padding(w) ? m->padding->cbBuffer : 0, claimed;
	const uint8_t *body;

	if (r.n < RC4GSS_TOKEN_SIZE)
		return fail(SEC_E_INVALID_TOKEN, "TOKEN buffer of a wrapped message");
	if (!frame_take(&r, WRAP_BODY, &claimed, &body) || !rd_empty(r) || padding > 1 ||
	    (claimed != sizeof(oid) + WRAP_BODY + m->data_n + padding &&
	     !(w->dce && claimed == sizeof(oid) + WRAP_BODY)))
		return fail(SEC_E_MESSAGE_ALTERED, "frame of a wrapped message");
	if (padding)
		m->piece[m->count + 1] = (struct piece){ m->padding->pvBuffer, 1, false };
	o->pieces = m->count + 1 + padding;
	return open_body(w, o, body);
}

NTSTATUS rc4gss_unseal(struct rc4gss_work *w, struct rc4gss_opened *o)
{
	*o = (struct rc4gss_opened){ 0 };
	return w->message->stream ? unseal_stream(w, o) : unseal_split(w, o);
}
