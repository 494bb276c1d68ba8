/* tests/flow/test_ntlm_modes.c - NTLM's other ways by the public headers: levels, nobody, local, datagrams.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <sys/wait.h>
#include <unistd.h>

#define OLD_LEVELS                                                                                 \
	"[policy]\nLmCompatibilityLevel = %d\nNtlmMinClientSec = 0\nNtlmMinServerSec = 0\n"

static struct end client, server;

static void begin(const char *user, const char *password)
{
	flow_client(&client, "NTLM", user, password);
	flow_server(&server, "NTLM");
}

static void end(void)
{
	flow_done(&client);
	flow_done(&server);
}

static SECURITY_STATUS seal(struct end *e, uint8_t signature[16], char *data, ULONG n,
			    ULONG sequence)
{
	SecBuffer b[2] = { { n, SECBUFFER_DATA, data }, { 16, SECBUFFER_TOKEN, signature } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	return EncryptMessage(&e->context, 0, &desc, sequence);
}

static SECURITY_STATUS unseal(CtxtHandle *context, uint8_t signature[16], char *data, ULONG n,
			      ULONG sequence)
{
	SecBuffer b[2] = { { n, SECBUFFER_DATA, data }, { 16, SECBUFFER_TOKEN, signature } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop;
	return DecryptMessage(context, &desc, sequence, &qop);
}

static void protected_both_ways(ULONG sequence)
{
	struct end *const side[2] = { &client, &server };
	uint8_t signature[16];

	for (int i = 0; i < 4; i++) {
		char text[] = "to and fro";
		assert_int_equal(seal(side[i % 2], signature, text, sizeof(text), sequence),
				 SEC_E_OK);
		assert_string_not_equal(text, "to and fro");
		assert_int_equal(
			unseal(&side[1 - i % 2]->context, signature, text, sizeof(text), sequence),
			SEC_E_OK);
		assert_string_equal(text, "to and fro");
	}
}

static void name_is(struct end *e, const char *want)
{
	SecPkgContext_NamesA names;
	assert_int_equal(QueryContextAttributesA(&e->context, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_string_equal(names.sUserName, want);
	FreeContextBuffer(names.sUserName);
}

/* ---- levels ---- */

static void body_level(void)
{
	begin(FLOW_USER, FLOW_PASSWORD);
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	protected_both_ways(0);
	end();
	begin(FLOW_USER, "wrong");
	flow_run(&client, &server);
	assert_int_equal(server.status, SEC_E_LOGON_DENIED);
	end();
}

static void every_level_signs_in_where_policy_has_it(void **state)
{
	char configuration[200];

	for (int level = 0; level < 6; level++) {
		snprintf(configuration, sizeof(configuration), OLD_LEVELS, level);
		flow_child(configuration, body_level);
	}
}

/* ---- nobody ---- */

static void nobody(void)
{
	begin("", "");
	server.requirements |= ASC_REQ_ALLOW_NULL_SESSION;
	flow_run(&client, &server);
}

static void body_nobody_refused(void)
{
	nobody();
	assert_int_equal(server.status, SEC_E_LOGON_DENIED);
	end();
}

static void body_nobody_allowed(void)
{
	uint8_t signature[16];
	char text[] = "text";

	nobody();
	assert_int_equal(server.status, SEC_E_OK);
	assert_true(client.attributes & ISC_RET_NULL_SESSION);
	assert_true(server.attributes & ASC_RET_NULL_SESSION);
	assert_false(client.attributes & (ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY));
	name_is(&server, "NT AUTHORITY\\ANONYMOUS LOGON");
	assert_int_equal(seal(&client, signature, text, sizeof(text), 0),
			 SEC_E_UNSUPPORTED_FUNCTION);
	end();
	begin(FLOW_USER, FLOW_PASSWORD);
	client.requirements |= ISC_REQ_NULL_SESSION;
	flow_run(&client, &server);
	assert_int_equal(server.status,
			 SEC_E_LOGON_DENIED); /* the application has not allowed it */
	end();
}

static void anonymous_clients_need_policy_and_application(void **state)
{
	flow_child("", body_nobody_refused);
	flow_child("[policy]\nAllowAnonymous = 1\n", body_nobody_allowed);
}

/* ---- local calls ---- */

static void begin_local(const char *target)
{
	begin(FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(FreeCredentialsHandle(&client.credential), SEC_E_OK);
	client.target = target;
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM",
						   SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
						   &client.credential, &client.expiry),
			 SEC_E_OK);
}

static void body_local(void)
{
	SecPkgCredentials_NamesA own;
	SecPkgContext_NamesA seen;

	begin_local("HOST/localhost");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	protected_both_ways(0);
	assert_int_equal(
		QueryCredentialsAttributesA(&client.credential, SECPKG_CRED_ATTR_NAMES, &own),
		SEC_E_OK);
	assert_int_equal(QueryContextAttributesA(&server.context, SECPKG_ATTR_NAMES, &seen),
			 SEC_E_OK);
	assert_string_equal(own.sUserName, seen.sUserName);
	FreeContextBuffer(own.sUserName);
	FreeContextBuffer(seen.sUserName);
	end();

	begin_local("HOST/elsewhere.example");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_NO_CREDENTIALS);
	end();
}

static void default_credentials_sign_in_to_this_machine(void **state)
{
	flow_child("", body_local);
}

/* ---- datagrams ---- */

