/* lsad/memory.c - a program's memory, while it is in a call: asked for by the worker, fetched by the loop.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Functions that the program registered are called by the same road. */
#include "base/base.h"

#include <ntstatus.h>
#include <time.h>

#include "base/block.h"
#include "lsad/daemon.h"
#include "lsad/peer.h"

#define ANSWER_SECONDS 10 /* a program that does not answer has no memory */

static _Thread_local uint32_t serves; /* the call that this worker serves */

void peer_memory_serves(uint32_t call)
{
	serves = call;
}

static bool wait_until_done(struct peer *p, struct memory_question *q)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ANSWER_SECONDS;
	while (!q->done && !p->gone)
		if (pthread_cond_clockwait(&q->wake, &p->lock, CLOCK_MONOTONIC, &until) != 0)
			break;
	if (!q->done)
		p->given_up += q->sent; /* the answer may come yet */
	return q->done;
}

static void take_out(struct peer *p, struct memory_question *q)
{
	struct memory_question **at = &p->questions;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
}

static void question_init(struct memory_question *q, enum frame_memory what)
{
	*q = (struct memory_question){ .what = what,
				       .asked = WR(FRAME_MEMORY_MAX + FRAME_MEMORY_HEAD),
				       .answer = WR(FRAME_MEMORY_MAX + FRAME_MEMORY_HEAD),
				       .wake = PTHREAD_COND_INITIALIZER };
}

/* False: the program did not answer in time, or is gone. */
static bool put_question(struct peer *p, struct memory_question *q)
{
	pthread_mutex_lock(&p->lock);
	q->id = ++p->last_question;
	q->next = p->questions;
	p->questions = q;
	atomic_store(&p->asking, true);
	if (p->busy_since) /* the answer is for the loop to read, after what another has in hand */
		p->keeper = NULL;
	daemon_wake(p->daemon);
	bool done = wait_until_done(p, q);
	take_out(p, q);
	pthread_mutex_unlock(&p->lock);
	return done;
}

static NTSTATUS ask(struct peer *p, enum frame_memory what, const struct frame_memory_call *call,
		    struct memory_question *q)
{
	question_init(q, what);
	frame_write_memory(&q->asked, call);
	if (!wr_ok(&q->asked))
		return fail(STATUS_NO_MEMORY, "asking for a program's memory");
	if (!put_question(p, q))
		return fail(STATUS_ACCESS_VIOLATION, "waiting for a program's memory");
	/* What it says of itself is a yes or a no; packages are not handed statuses of its making. */
	if (q->status == STATUS_SUCCESS)
		return STATUS_SUCCESS;
	return what == FRAME_ALLOCATE ? fail(STATUS_NO_MEMORY, "a program's memory")
				      : fail(STATUS_ACCESS_VIOLATION, "a program's memory");
}

static void question_done(struct memory_question *q)
{
	wr_done(&q->asked);
	wr_done(&q->answer);
	pthread_cond_destroy(&q->wake);
}

