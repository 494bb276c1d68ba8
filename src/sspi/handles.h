/* sspi/handles.h - what is inside a CredHandle and a CtxtHandle: numbers, never pointers.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * dwLower is a slot and its generation (the LSA's for credentials, the facade's for contexts), dwUpper
 * says which kind it is and whose package. A context is counted, so that one thread may delete what
 * another is still using; in a child after fork every context is stale. */
#ifndef OPENSSPI_SSPI_HANDLES_H
#define OPENSSPI_SSPI_HANDLES_H

#include <ntsecpkg.h>
#include <stdatomic.h>

#include "base/base.h"

struct token;

struct context {
	atomic_uint references;
	uint32_t era;	   /* forks before this process made it */
	uint32_t package;  /* record id */
	uint64_t number;   /* the facade's, inside the handle */
	uint64_t lsa;	   /* the LSA's; 0 while there is none, and for an imported context */
	atomic_bool ready; /* the handshake has ended with SEC_E_OK */

	/* The user-mode half, once the context was mapped. */
	_Atomic(const SECPKG_USER_FUNCTION_TABLE *) user;
	LSA_SEC_HANDLE user_key;

	_Atomic(struct token *) token; /* the client's, once somebody asked for it */
};

CredHandle credential_handle(uint64_t number, uint32_t package);

/* The number inside a credential's handle; false for NULL and for what is none of ours. */
MUST_CHECK bool credential_number(PCredHandle handle, uint64_t *out);

/* The package id inside a handle of either kind. */
uint32_t handle_package(const SecHandle *handle);

/* A context in the table, with one reference for the table and one for the caller; NULL when memory
 * or the table is short. */
MUST_CHECK struct context *context_new(uint32_t package);
CtxtHandle context_handle(const struct context *c);

/* The context of a handle with a reference of the caller's; NULL for NULL, stale, foreign. */
MUST_CHECK struct context *context_ref(PCtxtHandle handle);

/* Gives a reference back; with the last one the user-mode half and the LSA forget the context. */
void context_unref(struct context *c);
DEFINE_CLEANUP(struct context *, context_unref)

/* Takes the context out of the table, so that its handle is stale from now on; the table's reference
 * goes with it. False when it was gone already. */
bool context_forget(const struct context *c);

#endif
