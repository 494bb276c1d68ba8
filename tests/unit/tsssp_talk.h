/* tests/unit/tsssp_talk.h - TSSSP's engine on one side of a conversation, a peer played by hand on the other.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The mechanism inside is mock_mech.h's over fake_host.h; the peer has a mock_end of its own and seals
 * what the test wants. */
#ifndef OPENSSPI_TEST_TSSSP_TALK_H
#define OPENSSPI_TEST_TSSSP_TALK_H

#include "hex.h"

#include <credssp.h>

#include "base/block.h"
#include "fake_host.h"
#include "mock_mech.h"
#include "packages/tsssp/binding.h"
#include "packages/tsssp/package.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

#define KEY_INFO "3017300506032a0304030e00300b020400c0ffee0203010001"
#define OTHER_INFO "3017300506032a0304030e00300b020400c0ffef0203010001"
#define KEY_AT 12 /* the key in it */
#define NOTHING rd_of(NULL, 0)

struct talk {
	struct fake_side side; /* the engine under test */
	struct mock_end peer;  /* the one played by hand */
	uint8_t nonce[TS_NONCE_LEN];
	struct wr out;		/* what the engine said last */
	struct ts_request said; /* it, parsed */
	struct hex certificate;
	uint8_t packed[HEX_MAX];
};

/* A new conversation with the engine as server or client; the last one must have been closed. Closing
 * checks that nothing was leaked. */
struct talk *talk_new(bool server);
void talk_close(struct talk *t);

/* The certificate that the engine is given from here on; the played peer binds to it as well. */
void give_certificate(struct talk *t, const char *info);
struct rd own_key(struct talk *t);

/* Says something to the engine; its answer is in t->out and t->said. */
MUST_CHECK NTSTATUS say_bytes(struct talk *t, struct rd bytes);
MUST_CHECK NTSTATUS say(struct talk *t, struct ts_request request);

/* Requests to say: a played client's has the nonce, from version 5 on. */
struct ts_request request_of(struct talk *t, uint32_t version);
struct ts_request with_token(struct ts_request r, const char *token);
struct ts_request with_binding(struct ts_request r, struct rd sealed);

/* A pubKeyAuth as this peer should make it, in static memory. */
struct rd right_binding(struct talk *t, uint32_t version);

/* Seals and says authInfo; that of user and password in domain LAB. */
MUST_CHECK NTSTATUS say_auth_info(struct talk *t, uint32_t version, struct rd credentials);
MUST_CHECK NTSTATUS say_password(struct talk *t, uint32_t version, struct rd user,
				 struct rd password);

/* Drives a server to where it awaits authInfo; a client to where it awaits pubKeyAuth. */
void server_to_credentials(struct talk *t, uint32_t version);
MUST_CHECK NTSTATUS client_to_binding(struct talk *t, uint32_t version);

/* Does the engine's last message carry credentials? */
static inline UNUSED bool sent_credentials(const struct talk *t)
{
	return t->said.has_auth_info;
}

#endif
