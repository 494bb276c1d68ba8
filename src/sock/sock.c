/* sock/sock.c - see sock/sock.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * There is no thread of its own: of those that wait for replies one reads, and hands what is another's to
 * that one. A connection that broke is dropped with all calls on it; the next call makes another. */
#include "base/base.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/forks.h"
#include "ipc/frame.h"
#include "ipc/reason.h"
#include "sock/connection.h"
#include "sock/memory.h"
#include "sock/sock.h"

/* A call that waits for its reply, on its thread's stack. */
struct waiting {
	struct waiting *next;
	struct connection *on;
	uint32_t id;
	bool done;
	NTSTATUS status;
	struct wr reply;
	bool is_asked; /* to run a function for the LSA: until it has answered */
	struct frame_head asked;
	struct wr question;
	pthread_cond_t wake;
};

struct sock {
	struct channel channel; /* first: a channel's address is its sock's */
	struct sock_settings settings;
	char *path;
	pthread_mutex_t lock;
	struct connection *connection; /* NULL: none yet, or it broke */
	uint32_t last_id, count;       /* of calls: `first` and on */
	bool reading;		       /* somebody does */
	bool opening;		       /* somebody makes a connection */
	NTSTATUS opened;	       /* how that went the last time */
	struct waiting *first;
	pthread_cond_t fewer; /* calls */
	pthread_cond_t over;  /* the making of a connection */
};

static struct sock *sock_of(struct channel *channel)
{
	return (struct sock *)(void *)channel;
}

/* ---- with the lock held ---- */

static void finish(struct waiting *w, NTSTATUS status)
{
	w->done = true;
	w->status = status;
	pthread_cond_signal(&w->wake);
}

/* That connection is no more: nor are the calls on it. */
static void drop(struct sock *s, struct connection *broken)
{
	for (struct waiting *w = s->first; w; w = w->next)
		if (w->on == broken && !w->done)
			finish(w, SEC_E_INTERNAL_ERROR);
	connection_end(broken);
	if (s->connection == broken)
		s->connection = connection_unref(broken);
}

static void take_out(struct sock *s, struct waiting *w)
{
	struct waiting **at = &s->first;

	while (*at && *at != w)
		at = &(*at)->next;
	if (!*at) /* a function that the LSA called has forked, and this is the child */
		return;
	*at = w->next;
	s->count--;
	pthread_cond_signal(&s->fewer);
}

/* Somebody else may have to read from now on. */
static void wake_another(struct sock *s)
{
	for (struct waiting *w = s->first; w; w = w->next)
		if (!w->done && !w->is_asked) {
			pthread_cond_signal(&w->wake);
			return;
		}
}

/* False for a reply that nobody waits for: the LSA broke the protocol. */
static bool hand_over(struct sock *s, const struct connection *from, const struct frame_head *head,
		      struct wr *payload)
{
	for (struct waiting *w = s->first; w; w = w->next) {
		if (w->on != from || w->id != head->id || w->done)
			continue;
		struct wr empty = w->reply;
		w->reply = *payload;
		*payload = empty;
		finish(w, (NTSTATUS)head->what);
		return true;
	}
	return false;
}

static bool take_frame(struct sock *s, struct connection *from, const struct frame_head *head,
		       struct wr *payload)
{
	if (head->kind == FRAME_REPLY)
		return hand_over(s, from, head, payload);
	return head->kind == FRAME_MEMORY; /* it has been answered */
}

/* ---- without it ---- */

/* Has a function run by the thread whose call the LSA serves; false: the LSA broke the protocol. */
static bool hand_question(struct sock *s, struct connection *from, const struct frame_head *head,
			  struct wr *payload)
{
	struct waiting *w;
	uint32_t call;

	if (!sock_call_back_is_for(wr_view(payload), &call))
		return false;
	pthread_mutex_lock(&s->lock);
	for (w = s->first; w; w = w->next)
		if (w->on == from && w->id == call && !w->done)
			break;
	bool is_known = w != NULL, is_free = w && !w->is_asked;
	if (is_free) {
		w->is_asked = true;
		w->asked = *head;
		w->question = *payload;
		*payload = WR(IPC_BYTES_MAX);
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&s->lock);
	return is_free || (is_known && sock_call_back_refuse(from, head));
}

static bool answer_memory(struct sock *s, struct connection *from, const struct frame_head *head,
			  struct wr *payload)
{
	return head->what == FRAME_CALL_BACK ? hand_question(s, from, head, payload)
					     : sock_memory_answer(from, head, wr_view(payload));
}

