/* lsad/calls.c - a program's calls: checked on the loop, served on workers, answered on the loop.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/reason.h"
#include "lsad/daemon.h"
#include "lsad/peer.h"

/* A program that waits for an answer before it asks once more may be ahead of our seeing it sent. */
#define CALLS_MAX (4 * FRAME_CALLS_MAX)

struct serving {
	struct quota_turn turn; /* first: a turn's address is its serving's */
	uv_work_t work;
	struct serving *next, **link; /* of the peer */
	struct peer *peer;
	struct frame_head head;
	struct wr request, reply;
	NTSTATUS status;
	atomic_bool answered; /* by the worker */
};

/* ---- on a worker ---- */

static bool makes_handle(enum call which, const void *request)
{
	if (which == CALL_INIT_CONTEXT || which == CALL_ACCEPT_CONTEXT)
		return !((const struct context_call *)request)->context;
	return which == CALL_ACQUIRE_CREDENTIALS;
}

static NTSTATUS serve_request(struct peer *p, enum call which, const void *request, void *reply,
			      struct call_reason *why)
{
	why->text[0] = '\0';
	if (makes_handle(which, request) && !quota_has_handles(p->quota))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user's handle too many");
	return lsa_dispatch(p->client, which, request, reply, why);
}

static void serve_bytes(struct serving *s)
{
	enum call which = (enum call)s->head.what;
	const struct call_row *row = call_row(which);
	CLEANUP(mem_free_p) void *request = mem_alloc(row->request_size);
	CLEANUP(mem_free_p) void *reply = mem_alloc(row->reply_size);
	struct call_reason why;

	s->status = SEC_E_INSUFFICIENT_MEMORY;
	if (!request || !reply)
		return;
	if (!row->read_request(wr_view(&s->request), request)) {
		s->status = fail(SEC_E_INTERNAL_ERROR, "reading a request");
		return;
	}
	s->status = serve_request(s->peer, which, request, reply, &why);
	call_reason_write(&s->reply, &why);
	row->write_reply(&s->reply, reply);
	call_reply_done(which, reply);
	if (!wr_ok(&s->reply)) {
		wr_reset(&s->reply);
		s->status = SEC_E_INSUFFICIENT_MEMORY;
	}
}

static void serve(uv_work_t *work)
{
	struct serving *s = work->data;

	serve_bytes(s);
	const struct frame_head head = { .size = (uint32_t)s->reply.len,
					 .kind = FRAME_REPLY,
					 .id = s->head.id,
					 .what = (uint32_t)s->status };
	/* Said first: the program may use the number again at once. */
	atomic_store(&s->answered, true);
	if (!peer_answer(s->peer, &head, &s->reply))
		atomic_store(&s->answered, false);
}

/* ---- on the loop ---- */

static struct quota *serving_end(struct serving *s)
{
	struct quota *quota = s->peer->quota;

	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	quota_give(quota, s->request.len);
	wr_done(&s->request);
	wr_done(&s->reply);
	mem_free(s);
	return quota;
}

static void served(uv_work_t *work, int error);

static void begin(struct serving *s)
{
	s->work.data = s;
	if (uv_queue_work(&s->peer->daemon->loop, &s->work, serve, served) != 0)
		served(&s->work, UV_ENOMEM);
}

/* Gives the place of a call that ended to the next; what a program left behind is passed over. */
static void pass_on(struct quota *quota)
{
	struct serving *s;

	while ((s = (struct serving *)(void *)quota_end(quota))) {
		struct peer *p = s->peer;
		if (!p->closing) {
			begin(s);
			return;
		}
		(void)serving_end(s);
		/* Its connection counts until later, and the quota with it. */
		peer_release_if_over(p);
	}
}

static void served(uv_work_t *work, int error)
{
	struct serving *s = work->data;
	struct frame_head head = { .kind = FRAME_REPLY, .id = s->head.id };
	struct peer *p = s->peer;
	uint32_t handles = lsa_client_handles(p->client);

	head.what = (uint32_t)(error ? (NTSTATUS)SEC_E_INTERNAL_ERROR : s->status);
	quota_count_handles(p->quota, p->handles, handles);
	p->handles = handles;
	bool answered = atomic_load(&s->answered);
	struct wr reply = s->reply;
	s->reply = WR(0);
	struct quota *quota = serving_end(s);
	if (answered || p->closing)
		wr_done(&reply);
	else
		peer_send(p, head, &reply);
	if (answered)
		peer_answered(p);
	pass_on(quota);
	peer_release_if_over(p);
}

bool peer_call_fits(const struct peer *p, const struct frame_head *head)
{
	for (const struct serving *s = p->serving; s; s = s->next)
		if (s->head.id == head->id && !atomic_load(&s->answered))
			return false;
	return p->calls < CALLS_MAX && call_row((enum call)head->what);
}

bool peer_call(struct peer *p, const struct frame_head *head, struct wr *payload)
{
	struct serving *s = MEM_NEW(struct serving);

	if (!s)
		return false;
	*s = (struct serving){ .peer = p,
			       .head = *head,
			       .request = *payload,
			       .reply = WR(IPC_BYTES_MAX),
			       .next = p->serving,
			       .link = &p->serving };
	if (s->next)
		s->next->link = &s->next;
	p->serving = s;
	*payload = WR(0);
	p->calls++;
	if (quota_begin(p->quota, &s->turn))
		begin(s);
	return true;
}
