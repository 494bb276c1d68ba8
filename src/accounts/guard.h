/* accounts/guard.h - counts bad passwords per account, over processes and restarts.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One small file of fixed records; names appear in it only as keyed digests. Names that nobody has
 * are counted like accounts, so that counting tells no one apart; they share a bounded part of the
 * file and cannot push an account's record out. A file that is damaged or not the owner's alone
 * means that nobody signs in: an unknown count is taken for a full one. */
#ifndef OPENSSPI_ACCOUNTS_GUARD_H
#define OPENSSPI_ACCOUNTS_GUARD_H

#include <windef.h>

#include "base/base.h"

struct guard {
	int fd;
	uint8_t *bytes;
	size_t n;
};

struct guard_rules {
	uint32_t threshold;	      /* failures that lock; 0: never */
	uint32_t lockout_seconds;
	uint32_t observation_seconds;
};

struct guard_name {
	const char *store; /* the accounts file the name is looked up in */
	const WCHAR *key;  /* as account_key makes it */
	size_t key_n;
	bool known; /* an account, not merely a name that was tried */
};

/* Opens and locks the file, making it when `create` (else one that is not there is a guard without
 * records). STATUS_SUCCESS, STATUS_NO_MEMORY or SEC_E_INTERNAL_ERROR, with a trace that says what
 * is wrong. */
MUST_CHECK NTSTATUS guard_begin(const char *path, bool create, struct guard *out);

/* Unlocks; a guard with fd -1 is fine. */
void guard_end(struct guard *g);

/* Is the account locked out at `now` (clock.h's units)? */
MUST_CHECK bool guard_is_locked(const struct guard *g, const struct guard_name *name, int64_t now,
				const struct guard_rules *rules);

/* Counts a failure; `*failures` is how many there are in a row. SEC_E_INTERNAL_ERROR when the count
 * cannot be kept. */
MUST_CHECK NTSTATUS guard_count(struct guard *g, const struct guard_name *name, int64_t now,
				const struct guard_rules *rules, uint32_t *failures);

/* Forgets the failures. */
MUST_CHECK NTSTATUS guard_forget(struct guard *g, const struct guard_name *name);

#endif
