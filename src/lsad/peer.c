/* lsad/peer.c - see lsad/peer.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <sys/socket.h>

#include "base/trace.h"
#include "lsad/daemon.h"
#include "lsad/peer.h"

#define CHUNK 65536u

/* ---- sending ---- */

struct sending {
	uv_write_t write; /* first: a request's address is its sending's */
	uint8_t head[FRAME_HEAD_LEN];
	struct wr payload;
};

static void sent(uv_write_t *write, int error)
{
	struct sending *s = (struct sending *)(void *)write;
	struct peer *p = write->data;

	wr_done(&s->payload);
	mem_free(s);
	if (error)
		peer_close(p);
}

void peer_send(struct peer *p, struct frame_head head, struct wr *payload)
{
	struct sending *s = p->closing ? NULL : MEM_NEW(struct sending);

	if (!s) {
		wr_done(payload);
		peer_close(p);
		return;
	}
	s->payload = *payload;
	*payload = WR(0);
	head.size = (uint32_t)s->payload.len;
	frame_write_head(s->head, &head);
	s->write.data = p;
	uv_buf_t parts[2] = { uv_buf_init((char *)s->head, FRAME_HEAD_LEN),
			      uv_buf_init((char *)s->payload.buf, head.size) };
	if (uv_write(&s->write, (uv_stream_t *)&p->pipe, parts, head.size ? 2 : 1, sent) == 0)
		return;
	wr_done(&s->payload);
	mem_free(s);
	peer_close(p);
}

/* ---- receiving ---- */

static bool welcome(struct peer *p, const struct frame_head *head)
{
	struct frame_head answer = { .kind = FRAME_WELCOME, .what = IPC_VERSION };
	struct wr payload = WR(FRAME_HELLO_MAX);

	if (head->kind != FRAME_HELLO || !frame_is_hello(wr_view(&p->payload)))
		return false;
	frame_write_hello(&payload);
	peer_send(p, answer, &payload);
	p->greeted = head->what == IPC_VERSION;
	return p->greeted;
}

/* A whole frame; false ends the peer. */
static bool take_frame(struct peer *p)
{
	if (!p->greeted)
		return welcome(p, &p->frame);
	if (p->frame.kind == FRAME_MEMORY_REPLY)
		return peer_memory_answered(p, &p->frame, &p->payload);
	if (p->frame.kind != FRAME_CALL)
		return false;
	peer_call(p, &p->frame, &p->payload);
	return true;
}

static void frame_begins(struct peer *p)
{
	quota_give(p->quota, p->payload_len);
	wr_done(&p->payload);
	p->payload = WR(IPC_BYTES_MAX);
	p->head_len = p->payload_len = 0;
}

static bool take_head(struct peer *p, struct rd *bytes)
{
	while (p->head_len < FRAME_HEAD_LEN && bytes->n) {
		p->head[p->head_len++] = *bytes->p++;
		bytes->n--;
	}
	return p->head_len < FRAME_HEAD_LEN || frame_read_head(p->head, &p->frame);
}

/* Room is taken as bytes arrive, not as the head announces them. */
static bool take_payload(struct peer *p, struct rd *bytes)
{
	size_t want = p->frame.size - p->payload.len;
	size_t n = bytes->n < want ? bytes->n : want;

	if (!quota_take(p->quota, n))
		return false;
	p->payload_len += n;
	wr_bytes(&p->payload, bytes->p, n);
	bytes->p += n;
	bytes->n -= n;
	return wr_ok(&p->payload);
}

static bool take_bytes(struct peer *p, struct rd bytes)
{
	while (bytes.n && !p->closing) {
		if (p->head_len < FRAME_HEAD_LEN && !take_head(p, &bytes))
			return false;
		if (p->head_len < FRAME_HEAD_LEN)
			return true;
		if (!take_payload(p, &bytes))
			return false;
		if (p->payload.len < p->frame.size)
			continue;
		if (!take_frame(p))
			return false;
		frame_begins(p);
	}
	return true;
}

/* ---- reading from the pipe ---- */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	char *room = mem_alloc(CHUNK);
	*out = uv_buf_init(room, room ? CHUNK : 0);
}

static void received(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
	struct peer *p = (struct peer *)(void *)stream;

	if (n > 0 && !take_bytes(p, rd_of(room->base, (size_t)n))) {
		trace_line("lsad: process %ld of user %u broke the protocol or its quota",
			   (long)p->who.pid, (unsigned)p->who.uid);
		peer_close(p);
	}
	mem_free_wiped(room->base, n > 0 ? (size_t)n : 0);
	if (n < 0)
		peer_close(p);
}

/* Enough calls run: what comes now waits in the socket. */
static void pace(struct peer *p)
{
	bool wanted = !p->closing && p->calls < PEER_CALLS_MAX;

	if (wanted == p->reading)
		return;
	p->reading = wanted;
	if (!wanted)
		uv_read_stop((uv_stream_t *)&p->pipe);
	else if (uv_read_start((uv_stream_t *)&p->pipe, give_room, received) != 0)
		peer_close(p);
}

/* ---- calls ---- */

struct serving {
	uv_work_t work; /* first: a request's address is its serving's */
	struct peer *peer;
	struct frame_head head;
	struct wr request, reply;
	NTSTATUS status;
	size_t bytes; /* of the user's quota */
};

