/* tests/unit/credssp_pair.h - two ends of a CREDSSP conversation and the wire between them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Over mock_tls.h, mock_mech.h and fake_host.h, which keep count of what was not released. */
#ifndef OPENSSPI_TEST_CREDSSP_PAIR_H
#define OPENSSPI_TEST_CREDSSP_PAIR_H

#include "base/base.h"

#include <credssp.h>
#include <schannel.h>

#include "fake_host.h"
#include "mock_mech.h"
#include "mock_tls.h"
#include "packages/credssp/package.h"
#include "packages/tsssp/message.h"
#include "wire/authdata.h"

#define ROOM (1u << 20)
#define NOTHING rd_of(NULL, 0)

struct pair {
	struct fake_side client, server;
	struct wr to_server, to_client; /* on the wire */
	NTSTATUS client_status, server_status;
};

/* The block of a CREDSSP_CRED with alice's identity. */
void pair_auth(struct wr *w, uint32_t type, uint32_t flags);

/* Both ends with their credentials; the last pair must have been closed, which checks for leaks. */
struct pair *pair_new(uint32_t flags);
void pair_close(struct pair *p);

/* One call with all that lies on the wire to that end. */
void pair_client(struct pair *p);
void pair_server(struct pair *p);

/* Whole flights back and forth until one has nothing to say. */
void pair_run(struct pair *p);

/* Up to where the client's first TSRequest is on its way. */
void pair_run_tls(struct pair *p);

/* The server has got that password. */
void pair_delegated(struct pair *p, const WCHAR *password);

#endif
