/* tests/peer/kerberos_driver.c - what a program can do with Kerberos beyond one sign-in, by public headers.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * kerberos_driver COMMAND ARGUMENTS, with tickets and keytab of the environment; prints one "ok SENTENCE" or
 * "FAIL SENTENCE STATUS" a line. The commands are at the end. */
#include <ntsecapi.h>
#include <ntstatus.h>
#include <opensspi.h>
#include <security.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKAGE ((SEC_CHAR *)(uintptr_t) "Kerberos")
#define ROOM 65536

static int bad;

static int check(const char *sentence, int good, long status)
{
	bad += !good;
	if (good)
		printf("ok %s\n", sentence);
	else
		printf("FAIL %s 0x%08x\n", sentence, (unsigned)status);
	return good;
}

/* ---- sign-ins of both ends ---- */

struct end {
	CredHandle credential;
	CtxtHandle context;
	int begun, server;
	ULONG attributes, requirements;
	const char *target;
	UCHAR token[ROOM];
	SecBuffer buffer;
	SecBufferDesc list;
};

static struct end client, server;

static SECURITY_STATUS end_open(struct end *e, ULONG use, LUID *logon, void *identity)
{
	memset(e, 0, sizeof(*e));
	e->server = (use & SECPKG_CRED_INBOUND) != 0;
	e->requirements = ISC_REQ_MUTUAL_AUTH;
	return AcquireCredentialsHandleA(NULL, PACKAGE, use, logon, identity, NULL, NULL,
					 &e->credential, NULL);
}

static void end_drop(struct end *e)
{
	if (e->begun)
		DeleteSecurityContext(&e->context);
	e->begun = 0;
}

static void end_close(struct end *e)
{
	end_drop(e);
	FreeCredentialsHandle(&e->credential);
}

static SECURITY_STATUS end_step(struct end *e, struct end *from)
{
	CtxtHandle *old = e->begun ? &e->context : NULL;
	SECURITY_STATUS status;

	e->buffer = (SecBuffer){ sizeof(e->token), SECBUFFER_TOKEN, e->token };
	e->list = (SecBufferDesc){ SECBUFFER_VERSION, 1, &e->buffer };
	if (e->server)
		status = AcceptSecurityContext(&e->credential, old, &from->list, e->requirements,
					       SECURITY_NATIVE_DREP, &e->context, &e->list,
					       &e->attributes, NULL);
	else
		status = InitializeSecurityContextA(
			&e->credential, old, (SEC_CHAR *)(uintptr_t)e->target, e->requirements, 0,
			SECURITY_NATIVE_DREP, e->begun ? &from->list : NULL, 0, &e->context,
			&e->list, &e->attributes, NULL);
	e->begun = e->begun || status >= 0;
	return status;
}

/* Until both are done; the first refusal. */
static SECURITY_STATUS handshake(const char *target)
{
	SECURITY_STATUS one = SEC_I_CONTINUE_NEEDED, other = SEC_I_CONTINUE_NEEDED;

	client.target = target;
	for (int legs = 0; legs < 8; legs++) {
		one = end_step(&client, &server);
		if (one < 0 || (!client.buffer.cbBuffer && other == SEC_E_OK))
			return one;
		other = end_step(&server, &client);
		if (other < 0 || (one == SEC_E_OK && other == SEC_E_OK))
			return other;
	}
	return SEC_E_INTERNAL_ERROR;
}

/* "alice@REALM", as the server knows the client. */
static int client_is(const char *name)
{
	SecPkgContext_NativeNamesA names = { NULL, NULL };
	SECURITY_STATUS status =
		QueryContextAttributesA(&server.context, SECPKG_ATTR_NATIVE_NAMES, &names);
	int same = status == SEC_E_OK && strcmp(names.sClientName, name) == 0;

	if (!same)
		printf("# client is %s\n", names.sClientName ? names.sClientName : "nobody");
	FreeContextBuffer(names.sClientName);
	FreeContextBuffer(names.sServerName);
	return same;
}

