/* packages/kerberos/context.h - the LSA half's objects: credentials, and contexts while they are made.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Both are counted: a context goes on when its credential's handle is freed. */
#ifndef OPENSSPI_KERBEROS_CONTEXT_H
#define OPENSSPI_KERBEROS_CONTEXT_H

#include "base/counted.h"
#include "krb/krb.h"
#include "packages/compose.h"
#include "packages/kerberos/session.h"

#define KERBEROS_TARGET_MAX 4096u /* bytes of UTF-8 */

struct kerberos_kept;

struct kerberos_credential {
	struct counted counted;
	uint32_t use;	 /* SECPKG_CRED_ */
	bool is_default; /* outbound: what the target calls for */
	bool no_cache;	 /* for a session that is not the caller's own: their cache is not its */
	bool iakerb;	 /* the identity asks for it */
	bool is_session; /* outbound: what the LSA keeps for that session, as it is then */
	LUID session;
	struct krb_credential
		*client; /* the identity's or a logon session's; NULL: none is fixed */
	struct krb_credential *server; /* NULL: not for servers */
	bool keys_shown; /* its keys are the caller's, who could make up any client's ticket with them */
	struct kerberos_kept *kept; /* of identities that were found, the latest first */
};

enum kerberos_stage { KERBEROS_HANDSHAKE, KERBEROS_ESTABLISHED, KERBEROS_DEAD };

struct kerberos_context {
	struct counted counted;
	enum kerberos_stage stage;
	bool server, maps;
	uint32_t requirements; /* of the first call */
	struct kerberos_credential *credential;
	struct krb_credential *used; /* whose tickets or keys these are */
	struct krb_context *krb;
	char *target;			  /* client: the SPN, UTF-8 */
	struct krb_credential *delegated; /* server: NULL: nothing was */
	LUID logon;			  /* of `delegated`, from when it was asked for */
	struct compose_held held;
	struct kerberos_session session; /* from when it is established */
};

MUST_CHECK struct kerberos_credential *kerberos_credential_new(uint32_t use);
DEFINE_COUNTED(struct kerberos_credential, kerberos_credential)

/* The context begins with `credential`, and keeps it. */
MUST_CHECK struct kerberos_context *kerberos_context_new(bool server,
							 struct kerberos_credential *credential);
DEFINE_COUNTED(struct kerberos_context, kerberos_context)

/* Takes a krb_credential's reference off; NULL is fine. */
void krb_unref(struct krb_credential *c);
DEFINE_CLEANUP(struct krb_credential *, krb_unref)

/* The application data of SECBUFFER_CHANNEL_BINDINGS; empty when there are none. SEC_E_INVALID_TOKEN when
 * its lengths or offsets are not right; SEC_E_UNSUPPORTED_FUNCTION for bindings to addresses. */
MUST_CHECK NTSTATUS kerberos_bindings(const SecBufferDesc *in, struct rd *out);

#endif
