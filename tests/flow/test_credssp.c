/* tests/flow/test_credssp.c - CredSSP sign-ins, both ends, through the public headers.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <pthread.h>
#include <unistd.h>
#include <sys/wait.h>

static void sign_in(struct end *client, struct end *server, const char *user, const char *password)
{
	flow_client(client, "CREDSSP", user, password);
	flow_server(server, "credssp");
	flow_run(client, server);
}

static void check_delegated(struct end *server, const char *want_user, const char *want_password)
{
	SecPkgContext_ClientCreds creds = { 0 };
	char user[64] = "", domain[64] = "", password[64] = "";
	DWORD user_n = sizeof(user), domain_n = sizeof(domain), password_n = sizeof(password);

	assert_int_equal(QueryContextAttributesA(&server->context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_OK);
	assert_true(CredUnPackAuthenticationBufferA(0, creds.AuthBuffer, creds.AuthBufferLen, user,
						    &user_n, domain, &domain_n, password,
						    &password_n));
	assert_string_equal(user, want_user);
	assert_string_equal(password, want_password);
	assert_int_equal(FreeContextBuffer(creds.AuthBuffer), SEC_E_OK);
}

static void body_right_password(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	SecPkgContext_NamesA names;

	sign_in(client, server, FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(client->status, SEC_E_OK);
	assert_int_equal(server->status, SEC_E_OK);
	assert_true(client->attributes & ISC_RET_CONFIDENTIALITY);
	assert_true(client->attributes & ISC_RET_STREAM);
	assert_true(server->attributes & ASC_RET_STREAM);
	check_delegated(server, FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(QueryContextAttributesA(&server->context, SECPKG_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_non_null(strstr(names.sUserName, FLOW_USER));
	FreeContextBuffer(names.sUserName);
	flow_send_stream(client, server, "a sealed message to the server");
	flow_send_stream(server, client, "and one back");
	flow_send_stream(client, server, "x");
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void a_right_password_signs_in(void **state)
{
	flow_child("", body_right_password);
}

static void a_right_password_signs_in_over_tls_1_3_only(void **state)
{
	flow_child("[policy]\nMinimumTls = 1.3\n", body_right_password);
}

static void body_wrong_password(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	SecPkgContext_ClientCreds creds;

	sign_in(client, server, FLOW_USER, "wrong");
	assert_int_equal(server->status, SEC_E_LOGON_DENIED);
	assert_int_equal(client->status, SEC_E_LOGON_DENIED);
	assert_int_equal(QueryContextAttributesA(&server->context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_INVALID_HANDLE);
	flow_done(client);
	flow_done(server);
	sign_in(client, server, "mallory", FLOW_PASSWORD);
	assert_int_equal(server->status, SEC_E_LOGON_DENIED);
	assert_int_equal(client->status, SEC_E_LOGON_DENIED);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void s09_a_wrong_password_or_user_is_denied_at_both_ends(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_wrong_password);
}

static void body_empty_password(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	sign_in(client, server, FLOW_USER, "");
	assert_true(server->status < 0);
	assert_true(client->status < 0);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void s18_an_empty_password_is_denied(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_empty_password);
}

static void body_byte_by_byte(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	struct end *wire = calloc(1, sizeof(*wire));

	flow_client(client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(server, "CREDSSP");
	flow_step(client, wire);
	while (client->status != SEC_E_OK || server->status != SEC_E_OK || wire->inbox_len) {
		/* hand the server's bytes over one at a time; it must ask for more and lose nothing */
		assert_true(wire->inbox_len > 0);
		for (size_t i = 0; i < wire->inbox_len; i++) {
			server->inbox[server->inbox_len++] = wire->inbox[i];
			flow_step(server, client);
			assert_true(server->status >= 0 ||
				    server->status == SEC_E_INCOMPLETE_MESSAGE);
		}
		wire->inbox_len = 0;
		if (client->inbox_len)
			flow_step(client, wire);
		assert_true(client->status >= 0);
	}
	check_delegated(server, FLOW_USER, FLOW_PASSWORD);
	flow_done(client);
	flow_done(server);
	free(wire);
	free(client);
	free(server);
}

