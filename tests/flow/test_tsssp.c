/* tests/flow/test_tsssp.c - CredSSP for programs that own their TLS, as they use it: certificates in,
 * TSRequests out.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

/* The server's certificate as programs pass it: [u32 length][DER]. */
struct passed {
	uint8_t bytes[4096];
	ULONG n;
};

static struct passed passed;

/* A SubjectPublicKeyInfo will do for a server that has no certificate at hand. */
static const uint8_t key_info[] = { 0x30, 0x17, 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04,
				    0x03, 0x0e, 0x00, 0x30, 0x0b, 0x02, 0x04, 0x00, 0xc0,
				    0xff, 0xee, 0x02, 0x03, 0x01, 0x00, 0x01 };

static void pass(const void *der, size_t n)
{
	assert_true(n + 4 <= sizeof(passed.bytes));
	for (int i = 0; i < 4; i++)
		passed.bytes[i] = (uint8_t)(n >> 8 * i);
	memcpy(passed.bytes + 4, der, n);
	passed.n = (ULONG)n + 4;
}

/* The certificate that CREDSSP's server makes and keeps. */
static void pass_kept_certificate(void)
{
	CredHandle credential;
	PCCERT_CONTEXT kept;
	char path[256];

	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR[]){ "CREDSSP" },
						   SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
						   &credential, NULL),
			 SEC_E_OK);
	FreeCredentialsHandle(&credential);
	snprintf(path, sizeof(path), "%s/state/certificate.pem", getenv("OPENSSPI_HOME"));
	assert_int_equal(OpensspiCertificateFromPem(path, NULL, &kept), SEC_E_OK);
	pass(kept->pbCertEncoded, kept->cbCertEncoded);
	CertFreeCertificateContext(kept);
}

/* ---- two ends ---- */

#define CLIENT_FLAGS                                                                               \
	(ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR | ISC_REQ_ALLOCATE_MEMORY |                       \
	 ISC_REQ_CONFIDENTIALITY | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT)

struct side {
	CredHandle credential;
	CtxtHandle context;
	bool has_context, knows_certificate;
	ULONG flags;
	bool vouches;
	SECURITY_STATUS status;
	uint8_t said[8192];
	ULONG said_n;
};

static void acquire(struct side *s, ULONG use, void *auth, ULONG flags)
{
	*s = (struct side){ .flags = flags };
	assert_int_equal(AcquireCredentialsHandleW(NULL, (SEC_WCHAR[]){ u"TSSSP" }, use, NULL, auth,
						   NULL, NULL, &s->credential, NULL),
			 SEC_E_OK);
}

static void release(struct side *s)
{
	if (s->has_context)
		assert_int_equal(DeleteSecurityContext(&s->context), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&s->credential), SEC_E_OK);
}

/* One call with what the other end said; the certificate goes with a side's first token alone. */
static void step(struct side *s, bool server, const struct side *peer)
{
	uint8_t vouched[4] = { CREDSSP_SERVER_AUTH_CERTIFICATE }, input[8192];
	SecBuffer in[4] = { { peer->said_n, SECBUFFER_TOKEN, input } };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 1, in },
		      out_list = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle *old = s->has_context ? &s->context : NULL;
	TimeStamp expiry;
	ULONG flags;

	memcpy(input, peer->said, peer->said_n);
	if (!s->knows_certificate && peer->said_n) {
		in[in_list.cBuffers++] =
			(SecBuffer){ passed.n, SECBUFFER_READONLY | SECBUFFER_TOKEN, passed.bytes };
		s->knows_certificate = true;
	}
	if (s->vouches)
		in[in_list.cBuffers++] =
			(SecBuffer){ sizeof(vouched), SECBUFFER_PKG_PARAMS, vouched };
	in[in_list.cBuffers++] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
	if (server)
		s->status = AcceptSecurityContext(&s->credential, old, &in_list, s->flags,
						  SECURITY_NETWORK_DREP, &s->context, &out_list,
						  &flags, &expiry);
	else
		s->status = InitializeSecurityContextW(
			&s->credential, old, (SEC_WCHAR[]){ u"TERMSRV/localhost" }, s->flags, 0,
			SECURITY_NETWORK_DREP, old ? &in_list : NULL, 0, &s->context, &out_list,
			&flags, &expiry);
	s->has_context |= s->status >= 0;
	assert_true(out.cbBuffer <= sizeof(s->said));
	s->said_n = out.cbBuffer;
	if (out.cbBuffer)
		memcpy(s->said, out.pvBuffer, out.cbBuffer);
	if (out.pvBuffer)
		FreeContextBuffer(out.pvBuffer);
}

