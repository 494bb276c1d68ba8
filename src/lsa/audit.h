/* lsa/audit.h - the audit: one line for each sign-in, each use of the credentials, each refusal.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A line is words of the form name=value: who called (uid, pid, program), what (call), about whom or what, and
 * the result. Texts that others chose are quoted, escaped and cut to AUDIT_TEXT_MAX units; secrets have no way in.
 * Writing never waits: a line that the log does not take at once is dropped, and the next one says how
 * many were. The program's name is what the kernel says of the process number now, and decides nothing. */
#ifndef OPENSSPI_LSA_AUDIT_H
#define OPENSSPI_LSA_AUDIT_H

#include "base/base.h"
#include "base/text.h"
#include "base/utf.h"
#include "ipc/calls.h"

struct lsa;
struct lsa_client;

#define AUDIT_TEXT_MAX 256

/* The system's log, as a sink of struct lsa_setup; anything else is a file's absolute path. */
#define AUDIT_SYSLOG "syslog"

/* Where the system's log listens; tests set another. */
extern const char *audit_socket;

/* Is anything written for this client (or, NULL, for the process's LSA)? */
MUST_CHECK bool audit_is_on(const struct lsa_client *client);

/* Adds ` name="text"`; nothing for no text. */
void audit_add(struct text *t, const char *name, struct utf16 text);

/* Writes the line: the caller, `call`, the `about` words that audit_add and text_add made (each after a space;
 * released here), the status. Without a client it is the LSA's own doing. */
void audit_line(const struct lsa_client *client, const char *call, struct text *about,
		NTSTATUS status);

/* The line of a call that was served, if its kind has one. */
void audit_call(const struct lsa_client *client, enum call which, const void *request,
		const void *reply, NTSTATUS status);

#endif
