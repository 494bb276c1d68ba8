/* crypto/hash.c - see crypto/hash.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <nettle/des.h>
#include <nettle/md4.h>

#include "crypto/hash.h"

#define BELOW 1024 /* bytes of stack that the library's functions use */

/* Wipes the stack that the caller's last calls had: nettle leaves the block there that it worked on, and for
 * MD4 that is a password. Not inlined, so that its room begins where theirs did. */
static __attribute__((noinline)) void wipe_below(void)
{
	uint8_t room[BELOW];
	mem_wipe(room, sizeof(room));
}

void md4(const void *data, size_t n, uint8_t out[MD4_LEN])
{
	struct md4_ctx ctx;

	md4_init(&ctx);
	if (n)
		md4_update(&ctx, n, data);
	md4_digest(&ctx, MD4_LEN, out);
	mem_wipe(&ctx, sizeof(ctx));
	wipe_below();
}

void md5(const void *data, size_t n, uint8_t out[MD5_LEN])
{
	md5_parts(&(struct part){ data, n }, 1, out);
}

void sha256(const void *data, size_t n, uint8_t out[SHA256_LEN])
{
	sha256_parts(&(struct part){ data, n }, 1, out);
}

void hmac_md5_parts(const void *key, size_t key_len, const struct part *parts, size_t count,
		    uint8_t out[MD5_LEN])
{
	struct hmac_md5_ctx ctx;

	hmac_md5_set_key(&ctx, key_len, key);
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			hmac_md5_update(&ctx, parts[i].n, parts[i].p);
	hmac_md5_digest(&ctx, MD5_LEN, out);
	mem_wipe(&ctx, sizeof(ctx));
}

void md5_parts(const struct part *parts, size_t count, uint8_t out[MD5_LEN])
{
	struct md5_ctx ctx;

	md5_init(&ctx);
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			md5_update(&ctx, parts[i].n, parts[i].p);
	md5_digest(&ctx, MD5_LEN, out);
	mem_wipe(&ctx, sizeof(ctx));
}

void sha256_parts(const struct part *parts, size_t count, uint8_t out[SHA256_LEN])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			sha256_update(&ctx, parts[i].n, parts[i].p);
	sha256_digest(&ctx, SHA256_LEN, out);
	mem_wipe(&ctx, sizeof(ctx));
}

void rc4_start(struct rc4 *s, const void *key, size_t key_len)
{
	uint8_t repeated[ARCFOUR_MAX_KEY_SIZE], *states = s->state.S, j = 0;

	/* The library divides once per byte to repeat the key; this is the greater part of its time. */
	assert(key_len && key_len <= sizeof(repeated));
	for (size_t i = 0; i < sizeof(repeated); i += key_len)
		memcpy(repeated + i, key,
		       key_len < sizeof(repeated) - i ? key_len : sizeof(repeated) - i);
	for (size_t i = 0; i < sizeof(repeated); i++)
		states[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(repeated); i++) {
		uint8_t here = states[i];
		j = (uint8_t)(j + here + repeated[i]);
		states[i] = states[j];
		states[j] = here;
	}
	s->state.i = s->state.j = 0;
	mem_wipe(repeated, sizeof(repeated));
}

void rc4_apply(struct rc4 *s, uint8_t *data, size_t n)
{
	if (n)
		arcfour_crypt(&s->state, n, data, data);
}

void rc4_once(const void *key, size_t key_len, const void *in, size_t n, uint8_t *out)
{
	struct rc4 s;

	rc4_start(&s, key, key_len);
	if (n)
		arcfour_crypt(&s.state, n, out, in);
	mem_wipe(&s, sizeof(s));
}

void des_block_7(const uint8_t key[7], const uint8_t in[8], uint8_t out[8])
{
	struct des_ctx ctx;
	uint8_t spread[DES_KEY_SIZE];
	uint64_t bits = 0;

	/* Seven bits go into the upper part of each byte; DES ignores the lowest (parity). */
	for (int i = 0; i < 7; i++)
		bits = bits << 8 | key[i];
	for (int i = 0; i < 8; i++)
		spread[i] = (uint8_t)(bits >> (49 - 7 * i) << 1);
	des_fix_parity(sizeof(spread), spread, spread);
	/* A weak key is reported, but its schedule is set all the same: LM has plenty of them. */
	(void)des_set_key(&ctx, spread);
	des_encrypt(&ctx, DES_BLOCK_SIZE, out, in);
	mem_wipe(&ctx, sizeof(ctx));
	mem_wipe(spread, sizeof(spread));
}

uint32_t crc32_more(uint32_t crc, const void *data, size_t n)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1));
	}
	return ~crc;
}
