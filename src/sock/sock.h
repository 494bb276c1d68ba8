/* sock/sock.h - the channel to an LSA in another process, over a Unix stream socket.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One connection is one client of that LSA: its handles go with it. Any number of threads may call. After
 * a fork, or when the LSA has gone and come back, the next call connects anew and old handles name
 * nothing. A call that was under way when it went is SEC_E_INTERNAL_ERROR, in Windows' words "the Local
 * Security Authority cannot be contacted"; whether it had been served is not known.
 * An LSA that takes us in and says nothing costs ten seconds once: sock/mute.h. */
#ifndef OPENSSPI_SOCK_SOCK_H
#define OPENSSPI_SOCK_SOCK_H

#include "base/base.h"
#include "ipc/calls.h"

struct sock_settings {
	const char *path;
	bool has_owner;
	uint32_t owner; /* a user besides root and ourselves who may run the LSA */
};

/* Connects. SEC_E_NO_AUTHENTICATING_AUTHORITY: nobody serves us there; SEC_E_UNTRUSTED_ROOT: the one who does
 * is none of root, the owner and ourselves; SEC_E_INTERNAL_ERROR: it speaks another version;
 * SEC_E_INSUFFICIENT_MEMORY. Release it with channel->ops->free. */
MUST_CHECK NTSTATUS sock_channel_new(const struct sock_settings *settings, struct channel **out);

/* Why the LSA at `path` is not reached when connecting to it failed so, in a sentence; "" for what has
 * nothing to do with it. */
void sock_reason(const char *path, NTSTATUS status, struct call_reason *why);

#endif
