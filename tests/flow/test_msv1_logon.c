/* tests/flow/test_msv1_logon.c - LsaLogonUser with NTLM, and sign-ins of the sessions that it makes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 4096

/* ---- messages, as a program lays them out: one block, pointers into it ---- */

struct message {
	_Alignas(8) uint8_t bytes[ROOM];
	ULONG n;
};

static void put(struct message *m, UNICODE_STRING *s, const char *text)
{
	size_t n = strlen(text);
	WCHAR *to = (WCHAR *)(void *)(m->bytes + m->n);

	for (size_t i = 0; i < n; i++)
		to[i] = (WCHAR)(unsigned char)text[i];
	*s = (UNICODE_STRING){ (USHORT)(2 * n), (USHORT)(2 * n), to };
	m->n += (ULONG)(2 * n);
}

static MSV1_0_INTERACTIVE_LOGON *interactive(struct message *m, const char *domain,
					     const char *user, const char *password)
{
	MSV1_0_INTERACTIVE_LOGON *r = (void *)m->bytes;

	memset(m->bytes, 0, sizeof(m->bytes));
	m->n = sizeof(*r);
	r->MessageType = MsV1_0InteractiveLogon;
	put(m, &r->LogonDomainName, domain);
	put(m, &r->UserName, user);
	put(m, &r->Password, password);
	return r;
}

/* What came of a logon. */
struct logon {
	NTSTATUS status, sub_status;
	LUID id;
	PVOID profile;
	ULONG profile_size;
};

static LSA_STRING string_of(const char *text)
{
	return (LSA_STRING){ (USHORT)strlen(text), (USHORT)strlen(text), (char *)(uintptr_t)text };
}

static ULONG ntlm(HANDLE lsa)
{
	LSA_STRING name;
	ULONG id = 0;

	name = string_of(MSV1_0_PACKAGE_NAME);
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &id), STATUS_SUCCESS);
	return id;
}

static struct logon log_on(SECURITY_LOGON_TYPE type, const void *bytes, ULONG n)
{
	struct logon l = { .status = STATUS_UNSUCCESSFUL };
	QUOTA_LIMITS quotas;
	LSA_STRING origin;
	HANDLE lsa, token;

	origin = string_of("flow");
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	l.status = LsaLogonUser(lsa, &origin, type, ntlm(lsa), (void *)(uintptr_t)bytes, n, NULL,
				NULL, &l.profile, &l.profile_size, &l.id, &token, &quotas,
				&l.sub_status);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	return l;
}

static struct logon by_password(SECURITY_LOGON_TYPE type, const char *domain, const char *user,
				const char *password)
{
	struct message m;

	(void)interactive(&m, domain, user, password);
	return log_on(type, m.bytes, m.n);
}

static void end(struct logon *l)
{
	if (l->profile)
		assert_int_equal(LsaFreeReturnBuffer(l->profile), STATUS_SUCCESS);
	l->profile = NULL;
	assert_int_equal(OpensspiEndLogonSession(&l->id), STATUS_SUCCESS);
}

static void is_text(const UNICODE_STRING *s, const char *text)
{
	assert_int_equal(s->Length, 2 * strlen(text));
	for (size_t i = 0; i < strlen(text); i++)
		assert_int_equal(s->Buffer[i], text[i]);
}

/* ---- the package, and who is let in ---- */

static void msv1_is_ntlm_by_another_name(void **state)
{
	LSA_STRING name;
	HANDLE lsa;
	ULONG id;

	(void)state;
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	name = string_of("NTLM");
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &id), STATUS_SUCCESS);
	assert_int_equal(ntlm(lsa), id);
	name = string_of("MICROSOFT_AUTHENTICATION_PACKAGE_V1_1");
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &id), STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
}

static void a_right_password_makes_a_session(void **state)
{
	static const SECURITY_LOGON_TYPE types[] = { Interactive,      Batch,
						     Service,	       Unlock,
						     NetworkCleartext, RemoteInteractive };

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(types); i++) {
		PSECURITY_LOGON_SESSION_DATA data;
		struct logon l = by_password(types[i], ".", FLOW_USER, FLOW_PASSWORD);
		assert_int_equal(l.status, STATUS_SUCCESS);
		assert_int_equal(l.sub_status, STATUS_SUCCESS);
		assert_int_equal(LsaGetLogonSessionData(&l.id, &data), STATUS_SUCCESS);
		assert_int_equal(data->LogonType, types[i]);
		is_text((const UNICODE_STRING *)&data->UserName, FLOW_USER);
		is_text((const UNICODE_STRING *)&data->AuthenticationPackage, "NTLM");
		LsaFreeReturnBuffer(data);
		end(&l);
		assert_int_equal(LsaGetLogonSessionData(&l.id, &data),
				 STATUS_NO_SUCH_LOGON_SESSION);
	}
}

