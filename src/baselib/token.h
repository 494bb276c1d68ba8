/* baselib/token.h - who a process was when its token was opened, or who a client is.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A token of a process is a snapshot: it grants nothing, it only tells. */
#ifndef OPENSSPI_BASELIB_TOKEN_H
#define OPENSSPI_BASELIB_TOKEN_H

#include <windows.h>

#include "base/compiler.h"
#include "baselib/sid.h"

struct token {
	bool is_root;
	TOKEN_TYPE type;
	SECURITY_IMPERSONATION_LEVEL level;
	LUID id, logon;
	size_t count;
	struct sid_block sid[]; /* the user's, then the groups' */
};

/* A copy of the token behind a handle (mem_free); NULL with the last error set. */
struct token *token_copy(HANDLE handle);

/* Of what the calling thread acts by, else of what it is (mem_free); NULL with the last error set. */
struct token *token_of_thread(void);

#endif
