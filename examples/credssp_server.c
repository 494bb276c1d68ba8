/* examples/credssp_server.c - signs one CredSSP client in and sends back, sealed, what it says.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * usage: credssp_server PORT        (0: any free port; add accounts with `sspi account add NAME`)
 * Each token and each message travels behind its length: four bytes, big-endian. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <credssp.h>
#include <sspi.h>
#include <wincred.h>

#include "frames.h"

static int die(const char *doing, SECURITY_STATUS status)
{
	fprintf(stderr, "%s: 0x%08X\n", doing, (unsigned)status);
	return 1;
}

/* Listens on loopback and waits for one client. */
static int accept_one(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	socklen_t len = sizeof(a);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&a, &len) != 0)
		return -1;
	printf("listening on 127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	int fd = accept(listener, NULL, NULL);
	close(listener);
	return fd;
}

/* One call; `got` holds what the client sent and keeps what the call left over. */
static SECURITY_STATUS step(CredHandle *credential, CtxtHandle *context, struct frames *got, int fd)
{
	SecBuffer given[] = { { (ULONG)got->len, SECBUFFER_TOKEN, got->bytes },
			      { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in = { SECBUFFER_VERSION, 2, given }, out = { SECBUFFER_VERSION, 1, &token };
	ULONG flags = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR;

	SECURITY_STATUS status = AcceptSecurityContext(
		credential, SecIsValidHandle(context) ? context : NULL, &in, flags,
		SECURITY_NATIVE_DREP, context, &out, &flags, NULL);
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return frames_receive(got, fd) ? SEC_I_CONTINUE_NEEDED : SEC_E_INVALID_TOKEN;
	frames_keep(got, given[1].BufferType == SECBUFFER_EXTRA ? given[1].cbBuffer : 0);
	/* With a refusal this is the message that tells the client why. */
	if (token.cbBuffer && !frames_send(fd, token.pvBuffer, token.cbBuffer))
		status = SEC_E_INTERNAL_ERROR;
	if (token.pvBuffer)
		FreeContextBuffer(token.pvBuffer);
	if (status == SEC_I_CONTINUE_NEEDED && !got->len && !frames_receive(got, fd))
		status = SEC_E_INVALID_TOKEN;
	return status;
}

/* Who it is, and what the client handed over; a real server would now log the user on with it. */
static void print_client(CtxtHandle *context)
{
	SecPkgContext_NamesA names = { NULL };
	SecPkgContext_ClientCreds creds = { 0, NULL };
	char user[300] = "", domain[300] = "", password[300] = "";
	DWORD users = sizeof(user), domains = sizeof(domain), passwords = sizeof(password);

	if (QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK) {
		printf("signed in: %s\n", names.sUserName);
		FreeContextBuffer(names.sUserName);
	}
	if (QueryContextAttributesA(context, SECPKG_ATTR_CREDS, &creds) != SEC_E_OK)
		return;
	if (CredUnPackAuthenticationBufferA(0, creds.AuthBuffer, creds.AuthBufferLen, user, &users,
					    domain, &domains, password, &passwords))
		printf("delegated: user '%s', domain '%s', a password of %zu bytes\n", user, domain,
		       strlen(password));
	explicit_bzero(password, sizeof(password));
	FreeContextBuffer(creds.AuthBuffer); /* wipes it too */
	fflush(stdout);
}

int main(int argc, char **argv)
{
	CredHandle credential;
	CtxtHandle context;
	static struct frames got;
	char package[] = "CREDSSP";

	if (argc != 2)
		return fprintf(stderr, "usage: credssp_server PORT\n"), 2;
	/* Without auth data the library makes a certificate and keeps it. */
	SECURITY_STATUS status = AcquireCredentialsHandleA(
		NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &credential, NULL);
	if (status != SEC_E_OK)
		return die("AcquireCredentialsHandle", status);
	int fd = accept_one(argv[1]);
	if (fd < 0 || !frames_receive(&got, fd)) {
		FreeCredentialsHandle(&credential);
		return die("no client came", SEC_E_INTERNAL_ERROR);
	}

	SecInvalidateHandle(&context);
	do {
		status = step(&credential, &context, &got, fd);
	} while (status == SEC_I_CONTINUE_NEEDED);
	if (status == SEC_E_OK) {
		print_client(&context);
		while (frames_open(&context, fd, &got) == SEC_E_OK &&
		       frames_seal(&context, fd, got.message, strlen(got.message)) == SEC_E_OK)
			;
	}

	if (SecIsValidHandle(&context))
		DeleteSecurityContext(&context);
	FreeCredentialsHandle(&credential);
	close(fd);
	return status == SEC_E_OK ? 0 : die("sign-in", status);
}
