/* tests/flow/test_acquire.c - AcquireCredentialsHandle (CredSSP), the seed page, parameter by parameter.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

struct acquire {
	const char *principal, *package;
	ULONG use;
	LUID *logon;
	void *auth;
};

/* Acquires and, when that succeeds, frees again. */
static SECURITY_STATUS try_acquire(struct acquire a)
{
	CredHandle handle = { 0 };
	TimeStamp expiry = { 0 };
	SECURITY_STATUS status = AcquireCredentialsHandleA(
		(SEC_CHAR *)(uintptr_t)a.principal, (SEC_CHAR *)(uintptr_t)a.package, a.use,
		a.logon, a.auth, NULL, NULL, &handle, &expiry);
	if (status == SEC_E_OK) {
		assert_true(SecIsValidHandle(&handle));
		assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
		assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_INVALID_HANDLE);
	}
	return status;
}

static SECURITY_STATUS outbound(void *auth)
{
	return try_acquire((struct acquire){
		.package = "CREDSSP", .use = SECPKG_CRED_OUTBOUND, .auth = auth });
}

static SECURITY_STATUS inbound(void *auth)
{
	return try_acquire(
		(struct acquire){ .package = "CREDSSP", .use = SECPKG_CRED_INBOUND, .auth = auth });
}

static SEC_WINNT_AUTH_IDENTITY_W identity = {
	.User = (USHORT *)(uintptr_t)u"alice",
	.UserLength = 5,
	.Domain = (USHORT *)(uintptr_t)u"LAB",
	.DomainLength = 3,
	.Password = (USHORT *)(uintptr_t)u"S3cret!pw",
	.PasswordLength = 9,
	.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
};

static void each_use_of_the_credential_is_taken(void **state)
{
	struct acquire a = { .package = "CREDSSP" };
	const ULONG good[] = { 0, SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND, SECPKG_CRED_BOTH };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		a.use = good[i];
		assert_int_equal(try_acquire(a), SEC_E_OK);
	}
}

static void a_use_that_is_none_is_refused(void **state)
{
	struct acquire a = { .package = "CREDSSP", .use = 0x00100000 };
	assert_true(try_acquire(a) < 0);
}

static void the_package_is_found_without_case(void **state)
{
	const char *spellings[] = { "CREDSSP", "CredSSP", "credssp" };
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(try_acquire((struct acquire){ .package = spellings[i],
							       .use = SECPKG_CRED_OUTBOUND }),
				 SEC_E_OK);
}

static void an_unknown_package_is_not_found(void **state)
{
	const char *unknown[] = { "CREDSSPX", "", "CRED", "NoSuchPackage" };
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(try_acquire((struct acquire){ .package = unknown[i],
							       .use = SECPKG_CRED_OUTBOUND }),
				 SEC_E_SECPKG_NOT_FOUND);
}

static void ones_own_name_is_a_principal(void **state)
{
	struct passwd *me = getpwuid(geteuid());
	char name[256], qualified[300];
	snprintf(name, sizeof(name), "%u",
		 (unsigned)geteuid()); /* who has no entry is called by number */
	if (me)
		snprintf(name, sizeof(name), "%s", me->pw_name);
	struct acquire a = { .principal = name, .package = "CREDSSP", .use = SECPKG_CRED_OUTBOUND };
	assert_int_equal(try_acquire(a), SEC_E_OK);
	snprintf(qualified, sizeof(qualified), ".\\%s", name);
	a.principal = qualified;
	assert_int_equal(try_acquire(a), SEC_E_OK);
}

static void another_users_name_is_not_the_callers(void **state)
{
	struct acquire a = { .principal = geteuid() == 1 ? "bin" : "daemon",
			     .package = "CREDSSP",
			     .use = SECPKG_CRED_OUTBOUND };
	assert_int_equal(try_acquire(a), SEC_E_NOT_OWNER);
}

static void a_name_nobody_has_is_unknown(void **state)
{
	struct acquire a = { .principal = "nobody-has-this-name",
			     .package = "CREDSSP",
			     .use = SECPKG_CRED_OUTBOUND };
	assert_int_equal(try_acquire(a), SEC_E_UNKNOWN_CREDENTIALS);
}

static void the_callers_own_session_may_be_named(void **state)
{
	SECURITY_LOGON_SESSION_DATA *data = NULL;
	LUID own = { 0, 0 };
	assert_int_equal(LsaGetLogonSessionData(&own, &data), STATUS_SUCCESS);
	assert_non_null(data);
	own = data->LogonId;
	assert_true(data->Size >= sizeof(*data));
	assert_true(data->UserName.Length > 0);
	assert_int_equal(data->LogonType, 2 /* Interactive */);
	assert_int_equal(LsaFreeReturnBuffer(data), STATUS_SUCCESS);
	assert_true(own.LowPart || own.HighPart);
	struct acquire a = { .package = "CREDSSP", .use = SECPKG_CRED_OUTBOUND, .logon = &own };
	assert_int_equal(try_acquire(a), SEC_E_OK);
}

