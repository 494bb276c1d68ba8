/* lsad/peer.h - one connected program: its frames, its calls, and what it may use.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A peer lives on the loop's thread; its calls run on worker threads, which touch of it only what memory.h
 * and the LSA's client are for. */
#ifndef OPENSSPI_LSAD_PEER_H
#define OPENSSPI_LSAD_PEER_H

#include <pthread.h>
#include <uv.h>

#include "base/base.h"
#include "ipc/frame.h"
#include "lsa/lsa.h"
#include "lsad/quota.h"

#define PEER_CALLS_MAX 32 /* running at once; more are not read before one ends */

struct daemon;

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
	struct daemon *daemon;
	struct peer *next, **link;
	struct quota *quota; /* of its user */
	struct lsa_client *client;
	struct ucred who;
	bool greeted, closing, reading;
	uint32_t calls; /* running */
	/* the frame that is being received */
	uint8_t head[FRAME_HEAD_LEN];
	size_t head_len;
	struct frame_head frame;
	struct wr payload;
	size_t payload_len;
	/* shared with workers */
	pthread_mutex_t lock;
	struct memory_question *questions;
	uint32_t last_question;
	bool gone;
};

/* Takes a connection that waits on the listening pipe, or refuses it. */
void peer_accept(struct daemon *d, uv_stream_t *listener);

/* Ends it: nothing more is read; what is running ends first. */
void peer_close(struct peer *p);

/* Sends a frame; takes the payload's bytes. What cannot be sent ends the peer. */
void peer_send(struct peer *p, struct frame_head head, struct wr *payload);

/* On the loop: sends the questions that workers have asked meanwhile. */
void peer_ask_all(struct peer *p);

/* On a worker: the functions of struct client_memory; their argument is the peer. */
extern const struct client_memory peer_memory;

/* On the loop: an answer to a question; false when nobody asked. */
MUST_CHECK bool peer_memory_answered(struct peer *p, const struct frame_head *head,
				     struct wr *payload);

/* On the loop: nobody will answer any more. */
void peer_memory_end(struct peer *p);

/* Queues a call that was received; takes its bytes. */
void peer_call(struct peer *p, const struct frame_head *head, struct wr *payload);

#endif
