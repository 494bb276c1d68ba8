/* packages/kerberos/lsa.h - the LSA half's entry points and what its files share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_LSA_H
#define OPENSSPI_KERBEROS_LSA_H

#include "packages/kerberos/context.h"

/* The services of the LSA, from SpInitialize on, and this package's id. */
const struct compose_host *kerberos_host(void);
ULONG kerberos_id(void);

/* The Kerberos module, loaded by the first who asks. SEC_E_SECPKG_NOT_FOUND without it. */
MUST_CHECK NTSTATUS kerberos_krb(const struct krb_ops **out);

/* Passes on a failure of krb_ops, with what it had to say for people. */
NTSTATUS kerberos_failed(const struct krb_ops *ops, NTSTATUS status);

/* ---- credentials.c ---- */

/* What AcquireCredentialsHandle is asked for. */
struct kerberos_asked {
	uint32_t use;
	const UNICODE_STRING *principal;
	const LUID *logon; /* NULL: the caller's */
	void *auth;	   /* an identity's block, or NULL */
};

/* Statuses of AcquireCredentialsHandle. `expiry`: UTC FILETIME, CLOCK_NEVER when nobody knows. */
MUST_CHECK NTSTATUS kerberos_credential_make(const struct kerberos_asked *asked,
					     struct kerberos_credential **out, int64_t *expiry);

/* Whose tickets a client uses for that target (UTF-8 and as it was given), the caller's to release: the
 * identity's or session's own; else the credential saved for the target, the caller's ticket cache, the
 * default identity, each passed over only when it is absent. SEC_E_NO_CREDENTIALS without any. */
MUST_CHECK NTSTATUS kerberos_credential_for(struct kerberos_credential *c,
					    const UNICODE_STRING *target,
					    struct krb_credential **out);

/* The caller's ticket cache alone, or with none its client's key. Of a caller elsewhere it is what that one shows
 * for the target (NULL: the default cache), and `c` (may be NULL) keeps it. SEC_E_NO_CREDENTIALS. */
MUST_CHECK NTSTATUS kerberos_cache_of_caller(struct kerberos_credential *c,
					     const UNICODE_STRING *target,
					     struct krb_credential **out);

void kerberos_kept_free(struct kerberos_kept *list);
MUST_CHECK bool kerberos_guard_forks(void);

/* ---- legs ---- */

/* One call of InitLsaModeContext or AcceptLsaModeContext. */
struct kerberos_leg {
	struct kerberos_context *context;
	const UNICODE_STRING *target;
	uint32_t requirements;
	const SecBufferDesc *in;
	struct rd token;
	struct wr out; /* what goes to the peer, also of a leg that failed */
};

/* SEC_I_CONTINUE_NEEDED, SEC_E_OK with the context established, and refusals. */
MUST_CHECK NTSTATUS kerberos_client_leg(struct kerberos_leg *leg);
MUST_CHECK NTSTATUS kerberos_server_leg(struct kerberos_leg *leg);

/* What both roles share: a step of krb_ops, and after the last the session. */
MUST_CHECK NTSTATUS kerberos_leg_step(struct kerberos_leg *leg, const struct krb_ops *ops);

/* ISC_RET_ or ASC_RET_ for what was asked for and has been agreed. */
uint32_t kerberos_client_attributes(uint32_t requirements, uint32_t flags);
uint32_t kerberos_server_attributes(uint32_t requirements, uint32_t flags);

/* ---- the entry points of SECPKG_FUNCTION_TABLE ---- */

extern SpInitializeFn kerberos_sp_initialize;
extern SpShutdownFn kerberos_sp_shutdown;
extern SpGetInfoFn kerberos_sp_get_info;
extern SpGetExtendedInformationFn kerberos_sp_get_extended_information;
extern SpAcquireCredentialsHandleFn kerberos_sp_acquire_credentials;
extern SpAcceptCredentialsFn kerberos_sp_accept_credentials;
extern SpFreeCredentialsHandleFn kerberos_sp_free_credentials;
extern SpQueryCredentialsAttributesFn kerberos_sp_query_credentials;
extern SpInitLsaModeContextFn kerberos_sp_init_context;
extern SpAcceptLsaModeContextFn kerberos_sp_accept_context;
extern SpDeleteContextFn kerberos_sp_delete_context;
extern SpQueryContextAttributesFn kerberos_sp_query_context;
extern LSA_AP_CALL_PACKAGE kerberos_ap_call_package;
extern LSA_AP_LOGON_USER_EX2 kerberos_ap_logon_user;
extern LSA_AP_LOGON_TERMINATED kerberos_ap_logon_terminated;

#endif
