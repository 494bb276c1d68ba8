/* ipc/acting.c - see ipc/acting.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/identity.h"
#include "ipc/acting.h"

/* The rows of credentials and of the vault stand side by side. */
static bool is_of_credential_set(enum call which)
{
	return which >= CALL_CRED_WRITE && which < CALL_POLICY_LIST;
}

/* The session's own credential, which the client's is not. A session that is named is the caller's choice. */
static bool is_default(const struct acquire_call *call)
{
	return call->use & SECPKG_CRED_OUTBOUND && !call->has_logon && !call->auth.n &&
	       !call->client_address;
}

NTSTATUS acting_check(enum call which, const void *request)
{
	if (!identity_is_assumed())
		return STATUS_SUCCESS;
	if (is_of_credential_set(which))
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "saved credentials of a client");
	if (which == CALL_ACQUIRE_CREDENTIALS && is_default(request))
		return fail(SEC_E_NO_CREDENTIALS, "credentials of a client");
	return STATUS_SUCCESS;
}
