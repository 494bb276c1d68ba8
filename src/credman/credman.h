/* credman/credman.h - a user's set of credentials: what CredWrite and CrediWrite both come to.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Two vaults stand behind a set: one that lasts, and one that ends with the session, in the user's runtime
 * folder or in memory. Statuses are those of credman/rules.h and vault/vault.h. */
#ifndef OPENSSPI_CREDMAN_CREDMAN_H
#define OPENSSPI_CREDMAN_CREDMAN_H

#include "base/base.h"
#include "base/secret.h"
#include "credman/names.h"
#include "credman/targets.h"
#include "vault/vault.h"
#include "wire/credential.h"

/* A credential with the bytes that it borrows from. */
struct credential {
	struct secret *bytes;
	struct credential_view view;
};

struct credential_list {
	struct credential **item;
	size_t count, room;
};

struct credential *credential_unref(struct credential *c); /* NULL */
void credential_list_done(struct credential_list *l);

struct credman;

/* Where the two vaults are; NULL members are the user's own places. */
struct credman_places {
	const char *vault, *vault_key;
	const char *session, *session_key;
};

/* Opens nothing yet. One reference. STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS credman_new(const struct credman_places *places, struct credman **out);

/* A session's own set: what lasts no longer than it is in memory alone; what lasts is in the lasting vault of
 * `base` (NULL: nobody's), which it keeps alive, or with `lasting` false nowhere:
 * STATUS_NO_SUCH_LOGON_SESSION. In memory are at most CREDMAN_SHELVES vaults over all sessions of one base,
 * of VAULT_MEMORY_MAX each: STATUS_QUOTA_EXCEEDED. */
#define CREDMAN_SHELVES 64
MUST_CHECK NTSTATUS credman_new_session(struct credman *base, bool lasting, struct credman **out);

/* References; the last one that goes releases it. NULL is fine. */
struct credman *credman_ref(struct credman *m);
void credman_free(struct credman *m);
DEFINE_CLEANUP(struct credman *, credman_free)

/* Deletes what lasts no longer than the session. */
MUST_CHECK NTSTATUS credman_forget_session(struct credman *m);

/* Creates or replaces. With `preserve` the stored blob stays, `c` must have none, and the credential must
 * exist (STATUS_NOT_FOUND). */
MUST_CHECK NTSTATUS credman_write(struct credman *m, const struct credential_view *c,
				  bool preserve);

/* Reads one by its name, short or universal (credential_unref). Secrets are in it whatever the type:
 * what an application may see is its caller's to decide, by credman_hide. */
MUST_CHECK NTSTATUS credman_read(struct credman *m, struct utf16 target, uint32_t type,
				 struct credential **out);

/* Takes the blob out of what no application may see. */
void credman_hide(struct credential *c);

/* All that pass the filter; without `all`, and then only without a filter, the classic ones alone.
 * STATUS_NOT_FOUND for none. */
MUST_CHECK NTSTATUS credman_enumerate(struct credman *m, struct utf16 filter, bool all,
				      struct credential_list *out);

/* The same without keeping them: each is visited once and is the caller's no longer than that, write-only
 * secrets already out of it. The visitor returns false to stop and may call nothing of this set. */
typedef bool credman_visit(void *to, const struct credential_view *c);
MUST_CHECK NTSTATUS credman_each(struct credman *m, struct utf16 filter, bool all,
				 credman_visit *visit, void *to);

/* "target|user" names one extended credential. */
MUST_CHECK NTSTATUS credman_delete(struct credman *m, struct utf16 target, uint32_t type);

/* STATUS_OBJECT_NAME_COLLISION when the new name is taken. */
MUST_CHECK NTSTATUS credman_rename(struct credman *m, struct utf16 from, struct utf16 to,
				   uint32_t type);

/* The best domain credential of each of these types, in their order. STATUS_NOT_FOUND for none. */
MUST_CHECK NTSTATUS credman_match(struct credman *m, const struct target_view *t,
				  const uint32_t *types, size_t count, struct credential_list *out);

/* May this credential be written for that server, as CredWriteDomainCredentials asks?
 * STATUS_INVALID_PARAMETER when it would never be found for it, or is none of a domain. */
MUST_CHECK NTSTATUS credman_fits(const struct credential_view *c, const struct target_view *t);

/* The longest persistence of each type, by its number: what CredGetSessionTypes tells. Nothing is made
 * by asking. */
#define CREDMAN_TYPES 8
void credman_session_types(struct credman *m, uint32_t persist[CREDMAN_TYPES]);

/* The generic credential for a resource: its own name, else its path shortened part by part. */
MUST_CHECK NTSTATUS credman_best_generic(struct credman *m, struct utf16 target,
					 struct credential **out);

/* Marks a saved credential (CRED_TYPE_DOMAIN_PASSWORD) as the logon's own; a NULL target clears the mark.
 * STATUS_NOT_FOUND, STATUS_INVALID_PARAMETER (type). */
MUST_CHECK NTSTATUS credman_set_default(struct credman *m, struct utf16 target, uint32_t type);

/* The marked one (credential_unref), its secret in it. STATUS_NOT_FOUND when none is, or it is gone. */
MUST_CHECK NTSTATUS credman_get_default(struct credman *m, struct credential **out);

/* What is remembered of servers, for CredGetTargetInfo. */
struct target_cache *credman_targets(struct credman *m);

/* The lasting vault, to be looked after; VAULT_ABSENT when there is none and it is not to be made. */
MUST_CHECK NTSTATUS credman_vault(struct credman *m, bool create, struct vault **out);

/* A vault that moves here with all its credentials. */
struct credman_moving {
	const struct secret *passphrase; /* of what vault_export made */
	int fd;
	struct rd identity; /* of the vault that it was */
	uint64_t changes;   /* of that one, by now */
	bool merge;
};

/* Takes it in, in one transaction. STATUS_OBJECT_NAME_COLLISION when there are credentials already, and it is
 * not to merge: then of two of one name the one that was written last stays. A vault that was taken in
 * before is, too, without a second copy of anything, until credman_moved. */
MUST_CHECK NTSTATUS credman_move_in(struct credman *m, const struct credman_moving *from,
				    uint64_t *records);

/* The vault of that identity is no more, where it was: whatever comes under it again is another one. */
MUST_CHECK NTSTATUS credman_moved(struct credman *m, struct rd identity);

/* What the last failing attempt to open a vault had to say; text "" when none failed. */
void credman_last_fault(struct credman *m, struct vault_fault *out);

#endif
