/* tests/unit/test_tsssp_spnego.c - SPNEGO inside CredSSP: legs that come after the mechanism's last token,
 * and which package is reached. Over tsssp_talk.h, mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tsssp_talk.h"

/* A client whose SPNEGO waits for the server's last token. */
static struct talk *waiting(bool keyed_early)
{
	struct talk *t = talk_new(false);

	mock_mech.waits = true;
	mock_mech.keyed_early = keyed_early;
	assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
	return t;
}

/* The peer opens the client's pubKeyAuth, which it has to before it seals its own. */
static void open_binding(struct talk *t)
{
	struct rd plain;

	assert_true(t->said.has_pub_key_auth);
	assert_true(mock_open(&t->peer, (uint8_t *)(uintptr_t)t->said.pub_key_auth.p,
			      t->said.pub_key_auth.n, &plain));
	assert_true(ts_binding_matches(plain, 6, TS_CLIENT_TO_SERVER, own_key(t), t->nonce));
}

/* ---- the client ---- */

static void pub_key_auth_goes_with_the_mechanisms_last_token(void **state)
{
	struct talk *t = waiting(true);

	assert_true(t->said.has_nego && t->said.nego_token.n == 10);
	open_binding(t);
	/* the server's last token comes beside its pubKeyAuth */
	assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), "mech four"),
					     right_binding(t, 6))),
			 SEC_E_OK);
	assert_true(sent_credentials(t));
	talk_close(t);
}

static void the_servers_last_token_may_be_left_out(void **state)
{
	struct talk *t = waiting(true);

	open_binding(t);
	assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))), SEC_E_OK);
	assert_true(sent_credentials(t));
	talk_close(t);
}

static void pub_key_auth_waits_when_the_negotiation_hangs_on_the_last_token(void **state)
{
	struct talk *t = waiting(false);

	assert_true(t->said.has_nego && !t->said.has_pub_key_auth);
	assert_int_equal(mock_mech.sealed, 0);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech four")), SEC_I_CONTINUE_NEEDED);
	assert_false(t->said.has_nego);
	open_binding(t);
	assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))), SEC_E_OK);
	assert_true(sent_credentials(t));
	talk_close(t);
}

static void s06_a_server_that_skips_its_last_token_where_it_counts_is_refused(void **state)
{
	struct talk *t = waiting(false);

	assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(t->out.len, 0);
	talk_close(t);

	/* both in one message: pubKeyAuth answers one that was not sent yet */
	t = waiting(false);
	assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), "mech four"),
					     right_binding(t, 6))),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(t->out.len, 0);
	talk_close(t);
}

static void s06_a_wrong_last_token_ends_it_whatever_pub_key_auth_says(void **state)
{
	static const char *const tokens[] = { "", "mech two", "mech five" };

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct talk *t = waiting(true);
		assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), tokens[i]),
						     right_binding(t, 6))),
				 SEC_E_INVALID_TOKEN);
		assert_int_equal(t->out.len, 0);
		talk_close(t);
	}
	/* the token alone is no answer to pubKeyAuth */
	struct talk *t = waiting(true);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech four")), SEC_E_INVALID_TOKEN);
	assert_int_equal(t->out.len, 0);
	talk_close(t);
}

static void s05_the_binding_is_compared_after_a_last_token_too(void **state)
{
	struct talk *t = waiting(true);

	t->certificate = hex(OTHER_INFO);
	assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), "mech four"),
					     right_binding(t, 6))),
			 SEC_E_MUTUAL_AUTH_FAILED);
	assert_int_equal(t->out.len, 0);
	talk_close(t);
}

static void keys_without_confidentiality_or_a_name_are_not_used_early(void **state)
{
	static const ULONG attributes[] = { 0, ISC_RET_CONFIDENTIALITY | ISC_RET_NULL_SESSION };

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		struct talk *t = talk_new(false);
		mock_mech.waits = mock_mech.keyed_early = true;
		mock_mech.attributes = attributes[i];
		assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
		assert_false(t->said.has_pub_key_auth);
		assert_int_equal(say(t, with_token(request_of(t, 6), "mech four")),
				 SEC_E_LOGON_DENIED);
		assert_int_equal(mock_mech.sealed, 0);
		talk_close(t);
	}
}

/* ---- the server ---- */

static void a_server_gives_its_last_token_alone_to_a_client_that_waits(void **state)
{
	struct talk *t = talk_new(true);

	mock_mech.last_token = "mech four";
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech three")), SEC_I_CONTINUE_NEEDED);
	assert_true(t->said.has_nego && !t->said.has_pub_key_auth);
	assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(!t->said.has_nego && t->said.has_pub_key_auth);
	assert_int_equal(say_password(t, 6, rd_of(u"alice", 10), rd_of(u"pw", 4)), SEC_E_OK);
	talk_close(t);
}

/* ---- for people ---- */

