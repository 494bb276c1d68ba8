/* tests/flow/test_attributes.c - attributes of contexts and credentials: A and W, sizes, ownership.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

struct pair {
	struct end client, server;
};

static struct pair *signed_in(const char *package)
{
	struct pair *p = calloc(1, sizeof(*p));
	flow_client(&p->client, package, FLOW_USER, FLOW_PASSWORD);
	flow_server(&p->server, package);
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

static bool package_is_here(const char *package)
{
	PSecPkgInfoA info;
	if (QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t)package, &info) != SEC_E_OK)
		return false;
	FreeContextBuffer(info);
	return true;
}

/* The numbers a program may try, and where their structures' pointers stand (bytes; 0xFF: none). */
static const struct {
	ULONG number;
	ULONG size;
	uint8_t pointer[2];
} attributes[] = {
	{ SECPKG_ATTR_SIZES, sizeof(SecPkgContext_Sizes), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_NAMES, sizeof(SecPkgContext_NamesW), { 0, 0xFF } },
	{ SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_DCE_INFO, sizeof(SecPkgContext_DceInfo), { 8, 0xFF } },
	{ SECPKG_ATTR_STREAM_SIZES, sizeof(SecPkgContext_StreamSizes), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoW), { 0, 8 } },
	{ SECPKG_ATTR_AUTHORITY, sizeof(SecPkgContext_AuthorityW), { 0, 0xFF } },
	{ SECPKG_ATTR_PROTO_INFO, sizeof(SecPkgContext_ProtoInfoW), { 0, 0xFF } },
	{ SECPKG_ATTR_PASSWORD_EXPIRY, sizeof(SecPkgContext_PasswordExpiry), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_SESSION_KEY, sizeof(SecPkgContext_SessionKey), { 8, 0xFF } },
	{ SECPKG_ATTR_PACKAGE_INFO, sizeof(SecPkgContext_PackageInfoW), { 0, 0xFF } },
	{ SECPKG_ATTR_USER_FLAGS, sizeof(SecPkgContext_UserFlags), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_NEGOTIATION_INFO, sizeof(SecPkgContext_NegotiationInfoW), { 0, 0xFF } },
	{ SECPKG_ATTR_NATIVE_NAMES, sizeof(SecPkgContext_NativeNamesW), { 0, 8 } },
	{ SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_CREDENTIAL_NAME, sizeof(SecPkgContext_CredentialNameW), { 8, 0xFF } },
	{ SECPKG_ATTR_TARGET_INFORMATION, sizeof(SecPkgContext_TargetInformation), { 8, 0xFF } },
	{ SECPKG_ATTR_ACCESS_TOKEN, sizeof(SecPkgContext_AccessToken), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_TARGET, sizeof(SecPkgContext_Target), { 8, 0xFF } },
	{ SECPKG_ATTR_AUTHENTICATION_ID, sizeof(SecPkgContext_AuthzID), { 8, 0xFF } },
	{ SECPKG_ATTR_LOGOFF_TIME, sizeof(SecPkgContext_LogoffTime), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_UNIQUE_BINDINGS, sizeof(SecPkgContext_Bindings), { 8, 0xFF } },
	{ SECPKG_ATTR_ENDPOINT_BINDINGS, sizeof(SecPkgContext_Bindings), { 8, 0xFF } },
	{ SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, sizeof(SecPkgContext_ClientSpecifiedTarget), { 0, 0xFF } },
	{ SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, sizeof(SecPkgContext_LastClientTokenStatus),
	  { 0xFF, 0xFF } },
	{ SECPKG_ATTR_NEGO_STATUS, sizeof(SecPkgContext_NegoStatus), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_APPLICATION_PROTOCOL, sizeof(SecPkgContext_ApplicationProtocol), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_CONNECTION_INFO, sizeof(SecPkgContext_ConnectionInfo), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_CIPHER_INFO, sizeof(SecPkgContext_CipherInfo), { 0xFF, 0xFF } },
	{ SECPKG_ATTR_CREDS, sizeof(SecPkgContext_ClientCreds), { 8, 0xFF } },
};

/* Each pointer is a block of its own. */
static void release(uint8_t *buffer, const uint8_t pointer[2])
{
	for (int i = 0; i < 2 && pointer[i] != 0xFF; i++) {
		void *block;
		memcpy(&block, buffer + pointer[i], sizeof(block));
		assert_int_equal(FreeContextBuffer(block), SEC_E_OK);
	}
}

