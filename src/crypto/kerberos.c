/* crypto/kerberos.c - see crypto/kerberos.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <nettle/cbc.h>
#include <nettle/memxor.h>

#include "base/secret.h"
#include "crypto/kerberos.h"
#include "crypto/sha512.h"

#define CONSTANT_LEN 5 /* usage and purpose */

static const struct etype etypes[] = {
	{ ETYPE_AES128_SHA1, 16, 12, 16, false },
	{ ETYPE_AES256_SHA1, 32, 12, 32, false },
	{ ETYPE_AES128_SHA256, 16, 16, 16, true },
	{ ETYPE_AES256_SHA384, 32, 24, 24, true },
};

const struct etype *etype_of(int32_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(etypes); i++)
		if (etypes[i].number == number)
			return &etypes[i];
	return NULL;
}

/* ---- blocks ---- */

static void schedule_encrypts(const struct etype *e, union etype_schedule *s, const uint8_t *key)
{
	if (e->key_len == AES128_KEY_SIZE)
		aes128_set_encrypt_key(&s->aes128, key);
	else
		aes256_set_encrypt_key(&s->aes256, key);
}

static void schedule_decrypts(const struct etype *e, union etype_schedule *s, const uint8_t *key)
{
	if (e->key_len == AES128_KEY_SIZE)
		aes128_set_decrypt_key(&s->aes128, key);
	else
		aes256_set_decrypt_key(&s->aes256, key);
}

static void blocks_encrypt(const struct etype *e, const union etype_schedule *s, uint8_t *iv,
			   size_t n, uint8_t *p)
{
	if (e->key_len == AES128_KEY_SIZE)
		cbc_aes128_encrypt(&s->aes128, iv, n, p, p);
	else
		cbc_aes256_encrypt(&s->aes256, iv, n, p, p);
}

static void blocks_decrypt(const struct etype *e, const union etype_schedule *s, uint8_t *iv,
			   size_t n, uint8_t *p)
{
	if (e->key_len == AES128_KEY_SIZE)
		cbc_decrypt(&s->aes128, (nettle_cipher_func *)aes128_decrypt, ETYPE_BLOCK, iv, n, p,
			    p);
	else
		cbc_decrypt(&s->aes256, (nettle_cipher_func *)aes256_decrypt, ETYPE_BLOCK, iv, n, p,
			    p);
}

/* One block without chaining. */
static void block_encrypt(const struct etype *e, const union etype_schedule *s, uint8_t *p)
{
	uint8_t iv[ETYPE_BLOCK] = { 0 };
	blocks_encrypt(e, s, iv, ETYPE_BLOCK, p);
}

static void block_decrypt(const struct etype *e, const union etype_schedule *s, uint8_t *p)
{
	uint8_t iv[ETYPE_BLOCK] = { 0 };
	blocks_decrypt(e, s, iv, ETYPE_BLOCK, p);
}

/* ---- keys ---- */

static size_t common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Byte `at` of the input written again and again, each time rotated right by 13 bits more. */
static uint8_t folded_byte(const uint8_t *in, size_t in_len, size_t at)
{
	size_t bits = in_len * 8, turn = at / in_len * 13 % bits;
	size_t from = (at % in_len * 8 + bits - turn) % bits;
	uint8_t high = in[from / 8], low = in[(from / 8 + 1) % in_len];
	return (uint8_t)((unsigned)(high << 8 | low) >> (8 - from % 8));
}

