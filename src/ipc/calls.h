/* ipc/calls.h - every call between an application and the LSA: one row, one request, one reply.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Requests borrow their bytes from the caller for the length of the call. Replies own theirs:
 * call_reply_done releases (and wipes) them. A reply is filled in as far as it says even when the
 * status is an error: a refused sign-in may still have a token to send. */
#ifndef OPENSSPI_IPC_CALLS_H
#define OPENSSPI_IPC_CALLS_H

#include <sspi.h>

#include "base/base.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define IPC_BUFFERS_MAX 16
/* Of one encoded request or reply: room for a list of 100 000 credentials. */
#define IPC_BYTES_MAX (64u << 20)
#define IPC_SEALED_MAX (48u << 20) /* of a vault's export, in either direction */

enum call {
	CALL_PACKAGES,
	CALL_ACQUIRE_CREDENTIALS,
	CALL_FREE_CREDENTIALS,
	CALL_QUERY_CREDENTIALS,
	CALL_INIT_CONTEXT,
	CALL_ACCEPT_CONTEXT,
	CALL_DELETE_CONTEXT,
	CALL_CONTROL_CONTEXT,
	CALL_QUERY_CONTEXT,
	CALL_SESSION_DATA,
	CALL_SET_CREDENTIALS,
	CALL_SET_CONTEXT,
	CALL_ADD_CREDENTIALS,
	CALL_CRED_WRITE,
	CALL_CRED_READ,
	CALL_CRED_ENUMERATE,
	CALL_CRED_DELETE,
	CALL_CRED_RENAME,
	CALL_CRED_MATCH,
	CALL_CRED_TARGET,
	CALL_CRED_BEST,
	CALL_CRED_SESSION,
	CALL_CRED_SET_DEFAULT,
	CALL_CRED_GET_DEFAULT,
	CALL_CRED_PROTECT,
	CALL_CRED_UNPROTECT,
	CALL_VAULT_STATUS,
	CALL_VAULT_UNLOCK,
	CALL_VAULT_LOCK,
	CALL_VAULT_ADD,
	CALL_VAULT_REMOVE,
	CALL_VAULT_REKEY,
	CALL_VAULT_CHECK,
	CALL_VAULT_ACCEPT,
	CALL_VAULT_EXPORT,
	CALL_VAULT_IMPORT,
	CALL_VAULT_FAULT,
	CALL_VAULT_MOVE,
	CALL_POLICY_LIST,
	CALL_POLICY_EXPLAIN,
	CALL_ENCRYPT_MEMORY,
	CALL_CONNECT,
	CALL_CALL_PACKAGE,
	CALL_LOGON_USER,
	CALL_SESSION_LIST,
	CALL_SESSION_END,
	CALL_COUNT
};

/* UTF-16 text; p NULL means that the caller passed NULL. */
struct ipc_text {
	const WCHAR *p;
	uint32_t n;
};

struct ipc_bytes {
	const uint8_t *p;
	uint32_t n;
};

/* Bytes that a reply owns (mem_free_wiped). */
struct ipc_owned {
	uint8_t *p;
	uint32_t n;
};

/* A SecBuffer on its way in: its bytes, or for an output buffer its room alone. */
struct ipc_buffer {
	uint32_t type; /* with the attribute bits */
	uint32_t room; /* cbBuffer as the caller set it */
	const uint8_t *p;
	uint32_t n; /* bytes at p: room for input buffers with a pointer, else 0 */
};

/* A SecBuffer on its way back. */
struct ipc_answer {
	uint32_t type;
	uint32_t size; /* cbBuffer as the package left it (EXTRA and MISSING count bytes elsewhere) */
	struct ipc_owned bytes; /* output bytes; none for input buffers */
};

/* ---- packages ---- */

struct package_record {
	uint32_t id; /* index in load order */
	uint32_t module, table; /* where its user-mode half is found (ipc/userhalf.h) */
	uint32_t capabilities;
	uint16_t version, rpc_id;
	uint32_t max_token;
	uint32_t auth_format; /* OPENSSPI_AUTH_DATA_* */
	uint32_t home;	      /* OPENSSPI_HOME_* */
	struct ipc_owned name, comment; /* UTF-16 units without terminator, as bytes */
};

struct packages_call {
	uint8_t unused;
};
struct packages_reply {
	uint32_t count;
	struct package_record *package; /* mem_free, with their texts */
};

/* ---- credentials ---- */

struct acquire_call {
	struct ipc_text principal, package;
	uint32_t use;
	bool has_logon;
	LUID logon;
	struct ipc_bytes auth;	 /* a block of wire/authdata.h for known formats; empty: NULL */
	uint64_t client_address; /* opaque format: pAuthData as the client sees it */
};
struct acquire_reply {
	uint64_t credential;
	uint32_t package; /* record id */
	int64_t expiry;	  /* local time */
};