static NTSTATUS copy_from(void *arg, void *to, uint64_t address, size_t n)
{
	for (size_t at = 0; at < n;) {
		CLEANUP(question_done) struct memory_question q = { .next = NULL };
		uint32_t part = n - at > FRAME_MEMORY_MAX ? FRAME_MEMORY_MAX : (uint32_t)(n - at);
		NTSTATUS status = ask(arg, FRAME_COPY_FROM,
				      &(struct frame_memory_call){ address + at, part, { 0 } }, &q);
		if (failed(status))
			return status;
		if (q.answer.len != part)
			return fail(STATUS_ACCESS_VIOLATION, "a program's answer of another size");
		memcpy((uint8_t *)to + at, q.answer.buf, part);
		at += part;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS copy_to(void *arg, uint64_t address, const void *from, size_t n)
{
	for (size_t at = 0; at < n;) {
		CLEANUP(question_done) struct memory_question q = { .next = NULL };
		uint32_t part = n - at > FRAME_MEMORY_MAX ? FRAME_MEMORY_MAX : (uint32_t)(n - at);
		NTSTATUS status =
			ask(arg, FRAME_COPY_TO,
			    &(struct frame_memory_call){ address + at, part,
							 rd_of((const uint8_t *)from + at, part) },
			    &q);
		if (failed(status))
			return status;
		at += part;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS allocate(void *arg, size_t n, uint64_t *address)
{
	CLEANUP(question_done) struct memory_question q = { .next = NULL };

	if (n > UINT32_MAX)
		return fail(STATUS_NO_MEMORY, "allocating a program's memory");
	NTSTATUS status =
		ask(arg, FRAME_ALLOCATE, &(struct frame_memory_call){ 0, (uint32_t)n, { 0 } }, &q);
	if (failed(status))
		return status;
	struct rd answer = wr_view(&q.answer);
	return rd_u64le(&answer, address) && rd_empty(answer) && *address
		       ? STATUS_SUCCESS
		       : fail(STATUS_NO_MEMORY, "a program's answer");
}

static NTSTATUS release(void *arg, uint64_t address)
{
	CLEANUP(question_done) struct memory_question q = { .next = NULL };
	return ask(arg, FRAME_RELEASE, &(struct frame_memory_call){ address, 0, { 0 } }, &q);
}

/* The status is what the function says, or the program: who asks does not trust it. */
static NTSTATUS call_back(void *arg, const struct client_call *call, SecBuffer *out)
{
	CLEANUP(question_done) struct memory_question q = { .next = NULL };
	const struct frame_call_back asked = { .call = serves,
					       .function = call->function,
					       .argument = { call->argument[0], call->argument[1] },
					       .input = call->input };

	if (call->input.n > FRAME_CALL_BACK_MAX)
		return fail(STATUS_INVALID_PARAMETER, "the input of a program's function");
	question_init(&q, FRAME_CALL_BACK);
	frame_write_call_back(&q.asked, &asked);
	if (!wr_ok(&q.asked))
		return fail(STATUS_NO_MEMORY, "calling a program's function");
	if (!put_question(arg, &q))
		return fail(STATUS_IO_TIMEOUT, "waiting for a program's function");
	if (q.answer.len > FRAME_CALL_BACK_MAX)
		return fail(STATUS_INVALID_BUFFER_SIZE, "the output of a program's function");
	if (q.answer.len) {
		out->pvBuffer = block_dup(q.answer.buf, q.answer.len);
		if (!out->pvBuffer)
			return fail(STATUS_NO_MEMORY, "the output of a program's function");
		out->cbBuffer = (ULONG)q.answer.len;
	}
	return q.status;
}

const struct client_memory peer_memory = { copy_from, copy_to, allocate, release, call_back };

/* ---- on the loop ---- */

/* Takes the next question out of the worker's hands; false when all are sent. */
static bool next_unsent(struct peer *p, struct frame_head *head, struct wr *payload)
{
	pthread_mutex_lock(&p->lock);
	struct memory_question *q = p->questions;
	while (q && q->sent)
		q = q->next;
	if (q) {
		q->sent = true;
		*head = (struct frame_head){ .kind = FRAME_MEMORY, .id = q->id, .what = q->what };
		*payload = q->asked;
		q->asked = WR(0);
	}
	pthread_mutex_unlock(&p->lock);
	return q != NULL;
}

void peer_ask_all(struct peer *p)
{
	struct frame_head head;
	struct wr payload;

	if (!atomic_exchange(&p->asking, false))
		return;
	while (!p->closing && next_unsent(p, &head, &payload))
		peer_send(p, head, &payload);
	peer_read_again(p, UINT64_MAX);
}

bool peer_memory_answered(struct peer *p, const struct frame_head *head, struct wr *payload)
{
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (struct memory_question *q = p->questions; q && !found; q = q->next) {
		if (q->id != head->id || !q->sent || q->done)
			continue;
		struct wr empty = q->answer;
		q->answer = *payload;
		*payload = empty;
		q->status = (NTSTATUS)head->what;
		q->done = found = true;
		pthread_cond_signal(&q->wake);
	}
	if (!found && p->given_up && head->id <= p->last_question) {
		p->given_up--; /* it took too long */
		found = true;
	}
	pthread_mutex_unlock(&p->lock);
	return found;
}

void peer_memory_end(struct peer *p)
{
	pthread_mutex_lock(&p->lock);
	p->gone = true;
	for (struct memory_question *q = p->questions; q; q = q->next)
		pthread_cond_signal(&q->wake);
	pthread_mutex_unlock(&p->lock);
}
