/* sspi/credentials.c - credential handles: acquire, ask, free.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "ipc/attributes.h"
#include "ipc/reason.h"
#include "ipc/tokensession.h"
#include "sspi/attribute.h"
#include "sspi/authdata.h"
#include "sspi/handles.h"
#include "sspi/packages.h"
#include "sspi/status.h"
#include "sspi/text.h"
#include "wire/authdata.h"

/* AuthData on its way: a block for formats known here, else the caller's address. */
struct auth {
	struct ipc_bytes block;
	uint64_t address;
};

static NTSTATUS auth_pack(const struct package_record *record, const void *auth, struct wr *block,
			  struct auth *out)
{
	*out = (struct auth){ .address = 0 };
	if (!auth)
		return STATUS_SUCCESS;
	if (record->auth_format == OPENSSPI_AUTH_DATA_OPAQUE) {
		out->address = (uintptr_t)auth;
		return STATUS_SUCCESS;
	}
	NTSTATUS status = authdata_pack(record->auth_format, auth, block);
	if (failed(status))
		return status;
	struct rd bytes = wr_view(block);
	out->block = (struct ipc_bytes){ .p = bytes.p, .n = (uint32_t)bytes.n };
	return STATUS_SUCCESS;
}

/* Credentials of a session whose tokens this process has keep it from ending. */
static NTSTATUS acquire_of_session(const struct acquire_call *call, struct acquire_reply *reply)
{
	struct token_use *use = NULL;

	NTSTATUS status = call->has_logon ? token_use_begin(&call->logon, &use) : STATUS_SUCCESS;
	if (!failed(status))
		status = facade_call(CALL_ACQUIRE_CREDENTIALS, call, reply);
	token_use_settle(use, failed(status) ? 0 : reply->credential);
	return status;
}

static NTSTATUS acquire(struct acquire_call *call, const void *auth, PCredHandle handle,
			PTimeStamp expiry)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	const struct package_record *record;
	struct acquire_reply reply = { 0 };
	struct auth packed;

	NTSTATUS status = package_by_name(call->package, &record);
	if (!failed(status))
		status = auth_pack(record, auth, &block, &packed);
	if (failed(status))
		return status;
	call->auth = packed.block;
	call->client_address = packed.address;
	status = acquire_of_session(call, &reply);
	if (failed(status))
		return status;
	*handle = credential_handle(reply.credential, reply.package);
	if (expiry)
		expiry->QuadPart = reply.expiry;
	return status;
}

/* pGetKeyFn and its argument are reserved; what they hold has no effect. */
SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleW(SEC_WCHAR *principal, SEC_WCHAR *package,
						    ULONG use, void *logon, void *auth,
						    SEC_GET_KEY_FN get_key, void *get_key_argument,
						    PCredHandle handle, PTimeStamp expiry)
{
	struct acquire_call call = { .use = use, .has_logon = logon != NULL };

	(void)get_key;
	(void)get_key_argument;
	call_reason_clear();
	if (!handle)
		return SEC_E_INVALID_HANDLE;
	if (!package)
		return SEC_E_INVALID_PARAMETER;
	if (!text_of(package, &call.package))
		return SEC_E_SECPKG_NOT_FOUND;
	if (principal && !text_of(principal, &call.principal))
		return SEC_E_UNKNOWN_CREDENTIALS;
	if (logon)
		memcpy(&call.logon, logon, sizeof(call.logon));
	return security_status(acquire(&call, auth, handle, expiry));
}

SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleA(SEC_CHAR *principal, SEC_CHAR *package,
						    ULONG use, void *logon, void *auth,
						    SEC_GET_KEY_FN get_key, void *get_key_argument,
						    PCredHandle handle, PTimeStamp expiry)
{
	CLEANUP(mem_free_p) WCHAR *wide_principal = NULL, *wide_package = NULL;

	call_reason_clear();
	SECURITY_STATUS status = wide_from_ansi(principal, &wide_principal);
	if (status == SEC_E_OK)
		status = wide_from_ansi(package, &wide_package);
	if (status != SEC_E_OK)
		return status;
	return AcquireCredentialsHandleW(wide_principal, wide_package, use, logon, auth, get_key,
					 get_key_argument, handle, expiry);
}

