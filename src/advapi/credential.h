/* advapi/credential.h - CREDENTIALW and CREDENTIALA (and the target's structures) to the one form behind
 * them, and back as one block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_CREDENTIAL_H
#define OPENSSPI_ADVAPI_CREDENTIAL_H

#include <wincred.h>

#include "base/base.h"
#include "wire/credential.h"
#include "wire/target.h"

/* Texts of an A structure, widened. */
struct credential_texts {
	WCHAR *text[4 + CRED_MAX_ATTRIBUTES];
	size_t count;
};

void credential_texts_done(struct credential_texts *t);

/* The caller's structure as a view that borrows from it. ERROR_SUCCESS; ERROR_INVALID_PARAMETER (NULL, a
 * size without bytes, a lone surrogate), RPC_X_BAD_STUB_DATA (1783: more attributes than there may be). */
MUST_CHECK uint32_t credential_from_w(const CREDENTIALW *from, struct credential_view *out);

/* The same for CREDENTIALA, whose texts are widened into `texts` (credential_texts_done). Also
 * ERROR_NO_UNICODE_TRANSLATION, ERROR_NOT_ENOUGH_MEMORY. */
MUST_CHECK uint32_t credential_from_a(const CREDENTIALA *from, struct credential_texts *texts,
				      struct credential_view *out);

/* One credential as one block of the credential heap (CredFree); NULL when memory is short. */
MUST_CHECK void *credential_to_block(const struct credential_view *c, bool ansi);

/* An array of pointers to the credentials of a struct cred_list_reply, all in one block (CredFree).
 * ERROR_SUCCESS, ERROR_NOT_ENOUGH_MEMORY, ERROR_INTERNAL_ERROR (the list is not one); *out may be set on
 * failure too, and is the caller's. */
MUST_CHECK uint32_t credential_list_to_block(struct rd list, uint32_t count, bool ansi, void **out);

/* The same for the only credential of such a list, without an array. */
MUST_CHECK uint32_t credential_first_to_block(struct rd list, bool ansi, void **out);

/* CREDENTIAL_TARGET_INFORMATIONW, or A when `ansi` (its texts are widened into `texts`), as a view.
 * ERROR_SUCCESS, ERROR_INVALID_PARAMETER, RPC_X_BAD_STUB_DATA (a name too long),
 * ERROR_NO_UNICODE_TRANSLATION, ERROR_NOT_ENOUGH_MEMORY. */
MUST_CHECK uint32_t target_from(const void *from, bool ansi, struct credential_texts *texts,
				struct target_view *out);

/* The way back, as one block (CredFree); NULL when memory is short. */
MUST_CHECK void *target_to_block(const struct target_view *t, bool ansi);

#endif
