/* packages/negotiate/context.h - credentials and contexts of the LSA half.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A credential is one of each mechanism's, per role. A context holds one mechanism's context at a time;
 * once mapped, message protection is that mechanism's alone. */
#ifndef OPENSSPI_NEGOTIATE_CONTEXT_H
#define OPENSSPI_NEGOTIATE_CONTEXT_H

#include "base/counted.h"
#include "base/secret.h"
#include "base/text.h"
#include "packages/compose.h"
#include "packages/negotiate/mechs.h"

enum nego_role { NEGO_CLIENT, NEGO_SERVER, NEGO_ROLES };

/* Why there is no credential of a mechanism's. */
struct nego_passed {
	NTSTATUS status; /* 0: it was not asked for */
	char *words;	 /* NULL: nothing beyond the status */
};

struct nego_credential {
	struct counted counted;
	uint32_t use;		/* SECPKG_CRED_ */
	bool is_given;		/* an identity came with it */
	bool is_local;		/* of this machine's own account */
	bool insists_on_spnego; /* its PackageList names more than NTLM */
	int64_t expiry;
	WCHAR *name; /* DOMAIN\user, NUL-terminated block; NULL for default credentials */
	OPENSSPI_REACH_HANDLE of[NEGO_ROLES][NEGO_ROWS]; /* 0: not to be had */
	struct nego_passed passed[NEGO_ROLES][NEGO_ROWS];
	_Atomic(struct nego_credential *) added; /* by AddCredentials, the latest first */
};

enum nego_stage {
	NEGO_BEGINS, /* no token of the peer's that chose or offered mechanisms */
	NEGO_TALKS,
	NEGO_COMPLETE,
	NEGO_DEAD,
};

struct nego_context {
	struct counted counted;
	enum nego_stage stage;
	enum nego_role role;
	struct nego_credential *credential;
	uint32_t requirements; /* of this call */
	bool bare;	       /* no SPNEGO around the mechanism's tokens */
	bool hinted;	       /* server: NegTokenInit2 was sent */
	bool answered;	       /* the first NegTokenResp is sent or read */
	struct wr mech_list;   /* the MechTypeList as it was sent or received */
	enum spnego_mech chosen;
	enum nego_row row;	    /* whose context `inner` is */
	OPENSSPI_REACH_HANDLE used; /* the credential it began with, whatever is added later */
	bool moved; /* client: the server chose another one than was begun with; its list must be signed */
	bool mic_required, mic_sent, mic_verified;
	OPENSSPI_REACH_HANDLE inner;
	bool inner_complete;
	ULONG inner_attributes;
	int64_t expiry;
	bool maps;		 /* its messages may be protected */
	bool taken;		 /* and its keys have been given away */
	bool mic_mapped;	 /* as mic_verified was then */
	struct secret *bindings; /* SEC_CHANNEL_BINDINGS, for calls that do not bring them again */
	struct text why;	 /* no better mechanism was chosen */
	struct compose_held held;
};

MUST_CHECK struct nego_credential *nego_credential_new(uint32_t use);
DEFINE_COUNTED(struct nego_credential, nego_credential)

/* Takes its own reference to the credential. */
MUST_CHECK struct nego_context *nego_context_new(enum nego_role role,
						 struct nego_credential *credential);
DEFINE_COUNTED(struct nego_context, nego_context)

/* What is asked of AcquireCredentialsHandle and AddCredentials. */
struct nego_asked {
	uint32_t use;
	const void *auth; /* an identity's block, or NULL */
	LUID *logon;	  /* NULL: the caller's session */
	enum nego_row only;
};

/* Acquires what the mechanisms allow, or `only` one of them does (NEGO_NONE: all). When none is left:
 * STATUS_NTLM_BLOCKED if NTLM would be but for the policy, else the status of the best one that is
 * installed; SEC_E_NO_CREDENTIALS when no mechanism may be used. */
MUST_CHECK NTSTATUS nego_credential_make(const struct nego_asked *asked,
					 struct nego_credential **out);

/* Adds another one, which goes with `c`, and from now on before what was there. */
void nego_credential_add(struct nego_credential *c, struct nego_credential *more);

/* Adds why `row` has no credential in that role; nothing when it has. */
void nego_why_none(struct text *why, struct nego_credential *c, enum nego_role role,
		   enum nego_row row);

/* The one of those that has the mechanism's; NULL: none has. */
const struct nego_credential *nego_credential_with(struct nego_credential *c, enum nego_role role,
						   enum nego_row row);

/* A mechanism's credential in that role; 0 when there is none. */
OPENSSPI_REACH_HANDLE nego_credential_of(struct nego_credential *c, enum nego_role role,
					 enum nego_row row);

/* Answers QueryContextAttributes from the LSA. */
MUST_CHECK NTSTATUS nego_query_attribute(struct nego_context *c, ULONG attribute, void *buffer);

/* Does this call ask for the ticket to be sealed with a session key, not with the server's own? */
static inline bool nego_is_user_to_user(const struct nego_context *c)
{
	/* the same bit in both roles */
	return (c->requirements & ISC_REQ_USE_SESSION_KEY) != 0;
}

/* Why it is no better mechanism, UTF-8; empty when there is nothing to say. */
struct rd nego_reason(const struct nego_context *c);

/* As an attribute's answer. SEC_E_NO_CREDENTIALS for an empty one, SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS nego_reason_give(struct rd reason, OPENSSPI_NEGOTIATION_REASON *out);

/* How far a negotiation is: SECPKG_NEGOTIATION_. */
uint32_t nego_negotiation_state(const struct nego_context *c);

#endif
