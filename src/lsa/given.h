/* lsa/given.h - the structure a caller gives to change an attribute, as a package reads it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_GIVEN_H
#define OPENSSPI_LSA_GIVEN_H

#include <sspi.h>

#include "base/base.h"
#include "ipc/calls.h"

struct given {
	uint32_t attribute; /* with ATTRIBUTE_OF_CREDENTIALS for a credential's */
	void *value;	    /* LSA heap, aligned for anything */
	ULONG size;
	bool has_pointers;
};

/* Rebuilds it from a request. SEC_E_INVALID_PARAMETER for bytes that are no such structure,
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS given_read(uint32_t attribute, struct ipc_bytes bytes, struct given *out);

/* Wipes and releases it. Fits CLEANUP. */
void given_done(struct given *g);

#endif
