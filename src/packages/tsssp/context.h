/* packages/tsssp/context.h - what TSSSP keeps of a credential and of a conversation.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Both are counted and known outside by numbers of base/slots.h. A context belongs to one call at a
 * time; the LSA sees to that. */
#ifndef OPENSSPI_PACKAGES_TSSSP_CONTEXT_H
#define OPENSSPI_PACKAGES_TSSSP_CONTEXT_H

#include "base/counted.h"
#include "base/secret.h"
#include "packages/compose.h"
#include "packages/tsssp/binding.h"

struct ts_credential {
	struct counted counted;
	uint32_t use;		 /* SECPKG_CRED_* */
	struct secret *identity; /* the client's identity block; NULL: what the target calls for */
	bool names_nobody;	 /* that one holds a list of packages and nothing else */
	bool redirects; /* CREDSSP_FLAG_REDIRECT: nothing leaves that could be used again elsewhere */
	bool is_session; /* without an identity: that session's, which is not the caller's own */
	LUID session;
	OPENSSPI_REACH_HANDLE outbound, inbound; /* of the inner package; 0: none (yet) */
	int64_t expiry;
};

/* What a client hands over when the server has shown its key. */
enum ts_handover {
	TS_HANDOVER_NONE,	   /* empty credentials: Restricted Admin */
	TS_HANDOVER_REUSABLE,	   /* a password, or a card's PIN */
	TS_HANDOVER_GUARD,	   /* Remote Credential Guard's tickets and nothing else */
	TS_HANDOVER_GUARD_OR_NONE, /* those where they can be had */
};

enum ts_stage {
	TS_STAGE_NEGO,	/* the inner mechanism talks */
	TS_STAGE_BOUND, /* client: pubKeyAuth sent, the server's is awaited */
	TS_STAGE_CREDS, /* server: pubKeyAuth verified, authInfo is awaited */
	TS_STAGE_COMPLETE,
	TS_STAGE_DEAD,
};

struct ts_context {
	struct counted counted;
	enum ts_stage stage;
	bool server;
	uint32_t requirements; /* of the first call */
	uint32_t attributes;   /* what was reached, as flags of its role */
	struct ts_credential *credential;
	enum ts_handover handover; /* client */
	uint32_t class; /* client: OPENSSPI_DELEGATE_*, once it is known; 0: nothing leaves */
	struct secret *identity; /* client: the saved or default identity; NULL: the credential's */
	OPENSSPI_REACH_HANDLE
	outbound; /* client: that one's inner credential; 0: the credential's */
	OPENSSPI_REACH_HANDLE inner;
	bool inner_keyed, inner_complete;
	ULONG inner_attributes;
	uint32_t peer_version; /* as received, 0 before */
	uint32_t version;      /* in force: min(own, peer) */
	bool has_nonce;
	uint8_t nonce[TS_NONCE_LEN];
	uint8_t *key; /* the server's SubjectPublicKey */
	size_t key_len;
	bool key_is_sound; /* of a form that its algorithm has */
	bool guarded;	   /* client: see loop.h */
	uint64_t since;
	uint32_t server_auth; /* CREDSSP_SERVER_AUTH_* that the caller vouches for: see package.h */
	WCHAR *target;
	size_t target_n;
	struct secret *delegated; /* server: what arrived, packed as SECPKG_ATTR_CREDS_2 has it */
	struct secret *named;	  /* as SECPKG_ATTR_CREDS has it; NULL: alike */
	bool has_password;	  /* server: that is what arrived */
	LUID logon;		  /* its session, from when it is asked for */
	int64_t expiry; /* the credential's or the inner context's, whichever ends first */
	struct compose_held held; /* an answer that found no room yet */
};

/* Is it the LSA's own, saved or default, and not what the caller brought? */
static inline MUST_CHECK bool ts_class_is_kept(uint32_t class)
{
	return class == OPENSSPI_DELEGATE_SAVED || class == OPENSSPI_DELEGATE_DEFAULT;
}

MUST_CHECK struct ts_credential *ts_credential_new(uint32_t use);
MUST_CHECK struct ts_context *ts_context_new(bool server, struct ts_credential *credential);

DEFINE_COUNTED(struct ts_credential, ts_credential)
DEFINE_COUNTED(struct ts_context, ts_context)

#endif