static void run(struct side *client, struct side *server)
{
	server->said_n = 0;
	step(client, false, server);
	while (client->said_n) {
		step(server, true, client);
		if (!server->said_n)
			return;
		step(client, false, server);
	}
}

static void *identity_of(const char *password, const char *packages)
{
	static SEC_WINNT_AUTH_IDENTITY_EXA identity;

	identity = (SEC_WINNT_AUTH_IDENTITY_EXA){
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		.Length = sizeof(identity),
		.User = (unsigned char *)(uintptr_t)FLOW_USER,
		.UserLength = sizeof(FLOW_USER) - 1,
		.Password = (unsigned char *)(uintptr_t)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.PackageList = (unsigned char *)(uintptr_t)packages,
		.PackageListLength = packages ? (ULONG)strlen(packages) : 0,
	};
	return &identity;
}

static void delegated(struct side *server, const char *want_password)
{
	SecPkgContext_ClientCreds creds = { 0 };
	char user[64] = "", domain[64] = "", password[64] = "";
	DWORD user_n = sizeof(user), domain_n = sizeof(domain), password_n = sizeof(password);

	assert_int_equal(QueryContextAttributesW(&server->context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_OK);
	assert_true(CredUnPackAuthenticationBufferA(0, creds.AuthBuffer, creds.AuthBufferLen, user,
						    &user_n, domain, &domain_n, password,
						    &password_n));
	assert_string_equal(password, want_password);
	assert_int_equal(FreeContextBuffer(creds.AuthBuffer), SEC_E_OK);
}

static void inner_package_is(struct side *s, const char *name)
{
	SecPkgContext_PackageInfoA info = { NULL };

	assert_int_equal(
		QueryContextAttributesA(&s->context, SECPKG_ATTR_NEGOTIATION_PACKAGE, &info),
		SEC_E_OK);
	assert_string_equal(info.PackageInfo->Name, name);
	assert_int_equal(FreeContextBuffer(info.PackageInfo), SEC_E_OK);
	assert_int_equal(QueryContextAttributesA(&s->context, SECPKG_ATTR_PACKAGE_INFO, &info),
			 SEC_E_OK);
	assert_string_equal(info.PackageInfo->Name, "TSSSP");
	assert_int_equal(FreeContextBuffer(info.PackageInfo), SEC_E_OK);
}

/* ---- a server such as xrdp ---- */

static void sign_in(const char *packages, const char *password, struct side *client,
		    struct side *server)
{
	CREDSSP_CRED auth = { .Type = CredsspPasswordCreds,
			      .pSpnegoCred = identity_of(password, packages) };

	acquire(client, SECPKG_CRED_OUTBOUND, &auth, CLIENT_FLAGS | ISC_REQ_DELEGATE);
	acquire(server, SECPKG_CRED_INBOUND, NULL, ASC_REQ_ALLOCATE_MEMORY);
	run(client, server);
}

static void body_password(void)
{
	static struct side client, server;
	SecPkgContext_NamesA names;

	for (int key = 0; key <= 1; key++) {
		if (key)
			pass(key_info, sizeof(key_info));
		else
			pass_kept_certificate();
		sign_in(NULL, FLOW_PASSWORD, &client, &server);
		assert_int_equal(client.status, SEC_E_OK);
		assert_int_equal(server.status, SEC_E_OK);
		assert_int_equal(client.said[0], 0x30); /* a bare TSRequest */
		delegated(&server, FLOW_PASSWORD);
		inner_package_is(&client, "NTLM");
		inner_package_is(&server, "NTLM");
		assert_int_equal(
			QueryContextAttributesA(&server.context, SECPKG_ATTR_NAMES, &names),
			SEC_E_OK);
		assert_non_null(strstr(names.sUserName, FLOW_USER));
		FreeContextBuffer(names.sUserName);
		release(&client);
		release(&server);
	}
	sign_in(NULL, "wrong", &client, &server);
	assert_int_equal(server.status, SEC_E_LOGON_DENIED);
	assert_int_equal(client.status, SEC_E_LOGON_DENIED);
	release(&client);
	release(&server);
}

static void a_server_with_its_own_tls_signs_clients_in(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_password);
}

