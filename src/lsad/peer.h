/* lsad/peer.h - one connected program: its frames, its calls, and what it may use.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A peer lives on the loop's thread; its calls run on worker threads, which touch of it only what memory.h
 * and the LSA's client are for. A program that breaks the protocol, holds a frame or an answer back, or
 * takes more than its user's share loses its connection. */
#ifndef OPENSSPI_LSAD_PEER_H
#define OPENSSPI_LSAD_PEER_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/base.h"
#include "ipc/frame.h"
#include "lsa/lsa.h"
#include "lsad/quota.h"

struct daemon;
struct serving;

/* A question to the program about its memory, asked by a worker and answered on the loop. */
struct memory_question {
	struct memory_question *next;
	uint32_t id;
	enum frame_memory what;
	struct wr asked;
	struct wr answer;
	NTSTATUS status;
	bool sent, done;
	pthread_cond_t wake;
};

struct peer {
	uv_pipe_t pipe; /* first: a handle's address is its peer's */
	int fd;		/* of it */
	struct daemon *daemon;
	struct peer *next, **link;
	struct quota *quota; /* of its user */
	struct lsa_client *client;
	struct ucred who;
	bool greeted, closing, closed, releasing;
	uint32_t calls; /* received and not answered; a reply that is not sent is no answer */
	struct serving *serving; /* waiting or running */
	uint32_t handles;	 /* as they were last counted */
	uint64_t since_frame;	 /* when the one being received, or the wait for HELLO, began */
	uint64_t since_sent;	 /* when something was last sent to its end */
	uint64_t crowded_until;	 /* its calls overlap: no worker stays with it */
	bool unread;		 /* the loop does not read it, a worker does */
	bool more;		 /* bytes are behind the frame that is being taken */
	size_t unsent;
	uv_work_t release;
	/* the frame that is being received */
	uint8_t head[FRAME_HEAD_LEN];
	size_t head_len;
	struct frame_head frame;
	struct wr payload;
	/* shared with workers */
	atomic_bool asking; /* there are questions that were not sent */
	pthread_mutex_t lock;
	struct memory_question *questions;
	uint32_t last_question, given_up;
	uint32_t queued; /* frames that the loop has begun to send */
	struct serving
		*keeper;     /* the call whose worker reads the connection; NULL: the loop does */
	uint64_t busy_since; /* when its call began; 0: it waits for one, or has bytes in hand */
	bool gone;
};

/* Takes a connected socket over, or closes it when its user has enough. */
void peer_new(struct daemon *d, int fd);

/* Ends it: nothing more is read or sent; what is running ends first. */
void peer_close(struct peer *p);

/* Ends it if it keeps us waiting; at the end of lsad, once it has been answered. */
void peer_look(struct peer *p);

/* Sends a frame; takes the payload's bytes. What cannot be sent ends the peer. */
void peer_send(struct peer *p, struct frame_head head, struct wr *payload);

/* On a worker: sends a short answer at once, so that the program need not wait for the loop; false when the
 * loop has to do it. */
MUST_CHECK bool peer_answer(struct peer *p, const struct frame_head *head,
			    const struct wr *payload);

/* On the loop: an answer went out. */
void peer_answered(struct peer *p);

/* On the loop: takes bytes that a worker read, as if they had come now. */
void peer_feed(struct peer *p, struct rd bytes);

/* On the loop: reads again if no worker does, or if that one's call runs longer than `slow_ms`. */
void peer_read_again(struct peer *p, uint64_t slow_ms);

/* Has it handles more or less than before? Any thread. */
void peer_count_handles(struct peer *p);

/* Is it closed with nothing running? Then it is released. */
void peer_release_if_over(struct peer *p);

/* ---- lsad/calls.c ---- */

/* May this call come now? It is looked at before its bytes are taken in. */
MUST_CHECK bool peer_call_fits(const struct peer *p, const struct frame_head *head);

/* Serves a call that was received; takes its bytes and their part of the quota. False: memory is short. */
MUST_CHECK bool peer_call(struct peer *p, const struct frame_head *head, struct wr *payload);

/* ---- lsad/stay.c ---- */

/* On the loop: may the call's worker stay with it and read it? Every stay is ended. */
MUST_CHECK bool stay_begin(struct peer *p, struct serving *s);
void stay_end(struct peer *p, struct serving *s, bool crowded);

/* On the loop: does no worker read it (any more)? One whose call runs so long is made to stop. */
MUST_CHECK bool stay_is_over(struct peer *p, uint64_t slow_ms);

/* On the worker that stays, before it answers: did more come meanwhile? It is in `left` then. */
MUST_CHECK bool stay_is_crowded(struct peer *p, struct serving *s, struct wr *left);

/* On it, after that: waits for the next call, which is in `left` with its head. False: the stay is
 * over; what is in `left` is the loop's to take. */
MUST_CHECK bool stay_next(struct peer *p, struct serving *s, struct frame_head *head,
			  struct wr *left);

/* ---- lsad/memory.c ---- */

/* On the loop: sends the questions that workers have asked meanwhile. */
void peer_ask_all(struct peer *p);

/* On a worker: the functions of struct client_memory; their argument is the peer. */
extern const struct client_memory peer_memory;

/* On a worker: which call it serves from now on, whose thread in the program runs what is called back. */
void peer_memory_serves(uint32_t call);

/* On the loop: an answer to a question; false when nobody asked. */
MUST_CHECK bool peer_memory_answered(struct peer *p, const struct frame_head *head,
				     struct wr *payload);

/* On the loop: nobody will answer any more. */
void peer_memory_end(struct peer *p);

#endif