static void s38_bytes_may_come_one_at_a_time(void **state)
{
	flow_child("", body_byte_by_byte);
}

static void body_no_delegate(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	flow_client(client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	client->requirements &= ~(ULONG)ISC_REQ_DELEGATE;
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_OK);
	assert_false(client->attributes & ISC_RET_DELEGATE);
	assert_int_equal(server->status, SEC_E_OK);
	check_delegated(server, "", "");
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void without_delegate_empty_credentials_arrive(void **state)
{
	flow_child("[policy]\nDisableRestrictedAdmin = 0\n", body_no_delegate);
}

static void body_policy_refuses(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	flow_client(client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	client->target = "WSMAN/localhost";
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_DELEGATION_POLICY);
	assert_int_equal(server->status, SEC_I_CONTINUE_NEEDED);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void a_target_outside_the_policy_gets_no_credentials(void **state)
{
	flow_child("", body_policy_refuses);
}

static void body_ntlm_only_policy(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	sign_in(client, server, FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(client->status, SEC_E_POLICY_NLTM_ONLY);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void ntlm_alone_may_be_too_little_for_the_policy(void **state)
{
	flow_child("[policy]\nAllowFreshCredentialsWhenNTLMOnly = 0\n", body_ntlm_only_policy);
}

static void body_mutual(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	flow_client(client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	client->requirements |= ISC_REQ_MUTUAL_AUTH;
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_MUTUAL_AUTH_FAILED);
	assert_true(server->status != SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void mutual_authentication_needs_a_trusted_server(void **state)
{
	flow_child("", body_mutual);
}

static const struct {
	ULONG flag;
	LONG status;
} flag_rows[] = {
	{ OPENSSPI_ACCOUNT_DISABLED, (LONG)STATUS_ACCOUNT_DISABLED },
	{ OPENSSPI_ACCOUNT_LOCKED, (LONG)STATUS_ACCOUNT_LOCKED_OUT },
	{ OPENSSPI_ACCOUNT_EXPIRED, (LONG)STATUS_ACCOUNT_EXPIRED },
	{ OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE, (LONG)STATUS_PASSWORD_MUST_CHANGE },
	{ OPENSSPI_ACCOUNT_PASSWORD_EXPIRED, (LONG)STATUS_PASSWORD_EXPIRED },
};

static void body_account_flags(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	for (size_t i = 0; i < sizeof(flag_rows) / sizeof(flag_rows[0]); i++) {
		assert_int_equal(OpensspiAccountSetFlags(NULL, FLOW_USER, flag_rows[i].flag),
				 SEC_E_OK);
		sign_in(client, server, FLOW_USER, FLOW_PASSWORD);
		assert_int_equal(server->status, flag_rows[i].status);
		assert_int_equal(client->status, flag_rows[i].status);
		flow_done(client);
		flow_done(server);
	}
	assert_int_equal(OpensspiAccountSetFlags(NULL, FLOW_USER, 0), SEC_E_OK);
	sign_in(client, server, FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(server->status, SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void s41_each_account_flag_reaches_the_client_as_its_status(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_account_flags);
}

static void body_no_accounts(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	assert_int_equal(OpensspiAccountRemove(NULL, FLOW_USER), SEC_E_OK);
	char *path;
	assert_int_equal(OpensspiAccountsPath(&path), SEC_E_OK);
	unlink(path);
	FreeContextBuffer(path);
	sign_in(client, server, FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(server->status, SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_true(client->status < 0);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void without_accounts_there_is_no_authority(void **state)
{
	flow_child("", body_no_accounts);
}

struct visitor {
	CredHandle *inbound;
	int number;
	bool good;
};

static void *visit(void *argument)
{
	struct visitor *v = argument;
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	char user[32];
	SecPkgContext_NamesA names = { 0 };

	snprintf(user, sizeof(user), "user%d", v->number);
	flow_client(client, "NTLM", user, user);
	flow_server(server, "NTLM");
	CredHandle own = server->credential;
	server->credential = *v->inbound;
	flow_run(client, server);
	QueryContextAttributesA(&server->context, SECPKG_ATTR_NAMES, &names);
	const char *name = names.sUserName ? strrchr(names.sUserName, '\\') : NULL;
	v->good = server->status == SEC_E_OK && name && strcmp(name + 1, user) == 0;
	FreeContextBuffer(names.sUserName);
	server->credential = own;
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
	return NULL;
}

static void body_threads(void)
{
	enum { COUNT = 64 };
	struct end *shared = calloc(1, sizeof(*shared));
	struct visitor visitors[COUNT];
	pthread_t threads[COUNT];

	flow_server(shared, "NTLM");
	for (int i = 0; i < COUNT; i++) {
		char user[32];
		snprintf(user, sizeof(user), "user%d", i);
		assert_int_equal(OpensspiAccountSet(NULL, user, user), SEC_E_OK);
	}
	for (int i = 0; i < COUNT; i++) {
		visitors[i] = (struct visitor){ &shared->credential, i, false };
		assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
	}
	for (int i = 0; i < COUNT; i++) {
		pthread_join(threads[i], NULL);
		assert_true(visitors[i].good);
	}
	flow_done(shared);
	free(shared);
}

static void s36_64_threads_on_one_handle_keep_their_own_names(void **state)
{
	flow_child("", body_threads);
}

static void body_fork(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	int status;

	sign_in(client, server, FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(server->status, SEC_E_OK);
	CredHandle inbound = server->credential, outbound = client->credential;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		SecPkgContext_StreamSizes sizes;
		SECURITY_STATUS query =
			QueryContextAttributesA(&server->context, SECPKG_ATTR_STREAM_SIZES, &sizes);
		struct end *c = calloc(1, sizeof(*c)), *s = calloc(1, sizeof(*s));
		flow_client(c, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
		flow_server(s, "CREDSSP");
		FreeCredentialsHandle(&c->credential);
		FreeCredentialsHandle(&s->credential);
		c->credential = outbound;
		s->credential = inbound;
		flow_run(c, s);
		/* with a daemon the child is another client, and has none of its parent's handles */
		SECURITY_STATUS wanted = flow_is_remote() ? SEC_E_INVALID_HANDLE : SEC_E_OK;
		_exit(query != SEC_E_INVALID_HANDLE ? 1
		      : c->status != wanted	    ? 2
		      : s->status != SEC_E_OK && !flow_is_remote() ? 3
								   : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	flow_send_stream(client, server, "the parent goes on undisturbed");
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void after_a_fork_credentials_live_and_contexts_do_not(void **state)
{
	flow_child("", body_fork);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_password_signs_in),
		cmocka_unit_test(a_right_password_signs_in_over_tls_1_3_only),
		cmocka_unit_test(s09_a_wrong_password_or_user_is_denied_at_both_ends),
		cmocka_unit_test(s18_an_empty_password_is_denied),
		cmocka_unit_test(s38_bytes_may_come_one_at_a_time),
		cmocka_unit_test(without_delegate_empty_credentials_arrive),
		cmocka_unit_test(a_target_outside_the_policy_gets_no_credentials),
		cmocka_unit_test(ntlm_alone_may_be_too_little_for_the_policy),
		cmocka_unit_test(mutual_authentication_needs_a_trusted_server),
		cmocka_unit_test(s41_each_account_flag_reaches_the_client_as_its_status),
		cmocka_unit_test(without_accounts_there_is_no_authority),
		cmocka_unit_test(s36_64_threads_on_one_handle_keep_their_own_names),
		cmocka_unit_test(after_a_fork_credentials_live_and_contexts_do_not),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
