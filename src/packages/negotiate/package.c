/* packages/negotiate/package.c - Negotiate's tables and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/negotiate/lsa.h"
#include "packages/negotiate/package.h"

#define RPC_ID_GSS_NEGOTIATE 9

static WCHAR package_name[] = OPENSSPI_WIDE("Negotiate");
static WCHAR package_comment[] = OPENSSPI_WIDE("Microsoft Package Negotiator");

static const SecPkgInfoW package_info = {
	.fCapabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
			 SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_EXTENDED_ERROR |
			 SECPKG_FLAG_IMPERSONATION | SECPKG_FLAG_ACCEPT_WIN32_NAME |
			 SECPKG_FLAG_NEGOTIABLE | SECPKG_FLAG_GSS_COMPATIBLE | SECPKG_FLAG_LOGON |
			 SECPKG_FLAG_RESTRICTED_TOKENS | SECPKG_FLAG_APPCONTAINER_CHECKS,
	.wVersion = 1,
	.wRPCID = RPC_ID_GSS_NEGOTIATE,
	.cbMaxToken = SPNEGO_TOKEN_MAX,
	.Name = package_name,
	.Comment = package_comment,
};

const SecPkgInfoW *negotiate_package_info(void)
{
	return &package_info;
}

static SECPKG_FUNCTION_TABLE lsa_table = {
	.Initialize = nego_sp_initialize,
	.Shutdown = nego_sp_shutdown,
	.GetInfo = nego_sp_get_info,
	.AcceptCredentials = nego_sp_accept_credentials,
	.AcquireCredentialsHandle = nego_sp_acquire_credentials,
	.QueryCredentialsAttributes = nego_sp_query_credentials,
	.FreeCredentialsHandle = nego_sp_free_credentials,
	.AddCredentials = nego_sp_add_credentials,
	.InitLsaModeContext = nego_sp_init_context,
	.AcceptLsaModeContext = nego_sp_accept_context,
	.DeleteContext = nego_sp_delete_context,
	.GetExtendedInformation = nego_sp_get_extended_information,
	.QueryContextAttributes = nego_sp_query_context,
};

static SECPKG_USER_FUNCTION_TABLE user_table = {
	.InstanceInit = nego_user_instance_init,
	.InitUserModeContext = nego_user_init_context,
	.MakeSignature = nego_user_make_signature,
	.VerifySignature = nego_user_verify_signature,
	.SealMessage = nego_user_seal_message,
	.UnsealMessage = nego_user_unseal_message,
	.GetContextToken = nego_user_get_context_token,
	.QueryContextAttributes = nego_user_query_context,
	.DeleteUserModeContext = nego_user_delete_context,
	.ExportContext = nego_user_export_context,
	.ImportContext = nego_user_import_context,
};

const struct package_module negotiate_module = {
	.name = "negotiate",
	.lsa = &lsa_table,
	.lsa_count = 1,
	.user = &user_table,
	.user_count = 1,
	.describe = negotiate_describe,
};
