/* tests/flow/test_identity.c - every form of an identity signs in, through A and W entry points.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#define WIDE(s) ((unsigned short *)(uintptr_t)(s))
#define NARROW(s) ((unsigned char *)(uintptr_t)(s))

static const unsigned short alice[] = { 'a', 'l', 'i', 'c', 'e' };
static const unsigned short secret[] = { 'S', '3', 'c', 'r', 'e', 't', '!', 'p', 'w' };

/* Signs in with that auth data; the client's final status and the server's. */
static void sign_in(void *auth, bool wide, SECURITY_STATUS expected)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	flow_server(server, "NTLM");
	client->target = "TERMSRV/localhost";
	client->requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION;
	SECURITY_STATUS status =
		wide ? AcquireCredentialsHandleW(NULL, (SEC_WCHAR *)(uintptr_t)u"ntlm",
						 SECPKG_CRED_OUTBOUND, NULL, auth, NULL, NULL,
						 &client->credential, NULL)
		     : AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)"Ntlm",
						 SECPKG_CRED_OUTBOUND, NULL, auth, NULL, NULL,
						 &client->credential, NULL);
	if (expected == SEC_E_UNKNOWN_CREDENTIALS) {
		assert_int_equal(status, expected);
		flow_done(server);
		free(client);
		free(server);
		return;
	}
	assert_int_equal(status, SEC_E_OK);
	flow_run(client, server);
	assert_int_equal(server->status, expected);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void both_doors(void *auth, SECURITY_STATUS expected)
{
	sign_in(auth, false, expected);
	sign_in(auth, true, expected);
}

static void body_forms(void)
{
	SEC_WINNT_AUTH_IDENTITY_W plain_w = { WIDE(alice), 5, NULL, 0, WIDE(secret), 9,
					      SEC_WINNT_AUTH_IDENTITY_UNICODE };
	SEC_WINNT_AUTH_IDENTITY_A plain_a = { NARROW("alice"), 5, NULL, 0, NARROW("S3cret!pw"), 9,
					      SEC_WINNT_AUTH_IDENTITY_ANSI };
	SEC_WINNT_AUTH_IDENTITY_EXW ex_w = { SEC_WINNT_AUTH_IDENTITY_VERSION, sizeof(ex_w), WIDE(alice),
					     5, NULL, 0, WIDE(secret), 9,
					     SEC_WINNT_AUTH_IDENTITY_UNICODE, NULL, 0 };
	SEC_WINNT_AUTH_IDENTITY_EXA ex_a = { SEC_WINNT_AUTH_IDENTITY_VERSION, sizeof(ex_a),
					     NARROW("alice"), 5, NULL, 0, NARROW("S3cret!pw"), 9,
					     SEC_WINNT_AUTH_IDENTITY_ANSI, NULL, 0 };

	both_doors(&plain_w, SEC_E_OK);
	both_doors(&plain_a, SEC_E_OK);
	both_doors(&ex_w, SEC_E_OK);
	both_doors(&ex_a, SEC_E_OK);
	plain_a.PasswordLength = 8;
	both_doors(&plain_a, SEC_E_LOGON_DENIED);
	plain_a.Flags = 0;
	both_doors(&plain_a, SEC_E_UNKNOWN_CREDENTIALS);
}

static void plain_and_extended_identities_sign_in(void **state)
{
	flow_child("", body_forms);
}

static void body_opaque(void)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, copy, less;
	PCWSTR user, domain, packed;
	char *bytes;
	ULONG n;

	assert_int_equal(SspiEncodeStringsAsAuthIdentity((PCWSTR)u"alice", NULL, (PCWSTR)u"S3cret!pw", &id),
			 SEC_E_OK);
	both_doors(id, SEC_E_OK);
	assert_int_equal(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
	assert_int_equal(SspiEncryptAuthIdentity(copy), SEC_E_OK);
	both_doors(copy, SEC_E_OK);
	SspiFreeAuthIdentity(copy);
	assert_int_equal(SspiMarshalAuthIdentity(id, &n, &bytes), SEC_E_OK);
	assert_int_equal(SspiUnmarshalAuthIdentity(n, bytes, &copy), SEC_E_OK);
	SspiLocalFree(bytes);
	both_doors(copy, SEC_E_OK);
	assert_int_equal(SspiEncodeAuthIdentityAsStrings(copy, &user, &domain, &packed), SEC_E_OK);
	assert_null(domain);
	SspiFreeAuthIdentity(copy);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(user, domain, packed, &copy), SEC_E_OK);
	both_doors(copy, SEC_E_OK);
	SspiLocalFree((PVOID)(uintptr_t)user);
	SspiLocalFree((PVOID)(uintptr_t)packed);
	assert_int_equal(SspiExcludePackage(copy, (PCWSTR)u"Kerberos", &less), SEC_E_OK);
	both_doors(less, SEC_E_OK);
	SspiFreeAuthIdentity(less);
	SspiZeroAuthIdentity(copy);
	SspiFreeAuthIdentity(copy);
	SspiFreeAuthIdentity(id);
}

