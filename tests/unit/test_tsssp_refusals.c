/* tests/unit/test_tsssp_refusals.c - what the engine refuses: wrong order, errors, policy, credentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fake_host.h"
#include "mock_mech.h"
#include "tsssp_talk.h"

/* ---- order ---- */

static void s06_nothing_comes_before_its_turn(void **state)
{
	struct talk *t;
	struct ts_request r;

	t = talk_new(true); /* authInfo first */
	assert_int_equal(say_password(t, 6, rd_of(u"a", 2), rd_of(u"b", 2)), SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true); /* authInfo before pubKeyAuth */
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(say_password(t, 6, rd_of(u"a", 2), rd_of(u"b", 2)), SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true); /* pubKeyAuth before the mechanism is done */
	assert_int_equal(
		say(t, with_binding(with_token(request_of(t, 6), "mech one"), right_binding(t, 6))),
		SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true); /* both in one */
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_I_CONTINUE_NEEDED);
	r = with_binding(with_token(request_of(t, 6), "mech three"), right_binding(t, 6));
	r.has_auth_info = true;
	r.auth_info = rd_of("0123456789abcdefXYZ", 19);
	assert_int_equal(say(t, r), SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true); /* a token after the last */
	server_to_credentials(t, 6);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech three")), SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true); /* only servers send an errorCode */
	r = with_token(request_of(t, 6), "mech one");
	r.has_error = true;
	assert_int_equal(say(t, r), SEC_E_INVALID_TOKEN);
	talk_close(t);
}

static void s06_a_client_is_not_talked_into_skipping_the_binding(void **state)
{
	for (int which = 0; which < 4; which++) {
		struct talk *t = talk_new(false);
		struct ts_request r = request_of(t, 6);
		if (which == 0) { /* pubKeyAuth at once */
			assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
			r = with_binding(with_token(r, "mech two"),
					 rd_of("0123456789abcdefXYZ", 19));
		} else {
			assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
			if (which == 1) /* nothing at all */
				r.has_auth_info = false;
			else if (which == 2)
				r = with_token(r, "mech two");
			else
				r.has_auth_info = true;
		}
		assert_int_equal(say(t, r), SEC_E_INVALID_TOKEN);
		assert_int_equal(t->out.len, 0);
		talk_close(t);
	}
}

static void a_conversation_that_failed_or_finished_does_not_go_on(void **state)
{
	struct talk *t = talk_new(true);

	server_to_credentials(t, 6);
	assert_int_equal(say_password(t, 6, rd_of(u"alice", 10), rd_of(u"pw", 4)), SEC_E_OK);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_E_OUT_OF_SEQUENCE);
	talk_close(t);

	t = talk_new(true);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(say(t, with_token(request_of(t, 6), "nonsense")), SEC_E_INVALID_TOKEN);
	assert_true(failed(say(t, with_token(request_of(t, 6), "mech three"))));
	assert_int_equal(t->out.len, 0);
	talk_close(t);
}

/* ---- refusals ---- */

static void s09_a_refused_logon_is_told_to_versions_that_have_room_for_it(void **state)
{
	static const NTSTATUS statuses[][2] = {
		{ STATUS_LOGON_FAILURE, STATUS_LOGON_FAILURE },
		{ STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_DISABLED },
		{ STATUS_PASSWORD_MUST_CHANGE, STATUS_PASSWORD_MUST_CHANGE },
		{ SEC_E_LOGON_DENIED, STATUS_LOGON_FAILURE },
		{ SEC_E_NO_AUTHENTICATING_AUTHORITY, STATUS_NO_LOGON_SERVERS },
	};

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		for (uint32_t version = 2; version <= 7; version++) {
			struct talk *t = talk_new(true);
			fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
			mock_mech.accept_status = statuses[i][0];
			assert_int_equal(say(t, with_token(request_of(t, version), "mech one")),
					 SEC_I_CONTINUE_NEEDED);
			struct ts_request r = with_token(request_of(t, version), "mech three");
			assert_int_equal(say(t, with_binding(r, right_binding(t, version))),
					 statuses[i][0]);
			assert_int_equal(t->said.has_error, ts_version_has_error_code(version));
			assert_false(t->said.has_pub_key_auth);
			if (t->said.has_error)
				assert_int_equal(t->said.error_code, (uint32_t)statuses[i][1]);
			talk_close(t);
		}
}

