/* lsa/support.h - LSA_SECPKG_FUNCTION_TABLE: the services that every package is given.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One file per group of services fills its members; none is ever NULL, because packages do not test.
 * What has no meaning here answers its documented refusal. */
#ifndef OPENSSPI_LSA_SUPPORT_H
#define OPENSSPI_LSA_SUPPORT_H

#include <ntsecpkg.h>

#include "base/base.h"

/* The table; good from any thread and for the life of the process. */
PLSA_SECPKG_FUNCTION_TABLE support_table(void);

void support_memory_fill(LSA_SECPKG_FUNCTION_TABLE *t);
void support_session_fill(LSA_SECPKG_FUNCTION_TABLE *t);
void support_client_fill(LSA_SECPKG_FUNCTION_TABLE *t);
void support_account_fill(LSA_SECPKG_FUNCTION_TABLE *t);
void support_package_fill(LSA_SECPKG_FUNCTION_TABLE *t);
void support_credential_fill(LSA_SECPKG_FUNCTION_TABLE *t);

#endif