static void reason(void)
{
	char *text = NULL;

	if (OpensspiLastReason(&text) == SEC_E_OK)
		printf("# %s\n", text);
	FreeContextBuffer(text);
}

static void signs_in(const char *sentence, const char *target, const char *name)
{
	SECURITY_STATUS status = handshake(target);

	if (check(sentence, status == SEC_E_OK, status) && name)
		check("the server knows who it is", client_is(name), 0);
	else if (status != SEC_E_OK)
		reason();
}

/* ---- messages to the package ---- */

static HANDLE lsa;
static ULONG package;

static int connect_lsa(void)
{
	char name[] = "Kerberos";
	LSA_STRING text = { sizeof(name) - 1, sizeof(name), name };
	NTSTATUS status = LsaConnectUntrusted(&lsa);

	if (status == STATUS_SUCCESS)
		status = LsaLookupAuthenticationPackage(lsa, &text, &package);
	return check("the package is found", status == STATUS_SUCCESS, status);
}

static NTSTATUS call(void *message, size_t n, void **answer, ULONG *size)
{
	NTSTATUS verdict = STATUS_SUCCESS, status;

	*answer = NULL;
	*size = 0;
	status = LsaCallAuthenticationPackage(lsa, package, message, (ULONG)n, answer, size,
					      &verdict);
	return status == STATUS_SUCCESS ? verdict : status;
}

/* ASCII as the UTF-16 that a message has behind its fixed part. */
static UNICODE_STRING put_text(WCHAR *room, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		room[i] = (WCHAR)(unsigned char)text[i];
	return (UNICODE_STRING){ (USHORT)(2 * n), (USHORT)(2 * n), room };
}

static int text_is(const UNICODE_STRING *s, const char *text)
{
	if (s->Length != 2 * strlen(text))
		return 0;
	for (size_t i = 0; text[i]; i++)
		if (s->Buffer[i] != (WCHAR)(unsigned char)text[i])
			return 0;
	return 1;
}

/* How many tickets there are of that service ("krbtgt/..." too); -1: the call failed. */
static int count_tickets(const char *service, const char *realm)
{
	KERB_QUERY_TKT_CACHE_REQUEST r = { .MessageType = KerbQueryTicketCacheEx3Message };
	KERB_QUERY_TKT_CACHE_EX3_RESPONSE *answer;
	int found = 0;
	ULONG size;

	if (call(&r, sizeof(r), (void **)&answer, &size) != STATUS_SUCCESS)
		return -1;
	for (ULONG i = 0; i < answer->CountOfTickets; i++)
		found += (!service || text_is(&answer->Tickets[i].ServerName, service)) &&
			 (!realm || text_is(&answer->Tickets[i].ServerRealm, realm));
	LsaFreeReturnBuffer(answer);
	return found;
}

struct named_message {
	KERB_RETRIEVE_TKT_REQUEST retrieve;
	KERB_PURGE_TKT_CACHE_REQUEST purge;
	WCHAR text[2][256];
};

static NTSTATUS retrieve(KERB_PROTOCOL_MESSAGE_TYPE type, const char *target, ULONG options,
			 KERB_RETRIEVE_TKT_RESPONSE **answer)
{
	static struct named_message m;
	ULONG size;

	memset(&m, 0, sizeof(m));
	m.retrieve.MessageType = type;
	m.retrieve.CacheOptions = options;
	m.retrieve.TargetName = put_text(m.text[0], target);
	return call(&m, sizeof(m), (void **)answer, &size);
}

static NTSTATUS purge(const char *server_name, const char *realm)
{
	static struct {
		KERB_PURGE_TKT_CACHE_REQUEST r;
		WCHAR text[2][256];
	} m;
	void *answer;
	ULONG size;

	memset(&m, 0, sizeof(m));
	m.r.MessageType = KerbPurgeTicketCacheMessage;
	m.r.ServerName = put_text(m.text[0], server_name);
	m.r.RealmName = put_text(m.text[1], realm);
	return call(&m, sizeof(m), &answer, &size);
}

