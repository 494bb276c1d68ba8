/* minschannel.h - on Windows the part of schannel.h for callers without wincrypt.h; here the whole.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_MINSCHANNEL_H
#define OPENSSPI_MINSCHANNEL_H

#include "schannel.h"

#endif
