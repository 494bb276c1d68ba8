/* advapi/credential.h - CREDENTIALW and CREDENTIALA to the one form behind them, and back as one block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_CREDENTIAL_H
#define OPENSSPI_ADVAPI_CREDENTIAL_H

#include <wincred.h>

#include "base/base.h"
#include "wire/credential.h"

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

/* An array of pointers to `count` credentials, all in one block; NULL when memory is short. */
MUST_CHECK void *credential_array_to_block(const struct credential_view *const *c, size_t count,
					   bool ansi);

#endif