/* ---- with the lock held again ---- */

/* Reads one frame for whoever waits for it; the lock is free meanwhile. */
static void read_one(struct sock *s, struct connection *from)
{
	CLEANUP(wr_done) struct wr payload = WR(IPC_BYTES_MAX);
	struct frame_head head;

	connection_ref(from);
	s->reading = true;
	pthread_mutex_unlock(&s->lock);
	bool fine = connection_receive(from, &head, &payload);
	if (fine && head.kind == FRAME_MEMORY)
		fine = answer_memory(s, from, &head, &payload);
	pthread_mutex_lock(&s->lock);
	s->reading = false;
	if (!fine || !take_frame(s, from, &head, &payload))
		drop(s, from);
	connection_unref(from);
}

/* Runs what the LSA wants run; the lock is free meanwhile, and somebody else reads. */
static void answer_question(struct sock *s, struct waiting *w)
{
	if (!s->reading)
		wake_another(s);
	pthread_mutex_unlock(&s->lock);
	bool fine = sock_call_back_answer(w->on, &w->asked, wr_view(&w->question));
	wr_done(&w->question);
	pthread_mutex_lock(&s->lock);
	w->is_asked = false;
	if (!fine)
		drop(s, w->on);
}

static void wait_for(struct sock *s, struct waiting *w)
{
	while (!w->done || w->is_asked) {
		if (w->is_asked)
			answer_question(s, w);
		else if (s->reading)
			pthread_cond_wait(&w->wake, &s->lock);
		else
			read_one(s, w->on);
	}
	take_out(s, w);
	if (!s->reading)
		wake_another(s);
}

/* The lock is free meanwhile. */
static NTSTATUS open_one(struct sock *s)
{
	struct connection *made = NULL;

	s->opening = true;
	pthread_mutex_unlock(&s->lock);
	NTSTATUS status = connection_open(s->path, &s->settings, &made);
	pthread_mutex_lock(&s->lock);
	s->opening = false;
	s->opened = status;
	pthread_cond_broadcast(&s->over);
	if (!failed(status))
		s->connection = made;
	return status;
}

/* One thread makes it; what it met with holds for all who waited. */
static NTSTATUS have_connection(struct sock *s)
{
	NTSTATUS status = STATUS_SUCCESS;

	while (!s->connection && !failed(status)) {
		if (!s->opening) {
			status = open_one(s);
			continue;
		}
		pthread_cond_wait(&s->over, &s->lock);
		if (!s->connection)
			status = s->opened;
	}
	return status;
}

/* The LSA takes so many calls of a connection and no more. */
static NTSTATUS join(struct sock *s, struct waiting *w)
{
	do {
		while (s->count >= FRAME_CALLS_MAX)
			pthread_cond_wait(&s->fewer, &s->lock);
		NTSTATUS status = have_connection(s);
		if (failed(status)) {
			pthread_cond_signal(&s->fewer); /* the place is another's */
			return status;
		}
	} while (s->count >= FRAME_CALLS_MAX);
	w->on = s->connection;
	connection_ref(w->on);
	w->id = ++s->last_id;
	w->next = s->first;
	s->first = w;
	s->count++;
	return STATUS_SUCCESS;
}

/* ---- calls ---- */

/* False when nothing was sent, so that another connection may be tried. */
static bool try_exchange(struct sock *s, enum call which, struct rd request, struct waiting *w)
{
	pthread_mutex_lock(&s->lock);
	w->status = join(s, w);
	pthread_mutex_unlock(&s->lock);
	if (failed(w->status))
		return true;
	bool sent = connection_send(
		w->on, (struct frame_head){ .kind = FRAME_CALL, .id = w->id, .what = which },
		request);
	pthread_mutex_lock(&s->lock);
	if (!sent)
		drop(s, w->on);
	wait_for(s, w);
	pthread_mutex_unlock(&s->lock);
	connection_unref(w->on);
	return sent;
}

/* A daemon that has gone is noticed by the first call that is sent to it; it may have come back. A thread
 * that is cancelled while it reads for all would leave them waiting. */
static NTSTATUS exchange(struct sock *s, enum call which, struct rd request, struct wr *reply)
{
	struct waiting w = { .reply = WR(IPC_BYTES_MAX), .wake = PTHREAD_COND_INITIALIZER };
	int cancelled;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelled);
	if (!try_exchange(s, which, request, &w)) {
		w.done = false;
		(void)!try_exchange(s, which, request, &w);
	}
	pthread_setcancelstate(cancelled, NULL);
	pthread_cond_destroy(&w.wake);
	*reply = w.reply;
	return w.status;
}

