/* lsa/sets.h - whose credential set: each logon session has its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What lasts in a session's set is in the vault of the Unix user it is for; a session that is for no user of
 * this system, or for another than its untrusted client, has nothing that lasts. What does not last is in memory
 * and goes with the session. Embedded, the user's own session has the process's set. */
#ifndef OPENSSPI_LSA_SETS_H
#define OPENSSPI_LSA_SETS_H

#include <ntsecapi.h>

#include "base/base.h"
#include "credman/credman.h"

struct lsa;
struct lsa_client;

/* The set of the client's own session, as a reference (credman_free). STATUS_NO_SUCH_LOGON_SESSION when the LSA
 * has none, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS sets_own(const struct lsa_client *client, struct credman **out);

/* That of any session, its type and whose it is not looked at; a user's own only where it is kept. The same. */
MUST_CHECK NTSTATUS sets_of(struct lsa *lsa, LUID logon, struct credman **out);

#endif
