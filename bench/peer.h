/* bench/peer.h - what a contender can do: one table from every library, ours and the peers'.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Names and headers of the libraries clash, so each is a shared object of its own, opened with
 * RTLD_LOCAL. Everything answers true when it went well; a member that is NULL cannot be done. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_USER "alice"
#define BENCH_PASSWORD "S3cret!pw"

/* One message; `own` is the peer's between seal and open. */
struct message {
	uint8_t *data;
	size_t n;
	uint8_t signature[16];
	void *own;
	size_t own_n;
};

struct pair; /* two ends of a finished sign-in */

struct peer {
	const char *name;
	bool (*open)(void);		  /* credentials, kept from here on */
	bool (*exchange)(void);		  /* an NTLM sign-in of both ends, and both deleted */
	bool (*exchange_acquiring)(void); /* with credentials acquired and freed as well */
	bool (*acquire)(void);		  /* a client's credentials acquired and freed */
	struct pair *(*pair_new)(void);
	void (*pair_free)(struct pair *);
	bool (*seal)(struct pair *, struct message *);
	bool (*unseal)(struct pair *, struct message *);
	struct pair *(*credssp_new)(void); /* a whole CredSSP sign-in, credentials checked */
};

__attribute__((visibility("default"))) const struct peer *bench_peer(void);

#endif
