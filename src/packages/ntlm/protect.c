/* packages/ntlm/protect.c - see packages/ntlm/protect.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/ntlm/buffers.h"
#include "packages/ntlm/protect.h"

#define SIGNATURE_VERSION 1
#define CHECKSUM_LEN 8

static void direction_init(struct ntlm_direction *d, const struct ntlm_direction_keys *keys)
{
	pthread_mutex_init(&d->lock, NULL);
	rc4_start(&d->rc4, keys->seal, keys->seal_len);
	hmac_md5_set_key(&d->mac, sizeof(keys->sign), keys->sign);
	d->sequence = 0;
}

void ntlm_protection_init(struct ntlm_protection *p, const struct ntlm_session *s)
{
	const struct ntlm_keys *keys = ntlm_session_keys(s);
	uint32_t detect = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT;

	p->flags = s->flags;
	p->tells_sequence = s->attributes & detect;
	direction_init(&p->direction[0], &keys->client);
	direction_init(&p->direction[1], &keys->server);
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

/* ---- one message's buffers ---- */

static bool is_signed(const SecBuffer *b)
{
	return buffer_type(b) == SECBUFFER_DATA && !(b->BufferType & SECBUFFER_READONLY);
}

static bool is_sealed(const SecBuffer *b)
{
	return is_signed(b) && !(b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM);
}