void sock_reason(const char *path, NTSTATUS status, struct call_reason *why)
{
	char sentence[CALL_REASON_ROOM];
	const char *what = NULL;

	if (status == (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY)
		what = euidaccess(path, W_OK) == 0 ? "does not answer"
		       : errno == EACCES	   ? "may not be reached by this user"
						   : "is not there: is it running?";
	if (status == (NTSTATUS)SEC_E_UNTRUSTED_ROOT)
		what = "is neither root's, nor this user's, nor that of [lsa] user";
	if (status == (NTSTATUS)SEC_E_INTERNAL_ERROR)
		what = "broke off, or is no lsad of this version";
	if (status == (NTSTATUS)SEC_E_INVALID_PARAMETER &&
	    (path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)))
		what = "cannot be one: its socket is an absolute path of at most 107 bytes";
	if (what)
		snprintf(sentence, sizeof(sentence), "lsad at %.300s %s", path, what);
	call_reason_set(why, what ? sentence : NULL);
}

static NTSTATUS sock_call(struct channel *channel, enum call which, const void *request,
			  void *reply, struct call_reason *why)
{
	const struct call_row *row = call_row(which);
	CLEANUP(wr_done) struct wr asked = WR(IPC_BYTES_MAX), answer = WR(IPC_BYTES_MAX);

	if (!row)
		return fail(SEC_E_INTERNAL_ERROR, "a call that is none");
	/* Its worker waits for this thread. */
	if (sock_is_called_back())
		return fail(SEC_E_INTERNAL_ERROR, "a call from a function that the LSA called");
	row->write_request(&asked, request);
	if (!wr_ok(&asked))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing a request");
	NTSTATUS status = exchange(sock_of(channel), which, wr_view(&asked), &answer);
	if (failed(status) && !answer.len) { /* the LSA did not come to serve it */
		sock_reason(sock_of(channel)->path, status, why);
		return status;
	}
	struct rd answered = wr_view(&answer);
	if (call_reason_read(&answered, why) && row->read_reply(answered, reply))
		return status;
	call_reply_done(which, reply);
	return fail(SEC_E_INTERNAL_ERROR, "reading a reply");
}

/* ---- forks ---- */

/* A connection in the making would be the child's as well, and never end. */
static void sock_hold(void *object)
{
	struct sock *s = object;

	pthread_mutex_lock(&s->lock);
	while (s->opening)
		pthread_cond_wait(&s->over, &s->lock);
}

static void sock_release(void *object)
{
	pthread_mutex_unlock(&((struct sock *)object)->lock);
}

/* The child is another client: the connection, and who waits on it, are the parent's. */
static void sock_renew(void *object)
{
	struct sock *s = object;

	connection_forget(s->connection);
	s->connection = NULL;
	for (struct waiting *w = s->first; w; w = w->next) {
		w->done = true; /* of one it may be the child's own thread that comes back */
		w->status = SEC_E_INTERNAL_ERROR;
	}
	s->first = NULL;
	s->count = 0;
	s->reading = false;
	pthread_cond_init(&s->fewer,
			  NULL); /* threads that the child does not have may wait for it */
	pthread_cond_init(&s->over, NULL);
	pthread_mutex_unlock(&s->lock);
}

static void sock_free(struct channel *channel)
{
	struct sock *s = sock_of(channel);

	forks_forget(s);
	connection_unref(s->connection);
	pthread_cond_destroy(&s->fewer);
	pthread_cond_destroy(&s->over);
	pthread_mutex_destroy(&s->lock);
	mem_free(s->path);
	mem_free(s);
}

NTSTATUS sock_channel_new(const struct sock_settings *settings, struct channel **out)
{
	static const struct channel_ops ops = { "socket", sock_call, sock_free };
	static const struct fork_lock lock = { sock_hold, sock_release, sock_renew };
	struct sock *s = MEM_NEW(struct sock);

	if (!s)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a channel");
	s->channel.ops = &ops;
	s->settings = *settings;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->fewer, NULL);
	pthread_cond_init(&s->over, NULL);
	s->path = mem_dup_text(settings->path);
	NTSTATUS status = s->path && forks_guard(&lock, s)
				  ? connection_open(s->path, settings, &s->connection)
				  : (NTSTATUS)SEC_E_INSUFFICIENT_MEMORY;
	if (failed(status)) {
		sock_free(&s->channel);
		return status;
	}
	*out = &s->channel;
	return STATUS_SUCCESS;
}
