/* ipc/tokensession.h - a logon session that ends when the last that refers to it is closed.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The tokens of a logon share one of these, and so do credentials that were acquired by its number. A child has
 * its parent's, but ends no session of its parent's. */
#ifndef OPENSSPI_IPC_TOKENSESSION_H
#define OPENSSPI_IPC_TOKENSESSION_H

#include <ntsecapi.h>

#include "base/base.h"

struct token_session;

/* Asks the LSA to end it; called with no lock held. */
typedef void token_session_end(LUID logon);

/* One with a reference of the caller's; NULL: memory is short. */
MUST_CHECK struct token_session *token_session_new(LUID logon, token_session_end *end);
struct token_session *token_session_ref(struct token_session *s);
/* The last one ends the session; NULL is nothing. */
void token_session_unref(struct token_session *s);

/* ---- credentials ---- */

struct token_use;

/* Before credentials of that session are acquired: it is not to end meanwhile. *out is NULL when no token of this
 * process ends it. STATUS_SUCCESS; SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS token_use_begin(const LUID *logon, struct token_use **out);
/* Ends it, when nothing was acquired (0), or has it last until the credentials of that number are freed. */
void token_use_settle(struct token_use *u, uint64_t credential);
void token_use_end(uint64_t credential);

/* It has ended already: there is nothing left for its tokens to end. */
void token_session_is_over(LUID logon);

#endif
