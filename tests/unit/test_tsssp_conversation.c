/* tests/unit/test_tsssp_conversation.c - CredSSP sign-ins by the engine: versions, nonces, the binding.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fake_host.h"
#include "mock_mech.h"
#include "tsssp_talk.h"

/* ---- the sign-in ---- */

static void a_client_delegates_to_a_server_that_holds_the_key(void **state)
{
	for (uint32_t version = 2; version <= 7; version++) {
		struct talk *t = talk_new(false);
		struct ts_credentials creds;
		struct rd plain;

		fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
		assert_int_equal(client_to_binding(t, version), SEC_I_CONTINUE_NEEDED);
		assert_true(t->said.has_nego && t->said.has_pub_key_auth && !t->said.has_auth_info);
		assert_int_equal(t->said.version, TS_VERSION_OWN);
		assert_true(mock_open(&t->peer, (uint8_t *)(uintptr_t)t->said.pub_key_auth.p,
				      t->said.pub_key_auth.n, &plain));
		assert_true(ts_binding_matches(plain, version < 6 ? version : 6,
					       TS_CLIENT_TO_SERVER, own_key(t), t->nonce));
		assert_int_equal(say(t, with_binding(request_of(t, version),
						     right_binding(t, version))),
				 SEC_E_OK);
		assert_true(sent_credentials(t));
		assert_true(mock_open(&t->peer, (uint8_t *)(uintptr_t)t->said.auth_info.p,
				      t->said.auth_info.n, &plain));
		assert_true(ts_credentials_parse(plain, &creds));
		assert_memory_equal(creds.user.p, u"alice", 10);
		assert_memory_equal(creds.password.p, u"S3cret!pw", 18);
		assert_int_equal(t->side.attributes & ISC_RET_DELEGATE, ISC_RET_DELEGATE);
		talk_close(t);
	}
}

static void a_server_hands_over_what_was_delegated(void **state)
{
	static const ULONG attributes[] = { SECPKG_ATTR_CREDS, SECPKG_ATTR_CREDS_2 };
	struct talk *t = talk_new(true);
	OPENSSPI_CREDSSP_VERSION version;

	server_to_credentials(t, 6);
	assert_int_equal(say_password(t, 6, rd_of(u"alice", 10), rd_of(u"S3cret!pw", 18)),
			 SEC_E_OK);
	assert_int_equal(t->out.len, 0);
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		SecPkgContext_ClientCreds creds;
		struct authbuffer_view view;
		assert_int_equal(t->side.lsa->QueryContextAttributes(t->side.context, attributes[i],
								     &creds),
				 SEC_E_OK);
		assert_true(authbuffer_read(rd_of(creds.AuthBuffer, creds.AuthBufferLen), &view));
		assert_memory_equal(view.domain.p, u"LAB", 6);
		assert_memory_equal(view.user.p, u"alice", 10);
		assert_memory_equal(view.password.p, u"S3cret!pw", 18);
		block_free(creds.AuthBuffer);
		atomic_fetch_sub(&fake_host.heap, 1);
	}
	assert_int_equal(t->side.lsa->QueryContextAttributes(t->side.context,
							     OPENSSPI_ATTR_CREDSSP_VERSION,
							     &version),
			 SEC_E_OK);
	assert_int_equal(version.PeerVersion, 6);
	assert_int_equal(version.Version, 6);
	talk_close(t);
}

static void a_server_takes_pub_key_auth_after_the_last_token_too(void **state)
{
	struct talk *t = talk_new(true);

	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech three")), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->out.len, 0);
	assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(t->said.has_pub_key_auth);
	talk_close(t);
}

static void the_servers_last_token_goes_with_its_pub_key_auth(void **state)
{
	struct talk *t = talk_new(true);

	mock_mech.last_token = "mech four";
	server_to_credentials(t, 6);
	assert_int_equal(t->said.nego_token.n, 9);
	talk_close(t);
}

