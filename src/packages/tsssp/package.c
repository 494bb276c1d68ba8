/* packages/tsssp/package.c - TSSSP's tables and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

#include "packages/tsssp/lsa.h"
#include "packages/tsssp/package.h"

#define RPC_ID_TSSSP 22
#define MAX_TOKEN 48456 /* Negotiate's, and 200 */

static WCHAR package_name[] = TS_SSP_NAME;
static WCHAR package_comment[] = OPENSSPI_WIDE("TS Service Security Package");

static const SecPkgInfoW package_info = {
	.fCapabilities = SECPKG_FLAG_CONNECTION | SECPKG_FLAG_MULTI_REQUIRED |
			 SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_MUTUAL_AUTH,
	.wVersion = 1,
	.wRPCID = RPC_ID_TSSSP,
	.cbMaxToken = MAX_TOKEN,
	.Name = package_name,
	.Comment = package_comment,
};

const SecPkgInfoW *ts_package_info(void)
{
	return &package_info;
}

static SECPKG_FUNCTION_TABLE lsa_table = {
	.Initialize = ts_sp_initialize,
	.Shutdown = ts_sp_shutdown,
	.GetInfo = ts_sp_get_info,
	.AcceptCredentials = ts_sp_accept_credentials,
	.AcquireCredentialsHandle = ts_sp_acquire_credentials,
	.FreeCredentialsHandle = ts_sp_free_credentials,
	.InitLsaModeContext = ts_sp_init_context,
	.AcceptLsaModeContext = ts_sp_accept_context,
	.DeleteContext = ts_sp_delete_context,
	.GetExtendedInformation = ts_sp_get_extended_information,
	.QueryContextAttributes = ts_sp_query_context,
};

const struct package_module tsssp_module = {
	.name = "tsssp",
	.lsa = &lsa_table,
	.lsa_count = 1,
	.describe = ts_describe,
};