void etype_fold(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	size_t all = in_len / common_divisor(in_len, out_len) * out_len;
	unsigned carry = 0;

	memset(out, 0, out_len);
	for (size_t i = all; i-- > 0;) {
		carry += folded_byte(in, in_len, i) + out[i % out_len];
		out[i % out_len] = (uint8_t)carry;
		carry >>= 8;
	}
	/* Ones' complement: what is carried out comes in again at the end. */
	for (size_t i = out_len; carry && i-- > 0;) {
		carry += out[i];
		out[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void constant_of(uint32_t usage, enum etype_purpose purpose, uint8_t out[CONSTANT_LEN])
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(usage >> (24 - 8 * i));
	out[4] = (uint8_t)purpose;
}

/* DK, RFC 3961 5.1: the folded constant enciphered again and again. */
static void derive_simplified(const struct etype *e, const uint8_t *base,
			      const uint8_t constant[CONSTANT_LEN], uint8_t *out)
{
	union etype_schedule s;
	uint8_t block[ETYPE_BLOCK];

	schedule_encrypts(e, &s, base);
	etype_fold(constant, CONSTANT_LEN, block, sizeof(block));
	for (size_t n = 0; n < e->key_len; n += ETYPE_BLOCK) {
		block_encrypt(e, &s, block);
		memcpy(out + n, block, ETYPE_BLOCK);
	}
	mem_wipe(&s, sizeof(s));
	mem_wipe(block, sizeof(block));
}

/* KDF-HMAC-SHA2, RFC 8009 3. */
static void derive_hmac(const struct etype *e, const uint8_t *base,
			const uint8_t constant[CONSTANT_LEN], size_t n, uint8_t *out)
{
	struct etype wide = *e;
	struct etype_mac m;
	struct etype_sum sum;
	uint8_t in[4 + CONSTANT_LEN + 1 + 4] = { 0, 0, 0, 1 };

	memcpy(in + 4, constant, CONSTANT_LEN);
	in[sizeof(in) - 2] = (uint8_t)(n * 8 >> 8);
	in[sizeof(in) - 1] = (uint8_t)(n * 8);
	wide.mac_key_len = e->key_len;
	wide.mac_len = (uint8_t)n;
	etype_mac_set(&m, &wide, base);
	etype_sum_begin(&sum, &m);
	etype_sum_add(&sum, in, sizeof(in));
	etype_sum_end(&sum, out);
	mem_wipe(&m, sizeof(m));
}

void etype_derive(const struct etype *e, const uint8_t *base, uint32_t usage,
		  enum etype_purpose purpose, uint8_t out[ETYPE_KEY_MAX])
{
	uint8_t constant[CONSTANT_LEN];

	constant_of(usage, purpose, constant);
	if (e->mac_of_cipher)
		derive_hmac(e, base, constant,
			    purpose == ETYPE_ENCRYPTION ? e->key_len : e->mac_key_len, out);
	else
		derive_simplified(e, base, constant, out);
}

/* ---- MACs: HMAC, RFC 2104 ---- */

#define INNER 0x36u
#define OUTER 0x5Cu

static void sum_start(const struct etype *e, struct etype_sum *s)
{
	if (e->number == ETYPE_AES128_SHA256)
		sha256_init(&s->state.sha256);
	else if (e->number == ETYPE_AES256_SHA384)
		sha384_init(&s->state.sha384);
	else
		sha1_init(&s->state.sha1);
}

static void sum_add(const struct etype *e, struct etype_sum *s, const void *p, size_t n)
{
	if (e->number == ETYPE_AES128_SHA256)
		sha256_update(&s->state.sha256, n, p);
	else if (e->number == ETYPE_AES256_SHA384)
		sha512_add(&s->state.sha384, p, n);
	else
		sha1_update(&s->state.sha1, n, p);
}

static void sum_end(const struct etype *e, struct etype_sum *s, size_t n, uint8_t *out)
{
	if (e->number == ETYPE_AES128_SHA256)
		sha256_digest(&s->state.sha256, n, out);
	else if (e->number == ETYPE_AES256_SHA384)
		sha384_digest(&s->state.sha384, n, out);
	else
		sha1_digest(&s->state.sha1, n, out);
}

static size_t block_size(const struct etype *e)
{
	return e->number == ETYPE_AES256_SHA384 ? SHA384_BLOCK_SIZE : SHA1_BLOCK_SIZE;
}

/* The hash's state behind its first block, and back into a sum that goes on from there. */
static void state_of(const struct etype *e, const uint8_t *key, uint8_t pad, union etype_state *out)
{
	uint8_t block[SHA384_BLOCK_SIZE];
	struct etype_sum s;

	memset(block, pad, sizeof(block));
	memxor(block, key, e->mac_key_len);
	sum_start(e, &s);
	sum_add(e, &s, block, block_size(e));
	if (e->number == ETYPE_AES128_SHA256)
		memcpy(out->narrow, s.state.sha256.state, sizeof(s.state.sha256.state));
	else if (e->number == ETYPE_AES256_SHA384)
		memcpy(out->wide, s.state.sha384.state, sizeof(s.state.sha384.state));
	else
		memcpy(out->narrow, s.state.sha1.state, sizeof(s.state.sha1.state));
	mem_wipe(block, sizeof(block));
	mem_wipe(&s, sizeof(s));
}

static void sum_resume(const struct etype *e, struct etype_sum *s, const union etype_state *from)
{
	sum_start(e, s);
	if (e->number == ETYPE_AES128_SHA256) {
		memcpy(s->state.sha256.state, from->narrow, sizeof(s->state.sha256.state));
		s->state.sha256.count = 1;
	} else if (e->number == ETYPE_AES256_SHA384) {
		memcpy(s->state.sha384.state, from->wide, sizeof(s->state.sha384.state));
		s->state.sha384.count_low = 1;
	} else {
		memcpy(s->state.sha1.state, from->narrow, sizeof(s->state.sha1.state));
		s->state.sha1.count = 1;
	}
}

void etype_mac_set(struct etype_mac *m, const struct etype *e, const uint8_t *key)
{
	m->type = e;
	state_of(e, key, INNER, &m->inner);
	state_of(e, key, OUTER, &m->outer);
}

void etype_sum_begin(struct etype_sum *s, const struct etype_mac *key)
{
	s->key = key;
	sum_resume(key->type, s, &key->inner);
}

void etype_sum_add(struct etype_sum *s, const void *p, size_t n)
{
	if (n)
		sum_add(s->key->type, s, p, n);
}

void etype_sum_end(struct etype_sum *s, uint8_t *out)
{
	const struct etype_mac *key = s->key;
	const struct etype *e = key->type;
	size_t n = e->number == ETYPE_AES256_SHA384   ? SHA384_DIGEST_SIZE
		   : e->number == ETYPE_AES128_SHA256 ? SHA256_DIGEST_SIZE
						      : SHA1_DIGEST_SIZE;
	uint8_t inner[SHA384_DIGEST_SIZE];

	sum_end(e, s, n, inner);
	sum_resume(e, s, &key->outer);
	sum_add(e, s, inner, n);
	sum_end(e, s, e->mac_len, out);
	mem_wipe(inner, sizeof(inner));
	mem_wipe(s, sizeof(*s));
}

/* RFC 8009's is over the cipher's state as well, which is zero at every message's beginning. */
static void message_mac(const struct etype_cipher *c, const struct piece *pieces, size_t count,
			uint8_t *out)
{
	static const uint8_t no_state[ETYPE_BLOCK];
	struct etype_sum sum;

	etype_sum_begin(&sum, &c->mac);
	if (c->type->mac_of_cipher)
		etype_sum_add(&sum, no_state, sizeof(no_state));
	for (size_t i = 0; i < count; i++)
		etype_sum_add(&sum, pieces[i].p, pieces[i].n);
	etype_sum_end(&sum, out);
}

/* ---- CBC with ciphertext stealing over pieces ---- */

/* Where a walk over the pieces that are enciphered has come to. */
struct walk {
	const struct piece *at, *end;
	size_t taken; /* of *at */
};

/* The bytes that lie in a row from here on; 0 at the end. */
static size_t walk_row(struct walk *w)
{
	while (w->at < w->end && (w->at->in_clear || w->taken == w->at->n)) {
		w->at++;
		w->taken = 0;
	}
	return w->at < w->end ? w->at->n - w->taken : 0;
}

static void walk_copy(struct walk *w, uint8_t *buf, size_t n, bool puts)
{
	while (n) {
		size_t row = walk_row(w), now = row < n ? row : n;
		assert(row);
		uint8_t *p = w->at->p + w->taken;
		memcpy(puts ? p : buf, puts ? buf : p, now);
		w->taken += now;
		buf += now;
		n -= now;
	}
}

struct chain {
	const struct etype *type;
	const union etype_schedule *schedule;
	bool decrypts;
	struct walk walk;
	uint8_t iv[ETYPE_BLOCK];
};

static void chain_blocks(struct chain *c, uint8_t *p, size_t n)
{
	if (c->decrypts)
		blocks_decrypt(c->type, c->schedule, c->iv, n, p);
	else
		blocks_encrypt(c->type, c->schedule, c->iv, n, p);
}

/* `n` bytes, whole blocks: in place where a block lies in one piece, else by a copy. */
static void chain_bulk(struct chain *c, size_t n)
{
	while (n) {
		size_t row = walk_row(&c->walk), whole = (row < n ? row : n) / ETYPE_BLOCK;

		if (whole) {
			whole *= ETYPE_BLOCK;
			chain_blocks(c, c->walk.at->p + c->walk.taken, whole);
			c->walk.taken += whole;
			n -= whole;
			continue;
		}
		struct walk here = c->walk;
		uint8_t block[ETYPE_BLOCK];
		walk_copy(&c->walk, block, sizeof(block), false);
		chain_blocks(c, block, sizeof(block));
		walk_copy(&here, block, sizeof(block), true);
		n -= ETYPE_BLOCK;
	}
}

/* The last two blocks, of which the second has `n` bytes, 1 to ETYPE_BLOCK. RFC 3962 5 */
static void tail_encrypt(struct chain *c, uint8_t tail[2 * ETYPE_BLOCK], size_t n)
{
	uint8_t last[ETYPE_BLOCK] = { 0 };

	memcpy(last, tail + ETYPE_BLOCK, n);
	blocks_encrypt(c->type, c->schedule, c->iv, ETYPE_BLOCK, tail);
	memxor(last, tail, ETYPE_BLOCK);
	block_encrypt(c->type, c->schedule, last);
	memcpy(tail + ETYPE_BLOCK, tail, n);
	memcpy(tail, last, ETYPE_BLOCK);
}

static void tail_decrypt(struct chain *c, uint8_t tail[2 * ETYPE_BLOCK], size_t n)
{
	uint8_t both[ETYPE_BLOCK], before[ETYPE_BLOCK];

	memcpy(both, tail, ETYPE_BLOCK);
	block_decrypt(c->type, c->schedule, both); /* last plaintext, then the stolen bytes */
	memcpy(before, tail + ETYPE_BLOCK, n);
	memcpy(before + n, both + n, ETYPE_BLOCK - n);
	memxor(both, before, n);
	memcpy(tail + ETYPE_BLOCK, both, n);
	block_decrypt(c->type, c->schedule, before);
	memxor3(tail, before, c->iv, ETYPE_BLOCK);
	mem_wipe(both, sizeof(both));
	mem_wipe(before, sizeof(before));
}

static void chain_run(struct chain *c, size_t n)
{
	if (n <= ETYPE_BLOCK) {
		chain_bulk(c, ETYPE_BLOCK);
		return;
	}
	uint8_t tail[2 * ETYPE_BLOCK];
	size_t rest = (n - 1) % ETYPE_BLOCK + 1;
	chain_bulk(c, n - ETYPE_BLOCK - rest);
	struct walk here = c->walk;
	walk_copy(&c->walk, tail, ETYPE_BLOCK + rest, false);
	if (c->decrypts)
		tail_decrypt(c, tail, rest);
	else
		tail_encrypt(c, tail, rest);
	walk_copy(&here, tail, ETYPE_BLOCK + rest, true);
	mem_wipe(tail, sizeof(tail));
}

static void pieces_crypt(const struct etype *e, const union etype_schedule *s, bool decrypts,
			 const struct piece *pieces, size_t count)
{
	struct chain c = { .type = e,
			   .schedule = s,
			   .decrypts = decrypts,
			   .walk = { pieces, pieces + count, 0 } };
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += pieces[i].in_clear ? 0 : pieces[i].n;
	assert(n >= ETYPE_BLOCK);
	chain_run(&c, n);
}

/* ---- messages ---- */

void etype_cipher_set(struct etype_cipher *c, const struct etype *e, const uint8_t *base,
		      uint32_t usage, bool opens)
{
	uint8_t integrity[ETYPE_KEY_MAX];

	c->type = e;
	etype_derive(e, base, usage, ETYPE_ENCRYPTION, c->key);
	etype_derive(e, base, usage, ETYPE_INTEGRITY, integrity);
	if (opens)
		schedule_decrypts(e, &c->schedule, c->key);
	else
		schedule_encrypts(e, &c->schedule, c->key);
	etype_mac_set(&c->mac, e, integrity);
	mem_wipe(integrity, sizeof(integrity));
}

void etype_seal(const struct etype_cipher *c, const struct piece *pieces, size_t count,
		uint8_t mac[ETYPE_MAC_MAX])
{
	if (!c->type->mac_of_cipher)
		message_mac(c, pieces, count, mac);
	pieces_crypt(c->type, &c->schedule, false, pieces, count);
	if (c->type->mac_of_cipher)
		message_mac(c, pieces, count, mac);
}

void etype_unopen(const struct etype_cipher *c, const struct piece *pieces, size_t count)
{
	union etype_schedule s;

	schedule_encrypts(c->type, &s, c->key);
	pieces_crypt(c->type, &s, false, pieces, count);
	mem_wipe(&s, sizeof(s));
}

bool etype_open(const struct etype_cipher *c, const struct piece *pieces, size_t count,
		const uint8_t *mac)
{
	uint8_t want[ETYPE_MAC_MAX];

	if (!c->type->mac_of_cipher)
		pieces_crypt(c->type, &c->schedule, true, pieces, count);
	message_mac(c, pieces, count, want);
	bool equal = bytes_equal(want, mac, c->type->mac_len);
	mem_wipe(want, sizeof(want));
	if (equal && c->type->mac_of_cipher)
		pieces_crypt(c->type, &c->schedule, true, pieces, count);
	if (!equal && !c->type->mac_of_cipher)
		etype_unopen(c, pieces, count);
	return equal;
}
