/* tests/flow/test_negotiate.c - Negotiate through the public headers: SPNEGO around NTLM, both roles.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

struct pair {
	struct end client, server;
};

static struct pair *pair_new(const char *client, const char *server, const char *password)
{
	struct pair *p = calloc(1, sizeof(*p));
	flow_client(&p->client, client, FLOW_USER, password);
	flow_server(&p->server, server);
	p->client.requirements |= ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
				  ISC_REQ_SEQUENCE_DETECT;
	return p;
}

static struct pair *signed_in(void)
{
	struct pair *p = pair_new("Negotiate", "negotiate", FLOW_PASSWORD);
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

static SECURITY_STATUS open_sealed(struct end *e, uint8_t *signature, char *data, size_t n)
{
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, signature }, { (ULONG)n, SECBUFFER_DATA, data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	ULONG qop;
	return DecryptMessage(&e->context, &desc, 0, &qop);
}

/* The lists of mechanisms were signed with the first number of either direction. */
static void talk(struct pair *p)
{
	uint8_t signature[16];

	for (int i = 0; i < 20; i++) {
		struct end *from = i & 1 ? &p->server : &p->client,
			   *to = i & 1 ? &p->client : &p->server;
		char text[] = "a sealed message, twenty times";
		assert_int_equal(seal(from, signature, text, sizeof(text)), SEC_E_OK);
		assert_string_not_equal(text, "a sealed message, twenty times");
		assert_int_equal(signature[12], i / 2 + 1);
		assert_int_equal(open_sealed(to, signature, text, sizeof(text)), SEC_E_OK);
		assert_string_equal(text, "a sealed message, twenty times");
	}
}

static void body_seal(void)
{
	struct pair *p = signed_in();
	talk(p);
	pair_done(p);
}

static void sealed_messages_open_at_the_other_end(void **state)
{
	flow_child("", body_seal);
}

static void expect_package(struct end *e, ULONG state)
{
	SecPkgContext_NegotiationInfoW negotiation;
	SecPkgContext_PackageInfoW package;

	assert_int_equal(
		QueryContextAttributesW(&e->context, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation),
		SEC_E_OK);
	assert_int_equal(negotiation.NegotiationState, state);
	assert_memory_equal(negotiation.PackageInfo->Name, u"NTLM", 10);
	FreeContextBuffer(negotiation.PackageInfo);
	if (state != SECPKG_NEGOTIATION_COMPLETE)
		return;
	assert_int_equal(QueryContextAttributesW(&e->context, SECPKG_ATTR_PACKAGE_INFO, &package),
			 SEC_E_OK);
	assert_memory_equal(package.PackageInfo->Name, u"NTLM", 10);
	assert_int_equal(package.PackageInfo->wRPCID, 10);
	FreeContextBuffer(package.PackageInfo);
}

