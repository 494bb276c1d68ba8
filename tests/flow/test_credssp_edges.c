/* tests/flow/test_credssp_edges.c - CREDSSP for programs with buffers of their own, too small at first, and
 * for those that leave in the middle.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

/* One call with `room` bytes for the answer; what was said goes to the peer. */
static SECURITY_STATUS step_in(struct end *e, struct end *peer, ULONG *room)
{
	static uint8_t answer[FLOW_ROOM];
	SecBuffer in[2] = { { (ULONG)e->inbox_len, SECBUFFER_TOKEN, e->inbox },
			    { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer out = { *room, SECBUFFER_TOKEN, answer };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 2, in },
		      out_list = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle *old = e->has_context ? &e->context : NULL;
	ULONG flags = e->requirements & ~(ULONG)ISC_REQ_ALLOCATE_MEMORY;

	if (e->server)
		e->status = AcceptSecurityContext(&e->credential, old, &in_list, flags,
						  SECURITY_NATIVE_DREP, &e->context, &out_list,
						  &e->attributes, &e->expiry);
	else
		e->status = InitializeSecurityContextA(
			&e->credential, old, (SEC_CHAR *)(uintptr_t)e->target, flags, 0,
			SECURITY_NATIVE_DREP, e->inbox_len ? &in_list : NULL, 0, &e->context,
			&out_list, &e->attributes, &e->expiry);
	*room = out.cbBuffer;
	e->has_context |= e->status >= 0;
	if (e->status == SEC_E_BUFFER_TOO_SMALL || e->status == SEC_E_INCOMPLETE_MESSAGE)
		return e->status;
	size_t extra = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
	memmove(e->inbox, e->inbox + e->inbox_len - extra, extra);
	e->inbox_len = extra;
	assert_true(peer->inbox_len + out.cbBuffer <= sizeof(peer->inbox));
	memcpy(peer->inbox + peer->inbox_len, answer, out.cbBuffer);
	peer->inbox_len += out.cbBuffer;
	return e->status;
}

static void step_twice(struct end *e, struct end *peer)
{
	ULONG room = 1;

	if (step_in(e, peer, &room) != SEC_E_BUFFER_TOO_SMALL)
		return;
	assert_true(room > 1);
	(void)step_in(e, peer, &room);
	assert_int_not_equal(e->status, SEC_E_BUFFER_TOO_SMALL);
}

static void body_small_rooms(void)
{
	static struct end client, server;
	ULONG plenty = FLOW_ROOM;

	flow_client(&client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "CREDSSP");
	/* a first call keeps nothing: it is made anew */
	(void)step_in(&client, &server, &plenty);
	plenty = FLOW_ROOM;
	(void)step_in(&server, &client, &plenty);
	while (client.inbox_len) {
		step_twice(&client, &server);
		if (server.inbox_len)
			step_twice(&server, &client);
	}
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	assert_false(client.attributes & ISC_RET_ALLOCATED_MEMORY);
	flow_send_stream(&client, &server, "sealed after all");
	flow_send_stream(&server, &client, "and back again");
	flow_done(&client);
	flow_done(&server);
}

static void a_buffer_too_small_costs_no_sign_in(void **state)
{
	flow_child("", body_small_rooms);
}

static void body_leave(void)
{
	static struct end client, server;
	DWORD shutdown = SCHANNEL_SHUTDOWN;
	SecBuffer control = { sizeof(shutdown), SECBUFFER_TOKEN, &shutdown };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &control };

	flow_client(&client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "CREDSSP");
	flow_step(&client, &server);
	flow_step(&server, &client);
	flow_step(&client, &server); /* TLS stands, and the first TSRequest is on its way */
	assert_int_equal(client.status, SEC_I_CONTINUE_NEEDED);
	assert_int_equal(ApplyControlToken(&client.context, &list), SEC_E_OK);
	size_t before = server.inbox_len;
	flow_step(&client, &server);
	assert_int_equal(client.status, SEC_I_CONTEXT_EXPIRED);
	assert_true(server.inbox_len > before); /* close_notify */
	flow_step(&client, &server);
	assert_int_equal(client.status, SEC_E_OUT_OF_SEQUENCE);
	flow_step(&server, &client);
	while (server.inbox_len && server.status == SEC_I_CONTINUE_NEEDED)
		flow_step(&server, &client);
	assert_int_equal(server.status, SEC_E_CONTEXT_EXPIRED);
	flow_done(&client);
	flow_done(&server);
}

static void leaving_in_the_middle_is_told_to_the_peer(void **state)
{
	flow_child("", body_leave);
}

/* A password as long as a token of a web service: its TSRequest takes several records. */
static void body_long_password(void)
{
	static struct end client, server;
	static char password[30001];
	SecPkgContext_ClientCreds creds = { 0 };

	for (size_t i = 0; i + 1 < sizeof(password); i++)
		password[i] = (char)('a' + i % 26);
	assert_int_equal(OpensspiAccountSet(NULL, "carol", password), SEC_E_OK);
	flow_client(&client, "CREDSSP", "carol", password);
	flow_server(&server, "CREDSSP");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	assert_int_equal(QueryContextAttributesA(&server.context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_OK);
	assert_true(creds.AuthBufferLen > 2 * (sizeof(password) - 1));
	FreeContextBuffer(creds.AuthBuffer);
	flow_done(&client);
	flow_done(&server);
}

static void s21_a_password_longer_than_a_record_is_delegated(void **state)
{
	flow_child("", body_long_password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_too_small_costs_no_sign_in),
		cmocka_unit_test(leaving_in_the_middle_is_told_to_the_peer),
		cmocka_unit_test(s21_a_password_longer_than_a_record_is_delegated),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
