/* crypto/sha512.c - see crypto/sha512.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * FIPS 180-4 6.4. The message's schedule is computed two words at a time in vectors while the rounds, of
 * which each waits for the one before, run beside it. */
#include "base/base.h"

#include <endian.h>

#include "base/cpu.h"
#include "crypto/sha512.h"

#define BLOCK SHA512_BLOCK_SIZE

typedef uint64_t pair __attribute__((vector_size(16)));

static const uint64_t constants[80] __attribute__((aligned(16))) = {
	0x428A2F98D728AE22, 0x7137449123EF65CD, 0xB5C0FBCFEC4D3B2F, 0xE9B5DBA58189DBBC,
	0x3956C25BF348B538, 0x59F111F1B605D019, 0x923F82A4AF194F9B, 0xAB1C5ED5DA6D8118,
	0xD807AA98A3030242, 0x12835B0145706FBE, 0x243185BE4EE4B28C, 0x550C7DC3D5FFB4E2,
	0x72BE5D74F27B896F, 0x80DEB1FE3B1696B1, 0x9BDC06A725C71235, 0xC19BF174CF692694,
	0xE49B69C19EF14AD2, 0xEFBE4786384F25E3, 0x0FC19DC68B8CD5B5, 0x240CA1CC77AC9C65,
	0x2DE92C6F592B0275, 0x4A7484AA6EA6E483, 0x5CB0A9DCBD41FBD4, 0x76F988DA831153B5,
	0x983E5152EE66DFAB, 0xA831C66D2DB43210, 0xB00327C898FB213F, 0xBF597FC7BEEF0EE4,
	0xC6E00BF33DA88FC2, 0xD5A79147930AA725, 0x06CA6351E003826F, 0x142929670A0E6E70,
	0x27B70A8546D22FFC, 0x2E1B21385C26C926, 0x4D2C6DFC5AC42AED, 0x53380D139D95B3DF,
	0x650A73548BAF63DE, 0x766A0ABB3C77B2A8, 0x81C2C92E47EDAEE6, 0x92722C851482353B,
	0xA2BFE8A14CF10364, 0xA81A664BBC423001, 0xC24B8B70D0F89791, 0xC76C51A30654BE30,
	0xD192E819D6EF5218, 0xD69906245565A910, 0xF40E35855771202A, 0x106AA07032BBD1B8,
	0x19A4C116B8D2D0C8, 0x1E376C085141AB53, 0x2748774CDF8EEB99, 0x34B0BCB5E19B48A8,
	0x391C0CB3C5C95A63, 0x4ED8AA4AE3418ACB, 0x5B9CCA4F7763E373, 0x682E6FF3D6B2B8A3,
	0x748F82EE5DEFB2FC, 0x78A5636F43172F60, 0x84C87814A1F0AB72, 0x8CC702081A6439EC,
	0x90BEFFFA23631E28, 0xA4506CEBDE82BDE9, 0xBEF9A3F7B2C67915, 0xC67178F2E372532B,
	0xCA273ECEEA26619C, 0xD186B8C721C0C207, 0xEADA7DD6CDE0EB1E, 0xF57D4F7FEE6ED178,
	0x06F067AA72176FBA, 0x0A637DC5A2C898A6, 0x113F9804BEF90DAE, 0x1B710B35131C471B,
	0x28DB77F523047D84, 0x32CAAB7B40C72493, 0x3C9EBE0A15C9BEBC, 0x431D67C49C100D4C,
	0x4CC5D4BECB3E42B6, 0x597F299CFC657E2A, 0x5FCB6FAB3AD6FAEC, 0x6C44198C4A475817,
};

#define TURNED(v, n) ((v) >> (n) | (v) << (64 - (n)))

/* The second word of one pair and the first of the next. */
#define BETWEEN(x, y) ((pair){ (x)[1], (y)[0] })