/* The handle's package takes them, so its format counts and not the named one's. */
static NTSTATUS add(struct add_credentials_call *call, uint32_t package, const void *auth,
		    PTimeStamp expiry)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	const struct package_record *record;
	struct add_credentials_reply reply = { 0 };
	struct auth packed;

	NTSTATUS status = package_by_id(package, &record);
	if (status == SEC_E_SECPKG_NOT_FOUND)
		return fail(SEC_E_INVALID_HANDLE, "adding credentials to a foreign handle");
	if (!failed(status))
		status = auth_pack(record, auth, &block, &packed);
	if (failed(status))
		return status;
	call->auth = packed.block;
	call->client_address = packed.address;
	status = facade_call(CALL_ADD_CREDENTIALS, call, &reply);
	if (!failed(status) && expiry)
		expiry->QuadPart = reply.expiry;
	return status;
}

SECURITY_STATUS SEC_ENTRY AddCredentialsW(PCredHandle handle, SEC_WCHAR *principal,
					  SEC_WCHAR *package, ULONG use, void *auth,
					  SEC_GET_KEY_FN get_key, void *get_key_argument,
					  PTimeStamp expiry)
{
	struct add_credentials_call call = { .use = use };

	(void)get_key;
	(void)get_key_argument;
	call_reason_clear();
	if (!credential_number(handle, &call.credential))
		return SEC_E_INVALID_HANDLE;
	if (!package)
		return SEC_E_INVALID_PARAMETER;
	if (!text_of(package, &call.package))
		return SEC_E_SECPKG_NOT_FOUND;
	if (principal && !text_of(principal, &call.principal))
		return SEC_E_UNKNOWN_CREDENTIALS;
	return security_status(add(&call, handle_package(handle), auth, expiry));
}

SECURITY_STATUS SEC_ENTRY AddCredentialsA(PCredHandle handle, SEC_CHAR *principal,
					  SEC_CHAR *package, ULONG use, void *auth,
					  SEC_GET_KEY_FN get_key, void *get_key_argument,
					  PTimeStamp expiry)
{
	CLEANUP(mem_free_p) WCHAR *wide_principal = NULL, *wide_package = NULL;

	call_reason_clear();
	SECURITY_STATUS status = wide_from_ansi(principal, &wide_principal);
	if (status == SEC_E_OK)
		status = wide_from_ansi(package, &wide_package);
	if (status != SEC_E_OK)
		return status;
	return AddCredentialsW(handle, wide_principal, wide_package, use, auth, get_key,
			       get_key_argument, expiry);
}

SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(PCredHandle handle)
{
	struct credential_call call;
	struct empty_reply reply = { 0 };

	if (!credential_number(handle, &call.credential)) {
		call_reason_clear();
		return SEC_E_INVALID_HANDLE;
	}
	NTSTATUS status = facade_call(CALL_FREE_CREDENTIALS, &call, &reply);
	token_use_end(call.credential);
	return security_status(status);
}

static SECURITY_STATUS query_credentials(PCredHandle handle, struct attribute_query query)
{
	struct query_credentials_call call = { .attribute = query.attribute };
	struct attribute_reply reply = { 0 };

	call_reason_clear();
	if (!credential_number(handle, &call.credential))
		return SEC_E_INVALID_HANDLE;
	query.attribute |= ATTRIBUTE_OF_CREDENTIALS;
	SECURITY_STATUS status = attribute_query_check(&query);
	if (status != SEC_E_OK)
		return status;
	NTSTATUS answer = facade_call(CALL_QUERY_CREDENTIALS, &call, &reply);
	if (!failed(answer))
		answer = attribute_deliver(&query, rd_of(reply.value.p, reply.value.n));
	call_reply_done(CALL_QUERY_CREDENTIALS, &reply);
	return security_status(answer);
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(PCredHandle handle, ULONG attribute,
						      void *buffer)
{
	return query_credentials(handle, ATTRIBUTE_QUERY(attribute, buffer, UINT32_MAX, false));
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(PCredHandle handle, ULONG attribute,
						      void *buffer)
{
	return query_credentials(handle, ATTRIBUTE_QUERY(attribute, buffer, UINT32_MAX, true));
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(PCredHandle handle, ULONG attribute,
							void *buffer, ULONG size)
{
	return query_credentials(handle, ATTRIBUTE_QUERY(attribute, buffer, size, false));
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(PCredHandle handle, ULONG attribute,
							void *buffer, ULONG size)
{
	return query_credentials(handle, ATTRIBUTE_QUERY(attribute, buffer, size, true));
}
