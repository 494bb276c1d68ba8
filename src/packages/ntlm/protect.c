/* packages/ntlm/protect.c - see packages/ntlm/protect.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/ntlm/buffers.h"
#include "packages/ntlm/protect.h"

#define SIGNATURE_VERSION 1
#define CHECKSUM_LEN 8
#define RC4_STATES 256

static void direction_init(struct ntlm_direction *d, bool from_server)
{
	pthread_mutex_init(&d->lock, NULL);
	d->from_server = from_server;
	d->is_ready = false;
	d->sequence = 0;
}

void ntlm_protection_init(struct ntlm_protection *p, const struct ntlm_session *s)
{
	uint32_t detect = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT;

	p->flags = s->flags;
	p->tells_sequence = s->attributes & detect;
	memcpy(p->session_key, ntlm_session_key(s), sizeof(p->session_key));
	direction_init(&p->direction[0], false);
	direction_init(&p->direction[1], true);
	p->send = &p->direction[s->server];
	p->receive = &p->direction[!s->server];
	if (!(s->flags & NTLM_EXTENDED_SECURITY))
		p->send = p->receive = &p->direction[0];
}

void ntlm_protection_done(struct ntlm_protection *p)
{
	pthread_mutex_destroy(&p->direction[0].lock);
	pthread_mutex_destroy(&p->direction[1].lock);
}

/* Most contexts never protect a message: their keys are made when one comes. */
static void direction_ready(const struct ntlm_protection *p, struct ntlm_direction *d)
{
	struct ntlm_direction_keys keys;

	if (d->is_ready)
		return;
	ntlm_direction_derive(p->session_key, p->flags, d->from_server, &keys);
	rc4_start(&d->rc4, keys.seal, keys.seal_len);
	mac_key_set(&d->mac, keys.sign, sizeof(keys.sign));
	memcpy(d->seal, keys.seal, sizeof(d->seal));
	d->seal_len = keys.seal_len;
	d->is_ready = true;
	mem_wipe(&keys, sizeof(keys));
}

