/* packages/ntlm/keys.c - see packages/ntlm/keys.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "crypto/hash.h"
#include "packages/ntlm/keys.h"

/* The constants count with their terminating NUL. */
static const char client_sign[] = "session key to client-to-server signing key magic constant";
static const char server_sign[] = "session key to server-to-client signing key magic constant";
static const char client_seal[] = "session key to client-to-server sealing key magic constant";
static const char server_seal[] = "session key to server-to-client sealing key magic constant";

void ntlm_key_exchange_v1(const struct ntlm_v1_facts *f, uint8_t out[NTLM_KEY_LEN])
{
	if (f->flags & NTLM_EXTENDED_SECURITY) {
		hmac_md5_parts(f->session_base, NTLM_KEY_LEN,
			       (struct part[]){ { f->server_challenge, NTLM_CHALLENGE_LEN },
						{ f->lm_response, 8 } },
			       2, out);
		return;
	}
	if (f->flags & NTLM_LM_KEY && f->lmowf) {
		uint8_t second[7] = { f->lmowf[7], 0xBD, 0xBD, 0xBD, 0xBD, 0xBD, 0xBD };
		des_block_7(f->lmowf, f->lm_response, out);
		des_block_7(second, f->lm_response, out + 8);
		mem_wipe(second, sizeof(second));
		return;
	}
	if (f->flags & NTLM_NON_NT_SESSION_KEY && f->lmowf) {
		memcpy(out, f->lmowf, 8);
		memset(out + 8, 0, 8);
		return;
	}
	memcpy(out, f->session_base, NTLM_KEY_LEN);
}

static void extended_keys(const uint8_t session[NTLM_KEY_LEN], uint32_t flags,
			  const char *const magic[2], struct ntlm_direction_keys *out)
{
	size_t strength = flags & NTLM_128 ? 16 : flags & NTLM_56 ? 7 : 5;
	size_t magic_len = sizeof(client_sign); /* all four have one length */

	md5_parts((struct part[]){ { session, NTLM_KEY_LEN }, { magic[0], magic_len } }, 2,
		  out->sign);
	md5_parts((struct part[]){ { session, strength }, { magic[1], magic_len } }, 2, out->seal);
	out->seal_len = NTLM_KEY_LEN;
}

/* Without extended session security both directions share one sealing key and none signs. */
static void plain_keys(const uint8_t session[NTLM_KEY_LEN], uint32_t flags,
		       struct ntlm_direction_keys *out)
{
	*out = (struct ntlm_direction_keys){ .seal_len = NTLM_KEY_LEN };
	memcpy(out->seal, session, NTLM_KEY_LEN);
	if (!(flags & (NTLM_LM_KEY | NTLM_DATAGRAM)))
		return;
	memset(out->seal + 8, 0, 8);
	out->seal_len = 8;
	if (flags & NTLM_56)
		out->seal[7] = 0xA0;
	else
		memcpy(out->seal + 5, "\xE5\x38\xB0", 3);
}

void ntlm_direction_derive(const uint8_t session[NTLM_KEY_LEN], uint32_t flags, bool from_server,
			   struct ntlm_direction_keys *out)
{
	static const char *const magic[2][2] = { { client_sign, client_seal },
						 { server_sign, server_seal } };

	_Static_assert(sizeof(client_sign) == sizeof(server_sign) &&
			       sizeof(client_sign) == sizeof(client_seal) &&
			       sizeof(client_sign) == sizeof(server_seal),
		       "one length for all four constants");
	if (flags & NTLM_EXTENDED_SECURITY)
		extended_keys(session, flags, magic[from_server], out);
	else
		plain_keys(session, flags, out);
}

void ntlm_mic(const uint8_t session_key[NTLM_KEY_LEN], const struct rd message[3],
	      uint8_t out[NTLM_MIC_LEN])
{
	static const uint8_t zero[NTLM_MIC_LEN];
	const struct rd *a = &message[2];
	size_t after = NTLM_MIC_OFFSET + NTLM_MIC_LEN;

	assert(a->n >= after);
	hmac_md5_parts(session_key, NTLM_KEY_LEN,
		       (struct part[]){ { message[0].p, message[0].n },
					{ message[1].p, message[1].n },
					{ a->p, NTLM_MIC_OFFSET },
					{ zero, sizeof(zero) },
					{ a->p + after, a->n - after } },
		       5, out);
}
