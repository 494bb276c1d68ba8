/* tests/unit/test_sspi_reason.c - OpensspiLastReason: which call's sentence a program is told.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <opensspi.h>
#include <pthread.h>

#include "fake_lsa.h"

static CredHandle credential;

static NTSTATUS refuse(const void *request, void *reply)
{
	(void)request;
	(void)reply;
	return SEC_E_TARGET_UNKNOWN;
}

static int reset(void **state)
{
	(void)state;
	fake_reset();
	credential = fake_credential("Fake");
	return 0;
}

static SECURITY_STATUS begin(void)
{
	ULONG attributes;
	CtxtHandle context;
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &out };
	return InitializeSecurityContextA(&credential, NULL, LITERAL("TERMSRV/x"),
					  ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP, NULL, 0,
					  &context, &list, &attributes, NULL);
}

static void assert_reason(const char *expected)
{
	char *text = LITERAL("x");
	if (!expected) {
		assert_int_equal(OpensspiLastReason(&text), SEC_E_NO_CREDENTIALS);
		assert_null(text);
		return;
	}
	assert_int_equal(OpensspiLastReason(&text), SEC_E_OK);
	assert_string_equal(text, expected);
	FreeContextBuffer(text);
}

static void fails_with_a_reason(void)
{
	fake.on[CALL_INIT_CONTEXT] = refuse;
	fake.reason = "the KDC of LAB.TEST knows no TERMSRV/x";
	assert_int_equal(begin(), SEC_E_TARGET_UNKNOWN);
	fake.reason = NULL;
	assert_reason("the KDC of LAB.TEST knows no TERMSRV/x");
}

static void it_wants_a_place_for_its_answer(void **state)
{
	(void)state;
	assert_int_equal(OpensspiLastReason(NULL), SEC_E_INVALID_PARAMETER);
}

static void it_may_be_asked_twice_and_after_handles_are_released(void **state)
{
	CredHandle other = fake_credential("Fake");
	(void)state;
	fails_with_a_reason();
	assert_int_equal(FreeCredentialsHandle(&other), SEC_E_OK);
	assert_reason("the KDC of LAB.TEST knows no TERMSRV/x");
}

static void a_failure_before_the_lsa_is_asked_has_none(void **state)
{
	CtxtHandle nothing = { 0, 0 };
	CredHandle nobody = { 0, 0 };
	SecBuffer buffer = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc list = { SECBUFFER_VERSION, 1, &buffer };
	void *token;
	SecPkgContext_Sizes sizes;
	(void)state;
	fails_with_a_reason();
	assert_int_equal(
		AcceptSecurityContext(&nobody, NULL, NULL, 0, 0, &nothing, NULL, NULL, NULL),
		SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(
		AcquireCredentialsHandleA(NULL, NULL, 0, NULL, NULL, NULL, NULL, &nobody, NULL),
		SEC_E_INVALID_PARAMETER);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(QueryContextAttributesW(&nothing, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(EncryptMessage(&nothing, 0, &list, 0), SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(ApplyControlToken(&nothing, &list), SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(DeleteSecurityContext(&nothing), SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(ExportSecurityContext(&nothing, 0, &buffer, &token), SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
	fails_with_a_reason();
	assert_int_equal(ImpersonateSecurityContext(&nothing), SEC_E_INVALID_HANDLE);
	assert_reason(NULL);
}

static void a_new_attempt_begins_without(void **state)
{
	(void)state;
	fails_with_a_reason();
	assert_int_equal(begin(), SEC_E_TARGET_UNKNOWN);
	assert_reason(NULL);
}

static void *ask(void *unused)
{
	(void)unused;
	assert_reason(NULL);
	return NULL;
}

static void it_is_the_threads_own(void **state)
{
	pthread_t thread;
	(void)state;
	fails_with_a_reason();
	assert_int_equal(pthread_create(&thread, NULL, ask, NULL), 0);
	pthread_join(thread, NULL);
	assert_reason("the KDC of LAB.TEST knows no TERMSRV/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_wants_a_place_for_its_answer, reset),
		cmocka_unit_test_setup(it_may_be_asked_twice_and_after_handles_are_released, reset),
		cmocka_unit_test_setup(a_failure_before_the_lsa_is_asked_has_none, reset),
		cmocka_unit_test_setup(a_new_attempt_begins_without, reset),
		cmocka_unit_test_setup(it_is_the_threads_own, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
