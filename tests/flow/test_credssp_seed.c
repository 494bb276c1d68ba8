/* tests/flow/test_credssp_seed.c - what AcquireCredentialsHandle (CredSSP)'s page says beside its status
 * codes: copies, local time, the package in use, one credential in both roles.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <time.h>

#define PACKAGE ((SEC_CHAR[]){ "CREDSSP" })

static void a_null_string_is_the_callers_own_principal(void **state)
{
	SEC_CHAR *const names[] = { NULL, (SEC_CHAR[]){ "" } };

	for (int i = 0; i < 2; i++) {
		CredHandle credential;
		assert_int_equal(AcquireCredentialsHandleA(names[i], PACKAGE, SECPKG_CRED_OUTBOUND,
							   NULL, NULL, NULL, NULL, &credential,
							   NULL),
				 SEC_E_OK);
		assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	}
	CredHandle credential;
	assert_int_equal(AcquireCredentialsHandleW((SEC_WCHAR[]){ u"" },
						   (SEC_WCHAR[]){ u"CREDSSP" }, SECPKG_CRED_INBOUND,
						   NULL, NULL, NULL, NULL, &credential, NULL),
			 SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
}

static void a_failing_call_leaves_no_handle_behind(void **state)
{
	CredHandle credential = { 1, 2 };
	CREDSSP_CRED bad = { .Type = (CREDSPP_SUBMIT_TYPE)77 };

	assert_int_equal(AcquireCredentialsHandleA(NULL, PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &bad,
						   NULL, NULL, &credential, NULL),
			 SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_INVALID_HANDLE);
}

/* ---- what was given is copied ---- */

static void body_copied(void)
{
	static struct end client, server;
	WCHAR user[] = u"alice", password[] = u"S3cret!pw";
	SEC_WINNT_AUTH_IDENTITY_W identity = { .User = (USHORT *)user,
					       .UserLength = 5,
					       .Password = (USHORT *)password,
					       .PasswordLength = 9,
					       .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	SCHANNEL_CRED tls = { .dwVersion = SCHANNEL_CRED_VERSION };
	CREDSSP_CRED auth = { .Type = CredsspSubmitBufferBothOld,
			      .pSchannelCred = &tls,
			      .pSpnegoCred = &identity };

	flow_client(&client, "CREDSSP", "nobody", "nothing");
	flow_server(&server, "CREDSSP");
	assert_int_equal(FreeCredentialsHandle(&client.credential), SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleW(NULL, (SEC_WCHAR[]){ u"CREDSSP" },
						   SECPKG_CRED_OUTBOUND, NULL, &auth, NULL, NULL,
						   &client.credential, NULL),
			 SEC_E_OK);
	memset(user, 0xAA, sizeof(user));
	memset(password, 0xAA, sizeof(password));
	memset(&identity, 0xAA, sizeof(identity));
	memset(&tls, 0xAA, sizeof(tls));
	memset(&auth, 0xAA, sizeof(auth));
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	flow_done(&client);
	flow_done(&server);
}

static void what_pauthdata_points_to_is_the_callers_again_after_the_call(void **state)
{
	flow_child("", body_copied);
}

/* ---- one credential, both roles ---- */

static void body_both_roles(void)
{
	static struct end client, server;
	CredHandle both;
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)(uintptr_t)FLOW_USER,
		.UserLength = sizeof(FLOW_USER) - 1,
		.Password = (unsigned char *)(uintptr_t)FLOW_PASSWORD,
		.PasswordLength = sizeof(FLOW_PASSWORD) - 1,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED auth = { .Type = CredsspPasswordCreds, .pSpnegoCred = &identity };

	flow_client(&client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "CREDSSP");
	assert_int_equal(AcquireCredentialsHandleA(NULL, PACKAGE, SECPKG_CRED_BOTH, NULL, &auth,
						   NULL, NULL, &both, NULL),
			 SEC_E_OK);
	CredHandle kept[] = { client.credential, server.credential };
	client.credential = server.credential = both;
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&both), SEC_E_OK);
	/* contexts live on, new ones cannot be begun */
	flow_send_stream(&client, &server, "after the credential");
	ULONG flags;
	CtxtHandle none;
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &out };
	assert_int_equal(
		InitializeSecurityContextA(&both, NULL, (SEC_CHAR[]){ "TERMSRV/localhost" },
					   ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP, NULL,
					   0, &none, &list, &flags, NULL),
		SEC_E_INVALID_HANDLE);
	client.credential = kept[0];
	server.credential = kept[1];
	flow_done(&client);
	flow_done(&server);
}