static void body_attributes(void)
{
	struct pair *p = signed_in();
	SecPkgContext_SessionKey client_key, server_key;
	SecPkgContext_Sizes sizes;
	SecPkgContext_NamesA names;
	SecPkgContext_Flags flags;
	SecPkgContext_ClientSpecifiedTarget target;

	expect_package(&p->client, SECPKG_NEGOTIATION_COMPLETE);
	expect_package(&p->server, SECPKG_NEGOTIATION_COMPLETE);
	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_OK);
	assert_int_equal(sizes.cbMaxSignature, 16);
	assert_int_equal(sizes.cbSecurityTrailer, 16);
	assert_int_equal(
		QueryContextAttributesA(&p->client.context, SECPKG_ATTR_SESSION_KEY, &client_key),
		SEC_E_OK);
	assert_int_equal(
		QueryContextAttributesA(&p->server.context, SECPKG_ATTR_SESSION_KEY, &server_key),
		SEC_E_OK);
	assert_int_equal(client_key.SessionKeyLength, 16);
	assert_memory_equal(client_key.SessionKey, server_key.SessionKey, 16);
	FreeContextBuffer(client_key.SessionKey);
	FreeContextBuffer(server_key.SessionKey);
	assert_int_equal(QueryContextAttributesA(&p->server.context, SECPKG_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_non_null(strstr(names.sUserName, FLOW_USER));
	FreeContextBuffer(names.sUserName);
	assert_int_equal(QueryContextAttributesW(&p->server.context,
						 SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
			 SEC_E_OK);
	FreeContextBuffer(target.sTargetName);
	assert_int_equal(QueryContextAttributesA(&p->client.context, SECPKG_ATTR_FLAGS, &flags),
			 SEC_E_OK);
	assert_int_equal(flags.Flags & ~(ULONG)ISC_RET_ALLOCATED_MEMORY,
			 p->client.attributes & ~(ULONG)ISC_RET_ALLOCATED_MEMORY);
	assert_true(p->client.attributes & ISC_RET_ALLOCATED_MEMORY);
	assert_int_equal(QueryContextAttributesA(&p->client.context, 0x7777, &flags),
			 SEC_E_UNSUPPORTED_FUNCTION);
	pair_done(p);
}

static void attributes_are_the_mechanisms(void **state)
{
	flow_child("", body_attributes);
}

static void body_package(void)
{
	struct pair *p = pair_new("Negotiate", "Negotiate", FLOW_PASSWORD);
	SecPkgCredentials_NamesA names;
	PSecPkgInfoA info;

	assert_int_equal(QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t) "NEGOTIATE", &info),
			 SEC_E_OK);
	assert_string_equal(info->Name, "Negotiate");
	assert_string_equal(info->Comment, "Microsoft Package Negotiator");
	assert_int_equal(info->wRPCID, 9);
	assert_int_equal(info->fCapabilities, 0x00883BB3);
	assert_int_equal(info->cbMaxToken, 48256);
	FreeContextBuffer(info);
	assert_int_equal(
		QueryCredentialsAttributesA(&p->client.credential, SECPKG_CRED_ATTR_NAMES, &names),
		SEC_E_OK);
	assert_string_equal(names.sUserName, FLOW_USER);
	FreeContextBuffer(names.sUserName);
	pair_done(p);
}

static void the_package_says_what_windows_says(void **state)
{
	flow_child("", body_package);
}

static void body_wrong_password(void)
{
	struct pair *p = pair_new("Negotiate", "Negotiate", "wrong");

	flow_run(&p->client, &p->server);
	assert_int_equal(p->server.status, SEC_E_LOGON_DENIED);
	assert_int_equal(p->client.status, SEC_E_LOGON_DENIED); /* it was told */
	pair_done(p);
}

static void a_wrong_password_is_rejected_at_both_ends(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_wrong_password);
}

static void body_bare(void)
{
	struct pair *p = pair_new("NTLM", "Negotiate", FLOW_PASSWORD);
	uint8_t signature[16];
	char text[] = "some text";

	flow_run(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_OK);
	assert_int_equal(p->server.status, SEC_E_OK);
	expect_package(&p->server, SECPKG_NEGOTIATION_COMPLETE);
	assert_int_equal(seal(&p->client, signature, text, sizeof(text)), SEC_E_OK);
	assert_int_equal(signature[12], 0); /* there was no list to sign */
	assert_int_equal(open_sealed(&p->server, signature, text, sizeof(text)), SEC_E_OK);
	assert_string_equal(text, "some text");
	pair_done(p);

	p = pair_new("Negotiate", "NTLM", FLOW_PASSWORD);
	flow_run(&p->client, &p->server);
	assert_int_equal(p->server.status, SEC_E_INVALID_TOKEN);
	pair_done(p);
}

static void bare_ntlm_is_taken_and_answered_bare(void **state)
{
	flow_child("", body_bare);
}

