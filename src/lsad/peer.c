/* lsad/peer.c - see lsad/peer.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/trace.h"
#include "lsa/audit.h"
#include "lsad/daemon.h"
#include "lsad/peer.h"

#define HELLO_MS 10000
#define AT_ONCE_MAX 16384 /* bytes that a socket takes as a whole or not at all */
#define FRAME_MS 30000	  /* for a frame from its first byte to its last, in either direction */

/* ---- sending ---- */

struct sending {
	uv_write_t write; /* first: a request's address is its sending's */
	uint8_t head[FRAME_HEAD_LEN];
	struct wr payload;
	bool is_reply;
};

static void sending_free(struct sending *s)
{
	wr_done(&s->payload);
	mem_free(s);
}

void peer_answered(struct peer *p)
{
	p->calls--;
	p->since_sent = uv_now(&p->daemon->loop);
	if (p->daemon->ending && !p->calls)
		peer_close(p);
}

static void count_queued(struct peer *p, uint32_t change)
{
	pthread_mutex_lock(&p->lock);
	p->queued += change;
	pthread_mutex_unlock(&p->lock);
}

static void sent(uv_write_t *write, int error)
{
	struct sending *s = (struct sending *)(void *)write;
	struct peer *p = write->data;

	p->unsent -= s->payload.len;
	p->since_sent = uv_now(&p->daemon->loop);
	quota_give(p->quota, s->payload.len);
	count_queued(p, UINT32_MAX);
	if (s->is_reply)
		peer_answered(p);
	sending_free(s);
	if (error)
		peer_close(p);
}

/* False when it cannot be sent; the payload is still the caller's then. */
static bool send_frame(struct peer *p, struct frame_head head, struct wr *payload)
{
	if (p->closing || !quota_take(p->quota, payload->len))
		return false;
	struct sending *s = MEM_NEW(struct sending);
	if (!s) {
		quota_give(p->quota, payload->len);
		return false;
	}
	*s = (struct sending){ .payload = *payload, .is_reply = head.kind == FRAME_REPLY };
	head.size = (uint32_t)payload->len;
	frame_write_head(s->head, &head);
	s->write.data = p;
	uv_buf_t parts[2] = { uv_buf_init((char *)s->head, FRAME_HEAD_LEN),
			      uv_buf_init((char *)s->payload.buf, head.size) };
	count_queued(p, 1);
	if (uv_write(&s->write, (uv_stream_t *)&p->pipe, parts, head.size ? 2 : 1, sent) != 0) {
		count_queued(p, UINT32_MAX);
		quota_give(p->quota, payload->len);
		mem_free(s);
		return false;
	}
	if (!p->unsent)
		p->since_sent = uv_now(&p->daemon->loop);
	p->unsent += payload->len;
	*payload = WR(0);
	return true;
}

void peer_send(struct peer *p, struct frame_head head, struct wr *payload)
{
	if (send_frame(p, head, payload))
		return;
	wr_done(payload);
	peer_close(p);
}

/* The lock is held meanwhile: the loop closes the socket, or sends, before or after. */
bool peer_answer(struct peer *p, const struct frame_head *head, const struct wr *payload)
{
	uint8_t bytes[FRAME_HEAD_LEN];
	struct iovec part[2] = { { bytes, sizeof(bytes) }, { payload->buf, payload->len } };
	const struct msghdr message = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t done = -1;

	if (payload->len > AT_ONCE_MAX)
		return false;
	frame_write_head(bytes, head);
	pthread_mutex_lock(&p->lock);
	if (!p->gone && !p->queued)
		done = sendmsg(p->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done >= 0 && (size_t)done != sizeof(bytes) + payload->len)
		shutdown(p->fd, SHUT_RDWR); /* half a frame is worse than none */
	pthread_mutex_unlock(&p->lock);
	return done >= 0;
}

/* ---- receiving ---- */

