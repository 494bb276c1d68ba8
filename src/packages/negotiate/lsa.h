/* packages/negotiate/lsa.h - the entry points of both halves, and the services of the LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NEGOTIATE_LSA_H
#define OPENSSPI_NEGOTIATE_LSA_H

#include "packages/negotiate/context.h"

/* From SpInitialize on, and this package's id. */
const struct compose_host *nego_host(void);
ULONG nego_id(void);

/* The entry points of SECPKG_FUNCTION_TABLE. */
extern SpInitializeFn nego_sp_initialize;
extern SpShutdownFn nego_sp_shutdown;
extern SpGetInfoFn nego_sp_get_info;
extern SpGetExtendedInformationFn nego_sp_get_extended_information;
extern SpAcquireCredentialsHandleFn nego_sp_acquire_credentials;
extern SpAcceptCredentialsFn nego_sp_accept_credentials;
extern SpFreeCredentialsHandleFn nego_sp_free_credentials;
extern SpAddCredentialsFn nego_sp_add_credentials;
extern SpQueryCredentialsAttributesFn nego_sp_query_credentials;
extern SpInitLsaModeContextFn nego_sp_init_context;
extern SpAcceptLsaModeContextFn nego_sp_accept_context;
extern SpDeleteContextFn nego_sp_delete_context;
extern SpQueryContextAttributesFn nego_sp_query_context;

/* The entry points of SECPKG_USER_FUNCTION_TABLE. */
extern SpInstanceInitFn nego_user_instance_init;
extern SpInitUserModeContextFn nego_user_init_context;
extern SpMakeSignatureFn nego_user_make_signature;
extern SpVerifySignatureFn nego_user_verify_signature;
extern SpSealMessageFn nego_user_seal_message;
extern SpUnsealMessageFn nego_user_unseal_message;
extern SpGetContextTokenFn nego_user_get_context_token;
extern SpQueryContextAttributesFn nego_user_query_context;
extern SpDeleteContextFn nego_user_delete_context;
extern SpExportSecurityContextFn nego_user_export_context;
extern SpImportSecurityContextFn nego_user_import_context;

#endif
