/* sspi/identity_target.c - identities and the Credential Manager: targets, types, prompting.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincred.h>

#include "base/block.h"
#include "base/utf.h"
#include "sspi/identity.h"
#include "sspi/packages.h"
#include "sspi/status.h"
#include "sspi/text.h"

/* ---- CredRead and CredWrite ---- */

/* DOMAIN\user, or the user alone. */
static WCHAR *account_text(const struct identity_view *view)
{
	size_t domain = view->domain.n ? view->domain.n + sizeof(WCHAR) : 0;
	uint8_t *text = block_alloc(domain + view->user.n + sizeof(WCHAR));

	if (!text)
		return NULL;
	if (domain) {
		memcpy(text, view->domain.p, view->domain.n);
		memcpy(text + view->domain.n, &(WCHAR){ '\\' }, sizeof(WCHAR));
	}
	if (view->user.n)
		memcpy(text + domain, view->user.p, view->user.n);
	return (WCHAR *)(void *)text;
}

static WCHAR *target_text(PCWSTR target)
{
	return block_dup(target, (utf16_len(target) + 1) * sizeof(*target));
}

SECURITY_STATUS SEC_ENTRY SspiPrepareForCredRead(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth,
						 PCWSTR target, PULONG type, PCWSTR *cred_target)
{
	CLEANUP(identity_done) struct identity id = { .sealed = false };

	if (!auth || !target || !type || !cred_target)
		return SEC_E_INVALID_PARAMETER;
	NTSTATUS status = identity_load(auth, &id);
	if (status != SEC_E_OK)
		return security_status(status);
	WCHAR *text = target_text(target);
	if (!text)
		return SEC_E_INSUFFICIENT_MEMORY;
	*type = CRED_TYPE_DOMAIN_PASSWORD;
	*cred_target = text;
	return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY SspiPrepareForCredWrite(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth,
						  PCWSTR target, PULONG type, PCWSTR *cred_target,
						  PCWSTR *user, PUCHAR *blob, PULONG blob_size)
{
	CLEANUP(identity_done) struct identity id = { .sealed = false };

	if (!auth || !type || !cred_target || !user || !blob || !blob_size)
		return SEC_E_INVALID_PARAMETER;
	NTSTATUS status = identity_load(auth, &id);
	if (status != SEC_E_OK)
		return security_status(status);
	if (id.view.user.n == 0)
		return SEC_E_UNKNOWN_CREDENTIALS;
	CLEANUP(block_free_p) void *account = account_text(&id.view);
	CLEANUP(block_free_p) void *where = target ? target_text(target) : account_text(&id.view);
	CLEANUP(block_free_p) void *secret = block_dup(id.view.password.p, id.view.password.n);
	if (!account || !where || !secret)
		return SEC_E_INSUFFICIENT_MEMORY;
	*type = CRED_TYPE_DOMAIN_PASSWORD;
	*cred_target = TAKE(where);
	*user = TAKE(account);
	*blob_size = (ULONG)id.view.password.n;
	*blob = TAKE(secret);
	return SEC_E_OK;
}

/* ---- names of targets ---- */

/* The host in "class/host:port/name", "host:port" or "class/[address]:port". */
static struct rd host_of(PCWSTR target)
{
	const WCHAR *p = target, *end = target + utf16_len(target), *stop;

	for (const WCHAR *slash = p; slash < end; slash++) {
		if (*slash != '/')
			continue;
		p = slash + 1;
		break;
	}
	WCHAR last = p < end && *p == '[' ? ']' : ':';
	p += last == ']';
	for (stop = p; stop < end && *stop != last && *stop != '/';)
		stop++;
	/* More colons, and it is an address without brackets. */
	for (const WCHAR *more = stop + 1; last == ':' && stop < end && more < end; more++)
		if (*more == ':')
			stop = end;
	return rd_of(p, (size_t)(stop - p) * sizeof(*p));
}

SECURITY_STATUS SEC_ENTRY SspiGetTargetHostName(PCWSTR target, PWSTR *host)
{
	if (!target || !host)
		return SEC_E_INVALID_PARAMETER;
	struct rd found = host_of(target);
	if (found.n == 0)
		return SEC_E_TARGET_UNKNOWN;
	WCHAR *text = identity_text(found);
	if (!text)
		return SEC_E_INSUFFICIENT_MEMORY;
	*host = text;
	return SEC_E_OK;
}

/* ---- prompting ---- */

/* What other credentials may cure, as NTSTATUS, SECURITY_STATUS or Win32 error. */
BOOLEAN SEC_ENTRY SspiIsPromptingNeeded(ULONG status)
{
	static const uint32_t curable[] = {
		(uint32_t)SEC_E_LOGON_DENIED,
		(uint32_t)SEC_E_NO_CREDENTIALS,
		(uint32_t)SEC_E_UNKNOWN_CREDENTIALS,
		(uint32_t)SEC_E_NOT_OWNER,
		(uint32_t)STATUS_LOGON_FAILURE,
		(uint32_t)STATUS_WRONG_PASSWORD,
		(uint32_t)STATUS_NO_SUCH_USER,
		(uint32_t)STATUS_NO_SUCH_LOGON_SESSION,
		(uint32_t)STATUS_ACCOUNT_RESTRICTION,
		(uint32_t)STATUS_PASSWORD_EXPIRED,
		(uint32_t)STATUS_PASSWORD_MUST_CHANGE,
		(uint32_t)STATUS_DOWNGRADE_DETECTED,
		ERROR_INVALID_PASSWORD,
		ERROR_DOWNGRADE_DETECTED,
		ERROR_NO_SUCH_LOGON_SESSION,
		ERROR_NO_SUCH_USER,
		ERROR_WRONG_PASSWORD,
		ERROR_LOGON_FAILURE,
		ERROR_ACCOUNT_RESTRICTION,
		ERROR_PASSWORD_EXPIRED,
		ERROR_PASSWORD_MUST_CHANGE,
	};
	for (size_t i = 0; i < ARRAY_LEN(curable); i++)
		if (curable[i] == status)
			return TRUE;
	return FALSE;
}

static ULONG prompt(PCWSTR target, PCWSTR package)
{
	const struct package_record *record;
	struct ipc_text name;

	if (!target)
		return ERROR_INVALID_PARAMETER;
	if (!package || !text_of(package, &name) || failed(package_by_name(name, &record)))
		return ERROR_NO_SUCH_PACKAGE;
	return ERROR_NOT_SUPPORTED;
}

ULONG SEC_ENTRY SspiPromptForCredentialsW(PCWSTR target, PVOID ui, ULONG error, PCWSTR package,
					  PSEC_WINNT_AUTH_IDENTITY_OPAQUE in,
					  PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out, int *save,
					  ULONG flags)
{
	(void)ui;
	(void)error;
	(void)in;
	(void)out;
	(void)save;
	(void)flags;
	return prompt(target, package);
}

ULONG SEC_ENTRY SspiPromptForCredentialsA(PCSTR target, PVOID ui, ULONG error, PCSTR package,
					  PSEC_WINNT_AUTH_IDENTITY_OPAQUE in,
					  PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out, int *save,
					  ULONG flags)
{
	CLEANUP(mem_free_p) WCHAR *wide_target = NULL, *wide_package = NULL;

	SECURITY_STATUS status = wide_from_ansi(target, &wide_target);
	if (status == SEC_E_OK)
		status = wide_from_ansi(package, &wide_package);
	if (status != SEC_E_OK)
		return status == SEC_E_INSUFFICIENT_MEMORY ? ERROR_NOT_ENOUGH_MEMORY
							   : ERROR_INVALID_PARAMETER;
	return SspiPromptForCredentialsW(wide_target, ui, error, wide_package, in, out, save,
					 flags);
}

/* There are no credential providers whose contexts these could be. */
SECURITY_STATUS SEC_ENTRY SspiGetCredUIContext(HANDLE context, GUID *type, LUID *logon,
					       PSEC_WINNT_CREDUI_CONTEXT_VECTOR *contexts,
					       HANDLE *token)
{
	(void)context;
	(void)type;
	(void)logon;
	(void)contexts;
	(void)token;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS SEC_ENTRY SspiUpdateCredentials(HANDLE context, GUID *type, ULONG length,
						PUCHAR flat)
{
	(void)context;
	(void)type;
	(void)length;
	(void)flat;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS SEC_ENTRY SspiUnmarshalCredUIContext(PUCHAR marshaled, ULONG length,
						     PSEC_WINNT_CREDUI_CONTEXT *context)
{
	(void)marshaled;
	(void)length;
	(void)context;
	return SEC_E_UNSUPPORTED_FUNCTION;
}