/* Of another version it is told ours, and that is all. */
static bool welcome(struct peer *p)
{
	struct frame_head answer = { .kind = FRAME_WELCOME, .what = IPC_VERSION };
	struct wr payload = WR(FRAME_HELLO_MAX);

	if (!frame_is_hello(wr_view(&p->payload)))
		return false;
	frame_write_hello(&payload);
	peer_send(p, answer, &payload);
	p->greeted = p->frame.what == IPC_VERSION;
	return p->greeted;
}

/* May a frame with that head come now? */
static bool frame_fits(const struct peer *p)
{
	switch (p->frame.kind) {
	case FRAME_HELLO:
		return !p->greeted;
	case FRAME_CALL:
		return p->greeted && peer_call_fits(p, &p->frame);
	case FRAME_MEMORY_REPLY:
		return p->greeted; /* was it asked for? memory.c knows */
	default:
		return false;
	}
}

/* A whole frame; false ends the peer. */
static bool take_frame(struct peer *p)
{
	if (p->frame.kind == FRAME_HELLO)
		return welcome(p);
	if (p->frame.kind == FRAME_MEMORY_REPLY) {
		size_t held = p->payload.len;
		bool asked = peer_memory_answered(p, &p->frame, &p->payload);
		quota_give(p->quota, held - p->payload.len);
		return asked;
	}
	return p->daemon->ending || peer_call(p, &p->frame, &p->payload);
}

/* What was received of a frame is let go of; the next may begin. */
static void frame_done(struct peer *p)
{
	quota_give(p->quota, p->payload.len);
	wr_done(&p->payload);
	p->payload = WR(IPC_BYTES_MAX);
	p->head_len = 0;
}

static bool take_head(struct peer *p, struct rd *bytes)
{
	if (!p->head_len && p->greeted)
		p->since_frame = uv_now(&p->daemon->loop);
	while (p->head_len < FRAME_HEAD_LEN && bytes->n) {
		p->head[p->head_len++] = *bytes->p++;
		bytes->n--;
	}
	return p->head_len < FRAME_HEAD_LEN ||
	       (frame_read_head(p->head, &p->frame) && frame_fits(p));
}

/* Room is taken as bytes arrive, not as the head announces them. */
static bool take_payload(struct peer *p, struct rd *bytes)
{
	size_t want = p->frame.size - p->payload.len;
	struct rd part;

	if (!rd_bytes(bytes, bytes->n < want ? bytes->n : want, &part) ||
	    !quota_take(p->quota, part.n))
		return false;
	wr_rd(&p->payload, part);
	if (wr_ok(&p->payload))
		return true;
	quota_give(p->quota, part.n);
	return false;
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
		p->more = bytes.n > 0;
		bool fine = take_frame(p);
		frame_done(p);
		if (!fine)
			return false;
	}
	return true;
}

/* All peers share it: what was read is taken before anything else is. */
static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct daemon *d = ((struct peer *)(void *)handle)->daemon;
	*out = uv_buf_init((char *)d->room, sizeof(d->room));
}

/* A connection that is refused or ended. Its user's share of lines holds for these, too. */
static void tell(const struct peer *p, const char *why, NTSTATUS status)
{
	struct text about = { 0 };

	trace_line("lsad: process %ld of user %u %s", (long)p->who.pid, (unsigned)p->who.uid, why);
	if (!p->client || !audit_is_on(p->client))
		return;
	text_add(&about, " why=\"%s\"", why);
	audit_line(p->client, "Disconnect", &about, status);
}

void peer_feed(struct peer *p, struct rd bytes)
{
	if (take_bytes(p, bytes))
		return;
	tell(p, "broke the protocol or its quota", STATUS_INVALID_PARAMETER);
	peer_close(p);
}

static void received(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
	struct peer *p = (struct peer *)(void *)stream;

	if (n > 0) {
		peer_feed(p, rd_of(room->base, (size_t)n));
		mem_wipe(room->base, (size_t)n);
	}
	if (n < 0)
		peer_close(p);
}

static bool begin_reading(struct peer *p)
{
	return uv_read_start((uv_stream_t *)&p->pipe, give_room, received) == 0;
}

