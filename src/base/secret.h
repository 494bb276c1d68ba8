/* base/secret.h - the only holder of passwords, hashes and keys.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Bytes live in one pooled arena of locked pages that core files leave out; they are wiped on
 * release. Locked memory that cannot be had is reported (secret_memory_is_locked), not fatal. */
#ifndef OPENSSPI_BASE_SECRET_H
#define OPENSSPI_BASE_SECRET_H

#include "base/compiler.h"

#define SECRET_MAX (1u << 20)

struct secret {
	size_t len;
	uint8_t *p; /* len bytes in the arena; never NULL */
};

/* A zeroed secret of `len` bytes (0 is fine); NULL when memory is short or len > SECRET_MAX. */
MUST_CHECK struct secret *secret_new(size_t len);

/* A secret that holds a copy of `len` bytes; the caller still owes wiping its own. */
MUST_CHECK struct secret *secret_copy(const void *from, size_t len);

/* Wipes and releases; NULL is fine. */
void secret_free(struct secret *s);
DEFINE_CLEANUP(struct secret *, secret_free)

/* Compares `len` bytes in a time that depends on `len` alone. */
MUST_CHECK bool bytes_equal(const void *a, const void *b, size_t len);

/* Compares two secrets; time depends on the lengths alone. NULL equals only NULL. */
MUST_CHECK bool secret_equal(const struct secret *a, const struct secret *b);

/* False when the arena could not be locked in memory (limits); secrets then may reach swap. */
bool secret_memory_is_locked(void);

#endif
