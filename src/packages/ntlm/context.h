/* packages/ntlm/context.h - credentials and half-made contexts of the LSA half.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Both are counted and known outside by numbers of base/slots.h. A context belongs to one call at a
 * time (the LSA sees to that); who it is for is kept in it, never in the credential. */
#ifndef OPENSSPI_NTLM_CONTEXT_H
#define OPENSSPI_NTLM_CONTEXT_H

#include <ntsecpkg.h>

#include "base/counted.h"
#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/session.h"

#define NTLM_USER_MAX 256   /* characters */
#define NTLM_DOMAIN_MAX 255 /* a DNS name fits */

struct ntlm_credential {
	struct counted counted;
	uint32_t use;	 /* SECPKG_CRED_ */
	bool is_default; /* whoever is signed in: no identity was given */
	bool is_nobody;	 /* an identity of nothing: an anonymous one */
	bool is_session; /* whoever that logon session is for, which is not the caller's own */
	LUID session;
	struct ntlm_text domain, user;
	struct secret *nt_hash; /* NULL: there is no password to use */
	struct secret *lm_hash; /* NULL: unless policy has a use for it and the password has one */
};

struct ntlm_local;

enum ntlm_state {
	NTLM_STATE_NEGOTIATED, /* client: waits for CHALLENGE */
	NTLM_STATE_CHALLENGED, /* server: waits for AUTHENTICATE */
	NTLM_STATE_ESTABLISHED,
	NTLM_STATE_REFUSED
};

struct ntlm_context {
	struct counted counted;
	enum ntlm_state state;
	bool server;
	uint32_t requirements; /* of the first call */
	uint32_t flags;	       /* client: asked for; server: offered in CHALLENGE */
	uint32_t level;	       /* client: LmCompatibilityLevel */
	bool datagram, null_session;
	struct ntlm_credential *credential;
	struct wr negotiate, challenge; /* as sent or received, for the MIC */
	uint8_t server_challenge[NTLM_CHALLENGE_LEN];
	bool has_bindings;
	uint8_t bindings[AV_BINDINGS_LEN];
	struct ntlm_text target;  /* client: the SPN it was given */
	struct ntlm_local *local; /* both ends are in this LSA; NULL else (packages/ntlm/local.h) */
	struct ntlm_session session;
};

MUST_CHECK struct ntlm_credential *ntlm_credential_new(uint32_t use);
DEFINE_COUNTED(struct ntlm_credential, ntlm_credential)

MUST_CHECK struct ntlm_context *ntlm_context_new(bool server, struct ntlm_credential *credential);
DEFINE_COUNTED(struct ntlm_context, ntlm_context)

/* Takes SECBUFFER_CHANNEL_BINDINGS out of the input, if there is one: its MD5 in the form of
 * RFC 4121 4.1.1.2. False when its offsets are not right. */
MUST_CHECK bool ntlm_context_take_bindings(struct ntlm_context *c, const SecBufferDesc *in);

#endif