static void one_credential_serves_both_roles(void **state)
{
	flow_child("", body_both_roles);
}

/* ---- the package in use ---- */

static void package_is(struct end *e, ULONG attribute, const char *name)
{
	SecPkgContext_PackageInfoA info = { NULL };

	assert_int_equal(QueryContextAttributesA(&e->context, attribute, &info), SEC_E_OK);
	assert_string_equal(info.PackageInfo->Name, name);
	assert_int_equal(FreeContextBuffer(info.PackageInfo), SEC_E_OK);
}

static void body_package(void)
{
	static struct end client, server;
	SECURITY_STATUS again;

	flow_client(&client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "CREDSSP");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	for (int i = 0; i < 2; i++) {
		package_is(i ? &server : &client, SECPKG_ATTR_PACKAGE_INFO, "CREDSSP");
		package_is(i ? &server : &client, SECPKG_ATTR_NEGOTIATION_PACKAGE, "NTLM");
	}
	/* a second sign-in on a finished context is refused and harms nothing */
	flow_step(&client, &server);
	again = client.status;
	assert_int_equal(again, SEC_E_UNSUPPORTED_FUNCTION);
	flow_send_stream(&client, &server, "still here");
	flow_done(&client);
	flow_done(&server);
}

static void the_package_in_use_is_told_and_signing_in_again_is_not_offered(void **state)
{
	flow_child("", body_package);
}

/* ---- time ---- */

/* A server's credentials end with its certificate, and are told so in local time. */
static int64_t certificates_end(const char *zone)
{
	char command[1024], cert[200], key[200];
	PCCERT_CONTEXT context = NULL;
	SCHANNEL_CRED tls = { .dwVersion = SCHANNEL_CRED_VERSION, .cCreds = 1, .paCred = &context };
	CREDSSP_CRED auth = { .Type = CredsspSchannelCreds, .pSchannelCred = &tls };
	CredHandle credential;
	TimeStamp expiry;

	setenv("TZ", zone, 1);
	tzset();
	snprintf(cert, sizeof(cert), "%s/timed.crt", getenv("OPENSSPI_HOME"));
	snprintf(key, sizeof(key), "%s/timed.key", getenv("OPENSSPI_HOME"));
	snprintf(
		command, sizeof(command),
		"test -e %s || openssl req -x509 -newkey rsa:2048 -nodes -keyout %s -out %s -days 2 "
		"-subj /CN=localhost 2>/dev/null",
		cert, key, cert);
	assert_int_equal(system(command), 0);
	assert_int_equal(OpensspiCertificateFromPem(cert, key, &context), SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleA(NULL, PACKAGE, SECPKG_CRED_INBOUND, NULL, &auth,
						   NULL, NULL, &credential, &expiry),
			 SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	CertFreeCertificateContext(context);
	return expiry.QuadPart;
}

static void body_local_time(void)
{
	const int64_t second = 10000000, epoch = INT64_C(116444736000000000);
	int64_t utc = certificates_end("UTC"), east = certificates_end("XXX-5");
	int64_t left = (utc - epoch) / second - (int64_t)time(NULL);

	assert_true(left > 47 * 3600 && left <= 48 * 3600);
	assert_int_equal(east - utc, 5 * 3600 * second);
}

static void the_expiry_is_the_certificates_in_local_time(void **state)
{
	flow_child("", body_local_time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_pauthdata_points_to_is_the_callers_again_after_the_call),
		cmocka_unit_test(one_credential_serves_both_roles),
		cmocka_unit_test(the_package_in_use_is_told_and_signing_in_again_is_not_offered),
		cmocka_unit_test(the_expiry_is_the_certificates_in_local_time),
		cmocka_unit_test(a_null_string_is_the_callers_own_principal),
		cmocka_unit_test(a_failing_call_leaves_no_handle_behind),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
