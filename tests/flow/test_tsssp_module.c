/* tests/flow/test_tsssp_module.c - a program that knows SSPI by one name, InitSecurityInterfaceA of a module
 * it loads, signs in through TSSSP by the table alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <dlfcn.h>

/* The server's SubjectPublicKeyInfo, as it is passed: [u32 length][DER]. */
static uint8_t key_info[] = { 25,   0,	  0,	0,    0x30, 0x17, 0x30, 0x05, 0x06, 0x03,
			      0x2a, 0x03, 0x04, 0x03, 0x0e, 0x00, 0x30, 0x0b, 0x02, 0x04,
			      0x00, 0xc0, 0xff, 0xee, 0x02, 0x03, 0x01, 0x00, 0x01 };

static SecurityFunctionTableA *table;

/* As WinPR loads its SSPI module. */
static void load(void)
{
	char path[512];
	INIT_SECURITY_INTERFACE_A begin;

	snprintf(path, sizeof(path), "%s/opensspi-sspi.so", getenv("OPENSSPI_MODULE_DIR"));
	void *module = dlopen(path, RTLD_LOCAL | RTLD_LAZY);
	if (!module)
		print_message("# %s\n", dlerror());
	assert_non_null(module);
	void *symbol = dlsym(module, "InitSecurityInterfaceA");
	assert_non_null(symbol);
	assert_non_null(dlsym(module, "InitSecurityInterfaceW"));
	assert_null(dlsym(module, "AcquireCredentialsHandleA")); /* the table is all there is */
	memcpy(&begin, &symbol, sizeof(begin));
	table = begin();
	assert_non_null(table);
	assert_true(table->dwVersion >= SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION);
}

struct side {
	CredHandle credential;
	CtxtHandle context;
	bool begun;
	SECURITY_STATUS status;
	SecBuffer said; /* the package's memory */
};

static void step(struct side *s, bool server, const SecBuffer *heard)
{
	SecBuffer in[3] = { { heard->cbBuffer, SECBUFFER_TOKEN, heard->pvBuffer },
			    { sizeof(key_info), SECBUFFER_TOKEN | SECBUFFER_READONLY, key_info },
			    { 0, SECBUFFER_EMPTY, NULL } };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 3, in },
		      out_list = { SECBUFFER_VERSION, 1, &s->said };
	CtxtHandle *old = s->begun ? &s->context : NULL;
	ULONG flags;

	s->said = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	if (server)
		s->status = table->AcceptSecurityContext(
			&s->credential, old, &in_list, ASC_REQ_ALLOCATE_MEMORY,
			SECURITY_NATIVE_DREP, &s->context, &out_list, &flags, NULL);
	else
		s->status = table->InitializeSecurityContextA(
			&s->credential, old, (SEC_CHAR[]){ "TERMSRV/localhost" },
			ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_DELEGATE | ISC_REQ_CONFIDENTIALITY, 0,
			SECURITY_NATIVE_DREP, old ? &in_list : NULL, 0, &s->context, &out_list,
			&flags, NULL);
	s->begun |= s->status >= 0;
}

static void hear(struct side *s)
{
	if (s->said.pvBuffer)
		assert_int_equal(table->FreeContextBuffer(s->said.pvBuffer), SEC_E_OK);
	s->said = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
}

static void open_ends(struct side *client, struct side *server, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)(uintptr_t)FLOW_USER,
		.UserLength = sizeof(FLOW_USER) - 1,
		.Password = (unsigned char *)(uintptr_t)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED auth = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &identity };

	*client = *server = (struct side){ .begun = false };
	assert_int_equal(table->AcquireCredentialsHandleA(NULL, (SEC_CHAR[]){ TS_SSP_NAME_A },
							  SECPKG_CRED_OUTBOUND, NULL, &auth, NULL,
							  NULL, &client->credential, NULL),
			 SEC_E_OK);
	assert_int_equal(table->AcquireCredentialsHandleA(NULL, (SEC_CHAR[]){ TS_SSP_NAME_A },
							  SECPKG_CRED_INBOUND, NULL, NULL, NULL,
							  NULL, &server->credential, NULL),
			 SEC_E_OK);
}

static void run(struct side *client, struct side *server)
{
	step(client, false, &server->said);
	while (client->said.cbBuffer) {
		step(server, true, &client->said);
		hear(client);
		if (!server->said.cbBuffer)
			break;
		step(client, false, &server->said);
		hear(server);
	}
	hear(client);
	hear(server);
}

static void close_end(struct side *s)
{
	if (s->begun)
		assert_int_equal(table->DeleteSecurityContext(&s->context), SEC_E_OK);
	assert_int_equal(table->FreeCredentialsHandle(&s->credential), SEC_E_OK);
}

static void body(void)
{
	SecPkgContext_ClientCreds creds = { 0 };
	SecPkgContext_PackageInfoA info = { NULL };
	SecPkgInfoA *package = NULL;
	struct side client, server;

	load();
	assert_int_equal(table->QuerySecurityPackageInfoA((SEC_CHAR[]){ "tsssp" }, &package),
			 SEC_E_OK);
	assert_string_equal(package->Name, TS_SSP_NAME_A);
	assert_int_equal(table->FreeContextBuffer(package), SEC_E_OK);

	open_ends(&client, &server, FLOW_PASSWORD);
	run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	assert_int_equal(table->QueryContextAttributesA(&server.context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_OK);
	assert_non_null(memmem(creds.AuthBuffer, creds.AuthBufferLen, u"S3cret!pw", 18));
	assert_int_equal(table->FreeContextBuffer(creds.AuthBuffer), SEC_E_OK);
	assert_int_equal(table->QueryContextAttributesA(&client.context,
							SECPKG_ATTR_NEGOTIATION_PACKAGE, &info),
			 SEC_E_OK);
	assert_string_equal(info.PackageInfo->Name, "NTLM");
	assert_int_equal(table->FreeContextBuffer(info.PackageInfo), SEC_E_OK);
	close_end(&client);
	close_end(&server);

	open_ends(&client, &server, "wrong");
	run(&client, &server);
	assert_int_equal(server.status, SEC_E_LOGON_DENIED);
	assert_int_equal(client.status, SEC_E_LOGON_DENIED);
	close_end(&client);
	close_end(&server);
}

static void a_program_that_knows_one_name_signs_in(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_knows_one_name_signs_in),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
