/* lsa/credentials.h - credentials: a package's handle, shared by a client's number and by contexts.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSA_CREDENTIALS_H
#define OPENSSPI_LSA_CREDENTIALS_H

#include <ntsecpkg.h>
#include <stdatomic.h>

#include "base/base.h"
#include "ipc/calls.h"
#include "lsa/audit.h"

struct lsa;
struct lsa_client;
struct package;

struct lsa_credential {
	atomic_uint refs;
	struct lsa *lsa;
	const struct package *package;
	LSA_SEC_HANDLE handle; /* the package's */
	LUID logon;	       /* whose session's they are; zero: the client's own */
	atomic_uint weight;    /* of the bytes it was given: lsa_client_handles */
	struct audit_notes notes;
};

/* What a package is asked; the rest of SpAcquireCredentialsHandle's arguments are NULL. */
struct acquisition {
	const struct package *package;
	UNICODE_STRING *principal;
	ULONG use;
	LUID *logon;
	PVOID auth;
	bool brings; /* is a credential in it? For the audit */
};

/* Asks the package; the credential has one reference. `client` may be NULL. */
MUST_CHECK NTSTATUS lsa_credential_new(struct lsa *lsa, struct lsa_client *client,
				       const struct acquisition *a, struct lsa_credential **out,
				       int64_t *expiry);

struct lsa_credential *lsa_credential_ref(struct lsa_credential *c);
/* The last reference frees the package's handle. NULL is fine; returns NULL. */
struct lsa_credential *lsa_credential_unref(struct lsa_credential *c);
DEFINE_CLEANUP(struct lsa_credential *, lsa_credential_unref)

/* The credential of a number, with a reference; NULL when the table has none. */
struct slots;
MUST_CHECK struct lsa_credential *lsa_credential_find(struct slots *table, uint64_t number);

/* Calls. */
MUST_CHECK NTSTATUS lsa_credential_acquire(struct lsa_client *client,
					   const struct acquire_call *call,
					   struct acquire_reply *reply);
MUST_CHECK NTSTATUS lsa_credential_free(struct lsa_client *client,
					const struct credential_call *call);
MUST_CHECK NTSTATUS lsa_credential_query(struct lsa_client *client,
					 const struct query_credentials_call *call,
					 struct attribute_reply *reply);

MUST_CHECK NTSTATUS lsa_credential_set(struct lsa_client *client,
				       const struct set_attribute_call *call);
MUST_CHECK NTSTATUS lsa_credential_add(struct lsa_client *client,
				       const struct add_credentials_call *call,
				       struct add_credentials_reply *reply);

/* An attribute's structure as a reply, and its inner memory released. */
MUST_CHECK NTSTATUS attribute_answer(uint32_t attribute, void *value,
				     struct attribute_reply *reply);

#endif
