/* lsa/support_credential.c - the Credential Manager as packages reach it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "lsa/support.h"

static NTSTATUS NTAPI credi_read(PLUID logon, ULONG cred_flags, LPWSTR target, ULONG type,
				 ULONG flags, PENCRYPTED_CREDENTIALW *credential)
{
	(void)logon;
	(void)cred_flags;
	(void)target;
	(void)type;
	(void)flags;
	(void)credential;
	return fail(STATUS_NOT_SUPPORTED, "CrediRead");
}

static NTSTATUS NTAPI credi_read_domain(PLUID logon, ULONG cred_flags,
					PCREDENTIAL_TARGET_INFORMATIONW target, ULONG flags,
					PULONG count, PENCRYPTED_CREDENTIALW **credentials)
{
	(void)logon;
	(void)cred_flags;
	(void)target;
	(void)flags;
	(void)count;
	(void)credentials;
	return fail(STATUS_NOT_SUPPORTED, "CrediReadDomainCredentials");
}

static VOID NTAPI credi_free(ULONG count, PENCRYPTED_CREDENTIALW *credentials)
{
	(void)count;
	block_free(credentials);
}

static NTSTATUS NTAPI credi_write(PLUID logon, ULONG cred_flags, PENCRYPTED_CREDENTIALW credential,
				  ULONG flags)
{
	(void)logon;
	(void)cred_flags;
	(void)credential;
	(void)flags;
	return fail(STATUS_NOT_SUPPORTED, "CrediWrite");
}

static NTSTATUS NTAPI credi_decode(LPWSTR marshaled, LPBYTE *blob, ULONG *size, BOOLEAN *is_fatal)
{
	(void)marshaled;
	(void)blob;
	(void)size;
	(void)is_fatal;
	return fail(STATUS_NOT_SUPPORTED, "CrediUnmarshalandDecodeString");
}

void support_credential_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->CrediRead = credi_read;
	t->CrediReadDomainCredentials = credi_read_domain;
	t->CrediFreeCredentials = credi_free;
	t->CrediWrite = credi_write;
	t->CrediUnmarshalandDecodeString = credi_decode;
}
