/* lsa/reach.h - credentials and contexts that one package holds of another, inside the LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * They are numbers of tables of their own, so no client can name one. Contexts are complete in here:
 * when a package maps one out, its user-mode half is given the packed context at once. A copy is kept,
 * for a package that hands the context on to the application. */
#ifndef OPENSSPI_LSA_REACH_H
#define OPENSSPI_LSA_REACH_H

#include <opensspi.h>

#include "base/base.h"

struct lsa;

/* The members of OPENSSPI_LSA_EXTENSION, as opensspi.h describes them. */
NTSTATUS NTAPI reach_acquire_credentials(const UNICODE_STRING *package, ULONG use, PVOID auth,
					 OPENSSPI_REACH_HANDLE *credential, PTimeStamp expiry);
NTSTATUS NTAPI reach_acquire_session(const UNICODE_STRING *package, ULONG use, PLUID logon,
				     PVOID auth, OPENSSPI_REACH_HANDLE *credential,
				     PTimeStamp expiry);
VOID NTAPI reach_free_credentials(OPENSSPI_REACH_HANDLE credential);
NTSTATUS NTAPI reach_init_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				  const UNICODE_STRING *target, ULONG requirements,
				  PSecBufferDesc input, OPENSSPI_REACH_HANDLE *new_context,
				  PSecBufferDesc output, ULONG *attributes, PTimeStamp expiry);
NTSTATUS NTAPI reach_accept_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				    PSecBufferDesc input, ULONG requirements,
				    OPENSSPI_REACH_HANDLE *new_context, PSecBufferDesc output,
				    ULONG *attributes, PTimeStamp expiry);
VOID NTAPI reach_delete_context(OPENSSPI_REACH_HANDLE context);
NTSTATUS NTAPI reach_query_context(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer);
NTSTATUS NTAPI reach_control_context(OPENSSPI_REACH_HANDLE context, PSecBufferDesc input);
NTSTATUS NTAPI reach_seal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence);
NTSTATUS NTAPI reach_unseal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence);
NTSTATUS NTAPI reach_sign(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence);
NTSTATUS NTAPI reach_verify(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence);
NTSTATUS NTAPI reach_take_packed(OPENSSPI_REACH_HANDLE context, ULONG *package, ULONG_PTR *key,
				 PSecBuffer packed);

/* A key for a user-mode half's state that is no package's number of a context. */
MUST_CHECK LSA_SEC_HANDLE reach_key_apart(void);

/* Releases what packages left behind. */
void reach_clear(struct lsa *lsa);

#endif