static void the_nonce_is_fresh_and_in_every_client_message(void **state)
{
	uint8_t first[TS_NONCE_LEN];

	for (int i = 0; i < 2; i++) {
		struct talk *t = talk_new(false);
		assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
		assert_true(t->said.has_nonce);
		assert_memory_equal(t->said.nonce.p, t->nonce, TS_NONCE_LEN);
		if (i == 1)
			assert_memory_not_equal(first, t->nonce, sizeof(first));
		memcpy(first, t->nonce, sizeof(first));
		talk_close(t);
	}
}

/* ---- versions ---- */

static bool version_is_allowed(uint32_t level, uint32_t version, bool server)
{
	return version >= 5 || level == 2 || (level == 1 && server);
}

static void s01_three_policy_levels_meet_each_version_in_both_directions(void **state)
{
	for (uint32_t level = 0; level <= 2; level++)
		for (uint32_t version = 2; version <= 6; version++) {
			struct talk *t = talk_new(false);
			fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = level;
			assert_int_equal(client_to_binding(t, version),
					 version_is_allowed(level, version, false)
						 ? SEC_I_CONTINUE_NEEDED
						 : SEC_E_UNSUPPORTED_FUNCTION);
			assert_false(sent_credentials(t));
			talk_close(t);

			t = talk_new(true);
			fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = level;
			assert_int_equal(say(t, with_token(request_of(t, version), "mech one")),
					 version_is_allowed(level, version, true)
						 ? SEC_I_CONTINUE_NEEDED
						 : SEC_E_UNSUPPORTED_FUNCTION);
			bool refused = !version_is_allowed(level, version, true);
			assert_int_equal(t->said.has_error,
					 refused && (version == 3 || version == 4));
			if (t->said.has_error)
				assert_int_equal(t->said.error_code,
						 (uint32_t)STATUS_NOT_SUPPORTED);
			talk_close(t);
		}
}

static void s03_versions_0_and_1_are_refused_and_high_ones_are_6(void **state)
{
	static const uint32_t versions[] = { 0, 1, 7, 255, 0x80000000, 0xFFFFFFFF };

	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		for (int server = 0; server <= 1; server++) {
			struct talk *t = talk_new(server);
			NTSTATUS status = server ? say(t, with_token(request_of(t, versions[i]),
								     "mech one"))
						 : client_to_binding(t, versions[i]);
			assert_int_equal(status, versions[i] < 2 ? SEC_E_INVALID_TOKEN
								 : SEC_I_CONTINUE_NEEDED);
			talk_close(t);
		}
}

static void s03_a_version_that_changes_is_refused(void **state)
{
	static const uint32_t pairs[][2] = { { 6, 5 }, { 5, 6 }, { 6, 7 }, { 7, 255 }, { 6, 2 } };

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		for (int server = 0; server <= 1; server++) {
			struct talk *t = talk_new(server);
			fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
			if (server)
				assert_int_equal(say(t, with_token(request_of(t, pairs[i][0]),
								   "mech one")),
						 SEC_I_CONTINUE_NEEDED);
			else
				assert_int_equal(client_to_binding(t, pairs[i][0]),
						 SEC_I_CONTINUE_NEEDED);
			struct ts_request r = request_of(t, pairs[i][1]);
			r = server ? with_token(r, "mech three") : r;
			assert_int_equal(say(t, with_binding(r, right_binding(t, pairs[i][1]))),
					 SEC_E_INVALID_TOKEN);
			assert_false(sent_credentials(t));
			talk_close(t);
		}
}

/* ---- nonces ---- */

static void s02_a_server_insists_on_one_nonce_of_32_bytes(void **state)
{
	static const size_t lengths[] = { 0, 1, 31, 33, 64 };
	static const uint8_t bytes[64];
	struct talk *t;

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		t = talk_new(true);
		struct ts_request r = with_token(request_of(t, 6), "mech one");
		r.nonce = rd_of(bytes, lengths[i]);
		assert_int_equal(say(t, r), SEC_E_INVALID_TOKEN);
		talk_close(t);
	}
	for (uint32_t version = 5; version <= 6; version++) {
		t = talk_new(true);
		struct ts_request r = with_token((struct ts_request){ .version = version },
						 "mech one");
		assert_int_equal(say(t, r), SEC_I_CONTINUE_NEEDED);
		r = with_token((struct ts_request){ .version = version }, "mech three");
		assert_int_equal(say(t, with_binding(r, right_binding(t, version))),
				 SEC_E_INVALID_TOKEN);
		talk_close(t);
	}
}

