/* crypto/ntlm.c - see crypto/ntlm.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "crypto/hash.h"
#include "crypto/ntlm.h"

#define LM_PASSWORD_MAX 14

void ntlm_ntowf_v1(const void *password, size_t n, uint8_t out[NTLM_HASH_LEN])
{
	md4(password, n, out);
}

void ntlm_lmowf_v1(const char *password, size_t n, uint8_t out[NTLM_HASH_LEN])
{
	static const uint8_t magic[8] = "KGS!@#$%";
	uint8_t key[LM_PASSWORD_MAX] = { 0 };

	for (size_t i = 0; i < n && i < sizeof(key); i++) {
		bool is_lower = password[i] >= 'a' && password[i] <= 'z';
		key[i] = (uint8_t)(is_lower ? password[i] - 'a' + 'A' : password[i]);
	}
	des_block_7(key, magic, out);
	des_block_7(key + 7, magic, out + 8);
	mem_wipe(key, sizeof(key));
}

bool ntlm_ntowf_v2_of(const uint8_t nt_hash[NTLM_HASH_LEN], const struct ntlm_owner *owner,
		      uint8_t out[NTLM_HASH_LEN])
{
	const uint8_t *p = owner->user;
	size_t units = owner->user_n / 2;
	CLEANUP(mem_free_p) uint8_t *upper = mem_array(units, 2);
	if (!upper)
		return false;
	for (size_t i = 0; i < units; i++) {
		WCHAR c = utf16_upper((WCHAR)(p[2 * i] | p[2 * i + 1] << 8));
		upper[2 * i] = (uint8_t)c;
		upper[2 * i + 1] = (uint8_t)(c >> 8);
	}
	const struct part parts[] = { { upper, units * 2 }, { owner->domain, owner->domain_n } };
	hmac_md5_parts(nt_hash, NTLM_HASH_LEN, parts, 2, out);
	return true;
}

void ntlm_proof_v2(const uint8_t ntowf_v2[NTLM_HASH_LEN],
		   const uint8_t server_challenge[NTLM_CHALLENGE_LEN], const void *blob, size_t blob_n,
		   uint8_t out[NTLM_HASH_LEN])
{
	hmac_md5_parts(
		ntowf_v2, NTLM_HASH_LEN,
		(struct part[]){ { server_challenge, NTLM_CHALLENGE_LEN }, { blob, blob_n } }, 2,
		out);
}

void ntlm_session_base_v2(const uint8_t ntowf_v2[NTLM_HASH_LEN], const uint8_t proof[NTLM_HASH_LEN],
			  uint8_t out[NTLM_HASH_LEN])
{
	hmac_md5_parts(ntowf_v2, NTLM_HASH_LEN, &(struct part){ proof, NTLM_HASH_LEN }, 1, out);
}

void ntlm_desl(const uint8_t hash[NTLM_HASH_LEN], const uint8_t challenge[NTLM_CHALLENGE_LEN],
	       uint8_t out[24])
{
	uint8_t last[7] = { hash[14], hash[15] };

	des_block_7(hash, challenge, out);
	des_block_7(hash + 7, challenge, out + 8);
	des_block_7(last, challenge, out + 16);
	mem_wipe(last, sizeof(last));
}
