/* lsa/primary.h - what packages keep for logon sessions: AddCredential, GetCredentials, DeleteCredential.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Entries are in memory alone and end with their session. Keys need not differ; the order of entries is
 * that of their adding. */
#ifndef OPENSSPI_LSA_PRIMARY_H
#define OPENSSPI_LSA_PRIMARY_H

#include "base/base.h"
#include "base/secret.h"
#include "lsa/session.h"

struct lsa;

/* Entries of all sessions, of one user's, of those one client created, and their bytes; each is below 64 KiB.
 * Root's and trusted clients' count in all alone. */
#define PRIMARY_MAX 65536
#define PRIMARY_OF_USER 8192
#define PRIMARY_OF_CLIENT 4096
#define PRIMARY_BYTES_MAX (256u << 20)
#define PRIMARY_BYTES_OF_USER (16u << 20)

/* Whose entries: those of one package for one session. */
struct primary_owner {
	LUID logon;
	uint32_t package;
};

/* Adds a copy. STATUS_NO_SUCH_LOGON_SESSION, STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS primary_add(struct lsa *lsa, struct primary_owner owner, struct rd key,
				struct rd bytes);

struct primary_found {
	uint32_t number; /* where to go on */
	struct secret *key, *bytes;
};

/* The first entry after number `after` (0: from the beginning), of that key unless it is NULL; the
 * caller's (primary_found_done). STATUS_UNSUCCESSFUL: no more. */
MUST_CHECK NTSTATUS primary_next(struct lsa *lsa, struct primary_owner owner, uint32_t after,
				 const struct rd *key, struct primary_found *out);
void primary_found_done(struct primary_found *found);

/* Deletes the first entry with that key. STATUS_OBJECT_NAME_NOT_FOUND. */
MUST_CHECK NTSTATUS primary_delete(struct lsa *lsa, struct primary_owner owner, struct rd key);

/* Called with the sessions' lock held. */
void primary_forget(struct sessions *s, LUID logon);
void primary_clear(struct sessions *s);

#endif
