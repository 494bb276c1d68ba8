/* tests/unit/test_ntlm_saved.c - NTLM clients that were given no identity: saved, default, local, none.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "fake_host.h"
#include "packages/ntlm/message.h"
#include "packages/ntlm/package.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

static struct talk {
	struct fake_side client, server;
	struct wr negotiate, challenge, authenticate, rest;
} t;

/* LAB\alice is the account; whoever calls is bob. */
static NTSTATUS NTAPI caller_is_bob(PUNICODE_STRING name)
{
	static const WCHAR bob[] = u"bob";

	name->Length = name->MaximumLength = 6;
	name->Buffer = block_dup(bob, 6);
	atomic_fetch_add(&fake_host.heap, 1);
	return STATUS_SUCCESS;
}

static int setup(void **state)
{
	fake_host_reset();
	fake_host.extension.CallerName = caller_is_bob;
	fake_host.target = "HTTP/srv.lab.test";
	t = (struct talk){ .server.server = true,
			   .client.target = "HTTP/srv.lab.test",
			   .client.requirements = ISC_REQ_INTEGRITY };
	t.negotiate = t.challenge = t.authenticate = t.rest = WR(1u << 17);
	return 0;
}

static int teardown(void **state)
{
	fake_side_close(&t.client);
	fake_side_close(&t.server);
	wr_done(&t.negotiate);
	wr_done(&t.challenge);
	wr_done(&t.authenticate);
	wr_done(&t.rest);
	return fake_host.heap == 0 ? 0 : -1;
}

static const struct fake_account alice = { "LAB", "alice", "S3cret!pw" },
				 mallory = { "LAB", "mallory", "wrong" };

static NTSTATUS run(void)
{
	assert_int_equal(fake_side_open(&t.client, &ntlm_module, NULL), SEC_E_OK);
	assert_int_equal(fake_side_open(&t.server, &ntlm_module, NULL), SEC_E_OK);
	NTSTATUS status = fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate);
	if (failed(status))
		return status;
	assert_int_equal(fake_side_step(&t.server, wr_view(&t.negotiate), &t.challenge),
			 SEC_I_CONTINUE_NEEDED);
	status = fake_side_step(&t.client, wr_view(&t.challenge), &t.authenticate);
	return failed(status) ? status
			      : fake_side_step(&t.server, wr_view(&t.authenticate), &t.rest);
}

static bool was_local(void)
{
	struct ntlm_authenticate a;
	assert_true(ntlm_authenticate_read(wr_view(&t.authenticate), &a));
	return a.flags & NTLM_LOCAL_CALL;
}

static void name_is(const struct fake_side *s, const char *want)
{
	SecPkgContext_NamesW names;
	char *got;

	assert_int_equal(s->user->QueryContextAttributes(s->context, SECPKG_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_true(utf8_from_utf16(names.sUserName, utf16_len(names.sUserName), &got, NULL));
	assert_string_equal(got, want);
	mem_free(got);
	block_free(names.sUserName);
}

static void what_is_saved_for_the_target_signs_in(void **state)
{
	fake_host.saved_for = "HTTP/srv.lab.test";
	fake_host.saved = alice;
	fake_host.standard = mallory;
	assert_int_equal(run(), SEC_E_OK);
	assert_false(was_local());
	name_is(&t.server, "LAB\\alice");
	name_is(&t.client, "LAB\\alice");
}

static void else_the_default_identity_does(void **state)
{
	fake_host.saved_for = "HTTP/elsewhere";
	fake_host.saved = mallory;
	fake_host.standard = alice;
	assert_int_equal(run(), SEC_E_OK);
	name_is(&t.server, "LAB\\alice");
}

static void the_default_identity_needs_no_target(void **state)
{
	t.client.target = NULL;
	fake_host.policy[OPENSSPI_POLICY_TARGET_NAME] = 0;
	fake_host.saved_for = "";
	fake_host.saved = mallory;
	fake_host.standard = alice;
	assert_int_equal(run(), SEC_E_OK);
	name_is(&t.server, "LAB\\alice");
}

static void a_wrong_saved_password_is_not_followed_by_another_identity(void **state)
{
	fake_host.saved_for = "HTTP/srv.lab.test";
	fake_host.saved = mallory;
	fake_host.standard = alice;
	assert_int_equal(run(), STATUS_LOGON_FAILURE);
}

static void without_either_whoever_calls_signs_in_here_and_nowhere_else(void **state)
{
	assert_int_equal(run(), SEC_E_OK);
	assert_true(was_local());
	name_is(&t.server, "SRV\\bob");
	fake_side_drop_context(&t.client);
	t.client.target = "HTTP/elsewhere";
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate),
			 SEC_E_NO_CREDENTIALS);
}

static void s44_trouble_with_the_vault_hinders_remote_sign_ins_alone(void **state)
{
	fake_host.saved_status = STATUS_DATA_ERROR;
	fake_host.standard = alice;
	assert_int_equal(run(), SEC_E_OK);
	assert_true(was_local());
	fake_side_drop_context(&t.client);
	t.client.target = "HTTP/elsewhere";
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate),
			 SEC_E_NO_CREDENTIALS);
	fake_host.saved_status = SEC_E_INSUFFICIENT_MEMORY;
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate),
			 SEC_E_INSUFFICIENT_MEMORY);
}