void peer_read_again(struct peer *p, uint64_t slow_ms)
{
	if (!p->unread || p->closing || !stay_is_over(p, slow_ms))
		return;
	p->unread = false;
	if (!begin_reading(p))
		peer_close(p);
}

void peer_count_handles(struct peer *p)
{
	pthread_mutex_lock(&p->lock);
	uint32_t now = lsa_client_handles(p->client); /* else an older count might come last */
	quota_count_handles(p->quota, p->handles, now);
	p->handles = now;
	pthread_mutex_unlock(&p->lock);
}

/* ---- coming and going ---- */

static void peer_free(struct peer *p)
{
	if (p->quota)
		quota_disconnect(p->quota);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

static void released(uv_work_t *work, int error)
{
	struct peer *p = work->data;
	struct daemon *d = p->daemon;

	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	quota_count_handles(p->quota, p->handles, 0);
	peer_free(p);
	daemon_peer_gone(d);
}

/* On a worker: packages may take their time to let go of contexts. */
static void release(uv_work_t *work)
{
	lsa_client_free(((struct peer *)work->data)->client);
}

void peer_release_if_over(struct peer *p)
{
	if (!p->closed || p->serving || p->releasing)
		return;
	p->releasing = true; /* of two calls that end together both come here */
	p->release.data = p;
	if (uv_queue_work(&p->daemon->loop, &p->release, release, released) == 0)
		return;
	release(&p->release);
	released(&p->release, 0);
}

static void closed(uv_handle_t *handle)
{
	struct peer *p = (struct peer *)(void *)handle;

	frame_done(p);
	p->closed = true;
	peer_release_if_over(p);
}

void peer_close(struct peer *p)
{
	if (p->closing)
		return;
	p->closing = true;
	peer_memory_end(p);
	uv_close((uv_handle_t *)&p->pipe, closed);
}

void peer_look(struct peer *p)
{
	uint64_t now = uv_now(&p->daemon->loop);
	bool half = p->head_len && now - p->since_frame > FRAME_MS;
	bool mute = !p->greeted && now - p->since_frame > HELLO_MS;
	bool deaf = p->unsent && now - p->since_sent > FRAME_MS;

	if (!p->closing && (half || mute || deaf)) {
		tell(p, deaf ? "does not read its answers" : "does not end a frame",
		     STATUS_IO_TIMEOUT);
		peer_close(p);
	}
	if (p->daemon->ending && !p->calls)
		peer_close(p);
}

/* Who it is, and its share; false when that is used up. */
static bool know(struct peer *p, int fd)
{
	socklen_t n = sizeof(p->who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &p->who, &n) != 0)
		return false;
	const struct lsa_client_setup setup = { .uid = p->who.uid,
						.gid = p->who.gid,
						.pid = p->who.pid,
						.memory = &peer_memory,
						.memory_arg = p };
	p->client = lsa_client_new(p->daemon->lsa, &setup);
	p->quota = p->client ? quota_connect(p->daemon->quotas, p->who.uid) : NULL;
	return p->quota && uv_pipe_init(&p->daemon->loop, &p->pipe, 0) == 0;
}

static struct peer *peer_make(struct daemon *d, int fd)
{
	struct peer *p = MEM_NEW(struct peer);

	if (!p)
		return NULL;
	p->daemon = d;
	p->fd = fd;
	p->payload = WR(IPC_BYTES_MAX);
	p->since_frame = uv_now(&d->loop);
	pthread_mutex_init(&p->lock, NULL);
	if (know(p, fd))
		return p;
	tell(p, "is one too many", STATUS_QUOTA_EXCEEDED);
	lsa_client_free(p->client);
	peer_free(p);
	return NULL;
}

void peer_new(struct daemon *d, int fd)
{
	struct peer *p = peer_make(d, fd);

	if (!p) {
		close(fd);
		return;
	}
	p->next = d->peers;
	p->link = &d->peers;
	if (d->peers)
		d->peers->link = &p->next;
	d->peers = p;
	if (uv_pipe_open(&p->pipe, fd) != 0) {
		close(fd);
		peer_close(p);
	} else if (!begin_reading(p)) {
		peer_close(p);
	}
}