static void s02_a_nonce_that_changes_or_comes_before_version_5_is_refused(void **state)
{
	struct talk *t = talk_new(true);

	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_I_CONTINUE_NEEDED);
	t->nonce[31] ^= 1;
	assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), "mech three"),
					     right_binding(t, 6))),
			 SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true);
	server_to_credentials(t, 6);
	t->nonce[0] ^= 1;
	assert_int_equal(say_password(t, 6, rd_of(u"a", 2), rd_of(u"b", 2)), SEC_E_INVALID_TOKEN);
	talk_close(t);

	t = talk_new(true);
	fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
	struct ts_request r = with_token(request_of(t, 6), "mech one");
	r.version = 4;
	assert_int_equal(say(t, r), SEC_E_INVALID_TOKEN);
	talk_close(t);
}

/* ---- the binding ---- */

static void s05_a_client_does_not_take_its_own_pub_key_auth_back(void **state)
{
	for (uint32_t version = 2; version <= 6; version++) {
		struct talk *t = talk_new(false);
		struct wr plain = WR(TS_REQUEST_MAX), sealed = WR(TS_REQUEST_MAX);

		fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
		assert_int_equal(client_to_binding(t, version), SEC_I_CONTINUE_NEEDED);
		CLEANUP(mem_free_p)
		uint8_t *own = mem_dup(t->said.pub_key_auth.p, t->said.pub_key_auth.n);
		struct rd reflected = rd_of(own, t->said.pub_key_auth.n);
		assert_int_equal(say(t, with_binding(request_of(t, version), reflected)),
				 SEC_E_MESSAGE_ALTERED);
		assert_int_equal(t->out.len, 0);
		talk_close(t);

		/* nor when a peer seals the client's own words anew */
		t = talk_new(false);
		fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
		assert_int_equal(client_to_binding(t, version), SEC_I_CONTINUE_NEEDED);
		ts_binding_write(&plain, version, TS_CLIENT_TO_SERVER, own_key(t), t->nonce);
		mock_seal(&t->peer, wr_view(&plain), &sealed);
		assert_int_equal(say(t, with_binding(request_of(t, version), wr_view(&sealed))),
				 SEC_E_MUTUAL_AUTH_FAILED);
		assert_int_equal(t->out.len, 0);
		wr_done(&plain);
		wr_done(&sealed);
		talk_close(t);
	}
}

static void s05_the_key_of_another_certificate_is_refused_by_both(void **state)
{
	for (int server = 0; server <= 1; server++)
		for (uint32_t version = 4; version <= 6; version++) {
			struct talk *t = talk_new(server);
			fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
			if (server)
				assert_int_equal(say(t, with_token(request_of(t, version),
								   "mech one")),
						 SEC_I_CONTINUE_NEEDED);
			else
				assert_int_equal(client_to_binding(t, version),
						 SEC_I_CONTINUE_NEEDED);
			t->certificate = hex(
				OTHER_INFO); /* what the played peer sees; the engine has KEY_INFO */
			struct ts_request r = request_of(t, version);
			r = server ? with_token(r, "mech three") : r;
			assert_int_equal(say(t, with_binding(r, right_binding(t, version))),
					 SEC_E_MUTUAL_AUTH_FAILED);
			assert_false(sent_credentials(t));
			assert_int_equal(t->said.has_error, server && version != 5);
			talk_close(t);
		}
}

