/* tests/flow/test_consumers.c - what programs written for Windows do, line by line.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Each test is a habit that was seen in well-known clients and servers: unusual parameters, spellings
 * and orders that Windows takes and another implementation might not. */
#include "flow.h"

#define ROOM 50000 /* more than any package's cbMaxToken */

static SEC_CHAR *spelled(const char *s)
{
	return (SEC_CHAR *)(uintptr_t)s;
}

static bool package_is_here(const char *package)
{
	PSecPkgInfoA info;
	if (QuerySecurityPackageInfoA(spelled(package), &info) != SEC_E_OK)
		return false;
	FreeContextBuffer(info);
	return true;
}

/* The packages that need nothing but a name and a password. */
static const char *const packages[] = { "NTLM", "Negotiate" };

static void for_each_package(void (*body)(const char *package))
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (package_is_here(packages[i]))
			body(packages[i]);
}

/* Two ends that talk through buffers of their own, as a program of the nineties does. */
struct habit {
	const char *package;
	ULONG client_req, server_req, drep;
	bool allocate;	   /* ISC_REQ_ALLOCATE_MEMORY and pvBuffer NULL */
	bool empty_first;  /* the first input is one SECBUFFER_EMPTY instead of NULL */
	bool same_handle;  /* phContext and phNewContext are one variable */
	bool same_word;	   /* pfContextAttr is the variable that held the requirements */
	bool wide;	   /* the client enters by W */
	bool complete;	   /* CompleteAuthToken after each leg, asked for or not */
	SEC_CHANNEL_BINDINGS *bindings, *server_bindings; /* of one length */
	ULONG bindings_n;
	void *auth;
};

struct talk {
	CredHandle client_cred, server_cred;
	CtxtHandle client, server;
	ULONG client_word, server_word;
	SECURITY_STATUS client_status, server_status;
	uint8_t token[ROOM];
	ULONG token_n;
};

static SEC_WINNT_AUTH_IDENTITY_A alice = {
	(unsigned char *)(uintptr_t)FLOW_USER, sizeof(FLOW_USER) - 1, NULL, 0,
	(unsigned char *)(uintptr_t)FLOW_PASSWORD, sizeof(FLOW_PASSWORD) - 1,
	SEC_WINNT_AUTH_IDENTITY_ANSI
};

static void talk_open(struct talk *t, const struct habit *h)
{
	memset(t, 0, sizeof(*t));
	SecInvalidateHandle(&t->client);
	SecInvalidateHandle(&t->server);
	assert_int_equal(AcquireCredentialsHandleA(NULL, spelled(h->package), SECPKG_CRED_OUTBOUND, NULL,
						   h->auth ? h->auth : &alice, NULL, NULL, &t->client_cred,
						   NULL),
			 SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleA(NULL, spelled(h->package), SECPKG_CRED_INBOUND, NULL, NULL,
						   NULL, NULL, &t->server_cred, NULL),
			 SEC_E_OK);
}

static void talk_close(struct talk *t)
{
	if (SecIsValidHandle(&t->client))
		assert_int_equal(DeleteSecurityContext(&t->client), SEC_E_OK);
	if (SecIsValidHandle(&t->server))
		assert_int_equal(DeleteSecurityContext(&t->server), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&t->client_cred), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&t->server_cred), SEC_E_OK);
	free(t);
}

/* One call; `first` tells whether there is a context already. */
static SECURITY_STATUS leg_call(struct talk *t, const struct habit *h, bool server, bool first,
				SecBufferDesc *in, SecBufferDesc *out)
{
	CtxtHandle old = server ? t->server : t->client, *fresh = server ? &t->server : &t->client;
	CtxtHandle *have = first ? NULL : h->same_handle ? fresh : &old;
	ULONG requirements = server ? h->server_req : h->client_req, word = requirements, other = 0;
	ULONG *told = h->same_word ? &word : &other;
	SECURITY_STATUS status;

	if (server)
		status = AcceptSecurityContext(&t->server_cred, have, in, word, h->drep, fresh, out, told,
					       NULL);
	else if (h->wide)
		status = InitializeSecurityContextW(&t->client_cred, have, (SEC_WCHAR *)(uintptr_t)u"HTTP/localhost",
						    word, 0, h->drep, in, 0, fresh, out, told, NULL);
	else
		status = InitializeSecurityContextA(&t->client_cred, have, spelled("HTTP/localhost"), word, 0, h->drep,
						    in, 0, fresh, out, told, NULL);
	*(server ? &t->server_word : &t->client_word) = *told;
	if (h->complete && status >= 0) {
		SECURITY_STATUS completed = CompleteAuthToken(fresh, out);
		assert_true(completed == SEC_E_OK || completed == SEC_E_UNSUPPORTED_FUNCTION);
	}
	return status;
}

