/* tests/flow/test_credssp_kinds.c - what may be given to CREDSSP and TSSSP to delegate, and what is then
 * said of it: cards, names without passwords, lists of packages, nothing at all.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>

static const char *const packages[] = { "CREDSSP", "TSSSP" };
static const WCHAR user[] = u"alice", pin[] = u"1234";

static UNICODE_STRING text(const WCHAR *p, size_t bytes)
{
	return (UNICODE_STRING){ (USHORT)(bytes - 2), (USHORT)bytes, (WCHAR *)(uintptr_t)p };
}

/* KERB_SMARTCARD_CSP_INFO without any names. */
static KERB_SMARTCARD_CSP_INFO no_names(void)
{
	return (KERB_SMARTCARD_CSP_INFO){ .dwCspInfoLen = sizeof(KERB_SMARTCARD_CSP_INFO),
					  .MessageType = 1,
					  .KeySpec = 1 };
}

static SECURITY_STATUS acquire(const char *package, void *auth)
{
	CredHandle handle;

	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package,
							   SECPKG_CRED_OUTBOUND, NULL, auth, NULL,
							   NULL, &handle, NULL);
	if (status == SEC_E_OK)
		assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
	return status;
}

/* It was understood; whether there is a Kerberos and a realm for it is another question. */
static void assert_taken(SECURITY_STATUS status)
{
	if (status != SEC_E_SECPKG_NOT_FOUND && status != SEC_E_NO_CREDENTIALS &&
	    status != SEC_E_NO_AUTHENTICATING_AUTHORITY)
		assert_int_equal(status, SEC_E_OK);
}

static void a_card_is_taken_with_addresses_and_as_it_is_packed(void **state)
{
	KERB_SMARTCARD_CSP_INFO info = no_names();
	KERB_CERTIFICATE_LOGON logon = { .MessageType = KerbCertificateLogon,
					 .UserName = text(user, sizeof(user)),
					 .Pin = text(pin, sizeof(pin)),
					 .CspDataLength = sizeof(info),
					 .CspData = (PUCHAR)&info };
	CREDSSP_CRED cred = { .Type = CredsspCertificateCreds, .pSpnegoCred = &logon };

	for (size_t i = 0; i < 2; i++)
		assert_taken(acquire(packages[i], &cred));

	/* the same, packed: offsets from its start */
	struct {
		KERB_CERTIFICATE_LOGON logon;
		WCHAR user[6], pin[5];
	} packed = { logon, u"alice", u"1234" };
	packed.logon.CspDataLength = 0;
	packed.logon.UserName.Buffer = (WCHAR *)(offsetof(__typeof__(packed), user));
	packed.logon.Pin.Buffer = (WCHAR *)(offsetof(__typeof__(packed), pin));
	cred.pSpnegoCred = &packed;
	for (size_t i = 0; i < 2; i++) {
		cred.Type = CredsspCertificateCreds;
		assert_taken(acquire(packages[i], &cred));
		cred.Type = CredsspSubmitBufferBoth;
		assert_taken(acquire(packages[i], &cred));
	}
}

static void cards_that_say_nothing_sensible_are_unknown_credentials(void **state)
{
	static UCHAR junk[48] = "junk";
	KERB_SMARTCARD_CSP_INFO info = no_names();
	KERB_CERTIFICATE_LOGON bad[6];
	CREDSSP_CRED cred = { .Type = CredsspCertificateCreds };

	for (size_t i = 0; i < 6; i++)
		bad[i] = (KERB_CERTIFICATE_LOGON){ .MessageType = KerbCertificateLogon,
						   .UserName = text(user, sizeof(user)),
						   .Pin = text(pin, sizeof(pin)) };
	bad[0].MessageType = KerbInteractiveLogon;
	bad[1].Pin.Buffer = NULL;
	bad[2].Pin.Length = 3;
	bad[3].CspDataLength = sizeof(junk);
	bad[3].CspData = junk;
	bad[4].CspDataLength = 0x20000;
	bad[4].CspData = junk;
	info.nCSPNameOffset = 1000; /* behind its end */
	bad[5].CspDataLength = sizeof(info);
	bad[5].CspData = (PUCHAR)&info;
	for (size_t i = 0; i < 12; i++) {
		cred.pSpnegoCred = &bad[i / 2];
		assert_int_equal(acquire(packages[i % 2], &cred), SEC_E_UNKNOWN_CREDENTIALS);
	}
}

/* ---- what a client that delegates can begin with ---- */

