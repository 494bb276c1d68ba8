/* tests/unit/test_sspi_status.c - NTSTATUS to SECURITY_STATUS and to Win32, row by row.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ntsecapi.h>
#include <opensspi.h>

#include "advapi/lasterror.h"
#include "sspi/status.h"

static void security_codes_pass_unchanged(void **state)
{
	(void)state;
	assert_int_equal(security_status(SEC_E_OK), SEC_E_OK);
	assert_int_equal(security_status(SEC_I_CONTINUE_NEEDED), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(security_status(SEC_E_INCOMPLETE_MESSAGE), SEC_E_INCOMPLETE_MESSAGE);
	assert_int_equal(security_status(SEC_E_POLICY_NLTM_ONLY), SEC_E_POLICY_NLTM_ONLY);
	assert_int_equal(security_status((NTSTATUS)CRYPT_E_REVOKED), (LONG)CRYPT_E_REVOKED);
}

static void what_is_wrong_with_an_account_passes_unchanged(void **state)
{
	static const NTSTATUS told[] = {
		STATUS_ACCOUNT_RESTRICTION, STATUS_PASSWORD_EXPIRED,   STATUS_PASSWORD_MUST_CHANGE,
		STATUS_ACCOUNT_DISABLED,    STATUS_ACCOUNT_LOCKED_OUT, STATUS_ACCOUNT_EXPIRED,
		STATUS_INVALID_LOGON_HOURS, STATUS_INVALID_WORKSTATION, STATUS_LOGON_TYPE_NOT_GRANTED,
		STATUS_NTLM_BLOCKED,
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		assert_int_equal(security_status(told[i]), told[i]);
}

static void each_row_says_what_windows_says(void **state)
{
	static const struct {
		NTSTATUS from;
		SECURITY_STATUS to;
	} row[] = {
		{ STATUS_NO_MEMORY, SEC_E_INSUFFICIENT_MEMORY },
		{ STATUS_INSUFFICIENT_RESOURCES, SEC_E_INSUFFICIENT_MEMORY },
		{ STATUS_INVALID_HANDLE, SEC_E_INVALID_HANDLE },
		{ STATUS_INVALID_PARAMETER, SEC_E_INVALID_PARAMETER },
		{ STATUS_NOT_SUPPORTED, SEC_E_UNSUPPORTED_FUNCTION },
		{ STATUS_NOT_IMPLEMENTED, SEC_E_UNSUPPORTED_FUNCTION },
		{ STATUS_BUFFER_TOO_SMALL, SEC_E_BUFFER_TOO_SMALL },
		{ STATUS_NO_SUCH_PACKAGE, SEC_E_SECPKG_NOT_FOUND },
		{ STATUS_ACCESS_DENIED, SEC_E_NOT_OWNER },
		{ STATUS_PRIVILEGE_NOT_HELD, SEC_E_NOT_OWNER },
		{ STATUS_LOGON_FAILURE, SEC_E_LOGON_DENIED },
		{ STATUS_WRONG_PASSWORD, SEC_E_LOGON_DENIED },
		{ STATUS_NO_SUCH_USER, SEC_E_LOGON_DENIED },
		{ STATUS_NO_SUCH_LOGON_SESSION, SEC_E_NO_CREDENTIALS },
		{ STATUS_NO_LOGON_SERVERS, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_NO_SUCH_DOMAIN, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_DOMAIN_CONTROLLER_NOT_FOUND, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_NETLOGON_NOT_STARTED, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_TIME_DIFFERENCE_AT_DC, SEC_E_TIME_SKEW },
		{ STATUS_DOWNGRADE_DETECTED, SEC_E_DOWNGRADE_DETECTED },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(security_status(row[i].from), row[i].to);
}

static void what_has_no_row_is_an_internal_error(void **state)
{
	(void)state;
	assert_int_equal(security_status(STATUS_UNSUCCESSFUL), SEC_E_INTERNAL_ERROR);
	assert_int_equal(security_status((NTSTATUS)0xC0FFFFFF), SEC_E_INTERNAL_ERROR);
	assert_int_equal(security_status(STATUS_PENDING), SEC_E_OK);
}

static void win32_numbers_are_windows_own(void **state)
{
	(void)state;
	assert_int_equal(LsaNtStatusToWinError(STATUS_SUCCESS), 0);
	assert_int_equal(LsaNtStatusToWinError(STATUS_NO_MEMORY), 8);
	assert_int_equal(LsaNtStatusToWinError(STATUS_INSUFFICIENT_RESOURCES), 1450);
	assert_int_equal(LsaNtStatusToWinError(STATUS_INVALID_PARAMETER), 87);
	assert_int_equal(LsaNtStatusToWinError(STATUS_INVALID_HANDLE), 6);
	assert_int_equal(LsaNtStatusToWinError(STATUS_ACCESS_DENIED), 5);
	assert_int_equal(LsaNtStatusToWinError(STATUS_BUFFER_TOO_SMALL), 122);
	assert_int_equal(LsaNtStatusToWinError(STATUS_NOT_SUPPORTED), 50);
	assert_int_equal(LsaNtStatusToWinError(STATUS_NOT_FOUND), 1168);
	assert_int_equal(LsaNtStatusToWinError(STATUS_NO_SUCH_LOGON_SESSION), 1312);
	assert_int_equal(LsaNtStatusToWinError(STATUS_LOGON_FAILURE), 1326);
	assert_int_equal(LsaNtStatusToWinError(STATUS_PASSWORD_EXPIRED), 1330);
	assert_int_equal(LsaNtStatusToWinError(STATUS_ACCOUNT_DISABLED), 1331);
	assert_int_equal(LsaNtStatusToWinError(STATUS_ACCOUNT_LOCKED_OUT), 1909);
	assert_int_equal(LsaNtStatusToWinError(STATUS_PASSWORD_MUST_CHANGE), 1907);
	assert_int_equal(LsaNtStatusToWinError((NTSTATUS)0xC0FFFFFF), 317);
	assert_int_equal(LsaNtStatusToWinError(SEC_E_NO_CREDENTIALS), (ULONG)SEC_E_NO_CREDENTIALS);
}

static DWORD seen;

/* The process's own; it is told as well. */
void WINAPI SetLastError(DWORD number);
void WINAPI SetLastError(DWORD number)
{
	seen = number;
}

static void the_last_error_reaches_ours_and_the_process(void **state)
{
	(void)state;
	assert_int_equal(last_error(775), FALSE);
	assert_int_equal(OpensspiGetLastError(), 775);
	assert_int_equal(seen, 775);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(security_codes_pass_unchanged),
		cmocka_unit_test(what_is_wrong_with_an_account_passes_unchanged),
		cmocka_unit_test(each_row_says_what_windows_says),
		cmocka_unit_test(what_has_no_row_is_an_internal_error),
		cmocka_unit_test(win32_numbers_are_windows_own),
		cmocka_unit_test(the_last_error_reaches_ours_and_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