static void body_server_begins(void)
{
	struct pair *p = pair_new("Negotiate", "Negotiate", FLOW_PASSWORD);

	flow_step(&p->server, &p->client);
	assert_int_equal(p->server.status, SEC_I_CONTINUE_NEEDED);
	assert_non_null(memmem(p->client.inbox, p->client.inbox_len,
			       "not_defined_in_RFC4178@please_ignore", 36));
	flow_step(&p->client, &p->server);
	flow_run(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_OK);
	assert_int_equal(p->server.status, SEC_E_OK);
	talk(p);
	pair_done(p);
}

static void a_server_may_begin(void **state)
{
	flow_child("", body_server_begins);
}

/* Up to the client's last token, which lies in the server's inbox. */
static struct pair *to_the_last_token(void)
{
	struct pair *p = pair_new("Negotiate", "Negotiate", FLOW_PASSWORD);
	flow_step(&p->client, &p->server);
	flow_step(&p->server, &p->client);
	flow_step(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_I_CONTINUE_NEEDED);
	return p;
}

static void body_half_open(void)
{
	struct pair *p = to_the_last_token();
	static const ULONG attributes[] = { SECPKG_ATTR_SIZES,	     SECPKG_ATTR_NAMES,
					    SECPKG_ATTR_SESSION_KEY, SECPKG_ATTR_PACKAGE_INFO,
					    SECPKG_ATTR_FLAGS,	     SECPKG_ATTR_LIFESPAN };
	uint8_t room[256], signature[16];
	char text[] = "text";

	expect_package(&p->client, SECPKG_NEGOTIATION_IN_PROGRESS);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		assert_int_equal(QueryContextAttributesW(&p->client.context, attributes[i], room),
				 SEC_E_INVALID_HANDLE);
		assert_int_equal(QueryContextAttributesW(&p->server.context, attributes[i], room),
				 SEC_E_INVALID_HANDLE);
	}
	assert_true(seal(&p->client, signature, text, sizeof(text)) < 0);
	assert_true(seal(&p->server, signature, text, sizeof(text)) < 0);
	pair_done(p);
}

static void s32_half_open_contexts_answer_and_seal_nothing(void **state)
{
	flow_child("", body_half_open);
}

static void body_mic_altered(void)
{
	struct pair *p = to_the_last_token();

	/* the client's MIC ends its token */
	p->server.inbox[p->server.inbox_len - 9] ^= 1;
	flow_step(&p->server, &p->client);
	assert_int_equal(p->server.status, SEC_E_MESSAGE_ALTERED);
	flow_step(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_LOGON_DENIED);
	pair_done(p);

	p = to_the_last_token();
	flow_step(&p->server, &p->client);
	assert_int_equal(p->server.status, SEC_E_OK);
	p->client.inbox[p->client.inbox_len - 9] ^= 1;
	flow_step(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_MESSAGE_ALTERED);
	pair_done(p);
}

static void s29_an_altered_mic_is_noticed_by_either_end(void **state)
{
	flow_child("", body_mic_altered);
}

static void body_list_altered(void)
{
	static const uint8_t ntlm[] = { 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04,
					0x01, 0x82, 0x37, 0x02, 0x02, 0x0A };
	struct pair *p = pair_new("Negotiate", "Negotiate", FLOW_PASSWORD);

	/* somebody on the way makes a list of one NTLM a list of two */
	flow_step(&p->client, &p->server);
	uint8_t *in = p->server.inbox, *oid = memmem(in, p->server.inbox_len, ntlm, sizeof(ntlm));
	assert_non_null(oid);
	size_t at = (size_t)(oid - in), step = sizeof(ntlm);
	memmove(oid + step, oid, p->server.inbox_len - at);
	p->server.inbox_len += step;
	in[1] += step;	    /* the frame */
	in[11] += step;	    /* [0] */
	in[13] += step;	    /* NegTokenInit */
	in[at - 3] += step; /* [0] mechTypes */
	in[at - 1] += step; /* the list */
	flow_run(&p->client, &p->server);
	assert_int_equal(p->server.status, SEC_E_MESSAGE_ALTERED);
	assert_int_equal(p->client.status, SEC_E_LOGON_DENIED);
	pair_done(p);
}