static void an_opaque_identity_signs_in_whatever_was_done_to_it(void **state)
{
	flow_child("", body_opaque);
}

static SECURITY_STATUS first_leg(void *auth)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	CredHandle handle;
	CtxtHandle context;
	ULONG told;

	SECURITY_STATUS status =
		AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)"Negotiate", SECPKG_CRED_OUTBOUND,
					  NULL, auth, NULL, NULL, &handle, NULL);
	if (status != SEC_E_OK)
		return status;
	status = InitializeSecurityContextA(&handle, NULL, (SEC_CHAR *)(uintptr_t)"HTTP/localhost",
					    ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL, 0, &context, &desc, &told,
					    NULL);
	if (status >= 0)
		assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	FreeContextBuffer(out.pvBuffer);
	assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
	return status;
}

static void body_excluded(void)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, less, none;
	PSecPkgInfoA info;

	if (QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t)"Negotiate", &info) != SEC_E_OK)
		return;
	FreeContextBuffer(info);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity((PCWSTR)u"alice", NULL, (PCWSTR)u"S3cret!pw", &id),
			 SEC_E_OK);
	assert_int_equal(first_leg(id), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(SspiExcludePackage(id, (PCWSTR)u"Kerberos", &less), SEC_E_OK);
	assert_int_equal(first_leg(less), SEC_I_CONTINUE_NEEDED);
	/* Nothing is left to negotiate. */
	assert_int_equal(SspiExcludePackage(less, (PCWSTR)u"ntlm", &none), SEC_E_OK);
	assert_true(first_leg(none) < 0);
	SspiFreeAuthIdentity(id);
	SspiFreeAuthIdentity(less);
	SspiFreeAuthIdentity(none);
}

static void negotiate_leaves_excluded_packages_out(void **state)
{
	flow_child("", body_excluded);
}

static void body_hostile(void)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id;
	CredHandle handle;

	assert_int_equal(SspiEncodeStringsAsAuthIdentity((PCWSTR)u"alice", (PCWSTR)u"D", (PCWSTR)u"pw", &id),
			 SEC_E_OK);
	SEC_WINNT_AUTH_IDENTITY_EX2 *head = id;
	ULONG size = head->cbStructureLength;
	uint8_t *bytes = malloc(size);
	/* The count of bytes itself is the caller's word; everything else is checked against it. */
	for (ULONG i = 0; i < size * 8; i++) {
		if (i / 8 >= 8 && i / 8 < 12)
			continue;
		memcpy(bytes, id, size);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (i / 8 < 4)
			continue; /* the version word tells which structure it is at all */
		for (int wide = 0; wide < 2; wide++) {
			SECURITY_STATUS status =
				wide ? AcquireCredentialsHandleW(NULL, (SEC_WCHAR *)(uintptr_t)u"NTLM", 2,
								 NULL, bytes, NULL, NULL, &handle, NULL)
				     : AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)"NTLM", 2,
								 NULL, bytes, NULL, NULL, &handle, NULL);
			if (status == SEC_E_OK)
				FreeCredentialsHandle(&handle);
			else
				assert_true(status == SEC_E_UNKNOWN_CREDENTIALS ||
					    status == SEC_E_NO_CREDENTIALS ||
					    status == SEC_E_UNSUPPORTED_FUNCTION);
		}
	}
	free(bytes);
	SspiFreeAuthIdentity(id);
}

static void a_damaged_ex2_identity_is_refused_or_harmless(void **state)
{
	flow_child("", body_hostile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_and_extended_identities_sign_in),
		cmocka_unit_test(an_opaque_identity_signs_in_whatever_was_done_to_it),
		cmocka_unit_test(negotiate_leaves_excluded_packages_out),
		cmocka_unit_test(a_damaged_ex2_identity_is_refused_or_harmless),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