static void the_profile_lies_in_one_block(void **state)
{
	struct logon l = by_password(Interactive, "", FLOW_USER, FLOW_PASSWORD);
	MSV1_0_INTERACTIVE_PROFILE *p = l.profile;

	(void)state;
	assert_int_equal(l.status, STATUS_SUCCESS);
	assert_true(l.profile_size >= sizeof(*p));
	assert_int_equal(p->MessageType, MsV1_0InteractiveProfile);
	assert_true(p->LogonTime.QuadPart > 0);
	is_text(&p->FullName, FLOW_USER);
	assert_true(p->LogonServer.Length > 0);
	const uint8_t *first = l.profile, *text = (const void *)p->LogonServer.Buffer;
	assert_true(text >= first + sizeof(*p) && text < first + l.profile_size);
	end(&l);
}

static void the_wrong_are_all_told_the_same(void **state)
{
	(void)state;
	struct logon wrong = by_password(Interactive, ".", FLOW_USER, "wrong");
	struct logon nobody = by_password(Interactive, ".", "nobody", FLOW_PASSWORD);
	struct logon elsewhere = by_password(Interactive, "NOWHERE", FLOW_USER, FLOW_PASSWORD);
	struct logon empty = by_password(Interactive, ".", FLOW_USER, "");
	struct logon nameless = by_password(Interactive, ".", "", FLOW_PASSWORD);

	assert_int_equal(wrong.status, STATUS_LOGON_FAILURE);
	assert_int_equal(nobody.status, STATUS_LOGON_FAILURE);
	assert_int_equal(elsewhere.status, STATUS_LOGON_FAILURE);
	assert_int_equal(empty.status, STATUS_LOGON_FAILURE);
	assert_int_equal(nameless.status, STATUS_LOGON_FAILURE);
	assert_int_equal(wrong.sub_status | nobody.sub_status | elsewhere.sub_status, 0);
	assert_null(wrong.profile);
}

static void the_accounts_flags_say_why_to_who_knows_the_password(void **state)
{
	static const struct {
		ULONG flag;
		NTSTATUS status, sub_status;
	} rows[] = {
		{ OPENSSPI_ACCOUNT_DISABLED, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED },
		{ OPENSSPI_ACCOUNT_EXPIRED, STATUS_ACCOUNT_EXPIRED, 0 },
		{ OPENSSPI_ACCOUNT_LOCKED, STATUS_ACCOUNT_LOCKED_OUT, 0 },
		{ OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE, STATUS_PASSWORD_MUST_CHANGE, 0 },
		{ OPENSSPI_ACCOUNT_PASSWORD_EXPIRED, STATUS_ACCOUNT_RESTRICTION,
		  STATUS_PASSWORD_EXPIRED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
		char user[8];
		snprintf(user, sizeof(user), "f%zu", i);
		assert_int_equal(OpensspiAccountSet(NULL, user, FLOW_PASSWORD), SEC_E_OK);
		assert_int_equal(OpensspiAccountSetFlags(NULL, user, rows[i].flag), SEC_E_OK);
		struct logon l = by_password(Interactive, ".", user, FLOW_PASSWORD);
		assert_int_equal(l.status, rows[i].status);
		assert_int_equal(l.sub_status, rows[i].sub_status);
		assert_null(l.profile);
		if (rows[i].flag == OPENSSPI_ACCOUNT_LOCKED)
			continue;
		l = by_password(Interactive, ".", user, "wrong");
		assert_int_equal(l.status, STATUS_LOGON_FAILURE);
		assert_int_equal(l.sub_status, 0);
	}
}

static void types_and_messages_that_are_not_served_are_told_apart(void **state)
{
	struct message m;
	MSV1_0_INTERACTIVE_LOGON *r = interactive(&m, ".", FLOW_USER, FLOW_PASSWORD);

	(void)state;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_INVALID_LOGON_TYPE);
	assert_int_equal(log_on(CachedInteractive, m.bytes, m.n).status, STATUS_INVALID_LOGON_TYPE);
	r->MessageType = MsV1_0SubAuthLogon;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_BAD_VALIDATION_CLASS);
	r->MessageType = MsV1_0S4ULogon;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_BAD_VALIDATION_CLASS);
	r->MessageType = (MSV1_0_LOGON_SUBMIT_TYPE)4711;
	assert_int_equal(log_on(Interactive, m.bytes, m.n).status, STATUS_BAD_VALIDATION_CLASS);
}