static void a_description_says_spnego_and_the_message_inside(void **state)
{
	static const struct {
		const char *token;
		size_t n;
		const char *says, *says_not;
	} rows[] = {
		{ "\x60\x10junkNTLMSSP\0\1\0\0\0", 18, "SPNEGO, NTLM message 1\n", "CHALLENGE" },
		{ "\xa1\x10NTLMSSP\0\2\0\0\0", 14, "SPNEGO, NTLM message 2\n", "message 1" },
		{ "\xa1\x10NTLMSSP\0\2\0\0", 13, ", SPNEGO\n", "NTLM" },
		{ "NTLMSSP\0\3\0\0\0", 12, "12 bytes, NTLM message 3\n", "SPNEGO" },
		{ "", 0, "0 bytes\n", "SPNEGO" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
		struct text out = { 0 };
		struct ts_request r = { .version = 6,
					.has_nego = true,
					.nego_token = rd_of(rows[i].token, rows[i].n) };
		ts_request_write(&w, &r);
		assert_true(ts_describe(w.buf, w.len, 0, &out));
		assert_non_null(strstr(out.p, rows[i].says));
		assert_null(strstr(out.p, rows[i].says_not));
		text_done(&out);
	}
}

/* ---- which package ---- */

/* The package that a client's credentials are acquired of when its identity lists these. */
static const char *reached_with(const WCHAR *list, size_t n, uint32_t type)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX), auth = WR(AUTHDATA_MAX);
	struct fake_side s = { .server = false };

	identity_write(&block, &(struct identity_view){ .user = rd_of(u"alice", 10),
							.password = rd_of(u"pw", 4),
							.packages = rd_of(list, n * 2),
							.has_user = true,
							.has_password = true });
	credssp_auth_write(&auth, &(struct credssp_auth){ .submit_type = type,
							  .has_identity = true,
							  .identity = wr_view(&block) });
	assert_int_equal(fake_side_open(&s, &tsssp_module, auth.buf), SEC_E_OK);
	assert_true(mock_mech.with_auth);
	fake_side_close(&s);
	assert_int_equal(mock_mech.credentials, 0);
	return mock_mech.package;
}

static void a_list_of_ntlm_alone_reaches_it_without_spnego(void **state)
{
	static const struct {
		const WCHAR *list;
		size_t n;
		const char *package;
	} rows[] = {
		{ u"", 0, "Negotiate" },
		{ u"NTLM", 4, "NTLM" },
		{ u"ntlm", 4, "NTLM" },
		{ u"NTLM,Kerberos", 13, "Negotiate" },
		{ u"Kerberos,NTLM", 13, "Negotiate" },
		{ u"!NTLM", 5, "Negotiate" },
		{ u"NTLMx", 5, "Negotiate" },
		{ u"Kerberos", 8, "Negotiate" },
	};
	static const uint32_t types[] = { CredsspPasswordCreds, CredsspSubmitBufferBoth,
					  CredsspSubmitBufferBothOld };

	mock_mech_reset();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t j = 0; j < ARRAY_LEN(types); j++)
			assert_string_equal(reached_with(rows[i].list, rows[i].n, types[j]),
					    rows[i].package);
}

/* A client without an identity reaches it when its target is known. */
static void open_and_begin(struct fake_side *s)
{
	CLEANUP(wr_done) struct wr out = WR(TS_REQUEST_MAX);

	assert_int_equal(fake_side_open(s, &tsssp_module, NULL), SEC_E_OK);
	s->target = "TERMSRV/srv";
	s->requirements = ISC_REQ_ALLOCATE_MEMORY;
	if (s->server)
		return;
	assert_string_equal(mock_mech.package, "");
	assert_int_equal(fake_side_step(s, NOTHING, &out), SEC_I_CONTINUE_NEEDED);
}

static void servers_and_default_credentials_reach_negotiate(void **state)
{
	for (int server = 0; server <= 1; server++) {
		struct fake_side s = { .server = server };
		mock_mech_reset();
		open_and_begin(&s);
		assert_string_equal(mock_mech.package, "Negotiate");
		assert_false(mock_mech.with_auth);
		fake_side_close(&s);
	}
}

static void an_lsa_without_negotiate_speaks_ntlm(void **state)
{
	for (int server = 0; server <= 1; server++) {
		struct fake_side s = { .server = server };
		mock_mech_reset();
		mock_mech.no_negotiate = true;
		open_and_begin(&s);
		assert_string_equal(mock_mech.package, "NTLM");
		fake_side_close(&s);
	}
}

static void a_caller_who_lists_packages_does_not_get_ntlm_instead(void **state)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX), auth = WR(AUTHDATA_MAX);
	struct fake_side s = { .server = false };

	mock_mech_reset();
	mock_mech.no_negotiate = true;
	identity_write(&block, &(struct identity_view){ .packages = rd_of(u"Kerberos", 16) });
	credssp_auth_write(&auth, &(struct credssp_auth){ .submit_type = CredsspPasswordCreds,
							  .has_identity = true,
							  .identity = wr_view(&block) });
	CLEANUP(wr_done) struct wr out = WR(TS_REQUEST_MAX);
	assert_int_equal(fake_side_open(&s, &tsssp_module, auth.buf), SEC_E_OK);
	s.target = "TERMSRV/srv"; /* nobody is named, so that it is known when the target is */
	assert_int_equal(fake_side_step(&s, NOTHING, &out), SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(mock_mech.credentials, 0);
	fake_side_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pub_key_auth_goes_with_the_mechanisms_last_token),
		cmocka_unit_test(the_servers_last_token_may_be_left_out),
		cmocka_unit_test(pub_key_auth_waits_when_the_negotiation_hangs_on_the_last_token),
		cmocka_unit_test(s06_a_server_that_skips_its_last_token_where_it_counts_is_refused),
		cmocka_unit_test(s06_a_wrong_last_token_ends_it_whatever_pub_key_auth_says),
		cmocka_unit_test(s05_the_binding_is_compared_after_a_last_token_too),
		cmocka_unit_test(keys_without_confidentiality_or_a_name_are_not_used_early),
		cmocka_unit_test(a_server_gives_its_last_token_alone_to_a_client_that_waits),
		cmocka_unit_test(a_description_says_spnego_and_the_message_inside),
		cmocka_unit_test(a_list_of_ntlm_alone_reaches_it_without_spnego),
		cmocka_unit_test(servers_and_default_credentials_reach_negotiate),
		cmocka_unit_test(an_lsa_without_negotiate_speaks_ntlm),
		cmocka_unit_test(a_caller_who_lists_packages_does_not_get_ntlm_instead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
