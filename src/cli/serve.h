/* cli/serve.h - the server that signs clients in: its settings, its connections, what they share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_SERVE_H
#define OPENSSPI_CLI_SERVE_H

#include <pthread.h>

#include "cli/attempt.h"

#define CONNECTIONS_MAX 64

enum serve_kind { SERVE_RDP, SERVE_TCP, SERVE_HTTP, SERVE_HTTPS, SERVE_WINRM };

/* What HTTP offers; each has a credential when the package is there. */
enum serve_scheme { SCHEME_NEGOTIATE, SCHEME_NTLM, SCHEME_CREDSSP, SCHEMES };

struct server;

struct connection {
	struct server *server;
	pthread_t thread;
	bool used, ended, counted; /* ended and counted are under the server's lock */
	long long number;	   /* in the order they came */
	int attempts;		   /* that were counted */
	struct link link;
	struct attempt attempt;
};

struct server {
	enum serve_kind kind;
	const char *listen, *certificate, *key, *package, *keytab, *principal;
	char because[REASON_MAX]; /* why there are no credentials, beyond the status; "" */
	int count, timeout;
	bool json, trace, tls;
	CredHandle credential; /* CREDSSP's or --package's; HTTPS's: Schannel's */
	CredHandle schemes[SCHEMES];
	bool has_credential, has_scheme[SCHEMES];
	int listen_fd, wake_fd, signal_fd;
	long long accepted;
	pthread_mutex_t lock; /* claimed, finished, the connections' marks, and stdout */
	int claimed;	      /* attempts that reached TLS, or with HTTP sent a token */
	int finished;
	struct connection connections[CONNECTIONS_MAX];
};

/* Numbers this attempt; false when as many as were asked for are on their way already. */
bool serve_claim(struct connection *c);

/* Whether no more attempts will be claimed. */
bool serve_is_full(struct server *s);

/* Prints what became of the attempt. */
void serve_report(struct connection *c);

/* Notes where an attempt failed; false, for the caller to hand on. */
bool serve_fail(struct connection *c, const char *stage, const char *reason);

/* The credentials of an HTTP server; and a whole connection of its. */
SECURITY_STATUS serve_web_acquire(struct server *s);
void serve_web(struct connection *c);

#endif