/* ---- bare or wrapped ---- */

static void body_bare(void)
{
	/* NTLM alone goes bare inside CredSSP; a list that names more insists on SPNEGO */
	static const struct {
		const char *packages;
		bool wrapped;
	} rows[] = { { NULL, false }, { "NTLM", false }, { "Kerberos,NTLM", true } };
	static struct side client, server;

	pass(key_info, sizeof(key_info));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CREDSSP_CRED auth = { .Type = CredsspSubmitBufferBothOld,
				      .pSpnegoCred = identity_of(FLOW_PASSWORD, rows[i].packages) };
		acquire(&client, SECPKG_CRED_OUTBOUND, &auth, CLIENT_FLAGS | ISC_REQ_DELEGATE);
		acquire(&server, SECPKG_CRED_INBOUND, NULL, ASC_REQ_ALLOCATE_MEMORY);
		server.said_n = 0;
		step(&client, false, &server);
		assert_non_null(memmem(client.said, client.said_n, "NTLMSSP", 8));
		bool wrapped = memmem(client.said, client.said_n, "\x2b\x06\x01\x05\x05\x02", 6);
		assert_int_equal(wrapped, rows[i].wrapped);
		int requests = 1;
		for (bool more = true; more; more = server.said_n > 0) {
			step(&server, true, &client);
			if (server.said_n)
				step(&client, false, &server);
			requests++;
		}
		assert_int_equal(requests, 4); /* pubKeyAuth went with the last token */
		assert_int_equal(client.status, SEC_E_OK);
		assert_int_equal(server.status, SEC_E_OK);
		delegated(&server, FLOW_PASSWORD);
		inner_package_is(&client, "NTLM");
		inner_package_is(&server, "NTLM");
		release(&client);
		release(&server);
	}
}

static void spnego_is_around_ntlm_when_the_identity_lists_more(void **state)
{
	flow_child("", body_bare);
}

/* A wrong password, and an attribute of a client that has sealed but is not done. */
static void body_wrapped_refusal(void)
{
	static struct side client, server;
	CREDSSP_CRED auth = { .Type = CredsspPasswordCreds,
			      .pSpnegoCred = identity_of("wrong", "Kerberos,NTLM") };
	SecPkgContext_Sizes sizes;

	pass(key_info, sizeof(key_info));
	acquire(&client, SECPKG_CRED_OUTBOUND, &auth, CLIENT_FLAGS | ISC_REQ_DELEGATE);
	acquire(&server, SECPKG_CRED_INBOUND, NULL, ASC_REQ_ALLOCATE_MEMORY);
	server.said_n = 0;
	step(&client, false, &server);
	step(&server, true, &client);
	step(&client, false, &server);
	assert_int_equal(client.status, SEC_I_CONTINUE_NEEDED);
	assert_int_equal(QueryContextAttributesA(&client.context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_INVALID_HANDLE);
	step(&server, true, &client);
	assert_int_equal(server.status, SEC_E_LOGON_DENIED);
	step(&client, false, &server);
	assert_int_equal(client.status, SEC_E_LOGON_DENIED);
	assert_int_equal(client.said_n, 0);
	release(&client);
	release(&server);
}

static void s09_a_wrong_password_in_spnego_is_denied_at_both_ends(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_wrapped_refusal);
}

