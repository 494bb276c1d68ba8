/* lsa/session.h - logon sessions: the caller's own, and those that packages create.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A caller's own session is computed, not stored: its LUID follows from the boot, the user and the
 * audit session, so that all processes of one sign-in agree on it. */
#ifndef OPENSSPI_LSA_SESSION_H
#define OPENSSPI_LSA_SESSION_H

#include <ntsecapi.h>
#include <pthread.h>

#include "base/base.h"
#include "base/utf.h"
#include "ipc/calls.h"

struct lsa;
struct lsa_client;
struct primary;

struct session {
	LUID logon;
	SECURITY_LOGON_TYPE type;
	int64_t since;			 /* UTC */
	const struct lsa_client *client; /* during whose call it was created; may be NULL */
	WCHAR *user, *domain, *package; /* as whoever made it says; NULL: not known. NUL-terminated */
	struct session *next;
};

/* Of a session that was made by a logon. */
struct session_names {
	struct utf16 user, domain, package;
};

struct sessions {
	pthread_mutex_t lock;
	struct session *first;
	uint32_t count;
	struct primary *primary; /* what packages keep for sessions (lsa/primary.h) */
	uint32_t primary_count, primary_last;
	char boot[64]; /* the kernel's name of this boot */
	size_t boot_n;
};

void sessions_init(struct sessions *s);
void sessions_done(struct sessions *s);

/* The number of a process's audit session, 0 when there is none. */
MUST_CHECK uint32_t session_audit(pid_t pid);

/* The session the client's user is signed in with. */
LUID session_own(const struct lsa_client *client);

/* May the client use the credentials of that session? STATUS_SUCCESS for its own and those created
 * for it, else SEC_E_NOT_OWNER, whether or not there is one. */
MUST_CHECK NTSTATUS session_check(const struct lsa_client *client, LUID logon);

/* Was it created, and is it still there? Called with the sessions' lock held. */
MUST_CHECK bool session_is_created(struct sessions *s, LUID logon);

/* Is it one that was created, or some client's own? */
MUST_CHECK bool session_is_known(struct lsa *lsa, LUID logon);

/* The type a session of that number has; UndefinedLogonType for one that is not known. */
MUST_CHECK SECURITY_LOGON_TYPE session_type(struct lsa *lsa, LUID logon);

/* Notes what kind of logon a created session came from, as its package audits it. */
void session_set_type(struct sessions *s, LUID logon, SECURITY_LOGON_TYPE type);

/* Notes who it is for. STATUS_NO_SUCH_LOGON_SESSION, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_set_names(struct sessions *s, LUID logon,
				      const struct session_names *names);

/* May the client do what SE_TCB_NAME allows on Windows? Embedded nobody may. */
MUST_CHECK bool session_is_trusted(const struct lsa_client *client);

/* Registers a session during a call of `client` (may be NULL). STATUS_LOGON_SESSION_COLLISION,
 * STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_create(struct sessions *s, const struct lsa_client *client, LUID logon);

/* With all that packages keep for it. STATUS_NO_SUCH_LOGON_SESSION for one that was not created that
 * way. */
MUST_CHECK NTSTATUS session_delete(struct sessions *s, LUID logon);

/* Ends one that was created for the client (a trusted one's may be anybody's): packages are told.
 * STATUS_NO_SUCH_LOGON_SESSION, whether or not another has it. */
MUST_CHECK NTSTATUS session_end(const struct lsa_client *client, LUID logon);

/* CALL_SESSION_LIST: its own, and those that were created for it; for a trusted client all. */
MUST_CHECK NTSTATUS session_list(const struct lsa_client *client, struct session_list_reply *reply);

/* The client is gone, and nobody else can use the sessions created for it: they end, and the packages
 * are told (LogonTerminated). */
void sessions_end(const struct lsa_client *client);

/* CALL_SESSION_DATA. STATUS_NO_SUCH_LOGON_SESSION, STATUS_ACCESS_DENIED, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS session_describe(const struct lsa_client *client,
				     const struct session_data_call *call,
				     struct session_data_reply *reply);

#endif
