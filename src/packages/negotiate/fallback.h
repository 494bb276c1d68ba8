/* packages/negotiate/fallback.h - when the next mechanism may be tried, and the sentence that says why.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A better mechanism is passed over when it has nothing to work with: no ticket, no KDC, no such service.
 * What is wrong with the account or the password is told instead: another mechanism would only try it
 * again, and weaker. */
#ifndef OPENSSPI_NEGOTIATE_FALLBACK_H
#define OPENSSPI_NEGOTIATE_FALLBACK_H

#include "packages/negotiate/context.h"

/* May the next mechanism be tried after this status of one's first step? `is_default`: with the caller's
 * own credentials, not with an identity that it gave. */
MUST_CHECK bool nego_falls_back(NTSTATUS status, bool is_default);

/* Whether Kerberos can have to do with that target (may be NULL) and identity at all: STATUS_SUCCESS, or
 * the status it is passed over with; `why` is a sentence then. */
MUST_CHECK NTSTATUS nego_kerberos_fits(const struct nego_credential *c,
				       const UNICODE_STRING *target, const char **why);

/* Appends "NAME: WORDS", after "; " when something is there. Words NULL or "": those of the status. */
void nego_why_add(struct text *why, enum nego_row row, NTSTATUS status, const char *words);

/* Hands what was noted to the caller of the call that fails. */
void nego_why_tell(const struct text *why);

/* What the mechanism that was called last has noted. Begins anew at nego_why_listen. */
void nego_why_listen(void);
const char *nego_why_heard(void);

#endif