static void s29_an_altered_list_is_noticed(void **state)
{
	flow_child("", body_list_altered);
}

static void body_sequence(void)
{
	struct pair *p = signed_in();
	uint8_t one[16], two[16], kept[16];
	char first[] = "the first", second[] = "the second", again[sizeof("the first")];

	assert_int_equal(seal(&p->client, one, first, sizeof(first)), SEC_E_OK);
	memcpy(again, first, sizeof(first));
	memcpy(kept, one, sizeof(one));
	assert_int_equal(seal(&p->client, two, second, sizeof(second)), SEC_E_OK);
	assert_true(open_sealed(&p->server, two, second, sizeof(second)) < 0);
	assert_int_equal(open_sealed(&p->server, one, first, sizeof(first)), SEC_E_OK);
	assert_true(open_sealed(&p->server, kept, again, sizeof(again)) < 0);
	pair_done(p);
}

static void s35_skipped_and_replayed_messages_are_refused(void **state)
{
	flow_child("", body_sequence);
}

static void move(struct end *e, ULONG flags)
{
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	CtxtHandle moved;

	assert_int_equal(ExportSecurityContext(&e->context, flags, &packed, NULL), SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&e->context),
			 flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD ? SEC_E_INVALID_HANDLE
								  : SEC_E_OK);
	assert_int_equal(
		ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "Negotiate", &packed, NULL, &moved),
		SEC_E_OK);
	e->context = moved;
	for (ULONG n = 0; n < packed.cbBuffer; n++) {
		SecBuffer cut = { n, SECBUFFER_TOKEN, packed.pvBuffer };
		assert_true(ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "Negotiate", &cut, NULL,
						   &moved) < 0);
	}
	FreeContextBuffer(packed.pvBuffer);
}

static void body_export(void)
{
	struct pair *p = signed_in();

	talk(p);
	move(&p->client, 0);
	move(&p->server, SECPKG_CONTEXT_EXPORT_DELETE_OLD);
	for (int i = 0; i < 4; i++) {
		uint8_t signature[16];
		char text[] = "goes on where it was";
		struct end *from = i & 1 ? &p->server : &p->client,
			   *to = i & 1 ? &p->client : &p->server;
		assert_int_equal(seal(from, signature, text, sizeof(text)), SEC_E_OK);
		assert_int_equal(open_sealed(to, signature, text, sizeof(text)), SEC_E_OK);
		assert_string_equal(text, "goes on where it was");
	}
	expect_package(&p->client, SECPKG_NEGOTIATION_COMPLETE);
	pair_done(p);
}

static void finished_contexts_can_be_moved(void **state)
{
	flow_child("", body_export);
}

/* Several negotiations at once, deleted in another order than made: one's end is not another's. */
static void body_many(void)
{
	struct pair *p[8];

	for (size_t i = 0; i < 8; i++)
		p[i] = signed_in();
	for (size_t i = 0; i < 8; i += 2)
		pair_done(p[i]);
	for (size_t i = 1; i < 8; i += 2) {
		talk(p[i]);
		pair_done(p[i]);
	}
}

static void negotiations_do_not_meddle_with_each_other(void **state)
{
	flow_child("", body_many);
}

static void body_add(void)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };

	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		struct pair *p = pair_new("Negotiate", "Negotiate", "wrong");
		SEC_WINNT_AUTH_IDENTITY_A right = {
			.User = (unsigned char *)(uintptr_t)FLOW_USER,
			.UserLength = strlen(FLOW_USER),
			.Password = (unsigned char *)(uintptr_t)FLOW_PASSWORD,
			.PasswordLength = strlen(FLOW_PASSWORD),
			.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		};
		assert_int_equal(AddCredentialsA(&p->client.credential, NULL,
						 (SEC_CHAR *)(uintptr_t)packages[i],
						 SECPKG_CRED_OUTBOUND, &right, NULL, NULL, NULL),
				 SEC_E_OK);
		assert_true(AddCredentialsA(&p->client.credential, NULL,
					    (SEC_CHAR *)(uintptr_t)packages[i], SECPKG_CRED_INBOUND,
					    NULL, NULL, NULL, NULL) < 0);
		assert_int_equal(AddCredentialsA(&p->client.credential, NULL,
						 (SEC_CHAR *)(uintptr_t) "CREDSSP",
						 SECPKG_CRED_OUTBOUND, &right, NULL, NULL, NULL),
				 SEC_E_SECPKG_NOT_FOUND);
		flow_run(&p->client, &p->server);
		assert_int_equal(p->server.status, SEC_E_OK);
		pair_done(p);
	}
}

