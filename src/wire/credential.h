/* wire/credential.h - one credential of the Credential Manager as bytes: in a vault's record and in a
 * call.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Little-endian; every field begins at a multiple of four, so that texts lie aligned when the whole
 * does. A text or blob that is absent is not an empty one. */
#ifndef OPENSSPI_WIRE_CREDENTIAL_H
#define OPENSSPI_WIRE_CREDENTIAL_H

#include <wincred.h>

#include "base/compiler.h"
#include "base/utf.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define CREDENTIAL_BYTES_MAX (256u << 10)

struct credential_attribute {
	struct utf16 keyword;
	uint32_t flags;
	struct rd value;
};

/* A CREDENTIALW that borrows what it points to. */
struct credential_view {
	uint32_t flags, type, persist;
	uint64_t last_written; /* 100 ns since 1601, UTC */
	struct utf16 target, comment, alias, user;
	struct rd blob;
	uint32_t attribute_count;
	struct credential_attribute attribute[CRED_MAX_ATTRIBUTES];
};

/* Writes the fields as they are; attribute_count is at most CRED_MAX_ATTRIBUTES. */
void credential_write(struct wr *w, const struct credential_view *c);

/* Reads what credential_write wrote into views of `bytes`, which must be aligned to four. False for
 * anything else: left-over bytes, odd texts, lone surrogates, text with a NUL inside. */
MUST_CHECK bool credential_read(struct rd bytes, struct credential_view *c);

#endif
