/* lib/route.h - the channel of a process that has two LSAs: the daemon's, and its own for packages at home here.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which one a call goes to is in its row: by the package's name when credentials are acquired, by the
 * handle from then on (this process's own are marked), else to the daemon. */
#ifndef OPENSSPI_LIB_ROUTE_H
#define OPENSSPI_LIB_ROUTE_H

#include "base/base.h"
#include "ipc/calls.h"

/* Takes both over, in success. STATUS_NO_MEMORY, or why the packages cannot be listed. */
MUST_CHECK NTSTATUS route_channel_new(struct channel *here, struct channel *daemon,
				      struct channel **out);

#endif
