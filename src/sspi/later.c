/* sspi/later.c - functions of the interface that no package here serves: handles are checked, no more.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * docs/windows-differences.md lists them. A and W forms differ in types alone, so both may answer. */
#include "base/base.h"

#include <sspi.h>

#include "sspi/handles.h"

static SECURITY_STATUS context_cannot(PCtxtHandle handle)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);
	return c ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_INVALID_HANDLE;
}

SECURITY_STATUS SEC_ENTRY DelegateSecurityContext(PCtxtHandle handle, SEC_CHAR *target,
						  SecDelegationType type, PTimeStamp expiry,
						  PSecBuffer parameters, PSecBufferDesc out)
{
	(void)target;
	(void)type;
	(void)expiry;
	(void)parameters;
	(void)out;
	return context_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(SEC_WCHAR *package, SEC_WCHAR *domain,
						 SEC_WCHAR *account, SEC_WCHAR *old_password,
						 SEC_WCHAR *new_password, BOOLEAN impersonating,
						 ULONG reserved, PSecBufferDesc out)
{
	(void)package;
	(void)domain;
	(void)account;
	(void)old_password;
	(void)new_password;
	(void)impersonating;
	(void)reserved;
	(void)out;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(SEC_CHAR *package, SEC_CHAR *domain,
						 SEC_CHAR *account, SEC_CHAR *old_password,
						 SEC_CHAR *new_password, BOOLEAN impersonating,
						 ULONG reserved, PSecBufferDesc out)
{
	(void)package;
	(void)domain;
	(void)account;
	(void)old_password;
	(void)new_password;
	return ChangeAccountPasswordW(NULL, NULL, NULL, NULL, NULL, impersonating, reserved, out);
}
