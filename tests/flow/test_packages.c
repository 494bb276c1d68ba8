/* tests/flow/test_packages.c - enumerating packages, and the function table.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

static void the_packages_have_their_documented_numbers(void **state)
{
	const struct {
		const char *name;
		USHORT rpc;
		ULONG least_token;
	} want[] = { { "Negotiate", 9, 12256 },
		     { "NTLM", 10, 1904 },
		     { "CREDSSP", 0xFFFF, 73032 },
		     { "TSSSP", 22, 13000 },
		     { "Schannel", 14, 24576 },
		     { "Microsoft Unified Security Protocol Provider", 14, 24576 } };
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		PSecPkgInfoA info = NULL;
		assert_int_equal(
			QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t)want[i].name, &info),
			SEC_E_OK);
		assert_string_equal(info->Name, want[i].name);
		assert_int_equal(info->wVersion, 1);
		assert_int_equal(info->wRPCID, want[i].rpc);
		assert_true(info->cbMaxToken >= want[i].least_token);
		assert_true(strlen(info->Comment) > 3);
		assert_int_equal(FreeContextBuffer(info), SEC_E_OK);
	}
}

static void enumeration_lists_what_can_be_queried(void **state)
{
	ULONG count = 0;
	PSecPkgInfoW infos = NULL;
	assert_int_equal(EnumerateSecurityPackagesW(&count, &infos), SEC_E_OK);
	assert_true(count >= 5);
	for (ULONG i = 0; i < count; i++) {
		PSecPkgInfoW one = NULL;
		assert_int_equal(QuerySecurityPackageInfoW(infos[i].Name, &one), SEC_E_OK);
		assert_int_equal(one->fCapabilities, infos[i].fCapabilities);
		FreeContextBuffer(one);
	}
	assert_int_equal(FreeContextBuffer(infos), SEC_E_OK);
	assert_int_equal(FreeContextBuffer(NULL), SEC_E_OK);
}

static void an_unknown_name_leaves_the_pointer_alone(void **state)
{
	PSecPkgInfoA info = (PSecPkgInfoA)(uintptr_t)0x1234;
	assert_int_equal(QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t) "Winsock", &info),
			 SEC_E_SECPKG_NOT_FOUND);
	assert_ptr_equal(info, (void *)0x1234);
}

static void every_slot_of_the_table_is_filled(void **state)
{
	PSecurityFunctionTableA a = InitSecurityInterfaceA();
	PSecurityFunctionTableW w = InitSecurityInterfaceW();
	assert_non_null(a);
	assert_non_null(w);
	assert_int_equal(a->dwVersion, 5);
	assert_int_equal(w->dwVersion, 5);
	assert_ptr_equal(InitSecurityInterfaceA(), a);
	void *slots[sizeof(*a) / sizeof(void *)];
	memcpy(slots, a, sizeof(*a));
	/* after the version: 31 functions, of which Reserved2 and Reserved8 are no functions */
	assert_int_equal(sizeof(*a) / sizeof(void *), 32);
	for (size_t i = 1; i < 32; i++)
		if (i != 5 && i != 23)
			assert_non_null(slots[i]);
	assert_ptr_equal(a->Reserved3, a->EncryptMessage);
	assert_ptr_equal(a->Reserved4, a->DecryptMessage);
}

static void statuses_are_described(void **state)
{
	const char *name, *meaning, *advice;
	OpensspiDescribeStatus(SEC_E_LOGON_DENIED, &name, &meaning, &advice);
	assert_string_equal(name, "SEC_E_LOGON_DENIED");
	assert_true(strlen(meaning) > 10);
	OpensspiDescribeStatus((LONG)STATUS_ACCOUNT_LOCKED_OUT, &name, &meaning, &advice);
	assert_string_equal(name, "STATUS_ACCOUNT_LOCKED_OUT");
	OpensspiDescribeStatus(0x12345678, &name, &meaning, &advice);
	assert_non_null(name);
	assert_non_null(meaning);
	assert_non_null(advice);
}

