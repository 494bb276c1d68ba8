/* sspi/token.c - impersonation and access tokens, of which Linux threads have none.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A server must not believe that it acts as its client: these fail, as Windows does when a client
 * cannot be impersonated. A package whose user-mode half makes tokens is asked for them. */
#include "base/base.h"

#include <sspi.h>

#include "ipc/reason.h"
#include "sspi/handles.h"
#include "sspi/status.h"

static SECURITY_STATUS impersonation(PCtxtHandle handle)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);
	call_reason_clear();
	return c && atomic_load(&c->ready) ? SEC_E_NO_IMPERSONATION : SEC_E_INVALID_HANDLE;
}

SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle handle)
{
	return impersonation(handle);
}

SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle handle)
{
	return impersonation(handle);
}

SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle handle, HANDLE *token)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);
	HANDLE made = NULL;

	call_reason_clear();
	if (!c || !atomic_load(&c->ready))
		return SEC_E_INVALID_HANDLE;
	if (!token)
		return SEC_E_INVALID_PARAMETER;
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);
	if (!user || !user->GetContextToken)
		return SEC_E_NO_IMPERSONATION;
	NTSTATUS status = user->GetContextToken(c->user_key, &made);
	if (failed(status))
		return security_status(status);
	if (!made)
		return SEC_E_NO_IMPERSONATION;
	*token = made;
	return SEC_E_OK;
}
