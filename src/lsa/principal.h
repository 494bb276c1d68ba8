/* lsa/principal.h - whose credentials a caller asks for, by name.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_PRINCIPAL_H
#define OPENSSPI_LSA_PRINCIPAL_H

#include "base/base.h"
#include "ipc/calls.h"

struct lsa_client;

/* The login name of a user, and of the client's (mem_free); the user's number when it has none. */
MUST_CHECK NTSTATUS principal_of(uid_t uid, WCHAR **out, size_t *out_n);
MUST_CHECK NTSTATUS principal_own(const struct lsa_client *client, WCHAR **out, size_t *out_n);

/* No name, an empty one and the caller's own (NAME, MACHINE\NAME, NAME@machine): STATUS_SUCCESS;
 * another user's of this machine: SEC_E_NOT_OWNER; one that nobody has here:
 * SEC_E_UNKNOWN_CREDENTIALS. */
MUST_CHECK NTSTATUS principal_check(const struct lsa_client *client, struct ipc_text principal);

#endif
