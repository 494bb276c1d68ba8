/* packages/kerberos/submit.h - messages from programs, and the answers to them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_SUBMIT_H
#define OPENSSPI_KERBEROS_SUBMIT_H

#include "packages/kerberos/lsa.h"

#define KERBEROS_ANSWER_MAX (4u << 20)

/* A message: a copy of the caller's, whose pointers are addresses in the caller or offsets. */
struct submitted {
	struct rd bytes;
	uintptr_t base; /* where the caller has it */
};

/* The message's fixed part, copied; STATUS_INVALID_PARAMETER when it is shorter. */
MUST_CHECK NTSTATUS submitted_head(const struct submitted *m, void *out, size_t n);

/* The bytes that a pointer and a length of it name: an offset when it is less than the message is
 * long, else an address. False when they are not wholly in the message, or there is no pointer. */
MUST_CHECK bool submitted_bytes(const struct submitted *m, const void *pointer, size_t n,
				struct rd *out);

/* The same of a string: even in length and place. */
MUST_CHECK bool submitted_text(const struct submitted *m, const UNICODE_STRING *s, struct rd *out);

/* An answer that is being built: offsets from its start stand where pointers will be. */
struct answer {
	struct wr bytes;
	struct wr pointers; /* u32 offsets of those pointers */
};

#define ANSWER ((struct answer){ WR(KERBEROS_ANSWER_MAX), WR(KERBEROS_ANSWER_MAX) })

void answer_done(struct answer *a);

/* Notes that the pointer at that place of the answer points to `to`. */
void answer_point(struct answer *a, size_t place, size_t to);

/* Appends text, as UTF-16 with a NUL behind it, for the UNICODE_STRING at that place. */
MUST_CHECK bool answer_text(struct answer *a, size_t place, const char *utf8, size_t n);

/* Appends bytes that the pointer at that place points to. */
void answer_bytes(struct answer *a, size_t place, struct rd bytes);

/* Takes the answer to the caller. */
MUST_CHECK NTSTATUS answer_send(struct answer *a, PLSA_CLIENT_REQUEST request, PVOID *address,
				PULONG size);

#endif
