/* packages/compose.h - how a built-in package holds another one, wherever that lives.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A thin wrap of OPENSSPI_LSA_EXTENSION and of buffer lists; the only header that packages share. */
#ifndef OPENSSPI_PACKAGES_COMPOSE_H
#define OPENSSPI_PACKAGES_COMPOSE_H

#include <ntsecpkg.h>
#include <opensspi.h>

#include "base/base.h"
#include "wire/rd.h"

/* The services of the LSA that a composed package uses, from SpInitialize on. */
struct compose_host {
	const LSA_SECPKG_FUNCTION_TABLE *lsa;
	const OPENSSPI_LSA_EXTENSION *extension;
};

static inline MUST_CHECK NTSTATUS compose_host_open(struct compose_host *host,
						    const LSA_SECPKG_FUNCTION_TABLE *table)
{
	host->lsa = table;
	return OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION, &host->extension);
}

/* A policy value; `safest` when the host has none. */
static inline UNUSED uint32_t compose_policy(const struct compose_host *host, uint32_t number,
					     uint32_t safest)
{
	ULONG value;
	return failed(host->extension->QueryPolicy(number, &value)) ? safest : value;
}

/* ---- buffer lists ---- */

#define COMPOSE_BUFFERS 6

/* A list of buffers of our own making. */
struct compose_list {
	SecBuffer buffer[COMPOSE_BUFFERS];
	SecBufferDesc desc;
};

static inline void compose_list_init(struct compose_list *l)
{
	l->desc = (SecBufferDesc){ SECBUFFER_VERSION, 0, l->buffer };
}

static inline SecBuffer *compose_list_add(struct compose_list *l, ULONG type, struct rd bytes)
{
	SecBuffer *b = &l->buffer[l->desc.cBuffers++];
	assert(l->desc.cBuffers <= COMPOSE_BUFFERS);
	*b = (SecBuffer){ (ULONG)bytes.n, type, (void *)(uintptr_t)bytes.p };
	return b;
}

static inline ULONG compose_type(const SecBuffer *b)
{
	return b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

/* True for a list that can be walked: right version, and no buffer of bytes without an address. */
static inline MUST_CHECK bool compose_is_sound(const SecBufferDesc *list)
{
	if (!list)
		return true;
	if (list->ulVersion != SECBUFFER_VERSION || (list->cBuffers && !list->pBuffers))
		return false;
	for (ULONG i = 0; i < list->cBuffers; i++)
		if (list->pBuffers[i].cbBuffer && !list->pBuffers[i].pvBuffer)
			return false;
	return true;
}

/* The first buffer of that type which is, or is not, READONLY; NULL when there is none. */
static inline UNUSED SecBuffer *compose_find_kind(const SecBufferDesc *list, ULONG type,
						  bool read_only)
{
	for (ULONG i = 0; list && i < list->cBuffers; i++) {
		SecBuffer *b = &list->pBuffers[i];
		if (compose_type(b) == type && !!(b->BufferType & SECBUFFER_READONLY) == read_only)
			return b;
	}
	return NULL;
}

static inline UNUSED SecBuffer *compose_find(const SecBufferDesc *list, ULONG type)
{
	return compose_find_kind(list, type, false);
}

/* The bytes of a buffer; empty for NULL. */
static inline UNUSED struct rd compose_bytes(const SecBuffer *b)
{
	return b ? rd_of(b->pvBuffer, b->cbBuffer) : rd_of(NULL, 0);
}

/* Turns the input's EMPTY buffer into EXTRA or MISSING with that count; false when there is none. */
static inline UNUSED bool compose_report(const SecBufferDesc *in, ULONG type, size_t count)
{
	SecBuffer *b = compose_find(in, SECBUFFER_EMPTY);
	if (!b)
		return false;
	*b = (SecBuffer){ (ULONG)count, type, NULL };
	return true;
}

/* Gives bytes to the output's TOKEN: LSA heap when the caller asked for that (the same bit in both
 * roles), else the room it has. STATUS_SUCCESS, SEC_E_BUFFER_TOO_SMALL, SEC_E_INSUFFICIENT_MEMORY,
 * SEC_E_INVALID_TOKEN when there is a token but no buffer for it. No bytes: the buffer says 0. */
static inline MUST_CHECK UNUSED NTSTATUS compose_give(const struct compose_host *host,
						      const SecBufferDesc *out, ULONG requirements,
						      struct rd bytes)
{
	SecBuffer *b = compose_find(out, SECBUFFER_TOKEN);

	if (!b)
		return bytes.n ? fail(SEC_E_INVALID_TOKEN, "finding a buffer for the output token")
			       : STATUS_SUCCESS;
	if (bytes.n && (requirements & ISC_REQ_ALLOCATE_MEMORY)) {
		b->pvBuffer = host->lsa->AllocateLsaHeap((ULONG)bytes.n);
		if (!b->pvBuffer)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "allocating the output token");
	} else if (bytes.n > b->cbBuffer) {
		b->cbBuffer = (ULONG)bytes.n; /* what it takes */
		return fail(SEC_E_BUFFER_TOO_SMALL, "placing the output token");
	}
	if (bytes.n)
		memcpy(b->pvBuffer, bytes.p, bytes.n);
	b->cbBuffer = (ULONG)bytes.n;
	return STATUS_SUCCESS;
}

#endif