struct credential_call {
	uint64_t credential;
};
struct query_credentials_call {
	uint64_t credential;
	uint32_t attribute;
};
struct empty_reply {
	uint8_t unused;
};

/* An attribute's structure, marshalled by ipc/attributes.h. */
struct attribute_reply {
	struct ipc_owned value;
};

/* A changed attribute of credentials or of a context. */
struct set_attribute_call {
	uint64_t object;
	uint32_t attribute;
	struct ipc_bytes value; /* by ipc/attributes.h if the structure has pointers, else its bytes */
};

struct add_credentials_call {
	struct ipc_text principal, package; /* package: whose kind of credentials is added; may be NULL */
	uint64_t credential;
	uint32_t use;
	struct ipc_bytes auth; /* in the format of the package that has the handle */
	uint64_t client_address;
};
struct add_credentials_reply {
	int64_t expiry; /* local time */
};

/* ---- contexts ---- */

struct context_call { /* init and accept */
	uint64_t credential, context; /* 0: none */
	struct ipc_text target;	      /* init only */
	uint32_t requirements, data_representation;
	uint32_t in_count, out_count;
	bool has_in, has_out; /* a NULL descriptor is not an empty one */
	struct ipc_buffer in[IPC_BUFFERS_MAX], out[IPC_BUFFERS_MAX];
};
struct context_reply {
	uint64_t context; /* the new or same number; 0 when there is none */
	uint32_t package; /* record id */
	uint32_t attributes;
	int64_t expiry; /* local time */
	uint32_t in_count, out_count;
	struct ipc_answer in[IPC_BUFFERS_MAX], out[IPC_BUFFERS_MAX];
	bool mapped;		    /* the user-mode half takes over with: */
	uint64_t user_key;	    /* the package's LSA_SEC_HANDLE value */
	struct ipc_owned user_data; /* the packed context */
};

struct delete_context_call {
	uint64_t context;
};
struct control_context_call {
	uint64_t context;
	uint32_t in_count;
	struct ipc_buffer in[IPC_BUFFERS_MAX];
};
struct query_context_call {
	uint64_t context;
	uint32_t attribute;
};

/* ---- the logon session ---- */

struct session_data_call {
	bool has_logon; /* false: the caller's own */
	LUID logon;
};
struct session_data_reply {
	LUID logon;
	uint32_t logon_type, terminal_session;
	int64_t logon_time; /* UTC */
	struct ipc_owned user, domain, package, server, dns_domain, upn; /* UTF-16 */
	struct ipc_owned sid;
};

#include "ipc/creds.h"
#include "ipc/lsaclient.h"

/* ---- the table ---- */

/* One row per call. Codecs are pure; readers make views into the bytes (requests) or copies
 * (replies), and refuse anything left over. The struct read into must be zeroed; what a reply holds
 * is released by call_reply_done, also when reading it failed half-way. */
struct call_row {
	const char *name;
	size_t request_size, reply_size;
	void (*write_request)(struct wr *w, const void *request);
	bool (*read_request)(struct rd r, void *request);
	void (*write_reply)(struct wr *w, const void *reply);
	bool (*read_reply)(struct rd r, void *reply);
	void (*reply_done)(void *reply);
};

/* The row of a call; NULL for a number that is none. */
const struct call_row *call_row(enum call which);

/* Releases what a reply owns and zeroes it. */
void call_reply_done(enum call which, void *reply);

/* ---- channels ---- */

struct channel;
struct call_reason; /* ipc/reason.h */

struct channel_ops {
	const char *name; /* "inproc", "inproc+codec" */
	/* Carries one call. The status is the LSA's; a channel's own failures are SEC_E_INTERNAL_ERROR
	 * (the other side broke the protocol) or SEC_E_INSUFFICIENT_MEMORY. `why` is filled when the call
	 * fails and the LSA has a sentence to add. */
	NTSTATUS (*call)(struct channel *c, enum call which, const void *request, void *reply,
			 struct call_reason *why);
	void (*free)(struct channel *c);
};

struct channel {
	const struct channel_ops *ops;
};

/* Carries one call and keeps for this thread what it had to say, if it fails (ipc/reason.h). */
MUST_CHECK NTSTATUS channel_call(struct channel *c, enum call which, const void *request,
				 void *reply);

/* The process's channel, chosen once; NULL with *status when it cannot be had. Implemented in lib/,
 * which knows the rows. */
struct channel *channel_current(NTSTATUS *status);

#endif
