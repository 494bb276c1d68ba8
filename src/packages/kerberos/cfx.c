/* packages/kerberos/cfx.c - see packages/kerberos/cfx.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/random.h"
#include "base/secret.h"
#include "packages/kerberos/cfx.h"

/* Where the header's fields are. RFC 4121 4.2.6 */
#define AT_FLAGS 2
#define AT_FILLER 3
#define AT_EC 4
#define AT_RRC 6
#define AT_NUMBER 8

#define FROM_ACCEPTOR 1u
#define SEALED 2u
#define ACCEPTOR_SUBKEY 4u

#define MIC_TOKEN 0x0404u
#define WRAP_TOKEN 0x0504u

/* Key usages, RFC 4121 2. */
#define ACCEPTOR_SEAL 22u
#define ACCEPTOR_SIGN 23u
#define INITIATOR_SEAL 24u
#define INITIATOR_SIGN 25u

static void checksum_key_set(struct etype_mac *m, const struct etype *e, const uint8_t *base,
			     uint32_t usage)
{
	uint8_t key[ETYPE_KEY_MAX];

	etype_derive(e, base, usage, ETYPE_CHECKSUM, key);
	etype_mac_set(m, e, key);
	mem_wipe(key, sizeof(key));
}

void cfx_keys_set(struct cfx_keys *k, const struct cfx_style *style, const uint8_t *base,
		  bool from_acceptor, bool opens)
{
	uint32_t seal = from_acceptor ? ACCEPTOR_SEAL : INITIATOR_SEAL;

	etype_cipher_set(&k->seal, style->type, base, seal, opens);
	checksum_key_set(&k->wrap, style->type, base, seal);
	checksum_key_set(&k->mic, style->type, base,
			 from_acceptor ? ACCEPTOR_SIGN : INITIATOR_SIGN);
}

/* Filler of a sealed message. */
static size_t filler_of(const struct cfx_style *style)
{
	return style->dce ? ETYPE_BLOCK : 0;
}

size_t cfx_signature_size(const struct cfx_style *style)
{
	return CFX_HEADER + style->type->mac_len;
}

size_t cfx_token_size(const struct cfx_style *style, bool encrypts)
{
	return cfx_signature_size(style) +
	       (encrypts ? filler_of(style) + CFX_HEADER + ETYPE_BLOCK : 0);
}

/* ---- headers ---- */

static uint8_t flags_of(const struct cfx_work *w, bool sealed)
{
	return (uint8_t)((w->from_acceptor ? FROM_ACCEPTOR : 0) | (sealed ? SEALED : 0) |
			 (w->style->acceptor_subkey ? ACCEPTOR_SUBKEY : 0));
}

static void mic_header(const struct cfx_work *w, uint8_t h[CFX_HEADER])
{
	number_put(h, 2, MIC_TOKEN);
	h[AT_FLAGS] = flags_of(w, false);
	memset(h + AT_FILLER, 0xFF, AT_NUMBER - AT_FILLER);
	number_put(h + AT_NUMBER, 8, w->number);
}

/* As it is protected: without EC when it is that of a checksum, and without RRC. */
static void wrap_header(const struct cfx_work *w, bool sealed, size_t ec, uint8_t h[CFX_HEADER])
{
	number_put(h, 2, WRAP_TOKEN);
	h[AT_FLAGS] = flags_of(w, sealed);
	h[AT_FILLER] = 0xFF;
	number_put(h + AT_EC, 2, ec);
	number_put(h + AT_RRC, 2, 0);
	number_put(h + AT_NUMBER, 8, w->number);
}

/* ---- checksums ---- */

static void checksum(const struct etype_mac *m, const struct piece *pieces, size_t count,
		     const uint8_t header[CFX_HEADER], uint8_t *out)
{
	struct etype_sum sum;

	etype_sum_begin(&sum, m);
	for (size_t i = 0; i < count; i++)
		etype_sum_add(&sum, pieces[i].p, pieces[i].n);
	etype_sum_add(&sum, header, CFX_HEADER);
	etype_sum_end(&sum, out);
}

void cfx_sign(struct cfx_work *w)
{
	uint8_t *h = w->message->token->pvBuffer;

	mic_header(w, h);
	checksum(&w->keys->mic, w->message->piece + 1, w->message->count, h, h + CFX_HEADER);
}

