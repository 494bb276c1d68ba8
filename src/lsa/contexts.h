/* lsa/contexts.h - contexts: one package's handshake state, named by a number, serialised.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A context keeps the credentials it was made with alive. After a fork the child's copies are dead:
 * the parent goes on with them, and keys must not be used twice. */
#ifndef OPENSSPI_LSA_CONTEXTS_H
#define OPENSSPI_LSA_CONTEXTS_H

#include <ntsecpkg.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/secret.h"
#include "ipc/calls.h"
#include "lsa/audit.h"

struct lsa_credential;
struct lsa;
struct lsa_client;
struct package;
struct slots;

struct context {
	atomic_uint refs;
	struct lsa *lsa;
	const struct package *package;
	LSA_SEC_HANDLE handle; /* the package's, 0 while the first call runs; it stays */
	struct lsa_credential *first,
		*latest; /* those it began with, and another one given later */
	bool inbound;
	uint32_t weight; /* of the credentials that it may keep longer than their number */
	unsigned generation;
	pthread_mutex_t lock;				  /* one call at a time */
	_Atomic(const SECPKG_USER_FUNCTION_TABLE *) user; /* of a context the LSA itself holds, once
							     mapped */
	struct secret *packed; /* what that was mapped from; see lsa/reach.h */
	struct audit_notes notes;
};

/* One call of a handshake, in LSA memory. */
struct leg {
	bool inbound;
	struct lsa_credential *credential; /* NULL on later calls that name none */
	struct context *context;	   /* NULL on the first call */
	UNICODE_STRING *target;
	ULONG requirements, data_representation;
	PSecBufferDesc in, out;
	/* answers: */
	struct context *made; /* by a first call that is no failure: the caller's reference */
	ULONG attributes;
	int64_t expiry;
	bool mapped;
	SecBuffer user_data; /* LSA heap, the caller's */
};

/* Runs it. The status is the package's, or SEC_E_INVALID_HANDLE for a credential and a context that
 * do not go together. `client` may be NULL: a call that another package makes. */
MUST_CHECK NTSTATUS lsa_context_leg(struct lsa *lsa, struct lsa_client *client, struct leg *leg);

struct context *lsa_context_ref(struct context *c);
/* The last reference deletes the package's context, unless it is from before a fork. NULL is fine;
 * returns NULL. */
struct context *lsa_context_unref(struct context *c);
DEFINE_CLEANUP(struct context *, lsa_context_unref)

/* The context of a number, with a reference; NULL when the table has none or a fork killed it. */
MUST_CHECK struct context *lsa_context_find(struct slots *table, uint64_t number);

/* Asks the LSA half for an attribute; the memory inside `value` is LSA heap. */
MUST_CHECK NTSTATUS lsa_context_ask(struct context *c, ULONG attribute, void *value);
MUST_CHECK NTSTATUS lsa_context_apply(struct context *c, PSecBufferDesc in);

/* Calls. */
MUST_CHECK NTSTATUS lsa_context_call_leg(struct lsa_client *client, bool inbound,
					 const struct context_call *call,
					 struct context_reply *reply);
MUST_CHECK NTSTATUS lsa_context_delete(struct lsa_client *client,
				       const struct delete_context_call *call);
MUST_CHECK NTSTATUS lsa_context_control(struct lsa_client *client,
					const struct control_context_call *call);
MUST_CHECK NTSTATUS lsa_context_query(struct lsa_client *client,
				      const struct query_context_call *call,
				      struct attribute_reply *reply);
MUST_CHECK NTSTATUS lsa_context_set(struct lsa_client *client,
				    const struct set_attribute_call *call);

#endif
