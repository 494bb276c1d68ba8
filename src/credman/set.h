/* credman/set.h - the inside of a credential set, shared by the files of this room.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CREDMAN_SET_H
#define OPENSSPI_CREDMAN_SET_H

#include <pthread.h>

#include "credman/credman.h"

enum shelf { SHELF_LASTING, SHELF_SESSION, SHELVES };

struct set_shelf {
	char *path, *key;    /* NULL: the user's own */
	struct vault *vault; /* NULL until it is opened */
};

struct credman {
	pthread_mutex_t lock; /* of opening the vaults */
	struct set_shelf shelf[SHELVES];
};

/* The vault of a place, opened on first use; VAULT_ABSENT when there is none and it is not to be made. */
MUST_CHECK NTSTATUS set_vault(struct credman *m, enum shelf shelf, bool create, struct vault **out);

/* A credential that owns these bytes, which are released also on failure. */
MUST_CHECK NTSTATUS credential_own(struct secret *bytes, struct credential **out);

/* Adds, or releases the credential when memory is short. */
MUST_CHECK NTSTATUS credential_list_add(struct credential_list *l, struct credential *c);

#endif
