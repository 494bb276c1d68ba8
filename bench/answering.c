/* bench/answering.c - a security package that answers messages, and reads a credential of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <time.h>

#include <wincred.h>

#include <ntsecpkg.h>
#include <ntstatus.h>

#include "messages.h"

#define TARGET ((WCHAR *)(uintptr_t)OPENSSPI_WIDE("answering"))

static const LSA_SECPKG_FUNCTION_TABLE *lsa;

static NTSTATUS NTAPI initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters,
				 PLSA_SECPKG_FUNCTION_TABLE table)
{
	(void)id;
	(void)parameters;
	lsa = table;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI describe(PSecPkgInfoW info)
{
	*info = (SecPkgInfoW){ .wVersion = 1,
			       .wRPCID = SECPKG_ID_NONE,
			       .Name = (WCHAR *)(uintptr_t)OPENSSPI_WIDE(ANSWERING_NAME),
			       .Comment = (WCHAR *)(uintptr_t)OPENSSPI_WIDE("for the benchmark") };
	return STATUS_SUCCESS;
}

/* A domain credential, whose secret comes protected, as packages get it. */
static NTSTATUS save(LUID *logon)
{
	static WCHAR secret[] = { 's', 'e', 'c', 'r', 'e', 't' };
	ENCRYPTED_CREDENTIALW c = { .Cred = { .Type = CRED_TYPE_DOMAIN_PASSWORD,
					      .Persist = CRED_PERSIST_LOCAL_MACHINE,
					      .TargetName = TARGET,
					      .UserName = TARGET,
					      .CredentialBlob = (LPBYTE)secret,
					      .CredentialBlobSize = sizeof(secret) },
				    .ClearCredentialBlobSize = sizeof(secret) };

	return lsa->CrediWrite(logon, CREDP_FLAGS_IN_PROCESS | CREDP_FLAGS_CLEAR_PASSWORD, &c, 0);
}

static NTSTATUS read_often(ULONG times, ULONG64 *ns)
{
	PENCRYPTED_CREDENTIALW c;
	SECPKG_CLIENT_INFO client;
	struct timespec a, b;
	NTSTATUS status = lsa->GetClientInfo(&client);

	if (status == STATUS_SUCCESS)
		status = save(&client.LogonId);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (ULONG i = 0; i < times && status == STATUS_SUCCESS; i++) {
		status = lsa->CrediRead(&client.LogonId, CREDP_FLAGS_IN_PROCESS, TARGET,
					CRED_TYPE_DOMAIN_PASSWORD, 0, &c);
		if (status == STATUS_SUCCESS)
			lsa->CrediFreeCredentials(1, &c);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	*ns = (ULONG64)(b.tv_sec - a.tv_sec) * 1000000000u + (ULONG64)b.tv_nsec -
	      (ULONG64)a.tv_nsec;
	return status;
}

static NTSTATUS NTAPI answer(PLSA_CLIENT_REQUEST request, PVOID submit, PVOID base, ULONG length,
			     PVOID *out, PULONG out_length, PNTSTATUS verdict)
{
	ANSWERING_MESSAGE message;
	ULONG64 ns = 0;

	(void)base;
	if (length != sizeof(message))
		return STATUS_INVALID_PARAMETER;
	memcpy(&message, submit, sizeof(message));
	*verdict = message.Kind == ANSWERING_READ ? read_often(message.Times, &ns) : STATUS_SUCCESS;
	*out_length = message.Kind == ANSWERING_READ ? sizeof(ns) : length;
	NTSTATUS status = lsa->AllocateClientBuffer(request, *out_length, out);
	if (status != STATUS_SUCCESS)
		return status;
	return lsa->CopyToClientBuffer(request, *out_length, *out,
				       message.Kind == ANSWERING_READ ? (PVOID)&ns : submit);
}

static SECPKG_FUNCTION_TABLE table = { .Initialize = initialize,
				       .GetInfo = describe,
				       .CallPackageUntrusted = answer };

__attribute__((visibility("default"))) NTSTATUS SEC_ENTRY
SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *tables,
		    PULONG count)
{
	(void)version;
	*package_version = SECPKG_INTERFACE_VERSION_10;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}
