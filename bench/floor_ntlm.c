/* bench/floor_ntlm.c - see bench/floor.h: NTLM's cryptography alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "floor.h"

#include <nettle/arcfour.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define KEY 16
#define BLOCK 64
#define TARGET_INFO 160 /* bytes in the client's blob, about what real ones have */
#define NEGOTIATE 40
#define CHALLENGE 180
#define AUTHENTICATE 420

/* ---- sign-in ---- */

static void mac(const uint8_t *key, const void *data, size_t n, uint8_t out[KEY])
{
	struct hmac_md5_ctx c;
	hmac_md5_set_key(&c, KEY, key);
	hmac_md5_update(&c, n, data);
	hmac_md5_digest(&c, KEY, out);
}

static bool one_end(bool is_server)
{
	static const uint8_t hash[KEY], names[20], blob[8 + 28 + TARGET_INFO],
		messages[NEGOTIATE + CHALLENGE + AUTHENTICATE];
	uint8_t owner[KEY], proof[KEY], base[KEY], mic[KEY], key[24];
	struct arcfour_ctx rc4;

	if (getrandom(key, is_server ? 8 : sizeof(key), 0) < 8)
		return false;
	mac(hash, names, sizeof(names), owner);
	mac(owner, blob, sizeof(blob), proof);
	mac(owner, proof, sizeof(proof), base);
	arcfour_set_key(&rc4, KEY, base);
	arcfour_crypt(&rc4, KEY, key, key);
	mac(key, messages, sizeof(messages), mic);
	return true;
}

bool floor_exchange(void)
{
	return one_end(false) && one_end(true);
}

/* ---- messages ---- */

struct floor_sealing {
	uint32_t inner[4], outer[4];
	uint32_t number;
	uint8_t i, j, s[256];
};

