/* tests/unit/mock_krb.h - a Kerberos without cryptography or KDC, in the place of the module.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A client's token is "req", its flags and names, and the bindings; a server's is "rep". With DCE style a
 * third follows. Everything may be set between calls. */
#ifndef OPENSSPI_TEST_MOCK_KRB_H
#define OPENSSPI_TEST_MOCK_KRB_H

#include <stdatomic.h>

#include "krb/krb.h"

struct mock_krb {
	NTSTATUS load;	   /* of krb_load */
	const char *cache; /* the cache's client; NULL: there is no cache */
	bool has_keytab;
	bool has_client_keys;
	NTSTATUS credential, context, first_step, answer_step, finish, change, calls;
	const char *reason;
	const char *error_token; /* a failing step's answer */
	uint32_t allowed;	 /* flags that come to be; all of them by default */
	int32_t enctype, ticket_enctype;
	bool delegates;			  /* a TGT comes along */
	int64_t expiry;			  /* Unix time */
	struct krb_span pac;		  /* given to servers, a copy */
	size_t token_size;		  /* the first token is made at least so long */
	unsigned tickets;		  /* in the cache */
	atomic_int credentials, contexts; /* alive */
	unsigned made;			  /* credentials made of identities */

	/* What was asked for last. */
	uint32_t use, flags, level;
	char user[128], realm[128], password[128], certificate[128], service[128];
	char target[256], bindings[256], new_password[128];
	bool has_user, has_realm, has_certificate, has_service, has_target;
	uint32_t submitted_key, submitted;
	bool cache_only;
	char shown_for[256];   /* the target that a caller's tickets were asked for */
	size_t tickets_n, keys_n; /* bytes of another process's that came with an identity */
};
extern struct mock_krb mock_krb;

/* A cache of alice@LAB.TEST, a keytab, AES. */
void mock_krb_reset(void);

#endif
