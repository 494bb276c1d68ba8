/* packages/schannel/package.c - the tables of the Schannel package.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/schannel/package.h"
#include "packages/schannel/schannel.h"

#define LSA_TABLE(info)                                                                            \
	{                                                                                          \
		.Initialize = schannel_initialize, .GetInfo = (info),                              \
		.AcquireCredentialsHandle = schannel_acquire,                                      \
		.QueryCredentialsAttributes = schannel_query_credentials,                          \
		.FreeCredentialsHandle = schannel_free_credentials,                                \
		.InitLsaModeContext = schannel_init_context,                                       \
		.AcceptLsaModeContext = schannel_accept_context,                                   \
		.DeleteContext = schannel_delete_context, .ApplyControlToken = schannel_control,   \
		.GetExtendedInformation = schannel_extended_information,                           \
		.QueryContextAttributes = schannel_query_context,                                  \
	}

#define USER_TABLE                                                                                 \
	{                                                                                          \
		.InstanceInit = schannel_instance_init,                                            \
		.InitUserModeContext = schannel_map_context,                                       \
		.MakeSignature = schannel_make_signature,                                          \
		.VerifySignature = schannel_verify_signature, .SealMessage = schannel_seal,        \
		.UnsealMessage = schannel_unseal, .QueryContextAttributes = schannel_query_mapped, \
		.DeleteUserModeContext = schannel_unmap_context,                                   \
	}

static SECPKG_FUNCTION_TABLE lsa_tables[] = {
	LSA_TABLE(schannel_info),
	LSA_TABLE(schannel_info_unified),
	LSA_TABLE(schannel_info_default),
};

static SECPKG_USER_FUNCTION_TABLE user_tables[] = { USER_TABLE, USER_TABLE, USER_TABLE };

const struct package_module schannel_module = {
	.name = "schannel",
	.lsa = lsa_tables,
	.lsa_count = ARRAY_LEN(lsa_tables),
	.user = user_tables,
	.user_count = ARRAY_LEN(user_tables),
};
