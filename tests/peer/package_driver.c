/* tests/peer/package_driver.c - signs in with ToySSP as an application would, by public headers alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * package_driver given          both ends with secrets of their own; then a wrong one; then bad tokens
 * package_driver save TARGET    saves secrets by LsaCallAuthenticationPackage: for TARGET and for us
 * package_driver saved TARGET   both ends with what was saved
 * Prints one "ok SENTENCE" or "FAIL SENTENCE STATUS" a line. */
#include <ntsecapi.h>
#include <ntstatus.h>
#include <opensspi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toyssp.h"

#define SECRET "a secret of sufficient length!"

static int bad;

static void check(const char *sentence, int good, long status)
{
	bad += !good;
	if (good)
		printf("ok %s\n", sentence);
	else
		printf("FAIL %s 0x%08x\n", sentence, (unsigned)status);
}

struct end {
	CredHandle credential;
	CtxtHandle context;
	int begun;
	UCHAR token[256];
	SecBuffer buffer;
	SecBufferDesc list;
};

static SECURITY_STATUS end_open(struct end *e, ULONG use, const char *secret)
{
	TOY_AUTH auth = { .Length = secret ? (ULONG)strlen(secret) : 0 };

	memset(e, 0, sizeof(*e));
	if (secret)
		memcpy(auth.Secret, secret, auth.Length);
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)TOYSSP_NAME, use, NULL, secret ? &auth : NULL,
					 NULL, NULL, &e->credential, NULL);
}

static void end_close(struct end *e)
{
	if (e->begun)
		DeleteSecurityContext(&e->context);
	FreeCredentialsHandle(&e->credential);
}

/* One call of either function: takes what the other end said. */
static SECURITY_STATUS end_step(struct end *e, int server, const char *target, struct end *from)
{
	ULONG attributes;
	SECURITY_STATUS status;

	e->buffer = (SecBuffer){ sizeof(e->token), SECBUFFER_TOKEN, e->token };
	e->list = (SecBufferDesc){ SECBUFFER_VERSION, 1, &e->buffer };
	if (server)
		status = AcceptSecurityContext(&e->credential, e->begun ? &e->context : NULL, &from->list, 0,
					       SECURITY_NATIVE_DREP, &e->context, &e->list, &attributes,
					       NULL);
	else
		status = InitializeSecurityContextA(&e->credential, e->begun ? &e->context : NULL,
						    (SEC_CHAR *)target, 0, 0, SECURITY_NATIVE_DREP,
						    from ? &from->list : NULL, 0, &e->context, &e->list,
						    &attributes, NULL);
	e->begun |= status >= 0;
	return status;
}

static SECURITY_STATUS talk(struct end *client, struct end *server, const char *target)
{
	SECURITY_STATUS status = end_step(client, 0, target, NULL);

	if (status == SEC_I_CONTINUE_NEEDED)
		status = end_step(server, 1, NULL, client);
	if (status == SEC_I_CONTINUE_NEEDED)
		status = end_step(client, 0, target, server);
	return status == SEC_E_OK ? end_step(server, 1, NULL, client) : status;
}

static SECURITY_STATUS sign_and_verify(struct end *from, struct end *to, int spoil)
{
	SecPkgContext_Sizes sizes = { 0 };
	char text[] = "a message";
	UCHAR signature[64];
	SecBuffer parts[] = { { sizeof(text), SECBUFFER_DATA, text },
			      { sizeof(signature), SECBUFFER_TOKEN, signature } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };

	SECURITY_STATUS status = QueryContextAttributesA(&from->context, SECPKG_ATTR_SIZES, &sizes);
	if (status != SEC_E_OK || sizes.cbMaxSignature > sizeof(signature))
		return status ? status : SEC_E_BUFFER_TOO_SMALL;
	status = MakeSignature(&from->context, 0, &message, 7);
	text[0] ^= spoil;
	return status == SEC_E_OK ? VerifySignature(&to->context, &message, 7, NULL) : status;
}

static void sign_in(const char *mine, const char *theirs, const char *target)
{
	struct end client, server;

	SECURITY_STATUS status = end_open(&client, SECPKG_CRED_OUTBOUND, mine);
	check("a client acquires credentials", status == SEC_E_OK, status);
	status = end_open(&server, SECPKG_CRED_INBOUND, theirs);
	check("a server acquires credentials", status == SEC_E_OK, status);
	status = talk(&client, &server, target);
	check("they sign in", status == SEC_E_OK, status);
	status = sign_and_verify(&client, &server, 0);
	check("the server verifies what the client signed", status == SEC_E_OK, status);
	status = sign_and_verify(&server, &client, 0);
	check("the client verifies what the server signed", status == SEC_E_OK, status);
	status = sign_and_verify(&client, &server, 1);
	check("an altered message is noticed", status == SEC_E_MESSAGE_ALTERED, status);
	status = sign_and_verify(&client, &client, 0);
	check("a message that comes back is no answer", status == SEC_E_MESSAGE_ALTERED, status);
	status = EncryptMessage(&client.context, 0, &client.list, 0);
	check("what the package does not do is refused", status == SEC_E_UNSUPPORTED_FUNCTION, status);
	end_close(&client);
	end_close(&server);
}

