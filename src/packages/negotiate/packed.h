/* packages/negotiate/packed.h - a context on its way: from the LSA, or between processes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Around the mechanism's own packed bytes, which only that package reads. */
#ifndef OPENSSPI_NEGOTIATE_PACKED_H
#define OPENSSPI_NEGOTIATE_PACKED_H

#include "wire/rd.h"
#include "wire/wr.h"

#define NEGO_PACKED_MAX (1u << 20)
#define NEGO_PACKED_MAGIC 0x3247454Eu /* changes with the layout */
#define NEGO_REASON_MAX 4096

struct nego_packed {
	uint32_t package;    /* its id, which means something in one process alone */
	struct rd mechanism; /* its name, ASCII: for other processes */
	struct rd reason;    /* why no better one, UTF-8; empty: it is the best */
	uint32_t state;	     /* SECPKG_NEGOTIATION_ */
	uint64_t key;	     /* of the mechanism's context; exported: whether numbers begin anew */
	uint32_t sent, received; /* mechListMICs, whose numbers are used up */
	struct rd inner;	 /* empty: more of those for a context that is mapped already */
};

static inline UNUSED void nego_packed_write(struct wr *w, const struct nego_packed *p)
{
	wr_u32le(w, NEGO_PACKED_MAGIC);
	wr_u32le(w, p->package);
	wr_counted(w, p->mechanism.p, p->mechanism.n);
	wr_counted(w, p->reason.p, p->reason.n);
	wr_u32le(w, p->state);
	wr_u64le(w, p->key);
	wr_u32le(w, p->sent);
	wr_u32le(w, p->received);
	wr_counted(w, p->inner.p, p->inner.n);
}

static inline MUST_CHECK UNUSED bool nego_packed_read(struct rd r, struct nego_packed *out)
{
	uint32_t magic;

	return rd_u32le(&r, &magic) && magic == NEGO_PACKED_MAGIC && rd_u32le(&r, &out->package) &&
	       rd_counted(&r, &out->mechanism) && rd_counted(&r, &out->reason) &&
	       out->reason.n <= NEGO_REASON_MAX && rd_u32le(&r, &out->state) &&
	       rd_u64le(&r, &out->key) && rd_u32le(&r, &out->sent) &&
	       rd_u32le(&r, &out->received) && rd_counted(&r, &out->inner) && rd_empty(r);
}

#endif
