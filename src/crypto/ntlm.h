/* crypto/ntlm.h - NTLM's one-way functions and responses, shared by the package and the accounts.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Text is UTF-16LE bytes. Hashes and keys come as `struct secret` where they outlive a call. */
#ifndef OPENSSPI_CRYPTO_NTLM_H
#define OPENSSPI_CRYPTO_NTLM_H

#include "base/compiler.h"
#include "base/secret.h"

#define NTLM_HASH_LEN 16
#define NTLM_CHALLENGE_LEN 8

/* NTOWFv1: MD4 of the password's UTF-16LE bytes. [MS-NLMP] 3.3.1 */
void ntlm_ntowf_v1(const void *password, size_t n, uint8_t out[NTLM_HASH_LEN]);

/* LMOWFv1 of a password of ASCII or OEM characters (upper-cased here, 14 at most). [MS-NLMP] 3.3.1 */
void ntlm_lmowf_v1(const char *password, size_t n, uint8_t out[NTLM_HASH_LEN]);

/* NTOWFv2: HMAC-MD5 keyed by the NT hash over upper-cased user and domain. [MS-NLMP] 3.3.2
 * False when memory is short. */
struct ntlm_owner {
	const void *user;
	size_t user_n;
	const void *domain;
	size_t domain_n;
};
MUST_CHECK bool ntlm_ntowf_v2_of(const uint8_t nt_hash[NTLM_HASH_LEN],
				 const struct ntlm_owner *owner, uint8_t out[NTLM_HASH_LEN]);

static inline MUST_CHECK bool ntlm_ntowf_v2(const uint8_t nt_hash[NTLM_HASH_LEN], const void *user,
					    size_t user_n, const void *domain, size_t domain_n,
					    uint8_t out[NTLM_HASH_LEN])
{
	return ntlm_ntowf_v2_of(nt_hash,
				&(struct ntlm_owner){ user, user_n, domain, domain_n }, out);
}

/* NTProofStr over the server's challenge and the client's blob ("temp"). [MS-NLMP] 3.3.2 */
void ntlm_proof_v2(const uint8_t ntowf_v2[NTLM_HASH_LEN],
		   const uint8_t server_challenge[NTLM_CHALLENGE_LEN], const void *blob, size_t blob_n,
		   uint8_t out[NTLM_HASH_LEN]);

/* SessionBaseKey of NTLMv2 = HMAC-MD5(NTOWFv2, NTProofStr). */
void ntlm_session_base_v2(const uint8_t ntowf_v2[NTLM_HASH_LEN], const uint8_t proof[NTLM_HASH_LEN],
			  uint8_t out[NTLM_HASH_LEN]);

/* DESL: the 24-byte response of NTLMv1 to an 8-byte challenge. [MS-NLMP] 6 */
void ntlm_desl(const uint8_t hash[NTLM_HASH_LEN], const uint8_t challenge[NTLM_CHALLENGE_LEN],
	       uint8_t out[24]);

#endif