static void put_u32le(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Each datagram has a key stream of its own, since they may come in any order. [MS-NLMP] 3.4 */
static void datagram_rekey(struct ntlm_direction *d, uint32_t number)
{
	uint8_t sequence[4], key[MD5_LEN];

	put_u32le(sequence, number);
	md5_parts((struct part[]){ { d->seal, d->seal_len }, { sequence, sizeof(sequence) } }, 2,
		  key);
	rc4_start(&d->rc4, key, sizeof(key));
	mem_wipe(key, sizeof(key));
}

/* ---- states for another process ---- */

static void direction_pack(struct wr *w, struct ntlm_direction *d)
{
	pthread_mutex_lock(&d->lock);
	wr_u64le(w, d->sequence);
	wr_u8(w, d->is_ready);
	if (d->is_ready) {
		wr_bytes(w, d->rc4.state.S, RC4_STATES);
		wr_u8(w, d->rc4.state.i);
		wr_u8(w, d->rc4.state.j);
	}
	pthread_mutex_unlock(&d->lock);
}

static void direction_skip(struct ntlm_direction *d, uint32_t messages)
{
	pthread_mutex_lock(&d->lock);
	d->sequence += messages;
	pthread_mutex_unlock(&d->lock);
}

void ntlm_protection_skip(struct ntlm_protection *p, uint32_t sent, uint32_t received)
{
	direction_skip(p->send, sent);
	direction_skip(p->receive, received);
}

void ntlm_protection_pack(struct wr *w, struct ntlm_protection *p)
{
	direction_pack(w, &p->direction[0]);
	direction_pack(w, &p->direction[1]);
}

/* Every byte value once. */
static bool is_permutation(struct rd states)
{
	bool seen[RC4_STATES] = { false };

	for (size_t i = 0; i < states.n; i++) {
		if (seen[states.p[i]])
			return false;
		seen[states.p[i]] = true;
	}
	return true;
}

static bool direction_unpack(struct rd *r, const struct ntlm_protection *p,
			     struct ntlm_direction *d)
{
	uint8_t is_ready;
	uint64_t sequence;
	struct rd states, i_and_j;

	if (!rd_u64le(r, &sequence) || sequence > UINT64_C(1) << 32 || !rd_u8(r, &is_ready) ||
	    is_ready > 1)
		return false;
	d->sequence = sequence;
	if (!is_ready)
		return true; /* numbers may be used up before there are keys: ntlm_protection_skip */
	if (!rd_bytes(r, RC4_STATES, &states) || !rd_bytes(r, 2, &i_and_j) ||
	    !is_permutation(states))
		return false;
	direction_ready(p, d);
	memcpy(d->rc4.state.S, states.p, RC4_STATES);
	d->rc4.state.i = i_and_j.p[0];
	d->rc4.state.j = i_and_j.p[1];
	return true;
}

bool ntlm_protection_unpack(struct rd *r, struct ntlm_protection *p)
{
	return direction_unpack(r, p, &p->direction[0]) && direction_unpack(r, p, &p->direction[1]);
}

/* ---- one message ---- */

enum treatment { SIGN, SEAL, OPEN };

struct work {
	struct ntlm_protection *p;
	struct ntlm_direction *d;
	const SecBufferDesc *message;
	uint32_t number; /* the caller's, until work_begin gives it its own */
};

static bool is_signed(const SecBuffer *b)
{
	return buffer_type(b) == SECBUFFER_DATA && !(b->BufferType & SECBUFFER_READONLY) &&
	       b->cbBuffer;
}

static bool is_sealed(const SecBuffer *b)
{
	return !(b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM);
}

/* RC4 over all sealed buffers; it is its own inverse. */
static void data_crypt(struct rc4 *rc4, const SecBufferDesc *m)
{
	for (ULONG i = 0; i < m->cBuffers; i++)
		if (is_signed(&m->pBuffers[i]) && is_sealed(&m->pBuffers[i]))
			rc4_apply(rc4, m->pBuffers[i].pvBuffer, m->pBuffers[i].cbBuffer);
}

/* HMAC-MD5 over the sequence number and all signed buffers, ciphered on the way. [MS-NLMP] 3.4.4.2 */
static void body_extended(const struct work *w, enum treatment how, uint8_t out[CHECKSUM_LEN])
{
	struct ntlm_direction *d = w->d;
	struct digest digest;
	uint8_t sequence[4], mac[MD5_LEN];

	put_u32le(sequence, w->number);
	mac_start(&d->mac, &digest);
	digest_add(&digest, sequence, sizeof(sequence));
	for (ULONG i = 0; i < w->message->cBuffers; i++) {
		const SecBuffer *b = &w->message->pBuffers[i];
		if (!is_signed(b))
			continue;
		if (how == SIGN || !is_sealed(b))
			digest_add(&digest, b->pvBuffer, b->cbBuffer);
		else if (how == SEAL)
			digest_then_crypt(&digest, &d->rc4, b->pvBuffer, b->cbBuffer);
		else
			crypt_then_digest(&digest, &d->rc4, b->pvBuffer, b->cbBuffer);
	}
	mac_end(&d->mac, &digest, mac);
	memcpy(out, mac, CHECKSUM_LEN);
	mem_wipe(&digest, sizeof(digest));
}

/* A CRC-32 over all signed buffers. [MS-NLMP] 3.4.4.1 */
static void body_plain(const struct work *w, enum treatment how, uint8_t out[CHECKSUM_LEN])
{
	uint32_t crc = 0;

	if (how == OPEN)
		data_crypt(&w->d->rc4, w->message);
	for (ULONG i = 0; i < w->message->cBuffers; i++) {
		const SecBuffer *b = &w->message->pBuffers[i];
		if (is_signed(b))
			crc = crc32_more(crc, b->pvBuffer, b->cbBuffer);
	}
	if (how == SEAL)
		data_crypt(&w->d->rc4, w->message);
	put_u32le(out, 0);
	put_u32le(out + 4, crc);
}

/* The signature from its checksum; takes the bytes of key stream that a signature takes. */
static void signature_finish(const struct work *w, const uint8_t checksum[CHECKSUM_LEN],
			     uint8_t out[NTLM_SIGNATURE_LEN])
{
	uint32_t flags = w->p->flags;

	put_u32le(out, SIGNATURE_VERSION);
	memcpy(out + 4, checksum, CHECKSUM_LEN);
	if (flags & NTLM_EXTENDED_SECURITY) {
		put_u32le(out + 12, w->number);
		if (flags & NTLM_KEY_EXCHANGE)
			rc4_apply(&w->d->rc4, out + 4, CHECKSUM_LEN);
		return;
	}
	/* Pad, checksum and sequence are enciphered; the pad is then sent as zero. */
	put_u32le(out + 12, 0);
	rc4_apply(&w->d->rc4, out + 4, 12);
	put_u32le(out + 4, 0);
	put_u32le(out + 12, u32le_at(out + 12) ^ w->number);
}

static void message_treat(const struct work *w, enum treatment how, uint8_t out[NTLM_SIGNATURE_LEN])
{
	uint8_t checksum[CHECKSUM_LEN];

	if (w->p->flags & NTLM_EXTENDED_SECURITY)
		body_extended(w, how, checksum);
	else
		body_plain(w, how, checksum);
	signature_finish(w, checksum, out);
}

/* Readies the direction, under its lock, and numbers the message. After 2^32 messages the numbers
 * begin anew, which nobody who asked for order may be shown. */
static bool work_begin(struct work *w)
{
	direction_ready(w->p, w->d);
	if (w->p->flags & NTLM_DATAGRAM)
		return true;
	if (w->d->sequence > UINT32_MAX && !w->p->tells_sequence)
		w->d->sequence = 0;
	w->number = (uint32_t)w->d->sequence;
	return w->d->sequence <= UINT32_MAX;
}

static void work_advance(struct work *w)
{
	if (!(w->p->flags & NTLM_DATAGRAM))
		w->d->sequence++;
}

/* ---- sending ---- */

/* The TOKEN that receives the signature. */
static NTSTATUS token_for_signature(const SecBufferDesc *m, SecBuffer **token)
{
	if (!buffers_are_sound(m))
		return fail(SEC_E_INVALID_TOKEN, "message buffers");
	*token = buffer_find(m, SECBUFFER_TOKEN);
	if (!*token)
		return fail(SEC_E_INVALID_TOKEN, "message without TOKEN buffer");
	if ((*token)->cbBuffer < NTLM_SIGNATURE_LEN)
		return fail(SEC_E_BUFFER_TOO_SMALL, "TOKEN buffer for a signature");
	return SEC_E_OK;
}

static NTSTATUS message_send(struct work *w, SecBuffer *token, enum treatment how)
{
	pthread_mutex_lock(&w->d->lock);
	bool numbered = work_begin(w);
	if (numbered) {
		if (w->p->flags & NTLM_DATAGRAM)
			datagram_rekey(w->d, w->number);
		message_treat(w, how, token->pvBuffer);
		work_advance(w);
	}
	pthread_mutex_unlock(&w->d->lock);
	if (!numbered)
		return fail(SEC_E_OUT_OF_SEQUENCE, "the numbers of messages are used up");
	token->cbBuffer = NTLM_SIGNATURE_LEN;
	return SEC_E_OK;
}

NTSTATUS ntlm_sign(struct ntlm_protection *p, PSecBufferDesc message, uint32_t sequence)
{
	struct work w = { .p = p, .d = p->send, .message = message, .number = sequence };
	SecBuffer *token;

	if (!(p->flags & (NTLM_SIGN | NTLM_SEAL)))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "MakeSignature without integrity");
	NTSTATUS status = token_for_signature(message, &token);
	return failed(status) ? status : message_send(&w, token, SIGN);
}

