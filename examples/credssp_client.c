/* examples/credssp_client.c - signs in to a CredSSP server over plain TCP and says one sealed sentence.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * usage: credssp_client HOST PORT USER        (the password: asked for, or the first line of a pipe)
 * Each token and each message travels behind its length: four bytes, big-endian. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <credssp.h>
#include <sspi.h>

#include "frames.h"

static int die(const char *doing, SECURITY_STATUS status)
{
	fprintf(stderr, "%s: 0x%08X\n", doing, (unsigned)status);
	return 1;
}

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	if (getaddrinfo(host, port, &hints, &list) != 0)
		return -1;
	int fd = socket(list->ai_family, list->ai_socktype, 0);
	if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd;
}

/* The library copies what it is given, so the password can be wiped at once. */
static SECURITY_STATUS acquire(char *user, CredHandle *credential)
{
	char line[512] = "";
	char *password = isatty(STDIN_FILENO) ? getpass("Password: ")
					      : fgets(line, sizeof(line), stdin);
	if (!password)
		return SEC_E_NO_CREDENTIALS;
	password[strcspn(password, "\r\n")] = '\0';

	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)user,
		.UserLength = (ULONG)strlen(user),
		.Password = (unsigned char *)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED auth = { .Type = CredsspPasswordCreds, .pSpnegoCred = &identity };
	char package[] = "CREDSSP";
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
							   &auth, NULL, NULL, credential, NULL);
	explicit_bzero(password, strlen(password));
	return status;
}

/* One call; `got` holds what the server sent and keeps what the call left over. */
static SECURITY_STATUS step(CredHandle *credential, CtxtHandle *context, char *target,
			    struct frames *got, int fd)
{
	SecBuffer given[] = { { (ULONG)got->len, SECBUFFER_TOKEN, got->bytes },
			      { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in = { SECBUFFER_VERSION, 2, given }, out = { SECBUFFER_VERSION, 1, &token };
	ULONG flags = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR |
		      ISC_REQ_DELEGATE;
	int first = !SecIsValidHandle(context);

	SECURITY_STATUS status =
		InitializeSecurityContextA(credential, first ? NULL : context, target, flags, 0,
					   SECURITY_NATIVE_DREP, first ? NULL : &in, 0, context,
					   &out, &flags, NULL);
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return frames_receive(got, fd) ? SEC_I_CONTINUE_NEEDED : SEC_E_LOGON_DENIED;
	frames_keep(got, given[1].BufferType == SECBUFFER_EXTRA ? given[1].cbBuffer : 0);
	/* Whatever the status: what the call put out belongs on the wire. */
	if (token.cbBuffer && !frames_send(fd, token.pvBuffer, token.cbBuffer))
		status = SEC_E_INTERNAL_ERROR;
	if (token.pvBuffer)
		FreeContextBuffer(token.pvBuffer);
	/* A server that closes now has refused the logon. */
	if (status == SEC_I_CONTINUE_NEEDED && !got->len && !frames_receive(got, fd))
		status = SEC_E_LOGON_DENIED;
	return status;
}

static SECURITY_STATUS say(CtxtHandle *context, const char *text, struct frames *got, int fd)
{
	SECURITY_STATUS status = frames_seal(context, fd, text, strlen(text));
	if (status == SEC_E_OK)
		status = frames_open(context, fd, got);
	return status;
}

int main(int argc, char **argv)
{
	CredHandle credential;
	CtxtHandle context;
	static struct frames got;
	char target[300];

	if (argc != 4)
		return fprintf(stderr, "usage: credssp_client HOST PORT USER\n"), 2;
	int fd = connect_to(argv[1], argv[2]);
	if (fd < 0)
		return fprintf(stderr, "nobody answers at %s port %s\n", argv[1], argv[2]), 3;
	SECURITY_STATUS status = acquire(argv[3], &credential);
	if (status != SEC_E_OK)
		return die("AcquireCredentialsHandle", status);

	snprintf(target, sizeof(target), "TERMSRV/%s", argv[1]);
	SecInvalidateHandle(&context);
	do {
		status = step(&credential, &context, target, &got, fd);
	} while (status == SEC_I_CONTINUE_NEEDED);
	if (status == SEC_E_OK) {
		printf("signed in\n");
		status = say(&context, "hello", &got, fd);
	}
	if (status == SEC_E_OK)
		printf("the server answers: %s\n", got.message);

	if (SecIsValidHandle(&context))
		DeleteSecurityContext(&context);
	FreeCredentialsHandle(&credential);
	close(fd);
	return status == SEC_E_OK ? 0 : die("sign-in", status);
}
