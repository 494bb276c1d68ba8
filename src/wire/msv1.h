/* wire/msv1.h - messages of MSV1_0, NTLM's logon interface, and the profiles that answer them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A message is a copy of the caller's memory in Windows' 64-bit layout: its pointers are addresses in the caller
 * or offsets from its start. Readers are views into the copy; nothing outside of it, and nothing in its fixed
 * part, is ever text. */
#ifndef OPENSSPI_WIRE_MSV1_H
#define OPENSSPI_WIRE_MSV1_H

#include "wire/rd.h"
#include "wire/wr.h"

#define MSV1_CHALLENGE_LEN 8
#define MSV1_KEY_LEN 16

struct msv1_message {
	struct rd bytes;
	uint64_t base; /* where the caller has it; 0: pointers are offsets */
};

/* The message's type; false for one that is too short to have any. */
MUST_CHECK bool msv1_type(const struct msv1_message *m, uint32_t *out);

/* MSV1_0_INTERACTIVE_LOGON. Names are sound UTF-16 without NUL; a password has any units. */
struct msv1_interactive {
	struct rd domain, user, password;
};
MUST_CHECK bool msv1_interactive_read(const struct msv1_message *m, struct msv1_interactive *out);

/* MSV1_0_LM20_LOGON. */
struct msv1_network {
	struct rd domain, user, workstation;
	uint8_t challenge[MSV1_CHALLENGE_LEN];
	struct rd nt, lm;
	uint32_t parameters;
};
MUST_CHECK bool msv1_network_read(const struct msv1_message *m, struct msv1_network *out);

/* ---- answers, written for the address they will lie at ---- */

struct msv1_profile {
	int64_t now, end; /* FILETIME: the logon, and when it has to end */
	uint32_t flags;	  /* LOGON_ */
	struct rd full_name, domain, server;
	const uint8_t *key; /* MSV1_KEY_LEN bytes; NULL: not told */
};

/* MSV1_0_INTERACTIVE_PROFILE. */
void msv1_interactive_profile_write(struct wr *w, uint64_t base, const struct msv1_profile *p);

/* MSV1_0_LM20_LOGON_PROFILE. */
void msv1_network_profile_write(struct wr *w, uint64_t base, const struct msv1_profile *p);

/* MSV1_0_LM20_CHALLENGE_RESPONSE. */
void msv1_challenge_write(struct wr *w, const uint8_t challenge[MSV1_CHALLENGE_LEN]);

#endif
