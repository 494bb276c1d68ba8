/* lsa/session.h - logon sessions: the users' own, and those that packages create.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A user's own session has a computed number: it follows from the boot, the user and the audit session, so
 * that all processes of one sign-in agree on it. In an LSA of its own it is kept like the others, from the
 * first call of any of its processes until one of them ends it, until logind no longer has it, or until the
 * LSA ends; embedded there is nothing to keep. */
#ifndef OPENSSPI_LSA_SESSION_H
#define OPENSSPI_LSA_SESSION_H

#include <ntsecapi.h>
#include <pthread.h>

#include "base/base.h"
#include "base/utf.h"
#include "ipc/calls.h"
#include "wire/rd.h"

struct credman;
struct lsa;
struct lsa_client;
struct primary;

/* How many may be created: in all, by one user's clients, by one client; trusted ones' count in all alone. */
#define SESSIONS_MAX 65536
#define SESSIONS_OF_USER 4096
#define SESSIONS_OF_CLIENT 1024

/* How many of a user's own are kept; then the oldest that no process is connected to ends. */
#define SESSIONS_OWN 256

enum session_word {
	SESSION_USER,
	SESSION_DOMAIN,
	SESSION_PACKAGE,
	SESSION_SERVER,
	SESSION_DNS_DOMAIN,
	SESSION_UPN,
	SESSION_WORDS
};

/* Who a session is for, as whoever made it says; what has no bytes is not known. */
struct session_about {
	struct utf16 word[SESSION_WORDS];
	struct rd sid;
	uint32_t vouched; /* OPENSSPI_ACCOUNT_OF_, as an authority has said; 0: nobody was asked */
};

/* What can be copied of a session. */
struct session_facts {
	LUID logon;
	SECURITY_LOGON_TYPE type;
	int64_t since;			 /* UTC */
	const struct lsa_client *client; /* during whose call it was created; may be NULL */
	bool is_own;			 /* a user's own: any of his clients' */
	bool trusted;			 /* its client was, when it created it */
	uint32_t audit;			 /* of an own one: its audit session */
	bool was_listed;		 /* of an own one: logind had it */
	uid_t uid;			 /* of whoever has it; (uid_t)-1: nobody */
	uid_t account;			 /* the Unix user it is for, if has_account */
	bool has_account;
};

struct session {
	struct session_facts is;
	WCHAR *word[SESSION_WORDS]; /* NUL-terminated; NULL: not known */
	uint8_t *sid;
	size_t sid_n;
	struct credman *set; /* its credentials (a reference); NULL until they are asked for */
	struct session *next;
};

struct sessions {
	pthread_mutex_t lock;
	struct session *first;
	uint32_t count;			       /* of those that were created */
	struct primary *primary, *primary_end; /* what packages keep for sessions (lsa/primary.h) */
	uint32_t primary_count, primary_last;
	size_t primary_bytes;
	char boot[64]; /* the kernel's name of this boot */
	size_t boot_n;
};

/* Frees one that is in no list. */
void session_free(struct session *gone);

/* Has logind a session of that number? */
MUST_CHECK bool session_is_listed(uint32_t audit);

void sessions_init(struct sessions *s);
void sessions_done(struct sessions *s);

/* The number of a process's audit session, 0 when there is none. */
MUST_CHECK uint32_t session_audit(pid_t pid);

/* The session the client's user is signed in with. */
LUID session_own(const struct lsa_client *client);

/* Keeps the client's own session from now on. Embedded it does nothing. STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_keep_own(const struct lsa_client *client);

/* May the client use the credentials of that session? STATUS_SUCCESS for its own, those created for it and, if
 * it is trusted, any that is known; else SEC_E_NOT_OWNER, whether or not there is one. */
MUST_CHECK NTSTATUS session_check(const struct lsa_client *client, LUID logon);

/* The session of that number; NULL when it is not kept. Called with the lock held, as whoever looks into it. */
MUST_CHECK struct session *session_find(struct sessions *s, LUID logon);

/* A copy of its facts; false when it is not kept. */
MUST_CHECK bool session_look(struct sessions *s, LUID logon, struct session_facts *out);

/* Was it created, and is it still there? Called with the lock held. */
MUST_CHECK bool session_is_created(struct sessions *s, LUID logon);

/* Is it one that was created, or some client's own? */
MUST_CHECK bool session_is_known(struct lsa *lsa, LUID logon);

/* The type a session of that number has; UndefinedLogonType for one that is not known. */
MUST_CHECK SECURITY_LOGON_TYPE session_type(struct lsa *lsa, LUID logon);

/* Has a session of that type credentials of its own? A network sign-in's has none. */
MUST_CHECK bool session_type_has_set(SECURITY_LOGON_TYPE type);

/* Notes what kind of logon a created session came from, as its package audits it. */
void session_set_type(struct sessions *s, LUID logon, SECURITY_LOGON_TYPE type);

/* Notes who a created session is for; what `about` does not say stays. STATUS_NO_SUCH_LOGON_SESSION,
 * STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_set_about(struct lsa *lsa, LUID logon,
				      const struct session_about *about);

/* Is that the name of whom it is known to be for? */
MUST_CHECK bool session_is_called(struct sessions *s, LUID logon, struct utf16 user);

/* May the client do what SE_TCB_NAME allows on Windows? Root and the members of the group that "trusted" in
 * section [lsa] of the configuration names may; embedded nobody. It may ask the group database: with no lock held. */
MUST_CHECK bool session_is_trusted(const struct lsa_client *client);

/* Registers a session during a call of `client` (may be NULL). STATUS_LOGON_SESSION_COLLISION,
 * STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_create(struct sessions *s, const struct lsa_client *client, LUID logon);

/* With all that packages keep for it; the package that is calling is not told. STATUS_NO_SUCH_LOGON_SESSION for
 * one that was not created that way. */
MUST_CHECK NTSTATUS session_delete(struct lsa *lsa, LUID logon);

/* Ends one that was created for the client or, zero or by its number, its own for all its processes; a trusted
 * one's may be anybody's. Packages are told. STATUS_NO_SUCH_LOGON_SESSION, whether or not another has it. */
MUST_CHECK NTSTATUS session_end(const struct lsa_client *client, LUID logon);

/* The client is gone, and nobody else can use the sessions created for it: they end, and the packages
 * are told (LogonTerminated). */
void sessions_end(const struct lsa_client *client);

/* All end, as the LSA does. */
void sessions_end_all(struct lsa *lsa);

/* Is it some connected client's own? */
MUST_CHECK bool session_is_connected(struct lsa *lsa, LUID logon);

/* Makes room for one more of that user's own. False when there are too many, and all are in use. */
MUST_CHECK bool sessions_make_room(struct lsa *lsa, uid_t uid);

/* Ends the users' own sessions that logind had and has no more. */
void sessions_end_left(struct lsa *lsa);

/* CALL_SESSION_LIST: its own, and those that were created for it; for a trusted client all. */
MUST_CHECK NTSTATUS session_list(const struct lsa_client *client, struct session_list_reply *reply);

/* CALL_SESSION_DATA. STATUS_NO_SUCH_LOGON_SESSION, STATUS_ACCESS_DENIED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_describe(const struct lsa_client *client,
				     const struct session_data_call *call,
				     struct session_data_reply *reply);

#endif
