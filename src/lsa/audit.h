/* lsa/audit.h - the audit: one line for each sign-in, each use of the credentials, each refusal.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A line is words of the form name=value: who called (uid, pid, program), what (call), about whom or what, and
 * the result. Texts that others chose are quoted, escaped and cut to AUDIT_TEXT_MAX units; secrets have no way in.
 * Writing never waits: a line that the log does not take at once is dropped, and the next one says how
 * many were. Each user has so many lines and no more, so that none hides another's. The program's name is what the kernel says of the process number now, and decides nothing. */
#ifndef OPENSSPI_LSA_AUDIT_H
#define OPENSSPI_LSA_AUDIT_H

#include "base/base.h"
#include "base/text.h"
#include "base/utf.h"
#include "ipc/calls.h"

struct lsa;
struct lsa_client;
struct package;

#define AUDIT_TEXT_MAX 256

/* The system's log, as a sink of struct lsa_setup; anything else is a file's absolute path. */
#define AUDIT_SYSLOG "syslog"

/* Where the system's log listens; tests set another. */
extern const char *audit_socket;

/* How many lines a user's calls may cause: at once, and in each second on. Root, whose servers speak with
 * everybody, has ten times as many. A process that is its own LSA has no such limit. */
struct audit_rate {
	unsigned burst, per_second;
};
extern struct audit_rate audit_rate; /* tests set another */

/* Whose credential a sign-in is made with. */
enum audit_kind { AUDIT_GIVEN = 1, AUDIT_SAVED = 2, AUDIT_DEFAULT = 4 };

/* What is remembered of credentials and contexts for their line. */
struct audit_notes {
	unsigned kinds;
	const struct package *through; /* the innermost package that a composed one reached */
	unsigned depth;		       /* how far in that one was */
	bool told, told_failure;       /* of this context there is such a line already */
	WCHAR *target; /* mem_free; what a client began with, whatever it says later */
	size_t target_n;
};

/* A client's call while its thread serves it: what happened in it, for one line. They nest. */
struct audit_scope {
	struct audit_scope *outer;
	struct audit_notes notes;
	bool has_logon; /* a sign-in that a package judged waits here for the call's end */
	bool has_session;
	struct text logon;
	NTSTATUS logon_status;
	struct text account; /* whom a logon was for that no package audited */
};

/* Is anything written for this client (or, NULL, for the process's LSA)? */
MUST_CHECK bool audit_is_on(const struct lsa_client *client);

/* Adds ` name="text"`; nothing for no text. */
void audit_add(struct text *t, const char *name, struct utf16 text);

/* Adds the session's number; nothing for NULL or 0. */
void audit_add_session(struct text *t, const LUID *session);

/* The same, and nothing for the client's own. */
void audit_add_other(struct text *t, const struct lsa_client *client, const LUID *session);

/* Writes the line: the caller, `call`, the `about` words that audit_add and text_add made (each after a space;
 * released here), the status. Without a client it is the LSA's own doing. */
void audit_line(const struct lsa_client *client, const char *call, struct text *about,
		NTSTATUS status);

/* Around each call of a client; in between, on its thread: */
void audit_enter(struct audit_scope *scope);
void audit_leave(const struct lsa_client *client);

/* A credential of that kind was taken for a sign-in. */
void audit_note_kind(enum audit_kind kind);

/* A package that another one reached did its part. */
void audit_note_package(const struct package *package, unsigned depth);

/* What the call noted so far goes into `to`, too. */
void audit_gather(struct audit_notes *to);

/* A sign-in was judged, perhaps into a session (NULL, or 0: none): written with the call's end, as its line where
 * that says the same. */
void audit_sign_in(const struct lsa_client *client, struct text *about, NTSTATUS status,
		   const LUID *session);

/* Whom a logon was for, as the package says that judged it: for its line, where that has no user yet. */
void audit_note_account(const struct lsa_client *client, struct utf16 user, struct utf16 domain);

/* The line of a call that was served, if its kind has one. */
void audit_call(const struct lsa_client *client, enum call which, const void *request,
		const void *reply, NTSTATUS status);

#endif
