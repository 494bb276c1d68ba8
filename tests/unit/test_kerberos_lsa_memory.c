/* tests/unit/test_kerberos_lsa_memory.c - Kerberos' LSA half when memory is short: it says so, and loses nothing.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "fake_host.h"
#include "mock_krb.h"
#include "packages/kerberos/package.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

static size_t countdown; /* 0: nothing fails; 1: the next allocation */

static bool fails(void)
{
	return countdown && --countdown == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

static const SECPKG_FUNCTION_TABLE *table;
static LSA_SEC_HANDLE client, server;
static void *identity;
static uint8_t token[2][8192];
static WCHAR target[] = u"HTTP/srv.lab.test";

static int setup(void **state)
{
	struct fake_side side = { .server = true };

	countdown = 0;
	fake_host_reset();
	mock_krb_reset();
	assert_int_equal(fake_side_open(&side, &kerberos_module, NULL), SEC_E_OK);
	table = side.lsa;
	fake_side_close(&side);
	identity = fake_identity("LAB.TEST", "alice", "secret");
	return identity ? 0 : -1;
}

static int teardown(void **state)
{
	mem_free(identity);
	return fake_host.heap || mock_krb.credentials || mock_krb.contexts ? -1 : 0;
}

static bool is_short(NTSTATUS status)
{
	return status == SEC_E_INSUFFICIENT_MEMORY || status == STATUS_NO_MEMORY ||
	       status == STATUS_INSUFFICIENT_RESOURCES;
}

/* Fails the first, second, ... allocation of a job until one does without failing. */
static void sweep(NTSTATUS (*job)(void))
{
	NTSTATUS status = SEC_E_OK;
	size_t n;

	for (n = 1; n < 1000; n++) {
		countdown = n;
		status = job();
		bool spared = countdown != 0;
		countdown = 0;
		if (spared)
			break;
		if (status != SEC_E_OK && !is_short(status))
			print_error("allocation %zu: 0x%08x\n", n, (unsigned)status);
		assert_true(status == SEC_E_OK || is_short(status));
		assert_int_equal(fake_host.heap, 0);
		assert_int_equal(mock_krb.credentials, 0);
		assert_int_equal(mock_krb.contexts, 0);
	}
	assert_int_equal(status, SEC_E_OK);
	assert_true(n > 5);
}

static NTSTATUS acquire(ULONG use, void *auth, LSA_SEC_HANDLE *out)
{
	TimeStamp expiry;

	return table->AcquireCredentialsHandle(NULL, use, NULL, auth, NULL, NULL, out, &expiry);
}

struct leg {
	LSA_SEC_HANDLE context;
	SecBuffer in, out, packed;
	BOOLEAN mapped;
	ULONG attributes;
	TimeStamp expiry;
};

static NTSTATUS step(struct leg *l, bool serves, const SecBuffer *from, unsigned room)
{
	UNICODE_STRING name = { sizeof(target) - 2, sizeof(target) - 2, target };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &l->in },
		      out = { SECBUFFER_VERSION, 1, &l->out };
	LSA_SEC_HANDLE made = l->context;
	NTSTATUS status;

	l->in = from ? *from : (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	l->out = (SecBuffer){ sizeof(token[0]), SECBUFFER_TOKEN, token[room] };
	if (serves)
		status = table->AcceptLsaModeContext(server, l->context, &in, 0, 0, &made, &out,
						     &l->attributes, &l->expiry, &l->mapped,
						     &l->packed);
	else
		status = table->InitLsaModeContext(client, l->context, &name, ISC_REQ_MUTUAL_AUTH,
						   0, &in, &made, &out, &l->attributes, &l->expiry,
						   &l->mapped, &l->packed);
	if (status >= 0)
		l->context = made;
	fake_host.heap -= l->mapped;
	block_free(l->mapped ? l->packed.pvBuffer : NULL);
	l->mapped = FALSE;
	return status;
}

static NTSTATUS talk(void)
{
	struct leg one = { .context = 0 }, other = { .context = 0 };

	NTSTATUS status = step(&one, false, NULL, 0);
	if (status >= 0)
		status = step(&other, true, &one.out, 1);
	if (status >= 0)
		status = step(&one, false, &other.out, 0);
	if (one.context)
		assert_int_equal(table->DeleteContext(one.context), STATUS_SUCCESS);
	if (other.context)
		assert_int_equal(table->DeleteContext(other.context), STATUS_SUCCESS);
	return status;
}

/* Credentials and contexts, all of it. */
static NTSTATUS sign_in(void)
{
	client = server = 0;
	NTSTATUS status = acquire(SECPKG_CRED_OUTBOUND, identity, &client);
	if (status >= 0)
		status = acquire(SECPKG_CRED_INBOUND, NULL, &server);
	if (status >= 0)
		status = talk();
	if (client)
		assert_int_equal(table->FreeCredentialsHandle(client), STATUS_SUCCESS);
	if (server)
		assert_int_equal(table->FreeCredentialsHandle(server), STATUS_SUCCESS);
	return status;
}

static void a_sign_in_short_of_memory_says_so(void **state)
{
	sweep(sign_in);
}

/* By what is saved for the target. */
static NTSTATUS sign_in_saved(void)
{
	void *given = identity;

	identity = NULL;
	NTSTATUS status = sign_in();
	identity = given;
	return status;
}

static void so_does_one_with_the_callers_cache(void **state)
{
	sweep(sign_in_saved);
}

static NTSTATUS list(void)
{
	KERB_QUERY_TKT_CACHE_REQUEST r = { .MessageType = KerbQueryTicketCacheEx3Message };
	NTSTATUS verdict;
	PVOID answer;
	ULONG size;

	assert_int_equal(
		table->CallPackageUntrusted(NULL, &r, &r, sizeof(r), &answer, &size, &verdict),
		STATUS_SUCCESS);
	fake_host.heap -= answer != NULL;
	block_free(answer);
	return verdict;
}

static void so_does_a_list_of_tickets(void **state)
{
	sweep(list);
}

static NTSTATUS retrieve(void)
{
	KERB_RETRIEVE_TKT_REQUEST r = { .MessageType = KerbRetrieveTicketMessage };
	NTSTATUS verdict;
	PVOID answer;
	ULONG size;

	assert_int_equal(
		table->CallPackageUntrusted(NULL, &r, &r, sizeof(r), &answer, &size, &verdict),
		STATUS_SUCCESS);
	fake_host.heap -= answer != NULL;
	block_free(answer);
	return verdict;
}

static void so_does_a_ticket_that_is_told(void **state)
{
	sweep(retrieve);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_sign_in_short_of_memory_says_so),
		TEST(so_does_one_with_the_callers_cache),
		TEST(so_does_a_list_of_tickets),
		TEST(so_does_a_ticket_that_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
