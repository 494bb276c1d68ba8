/* lsa/buffers.c - see lsa/buffers.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "lsa/buffers.h"

#define ROOM_MAX (1u << 20) /* no token is longer, whatever room its caller has */
#define TEXT_UNITS_MAX 32767

bool buffers_text(struct ipc_text text, UNICODE_STRING *out)
{
	if (text.n > TEXT_UNITS_MAX)
		return false;
	*out = unicode_view(text.p, text.n);
	return true;
}

static NTSTATUS buffers_begin(struct buffers *b, uint32_t count)
{
	if (count > IPC_BUFFERS_MAX)
		return fail(STATUS_INVALID_PARAMETER, "too many buffers");
	b->count = count;
	b->desc = (SecBufferDesc){
		.ulVersion = SECBUFFER_VERSION, .cBuffers = count, .pBuffers = b->buffer
	};
	return STATUS_SUCCESS;
}

/* Gives buffer number i `n` bytes of ours. */
static NTSTATUS buffers_place(struct buffers *b, uint32_t i, uint32_t n)
{
	if (n == 0)
		return STATUS_SUCCESS;
	b->own[i] = block_alloc(n);
	if (!b->own[i])
		return fail(SEC_E_INSUFFICIENT_MEMORY, "taking in buffers");
	b->room[i] = n;
	b->buffer[i].pvBuffer = b->own[i];
	b->buffer[i].cbBuffer = n;
	return STATUS_SUCCESS;
}

NTSTATUS buffers_input(struct buffers *b, const struct ipc_buffer *from, uint32_t count)
{
	size_t total = 0;

	NTSTATUS status = buffers_begin(b, count);
	for (uint32_t i = 0; !failed(status) && i < count; i++) {
		uint32_t n = from[i].p ? from[i].n : 0;
		total += n;
		if (total > IPC_BYTES_MAX)
			return fail(SEC_E_INVALID_TOKEN, "input of too many bytes");
		b->buffer[i].BufferType = from[i].type;
		status = buffers_place(b, i, n);
		if (!failed(status) && n)
			memcpy(b->own[i], from[i].p, n);
	}
	return status;
}

NTSTATUS buffers_output(struct buffers *b, const struct ipc_buffer *from, uint32_t count,
			bool allocate)
{
	NTSTATUS status = buffers_begin(b, count);
	for (uint32_t i = 0; !failed(status) && i < count; i++) {
		b->buffer[i].BufferType = from[i].type;
		if (!allocate)
			status = buffers_place(b, i,
					       from[i].room < ROOM_MAX ? from[i].room : ROOM_MAX);
	}
	return status;
}

void buffers_done(struct buffers *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		block_free(b->own[i]);
	b->count = 0;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* A failing package that has nothing to say often leaves a buffer as it found it. */
static bool was_left_alone(const struct buffers *b, uint32_t i, NTSTATUS status)
{
	const SecBuffer *s = &b->buffer[i];
	return failed(status) && s->pvBuffer == b->own[i] && s->cbBuffer == b->room[i] &&
	       all_zero(s->pvBuffer, s->cbBuffer);
}

static NTSTATUS answer_bytes(struct ipc_answer *a, const void *bytes, uint32_t n, NTSTATUS status)
{
	if (n == 0)
		return status;
	a->bytes.p = mem_dup(bytes, n);
	if (!a->bytes.p) {
		a->size = 0;
		return failed(status) ? status
				      : fail(SEC_E_INSUFFICIENT_MEMORY, "giving out buffers");
	}
	a->bytes.n = n;
	return status;
}

static NTSTATUS answer_output(struct buffers *b, uint32_t i, NTSTATUS status, struct ipc_answer *a)
{
	const SecBuffer *s = &b->buffer[i];
	uint32_t room = s->pvBuffer == b->own[i] ? b->room[i] : (uint32_t)block_size(s->pvBuffer);

	*a = (struct ipc_answer){ .type = s->BufferType, .size = s->cbBuffer };
	if (was_left_alone(b, i, status))
		a->size = 0;
	if (a->size <= room)
		return answer_bytes(a, s->pvBuffer, a->size, status);
	/* With SEC_E_BUFFER_TOO_SMALL the size may say how much it would take. */
	if (failed(status))
		return status;
	a->size = 0;
	return fail(SEC_E_INTERNAL_ERROR, "a package claims more bytes than there are");
}

NTSTATUS buffers_answer(struct buffers *in, struct buffers *out, NTSTATUS status,
			struct context_reply *reply)
{
	reply->in_count = in->count;
	for (uint32_t i = 0; i < in->count; i++)
		reply->in[i] = (struct ipc_answer){ .type = in->buffer[i].BufferType,
						    .size = in->buffer[i].cbBuffer };
	reply->out_count = out->count;
	for (uint32_t i = 0; i < out->count; i++) {
		status = answer_output(out, i, status, &reply->out[i]);
		if (out->buffer[i].pvBuffer != out->own[i])
			block_free(out->buffer[i].pvBuffer);
	}
	return status;
}

NTSTATUS buffers_answer_user_data(SecBuffer *data, NTSTATUS status, struct context_reply *reply)
{
	CLEANUP(block_free_p) void *block = data->pvBuffer;
	uint32_t n = data->cbBuffer;

	data->pvBuffer = NULL;
	if (failed(status) || !reply->mapped)
		return status;
	if (n > block_size(block))
		return fail(SEC_E_INTERNAL_ERROR, "a package claims more bytes than there are");
	if (n == 0)
		return status;
	reply->user_data.p = mem_dup(block, n);
	if (!reply->user_data.p)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "giving out a packed context");
	reply->user_data.n = n;
	return status;
}
