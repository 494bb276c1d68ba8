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
	size_t skip; /* bytes of the request that are its head */
	size_t held; /* of the quota */
	NTSTATUS status;
	atomic_bool answered; /* by the worker */
	bool stays, crowded;  /* lsad/stay.c */
	struct wr left;	      /* that a worker read and the loop has to take */
};

/* ---- on a worker ---- */

/* A handle, or something more in one. */
static bool takes_more(enum call which, const void *request)
{
	if (which == CALL_INIT_CONTEXT || which == CALL_ACCEPT_CONTEXT)
		return !((const struct context_call *)request)->context;
	return which == CALL_ACQUIRE_CREDENTIALS || which == CALL_ADD_CREDENTIALS;
}

static NTSTATUS serve_request(struct peer *p, enum call which, const void *request, void *reply,
			      struct call_reason *why)
{
	why->text[0] = '\0';
	if (takes_more(which, request) && !quota_has_handles(p->quota))
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

	peer_memory_serves(s->head.id);
	s->status = SEC_E_INSUFFICIENT_MEMORY;
	if (!request || !reply)
		return;
	struct rd asked = wr_view(&s->request);
	if (!rd_skip(&asked, s->skip) || !row->read_request(asked, request)) {
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

/* True when it was answered. */
static bool serve_one(struct serving *s)
{
	serve_bytes(s);
	if (s->stays)
		s->crowded = stay_is_crowded(s->peer, s, &s->left);
	const struct frame_head head = { .size = (uint32_t)s->reply.len,
					 .kind = FRAME_REPLY,
					 .id = s->head.id,
					 .what = (uint32_t)s->status };
	/* Said first: the program may use the number again at once. */
	atomic_store(&s->answered, true);
	bool answered = peer_answer(s->peer, &head, &s->reply);
	if (!answered)
		atomic_store(&s->answered, false);
	return answered;
}

/* The next call of the same program, read here. */
static bool go_on(struct serving *s)
{
	peer_count_handles(s->peer);
	if (!stay_next(s->peer, s, &s->head, &s->left))
		return false;
	struct wr used = s->request;
	s->request = s->left;
	s->left = used;
	s->skip = FRAME_HEAD_LEN;
	wr_reset(&s->left);
	wr_reset(&s->reply);
	atomic_store(&s->answered, false);
	return true;
}

static void serve(uv_work_t *work)
{
	struct serving *s = work->data;

	while (serve_one(s) && s->stays && !s->crowded && go_on(s))
		continue;
}

/* ---- on the loop ---- */

static struct quota *serving_end(struct serving *s)
{
	struct quota *quota = s->peer->quota;

	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	quota_give(quota, s->held);
	wr_done(&s->request);
	wr_done(&s->reply);
	wr_done(&s->left);
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

	head.what = (uint32_t)(error ? (NTSTATUS)SEC_E_INTERNAL_ERROR : s->status);
	peer_count_handles(p);
	if (s->stays)
		stay_end(p, s, s->crowded);
	bool answered = atomic_load(&s->answered);
	CLEANUP(wr_done) struct wr left = s->left;
	struct wr reply = s->reply;
	s->left = s->reply = WR(0);
	struct quota *quota = serving_end(s);
	if (answered || p->closing)
		wr_done(&reply);
	else
		peer_send(p, head, &reply);
	if (answered)
		peer_answered(p);
	pass_on(quota);
	if (left.failed)
		peer_close(p);
	else if (!p->closing)
		peer_feed(p, wr_view(&left));
	peer_read_again(p, UINT64_MAX);
	peer_release_if_over(p);
}

bool peer_call_fits(const struct peer *p, const struct frame_head *head)
{
	for (const struct serving *s = p->serving; s; s = s->next)
		if (s->head.id == head->id && !atomic_load(&s->answered))
			return false;
	return p->calls < CALLS_MAX && call_row((enum call)head->what);
}

/* Are the calls before it answered? */
static bool is_alone(const struct serving *s)
{
	for (const struct serving *other = s->next; other; other = other->next)
		if (!atomic_load(&other->answered))
			return false;
	return true;
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
			       .left = WR(IPC_BYTES_MAX),
			       .held = payload->len,
			       .next = p->serving,
			       .link = &p->serving };
	if (s->next)
		s->next->link = &s->next;
	p->serving = s;
	*payload = WR(0);
	p->calls++;
	if (!quota_begin(p->quota, &s->turn))
		return true;
	s->stays = is_alone(s) && !p->more && stay_begin(p, s);
	begin(s);
	return true;
}