static SECURITY_STATUS leg(struct talk *t, const struct habit *h, bool server, bool first)
{
	uint8_t *room = h->allocate ? NULL : malloc(ROOM);
	SecBuffer in[2] = { { t->token_n, SECBUFFER_TOKEN, t->token } };
	SecBuffer out = { h->allocate ? 0 : ROOM, SECBUFFER_TOKEN, room };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	bool nothing_yet = first && !server;

	if (nothing_yet)
		in[0] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
	if (h->bindings)
		in[in_desc.cBuffers++] = (SecBuffer){
			h->bindings_n, SECBUFFER_CHANNEL_BINDINGS,
			server && h->server_bindings ? h->server_bindings : h->bindings
		};
	bool no_input = nothing_yet && !h->empty_first && !h->bindings;
	SECURITY_STATUS status = leg_call(t, h, server, first, no_input ? NULL : &in_desc, &out_desc);
	t->token_n = 0;
	if (status >= 0 && out.cbBuffer) {
		assert_true(out.cbBuffer <= ROOM);
		memcpy(t->token, out.pvBuffer, out.cbBuffer);
		t->token_n = out.cbBuffer;
	}
	if (h->allocate)
		FreeContextBuffer(out.pvBuffer);
	free(room);
	return status;
}

static struct talk *talk(struct habit h)
{
	struct talk *t = malloc(sizeof(*t));
	bool server_first = true;

	if (h.allocate) {
		h.client_req |= ISC_REQ_ALLOCATE_MEMORY;
		h.server_req |= ASC_REQ_ALLOCATE_MEMORY;
	}
	talk_open(t, &h);
	t->client_status = leg(t, &h, false, true);
	for (int i = 0; i < 8 && t->client_status >= 0; i++) {
		if (t->token_n == 0)
			break;
		t->server_status = leg(t, &h, true, server_first);
		server_first = false;
		if (t->server_status < 0 || t->token_n == 0 || t->client_status == SEC_E_OK)
			break;
		t->client_status = leg(t, &h, false, false);
	}
	return t;
}

static struct talk *talk_well(struct habit h)
{
	struct talk *t = talk(h);
	assert_int_equal(t->client_status, SEC_E_OK);
	assert_int_equal(t->server_status, SEC_E_OK);
	return t;
}

/* ---- 1 ---- */

static void body_names(void)
{
	static const char *const spellings[] = { "ntlm",      "NTLM",	  "nTlM",     "credssp",
						 "CredSSP",   "schannel", "SCHANNEL", "tsssp",
						 "negotiate", "NEGOTIATE" };
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		CredHandle handle;
		if (!package_is_here("Negotiate") && strcasecmp(spellings[i], "negotiate") == 0)
			continue;
		assert_true(package_is_here(spellings[i]));
		assert_int_equal(AcquireCredentialsHandleA(NULL, spelled(spellings[i]), SECPKG_CRED_OUTBOUND,
							   NULL, NULL, NULL, NULL, &handle, NULL),
				 SEC_E_OK);
		assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
	}
}

static void package_names_compare_without_case(void **state)
{
	flow_child("", body_names);
}

/* ---- 2 ---- */

static void default_credentials(const char *package)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	CredHandle handle;
	CtxtHandle context;
	ULONG told;

	assert_int_equal(AcquireCredentialsHandleA(NULL, spelled(package), SECPKG_CRED_OUTBOUND, NULL, NULL,
						   NULL, NULL, &handle, NULL),
			 SEC_E_OK);
	/* Good for a server of this machine, and for no other. */
	assert_int_equal(InitializeSecurityContextA(&handle, NULL, spelled("HTTP/elsewhere.test"),
						    ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL, 0, &context, &desc,
						    &told, NULL),
			 SEC_E_NO_CREDENTIALS);
	assert_int_equal(InitializeSecurityContextA(&handle, NULL, spelled("HTTP/localhost"),
						    ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL, 0, &context, &desc,
						    &told, NULL),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	FreeContextBuffer(out.pvBuffer);
	assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
}

