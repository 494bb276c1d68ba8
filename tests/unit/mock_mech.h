/* tests/unit/mock_mech.h - an authentication mechanism in three tokens for TSSSP to reach, and its seal.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * It stands behind the Reach functions of fake_host. Its seal is a MAC of 16 bytes and a mask, both
 * known here, so that a test can also play a peer that seals what it likes. It can be made to look like
 * Kerberos': a longer signature, a padded ciphertext, tokens of many kilobytes, tickets to hand over. */
#ifndef OPENSSPI_TEST_MOCK_MECH_H
#define OPENSSPI_TEST_MOCK_MECH_H

#include "fake_host.h"

#define MOCK_MAC_LEN 16

/* One side's end of the mechanism. */
struct mock_end {
	bool server;
	unsigned step;
	bool keyed;		 /* it can seal */
	uint32_t sent, received; /* messages sealed and opened */
};

struct mock_mech {
	ULONG attributes;	/* of a completed end */
	NTSTATUS accept_status; /* of the server's last step */
	NTSTATUS delegation;	/* CheckDelegation's answer */
	ULONG class;		/* and what it was asked */
	BOOLEAN mutual;
	unsigned asked, sealed; /* calls of CheckDelegation and ReachSeal */
	const char *last_token; /* the server's, "" for none */
	bool waits;		/* a client that waits for the server's last token, like SPNEGO's */
	bool keyed_early;	/* and gives its keys out before that */
	bool no_negotiate;	/* there is no package of that name */
	char package[16];	/* the last one that credentials were acquired of */
	bool with_auth;		/* and whether with auth data */
	int contexts, credentials; /* not released yet */
	int64_t expiry[3];	   /* of a credential, by its SECPKG_CRED_ use */
	int64_t context_expiry;	   /* of a completed end */
	size_t signature;	   /* bytes of a sealed message's head, MOCK_MAC_LEN or more */
	ULONG block;		   /* cbBlockSize: so many bytes of padding, 0 or 1 */
	size_t bulk;		   /* bytes behind each token's name */
	const WCHAR *name;	   /* PACKAGE_INFO's; NULL: it has none */
	struct rd tickets;	   /* OPENSSPI_ATTR_REMOTE_GUARD */
	NTSTATUS tickets_status;
	ULONG attribute;    /* the last one asked for */
	uint8_t auth[1024]; /* auth data of the last credentials, cut */
	size_t auth_n;
};
extern struct mock_mech mock_mech;

/* fake_host_reset, and the mechanism behind Reach. */
void mock_mech_reset(void);

/* Appends what that end seals of `plain`. */
void mock_seal(struct mock_end *e, struct rd plain, struct wr *out);

/* Opens what the other end sealed, in place; false when it did not. */
MUST_CHECK bool mock_open(struct mock_end *e, uint8_t *sealed, size_t n, struct rd *plain);

#endif