static const uint32_t sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391,
};
static const uint8_t turns[4][4] = {
	{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

/* MD5's step `i`; with a constant `i` nothing of the choice is left. */
static inline __attribute__((always_inline)) void md5_step(uint32_t v[4], const uint32_t x[16],
							   int i)
{
	uint32_t b = v[1], c = v[2], d = v[3], f, at;

	if (i < 16) {
		f = d ^ (b & (c ^ d));
		at = i;
	} else if (i < 32) {
		f = c ^ (d & (b ^ c));
		at = (5 * i + 1) % 16;
	} else if (i < 48) {
		f = b ^ c ^ d;
		at = (3 * i + 5) % 16;
	} else {
		f = c ^ (b | ~d);
		at = 7 * i % 16;
	}
	f += v[0] + sines[i] + x[at];
	int turn = turns[i / 16][i % 4];
	v[0] = d;
	v[3] = c;
	v[2] = b;
	v[1] = b + (f << turn | f >> (32 - turn));
}

static inline __attribute__((always_inline)) uint32_t key_byte(uint8_t *s, uint32_t *i, uint32_t *j)
{
	*i = (uint8_t)(*i + 1);
	uint32_t here = s[*i];
	*j = (uint8_t)(*j + here);
	uint32_t there = s[*j];
	s[*i] = (uint8_t)there;
	s[*j] = (uint8_t)here;
	return s[(uint8_t)(here + there)];
}

static void md5_block(uint32_t state[4], const uint8_t *p)
{
	uint32_t x[16], v[4];

	memcpy(x, p, sizeof(x));
	memcpy(v, state, sizeof(v));
#pragma GCC unroll 64
	for (int i = 0; i < 64; i++)
		md5_step(v, x, i);
	for (int i = 0; i < 4; i++)
		state[i] += v[i];
}

/* Hashes a block at `hash` and ciphers one at `crypt`, which may be the same: it is read first. */
static void both(uint32_t state[4], struct floor_sealing *s, const uint8_t *hash, uint8_t *crypt,
		 size_t blocks)
{
	uint32_t x[16], v[4], word = 0, i = s->i, j = s->j;

	for (; blocks; blocks--, hash += BLOCK, crypt += BLOCK) {
		memcpy(x, hash, sizeof(x));
		memcpy(v, state, sizeof(v));
#pragma GCC unroll 64
		for (int n = 0; n < 64; n++) {
			md5_step(v, x, n);
			word |= key_byte(s->s, &i, &j) << (n % 4 * 8);
			if (n % 4 < 3)
				continue;
			uint32_t text;
			memcpy(&text, crypt + n - 3, 4);
			text ^= word;
			memcpy(crypt + n - 3, &text, 4);
			word = 0;
		}
		for (int n = 0; n < 4; n++)
			state[n] += v[n];
	}
	s->i = (uint8_t)i;
	s->j = (uint8_t)j;
}

static void crypt_bytes(struct floor_sealing *s, uint8_t *p, size_t n)
{
	uint32_t i = s->i, j = s->j;

	for (size_t at = 0; at < n; at++)
		p[at] ^= (uint8_t)key_byte(s->s, &i, &j);
	s->i = (uint8_t)i;
	s->j = (uint8_t)j;
}

/* The last bytes of a hash of `total`. */
static void md5_last(uint32_t state[4], const uint8_t *p, size_t n, uint64_t total)
{
	uint8_t block[2 * BLOCK] = { 0 };
	size_t room = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;

	memcpy(block, p, n);
	block[n] = 0x80;
	total *= 8;
	memcpy(block + room - 8, &total, 8);
	for (size_t at = 0; at < room; at += BLOCK)
		md5_block(state, block + at);
}

static void signature_make(struct floor_sealing *s, const uint32_t inner[4], uint8_t out[16])
{
	static const uint32_t version = 1;
	uint32_t outer[4];

	memcpy(outer, s->outer, sizeof(outer));
	md5_last(outer, (const uint8_t *)inner, 16, BLOCK + 16);
	memcpy(out, &version, 4);
	memcpy(out + 4, outer, 8);
	memcpy(out + 12, &s->number, 4);
	crypt_bytes(s, out + 4, 8);
	s->number++;
}

static size_t head_of(const struct floor_sealing *s, size_t n, uint8_t block[BLOCK])
{
	memcpy(block, &s->number, 4);
	return n < BLOCK - 4 ? n : BLOCK - 4;
}

void floor_seal(struct floor_sealing *s, uint8_t *data, size_t n, uint8_t signature[16])
{
	uint32_t state[4];
	uint8_t block[BLOCK];
	size_t head = head_of(s, n, block);
	uint64_t total = BLOCK + 4 + n;

	memcpy(state, s->inner, sizeof(state));
	memcpy(block + 4, data, head);
	crypt_bytes(s, data, head);
	if (head < BLOCK - 4) {
		md5_last(state, block, 4 + head, total);
	} else {
		size_t blocks = (n - head) / BLOCK;
		md5_block(state, block);
		both(state, s, data + head, data + head, blocks);
		head += blocks * BLOCK;
		md5_last(state, data + head, n - head, total);
		crypt_bytes(s, data + head, n - head);
	}
	signature_make(s, state, signature);
}

bool floor_unseal(struct floor_sealing *s, uint8_t *data, size_t n, const uint8_t signature[16])
{
	uint32_t state[4];
	uint8_t block[BLOCK], want[16];
	size_t head = head_of(s, n, block);
	uint64_t total = BLOCK + 4 + n;

	memcpy(state, s->inner, sizeof(state));
	crypt_bytes(s, data, head);
	memcpy(block + 4, data, head);
	if (head < BLOCK - 4) {
		md5_last(state, block, 4 + head, total);
	} else {
		size_t blocks = (n - head) / BLOCK;
		md5_block(state, block);
		if (blocks) {
			crypt_bytes(s, data + head, BLOCK);
			both(state, s, data + head, data + head + BLOCK, blocks - 1);
			head += blocks * BLOCK;
			md5_block(state, data + head - BLOCK);
		}
		crypt_bytes(s, data + head, n - head);
		md5_last(state, data + head, n - head, total);
	}
	signature_make(s, state, want);
	return memcmp(want, signature, sizeof(want)) == 0;
}

struct floor_sealing *floor_sealing_new(void)
{
	static const uint8_t key[KEY] = "sixteen of them";
	struct floor_sealing *s = calloc(1, sizeof(*s));
	struct arcfour_ctx rc4;
	struct hmac_md5_ctx hmac;

	if (!s)
		return NULL;
	arcfour_set_key(&rc4, KEY, key);
	memcpy(s->s, rc4.S, sizeof(s->s));
	hmac_md5_set_key(&hmac, KEY, key);
	memcpy(s->inner, hmac.inner.state, sizeof(s->inner));
	memcpy(s->outer, hmac.outer.state, sizeof(s->outer));
	return s;
}

void floor_sealing_free(struct floor_sealing *s)
{
	free(s);
}