static void old_forms(void)
{
	static const KERB_PROTOCOL_MESSAGE_TYPE types[] = { KerbQueryTicketCacheMessage,
							    KerbQueryTicketCacheExMessage,
							    KerbQueryTicketCacheEx2Message };
	KERB_QUERY_TKT_CACHE_RESPONSE *answer;
	ULONG size;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		KERB_QUERY_TKT_CACHE_REQUEST r = { .MessageType = types[i] };
		NTSTATUS status = call(&r, sizeof(r), (void **)&answer, &size);
		check("an older form of the list", status == STATUS_SUCCESS, status);
		if (status != STATUS_SUCCESS)
			continue;
		check("it is of its type and has tickets",
		      answer->MessageType == types[i] && answer->CountOfTickets > 0, 0);
		if (types[i] == KerbQueryTicketCacheMessage)
			check("its strings can be read",
			      answer->Tickets[0].ServerName.Length > 0 &&
				      answer->Tickets[0].ServerName.Buffer[0],
			      0);
		LsaFreeReturnBuffer(answer);
	}
}

static void refusals(void)
{
	KERB_QUERY_TKT_CACHE_REQUEST r = { .MessageType = KerbQueryTicketCacheMessage,
					   .LogonId = { 4711, 17 } };
	void *answer;
	ULONG size;
	NTSTATUS status = call(&r, sizeof(r), &answer, &size);

	check("another session's tickets are refused", status == STATUS_ACCESS_DENIED, status);
	r.LogonId = (LUID){ 0, 0 };
	for (size_t n = 0; n < sizeof(r); n++) {
		status = call(&r, n, &answer, &size);
		if (status != STATUS_INVALID_PARAMETER)
			break;
	}
	check("messages that are too short are refused", status == STATUS_INVALID_PARAMETER,
	      status);
	r.MessageType = KerbDecryptDataMessage;
	status = call(&r, sizeof(r), &answer, &size);
	check("messages that nobody serves are", status == STATUS_NOT_SUPPORTED, status);
}

/* calls SPN REALM */
static void calls(char **argv)
{
	KERB_RETRIEVE_TKT_RESPONSE *t;
	NTSTATUS status;
	char tgt[300];

	snprintf(tgt, sizeof(tgt), "krbtgt/%s", argv[1]);
	if (!connect_lsa())
		return;
	check("the ticket-granting ticket is listed", count_tickets(tgt, argv[1]) == 1, 0);
	old_forms();
	status = retrieve(KerbRetrieveEncodedTicketMessage, argv[0],
			  KERB_RETRIEVE_TICKET_USE_CACHE_ONLY, &t);
	check("a ticket that is not there is not fetched unasked", status < 0, status);
	status = retrieve(KerbRetrieveEncodedTicketMessage, argv[0], 0, &t);
	if (check("a ticket is fetched", status == STATUS_SUCCESS, status)) {
		check("it has its bytes and its key",
		      t->Ticket.EncodedTicketSize > 100 && t->Ticket.EncodedTicket[0] == 0x61 &&
			      t->Ticket.SessionKey.Length >= 16 &&
			      t->Ticket.ServiceName->NameCount == 2,
		      0);
		check("and its realm", text_is(&t->Ticket.DomainName, argv[1]), 0);
		LsaFreeReturnBuffer(t);
	}
	check("it is listed then", count_tickets(argv[0], NULL) == 1, 0);
	status = retrieve(KerbRetrieveTicketMessage, "", 0, &t);
	if (check("the ticket-granting ticket is told", status == STATUS_SUCCESS, status)) {
		check("without its key",
		      t->Ticket.EncodedTicketSize > 100 && t->Ticket.SessionKey.Length == 0, 0);
		LsaFreeReturnBuffer(t);
	}
	refusals();
	status = purge(argv[0], argv[1]);
	check("one ticket is forgotten", status == STATUS_SUCCESS, status);
	check("and no other", count_tickets(argv[0], NULL) == 0 && count_tickets(tgt, NULL) == 1,
	      0);
	status = purge(argv[0], "");
	check("it is not there a second time", status == STATUS_OBJECT_NAME_NOT_FOUND, status);
	status = purge("", "");
	check("all are forgotten", status == STATUS_SUCCESS && count_tickets(NULL, NULL) == 0,
	      status);
}

