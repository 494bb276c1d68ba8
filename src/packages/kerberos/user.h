/* packages/kerberos/user.h - the entry points of SECPKG_USER_FUNCTION_TABLE.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_USER_H
#define OPENSSPI_KERBEROS_USER_H

#include <ntsecpkg.h>

extern SpInstanceInitFn kerberos_user_instance_init;
extern SpInitUserModeContextFn kerberos_user_init_context;
extern SpMakeSignatureFn kerberos_user_make_signature;
extern SpVerifySignatureFn kerberos_user_verify_signature;
extern SpSealMessageFn kerberos_user_seal_message;
extern SpUnsealMessageFn kerberos_user_unseal_message;
extern SpGetContextTokenFn kerberos_user_get_context_token;
extern SpCompleteAuthTokenFn kerberos_user_complete_token;
extern SpQueryContextAttributesFn kerberos_user_query_context;
extern SpDeleteContextFn kerberos_user_delete_context;
extern SpExportSecurityContextFn kerberos_user_export_context;
extern SpImportSecurityContextFn kerberos_user_import_context;

#endif
