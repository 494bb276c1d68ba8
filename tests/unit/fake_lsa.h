/* tests/unit/fake_lsa.h - an LSA of the test's own behind the facade: it answers what the test says.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every call goes through its row's codec, as by inproc+codec. */
#ifndef OPENSSPI_TESTS_FAKE_LSA_H
#define OPENSSPI_TESTS_FAKE_LSA_H

#include <ntsecpkg.h>
#include <sspi.h>

#include "base/base.h"
#include "ipc/calls.h"
#include "ipc/userhalf.h"

enum { FAKE_IDENTITY, FAKE_CREDSSP, FAKE_SCHANNEL, FAKE_OPAQUE, FAKE_COUNT };

/* What the LSA does on a call; NULL: the default. */
typedef NTSTATUS fake_answer(const void *request, void *reply);

struct fake {
	fake_answer *on[CALL_COUNT];
	unsigned calls[CALL_COUNT];
	NTSTATUS channel_status; /* not success: there is no channel */
	const char *reason;	 /* of every call */

	/* The user-mode half: what it was given, how often it was asked. */
	unsigned mapped, unmapped, sealed, unsealed;
	LSA_SEC_HANDLE key;
	NTSTATUS user_status;	  /* of InitUserModeContext */
	NTSTATUS message_status;  /* of the four message functions */
	bool no_user_half;

	/* Moving contexts and tokens: served only when asked for. */
	bool transfers, tokens;
	ULONG export_flags;
	unsigned imported;
	NTSTATUS transfer_status;

	/* Copies of the last acquire's auth block and of the last step's first input token. */
	uint8_t auth[4096];
	size_t auth_n;
	uint64_t client_address;
	uint64_t deleted; /* the last context number the facade gave back */

	/* The last changed attribute. */
	uint32_t set_attribute;
	uint64_t set_object;
	uint8_t set[256];
	size_t set_n;
};

/* A literal for a parameter that Windows forgot to make const. */
#define LITERAL(s) ((char *)(uintptr_t)(s))

extern struct fake fake;

/* Everything back to the defaults: contexts finish at the first call, mapped, with a token "out". */
void fake_reset(void);

/* Bytes that a reply will own. */
struct ipc_owned owned_bytes(const void *p, size_t n);
struct ipc_owned owned_text(const char *ascii);

/* A credential handle of a fake package. */
CredHandle fake_credential(const char *package);

#endif
