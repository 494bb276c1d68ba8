/* tests/unit/test_sspi_handles.c - what a handle may be, who may use it, and when it is over.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <sspi.h>

#include "fake_lsa.h"

static int reset(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static CtxtHandle begin(CredHandle *credential)
{
	CtxtHandle context;
	ULONG attributes;
	assert_int_equal(InitializeSecurityContextW(credential, NULL, NULL, 0, 0, 0, NULL, 0, &context,
						    NULL, &attributes, NULL),
			 SEC_E_OK);
	return context;
}

static void refused_everywhere(CtxtHandle *h)
{
	SecBufferDesc none = { 0 };
	SecPkgContext_Sizes sizes;
	HANDLE token;
	ULONG qop;
	assert_int_equal(QueryContextAttributesW(h, 0, &sizes), SEC_E_INVALID_HANDLE);
	assert_int_equal(QueryContextAttributesA(h, 0, &sizes), SEC_E_INVALID_HANDLE);
	assert_int_equal(EncryptMessage(h, 0, &none, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(DecryptMessage(h, &none, 0, &qop), SEC_E_INVALID_HANDLE);
	assert_int_equal(MakeSignature(h, 0, &none, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(VerifySignature(h, &none, 0, &qop), SEC_E_INVALID_HANDLE);
	assert_int_equal(CompleteAuthToken(h, &none), SEC_E_INVALID_HANDLE);
	assert_int_equal(ApplyControlToken(h, &none), SEC_E_INVALID_HANDLE);
	assert_int_equal(ImpersonateSecurityContext(h), SEC_E_INVALID_HANDLE);
	assert_int_equal(RevertSecurityContext(h), SEC_E_INVALID_HANDLE);
	assert_int_equal(QuerySecurityContextToken(h, &token), SEC_E_INVALID_HANDLE);
	assert_int_equal(ExportSecurityContext(h, 0, NULL, NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(SetContextAttributesW(h, 0, &sizes, 16), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(h), SEC_E_INVALID_HANDLE);
}

static void s42_zero_null_and_garbage_are_refused(void **state)
{
	CredHandle credential = fake_credential("Fake");
	CtxtHandle good = begin(&credential);
	CtxtHandle bad[] = { { 0, 0 },
			     { (ULONG_PTR)-1, (ULONG_PTR)-1 },
			     { good.dwLower, 0 },
			     { 0, good.dwUpper },
			     { good.dwLower + 1, good.dwUpper },
			     { good.dwLower + ((uint64_t)1 << 32), good.dwUpper },
			     { good.dwLower, good.dwUpper + 1 },
			     { (ULONG_PTR)&good, (ULONG_PTR)&good } };
	(void)state;
	refused_everywhere(NULL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refused_everywhere(&bad[i]);
	assert_int_equal(DeleteSecurityContext(&good), SEC_E_OK);
}

static void s42_a_deleted_context_is_refused(void **state)
{
	CredHandle credential = fake_credential("Fake");
	CtxtHandle context = begin(&credential);
	(void)state;
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	assert_int_equal(fake.unmapped, 1);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 1);
	refused_everywhere(&context);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 1);
}

static void s42_a_credential_is_no_context_and_a_context_no_credential(void **state)
{
	CredHandle credential = fake_credential("Fake");
	CtxtHandle context = begin(&credential), other;
	ULONG attributes;
	(void)state;
	refused_everywhere(&credential);
	assert_int_equal(FreeCredentialsHandle(&context), SEC_E_INVALID_HANDLE);
	assert_int_equal(InitializeSecurityContextW(&context, NULL, NULL, 0, 0, 0, NULL, 0, &other,
						    NULL, &attributes, NULL),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(FreeCredentialsHandle(NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void s42_another_packages_credential_is_refused(void **state)
{
	CredHandle credential = fake_credential("Fake"), other = fake_credential("FakeCredSSP");
	CtxtHandle context = begin(&credential);
	ULONG attributes;
	(void)state;
	assert_int_equal(InitializeSecurityContextW(&other, &context, NULL, 0, 0, 0, NULL, 0, &context,
						    NULL, &attributes, NULL),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void s42_the_lsas_refusal_of_a_credential_is_told(void **state)
{
	CredHandle credential = fake_credential("Fake");
	(void)state;
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	assert_int_equal(fake.calls[CALL_FREE_CREDENTIALS], 1);
}

static void a_context_of_before_a_fork_is_stale_in_the_child(void **state)
{
	CredHandle credential = fake_credential("Fake");
	CtxtHandle context = begin(&credential);
	int status;
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		SecPkgContext_Sizes sizes;
		bool good = QueryContextAttributesW(&context, 0, &sizes) == SEC_E_INVALID_HANDLE &&
			    DeleteSecurityContext(&context) == SEC_E_INVALID_HANDLE;
		ULONG attributes;
		CtxtHandle own;
		good = good && InitializeSecurityContextW(&credential, NULL, NULL, 0, 0, 0, NULL, 0,
							  &own, NULL, &attributes, NULL) == SEC_E_OK;
		_exit(good ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static CtxtHandle shared;

static void *seal_until_gone(void *unused)
{
	SecBufferDesc none = { 0 };
	(void)unused;
	while (EncryptMessage(&shared, 0, &none, 0) == SEC_E_OK)
		continue;
	return NULL;
}

static void a_context_may_be_deleted_while_another_thread_uses_it(void **state)
{
	CredHandle credential = fake_credential("Fake");
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		pthread_t thread[4];
		shared = begin(&credential);
		for (size_t i = 0; i < ARRAY_LEN(thread); i++)
			assert_int_equal(pthread_create(&thread[i], NULL, seal_until_gone, NULL), 0);
		usleep(500);
		CtxtHandle copy = shared;
		assert_int_equal(DeleteSecurityContext(&copy), SEC_E_OK);
		for (size_t i = 0; i < ARRAY_LEN(thread); i++)
			pthread_join(thread[i], NULL);
	}
	assert_int_equal(fake.unmapped, 20);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 20);
}

static void *begin_and_end(void *credential)
{
	for (unsigned i = 0; i < 50; i++) {
		CtxtHandle context;
		ULONG attributes;
		if (InitializeSecurityContextW(credential, NULL, NULL, 0, 0, 0, NULL, 0, &context, NULL,
					       &attributes, NULL) != SEC_E_OK ||
		    DeleteSecurityContext(&context) != SEC_E_OK)
			return credential;
	}
	return NULL;
}

static void s36_sixty_four_threads_share_one_credential(void **state)
{
	CredHandle credential = fake_credential("Fake");
	pthread_t thread[64];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, begin_and_end, &credential), 0);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		void *failed_with;
		pthread_join(thread[i], &failed_with);
		assert_null(failed_with);
	}
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 64 * 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(s42_zero_null_and_garbage_are_refused, reset),
		cmocka_unit_test_setup(s42_a_deleted_context_is_refused, reset),
		cmocka_unit_test_setup(s42_a_credential_is_no_context_and_a_context_no_credential, reset),
		cmocka_unit_test_setup(s42_another_packages_credential_is_refused, reset),
		cmocka_unit_test_setup(s42_the_lsas_refusal_of_a_credential_is_told, reset),
		cmocka_unit_test_setup(a_context_of_before_a_fork_is_stale_in_the_child, reset),
		cmocka_unit_test_setup(a_context_may_be_deleted_while_another_thread_uses_it, reset),
		cmocka_unit_test_setup(s36_sixty_four_threads_share_one_credential, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