/* nothing: without a cache */
static void nothing(char **argv)
{
	(void)argv;
	if (!connect_lsa())
		return;
	check("no cache has no tickets", count_tickets(NULL, NULL) == 0, 0);
	check("and nothing to forget", purge("", "") == STATUS_SUCCESS, 0);
}

/* ---- logons ---- */

static NTSTATUS logon(SECURITY_LOGON_TYPE type, void *message, size_t n, LUID *out)
{
	char name[] = "test";
	LSA_STRING origin = { sizeof(name) - 1, sizeof(name), name };
	TOKEN_SOURCE source = { .SourceName = "test" };
	NTSTATUS sub = STATUS_SUCCESS, status;
	QUOTA_LIMITS quotas;
	PVOID profile = NULL;
	HANDLE token = NULL;
	ULONG size = 0;

	status = LsaLogonUser(lsa, &origin, type, package, message, (ULONG)n, NULL, &source,
			      &profile, &size, out, &token, &quotas, &sub);
	if (profile)
		LsaFreeReturnBuffer(profile);
	return status;
}

static NTSTATUS logon_password(const char *user, const char *domain, const char *password,
			       LUID *out)
{
	static struct {
		KERB_INTERACTIVE_LOGON r;
		WCHAR text[3][256];
	} m;

	memset(&m, 0, sizeof(m));
	m.r.MessageType = KerbInteractiveLogon;
	m.r.UserName = put_text(m.text[0], user);
	m.r.LogonDomainName = put_text(m.text[1], domain);
	m.r.Password = put_text(m.text[2], password);
	return logon(Interactive, &m, sizeof(m), out);
}

static void with_session(LUID *id, const char *target, const char *name)
{
	SECURITY_STATUS status = end_open(&client, SECPKG_CRED_OUTBOUND, id, NULL);

	if (!check("its session has credentials", status == SEC_E_OK, status))
		return;
	status = end_open(&server, SECPKG_CRED_INBOUND, NULL, NULL);
	if (check("the server has a key", status == SEC_E_OK, status))
		signs_in("they sign in", target, name);
	end_close(&client);
	end_close(&server);
}

/* The session's password is the other packages', too, by the names that the KDC has for it. */
static void others_have(LUID *id, const char *realm, const char *user)
{
	static const char *const packages[] = { "NTLM", "Negotiate", "TSSSP", "CREDSSP" };
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	SecPkgCredentials_NamesA names = { NULL };
	CredHandle credential;
	char want[128];

	snprintf(want, sizeof(want), "%s\\%s", realm, user);
	for (size_t i = 0; i < ARRAYSIZE(packages); i++) {
		SECURITY_STATUS status = AcquireCredentialsHandleA(
			NULL, (SEC_CHAR *)(uintptr_t)packages[i], SECPKG_CRED_OUTBOUND, id, NULL,
			NULL, NULL, &credential, NULL);
		if (!check("another package has it", status == SEC_E_OK, status))
			return;
		if (i == 0)
			status = QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES,
							     &names);
		FreeCredentialsHandle(&credential);
	}
	check("under its name", names.sUserName && strcmp(names.sUserName, want) == 0, 0);
	FreeContextBuffer(names.sUserName);
	NTSTATUS status = LsaGetLogonSessionData(id, &data);
	if (check("its data", status == STATUS_SUCCESS, status))
		check("has the realm",
		      data->LogonDomain.Length == 2 * strlen(realm) &&
			      data->UserName.Length == 2 * strlen(user) &&
			      data->DnsDomainName.Length == 2 * strlen(realm),
		      0);
	LsaFreeReturnBuffer(data);
}

