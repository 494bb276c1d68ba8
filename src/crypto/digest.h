/* crypto/digest.h - MD5 in steps, with RC4 run over the same bytes in the same pass.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Each algorithm alone waits on its own last result most of the time; interleaved, step by step,
 * the two fill each other's gaps. Where the bytes come in odd pieces the outcome is the same. */
#ifndef OPENSSPI_CRYPTO_DIGEST_H
#define OPENSSPI_CRYPTO_DIGEST_H

#include "crypto/hash.h"

#define DIGEST_BLOCK 64

/* A hash under way; the caller's to wipe when what is hashed is secret. */
struct digest {
	uint32_t state[4];
	uint64_t n; /* bytes so far */
	uint8_t tail[DIGEST_BLOCK];
};

void digest_start(struct digest *d);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_end(struct digest *d, uint8_t out[MD5_LEN]);

/* Hashes the bytes and then enciphers them in place; deciphers them in place and then hashes. */
void digest_then_crypt(struct digest *d, struct rc4 *rc4, uint8_t *p, size_t n);
void crypt_then_digest(struct digest *d, struct rc4 *rc4, uint8_t *p, size_t n);

/* A key for HMAC-MD5 whose two blocks are hashed already: begin a digest with it, end with it. */
struct mac_key {
	uint32_t inner[4], outer[4];
};
void mac_key_set(struct mac_key *k, const void *key, size_t key_len);
void mac_start(const struct mac_key *k, struct digest *d);
void mac_end(const struct mac_key *k, struct digest *d, uint8_t out[MD5_LEN]);

#endif