/* ---- messages that are none ---- */

static void every_truncation_is_refused(void **state)
{
	struct message m;

	(void)state;
	(void)interactive(&m, ".", FLOW_USER, FLOW_PASSWORD);
	for (ULONG n = 1; n < m.n; n++)
		assert_int_equal(log_on(Interactive, m.bytes, n).status, STATUS_INVALID_PARAMETER);
}

static void pointers_lead_nowhere_but_into_the_message(void **state)
{
	static WCHAR outside[] = { 'a', 'l', 'i', 'c', 'e' };
	struct message m;
	MSV1_0_INTERACTIVE_LOGON *r = interactive(&m, ".", FLOW_USER, FLOW_PASSWORD);
	PWSTR const inside = r->UserName.Buffer;
	uint8_t *const byte = m.bytes;
	void *const wild[] = { NULL,
			       outside,
			       byte + m.n,
			       byte + m.n - 2,
			       (void *)((uintptr_t)byte - 2),
			       byte,
			       (uint8_t *)inside + 1,
			       (void *)UINTPTR_MAX,
			       (void *)(uintptr_t)8,
			       (void *)(uintptr_t)(m.n - 2),
			       (void *)(UINTPTR_MAX - 9) };

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(wild); i++) {
		r->UserName.Buffer = wild[i];
		assert_int_equal(log_on(Interactive, m.bytes, m.n).status,
				 STATUS_INVALID_PARAMETER);
	}
	r->UserName.Buffer = inside;
	r->UserName.Length = 0xFFFE;
	assert_int_equal(log_on(Interactive, m.bytes, m.n).status, STATUS_INVALID_PARAMETER);
	r->UserName.Length = 9;
	assert_int_equal(log_on(Interactive, m.bytes, m.n).status, STATUS_INVALID_PARAMETER);
	/* an offset is as good as an address */
	r->UserName.Length = 2 * (sizeof(FLOW_USER) - 1);
	r->UserName.Buffer = (PWSTR)(uintptr_t)((uint8_t *)inside - byte);
	struct logon l = log_on(Interactive, m.bytes, m.n);
	assert_int_equal(l.status, STATUS_SUCCESS);
	end(&l);
}

static void names_have_a_longest(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(by_password(Interactive, ".", name, "x").status, STATUS_NAME_TOO_LONG);
	assert_int_equal(by_password(Interactive, name, "x", "x").status, STATUS_NAME_TOO_LONG);
}

/* ---- what a session signs in with ---- */

static SECURITY_STATUS acquire(const char *package, LUID *session, CredHandle *out)
{
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_OUTBOUND,
					 session, NULL, NULL, NULL, out, NULL);
}

static void client_of(struct end *e, const char *package, LUID *session)
{
	memset(e, 0, sizeof(*e));
	e->target = "TERMSRV/localhost";
	e->requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION;
	assert_int_equal(acquire(package, session, &e->credential), SEC_E_OK);
}

static void a_session_signs_in_as_its_account(void **state)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };
	static struct end client, server;
	char name[64];

	(void)state;
	assert_int_equal(OpensspiAccountSet(NULL, "bob", "bobs"), SEC_E_OK);
	struct logon alice = by_password(Interactive, ".", FLOW_USER, FLOW_PASSWORD);
	struct logon bob = by_password(NetworkCleartext, ".", "bob", "bobs");
	assert_int_equal(alice.status, STATUS_SUCCESS);
	assert_int_equal(bob.status, STATUS_SUCCESS);
	for (size_t i = 0; i < ARRAYSIZE(packages); i++)
		for (int who = 0; who < 2; who++) {
			client_of(&client, packages[i], who ? &bob.id : &alice.id);
			flow_server(&server, packages[i]);
			flow_run(&client, &server);
			assert_int_equal(client.status, SEC_E_OK);
			assert_int_equal(server.status, SEC_E_OK);
			flow_server_name(&server, name, sizeof(name));
			assert_string_equal(name, who ? "bob" : FLOW_USER);
			flow_done(&client);
			flow_done(&server);
		}
	end(&alice);
	end(&bob);
}

