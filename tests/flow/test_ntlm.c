/* tests/flow/test_ntlm.c - NTLM through the public headers: both roles, signing, sealing, refusals.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

struct pair {
	struct end client, server;
};

static struct pair *signed_in(void)
{
	struct pair *p = calloc(1, sizeof(*p));
	flow_client(&p->client, "NTLM", FLOW_USER, FLOW_PASSWORD);
	flow_server(&p->server, "ntlm");
	p->client.requirements |= ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
				  ISC_REQ_SEQUENCE_DETECT;
	flow_run(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_OK);
	assert_int_equal(p->server.status, SEC_E_OK);
	return p;
}

static void pair_done(struct pair *p)
{
	flow_done(&p->client);
	flow_done(&p->server);
	free(p);
}

static SECURITY_STATUS seal(struct end *e, uint8_t signature[16], char *data, size_t n)
{
	SecBuffer b[2] = { { (ULONG)n, SECBUFFER_DATA, data }, { 16, SECBUFFER_TOKEN, signature } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	return EncryptMessage(&e->context, 0, &desc, 0);
}

static SECURITY_STATUS open_sealed(struct end *e, uint8_t *signature, ULONG signature_n, char *data,
				   size_t n)
{
	SecBuffer b[2] = { { signature_n, SECBUFFER_TOKEN, signature },
			   { (ULONG)n, SECBUFFER_DATA, data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop;
	return DecryptMessage(&e->context, &desc, 0, &qop);
}

static void body_seal(void)
{
	struct pair *p = signed_in();
	uint8_t signature[16];

	for (int i = 0; i < 20; i++) {
		struct end *from = i & 1 ? &p->server : &p->client,
			   *to = i & 1 ? &p->client : &p->server;
		char text[] = "a sealed message, twenty times";
		assert_int_equal(seal(from, signature, text, sizeof(text)), SEC_E_OK);
		assert_string_not_equal(text, "a sealed message, twenty times");
		assert_int_equal(open_sealed(to, signature, 16, text, sizeof(text)), SEC_E_OK);
		assert_string_equal(text, "a sealed message, twenty times");
	}
	pair_done(p);
}

static void sealed_messages_open_at_the_other_end(void **state)
{
	flow_child("", body_seal);
}

static void body_altered(void)
{
	struct pair *p = signed_in();
	uint8_t signature[16];
	char text[] = "altered on its way";

	assert_int_equal(seal(&p->client, signature, text, sizeof(text)), SEC_E_OK);
	text[3] ^= 1;
	assert_int_equal(open_sealed(&p->server, signature, 16, text, sizeof(text)),
			 SEC_E_MESSAGE_ALTERED);
	pair_done(p);
}

static void an_altered_message_is_refused(void **state)
{
	flow_child("", body_altered);
}

static void body_short_signature(void)
{
	struct pair *p = signed_in();
	uint8_t signature[16] = { 0 };
	char text[] = "some text";

	for (ULONG n = 0; n < 16; n++) {
		SecBuffer b[2] = { { n, SECBUFFER_TOKEN, signature },
				   { sizeof(text), SECBUFFER_DATA, text } };
		SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
		ULONG qop;
		assert_true(EncryptMessage(&p->client.context, 0, &desc, 0) < 0);
		assert_true(DecryptMessage(&p->client.context, &desc, 0, &qop) < 0);
		assert_true(MakeSignature(&p->client.context, 0, &desc, 0) < 0);
		assert_true(VerifySignature(&p->client.context, &desc, 0, &qop) < 0);
	}
	/* and none of that has moved the sequence */
	assert_int_equal(seal(&p->client, signature, text, sizeof(text)), SEC_E_OK);
	assert_int_equal(open_sealed(&p->server, signature, 16, text, sizeof(text)), SEC_E_OK);
	SecBuffer b[1] = { { sizeof(text), SECBUFFER_DATA, text } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, b };
	assert_int_equal(MakeSignature(&p->client.context, 0, &desc, 0), SEC_E_INVALID_TOKEN);
	pair_done(p);
}

static void s20_short_signature_buffers_are_refused(void **state)
{
	flow_child("", body_short_signature);
}