/* ---- a client such as FreeRDP, with its redirected logon ---- */

static void redirected(bool mutual, bool vouches, struct side *client, struct side *server)
{
	SCH_CREDENTIALS schannel = { .dwVersion = SCH_CREDENTIALS_VERSION };
	CREDSSP_CRED_EX auth = { .Type = CredsspCredEx,
				 .Version = CREDSSP_CRED_EX_VERSION,
				 .Flags = CREDSSP_FLAG_REDIRECT,
				 .Cred = { .Type = CredsspSubmitBufferBothOld,
					   .pSchannelCred = &schannel,
					   .pSpnegoCred = identity_of(FLOW_PASSWORD, NULL) } };

	acquire(client, SECPKG_CRED_OUTBOUND, &auth,
		CLIENT_FLAGS | (mutual ? ISC_REQ_MUTUAL_AUTH : 0));
	client->vouches = vouches;
	acquire(server, SECPKG_CRED_INBOUND, NULL, ASC_REQ_ALLOCATE_MEMORY);
	run(client, server);
}

static void body_redirected(void)
{
	static struct side client, server;

	pass_kept_certificate();
	redirected(false, false, &client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	delegated(&server, ""); /* the password stayed at home */
	release(&client);
	release(&server);
	/* NTLM does not say who the server is, and mutual authentication was asked for */
	redirected(true, false, &client, &server);
	assert_int_equal(client.status, SEC_E_MUTUAL_AUTH_FAILED);
	assert_int_equal(client.said_n, 0);
	release(&client);
	release(&server);
	/* unless the program has verified the certificate and says so */
	redirected(true, true, &client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	release(&client);
	release(&server);
}

static void a_redirected_logon_keeps_the_password_at_home(void **state)
{
	flow_child("[policy]\nDisableRestrictedAdmin = 0\n", body_redirected);
}

/* ---- wrong certificates ---- */

static void body_wrong_certificate(void)
{
	static struct side client, server;
	CREDSSP_CRED auth = { .Type = CredsspPasswordCreds,
			      .pSpnegoCred = identity_of(FLOW_PASSWORD, NULL) };

	acquire(&client, SECPKG_CRED_OUTBOUND, &auth, CLIENT_FLAGS | ISC_REQ_DELEGATE);
	acquire(&server, SECPKG_CRED_INBOUND, NULL, ASC_REQ_ALLOCATE_MEMORY);
	server.said_n = 0;
	pass(key_info, sizeof(key_info));
	step(&client, false, &server);
	step(&server, true, &client);
	passed.bytes[4 + 17] ^= 1; /* the client is shown another key than the server has */
	step(&client, false, &server);
	while (client.said_n && client.status == SEC_I_CONTINUE_NEEDED) {
		step(&server, true, &client);
		if (server.status < 0)
			break;
		step(&client, false, &server);
	}
	assert_int_equal(server.status, SEC_E_MUTUAL_AUTH_FAILED);
	release(&client);
	release(&server);
}

static void s05_another_key_at_the_client_ends_the_server(void **state)
{
	flow_child("", body_wrong_certificate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_with_its_own_tls_signs_clients_in),
		cmocka_unit_test(spnego_is_around_ntlm_when_the_identity_lists_more),
		cmocka_unit_test(s09_a_wrong_password_in_spnego_is_denied_at_both_ends),
		cmocka_unit_test(a_redirected_logon_keeps_the_password_at_home),
		cmocka_unit_test(s05_another_key_at_the_client_ends_the_server),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
