/* tests/flow/test_lsaclient.c - connections to the LSA and messages to the packages that are built in.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>
#include <ntsecpkg.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static LSA_STRING string_of(const char *text)
{
	return (LSA_STRING){ (USHORT)strlen(text), (USHORT)strlen(text), (char *)(uintptr_t)text };
}

static ULONG package_called(HANDLE lsa, const char *text)
{
	LSA_STRING name = string_of(text);
	ULONG id = UINT32_MAX;

	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &id), STATUS_SUCCESS);
	return id;
}

static void packages_are_found_by_name_and_take_messages_or_none(void **state)
{
	NTSTATUS verdict;
	PVOID answer;
	HANDLE lsa;
	ULONG n;

	(void)state;
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	ULONG ntlm = package_called(lsa, "ntlm"), negotiate = package_called(lsa, NEGOSSP_NAME_A);
	assert_int_not_equal(ntlm, negotiate);
	assert_int_equal(package_called(lsa, "NTLM"), ntlm);
	assert_int_equal(
		LsaCallAuthenticationPackage(lsa, negotiate, &n, sizeof(n), &answer, &n, &verdict),
		STATUS_NOT_SUPPORTED);
	assert_null(answer);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
}

static void the_number_is_the_packages_place_in_the_list(void **state)
{
	PSecPkgInfoA list;
	ULONG count;
	HANDLE lsa;

	(void)state;
	assert_int_equal(EnumerateSecurityPackagesA(&count, &list), SEC_E_OK);
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	for (ULONG i = 0; i < count; i++)
		assert_true(package_called(lsa, list[i].Name) < 256);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	FreeContextBuffer(list);
}

/* S42: what is no connection is none, in a thread, in a child, and a second time. */
static void s42_a_connection_lasts_until_it_is_closed(void **state)
{
	HANDLE lsa, again;
	int status = -1;

	(void)state;
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	pid_t child = fork();
	if (child == 0)
		_exit(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* the child's closing is not the parent's */
	(void)package_called(lsa, "NTLM");
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	assert_int_equal(LsaConnectUntrusted(&again), STATUS_SUCCESS);
	assert_ptr_not_equal(lsa, again);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_INVALID_HANDLE);
	assert_int_equal(LsaDeregisterLogonProcess(again), STATUS_SUCCESS);
}

static char failure[] = "a thread could not connect or close";

static void *connect_often(void *unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		HANDLE lsa;
		if (LsaConnectUntrusted(&lsa) != STATUS_SUCCESS)
			return failure;
		(void)package_called(lsa, "NTLM");
		if (LsaDeregisterLogonProcess(lsa) != STATUS_SUCCESS)
			return failure;
	}
	return NULL;
}

static void threads_connect_at_once(void **state)
{
	pthread_t thread[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, connect_often, NULL), 0);
	for (int i = 0; i < 4; i++) {
		void *complaint;
		pthread_join(thread[i], &complaint);
		assert_null(complaint);
	}
}

static void nobody_is_trusted_here(void **state)
{
	LSA_STRING name = string_of("login");
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa;

	(void)state;
	if (flow_is_remote()) { /* root is trusted there */
		assert_int_equal(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS);
		assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
		return;
	}
	assert_int_equal(LsaRegisterLogonProcess(&name, &lsa, &mode),
			 STATUS_PORT_CONNECTION_REFUSED);
	assert_null(lsa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages_are_found_by_name_and_take_messages_or_none),
		cmocka_unit_test(the_number_is_the_packages_place_in_the_list),
		cmocka_unit_test(s42_a_connection_lasts_until_it_is_closed),
		cmocka_unit_test(threads_connect_at_once),
		cmocka_unit_test(nobody_is_trusted_here),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