NTSTATUS ntlm_seal(struct ntlm_protection *p, PSecBufferDesc message, uint32_t sequence,
		   bool encrypt)
{
	struct work w = { .p = p, .d = p->send, .message = message, .number = sequence };
	SecBuffer *token;

	if (!(p->flags & NTLM_SEAL))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "EncryptMessage without sealing");
	NTSTATUS status = token_for_signature(message, &token);
	if (failed(status))
		return status;
	if (!buffer_find(message, SECBUFFER_DATA))
		return fail(SEC_E_INVALID_TOKEN, "EncryptMessage without DATA buffer");
	status = message_send(&w, token, encrypt ? SEAL : SIGN);
	SecBuffer *padding = buffer_find(message, SECBUFFER_PADDING);
	if (!failed(status) && padding)
		padding->cbBuffer = 0;
	return status;
}

/* ---- receiving ---- */

/* Without extended session security the pad says nothing, whatever it holds. */
static bool signature_equal(const struct ntlm_protection *p, const uint8_t *want,
			    const uint8_t *got)
{
	size_t pad = p->flags & NTLM_EXTENDED_SECURITY ? 0 : 4;
	bool version = bytes_equal(want, got, 4);
	bool rest = bytes_equal(want + 4 + pad, got + 4 + pad, NTLM_SIGNATURE_LEN - 4 - pad);
	return version && rest;
}

/* Why a signature was not the expected one: its number, when that is in the open and asked for. */
static NTSTATUS mismatch(const struct work *w, const uint8_t *got)
{
	bool readable = w->p->flags & NTLM_EXTENDED_SECURITY;
	if (w->p->tells_sequence && readable && u32le_at(got + 12) != w->number)
		return fail(SEC_E_OUT_OF_SEQUENCE, "message signature");
	return fail(SEC_E_MESSAGE_ALTERED, "message signature");
}

