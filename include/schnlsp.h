/* schnlsp.h - an older name of schannel.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SCHNLSP_H
#define OPENSSPI_SCHNLSP_H

#include "schannel.h"

#endif
