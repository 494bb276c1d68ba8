/* vault/record.h - what is sealed and to what it is bound: pure bytes, no file.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_VAULT_RECORD_H
#define OPENSSPI_VAULT_RECORD_H

#include "crypto/seal.h"
#include "vault/vault.h"
#include "wire/wr.h"

#define VAULT_FORMAT 1u
#define VAULT_IDENTITY_LEN 16
#define VAULT_FOLDING "unicode 15.0.0" /* base/upcase.h's; rekeying folds anew */
#define RECORD_BYTES_MAX (VAULT_VALUE_MAX + 2 * VAULT_TARGET_MAX + 4096)

/* The keys derived from a data key, prepared. All NULL while the vault is locked. */
struct vault_keys {
	struct secret *data; /* SEAL_KEY_LEN bytes, the one that slots wrap */
	struct secret *record, *state, *id, *sum;
	uint64_t epoch; /* counts data keys */
	uint8_t identity[VAULT_IDENTITY_LEN];
};

/* Derives all; false when memory is short, with nothing left. Takes a copy of `data`. */
MUST_CHECK bool keys_set(struct vault_keys *k, const struct secret *data, uint64_t epoch,
			 const uint8_t identity[VAULT_IDENTITY_LEN]);
void keys_clear(struct vault_keys *k);

/* The row id of a name: false for text that cannot be a target. */
MUST_CHECK bool record_id(const struct vault_keys *k, const struct vault_name *name,
			  uint8_t out[VAULT_ID_LEN]);

/* Seals a record into `out`: nonce, ciphertext, tag. */
MUST_CHECK NTSTATUS record_seal(const struct vault_keys *k, const struct vault_record *r,
				struct wr *out);

/* Opens the body of the row r->id, r->version into `plain` (body.n bytes of room, aligned), and lets
 * r->name and r->value point into it. False when it is not what record_seal made for that row. */
MUST_CHECK bool record_open(const struct vault_keys *k, struct rd body, uint8_t *plain,
			    struct vault_record *r);

/* Reads an opened record's plain text: what record_seal writes before sealing. */
MUST_CHECK bool record_parse(struct rd plain, struct vault_record *r);
void record_write(struct wr *w, const struct vault_name *name, struct rd value);

/* ---- the sealed state, one per vault ---- */

struct vault_state {
	uint64_t changes; /* the number of the last change: also its AD */
	uint64_t records;
	uint64_t writes;	 /* seals under this data key */
	uint8_t sum[SHA256_LEN]; /* of all (id, version), little-endian modulo 2^256 */
};

#define STATE_BYTES (SEAL_NONCE_LEN + 3 * 8 + SHA256_LEN + SEAL_TAG_LEN)

MUST_CHECK NTSTATUS state_seal(const struct vault_keys *k, const struct vault_state *s,
			       uint8_t out[STATE_BYTES]);
MUST_CHECK bool state_open(const struct vault_keys *k, uint64_t changes, struct rd body,
			   struct vault_state *out);

/* Adds a row to the sum, or takes it away. */
void sum_add(const struct vault_keys *k, uint8_t sum[SHA256_LEN], const uint8_t id[VAULT_ID_LEN],
	     uint64_t version);
void sum_take(const struct vault_keys *k, uint8_t sum[SHA256_LEN], const uint8_t id[VAULT_ID_LEN],
	      uint64_t version);

#endif
