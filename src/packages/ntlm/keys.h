/* packages/ntlm/keys.h - from the session key to the keys of each direction, and the MIC.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_KEYS_H
#define OPENSSPI_NTLM_KEYS_H

#include "crypto/ntlm.h"
#include "packages/ntlm/message.h"
#include "wire/rd.h"

#define NTLM_KEY_LEN 16

/* The keys of messages from one of the two. */
struct ntlm_direction_keys {
	uint8_t sign[NTLM_KEY_LEN]; /* zero without extended session security */
	uint8_t seal[NTLM_KEY_LEN];
	uint32_t seal_len; /* 8 or 16 */
};

/* KXKEY for NTLMv1. `lmowf` may be NULL when neither LM_KEY nor NON_NT_SESSION_KEY is negotiated.
 * For NTLMv2 the key exchange key is the session base key itself. [MS-NLMP] 3.4.5.1 */
struct ntlm_v1_facts {
	uint32_t flags;
	const uint8_t *session_base; /* 16 bytes */
	const uint8_t *lmowf;	     /* 16 bytes */
	const uint8_t *lm_response;  /* 24 bytes */
	const uint8_t *server_challenge;
};
void ntlm_key_exchange_v1(const struct ntlm_v1_facts *facts, uint8_t out[NTLM_KEY_LEN]);

/* Signing and sealing keys from the ExportedSessionKey. [MS-NLMP] 3.4.5.2, 3.4.5.3 */
void ntlm_direction_derive(const uint8_t session[NTLM_KEY_LEN], uint32_t flags, bool from_server,
			   struct ntlm_direction_keys *out);

/* The MIC over the three messages, the third with its MIC taken as zero (it must have room for
 * one). [MS-NLMP] 3.1.5.1.2 */
void ntlm_mic(const uint8_t session_key[NTLM_KEY_LEN], const struct rd message[3],
	      uint8_t out[NTLM_MIC_LEN]);

#endif
