/* abi/test_layout.c - the public headers have Windows' x64 sizes, offsets and values.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <windows.h>
#include <ntstatus.h>
#include <security.h>
#include <schannel.h>
#include <credssp.h>
#include <subauth.h>
#include <wincred.h>
#include <ntsecpkg.h>

/* The compiler checks each line of layout.h ... */
#define S(type, size) _Static_assert(sizeof(type) == (size), "size of " #type);
#define O(type, member, offset)                                                                    \
	_Static_assert(offsetof(type, member) == (offset), "offset of " #type "." #member);
#include "layout.h"
#undef S
#undef O

/* ... and the test counts them, so that an emptied file does not pass. */
static size_t lines_of_layout(void)
{
	size_t n = 0;
#define S(type, size) n++;
#define O(type, member, offset) n++;
#include "layout.h"
#undef S
#undef O
	return n;
}

struct value {
	const char *name;
	long long have;
	long long want;
};
#define V(name, want) { #name, (long long)(name), (want) }

static const struct value values[] = {
	V(sizeof(ULONG), 4), V(sizeof(DWORD), 4), V(sizeof(LONG), 4), V(sizeof(BOOL), 4),
	V(sizeof(BOOLEAN), 1), V(sizeof(WCHAR), 2), V(sizeof(HANDLE), 8), V(sizeof(ULONG_PTR), 8),
	V(sizeof(LONGLONG), 8), V(sizeof(NTSTATUS), 4), V(sizeof(SECURITY_STATUS), 4),
	V(sizeof(SECURITY_LOGON_TYPE), 4), V(sizeof(CREDSPP_SUBMIT_TYPE), 4), V(sizeof(ALG_ID), 4),

	V(SEC_E_OK, 0), V(SEC_E_INSUFFICIENT_MEMORY, (int32_t)0x80090300),
	V(SEC_E_INVALID_HANDLE, (int32_t)0x80090301),
	V(SEC_E_UNSUPPORTED_FUNCTION, (int32_t)0x80090302),
	V(SEC_E_NOT_SUPPORTED, (int32_t)0x80090302), V(SEC_E_INTERNAL_ERROR, (int32_t)0x80090304),
	V(SEC_E_SECPKG_NOT_FOUND, (int32_t)0x80090305), V(SEC_E_NOT_OWNER, (int32_t)0x80090306),
	V(SEC_E_INVALID_TOKEN, (int32_t)0x80090308), V(SEC_E_LOGON_DENIED, (int32_t)0x8009030C),
	V(SEC_E_UNKNOWN_CREDENTIALS, (int32_t)0x8009030D),
	V(SEC_E_NO_CREDENTIALS, (int32_t)0x8009030E), V(SEC_E_MESSAGE_ALTERED, (int32_t)0x8009030F),
	V(SEC_E_OUT_OF_SEQUENCE, (int32_t)0x80090310),
	V(SEC_E_NO_AUTHENTICATING_AUTHORITY, (int32_t)0x80090311), V(SEC_I_CONTINUE_NEEDED, 0x90312),
	V(SEC_I_COMPLETE_NEEDED, 0x90313), V(SEC_I_COMPLETE_AND_CONTINUE, 0x90314),
	V(SEC_I_CONTEXT_EXPIRED, 0x90317), V(SEC_E_CONTEXT_EXPIRED, (int32_t)0x80090317),
	V(SEC_E_INCOMPLETE_MESSAGE, (int32_t)0x80090318), V(SEC_I_INCOMPLETE_CREDENTIALS, 0x90320),
	V(SEC_E_BUFFER_TOO_SMALL, (int32_t)0x80090321), V(SEC_I_RENEGOTIATE, 0x90321),
	V(SEC_E_DELEGATION_POLICY, (int32_t)0x8009035E),
	V(SEC_E_POLICY_NLTM_ONLY, (int32_t)0x8009035F),
	V(SEC_E_MUTUAL_AUTH_FAILED, (int32_t)0x80090363),
	V(SEC_E_INVALID_PARAMETER, (int32_t)0x8009035D),
	V(SEC_E_BAD_BINDINGS, (int32_t)0x80090346), V(CRYPT_E_REVOKED, (int32_t)0x80092010),
	V(CERT_E_UNTRUSTEDROOT, (int32_t)0x800B0109), V(TRUST_E_NOSIGNATURE, (int32_t)0x800B0100),
	V(ERROR_INSUFFICIENT_BUFFER, 122), V(ERROR_NOT_CAPABLE, 775), V(ERROR_NOT_FOUND, 1168),
	V(ERROR_NO_SUCH_LOGON_SESSION, 1312), V(RPC_X_BAD_STUB_DATA, 1783),
	V(ERROR_BAD_USERNAME, 2202), V(STATUS_MORE_ENTRIES, 0x105),
	V(STATUS_LOGON_FAILURE, (int32_t)0xC000006D), V(STATUS_NOT_CAPABLE, (int32_t)0xC0000429),
	V(STATUS_ACCOUNT_LOCKED_OUT, (int32_t)0xC0000234),
	V(STATUS_PASSWORD_MUST_CHANGE, (int32_t)0xC0000224),

	V(SECPKG_CRED_INBOUND, 1), V(SECPKG_CRED_OUTBOUND, 2), V(SECPKG_CRED_BOTH, 3),
	V(ISC_REQ_EXTENDED_ERROR, 0x4000), V(ASC_REQ_EXTENDED_ERROR, 0x8000),
	V(ISC_REQ_STREAM, 0x8000), V(ASC_REQ_STREAM, 0x10000), V(ISC_REQ_INTEGRITY, 0x10000),
	V(ASC_REQ_INTEGRITY, 0x20000), V(ISC_REQ_NULL_SESSION, 0x40000),
	V(ISC_REQ_MESSAGES, 0x100000000), V(ASC_REQ_ALLOW_MISSING_BINDINGS, 0x10000000),
	V(SECBUFFER_CHANNEL_BINDINGS, 14), V(SECBUFFER_TRAFFIC_SECRETS, 28),
	V(SECBUFFER_READONLY, 0x80000000), V(SECBUFFER_UNMAPPED, 0x40000000),
	V(SECPKG_ATTR_SUBJECT_SECURITY_ATTRIBUTES, 128), V(SECPKG_ATTR_CREDS, 0x80000080),
	V(SECPKG_ATTR_C_ACCESS_TOKEN, 0x80000012), V(SECPKG_ATTR_NEGOTIATION_PACKAGE, 0x80000081),
	V(SECPKG_ATTR_SERVER_AUTH_FLAGS, 0x80000083), V(SECPKG_ATTR_CREDS_2, 0x80000086),
	V(SECPKG_ATTR_REMOTE_CERT_CONTEXT, 0x53), V(SECPKG_ATTR_CIPHER_INFO, 0x64),
	V(CredsspCertificateCreds, 13), V(CredsspSubmitBufferBothOld, 51), V(CredsspCredEx, 100),
	V(SEC_WINNT_AUTH_IDENTITY_VERSION_2, 0x201), V(SCHANNEL_CRED_VERSION, 4),
	V(SP_PROT_TLS1_3_CLIENT, 0x2000), V(CALG_AES_256, 0x6610), V(CALG_ECDH_EPHEM, 0xAE06),
	V(CachedUnlock, 13), V(KerbCertificateLogon, 13), V(SecpkgNego2Info, 7),
	V(LsaTokenInformationV3, 3), V(MsvAvChannelBindings, 10),
	V(SECPKG_INTERFACE_VERSION_10, 0x02000000), V(CREDP_FLAGS_VALIDATE_PROXY_TARGET, 0x40),
	V(CRED_MAX_CREDENTIAL_BLOB_SIZE, 2560), V(CRED_TYPE_MAXIMUM, 7),
	V(CRED_FLAGS_VALID_INPUT_FLAGS, 0xF09F), V(CREDUI_FLAGS_PROMPT_VALID, 0x1E5FDF),
	V(CRED_MAX_DOMAIN_TARGET_NAME_LENGTH, 337), V(CREDUI_MAX_PACKED_CREDENTIALS_LENGTH, 32765),
};

static void every_structure_and_member_is_where_windows_has_it(void **state)
{
	(void)state;
	assert_true(lines_of_layout() > 1400);
}

static void values_are_those_of_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(values); i++) {
		if (values[i].have != values[i].want)
			print_error("%s is %llx, on Windows %llx\n", values[i].name, values[i].have,
				    values[i].want);
		assert_int_equal(values[i].have, values[i].want);
	}
}

