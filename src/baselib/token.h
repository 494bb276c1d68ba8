/* baselib/token.h - who a process was when its token was opened.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A token is a snapshot: it grants nothing, it only tells. */
#ifndef OPENSSPI_BASELIB_TOKEN_H
#define OPENSSPI_BASELIB_TOKEN_H

#include <sys/types.h>
#include <windows.h>

#include "base/compiler.h"

struct token {
	uid_t uid;
	gid_t gid;
	size_t count;
	gid_t group[]; /* the supplementary groups */
};

/* The calling process's own (mem_free); NULL when memory is short. */
struct token *token_snapshot(void);

/* A copy of the token behind a handle (mem_free); NULL with the last error set. */
struct token *token_copy(HANDLE handle);

#endif