static void a_credential_knows_whose_it_is(void **state)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };
	struct logon l = by_password(Interactive, ".", FLOW_USER, FLOW_PASSWORD);
	SecPkgCredentials_NamesA names;
	CredHandle credential;

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(packages); i++) {
		assert_int_equal(acquire(packages[i], &l.id, &credential), SEC_E_OK);
		assert_int_equal(
			QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names),
			SEC_E_OK);
		assert_non_null(strstr(names.sUserName, "\\" FLOW_USER));
		FreeContextBuffer(names.sUserName);
		assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	}
	end(&l);
}

static SECURITY_STATUS begin(CredHandle *credential)
{
	ULONG attributes = 0;
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &token };
	SEC_CHAR target[] = "HTTP/elsewhere.example";
	CtxtHandle context;

	SECURITY_STATUS status = InitializeSecurityContextA(
		credential, NULL, target, ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION, 0,
		SECURITY_NATIVE_DREP, NULL, 0, &context, &out, &attributes, NULL);
	if (status == SEC_I_CONTINUE_NEEDED)
		assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	FreeContextBuffer(token.pvBuffer);
	return status;
}

static void the_end_of_a_session_is_the_end_of_its_credentials(void **state)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };
	CredHandle credential, late;

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(packages); i++) {
		struct logon l = by_password(Interactive, ".", FLOW_USER, FLOW_PASSWORD);
		assert_int_equal(acquire(packages[i], &l.id, &credential), SEC_E_OK);
		assert_int_equal(begin(&credential), SEC_I_CONTINUE_NEEDED);
		end(&l);
		assert_int_equal(begin(&credential), SEC_E_NO_CREDENTIALS);
		assert_int_equal(acquire(packages[i], &l.id, &late), SEC_E_NOT_OWNER);
		assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	}
}

static void nobody_elses_session_can_be_used(void **state)
{
	static const char *const packages[] = { "NTLM", "Negotiate", "TSSSP" };
	LUID foreign = { 4711, 4711 };
	CredHandle credential;

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(packages); i++)
		assert_int_equal(acquire(packages[i], &foreign, &credential), SEC_E_NOT_OWNER);
	assert_int_equal(OpensspiEndLogonSession(&foreign), STATUS_NO_SUCH_LOGON_SESSION);
}