static void expect_untouched(const uint8_t *buffer, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(buffer[i], 0xA5);
}

/* One attribute in four spellings: the same answer, within the structure's size. */
static void ask_all(CtxtHandle *context, size_t i)
{
	SECURITY_STATUS status[4];
	_Alignas(16) uint8_t buffer[1024];

	for (int form = 0; form < 4; form++) {
		memset(buffer, 0xA5, sizeof(buffer));
		ULONG n = attributes[i].number, size = attributes[i].size;
		status[form] = form == 0 ? QueryContextAttributesW(context, n, buffer) :
			       form == 1 ? QueryContextAttributesA(context, n, buffer) :
			       form == 2 ? QueryContextAttributesExW(context, n, buffer, size) :
					   QueryContextAttributesExA(context, n, buffer, size);
		assert_int_equal(status[form], status[0]);
		expect_untouched(buffer, status[form] == SEC_E_OK ? size : 0, sizeof(buffer));
		if (status[form] == SEC_E_OK)
			release(buffer, attributes[i].pointer);
	}
	assert_int_equal(QueryContextAttributesExW(context, attributes[i].number, buffer,
						   attributes[i].size - 1),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(QueryContextAttributesExA(context, attributes[i].number, buffer, 0),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(QueryContextAttributesA(context, attributes[i].number, NULL),
			 SEC_E_INVALID_PARAMETER);
	assert_true(status[0] == SEC_E_OK || status[0] == SEC_E_UNSUPPORTED_FUNCTION ||
		    status[0] == SEC_E_NO_CREDENTIALS || status[0] == SEC_E_INVALID_HANDLE ||
		    (status[0] == SEC_E_NO_IMPERSONATION &&
		     attributes[i].number == SECPKG_ATTR_ACCESS_TOKEN));
}

/* What programs rely on, in both roles. */
static void body_expected(void)
{
	static const ULONG both[] = { SECPKG_ATTR_SIZES,	    SECPKG_ATTR_NAMES,
				      SECPKG_ATTR_LIFESPAN,	    SECPKG_ATTR_KEY_INFO,
				      SECPKG_ATTR_SESSION_KEY,	    SECPKG_ATTR_PACKAGE_INFO,
				      SECPKG_ATTR_NEGOTIATION_INFO, SECPKG_ATTR_NATIVE_NAMES,
				      SECPKG_ATTR_FLAGS };
	static const char *const packages[] = { "NTLM", "Negotiate" };

	for (size_t p = 0; p < 2; p++) {
		if (!package_is_here(packages[p]))
			continue;
		struct pair *pair = signed_in(packages[p]);
		_Alignas(16) uint8_t buffer[64];
		for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
			uint8_t pointer[2] = { 0xFF, 0xFF };
			for (size_t k = 0; k < sizeof(attributes) / sizeof(attributes[0]); k++)
				if (attributes[k].number == both[i])
					memcpy(pointer, attributes[k].pointer, 2);
			assert_int_equal(QueryContextAttributesW(&pair->client.context, both[i], buffer),
					 SEC_E_OK);
			release(buffer, pointer);
			assert_int_equal(QueryContextAttributesA(&pair->server.context, both[i], buffer),
					 SEC_E_OK);
			release(buffer, pointer);
		}
		SecPkgContext_ClientSpecifiedTarget target;
		assert_int_equal(QueryContextAttributesA(&pair->server.context,
							 SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
				 SEC_E_OK);
		assert_memory_equal(target.sTargetName, u"TERMSRV/localhost", 36);
		FreeContextBuffer(target.sTargetName);
		pair_done(pair);
	}
}

static void the_attributes_that_programs_rely_on_are_there(void **state)
{
	flow_child("", body_expected);
}

static void ask_package(const char *package)
{
	if (!package_is_here(package))
		return;
	struct pair *p = signed_in(package);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		ask_all(&p->client.context, i);
		ask_all(&p->server.context, i);
	}
	pair_done(p);
}

static void body_all(void)
{
	ask_package("NTLM");
	ask_package("Negotiate");
	ask_package("CREDSSP");
}

static void every_attribute_answers_alike_in_its_four_spellings(void **state)
{
	flow_child("", body_all);
}

static void body_unknown(void)
{
	struct pair *p = signed_in("NTLM");
	_Alignas(16) uint8_t buffer[64];

	memset(buffer, 0xA5, sizeof(buffer));
	assert_int_equal(QueryContextAttributesW(&p->client.context, 0x777, buffer),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(QueryContextAttributesExA(&p->client.context, 0x40000001, buffer, 64),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(SetContextAttributesW(&p->client.context, SECPKG_ATTR_SIZES, buffer, 64),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(SetCredentialsAttributesA(&p->client.credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS,
						   buffer, sizeof(SecPkgCredentials_KdcProxySettingsW)),
			 SEC_E_UNSUPPORTED_FUNCTION);
	expect_untouched(buffer, 0, sizeof(buffer));
	assert_int_equal(QueryCredentialsAttributesW(&p->client.credential, 0x777, buffer),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(QueryCredentialsAttributesExW(&p->client.credential, SECPKG_CRED_ATTR_NAMES, buffer, 7),
			 SEC_E_BUFFER_TOO_SMALL);
	expect_untouched(buffer, 0, sizeof(buffer));
	pair_done(p);
}

static void what_nobody_knows_is_unsupported_and_nothing_is_written(void **state)
{
	flow_child("", body_unknown);
}

static void body_ntlm(void)
{
	struct pair *p = signed_in("NTLM");
	SecPkgContext_NegotiationInfoA info;
	SecPkgContext_SessionKey one, other;
	SecPkgContext_NamesA names;
	SecPkgContext_Sizes sizes;

	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_int_equal(sizes.cbMaxSignature, 16);
	assert_int_equal(sizes.cbSecurityTrailer, 16);
	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_NEGOTIATION_INFO, &info),
			 SEC_E_OK);
	assert_string_equal(info.PackageInfo->Name, "NTLM");
	assert_int_equal(info.NegotiationState, SECPKG_NEGOTIATION_COMPLETE);
	FreeContextBuffer(info.PackageInfo);
	assert_int_equal(QueryContextAttributesA(&p->server.context, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_non_null(strstr(names.sUserName, FLOW_USER));
	FreeContextBuffer(names.sUserName);
	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SESSION_KEY, &one), SEC_E_OK);
	assert_int_equal(QueryContextAttributesW(&p->server.context, SECPKG_ATTR_SESSION_KEY, &other),
			 SEC_E_OK);
	assert_int_equal(one.SessionKeyLength, 16);
	assert_int_equal(other.SessionKeyLength, 16);
	assert_memory_equal(one.SessionKey, other.SessionKey, 16);
	FreeContextBuffer(one.SessionKey);
	FreeContextBuffer(other.SessionKey);
	pair_done(p);
}

static void ntlm_tells_sizes_names_package_and_key(void **state)
{
	flow_child("", body_ntlm);
}

static void body_first_leg(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	_Alignas(16) uint8_t buffer[1024];

	flow_client(client, "NTLM", FLOW_USER, FLOW_PASSWORD);
	flow_server(server, "NTLM");
	flow_step(client, server);
	assert_int_equal(client->status, SEC_I_CONTINUE_NEEDED);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		SECURITY_STATUS status =
			QueryContextAttributesW(&client->context, attributes[i].number, buffer);
		assert_true(status == SEC_E_OK || status == SEC_E_INVALID_HANDLE ||
			    status == SEC_E_UNSUPPORTED_FUNCTION || status == SEC_E_NO_CREDENTIALS ||
			    status == SEC_E_NO_IMPERSONATION);
		if (status == SEC_E_OK)
			release(buffer, attributes[i].pointer);
	}
	assert_int_equal(QueryContextAttributesW(&client->context, SECPKG_ATTR_SESSION_KEY, buffer),
			 SEC_E_INVALID_HANDLE);
	/* Asking changed nothing. */
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_OK);
	assert_int_equal(server->status, SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void a_context_may_be_asked_in_its_first_leg(void **state)
{
	flow_child("", body_first_leg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attribute_answers_alike_in_its_four_spellings),
		cmocka_unit_test(the_attributes_that_programs_rely_on_are_there),
		cmocka_unit_test(what_nobody_knows_is_unsupported_and_nothing_is_written),
		cmocka_unit_test(ntlm_tells_sizes_names_package_and_key),
		cmocka_unit_test(a_context_may_be_asked_in_its_first_leg),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