static void body_default(void)
{
	for_each_package(default_credentials);
}

static void no_auth_data_is_the_callers_own_credential(void **state)
{
	flow_child("", body_default);
}

/* ---- 3 ---- */

static void extended(const char *package)
{
	static unsigned short user[] = u"alice", secret[] = u"S3cret!pw";
	SEC_WINNT_AUTH_IDENTITY_EXW ex = { SEC_WINNT_AUTH_IDENTITY_VERSION, sizeof(ex), user, 5, NULL, 0,
					   secret, 9, SEC_WINNT_AUTH_IDENTITY_UNICODE, NULL, 0 };
	talk_close(talk_well((struct habit){ .package = package, .auth = &ex }));
	talk_close(talk_well((struct habit){ .package = package, .auth = &ex, .wide = true }));
}

static void body_extended(void)
{
	for_each_package(extended);
}

static void an_exw_identity_enters_by_the_a_door(void **state)
{
	flow_child("", body_extended);
}

/* ---- 4 and 5 ---- */

static void habits(const char *package)
{
	const struct habit rows[] = {
		{ .allocate = true },
		{ .allocate = false },
		{ .empty_first = true },
		{ .empty_first = true, .allocate = true, .wide = true },
		{ .same_handle = true },
		{ .same_word = true, .client_req = ISC_REQ_INTEGRITY, .server_req = ASC_REQ_INTEGRITY },
		{ .drep = SECURITY_NATIVE_DREP },
		{ .drep = SECURITY_NETWORK_DREP, .same_handle = true, .same_word = true },
		{ .complete = true },
		{ .complete = true, .allocate = true, .same_handle = true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct habit h = rows[i];
		h.package = package;
		struct talk *t = talk_well(h);
		if (h.client_req & ISC_REQ_INTEGRITY)
			assert_true(t->client_word & ISC_RET_INTEGRITY);
		talk_close(t);
	}
}

static void body_habits(void)
{
	for_each_package(habits);
}

static void every_habit_of_calling_is_taken(void **state)
{
	flow_child("", body_habits);
}

/* ---- 6 ---- */

static void identity_of_the_client(const char *package)
{
	struct talk *t = talk_well((struct habit){ .package = package });
	SecPkgContext_NativeNamesA native = { NULL, NULL };
	SecPkgContext_NamesA names;
	HANDLE token = NULL;

	assert_int_equal(QueryContextAttributesA(&t->server, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_non_null(strstr(names.sUserName, FLOW_USER));
	FreeContextBuffer(names.sUserName);
	assert_int_equal(QueryContextAttributesA(&t->server, SECPKG_ATTR_NATIVE_NAMES, &native), SEC_E_OK);
	assert_non_null(native.sClientName);
	assert_non_null(strstr(native.sClientName, FLOW_USER));
	FreeContextBuffer(native.sClientName);
	FreeContextBuffer(native.sServerName);
	/* Nobody may go on in the belief that it acts as the client now. */
	assert_int_equal(ImpersonateSecurityContext(&t->server), SEC_E_NO_IMPERSONATION);
	assert_int_equal(RevertSecurityContext(&t->server), SEC_E_OK); /* there is nothing to revert */
	assert_int_equal(QuerySecurityContextToken(&t->server, &token), SEC_E_OK);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	talk_close(t);
}

static void body_identity(void)
{
	for_each_package(identity_of_the_client);
}

static void a_server_learns_who_its_client_is(void **state)
{
	flow_child("", body_identity);
}

/* ---- 7 ---- */

static SEC_CHANNEL_BINDINGS *bindings_make(const char *text, ULONG *n)
{
	*n = (ULONG)(sizeof(SEC_CHANNEL_BINDINGS) + strlen(text));
	SEC_CHANNEL_BINDINGS *b = calloc(1, *n);
	b->cbApplicationDataLength = (ULONG)strlen(text);
	b->dwApplicationDataOffset = sizeof(*b);
	memcpy(b + 1, text, strlen(text));
	return b;
}

static void bound(const char *package)
{
	struct habit h = { .package = package };
	h.bindings = bindings_make("tls-server-end-point:0123456789abcdef", &h.bindings_n);
	talk_close(talk_well(h));
	/* Somebody in the middle has a certificate of its own. */
	h.server_bindings = bindings_make("tls-server-end-point:another channel!", &h.bindings_n);
	struct talk *t = talk(h);
	assert_int_equal(t->server_status, SEC_E_BAD_BINDINGS);
	talk_close(t);
	free(h.bindings);
	free(h.server_bindings);
}

static SECURITY_STATUS sign(CtxtHandle *context, uint8_t signature[16], char *text)
{
	SecBuffer b[2] = { { (ULONG)strlen(text), SECBUFFER_DATA, text }, { 16, SECBUFFER_TOKEN, signature } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	return MakeSignature(context, 0, &desc, 0);
}

static SECURITY_STATUS verify(CtxtHandle *context, uint8_t signature[16], char *text)
{
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, signature }, { (ULONG)strlen(text), SECBUFFER_DATA, text } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop;
	return VerifySignature(context, &desc, 0, &qop);
}

static void signatures(const char *package)
{
	const struct habit h = { .package = package,
				 .client_req = ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT,
				 .server_req = ASC_REQ_INTEGRITY };
	struct talk *t = talk_well(h);
	uint8_t signature[16];
	char text[] = "signed by hand";

	assert_int_equal(sign(&t->client, signature, text), SEC_E_OK);
	assert_string_equal(text, "signed by hand");
	assert_int_equal(verify(&t->server, signature, text), SEC_E_OK);
	assert_int_equal(sign(&t->server, signature, text), SEC_E_OK);
	assert_int_equal(verify(&t->client, signature, text), SEC_E_OK);
	assert_int_equal(sign(&t->client, signature, text), SEC_E_OK);
	text[0] ^= 1;
	assert_int_equal(verify(&t->server, signature, text), SEC_E_MESSAGE_ALTERED);
	talk_close(t);
}

/* TOKEN, DATA, PADDING on one side; the whole as a STREAM with a DATA to be filled on the other. */
static void stream_form(const char *package)
{
	const struct habit h = { .package = package,
				 .client_req = ISC_REQ_CONFIDENTIALITY,
				 .server_req = ASC_REQ_CONFIDENTIALITY };
	struct talk *t = talk_well(h);
	SecPkgContext_Sizes sizes;
	uint8_t message[256] = { 0 };
	static const char text[] = "wrapped as GSSAPI does";

	assert_int_equal(QueryContextAttributesW(&t->client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_true(sizes.cbSecurityTrailer + sizeof(text) + sizes.cbBlockSize <= sizeof(message));
	uint8_t *data = message + sizes.cbSecurityTrailer;
	memcpy(data, text, sizeof(text));
	SecBuffer seal[3] = { { sizes.cbSecurityTrailer, SECBUFFER_TOKEN, message },
			      { sizeof(text), SECBUFFER_DATA, data },
			      { sizes.cbBlockSize, SECBUFFER_PADDING, data + sizeof(text) } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 3, seal };
	assert_int_equal(EncryptMessage(&t->client, 0, &desc, 0), SEC_E_OK);
	assert_memory_not_equal(data, text, sizeof(text));
	SecBuffer open[2] = { { seal[0].cbBuffer + seal[1].cbBuffer, SECBUFFER_STREAM, message },
			      { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc open_desc = { SECBUFFER_VERSION, 2, open };
	ULONG qop;
	assert_int_equal(DecryptMessage(&t->server, &open_desc, 0, &qop), SEC_E_OK);
	assert_int_equal(open[1].cbBuffer, sizeof(text));
	assert_memory_equal(open[1].pvBuffer, text, sizeof(text));
	talk_close(t);
}

static void body_bound(void)
{
	for_each_package(bound);
	for_each_package(signatures);
	for_each_package(stream_form);
}

static void bindings_signatures_and_the_stream_form_work(void **state)
{
	flow_child("", body_bound);
}

static void body_endpoint(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	SecPkgContext_Bindings one = { 0, NULL }, other = { 0, NULL };

	flow_client(client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_OK);
	assert_int_equal(QueryContextAttributesA(&client->context, SECPKG_ATTR_ENDPOINT_BINDINGS, &one),
			 SEC_E_OK);
	assert_int_equal(QueryContextAttributesW(&server->context, SECPKG_ATTR_ENDPOINT_BINDINGS, &other),
			 SEC_E_OK);
	assert_int_equal(one.BindingsLength, other.BindingsLength);
	assert_memory_equal(one.Bindings, other.Bindings, one.BindingsLength);
	assert_memory_equal((char *)one.Bindings + one.Bindings->dwApplicationDataOffset,
			    "tls-server-end-point:", 21);
	FreeContextBuffer(one.Bindings);
	FreeContextBuffer(other.Bindings);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void the_endpoint_bindings_of_tls_can_be_asked_for(void **state)
{
	flow_child("", body_endpoint);
}

/* ---- 8 ---- */

static void both_spellings(const char *package)
{
	for (int wide = 0; wide < 2; wide++) {
		struct talk *t = talk_well((struct habit){ .package = package, .wide = wide });
		SecPkgContext_PackageInfoA a;
		SecPkgContext_PackageInfoW w;
		assert_int_equal(QueryContextAttributesA(&t->client, SECPKG_ATTR_PACKAGE_INFO, &a), SEC_E_OK);
		assert_int_equal(QueryContextAttributesW(&t->client, SECPKG_ATTR_PACKAGE_INFO, &w), SEC_E_OK);
		for (size_t i = 0; a.PackageInfo->Name[i]; i++)
			assert_int_equal(a.PackageInfo->Name[i], w.PackageInfo->Name[i]);
		FreeContextBuffer(a.PackageInfo);
		FreeContextBuffer(w.PackageInfo);
		talk_close(t);
	}
}

static void body_spellings(void)
{
	for_each_package(both_spellings);
}

static void a_and_w_attributes_are_valid_on_any_context(void **state)
{
	flow_child("", body_spellings);
}

/* ---- 9 ---- */

static void markers(const char *package)
{
	struct talk *t = talk_well((struct habit){ .package = package });
	SecHandle *const live[] = { &t->client_cred, &t->server_cred, &t->client, &t->server };

	for (size_t i = 0; i < 4; i++) {
		assert_true(SecIsValidHandle(live[i]));
		assert_false(live[i]->dwLower == 0 && live[i]->dwUpper == 0);
	}
	CtxtHandle none;
	SecInvalidateHandle(&none);
	assert_false(SecIsValidHandle(&none));
	assert_int_equal(DeleteSecurityContext(&none), SEC_E_INVALID_HANDLE);
	assert_int_equal(FreeCredentialsHandle(&none), SEC_E_INVALID_HANDLE);
	talk_close(t);
}

static void body_markers(void)
{
	for_each_package(markers);
}

static void only_all_ones_mean_no_handle(void **state)
{
	flow_child("", body_markers);
}

/* ---- 10 ---- */

static void body_once(void)
{
	PSecPkgInfoA infos;
	ULONG count;

	assert_int_equal(EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	for (ULONG i = 0; i < count; i++)
		for (ULONG j = i + 1; j < count; j++)
			assert_int_not_equal(strcasecmp(infos[i].Name, infos[j].Name), 0);
	assert_int_equal(FreeContextBuffer(infos), SEC_E_OK);
}

/* That each table is initialised once and with every function, the LSA's own tests show. */
static void each_package_is_there_once(void **state)
{
	flow_child("", body_once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(package_names_compare_without_case),
		cmocka_unit_test(no_auth_data_is_the_callers_own_credential),
		cmocka_unit_test(an_exw_identity_enters_by_the_a_door),
		cmocka_unit_test(every_habit_of_calling_is_taken),
		cmocka_unit_test(a_server_learns_who_its_client_is),
		cmocka_unit_test(bindings_signatures_and_the_stream_form_work),
		cmocka_unit_test(the_endpoint_bindings_of_tls_can_be_asked_for),
		cmocka_unit_test(a_and_w_attributes_are_valid_on_any_context),
		cmocka_unit_test(only_all_ones_mean_no_handle),
		cmocka_unit_test(each_package_is_there_once),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
