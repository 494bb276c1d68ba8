/* wire/ccache.h - a Kerberos ticket cache as bytes: MIT's format of FILE caches, version 4.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * How a program shows its tickets to an LSA in another process. What is read is a view of the bytes. */
#ifndef OPENSSPI_WIRE_CCACHE_H
#define OPENSSPI_WIRE_CCACHE_H

#include "wire/rd.h"
#include "wire/wr.h"

#define CCACHE_MOST ((1u << 20) - 64) /* bytes of a whole one */
#define CCACHE_PARTS_MAX 16u	      /* of a name */

/* A principal: "part/part@realm". */
struct ccache_name {
	uint32_t type;
	struct rd realm;
	uint32_t count;
	struct rd part[CCACHE_PARTS_MAX];
};

struct ccache_ticket {
	struct ccache_name client, server;
	uint16_t enctype;
	struct rd key;
	uint32_t authtime, start, end, renew; /* Unix time */
	bool is_skey;			      /* for user to user */
	uint32_t flags;			      /* TicketFlags, RFC 4120's first bit is the highest */
	struct rd ticket, second;	      /* in DER */
};

/* Whose it is, and what is still to be read of it. */
struct ccache {
	struct ccache_name owner;
	struct rd rest;
};

/* False: it is none, or of another version. */
MUST_CHECK bool ccache_open(struct rd bytes, struct ccache *out);

/* The next ticket, while there is a rest; false: what follows is none. Addresses and authorization data are
 * looked over and left out. */
MUST_CHECK bool ccache_next(struct ccache *c, struct ccache_ticket *out);

/* Begins one, and adds to it. A name of more than CCACHE_PARTS_MAX parts cannot be written. */
void ccache_write_owner(struct wr *w, const struct ccache_name *owner);
void ccache_write_ticket(struct wr *w, const struct ccache_ticket *ticket);

#endif
