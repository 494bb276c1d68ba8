/* lsa/support_memory.c - heaps, the client's memory, and memory that is protected at rest.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "crypto/permute.h"
#include "lsa/call.h"
#include "lsa/packagecalls.h"
#include "lsa/state.h"
#include "lsa/support.h"

static PVOID NTAPI allocate_lsa_heap(ULONG n)
{
	return block_alloc(n);
}

static VOID NTAPI free_lsa_heap(PVOID block)
{
	block_free(block);
}

static PVOID NTAPI allocate_private_heap(SIZE_T n)
{
	return block_alloc(n);
}

/* ---- the client ---- */

/* The client whose memory is meant; NULL when there is none, or when a package names another one than
 * the one that is calling. */
static const struct lsa_client *client_meant(PLSA_CLIENT_REQUEST request)
{
	const struct frame *frame = call_current();
	const struct lsa_client *client = frame ? frame->client : NULL;

	if (!client || !client->setup.memory)
		return NULL;
	return !request || (const void *)request == client ? client : NULL;
}

static NTSTATUS NTAPI allocate_client_buffer(PLSA_CLIENT_REQUEST request, ULONG n, PVOID *out)
{
	const struct lsa_client *client = client_meant(request);
	uint64_t address = 0;

	if (out && request_is_lsa(request)) {
		*out = block_alloc(n);
		return *out ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "answering a package");
	}
	if (!client || !out)
		return fail(STATUS_INVALID_PARAMETER, "allocating memory of the client");
	NTSTATUS status = client->setup.memory->allocate(client->setup.memory_arg, n, &address);
	if (!failed(status))
		*out = (PVOID)(uintptr_t)address;
	return status;
}

static NTSTATUS NTAPI free_client_buffer(PLSA_CLIENT_REQUEST request, PVOID address)
{
	const struct lsa_client *client = client_meant(request);

	if (request_is_lsa(request)) {
		block_free(address);
		return STATUS_SUCCESS;
	}
	if (!client)
		return fail(STATUS_INVALID_PARAMETER, "releasing memory of the client");
	return client->setup.memory->release(client->setup.memory_arg, (uintptr_t)address);
}

/* Between two packages: the client is the LSA itself. */
static NTSTATUS copy_inside(ULONG n, PVOID to, const void *from)
{
	if (n && (!to || !from))
		return fail(STATUS_INVALID_PARAMETER, "copying between packages");
	if (n)
		memcpy(to, from, n);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI copy_to_client(PLSA_CLIENT_REQUEST request, ULONG n, PVOID address,
				     PVOID from)
{
	const struct lsa_client *client = client_meant(request);

	if (request_is_lsa(request))
		return copy_inside(n, address, from);
	if (!client || (n && !from))
		return fail(STATUS_INVALID_PARAMETER, "writing memory of the client");
	return client->setup.memory->copy_to(client->setup.memory_arg, (uintptr_t)address, from, n);
}

static NTSTATUS NTAPI copy_from_client(PLSA_CLIENT_REQUEST request, ULONG n, PVOID to,
				       PVOID address)
{
	const struct lsa_client *client = client_meant(request);

	if (request_is_lsa(request))
		return copy_inside(n, to, address);
	if (!client || (n && !to))
		return fail(STATUS_INVALID_PARAMETER, "reading memory of the client");
	return client->setup.memory->copy_from(client->setup.memory_arg, to, (uintptr_t)address, n);
}

/* Buffers are copied before a package sees them, so all that is left to do is another copy. */
static NTSTATUS NTAPI map_buffer(PSecBuffer in, PSecBuffer out)
{
	if (!in || !out)
		return fail(STATUS_INVALID_PARAMETER, "mapping a buffer");
	void *copy = block_alloc(in->cbBuffer);
	if (!copy)
		return fail(STATUS_NO_MEMORY, "mapping a buffer");
	NTSTATUS status = STATUS_SUCCESS;
	if (in->BufferType & SECBUFFER_UNMAPPED)
		status = copy_from_client(NULL, in->cbBuffer, copy, in->pvBuffer);
	else if (in->cbBuffer && in->pvBuffer)
		memcpy(copy, in->pvBuffer, in->cbBuffer);
	if (failed(status)) {
		block_free(copy);
		return status;
	}
	*out = (SecBuffer){ .cbBuffer = in->cbBuffer,
			    .BufferType = in->BufferType & ~(ULONG)SECBUFFER_UNMAPPED,
			    .pvBuffer = copy };
	return STATUS_SUCCESS;
}

/* ---- protection: obfuscation with a key of this LSA, no integrity ---- */

static VOID NTAPI protect_memory(PVOID p, ULONG n)
{
	const struct lsa *lsa = lsa_current();
	if (lsa && p)
		permute(lsa->protect_key->p, p, n);
}

static VOID NTAPI unprotect_memory(PVOID p, ULONG n)
{
	const struct lsa *lsa = lsa_current();
	if (lsa && p)
		permute_back(lsa->protect_key->p, p, n);
}

static VOID NTAPI dummy_function(PVOID p, ULONG n)
{
	(void)p;
	(void)n;
}

/* ---- sections that clients could see: there are none here ---- */

static PVOID NTAPI create_shared_memory(ULONG most, ULONG at_first)
{
	(void)most;
	(void)at_first;
	return NULL;
}

static PVOID NTAPI allocate_shared_memory(PVOID shared, ULONG n)
{
	(void)shared;
	(void)n;
	return NULL;
}

static VOID NTAPI free_shared_memory(PVOID shared, PVOID memory)
{
	(void)shared;
	(void)memory;
}

static BOOLEAN NTAPI delete_shared_memory(PVOID shared)
{
	(void)shared;
	return FALSE;
}

static NTSTATUS NTAPI duplicate_handle(HANDLE source, PHANDLE destination)
{
	(void)source;
	(void)destination;
	return fail(STATUS_NOT_SUPPORTED, "duplicating a handle into the client");
}

void support_memory_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->AllocateLsaHeap = allocate_lsa_heap;
	t->FreeLsaHeap = free_lsa_heap;
	t->FreeReturnBuffer = free_lsa_heap;
	t->AllocatePrivateHeap = allocate_private_heap;
	t->FreePrivateHeap = free_lsa_heap;
	t->AllocateClientBuffer = allocate_client_buffer;
	t->FreeClientBuffer = free_client_buffer;
	t->CopyToClientBuffer = copy_to_client;
	t->CopyFromClientBuffer = copy_from_client;
	t->MapBuffer = map_buffer;
	t->LsaProtectMemory = protect_memory;
	t->LsaUnprotectMemory = unprotect_memory;
	t->DummyFunction6 = dummy_function;
	t->DummyFunction7 = dummy_function;
	t->CreateSharedMemory = create_shared_memory;
	t->AllocateSharedMemory = allocate_shared_memory;
	t->FreeSharedMemory = free_shared_memory;
	t->DeleteSharedMemory = delete_shared_memory;
	t->DuplicateHandle = duplicate_handle;
	t->DuplicateTokenHandle = duplicate_handle;
}
