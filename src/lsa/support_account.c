/* lsa/support_account.c - the account database's services: there is no SAM behind them here.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Packages sign users in by OPENSSPI_LSA_EXTENSION.AuthenticateNtlm, which tells no secret. */
#include "base/base.h"

#include "lsa/support.h"

static NTSTATUS NTAPI open_sam_user(PSECURITY_STRING name, SECPKG_NAME_TYPE type,
				    PSECURITY_STRING prefix, BOOLEAN allow_guest, ULONG reserved,
				    PVOID *user)
{
	(void)allow_guest;
	(void)reserved;
	if (!name || !user || (type == SecNameAlternateId && !prefix))
		return fail(STATUS_INVALID_PARAMETER, "OpenSamUser");
	return fail(STATUS_NO_SUCH_USER, "OpenSamUser");
}

static NTSTATUS NTAPI get_user_credentials(PVOID user, PVOID *primary, PULONG primary_size,
					   PVOID *supplemental, PULONG supplemental_size)
{
	(void)user;
	(void)primary;
	(void)primary_size;
	(void)supplemental;
	(void)supplemental_size;
	return fail(STATUS_NOT_SUPPORTED, "GetUserCredentials");
}

static NTSTATUS NTAPI get_user_auth_data(PVOID user, PUCHAR *data, PULONG size)
{
	(void)user;
	(void)data;
	(void)size;
	return fail(STATUS_NOT_SUPPORTED, "GetUserAuthData");
}

static NTSTATUS NTAPI close_sam_user(PVOID user)
{
	(void)user;
	return fail(STATUS_NOT_SUPPORTED, "CloseSamUser");
}

static NTSTATUS NTAPI get_auth_data_for_user(PSECURITY_STRING name, SECPKG_NAME_TYPE type,
					     PSECURITY_STRING prefix, PUCHAR *data, PULONG size,
					     PUNICODE_STRING flat_name)
{
	(void)data;
	(void)size;
	(void)flat_name;
	if (!name || (type == SecNameAlternateId && !prefix))
		return fail(STATUS_INVALID_PARAMETER, "GetAuthDataForUser");
	return fail(STATUS_NO_SUCH_USER, "GetAuthDataForUser");
}

static NTSTATUS NTAPI convert_auth_data_to_token(PVOID data, ULONG size,
						 SECURITY_IMPERSONATION_LEVEL level,
						 PTOKEN_SOURCE source, SECURITY_LOGON_TYPE type,
						 PUNICODE_STRING authority, PHANDLE token,
						 PLUID logon, PUNICODE_STRING account,
						 PNTSTATUS sub_status)
{
	(void)data;
	(void)size;
	(void)level;
	(void)source;
	(void)type;
	(void)authority;
	(void)token;
	(void)logon;
	(void)account;
	(void)sub_status;
	return fail(STATUS_NOT_SUPPORTED, "ConvertAuthDataToToken");
}

static NTSTATUS NTAPI expand_auth_data(PUCHAR data, ULONG size, PVOID reserved, PUCHAR *expanded,
				       PULONG expanded_size)
{
	(void)data;
	(void)size;
	(void)reserved;
	(void)expanded;
	(void)expanded_size;
	return fail(STATUS_NOT_SUPPORTED, "ExpandAuthDataForDomain");
}

static NTSTATUS NTAPI crack_single_name(ULONG offered, BOOLEAN at_catalog, PUNICODE_STRING name,
					PUNICODE_STRING prefix, ULONG requested,
					PUNICODE_STRING cracked, PUNICODE_STRING domain,
					PULONG sub_status)
{
	(void)offered;
	(void)at_catalog;
	(void)name;
	(void)prefix;
	(void)requested;
	(void)cracked;
	(void)domain;
	(void)sub_status;
	return fail(STATUS_NOT_SUPPORTED, "CrackSingleName");
}

static NTSTATUS NTAPI get_service_account_password(PUNICODE_STRING account, PUNICODE_STRING domain,
						   CRED_FETCH fetch, FILETIME *expiry,
						   PUNICODE_STRING current,
						   PUNICODE_STRING previous, FILETIME *valid_from)
{
	(void)account;
	(void)domain;
	(void)fetch;
	(void)expiry;
	(void)current;
	(void)previous;
	(void)valid_from;
	return fail(STATUS_NOT_SUPPORTED, "GetServiceAccountPassword");
}

void support_account_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->OpenSamUser = open_sam_user;
	t->GetUserCredentials = get_user_credentials;
	t->GetUserAuthData = get_user_auth_data;
	t->CloseSamUser = close_sam_user;
	t->GetAuthDataForUser = get_auth_data_for_user;
	t->ConvertAuthDataToToken = convert_auth_data_to_token;
	t->ExpandAuthDataForDomain = expand_auth_data;
	t->CrackSingleName = crack_single_name;
	t->GetServiceAccountPassword = get_service_account_password;
}