static void another_session_is_not_the_callers(void **state)
{
	LUID other = { 0x12345678, 0x1234 };
	struct acquire a = { .package = "CREDSSP", .use = SECPKG_CRED_OUTBOUND, .logon = &other };
	assert_int_equal(try_acquire(a), SEC_E_NOT_OWNER);
	LUID system = { 0x3E7, 0 };
	a.logon = &system;
	assert_int_equal(try_acquire(a), SEC_E_NOT_OWNER);
}

static void a_plain_identity_serves_both(void **state)
{
	CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &identity };
	assert_int_equal(outbound(&cred), SEC_E_OK);
	cred.Type = CredsspPasswordCreds;
	assert_int_equal(outbound(&cred), SEC_E_OK);
}

static void a_packed_buffer_serves_both(void **state)
{
	BYTE packed[512];
	DWORD n = sizeof(packed);
	assert_true(CredPackAuthenticationBufferW(0, (WCHAR *)(uintptr_t)u"LAB\\alice",
						  (WCHAR *)(uintptr_t)u"S3cret!pw", packed, &n));
	CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBoth, .pSpnegoCred = packed };
	assert_int_equal(outbound(&cred), SEC_E_OK);
}

static void absent_parts_are_defaults(void **state)
{
	CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBothOld };
	assert_int_equal(outbound(&cred), SEC_E_OK);
	cred.Type = CredsspSchannelCreds;
	assert_int_equal(outbound(&cred), SEC_E_OK);
	SCHANNEL_CRED tls = { .dwVersion = SCHANNEL_CRED_VERSION };
	cred.pSchannelCred = &tls;
	assert_int_equal(outbound(&cred), SEC_E_OK);
	cred.Type = CredsspSubmitBufferBothOld;
	cred.pSpnegoCred = &identity;
	assert_int_equal(outbound(&cred), SEC_E_OK);
}

static void the_ex_form_is_told_by_its_first_field(void **state)
{
	CREDSSP_CRED_EX ex = { .Type = CredsspCredEx,
			       .Version = CREDSSP_CRED_EX_VERSION,
			       .Flags = 0,
			       .Cred = { .Type = CredsspSubmitBufferBothOld,
					 .pSpnegoCred = &identity } };
	assert_int_equal(outbound(&ex), SEC_E_OK);
	ex.Version = 7;
	assert_int_equal(outbound(&ex), SEC_E_UNKNOWN_CREDENTIALS);
	ex.Version = 0;
	ex.Cred.Type = CredsspCredEx;
	assert_int_equal(outbound(&ex), SEC_E_UNKNOWN_CREDENTIALS);
}

static void submit_types_that_are_none_are_unknown(void **state)
{
	const int bad[] = { 0, 1, 3, 5, 12, 49, 52, 99, 101, -1 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CREDSSP_CRED cred = { .Type = (CREDSPP_SUBMIT_TYPE)bad[i],
				      .pSpnegoCred = &identity };
		assert_int_equal(outbound(&cred), SEC_E_UNKNOWN_CREDENTIALS);
	}
}

static void a_broken_identity_is_unknown(void **state)
{
	SEC_WINNT_AUTH_IDENTITY_W broken = identity;
	CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &broken };
	broken.Flags = 0;
	assert_int_equal(outbound(&cred), SEC_E_UNKNOWN_CREDENTIALS);
	SEC_WINNT_AUTH_IDENTITY_A bytes = { .User = (unsigned char *)(uintptr_t) "\xFF\xFE",
					    .UserLength = 2,
					    .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	cred.pSpnegoCred = &bytes;
	assert_int_equal(outbound(&cred), SEC_E_UNKNOWN_CREDENTIALS);
}

static void a_server_without_schannel_part_makes_its_certificate_and_keeps_it(void **state)
{
	assert_int_equal(inbound(NULL), SEC_E_OK);
	CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBothOld };
	assert_int_equal(inbound(&cred), SEC_E_OK);
}

static void s_server_with_a_part_but_no_certificate_is_unknown(void **state)
{
	SCHANNEL_CRED tls = { .dwVersion = SCHANNEL_CRED_VERSION };
	CREDSSP_CRED cred = { .Type = CredsspSchannelCreds, .pSchannelCred = &tls };
	assert_int_equal(inbound(&cred), SEC_E_UNKNOWN_CREDENTIALS);
	tls.dwVersion = 99;
	assert_int_equal(inbound(&cred), SEC_E_UNKNOWN_CREDENTIALS);
}

