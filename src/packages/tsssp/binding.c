/* packages/tsssp/binding.c - see packages/tsssp/binding.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/secret.h"
#include "crypto/hash.h"
#include "packages/tsssp/binding.h"

/* Each with its NUL, which is hashed too. */
static const char client_magic[] = "CredSSP Client-To-Server Binding Hash";
static const char server_magic[] = "CredSSP Server-To-Client Binding Hash";

static void write_hash(struct wr *w, enum ts_direction direction, struct rd public_key,
		       const uint8_t *nonce)
{
	const struct part parts[] = {
		{ direction == TS_CLIENT_TO_SERVER ? client_magic : server_magic,
		  sizeof(client_magic) },
		{ nonce, TS_NONCE_LEN },
		{ public_key.p, public_key.n },
	};
	uint8_t hash[SHA256_LEN];

	sha256_parts(parts, ARRAY_LEN(parts), hash);
	wr_bytes(w, hash, sizeof(hash));
}

void ts_binding_write(struct wr *w, uint32_t version, enum ts_direction direction,
		      struct rd public_key, const uint8_t nonce[TS_NONCE_LEN])
{
	_Static_assert(sizeof(client_magic) == 38 && sizeof(server_magic) == 38,
		       "38 bytes with the NUL");
	if (version >= TS_VERSION_NONCE) {
		write_hash(w, direction, public_key, nonce);
		return;
	}
	size_t start = w->len;
	wr_rd(w, public_key);
	if (direction == TS_SERVER_TO_CLIENT && wr_ok(w) && w->len > start)
		w->buf[start]++;
}

bool ts_binding_matches(struct rd opened, uint32_t version, enum ts_direction direction,
			struct rd public_key, const uint8_t nonce[TS_NONCE_LEN])
{
	CLEANUP(wr_done) struct wr want = WR(TS_REQUEST_MAX);

	ts_binding_write(&want, version, direction, public_key, nonce);
	struct rd expected = wr_view(&want);
	return expected.n > 0 && opened.n == expected.n &&
	       bytes_equal(opened.p, expected.p, opened.n);
}

bool ts_version_has_error_code(uint32_t version)
{
	return version == 3 || version == 4 || version >= 6;
}
