/* lsa/credi_decode.c - see lsa/credi_decode.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincred.h>

#include "base/block.h"
#include "base/utf.h"
#include "lsa/call.h"
#include "lsa/credi_decode.h"
#include "lsa/protect.h"
#include "lsa/state.h"
#include "wire/protected.h"

static void reply_done(struct cred_protect_reply *reply)
{
	call_reply_done(CALL_CRED_UNPROTECT, reply);
}

/* The LSA is the system, which what was protected for it is meant for. */
static NTSTATUS open_sealed(const struct secret *sealed, struct cred_protect_reply *reply)
{
	const struct frame *frame = call_current();
	const struct cred_protect_call call = { .flags = CRED_UNPROTECT_ALLOW_TO_SYSTEM,
						.bytes = { sealed->p, (uint32_t)sealed->len } };

	if (!frame || !frame->client)
		return fail(STATUS_NOT_CAPABLE, "opening a protected string for nobody");
	return lsa_unprotect(frame->client, &call, reply);
}

static NTSTATUS decode(struct utf16 text, LPBYTE *blob, ULONG *size)
{
	CLEANUP(reply_done) struct cred_protect_reply reply = { 0 };
	CLEANUP(secret_free_p)
	struct secret *sealed = secret_new(protected_bytes(text.p, text.n));

	if (!sealed)
		return fail(STATUS_NO_MEMORY, "reading a protected string");
	if (!protected_read(sealed->p, text.p, text.n))
		return fail(STATUS_INVALID_PARAMETER, "reading what is no protected string");
	NTSTATUS status = open_sealed(sealed, &reply);
	if (failed(status))
		return status;
	uint8_t *out = block_alloc(reply.bytes.n + sizeof(WCHAR));
	if (!out)
		return fail(STATUS_NO_MEMORY, "giving a protected string");
	if (reply.bytes.n)
		memcpy(out, reply.bytes.p, reply.bytes.n);
	*blob = out;
	*size = reply.bytes.n;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI credi_decode(LPWSTR marshaled, LPBYTE *blob, ULONG *size, BOOLEAN *is_fatal)
{
	struct utf16 text = utf16_of(marshaled);

	if (is_fatal)
		*is_fatal = FALSE;
	if (!marshaled || !blob || !size || !is_fatal)
		return fail(STATUS_INVALID_PARAMETER, "CrediUnmarshalandDecodeString");
	*blob = NULL;
	*size = 0;
	if (!protected_bytes(text.p, text.n))
		return fail(STATUS_INVALID_PARAMETER, "reading what is no protected string");
	NTSTATUS status = decode(text, blob, size);
	*is_fatal = failed(status) && status != STATUS_INVALID_PARAMETER;
	return status;
}
