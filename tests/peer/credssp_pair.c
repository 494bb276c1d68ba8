/* tests/peer/credssp_pair.c - both ends of a CredSSP sign-in in one process, and all that they know afterwards.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * credssp_pair CREDSSP|TSSSP password|card|guard|none TARGET: reads the lines user, domain, password (or PIN)
 * and the name of a card's provider; prints a line for each thing that is known, "client STATUS FLAGS",
 * "server STATUS FLAGS", "creds TYPE user domain n", "logon STATUS user" and so on. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <security.h>
#include <credssp.h>
#include <ntsecapi.h>
#include <opensspi.h>
#include <wincred.h>

#define ROOM (1u << 20)
#define LINE 512

struct end {
	bool server, has_context;
	CredHandle credential;
	CtxtHandle context;
	ULONG attributes;
	SECURITY_STATUS status;
	uint8_t *inbox;
	ULONG inbox_n;
};

static struct {
	const char *package, *kind, *target;
	char user[LINE], domain[LINE], secret[LINE], provider[LINE];
} wish;

/* TSSSP is told the server's certificate; a SubjectPublicKeyInfo of P-256 will do. */
static uint8_t certificate[] = { 0x5B, 0x00, 0x00, 0x00, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A,
				 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
				 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x7E, 0x31,
				 0xBA, 0x3C, 0xC9, 0x94, 0x9C, 0xBF, 0x3D, 0x97, 0x73, 0x65, 0x0F,
				 0x7A, 0xB5, 0xA8, 0x0B, 0x5D, 0xE8, 0x32, 0x21, 0x6D, 0x5F, 0xD9,
				 0x58, 0x70, 0xBA, 0x3D, 0x90, 0x04, 0x5D, 0xDF, 0xBB, 0x2A, 0x41,
				 0xC8, 0xEC, 0x3D, 0x6B, 0x47, 0xCE, 0x84, 0xED, 0xBD, 0x06, 0xEF,
				 0xFD, 0x18, 0x94, 0x42, 0xB8, 0x44, 0x7E, 0x0F, 0xA2, 0x7A, 0xA7,
				 0x84, 0x96, 0xD9, 0xBC, 0x61, 0x31, 0x4B };

static void read_line(char line[LINE])
{
	if (!fgets(line, LINE, stdin))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* ASCII as UTF-16. */
static UNICODE_STRING wide(const char *text)
{
	size_t n = strlen(text);
	WCHAR *p = calloc(n + 1, sizeof(*p));

	if (!p)
		abort();
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)text[i];
	return (UNICODE_STRING){ (USHORT)(n * 2), (USHORT)(n * 2), p };
}

static void print_wide(const WCHAR *text)
{
	for (; text && *text; text++)
		putchar(*text < 0x80 ? *text : '?');
}

/* ---- credentials ---- */

/* KERB_SMARTCARD_CSP_INFO with a provider's name and no other. */
static uint8_t *card_info(ULONG *n)
{
	UNICODE_STRING csp = wide(wish.provider);
	KERB_SMARTCARD_CSP_INFO *info;

	*n = (ULONG)(sizeof(*info) + csp.Length + 2);
	info = calloc(1, *n);
	if (!info)
		abort();
	info->dwCspInfoLen = *n;
	info->MessageType = 1;
	info->KeySpec = 1;
	info->nCSPNameOffset = 1; /* character 0 is the others' empty text */
	memcpy(&info->bBuffer + 1, csp.Buffer, csp.Length);
	free(csp.Buffer);
	return (uint8_t *)info;
}

static void use_identity(CREDSSP_CRED *cred)
{
	static SEC_WINNT_AUTH_IDENTITY_A identity;

	if (!wish.user[0] && !wish.secret[0])
		return;
	identity = (SEC_WINNT_AUTH_IDENTITY_A){
		.User = (unsigned char *)wish.user,
		.UserLength = (ULONG)strlen(wish.user),
		.Domain = wish.domain[0] ? (unsigned char *)wish.domain : NULL,
		.DomainLength = (ULONG)strlen(wish.domain),
		.Password = wish.secret[0] ? (unsigned char *)wish.secret : NULL,
		.PasswordLength = (ULONG)strlen(wish.secret),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	cred->pSpnegoCred = &identity;
}

static void use_card(CREDSSP_CRED *cred)
{
	static KERB_CERTIFICATE_LOGON logon;

	logon = (KERB_CERTIFICATE_LOGON){ .MessageType = KerbCertificateLogon,
					  .DomainName = wide(wish.domain),
					  .UserName = wide(wish.user),
					  .Pin = wide(wish.secret) };
	logon.CspData = card_info(&logon.CspDataLength);
	cred->Type = CredsspCertificateCreds;
	cred->pSpnegoCred = &logon;
}

static SECURITY_STATUS acquire(struct end *e)
{
	CREDSSP_CRED_EX ex = { .Type = CredsspCredEx,
			       .Version = CREDSSP_CRED_EX_VERSION,
			       .Cred = { .Type = CredsspPasswordCreds } };

	if (!e->server && strcmp(wish.kind, "card") == 0)
		use_card(&ex.Cred);
	else if (!e->server)
		use_identity(&ex.Cred);
	if (strcmp(wish.kind, "guard") == 0)
		ex.Flags = CREDSSP_FLAG_REDIRECT;
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)wish.package,
					 e->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND,
					 NULL, e->server ? NULL : &ex, NULL, NULL, &e->credential,
					 NULL);
}

