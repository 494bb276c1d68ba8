/* tests/unit/test_credssp_edges.c - CREDSSP at its edges: no room for an answer, leaving early, requests
 * longer than a record, expiries. Over mock_tls.h, mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "credssp_pair.h"

#include "base/block.h"
#include "base/clock.h"
#include "wire/authbuffer.h"

#define LONG_PASSWORD 20000 /* characters: their TSRequest takes three records */

/* ---- no room ---- */

/* One call without ALLOCATE_MEMORY and with `room` bytes for the answer. */
static NTSTATUS step_in(struct fake_side *s, ULONG room, struct rd in, struct wr *out)
{
	s->requirements &= ~(ULONG)ISC_REQ_ALLOCATE_MEMORY;
	s->room = room;
	NTSTATUS status = fake_side_step(s, in, out);
	s->room = 0;
	return status;
}

/* A call that finds no room twice and then gets what it would have got at once. */
static NTSTATUS step_thrice(struct fake_side *s, struct rd in, struct wr *out)
{
	CLEANUP(mem_free_p) uint8_t *shown = mem_dup(in.n ? in.p : (const uint8_t *)"", in.n);
	struct rd again = rd_of(shown, in.n);

	NTSTATUS status = step_in(s, 1, again, out);
	if (status != SEC_E_BUFFER_TOO_SMALL) /* nothing was to be said */
		return status;
	assert_int_equal(out->len, 0);
	ULONG need = s->said;
	assert_true(need > 1);
	assert_int_equal(step_in(s, need - 1, again, out), SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(s->said, need);
	status = step_in(s, need, again, out);
	assert_int_equal(out->len, need);
	return status;
}

static void an_answer_without_room_waits_on_every_leg(void **state)
{
	struct pair *p = pair_new(0);

	/* on a first call there is no context yet that could keep it */
	assert_int_equal(step_in(&p->client, 1, NOTHING, &p->to_server), SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(p->client.context, 0);
	p->client_status = step_in(&p->client, 0, NOTHING, &p->to_server);
	assert_int_equal(step_in(&p->server, 1, wr_view(&p->to_server), &p->to_client),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(p->server.context, 0);
	p->server_status = step_in(&p->server, 0, wr_view(&p->to_server), &p->to_client);
	while (p->to_client.len) {
		p->client_status = step_thrice(&p->client, wr_view(&p->to_client), &p->to_server);
		if (!p->to_server.len)
			break;
		p->server_status = step_thrice(&p->server, wr_view(&p->to_server), &p->to_client);
	}
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_int_equal(p->server_status, SEC_E_OK);
	assert_true(p->client.mapped && p->server.mapped);
	assert_false(p->client.attributes & ISC_RET_ALLOCATED_MEMORY);
	pair_delegated(p, u"S3cret!pw");
	pair_close(p);
}

static void an_answer_that_waits_ends_with_its_context(void **state)
{
	struct pair *p = pair_new(0);

	pair_client(p);
	pair_server(p);
	assert_int_equal(step_in(&p->client, 1, wr_view(&p->to_client), &p->to_server),
			 SEC_E_BUFFER_TOO_SMALL);
	pair_close(p);
}

static void allocating_is_what_each_call_asks_for(void **state)
{
	struct pair *p = pair_new(0);

	pair_client(p);
	assert_true(p->client.attributes & ISC_RET_ALLOCATED_MEMORY);
	pair_server(p);
	assert_int_equal(step_in(&p->client, 0, wr_view(&p->to_client), &p->to_server),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(p->to_server.len > 0);
	assert_false(p->client.attributes & ISC_RET_ALLOCATED_MEMORY);
	p->client.requirements |= ISC_REQ_ALLOCATE_MEMORY;
	pair_server(p);
	pair_client(p);
	assert_true(p->client.attributes & ISC_RET_ALLOCATED_MEMORY);
	pair_close(p);
}

/* ---- leaving ---- */

static NTSTATUS shut_down(struct fake_side *s)
{
	uint8_t shutdown[4] = { SCHANNEL_SHUTDOWN };
	SecBuffer token = { sizeof(shutdown), SECBUFFER_TOKEN, shutdown };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &token };
	return s->lsa->ApplyControlToken(s->context, &list);
}

static void leaving_in_the_middle_gives_the_alert_and_is_no_success(void **state)
{
	for (int legs = 0; legs < 3; legs++)
		for (int server = 0; server <= 1; server++) {
			struct pair *p = pair_new(0);
			struct fake_side *s = server ? &p->server : &p->client;
			CLEANUP(wr_done) struct wr said = WR(ROOM);

			pair_run_tls(p);
			pair_server(p);
			if (legs > 0)
				pair_client(p);
			if (legs > 1)
				pair_server(p);
			assert_int_equal(shut_down(s), STATUS_SUCCESS);
			assert_int_equal(fake_side_step(s, NOTHING, &said), SEC_I_CONTEXT_EXPIRED);
			assert_int_equal(said.buf[0], MOCK_RECORD_ALERT);
			assert_false(s->mapped);
			assert_int_equal(fake_side_step(s, NOTHING, &said), SEC_E_OUT_OF_SEQUENCE);
			assert_int_equal(said.len, 0);
			pair_close(p);
		}
}

static void a_refused_client_may_say_goodbye(void **state)
{
	struct pair *p = pair_new(0);

	mock_mech.accept_status = STATUS_LOGON_FAILURE;
	pair_run(p);
	assert_int_equal(p->client_status, STATUS_LOGON_FAILURE);
	assert_int_equal(shut_down(&p->client), STATUS_SUCCESS);
	wr_reset(&p->to_client);
	pair_client(p);
	assert_int_equal(p->client_status, SEC_I_CONTEXT_EXPIRED);
	assert_int_equal(p->to_server.buf[0], MOCK_RECORD_ALERT);
	pair_close(p);
}

/* ---- long requests ---- */

static void long_auth(struct wr *w, uint8_t *password)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);

	for (size_t i = 0; i < LONG_PASSWORD; i++) {
		password[2 * i] = (uint8_t)('a' + i % 26);
		password[2 * i + 1] = 0;
	}
	identity_write(&block,
		       &(struct identity_view){ .user = rd_of(u"alice", 10),
						.password = rd_of(password, 2 * LONG_PASSWORD),
						.has_user = true,
						.has_password = true });
	credssp_auth_write(w, &(struct credssp_auth){ .submit_type = CredsspPasswordCreds,
						      .has_identity = true,
						      .identity = wr_view(&block) });
	assert_true(wr_ok(w));
}

static size_t records_in(struct wr *wire)
{
	CLEANUP(mem_free_p) uint8_t *copy = mem_dup(wire->buf, wire->len);
	struct rd r = rd_of(copy, wire->len), plain;
	enum mock_record type;
	size_t n = 0;

	while (!rd_empty(r)) {
		assert_true(mock_record_take(&r, &type, &plain));
		assert_true(plain.n <= 16384);
		n++;
	}
	return n;
}

static void s38_a_request_longer_than_a_record_takes_several(void **state)
{
	static uint8_t password[2 * LONG_PASSWORD];
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
	struct pair *p = pair_new(0);
	SecPkgContext_ClientCreds creds;
	struct authbuffer_view view;

	long_auth(&auth, password);
	assert_int_equal(p->client.lsa->FreeCredentialsHandle(p->client.credential), SEC_E_OK);
	assert_int_equal(fake_side_open(&p->client, &credssp_module, auth.buf), SEC_E_OK);
	pair_run_tls(p);
	pair_server(p);
	pair_client(p);
	pair_server(p);
	pair_client(p);
	assert_int_equal(p->client_status, SEC_E_OK);
	assert_int_equal(records_in(&p->to_server), 3);
	pair_server(p);
	assert_int_equal(p->server_status, SEC_E_OK);
	assert_int_equal(
		p->server.lsa->QueryContextAttributes(p->server.context, SECPKG_ATTR_CREDS, &creds),
		SEC_E_OK);
	assert_true(authbuffer_read(rd_of(creds.AuthBuffer, creds.AuthBufferLen), &view));
	assert_int_equal(view.password.n, sizeof(password));
	assert_memory_equal(view.password.p, password, sizeof(password));
	block_free(creds.AuthBuffer);
	atomic_fetch_sub(&fake_host.heap, 1);
	pair_close(p);
}

/* Service tickets with a large PAC, in both roles, and a signature of Kerberos' length. */
static void s38_tokens_of_48_kb_cross_in_several_records(void **state)
{
	static const size_t sizes[] = { 16384, 32768, 48000, 100000 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct pair *p = pair_new(0);
		mock_mech.bulk = sizes[i];
		mock_mech.signature = 76;
		pair_run_tls(p);
		assert_int_equal(records_in(&p->to_server), sizes[i] / 16384 + 2);
		pair_server(p);
		pair_run(p);
		assert_int_equal(p->client_status, SEC_E_OK);
		assert_int_equal(p->server_status, SEC_E_OK);
		pair_delegated(p, u"S3cret!pw");
		pair_close(p);
	}
}

static void s38_a_request_that_does_not_end_is_refused_at_its_claim(void **state)
{
	struct pair *p = pair_new(0);
	CLEANUP(wr_done) struct wr wire = WR(ROOM);

	pair_client(p);
	pair_server(p);
	pair_client(p);
	/* 16 MiB are claimed; one record of it is enough to say no */
	wr_rd(&wire, rd_of(p->to_server.buf, MOCK_RECORD_HEADER + 11 + MOCK_RECORD_TRAILER));
	mock_record(&wire, MOCK_RECORD_DATA, rd_of("\x30\x84\x01\x00\x00\x00\xa0\x03", 8));
	assert_int_equal(fake_side_step(&p->server, wr_view(&wire), &p->to_client),
			 SEC_E_INVALID_TOKEN);
	pair_close(p);
}

static void s38_several_requests_in_one_record_are_answered_in_turn(void **state)
{
	static const char *const tokens[] = { "mech one", "mech three" };
	struct pair *p = pair_new(0);
	CLEANUP(wr_done) struct wr text = WR(ROOM), wire = WR(ROOM);
	struct ts_request said;
	enum mock_record type;
	struct rd plain;

	pair_client(p);
	pair_server(p);
	pair_client(p);
	wr_rd(&wire, rd_of(p->to_server.buf, MOCK_RECORD_HEADER + 11 + MOCK_RECORD_TRAILER));
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct ts_request r = { .version = 6,
					.has_nego = true,
					.nego_token = rd_of(tokens[i], strlen(tokens[i])) };
		ts_request_write(&text, &r);
	}
	mock_record(&wire, MOCK_RECORD_DATA, wr_view(&text));
	mock_mech.last_token = "mech four";
	assert_int_equal(fake_side_step(&p->server, wr_view(&wire), &p->to_client),
			 SEC_I_CONTINUE_NEEDED);
	struct rd out = wr_view(&p->to_client);
	for (int i = 0; i < 2; i++) {
		assert_true(mock_record_take(&out, &type, &plain));
		assert_int_equal(type, MOCK_RECORD_DATA);
		assert_true(ts_request_parse(plain, &said));
		assert_int_equal(said.nego_token.n, i ? 9 : 8);
	}
	assert_true(rd_empty(out));
	pair_close(p);
}

