/* packages/ntlm/buffers.h - SecBuffers found by type, never by position.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_NTLM_BUFFERS_H
#define OPENSSPI_NTLM_BUFFERS_H

#include <sspi.h>

#include "base/compiler.h"
#include "wire/rd.h"

static inline ULONG buffer_type(const SecBuffer *b)
{
	return b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

/* True for a list that can be walked: right version, and no buffer of bytes without an address. */
static inline MUST_CHECK bool buffers_are_sound(const SecBufferDesc *list)
{
	if (!list || list->ulVersion != SECBUFFER_VERSION || (list->cBuffers && !list->pBuffers))
		return false;
	for (ULONG i = 0; i < list->cBuffers; i++)
		if (list->pBuffers[i].cbBuffer && !list->pBuffers[i].pvBuffer)
			return false;
	return true;
}

/* The first buffer of that type; NULL when there is none. */
static inline SecBuffer *buffer_find(const SecBufferDesc *list, ULONG type)
{
	for (ULONG i = 0; list && list->pBuffers && i < list->cBuffers; i++)
		if (buffer_type(&list->pBuffers[i]) == type)
			return &list->pBuffers[i];
	return NULL;
}

/* The bytes of the first buffer of that type; empty when there is none. */
static inline struct rd buffer_bytes(const SecBufferDesc *list, ULONG type)
{
	const SecBuffer *b = buffer_find(list, type);
	return b ? rd_of(b->pvBuffer, b->cbBuffer) : rd_of(NULL, 0);
}

#endif
