/* packages/tsssp/lsa.h - the entry points of TSSSP's SECPKG_FUNCTION_TABLE.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_LSA_H
#define OPENSSPI_PACKAGES_TSSSP_LSA_H

#include <ntsecpkg.h>

extern SpInitializeFn ts_sp_initialize;
extern SpShutdownFn ts_sp_shutdown;
extern SpGetInfoFn ts_sp_get_info;
extern SpGetExtendedInformationFn ts_sp_get_extended_information;
extern SpAcquireCredentialsHandleFn ts_sp_acquire_credentials;
extern SpAcceptCredentialsFn ts_sp_accept_credentials;
extern SpFreeCredentialsHandleFn ts_sp_free_credentials;
extern SpInitLsaModeContextFn ts_sp_init_context;
extern SpAcceptLsaModeContextFn ts_sp_accept_context;
extern SpDeleteContextFn ts_sp_delete_context;
extern SpQueryContextAttributesFn ts_sp_query_context;

#endif