NTSTATUS cfx_verify(struct cfx_work *w)
{
	const SecBuffer *token = w->message->token;
	const uint8_t *h = token->pvBuffer;
	uint8_t header[CFX_HEADER], mac[ETYPE_MAC_MAX];

	if (token->cbBuffer < cfx_signature_size(w->style))
		return fail(SEC_E_INVALID_TOKEN, "TOKEN buffer of a signature");
	w->number = number_at(h + AT_NUMBER, 8);
	mic_header(w, header);
	checksum(&w->keys->mic, w->message->piece + 1, w->message->count, header, mac);
	if (token->cbBuffer != cfx_signature_size(w->style) || memcmp(h, header, CFX_HEADER) != 0 ||
	    !bytes_equal(mac, h + CFX_HEADER, w->style->type->mac_len))
		return fail(SEC_E_MESSAGE_ALTERED, "message signature");
	return SEC_E_OK;
}

/* ---- sealing ---- */

static NTSTATUS seal_encrypted(struct cfx_work *w)
{
	struct kerberos_message *m = w->message;
	size_t filler = filler_of(w->style), mac_len = w->style->type->mac_len;
	uint8_t *h = m->token->pvBuffer, *tail = h + CFX_HEADER;
	uint8_t *confounder = tail + filler + CFX_HEADER + mac_len;
	uint8_t mac[ETYPE_MAC_MAX];

	NTSTATUS status = random_bytes(confounder, ETYPE_BLOCK);
	if (failed(status))
		return status;
	wrap_header(w, true, filler, h);
	memset(tail, 0, filler);
	memcpy(tail + filler, h, CFX_HEADER);
	number_put(h + AT_RRC, 2, CFX_HEADER + mac_len);
	m->piece[0] = (struct piece){ confounder, ETYPE_BLOCK, false };
	m->piece[m->count + 1] = (struct piece){ tail, filler + CFX_HEADER, false };
	etype_seal(&w->keys->seal, m->piece, m->count + 2, mac);
	memcpy(tail + filler + CFX_HEADER, mac, mac_len);
	return SEC_E_OK;
}

NTSTATUS cfx_seal(struct cfx_work *w, bool encrypts)
{
	uint8_t *h = w->message->token->pvBuffer;
	size_t mac_len = w->style->type->mac_len;

	if (encrypts)
		return seal_encrypted(w);
	wrap_header(w, false, 0, h);
	checksum(&w->keys->wrap, w->message->piece + 1, w->message->count, h, h + CFX_HEADER);
	number_put(h + AT_EC, 2, mac_len);
	number_put(h + AT_RRC, 2, mac_len);
	return SEC_E_OK;
}

/* ---- opening ---- */

/* What a header says of its token, once it is worth believing. */
struct claim {
	bool sealed;
	size_t filler; /* EC of a sealed one */
	size_t tail;   /* what gss_wrap puts behind the data */
	size_t before; /* and before them */
	size_t turned; /* right, modulo the body */
};

static bool claim_read(const struct cfx_work *w, const uint8_t *h, size_t body, struct claim *c)
{
	size_t mac_len = w->style->type->mac_len, ec = number_at(h + AT_EC, 2);

	c->sealed = h[AT_FLAGS] & SEALED;
	if (number_at(h, 2) != WRAP_TOKEN || h[AT_FLAGS] != flags_of(w, c->sealed) ||
	    h[AT_FILLER] != 0xFF || (!c->sealed && ec != mac_len))
		return false;
	c->filler = c->sealed ? ec : 0;
	c->tail = c->sealed ? ec + CFX_HEADER + mac_len : mac_len;
	c->before = c->sealed ? ETYPE_BLOCK : 0;
	if (body < c->before + c->tail)
		return false;
	size_t turned = number_at(h + AT_RRC, 2);
	/* Windows turns by the filler too. */
	if (c->sealed && w->style->dce)
		turned += ec;
	c->turned = turned % body;
	return true;
}

/* Turns the body to where the data are in one piece: behind everything else in split buffers, and in a
 * stream either there or, as MIT sends it, before. */
static void body_turn(struct cfx_opened *o, const struct claim *c, size_t body, size_t want)
{
	o->turned = (want + body - c->turned) % body;
	kerberos_pieces_rotate(o->body, o->count, o->turned);
}

static void body_turn_back(struct cfx_opened *o)
{
	size_t body = 0;

	for (size_t i = 0; i < o->count; i++)
		body += o->body[i].in_clear ? 0 : o->body[i].n;
	kerberos_pieces_rotate(o->body, o->count, o->turned ? body - o->turned : 0);
	o->turned = 0;
}

