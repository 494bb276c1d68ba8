/* lsa/state.h - what the LSA and its clients hold; for the files of lsa/ alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Locks are taken in the order lsa.lock, a client's tables, the reach tables, sessions.lock; none of
 * them is ever held while a package runs. */
#ifndef OPENSSPI_LSA_STATE_H
#define OPENSSPI_LSA_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/secret.h"
#include "base/slots.h"
#include "lsa/host.h"
#include "lsa/lsa.h"
#include "lsa/machine.h"
#include "lsa/session.h"

#define CLIENT_HANDLES_MAX 65536
#define REACH_HANDLES_MAX (1u << 20)

struct lsa {
	struct lsa_setup setup;
	struct machine *machine;
	struct secret *protect_key; /* of LsaProtectMemory */
	struct sessions sessions;
	struct host host;
	struct slots reach_credentials, reach_contexts;
	pthread_mutex_t lock; /* of the list of clients */
	struct lsa_client *clients;
};

struct lsa_client {
	struct lsa *lsa;
	struct lsa_client_setup setup;
	int64_t since;	/* UTC */
	uint32_t audit; /* its audit session when it came: later its number may be another's */
	_Atomic(char *) program; /* lsa/audit.c: its words, once they were looked up */
	atomic_uint calls;
	atomic_int serves, trusted; /* lsa/servers.h: 0 until it was asked, 1 no, 2 yes */
	atomic_bool kept;	    /* its own session is, since its first call */
	struct slots credentials, contexts;
	atomic_uint weight; /* of what is in them, besides their number */
	struct lsa_client *next, **link;
};

/* The client's user, now. */
uid_t client_uid(const struct lsa_client *client);
pid_t client_pid(const struct lsa_client *client);

/* Changes in a forked child: what was made under another generation is the parent's. */
unsigned lsa_generation(void);

#endif
