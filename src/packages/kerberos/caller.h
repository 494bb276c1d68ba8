/* packages/kerberos/caller.h - tickets and keys of a caller in another process, which that one shows.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The LSA half asks (ClientCallback); the user-mode half answers in the caller's process, with the caller's
 * environment, files and keyrings, of which the LSA itself uses nothing. Only what is the caller's own comes that
 * way: whoever answers could as well use it himself. */
#ifndef OPENSSPI_KERBEROS_CALLER_H
#define OPENSSPI_KERBEROS_CALLER_H

#include "packages/kerberos/lsa.h"

#define KERBEROS_CALLBACK 0x4B455242u

/* Argument1. A refusal's output is a sentence in UTF-8, or nothing. */
enum kerberos_question {
	/* input: a target in UTF-8, or nothing; output: wire/ccache.h's bytes, or without tickets those of a
	 * client's keys */
	KERBEROS_TICKETS = 1,
	KERBEROS_KEYS,	      /* output: wire/keytab.h's bytes, a server's keys */
	KERBEROS_CLIENT_KEYS, /* the same, a client's */
	KERBEROS_SUBMIT,      /* input: u32 enctype, the key counted, a KRB_CRED */
	KERBEROS_PURGE, /* input: a service in UTF-8, or nothing for all; output: u32 how many */
	KERBEROS_FETCH, /* input: a service in UTF-8, whose ticket the cache shall have */
};

/* An answer's bytes, in LSA heap. */
struct kerberos_shown {
	SecBuffer buffer;
};

static inline struct rd kerberos_shown_view(const struct kerberos_shown *s)
{
	return rd_of(s->buffer.pvBuffer, s->buffer.cbBuffer);
}

/* Wipes and releases. Fits CLEANUP. */
void kerberos_shown_done(struct kerberos_shown *s);

/* Asks whoever calls. The status is the caller's word; SEC_E_NO_CREDENTIALS when it cannot be asked. */
MUST_CHECK NTSTATUS kerberos_caller_ask(enum kerberos_question what, struct rd input,
					struct kerberos_shown *out);

/* The keys that whoever calls has, a server's or a client's; nothing (and success) when those that are here are
 * used: the caller is this process, or trusted and has none. SEC_E_NO_CREDENTIALS: there are none for it. */
MUST_CHECK NTSTATUS kerberos_caller_keys(bool client, struct kerberos_shown *out);

/* Whose process calls, for struct krb_identity's shown_by. */
MUST_CHECK uint64_t kerberos_caller_number(void);

/* ---- answer.c: in the caller's process ---- */

/* Registers it. STATUS_INSUFFICIENT_RESOURCES. */
MUST_CHECK NTSTATUS kerberos_answer_register(PSECPKG_DLL_FUNCTIONS functions);
extern LSA_CALLBACK_FUNCTION kerberos_answer;

#endif
