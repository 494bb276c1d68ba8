/* base/mapped.h - tables of functions that somebody else's code handed over, read with care.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * It tells a mistake, such as a table that is shorter than its version says, from a table. It does not
 * tell a friend from an enemy: whoever hands the table over runs in this process already. */
#ifndef OPENSSPI_BASE_MAPPED_H
#define OPENSSPI_BASE_MAPPED_H

#include "base/compiler.h"

/* Copies `n` bytes, a multiple of a pointer's, to `to`; false when some are not mapped or some pointer is
 * neither NULL nor code of a loaded object. */
MUST_CHECK bool mapped_functions_read(void *to, const void *from, size_t n);

#endif
