/* base/loop.h - marks of the sign-ins that were accepted in this process, for those that began here.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Acceptors leave marks (a nonce, a session key's hash); before an initiator hands a secret over, it asks
 * whether its peer was one of them. An acceptor's mark always comes between the initiator's first leg
 * and its last. What was forgotten in between counts as found: nobody gets by through making noise. */
#ifndef OPENSSPI_BASE_LOOP_H
#define OPENSSPI_BASE_LOOP_H

#include "base/compiler.h"

#define LOOP_MARK_LEN 32u
#define LOOP_MARKS 16384u

/* Answered by an initiator's context of a mechanism whose session key goes under another one: the hash of that
 * one, which is a mark too. A private number of QueryContextAttributes; the buffer has LOOP_MARK_LEN bytes. */
#define LOOP_ATTR_MARK 0x8F5000FFu

/* Where the marks stand now: what an initiator keeps at its first leg. False: forks cannot be guarded
 * against, and nothing could be told later. */
MUST_CHECK bool loop_begin(uint64_t *since);

/* An acceptor's mark. */
void loop_note(const uint8_t mark[LOOP_MARK_LEN]);

/* An acceptor's that could not be found out: whoever has begun by now is answered "no longer known". */
void loop_note_unknown(void);

/* Was it left since then, or is that no longer known? */
MUST_CHECK bool loop_has(const uint8_t mark[LOOP_MARK_LEN], uint64_t since);

#endif
