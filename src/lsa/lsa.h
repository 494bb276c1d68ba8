/* lsa/lsa.h - the local security authority: packages, sessions, and every client's handles.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * There is at most one in a process, since the helpers that packages are given carry no context
 * argument. Expiry times leave here as the packages give them: local time, as SSPI's callers expect. */
#ifndef OPENSSPI_LSA_LSA_H
#define OPENSSPI_LSA_LSA_H

#include <sys/types.h>

#include "accounts/authority.h"
#include "base/base.h"
#include "base/module.h"
#include "credman/credman.h"
#include "ipc/calls.h"
#include "ipc/userhalf.h"
#include "policy/policy.h"

struct lsa;
struct lsa_client;

/* Which packages it runs. With two LSAs, an application's own and the daemon's, each package is in the one
 * where it has its home (OPENSSPI_HOME_). */
enum lsa_share { LSA_ALL, LSA_AT_HOME, LSA_OF_CALLER };

/* The credential set of a user; NULL when there is none to be had. */
typedef struct credman *lsa_credman_of(uid_t uid);

/* What an LSA is made of; all of it is the maker's and must live as long as the LSA. */
struct lsa_setup {
	const struct package_module *const *modules; /* NULL at the end */
	struct userhalves *userhalves; /* of the same modules; NULL: none of the LSA's own contexts
					  can protect messages */
	struct policy *policy;	       /* NULL: every policy question is refused */
	struct authority *authority;   /* NULL: there is nobody to ask about a sign-in */
	struct credman *credman;       /* the credential set; NULL: sessions have none */
	lsa_credman_of *credman_of;    /* or each user's */
	enum lsa_share share;
	const char *audit; /* where lines of the audit go: lsa/audit.h; NULL: nowhere */
	struct channel *remote; /* where packages that are not here are reached; NULL: nowhere */
};

/* Makes the process's LSA and loads the packages; one that refuses is dropped with a line in the
 * trace. STATUS_NO_MEMORY, STATUS_UNSUCCESSFUL (no random bytes) or STATUS_ADDRESS_ALREADY_EXISTS
 * when the process has one. */
MUST_CHECK NTSTATUS lsa_new(const struct lsa_setup *setup, struct lsa **out);

/* Has the tables locked around every fork from now on; lsa_new sees to it. Who calls lsa_new or makes
 * clients while holding a lock that is itself taken around forks calls this before it registers its
 * own handlers, so that the two are locked in one order. */
void lsa_guard_forks(void);

/* Ends it: packages are shut down. Every client must have been freed. */
void lsa_free(struct lsa *lsa);
DEFINE_CLEANUP(struct lsa *, lsa_free)

/* The process's LSA; NULL when there is none. */
struct lsa *lsa_current(void);

/* A function that the client registered under a number, and what it is given. */
struct client_call {
	uint32_t function;
	uint64_t argument[2];
	struct rd input;
};

/* How an opaque AuthData block and returned buffers are reached in the client's memory, during a call
 * of that client. STATUS_SUCCESS, STATUS_ACCESS_VIOLATION or STATUS_NO_MEMORY.
 *
 * call_back runs such a function in the client (NULL: clients have none). Status and output are the client's
 * word, and no more; the output is LSA heap and the caller's to release whatever the status, empty when there
 * is none. Also STATUS_IO_TIMEOUT and STATUS_INVALID_BUFFER_SIZE. */
struct client_memory {
	NTSTATUS (*copy_from)(void *arg, void *to, uint64_t client_address, size_t n);
	NTSTATUS (*copy_to)(void *arg, uint64_t client_address, const void *from, size_t n);
	NTSTATUS (*allocate)(void *arg, size_t n, uint64_t *client_address);
	NTSTATUS (*release)(void *arg, uint64_t client_address);
	NTSTATUS (*call_back)(void *arg, const struct client_call *call, SecBuffer *out);
};

struct lsa_client_setup {
	bool is_this_process; /* embedded: uid, gid and pid are the process's own, whatever they are
				 by then */
	uid_t uid;
	gid_t gid;
	pid_t pid;
	const struct client_memory *memory;
	void *memory_arg;
};

/* A client with no handles yet. NULL when memory is short. Its handles name nothing elsewhere. */
MUST_CHECK struct lsa_client *lsa_client_new(struct lsa *lsa, const struct lsa_client_setup *setup);

/* The client is gone: its contexts and credentials go too. No call of it may be running. */
void lsa_client_free(struct lsa_client *client);
DEFINE_CLEANUP(struct lsa_client *, lsa_client_free)

/* Looks after what time ends: to be called every few seconds. It may take a while. */
void lsa_look(struct lsa *lsa);

/* How many credentials and contexts it holds. */
uint32_t lsa_client_handles(struct lsa_client *client);

/* So many bytes of an identity, which a credential or context keeps, count as one more handle. */
#define LSA_BYTES_OF_HANDLE 4096u

/* One call of a client. Request and reply are those of the call's row (ipc/calls.h); the reply must
 * be zeroed, and whatever the status the caller owes call_reply_done. `why` (may be NULL) receives what a
 * failing call noted (ipc/reason.h), else "". */
MUST_CHECK NTSTATUS lsa_dispatch(struct lsa_client *client, enum call which, const void *request,
				 void *reply, struct call_reason *why);

#endif
