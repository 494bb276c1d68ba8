/* sspi/messages.c - signing, sealing and their opposites, by the user-mode half of the package.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A context whose handshake has not ended protects nothing: SEC_E_INVALID_HANDLE. One that was never
 * mapped into the application belongs to a package without message protection. */
#include "base/base.h"

#include <sspi.h>

#include "ipc/buffers.h"
#include "ipc/reason.h"
#include "sspi/handles.h"
#include "sspi/status.h"

/* A context and its user half, ready to work on a message. */
struct work {
	struct context *c;
	const SECPKG_USER_FUNCTION_TABLE *user;
};

static void work_done(struct work *w)
{
	context_unref(w->c);
}

static SECURITY_STATUS work_find(PCtxtHandle handle, const SecBufferDesc *message, struct work *out)
{
	out->c = context_ref(handle);
	if (!out->c)
		return SEC_E_INVALID_HANDLE;
	out->user = atomic_load(&out->c->user);
	if (!out->user)
		return atomic_load(&out->c->ready) ? SEC_E_UNSUPPORTED_FUNCTION
						   : SEC_E_INVALID_HANDLE;
	return message && descriptor_is_good(message) ? SEC_E_OK : SEC_E_INVALID_TOKEN;
}

/* These calls do not reach the LSA: what it said of an earlier one is not their reason. */
static SECURITY_STATUS answered(NTSTATUS status)
{
	if (failed(status))
		call_reason_clear();
	return security_status(status);
}

static SECURITY_STATUS work_begin(PCtxtHandle handle, const SecBufferDesc *message,
				  struct work *out)
{
	return answered(work_find(handle, message, out));
}

SECURITY_STATUS SEC_ENTRY MakeSignature(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
					ULONG sequence)
{
	CLEANUP(work_done) struct work w = { .c = NULL };
	SECURITY_STATUS status = work_begin(handle, message, &w);
	if (status != SEC_E_OK)
		return status;
	if (!w.user->MakeSignature)
		return answered(SEC_E_UNSUPPORTED_FUNCTION);
	return answered(w.user->MakeSignature(w.c->user_key, qop, message, sequence));
}

SECURITY_STATUS SEC_ENTRY VerifySignature(PCtxtHandle handle, PSecBufferDesc message,
					  ULONG sequence, OPENSSPI_PULONG qop)
{
	CLEANUP(work_done) struct work w = { .c = NULL };
	ULONG quality = 0;

	SECURITY_STATUS status = work_begin(handle, message, &w);
	if (status != SEC_E_OK)
		return status;
	if (!w.user->VerifySignature)
		return answered(SEC_E_UNSUPPORTED_FUNCTION);
	status = answered(w.user->VerifySignature(w.c->user_key, message, sequence, &quality));
	if (!failed(status) && qop)
		*qop = quality;
	return status;
}

SECURITY_STATUS SEC_ENTRY EncryptMessage(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
					 ULONG sequence)
{
	CLEANUP(work_done) struct work w = { .c = NULL };
	SECURITY_STATUS status = work_begin(handle, message, &w);
	if (status != SEC_E_OK)
		return status;
	if (!w.user->SealMessage)
		return answered(SEC_E_UNSUPPORTED_FUNCTION);
	return answered(w.user->SealMessage(w.c->user_key, qop, message, sequence));
}

/* A package may refuse what was only signed when the caller cannot be told: no `qop`, none for it. */
SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle handle, PSecBufferDesc message, ULONG sequence,
					 OPENSSPI_PULONG qop)
{
	CLEANUP(work_done) struct work w = { .c = NULL };
	ULONG quality = 0;

	SECURITY_STATUS status = work_begin(handle, message, &w);
	if (status != SEC_E_OK)
		return status;
	if (!w.user->UnsealMessage)
		return answered(SEC_E_UNSUPPORTED_FUNCTION);
	status = answered(
		w.user->UnsealMessage(w.c->user_key, message, sequence, qop ? &quality : NULL));
	if (!failed(status) && qop)
		*qop = quality;
	return status;
}

/* Packages tell each other of mechListMICs by such a buffer; applications may not. */
static bool tells_mics(const SecBufferDesc *token)
{
	for (ULONG i = 0; i < token->cBuffers; i++)
		if ((token->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) ==
		    SECBUFFER_MECHLIST_SIGNATURE)
			return true;
	return false;
}

/* Packages that need it say so by SEC_I_COMPLETE_NEEDED; for the others it is not a function. */
SECURITY_STATUS SEC_ENTRY CompleteAuthToken(PCtxtHandle handle, PSecBufferDesc token)
{
	CLEANUP(work_done) struct work w = { .c = NULL };
	SECURITY_STATUS status = work_begin(handle, token, &w);
	if (status == SEC_E_INVALID_HANDLE && w.c)
		return answered(SEC_E_UNSUPPORTED_FUNCTION);
	if (status != SEC_E_OK)
		return status;
	if (!w.user->CompleteAuthToken || tells_mics(token))
		return answered(SEC_E_UNSUPPORTED_FUNCTION);
	return answered(w.user->CompleteAuthToken(w.c->user_key, token));
}

/* The names that Windows NT 4 gave to them. */
SECURITY_STATUS SEC_ENTRY SealMessage(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
				      ULONG sequence)
{
	return EncryptMessage(handle, qop, message, sequence);
}

SECURITY_STATUS SEC_ENTRY UnsealMessage(PCtxtHandle handle, PSecBufferDesc message, ULONG sequence,
					OPENSSPI_PULONG qop)
{
	return DecryptMessage(handle, message, sequence, qop);
}
