/* sspi/later.c - a function of the interface that no package here serves: its handle is checked, no more.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * docs/windows-differences.md lists it. */
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
