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
#include "wire/wr.h"

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

/* ---- answers, and those that found no room ---- */

/* What a leg comes to: its status, and how many bytes at the input's end it did not read. */
struct compose_answer {
	PSecBufferDesc in, out;
	ULONG requirements;
	NTSTATUS status;
	size_t rest;
};

/* An answer whose token was larger than the caller's buffer. Its leg is done and is not done again. */
struct compose_held {
	bool waits;
	struct wr token;
	NTSTATUS status;
	size_t taken; /* bytes of the input, which the caller shows again */
};

static inline UNUSED void compose_forget(struct compose_held *h)
{
	wr_done(&h->token);
	*h = (struct compose_held){ 0 };
}

/* Gives the answer and its token. SEC_E_BUFFER_TOO_SMALL to a leg that went well: the token is kept in
 * `h`, and nothing counts as read. To one that failed: its own status, the token is lost. */
static inline MUST_CHECK UNUSED NTSTATUS compose_finish(struct compose_held *h,
							const struct compose_host *host,
							const struct compose_answer *a,
							struct wr *token)
{
	NTSTATUS status = a->status;

	if (!failed(status) && a->rest && !compose_find(a->in, SECBUFFER_EMPTY))
		status = fail(SEC_E_INVALID_TOKEN, "reporting bytes that were not read");
	NTSTATUS given = compose_give(host, a->out, a->requirements, wr_view(token));
	if (failed(status))
		return status;
	if (given == SEC_E_BUFFER_TOO_SMALL) {
		size_t all = compose_bytes(compose_find(a->in, SECBUFFER_TOKEN)).n;
		*h = (struct compose_held){ true, *token, status, all - a->rest };
		*token = WR(0);
	}
	if (failed(given))
		return given;
	if (a->rest)
		compose_report(a->in, SECBUFFER_EXTRA, a->rest);
	return status;
}

/* Gives the answer that waits, as compose_finish would have done; or it goes on waiting. */
static inline MUST_CHECK UNUSED NTSTATUS compose_resume(struct compose_held *h,
							const struct compose_host *host,
							PSecBufferDesc in, PSecBufferDesc out,
							ULONG requirements)
{
	size_t all = compose_bytes(compose_find(in, SECBUFFER_TOKEN)).n;
	size_t rest = all > h->taken ? all - h->taken : 0;
	NTSTATUS status = h->status;

	if (rest && !compose_find(in, SECBUFFER_EMPTY))
		return fail(SEC_E_INVALID_TOKEN, "reporting bytes that were not read");
	NTSTATUS given = compose_give(host, out, requirements, wr_view(&h->token));
	if (failed(given))
		return given;
	if (rest)
		compose_report(in, SECBUFFER_EXTRA, rest);
	compose_forget(h);
	return status;
}

#endif
