/* tests/peer/sspi_pipe.c - one end of a sign-in over stdin and stdout, for scripts that pair it with a peer.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sspi_pipe client|server PACKAGE [TARGET]: reads "user", "domain" and "password" lines first (client; all
 * empty: the default credentials), then token lines in hex ("-" for none); answers "STATUS-IN-HEX
 * TOKEN-IN-HEX". Further commands: "key" prints the session key, "name" the peer, "flags" the context's
 * attributes, "mechanism" the package, "reason" what the last failing call had to say, "why" why no better
 * package was negotiated, "sids" the client's SIDs, "seal HEX" ("wrap HEX": signed only) and "open HEX" protect a message (signature
 * first, then the data and what padding there is), "sign HEX" makes a signature and "verify SIGNATURE HEX"
 * checks one. SSPI_PIPE_FLAGS (hex) adds to the request's flags, SSPI_PIPE_BINDINGS (hex) are the channel's
 * application data, SSPI_PIPE_PRINCIPAL a server's name; SSPI_PIPE_BOTH gives a server credentials for both
 * roles. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <security.h>
#include <opensspi.h>

#define ROOM 65536

static CredHandle credential;
static CtxtHandle context;
static int has_context;
static const char *target = "HOST/server";
static ULONG attributes;

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	while (n < ROOM && text[2 * n] != ' ' && sscanf(text + 2 * n, "%2x", &byte) == 1)
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

static ULONG more_flags(void)
{
	const char *text = getenv("SSPI_PIPE_FLAGS");

	return text ? (ULONG)strtoul(text, NULL, 16) : 0;
}

/* SSPI_PIPE_BINDINGS as a buffer of that type; an empty one without. */
static SecBuffer bindings(void)
{
	static uint8_t block[sizeof(SEC_CHANNEL_BINDINGS) + ROOM];
	SEC_CHANNEL_BINDINGS head = { 0 };
	const char *text = getenv("SSPI_PIPE_BINDINGS");

	if (!text)
		return (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
	head.cbApplicationDataLength = (ULONG)from_hex(text, block + sizeof(head));
	head.dwApplicationDataOffset = sizeof(head);
	memcpy(block, &head, sizeof(head));
	return (SecBuffer){ (ULONG)sizeof(head) + head.cbApplicationDataLength,
			    SECBUFFER_CHANNEL_BINDINGS, block };
}

/* What a client asks for of its messages: sealed, unless they are only to be signed, or neither. */
static ULONG protection(void)
{
	const char *text = getenv("SSPI_PIPE_PROTECTION");

	if (!text)
		return ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY;
	return strcmp(text, "sign") == 0 ? ISC_REQ_INTEGRITY : 0;
}

static void step(int server, const char *token)
{
	static uint8_t bytes[ROOM];
	SecBuffer in[2] = { { (ULONG)from_hex(token, bytes), SECBUFFER_TOKEN, bytes }, bindings() },
		  out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, in[1].pvBuffer ? 2 : 1, in },
		      only_bindings = { SECBUFFER_VERSION, 1, &in[1] },
		      out_desc = { SECBUFFER_VERSION, 1, &out };
	SecBufferDesc *first = in[1].pvBuffer ? &only_bindings : NULL;
	CtxtHandle *old = has_context ? &context : NULL;
	SECURITY_STATUS status;

	if (server)
		status = AcceptSecurityContext(&credential, old, &in_desc,
					       ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY |
						       ASC_REQ_INTEGRITY | more_flags(),
					       SECURITY_NATIVE_DREP, &context, &out_desc,
					       &attributes, NULL);
	else
		status = InitializeSecurityContextA(&credential, old, (SEC_CHAR *)(uintptr_t)target,
						    ISC_REQ_ALLOCATE_MEMORY | protection() |
							    more_flags(),
						    0, SECURITY_NATIVE_DREP, old ? &in_desc : first,
						    0, &context, &out_desc, &attributes, NULL);
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

static SecPkgContext_Sizes sizes(void)
{
	SecPkgContext_Sizes found = { 0 };

	(void)QueryContextAttributesA(&context, SECPKG_ATTR_SIZES, &found);
	return found;
}

/* With SECQOP_WRAP_NO_ENCRYPT the message is signed and stays legible. */
static void seal(const char *text, ULONG qop)
{
	static uint8_t bytes[ROOM], signature[1024], padding[64];
	SecPkgContext_Sizes room = sizes();
	SecBuffer message[3] = { { room.cbSecurityTrailer, SECBUFFER_TOKEN, signature },
				 { (ULONG)from_hex(text, bytes), SECBUFFER_DATA, bytes },
				 { room.cbBlockSize, SECBUFFER_PADDING, padding } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 3, message };
	if (room.cbSecurityTrailer > sizeof(signature) || room.cbBlockSize > sizeof(padding))
		exit(2);
	if (room.cbBlockSize < 2) /* nothing is padded */
		desc.cBuffers = 2;
	SECURITY_STATUS status = EncryptMessage(&context, qop, &desc, 0);

	printf("%08x ", (unsigned)status);
	for (ULONG i = 0; i < desc.cBuffers; i++)
		print_hex(message[i].pvBuffer, message[i].cbBuffer);
	printf("\n");
}

/* NTLM's signature has 16 bytes and is apart from the data; others find the parts themselves. */
static void open_message(const char *text)
{
	static uint8_t bytes[ROOM];
	ULONG n = (ULONG)from_hex(text, bytes);
	int apart = sizes().cbSecurityTrailer == 16 && n >= 16;
	SecBuffer message[2] = { { n, SECBUFFER_STREAM, bytes }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, message };
	if (apart) {
		message[0] = (SecBuffer){ 16, SECBUFFER_TOKEN, bytes };
		message[1] = (SecBuffer){ n - 16, SECBUFFER_DATA, bytes + 16 };
	}
	ULONG qop = 0; /* who does not ask for it is not given what is signed only */
	SECURITY_STATUS status =
		DecryptMessage(&context, &desc, 0, getenv("SSPI_PIPE_PROTECTION") ? &qop : NULL);

	printf("%08x ", (unsigned)status);
	print_hex(message[1].pvBuffer, message[1].cbBuffer);
	printf("\n");
}

static void sign(const char *text)
{
	static uint8_t bytes[ROOM], signature[1024];
	ULONG room = sizes().cbMaxSignature;
	SecBuffer message[2] = { { room < 1024 ? room : 1024, SECBUFFER_TOKEN, signature },
				 { (ULONG)from_hex(text, bytes), SECBUFFER_DATA, bytes } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, message };

	printf("%08x ", (unsigned)MakeSignature(&context, 0, &desc, 0));
	print_hex(signature, message[0].cbBuffer);
	printf("\n");
}

static void mechanism(void)
{
	SecPkgContext_PackageInfoA info = { NULL };
	SECURITY_STATUS status = QueryContextAttributesA(&context, SECPKG_ATTR_PACKAGE_INFO, &info);

	printf("%08x %s\n", (unsigned)status, info.PackageInfo ? info.PackageInfo->Name : "-");
	FreeContextBuffer(info.PackageInfo);
}

static void reason(void)
{
	char *text = NULL;
	SECURITY_STATUS status = OpensspiLastReason(&text);

	printf("%08x %s\n", (unsigned)status, text ? text : "-");
	FreeContextBuffer(text);
}

static void tell_why(void)
{
	OPENSSPI_NEGOTIATION_REASON why = { NULL };
	SECURITY_STATUS status =
		QueryContextAttributesA(&context, OPENSSPI_ATTR_NEGOTIATION_REASON, &why);

	printf("%08x %s\n", (unsigned)status, why.Text ? why.Text : "-");
	FreeContextBuffer(why.Text);
}

/* Who the client is, as a server's authority says: the user's SID first. */
static void client_sids(void)
{
	OPENSSPI_CLIENT_SIDS sids = { 0 };
	SECURITY_STATUS status =
		QueryContextAttributesW(&context, OPENSSPI_ATTR_CLIENT_SIDS, &sids);

	printf("%08x ", (unsigned)status);
	for (ULONG i = 0; i < sids.Count; i++) {
		for (const WCHAR *c = sids.Sids[i]; *c; c++)
			putchar(*c);
		putchar(i + 1 < sids.Count ? ' ' : '\n');
	}
	if (!sids.Count)
		printf("-\n");
	FreeContextBuffer(sids.Sids);
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
		return AcquireCredentialsHandleA(
			getenv("SSPI_PIPE_PRINCIPAL"), (SEC_CHAR *)(uintptr_t)package,
			getenv("SSPI_PIPE_BOTH") ? SECPKG_CRED_BOTH : SECPKG_CRED_INBOUND, NULL,
			NULL, NULL, NULL, &credential, &expiry);
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
	void *data = user[0] || password[0] ? &identity : NULL;
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_OUTBOUND,
					 NULL, data, NULL, NULL, &credential, &expiry);
}

static void command(int server, char *line)
{
	if (strcmp(line, "key") == 0)
		session_key();
	else if (strcmp(line, "name") == 0)
		peer_name();
	else if (strcmp(line, "flags") == 0)
		printf("00000000 %x\n", (unsigned)attributes);
	else if (strcmp(line, "mechanism") == 0)
		mechanism();
	else if (strcmp(line, "reason") == 0)
		reason();
	else if (strcmp(line, "why") == 0)
		tell_why();
	else if (strcmp(line, "sids") == 0)
		client_sids();
	else if (strncmp(line, "seal ", 5) == 0)
		seal(line + 5, 0);
	else if (strncmp(line, "wrap ", 5) == 0)
		seal(line + 5, SECQOP_WRAP_NO_ENCRYPT);
	else if (strncmp(line, "open ", 5) == 0)
		open_message(line + 5);
	else if (strncmp(line, "sign ", 5) == 0)
		sign(line + 5);
	else if (strncmp(line, "verify ", 7) == 0 && strrchr(line, ' ') > line + 7)
		verify(line + 7, strrchr(line, ' ') + 1);
	else
		step(server, strcmp(line, "-") == 0 ? "" : line);
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
		command(server, line);
	}
}
