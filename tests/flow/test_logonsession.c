/* tests/flow/test_logonsession.c - the own logon session as a program meets it: what lives in it, and its end.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "fleeting.test"

static DWORD save(const char *target, DWORD persist)
{
	BYTE secret[] = "secret";
	CREDENTIALA c = { .Type = CRED_TYPE_GENERIC,
			  .TargetName = (LPSTR)(uintptr_t)target,
			  .Persist = persist,
			  .UserName = (LPSTR)(uintptr_t) "bot",
			  .CredentialBlob = secret,
			  .CredentialBlobSize = 6 };
	return CredWriteA(&c, 0) ? 0 : OpensspiGetLastError();
}

static DWORD see(const char *target)
{
	PCREDENTIALA c = NULL;
	DWORD error = CredReadA(target, CRED_TYPE_GENERIC, 0, &c) ? 0 : OpensspiGetLastError();

	CredFree(c);
	return error;
}

static LUID own(void)
{
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	LUID zero = { 0, 0 }, luid;

	assert_int_equal(LsaGetLogonSessionData(&zero, &data), STATUS_SUCCESS);
	luid = data->LogonId;
	assert_int_equal(data->LogonType, Interactive);
	assert_true(data->UserName.Length > 0 && data->Sid != NULL);
	LsaFreeReturnBuffer(data);
	return luid;
}

static void what_does_not_last_is_forgotten_with_the_session(void **state)
{
	assert_int_equal(save(HOST, CRED_PERSIST_SESSION), 0);
	assert_int_equal(save("lasting.test", CRED_PERSIST_LOCAL_MACHINE), 0);
	assert_int_equal(see(HOST), 0);
	assert_int_equal(OpensspiEndLogonSession(NULL), STATUS_SUCCESS);
	assert_int_equal(see(HOST), ERROR_NOT_FOUND);
	assert_int_equal(see("lasting.test"), 0);
	/* and what comes after is a session as new */
	assert_int_equal(save(HOST, CRED_PERSIST_SESSION), 0);
	assert_int_equal(see(HOST), 0);
	LUID luid = own();
	assert_int_equal(OpensspiEndLogonSession(&luid), STATUS_SUCCESS);
	assert_int_equal(see(HOST), ERROR_NOT_FOUND);
	LUID again = own();
	assert_memory_equal(&luid, &again, sizeof(luid));
	assert_true(CredDeleteA("lasting.test", CRED_TYPE_GENERIC, 0));
}

static void a_session_that_is_not_cannot_be_ended(void **state)
{
	LUID other = { 0x12345, 0x777 }, system = { 0x3E7, 0 };

	assert_int_equal(OpensspiEndLogonSession(&other), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(OpensspiEndLogonSession(&system), STATUS_NO_SUCH_LOGON_SESSION);
}

static void another_process_of_the_session_shares_it(void **state)
{
	int status = -1;

	assert_int_equal(save(HOST, CRED_PERSIST_SESSION), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(see(HOST) == 0 && OpensspiEndLogonSession(NULL) == STATUS_SUCCESS ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(see(HOST), ERROR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_last_is_forgotten_with_the_session),
		cmocka_unit_test(a_session_that_is_not_cannot_be_ended),
		cmocka_unit_test(another_process_of_the_session_shares_it),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