static void refusals(void)
{
	struct end client, server, junk = { .buffer = { 4, SECBUFFER_TOKEN, "JUNK" } };
	TOY_AUTH large = { .Length = TOY_SECRET_MAX + 1 };

	end_open(&client, SECPKG_CRED_OUTBOUND, SECRET);
	end_open(&server, SECPKG_CRED_INBOUND, "another secret");
	SECURITY_STATUS status = talk(&client, &server, "server");
	check("another secret signs nobody in", status == SEC_E_LOGON_DENIED, status);
	status = sign_and_verify(&client, &server, 0);
	check("and an unfinished context signs nothing", status < 0, status);
	end_close(&client);
	end_close(&server);
	end_open(&server, SECPKG_CRED_INBOUND, SECRET);
	junk.list = (SecBufferDesc){ SECBUFFER_VERSION, 1, &junk.buffer };
	status = end_step(&server, 1, NULL, &junk);
	check("a token of another protocol is refused", status == SEC_E_INVALID_TOKEN, status);
	end_close(&server);
	status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)TOYSSP_NAME, SECPKG_CRED_OUTBOUND, NULL, &large,
					   NULL, NULL, &client.credential, NULL);
	check("AuthData that cannot be is refused", status == SEC_E_UNKNOWN_CREDENTIALS, status);
}

/* ---- messages to the package ---- */

static void ask(HANDLE lsa, ULONG package, ULONG type, const char *target)
{
	TOY_REQUEST request = { .MessageType = type, .Auth = { .Length = strlen(SECRET) } };
	PVOID answer = NULL;
	ULONG size = 0;
	NTSTATUS verdict = STATUS_UNSUCCESSFUL;

	for (size_t i = 0; target && target[i] && i < TOY_TARGET_MAX - 1; i++)
		request.Target[i] = (WCHAR)target[i];
	memcpy(request.Auth.Secret, SECRET, strlen(SECRET));
	NTSTATUS status = LsaCallAuthenticationPackage(lsa, package, &request, sizeof(request), &answer, &size,
						       &verdict);
	check("the package is asked", status == STATUS_SUCCESS, status);
	check(type == TOY_SAVE_SECRET ? "it saves a secret" : "it finds a secret", verdict == STATUS_SUCCESS,
	      verdict);
	if (type == TOY_FIND_SECRET)
		check("the answer tells its length",
		      size == sizeof(ULONG) && answer && *(ULONG *)answer == strlen(SECRET), size);
	LsaFreeReturnBuffer(answer);
}

static void save(const char *target)
{
	LSA_STRING name = { sizeof(TOYSSP_NAME) - 1, sizeof(TOYSSP_NAME), (PCHAR)TOYSSP_NAME };
	TOY_REQUEST unknown = { .MessageType = 99 };
	NTSTATUS verdict = STATUS_SUCCESS;
	HANDLE lsa = NULL;
	ULONG package = 0, size;
	PVOID answer;

	NTSTATUS status = LsaConnectUntrusted(&lsa);
	check("a program connects to the LSA", status == STATUS_SUCCESS, status);
	status = LsaLookupAuthenticationPackage(lsa, &name, &package);
	check("the LSA knows the package by name", status == STATUS_SUCCESS, status);
	ask(lsa, package, TOY_SAVE_SECRET, target);
	ask(lsa, package, TOY_SAVE_SECRET, NULL);
	ask(lsa, package, TOY_FIND_SECRET, target);
	ask(lsa, package, TOY_FIND_SECRET, NULL);
	status = LsaCallAuthenticationPackage(lsa, package, &unknown, sizeof(unknown), &answer, &size, &verdict);
	check("a message that it does not know is its refusal, not the LSA's",
	      status == STATUS_SUCCESS && verdict == STATUS_INVALID_PARAMETER, verdict);
	LsaDeregisterLogonProcess(lsa);
}

int main(int argc, char **argv)
{
	const char *target = argc > 2 ? argv[2] : "server.example";

	if (argc > 1 && strcmp(argv[1], "given") == 0) {
		sign_in(SECRET, SECRET, target);
		refusals();
	} else if (argc > 1 && strcmp(argv[1], "save") == 0) {
		save(target);
	} else if (argc > 1 && strcmp(argv[1], "saved") == 0) {
		sign_in(NULL, NULL, target);
	} else {
		return 2;
	}
	return bad != 0;
}
