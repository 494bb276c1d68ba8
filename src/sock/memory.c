/* sock/memory.c - see sock/memory.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntstatus.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/block.h"
#include "ipc/callbacks.h"
#include "ipc/userhalf.h"
#include "sock/memory.h"

typedef ssize_t move_bytes(pid_t pid, const struct iovec *local, unsigned long locals,
			   const struct iovec *remote, unsigned long remotes, unsigned long flags);

/* Through the kernel, for which an address that is none is an error and not the end. */
static NTSTATUS move(move_bytes *how, void *ours, uint64_t address, size_t n)
{
	struct iovec local = { ours, n }, remote = { (void *)(uintptr_t)address, n };

	if (n == 0)
		return STATUS_SUCCESS;
	return how(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)n
		       ? STATUS_SUCCESS
		       : fail(STATUS_ACCESS_VIOLATION, "serving the LSA with memory");
}

static NTSTATUS allocate(uint32_t size, struct wr *answer)
{
	void *block = block_alloc(size);

	if (!block)
		return fail(STATUS_NO_MEMORY, "allocating memory for the LSA");
	wr_u64le(answer, (uintptr_t)block);
	return STATUS_SUCCESS;
}

static NTSTATUS release(uint64_t address)
{
	uint8_t head[BLOCK_HEAD_LEN];

	if (address < sizeof(head) ||
	    failed(move(process_vm_readv, head, address - sizeof(head), sizeof(head))) ||
	    !block_is_head(head, address))
		return fail(STATUS_ACCESS_VIOLATION, "releasing memory for the LSA");
	block_free((void *)(uintptr_t)address);
	return STATUS_SUCCESS;
}

static NTSTATUS serve(enum frame_memory what, const struct frame_memory_call *call,
		      struct wr *answer)
{
	switch (what) {
	case FRAME_COPY_FROM: {
		uint8_t *room = wr_take(answer, call->size);
		return wr_ok(answer) ? move(process_vm_readv, room, call->address, call->size)
				     : (NTSTATUS)STATUS_NO_MEMORY;
	}
	case FRAME_COPY_TO:
		return move(process_vm_writev, (void *)(uintptr_t)call->bytes.p, call->address,
			    call->bytes.n);
	case FRAME_ALLOCATE:
		return allocate(call->size, answer);
	case FRAME_RELEASE:
		return release(call->address);
	default:
		return STATUS_NOT_SUPPORTED;
	}
}

bool sock_memory_answer(struct connection *c, const struct frame_head *asked, struct rd payload)
{
	CLEANUP(wr_done) struct wr answer = WR(FRAME_MEMORY_MAX + FRAME_MEMORY_HEAD);
	struct frame_head head = { .kind = FRAME_MEMORY_REPLY, .id = asked->id };
	enum frame_memory what = (enum frame_memory)asked->what;
	struct frame_memory_call call;

	if (!frame_read_memory(payload, what, &call))
		return false;
	NTSTATUS status = serve(what, &call, &answer);
	if (failed(status))
		wr_reset(&answer);
	head.what = (uint32_t)status;
	return connection_send(c, head, wr_view(&answer));
}

/* ---- registered functions ---- */

static _Thread_local bool is_called_back;

bool sock_is_called_back(void)
{
	return is_called_back;
}

bool sock_call_back_is_for(struct rd payload, uint32_t *call)
{
	struct frame_call_back asked;

	if (!frame_read_call_back(payload, &asked))
		return false;
	*call = asked.call;
	return true;
}

/* A package registers its functions when its user-mode half begins, which nothing may have called for yet. */
static PLSA_CALLBACK_FUNCTION find(uint32_t number)
{
	PLSA_CALLBACK_FUNCTION function = callback_find(number);

	if (function)
		return function;
	userhalves_begin(userhalves_current());
	return callback_find(number);
}

/* An output that is too large, or at no address, is none. */
static NTSTATUS take_output(const SecBuffer *out, struct wr *answer)
{
	uint8_t *room = out->cbBuffer && out->cbBuffer <= FRAME_CALL_BACK_MAX
				? wr_take(answer, out->cbBuffer)
				: NULL;

	if (!out->cbBuffer)
		return STATUS_SUCCESS;
	if (!room)
		return fail(STATUS_INVALID_BUFFER_SIZE, "the output of a callback");
	return move(process_vm_readv, room, (uintptr_t)out->pvBuffer, out->cbBuffer);
}

static NTSTATUS call_back(const struct frame_call_back *asked, struct wr *answer)
{
	PLSA_CALLBACK_FUNCTION function = find(asked->function);
	SecBuffer in = { (ULONG)asked->input.n, SECBUFFER_DATA, (void *)(uintptr_t)asked->input.p };
	SecBuffer out = { .BufferType = SECBUFFER_DATA };

	if (!function)
		return fail(STATUS_NOT_FOUND, "a callback for the LSA");
	is_called_back = true;
	NTSTATUS status =
		function((ULONG_PTR)asked->argument[0], (ULONG_PTR)asked->argument[1], &in, &out);
	is_called_back = false;
	NTSTATUS taken = take_output(&out, answer);
	if (out.pvBuffer)
		(void)release((uintptr_t)out.pvBuffer);
	return failed(taken) ? taken : status;
}

static bool answer_call(struct connection *c, const struct frame_head *asked, NTSTATUS status,
			struct rd output)
{
	const struct frame_head head = { .kind = FRAME_MEMORY_REPLY,
					 .id = asked->id,
					 .what = (uint32_t)status };
	return connection_send(c, head, output);
}

bool sock_call_back_answer(struct connection *c, const struct frame_head *asked, struct rd payload)
{
	CLEANUP(wr_done) struct wr answer = WR(FRAME_CALL_BACK_MAX);
	struct frame_call_back call;

	if (!frame_read_call_back(payload, &call))
		return false;
	NTSTATUS status = call_back(&call, &answer);
	if (!wr_ok(&answer))
		status = STATUS_NO_MEMORY;
	return answer_call(c, asked, status, wr_view(&answer));
}

bool sock_call_back_refuse(struct connection *c, const struct frame_head *asked)
{
	return answer_call(c, asked, STATUS_DEVICE_BUSY, rd_of(NULL, 0));
}