static void body_sign(void)
{
	struct pair *p = signed_in();
	uint8_t signature[16];
	char text[] = "a signed message";
	SecBuffer b[2] = { { sizeof(text), SECBUFFER_DATA, text },
			   { 16, SECBUFFER_TOKEN, signature } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop = 7;

	assert_int_equal(MakeSignature(&p->client.context, 0, &desc, 0), SEC_E_OK);
	assert_string_equal(text, "a signed message");
	assert_int_equal(VerifySignature(&p->server.context, &desc, 0, &qop), SEC_E_OK);
	assert_int_equal(MakeSignature(&p->client.context, 0, &desc, 1), SEC_E_OK);
	text[0] ^= 1;
	assert_int_equal(VerifySignature(&p->server.context, &desc, 1, &qop),
			 SEC_E_MESSAGE_ALTERED);
	pair_done(p);
}

static void signatures_verify_and_notice_changes(void **state)
{
	flow_child("", body_sign);
}

static void body_attributes(void)
{
	struct pair *p = signed_in();
	SecPkgContext_Sizes sizes;
	SecPkgContext_SessionKey client_key, server_key;
	SecPkgContext_PackageInfoW info;
	SecPkgContext_NamesW names;
	SecPkgContext_Flags flags;

	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_OK);
	assert_int_equal(sizes.cbMaxToken, 2888);
	assert_int_equal(sizes.cbMaxSignature, 16);
	assert_int_equal(sizes.cbBlockSize, 0);
	assert_int_equal(sizes.cbSecurityTrailer, 16);
	assert_int_equal(
		QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SESSION_KEY, &client_key),
		SEC_E_OK);
	assert_int_equal(
		QueryContextAttributesW(&p->server.context, SECPKG_ATTR_SESSION_KEY, &server_key),
		SEC_E_OK);
	assert_int_equal(client_key.SessionKeyLength, 16);
	assert_memory_equal(client_key.SessionKey, server_key.SessionKey, 16);
	FreeContextBuffer(client_key.SessionKey);
	FreeContextBuffer(server_key.SessionKey);
	assert_int_equal(
		QueryContextAttributesW(&p->client.context, SECPKG_ATTR_PACKAGE_INFO, &info),
		SEC_E_OK);
	assert_memory_equal(info.PackageInfo->Name, u"NTLM", 10);
	FreeContextBuffer(info.PackageInfo);
	assert_int_equal(QueryContextAttributesW(&p->server.context, SECPKG_ATTR_NAMES, &names),
			 SEC_E_OK);
	FreeContextBuffer(names.sUserName);
	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_FLAGS, &flags),
			 SEC_E_OK);
	assert_int_equal(flags.Flags & ~(ULONG)ISC_RET_ALLOCATED_MEMORY,
			 p->client.attributes & ~(ULONG)ISC_RET_ALLOCATED_MEMORY);
	assert_int_equal(QueryContextAttributesA(&p->client.context, 0x7777, &flags),
			 SEC_E_UNSUPPORTED_FUNCTION);
	pair_done(p);
}

static void attributes_are_the_documented_ones(void **state)
{
	flow_child("", body_attributes);
}

static void body_garbage(void)
{
	for (size_t n = 0; n < 64; n++) {
		struct end *server = calloc(1, sizeof(*server)), *peer = calloc(1, sizeof(*peer));
		flow_server(server, "NTLM");
		memcpy(server->inbox, "NTLMSSP\0\1\0\0\0", 12);
		server->inbox_len = n < 12 ? n : 12;
		if (n >= 12)
			memset(server->inbox, (int)n, server->inbox_len = n * 100);
		flow_step(server, peer);
		assert_int_equal(server->status, SEC_E_INVALID_TOKEN);
		assert_false(server->has_context);
		assert_int_equal(peer->inbox_len, 0);
		flow_done(server);
		free(server);
		free(peer);
	}
}

static void s15_first_tokens_that_are_none_are_refused(void **state)
{
	flow_child("", body_garbage);
}

static void body_buffer_too_small(void)
{
	struct end *client = calloc(1, sizeof(*client));
	uint8_t small[4];
	SecBuffer out = { sizeof(small), SECBUFFER_TOKEN, small };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	ULONG attributes;

	flow_client(client, "NTLM", FLOW_USER, FLOW_PASSWORD);
	assert_int_equal(InitializeSecurityContextA(&client->credential, NULL, NULL, 0, 0,
						    SECURITY_NATIVE_DREP, NULL, 0, &client->context,
						    &desc, &attributes, NULL),
			 SEC_E_BUFFER_TOO_SMALL);
	flow_done(client);
	free(client);
}

static void a_small_output_buffer_is_too_small(void **state)
{
	flow_child("", body_buffer_too_small);
}

static void body_long_password(void)
{
	char password[2000];
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	memset(password, 'x', sizeof(password) - 1);
	password[sizeof(password) - 1] = '\0';
	assert_int_equal(OpensspiAccountSet(NULL, "jwt", password), SEC_E_OK);
	flow_client(client, "NTLM", "jwt", password);
	flow_server(server, "NTLM");
	flow_run(client, server);
	assert_int_equal(server->status, SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void s21_a_very_long_password_is_a_password(void **state)
{
	flow_child("", body_long_password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_messages_open_at_the_other_end),
		cmocka_unit_test(an_altered_message_is_refused),
		cmocka_unit_test(s20_short_signature_buffers_are_refused),
		cmocka_unit_test(signatures_verify_and_notice_changes),
		cmocka_unit_test(attributes_are_the_documented_ones),
		cmocka_unit_test(s15_first_tokens_that_are_none_are_refused),
		cmocka_unit_test(a_small_output_buffer_is_too_small),
		cmocka_unit_test(s21_a_very_long_password_is_a_password),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
