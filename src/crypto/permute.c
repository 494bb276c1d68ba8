/* crypto/permute.c - see crypto/permute.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <nettle/hmac.h>

#include "crypto/permute.h"

#define ROUNDS 4
#define SEED_LEN SHA256_DIGEST_SIZE

/* Half number round % 2 is changed by the other one. */
struct halves {
	uint8_t *p[2];
	size_t n[2];
};

static struct halves halves_of(void *buffer, size_t n)
{
	uint8_t *p = buffer;
	return (struct halves){ { p, p + n / 2 }, { n / 2, n - n / 2 } };
}

static void digest_number(struct hmac_sha256_ctx *ctx, uint64_t number)
{
	uint8_t bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	hmac_sha256_update(ctx, sizeof(bytes), bytes);
}

/* What of the other half goes into a round, hashed to a key for the stream that is added. */
static void round_seed(const uint8_t *key, const struct halves *h, uint64_t round,
		       uint8_t seed[SEED_LEN])
{
	struct hmac_sha256_ctx ctx;
	size_t other = 1 - round % 2;

	hmac_sha256_set_key(&ctx, PERMUTE_KEY_LEN, key);
	digest_number(&ctx, round);
	digest_number(&ctx, h->n[0] + h->n[1]);
	if (h->n[other])
		hmac_sha256_update(&ctx, h->n[other], h->p[other]);
	hmac_sha256_digest(&ctx, SEED_LEN, seed);
	mem_wipe(&ctx, sizeof(ctx));
}

static void round_apply(const uint8_t *key, const struct halves *h, uint64_t round)
{
	struct hmac_sha256_ctx ctx;
	uint8_t seed[SEED_LEN], stream[SEED_LEN];
	uint8_t *p = h->p[round % 2];
	size_t n = h->n[round % 2];

	round_seed(key, h, round, seed);
	hmac_sha256_set_key(&ctx, SEED_LEN, seed);
	for (size_t at = 0; at < n; at++) {
		if (at % SEED_LEN == 0) {
			digest_number(&ctx, at / SEED_LEN);
			hmac_sha256_digest(&ctx, SEED_LEN, stream);
		}
		p[at] ^= stream[at % SEED_LEN];
	}
	mem_wipe(&ctx, sizeof(ctx));
	mem_wipe(seed, sizeof(seed));
	mem_wipe(stream, sizeof(stream));
}

void permute(const uint8_t key[PERMUTE_KEY_LEN], void *buffer, size_t n)
{
	struct halves h = halves_of(buffer, n);
	for (uint64_t round = 0; round < ROUNDS; round++)
		round_apply(key, &h, round);
}

void permute_back(const uint8_t key[PERMUTE_KEY_LEN], void *buffer, size_t n)
{
	struct halves h = halves_of(buffer, n);
	for (uint64_t round = ROUNDS; round-- > 0;)
		round_apply(key, &h, round);
}
