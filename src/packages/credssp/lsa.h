/* packages/credssp/lsa.h - the entry points of CREDSSP's two tables.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_CREDSSP_LSA_H
#define OPENSSPI_PACKAGES_CREDSSP_LSA_H

#include <ntsecpkg.h>

#include "packages/credssp/context.h"

extern SpInitializeFn cs_sp_initialize;
extern SpShutdownFn cs_sp_shutdown;
extern SpGetInfoFn cs_sp_get_info;
extern SpGetExtendedInformationFn cs_sp_get_extended_information;
extern SpAcquireCredentialsHandleFn cs_sp_acquire_credentials;
extern SpFreeCredentialsHandleFn cs_sp_free_credentials;
extern SpInitLsaModeContextFn cs_sp_init_context;
extern SpAcceptLsaModeContextFn cs_sp_accept_context;
extern SpDeleteContextFn cs_sp_delete_context;
extern SpApplyControlTokenFn cs_sp_control_context;
extern SpQueryContextAttributesFn cs_sp_query_context;

extern SpInstanceInitFn cs_user_instance_init;
extern SpInitUserModeContextFn cs_user_init_context;
extern SpMakeSignatureFn cs_user_make_signature;
extern SpVerifySignatureFn cs_user_verify_signature;
extern SpSealMessageFn cs_user_seal_message;
extern SpUnsealMessageFn cs_user_unseal_message;
extern SpDeleteContextFn cs_user_delete_context;

/* The context of that number with a reference for the caller; NULL when there is none. */
MUST_CHECK struct cs_context *cs_context_find(uint64_t number);

#endif