/* Under a daemon a session is one program's, not its user's; root may use anybody's. */
static void a_session_is_its_programs_alone(void **state)
{
	const SECURITY_STATUS expected = geteuid() == 0 ? SEC_E_OK : SEC_E_NOT_OWNER;
	struct logon l = by_password(Interactive, ".", FLOW_USER, FLOW_PASSWORD);
	CredHandle credential;
	int status = -1;

	(void)state;
	assert_int_equal(l.status, STATUS_SUCCESS);
	if (flow_is_remote()) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			_exit(acquire("NTLM", &l.id, &credential) != expected ||
			      acquire("Negotiate", &l.id, &credential) != expected);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	assert_int_equal(acquire("NTLM", &l.id, &credential), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	end(&l);
}

/* ---- network logons ---- */

static NTSTATUS ask(void *message, ULONG n, PVOID *answer, ULONG *size)
{
	NTSTATUS verdict = STATUS_UNSUCCESSFUL;
	HANDLE lsa;

	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	assert_int_equal(
		LsaCallAuthenticationPackage(lsa, ntlm(lsa), message, n, answer, size, &verdict),
		STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	return verdict;
}

static void challenges_are_given_and_never_twice(void **state)
{
	MSV1_0_LM20_CHALLENGE_REQUEST r = { MsV1_0Lm20ChallengeRequest };
	MSV1_0_LM20_CHALLENGE_RESPONSE *a, *b;
	ULONG size, type = MsV1_0EnumerateUsers;
	PVOID answer;

	(void)state;
	assert_int_equal(ask(&r, sizeof(r), (PVOID *)&a, &size), STATUS_SUCCESS);
	assert_int_equal(size, sizeof(*a));
	assert_int_equal(a->MessageType, MsV1_0Lm20ChallengeRequest);
	assert_int_equal(ask(&r, sizeof(r), (PVOID *)&b, &size), STATUS_SUCCESS);
	assert_memory_not_equal(a->ChallengeToClient, b->ChallengeToClient, 8);
	LsaFreeReturnBuffer(a);
	LsaFreeReturnBuffer(b);
	assert_int_equal(ask(&type, sizeof(type), &answer, &size), STATUS_NOT_SUPPORTED);
	assert_null(answer);
	assert_int_equal(ask(&type, 3, &answer, &size), STATUS_INVALID_PARAMETER);
}

/* What an NTLM client of the library answers to that challenge, as a server takes it out of AUTHENTICATE. */
struct answered {
	uint8_t token[ROOM];
	ULONG n;
};

static void put_field(uint8_t *message, size_t at, size_t n, size_t offset)
{
	const uint16_t len = (uint16_t)n;
	const uint32_t to = (uint32_t)offset;

	memcpy(message + at, &len, 2);
	memcpy(message + at + 2, &len, 2);
	memcpy(message + at + 4, &to, 4);
}

/* A CHALLENGE_MESSAGE with an empty list of names, [MS-NLMP] 2.2.1.2. */
static size_t challenge_make(uint8_t *out, const uint8_t challenge[8], uint32_t flags)
{
	static const uint8_t head[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 2, 0, 0, 0 };
	const size_t names = 56;

	memset(out, 0, names + 4);
	memcpy(out, head, sizeof(head));
	put_field(out, 12, 0, names);
	memcpy(out + 20, &flags, 4);
	memcpy(out + 24, challenge, 8);
	put_field(out, 40, 4, names);
	return names + 4;
}

static void answer_challenge(const char *user, const char *password, const uint8_t challenge[8],
			     struct answered *out)
{
	static struct end client, none;
	uint8_t bytes[128];

	flow_client(&client, "NTLM", user, password);
	client.requirements = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION;
	memset(&none, 0, sizeof(none));
	flow_step(&client, &none);
	assert_int_equal(client.status, SEC_I_CONTINUE_NEEDED);
	/* Unicode, NTLM, always sign, extended security, target info, version, 128, 56 */
	client.inbox_len = challenge_make(bytes, challenge, 0xA2888205);
	memcpy(client.inbox, bytes, client.inbox_len);
	none.inbox_len = 0;
	flow_step(&client, &none);
	assert_int_equal(client.status, SEC_E_OK);
	out->n = (ULONG)none.inbox_len;
	assert_true(out->n < sizeof(out->token));
	memcpy(out->token, none.inbox, out->n);
	flow_done(&client);
}

static void put_string(struct message *m, STRING *s, const struct answered *a, size_t field)
{
	uint16_t n;
	uint32_t offset;

	memcpy(&n, a->token + field, 2);
	memcpy(&offset, a->token + field + 4, 4);
	assert_true(offset + n <= a->n);
	*s = (STRING){ n, n, (char *)m->bytes + m->n };
	memcpy(m->bytes + m->n, a->token + offset, n);
	m->n += n;
}

static MSV1_0_LM20_LOGON *network(struct message *m, const char *user, const char *password)
{
	static const uint8_t challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	MSV1_0_LM20_LOGON *r = (void *)m->bytes;
	struct answered a;

	memset(m->bytes, 0, sizeof(m->bytes));
	m->n = sizeof(*r);
	r->MessageType = MsV1_0NetworkLogon;
	memcpy(r->ChallengeToClient, challenge, 8);
	put(m, &r->LogonDomainName, "");
	put(m, &r->UserName, user);
	put(m, &r->Workstation, "DESK");
	answer_challenge(user, password, challenge, &a);
	put_string(m, &r->CaseSensitiveChallengeResponse, &a, 20);
	put_string(m, &r->CaseInsensitiveChallengeResponse, &a, 12);
	return r;
}

static bool is_zero(const UCHAR *p, size_t n)
{
	while (n && !p[n - 1])
		n--;
	return n == 0;
}

static void a_response_signs_in_without_credentials(void **state)
{
	struct message m;
	MSV1_0_LM20_LOGON *r = network(&m, FLOW_USER, FLOW_PASSWORD);
	CredHandle credential;

	(void)state;
	for (int type = MsV1_0Lm20Logon; type <= MsV1_0NetworkLogon; type++) {
		r->MessageType = (MSV1_0_LOGON_SUBMIT_TYPE)type;
		struct logon l = log_on(Network, m.bytes, m.n);
		MSV1_0_LM20_LOGON_PROFILE *p = l.profile;
		assert_int_equal(l.status, STATUS_SUCCESS);
		assert_int_equal(p->MessageType, MsV1_0Lm20LogonProfile);
		assert_true(p->UserFlags & LOGON_NTLMV2_ENABLED);
		assert_true(p->LogonDomainName.Length > 0);
		/* from lsad the key is for those who may have what clients delegate */
		assert_int_equal(is_zero(p->UserSessionKey, sizeof(p->UserSessionKey)),
				 flow_is_remote() && geteuid() != 0);
		assert_true(is_zero(p->LanmanSessionKey, sizeof(p->LanmanSessionKey)));
		assert_int_equal(acquire("NTLM", &l.id, &credential), SEC_E_NO_CREDENTIALS);
		assert_int_equal(acquire("Negotiate", &l.id, &credential), SEC_E_NO_CREDENTIALS);
		end(&l);
	}
}

static void a_response_is_good_for_its_challenge_alone(void **state)
{
	struct message m;
	MSV1_0_LM20_LOGON *r = network(&m, FLOW_USER, FLOW_PASSWORD);

	(void)state;
	r->ChallengeToClient[0] ^= 1;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_LOGON_FAILURE);
	r->ChallengeToClient[0] ^= 1;
	assert_int_equal(log_on(Interactive, m.bytes, m.n).status, STATUS_INVALID_LOGON_TYPE);
	r->ParameterControl = MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_NOT_SUPPORTED);
	r->ParameterControl = 2u << MSV1_0_SUBAUTHENTICATION_DLL_SHIFT;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_NOT_SUPPORTED);
	r->ParameterControl = 0;
	r->CaseSensitiveChallengeResponse.Length = 24; /* no NTLMv1 by default */
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_LOGON_FAILURE);
	for (ULONG n = 1; n < sizeof(*r); n++)
		assert_int_equal(log_on(Network, m.bytes, n).status, STATUS_INVALID_PARAMETER);
}

