/* sock/mute.h - an LSA that says nothing is remembered, so that not every call waits for it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The first attempt has all its patience. When that was in vain, one attempt in a few seconds is made, with
 * little; between them, and beside one that is under way, there is nobody. Any thread. */
#ifndef OPENSSPI_SOCK_MUTE_H
#define OPENSSPI_SOCK_MUTE_H

#include "base/base.h"

/* How many seconds an attempt may take now; 0: none is made. */
MUST_CHECK unsigned mute_patience(const char *path);

/* It said nothing for so long, or it spoke. */
void mute_remember(const char *path);
void mute_forget(const char *path);

#endif
