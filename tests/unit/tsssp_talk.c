/* tests/unit/tsssp_talk.c - see tests/unit/tsssp_talk.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tsssp_talk.h"

/* ---- setting up ---- */

void give_certificate(struct talk *t, const char *info)
{
	t->certificate = hex(info);
	CLEANUP(wr_done) struct wr w = WR(HEX_MAX);
	wr_counted(&w, t->certificate.p, t->certificate.n);
	memcpy(t->packed, w.buf, w.len);
	t->side.more_input = (SecBuffer){ (ULONG)w.len, SECBUFFER_TOKEN | SECBUFFER_READONLY,
					  t->packed };
}

struct rd own_key(struct talk *t)
{
	return rd_of(t->certificate.p + KEY_AT, t->certificate.n - KEY_AT);
}

static void talk_open(struct talk *t, bool server)
{
	CLEANUP(mem_free_p) void *identity = fake_identity("LAB", "alice", "S3cret!pw");
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);

	mock_mech_reset();
	memset(t, 0, sizeof(*t));
	t->out = WR(TS_REQUEST_MAX);
	t->side.server = server;
	t->peer.server = !server;
	t->side.target = server ? NULL : "TERMSRV/host";
	t->side.requirements = ISC_REQ_ALLOCATE_MEMORY | (server ? 0 : ISC_REQ_DELEGATE);
	for (size_t i = 0; i < TS_NONCE_LEN; i++)
		t->nonce[i] = (uint8_t)(i + 100);
	give_certificate(t, KEY_INFO);
	credssp_auth_write(&auth, &(struct credssp_auth){ .submit_type = CredsspSubmitBufferBothOld,
							  .has_identity = true,
							  .identity = authdata_block(identity) });
	assert_int_equal(fake_side_open(&t->side, &tsssp_module, server ? NULL : auth.buf),
			 SEC_E_OK);
}

void talk_close(struct talk *t)
{
	fake_side_close(&t->side);
	wr_done(&t->out);
	assert_int_equal(mock_mech.contexts, 0);
	assert_int_equal(mock_mech.credentials, 0);
	assert_int_equal(fake_host.heap, 0);
}

struct talk *talk_new(bool server)
{
	static struct talk t;
	talk_open(&t, server);
	return &t;
}

/* ---- talking ---- */

NTSTATUS say_bytes(struct talk *t, struct rd bytes)
{
	NTSTATUS status = fake_side_step(&t->side, bytes, &t->out);
	memset(&t->said, 0, sizeof(t->said));
	if (t->out.len)
		assert_true(ts_request_parse(wr_view(&t->out), &t->said));
	return status;
}

NTSTATUS say(struct talk *t, struct ts_request request)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	ts_request_write(&w, &request);
	return say_bytes(t, wr_view(&w));
}

struct ts_request request_of(struct talk *t, uint32_t version)
{
	struct ts_request r = { .version = version };
	if (t->side.server && version >= TS_VERSION_NONCE) {
		r.has_nonce = true;
		r.nonce = rd_of(t->nonce, sizeof(t->nonce));
	}
	return r;
}

struct ts_request with_token(struct ts_request r, const char *token)
{
	r.has_nego = true;
	r.nego_token = rd_of(token, strlen(token));
	return r;
}

struct rd right_binding(struct talk *t, uint32_t version)
{
	static struct wr sealed;
	CLEANUP(wr_done) struct wr plain = WR(TS_REQUEST_MAX);
	uint32_t agreed = version < TS_VERSION_OWN ? version : TS_VERSION_OWN;

	wr_done(&sealed);
	sealed = WR(TS_REQUEST_MAX);
	ts_binding_write(&plain, agreed, t->peer.server ? TS_SERVER_TO_CLIENT : TS_CLIENT_TO_SERVER,
			 own_key(t), t->nonce);
	mock_seal(&t->peer, wr_view(&plain), &sealed);
	return wr_view(&sealed);
}

struct ts_request with_binding(struct ts_request r, struct rd sealed)
{
	r.has_pub_key_auth = true;
	r.pub_key_auth = sealed;
	return r;
}

NTSTATUS say_auth_info(struct talk *t, uint32_t version, struct rd credentials)
{
	CLEANUP(wr_done) struct wr sealed = WR(TS_REQUEST_MAX);
	struct ts_request r = request_of(t, version);

	mock_seal(&t->peer, credentials, &sealed);
	r.has_auth_info = true;
	r.auth_info = wr_view(&sealed);
	return say(t, r);
}

NTSTATUS say_password(struct talk *t, uint32_t version, struct rd user, struct rd password)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	ts_credentials_write(&w, rd_of(u"LAB", 6), user, password);
	return say_auth_info(t, version, wr_view(&w));
}

void server_to_credentials(struct talk *t, uint32_t version)
{
	assert_int_equal(say(t, with_token(request_of(t, version), "mech one")),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(say(t, with_binding(with_token(request_of(t, version), "mech three"),
					     right_binding(t, version))),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(t->said.has_pub_key_auth);
}

NTSTATUS client_to_binding(struct talk *t, uint32_t version)
{
	assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->said.nego_token.n, 8);
	assert_true(t->said.has_nonce);
	memcpy(t->nonce, t->said.nonce.p, sizeof(t->nonce));
	return say(t, with_token(request_of(t, version), "mech two"));
}
