/* tests/flow/test_memory.c - every allocation fails once: a documented status, nothing lost.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Linked with --wrap, so that all of the library's own allocations pass here. */
#include "flow.h"

#include <limits.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);

static __thread int fail_after = INT_MAX; /* allocations that still succeed */
static __thread bool failed_once;

static bool fails_now(void)
{
	if (fail_after == INT_MAX)
		return false;
	if (fail_after-- > 0)
		return false;
	fail_after = INT_MAX; /* one failure; what follows works again */
	failed_once = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return fails_now() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}

static SEC_WINNT_AUTH_IDENTITY_A identity = {
	.User = (unsigned char *)(uintptr_t)FLOW_USER,
	.UserLength = 5,
	.Password = (unsigned char *)(uintptr_t)FLOW_PASSWORD,
	.PasswordLength = 9,
	.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
};
static CREDSSP_CRED both = { .Type = CredsspSubmitBufferBothOld, .pSpnegoCred = &identity };

static SECURITY_STATUS acquire(const char *package, ULONG use, void *auth, CredHandle *out)
{
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, use, NULL, auth,
					 NULL, NULL, out, NULL);
}

/* Arms, acquires, disarms; walks on until an acquire passes without a failure. */
static void walk_acquire(const char *package, ULONG use, void *auth)
{
	int refused = 0;

	for (int n = 0; n < 10000; n++) {
		CredHandle handle;
		failed_once = false;
		fail_after = n;
		SECURITY_STATUS status = acquire(package, use, auth, &handle);
		fail_after = INT_MAX;
		if (status == SEC_E_OK)
			assert_int_equal(FreeCredentialsHandle(&handle), SEC_E_OK);
		else
			assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
		refused += status != SEC_E_OK;
		if (!failed_once) {
			assert_int_equal(status, SEC_E_OK);
			assert_true(refused > 0);
			return;
		}
	}
	assert_true(!"the walk ends");
}

static void warm_up(void)
{
	CredHandle handle;
	assert_int_equal(acquire("CREDSSP", SECPKG_CRED_INBOUND, NULL, &handle), SEC_E_OK);
	FreeCredentialsHandle(&handle);
	assert_int_equal(acquire("NTLM", SECPKG_CRED_INBOUND, NULL, &handle), SEC_E_OK);
	FreeCredentialsHandle(&handle);
}

static void body_acquire(void)
{
	warm_up();
	walk_acquire("NTLM", SECPKG_CRED_OUTBOUND, &identity);
	walk_acquire("NTLM", SECPKG_CRED_INBOUND, NULL);
	walk_acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &both);
	walk_acquire("CREDSSP", SECPKG_CRED_INBOUND, NULL);
	walk_acquire("TSSSP", SECPKG_CRED_OUTBOUND, &both);
}

static void acquiring_short_of_memory_says_so(void **state)
{
	flow_child("", body_acquire);
}

/* One whole sign-in with a failure at the nth allocation of the library; true when none came. */
static bool sign_in_with_failure(const char *package, int n)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));

	flow_client(client, package, FLOW_USER, FLOW_PASSWORD);
	flow_server(server, package);
	failed_once = false;
	fail_after = n;
	flow_run(client, server);
	fail_after = INT_MAX;
	bool untouched = !failed_once;
	if (untouched) {
		assert_int_equal(client->status, SEC_E_OK);
		assert_int_equal(server->status, SEC_E_OK);
	} else {
		assert_true(server->status <= 0 || server->status == SEC_I_CONTINUE_NEEDED);
	}
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
	return untouched;
}

static void walk_sign_in(const char *package)
{
	int n = 0;
	while (!sign_in_with_failure(package, n))
		n++;
	assert_true(n > 10);
}

static void body_ntlm(void)
{
	warm_up();
	walk_sign_in("NTLM");
}

static void body_negotiate(void)
{
	warm_up();
	walk_acquire("Negotiate", SECPKG_CRED_OUTBOUND, &identity);
	walk_acquire("Negotiate", SECPKG_CRED_INBOUND, NULL);
	walk_sign_in("Negotiate");
}

static void body_credssp(void)
{
	warm_up();
	walk_sign_in("CREDSSP");
}

static void an_ntlm_sign_in_short_of_memory_loses_nothing(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n", body_ntlm);
}

static void a_negotiated_sign_in_short_of_memory_loses_nothing(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n", body_negotiate);
}

static void a_credssp_sign_in_short_of_memory_loses_nothing(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n", body_credssp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acquiring_short_of_memory_says_so),
		cmocka_unit_test(an_ntlm_sign_in_short_of_memory_loses_nothing),
		cmocka_unit_test(a_negotiated_sign_in_short_of_memory_loses_nothing),
		cmocka_unit_test(a_credssp_sign_in_short_of_memory_loses_nothing),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