static void a_given_identity_and_a_null_session_are_left_alone(void **state)
{
	CLEANUP(mem_free_p) void *given = fake_identity("LAB", "alice", "S3cret!pw");

	fake_host.saved_for = "HTTP/srv.lab.test";
	fake_host.saved = fake_host.standard = mallory;
	assert_int_equal(fake_side_open(&t.client, &ntlm_module, given), SEC_E_OK);
	assert_int_equal(fake_side_open(&t.server, &ntlm_module, NULL), SEC_E_OK);
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t.server, wr_view(&t.negotiate), &t.challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t.client, wr_view(&t.challenge), &t.authenticate),
			 SEC_E_OK);
	assert_int_equal(fake_side_step(&t.server, wr_view(&t.authenticate), &t.rest), SEC_E_OK);
	name_is(&t.server, "LAB\\alice");
	fake_side_close(&t.client);
	fake_side_close(&t.server);

	fake_host.policy[OPENSSPI_POLICY_ALLOW_ANONYMOUS] = 1;
	t.client.requirements = ISC_REQ_NULL_SESSION;
	t.server.requirements = ASC_REQ_ALLOW_NULL_SESSION;
	assert_int_equal(run(), SEC_E_OK);
	name_is(&t.server, "NT AUTHORITY\\ANONYMOUS LOGON");
}

static void a_restricted_credential_uses_nothing_saved(void **state)
{
	TimeStamp expiry;

	fake_host.saved_for = t.client.target = "HTTP/elsewhere";
	fake_host.saved = fake_host.standard = alice;
	assert_int_equal(fake_side_open(&t.client, &ntlm_module, NULL), SEC_E_OK);
	assert_int_equal(t.client.lsa->FreeCredentialsHandle(t.client.credential), SEC_E_OK);
	assert_int_equal(t.client.lsa->AcquireCredentialsHandle(
				 NULL, SECPKG_CRED_OUTBOUND | SECPKG_CRED_AUTOLOGON_RESTRICTED,
				 NULL, NULL, NULL, NULL, &t.client.credential, &expiry),
			 SEC_E_OK);
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate),
			 SEC_E_NO_CREDENTIALS);
}

static void names_of_the_credential_stay_the_callers(void **state)
{
	SecPkgCredentials_NamesW names;

	fake_host.saved_for = "HTTP/srv.lab.test";
	fake_host.saved = alice;
	assert_int_equal(run(), SEC_E_OK);
	assert_int_equal(t.client.lsa->QueryCredentialsAttributes(t.client.credential,
								  SECPKG_CRED_ATTR_NAMES, &names),
			 SEC_E_OK);
	const WCHAR *want = u"SRV\\bob";
	assert_int_equal(utf16_len(names.sUserName), utf16_len(want));
	assert_memory_equal(names.sUserName, want, 14);
	block_free(names.sUserName);
}

#define TALK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void where_the_policy_blocks_ntlm_nobody_gets_credentials(void **state)
{
	static const struct {
		uint32_t policy;
		const char *words;
	} rows[] = { { OPENSSPI_POLICY_KERBEROS_ONLY, "KerberosOnly" },
		     { OPENSSPI_POLICY_FIPS, "FIPS" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int server = 0; server < 2; server++) {
			struct fake_side side = { .server = server };
			fake_host_reset();
			fake_host.policy[rows[i].policy] = 1;
			assert_int_equal(fake_side_open(&side, &ntlm_module, NULL),
					 STATUS_NTLM_BLOCKED);
			assert_non_null(strstr(fake_host.reason, rows[i].words));
			assert_int_equal(fake_host.heap, 0);
		}
	fake_host_reset();
}

static void a_cards_logon_is_no_password(void **state)
{
	CLEANUP(wr_done) struct wr logon = WR(1000), identity = WR(1000);
	struct rd user = rd_of(u"alice", 10);
	struct fake_side side = { .server = false };

	certificate_logon_write(
		&logon, &(struct certificate_logon){ .user = user, .pin = rd_of(u"1234", 8) });
	identity_write(&identity, &(struct identity_view){ .user = user,
							   .has_user = true,
							   .certificate = wr_view(&logon) });
	assert_true(wr_ok(&logon) && wr_ok(&identity));
	fake_host_reset();
	assert_int_equal(fake_side_open(&side, &ntlm_module, identity.buf),
			 SEC_E_UNKNOWN_CREDENTIALS);
	fake_host_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK(what_is_saved_for_the_target_signs_in),
		TALK(else_the_default_identity_does),
		TALK(the_default_identity_needs_no_target),
		TALK(a_wrong_saved_password_is_not_followed_by_another_identity),
		TALK(without_either_whoever_calls_signs_in_here_and_nowhere_else),
		TALK(s44_trouble_with_the_vault_hinders_remote_sign_ins_alone),
		TALK(a_given_identity_and_a_null_session_are_left_alone),
		TALK(a_restricted_credential_uses_nothing_saved),
		TALK(names_of_the_credential_stay_the_callers),
		cmocka_unit_test(where_the_policy_blocks_ntlm_nobody_gets_credentials),
		cmocka_unit_test(a_cards_logon_is_no_password),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
