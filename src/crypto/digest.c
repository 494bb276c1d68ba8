/* crypto/digest.c - see crypto/digest.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <endian.h>

#include "crypto/digest.h"

/* One load or store each; a compiler does not see that in shifted bytes at every level. */
static inline uint32_t get_u32le(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline void put_u32le(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

/* ---- MD5's 64 steps, RFC 1321 3.4, with room after every fourth ---- */

#define MIX_1(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MIX_2(x, y, z) ((y) ^ ((z) & ((x) ^ (y))))
#define MIX_3(x, y, z) ((x) ^ (y) ^ (z))
#define MIX_4(x, y, z) ((y) ^ ((x) | ~(z)))

#define STEP(mix, a, b, c, d, at, turn, add)                                                       \
	do {                                                                                       \
		(a) += mix(b, c, d) + x[at] + (uint32_t)(add);                                     \
		(a) = ((a) << (turn) | (a) >> (32 - (turn))) + (b);                                \
	} while (0)

#define FOUR_1(i, k1, k2, k3, k4)                                                                  \
	do {                                                                                       \
		STEP(MIX_1, a, b, c, d, (i), 7, k1);                                               \
		SIDE(0);                                                                           \
		STEP(MIX_1, d, a, b, c, (i) + 1, 12, k2);                                          \
		SIDE(8);                                                                           \
		STEP(MIX_1, c, d, a, b, (i) + 2, 17, k3);                                          \
		SIDE(16);                                                                          \
		STEP(MIX_1, b, c, d, a, (i) + 3, 22, k4);                                          \
		SIDE(24);                                                                          \
		SIDE_WORD(i);                                                                      \
	} while (0)

#define FOUR_2(i, k1, k2, k3, k4)                                                                  \
	do {                                                                                       \
		STEP(MIX_2, a, b, c, d, (5 * (i) + 1) % 16, 5, k1);                                \
		SIDE(0);                                                                           \
		STEP(MIX_2, d, a, b, c, (5 * (i) + 6) % 16, 9, k2);                                \
		SIDE(8);                                                                           \
		STEP(MIX_2, c, d, a, b, (5 * (i) + 11) % 16, 14, k3);                              \
		SIDE(16);                                                                          \
		STEP(MIX_2, b, c, d, a, (5 * (i)) % 16, 20, k4);                                   \
		SIDE(24);                                                                          \
		SIDE_WORD(16 + (i));                                                               \
	} while (0)

#define FOUR_3(i, k1, k2, k3, k4)                                                                  \
	do {                                                                                       \
		STEP(MIX_3, a, b, c, d, (3 * (i) + 5) % 16, 4, k1);                                \
		SIDE(0);                                                                           \
		STEP(MIX_3, d, a, b, c, (3 * (i) + 8) % 16, 11, k2);                               \
		SIDE(8);                                                                           \
		STEP(MIX_3, c, d, a, b, (3 * (i) + 11) % 16, 16, k3);                              \
		SIDE(16);                                                                          \
		STEP(MIX_3, b, c, d, a, (3 * (i) + 14) % 16, 23, k4);                              \
		SIDE(24);                                                                          \
		SIDE_WORD(32 + (i));                                                               \
	} while (0)

#define FOUR_4(i, k1, k2, k3, k4)                                                                  \
	do {                                                                                       \
		STEP(MIX_4, a, b, c, d, (7 * (i)) % 16, 6, k1);                                    \
		SIDE(0);                                                                           \
		STEP(MIX_4, d, a, b, c, (7 * (i) + 7) % 16, 10, k2);                               \
		SIDE(8);                                                                           \
		STEP(MIX_4, c, d, a, b, (7 * (i) + 14) % 16, 15, k3);                              \
		SIDE(16);                                                                          \
		STEP(MIX_4, b, c, d, a, (7 * (i) + 5) % 16, 21, k4);                               \
		SIDE(24);                                                                          \
		SIDE_WORD(48 + (i));                                                               \
	} while (0)

#define ALL_STEPS                                                                                  \
	do {                                                                                       \
		FOUR_1(0, 0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE);                         \
		FOUR_1(4, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501);                         \
		FOUR_1(8, 0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE);                         \
		FOUR_1(12, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821);                        \
		FOUR_2(0, 0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA);                         \
		FOUR_2(4, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8);                         \
		FOUR_2(8, 0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED);                         \
		FOUR_2(12, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A);                        \
		FOUR_3(0, 0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C);                         \
		FOUR_3(4, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70);                         \
		FOUR_3(8, 0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05);                         \
		FOUR_3(12, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665);                        \
		FOUR_4(0, 0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039);                         \
		FOUR_4(4, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1);                         \
		FOUR_4(8, 0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1);                         \
		FOUR_4(12, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391);                        \
	} while (0)

static void words_load(uint32_t x[16], const uint8_t *p)
{
	memcpy(x, p, DIGEST_BLOCK);
	for (int i = 0; __BYTE_ORDER == __BIG_ENDIAN && i < 16; i++)
		x[i] = le32toh(x[i]);
}

/* ---- alone ---- */

#define SIDE(shift)
#define SIDE_WORD(at)

static void md5_blocks(uint32_t state[4], const uint8_t *p, size_t blocks)
{
	uint32_t x[16], a = state[0], b = state[1], c = state[2], d = state[3];

	for (; blocks; blocks--, p += DIGEST_BLOCK) {
		words_load(x, p);
		ALL_STEPS;
		a = state[0] += a;
		b = state[1] += b;
		c = state[2] += c;
		d = state[3] += d;
	}
}

#undef SIDE
#undef SIDE_WORD

/* ---- together ---- */

/* One byte of RC4's key stream into a word, and the word over four bytes. */
#define SIDE(shift)                                                                                \
	do {                                                                                       \
		i = (uint8_t)(i + 1);                                                              \
		uint32_t s_i = s[i];                                                               \
		j = (uint8_t)(j + s_i);                                                            \
		uint32_t s_j = s[j];                                                               \
		s[i] = (uint8_t)s_j;                                                               \
		s[j] = (uint8_t)s_i;                                                               \
		word |= (uint32_t)s[(uint8_t)(s_i + s_j)] << (shift);                              \
	} while (0)
#define SIDE_WORD(at)                                                                              \
	do {                                                                                       \
		put_u32le(crypt + (at), get_u32le(crypt + (at)) ^ word);                           \
		word = 0;                                                                          \
	} while (0)

/* Hashes blocks at `hash` and runs RC4 over as many at `crypt`: the same ones (read before they
 * change), or those one block further on. */
static void both_blocks(uint32_t state[4], struct rc4 *rc4, const uint8_t *hash, uint8_t *crypt,
			size_t blocks)
{
	uint32_t x[16], a = state[0], b = state[1], c = state[2], d = state[3], word = 0;
	uint8_t *s = rc4->state.S;
	uint32_t i = rc4->state.i, j = rc4->state.j;

	for (; blocks; blocks--, hash += DIGEST_BLOCK, crypt += DIGEST_BLOCK) {
		words_load(x, hash);
		ALL_STEPS;
		a = state[0] += a;
		b = state[1] += b;
		c = state[2] += c;
		d = state[3] += d;
	}
	rc4->state.i = (uint8_t)i;
	rc4->state.j = (uint8_t)j;
	mem_wipe(x, sizeof(x));
}

/* ---- pieces ---- */

void digest_start(struct digest *d)
{
	static const uint32_t initial[4] = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476 };

	memcpy(d->state, initial, sizeof(initial));
	d->n = 0;
}

/* Fills up the block that was begun; how many bytes that took. */
static size_t tail_add(struct digest *d, const uint8_t *p, size_t n)
{
	size_t used = d->n % DIGEST_BLOCK, take = DIGEST_BLOCK - used;

	if (!used)
		return 0;
	take = take < n ? take : n;
	memcpy(d->tail + used, p, take);
	d->n += take;
	if (used + take == DIGEST_BLOCK)
		md5_blocks(d->state, d->tail, 1);
	return take;
}

/* Begins the next block with the last bytes, fewer than one. */
static void tail_begin(struct digest *d, const uint8_t *p, size_t n)
{
	if (n)
		memcpy(d->tail, p, n);
	d->n += n;
}

void digest_add(struct digest *d, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t done = n ? tail_add(d, p, n) : 0;
	if (done == n)
		return;
	p += done;
	size_t blocks = (n - done) / DIGEST_BLOCK, bytes = blocks * DIGEST_BLOCK;
	md5_blocks(d->state, p, blocks);
	d->n += bytes;
	tail_begin(d, p + bytes, n - done - bytes);
}

void digest_then_crypt(struct digest *d, struct rc4 *rc4, uint8_t *p, size_t n)
{
	size_t done = n ? tail_add(d, p, n) : 0;
	if (!n)
		return;
	rc4_apply(rc4, p, done);
	p += done;
	size_t blocks = (n - done) / DIGEST_BLOCK, bytes = blocks * DIGEST_BLOCK;
	both_blocks(d->state, rc4, p, p, blocks);
	d->n += bytes;
	tail_begin(d, p + bytes, n - done - bytes);
	rc4_apply(rc4, p + bytes, n - done - bytes);
}

void crypt_then_digest(struct digest *d, struct rc4 *rc4, uint8_t *p, size_t n)
{
	size_t used = d->n % DIGEST_BLOCK, head = used ? DIGEST_BLOCK - used : 0;

	head = head < n ? head : n;
	if (!n)
		return;
	rc4_apply(rc4, p, head);
	(void)tail_add(d, p, head);
	p += head;
	size_t blocks = (n - head) / DIGEST_BLOCK, bytes = blocks * DIGEST_BLOCK;
	size_t rest = n - head - bytes;
	if (blocks) {
		/* The hash stays one block behind. */
		rc4_apply(rc4, p, DIGEST_BLOCK);
		both_blocks(d->state, rc4, p, p + DIGEST_BLOCK, blocks - 1);
		md5_blocks(d->state, p + bytes - DIGEST_BLOCK, 1);
		d->n += bytes;
	}
	rc4_apply(rc4, p + bytes, rest);
	tail_begin(d, p + bytes, rest);
}

void digest_end(struct digest *d, uint8_t out[MD5_LEN])
{
	size_t used = d->n % DIGEST_BLOCK, room = DIGEST_BLOCK - 8;
	uint64_t bits = d->n * 8;

	d->tail[used++] = 0x80;
	if (used > room) {
		memset(d->tail + used, 0, DIGEST_BLOCK - used);
		md5_blocks(d->state, d->tail, 1);
		used = 0;
	}
	memset(d->tail + used, 0, room - used);
	put_u32le(d->tail + room, (uint32_t)bits);
	put_u32le(d->tail + room + 4, (uint32_t)(bits >> 32));
	md5_blocks(d->state, d->tail, 1);
	for (int i = 0; i < 4; i++)
		put_u32le(out + 4 * i, d->state[i]);
}

/* ---- HMAC, RFC 2104 ---- */

static void pad_hash(uint32_t out[4], const uint8_t key[DIGEST_BLOCK], uint8_t pad)
{
	struct digest d;
	uint8_t block[DIGEST_BLOCK];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	digest_start(&d);
	digest_add(&d, block, sizeof(block));
	memcpy(out, d.state, sizeof(d.state));
	mem_wipe(block, sizeof(block));
	mem_wipe(&d, sizeof(d));
}

void mac_key_set(struct mac_key *k, const void *key, size_t key_len)
{
	uint8_t block[DIGEST_BLOCK] = { 0 };

	if (key_len > sizeof(block))
		md5(key, key_len, block);
	else if (key_len)
		memcpy(block, key, key_len);
	pad_hash(k->inner, block, 0x36);
	pad_hash(k->outer, block, 0x5C);
	mem_wipe(block, sizeof(block));
}

void mac_start(const struct mac_key *k, struct digest *d)
{
	memcpy(d->state, k->inner, sizeof(d->state));
	d->n = DIGEST_BLOCK;
}

void mac_end(const struct mac_key *k, struct digest *d, uint8_t out[MD5_LEN])
{
	digest_end(d, out);
	memcpy(d->state, k->outer, sizeof(d->state));
	d->n = DIGEST_BLOCK;
	digest_add(d, out, MD5_LEN);
	digest_end(d, out);
}
