/* tests/flow/test_saved.c - sign-ins of programs that ask for nothing: saved and default credentials, by policy.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <strings.h>
#include <unistd.h>

/* The text as UTF-16 bytes, which a domain password is whatever the function's letter. */
static DWORD wide(const char *text, WCHAR *out)
{
	DWORD n = 0;

	for (; text[n]; n++)
		out[n] = (WCHAR)text[n];
	return n * 2;
}

static void save(DWORD type, const char *target, const char *user, const char *password)
{
	WCHAR secret[64];
	CREDENTIALA c = { .Type = type,
			  .TargetName = (char *)(uintptr_t)target,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE,
			  .UserName = (char *)(uintptr_t)user,
			  .CredentialBlobSize = wide(password, secret),
			  .CredentialBlob = (void *)secret };

	assert_int_equal(CredWriteA(&c, 0), TRUE);
}

/* The end of a client that gives no identity: no auth data, or a CREDSSP_CRED without one. */
static void client(struct end *e, const char *package, bool with_form)
{
	CREDSSP_CRED form = { .Type = CredsspSubmitBufferBothOld };
	bool credssp = strcasecmp(package, "CREDSSP") == 0;

	memset(e, 0, sizeof(*e));
	e->target = "TERMSRV/localhost";
	e->requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY |
			  (credssp ? ISC_REQ_STREAM | ISC_REQ_DELEGATE | ISC_REQ_EXTENDED_ERROR
				   : ISC_REQ_CONNECTION);
	assert_int_equal(AcquireCredentialsHandleA(
				 NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_OUTBOUND, NULL,
				 with_form ? &form : NULL, NULL, NULL, &e->credential, &e->expiry),
			 SEC_E_OK);
}

/* Signs in, with a target of one's own if it is given; the client's last status. */
static SECURITY_STATUS sign_in(const char *package, bool with_form, const char *target,
			       char user[64])
{
	static struct end c, s;

	client(&c, package, with_form);
	if (strcasecmp(package, "CREDSSP") == 0)
		flow_server_apart(&s, package);
	else
		flow_server(&s, package);
	c.target = target ? target : c.target;
	flow_run(&c, &s);
	user[0] = '\0';
	if (c.status == SEC_E_OK && s.status == SEC_E_OK)
		flow_server_name(&s, user, 64);
	SECURITY_STATUS status = c.status;
	flow_done(&c);
	flow_done(&s);
	return status;
}

static void forget(DWORD type, const char *target)
{
	assert_int_equal(CredDeleteA(target, type, 0), TRUE);
}

/* ---- CredSSP ---- */

