/* packages/tsssp/session.h - logon sessions: one of what a client delegated, and those that clients use.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_PACKAGES_TSSSP_SESSION_H
#define OPENSSPI_PACKAGES_TSSSP_SESSION_H

#include "packages/tsssp/engine.h"

/* OPENSSPI_ATTR_DELEGATED_LOGON on a server's finished context: a session of type RemoteInteractive that
 * signs in with the delegated password, made when it is first asked for. It ends with the context. Nothing
 * is proven by it: servers elsewhere judge the password. It is of the name that the client proved to have,
 * and of none when another one was delegated. SEC_E_NO_CREDENTIALS when no password came;
 * SEC_E_UNSUPPORTED_FUNCTION on a client's context. */
MUST_CHECK NTSTATUS ts_delegated_logon(struct ts_context *c, OPENSSPI_DELEGATED_LOGON *out);

/* Ends it, if it was made. */
void ts_delegated_end(struct ts_context *c);

#endif
