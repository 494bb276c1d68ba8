/* ipc/token.h - access tokens: who a client is, and which user of this system.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A token never changes; handles are numbers of a table of the process, several may name one token. The
 * kernel knows nothing of them: a thread that acts by one has the user's ids (base/identity.h). */
#ifndef OPENSSPI_IPC_TOKEN_H
#define OPENSSPI_IPC_TOKEN_H

#include <opensspi.h>
#include <stdatomic.h>

#include "ipc/tokensession.h"
#include "ipc/unixuser.h"

struct token {
	atomic_uint refs;
	LUID id, logon; /* `logon` zero: no session */
	TOKEN_TYPE type;
	SECURITY_IMPERSONATION_LEVEL level;
	WCHAR *domain, *user; /* NUL-terminated */
	OPENSSPI_CLIENT_SIDS sids;
	struct token_session *session; /* that ends with its tokens; NULL: none does */
	bool has_user;		       /* of this system: */
	struct unix_user unix_user;
};

/* What one is made of; borrowed. */
struct token_facts {
	OPENSSPI_CLIENT_ACCOUNT account;
	const OPENSSPI_CLIENT_SIDS *sids; /* NULL: none */
	LUID logon;
	token_session_end *end; /* of `logon`, with the last token of it; NULL: it goes on */
	TOKEN_TYPE type;
};

/* A token with a reference of the caller's. The user of this system is looked up; that there is none, is no
 * failure. SEC_E_OK; SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS token_new(const struct token_facts *facts, struct token **out);
struct token *token_ref(struct token *t);
void token_unref(struct token *t);
DEFINE_CLEANUP(struct token *, token_unref)

/* A copy of another type or level. */
MUST_CHECK NTSTATUS token_copy_as(const struct token *t, TOKEN_TYPE type,
				  SECURITY_IMPERSONATION_LEVEL level, struct token **out);

/* A handle, with a reference of its own; SEC_E_INSUFFICIENT_MEMORY when memory or the table is short. */
MUST_CHECK NTSTATUS token_open(struct token *t, HANDLE *out);
/* The token of a handle with a reference of the caller's; NULL for what is no handle. */
MUST_CHECK struct token *token_of(HANDLE handle);
/* False for what is no handle. */
MUST_CHECK bool token_close(HANDLE handle);

/* ---- the calling thread ---- */

/* Acts by that token from now on. SEC_E_NO_IMPERSONATION: it stands for no user of this system, the client
 * only lets itself be identified, or the process may not; then all is as it was. */
MUST_CHECK NTSTATUS token_act(struct token *t);
/* Acts as itself again; nothing for who does. A thread that ends does so by itself. */
void token_act_no_more(void);
/* The token that the thread acts by (a reference of the caller's); NULL: none. */
MUST_CHECK struct token *token_acting(void);

#endif