/* logon USER REALM PASSWORD SPN NAME */
static void logon_command(char **argv)
{
	LUID id = { 0, 0 };
	NTSTATUS status;

	if (!connect_lsa())
		return;
	status = logon_password(argv[0], argv[1], "wrong", &id);
	check("a wrong password is no logon", status == STATUS_LOGON_FAILURE, status);
	status = logon_password("nobody", argv[1], "x", &id);
	check("nor is a name that the KDC does not know", status == STATUS_LOGON_FAILURE, status);
	status = logon_password(argv[0], argv[1], argv[2], &id);
	if (!check("a right one is", status == STATUS_SUCCESS, status))
		return;
	with_session(&id, argv[3], argv[4]);
	others_have(&id, argv[1], argv[0]);
	status = OpensspiEndLogonSession(&id);
	check("the session ends", status == STATUS_SUCCESS, status);
	status = end_open(&client, SECPKG_CRED_OUTBOUND, &id, NULL);
	check("and has no credentials then", status < 0, status);
	status = logon_password(argv[0], "", argv[2], &id);
	if (!check("a name alone is of the realm that is usual", status == STATUS_SUCCESS, status))
		return;
	others_have(&id, argv[1], argv[0]);
	OpensspiEndLogonSession(&id);
}

/* s4u USER SELF OTHER NAME: a ticket for another user, to the service itself and to another one */
static void s4u(char **argv)
{
	static struct {
		KERB_S4U_LOGON r;
		WCHAR text[256];
	} m;
	LUID id = { 0, 0 };
	NTSTATUS status;

	if (!connect_lsa())
		return;
	m.r.MessageType = KerbS4ULogon;
	m.r.ClientUpn = put_text(m.text, argv[0]);
	status = logon(Interactive, &m, sizeof(m), &id);
	check("no interactive logon is without a password", status == STATUS_INVALID_LOGON_TYPE,
	      status);
	status = logon(Network, &m, sizeof(m), &id);
	if (!check("a service has a logon for a user", status == STATUS_SUCCESS, status)) {
		reason();
		return;
	}
	with_session(&id, argv[1], argv[3]);
	if (argv[2][0] != '-')
		with_session(&id, argv[2], argv[3]);
}

/* A logon with a card, every string an offset; the CSP's name is where MIT finds certificate and key. */
static NTSTATUS logon_card(char **argv, LUID *out)
{
	static struct {
		KERB_CERTIFICATE_LOGON r;
		WCHAR text[3][128];
		KERB_SMARTCARD_CSP_INFO info;
		WCHAR names[512];
	} m;
	const ULONG first = (ULONG)offsetof(KERB_SMARTCARD_CSP_INFO, bBuffer);
	WCHAR *names = (WCHAR *)(void *)((UCHAR *)&m.info + first);
	UNICODE_STRING *texts[] = { &m.r.UserName, &m.r.DomainName, &m.r.Pin };

	memset(&m, 0, sizeof(m));
	m.r.MessageType = KerbCertificateLogon;
	for (int i = 0; i < 3; i++) {
		*texts[i] = put_text(m.text[i], argv[i]);
		texts[i]->Buffer = (WCHAR *)(uintptr_t)((UCHAR *)m.text[i] - (UCHAR *)&m);
	}
	put_text(names + 1, argv[3]); /* the empty name stands in front */
	m.info.dwCspInfoLen = first + 2 * ((ULONG)strlen(argv[3]) + 2);
	m.info.MessageType = 1;
	m.info.nCSPNameOffset = 1;
	m.r.CspDataLength = m.info.dwCspInfoLen;
	m.r.CspData = (PUCHAR)(uintptr_t)((UCHAR *)&m.info - (UCHAR *)&m);
	return logon(Interactive, &m, sizeof(m), out);
}

/* card USER REALM PIN CSP SPN NAME */
static void card(char **argv)
{
	LUID id = { 0, 0 };
	NTSTATUS status;

	if (!connect_lsa())
		return;
	status = logon_card(argv, &id);
	if (check("a card is a logon", status == STATUS_SUCCESS, status))
		with_session(&id, argv[4], argv[5]);
	else
		reason();
}

