/* lsa/saved.h - saved credentials for packages: whose set, which one, as an identity.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_SAVED_H
#define OPENSSPI_LSA_SAVED_H

#include <ntsecpkg.h>
#include <opensspi.h>

#include "base/base.h"

struct credman;
struct lsa_client;

/* Has the session a credential set for that client: its own, or another it may use that is none of a network
 * sign-in? */
MUST_CHECK bool saved_session_has_set(const struct lsa_client *client, LUID logon);

/* The set of that session, a reference: it must be one that the caller may use, and none of a network
 * sign-in; without a caller any such. STATUS_INVALID_PARAMETER (NULL), STATUS_NO_SUCH_LOGON_SESSION. */
MUST_CHECK NTSTATUS saved_set_of(const LUID *logon, struct credman **out);

/* Members of OPENSSPI_LSA_EXTENSION, as opensspi.h describes them. */
NTSTATUS NTAPI saved_default_identity(PVOID *identity);
NTSTATUS NTAPI saved_identity(const UNICODE_STRING *target, PVOID *identity);
VOID NTAPI saved_note_target(const OPENSSPI_TARGET_NAMES *names);

#endif
