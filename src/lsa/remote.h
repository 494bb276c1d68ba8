/* lsa/remote.h - packages of another LSA, as packages of this one reach them: through a channel.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Their numbers are marked, so that lsa/reach.h tells them from its own. Messages are never protected
 * here: a context of theirs that could seal stays where it is. */
#ifndef OPENSSPI_LSA_REMOTE_H
#define OPENSSPI_LSA_REMOTE_H

#include <opensspi.h>

#include "base/base.h"

struct lsa;
struct leg;

#define REMOTE_MARK (UINT64_C(1) << 63)

static inline bool remote_is(OPENSSPI_REACH_HANDLE number)
{
	return (number & REMOTE_MARK) != 0;
}

/* What credentials are asked for. */
struct remote_asked {
	const UNICODE_STRING *package;
	ULONG use;
	const LUID *logon; /* NULL: the caller's own session */
	void *auth;	   /* a block, or NULL */
};
MUST_CHECK NTSTATUS remote_acquire(struct lsa *lsa, const struct remote_asked *asked,
				   OPENSSPI_REACH_HANDLE *credential, int64_t *expiry);
void remote_free_credentials(struct lsa *lsa, OPENSSPI_REACH_HANDLE credential);

/* Credential or context may be 0; *context is set when the status is no error. */
MUST_CHECK NTSTATUS remote_leg(struct lsa *lsa, struct leg *leg, OPENSSPI_REACH_HANDLE credential,
			       OPENSSPI_REACH_HANDLE *context);
void remote_delete_context(struct lsa *lsa, OPENSSPI_REACH_HANDLE context);
MUST_CHECK NTSTATUS remote_query(struct lsa *lsa, OPENSSPI_REACH_HANDLE context, ULONG attribute,
				 void *buffer);

#endif
