/* wire/authdata.h - the self-contained blocks in which AuthData travels from facade to package.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every block says in its head how long it is, so that a pointer to it is enough. Readers
 * are views into the block: they live as long as it does. */
#ifndef OPENSSPI_WIRE_AUTHDATA_H
#define OPENSSPI_WIRE_AUTHDATA_H

#include <windef.h>

#include "wire/rd.h"
#include "wire/wr.h"

#define AUTHDATA_MAX (1u << 20)

/* The bytes of the block at `p` (its own count, at most AUTHDATA_MAX); empty for NULL. */
struct rd authdata_block(const void *p);

/* ---- an identity: SEC_WINNT_AUTH_IDENTITY_EX2, its password or a card's logon behind it ---- */

struct identity_view {
	struct rd user, domain, password;	 /* UTF-16LE bytes, no terminator */
	struct rd packages;			 /* PackageList, UTF-16LE */
	uint32_t flags;				 /* SEC_WINNT_AUTH_IDENTITY_* */
	bool has_user, has_domain, has_password; /* absent is not the same as empty */
	struct rd
		certificate; /* in a password's place: wire/kerblogon.h's certificate_logon; or empty */
};

/* Writes the block. False-proof by wr's stickiness; strings above 65534 bytes fail it, and so do a password
 * and a certificate together. */
void identity_write(struct wr *w, const struct identity_view *id);

/* Reads a block; false when offsets, lengths, versions or UTF-16 are not right. */
MUST_CHECK bool identity_read(struct rd block, struct identity_view *out);

/* ---- SCHANNEL_CRED or SCH_CREDENTIALS ---- */

/* In schannel_auth.flags, beside SCH_CRED_*: a server without a certificate makes one and keeps it. */
#define SCHANNEL_AUTH_OWN_CERTIFICATE 0x80000000u

struct schannel_auth {
	uint32_t flags;	    /* SCH_CRED_*, SCH_USE_* */
	uint32_t protocols; /* enabled SP_PROT_*; 0: the defaults */
	uint32_t disabled;  /* SCH_CREDENTIALS: disabled SP_PROT_* */
	uint32_t lifespan;  /* session lifespan in milliseconds, 0: default */
	bool has_certificate;
	struct rd certificates; /* DER certificates one after the other, end entity first */
	struct rd key;		/* DER private key: PKCS#8, PKCS#1 or SEC1 */
};

void schannel_auth_write(struct wr *w, const struct schannel_auth *a);
MUST_CHECK bool schannel_auth_read(struct rd block, struct schannel_auth *out);

/* ---- CREDSSP_CRED or CREDSSP_CRED_EX ---- */

struct credssp_auth {
	uint32_t submit_type; /* CREDSPP_SUBMIT_TYPE of the inner CREDSSP_CRED */
	uint32_t flags;	      /* CREDSSP_CRED_EX.Flags, 0 for the plain form */
	bool has_schannel, has_identity;
	struct rd schannel; /* a schannel_auth block */
	struct rd identity; /* an identity block, a smart card's too */
};

void credssp_auth_write(struct wr *w, const struct credssp_auth *a);
MUST_CHECK bool credssp_auth_read(struct rd block, struct credssp_auth *out);

#endif
