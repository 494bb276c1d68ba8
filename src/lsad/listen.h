/* lsad/listen.h - the socket lsad listens on: systemd's, or one of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSAD_LISTEN_H
#define OPENSSPI_LSAD_LISTEN_H

#include "base/base.h"

/* The descriptor that systemd handed over (LISTEN_FDS); -1 when it handed none or too many. */
MUST_CHECK int listen_inherited(void);

/* A socket of our own at that path, for every user to connect to. A socket left over by a daemon that is gone
 * is replaced; anything else there, or a daemon that answers, is not. -1 with `why` (a static sentence). */
MUST_CHECK int listen_at(const char *path, const char **why);

#endif
