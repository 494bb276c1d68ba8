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
#include "crypto/digest.h"
#include "packages/ntlm/session.h"

struct ntlm_direction {
	pthread_mutex_t lock;
	bool from_server;
	bool is_ready;	/* what follows but the sequence is made with the first message */
	struct rc4 rc4; /* goes on from message to message; datagrams begin it anew */
	struct mac_key mac;
	uint8_t seal[NTLM_KEY_LEN]; /* datagrams: what each message's key is made of */
	uint32_t seal_len;
	uint64_t sequence; /* of the next message */
};

/* Lives in a struct secret. */
struct ntlm_protection {
	uint32_t flags;
	bool tells_sequence; /* wrong order has a status of its own */
	uint8_t session_key[NTLM_KEY_LEN];
	struct ntlm_direction direction[2];
	struct ntlm_direction *send, *receive;
};

void ntlm_protection_init(struct ntlm_protection *p, const struct ntlm_session *s);
void ntlm_protection_done(struct ntlm_protection *p);

/* How far both directions are, for another process to go on from there. Unpacking goes into a
 * protection that was just begun; false when the bytes are no such state. */
void ntlm_protection_pack(struct wr *w, struct ntlm_protection *p);
MUST_CHECK bool ntlm_protection_unpack(struct rd *r, struct ntlm_protection *p);

/* So many messages' numbers are used up, while keys and ciphers are as at the beginning: what is left of
 * SPNEGO's mechListMICs, [MS-SPNG] 3.2.5.1. */
void ntlm_protection_skip(struct ntlm_protection *p, uint32_t sent, uint32_t received);

/* SEC_E_INVALID_TOKEN: a buffer is missing or unsound; SEC_E_BUFFER_TOO_SMALL: a TOKEN below 16
 * bytes; SEC_E_QOP_NOT_SUPPORTED: nothing to sign with; SEC_E_UNSUPPORTED_FUNCTION: sealing was not
 * negotiated; SEC_E_OUT_OF_SEQUENCE: all numbers are used up. When verifying: SEC_E_MESSAGE_ALTERED,
 * SEC_E_OUT_OF_SEQUENCE, and SEC_E_INVALID_TOKEN for a short TOKEN. `sequence` counts in datagram
 * contexts alone: others number their messages themselves. */
MUST_CHECK NTSTATUS ntlm_sign(struct ntlm_protection *p, PSecBufferDesc message, uint32_t sequence);
MUST_CHECK NTSTATUS ntlm_verify(struct ntlm_protection *p, PSecBufferDesc message,
				uint32_t sequence);
MUST_CHECK NTSTATUS ntlm_seal(struct ntlm_protection *p, PSecBufferDesc message, uint32_t sequence,
			      bool encrypt);

/* TOKEN and DATA buffers, or one STREAM holding both and a DATA that receives its place in it;
 * SEC_E_INCOMPLETE_MESSAGE when the stream has no whole signature. A message that was only signed
 * opens as well, if there is a `qop` to say so: SECQOP_WRAP_NO_ENCRYPT, else 0. */
MUST_CHECK NTSTATUS ntlm_unseal(struct ntlm_protection *p, PSecBufferDesc message,
				uint32_t sequence, ULONG *qop);

#endif
