/* packages/kerberos/remote.h - tickets that go on from a finished context: to a server, and on from one.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_REMOTE_H
#define OPENSSPI_KERBEROS_REMOTE_H

#include "packages/kerberos/lsa.h"

/* OPENSSPI_ATTR_REMOTE_GUARD: a KERB_TICKET_LOGON with relative pointers, in LSA heap. A server's context,
 * or one without a ticket-granting ticket: SEC_E_UNSUPPORTED_FUNCTION and krb_ops' statuses. */
MUST_CHECK NTSTATUS kerberos_remote_guard(const struct kerberos_context *c, void *buffer);

/* OPENSSPI_ATTR_DELEGATED_LOGON: the logon session of what the client delegated, made when it is first
 * asked for. SEC_E_NO_CREDENTIALS when nothing was. */
MUST_CHECK NTSTATUS kerberos_delegated_logon(struct kerberos_context *c, void *buffer);

#endif