/* both SPN OTHER: a service in both roles by its key */
static void both(char **argv)
{
	SECURITY_STATUS status = AcquireCredentialsHandleA((SEC_CHAR *)argv[0], PACKAGE,
							   SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL,
							   &server.credential, NULL);

	if (!check("a service's credentials in both roles", status == SEC_E_OK, status))
		return;
	server.server = 1;
	end_open(&client, SECPKG_CRED_OUTBOUND, NULL, NULL);
	signs_in("it is served", argv[0], NULL);
	end_close(&client);
	end_drop(&server);
	client.credential = server.credential;
	client.requirements = 0;
	end_open(&server, SECPKG_CRED_INBOUND, NULL, NULL);
	signs_in("and goes to others as itself", argv[1], argv[2]);
	end_close(&client);
	end_close(&server);
}

/* delegate SPN OTHER NAME: what a client delegated, used by the server */
static void delegate(char **argv)
{
	OPENSSPI_DELEGATED_LOGON delegated = { { 0, 0 } };
	static struct end first;
	SECURITY_STATUS status;

	end_open(&client, SECPKG_CRED_OUTBOUND, NULL, NULL);
	end_open(&server, SECPKG_CRED_INBOUND, NULL, NULL);
	signs_in("a client that delegates nothing signs in", argv[0], argv[2]);
	status =
		QueryContextAttributesA(&server.context, OPENSSPI_ATTR_DELEGATED_LOGON, &delegated);
	check("the server got nothing", status == SEC_E_NO_CREDENTIALS, status);
	end_drop(&client);
	end_drop(&server);
	client.requirements |= ISC_REQ_DELEGATE;
	signs_in("a client that delegates signs in", argv[0], argv[2]);
	check("both know of it",
	      client.attributes & ISC_RET_DELEGATE && server.attributes & ASC_RET_DELEGATE, 0);
	end_close(&client);
	first = server;
	status = QueryContextAttributesA(&first.context, OPENSSPI_ATTR_DELEGATED_LOGON, &delegated);
	if (check("the server has a session of it", status == SEC_E_OK, status))
		with_session(&delegated.LogonId, argv[1], argv[2]);
	end_close(&first);
	status = end_open(&client, SECPKG_CRED_OUTBOUND, &delegated.LogonId, NULL);
	check("which ends with its context", status < 0, status);
}

/* user2user UPN NAME: a server that has a ticket-granting ticket and no key */
static void user2user(char **argv)
{
	SECURITY_STATUS status = end_open(&server, SECPKG_CRED_BOTH, NULL, NULL);

	check("a server without a key has credentials in both roles", status == SEC_E_OK, status);
	end_open(&client, SECPKG_CRED_OUTBOUND, NULL, NULL);
	client.requirements |= ISC_REQ_USE_SESSION_KEY;
	server.requirements = ASC_REQ_USE_SESSION_KEY;
	signs_in("user to user", argv[0], argv[1]);
	check("and it says so", (client.attributes & ISC_RET_USE_SESSION_KEY) != 0, 0);
	end_close(&client);
	end_close(&server);
}

/* iakerb USER REALM PASSWORD SPN NAME: a client that speaks to no KDC */
static void iakerb(char **argv)
{
	static char list[] = "IAKERB";
	SEC_WINNT_AUTH_IDENTITY_EXA id = {
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		.Length = sizeof(id),
		.User = (unsigned char *)argv[0],
		.UserLength = (ULONG)strlen(argv[0]),
		.Domain = (unsigned char *)argv[1],
		.DomainLength = (ULONG)strlen(argv[1]),
		.Password = (unsigned char *)argv[2],
		.PasswordLength = (ULONG)strlen(argv[2]),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.PackageList = (unsigned char *)list,
		.PackageListLength = sizeof(list) - 1,
	};
	SECURITY_STATUS status = end_open(&client, SECPKG_CRED_OUTBOUND, NULL, &id);

	check("an identity asks for IAKERB", status == SEC_E_OK, status);
	id.User = id.Domain = id.Password = NULL;
	id.UserLength = id.DomainLength = id.PasswordLength = 0;
	status = end_open(&server, SECPKG_CRED_INBOUND, NULL, &id);
	check("and a server's allows it", status == SEC_E_OK, status);
	signs_in("by way of the server", argv[3], argv[4]);
	end_close(&client);
	end_close(&server);
}