static void function_tables_have_their_documented_number_of_members(void **state)
{
	(void)state;
	assert_int_equal(sizeof(LSA_DISPATCH_TABLE) / sizeof(void *), 11);
	assert_int_equal(sizeof(LSA_SECPKG_FUNCTION_TABLE) / sizeof(void *), 63);
	assert_int_equal(sizeof(SECPKG_FUNCTION_TABLE) / sizeof(void *), 42);
	assert_int_equal(sizeof(SECPKG_USER_FUNCTION_TABLE) / sizeof(void *), 14);
	assert_int_equal(sizeof(SECPKG_DLL_FUNCTIONS) / sizeof(void *), 4);
	assert_int_equal(sizeof(SecurityFunctionTableA) / sizeof(void *), 32);
	assert_int_equal(sizeof(SecurityFunctionTableW) / sizeof(void *), 32);
}

static void both_tables_know_both_names_of_free_credentials_handle(void **state)
{
	(void)state;
	assert_int_equal(offsetof(SecurityFunctionTableA, FreeCredentialsHandle),
			 offsetof(SecurityFunctionTableA, FreeCredentialHandle));
	assert_int_equal(offsetof(SecurityFunctionTableW, FreeCredentialsHandle),
			 offsetof(SecurityFunctionTableW, FreeCredentialHandle));
}

