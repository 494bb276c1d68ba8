/* accounts/table.h - the accounts of one file: from its text, to its text, found by name.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * docs/formats/accounts.md describes the text. A table that others may be reading is not changed;
 * a writer makes its own from the file. */
#ifndef OPENSSPI_ACCOUNTS_TABLE_H
#define OPENSSPI_ACCOUNTS_TABLE_H

#include <windef.h>

#include "base/base.h"
#include "base/secret.h"

#define ACCOUNT_NAME_MAX 256 /* UTF-16 units of a user or a domain */
#define ACCOUNT_KEY_MAX (2 * ACCOUNT_NAME_MAX + 1)
#define ACCOUNTS_FILE_MAX (16u << 20)

struct account {
	char *domain; /* "": this machine's */
	char *user;
	uint32_t flags; /* OPENSSPI_ACCOUNT_* */
	int64_t password_set, expires; /* seconds since 1970; 0: unknown, never */
	struct secret *hash;	       /* the NT hash */
	WCHAR *key;		       /* domain, a zero, user; in upper case */
	size_t key_n;
	unsigned line; /* where it was read from */
};

struct accounts {
	struct account **row; /* sorted by key */
	size_t count, room;
	unsigned references;
};

/* What is wrong with a text, and where. */
struct accounts_fault {
	unsigned line;
	const char *reason;
};

MUST_CHECK struct accounts *accounts_new(void);
void accounts_free(struct accounts *t);
DEFINE_CLEANUP(struct accounts *, accounts_free)

/* STATUS_SUCCESS; SEC_E_INTERNAL_ERROR for a damaged text, with `fault`; STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS accounts_parse(const char *text, size_t n, struct accounts **out,
				   struct accounts_fault *fault);

/* The text of a table (mem_free_wiped); NULL when memory is short. */
MUST_CHECK char *accounts_text(const struct accounts *t, size_t *n);

/* True for names that the file holds: UTF-8 of at most 256 units without control characters, '\' or
 * '/'; only a domain may be empty. */
MUST_CHECK bool account_name_is_fine(const char *name, bool may_be_empty);

/* The account's key into `key`; 0 units for names that no account has (too long, odd). */
MUST_CHECK size_t account_key(const WCHAR *domain, size_t domain_n, const WCHAR *user,
			      size_t user_n, WCHAR key[ACCOUNT_KEY_MAX]);

/* NULL when there is none. */
struct account *accounts_find(const struct accounts *t, const WCHAR *key, size_t key_n);

/* A new account of names that are fine, with a zero hash, in the table; NULL when memory is short. */
struct account *accounts_add(struct accounts *t, const char *domain, const char *user);
void accounts_remove(struct accounts *t, struct account *account);

#endif
