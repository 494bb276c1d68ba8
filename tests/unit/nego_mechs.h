/* tests/unit/nego_mechs.h - two mechanisms behind Reach for Negotiate's tests, and a peer of SPNEGO by hand.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * "NTLM" takes three tokens ("N1", "N2", "N3"), "Kerberos" one to three ("K1", "K2", "K3"). A signature is the
 * signer's role and a digest of the text. */
#ifndef OPENSSPI_TEST_NEGO_MECHS_H
#define OPENSSPI_TEST_NEGO_MECHS_H

#include "fake_host.h"
#include "packages/negotiate/message.h"
#include "packages/negotiate/package.h"

#define NEGO_MIC_LEN 16

struct nego_mechs {
	bool kerberos, ntlm; /* installed */
	bool one_token;	     /* Kerberos without an answer */
	bool three_tokens;   /* Kerberos as DCE wants it: "K1", "K2", "K3" */
	bool cannot_sign;
	NTSTATUS kerberos_begins, ntlm_begins; /* of the client's first step */
	NTSTATUS kerberos_acquires, ntlm_acquires;
	NTSTATUS kerberos_hears;		 /* of the client's second step */
	const char *kerberos_notes, *ntlm_notes; /* as the reason of such a failure */
	bool kerberos_given, ntlm_given;	 /* an identity came with the last acquire */
	NTSTATUS ends;				 /* of the server's last step */
	const char *last_words;			 /* the token of such a failure */
	bool recursive;				 /* another package calls */
	int contexts, credentials;		 /* not released yet */
	int taken, mapped, verified;
	ULONG requirements;	 /* of the last step */
	size_t bindings;	 /* bytes of channel bindings in the last step */
	uint32_t sent, received; /* MICs that the user half was told of */
	char reason[256];	 /* that it was told: why no better mechanism */
};
extern struct nego_mechs nego_mechs;

/* fake_host_reset, both mechanisms installed and in best health. */
void nego_mechs_reset(void);

/* The signature of a role over bytes. */
void nego_mic(bool server, struct rd text, uint8_t mic[NEGO_MIC_LEN]);

/* One side of Negotiate: opened with an identity whose PackageList is `packages` (NULL: none given, ""
 * default credentials), and its user half is the test's. */
MUST_CHECK NTSTATUS nego_open(struct fake_side *s, const char *packages);

/* Tokens of a peer. Mechanisms as a list that ends with MECH_UNKNOWN; token NULL: none. */
struct wr nego_init(const enum spnego_mech *mechs, size_t count, const char *token);
struct wr nego_answer(enum spnego_state state, enum spnego_mech mech, const char *token,
		      const uint8_t *mic);

#endif
