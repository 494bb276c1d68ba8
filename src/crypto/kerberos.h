/* crypto/kerberos.h - Kerberos' enctypes for messages: AES with CTS and an HMAC, RFC 3962 and RFC 8009.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A message is a list of pieces that lie anywhere; it is enciphered in place. Keys are derived once and
 * kept, and may be used by several threads; nothing here allocates. */
#ifndef OPENSSPI_CRYPTO_KERBEROS_H
#define OPENSSPI_CRYPTO_KERBEROS_H

#include <nettle/aes.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/compiler.h"

#define ETYPE_AES128_SHA1 17
#define ETYPE_AES256_SHA1 18
#define ETYPE_AES128_SHA256 19
#define ETYPE_AES256_SHA384 20

#define ETYPE_BLOCK 16
#define ETYPE_KEY_MAX 32
#define ETYPE_MAC_MAX 24

/* What an enctype is made of. */
struct etype {
	int32_t number;
	uint8_t key_len, mac_len;
	uint8_t mac_key_len;
	bool mac_of_cipher; /* RFC 8009: enciphered first; RFC 3962: the MAC is the plaintext's */
};

/* NULL for a number that is none of the four. */
MUST_CHECK const struct etype *etype_of(int32_t number);

/* What a key is derived for. RFC 3961 5.3 */
enum etype_purpose {
	ETYPE_CHECKSUM = 0x99,
	ETYPE_ENCRYPTION = 0xAA,
	ETYPE_INTEGRITY = 0x55,
};

/* Derives a key: key_len bytes for encryption, mac_key_len for the others. */
void etype_derive(const struct etype *e, const uint8_t *base, uint32_t usage,
		  enum etype_purpose purpose, uint8_t out[ETYPE_KEY_MAX]);

/* RFC 3961 5.1: `in` folded to `out_len` bytes. */
void etype_fold(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);

/* ---- MACs ---- */

/* A key whose two blocks are hashed already. */
union etype_state {
	uint32_t narrow[8]; /* SHA-1, SHA-256 */
	uint64_t wide[8];   /* SHA-384 */
};
struct etype_mac {
	const struct etype *type;
	union etype_state inner, outer;
};

/* A MAC under way. */
struct etype_sum {
	const struct etype_mac *key;
	union {
		struct sha1_ctx sha1;
		struct sha256_ctx sha256;
		struct sha512_ctx sha384;
	} state;
};

void etype_mac_set(struct etype_mac *m, const struct etype *e, const uint8_t *key);
void etype_sum_begin(struct etype_sum *s, const struct etype_mac *key);
void etype_sum_add(struct etype_sum *s, const void *p, size_t n);
/* Writes mac_len bytes, and wipes the sum. */
void etype_sum_end(struct etype_sum *s, uint8_t *out);

/* ---- messages ---- */

struct piece {
	uint8_t *p;
	size_t n;
	bool in_clear; /* covered by the MAC but not enciphered */
};

union etype_schedule {
	struct aes128_ctx aes128;
	struct aes256_ctx aes256;
};

/* One direction's keys for one usage. */
struct etype_cipher {
	const struct etype *type;
	uint8_t key[ETYPE_KEY_MAX];
	union etype_schedule schedule;
	struct etype_mac mac;
};

void etype_cipher_set(struct etype_cipher *c, const struct etype *e, const uint8_t *base,
		      uint32_t usage, bool opens);

/* Enciphers the pieces (a confounder of ETYPE_BLOCK bytes first) in place and gives their MAC. The pieces
 * that are not in clear have at least ETYPE_BLOCK bytes together. For a cipher that does not open. */
void etype_seal(const struct etype_cipher *c, const struct piece *pieces, size_t count,
		uint8_t mac[ETYPE_MAC_MAX]);

/* The contrary, for a cipher that opens; false, with the pieces as they were, when the MAC differs. */
MUST_CHECK bool etype_open(const struct etype_cipher *c, const struct piece *pieces, size_t count,
			   const uint8_t *mac);

/* Puts what was opened back as it was. */
void etype_unopen(const struct etype_cipher *c, const struct piece *pieces, size_t count);

#endif
