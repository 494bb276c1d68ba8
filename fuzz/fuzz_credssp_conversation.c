/* fuzz/fuzz_credssp_conversation.c - TSSSP's client and server with somebody between them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The input is a script: what happens to each message on its way. Whatever happens, a client must not
 * delegate before the server has shown the key, and a server must not accept other credentials than
 * the client sealed. */
#include "base/base.h"

#include <credssp.h>

#include "base/block.h"
#include "fake_host.h"
#include "mock_mech.h"
#include "packages/tsssp/message.h"
#include "packages/tsssp/package.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

#define ROUNDS 12
#define ROOM (1u << 20)

enum trick { PASS, FLIP, CUT, DOUBLE, REPLACE, REPLAY, DROP, TRICKS };

/* [u32 length] and a SubjectPublicKeyInfo with a key of 13 bytes. */
static uint8_t certificate[] = { 25,   0,    0,	   0,	 0x30, 0x17, 0x30, 0x05, 0x06, 0x03,
				 0x2a, 0x03, 0x04, 0x03, 0x0e, 0x00, 0x30, 0x0b, 0x02, 0x04,
				 0x00, 0xc0, 0xff, 0xee, 0x02, 0x03, 0x01, 0x00, 0x01 };

struct conversation {
	struct fake_side client, server;
	struct wr to_server, to_client, earlier;
	bool server_bound; /* it has answered pubKeyAuth */
	bool own_rooms;	   /* both ends bring their buffers, which may be too small at first */
	struct rd script;
};

static uint8_t next_byte(struct conversation *c)
{
	uint8_t b = 0;
	return rd_u8(&c->script, &b) ? b : 0;
}

static void replace(struct wr *message, struct rd bytes)
{
	wr_reset(message);
	wr_rd(message, bytes);
}

/* Does to a message what the script says. */
static void meddle(struct conversation *c, struct wr *message)
{
	uint16_t at = 0;
	struct rd bytes;

	switch (next_byte(c) % TRICKS) {
	case FLIP:
		if (rd_u16le(&c->script, &at) && message->len)
			message->buf[at % message->len] ^= next_byte(c);
		break;
	case CUT:
		if (rd_u16le(&c->script, &at) && message->len)
			message->len = at % message->len;
		break;
	case DOUBLE:
		if (message->len < ROOM / 4) {
			CLEANUP(wr_done) struct wr copy = WR(ROOM);
			wr_rd(&copy, wr_view(message));
			wr_rd(message, wr_view(&copy));
		}
		break;
	case REPLACE:
		if (rd_bytes(&c->script, next_byte(c), &bytes))
			replace(message, bytes);
		break;
	case REPLAY:
		replace(message, wr_view(&c->earlier));
		break;
	case DROP:
		wr_reset(message);
		break;
	default:
		break;
	}
}

static void open_sides(struct conversation *c)
{
	CLEANUP(mem_free_p) void *identity = fake_identity("LAB", "alice", "S3cret!pw");
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
	uint8_t options = next_byte(c);

	mock_mech_reset();
	fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = options % 3;
	mock_mech.last_token = options & 4 ? "mech four" : "";
	mock_mech.waits = options & 8;
	mock_mech.keyed_early = options & 16;
	c->own_rooms = options & 32;
	credssp_auth_write(&auth, &(struct credssp_auth){ .submit_type = CredsspSubmitBufferBothOld,
							  .has_identity = true,
							  .identity = authdata_block(identity) });
	c->server.server = true;
	c->client.target = "TERMSRV/host";
	c->client.requirements = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_DELEGATE;
	c->server.requirements = ASC_REQ_ALLOCATE_MEMORY;
	c->client.more_input = c->server.more_input =
		(SecBuffer){ sizeof(certificate), SECBUFFER_TOKEN | SECBUFFER_READONLY,
			     certificate };
	if (fake_side_open(&c->client, &tsssp_module, auth.buf) != SEC_E_OK ||
	    fake_side_open(&c->server, &tsssp_module, NULL) != SEC_E_OK)
		abort();
}

static void check_delegated(struct conversation *c)
{
	SecPkgContext_ClientCreds creds;
	struct authbuffer_view view;

	if (c->server.lsa->QueryContextAttributes(c->server.context, SECPKG_ATTR_CREDS, &creds) !=
		    SEC_E_OK ||
	    !authbuffer_read(rd_of(creds.AuthBuffer, creds.AuthBufferLen), &view) ||
	    view.user.n != 10 || memcmp(view.user.p, u"alice", 10) != 0 || view.password.n != 18)
		abort();
	block_free(creds.AuthBuffer);
	atomic_fetch_sub(&fake_host.heap, 1);
}

/* One call; what finds no room is asked for again. */
static NTSTATUS step(struct conversation *c, struct fake_side *s, struct rd in, struct wr *out)
{
	if (!c->own_rooms)
		return fake_side_step(s, in, out);
	s->requirements &= ~(ULONG)ISC_REQ_ALLOCATE_MEMORY;
	s->room = 1u + next_byte(c);
	NTSTATUS status = fake_side_step(s, in, out);
	if (status != SEC_E_BUFFER_TOO_SMALL)
		return status;
	if (s->said <= s->room)
		abort(); /* it would have fitted */
	s->room = s->said;
	status = fake_side_step(s, in, out);
	if (status == SEC_E_BUFFER_TOO_SMALL)
		abort();
	return status;
}

/* One step of each; false when one of them is done. */
static bool go_round(struct conversation *c, bool first)
{
	struct ts_request request;

	meddle(c, &c->to_client);
	NTSTATUS status =
		step(c, &c->client, first ? rd_of(NULL, 0) : wr_view(&c->to_client), &c->to_server);
	if (status == SEC_E_OK && !c->server_bound)
		abort();
	if (failed(status) && c->to_server.len)
		abort(); /* a client that refuses says nothing */
	bool client_goes_on = status == SEC_I_CONTINUE_NEEDED;
	if (!client_goes_on && status != SEC_E_OK)
		return false;
	if (next_byte(c) & 1)
		replace(&c->earlier, wr_view(&c->to_server));
	meddle(c, &c->to_server);
	status = step(c, &c->server, wr_view(&c->to_server), &c->to_client);
	if (c->to_client.len && ts_request_parse(wr_view(&c->to_client), &request) &&
	    request.has_pub_key_auth)
		c->server_bound = true;
	if (status == SEC_E_OK)
		check_delegated(c);
	return client_goes_on && status == SEC_I_CONTINUE_NEEDED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conversation c = { .to_server = WR(ROOM),
				  .to_client = WR(ROOM),
				  .earlier = WR(ROOM),
				  .script = rd_of(data, size) };

	open_sides(&c);
	for (int round = 0; round < ROUNDS && go_round(&c, round == 0); round++)
		continue;
	fake_side_close(&c.client);
	fake_side_close(&c.server);
	wr_done(&c.to_server);
	wr_done(&c.to_client);
	wr_done(&c.earlier);
	if (fake_host.heap != 0 || mock_mech.contexts != 0 || mock_mech.credentials != 0)
		abort();
	return 0;
}