static void put_u32le(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* RC4 over all sealed buffers; it is its own inverse. */
static void data_crypt(struct rc4 *rc4, const SecBufferDesc *m)
{
	for (ULONG i = 0; i < m->cBuffers; i++)
		if (is_sealed(&m->pBuffers[i]))
			rc4_apply(rc4, m->pBuffers[i].pvBuffer, m->pBuffers[i].cbBuffer);
}

/* The plain checksum over all signed buffers: HMAC-MD5 with the sequence number in front, or a CRC.
 * [MS-NLMP] 3.4.4.1, 3.4.4.2 */
static void data_checksum(const struct ntlm_protection *p, struct ntlm_direction *d,
			  const SecBufferDesc *m, uint8_t out[CHECKSUM_LEN])
{
	bool extended = p->flags & NTLM_EXTENDED_SECURITY;
	uint8_t sequence[4];
	uint32_t crc = 0;

	memset(out, 0, CHECKSUM_LEN);
	put_u32le(sequence, d->sequence);
	if (extended)
		hmac_md5_update(&d->mac, sizeof(sequence), sequence);
	for (ULONG i = 0; i < m->cBuffers; i++) {
		const SecBuffer *b = &m->pBuffers[i];
		if (!is_signed(b) || !b->cbBuffer)
			continue;
		if (extended)
			hmac_md5_update(&d->mac, b->cbBuffer, b->pvBuffer);
		else
			crc = crc32_more(crc, b->pvBuffer, b->cbBuffer);
	}
	if (extended)
		hmac_md5_digest(&d->mac, CHECKSUM_LEN, out);
	else
		put_u32le(out + 4, crc);
}

/* The signature from its checksum; takes the bytes of key stream that a signature takes. */
static void signature_finish(const struct ntlm_protection *p, struct ntlm_direction *d,
			     const uint8_t checksum[CHECKSUM_LEN], uint8_t out[NTLM_SIGNATURE_LEN])
{
	put_u32le(out, SIGNATURE_VERSION);
	memcpy(out + 4, checksum, CHECKSUM_LEN);
	if (p->flags & NTLM_EXTENDED_SECURITY) {
		put_u32le(out + 12, d->sequence);
		if (p->flags & NTLM_KEY_EXCHANGE)
			rc4_apply(&d->rc4, out + 4, CHECKSUM_LEN);
		return;
	}
	/* Pad, checksum and sequence are enciphered; the pad is then sent as zero. */
	put_u32le(out + 12, 0);
	rc4_apply(&d->rc4, out + 4, 12);
	put_u32le(out + 4, 0);
	uint32_t sequence = u32le_at(out + 12) ^ d->sequence;
	put_u32le(out + 12, sequence);
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

static void message_send(struct ntlm_protection *p, const SecBufferDesc *m, SecBuffer *token,
			 bool encrypt)
{
	struct ntlm_direction *d = p->send;
	uint8_t checksum[CHECKSUM_LEN];

	pthread_mutex_lock(&d->lock);
	data_checksum(p, d, m, checksum);
	if (encrypt)
		data_crypt(&d->rc4, m);
	signature_finish(p, d, checksum, token->pvBuffer);
	d->sequence++;
	pthread_mutex_unlock(&d->lock);
	token->cbBuffer = NTLM_SIGNATURE_LEN;
}

NTSTATUS ntlm_sign(struct ntlm_protection *p, PSecBufferDesc message)
{
	SecBuffer *token;

	if (!(p->flags & (NTLM_SIGN | NTLM_SEAL)))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "MakeSignature without integrity");
	NTSTATUS status = token_for_signature(message, &token);
	if (failed(status))
		return status;
	message_send(p, message, token, false);
	return SEC_E_OK;
}

NTSTATUS ntlm_seal(struct ntlm_protection *p, PSecBufferDesc message, bool encrypt)
{
	SecBuffer *token;

	if (!(p->flags & NTLM_SEAL))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "EncryptMessage without sealing");
	NTSTATUS status = token_for_signature(message, &token);
	if (failed(status))
		return status;
	if (!buffer_find(message, SECBUFFER_DATA))
		return fail(SEC_E_INVALID_TOKEN, "EncryptMessage without DATA buffer");
	message_send(p, message, token, encrypt);
	return SEC_E_OK;
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
static NTSTATUS mismatch(const struct ntlm_protection *p, const struct ntlm_direction *d,
			 const uint8_t *got)
{
	bool readable = p->flags & NTLM_EXTENDED_SECURITY;
	if (p->tells_sequence && readable && u32le_at(got + 12) != d->sequence)
		return fail(SEC_E_OUT_OF_SEQUENCE, "message signature");
	return fail(SEC_E_MESSAGE_ALTERED, "message signature");
}

static NTSTATUS message_receive(struct ntlm_protection *p, const SecBufferDesc *m,
				const uint8_t *signature, bool decrypt)
{
	struct ntlm_direction *d = p->receive;
	uint8_t checksum[CHECKSUM_LEN], want[NTLM_SIGNATURE_LEN];
	NTSTATUS status = SEC_E_OK;

	pthread_mutex_lock(&d->lock);
	struct rc4 before = d->rc4;
	if (decrypt)
		data_crypt(&d->rc4, m);
	data_checksum(p, d, m, checksum);
	signature_finish(p, d, checksum, want);
	if (signature_equal(p, want, signature)) {
		d->sequence++;
	} else {
		status = mismatch(p, d, signature);
		d->rc4 = before;
		if (decrypt)
			data_crypt(&before, m);
	}
	pthread_mutex_unlock(&d->lock);
	mem_wipe(&before, sizeof(before));
	mem_wipe(want, sizeof(want));
	return status;
}

NTSTATUS ntlm_verify(struct ntlm_protection *p, PSecBufferDesc message)
{
	if (!(p->flags & (NTLM_SIGN | NTLM_SEAL)))
		return fail(SEC_E_QOP_NOT_SUPPORTED, "VerifySignature without integrity");
	if (!buffers_are_sound(message))
		return fail(SEC_E_INVALID_TOKEN, "message buffers");
	struct rd token = buffer_bytes(message, SECBUFFER_TOKEN);
	if (token.n < NTLM_SIGNATURE_LEN)
		return fail(SEC_E_INVALID_TOKEN, "TOKEN buffer of a signature");
	return message_receive(p, message, token.p, false);
}

/* STREAM = signature and sealed bytes in one; the DATA buffer is shown where they are. */
static NTSTATUS unseal_stream(struct ntlm_protection *p, PSecBufferDesc message, SecBuffer *stream)
{
	SecBuffer *data = buffer_find(message, SECBUFFER_DATA);
	if (!data || stream->cbBuffer < NTLM_SIGNATURE_LEN)
		return fail(SEC_E_INVALID_TOKEN, "STREAM message");

	uint8_t *bytes = stream->pvBuffer;
	SecBuffer sealed = { .cbBuffer = stream->cbBuffer - NTLM_SIGNATURE_LEN,
			     .BufferType = SECBUFFER_DATA,
			     .pvBuffer = bytes + NTLM_SIGNATURE_LEN };
	SecBufferDesc one = { SECBUFFER_VERSION, 1, &sealed };
	NTSTATUS status = message_receive(p, &one, bytes, true);
	if (failed(status))
		return status;
	data->pvBuffer = sealed.pvBuffer;
	data->cbBuffer = sealed.cbBuffer;
	return SEC_E_OK;
}

NTSTATUS ntlm_unseal(struct ntlm_protection *p, PSecBufferDesc message)
{
	if (!(p->flags & NTLM_SEAL))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "DecryptMessage without sealing");
	if (!buffers_are_sound(message))
		return fail(SEC_E_INVALID_TOKEN, "message buffers");
	SecBuffer *stream = buffer_find(message, SECBUFFER_STREAM);
	if (stream)
		return unseal_stream(p, message, stream);
	struct rd token = buffer_bytes(message, SECBUFFER_TOKEN);
	if (token.n < NTLM_SIGNATURE_LEN || !buffer_find(message, SECBUFFER_DATA))
		return fail(SEC_E_INVALID_TOKEN, "TOKEN and DATA of a sealed message");
	return message_receive(p, message, token.p, true);
}