static void s41_an_error_code_at_any_stage_ends_the_client(void **state)
{
	static const struct {
		uint32_t code;
		NTSTATUS status;
	} rows[] = {
		{ STATUS_LOGON_FAILURE, STATUS_LOGON_FAILURE },
		{ STATUS_PASSWORD_EXPIRED, STATUS_PASSWORD_EXPIRED },
		{ STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED },
		{ (uint32_t)SEC_E_INCOMPLETE_MESSAGE, SEC_E_LOGON_DENIED },
		{ 0x7FFFFFFF, SEC_E_LOGON_DENIED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int stage = 0; stage < 2; stage++)
			for (int echo = 0; echo < 2; echo++) {
				struct talk *t = talk_new(false);
				if (stage == 0)
					assert_int_equal(say_bytes(t, NOTHING),
							 SEC_I_CONTINUE_NEEDED);
				else
					assert_int_equal(client_to_binding(t, 6),
							 SEC_I_CONTINUE_NEEDED);
				struct ts_request r = request_of(t, 6);
				r.has_error = true;
				r.error_code = rows[i].code;
				if (echo) /* as servers do that send it with everything else */
					r = with_binding(r, right_binding(t, 6));
				assert_int_equal(say(t, r), rows[i].status);
				assert_int_equal(t->out.len, 0);
				talk_close(t);
			}
}

static void s41_zero_success_and_information_are_refusals_too(void **state)
{
	static const char *const messages[] = {
		"300aa003020106a403020100", /* 0 */
		"300aa003020106a403020101",
		"300ca003020106a4050203090312", /* SEC_I_CONTINUE_NEEDED */
		"300aa003020106a4030201ff",	/* -1: no NTSTATUS error */
	};

	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		for (int stage = 0; stage < 2; stage++) {
			struct talk *t = talk_new(false);
			struct hex message = hex(messages[i]);
			assert_int_equal(stage ? client_to_binding(t, 6) : say_bytes(t, NOTHING),
					 SEC_I_CONTINUE_NEEDED);
			assert_int_equal(say_bytes(t, HEX_RD(message)), SEC_E_LOGON_DENIED);
			assert_int_equal(t->out.len, 0);
			talk_close(t);
		}
}

static void an_inner_mechanism_without_seal_or_name_is_refused(void **state)
{
	static const ULONG attributes[] = { 0, ISC_RET_INTEGRITY };

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		struct talk *t = talk_new(false);
		mock_mech.attributes = attributes[i];
		assert_int_equal(client_to_binding(t, 6), SEC_E_LOGON_DENIED);
		assert_int_equal(mock_mech.sealed, 0);
		talk_close(t);
	}
	for (int server = 0; server <= 1; server++) {
		struct talk *t = talk_new(server);
		mock_mech.attributes |= server ? ASC_RET_NULL_SESSION : ISC_RET_NULL_SESSION;
		if (server)
			assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")),
					 SEC_I_CONTINUE_NEEDED);
		assert_int_equal(server ? say(t, with_token(request_of(t, 6), "mech three"))
					: client_to_binding(t, 6),
				 SEC_E_LOGON_DENIED);
		talk_close(t);
	}
}

/* ---- what is delegated ---- */

static NTSTATUS client_to_the_end(struct talk *t)
{
	assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
	t->peer.received++; /* the pubKeyAuth that nobody looked at */
	return say(t, with_binding(request_of(t, 6), right_binding(t, 6)));
}

static void what_policy_does_not_allow_is_not_sent(void **state)
{
	static const NTSTATUS statuses[] = { SEC_E_DELEGATION_POLICY, SEC_E_POLICY_NLTM_ONLY };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct talk *t = talk_new(false);
		mock_mech.delegation = statuses[i];
		assert_int_equal(client_to_the_end(t), statuses[i]);
		assert_int_equal(t->out.len, 0);
		assert_int_equal(mock_mech.sealed, 1);
		assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_FRESH);
		assert_false(mock_mech.mutual);
		talk_close(t);
	}
}

static void without_delegate_empty_credentials_go_and_policy_is_not_asked(void **state)
{
	struct talk *t = talk_new(false);
	struct ts_credentials creds;
	struct rd plain;

	t->side.requirements &= ~(ULONG)ISC_REQ_DELEGATE;
	mock_mech.delegation = SEC_E_DELEGATION_POLICY;
	assert_int_equal(client_to_the_end(t), SEC_E_OK);
	assert_int_equal(mock_mech.asked, 0);
	assert_true(mock_open(&t->peer, (uint8_t *)(uintptr_t)t->said.auth_info.p,
			      t->said.auth_info.n, &plain));
	assert_true(ts_credentials_parse(plain, &creds));
	assert_int_equal(creds.domain.n + creds.user.n + creds.password.n, 0);
	assert_false(t->side.attributes & ISC_RET_DELEGATE);
	talk_close(t);
}

static void mutual_authentication_is_kept_when_asked_for(void **state)
{
	struct talk *t = talk_new(false);

	t->side.requirements |= ISC_REQ_MUTUAL_AUTH;
	assert_int_equal(client_to_the_end(t), SEC_E_MUTUAL_AUTH_FAILED);
	assert_int_equal(t->out.len, 0);
	talk_close(t);

	t = talk_new(false);
	t->side.requirements |= ISC_REQ_MUTUAL_AUTH;
	mock_mech.attributes |= ISC_RET_MUTUAL_AUTH;
	assert_int_equal(client_to_the_end(t), SEC_E_OK);
	assert_true(mock_mech.mutual);
	assert_true(t->side.attributes & ISC_RET_MUTUAL_AUTH);
	talk_close(t);
}

