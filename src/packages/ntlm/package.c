/* packages/ntlm/package.c - NTLM's tables and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/ntlm/describe.h"
#include "packages/ntlm/logon.h"
#include "packages/ntlm/lsa.h"
#include "packages/ntlm/package.h"

#define RPC_ID_WINNT 10

static WCHAR package_name[] = OPENSSPI_WIDE("NTLM");
static WCHAR package_comment[] = OPENSSPI_WIDE("NTLM Security Package");

static const SecPkgInfoW package_info = {
	.fCapabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_TOKEN_ONLY |
			 SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
			 SECPKG_FLAG_IMPERSONATION | SECPKG_FLAG_ACCEPT_WIN32_NAME |
			 SECPKG_FLAG_NEGOTIABLE | SECPKG_FLAG_LOGON | SECPKG_FLAG_RESTRICTED_TOKENS,
	.wVersion = 1,
	.wRPCID = RPC_ID_WINNT,
	.cbMaxToken = NTLM_MAX_TOKEN,
	.Name = package_name,
	.Comment = package_comment,
};

const SecPkgInfoW *ntlm_package_info(void)
{
	return &package_info;
}

static SECPKG_FUNCTION_TABLE lsa_table = {
	.CallPackage = ntlm_ap_call_package,
	.CallPackageUntrusted = ntlm_ap_call_package,
	.LogonUserEx2 = ntlm_ap_logon_user,
	.Initialize = ntlm_sp_initialize,
	.Shutdown = ntlm_sp_shutdown,
	.GetInfo = ntlm_sp_get_info,
	.AcceptCredentials = ntlm_sp_accept_credentials,
	.AcquireCredentialsHandle = ntlm_sp_acquire_credentials,
	.QueryCredentialsAttributes = ntlm_sp_query_credentials,
	.FreeCredentialsHandle = ntlm_sp_free_credentials,
	.InitLsaModeContext = ntlm_sp_init_context,
	.AcceptLsaModeContext = ntlm_sp_accept_context,
	.DeleteContext = ntlm_sp_delete_context,
	.GetExtendedInformation = ntlm_sp_get_extended_information,
	.QueryContextAttributes = ntlm_sp_query_context,
};

static SECPKG_USER_FUNCTION_TABLE user_table = {
	.InstanceInit = ntlm_user_instance_init,
	.InitUserModeContext = ntlm_user_init_context,
	.MakeSignature = ntlm_user_make_signature,
	.VerifySignature = ntlm_user_verify_signature,
	.SealMessage = ntlm_user_seal_message,
	.UnsealMessage = ntlm_user_unseal_message,
	.GetContextToken = ntlm_user_get_context_token,
	.CompleteAuthToken = ntlm_user_complete_token,
	.QueryContextAttributes = ntlm_user_query_context,
	.DeleteUserModeContext = ntlm_user_delete_context,
	.ExportContext = ntlm_user_export_context,
	.ImportContext = ntlm_user_import_context,
};

const struct package_module ntlm_module = {
	.name = "ntlm",
	.lsa = &lsa_table,
	.lsa_count = 1,
	.user = &user_table,
	.user_count = 1,
	.describe = ntlm_describe,
};
