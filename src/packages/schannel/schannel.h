/* packages/schannel/schannel.h - the functions that package.c puts into its tables, and the LSA's.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_SCHANNEL_H
#define OPENSSPI_PACKAGES_SCHANNEL_SCHANNEL_H

#include <ntsecpkg.h>
#include <opensspi.h>

#include "base/base.h"

#define SCHANNEL_CAPABILITIES 0x000107B3u
#define SCHANNEL_RPC_ID 14
#define SCHANNEL_MAX_TOKEN 24576u

/* lsa.c */
SpInitializeFn schannel_initialize;
SpGetInfoFn schannel_info, schannel_info_unified, schannel_info_default;
SpGetExtendedInformationFn schannel_extended_information;
SpAcquireCredentialsHandleFn schannel_acquire;
SpFreeCredentialsHandleFn schannel_free_credentials;
SpQueryCredentialsAttributesFn schannel_query_credentials;
SpInitLsaModeContextFn schannel_init_context;
SpAcceptLsaModeContextFn schannel_accept_context;
SpDeleteContextFn schannel_delete_context;
SpApplyControlTokenFn schannel_control;
SpQueryContextAttributesFn schannel_query_context;

/* user.c */
SpInstanceInitFn schannel_instance_init;
SpInitUserModeContextFn schannel_map_context;
SpMakeSignatureFn schannel_make_signature;
SpVerifySignatureFn schannel_verify_signature;
SpSealMessageFn schannel_seal;
SpUnsealMessageFn schannel_unseal;
SpQueryContextAttributesFn schannel_query_mapped;
SpDeleteContextFn schannel_unmap_context;

#endif
