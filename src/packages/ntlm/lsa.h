/* packages/ntlm/lsa.h - the LSA half's entry points and what its files share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_LSA_H
#define OPENSSPI_NTLM_LSA_H

#include <ntsecpkg.h>
#include <opensspi.h>

#include "packages/compose.h"
#include "packages/ntlm/context.h"

/* The services of the LSA, from SpInitialize on. */
const struct compose_host *ntlm_host(void);

static inline struct rd ntlm_unicode_bytes(const UNICODE_STRING *s)
{
	return rd_of(s->Buffer, s->Length);
}

/* The name of whoever calls, of this machine. SEC_E_NO_CREDENTIALS when the host does not tell. */
MUST_CHECK NTSTATUS ntlm_caller_names(struct ntlm_text *domain, struct ntlm_text *user);

/* Reads an identity block into a credential. SEC_E_UNKNOWN_CREDENTIALS, SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS ntlm_credential_fill(struct ntlm_credential *c, struct rd block);

/* What a client without an identity uses for that target: the one saved for it, else the default one.
 * *out NULL: there is none, or the credential has an identity. SEC_E_INSUFFICIENT_MEMORY, or what is wrong
 * with what is saved. */
MUST_CHECK NTSTATUS ntlm_credential_for(const struct ntlm_credential *asked,
					const UNICODE_STRING *target, struct ntlm_credential **out);

/* A policy value; `safest` when the host has none. */
uint32_t ntlm_policy(uint32_t number, uint32_t safest);

/* One call of InitLsaModeContext or AcceptLsaModeContext. `context` is NULL on the first: the leg
 * then makes one, and leaves it in place only if it succeeds. */
struct ntlm_leg {
	struct ntlm_credential *credential; /* the leg's own reference */
	struct ntlm_context *context;	    /* the leg's own reference */
	const UNICODE_STRING *target;
	uint32_t requirements;
	const SecBufferDesc *in;
	SecBufferDesc *out;
	struct rd token;     /* SECBUFFER_TOKEN of the input */
	uint32_t attributes; /* to be returned */
};

/* The four legs: SEC_I_CONTINUE_NEEDED or SEC_E_OK, and their refusals. */
MUST_CHECK NTSTATUS ntlm_client_begin(struct ntlm_leg *leg);
MUST_CHECK NTSTATUS ntlm_client_answer(struct ntlm_leg *leg);
MUST_CHECK NTSTATUS ntlm_server_begin(struct ntlm_leg *leg);
MUST_CHECK NTSTATUS ntlm_server_finish(struct ntlm_leg *leg);

/* Puts a token into the output's SECBUFFER_TOKEN: LSA heap when ISC_REQ_ALLOCATE_MEMORY (the same
 * bit for both roles) was asked for, else the caller's room. When it fails nothing changes but
 * cbBuffer, which with SEC_E_BUFFER_TOO_SMALL says what it takes. */
MUST_CHECK NTSTATUS ntlm_leg_give(struct ntlm_leg *leg, struct rd token);

/* Says that there is no token. */
void ntlm_leg_give_nothing(struct ntlm_leg *leg);

/* A server's challenge or a client's AUTHENTICATE is refused when sessions are to be protected and
 * `flags` lack what the policy insists on. */
MUST_CHECK bool ntlm_flags_suffice(uint32_t flags, uint32_t policy_number);

/* The entry points of SECPKG_FUNCTION_TABLE. */
extern SpInitializeFn ntlm_sp_initialize;
extern SpShutdownFn ntlm_sp_shutdown;
extern SpGetInfoFn ntlm_sp_get_info;
extern SpGetExtendedInformationFn ntlm_sp_get_extended_information;
extern SpAcquireCredentialsHandleFn ntlm_sp_acquire_credentials;
extern SpFreeCredentialsHandleFn ntlm_sp_free_credentials;
extern SpQueryCredentialsAttributesFn ntlm_sp_query_credentials;
extern SpInitLsaModeContextFn ntlm_sp_init_context;
extern SpAcceptLsaModeContextFn ntlm_sp_accept_context;
extern SpDeleteContextFn ntlm_sp_delete_context;
extern SpQueryContextAttributesFn ntlm_sp_query_context;

/* The entry points of SECPKG_USER_FUNCTION_TABLE. */
extern SpInstanceInitFn ntlm_user_instance_init;
extern SpInitUserModeContextFn ntlm_user_init_context;
extern SpMakeSignatureFn ntlm_user_make_signature;
extern SpVerifySignatureFn ntlm_user_verify_signature;
extern SpSealMessageFn ntlm_user_seal_message;
extern SpUnsealMessageFn ntlm_user_unseal_message;
extern SpGetContextTokenFn ntlm_user_get_context_token;
extern SpCompleteAuthTokenFn ntlm_user_complete_token;
extern SpQueryContextAttributesFn ntlm_user_query_context;
extern SpDeleteContextFn ntlm_user_delete_context;
extern SpExportSecurityContextFn ntlm_user_export_context;
extern SpImportSecurityContextFn ntlm_user_import_context;

#endif
