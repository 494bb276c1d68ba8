/* wire/authbuffer.h - the packed KERB_INTERACTIVE_UNLOCK_LOGON that CredPackAuthenticationBuffer makes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * 64 bytes of header whose UNICODE_STRINGs hold byte offsets instead of pointers; then domain, user
 * and password without terminators. [reference: KERB_INTERACTIVE_UNLOCK_LOGON] */
#ifndef OPENSSPI_WIRE_AUTHBUFFER_H
#define OPENSSPI_WIRE_AUTHBUFFER_H

#include "wire/rd.h"
#include "wire/wr.h"

struct authbuffer_view {
	struct rd domain, user, password; /* UTF-16LE bytes */
};

void authbuffer_write(struct wr *w, const struct authbuffer_view *a);

/* Reads KERB_INTERACTIVE_LOGON and KERB_INTERACTIVE_UNLOCK_LOGON, both with offsets. */
MUST_CHECK bool authbuffer_read(struct rd packed, struct authbuffer_view *out);

#endif
