/* packages/ntlm/local.h - sign-ins without a password, when both ends are in this very LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A client with default credentials puts a secret behind its NEGOTIATE and a record of it here. A
 * server that is shown those very bytes takes the record, says so in CHALLENGE and notes what it
 * sent; the client then writes its name and a key into the record, and AUTHENTICATE is empty. Who
 * it is, where it meant to go and what the three messages were is known from the record alone: a
 * flag or a name on the wire proves nothing. [MS-NLMP] 2.2.2.5 (local call) */
#ifndef OPENSSPI_NTLM_LOCAL_H
#define OPENSSPI_NTLM_LOCAL_H

#include "packages/ntlm/context.h"

#define NTLM_LOCAL_SECRET_LEN 16

/* A record; counted. */
struct ntlm_local;

/* What the client says of itself in its record. Borrowed. */
struct ntlm_local_claim {
	struct rd domain, user, target; /* UTF-16LE */
	bool has_bindings, unverified_target;
	const uint8_t *bindings;    /* AV_BINDINGS_LEN bytes */
	const uint8_t *session_key; /* NTLM_KEY_LEN bytes */
};

/* Holds the records across forks; again is nothing. */
MUST_CHECK bool ntlm_local_guard_forks(void);

/* The record of a client whose NEGOTIATE ends in the secret; NULL when memory is short. */
MUST_CHECK struct ntlm_local *ntlm_local_new(struct rd negotiate);

/* Lets go of a record; the client's letting go also ends the chance to take it. */
void ntlm_local_release(struct ntlm_local *l, bool server);

/* The server's side: the record of these very bytes, once; NULL when there is none. */
MUST_CHECK struct ntlm_local *ntlm_local_take(struct rd negotiate);
void ntlm_local_challenged(struct ntlm_local *l, struct rd challenge);

/* The client's: has a server of this LSA sent that CHALLENGE? */
MUST_CHECK bool ntlm_local_sent(struct ntlm_local *l, struct rd challenge);

/* False when that is not so, or memory is short. Once only. */
MUST_CHECK bool ntlm_local_answer(struct ntlm_local *l, struct rd challenge, struct rd authenticate,
				  const struct ntlm_local_claim *claim);

/* What the client wrote, once it has written; views into the record. False when that was not with
 * these very bytes. */
MUST_CHECK bool ntlm_local_claim_of(struct ntlm_local *l, struct rd authenticate,
				    struct ntlm_local_claim *out);

#endif