static void added_credentials_come_before_those_that_were_there(void **state)
{
	flow_child("", body_add);
}

/* ---- inside CredSSP ---- */

static SECURITY_STATUS credssp_with(const char *packages, const char *password, struct end *client,
				    struct end *server)
{
	SEC_WINNT_AUTH_IDENTITY_EXA identity = {
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		.Length = sizeof(identity),
		.User = (unsigned char *)(uintptr_t)FLOW_USER,
		.UserLength = strlen(FLOW_USER),
		.Password = (unsigned char *)(uintptr_t)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.PackageList = (unsigned char *)(uintptr_t)packages,
		.PackageListLength = (ULONG)strlen(packages),
	};
	CREDSSP_CRED both = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &identity };

	flow_client(client, "CREDSSP", FLOW_USER, password);
	assert_int_equal(FreeCredentialsHandle(&client->credential), SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "CREDSSP",
						   SECPKG_CRED_OUTBOUND, NULL, &both, NULL, NULL,
						   &client->credential, NULL),
			 SEC_E_OK);
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	return server->status;
}

static void body_credssp(void)
{
	static const char *const lists[] = { "NTLM", "Negotiate,NTLM", "Kerberos,NTLM",
					     "!Kerberos" };
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		assert_int_equal(credssp_with(lists[i], FLOW_PASSWORD, client, server), SEC_E_OK);
		assert_int_equal(client->status, SEC_E_OK);
		flow_send_stream(client, server, "through SPNEGO, TSSSP and TLS");
		flow_done(client);
		flow_done(server);
		assert_int_equal(credssp_with(lists[i], "wrong", client, server),
				 SEC_E_LOGON_DENIED);
		flow_done(client);
		flow_done(server);
	}
	free(client);
	free(server);
}

static void credssp_signs_in_with_and_without_spnego(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n", body_credssp);
}

/* ---- why not Kerberos, and where NTLM is blocked ---- */

/* Of a program in no realm. */
static void body_reason(void)
{
	struct pair *p = signed_in();
	OPENSSPI_NEGOTIATION_REASON why = { NULL };

	for (int i = 0; i < 2; i++) {
		struct end *e = i ? &p->server : &p->client;
		assert_int_equal(QueryContextAttributesA(&e->context,
							 OPENSSPI_ATTR_NEGOTIATION_REASON, &why),
				 SEC_E_OK);
		assert_memory_equal(why.Text, "Kerberos: ", 10);
		FreeContextBuffer(why.Text);
	}
	pair_done(p);
}

static void both_ends_tell_why_it_is_not_kerberos(void **state)
{
	flow_child("", body_reason);
}

static void expect_reason(const char *words)
{
	char *text = NULL;

	assert_int_equal(OpensspiLastReason(&text), SEC_E_OK);
	if (!strstr(text, words))
		assert_string_equal(text, words);
	FreeContextBuffer(text);
}

