/* wire/keytab.h - keys of Kerberos principals as bytes: MIT's format of FILE keytabs, version 2.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * How a server shows its keys to an LSA in another process. What is read is a view of the bytes. */
#ifndef OPENSSPI_WIRE_KEYTAB_H
#define OPENSSPI_WIRE_KEYTAB_H

#include "wire/ccache.h"

#define KEYTAB_MOST CCACHE_MOST

struct keytab_entry {
	struct ccache_name name;
	uint32_t time; /* Unix time */
	uint32_t version;
	uint16_t enctype;
	struct rd key;
};

/* False: it is none, or of another version. */
MUST_CHECK bool keytab_open(struct rd bytes, struct rd *rest);

/* The next entry: false when what follows is none. `*is_entry` is false for the room of one that was deleted,
 * and for what stands behind the last one. */
MUST_CHECK bool keytab_next(struct rd *rest, struct keytab_entry *out, bool *is_entry);

/* Begins one, and adds to it. What an entry has no room for cannot be written. */
void keytab_write_head(struct wr *w);
void keytab_write_entry(struct wr *w, const struct keytab_entry *entry);

#endif