/* ---- the conversation ---- */

static SECURITY_STATUS call(struct end *e, SecBufferDesc *in, SecBufferDesc *out)
{
	CtxtHandle *old = e->has_context ? &e->context : NULL;

	if (e->server)
		return AcceptSecurityContext(
			&e->credential, old, in, ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_DELEGATE,
			SECURITY_NATIVE_DREP, &e->context, out, &e->attributes, NULL);
	ULONG flags = ISC_REQ_ALLOCATE_MEMORY |
		      (strcmp(wish.kind, "none") == 0 ? 0 : ISC_REQ_DELEGATE);
	return InitializeSecurityContextA(&e->credential, old, (SEC_CHAR *)wish.target, flags, 0,
					  SECURITY_NATIVE_DREP, old || in->cBuffers > 2 ? in : NULL,
					  0, &e->context, out, &e->attributes, NULL);
}

/* Feeds the inbox; what is said goes into the other's. */
static void step(struct end *e, struct end *peer)
{
	SecBuffer in[3] = { { e->inbox_n, SECBUFFER_TOKEN, e->inbox },
			    { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer said = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc given = { SECBUFFER_VERSION, 2, in }, out = { SECBUFFER_VERSION, 1, &said };

	if (strcmp(wish.package, "TSSSP") == 0) {
		in[2] = in[1];
		in[1] = (SecBuffer){ sizeof(certificate), SECBUFFER_TOKEN | SECBUFFER_READONLY,
				     certificate };
		given.cBuffers = 3;
	}
	e->status = call(e, &given, &out);
	SecBuffer *last = &in[given.cBuffers - 1];
	if (e->status == SEC_E_INCOMPLETE_MESSAGE)
		return;
	e->has_context = e->has_context || e->status == SEC_E_OK ||
			 e->status == SEC_I_CONTINUE_NEEDED;
	ULONG rest = last->BufferType == SECBUFFER_EXTRA ? last->cbBuffer : 0;
	memmove(e->inbox, e->inbox + e->inbox_n - rest, rest);
	e->inbox_n = rest;
	if (said.pvBuffer && peer->inbox_n + said.cbBuffer <= ROOM) {
		memcpy(peer->inbox + peer->inbox_n, said.pvBuffer, said.cbBuffer);
		peer->inbox_n += said.cbBuffer;
	}
	FreeContextBuffer(said.pvBuffer);
}

static void print_reason(void)
{
	char *reason = NULL;

	if (OpensspiLastReason(&reason) == SEC_E_OK)
		printf("reason %s\n", reason);
	FreeContextBuffer(reason);
}

static bool goes_on(const struct end *e)
{
	return e->status == SEC_I_CONTINUE_NEEDED;
}

static void converse(struct end *client, struct end *server)
{
	bool told = false;

	step(client, server);
	while (goes_on(client) || goes_on(server)) {
		if (client->status < 0 && !told) /* the next call has a reason of its own */
			print_reason();
		told = client->status < 0;
		if (server->inbox_n && goes_on(server))
			step(server, client);
		else if (client->inbox_n && goes_on(client))
			step(client, server);
		else
			break;
	}
}

/* ---- what is known ---- */

static void print_end(struct end *e)
{
	SecPkgContext_NamesW names = { NULL };
	SecPkgContext_NativeNamesW native = { NULL, NULL };
	SecPkgContext_PackageInfoW package = { NULL };
	SecPkgContext_Flags flags = { 0 };
	const char *who = e->server ? "server" : "client";

	printf("%s %08x %08x\n", who, (unsigned)e->status, (unsigned)e->attributes);
	if (QueryContextAttributesW(&e->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK) {
		printf("%s-name ", who);
		print_wide(names.sUserName);
		FreeContextBuffer(names.sUserName);
		putchar('\n');
	}
	if (QueryContextAttributesW(&e->context, SECPKG_ATTR_NATIVE_NAMES, &native) == SEC_E_OK) {
		printf("%s-native ", who);
		print_wide(native.sClientName);
		putchar(' ');
		print_wide(native.sServerName);
		FreeContextBuffer(native.sClientName);
		FreeContextBuffer(native.sServerName);
		putchar('\n');
	}
	if (QueryContextAttributesW(&e->context, SECPKG_ATTR_NEGOTIATION_PACKAGE, &package) ==
	    SEC_E_OK) {
		printf("%s-mechanism ", who);
		print_wide(package.PackageInfo->Name);
		FreeContextBuffer(package.PackageInfo);
		putchar('\n');
	}
	if (QueryContextAttributesW(&e->context, SECPKG_ATTR_SERVER_AUTH_FLAGS, &flags) == SEC_E_OK)
		printf("%s-authenticated %x\n", who, (unsigned)flags.Flags);
}

static void print_more(struct end *e)
{
	SecPkgContext_Lifespan life;
	OPENSSPI_NEGOTIATION_REASON why = { NULL };
	OPENSSPI_CLIENT_SIDS sids = { 0 };
	SecPkgContext_SessionKey key = { 0 };

	printf("lifespan %08x\n",
	       (unsigned)QueryContextAttributesW(&e->context, SECPKG_ATTR_LIFESPAN, &life));
	printf("why %08x\n", (unsigned)QueryContextAttributesW(
				     &e->context, OPENSSPI_ATTR_NEGOTIATION_REASON, &why));
	printf("sids %08x\n",
	       (unsigned)QueryContextAttributesW(&e->context, OPENSSPI_ATTR_CLIENT_SIDS, &sids));
	printf("key %08x\n",
	       (unsigned)QueryContextAttributesW(&e->context, SECPKG_ATTR_SESSION_KEY, &key));
	printf("tickets %08x\n",
	       (unsigned)QueryContextAttributesW(&e->context, OPENSSPI_ATTR_REMOTE_GUARD, &why));
	FreeContextBuffer(why.Text);
	FreeContextBuffer(sids.Sids);
}

static void print_logon(const SecPkgContext_ClientCreds *creds)
{
	static char name[] = "Kerberos", origin[] = "pair";
	LSA_STRING package = { sizeof(name) - 1, sizeof(name), name };
	LSA_STRING from = { sizeof(origin) - 1, sizeof(origin), origin };
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	TOKEN_SOURCE source = { .SourceName = "pair" };
	QUOTA_LIMITS quotas;
	NTSTATUS sub = 0;
	HANDLE lsa = NULL, token = NULL;
	ULONG id = 0, profile_n = 0;
	PVOID profile = NULL;
	LUID logon = { 0, 0 };

	if (LsaConnectUntrusted(&lsa) || LsaLookupAuthenticationPackage(lsa, &package, &id))
		return;
	NTSTATUS status = LsaLogonUser(lsa, &from, Interactive, id, creds->AuthBuffer,
				       creds->AuthBufferLen, NULL, &source, &profile, &profile_n,
				       &logon, &token, &quotas, &sub);
	printf("logon %08x ", (unsigned)status);
	if (status == 0 && LsaGetLogonSessionData(&logon, &data) == 0) {
		print_wide(data->UserName.Buffer);
		putchar('@');
		print_wide(data->LogonDomain.Buffer);
	}
	putchar('\n');
	LsaFreeReturnBuffer(data);
	LsaFreeReturnBuffer(profile);
	if (token)
		CloseHandle(token);
	LsaDeregisterLogonProcess(lsa);
}

static void print_creds(struct end *e, const char *what, ULONG attribute)
{
	char user[LINE] = "", domain[LINE] = "", secret[LINE] = "";
	DWORD user_n = LINE, domain_n = LINE, secret_n = LINE;
	SecPkgContext_ClientCreds creds = { 0 };
	uint32_t type = 0;

	SECURITY_STATUS status = QueryContextAttributesW(&e->context, attribute, &creds);
	if (status != SEC_E_OK) {
		printf("%s none %08x\n", what, (unsigned)status);
		return;
	}
	if (creds.AuthBufferLen >= sizeof(type))
		memcpy(&type, creds.AuthBuffer, sizeof(type));
	CredUnPackAuthenticationBufferA(0, creds.AuthBuffer, creds.AuthBufferLen, user, &user_n,
					domain, &domain_n, secret, &secret_n);
	printf("%s %u '%s' '%s' %zu\n", what, (unsigned)type, user, domain, strlen(secret));
	if (attribute == SECPKG_ATTR_CREDS_2)
		print_logon(&creds);
	FreeContextBuffer(creds.AuthBuffer);
}

static void done(struct end *e)
{
	if (e->has_context)
		DeleteSecurityContext(&e->context);
	FreeCredentialsHandle(&e->credential);
	free(e->inbox);
}

int main(int argc, char **argv)
{
	struct end client = { .server = false }, server = { .server = true };

	if (argc != 4)
		return 2;
	wish.package = argv[1];
	wish.kind = argv[2];
	wish.target = argv[3];
	read_line(wish.user);
	read_line(wish.domain);
	read_line(wish.secret);
	read_line(wish.provider);
	client.inbox = malloc(ROOM);
	server.inbox = malloc(ROOM);
	client.status = acquire(&client);
	server.status = acquire(&server);
	printf("acquired %08x %08x\n", (unsigned)client.status, (unsigned)server.status);
	if (!client.inbox || !server.inbox || client.status || server.status)
		return 1;
	server.status = SEC_I_CONTINUE_NEEDED;
	converse(&client, &server);
	print_end(&client);
	print_end(&server);
	if (server.status == SEC_E_OK) {
		print_more(&server);
		print_creds(&server, "creds", SECPKG_ATTR_CREDS);
		print_creds(&server, "creds2", SECPKG_ATTR_CREDS_2);
	}
	done(&client);
	done(&server);
	return 0;
}
