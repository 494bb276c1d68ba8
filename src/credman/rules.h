/* credman/rules.h - what a credential may be: every rule that CredWrite and CrediWrite share.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Statuses: STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_NOT_FOUND,
 * and those of Win32 errors that have none of their own, by CREDMAN_WIN32. */
#ifndef OPENSSPI_CREDMAN_RULES_H
#define OPENSSPI_CREDMAN_RULES_H

#include "base/base.h"
#include "wire/credential.h"

/* A Win32 error as an NTSTATUS: facility 7, [MS-ERREF] 2.3. */
#define CREDMAN_WIN32(error) ((NTSTATUS)(0xC0070000u | (uint32_t)(error)))

#define CREDMAN_BAD_USERNAME CREDMAN_WIN32(2202)
#define CREDMAN_INVALID_FLAGS CREDMAN_WIN32(ERROR_INVALID_FLAGS)
#define CREDMAN_OVER_LIMIT CREDMAN_WIN32(1783) /* what Windows' RPC says of what is too long */

/* Is it one that can be stored? Fields alone; `blob` must be in clear. */
MUST_CHECK NTSTATUS credential_check(const struct credential_view *c);

/* May `now` take the place of `old`? */
MUST_CHECK NTSTATUS credential_check_change(const struct credential_view *old,
					    const struct credential_view *now);

/* The blobs of these types are for packages in the LSA, never for applications. */
MUST_CHECK bool credential_is_write_only(uint32_t type);

/* CRED_TYPE_DOMAIN_*. */
MUST_CHECK bool credential_is_domain(uint32_t type);

/* One of CRED_TYPE_*. */
MUST_CHECK bool credential_type_is_known(uint32_t type);

#endif