static bool open_signed(struct cfx_work *w, const struct cfx_opened *o, const uint8_t *mac)
{
	const struct kerberos_message *m = w->message;
	uint8_t header[CFX_HEADER], want[ETYPE_MAC_MAX];

	wrap_header(w, false, 0, header);
	checksum(&w->keys->wrap, m->piece + 1, m->count, header, want);
	return bytes_equal(want, mac, w->style->type->mac_len);
}

/* The header that was enciphered with the data must be the one in clear. RFC 4121 4.2.4 */
static bool open_sealed(struct cfx_work *w, struct cfx_opened *o, const struct claim *c,
			uint8_t *tail)
{
	struct kerberos_message *m = w->message;
	uint8_t header[CFX_HEADER], *inner = tail + c->filler;

	m->piece[m->count + 1] = (struct piece){ tail, c->filler + CFX_HEADER, false };
	if (!etype_open(&w->keys->seal, m->piece, m->count + 2, inner + CFX_HEADER))
		return false;
	o->pieces = m->count + 2;
	wrap_header(w, true, c->filler, header);
	/* RRC may be what a relay on the way has made of it. */
	return memcmp(inner, header, AT_RRC) == 0 &&
	       memcmp(inner + AT_NUMBER, header + AT_NUMBER, CFX_HEADER - AT_NUMBER) == 0;
}

static NTSTATUS open_body(struct cfx_work *w, struct cfx_opened *o, const struct claim *c,
			  uint8_t *tail)
{
	bool genuine = c->sealed ? open_sealed(w, o, c, tail) : open_signed(w, o, tail);
	if (genuine)
		return SEC_E_OK;
	cfx_undo(w, o);
	return fail(SEC_E_MESSAGE_ALTERED, "wrapped message");
}

static NTSTATUS unseal_stream(struct cfx_work *w, struct cfx_opened *o)
{
	struct kerberos_message *m = w->message;
	uint8_t *h = m->stream->pvBuffer, *body = h + CFX_HEADER, *tail;
	size_t n = m->stream->cbBuffer;
	struct claim c;

	if (n < cfx_signature_size(w->style))
		return fail(SEC_E_INCOMPLETE_MESSAGE, "STREAM message");
	n -= CFX_HEADER;
	w->number = number_at(h + AT_NUMBER, 8);
	if (!claim_read(w, h, n, &c))
		return fail(SEC_E_MESSAGE_ALTERED, "header of a wrapped message");
	o->body[0] = (struct piece){ body, n, false };
	o->count = 1;
	bool is_before = c.turned == c.tail;
	body_turn(o, &c, n, is_before ? c.tail : 0);
	o->data_n = n - c.before - c.tail;
	tail = is_before ? body : body + c.before + o->data_n;
	o->data = is_before ? body + c.tail + c.before : body + c.before;
	m->piece[0] = (struct piece){ o->data - c.before, c.before, false };
	m->piece[1] = (struct piece){ o->data, o->data_n, false };
	m->count = 1;
	return open_body(w, o, &c, tail);
}

static NTSTATUS unseal_split(struct cfx_work *w, struct cfx_opened *o)
{
	struct kerberos_message *m = w->message;
	uint8_t *h = m->token->pvBuffer;
	size_t n = m->token->cbBuffer;
	struct claim c;

	if (n < cfx_signature_size(w->style))
		return fail(SEC_E_INVALID_TOKEN, "TOKEN buffer of a wrapped message");
	n -= CFX_HEADER;
	w->number = number_at(h + AT_NUMBER, 8);
	if (!claim_read(w, h, n + m->data_n, &c) || n != c.tail + c.before)
		return fail(SEC_E_MESSAGE_ALTERED, "header of a wrapped message");
	m->piece[0] = (struct piece){ h + CFX_HEADER + c.tail, c.before, false };
	o->body[0] = (struct piece){ h + CFX_HEADER, n, false };
	memcpy(o->body + 1, m->piece + 1, m->count * sizeof(m->piece[0]));
	o->count = m->count + 1;
	body_turn(o, &c, n + m->data_n, c.tail % (n + m->data_n));
	return open_body(w, o, &c, h + CFX_HEADER);
}

NTSTATUS cfx_unseal(struct cfx_work *w, struct cfx_opened *o)
{
	o->turned = o->pieces = 0;
	return w->message->stream ? unseal_stream(w, o) : unseal_split(w, o);
}

void cfx_undo(struct cfx_work *w, struct cfx_opened *o)
{
	if (o->pieces)
		etype_unopen(&w->keys->seal, w->message->piece, o->pieces);
	o->pieces = 0;
	body_turn_back(o);
}
