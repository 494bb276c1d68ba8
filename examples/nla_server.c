/* examples/nla_server.c - an RDP server that has its TLS already and adds NLA: OpenSSL below, TSSSP above.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * usage: nla_server PORT CERTIFICATE KEY        (PEM; 0: any free port; `sspi account add NAME` first)
 * What matters is sign_in(): bytes of the TLS connection in, bytes for it out, at the end who it is. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <credssp.h>
#include <sspi.h>
#include <wincred.h>

/* [MS-RDPBCGR] 2.2.1.1: the client's request; the answer selects NLA (PROTOCOL_HYBRID) or insists on it. */
static int negotiate(int fd)
{
	unsigned char q[260], answer[19] = { 3, 0, 0, 19, 14, 0xD0, 0, 0, 0, 0, 0, 2, 0, 8, 0, 2 };

	if (recv(fd, q, 4, MSG_WAITALL) != 4 || q[0] != 3 || q[2] != 0 || q[3] < 11 ||
	    recv(fd, q + 4, q[3] - 4u, MSG_WAITALL) != q[3] - 4)
		return 0;
	/* behind a cookie's line, if there is one: type, flags, length, four bytes of protocols */
	const unsigned char *line = memmem(q + 11, q[3] - 11u, "\r\n", 2);
	const unsigned char *asked = line ? line + 2 : q + 11;
	int hybrid = asked + 8 <= q + q[3] && asked[0] == 1 && (asked[4] & 2);
	if (!hybrid)
		answer[11] = 3, answer[15] = 5; /* RDP_NEG_FAILURE: HYBRID_REQUIRED_BY_SERVER */
	return send(fd, answer, sizeof(answer), MSG_NOSIGNAL) == sizeof(answer) && hybrid;
}

/* CredSSP inside the TLS connection, bound to the certificate that the package is shown as `shown`. What
 * the package says goes out whatever the status: with a refusal it tells the client why. */
static SECURITY_STATUS sign_in(SSL *ssl, CredHandle *credential, CtxtHandle *context,
			       SecBuffer shown)
{
	static unsigned char got[1 << 16];
	SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
	int len = 0, more;

	while (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE) {
		if ((more = SSL_read(ssl, got + len, (int)sizeof(got) - len)) <= 0)
			return SEC_E_CONTEXT_EXPIRED;
		len += more;
		SecBuffer in[3] = { { (ULONG)len, SECBUFFER_TOKEN, got }, shown };
		SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
		SecBufferDesc given = { SECBUFFER_VERSION, 3, in },
			      said = { SECBUFFER_VERSION, 1, &token };
		ULONG flags = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_EXTENDED_ERROR;
		status = AcceptSecurityContext(
			credential, SecIsValidHandle(context) ? context : NULL, &given, flags,
			SECURITY_NATIVE_DREP, context, &said, &flags, NULL);
		if (token.cbBuffer && SSL_write(ssl, token.pvBuffer, (int)token.cbBuffer) <= 0)
			status = SEC_E_CONTEXT_EXPIRED;
		if (token.pvBuffer)
			FreeContextBuffer(token.pvBuffer);
		if (status == SEC_E_INCOMPLETE_MESSAGE)
			continue;
		int rest = in[2].BufferType == SECBUFFER_EXTRA ? (int)in[2].cbBuffer : 0;
		memmove(got, got + len - rest, (size_t)rest);
		len = rest;
	}
	return status;
}

/* Who it is; and what the client handed over for the desktop session: its word alone, to be checked. */
static void print_client(CtxtHandle *context)
{
	SecPkgContext_NamesA who = { NULL };
	SecPkgContext_ClientCreds creds = { 0, NULL };
	char user[300] = "", domain[300] = "", password[300] = "";
	DWORD users = sizeof(user), domains = sizeof(domain), passwords = sizeof(password);

	if (QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &who) == SEC_E_OK)
		printf("signed in: %s", who.sUserName);
	FreeContextBuffer(who.sUserName);
	if (QueryContextAttributesA(context, SECPKG_ATTR_CREDS, &creds) == SEC_E_OK &&
	    CredUnPackAuthenticationBufferA(0, creds.AuthBuffer, creds.AuthBufferLen, user, &users,
					    domain, &domains, password, &passwords))
		printf(", handed over: user '%s', domain '%s', a password of %zu bytes", user,
		       domain, strlen(password));
	putchar('\n');
	explicit_bzero(password, sizeof(password));
	FreeContextBuffer(creds.AuthBuffer); /* wipes it too */
}

static void serve(int fd, SSL_CTX *tls, CredHandle *credential)
{
	unsigned char shown[1 << 14], *der = shown + 4;
	SSL *ssl = SSL_new(tls);
	CtxtHandle context;
	SECURITY_STATUS status = SEC_E_NO_CREDENTIALS;

	SecInvalidateHandle(&context);
	if (!negotiate(fd) || SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1)
		return (void)puts("no NLA");
	/* the own certificate: four bytes of length, little-endian, and its DER */
	int n = i2d_X509(SSL_get_certificate(ssl), NULL);
	for (int i = 0; i < 4; i++)
		shown[i] = (unsigned char)(n >> 8 * i);
	if (n > 0 && n <= (int)sizeof(shown) - 4 && i2d_X509(SSL_get_certificate(ssl), &der) == n)
		status = sign_in(
			ssl, credential, &context,
			(SecBuffer){ (ULONG)n + 4, SECBUFFER_TOKEN | SECBUFFER_READONLY, shown });
	if (status == SEC_E_OK)
		print_client(&context);
	else
		printf("refused: 0x%08X\n", (unsigned)status);
	DeleteSecurityContext(&context); /* refused without harm when there is none */
	SSL_shutdown(ssl);
	SSL_free(ssl);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	socklen_t len = sizeof(a);
	CredHandle credential;

	if (argc != 4 || SSL_CTX_use_certificate_chain_file(tls, argv[2]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, argv[3], SSL_FILETYPE_PEM) != 1)
		return fprintf(stderr, "usage: nla_server PORT CERTIFICATE KEY\n"), 2;
	SSL_CTX_set_options(tls, SSL_OP_NO_TICKET); /* CredSSP knows no resumption */
	if (AcquireCredentialsHandleA(NULL, (char[]){ TS_SSP_NAME_A }, SECPKG_CRED_INBOUND, NULL,
				      NULL, NULL, NULL, &credential, NULL) != SEC_E_OK)
		return fprintf(stderr, "TSSSP is not there\n"), 1;
	a.sin_port = htons((uint16_t)atoi(argv[1]));
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(listener, 8) != 0 || getsockname(listener, (struct sockaddr *)&a, &len) != 0)
		return perror("listening"), 1;
	printf("listening on 127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);
	for (; (fd = accept(listener, NULL, NULL)) >= 0; close(fd)) {
		if (fork() != 0) /* the credential stays good in the child */
			continue;
		alarm(30);
		serve(fd, tls, &credential);
		return fflush(stdout);
	}
	return 1;
}