#define ROUND(a, b, c, d, e, f, g, h, add)                                                         \
	do {                                                                                       \
		uint64_t t = h + (TURNED(e, 14) ^ TURNED(e, 18) ^ TURNED(e, 41)) +                 \
			     (g ^ (e & (f ^ g))) + (add);                                          \
		d += t;                                                                            \
		h = t + (TURNED(a, 28) ^ TURNED(a, 34) ^ TURNED(a, 39)) +                          \
		    ((a & b) | ((a | b) & c));                                                     \
	} while (0)

/* Words 16 further on. */
#define SCHEDULE(j)                                                                                \
	do {                                                                                       \
		pair near = BETWEEN(w[j], w[((j) + 1) % 8]);                                       \
		pair far = BETWEEN(w[((j) + 4) % 8], w[((j) + 5) % 8]);                            \
		pair last = w[((j) + 7) % 8];                                                      \
		w[j] += (TURNED(near, 1) ^ TURNED(near, 8) ^ near >> 7) + far +                    \
			(TURNED(last, 19) ^ TURNED(last, 61) ^ last >> 6);                         \
	} while (0)

#define TWO(a, b, c, d, e, f, g, h, j, goes_on)                                                    \
	do {                                                                                       \
		pair add = w[j] + ((const pair *)(const void *)(constants + i))[j];                \
		if (goes_on)                                                                       \
			SCHEDULE(j);                                                               \
		ROUND(a, b, c, d, e, f, g, h, add[0]);                                             \
		ROUND(h, a, b, c, d, e, f, g, add[1]);                                             \
	} while (0)

#define SIXTEEN(goes_on)                                                                           \
	do {                                                                                       \
		TWO(a, b, c, d, e, f, g, h, 0, goes_on);                                           \
		TWO(g, h, a, b, c, d, e, f, 1, goes_on);                                           \
		TWO(e, f, g, h, a, b, c, d, 2, goes_on);                                           \
		TWO(c, d, e, f, g, h, a, b, 3, goes_on);                                           \
		TWO(a, b, c, d, e, f, g, h, 4, goes_on);                                           \
		TWO(g, h, a, b, c, d, e, f, 5, goes_on);                                           \
		TWO(e, f, g, h, a, b, c, d, 6, goes_on);                                           \
		TWO(c, d, e, f, g, h, a, b, 7, goes_on);                                           \
	} while (0)

static inline void words_load(pair w[8], const uint8_t *p)
{
	uint64_t words[16];

	memcpy(words, p, BLOCK);
	for (int j = 0; j < 8; j++)
		w[j] = (pair){ be64toh(words[2 * j]), be64toh(words[2 * j + 1]) };
}

FOR_NEWER_CPU static void blocks_add(uint64_t state[8], const uint8_t *p, size_t blocks)
{
	pair w[8];

	for (; blocks; blocks--, p += BLOCK) {
		uint64_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4],
			 f = state[5], g = state[6], h = state[7];
		size_t i = 0;

		words_load(w, p);
		for (; i < 64; i += 16)
			SIXTEEN(true);
		SIXTEEN(false);
		state[0] += a;
		state[1] += b;
		state[2] += c;
		state[3] += d;
		state[4] += e;
		state[5] += f;
		state[6] += g;
		state[7] += h;
	}
	mem_wipe(w, sizeof(w));
}

void sha512_add(struct sha512_ctx *ctx, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t begun = ctx->index ? BLOCK - ctx->index : 0, blocks;

	if (!CPU_IS_NEWER() || n < begun + BLOCK) {
		sha512_update(ctx, n, p);
		return;
	}
	sha512_update(ctx, begun, p);
	blocks = (n - begun) / BLOCK;
	blocks_add(ctx->state, p + begun, blocks);
	ctx->count_low += blocks;
	ctx->count_high += ctx->count_low < blocks;
	begun += blocks * BLOCK;
	sha512_update(ctx, n - begun, p + begun);
}
