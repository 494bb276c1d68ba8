/* cli/exchange.h - the handshake loop of SSPI over a link, both roles, and the messages after it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a call leaves over (SECBUFFER_EXTRA) is kept in `in` for the next one; after the handshake
 * it is the beginning of the first message. */
#ifndef OPENSSPI_CLI_EXCHANGE_H
#define OPENSSPI_CLI_EXCHANGE_H

#include "cli/link.h"
#include "cli/status.h"

#define MESSAGE_MAX 16000

struct exchange {
	struct link *link;
	bool accepting;
	bool trace;
	CredHandle credential;
	bool has_credential;
	CtxtHandle context;
	bool has_context;
	char *target; /* the initiator's; borrowed */
	ULONG requirements;
	SecPkgContext_Bindings bindings; /* of the channel around it; borrowed, length 0: none */

	/* Asked after each call that did not fail, before its token is sent; false ends the loop.
	 */
	bool (*approve)(void *argument, bool finished);
	void *argument;

	struct bytes in;
	ULONG attributes;
	TimeStamp expiry;
	int calls;		 /* handshake calls so far */
	int sealed_sent;	 /* flights of ours that held TLS application data */
	char reason[REASON_MAX]; /* of the call that failed, beyond its status; "" */
	int alert;		 /* the last TLS alert that came in the clear; -1: none */
};

enum exchange_end {
	EXCHANGE_DONE,	 /* the context is complete */
	EXCHANGE_FAILED, /* a call failed: the status says why */
	EXCHANGE_LINK,	 /* the connection ended: the link result says how */
	EXCHANGE_DISAPPROVED,
};

struct exchange_outcome {
	enum exchange_end end;
	SECURITY_STATUS status;
	enum link_result link;
};

/* The empty exchange over a link. */
void exchange_init(struct exchange *x, struct link *l, bool accepting);

/* Runs the handshake to its end. `x->credential` must be there. */
struct exchange_outcome exchange_run(struct exchange *x);

/* One turn for tokens that travel by other means than the link: takes the peer's token (of 0 bytes
 * at an initiator's first call) and appends ours. Statuses are AcceptSecurityContext's; a token
 * that came in part is SEC_E_INCOMPLETE_MESSAGE, a refusal of `approve` SEC_E_CERT_UNKNOWN. */
MUST_CHECK SECURITY_STATUS exchange_turn(struct exchange *x, const void *p, size_t n,
					 struct bytes *out);

/* Protects a message of at most MESSAGE_MAX bytes and appends it to `out`; *edge receives the
 * length of its signature, or of a stream package's trailer. */
MUST_CHECK SECURITY_STATUS exchange_seal(struct exchange *x, const void *p, size_t n,
					 struct bytes *out, size_t *edge);

/* Opens what exchange_seal made, all of it, and appends the message. */
MUST_CHECK SECURITY_STATUS exchange_open(struct exchange *x, const void *p, size_t n,
					 struct bytes *out);

/* Protects a message of at most MESSAGE_MAX bytes and sends it. */
MUST_CHECK SECURITY_STATUS exchange_say(struct exchange *x, const void *p, size_t n,
					enum link_result *result);

/* Receives one message. A positive status other than SEC_E_OK (context expired, renegotiation)
 * brings none; SEC_E_INCOMPLETE_MESSAGE: the link ended first, and *result says how. */
MUST_CHECK SECURITY_STATUS exchange_hear(struct exchange *x, struct bytes *out,
					 enum link_result *result);

/* Tells a TLS peer that we are done (close_notify); does nothing for other packages. */
void exchange_farewell(struct exchange *x);

/* Releases context, credential and what was received; not the link. */
void exchange_done(struct exchange *x);

/* Answers of QueryContextAttributes; false when the package has none. */
bool exchange_tls(struct exchange *x, char protocol[16], char cipher[64]);
bool exchange_fingerprint(struct exchange *x, char out[96]);
bool exchange_mechanism(struct exchange *x, char out[64]);
bool exchange_better(struct exchange *x, char out[REASON_MAX]); /* why it is no better one */

/* tls-server-end-point of a finished TLS exchange, for FreeContextBuffer; false when it has none. */
bool exchange_endpoint(struct exchange *x, SecPkgContext_Bindings *out);

#endif
