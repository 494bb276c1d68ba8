/* abi/caller_unsigned_long.c - a caller that declares its flags `unsigned long`, as much Windows code
 * does, compiles without a warning, by name and through the function table.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <windows.h>
#define SECURITY_WIN32
#include <security.h>

SECURITY_STATUS first_leg(CredHandle *cred, CtxtHandle *ctx, SecBufferDesc *out);
SECURITY_STATUS second_leg(PSecurityFunctionTable table, CtxtHandle *ctx, SecBufferDesc *message);
SECURITY_STATUS with_ulong(CredHandle *cred, CtxtHandle *ctx, SecBufferDesc *in);

SECURITY_STATUS first_leg(CredHandle *cred, CtxtHandle *ctx, SecBufferDesc *out)
{
	unsigned long attributes = 0;
	TimeStamp expiry;

	return InitializeSecurityContext(cred, NULL, (SECURITY_PSTR)TEXT("HTTP/www.example.com"), 0,
					 0, SECURITY_NATIVE_DREP, NULL, 0, ctx, out, &attributes,
					 &expiry);
}

SECURITY_STATUS second_leg(PSecurityFunctionTable table, CtxtHandle *ctx, SecBufferDesc *message)
{
	unsigned long qop = 0, attributes = 0;
	SECURITY_STATUS status = table->DecryptMessage(ctx, message, 0, &qop);

	if (status == SEC_E_OK)
		status = table->VerifySignature(ctx, message, 0, NULL);
	if (status == SEC_E_OK)
		status = table->AcceptSecurityContext(NULL, ctx, message, 0, 0, ctx, message,
						      &attributes, NULL);
	return qop & attributes ? SEC_E_QOP_NOT_SUPPORTED : status;
}

SECURITY_STATUS with_ulong(CredHandle *cred, CtxtHandle *ctx, SecBufferDesc *in)
{
	ULONG attributes = 0;
	DWORD qop = 0;
	SECURITY_STATUS status = AcceptSecurityContext(cred, NULL, in, 0, SECURITY_NATIVE_DREP, ctx,
						       in, &attributes, NULL);
	return FAILED(status) ? status : DecryptMessage(ctx, in, 0, &qop);
}

/* A function with Windows' own prototype still fits the table's types. */
static SECURITY_STATUS SEC_ENTRY my_decrypt(PCtxtHandle ctx, PSecBufferDesc message, ULONG seq,
					    ULONG *qop)
{
	return ctx && message && !seq && !qop ? SEC_E_OK : SEC_E_INVALID_HANDLE;
}

DECRYPT_MESSAGE_FN chosen_decrypt(void);
DECRYPT_MESSAGE_FN chosen_decrypt(void)
{
	return my_decrypt;
}