/* Tries one treatment; when it does not fit, nothing has changed. */
static bool message_fits(struct work *w, const uint8_t *signature, enum treatment how)
{
	uint8_t want[NTLM_SIGNATURE_LEN];
	if (w->p->flags & NTLM_DATAGRAM)
		datagram_rekey(w->d, w->number);
	struct rc4 before = w->d->rc4;
	message_treat(w, how, want);
	bool fits = signature_equal(w->p, want, signature);
	if (!fits) {
		w->d->rc4 = before;
		if (how == OPEN)
			data_crypt(&before, w->message);
	}
	mem_wipe(&before, sizeof(before));
	mem_wipe(want, sizeof(want));
	return fits;
}

static NTSTATUS message_receive(struct work *w, const uint8_t *signature, enum treatment how,
				ULONG *qop)
{
	NTSTATUS status = SEC_E_OK;

	pthread_mutex_lock(&w->d->lock);
	bool numbered = work_begin(w);
	bool fits = numbered && message_fits(w, signature, how);
	if (qop)
		*qop = 0;
	/* What is not sealed may be signed, if the caller can be told. */
	if (numbered && !fits && how == OPEN && qop) {
		fits = message_fits(w, signature, SIGN);
		*qop = fits ? SECQOP_WRAP_NO_ENCRYPT : 0;
	}
	if (fits)
		work_advance(w);
	else
		status = numbered ? mismatch(w, signature)
				  : fail(SEC_E_OUT_OF_SEQUENCE, "all numbers are used up");
	pthread_mutex_unlock(&w->d->lock);
	return status;
}

NTSTATUS ntlm_verify(struct ntlm_protection *p, PSecBufferDesc message, uint32_t sequence)
{
	struct work w = { .p = p, .d = p->receive, .message = message, .number = sequence };

	if (!(p->flags & (NTLM_SIGN | NTLM_SEAL)))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "VerifySignature without integrity");
	if (!buffers_are_sound(message))
		return fail(SEC_E_INVALID_TOKEN, "message buffers");
	struct rd token = buffer_bytes(message, SECBUFFER_TOKEN);
	if (token.n < NTLM_SIGNATURE_LEN)
		return fail(SEC_E_INVALID_TOKEN, "TOKEN buffer of a signature");
	return message_receive(&w, token.p, SIGN, NULL);
}

/* STREAM = signature and sealed bytes in one; the DATA buffer is shown where they are. */
static NTSTATUS unseal_stream(struct work *w, SecBuffer *stream, ULONG *qop)
{
	SecBuffer *data = buffer_find(w->message, SECBUFFER_DATA);
	if (!data)
		return fail(SEC_E_INVALID_TOKEN, "STREAM message");
	if (stream->cbBuffer < NTLM_SIGNATURE_LEN)
		return fail(SEC_E_INCOMPLETE_MESSAGE, "STREAM message");

	uint8_t *bytes = stream->pvBuffer;
	SecBuffer sealed = { .cbBuffer = stream->cbBuffer - NTLM_SIGNATURE_LEN,
			     .BufferType = SECBUFFER_DATA,
			     .pvBuffer = bytes + NTLM_SIGNATURE_LEN };
	SecBufferDesc one = { SECBUFFER_VERSION, 1, &sealed };
	w->message = &one;
	NTSTATUS status = message_receive(w, bytes, OPEN, qop);
	if (failed(status))
		return status;
	data->pvBuffer = sealed.pvBuffer;
	data->cbBuffer = sealed.cbBuffer;
	return SEC_E_OK;
}

NTSTATUS ntlm_unseal(struct ntlm_protection *p, PSecBufferDesc message, uint32_t sequence,
		     ULONG *qop)
{
	struct work w = { .p = p, .d = p->receive, .message = message, .number = sequence };

	if (!(p->flags & NTLM_SEAL))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "DecryptMessage without sealing");
	if (!buffers_are_sound(message))
		return fail(SEC_E_INVALID_TOKEN, "message buffers");
	SecBuffer *stream = buffer_find(message, SECBUFFER_STREAM);
	if (stream)
		return unseal_stream(&w, stream, qop);
	struct rd token = buffer_bytes(message, SECBUFFER_TOKEN);
	if (token.n < NTLM_SIGNATURE_LEN || !buffer_find(message, SECBUFFER_DATA))
		return fail(SEC_E_INVALID_TOKEN, "TOKEN and DATA of a sealed message");
	return message_receive(&w, token.p, OPEN, qop);
}
