/* packages/tsssp/binding.c - see packages/tsssp/binding.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/secret.h"
#include "crypto/hash.h"
#include "packages/tsssp/binding.h"

/* Each with its NUL, which is hashed too. */
static const char client_magic[] = "CredSSP Client-To-Server Binding Hash";
static const char server_magic[] = "CredSSP Server-To-Client Binding Hash";

static void hash_key(enum ts_direction direction, struct rd public_key, const uint8_t *nonce,
		     uint8_t hash[SHA256_LEN])
{
	const struct part parts[] = {
		{ direction == TS_CLIENT_TO_SERVER ? client_magic : server_magic,
		  sizeof(client_magic) },
		{ nonce, TS_NONCE_LEN },
		{ public_key.p, public_key.n },
	};

	_Static_assert(sizeof(client_magic) == 38 && sizeof(server_magic) == 38,
		       "38 bytes with the NUL");
	sha256_parts(parts, ARRAY_LEN(parts), hash);
}

/* What the key's first byte is raised by before version 5. */
static uint8_t raised_by(enum ts_direction direction)
{
	return direction == TS_SERVER_TO_CLIENT;
}

void ts_binding_write(struct wr *w, uint32_t version, enum ts_direction direction,
		      struct rd public_key, const uint8_t nonce[TS_NONCE_LEN])
{
	uint8_t hash[SHA256_LEN];

	if (version >= TS_VERSION_NONCE) {
		hash_key(direction, public_key, nonce, hash);
		wr_bytes(w, hash, sizeof(hash));
		return;
	}
	size_t start = w->len;
	wr_rd(w, public_key);
	if (wr_ok(w) && w->len > start)
		w->buf[start] += raised_by(direction);
}

bool ts_binding_matches(struct rd opened, uint32_t version, enum ts_direction direction,
			struct rd public_key, const uint8_t nonce[TS_NONCE_LEN])
{
	uint8_t hash[SHA256_LEN];

	if (version >= TS_VERSION_NONCE) {
		hash_key(direction, public_key, nonce, hash);
		return opened.n == sizeof(hash) && bytes_equal(opened.p, hash, sizeof(hash));
	}
	if (opened.n == 0 || opened.n != public_key.n)
		return false;
	uint8_t first = (uint8_t)(public_key.p[0] + raised_by(direction));
	bool rest = bytes_equal(opened.p + 1, public_key.p + 1, opened.n - 1);
	return bytes_equal(opened.p, &first, 1) && rest;
}

bool ts_version_has_error_code(uint32_t version)
{
	return version == 3 || version == 4 || version >= 6;
}
