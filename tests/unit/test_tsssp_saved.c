/* tests/unit/test_tsssp_saved.c - TSSSP clients that were given no identity: saved, default, none; and policy.
 * Over tsssp_talk.h, mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tsssp_talk.h"

#define SAVED OPENSSPI_DELEGATE_SAVED
#define DEFAULT OPENSSPI_DELEGATE_DEFAULT

/* What policy says, by class and mutual authentication, and what it was asked last. */
static struct {
	NTSTATUS answer[4][2];
	ULONG class, asked;
	BOOLEAN mutual;
} policy;

static NTSTATUS NTAPI check_delegation(ULONG class, BOOLEAN mutual, const UNICODE_STRING *target)
{
	assert_true(target->Length);
	policy.asked++;
	policy.class = class;
	policy.mutual = mutual;
	return policy.answer[class][mutual];
}

/* A client with these identities to be had, and auth data without one. */
static struct talk *client(const char *saved, const char *standard, const struct credssp_auth *a)
{
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
	struct talk *t = talk_new(false);

	assert_int_equal(t->side.lsa->FreeCredentialsHandle(t->side.credential), SEC_E_OK);
	memset(mock_mech.package, 0, sizeof(mock_mech.package));
	memset(&policy, 0, sizeof(policy));
	fake_host.saved_for = "TERMSRV/host";
	fake_host.saved = (struct fake_account){ "LAB", saved, "saved secret" };
	fake_host.standard = (struct fake_account){ "LAB", standard, "own secret" };
	fake_host.extension.CheckDelegation = check_delegation;
	if (a)
		credssp_auth_write(&auth, a);
	assert_int_equal(fake_side_open(&t->side, &tsssp_module, a ? auth.buf : NULL), SEC_E_OK);
	assert_string_equal(mock_mech.package, ""); /* nothing is looked for yet */
	return t;
}

/* All the way to the end, or to where it ends. */
static NTSTATUS run(struct talk *t)
{
	NTSTATUS status = say_bytes(t, NOTHING);
	if (status != SEC_I_CONTINUE_NEEDED)
		return status;
	memcpy(t->nonce, t->said.nonce.p, sizeof(t->nonce));
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech two")), SEC_I_CONTINUE_NEEDED);
	t->peer.received++;
	return say(t, with_binding(request_of(t, 6), right_binding(t, 6)));
}

static bool sent(struct talk *t, struct rd user, struct rd password)
{
	CLEANUP(wr_done) struct wr want = WR(TS_REQUEST_MAX), got = WR(TS_REQUEST_MAX);
	struct rd plain;

	ts_credentials_write(&want, user.n ? rd_of(u"LAB", 6) : NOTHING, user, password);
	wr_rd(&got, t->said.auth_info);
	return t->said.has_auth_info && mock_open(&t->peer, got.buf, got.len, &plain) &&
	       plain.n == want.len && memcmp(plain.p, want.buf, want.len) == 0;
}

#define U(text) rd_of(u##text, sizeof(u##text) - 2)

static void what_is_saved_for_the_target_is_delegated(void **state)
{
	static const struct credssp_auth forms[] = {
		{ .submit_type = CredsspPasswordCreds },
		{ .submit_type = CredsspSubmitBufferBoth },
		{ .submit_type = CredsspSubmitBufferBothOld },
		{ .submit_type = CredsspSchannelCreds },
	};

	for (size_t i = 0; i <= ARRAY_LEN(forms); i++) {
		struct talk *t = client("sam", "dora", i ? &forms[i - 1] : NULL);
		assert_int_equal(run(t), SEC_E_OK);
		assert_true(mock_mech.with_auth);
		assert_true(sent(t, U("sam"), U("saved secret")));
		assert_int_equal(policy.class, SAVED);
		assert_true(t->side.attributes & ISC_RET_DELEGATE);
		talk_close(t);
	}
}

static void else_the_default_identity_is(void **state)
{
	struct talk *t = client("sam", "dora", NULL);

	fake_host.saved_for = "TERMSRV/elsewhere";
	assert_int_equal(run(t), SEC_E_OK);
	assert_true(sent(t, U("dora"), U("own secret")));
	assert_int_equal(policy.class, DEFAULT);
	talk_close(t);
	t = client("sam", "dora", NULL);
	t->side.target = NULL; /* nothing is saved for nobody */
	policy.answer[DEFAULT][1] = SEC_E_DELEGATION_POLICY;
	fake_host.standard.user = NULL;
	assert_int_equal(run(t), SEC_E_NO_CREDENTIALS);
	talk_close(t);
}