static void body_unreadable_certificate(void)
{
	char command[300];
	/* a kept certificate that is damaged is named, not replaced */
	assert_int_equal(inbound(NULL), SEC_E_OK);
	snprintf(
		command, sizeof(command),
		"f=$(find %s/state -name '*.pem' | head -1) && test -n \"$f\" && echo damaged >\"$f\"",
		getenv("OPENSSPI_HOME"));
	assert_int_equal(system(command), 0);
	assert_int_equal(inbound(NULL), SEC_E_NO_CREDENTIALS);
	snprintf(command, sizeof(command), "grep -qr damaged %s/state && rm -rf %s/state",
		 getenv("OPENSSPI_HOME"), getenv("OPENSSPI_HOME"));
	assert_int_equal(system(command), 0);
}

static void a_kept_certificate_that_cannot_be_read_is_no_credentials(void **state)
{
	flow_child("", body_unreadable_certificate);
}

static void certificates_come_from_pem_files(void **state)
{
	char command[1024], cert[200], key[200];
	PCCERT_CONTEXT context = NULL;
	snprintf(cert, sizeof(cert), "%s/server.crt", getenv("OPENSSPI_HOME"));
	snprintf(key, sizeof(key), "%s/server.key", getenv("OPENSSPI_HOME"));
	snprintf(
		command, sizeof(command),
		"openssl req -x509 -newkey rsa:2048 -nodes -keyout %s -out %s -days 2 -subj /CN=localhost 2>/dev/null",
		key, cert);
	assert_int_equal(system(command), 0);
	assert_int_equal(OpensspiCertificateFromPem(cert, key, &context), SEC_E_OK);
	SCHANNEL_CRED tls = { .dwVersion = SCHANNEL_CRED_VERSION, .cCreds = 1, .paCred = &context };
	CREDSSP_CRED cred = { .Type = CredsspSchannelCreds, .pSchannelCred = &tls };
	assert_int_equal(inbound(&cred), SEC_E_OK);
	assert_true(CertFreeCertificateContext(context));
	assert_int_equal(OpensspiCertificateFromPem("/nonexistent", key, &context),
			 SEC_E_NO_CREDENTIALS);
	assert_int_equal(OpensspiCertificateFromPem(key, key, &context), SEC_E_NO_CREDENTIALS);
	assert_int_equal(OpensspiCertificateFromPem(NULL, key, &context), SEC_E_INVALID_PARAMETER);
}

static void body_bad_configuration(void)
{
	assert_int_equal(outbound(NULL), SEC_E_INTERNAL_ERROR);
	assert_int_equal(inbound(NULL), SEC_E_INTERNAL_ERROR);
}

static void a_policy_that_cannot_be_read_is_an_internal_error(void **state)
{
	flow_child("[policy]\nAllowEncryptionOracel = 2\n", body_bad_configuration);
}

static void null_credentials_fail_only_when_they_are_needed(void **state)
{
	CredHandle handle;
	CtxtHandle context = { 0 };
	ULONG attributes;
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM",
						   SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
						   &handle, NULL),
			 SEC_E_OK);
	assert_int_equal(
		InitializeSecurityContextA(&handle, NULL, (SEC_CHAR *)(uintptr_t) "TERMSRV/x",
					   ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP, NULL,
					   0, &context, &desc, &attributes, NULL),
		SEC_E_NO_CREDENTIALS);
	assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
}

static SEC_WCHAR get_key_was_called;
static void SEC_ENTRY get_key(void *argument, void *principal, ULONG version, void **key,
			      SECURITY_STATUS *status)
{
	get_key_was_called = 1;
}

static void the_key_function_is_ignored(void **state)
{
	CredHandle handle;
	TimeStamp expiry;
	assert_int_equal(AcquireCredentialsHandleW(NULL, (SEC_WCHAR *)(uintptr_t)u"CREDSSP",
						   SECPKG_CRED_OUTBOUND, NULL, NULL,
						   (SEC_GET_KEY_FN)(uintptr_t)get_key, (void *)1,
						   &handle, &expiry),
			 SEC_E_OK);
	assert_int_equal(get_key_was_called, 0);
	assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
}

static void missing_out_parameters_are_refused(void **state)
{
	CredHandle handle;
	assert_true(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "CREDSSP",
					      SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, NULL,
					      NULL) < 0);
	assert_true(AcquireCredentialsHandleA(NULL, NULL, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
					      NULL, &handle, NULL) < 0);
}

static void the_expiry_is_in_the_future(void **state)
{
	CredHandle handle;
	TimeStamp expiry = { 0 };
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "CREDSSP",
						   SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
						   &handle, &expiry),
			 SEC_E_OK);
	assert_true(expiry.QuadPart > INT64_C(133000000000000000));
	FreeCredentialsHandle(&handle);
}