static void s05_the_whole_key_info_is_not_what_is_bound(void **state)
{
	struct talk *t = talk_new(false);
	CLEANUP(wr_done) struct wr plain = WR(TS_REQUEST_MAX), sealed = WR(TS_REQUEST_MAX);

	assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
	ts_binding_write(&plain, 6, TS_SERVER_TO_CLIENT, HEX_RD(t->certificate), t->nonce);
	mock_seal(&t->peer, wr_view(&plain), &sealed);
	assert_int_equal(say(t, with_binding(request_of(t, 6), wr_view(&sealed))),
			 SEC_E_MUTUAL_AUTH_FAILED);
	assert_int_equal(t->out.len, 0);
	talk_close(t);
}

static void s37_pub_key_auth_and_auth_info_that_are_too_short_are_refused(void **state)
{
	static const uint8_t zeros[16];

	for (size_t n = 0; n <= 16; n++) {
		struct talk *t = talk_new(false);
		assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say(t, with_binding(request_of(t, 6), rd_of(zeros, n))),
				 SEC_E_MESSAGE_ALTERED);
		assert_int_equal(t->out.len, 0);
		talk_close(t);

		t = talk_new(true);
		assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")),
				 SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), "mech three"),
						     rd_of(zeros, n))),
				 SEC_E_MESSAGE_ALTERED);
		talk_close(t);

		t = talk_new(true);
		server_to_credentials(t, 6);
		struct ts_request r = request_of(t, 6);
		r.has_auth_info = true;
		r.auth_info = rd_of(zeros, n);
		assert_int_equal(say(t, r), SEC_E_MESSAGE_ALTERED);
		talk_close(t);
	}
}

static void the_certificate_is_needed_for_the_binding_and_fixed_once_given(void **state)
{
	for (int server = 0; server <= 1; server++) {
		struct talk *t = talk_new(server);
		SecBuffer certificate = t->side.more_input;
		t->side.more_input = (SecBuffer){ 0 };
		if (server)
			assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")),
					 SEC_I_CONTINUE_NEEDED);
		NTSTATUS status =
			server ? say(t, with_binding(with_token(request_of(t, 6), "mech three"),
						     right_binding(t, 6)))
			       : client_to_binding(t, 6);
		assert_int_equal(status, SEC_E_INVALID_TOKEN);
		talk_close(t);

		t = talk_new(server);
		assert_memory_equal(&certificate.BufferType, &t->side.more_input.BufferType,
				    sizeof(ULONG));
		if (server)
			assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")),
					 SEC_I_CONTINUE_NEEDED);
		else
			assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
		give_certificate(t, OTHER_INFO);
		assert_int_equal(say(t, with_token(request_of(t, 6),
						   server ? "mech three" : "mech two")),
				 SEC_E_INVALID_TOKEN);
		talk_close(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_delegates_to_a_server_that_holds_the_key),
		cmocka_unit_test(a_server_hands_over_what_was_delegated),
		cmocka_unit_test(a_server_takes_pub_key_auth_after_the_last_token_too),
		cmocka_unit_test(the_servers_last_token_goes_with_its_pub_key_auth),
		cmocka_unit_test(the_nonce_is_fresh_and_in_every_client_message),
		cmocka_unit_test(s01_three_policy_levels_meet_each_version_in_both_directions),
		cmocka_unit_test(s03_versions_0_and_1_are_refused_and_high_ones_are_6),
		cmocka_unit_test(s03_a_version_that_changes_is_refused),
		cmocka_unit_test(s02_a_server_insists_on_one_nonce_of_32_bytes),
		cmocka_unit_test(s02_a_nonce_that_changes_or_comes_before_version_5_is_refused),
		cmocka_unit_test(s05_a_client_does_not_take_its_own_pub_key_auth_back),
		cmocka_unit_test(s05_the_key_of_another_certificate_is_refused_by_both),
		cmocka_unit_test(s05_the_whole_key_info_is_not_what_is_bound),
		cmocka_unit_test(s37_pub_key_auth_and_auth_info_that_are_too_short_are_refused),
		cmocka_unit_test(the_certificate_is_needed_for_the_binding_and_fixed_once_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
