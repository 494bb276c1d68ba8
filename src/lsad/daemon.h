/* lsad/daemon.h - the loop: listens, takes programs in, and ends when it is told to.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSAD_DAEMON_H
#define OPENSSPI_LSAD_DAEMON_H

#include <uv.h>

#include "lsad/peer.h"

#define WORKERS 64 /* threads; a slow KDC holds one of them */
#define STAYING 16 /* more of them, that may stay with programs which call in a row */

struct daemon {
	uv_loop_t loop;
	uv_poll_t listener;
	uv_async_t wake;
	uv_timer_t clock;
	uv_timer_t slow; /* runs while workers stay */
	uv_signal_t terminate, interrupt;
	struct lsa *lsa;
	struct quotas *quotas;
	struct peer *peers;
	uint32_t staying;
	int listening;
	uv_work_t looking; /* what the LSA looks after by itself */
	bool is_looking;
	uint64_t looked; /* when it began last */
	bool resting;	 /* no descriptors were left: nobody is taken in for a while */
	atomic_bool ending;
	uint64_t since_ending;
	uint8_t room[65536]; /* what is being read */
};

/* Listens on a socket and serves until a signal says stop. True when it ended well. */
MUST_CHECK bool daemon_run(struct daemon *d, struct lsa *lsa, int listening);

/* A peer is over and done. */
void daemon_peer_gone(struct daemon *d);

/* From any thread: has the loop look at what workers want. */
void daemon_wake(struct daemon *d);

#endif
