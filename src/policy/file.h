/* policy/file.h - reads a configuration file whole, if nobody else could have written it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_POLICY_FILE_H
#define OPENSSPI_POLICY_FILE_H

#include "base/base.h"
#include "base/text.h"

#define POLICY_FILE_MAX (1u << 20)

/* Reads the file; `*bytes` (mem_free) stays NULL when there is none. The file, the directory it is
 * in and, through a symbolic link, the directory it really is in must be owned by root (or by the
 * effective user unless `root_only`) and be nobody else's to write. On failure `why` names the file
 * and what is wrong. STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER (larger than
 * 1 MiB), STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS policy_file_read(const char *path, bool root_only, char **bytes, size_t *n,
				     struct text *why);

#endif