static void literals_in_headers_have_16_bit_characters(void **state)
{
	(void)state;
	static const WCHAR name[] = CREDSSP_NAME;
	static const unsigned char utf16le[] = "C\0R\0E\0D\0S\0S\0P\0\0";
	assert_int_equal(sizeof(name), 16);
	assert_memory_equal(name, utf16le, 16);
	assert_int_equal(MSV1_0_PACKAGE_NAMEW_LENGTH, 2 * strlen(MSV1_0_PACKAGE_NAME));
}

static void only_all_ones_in_both_halves_is_no_handle(void **state)
{
	(void)state;
	SecHandle h;
	SecInvalidateHandle(&h);
	assert_false(SecIsValidHandle(&h));
	h = (SecHandle){ .dwLower = 0, .dwUpper = 0 };
	assert_true(SecIsValidHandle(&h));
}

static void win32_errors_become_hresults_as_on_windows(void **state)
{
	(void)state;
	assert_int_equal(HRESULT_FROM_WIN32(ERROR_NOT_FOUND), (HRESULT)0x80070490);
	assert_int_equal(HRESULT_FROM_WIN32(0), S_OK);
	assert_int_equal(HRESULT_FROM_WIN32((ULONG)SEC_E_LOGON_DENIED), SEC_E_LOGON_DENIED);
	assert_true(FAILED(SEC_E_LOGON_DENIED) && SUCCEEDED(SEC_I_CONTINUE_NEEDED));
	assert_true(NT_ERROR(STATUS_LOGON_FAILURE) && NT_SUCCESS(STATUS_MORE_ENTRIES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_structure_and_member_is_where_windows_has_it),
		cmocka_unit_test(values_are_those_of_windows),
		cmocka_unit_test(function_tables_have_their_documented_number_of_members),
		cmocka_unit_test(both_tables_know_both_names_of_free_credentials_handle),
		cmocka_unit_test(literals_in_headers_have_16_bit_characters),
		cmocka_unit_test(only_all_ones_in_both_halves_is_no_handle),
		cmocka_unit_test(win32_errors_become_hresults_as_on_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
