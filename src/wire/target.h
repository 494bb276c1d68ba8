/* wire/target.h - what is known of a server, CREDENTIAL_TARGET_INFORMATION, as bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Laid out as wire/credential.h lays out: little-endian, every field at a multiple of four, absent texts
 * apart from empty ones. */
#ifndef OPENSSPI_WIRE_TARGET_H
#define OPENSSPI_WIRE_TARGET_H

#include <wincred.h>

#include "base/compiler.h"
#include "base/utf.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define TARGET_BYTES_MAX (16u << 10)
#define TARGET_TYPES_MAX 16

/* A CREDENTIAL_TARGET_INFORMATIONW that borrows what it points to. */
struct target_view {
	struct utf16 target, netbios_server, dns_server, netbios_domain, dns_domain, dns_tree,
		package;
	uint32_t flags; /* CRED_TI_* */
	uint32_t type_count;
	uint32_t type[TARGET_TYPES_MAX]; /* CRED_TYPE_* that are wanted, in their order */
};

/* type_count is at most TARGET_TYPES_MAX. */
void target_write(struct wr *w, const struct target_view *t);

/* Reads what target_write wrote into views of `bytes`, which must be aligned to four; false for anything
 * else. */
MUST_CHECK bool target_read(struct rd bytes, struct target_view *t);

#endif
