/* accounts/store.h - the accounts file on disk: read when it is the owner's alone, replaced whole.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A writer locks FILE.lock, writes FILE.new, flushes it and renames it: a reader sees the old file
 * or the new one. A file that is damaged or not the owner's alone is reported and left as it is. */
#ifndef OPENSSPI_ACCOUNTS_STORE_H
#define OPENSSPI_ACCOUNTS_STORE_H

#include <sys/stat.h>

#include "accounts/table.h"

/* The files of the calling user, or the system's for root (mem_free); NULL when memory is short, or
 * place_home_is_usable says no. */
MUST_CHECK char *store_default_path(void);
MUST_CHECK char *store_guard_path(void);

/* What tells one state of a file from another. */
struct store_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

/* False when there is no such file, or it cannot be looked at. */
MUST_CHECK bool store_stamp(const char *path, struct store_stamp *out);
MUST_CHECK bool store_stamp_equal(const struct store_stamp *a, const struct store_stamp *b);

/* Reads the file. `stamp` (may be NULL) is the file's that was read. STATUS_SUCCESS;
 * STATUS_OBJECT_NAME_NOT_FOUND when there is none; SEC_E_NOT_OWNER when it is not the effective
 * user's alone or cannot be opened; SEC_E_INTERNAL_ERROR when it is damaged; STATUS_NO_MEMORY. The
 * trace says what is wrong. */
MUST_CHECK NTSTATUS store_read(const char *path, struct accounts **out, struct store_stamp *stamp);

/* Changes the file as one writer of many: reads it (a table without accounts when there is none and
 * `create`), calls `change`, writes what it made of the table unless it failed. */
typedef NTSTATUS (*store_change)(struct accounts *t, void *argument);
MUST_CHECK NTSTATUS store_update(const char *path, bool create, store_change change,
				 void *argument);

/* An open descriptor to a file of ours alone, made 0600 with `O_CREAT` in `flags`; -1 and errno
 * ENOENT when there is none, EPERM when it is not ours alone. */
MUST_CHECK int store_open_own(const char *path, int flags);

/* CLEANUP for a descriptor; -1 is fine. */
void store_close(int *fd);

#endif
