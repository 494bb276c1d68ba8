/* credman/set.h - the inside of a credential set, shared by the files of this room.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CREDMAN_SET_H
#define OPENSSPI_CREDMAN_SET_H

#include <pthread.h>
#include <stdatomic.h>

#include "credman/credman.h"

enum shelf { SHELF_LASTING, SHELF_SESSION, SHELVES };

struct set_shelf {
	char *path, *key;	     /* NULL: the user's own */
	struct vault *_Atomic vault; /* NULL until it is opened, then for good */
};

struct credman {
	atomic_uint refs;
	struct credman *base; /* whose lasting vault it is; NULL: its own */
	bool lasting;	      /* is there one at all? */
	atomic_uint shelves;  /* in memory, of all sets that have this one as base */
	/* One writer at a time in this process (the base's is meant): a writer in one vault looks into the
	 * other, which readers never do. It guards no memory, so a child of fork makes it anew. */
	pthread_mutex_t writing;
	pthread_mutex_t lock; /* of what follows; whoever holds it takes no other */
	struct set_shelf shelf[SHELVES];
	struct vault_fault fault; /* of opening; under the lock */
	struct target_cache targets;
};

/* Sets of a vault. What was written in this session is noted in the session's vault alone. */
enum { SET_CREDENTIALS = 0, SET_NOTES = 1, SET_WRITTEN = 2, SET_MOVED = 3 };

/* The set whose lasting vault it is. */
static inline struct credman *set_base(struct credman *m)
{
	return m->base ? m->base : m;
}

/* The vault of a place, opened on first use; VAULT_ABSENT when there is none and it is not to be made. */
MUST_CHECK NTSTATUS set_vault(struct credman *m, enum shelf shelf, bool create, struct vault **out);

/* The name of a credential's record; extended ones of one target differ by user, so both are in it. */
struct set_name {
	struct vault_name is;
	WCHAR *text; /* NULL: borrowed from the credential */
};
MUST_CHECK NTSTATUS set_name_of(const struct credential_view *c, struct set_name *out);
void set_name_done(struct set_name *n);

/* Can a credential be called so? */
MUST_CHECK NTSTATUS set_check_lookup(struct utf16 target, uint32_t type);

/* Is that a vault which cannot be read as a whole, today and tomorrow? One record that was altered is not, nor are
 * other writers. */
MUST_CHECK bool set_is_unreadable(NTSTATUS status);

/* Reads the record of that name from wherever it counts. VAULT_NOT_FOUND. When the session's vault is unreadable,
 * what lasts is found all the same, and the other way round. */
MUST_CHECK NTSTATUS set_read(struct credman *m, const struct vault_name *name, enum shelf *where,
			     struct credential **out);

/* Reads one by any name that applications have for it. */
MUST_CHECK NTSTATUS set_read_called(struct credman *m, struct utf16 target, uint32_t type,
				    enum shelf *where, struct credential **out);

/* The extended credential of a target without a user: the one written last. */
MUST_CHECK NTSTATUS set_first_extended(struct credman *m, struct utf16 target, enum shelf *where,
				       struct credential **out);

/* The credential of that name has another one now, or (`to` NULL) is gone: so has the mark of the default.
 * Within a transaction of the lasting vault, or by itself. */
MUST_CHECK NTSTATUS default_follow(struct vault *lasting, const struct vault_name *from,
				   const struct vault_name *to);

/* Was it written in this session, though it keeps no secret? */
MUST_CHECK bool set_is_marked(struct credman *m, const struct vault_name *of);

/* What of a credential's flags is found out on reading. */
void set_flags_on_reading(struct credman *m, enum shelf from, struct credential_view *c);

/* A credential that owns these bytes, which are released also on failure. */
MUST_CHECK NTSTATUS credential_own(struct secret *bytes, struct credential **out);

/* Adds, or releases the credential when memory is short. */
MUST_CHECK NTSTATUS credential_list_add(struct credential_list *l, struct credential *c);

#endif
