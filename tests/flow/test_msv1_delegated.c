/* tests/flow/test_msv1_delegated.c - the session of what a CredSSP client delegated, and sign-ins that go on with it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>

static struct end client, server, next, last;

static SECURITY_STATUS session_of(struct end *e, LUID *out)
{
	OPENSSPI_DELEGATED_LOGON logon = { { 0, 0 } };
	SECURITY_STATUS status =
		QueryContextAttributesA(&e->context, OPENSSPI_ATTR_DELEGATED_LOGON, &logon);

	*out = logon.LogonId;
	return status;
}

static SECURITY_STATUS acquire(const char *package, LUID *session, CredHandle *out)
{
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_OUTBOUND,
					 session, NULL, NULL, NULL, out, NULL);
}

/* An end that signs in as a session, with nothing of its own. */
static void client_of(struct end *e, const char *package, LUID *session)
{
	bool credssp = strcmp(package, "CREDSSP") == 0;

	memset(e, 0, sizeof(*e));
	e->target = "TERMSRV/localhost";
	e->requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY |
			  (credssp ? ISC_REQ_STREAM | ISC_REQ_DELEGATE | ISC_REQ_EXTENDED_ERROR
				   : ISC_REQ_CONNECTION);
	assert_int_equal(acquire(package, session, &e->credential), SEC_E_OK);
}

static void delegate(const char *user, const char *password)
{
	flow_client(&client, "CREDSSP", user, password);
	flow_server(&server, "CREDSSP");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
}