static void sign_in_with_saved(void)
{
	char user[64];

	assert_int_equal(sign_in("CREDSSP", true, NULL, user), SEC_E_NO_CREDENTIALS);
	assert_int_equal(sign_in("CREDSSP", false, NULL, user), SEC_E_NO_CREDENTIALS);
	save(CRED_TYPE_DOMAIN_PASSWORD, "localhost", ".\\" FLOW_USER, FLOW_PASSWORD);
	for (int form = 0; form <= 1; form++) {
		assert_int_equal(sign_in("CREDSSP", form, NULL, user), SEC_E_OK);
		assert_string_equal(user, FLOW_USER);
	}
	forget(CRED_TYPE_DOMAIN_PASSWORD, "localhost");
	assert_int_equal(sign_in("CREDSSP", false, NULL, user), SEC_E_NO_CREDENTIALS);
	save(CRED_TYPE_GENERIC, "TERMSRV/localhost", FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(sign_in("CREDSSP", true, NULL, user), SEC_E_OK);
	assert_string_equal(user, FLOW_USER);
	forget(CRED_TYPE_GENERIC, "TERMSRV/localhost");
	save(CRED_TYPE_DOMAIN_PASSWORD, "*", ".\\" FLOW_USER, "not the password");
	assert_true(sign_in("CREDSSP", true, NULL, user) < 0);
	forget(CRED_TYPE_DOMAIN_PASSWORD, "*");
}

static void credssp_signs_in_with_what_is_saved(void **state)
{
	flow_child("", sign_in_with_saved);
}

static void meet_the_policy_for_ntlm(void)
{
	char user[64];

	save(CRED_TYPE_DOMAIN_PASSWORD, "localhost", ".\\" FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(sign_in("CREDSSP", true, NULL, user), SEC_E_POLICY_NLTM_ONLY);
	assert_int_equal(sign_in("CREDSSP", true, "HTTP/localhost", user), SEC_E_DELEGATION_POLICY);
	forget(CRED_TYPE_DOMAIN_PASSWORD, "localhost");
}

static void in_a_realm_ntlm_alone_is_not_enough(void **state)
{
	flow_child("[lsa]\nrealm = LAB.TEST\n", meet_the_policy_for_ntlm);
}

static void meet_the_denial(void)
{
	char user[64];

	save(CRED_TYPE_DOMAIN_PASSWORD, "localhost", ".\\" FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(sign_in("CREDSSP", true, NULL, user), SEC_E_DELEGATION_POLICY);
	assert_int_equal(sign_in("CREDSSP", false, NULL, user), SEC_E_DELEGATION_POLICY);
	/* what is forbidden to CredSSP, which hands the password over, is not to NTLM */
	assert_int_equal(sign_in("NTLM", false, NULL, user), SEC_E_OK);
	assert_string_equal(user, FLOW_USER);
	forget(CRED_TYPE_DOMAIN_PASSWORD, "localhost");
}

static void a_denied_target_is_named_so(void **state)
{
	flow_child("[policy]\nDenySavedCredentials = TERMSRV/*\n", meet_the_denial);
}

static void sign_in_at_both_ends(void)
{
	static struct end c, s;
	char *why = NULL;

	save(CRED_TYPE_DOMAIN_PASSWORD, "localhost", ".\\" FLOW_USER, FLOW_PASSWORD);
	client(&c, "CREDSSP", false);
	flow_server(&s, "CREDSSP");
	flow_run(&c, &s);
	assert_int_equal(c.status, flow_is_remote() ? SEC_E_DELEGATION_POLICY : SEC_E_OK);
	assert_int_equal(s.status, flow_is_remote() ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
	if (flow_is_remote()) {
		assert_int_equal(OpensspiLastReason(&why), SEC_E_OK);
		assert_non_null(strstr(why, "this very LSA"));
		FreeContextBuffer(why);
	}
	flow_done(&c);
	flow_done(&s);
	forget(CRED_TYPE_DOMAIN_PASSWORD, "localhost");
}

static void a_daemon_delegates_nothing_that_it_keeps_to_its_own_clients(void **state)
{
	flow_child("", sign_in_at_both_ends);
}

/* ---- NTLM and Negotiate ---- */

static void sign_in_with_either_package(void)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };
	char user[64], own[64];

	for (size_t i = 0; i < 2; i++) {
		/* without anything saved it is whoever calls, and only here */
		assert_int_equal(sign_in(packages[i], false, NULL, own), SEC_E_OK);
		assert_string_not_equal(own, FLOW_USER);
		assert_int_equal(sign_in(packages[i], false, "HTTP/elsewhere.test", user),
				 SEC_E_NO_CREDENTIALS);
		save(CRED_TYPE_DOMAIN_PASSWORD, "localhost", ".\\" FLOW_USER, FLOW_PASSWORD);
		assert_int_equal(sign_in(packages[i], false, NULL, user), SEC_E_OK);
		assert_string_equal(user, FLOW_USER);
		assert_int_equal(sign_in(packages[i], false, "HTTP/elsewhere.test", user),
				 SEC_E_NO_CREDENTIALS);
		forget(CRED_TYPE_DOMAIN_PASSWORD, "localhost");
	}
}

static void ntlm_and_negotiate_sign_in_with_what_is_saved(void **state)
{
	flow_child("", sign_in_with_either_package);
}

/* ---- the default ---- */

/* NTLM learns them from the CHALLENGE, whoever signs in. */
static void ask_what_the_server_is_called(void)
{
	static struct end c, s;
	PCREDENTIAL_TARGET_INFORMATIONA known;

	assert_false(CredGetTargetInfoA("TERMSRV/localhost", 0, &known));
	flow_client(&c, "NTLM", FLOW_USER, FLOW_PASSWORD);
	flow_server(&s, "NTLM");
	flow_run(&c, &s);
	assert_int_equal(c.status, SEC_E_OK);
	assert_true(CredGetTargetInfoA("TERMSRV/localhost", 0, &known));
	assert_string_equal(known->TargetName, "TERMSRV/localhost");
	assert_string_equal(known->NetbiosServerName, "MACHINE");
	assert_non_null(known->NetbiosDomainName);
	assert_string_equal(known->PackageName, "NTLM");
	CredFree(known);
	assert_true(CredGetTargetInfoA("machine", 0, &known));
	CredFree(known);
	flow_done(&c);
	flow_done(&s);
}

static void what_a_server_calls_itself_is_known_afterwards(void **state)
{
	flow_child("[lsa]\nnetbios name = MACHINE\n", ask_what_the_server_is_called);
}

static void sign_in_with_the_default(void)
{
	char user[64];

	save(CRED_TYPE_DOMAIN_PASSWORD, "nowhere", ".\\" FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(OpensspiDefaultCredentialSet("nowhere", CRED_TYPE_DOMAIN_PASSWORD),
			 ERROR_SUCCESS);
	assert_int_equal(sign_in("NTLM", false, NULL, user), SEC_E_OK);
	assert_string_equal(user, FLOW_USER);
	/* nobody is allowed the default ones unless the policy says so */
	assert_int_equal(sign_in("CREDSSP", false, NULL, user), SEC_E_DELEGATION_POLICY);
	forget(CRED_TYPE_DOMAIN_PASSWORD, "nowhere");
	assert_int_equal(sign_in("CREDSSP", false, NULL, user), SEC_E_NO_CREDENTIALS);
}

static void the_default_credential_serves_where_nothing_is_saved(void **state)
{
	flow_child("", sign_in_with_the_default);
}

static void sign_in_with_the_allowed_default(void)
{
	char user[64];

	save(CRED_TYPE_DOMAIN_PASSWORD, "nowhere", ".\\" FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(OpensspiDefaultCredentialSet("nowhere", CRED_TYPE_DOMAIN_PASSWORD),
			 ERROR_SUCCESS);
	assert_int_equal(sign_in("CREDSSP", false, NULL, user), SEC_E_OK);
	assert_string_equal(user, FLOW_USER);
	forget(CRED_TYPE_DOMAIN_PASSWORD, "nowhere");
}

static void the_default_credential_is_delegated_where_policy_allows(void **state)
{
	flow_child("[policy]\nAllowDefaultCredentials = TERMSRV/*\n"
		   "AllowDefCredentialsWhenNTLMOnly = TERMSRV/localhost\n",
		   sign_in_with_the_allowed_default);
}

/* ---- asking the policy ---- */

static BOOL CALLBACK count_entry(void *argument, const OPENSSPI_POLICY_ENTRY *entry)
{
	unsigned *counts = argument;

	assert_non_null(entry->Name);
	assert_true(entry->Value[0] && entry->Origin[0]);
	counts[0]++;
	if (strcmp(entry->Name, "DenySavedCredentials") == 0) {
		assert_string_equal(entry->Value, "TERMSRV/kiosk");
		assert_non_null(strstr(entry->Origin, "opensspi.conf:2"));
		counts[1]++;
	}
	return TRUE;
}

static void ask_the_policy(void)
{
	unsigned counts[2] = { 0 };
	char *why = NULL;

	assert_int_equal(OpensspiPolicyEnumerate(count_entry, counts), SEC_E_OK);
	assert_true(counts[0] >= 20);
	assert_int_equal(counts[1], 1);
	assert_int_equal(
		OpensspiPolicyExplain(OPENSSPI_DELEGATE_SAVED, TRUE, "TERMSRV/kiosk", &why),
		SEC_E_DELEGATION_POLICY);
	assert_non_null(strstr(why, "opensspi.conf:2) has TERMSRV/kiosk: refused"));
	FreeContextBuffer(why);
	assert_int_equal(OpensspiPolicyExplain(OPENSSPI_DELEGATE_SAVED, FALSE, "TERMSRV/x", &why),
			 SEC_E_OK);
	assert_string_equal(why,
			    "AllowSavedCredentialsWhenNTLMOnly (default) has TERMSRV/*: allowed");
	FreeContextBuffer(why);
}

static void the_policy_says_what_is_in_force_and_why(void **state)
{
	flow_child("[policy]\nDenySavedCredentials = TERMSRV/kiosk\n", ask_the_policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credssp_signs_in_with_what_is_saved),
		cmocka_unit_test(in_a_realm_ntlm_alone_is_not_enough),
		cmocka_unit_test(a_denied_target_is_named_so),
		cmocka_unit_test(a_daemon_delegates_nothing_that_it_keeps_to_its_own_clients),
		cmocka_unit_test(ntlm_and_negotiate_sign_in_with_what_is_saved),
		cmocka_unit_test(the_default_credential_serves_where_nothing_is_saved),
		cmocka_unit_test(the_default_credential_is_delegated_where_policy_allows),
		cmocka_unit_test(what_a_server_calls_itself_is_known_afterwards),
		cmocka_unit_test(the_policy_says_what_is_in_force_and_why),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
