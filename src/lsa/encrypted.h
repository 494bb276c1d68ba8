/* lsa/encrypted.h - credentials as packages are given them: ENCRYPTED_CREDENTIALW in one block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_ENCRYPTED_H
#define OPENSSPI_LSA_ENCRYPTED_H

#include <ntsecpkg.h>

#include "base/base.h"
#include "credman/credman.h"

/* The blob as it is given: not at all, in clear, as LsaProtectMemory leaves it, or, padded with zeroes to
 * a multiple of eight, as RtlEncryptMemory does for other processes. */
enum blob_form { BLOB_NONE, BLOB_CLEAR, BLOB_PROTECTED, BLOB_USER };

/* How a read with these CREDP_FLAGS_ gives the blob of a credential of that type. */
MUST_CHECK enum blob_form encrypted_form(ULONG cred_flags, uint32_t type);

/* Copies one credential into a block of LSA heap, which it begins. NULL when memory is short. */
MUST_CHECK PENCRYPTED_CREDENTIALW encrypted_one(const struct credential_view *c, ULONG cred_flags);

/* The same for a list: the array of pointers begins the block. */
MUST_CHECK PENCRYPTED_CREDENTIALW *encrypted_list(const struct credential_list *l,
						  ULONG cred_flags);

/* Wipes and releases the block that this credential, which came from here, is in; NULL. */
void encrypted_free(PENCRYPTED_CREDENTIALW c);

#endif
