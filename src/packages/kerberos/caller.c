/* packages/kerberos/caller.c - see packages/kerberos/caller.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/logon.h"

#define SENTENCE_MAX 500

void kerberos_shown_done(struct kerberos_shown *s)
{
	if (s->buffer.pvBuffer)
		kerberos_host()->lsa->FreeLsaHeap(s->buffer.pvBuffer);
	s->buffer = (SecBuffer){ 0 };
}

/* What the caller says of itself, back to it; one line of text, whatever it sent. */
static void pass_on(struct rd said)
{
	const struct compose_host *host = kerberos_host();
	char text[SENTENCE_MAX + 1];

	if (rd_empty(said) || said.n > SENTENCE_MAX || !host->extension->NoteReason)
		return;
	for (size_t i = 0; i < said.n; i++)
		text[i] = (char)(said.p[i] < ' ' || said.p[i] == 0x7F ? '?' : said.p[i]);
	text[said.n] = 0;
	if (utf16_need(text, said.n) != SIZE_MAX)
		host->extension->NoteReason(text);
}

NTSTATUS kerberos_caller_ask(enum kerberos_question what, struct rd input,
			     struct kerberos_shown *out)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;
	SecBuffer in = { (ULONG)input.n, SECBUFFER_DATA, (void *)(uintptr_t)input.p };

	*out = (struct kerberos_shown){ .buffer = { .BufferType = SECBUFFER_DATA } };
	if (!lsa->ClientCallback || input.n > UINT32_MAX)
		return fail(SEC_E_NO_CREDENTIALS, "asking a caller for what is its own");
	NTSTATUS status = lsa->ClientCallback((PCHAR)(uintptr_t)KERBEROS_CALLBACK, (ULONG_PTR)what,
					      0, &in, &out->buffer);
	if (!failed(status))
		return STATUS_SUCCESS;
	pass_on(kerberos_shown_view(out));
	kerberos_shown_done(out);
	/* It cannot be asked, does not know the question, or is silent. */
	if (status == STATUS_NOT_SUPPORTED || status == STATUS_NOT_FOUND ||
	    status == STATUS_IO_TIMEOUT)
		status = SEC_E_NO_CREDENTIALS;
	return fail(status, "asking a caller for what is its own");
}

uint64_t kerberos_caller_number(void)
{
	SECPKG_CLIENT_INFO info = { .ProcessID = 0 };

	if (failed(kerberos_host()->lsa->GetClientInfo(&info)))
		return 0;
	return (uint64_t)(uint32_t)info.LogonId.HighPart << 32 | info.LogonId.LowPart;
}

NTSTATUS kerberos_caller_keys(bool client, struct kerberos_shown *out)
{
	*out = (struct kerberos_shown){ .buffer = { .cbBuffer = 0 } };
	if (kerberos_caller_is_here())
		return STATUS_SUCCESS;
	NTSTATUS status = kerberos_caller_ask(client ? KERBEROS_CLIENT_KEYS : KERBEROS_KEYS,
					      rd_of(NULL, 0), out);
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (!failed(status) && out->buffer.cbBuffer)
		return STATUS_SUCCESS;
	kerberos_shown_done(out);
	return kerberos_caller_has_keys() ? STATUS_SUCCESS
					  : fail(SEC_E_NO_CREDENTIALS, "keys of another process");
}
