/* tests/flow/flow.h - two ends of a sign-in in one process, through the public headers alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef FLOW_H
#define FLOW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <windows.h>
#include <security.h>
#include <credssp.h>
#include <schannel.h>
#include <wincred.h>
#include <ntstatus.h>
#include <opensspi.h>

#define FLOW_USER "alice"
#define FLOW_PASSWORD "S3cret!pw"
#define FLOW_ROOM 131072

/* One end: its handles, what it received and has not consumed, and how it stands. */
struct end {
	bool server, has_context;
	bool apart; /* its handles are another process's */
	CredHandle credential;
	CtxtHandle context;
	const char *target;
	ULONG requirements, attributes;
	TimeStamp expiry;
	SECURITY_STATUS status;
	uint8_t inbox[FLOW_ROOM];
	size_t inbox_len;
};

/* An OPENSSPI_HOME of its own with the account alice; for the group's setup and teardown. */
int flow_setup(void **state);
int flow_teardown(void **state);

/* Writes OPENSSPI_HOME/etc/opensspi.conf. Counts only in a process that has not yet used the library:
 * call it in the child of flow_child. */
void flow_configure(const char *text);

/* Runs `body` in a forked child with that configuration ("" for none); fails the test when the child
 * does not end well. Inside, assertions work as usual. */
void flow_child(const char *configuration, void (*body)(void));

/* Is the LSA a process of its own in this run? */
bool flow_is_remote(void);

/* Acquires NTLM or CREDSSP credentials of alice (or another) and of the server. */
void flow_client(struct end *e, const char *package, const char *user, const char *password);
void flow_server(struct end *e, const char *package);
void flow_done(struct end *e);

/* A server that is no program of the client's LSA: where that is a daemon it is played by another process,
 * whose LSA is embedded. One at a time, within flow_child; flow_step, flow_run and flow_done as ever. */
void flow_server_apart(struct end *e, const char *package);

/* Who signed in, without a domain; "" when nobody is known. */
void flow_server_name(struct end *e, char *name, size_t room);

/* Feeds what lies in the inbox to one end and puts what it says into the other's inbox. */
void flow_step(struct end *e, struct end *peer);

/* Steps both until neither has anything to say. */
void flow_run(struct end *client, struct end *server);

/* Seals text at one end as a stream and opens it at the other. */
void flow_send_stream(struct end *from, struct end *to, const char *text);

#endif