static void nobody_signs_in_where_policy_says_so(void)
{
	struct message m = { .n = sizeof(MSV1_0_LM20_LOGON) };
	MSV1_0_LM20_LOGON *r = (void *)m.bytes;

	r->MessageType = MsV1_0NetworkLogon;
	struct logon l = log_on(Network, m.bytes, m.n);
	assert_int_equal(l.status, STATUS_SUCCESS);
	end(&l);
}

static void nobody_signs_in_by_default(void)
{
	struct message m = { .n = sizeof(MSV1_0_LM20_LOGON) };
	MSV1_0_LM20_LOGON *r = (void *)m.bytes;

	r->MessageType = MsV1_0NetworkLogon;
	assert_int_equal(log_on(Network, m.bytes, m.n).status, STATUS_LOGON_FAILURE);
}

static void nobody_is_a_matter_of_policy(void **state)
{
	(void)state;
	flow_child("", nobody_signs_in_by_default);
	flow_child("[policy]\nAllowAnonymous = 1\n", nobody_signs_in_where_policy_says_so);
}

/* From here on this process has used the library, with these accounts. */
static int with_accounts(void **state)
{
	(void)state;
	flow_configure("");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_a_matter_of_policy),
		cmocka_unit_test_setup(msv1_is_ntlm_by_another_name, with_accounts),
		cmocka_unit_test(a_right_password_makes_a_session),
		cmocka_unit_test(the_profile_lies_in_one_block),
		cmocka_unit_test(the_wrong_are_all_told_the_same),
		cmocka_unit_test(the_accounts_flags_say_why_to_who_knows_the_password),
		cmocka_unit_test(types_and_messages_that_are_not_served_are_told_apart),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(pointers_lead_nowhere_but_into_the_message),
		cmocka_unit_test(names_have_a_longest),
		cmocka_unit_test(a_session_signs_in_as_its_account),
		cmocka_unit_test(a_credential_knows_whose_it_is),
		cmocka_unit_test(the_end_of_a_session_is_the_end_of_its_credentials),
		cmocka_unit_test(nobody_elses_session_can_be_used),
		cmocka_unit_test(a_session_is_its_programs_alone),
		cmocka_unit_test(challenges_are_given_and_never_twice),
		cmocka_unit_test(a_response_signs_in_without_credentials),
		cmocka_unit_test(a_response_is_good_for_its_challenge_alone),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
