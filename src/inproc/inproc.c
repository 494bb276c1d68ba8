/* inproc/inproc.c - see inproc/inproc.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <unistd.h>

#include "base/block.h"
#include "inproc/inproc.h"
#include "ipc/reason.h"

struct inproc {
	struct channel channel; /* first: a channel's address is its inproc's */
	struct lsa_client *client;
};

/* ---- the client's memory is ours ---- */

static NTSTATUS memory_copy_from(void *arg, void *to, uint64_t address, size_t n)
{
	(void)arg;
	if (n && !address)
		return fail(STATUS_ACCESS_VIOLATION, "reading the caller's memory");
	if (n)
		memcpy(to, (const void *)(uintptr_t)address, n);
	return STATUS_SUCCESS;
}

static NTSTATUS memory_copy_to(void *arg, uint64_t address, const void *from, size_t n)
{
	(void)arg;
	if (n && !address)
		return fail(STATUS_ACCESS_VIOLATION, "writing the caller's memory");
	if (n)
		memcpy((void *)(uintptr_t)address, from, n);
	return STATUS_SUCCESS;
}

static NTSTATUS memory_allocate(void *arg, size_t n, uint64_t *address)
{
	(void)arg;
	void *block = block_alloc(n);
	if (!block)
		return fail(STATUS_NO_MEMORY, "allocating memory for the caller");
	*address = (uintptr_t)block;
	return STATUS_SUCCESS;
}

static NTSTATUS memory_release(void *arg, uint64_t address)
{
	(void)arg;
	block_free((void *)(uintptr_t)address);
	return STATUS_SUCCESS;
}

static const struct client_memory memory = {
	.copy_from = memory_copy_from,
	.copy_to = memory_copy_to,
	.allocate = memory_allocate,
	.release = memory_release,
};

/* ---- the rows ---- */

static struct lsa_client *client_of(struct channel *channel)
{
	return ((struct inproc *)(void *)channel)->client;
}

static NTSTATUS inproc_call(struct channel *channel, enum call which, const void *request,
			    void *reply, struct call_reason *why)
{
	return lsa_dispatch(client_of(channel), which, request, reply, why);
}

/* The LSA's side of the codec row: bytes in, bytes out. False when there is no answer but a status. */
static bool serve(struct lsa_client *client, enum call which, struct rd bytes, struct wr *answer,
		  NTSTATUS *status)
{
	const struct call_row *row = call_row(which);
	CLEANUP(mem_free_p) void *request = mem_alloc(row->request_size);
	CLEANUP(mem_free_p) void *reply = mem_alloc(row->reply_size);
	struct call_reason why;

	*status = SEC_E_INSUFFICIENT_MEMORY;
	if (!request || !reply)
		return false;
	if (!row->read_request(bytes, request)) {
		*status = fail(SEC_E_INTERNAL_ERROR, "reading a request");
		return false;
	}
	NTSTATUS answered = lsa_dispatch(client, which, request, reply, &why);
	call_reason_write(answer, &why);
	row->write_reply(answer, reply);
	call_reply_done(which, reply);
	if (!wr_ok(answer))
		return false;
	*status = answered;
	return true;
}

static NTSTATUS codec_call(struct channel *channel, enum call which, const void *request,
			   void *reply, struct call_reason *why)
{
	const struct call_row *row = call_row(which);
	CLEANUP(wr_done) struct wr asked = WR(IPC_BYTES_MAX);
	CLEANUP(wr_done) struct wr answer = WR(IPC_BYTES_MAX);
	NTSTATUS status;

	if (!row)
		return fail(SEC_E_INTERNAL_ERROR, "a call that is none");
	row->write_request(&asked, request);
	if (!wr_ok(&asked))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing a request");
	if (!serve(client_of(channel), which, wr_view(&asked), &answer, &status))
		return fail(status, "serving a call");
	struct rd answered = wr_view(&answer);
	if (call_reason_read(&answered, why) && row->read_reply(answered, reply))
		return status;
	call_reply_done(which, reply);
	return fail(SEC_E_INTERNAL_ERROR, "reading a reply");
}

static void inproc_free(struct channel *channel)
{
	if (!channel)
		return;
	lsa_client_free(client_of(channel));
	mem_free(channel);
}

static const struct channel_ops plain_ops = { "inproc", inproc_call, inproc_free };
static const struct channel_ops codec_ops = { "inproc+codec", codec_call, inproc_free };

struct channel *inproc_channel_new(struct lsa *lsa, bool codec)
{
	const struct lsa_client_setup setup = { .is_this_process = true, .memory = &memory };
	struct inproc *c = MEM_NEW(struct inproc);
	if (!c)
		return NULL;
	c->channel.ops = codec ? &codec_ops : &plain_ops;
	c->client = lsa_client_new(lsa, &setup);
	if (!c->client) {
		mem_free(c);
		return NULL;
	}
	return &c->channel;
}
