/* tests/unit/fake_host.h - a host of one account for packages under test, in place of the LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Brings OpensspiLsaExtension and a function table with the LSA's heap, so that a test of a package
 * needs nothing of lsa/. Names are UTF-8; everything may be set between calls. */
#ifndef OPENSSPI_TEST_FAKE_HOST_H
#define OPENSSPI_TEST_FAKE_HOST_H

#include <ntsecpkg.h>
#include <opensspi.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/module.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define FAKE_POLICIES 16

/* Whose calls they are. */
#define FAKE_CLIENT ((LUID){ 7, 1 })

struct fake_host {
	const char *domain, *user; /* the account; user NULL: any name */
	const char *password;	   /* NULL: there is no account */
	NTSTATUS account_status;   /* answered after a right password */
	const char *sids[4];	   /* the account's, NULL: none (more) */
	const char *target;	   /* the one name that is ours; NULL: every name is */
	ULONG policy[FAKE_POLICIES];
	const char *saved_for;	   /* what target an identity is saved for; NULL: none is */
	struct fake_account {
		const char *domain, *user, *password; /* user NULL: there is none */
	} saved, standard;	   /* standard: the default identity */
	NTSTATUS saved_status;	   /* what is wrong with what is saved */
	bool is_remote, is_trusted; /* another process calls; it has SE_TCB_NAME */
	ULONG process;		   /* that one's number, if not 1 */
	LSA_CALLBACK_FUNCTION *call_back; /* of that process, under any number; NULL: it has none */
	int sessions;		   /* made and not ended */
	NTSTATUS session_status;   /* of AddCredential */
	int audited;		   /* calls of AuditLogon, and what the last said */
	NTSTATUS audit_status, audit_sub_status;
	SECURITY_LOGON_TYPE audit_type;
	char audit_user[32]; /* "" when none was named */
	int updates;	     /* calls of UpdateCredentials */
	OPENSSPI_LSA_EXTENSION extension; /* Reach… may be filled in */
	BOOLEAN(NTAPI *call_info)(PSECPKG_CALL_INFO); /* NULL: FALSE */
	/* other packages' user-mode halves; NULL: there are none */
	const SECPKG_USER_FUNCTION_TABLE *(*locate)(const WCHAR *name, size_t n);
	const SECPKG_USER_FUNCTION_TABLE *(*locate_by_id)(ULONG id);
	atomic_int heap;		  /* blocks of AllocateLsaHeap not freed yet */
	atomic_int authentications;	  /* calls of AuthenticateNtlm */
	atomic_int targets_noted;	  /* calls of NoteTarget */
	char reason[512];		  /* what was noted last */
};
extern struct fake_host fake_host;

/* The defaults: LAB\alice, "S3cret!pw", machine LAB\SRV (srv.lab.test), levels as shipped. */
void fake_host_reset(void);

/* The table that packages are given. */
const LSA_SECPKG_FUNCTION_TABLE *fake_host_table(void);

/* What a package has put there for a session by AddCredential; NULL: nothing. Good until it changes. */
const void *fake_host_kept(LUID logon, ULONG package, size_t *n);

/* An account as a block of AuthData; freed with mem_free. NULL strings are absent. */
void *fake_identity(const char *domain, const char *user, const char *password);

/* A package as the facade and the LSA use it: one side of a conversation. */
struct fake_side {
	const SECPKG_FUNCTION_TABLE *lsa;
	const SECPKG_USER_FUNCTION_TABLE *user; /* NULL for packages without */
	LSA_SEC_HANDLE credential, context;
	bool server, mapped;
	ULONG requirements, attributes;
	TimeStamp expiry;
	const char *target;   /* clients: what they ask for */
	SecBuffer more_input; /* one further input buffer, if it has bytes */
	ULONG room;	      /* of the output token; 0: plenty. Unused with ALLOCATE_MEMORY */
	ULONG said;	      /* cbBuffer of the output token after the last call */
};

/* Initialises the module (once per module and program) and acquires credentials with `auth`. */
MUST_CHECK NTSTATUS fake_side_open(struct fake_side *s, const struct package_module *module,
				   void *auth);

/* One call with `in` as SECBUFFER_TOKEN (none on a client's first); `out` is begun anew with the
 * token that was produced. Maps the context into the user-mode half when it is offered. */
MUST_CHECK NTSTATUS fake_side_step(struct fake_side *s, struct rd in, struct wr *out);

/* Deletes what the side has. */
void fake_side_close(struct fake_side *s);

/* Deletes the context alone. */
void fake_side_drop_context(struct fake_side *s);

#endif