static SECURITY_STATUS begin(const char *package, void *auth, ULONG flags, CtxtHandle *context)
{
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &token };
	CredHandle credential;
	ULONG attributes;

	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package,
						   SECPKG_CRED_OUTBOUND, NULL, auth, NULL, NULL,
						   &credential, NULL),
			 SEC_E_OK);
	SECURITY_STATUS status =
		InitializeSecurityContextA(&credential, NULL, (SEC_CHAR[]){ "TERMSRV/localhost" },
					   flags | ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP,
					   NULL, 0, context, &out, &attributes, NULL);
	FreeContextBuffer(token.pvBuffer);
	FreeCredentialsHandle(&credential);
	return status;
}

static void assert_nothing_to_hand_over(void *auth, const char *word)
{
	CtxtHandle context;
	char *reason = NULL;

	assert_int_equal(begin("TSSSP", auth, ISC_REQ_DELEGATE, &context), SEC_E_NO_CREDENTIALS);
	assert_int_equal(OpensspiLastReason(&reason), SEC_E_OK);
	assert_non_null(strstr(reason, word));
	FreeContextBuffer(reason);
}

static void a_name_alone_has_no_password_to_hand_over(void **state)
{
	SEC_WINNT_AUTH_IDENTITY_A name = { .User = (unsigned char[]){ "alice" },
					   .UserLength = 5,
					   .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	CREDSSP_CRED cred = { .Type = CredsspPasswordCreds, .pSpnegoCred = &name };

	assert_nothing_to_hand_over(&cred, "no password");
}

static void nobody_and_a_list_of_packages_mean_the_default_credentials(void **state)
{
	SEC_WINNT_AUTH_IDENTITY_EXA list = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
					     .Length = sizeof(list),
					     .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
					     .PackageList = (unsigned char[]){ "!NTLM" },
					     .PackageListLength = 5 };
	SEC_WINNT_AUTH_IDENTITY_A nobody = { .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	CREDSSP_CRED creds[] = { { .Type = CredsspPasswordCreds, .pSpnegoCred = &list },
				 { .Type = CredsspPasswordCreds, .pSpnegoCred = &nobody },
				 { .Type = CredsspSchannelCreds },
				 { .Type = CredsspCertificateCreds } };

	for (size_t i = 0; i < 4; i++)
		assert_nothing_to_hand_over(&creds[i], "default");
	assert_nothing_to_hand_over(NULL, "default");
}

/* ---- servers ---- */

static void body_empty(void)
{
	struct end client = { 0 }, server = { 0 };

	flow_client(&client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "CREDSSP");
	client.requirements &= ~(ULONG)ISC_REQ_DELEGATE;
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	assert_false(server.attributes & ASC_RET_DELEGATE);
	flow_done(&client);
	flow_done(&server);
}

static void allow_protected_creds_lets_empty_credentials_in(void **state)
{
	flow_child("[policy]\nAllowProtectedCreds = 1\n", body_empty);
}

/* NTLM has no tickets, so that nothing is handed over or the sign-in ends. */
static void body_restricted(void)
{
	const char *kind = getenv("FLOW_RESTRICTION");
	struct end client = { 0 }, server = { 0 };

	flow_client(&client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "CREDSSP");
	flow_run(&client, &server);
	if (kind[0] == '2') {
		assert_int_equal(client.status, SEC_E_DELEGATION_POLICY);
	} else {
		assert_int_equal(client.status, SEC_E_OK);
		assert_int_equal(server.status, SEC_E_OK);
		assert_false(client.attributes & ISC_RET_DELEGATE);
	}
	flow_done(&client);
	flow_done(&server);
}

static void restricted_administration_hands_no_password_over(void **state)
{
	static const char *const kinds[] = { "1", "2", "3" };
	char text_[200];

	for (size_t i = 0; i < 3; i++) {
		setenv("FLOW_RESTRICTION", kinds[i], 1);
		snprintf(text_, sizeof(text_),
			 "[policy]\nAllowProtectedCreds = 1\nRestrictedRemoteAdministration = 1\n"
			 "RestrictedRemoteAdministrationType = %s\n",
			 kinds[i]);
		flow_child(text_, body_restricted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* children first: a process that has used the library has its policy */
		cmocka_unit_test(allow_protected_creds_lets_empty_credentials_in),
		cmocka_unit_test(restricted_administration_hands_no_password_over),
		cmocka_unit_test(a_card_is_taken_with_addresses_and_as_it_is_packed),
		cmocka_unit_test(cards_that_say_nothing_sensible_are_unknown_credentials),
		cmocka_unit_test(a_name_alone_has_no_password_to_hand_over),
		cmocka_unit_test(nobody_and_a_list_of_packages_mean_the_default_credentials),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
