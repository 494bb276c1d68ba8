/* packages/credssp/context.h - what CREDSSP keeps: two credentials, two contexts, and the bytes between.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * CREDSSP is Schannel under TSSSP; both are held through packages/compose.h. It lives in the caller's
 * process, so its packed context is a number and both halves count references to one object. */
#ifndef OPENSSPI_PACKAGES_CREDSSP_CONTEXT_H
#define OPENSSPI_PACKAGES_CREDSSP_CONTEXT_H

#include "base/counted.h"
#include "packages/compose.h"
#include "wire/wr.h"

#define CS_OUT_MAX (2u << 20)
#define CS_INBOX_MAX (1u << 20)

/* One direction's credentials of both packages. */
struct cs_pair {
	OPENSSPI_REACH_HANDLE tls, ts;
};

struct cs_credential {
	struct counted counted;
	uint32_t use;
	struct cs_pair outbound, inbound;
	int64_t expiry;
};

enum cs_stage {
	CS_STAGE_TLS,  /* the handshake */
	CS_STAGE_AUTH, /* TSRequests in records */
	CS_STAGE_COMPLETE,
	CS_STAGE_DEAD,
};

struct cs_context {
	struct counted counted;
	enum cs_stage stage;
	bool server, mapped;   /* mapped: the user-mode half has it */
	uint32_t requirements; /* of the first call */
	uint32_t attributes;
	ULONG ts_attributes;
	struct cs_credential *credential;
	OPENSSPI_REACH_HANDLE tls, ts;
	WCHAR *target;
	size_t target_n;
	struct wr certificate;	  /* [u32 length][DER] of the server's, for TSSSP */
	uint32_t server_auth;	  /* CREDSSP_SERVER_AUTH_CERTIFICATE when it was verified */
	struct wr inbox;	  /* opened bytes that do not yet make a TSRequest */
	bool closing;		  /* close_notify was asked for before the end */
	int64_t expiry;		  /* the credential's or TSSSP's, whichever ends first */
	struct compose_held held; /* an answer that found no room yet */
};

MUST_CHECK struct cs_credential *cs_credential_new(uint32_t use);
MUST_CHECK struct cs_context *cs_context_new(bool server, struct cs_credential *credential);

DEFINE_COUNTED(struct cs_credential, cs_credential)
DEFINE_COUNTED(struct cs_context, cs_context)

#endif
