/* packages/ntlm/calls.c - LsaCallAuthenticationPackage: a challenge for a network logon.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The verdict is ProtocolStatus; what is returned says that the message arrived. */
#include "base/base.h"

#include "base/random.h"
#include "packages/ntlm/logon.h"

/* Any eight bytes that nobody foresees are a challenge: the logon that follows brings them back. */
static NTSTATUS challenge(struct wr *answer)
{
	uint8_t bytes[MSV1_CHALLENGE_LEN];

	NTSTATUS status = random_bytes(bytes, sizeof(bytes));
	if (!failed(status))
		msv1_challenge_write(answer, bytes);
	return status;
}

static NTSTATUS serve(const struct msv1_message *m, struct wr *answer)
{
	uint32_t type;

	if (!msv1_type(m, &type))
		return fail(STATUS_INVALID_PARAMETER, "a message without a type");
	return type == MsV1_0Lm20ChallengeRequest
		       ? challenge(answer)
		       : fail(STATUS_NOT_SUPPORTED, "a message that is not served");
}

static NTSTATUS send(PLSA_CLIENT_REQUEST request, const struct wr *answer, PVOID *address,
		     PULONG size)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	PVOID there = NULL;

	if (!wr_ok(answer))
		return fail(STATUS_NO_MEMORY, "answering a message");
	NTSTATUS status = lsa->AllocateClientBuffer(request, (ULONG)answer->len, &there);
	if (failed(status))
		return status;
	status = lsa->CopyToClientBuffer(request, (ULONG)answer->len, there, answer->buf);
	if (failed(status)) {
		(void)lsa->FreeClientBuffer(request, there);
		return status;
	}
	*address = there;
	*size = (ULONG)answer->len;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI ntlm_ap_call_package(PLSA_CLIENT_REQUEST request, PVOID submit_buffer,
				    PVOID client_base, ULONG length, PVOID *answer,
				    PULONG answer_size, PNTSTATUS verdict)
{
	const struct msv1_message m = { rd_of(submit_buffer, length), (uintptr_t)client_base };
	CLEANUP(wr_done) struct wr w = WR(NTLM_MESSAGE_MAX);

	*answer = NULL;
	*answer_size = 0;
	*verdict = serve(&m, &w);
	if (!failed(*verdict))
		*verdict = send(request, &w, answer, answer_size);
	return STATUS_SUCCESS;
}
