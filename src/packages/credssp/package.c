/* packages/credssp/package.c - CREDSSP's tables and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

#include "packages/credssp/lsa.h"
#include "packages/credssp/package.h"

#define MAX_TOKEN 73032 /* Schannel's and Negotiate's, and 200 */

static WCHAR package_name[] = CREDSSP_NAME;
static WCHAR package_comment[] = OPENSSPI_WIDE("Microsoft CredSSP Security Provider");

static const SecPkgInfoW package_info = {
	.fCapabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
			 SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_IMPERSONATION |
			 SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_STREAM |
			 SECPKG_FLAG_MUTUAL_AUTH,
	.wVersion = 1,
	.wRPCID = SECPKG_ID_NONE,
	.cbMaxToken = MAX_TOKEN,
	.Name = package_name,
	.Comment = package_comment,
};

const SecPkgInfoW *cs_package_info(void)
{
	return &package_info;
}

static SECPKG_FUNCTION_TABLE lsa_table = {
	.Initialize = cs_sp_initialize,
	.Shutdown = cs_sp_shutdown,
	.GetInfo = cs_sp_get_info,
	.AcquireCredentialsHandle = cs_sp_acquire_credentials,
	.FreeCredentialsHandle = cs_sp_free_credentials,
	.InitLsaModeContext = cs_sp_init_context,
	.AcceptLsaModeContext = cs_sp_accept_context,
	.DeleteContext = cs_sp_delete_context,
	.ApplyControlToken = cs_sp_control_context,
	.GetExtendedInformation = cs_sp_get_extended_information,
	.QueryContextAttributes = cs_sp_query_context,
};

static SECPKG_USER_FUNCTION_TABLE user_table = {
	.InstanceInit = cs_user_instance_init,
	.InitUserModeContext = cs_user_init_context,
	.MakeSignature = cs_user_make_signature,
	.VerifySignature = cs_user_verify_signature,
	.SealMessage = cs_user_seal_message,
	.UnsealMessage = cs_user_unseal_message,
	.DeleteUserModeContext = cs_user_delete_context,
};

const struct package_module credssp_module = {
	.name = "credssp",
	.lsa = &lsa_table,
	.lsa_count = 1,
	.user = &user_table,
	.user_count = 1,
};
