/* crypto/hash.h - the digests, ciphers and MACs the protocols need, by nettle.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * State lives in the caller's struct; nothing here allocates or fails. */
#ifndef OPENSSPI_CRYPTO_HASH_H
#define OPENSSPI_CRYPTO_HASH_H

#include <nettle/arcfour.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/sha2.h>

#include "base/compiler.h"

#define MD4_LEN 16
#define MD5_LEN 16
#define SHA256_LEN 32

void md4(const void *data, size_t n, uint8_t out[MD4_LEN]);
void md5(const void *data, size_t n, uint8_t out[MD5_LEN]);
void sha256(const void *data, size_t n, uint8_t out[SHA256_LEN]);

/* HMAC-MD5 over up to three parts one after the other; a part of NULL and 0 is empty. */
struct part {
	const void *p;
	size_t n;
};
void hmac_md5_parts(const void *key, size_t key_len, const struct part *parts, size_t count,
		    uint8_t out[MD5_LEN]);
void md5_parts(const struct part *parts, size_t count, uint8_t out[MD5_LEN]);
void sha256_parts(const struct part *parts, size_t count, uint8_t out[SHA256_LEN]);

/* RC4 with a state that goes on from message to message. */
struct rc4 {
	struct arcfour_ctx state;
};
void rc4_start(struct rc4 *s, const void *key, size_t key_len);
void rc4_apply(struct rc4 *s, uint8_t *data, size_t n);
/* One shot, out may be in. */
void rc4_once(const void *key, size_t key_len, const void *in, size_t n, uint8_t *out);

/* DES of one block with a key of 7 bytes, as LM and NTLMv1 spread it. */
void des_block_7(const uint8_t key[7], const uint8_t in[8], uint8_t out[8]);

/* CRC-32 as in RFC 1952, continued from `crc` (0 to begin). */
uint32_t crc32_more(uint32_t crc, const void *data, size_t n);

#endif