static void s42_handles_that_are_none_are_refused(void **state)
{
	CredHandle zero = { 0, 0 }, ones, garbage = { 0x1234567890ABCDEF, 3 }, good;
	CtxtHandle context = { 0, 0 };
	SecInvalidateHandle(&ones);
	assert_int_equal(FreeCredentialsHandle(&zero), SEC_E_INVALID_HANDLE);
	assert_int_equal(FreeCredentialsHandle(&ones), SEC_E_INVALID_HANDLE);
	assert_int_equal(FreeCredentialsHandle(&garbage), SEC_E_INVALID_HANDLE);
	assert_int_equal(FreeCredentialsHandle(NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM",
						   SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
						   NULL, &good, NULL),
			 SEC_E_OK);
	/* a credential handle is no context handle, whatever its number */
	assert_int_equal(DeleteSecurityContext(&good), SEC_E_INVALID_HANDLE);
	ULONG flags;
	assert_int_equal(QueryContextAttributesA(&good, SECPKG_ATTR_FLAGS, &flags),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(QueryContextAttributesA(&context, SECPKG_ATTR_FLAGS, &flags),
			 SEC_E_INVALID_HANDLE);
	SecBufferDesc desc = { SECBUFFER_VERSION, 0, NULL };
	assert_int_equal(EncryptMessage(&garbage, 0, &desc, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(DecryptMessage(&garbage, &desc, 0, NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(CompleteAuthToken(&garbage, &desc), SEC_E_INVALID_HANDLE);
	assert_int_equal(FreeCredentialsHandle(&good), SEC_E_OK);
}

static void a_context_outlives_its_credential_handle(void **state)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	flow_client(client, "NTLM", FLOW_USER, FLOW_PASSWORD);
	flow_server(server, "NTLM");
	flow_step(client, server);
	flow_step(server, client);
	assert_int_equal(FreeCredentialsHandle(&client->credential), SEC_E_OK);
	SecBuffer in = { (ULONG)client->inbox_len, SECBUFFER_TOKEN, client->inbox },
		  out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in },
		      out_desc = { SECBUFFER_VERSION, 1, &out };
	assert_int_equal(InitializeSecurityContextA(NULL, &client->context, NULL,
						    client->requirements, 0, SECURITY_NATIVE_DREP,
						    &in_desc, 0, &client->context, &out_desc,
						    &client->attributes, NULL),
			 SEC_E_OK);
	FreeContextBuffer(out.pvBuffer);
	assert_int_equal(DeleteSecurityContext(&client->context), SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&client->context), SEC_E_INVALID_HANDLE);
	flow_done(server);
	free(client);
	free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first, while this process has not used the library: a child inherits what was read */
		cmocka_unit_test(a_policy_that_cannot_be_read_is_an_internal_error),
		cmocka_unit_test(each_use_of_the_credential_is_taken),
		cmocka_unit_test(a_use_that_is_none_is_refused),
		cmocka_unit_test(the_package_is_found_without_case),
		cmocka_unit_test(an_unknown_package_is_not_found),
		cmocka_unit_test(ones_own_name_is_a_principal),
		cmocka_unit_test(another_users_name_is_not_the_callers),
		cmocka_unit_test(a_name_nobody_has_is_unknown),
		cmocka_unit_test(the_callers_own_session_may_be_named),
		cmocka_unit_test(another_session_is_not_the_callers),
		cmocka_unit_test(a_plain_identity_serves_both),
		cmocka_unit_test(a_packed_buffer_serves_both),
		cmocka_unit_test(absent_parts_are_defaults),
		cmocka_unit_test(the_ex_form_is_told_by_its_first_field),
		cmocka_unit_test(submit_types_that_are_none_are_unknown),
		cmocka_unit_test(a_broken_identity_is_unknown),
		cmocka_unit_test(a_server_without_schannel_part_makes_its_certificate_and_keeps_it),
		cmocka_unit_test(s_server_with_a_part_but_no_certificate_is_unknown),
		cmocka_unit_test(a_kept_certificate_that_cannot_be_read_is_no_credentials),
		cmocka_unit_test(certificates_come_from_pem_files),
		cmocka_unit_test(null_credentials_fail_only_when_they_are_needed),
		cmocka_unit_test(the_key_function_is_ignored),
		cmocka_unit_test(missing_out_parameters_are_refused),
		cmocka_unit_test(the_expiry_is_in_the_future),
		cmocka_unit_test(s42_handles_that_are_none_are_refused),
		cmocka_unit_test(a_context_outlives_its_credential_handle),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