static void body_sign_in_onward(void)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };
	PSECURITY_LOGON_SESSION_DATA data;
	CredHandle late;
	LUID id, again;
	char name[64];

	delegate(FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(session_of(&client, &id), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(session_of(&server, &id), SEC_E_OK);
	assert_int_equal(session_of(&server, &again), SEC_E_OK);
	assert_memory_equal(&id, &again, sizeof(id));
	assert_int_equal(LsaGetLogonSessionData(&id, &data), STATUS_SUCCESS);
	assert_int_equal(data->LogonType, RemoteInteractive);
	assert_int_equal(data->UserName.Length, 2 * strlen(FLOW_USER));
	LsaFreeReturnBuffer(data);
	for (size_t i = 0; i < ARRAYSIZE(packages); i++) {
		client_of(&next, packages[i], &id);
		flow_server(&last, packages[i]);
		flow_run(&next, &last);
		assert_int_equal(next.status, SEC_E_OK);
		assert_int_equal(last.status, SEC_E_OK);
		flow_server_name(&last, name, sizeof(name));
		assert_string_equal(name, FLOW_USER);
		flow_done(&next);
		flow_done(&last);
	}
	/* it ends with the context */
	flow_done(&server);
	assert_int_equal(acquire("NTLM", &id, &late), SEC_E_NOT_OWNER);
	assert_int_equal(LsaGetLogonSessionData(&id, &data), STATUS_NO_SUCH_LOGON_SESSION);
	flow_done(&client);
}

static void a_server_signs_in_onward_as_its_client(void **state)
{
	flow_child("", body_sign_in_onward);
}

/* What SECPKG_ATTR_CREDS gives is a logon's message as it is. */
static void body_log_on_with_it(void)
{
	char ntlm[] = MSV1_0_PACKAGE_NAME;
	LSA_STRING name = { sizeof(ntlm) - 1, sizeof(ntlm), ntlm };
	SecPkgContext_ClientCreds creds = { 0, NULL };
	NTSTATUS sub_status;
	QUOTA_LIMITS quotas;
	HANDLE lsa, token;
	PVOID profile;
	ULONG id, n;
	LUID logon;

	delegate(FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(QueryContextAttributesA(&server.context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_OK);
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &id), STATUS_SUCCESS);
	assert_int_equal(LsaLogonUser(lsa, &name, RemoteInteractive, id, creds.AuthBuffer,
				      creds.AuthBufferLen, NULL, NULL, &profile, &n, &logon, &token,
				      &quotas, &sub_status),
			 STATUS_SUCCESS);
	assert_int_equal(OpensspiEndLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(LsaFreeReturnBuffer(profile), STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	assert_int_equal(FreeContextBuffer(creds.AuthBuffer), SEC_E_OK);
	flow_done(&client);
	flow_done(&server);
}

static void what_was_delegated_logs_on_as_it_is(void **state)
{
	flow_child("", body_log_on_with_it);
}

static void body_nothing_asked_nothing_made(void)
{
	PLUID list;
	ULONG before, after;

	assert_int_equal(LsaEnumerateLogonSessions(&before, &list), STATUS_SUCCESS);
	LsaFreeReturnBuffer(list);
	delegate(FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(LsaEnumerateLogonSessions(&after, &list), STATUS_SUCCESS);
	LsaFreeReturnBuffer(list);
	assert_int_equal(after, before);
	flow_done(&client);
	flow_done(&server);
}

static void no_session_is_made_before_it_is_asked_for(void **state)
{
	flow_child("", body_nothing_asked_nothing_made);
}

/* The session's password is a default credential: policy decides, and a daemon keeps it to itself. */
static SECURITY_STATUS delegate_on(const char *target, char *name)
{
	SecPkgContext_SessionKey key = { 0, NULL };
	LUID id;

	delegate(FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(session_of(&server, &id), SEC_E_OK);
	client_of(&next, "CREDSSP", &id);
	next.target = target;
	flow_server_apart(&last, "CREDSSP");
	flow_run(&next, &last);
	SECURITY_STATUS status = next.status;
	if (status == SEC_E_OK) {
		flow_server_name(&last, name, 64);
		assert_int_not_equal(
			QueryContextAttributesA(&next.context, SECPKG_ATTR_CREDS, &key), SEC_E_OK);
	}
	flow_done(&next);
	flow_done(&last);
	flow_done(&client);
	flow_done(&server);
	return status;
}

static void body_delegate_on(void)
{
	char name[64] = "";

	assert_int_equal(delegate_on("TERMSRV/localhost", name), SEC_E_OK);
	assert_string_equal(name, FLOW_USER);
	assert_int_equal(delegate_on("TERMSRV/other.example", name), SEC_E_DELEGATION_POLICY);
}

static void body_delegate_on_refused(void)
{
	char name[64] = "";

	assert_int_equal(delegate_on("TERMSRV/localhost", name), SEC_E_DELEGATION_POLICY);
}

static void a_delegated_password_goes_on_where_default_ones_may(void **state)
{
	flow_child("", body_delegate_on_refused);
	flow_child("[policy]\nAllowDefaultCredentials = TERMSRV/localhost\n"
		   "AllowDefCredentialsWhenNTLMOnly = TERMSRV/localhost\n",
		   body_delegate_on);
}

static void body_same_daemon(void)
{
	LUID id;

	delegate(FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(session_of(&server, &id), SEC_E_OK);
	client_of(&next, "CREDSSP", &id);
	flow_server(&last, "CREDSSP");
	flow_run(&next, &last);
	assert_int_equal(next.status, flow_is_remote() ? SEC_E_DELEGATION_POLICY : SEC_E_OK);
	flow_done(&next);
	flow_done(&last);
	flow_done(&client);
	flow_done(&server);
}

static void a_daemon_hands_it_to_none_of_its_own_clients(void **state)
{
	flow_child("[policy]\nAllowDefaultCredentials = TERMSRV/localhost\n"
		   "AllowDefCredentialsWhenNTLMOnly = TERMSRV/localhost\n",
		   body_same_daemon);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_signs_in_onward_as_its_client),
		cmocka_unit_test(what_was_delegated_logs_on_as_it_is),
		cmocka_unit_test(no_session_is_made_before_it_is_asked_for),
		cmocka_unit_test(a_delegated_password_goes_on_where_default_ones_may),
		cmocka_unit_test(a_daemon_hands_it_to_none_of_its_own_clients),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