/* Acquires, and as a client takes the first step; the first status that is a failure. */
static SECURITY_STATUS attempt(const char *package, bool server)
{
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)(uintptr_t)FLOW_USER,
		.UserLength = strlen(FLOW_USER),
		.Password = (unsigned char *)(uintptr_t)FLOW_PASSWORD,
		.PasswordLength = strlen(FLOW_PASSWORD),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &token };
	CredHandle credential;
	CtxtHandle context;
	ULONG attributes;

	SECURITY_STATUS status =
		AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package,
					  server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL,
					  server ? NULL : &identity, NULL, NULL, &credential, NULL);
	if (status != SEC_E_OK || server)
		return status;
	status = InitializeSecurityContextA(&credential, NULL,
					    (SEC_CHAR *)(uintptr_t) "HTTP/srv.lab.test",
					    ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP, NULL,
					    0, &context, &out, &attributes, NULL);
	assert_true(status < 0);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	return status;
}

static const char *blocking_word;

static void body_blocked(void)
{
	const char *name, *meaning, *advice;

	for (int server = 0; server < 2; server++) {
		assert_int_equal(attempt("NTLM", server), STATUS_NTLM_BLOCKED);
		expect_reason(blocking_word);
		assert_int_equal(attempt("Negotiate", server), STATUS_NTLM_BLOCKED);
		expect_reason(blocking_word);
		expect_reason("Kerberos: ");
	}
	OpensspiDescribeStatus(STATUS_NTLM_BLOCKED, &name, &meaning, &advice);
	assert_string_equal(name, "STATUS_NTLM_BLOCKED");
	assert_int_equal(LsaNtStatusToWinError(STATUS_NTLM_BLOCKED), 1937);
}

static void without_ntlm_the_status_and_the_reason_say_so(void **state)
{
	blocking_word = "KerberosOnly";
	flow_child("[policy]\nKerberosOnly = 1\n", body_blocked);
	blocking_word = "FIPS";
	flow_child("[policy]\nFipsAlgorithmPolicy = 1\n", body_blocked);
}

static SECURITY_STATUS credssp_attempt(bool server, struct end *client, struct end *other)
{
	CredHandle credential;

	if (server) {
		SECURITY_STATUS status = AcquireCredentialsHandleA(
			NULL, (SEC_CHAR *)(uintptr_t) "CREDSSP", SECPKG_CRED_INBOUND, NULL, NULL,
			NULL, NULL, &credential, NULL);
		if (status != SEC_E_OK)
			return status;
		assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	}
	flow_client(client, "CREDSSP", FLOW_USER, FLOW_PASSWORD);
	flow_server(other, "CREDSSP");
	flow_run(client, other);
	return server ? other->status : client->status;
}

static void body_blocked_credssp(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	SECURITY_STATUS status = credssp_attempt(true, client, server);

	assert_int_equal(status, STATUS_NTLM_BLOCKED);
	expect_reason("KerberosOnly");
	free(client);
	free(server);
}

static void nor_does_credssp_get_around_it(void **state)
{
	flow_child("[policy]\nKerberosOnly = 1\n", body_blocked_credssp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_messages_open_at_the_other_end),
		cmocka_unit_test(attributes_are_the_mechanisms),
		cmocka_unit_test(the_package_says_what_windows_says),
		cmocka_unit_test(a_wrong_password_is_rejected_at_both_ends),
		cmocka_unit_test(bare_ntlm_is_taken_and_answered_bare),
		cmocka_unit_test(a_server_may_begin),
		cmocka_unit_test(s32_half_open_contexts_answer_and_seal_nothing),
		cmocka_unit_test(s29_an_altered_mic_is_noticed_by_either_end),
		cmocka_unit_test(s29_an_altered_list_is_noticed),
		cmocka_unit_test(s35_skipped_and_replayed_messages_are_refused),
		cmocka_unit_test(finished_contexts_can_be_moved),
		cmocka_unit_test(negotiations_do_not_meddle_with_each_other),
		cmocka_unit_test(added_credentials_come_before_those_that_were_there),
		cmocka_unit_test(credssp_signs_in_with_and_without_spnego),
		cmocka_unit_test(both_ends_tell_why_it_is_not_kerberos),
		cmocka_unit_test(without_ntlm_the_status_and_the_reason_say_so),
		cmocka_unit_test(nor_does_credssp_get_around_it),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