static void empty_credentials_need_restricted_admin_at_the_server(void **state)
{
	for (ULONG allowed = 0; allowed <= 1; allowed++) {
		CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
		struct talk *t = talk_new(true);
		fake_host.policy[OPENSSPI_POLICY_RESTRICTED_ADMIN] = allowed;
		server_to_credentials(t, 6);
		ts_credentials_write(&w, NOTHING, NOTHING, NOTHING);
		assert_int_equal(say_auth_info(t, 6, wr_view(&w)),
				 allowed ? SEC_E_OK : SEC_E_LOGON_DENIED);
		assert_false(t->side.attributes & ASC_RET_DELEGATE);
		talk_close(t);
	}
}

static void s39_other_credentials_and_unsound_ones_are_refused(void **state)
{
	static const struct {
		const char *digits;
		NTSTATUS status;
	} rows[] = {
		{ "3029a003020100a1220420301ea008040644004f004d00a10a04087500730065007200a206040470007700",
		  SEC_E_INVALID_TOKEN },
		{ "3029a003020107a1220420301ea008040644004f004d00a10a04087500730065007200a206040470007700",
		  SEC_E_INVALID_TOKEN },
		{ "3029a003020102a1220420301ea008040644004f004d00a10a04087500730065007200a206040470007700",
		  SEC_E_INVALID_TOKEN },
		{ "301aa003020106a1130411300fa00d300ba0040402aabba1030401cc", SEC_E_LOGON_DENIED },
		{ "301ea003020106a11704153013a00d300ba0040402aabba1030401cca1023000",
		  SEC_E_LOGON_DENIED },
		{ "3029a003020101a1220420301ea008040644004f004d00a10a04087500730065007200a20604047000770000",
		  SEC_E_INVALID_TOKEN },
		{ "", SEC_E_INVALID_TOKEN },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct talk *t = talk_new(true);
		struct hex creds = hex(rows[i].digits);
		server_to_credentials(t, 6);
		assert_int_equal(say_auth_info(t, 6, HEX_RD(creds)), rows[i].status);
		assert_int_equal(t->said.has_error, true);
		talk_close(t);
	}
	static const struct rd bad[] = { { (const uint8_t *)u"p\0w", 6 },
					 { (const uint8_t *)u"pw", 3 } };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct talk *t = talk_new(true);
		server_to_credentials(t, 6);
		assert_int_equal(say_password(t, 6, rd_of(u"alice", 10), bad[i]),
				 SEC_E_INVALID_TOKEN);
		talk_close(t);
	}
}

static void s39_trailing_nuls_of_old_clients_are_cut_off(void **state)
{
	struct talk *t = talk_new(true);
	SecPkgContext_ClientCreds creds;
	struct authbuffer_view view;

	server_to_credentials(t, 6);
	assert_int_equal(say_password(t, 6, rd_of(u"alice\0", 12), rd_of(u"pw\0", 6)), SEC_E_OK);
	assert_int_equal(
		t->side.lsa->QueryContextAttributes(t->side.context, SECPKG_ATTR_CREDS, &creds),
		SEC_E_OK);
	assert_true(authbuffer_read(rd_of(creds.AuthBuffer, creds.AuthBufferLen), &view));
	assert_int_equal(view.user.n, 10);
	assert_int_equal(view.password.n, 4);
	block_free(creds.AuthBuffer);
	atomic_fetch_sub(&fake_host.heap, 1);
	talk_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s06_nothing_comes_before_its_turn),
		cmocka_unit_test(s06_a_client_is_not_talked_into_skipping_the_binding),
		cmocka_unit_test(a_conversation_that_failed_or_finished_does_not_go_on),
		cmocka_unit_test(s09_a_refused_logon_is_told_to_versions_that_have_room_for_it),
		cmocka_unit_test(s41_an_error_code_at_any_stage_ends_the_client),
		cmocka_unit_test(s41_zero_success_and_information_are_refusals_too),
		cmocka_unit_test(an_inner_mechanism_without_seal_or_name_is_refused),
		cmocka_unit_test(what_policy_does_not_allow_is_not_sent),
		cmocka_unit_test(without_delegate_empty_credentials_go_and_policy_is_not_asked),
		cmocka_unit_test(mutual_authentication_is_kept_when_asked_for),
		cmocka_unit_test(empty_credentials_need_restricted_admin_at_the_server),
		cmocka_unit_test(s39_other_credentials_and_unsound_ones_are_refused),
		cmocka_unit_test(s39_trailing_nuls_of_old_clients_are_cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
