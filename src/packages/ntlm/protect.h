/* packages/ntlm/protect.h - signing and sealing of messages in place, one state per direction.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-NLMP] 3.4. A direction's state is advanced only by messages that were sent or found genuine:
 * a forged one leaves keys, sequence and the caller's bytes as they were. The two directions may be
 * used at once, except without extended session security, where NTLM has one state for both. */
#ifndef OPENSSPI_NTLM_PROTECT_H
#define OPENSSPI_NTLM_PROTECT_H

#include <pthread.h>
#include <sspi.h>

#include "base/base.h"
#include "crypto/hash.h"
#include "packages/ntlm/session.h"

struct ntlm_direction {
	pthread_mutex_t lock;
	struct rc4 rc4;
	struct hmac_md5_ctx mac; /* the signing key's block is hashed already */
	uint32_t sequence;
};

/* Lives in a struct secret. */
struct ntlm_protection {
	uint32_t flags;
	bool tells_sequence; /* wrong order has a status of its own */
	struct ntlm_direction direction[2];
	struct ntlm_direction *send, *receive;
};

void ntlm_protection_init(struct ntlm_protection *p, const struct ntlm_session *s);
void ntlm_protection_done(struct ntlm_protection *p);

/* SEC_E_INVALID_TOKEN: a buffer is missing or unsound; SEC_E_BUFFER_TOO_SMALL: a TOKEN below 16
 * bytes; SEC_E_QOP_NOT_SUPPORTED: nothing to sign with; SEC_E_UNSUPPORTED_FUNCTION: sealing was not
 * negotiated. When verifying: SEC_E_MESSAGE_ALTERED, SEC_E_OUT_OF_SEQUENCE, and SEC_E_INVALID_TOKEN
 * for a short TOKEN. */
MUST_CHECK NTSTATUS ntlm_sign(struct ntlm_protection *p, PSecBufferDesc message);
MUST_CHECK NTSTATUS ntlm_verify(struct ntlm_protection *p, PSecBufferDesc message);
MUST_CHECK NTSTATUS ntlm_seal(struct ntlm_protection *p, PSecBufferDesc message, bool encrypt);

/* TOKEN and DATA buffers, or one STREAM holding both and a DATA that receives its place in it. */
MUST_CHECK NTSTATUS ntlm_unseal(struct ntlm_protection *p, PSecBufferDesc message);

#endif
