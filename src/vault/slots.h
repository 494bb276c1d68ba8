/* vault/slots.h - the rows of the slot table, for those who change them all.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_VAULT_SLOTS_H
#define OPENSSPI_VAULT_SLOTS_H

#include "vault/inner.h"

#define SLOTS_MAX 16

struct slot_row {
	struct vault_slot is;
	struct slot_content content;
	bool whole; /* its content has the right sizes */
};

/* Reads at most SLOTS_MAX rows, inside a transaction. */
MUST_CHECK NTSTATUS slots_read(struct vault *v, struct slot_row *row, size_t *count);

/* Where rekeying puts the new key file until it counts (mem_free). */
MUST_CHECK char *keyfile_next(const struct vault *v);

#endif
