/* lsa/call.h - the call that a thread is in, for the helpers that packages use.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Calls nest: a package that reaches another is in a call of its own and in its caller's. */
#ifndef OPENSSPI_LSA_CALL_H
#define OPENSSPI_LSA_CALL_H

#include <ntsecpkg.h>

#include "base/base.h"

struct lsa;
struct lsa_client;
struct package;

struct frame {
	struct lsa *lsa;
	struct lsa_client *client;     /* NULL: the LSA itself, or a client that is gone */
	const struct package *package; /* which one runs */
	ULONG attributes;	       /* SECPKG_CALL_ */
	LUID logon; /* with whose session's credentials it is to be done; zero: the client's own */
	bool is_update;		       /* the package is being told of credentials */
	uint32_t vouched; /* OPENSSPI_ACCOUNT_OF_: an authority knew the account; 0: none was asked */
	struct frame *outer;
};

/* Notes that `package` runs on this thread. Without a client the outer call's is meant. */
void call_enter(struct frame *frame, struct lsa *lsa, struct lsa_client *client,
		const struct package *package);
void call_leave(struct frame *frame);

/* Says that the LSA itself calls, on behalf of another package. */
static inline void call_is_inner(struct frame *frame)
{
	frame->attributes |= SECPKG_CALL_RECURSIVE | SECPKG_CALL_IN_PROC;
}

/* Says with whose session's credentials it is to be done; zero leaves what the outer call said. */
static inline void call_is_for(struct frame *frame, LUID logon)
{
	if (!SecIsZeroLuid(&logon))
		frame->logon = logon;
}

/* Says that something is released, perhaps after its client went. */
static inline void call_is_cleanup(struct frame *frame)
{
	if (!frame->client)
		frame->attributes |= SECPKG_CALL_CLEANUP;
}

/* How many calls this thread is in, one within the other. */
unsigned call_depth(void);

/* The innermost call of this thread; NULL outside any. */
const struct frame *call_current(void);

/* Notes in it what kind of account an authority has just vouched for. */
void call_vouch(uint32_t kind);

/* NoteReason and Reason of OPENSSPI_LSA_EXTENSION: of the client's call that this thread serves. */
void call_note_reason(const char *sentence);
const char *call_reason(void);

#endif