static void without_either_there_are_no_credentials(void **state)
{
	struct talk *t = client(NULL, NULL, NULL);

	assert_int_equal(run(t), SEC_E_NO_CREDENTIALS);
	assert_int_equal(t->side.context, 0);
	assert_int_equal(t->out.len, 0);
	assert_int_equal(policy.asked, 0);
	assert_string_equal(mock_mech.package, "");
	talk_close(t);
}

static void what_policy_denies_gives_way_before_it_is_used(void **state)
{
	static const struct {
		const char *saved, *standard;
		bool saved_may, standard_may;
		NTSTATUS status;
		ULONG class;
	} rows[] = {
		{ "sam", "dora", true, false, SEC_E_OK, SAVED },
		{ "sam", "dora", false, true, SEC_E_OK, DEFAULT },
		{ "sam", "dora", false, false, SEC_E_DELEGATION_POLICY, DEFAULT },
		{ "sam", NULL, false, true, SEC_E_DELEGATION_POLICY, SAVED },
		{ NULL, "dora", true, false, SEC_E_DELEGATION_POLICY, DEFAULT },
		{ NULL, NULL, true, true, SEC_E_NO_CREDENTIALS, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct talk *t = client(rows[i].saved, rows[i].standard, NULL);
		for (int mutual = 0; mutual < 2; mutual++) {
			policy.answer[SAVED][mutual] = rows[i].saved_may ? STATUS_SUCCESS
									 : SEC_E_DELEGATION_POLICY;
			policy.answer[DEFAULT][mutual] =
				rows[i].standard_may ? STATUS_SUCCESS : SEC_E_DELEGATION_POLICY;
		}
		assert_int_equal(run(t), rows[i].status);
		assert_int_equal(policy.class, rows[i].class);
		if (failed(rows[i].status))
			assert_string_equal(mock_mech.package, "");
		talk_close(t);
	}
}

static void ntlm_alone_is_asked_for_again_before_anything_leaves(void **state)
{
	struct talk *t = client("sam", "dora", NULL);

	policy.answer[SAVED][0] = SEC_E_POLICY_NLTM_ONLY;
	assert_int_equal(run(t), SEC_E_POLICY_NLTM_ONLY);
	assert_int_equal(policy.asked, 2);
	assert_false(policy.mutual);
	assert_false(sent_credentials(t));
	talk_close(t);

	t = client("sam", "dora", NULL);
	mock_mech.attributes |= ISC_RET_MUTUAL_AUTH;
	policy.answer[SAVED][0] = SEC_E_POLICY_NLTM_ONLY;
	assert_int_equal(run(t), SEC_E_OK);
	assert_true(policy.mutual);
	talk_close(t);
}

static void who_delegates_nothing_leaves_the_choice_to_the_mechanism(void **state)
{
	const struct credssp_auth redirected = { .submit_type = CredsspPasswordCreds,
						 .flags = CREDSSP_FLAG_REDIRECT };

	for (int i = 0; i < 2; i++) {
		struct talk *t = client("sam", "dora", i ? &redirected : NULL);
		if (!i)
			t->side.requirements &= ~(ULONG)ISC_REQ_DELEGATE;
		policy.answer[SAVED][1] = policy.answer[DEFAULT][1] = SEC_E_DELEGATION_POLICY;
		assert_int_equal(run(t), SEC_E_OK);
		assert_false(mock_mech.with_auth);
		assert_true(sent(t, NOTHING, NOTHING));
		assert_int_equal(policy.asked, i); /* about the tickets of Remote Guard */
		talk_close(t);
	}
}

static void s44_trouble_with_the_vault_is_not_passed_over(void **state)
{
	static const NTSTATUS rows[][2] = {
		{ STATUS_DATA_ERROR, SEC_E_NO_CREDENTIALS },
		{ STATUS_FVE_LOCKED_VOLUME, SEC_E_NO_CREDENTIALS },
		{ SEC_E_INSUFFICIENT_MEMORY, SEC_E_INSUFFICIENT_MEMORY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct talk *t = client("sam", "dora", NULL);
		fake_host.saved_status = rows[i][0];
		assert_int_equal(run(t), rows[i][1]);
		assert_int_equal(policy.asked, 0);
		talk_close(t);
	}
}

static void each_context_has_the_identity_of_its_target(void **state)
{
	struct talk *t = client("sam", "dora", NULL);

	assert_int_equal(run(t), SEC_E_OK);
	assert_true(sent(t, U("sam"), U("saved secret")));
	fake_side_drop_context(&t->side);
	t->peer = (struct mock_end){ .server = true };
	t->side.target = "TERMSRV/other";
	assert_int_equal(run(t), SEC_E_OK);
	assert_true(sent(t, U("dora"), U("own secret")));
	talk_close(t);
}

/* ---- what is the LSA's to guard ---- */

static void versions_without_a_nonce_get_nothing_that_is_kept(void **state)
{
	for (uint32_t version = 2; version < 5; version++) {
		struct talk *t = client("sam", "dora", NULL);
		fake_host.policy[OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE] = 2;
		assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say(t, with_token(request_of(t, version), "mech two")),
				 SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(t->out.len, 0);
		talk_close(t);
	}
}

static void the_key_is_known_and_sound_before_anything_is_said(void **state)
{
	static const char *const bad[] = {
		"300d300506032a0304030400010203",   /* no element */
		"300e300506032b657003050001020304", /* Ed25519, too short */
	};

	for (size_t i = 0; i <= ARRAY_LEN(bad); i++) {
		struct talk *t = client("sam", "dora", NULL);
		if (i < ARRAY_LEN(bad))
			give_certificate(t, bad[i]);
		else
			t->side.more_input = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
		assert_int_equal(say_bytes(t, NOTHING), SEC_E_INVALID_TOKEN);
		assert_int_equal(t->out.len, 0);
		talk_close(t);
	}
}

static void another_target_or_key_ends_it(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct talk *t = client("sam", "dora", NULL);
		assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
		if (i)
			t->side.target = "TERMSRV/other";
		else
			give_certificate(t, OTHER_INFO);
		assert_int_equal(say(t, with_token(request_of(t, 6), "mech two")),
				 SEC_E_INVALID_TOKEN);
		talk_close(t);
	}
}

static void no_attribute_tells_an_inner_key(void **state)
{
	static const ULONG asked[] = { SECPKG_ATTR_SESSION_KEY,	    SECPKG_ATTR_KEY_INFO,
				       SECPKG_ATTR_STREAM_SIZES,    SECPKG_ATTR_ACCESS_TOKEN,
				       SECPKG_ATTR_UNIQUE_BINDINGS, SECPKG_ATTR_CREDS,
				       SECPKG_ATTR_CREDS_2 };
	uint64_t room[64];
	struct talk *t = client("sam", "dora", NULL);

	assert_int_equal(run(t), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		assert_int_equal(
			t->side.lsa->QueryContextAttributes(t->side.context, asked[i], room),
			SEC_E_UNSUPPORTED_FUNCTION);
	assert_null(t->side.user);
	assert_false(t->side.mapped);
	talk_close(t);
}

/* A program elsewhere; TCB or not. */
static ULONG elsewhere;

static BOOLEAN NTAPI call_from_elsewhere(PSECPKG_CALL_INFO info)
{
	*info = (SECPKG_CALL_INFO){ .Attributes = elsewhere };
	return TRUE;
}

static void a_server_elsewhere_needs_to_be_trusted(void **state)
{
	struct talk *t = talk_new(true);
	struct fake_side other = { .server = true };

	fake_host.call_info = call_from_elsewhere;
	elsewhere = 0;
	assert_int_equal(fake_side_open(&other, &tsssp_module, NULL), SEC_E_NOT_OWNER);
	elsewhere = SECPKG_CALL_IS_TCB;
	assert_int_equal(fake_side_open(&other, &tsssp_module, NULL), SEC_E_OK);
	fake_side_close(&other);
	fake_host.call_info = NULL;
	talk_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_saved_for_the_target_is_delegated),
		cmocka_unit_test(else_the_default_identity_is),
		cmocka_unit_test(without_either_there_are_no_credentials),
		cmocka_unit_test(what_policy_denies_gives_way_before_it_is_used),
		cmocka_unit_test(ntlm_alone_is_asked_for_again_before_anything_leaves),
		cmocka_unit_test(who_delegates_nothing_leaves_the_choice_to_the_mechanism),
		cmocka_unit_test(s44_trouble_with_the_vault_is_not_passed_over),
		cmocka_unit_test(each_context_has_the_identity_of_its_target),
		cmocka_unit_test(versions_without_a_nonce_get_nothing_that_is_kept),
		cmocka_unit_test(the_key_is_known_and_sound_before_anything_is_said),
		cmocka_unit_test(another_target_or_key_ends_it),
		cmocka_unit_test(no_attribute_tells_an_inner_key),
		cmocka_unit_test(a_server_elsewhere_needs_to_be_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
