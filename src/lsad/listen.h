/* lsad/listen.h - the socket lsad listens on: systemd's, or one of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSAD_LISTEN_H
#define OPENSSPI_LSAD_LISTEN_H

#include "base/base.h"

/* The descriptor that systemd handed over (LISTEN_FDS). -1 without `why` when it handed none; with `why`
 * (a static sentence) when what it handed cannot be used. */
MUST_CHECK int listen_inherited(const char **why);

/* A socket of our own at that path, for every user to connect to. A socket left over by a daemon that is gone
 * is replaced; anything else there, or a daemon that goes on, is not; nor is a folder taken in which others
 * could put a socket of theirs. -1 with `why`. */
MUST_CHECK int listen_at(const char *path, const char **why);

#endif