/* On a worker. */
static void serve(uv_work_t *work)
{
	struct serving *s = (struct serving *)(void *)work;
	const struct call_row *row = call_row((enum call)s->head.what);
	CLEANUP(mem_free_p) void *request = mem_alloc(row->request_size);
	CLEANUP(mem_free_p) void *reply = mem_alloc(row->reply_size);

	s->status = SEC_E_INSUFFICIENT_MEMORY;
	if (!request || !reply)
		return;
	if (!row->read_request(wr_view(&s->request), request)) {
		s->status = fail(SEC_E_INTERNAL_ERROR, "reading a request");
		return;
	}
	s->status = lsa_dispatch(s->peer->client, (enum call)s->head.what, request, reply);
	row->write_reply(&s->reply, reply);
	call_reply_done((enum call)s->head.what, reply);
	if (!wr_ok(&s->reply)) {
		wr_reset(&s->reply);
		s->status = SEC_E_INSUFFICIENT_MEMORY;
	}
}

static void release_if_over(struct peer *p);

/* Back on the loop. */
static void served(uv_work_t *work, int error)
{
	struct serving *s = (struct serving *)(void *)work;
	struct frame_head head = { .kind = FRAME_REPLY, .id = s->head.id };
	struct peer *p = s->peer;

	head.what = (uint32_t)(error ? (NTSTATUS)SEC_E_INTERNAL_ERROR : s->status);
	p->calls--;
	quota_give(p->quota, s->bytes);
	wr_done(&s->request);
	if (p->closing)
		wr_done(&s->reply);
	else
		peer_send(p, head, &s->reply);
	mem_free(s);
	pace(p);
	release_if_over(p);
}

void peer_call(struct peer *p, const struct frame_head *head, struct wr *payload)
{
	struct serving *s = call_row((enum call)head->what) ? MEM_NEW(struct serving) : NULL;

	if (!s) {
		peer_close(p);
		return;
	}
	*s = (struct serving){ .peer = p,
			       .head = *head,
			       .request = *payload,
			       .reply = WR(IPC_BYTES_MAX),
			       .bytes = p->payload_len };
	*payload = WR(0);
	p->payload_len = 0;
	p->calls++;
	pace(p);
	if (uv_queue_work(&p->daemon->loop, &s->work, serve, served) == 0)
		return;
	served(&s->work, UV_ENOMEM);
}

/* ---- coming and going ---- */

static void freed_client(uv_work_t *work, int error)
{
	struct peer *p = work->data;

	mem_free(work);
	if (p->link) {
		*p->link = p->next;
		if (p->next)
			p->next->link = p->link;
	}
	if (p->quota)
		quota_disconnect(p->quota);
	pthread_mutex_destroy(&p->lock);
	daemon_peer_gone(p->daemon);
	mem_free(p);
}

/* On a worker: packages may take their time to let go of contexts. */
static void free_client(uv_work_t *work)
{
	lsa_client_free(((struct peer *)work->data)->client);
}

static void closed(uv_handle_t *handle)
{
	struct peer *p = (struct peer *)(void *)handle;

	p->reading = true; /* marks that the handle is closed */
	release_if_over(p);
}

static void release_if_over(struct peer *p)
{
	if (!p->closing || !p->reading || p->calls)
		return;
	frame_begins(p);
	p->calls = 1; /* only once */
	uv_work_t *work = MEM_NEW(uv_work_t);
	if (work) {
		work->data = p;
		if (uv_queue_work(&p->daemon->loop, work, free_client, freed_client) == 0)
			return;
		free_client(work);
		freed_client(work, 0);
	}
}

void peer_close(struct peer *p)
{
	if (p->closing)
		return;
	p->closing = true;
	p->reading = false;
	peer_memory_end(p);
	uv_close((uv_handle_t *)&p->pipe, closed);
}

static bool know(struct peer *p)
{
	socklen_t n = sizeof(p->who);
	int fd;

	if (uv_fileno((uv_handle_t *)&p->pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &p->who, &n) != 0)
		return false;
	p->quota = quota_connect(p->daemon->quotas, p->who.uid);
	if (!p->quota)
		return false;
	const struct lsa_client_setup setup = { .uid = p->who.uid,
						.gid = p->who.gid,
						.pid = p->who.pid,
						.memory = &peer_memory,
						.memory_arg = p };
	p->client = lsa_client_new(p->daemon->lsa, &setup);
	return p->client != NULL;
}

void peer_accept(struct daemon *d, uv_stream_t *listener)
{
	struct peer *p = MEM_NEW(struct peer);

	if (!p || uv_pipe_init(&d->loop, &p->pipe, 0) != 0) {
		mem_free(p);
		return;
	}
	p->daemon = d;
	p->payload = WR(IPC_BYTES_MAX);
	pthread_mutex_init(&p->lock, NULL);
	p->next = d->peers;
	p->link = &d->peers;
	if (d->peers)
		d->peers->link = &p->next;
	d->peers = p;
	if (uv_accept(listener, (uv_stream_t *)&p->pipe) != 0 || !know(p)) {
		peer_close(p);
		return;
	}
	pace(p);
}
