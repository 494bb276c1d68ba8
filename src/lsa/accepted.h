/* lsa/accepted.h - remembers the session keys that servers were given, in an LSA that is a process of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Whoever is a sign-in's server has its key and could open what is sealed with it. A package that would seal
 * somebody's saved password asks base/loop.h whether that server was a program of the same LSA. */
#ifndef OPENSSPI_LSA_ACCEPTED_H
#define OPENSSPI_LSA_ACCEPTED_H

#include "base/base.h"

struct context;
struct leg;

/* After a leg of an acceptor that came to its end or was mapped; during its call. */
void accepted_note(struct context *c, const struct leg *leg);

#endif
