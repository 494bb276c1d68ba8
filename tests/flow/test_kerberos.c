/* tests/flow/test_kerberos.c - the package Kerberos where there is no realm: what it says, and what it refuses.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>
#include <ntstatus.h>
#include <opensspi.h>
#include <string.h>

static SEC_CHAR kerberos[] = "Kerberos";

static SECURITY_STATUS acquire(ULONG use, SEC_WINNT_AUTH_IDENTITY_A *id, CredHandle *out,
			       TimeStamp *expiry)
{
	return AcquireCredentialsHandleA(NULL, kerberos, use, NULL, id, NULL, NULL, out, expiry);
}

static SECURITY_STATUS begin(CredHandle *credential, const char *target, ULONG requirements,
			     CtxtHandle *context)
{
	UCHAR token[4096];
	SecBuffer buffer = { sizeof(token), SECBUFFER_TOKEN, token };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &buffer };
	ULONG attributes;

	return InitializeSecurityContextA(credential, NULL, (SEC_CHAR *)(uintptr_t)target,
					  requirements, 0, SECURITY_NATIVE_DREP, NULL, 0, context,
					  &list, &attributes, NULL);
}

static void the_package_is_described(void **state)
{
	PSecPkgInfoA info;

	(void)state;
	assert_int_equal(QuerySecurityPackageInfoA(kerberos, &info), SEC_E_OK);
	assert_string_equal(info->Name, "Kerberos");
	assert_int_equal(info->wRPCID, 16);
	assert_int_equal(info->cbMaxToken, 48000);
	assert_true(info->fCapabilities & SECPKG_FLAG_MUTUAL_AUTH);
	assert_true(info->fCapabilities & SECPKG_FLAG_NEGOTIABLE);
	FreeContextBuffer(info);
}

static void without_tickets_a_client_has_no_credentials(void **state)
{
	CredHandle credential;
	CtxtHandle context;
	TimeStamp expiry;

	(void)state;
	assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, NULL, &credential, &expiry), SEC_E_OK);
	assert_int_equal(expiry.QuadPart, INT64_C(0x7FFFFFFFFFFFFFFF));
	assert_int_equal(begin(&credential, "HTTP/host.example", 0, &context),
			 SEC_E_NO_CREDENTIALS);
	assert_int_equal(begin(&credential, NULL, 0, &context), SEC_E_TARGET_UNKNOWN);
	assert_int_equal(begin(&credential, "HTTP/host.example", ISC_REQ_DATAGRAM, &context),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
}

static void without_a_keytab_a_server_has_none(void **state)
{
	CredHandle credential;

	(void)state;
	assert_int_equal(acquire(SECPKG_CRED_INBOUND, NULL, &credential, NULL),
			 SEC_E_NO_CREDENTIALS);
}

static void without_a_kdc_a_password_proves_nothing(void **state)
{
	unsigned char user[] = "alice", domain[] = "NOWHERE.EXAMPLE", password[] = "x";
	SEC_WINNT_AUTH_IDENTITY_A id = {
		user, 5, domain, sizeof(domain) - 1, password, 1, SEC_WINNT_AUTH_IDENTITY_ANSI
	};
	SecPkgCredentials_NamesA names;
	CredHandle credential;
	CtxtHandle context;

	(void)state;
	assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &id, &credential, NULL), SEC_E_OK);
	assert_int_equal(begin(&credential, "HTTP/host.example", 0, &context),
			 SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_string_equal(names.sUserName, "alice@NOWHERE.EXAMPLE");
	FreeContextBuffer(names.sUserName);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
}

static NTSTATUS call(void *message, ULONG n, PVOID *answer, ULONG *size)
{
	LSA_STRING name = { sizeof(kerberos) - 1, sizeof(kerberos), kerberos };
	NTSTATUS verdict = STATUS_UNSUCCESSFUL;
	HANDLE lsa;
	ULONG id;

	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &id), STATUS_SUCCESS);
	assert_int_equal(LsaCallAuthenticationPackage(lsa, id, message, n, answer, size, &verdict),
			 STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	return verdict;
}

static void an_absent_cache_is_an_empty_list(void **state)
{
	KERB_QUERY_TKT_CACHE_REQUEST r = { .MessageType = KerbQueryTicketCacheEx2Message };
	KERB_QUERY_TKT_CACHE_EX2_RESPONSE *answer;
	ULONG size;

	(void)state;
	assert_int_equal(call(&r, sizeof(r), (PVOID *)&answer, &size), STATUS_SUCCESS);
	assert_int_equal(answer->MessageType, KerbQueryTicketCacheEx2Message);
	assert_int_equal(answer->CountOfTickets, 0);
	LsaFreeReturnBuffer(answer);
	r.LogonId.LowPart = 4711;
	assert_int_equal(call(&r, sizeof(r), (PVOID *)&answer, &size), STATUS_ACCESS_DENIED);
	assert_null(answer);
}

static void messages_that_are_none_are_refused(void **state)
{
	KERB_PURGE_TKT_CACHE_REQUEST purge = { .MessageType = KerbPurgeTicketCacheMessage,
					       .ServerName = { 8, 8, (WCHAR *)64 } };
	ULONG type = KerbDecryptDataMessage, size;
	PVOID answer;

	(void)state;
	assert_int_equal(call(NULL, 0, &answer, &size), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(&type, sizeof(type), &answer, &size), STATUS_NOT_SUPPORTED);
	assert_int_equal(call(&purge, sizeof(purge), &answer, &size), STATUS_INVALID_PARAMETER);
}

static void passwords_are_changed_by_packages_that_can(void **state)
{
	SEC_CHAR ntlm[] = "NTLM", nobody[] = "Nobody", realm[] = "NOWHERE.EXAMPLE",
		 user[] = "alice", old[] = "old", fresh[] = "fresh";

	(void)state;
	assert_int_equal(ChangeAccountPasswordA(ntlm, realm, user, old, fresh, FALSE, 0, NULL),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(ChangeAccountPasswordA(nobody, realm, user, old, fresh, FALSE, 0, NULL),
			 SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(ChangeAccountPasswordA(NULL, realm, user, old, fresh, FALSE, 0, NULL),
			 SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(ChangeAccountPasswordA(kerberos, realm, NULL, old, fresh, FALSE, 0, NULL),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(ChangeAccountPasswordA(kerberos, realm, user, old, NULL, FALSE, 0, NULL),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(ChangeAccountPasswordA(kerberos, realm, user, old, fresh, FALSE, 0, NULL),
			 SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_package_is_described),
		cmocka_unit_test(without_tickets_a_client_has_no_credentials),
		cmocka_unit_test(without_a_keytab_a_server_has_none),
		cmocka_unit_test(without_a_kdc_a_password_proves_nothing),
		cmocka_unit_test(an_absent_cache_is_an_empty_list),
		cmocka_unit_test(messages_that_are_none_are_refused),
		cmocka_unit_test(passwords_are_changed_by_packages_that_can),
	};

	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
