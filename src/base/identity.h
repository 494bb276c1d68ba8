/* base/identity.h - a thread that acts as another user: the kernel's ids of this thread alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The effective uid, gid, the supplementary groups and the effective capabilities change; the real and saved
 * ids and the permitted capabilities stay, so that the thread can go back and nobody but the process's
 * owner can reach it. A thread that is neither the one nor the other ends the process. */
#ifndef OPENSSPI_BASE_IDENTITY_H
#define OPENSSPI_BASE_IDENTITY_H

#include <sys/types.h>

#include "base/base.h"

struct identity {
	uid_t uid;
	gid_t gid;
	size_t count;
	const gid_t *group; /* the supplementary groups */
};

/* The calling thread acts as `who` from now on, also when it acted as another before. Of a process without
 * privilege whose own effective uid it is, only the capabilities change. SEC_E_NO_IMPERSONATION: the process
 * may not, or it is root, whom nobody becomes, or the thread's files are of another user than it is
 * (setfsuid), or it is itself for a call (below); then the thread is who it was before.
 * SEC_E_INSUFFICIENT_MEMORY likewise. */
MUST_CHECK NTSTATUS identity_assume(const struct identity *who);

/* The thread is itself again; nothing for one that is. */
void identity_revert(void);

/* The same as the thread ends, when there is nobody to give up for: what cannot be undone stays. */
void identity_leave(void);

/* Does the thread act as another, right now? */
bool identity_is_assumed(void);

/* For the length of a call the thread is the process again. False when there was nothing to do: then there
 * is nothing to resume either. */
MUST_CHECK bool identity_pause(void);
void identity_resume(bool paused);

#endif
