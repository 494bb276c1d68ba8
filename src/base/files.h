/* base/files.h - whole reads and writes of descriptors.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_FILES_H
#define OPENSSPI_BASE_FILES_H

#include "base/compiler.h"

/* All `n` bytes or false, with errno; a signal in between is no failure. Reading fails at an early end. */
MUST_CHECK bool file_write_all(int fd, const void *p, size_t n);
MUST_CHECK bool file_read_all(int fd, void *p, size_t n);

#endif
