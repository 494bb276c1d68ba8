/* lib/channel.h - where the process's LSA is, for whoever says so.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LIB_CHANNEL_H
#define OPENSSPI_LIB_CHANNEL_H

#include "base/base.h"

/* The socket that the process's channel goes to, or would if it were opened now (mem_free); NULL: the LSA is in
 * the process. STATUS_NO_MEMORY; SEC_E_INTERNAL_ERROR: the configuration or a variable is not understood. */
MUST_CHECK NTSTATUS channel_path(char **out);

#endif