static void tokens_are_described(void **state)
{
	const unsigned char negotiate[] =
		"NTLMSSP\0\1\0\0\0\x97\x82\x08\xe2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	const unsigned char request[] = { 0x30, 0x0d, 0xa0, 3,	  2, 1, 6,   0xa4,
					  6,	2,    4,    0xc0, 0, 0, 0x6d };
	char *text = NULL;
	assert_int_equal(OpensspiDescribeToken(negotiate, 32, &text), SEC_E_OK);
	assert_non_null(strstr(text, "NEGOTIATE"));
	FreeContextBuffer(text);
	assert_int_equal(OpensspiDescribeToken(request, sizeof(request), &text), SEC_E_OK);
	assert_non_null(strstr(text, "TSRequest"));
	FreeContextBuffer(text);
	assert_int_equal(OpensspiDescribeToken("garbage!", 8, &text), SEC_E_INVALID_TOKEN);
	assert_int_equal(OpensspiDescribeToken(NULL, 8, &text), SEC_E_INVALID_PARAMETER);
}

static void which_lsa_serves_us_is_said_with_what_it_runs(void **state)
{
	POPENSSPI_LSA_STATUS lsa = NULL;
	bool ntlm = false, credssp = false;

	assert_int_equal(OpensspiLsaStatus(NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiLsaStatus(&lsa), SEC_E_OK);
	assert_int_equal(lsa->Flags,
			 flow_is_remote() ? OPENSSPI_LSA_SOCKET : OPENSSPI_LSA_EMBEDDED);
	assert_true(flow_is_remote() ? lsa->Path && lsa->Path[0] == '/' : !lsa->Path);
	assert_int_equal(lsa->Status, SEC_E_OK);
	for (ULONG i = 0; i < lsa->PackageCount; i++) {
		const OPENSSPI_LSA_PACKAGE *p = &lsa->Packages[i];
		ntlm |= strcmp(p->Name, "NTLM") == 0 && p->Home == OPENSSPI_HOME_LSA;
		credssp |= strcmp(p->Name, "CREDSSP") == 0 && p->Home == OPENSSPI_HOME_CALLER;
	}
	assert_true(ntlm && credssp);
	assert_int_equal(FreeContextBuffer(lsa), SEC_E_OK);
}

/* What is said begins so. */
static void assert_reason(const char *beginning)
{
	char *text = NULL;

	assert_int_equal(OpensspiLastReason(&text), SEC_E_OK);
	assert_memory_equal(text, beginning, strlen(beginning));
	FreeContextBuffer(text);
}

static void ask_nobody(void)
{
	POPENSSPI_LSA_STATUS lsa = NULL;

	setenv("OPENSSPI_LSA", "socket:/nowhere/lsa.sock", 1);
	assert_int_equal(OpensspiLsaStatus(&lsa), SEC_E_OK);
	assert_int_equal(lsa->Flags, OPENSSPI_LSA_SOCKET);
	assert_string_equal(lsa->Path, "/nowhere/lsa.sock");
	assert_int_equal(lsa->Status, SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(lsa->PackageCount, 0);
	FreeContextBuffer(lsa);
	assert_reason("lsad at /nowhere/lsa.sock");
	setenv("OPENSSPI_LSA", "nonsense", 1);
	assert_int_equal(OpensspiLsaStatus(&lsa), SEC_E_INTERNAL_ERROR);
	assert_null(lsa);
	assert_reason("OPENSSPI_LSA");
}

static void one_that_does_not_answer_is_named_with_the_reason(void **state)
{
	flow_child("", ask_nobody);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: once the library is in use its LSA is chosen */
		cmocka_unit_test(one_that_does_not_answer_is_named_with_the_reason),
		cmocka_unit_test(the_packages_have_their_documented_numbers),
		cmocka_unit_test(enumeration_lists_what_can_be_queried),
		cmocka_unit_test(an_unknown_name_leaves_the_pointer_alone),
		cmocka_unit_test(every_slot_of_the_table_is_filled),
		cmocka_unit_test(statuses_are_described),
		cmocka_unit_test(tokens_are_described),
		cmocka_unit_test(which_lsa_serves_us_is_said_with_what_it_runs),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
