/* user.c - ToySSP's user-mode half: signs messages in the application's process.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * It knows of a context what the LSA half packed, and finds it again by the LSA half's handle. It must not
 * use anything of lsa.c: with an LSA in a process of its own that runs elsewhere. */
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <pthread.h>
#include <stdlib.h>

#include "toy.h"

struct mapped {
	LSA_SEC_HANDLE handle;
	struct toy_packed state;
	struct mapped *next;
};

static PSECPKG_DLL_FUNCTIONS dll;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mapped *contexts;

/* A thread that the child of a fork does not have must not leave it with a locked list. */
static void hold(void)
{
	pthread_mutex_lock(&lock);
}

static void release(void)
{
	pthread_mutex_unlock(&lock);
}

static NTSTATUS NTAPI SpInstanceInit(ULONG version, PSECPKG_DLL_FUNCTIONS functions, PVOID *unused)
{
	dll = functions;
	return pthread_atfork(hold, release, release) == 0 ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS NTAPI SpInitUserModeContext(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	struct mapped *m = packed->cbBuffer == sizeof(m->state) ? malloc(sizeof(*m)) : NULL;

	if (m) {
		m->handle = handle;
		memcpy(&m->state, packed->pvBuffer, sizeof(m->state));
		hold();
		m->next = contexts;
		contexts = m;
		release();
	}
	dll->FreeHeap(packed->pvBuffer); /* ours to release, and wiped */
	return m ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS NTAPI SpDeleteUserModeContext(LSA_SEC_HANDLE handle)
{
	struct mapped **at = &contexts, *m;

	hold();
	while (*at && (*at)->handle != handle)
		at = &(*at)->next;
	m = *at;
	if (m)
		*at = m->next;
	release();
	if (!m)
		return SEC_E_INVALID_HANDLE;
	explicit_bzero(m, sizeof(*m));
	free(m);
	return SEC_E_OK;
}

/* The signature of a message that goes one way or the other. */
static NTSTATUS sign(LSA_SEC_HANDLE handle, bool sent, PSecBufferDesc message, ULONG sequence,
		     UCHAR out[TOY_SIGNATURE])
{
	struct toy_packed state;
	struct hmac_sha256_ctx h;

	hold();
	struct mapped *m = contexts;
	while (m && m->handle != handle)
		m = m->next;
	if (m)
		state = m->state;
	release();
	if (!m)
		return SEC_E_INVALID_HANDLE;

	const UCHAR head[] = { sent == (state.inbound != 0), (UCHAR)(sequence >> 24),
			       (UCHAR)(sequence >> 16), (UCHAR)(sequence >> 8), (UCHAR)sequence };
	hmac_sha256_set_key(&h, sizeof(state.key), state.key);
	hmac_sha256_update(&h, sizeof(head), head);
	for (ULONG i = 0; i < message->cBuffers; i++) {
		const SecBuffer *b = &message->pBuffers[i];
		if ((b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == SECBUFFER_DATA)
			hmac_sha256_update(&h, b->cbBuffer, b->pvBuffer);
	}
	hmac_sha256_digest(&h, TOY_SIGNATURE, out);
	explicit_bzero(&h, sizeof(h));
	explicit_bzero(&state, sizeof(state));
	return SEC_E_OK;
}

static NTSTATUS NTAPI SpMakeSignature(LSA_SEC_HANDLE handle, ULONG quality, PSecBufferDesc message,
				      ULONG sequence)
{
	PSecBuffer token = toy_buffer(message, SECBUFFER_TOKEN);

	if (!token)
		return SEC_E_INVALID_TOKEN;
	if (token->cbBuffer < TOY_SIGNATURE)
		return SEC_E_BUFFER_TOO_SMALL;
	token->cbBuffer = TOY_SIGNATURE;
	return sign(handle, true, message, sequence, token->pvBuffer);
}

static NTSTATUS NTAPI SpVerifySignature(LSA_SEC_HANDLE handle, PSecBufferDesc message,
					ULONG sequence, PULONG quality)
{
	PSecBuffer token = toy_buffer(message, SECBUFFER_TOKEN);
	UCHAR right[TOY_SIGNATURE];

	if (!token || token->cbBuffer != TOY_SIGNATURE)
		return SEC_E_INVALID_TOKEN;
	NTSTATUS status = sign(handle, false, message, sequence, right);
	if (status < 0)
		return status;
	return memeql_sec(right, token->pvBuffer, TOY_SIGNATURE) ? SEC_E_OK : SEC_E_MESSAGE_ALTERED;
}

static NTSTATUS NTAPI SpQueryContextAttributes(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	if (attribute != SECPKG_ATTR_SIZES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	*(PSecPkgContext_Sizes)buffer = (SecPkgContext_Sizes){ .cbMaxToken = TOY_MAX_TOKEN,
							       .cbMaxSignature = TOY_SIGNATURE };
	return SEC_E_OK;
}

static SECPKG_USER_FUNCTION_TABLE table = {
	.InstanceInit = SpInstanceInit,
	.InitUserModeContext = SpInitUserModeContext,
	.MakeSignature = SpMakeSignature,
	.VerifySignature = SpVerifySignature,
	.QueryContextAttributes = SpQueryContextAttributes,
	.DeleteUserModeContext = SpDeleteUserModeContext,
};

/* As many tables as SpLsaModeInitialize gave, in the same order. */
TOY_EXPORT NTSTATUS SEC_ENTRY SpUserModeInitialize(ULONG lsa_version, PULONG package_version,
						   PSECPKG_USER_FUNCTION_TABLE *tables,
						   PULONG count)
{
	*package_version = SECPKG_INTERFACE_VERSION;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}
