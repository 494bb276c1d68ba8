/* tests/unit/mock_package.h - security packages that do as the input tokens tell them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The package "Mock" needs two calls: the first answers "one" and goes on, the second answers "two",
 * is complete and maps. An input token of one of the words below changes that. */
#ifndef OPENSSPI_TESTS_MOCK_PACKAGE_H
#define OPENSSPI_TESTS_MOCK_PACKAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <stdatomic.h>

#include "base/module.h"
#include "ipc/calls.h"
#include "lsa/lsa.h"

/* "alert": refuses with SEC_E_LOGON_DENIED and the token "alert".
 * "quiet": refuses and leaves the output as it is.
 * "notes": SEC_E_TARGET_UNKNOWN, and a reason is noted; "noted": a reason, and as usual.
 * "reach": reaches for itself with "notes".
 * "short": SEC_E_INCOMPLETE_MESSAGE, 7 bytes missing in the second buffer.
 * "extra": as usual, 3 bytes extra in the second buffer.
 * "crypt": overwrites its input, then as usual.
 * "liar!": claims more output than there is room.
 * "small": SEC_E_BUFFER_TOO_SMALL and how much it wants.
 * "empty": says yes without making a context.
 * "sleep": takes its time, and fails when the context is in two calls. */

extern const struct package_module mock_module; /* "Mock" and "Mock Second", version 1 tables */
extern const struct package_module mock_refusing_module, mock_future_module, mock_empty_module,
	mock_broken_module, mock_twin_module, mock_nameless_module, mock_tables_null_module;
extern const struct package_module mock_whole_module; /* "Mock" again, with what came after version 1 */

/* A message to "Mock" of the whole module is one of these words, or gets itself back:
 * "deny": STATUS_ACCESS_DENIED as protocol status, and an answer.
 * "fail": STATUS_INVALID_PARAMETER, not delivered.
 * "none": no answer.
 * "call": passes "echo" on to itself by CallPackage, and that answer back.
 * "deep": passes itself on without end. */

extern struct mock_state {
	atomic_int credentials, contexts, mapped, shutdowns;
	atomic_int clash; /* times a context was in two calls */
	const LSA_SECPKG_FUNCTION_TABLE *table;
	PLUID last_logon; /* NULL or not; of the last acquire */
	ULONG last_use;
	uint32_t last_auth; /* the first u32 of the last acquire's AuthData */
	bool last_had_principal;
	SECPKG_CLIENT_INFO client; /* as seen at the last acquire */
	NTSTATUS client_status;
	ULONG attributes; /* of the last acquire's call */
	NTSTATUS acquire_with; /* what acquire answers */
	uint32_t set_attribute; /* the last changed one, and its bytes or the name in it */
	ULONG set_size;
	uint8_t set[64];
	WCHAR added_package[16];
	bool added_principal;
	uint8_t copied[8]; /* from the client's memory, by the opaque package "Mock Second" */
	char entry; /* the last message's: 'T'rusted, 'U'ntrusted, 'P'assed through */
	PVOID message, message_base;
	PLSA_CLIENT_REQUEST request;
	ULONG message_attributes; /* of the call it came in */
	unsigned accepted; /* times AcceptCredentials was called, and what it got the last time */
	SECURITY_LOGON_TYPE accepted_type;
	ULONG accepted_flags, accepted_size;
	uint8_t accepted_bytes[16];
	NTSTATUS accept_with; /* what it answers */
	HANDLE notification; /* what a package that then was dropped had asked for */
	unsigned terminated; /* sessions that ended, and the last one */
	LUID terminated_logon;
	char seen_reason[64]; /* after "reach" */
} mock;

/* An LSA with these modules (NULL-terminated) and no policy; fails the test when it cannot be had. */
struct lsa *mock_lsa(const struct package_module *const *modules);
/* One with mock_module alone. */
struct lsa *mock_lsa_plain(void);
void mock_lsa_end(struct lsa *lsa);

/* A channel's calls, short. */
uint64_t mock_acquire(struct channel *c);
NTSTATUS mock_free(struct channel *c, uint64_t credential);
NTSTATUS mock_init(struct channel *c, struct context_call *call, const char *token,
		   struct context_reply *reply);
NTSTATUS mock_accept(struct channel *c, struct context_call *call, const char *token,
		     struct context_reply *reply);
NTSTATUS mock_delete(struct channel *c, uint64_t context);

#define MOCK_TEXT(s) ((struct ipc_text){ (s), (uint32_t)(sizeof(s) / sizeof((s)[0]) - 1) })

#endif