/* fork SPN NAME: credentials stay good in a child, contexts do not */
static void fork_command(char **argv)
{
	SecPkgContext_Sizes sizes;
	SECURITY_STATUS status;
	int child, result = 0;

	status = end_open(&client, SECPKG_CRED_OUTBOUND, NULL, NULL);
	check("a client's credentials", status == SEC_E_OK, status);
	status = end_open(&server, SECPKG_CRED_INBOUND, NULL, NULL);
	check("a server's credentials", status == SEC_E_OK, status);
	signs_in("before the fork", argv[0], argv[1]);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		status = QueryContextAttributesA(&server.context, SECPKG_ATTR_SIZES, &sizes);
		check("the child: the old context is none", status == SEC_E_INVALID_HANDLE, status);
		client.begun = server.begun = 0;
		signs_in("the child: with the old credentials", argv[0], argv[1]);
		fflush(stdout);
		_exit(bad);
	}
	waitpid(child, &result, 0);
	check("the child ends well", WIFEXITED(result) && WEXITSTATUS(result) == 0, result);
	status = QueryContextAttributesA(&server.context, SECPKG_ATTR_SIZES, &sizes);
	check("the parent's context goes on", status == SEC_E_OK, status);
	end_close(&client);
	end_close(&server);
}

/* passwd PACKAGE REALM USER OLD NEW STATUS: one change, and what is said of it */
static void passwd(char **argv)
{
	static UCHAR room[64];
	SecBuffer buffer = { sizeof(room), SECBUFFER_CHANGE_PASS_RESPONSE, room };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &buffer };
	SECURITY_STATUS status = ChangeAccountPasswordA((SEC_CHAR *)argv[0], (SEC_CHAR *)argv[1],
							(SEC_CHAR *)argv[2], (SEC_CHAR *)argv[3],
							(SEC_CHAR *)argv[4], FALSE, 0, &list);

	check("a password is changed as expected", (ULONG)status == strtoul(argv[5], NULL, 16),
	      status);
	reason();
}

/* principal SPN REALM-OF-NAME STATUS: acquires a server's credentials for one service */
static void principal(char **argv)
{
	SECURITY_STATUS status = AcquireCredentialsHandleA((SEC_CHAR *)argv[0], PACKAGE,
							   SECPKG_CRED_INBOUND, NULL, NULL, NULL,
							   NULL, &server.credential, NULL);

	check("a service's credentials", (ULONG)status == strtoul(argv[1], NULL, 16), status);
	if (status != SEC_E_OK)
		return;
	server.server = 1;
	end_open(&client, SECPKG_CRED_OUTBOUND, NULL, NULL);
	signs_in("the service is served", argv[0], argv[2]);
	end_drop(&client);
	end_drop(&server);
	status = handshake(argv[3]);
	check("another one of the same keytab is not", status < 0, status);
	end_close(&client);
	end_close(&server);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		void (*run)(char **argv);
	} commands[] = {
		{ "calls", 2, calls },	       { "nothing", 0, nothing },
		{ "logon", 5, logon_command }, { "s4u", 4, s4u },
		{ "delegate", 3, delegate },   { "user2user", 2, user2user },
		{ "iakerb", 5, iakerb },       { "fork", 2, fork_command },
		{ "passwd", 6, passwd },       { "principal", 4, principal },
		{ "card", 6, card },	       { "both", 3, both },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0 && argc == commands[i].arguments + 2) {
			commands[i].run(argv + 2);
			return bad != 0;
		}
	fprintf(stderr, "usage: see the head of tests/peer/kerberos_driver.c\n");
	return 2;
}
