/* packages/kerberos/package.c - Kerberos' tables and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/describe.h"
#include "packages/kerberos/lsa.h"
#include "packages/kerberos/package.h"
#include "packages/kerberos/user.h"

#define RPC_ID_KERBEROS 16

static WCHAR package_name[] = OPENSSPI_WIDE("Kerberos");
static WCHAR package_comment[] = OPENSSPI_WIDE("Kerberos Security Package");

/* Windows' own list without what concerns app containers, Credential Guard and loopback. */
static const SecPkgInfoW package_info = {
	.fCapabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_TOKEN_ONLY |
			 SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
			 SECPKG_FLAG_EXTENDED_ERROR | SECPKG_FLAG_IMPERSONATION |
			 SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_NEGOTIABLE |
			 SECPKG_FLAG_GSS_COMPATIBLE | SECPKG_FLAG_LOGON | SECPKG_FLAG_MUTUAL_AUTH |
			 SECPKG_FLAG_DELEGATION | SECPKG_FLAG_READONLY_WITH_CHECKSUM |
			 SECPKG_FLAG_RESTRICTED_TOKENS,
	.wVersion = 1,
	.wRPCID = RPC_ID_KERBEROS,
	.cbMaxToken = KERBEROS_MAX_TOKEN,
	.Name = package_name,
	.Comment = package_comment,
};

const SecPkgInfoW *kerberos_package_info(void)
{
	return &package_info;
}

static SECPKG_FUNCTION_TABLE lsa_table = {
	.LogonTerminated = kerberos_ap_logon_terminated,
	.CallPackage = kerberos_ap_call_package,
	.CallPackageUntrusted = kerberos_ap_call_package,
	.LogonUserEx2 = kerberos_ap_logon_user,
	.Initialize = kerberos_sp_initialize,
	.Shutdown = kerberos_sp_shutdown,
	.GetInfo = kerberos_sp_get_info,
	.AcceptCredentials = kerberos_sp_accept_credentials,
	.AcquireCredentialsHandle = kerberos_sp_acquire_credentials,
	.QueryCredentialsAttributes = kerberos_sp_query_credentials,
	.FreeCredentialsHandle = kerberos_sp_free_credentials,
	.InitLsaModeContext = kerberos_sp_init_context,
	.AcceptLsaModeContext = kerberos_sp_accept_context,
	.DeleteContext = kerberos_sp_delete_context,
	.GetExtendedInformation = kerberos_sp_get_extended_information,
	.QueryContextAttributes = kerberos_sp_query_context,
};

static SECPKG_USER_FUNCTION_TABLE user_table = {
	.InstanceInit = kerberos_user_instance_init,
	.InitUserModeContext = kerberos_user_init_context,
	.MakeSignature = kerberos_user_make_signature,
	.VerifySignature = kerberos_user_verify_signature,
	.SealMessage = kerberos_user_seal_message,
	.UnsealMessage = kerberos_user_unseal_message,
	.GetContextToken = kerberos_user_get_context_token,
	.CompleteAuthToken = kerberos_user_complete_token,
	.QueryContextAttributes = kerberos_user_query_context,
	.DeleteUserModeContext = kerberos_user_delete_context,
	.ExportContext = kerberos_user_export_context,
	.ImportContext = kerberos_user_import_context,
};

const struct package_module kerberos_module = {
	.name = "kerberos",
	.lsa = &lsa_table,
	.lsa_count = 1,
	.user = &user_table,
	.user_count = 1,
	.describe = kerberos_describe,
};
