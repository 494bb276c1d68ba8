/* packages/schannel/context.h - one TLS conversation, used by both halves of the package.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * TLS state cannot be packed; the package lives in the caller's process, so the packed context is the
 * context's number and both halves count references to one object, which locks itself. */
#ifndef OPENSSPI_PACKAGES_SCHANNEL_CONTEXT_H
#define OPENSSPI_PACKAGES_SCHANNEL_CONTEXT_H

#include <pthread.h>
#include <sspi.h>

#include "packages/schannel/credential.h"

enum context_state {
	CONTEXT_SHAKING, /* the handshake goes on */
	CONTEXT_OPEN,
	CONTEXT_ANSWERING, /* TLS has something to send before more data */
	CONTEXT_CLOSING,   /* close_notify was asked for */
	CONTEXT_CLOSED,	   /* and given */
	CONTEXT_DEAD,
};

#define KEPT_RECORD_MAX 128

struct context {
	struct counted counted;
	pthread_mutex_t lock;
	enum context_state state;
	bool server, finished, mapped, manual, asks_client;
	struct credential *credential;
	struct tls_connection *tls;
	char *host;	/* the target's, NULL for none */
	uint32_t flags; /* ISC_RET_ or ASC_RET_ */
	struct tls_info info; /* once finished */
	/* what a step did whose token found no room: the next call hands it out */
	bool held;
	NTSTATUS held_status;
	size_t held_used;
	/* the record behind SEC_I_RENEGOTIATE, which a caller may present again */
	uint8_t record[KEPT_RECORD_MAX];
	size_t record_len;
};

/* `requirements` are ISC_REQ_ or ASC_REQ_. Takes a reference to the credential. `host` may be NULL. */
MUST_CHECK NTSTATUS schannel_context_new(struct credential *credential, bool server, const char *host,
				uint32_t requirements, struct context **out);
DEFINE_COUNTED(struct context, schannel_context)

/* One leg: what the peer said; *used bytes of it were taken, or with SEC_E_INCOMPLETE_MESSAGE are
 * missing. Call with the lock held, then look at context_output. */
MUST_CHECK NTSTATUS schannel_context_step(struct context *c, struct rd input, size_t *used);
struct rd schannel_context_output(const struct context *c);
void schannel_context_sent(struct context *c);

/* The next leg gives close_notify. */
MUST_CHECK NTSTATUS schannel_context_close(struct context *c);

/* These lock. SEC_E_CONTEXT_EXPIRED while an answer waits to be sent or after the end. */
MUST_CHECK NTSTATUS schannel_context_encrypt(struct context *c, struct rd plain, struct tls_span parts[3]);
/* Goes over TLS's own messages to the next data as long as whole records are there; `skipped` counts
 * their bytes. SEC_E_OK, SEC_I_CONTEXT_EXPIRED, SEC_I_RENEGOTIATE, SEC_E_INCOMPLETE_MESSAGE. */
MUST_CHECK NTSTATUS schannel_context_decrypt(struct context *c, struct tls_span bytes,
				    struct tls_record *out, size_t *skipped);

/* attributes.c: QueryContextAttributes; inner memory is block_alloc's. */
MUST_CHECK NTSTATUS schannel_context_query(struct context *c, uint32_t attribute, void *buffer);

#endif