/* ---- how long it lasts ---- */

static void the_earliest_end_is_the_one_that_is_told(void **state)
{
	static const struct {
		int64_t inbound, outbound, tls, context, credential, conversation;
	} rows[] = {
		{ 1000, 2000, 5000, CLOCK_NEVER, 1000, 1000 },
		{ 2000, 1000, 5000, CLOCK_NEVER, 1000, 1000 },
		{ 2000, 1000, 500, CLOCK_NEVER, 500, 500 },
		{ 2000, 3000, 5000, 700, 2000, 700 },
		{ CLOCK_NEVER, CLOCK_NEVER, CLOCK_NEVER, CLOCK_NEVER, CLOCK_NEVER, CLOCK_NEVER },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair *p = pair_new(0);
		CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
		TimeStamp expiry;

		mock_mech.expiry[SECPKG_CRED_INBOUND] = rows[i].inbound;
		mock_mech.expiry[SECPKG_CRED_OUTBOUND] = rows[i].outbound;
		mock_mech.context_expiry = rows[i].context;
		mock_tls.expiry = rows[i].tls;
		pair_auth(&auth, CredsspPasswordCreds, 0);
		assert_int_equal(p->client.lsa->FreeCredentialsHandle(p->client.credential),
				 SEC_E_OK);
		assert_int_equal(p->server.lsa->FreeCredentialsHandle(p->server.credential),
				 SEC_E_OK);
		assert_int_equal(p->client.lsa->AcquireCredentialsHandle(
					 NULL, SECPKG_CRED_OUTBOUND | SECPKG_CRED_INBOUND, NULL,
					 auth.buf, NULL, NULL, &p->client.credential, &expiry),
				 SEC_E_OK);
		assert_int_equal(expiry.QuadPart, rows[i].credential);
		assert_int_equal(p->server.lsa->AcquireCredentialsHandle(
					 NULL, SECPKG_CRED_BOTH, NULL, auth.buf, NULL, NULL,
					 &p->server.credential, &expiry),
				 SEC_E_OK);
		assert_int_equal(expiry.QuadPart, rows[i].credential);
		fake_host.policy[OPENSSPI_POLICY_RESTRICTED_ADMIN] = 1;
		pair_run(p);
		assert_int_equal(p->client_status, SEC_E_OK);
		assert_int_equal(p->client.expiry.QuadPart, rows[i].conversation);
		assert_int_equal(p->server.expiry.QuadPart, rows[i].conversation);
		pair_close(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_without_room_waits_on_every_leg),
		cmocka_unit_test(an_answer_that_waits_ends_with_its_context),
		cmocka_unit_test(allocating_is_what_each_call_asks_for),
		cmocka_unit_test(leaving_in_the_middle_gives_the_alert_and_is_no_success),
		cmocka_unit_test(a_refused_client_may_say_goodbye),
		cmocka_unit_test(s38_a_request_longer_than_a_record_takes_several),
		cmocka_unit_test(s38_tokens_of_48_kb_cross_in_several_records),
		cmocka_unit_test(s38_a_request_that_does_not_end_is_refused_at_its_claim),
		cmocka_unit_test(s38_several_requests_in_one_record_are_answered_in_turn),
		cmocka_unit_test(the_earliest_end_is_the_one_that_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
