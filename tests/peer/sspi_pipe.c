/* tests/peer/sspi_pipe.c - one end of a sign-in over stdin and stdout, for scripts that pair it with a peer.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sspi_pipe client|server PACKAGE [TARGET]: reads "user", "domain" and "password" lines first (client),
 * then token lines in hex ("-" for none); answers "STATUS-IN-HEX TOKEN-IN-HEX". Further commands:
 * "key" prints the session key, "name" the peer, "seal HEX" and "open HEX" protect a message
 * (signature first), "sign HEX" makes a signature and "verify SIGNATURE HEX" checks one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <security.h>

#define ROOM 65536

static CredHandle credential;
static CtxtHandle context;
static int has_context;
static const char *target = "HOST/server";

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	while (n < ROOM && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static void print_hex(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", ((const uint8_t *)p)[i]);
}

static void read_line(char *line, size_t room)
{
	if (!fgets(line, (int)room, stdin))
		exit(0);
	line[strcspn(line, "\n")] = '\0';
}

static void step(int server, const char *token)
{
	static uint8_t bytes[ROOM];
	ULONG attributes;
	SecBuffer in = { (ULONG)from_hex(token, bytes), SECBUFFER_TOKEN, bytes },
		  out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in },
		      out_desc = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle *old = has_context ? &context : NULL;
	SECURITY_STATUS status;

	if (server)
		status = AcceptSecurityContext(
			&credential, old, &in_desc,
			ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY,
			SECURITY_NATIVE_DREP, &context, &out_desc, &attributes, NULL);
	else
		status = InitializeSecurityContextA(
			&credential, old, (SEC_CHAR *)(uintptr_t)target,
			ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY, 0,
			SECURITY_NATIVE_DREP, old ? &in_desc : NULL, 0, &context, &out_desc,
			&attributes, NULL);
	if (status >= 0)
		has_context = 1;
	printf("%08x ", (unsigned)status);
	if (out.pvBuffer && out.cbBuffer)
		print_hex(out.pvBuffer, out.cbBuffer);
	else
		printf("-");
	printf("\n");
	FreeContextBuffer(out.pvBuffer);
}

static void session_key(void)
{
	SecPkgContext_SessionKey key = { 0 };
	SECURITY_STATUS status = QueryContextAttributesA(&context, SECPKG_ATTR_SESSION_KEY, &key);
	printf("%08x ", (unsigned)status);
	print_hex(key.SessionKey, key.SessionKeyLength);
	printf("\n");
	FreeContextBuffer(key.SessionKey);
}

static void peer_name(void)
{
	SecPkgContext_NamesA names = { 0 };
	SECURITY_STATUS status = QueryContextAttributesA(&context, SECPKG_ATTR_NAMES, &names);
	printf("%08x %s\n", (unsigned)status, names.sUserName ? names.sUserName : "-");
	FreeContextBuffer(names.sUserName);
}

static void protect(const char *text, int open)
{
	static uint8_t bytes[ROOM + 16];
	size_t n = from_hex(text, bytes + (open ? 0 : 16));
	size_t data = open ? n - 16 : n;
	SecBuffer message[2] = { { 16, SECBUFFER_TOKEN, bytes },
				 { (ULONG)data, SECBUFFER_DATA, bytes + 16 } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, message };
	SECURITY_STATUS status = open ? DecryptMessage(&context, &desc, 0, NULL)
				      : EncryptMessage(&context, 0, &desc, 0);

	printf("%08x ", (unsigned)status);
	print_hex(open ? bytes + 16 : bytes, open ? data : n + 16);
	printf("\n");
}

static void sign(const char *text)
{
	static uint8_t bytes[ROOM], signature[16];
	SecBuffer message[2] = { { sizeof(signature), SECBUFFER_TOKEN, signature },
				 { (ULONG)from_hex(text, bytes), SECBUFFER_DATA, bytes } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, message };

	printf("%08x ", (unsigned)MakeSignature(&context, 0, &desc, 0));
	print_hex(signature, message[0].cbBuffer);
	printf("\n");
}

static void verify(const char *text, const char *data)
{
	static uint8_t bytes[ROOM], signature[ROOM];
	SecBuffer message[2] = { { (ULONG)from_hex(text, signature), SECBUFFER_TOKEN, signature },
				 { (ULONG)from_hex(data, bytes), SECBUFFER_DATA, bytes } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, message };

	printf("%08x -\n", (unsigned)VerifySignature(&context, &desc, 0, NULL));
}

static SECURITY_STATUS acquire(int server, const char *package)
{
	char user[256], domain[256], password[1024];
	TimeStamp expiry;

	if (server)
		return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package,
						 SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
						 &credential, &expiry);
	read_line(user, sizeof(user));
	read_line(domain, sizeof(domain));
	read_line(password, sizeof(password));
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)user,
		.UserLength = (ULONG)strlen(user),
		.Domain = (unsigned char *)domain,
		.DomainLength = (ULONG)strlen(domain),
		.Password = (unsigned char *)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_OUTBOUND,
					 NULL, &identity, NULL, NULL, &credential, &expiry);
}

int main(int argc, char **argv)
{
	static char line[2 * ROOM + 16];

	if (argc < 3) {
		fprintf(stderr, "usage: sspi_pipe client|server PACKAGE [TARGET]\n");
		return 2;
	}
	int server = strcmp(argv[1], "server") == 0;
	if (argc > 3)
		target = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%08x ready\n", (unsigned)acquire(server, argv[2]));
	for (;;) {
		read_line(line, sizeof(line));
		if (strcmp(line, "key") == 0)
			session_key();
		else if (strcmp(line, "name") == 0)
			peer_name();
		else if (strncmp(line, "seal ", 5) == 0)
			protect(line + 5, 0);
		else if (strncmp(line, "open ", 5) == 0)
			protect(line + 5, 1);
		else if (strncmp(line, "sign ", 5) == 0)
			sign(line + 5);
		else if (strncmp(line, "verify ", 7) == 0 && strrchr(line, ' ') > line + 7)
			verify(line + 7, strrchr(line, ' ') + 1);
		else
			step(server, strcmp(line, "-") == 0 ? "" : line);
	}
}
