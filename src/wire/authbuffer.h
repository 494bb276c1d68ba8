/* wire/authbuffer.h - the packed logons that CredPackAuthenticationBuffer makes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * KERB_INTERACTIVE_UNLOCK_LOGON: 64 bytes of header (36 in the 32-bit layout) whose UNICODE_STRINGs hold
 * byte offsets instead of pointers; then domain, user and password without terminators.
 * [reference: KERB_INTERACTIVE_UNLOCK_LOGON] KERB_CERTIFICATE_UNLOCK_LOGON is built alike, 80 (48) bytes
 * with the PIN as password; the generic form is our own, see authbuffer.c. */
#ifndef OPENSSPI_WIRE_AUTHBUFFER_H
#define OPENSSPI_WIRE_AUTHBUFFER_H

#include "wire/rd.h"
#include "wire/wr.h"

struct authbuffer_view {
	struct rd domain, user, password; /* UTF-16LE bytes */
};

enum authbuffer_form { AUTHBUFFER_LOGON, AUTHBUFFER_CERTIFICATE, AUTHBUFFER_GENERIC };

/* Which form the first bytes promise; false for one that is none of these. */
MUST_CHECK bool authbuffer_form(struct rd packed, enum authbuffer_form *out);

/* KERB_INTERACTIVE_UNLOCK_LOGON. Strings above 65534 bytes fail the writer, here and below. */
void authbuffer_write(struct wr *w, const struct authbuffer_view *a);

/* Reads KERB_INTERACTIVE_LOGON and KERB_INTERACTIVE_UNLOCK_LOGON, both with offsets. */
MUST_CHECK bool authbuffer_read(struct rd packed, struct authbuffer_view *out);

/* The same for any form; `wow` is the layout that 32-bit programs have. */
void authbuffer_write_form(struct wr *w, enum authbuffer_form form, bool wow,
			   const struct authbuffer_view *a);
MUST_CHECK bool authbuffer_read_form(struct rd packed, enum authbuffer_form form, bool wow,
				     struct authbuffer_view *out);

#endif
