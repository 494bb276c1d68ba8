/* packages/tsssp/loop.h - what an LSA that serves other processes refuses them: to be both ends, or any server.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A saved or default password is delegated to a server, never to a program beside the one that asks. Servers
 * whose sign-ins this LSA accepts leave marks (base/loop.h): TSSSP's the client's nonce, and every mechanism's the
 * hash of its session key. In a program's own process nothing of this holds: it has the password anyway. */
#ifndef OPENSSPI_PACKAGES_TSSSP_LOOP_H
#define OPENSSPI_PACKAGES_TSSSP_LOOP_H

#include "packages/tsssp/engine.h"

/* May the caller have credentials for that use? SEC_E_NOT_OWNER for a server of another process that is neither
 * root's nor of the configured group. */
MUST_CHECK NTSTATUS ts_may_serve(uint32_t use);

/* A client's first leg with kept credentials. SEC_E_INTERNAL_ERROR when nothing could be told later. */
MUST_CHECK NTSTATUS ts_loop_begin(struct ts_context *c);

/* Before credentials are sealed. SEC_E_DELEGATION_POLICY when the server is, or may be, of this LSA. */
MUST_CHECK NTSTATUS ts_loop_check(const struct ts_context *c);

/* A server that has bound to its client. */
void ts_loop_note(const struct ts_context *c);

#endif
