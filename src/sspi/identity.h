/* sspi/identity.h - authentication identities of any form, for the Sspi functions that work on them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A caller's identity is plain, EX or EX2, A or W, its password perhaps sealed (identity_seal.c); what
 * is handed out is always an EX2 block of base/block.h's. */
#ifndef OPENSSPI_SSPI_IDENTITY_H
#define OPENSSPI_SSPI_IDENTITY_H

#include <sspi.h>

#include "base/base.h"
#include "wire/authdata.h"

struct identity {
	struct wr block;
	struct identity_view view; /* into the block; the password is open */
	ULONG sealed;		   /* how it came sealed: one of IDENTITY_FLAGS_SEALED, or 0 */
};

/* Bytes and units of the longest password that an EX2 block can carry. */
#define IDENTITY_PASSWORD_UNITS_MAX 32749
#define IDENTITY_TEXT_UNITS_MAX 32767

/* Reads it; NULL is an identity without anything. SEC_E_OK, SEC_E_UNKNOWN_CREDENTIALS,
 * SEC_E_INSUFFICIENT_MEMORY. Release it with identity_done in every case. */
MUST_CHECK NTSTATUS identity_load(const void *auth, struct identity *out);

/* Wipes and releases. Fits CLEANUP. */
void identity_done(struct identity *id);

/* A new block (block_free) of what the view says, its password sealed as asked (0: not).
 * SEC_E_OK, SEC_E_INSUFFICIENT_MEMORY, SEC_E_INTERNAL_ERROR. */
MUST_CHECK NTSTATUS identity_make(const struct identity_view *view, ULONG sealed, void **out);

/* Where a caller's structure keeps its secret. */
struct identity_part {
	uint8_t *p;
	size_t n;
	ULONG *flags;
	SEC_WINNT_AUTH_IDENTITY_EX2 *ex2; /* NULL for the older forms */
};

/* False for a structure whose lengths or offsets are not right. */
MUST_CHECK bool identity_part_of(void *auth, struct identity_part *out);

/* For this process, for the logon session, for the system. */
#define IDENTITY_FLAGS_SEALED                                                                      \
	((ULONG)(SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED |                                 \
		 SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED |                                    \
		 SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED))

/* Makes bytes unreadable, and readable again, in the way that one of these flags stands for.
 * SEC_E_INTERNAL_ERROR when there is no key to be had, or the LSA's status. */
MUST_CHECK NTSTATUS identity_seal(ULONG flags, void *p, size_t n);
MUST_CHECK NTSTATUS identity_unseal(ULONG flags, void *p, size_t n);

/* UTF-16 bytes as a NUL-terminated string (block_free). */
MUST_CHECK WCHAR *identity_text(struct rd bytes);

#endif
