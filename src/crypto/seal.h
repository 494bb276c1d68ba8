/* crypto/seal.h - bytes at rest: AES-256-GCM, HKDF and HMAC with SHA-256, Argon2id.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Keys are prepared once and kept in secrets; a prepared key is used by one thread at a time. */
#ifndef OPENSSPI_CRYPTO_SEAL_H
#define OPENSSPI_CRYPTO_SEAL_H

#include "base/secret.h"
#include "crypto/hash.h"

#define SEAL_KEY_LEN 32
#define SEAL_NONCE_LEN 12
#define SEAL_TAG_LEN 16

/* Prepares a key of SEAL_KEY_LEN bytes; NULL when memory is short. */
MUST_CHECK struct secret *seal_key_new(const uint8_t key[SEAL_KEY_LEN]);

/* What is sealed: `n` bytes at `in`, bound to `bound_n` further bytes that stay in clear. */
struct seal_text {
	const uint8_t *nonce; /* SEAL_NONCE_LEN, never twice under one key */
	const void *bound;
	size_t bound_n;
	const uint8_t *in;
	size_t n;
};

/* Writes n + SEAL_TAG_LEN bytes; `out` may be `in`. */
void seal_bytes(struct secret *key, const struct seal_text *t, uint8_t *out);

/* t->n counts the tag too. Writes n - SEAL_TAG_LEN bytes; false, with `out` wiped, when anything differs
 * from what was sealed. `out` is not `in`. */
MUST_CHECK bool seal_open(struct secret *key, const struct seal_text *t, uint8_t *out);

/* HMAC-SHA-256 with a prepared key. */
MUST_CHECK struct secret *keyed_hash_new(const uint8_t *key, size_t n);
void keyed_hash(const struct secret *key, const struct part *parts, size_t count,
		uint8_t out[SHA256_LEN]);

/* HKDF, RFC 5869: a key of SHA256_LEN bytes for one purpose. */
void derive_key(const struct secret *from, const struct part *salt, const char *purpose,
		uint8_t out[SHA256_LEN]);

/* Argon2id, RFC 9106, version 0x13. */
struct stretch {
	uint32_t rounds, kib, lanes;
	uint8_t salt[16];
};

#define STRETCH_DEFAULT ((struct stretch){ .rounds = 3, .kib = 64u << 10, .lanes = 4 })

/* A key of SHA256_LEN bytes from a passphrase; NULL when memory is short or the costs are beyond
 * reason (1 GiB, 1000 rounds, 64 lanes). */
MUST_CHECK struct secret *stretch_passphrase(const struct stretch *s,
					     const struct secret *passphrase);

#endif