static void body_datagram(void)
{
	begin(FLOW_USER, FLOW_PASSWORD);
	client.requirements |= ISC_REQ_DATAGRAM;
	server.requirements |= ASC_REQ_DATAGRAM;
	client.requirements &= ~(ULONG)ISC_REQ_CONNECTION;
	flow_step(&client, &server);
	assert_int_equal(client.status, SEC_I_CONTINUE_NEEDED);
	assert_int_equal(server.inbox_len, 0);
	flow_step(&server, &client);
	assert_int_equal(server.status, SEC_I_CONTINUE_NEEDED);
	flow_step(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	flow_step(&server, &client);
	assert_int_equal(server.status, SEC_E_OK);
	assert_true(client.attributes & ISC_RET_DATAGRAM);
	assert_true(server.attributes & ASC_RET_DATAGRAM);
	protected_both_ways(7);
	protected_both_ways(3);
	protected_both_ways(100000);
	end();
}

static void datagrams_are_protected_in_any_order(void **state)
{
	flow_child("", body_datagram);
}

/* ---- moving a context to another process ---- */

/* The other process: takes the packed context, opens one message, answers with another. */
static void other_process(int in, int out)
{
	struct {
		uint8_t signature[16];
		char text[16];
	} m;
	uint32_t n;
	CtxtHandle context;
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };

	assert_int_equal(read(in, &n, sizeof(n)), sizeof(n));
	packed.cbBuffer = n;
	packed.pvBuffer = malloc(n);
	assert_int_equal(read(in, packed.pvBuffer, n), n);
	assert_int_equal(
		ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "NTLM", &packed, NULL, &context),
		SEC_E_OK);
	free(packed.pvBuffer);
	assert_int_equal(read(in, &m, sizeof(m)), sizeof(m));
	assert_int_equal(unseal(&context, m.signature, m.text, sizeof(m.text), 0), SEC_E_OK);
	assert_string_equal(m.text, "to the heir");
	struct end heir = { .context = context };
	name_is(&heir, "LAB\\alice");
	strcpy(m.text, "from the heir");
	assert_int_equal(seal(&heir, m.signature, m.text, sizeof(m.text), 0), SEC_E_OK);
	assert_int_equal(write(out, &m, sizeof(m)), sizeof(m));
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void body_export(void)
{
	struct {
		uint8_t signature[16];
		char text[16];
	} m = { .text = "to the heir" };
	int there[2], back[2], status;
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };

	assert_int_equal(pipe(there) | pipe(back), 0);
	pid_t heir = fork();
	if (heir == 0) {
		other_process(there[0], back[1]);
		_exit(0);
	}
	assert_int_equal(OpensspiAccountSet("LAB", FLOW_USER, FLOW_PASSWORD), SEC_E_OK);
	begin("LAB\\" FLOW_USER, FLOW_PASSWORD);
	flow_run(&client, &server);
	assert_int_equal(server.status, SEC_E_OK);
	protected_both_ways(0);
	assert_int_equal(ExportSecurityContext(&server.context, SECPKG_CONTEXT_EXPORT_DELETE_OLD,
					       &packed, NULL),
			 SEC_E_OK);
	uint32_t n = packed.cbBuffer;
	assert_int_equal(write(there[1], &n, sizeof(n)), sizeof(n));
	assert_int_equal(write(there[1], packed.pvBuffer, n), n);
	FreeContextBuffer(packed.pvBuffer);
	assert_int_equal(seal(&client, m.signature, m.text, sizeof(m.text), 0), SEC_E_OK);
	assert_int_equal(write(there[1], &m, sizeof(m)), sizeof(m));
	assert_int_equal(read(back[0], &m, sizeof(m)), sizeof(m));
	assert_int_equal(unseal(&client.context, m.signature, m.text, sizeof(m.text), 0), SEC_E_OK);
	assert_string_equal(m.text, "from the heir");
	assert_int_equal(waitpid(heir, &status, 0), heir);
	assert_int_equal(status, 0);
	server.has_context = false;
	end();
}

static void an_exported_context_works_in_another_process(void **state)
{
	flow_child("", body_export);
}

/* ---- messages that are signed alone ---- */

static void body_no_encrypt(void)
{
	uint8_t stream[16 + 8];
	SecBuffer b[2] = { { 8, SECBUFFER_DATA, stream + 16 }, { 16, SECBUFFER_TOKEN, stream } };
	SecBuffer whole[2] = { { sizeof(stream), SECBUFFER_STREAM, stream },
			       { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b }, read = { SECBUFFER_VERSION, 2, whole };
	ULONG qop = 7;

	begin(FLOW_USER, FLOW_PASSWORD);
	flow_run(&client, &server);
	memcpy(stream + 16, "visible", 8);
	assert_int_equal(EncryptMessage(&client.context, SECQOP_WRAP_NO_ENCRYPT, &desc, 0),
			 SEC_E_OK);
	assert_string_equal((char *)stream + 16, "visible");
	whole[0].cbBuffer = 15;
	assert_int_equal(DecryptMessage(&server.context, &read, 0, &qop), SEC_E_INCOMPLETE_MESSAGE);
	whole[0].cbBuffer = sizeof(stream);
	assert_int_equal(DecryptMessage(&server.context, &read, 0, &qop), SEC_E_OK);
	assert_int_equal(qop, SECQOP_WRAP_NO_ENCRYPT);
	assert_ptr_equal(whole[1].pvBuffer, stream + 16);
	assert_int_equal(whole[1].cbBuffer, 8);
	end();
}

static void a_stream_may_hold_a_message_that_is_only_signed(void **state)
{
	flow_child("", body_no_encrypt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_level_signs_in_where_policy_has_it),
		cmocka_unit_test(anonymous_clients_need_policy_and_application),
		cmocka_unit_test(default_credentials_sign_in_to_this_machine),
		cmocka_unit_test(datagrams_are_protected_in_any_order),
		cmocka_unit_test(an_exported_context_works_in_another_process),
		cmocka_unit_test(a_stream_may_hold_a_message_that_is_only_signed),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
