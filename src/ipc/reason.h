/* ipc/reason.h - why a call failed, for people: a sentence that goes back with its status.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * It may quote a peer or a KDC, so nothing in it but text reaches a terminal. */
#ifndef OPENSSPI_IPC_REASON_H
#define OPENSSPI_IPC_REASON_H

#include "base/base.h"
#include "ipc/calls.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define CALL_REASON_ROOM 512

struct call_reason {
	char text[CALL_REASON_ROOM]; /* UTF-8, NUL-terminated; "": nothing to add */
};

/* Takes a sentence over, cut where a character ends; what is no UTF-8, controls the terminal or turns the
 * direction of writing becomes '?', line breaks a space. NULL: "". */
void call_reason_set(struct call_reason *r, const char *sentence);

/* The sentence's place in front of an encoded reply. */
void call_reason_write(struct wr *w, const struct call_reason *r);
MUST_CHECK bool call_reason_read(struct rd *r, struct call_reason *out);

/* The calling thread's: of the application's last failing call. */
void call_reason_clear(void);
void call_reason_keep(const char *sentence);
const char *call_reason_last(void);

#endif
