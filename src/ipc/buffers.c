/* ipc/buffers.c - see ipc/buffers.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "ipc/buffers.h"

static uint32_t plain_type(uint32_t type)
{
	return type & ~(uint32_t)SECBUFFER_ATTRMASK;
}

bool descriptor_is_good(const SecBufferDesc *desc)
{
	return desc->ulVersion == SECBUFFER_VERSION && desc->cBuffers <= IPC_BUFFERS_MAX &&
	       (desc->cBuffers == 0 || desc->pBuffers);
}

SECURITY_STATUS buffers_in(const SecBufferDesc *desc, struct ipc_buffer *out, uint32_t *count)
{
	uint64_t total = 0;

	*count = 0;
	if (!desc)
		return SEC_E_OK;
	if (!descriptor_is_good(desc))
		return SEC_E_INVALID_TOKEN;
	for (uint32_t i = 0; i < desc->cBuffers; i++) {
		const SecBuffer *b = &desc->pBuffers[i];
		/* Nothing is read of an EMPTY one, whatever its caller left in it. */
		bool has_bytes = b->pvBuffer && plain_type(b->BufferType) != SECBUFFER_EMPTY;
		uint32_t n = has_bytes ? b->cbBuffer : 0;
		out[i] = (struct ipc_buffer){
			.type = b->BufferType, .room = n, .p = n ? b->pvBuffer : NULL, .n = n
		};
		total += n;
	}
	*count = desc->cBuffers;
	return total <= IPC_BYTES_MAX / 2 ? SEC_E_OK : SEC_E_INVALID_TOKEN;
}

SECURITY_STATUS buffers_room(const SecBufferDesc *desc, struct ipc_buffer *out, uint32_t *count)
{
	*count = 0;
	if (!desc)
		return SEC_E_OK;
	if (!descriptor_is_good(desc))
		return SEC_E_INVALID_TOKEN;
	for (uint32_t i = 0; i < desc->cBuffers; i++)
		out[i] = (struct ipc_buffer){
			.type = desc->pBuffers[i].BufferType,
			.room = desc->pBuffers[i].pvBuffer ? desc->pBuffers[i].cbBuffer : 0,
		};
	*count = desc->cBuffers;
	return SEC_E_OK;
}

void buffers_answer_in(PSecBufferDesc desc, const struct context_reply *reply)
{
	if (!desc)
		return;
	for (uint32_t i = 0; i < desc->cBuffers && i < reply->in_count; i++) {
		const struct ipc_answer *answer = &reply->in[i];
		uint32_t type = plain_type(answer->type);
		if (type == plain_type(desc->pBuffers[i].BufferType) ||
		    (type != SECBUFFER_EXTRA && type != SECBUFFER_MISSING))
			continue;
		desc->pBuffers[i].BufferType = type;
		desc->pBuffers[i].cbBuffer = answer->size;
	}
}

/* Types whose memory the package makes when the caller asked for that. */
static bool type_is_allocated(uint32_t type)
{
	return plain_type(type) == SECBUFFER_TOKEN || plain_type(type) == SECBUFFER_ALERT;
}

static SECURITY_STATUS buffer_fill(SecBuffer *b, const struct ipc_owned *bytes, bool allocate)
{
	uint32_t room = b->pvBuffer ? b->cbBuffer : 0;

	b->cbBuffer = bytes->n;
	if (allocate) {
		b->pvBuffer = block_dup(bytes->p, bytes->n);
		b->cbBuffer = b->pvBuffer ? bytes->n : 0;
		return b->pvBuffer ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
	}
	if (bytes->n > room)
		return SEC_E_BUFFER_TOO_SMALL;
	memcpy(b->pvBuffer, bytes->p, bytes->n);
	return SEC_E_OK;
}

/* Nothing was produced for this buffer: what the caller sees must not look like a token. */
static void buffer_empty(SecBuffer *b, const struct ipc_answer *answer, bool allocate,
			 NTSTATUS status)
{
	if (!type_is_allocated(b->BufferType))
		return;
	bool says_need = (status == SEC_E_BUFFER_TOO_SMALL || status == STATUS_BUFFER_TOO_SMALL) &&
			 answer;
	b->cbBuffer = says_need ? answer->size : 0;
	if (allocate)
		b->pvBuffer = NULL;
}

SECURITY_STATUS buffers_answer_out(PSecBufferDesc desc, const struct context_reply *reply,
				   bool allocate, NTSTATUS status)
{
	SECURITY_STATUS result = SEC_E_OK;

	for (uint32_t i = 0; desc && i < desc->cBuffers; i++) {
		SecBuffer *b = &desc->pBuffers[i];
		const struct ipc_answer *answer = i < reply->out_count ? &reply->out[i] : NULL;
		if (!answer || answer->bytes.n == 0) {
			buffer_empty(b, answer, allocate, status);
			continue;
		}
		SECURITY_STATUS filled = buffer_fill(b, &answer->bytes,
						     allocate && type_is_allocated(answer->type));
		if (filled == SEC_E_OK)
			b->BufferType = (b->BufferType & SECBUFFER_ATTRMASK) |
					plain_type(answer->type);
		else
			result = filled;
	}
	return result;
}
