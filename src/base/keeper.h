/* base/keeper.h - the contexts of a package's user-mode half, by the numbers that its LSA half gave.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is kept begins with a struct counted. Whoever finds a context holds it: it may be deleted on
 * another thread meanwhile, and no lock is held while messages are protected. */
#ifndef OPENSSPI_BASE_KEEPER_H
#define OPENSSPI_BASE_KEEPER_H

#include <ntsecpkg.h>

#include "base/counted.h"
#include "base/keymap.h"

struct keeper {
	struct keymap contexts;
	atomic_ullong imported; /* how many came by ImportSecurityContext */
};

/* An empty one: `static struct keeper k = KEEPER_INIT;`. */
#define KEEPER_INIT                                                                                \
	{                                                                                          \
		.contexts = KEYMAP_INIT                                                            \
	}

/* Makes a context of packed bytes, of all of them; *out is the caller's. */
typedef NTSTATUS keeper_unpack(const uint8_t *bytes, size_t n, void **out);

/* For SpInstanceInit: no child of a fork finds it locked. STATUS_INSUFFICIENT_RESOURCES. */
MUST_CHECK NTSTATUS keeper_open(struct keeper *k);

/* The context of that number, held for the caller; NULL for one that is not kept. */
static inline MUST_CHECK void *keeper_find(struct keeper *k, LSA_SEC_HANDLE handle)
{
	return keymap_find(&k->contexts, handle, counted_ref);
}

/* Keeps a context instead of the one that was there. Takes it, also when it fails:
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS keeper_put_take(struct keeper *k, LSA_SEC_HANDLE handle, void *context);

/* Keeps a context under a number of its own, which no LSA half gives out. Takes it, as above. */
MUST_CHECK NTSTATUS keeper_import_take(struct keeper *k, void *context, LSA_SEC_HANDLE *out);

/* No longer keeps it; SEC_E_INVALID_HANDLE when it did not. */
MUST_CHECK NTSTATUS keeper_delete(struct keeper *k, LSA_SEC_HANDLE handle);

/* The same, and nothing when it did not. */
void keeper_drop(struct keeper *k, LSA_SEC_HANDLE handle);

/* Releases a packed context, whose owner the user-mode half is: the buffer is empty afterwards. */
void keeper_drop_packed(PSecBuffer packed);

/* InitUserModeContext: unpacks, releases what was packed in any case, and keeps the context. */
MUST_CHECK NTSTATUS keeper_map(struct keeper *k, LSA_SEC_HANDLE handle, PSecBuffer packed,
			       keeper_unpack *unpack);

/* ExportContext's answer: the bytes as a block, no token. `bytes` NULL or no memory for a block:
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS keeper_export(PSecBuffer out, const uint8_t *bytes, size_t n, PHANDLE token);

/* ImportContext: SEC_E_INVALID_TOKEN for a buffer without bytes, else what `unpack` says. */
MUST_CHECK NTSTATUS keeper_import(struct keeper *k, const SecBuffer *packed, keeper_unpack *unpack,
				  LSA_SEC_HANDLE *out);

#endif
