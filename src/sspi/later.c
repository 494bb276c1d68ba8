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

static SECURITY_STATUS credential_cannot(PCredHandle handle)
{
	uint64_t number;
	return credential_number(handle, &number) ? SEC_E_UNSUPPORTED_FUNCTION :
						    SEC_E_INVALID_HANDLE;
}

SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle handle)
{
	return context_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle handle)
{
	return context_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle handle, HANDLE *token)
{
	(void)token;
	return context_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle handle, ULONG flags, PSecBuffer packed,
						void **token)
{
	(void)flags;
	(void)packed;
	(void)token;
	return context_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(SEC_WCHAR *package, PSecBuffer packed, void *token,
						 PCtxtHandle handle)
{
	(void)package;
	(void)packed;
	(void)token;
	(void)handle;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(SEC_CHAR *package, PSecBuffer packed, void *token,
						 PCtxtHandle handle)
{
	(void)package;
	return ImportSecurityContextW(NULL, packed, token, handle);
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

SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle handle, ULONG attribute, void *buffer,
						ULONG size)
{
	(void)attribute;
	(void)buffer;
	(void)size;
	return context_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle handle, ULONG attribute, void *buffer,
						ULONG size)
{
	return SetContextAttributesW(handle, attribute, buffer, size);
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle handle, ULONG attribute,
						    void *buffer, ULONG size)
{
	(void)attribute;
	(void)buffer;
	(void)size;
	return credential_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle handle, ULONG attribute,
						    void *buffer, ULONG size)
{
	return SetCredentialsAttributesW(handle, attribute, buffer, size);
}

SECURITY_STATUS SEC_ENTRY AddCredentialsW(PCredHandle handle, SEC_WCHAR *principal,
					  SEC_WCHAR *package, ULONG use, void *auth,
					  SEC_GET_KEY_FN get_key, void *get_key_argument,
					  PTimeStamp expiry)
{
	(void)principal;
	(void)package;
	(void)use;
	(void)auth;
	(void)get_key;
	(void)get_key_argument;
	(void)expiry;
	return credential_cannot(handle);
}

SECURITY_STATUS SEC_ENTRY AddCredentialsA(PCredHandle handle, SEC_CHAR *principal,
					  SEC_CHAR *package, ULONG use, void *auth,
					  SEC_GET_KEY_FN get_key, void *get_key_argument,
					  PTimeStamp expiry)
{
	(void)principal;
	(void)package;
	return AddCredentialsW(handle, NULL, NULL, use, auth, get_key, get_key_argument, expiry);
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
