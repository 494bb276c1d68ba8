/* lsa/logonuser.h - LsaLogonUser: a package judges, the LSA keeps the session and tells the others.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_LOGONUSER_H
#define OPENSSPI_LSA_LOGONUSER_H

#include "ipc/calls.h"
#include "lsa/lsa.h"

/* CALL_LOGON_USER. The package's status; reply->sub_status is its own word besides. Before one is asked:
 * STATUS_INVALID_PARAMETER, STATUS_ACCESS_DENIED (a trusted call by who is not), STATUS_NO_SUCH_PACKAGE,
 * STATUS_NOT_SUPPORTED (the package takes no logons), STATUS_INVALID_LOGON_TYPE, STATUS_NO_MEMORY. After:
 * STATUS_INTERNAL_ERROR for a package that says yes without a session of its making. */
MUST_CHECK NTSTATUS lsa_logon_user(struct lsa_client *client, const struct logon_user_call *call,
				   struct logon_user_reply *reply);

#endif
