/* packages/tsssp/binding.h - what pubKeyAuth seals: the server's TLS key, in the form of each version.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-CSSP] 3.1.5: from version 5 on a SHA-256 of a magic text, the nonce and the SubjectPublicKey;
 * before, the key itself, which the server returns with its first byte raised by one. */
#ifndef OPENSSPI_PACKAGES_TSSSP_BINDING_H
#define OPENSSPI_PACKAGES_TSSSP_BINDING_H

#include "packages/tsssp/message.h"

#define TS_VERSION_OWN 6u
#define TS_VERSION_NONCE 5u /* the first with a nonce */
#define TS_VERSION_LEAST 2u

enum ts_direction {
	TS_CLIENT_TO_SERVER,
	TS_SERVER_TO_CLIENT,
};

/* Writes the plaintext that one side seals into pubKeyAuth. */
void ts_binding_write(struct wr *w, uint32_t version, enum ts_direction direction,
		      struct rd public_key, const uint8_t nonce[TS_NONCE_LEN]);

/* True when the opened pubKeyAuth is what the peer must have sealed; constant time. */
MUST_CHECK bool ts_binding_matches(struct rd opened, uint32_t version, enum ts_direction direction,
				   struct rd public_key, const uint8_t nonce[TS_NONCE_LEN]);

/* May an errorCode be sent to a peer of that version? [MS-CSSP] 2.2.1: 3, 4 and 6. */
MUST_CHECK bool ts_version_has_error_code(uint32_t version);

#endif
