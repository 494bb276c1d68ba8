/* tests/unit/test_lsa_support.c - the tables that packages are given: helpers, extension, reaching others.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <opensspi.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/block.h"
#include "crypto/permute.h"
#include "inproc/inproc.h"
#include "lsa/state.h"
#include "policy/state.h"

static struct lsa *lsa;
static const OPENSSPI_LSA_EXTENSION *extension;

static int begin(void **state)
{
	lsa = mock_lsa_plain();
	return OpensspiLsaExtension(1, &extension);
}

static int end(void **state)
{
	mock_lsa_end(lsa);
	return 0;
}

static void no_member_of_the_table_is_null(void **state)
{
	void *const *member = (void *const *)(const void *)mock.table;
	for (size_t i = 0; i < sizeof(*mock.table) / sizeof(void *); i++)
		assert_non_null(member[i]);
	void *const *more = (void *const *)(const void *)extension;
	for (size_t i = 0; i < sizeof(*extension) / sizeof(void *); i++)
		assert_non_null(more[i]);
}

static void extension_versions_are_checked(void **state)
{
	const OPENSSPI_LSA_EXTENSION *table = NULL;
	assert_int_equal(OpensspiLsaExtension(0, &table), STATUS_NOT_SUPPORTED);
	assert_int_equal(OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION + 1, &table),
			 STATUS_NOT_SUPPORTED);
	assert_int_equal(OpensspiLsaExtension(1, NULL), STATUS_INVALID_PARAMETER);
	assert_null(table);
	for (ULONG version = 1; version <= OPENSSPI_LSA_EXTENSION_VERSION; version++)
		assert_int_equal(OpensspiLsaExtension(version, &table), STATUS_SUCCESS);
}

static void heaps_give_and_take(void **state)
{
	void *p = mock.table->AllocateLsaHeap(100), *q = mock.table->AllocatePrivateHeap(7);
	assert_non_null(p);
	assert_non_null(q);
	mock.table->FreeLsaHeap(p);
	mock.table->FreePrivateHeap(q);
	mock.table->FreeReturnBuffer(NULL);
}

static void mapping_a_buffer_copies_it(void **state)
{
	SecBuffer in = { 5, SECBUFFER_TOKEN, (void *)(uintptr_t) "12345" }, out = { 0, 0, NULL };
	assert_int_equal(mock.table->MapBuffer(&in, &out), STATUS_SUCCESS);
	assert_ptr_not_equal(out.pvBuffer, in.pvBuffer);
	assert_memory_equal(out.pvBuffer, "12345", 5);
	mock.table->FreeLsaHeap(out.pvBuffer);
	/* the client's memory is within reach only during its call */
	in.BufferType |= SECBUFFER_UNMAPPED;
	assert_true(mock.table->MapBuffer(&in, &out) < 0);
}

static void what_cannot_be_here_is_refused(void **state)
{
	NTSTATUS protocol;
	HANDLE handle;
	assert_int_equal(mock.table->CallPackage(NULL, NULL, 0, NULL, NULL, &protocol), STATUS_INVALID_PARAMETER);
	assert_int_equal(mock.table->CrediWrite(NULL, 0, NULL, 0), STATUS_INVALID_PARAMETER);
	assert_int_equal(mock.table->ImpersonateClient(), STATUS_NOT_SUPPORTED);
	assert_int_equal(mock.table->OpenTokenByLogonId(NULL, &handle), STATUS_NOT_SUPPORTED);
	assert_null(mock.table->CreateThread(NULL, 0, NULL, NULL, 0, NULL));
	assert_null(mock.table->CreateSharedMemory(10, 10));
	assert_int_equal(mock.table->AllocateClientBuffer(NULL, 4, &handle), STATUS_INVALID_PARAMETER);
	UNICODE_STRING name = { 0 };
	assert_int_equal(mock.table->OpenSamUser(&name, SecNameSamCompatible, NULL, FALSE, 0, &handle), STATUS_NO_SUCH_USER);
	assert_int_equal(mock.table->OpenSamUser(&name, SecNameAlternateId, NULL, FALSE, 0, &handle), STATUS_INVALID_PARAMETER);
}

/* ---- protection of memory ---- */

static void protected_memory_comes_back(void **state)
{
	uint8_t *p = malloc(300), *copy = malloc(300);
	for (ULONG n = 0; n < 300; n++) {
		for (ULONG i = 0; i < n; i++)
			p[i] = copy[i] = (uint8_t)(i * 7);
		mock.table->LsaProtectMemory(p, n);
		if (n >= 16)
			assert_memory_not_equal(p, copy, n);
		mock.table->LsaUnprotectMemory(p, n);
		assert_memory_equal(p, copy, n);
	}
	free(p);
	free(copy);
}

static void one_changed_bit_changes_all_of_it(void **state)
{
	const uint8_t key[PERMUTE_KEY_LEN] = { 1, 2, 3 };
	for (size_t bit = 0; bit < 64 * 8; bit += 37) {
		uint8_t a[64] = { 0 }, b[64] = { 0 };
		size_t same = 0;
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		permute(key, a, sizeof(a));
		permute(key, b, sizeof(b));
		for (size_t i = 0; i < sizeof(a); i++)
			same += a[i] == b[i];
		assert_true(same < 8);
	}
}

static void the_permutation_depends_on_key_and_length(void **state)
{
	const uint8_t key[PERMUTE_KEY_LEN] = { 1 }, other[PERMUTE_KEY_LEN] = { 2 };
	uint8_t a[32] = { 0 }, b[32] = { 0 }, c[33] = { 0 };
	permute(key, a, sizeof(a));
	permute(other, b, sizeof(b));
	permute(key, c, sizeof(c));
	assert_memory_not_equal(a, b, 32);
	assert_memory_not_equal(a, c, 32);
	permute_back(other, a, sizeof(a));
	permute_back(key, b, sizeof(b));
	assert_memory_not_equal(a, b, 32);
}

/* ---- the extension ---- */

static void the_machine_has_names(void **state)
{
	OPENSSPI_MACHINE_NAMES names = { 0 };
	assert_int_equal(extension->MachineNames(&names), STATUS_SUCCESS);
	assert_true(names.NetbiosComputer.Length > 0 && names.NetbiosComputer.Length <= 30);
	assert_true(names.NetbiosDomain.Length > 0);
	assert_true(names.DnsComputer.Length > 0);
	assert_int_equal(extension->MachineNames(NULL), STATUS_INVALID_PARAMETER);
}

static void without_policy_and_authority_all_is_refused(void **state)
{
	ULONG value = 0;
	OPENSSPI_NTLM_LOGON logon = { .NtResponseLength = 0 };
	OPENSSPI_NTLM_LOGON_RESULT result = { .Domain = { 0 } };
	UNICODE_STRING target = { 2, 2, (WCHAR *)(uintptr_t)u"x" };
	assert_int_equal(extension->QueryPolicy(OPENSSPI_POLICY_MINIMUM_TLS, &value), STATUS_INVALID_PARAMETER);
	assert_int_equal(extension->CheckDelegation(OPENSSPI_DELEGATE_FRESH, TRUE, &target), SEC_E_DELEGATION_POLICY);
	assert_int_equal(extension->TargetNameIsOurs(&target), FALSE);
	assert_int_equal(extension->AuthenticateNtlm(&logon, &result), SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

/* A kernel in FIPS mode. */
static struct policy *fips_policy(void)
{
	char file[] = "/tmp/opensspi-fips-XXXXXX";
	const char *kernel = policy_fips_file;
	struct policy *p = NULL;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1\n", 2), 2);
	assert_int_equal(close(fd), 0);
	setenv("OPENSSPI_HOME", "/tmp/opensspi-without-files", 1);
	policy_fips_file = file;
	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	policy_fips_file = kernel;
	unsetenv("OPENSSPI_HOME");
	assert_int_equal(unlink(file), 0);
	return p;
}

static void where_ntlm_is_blocked_no_package_gets_around_it(void **state)
{
	OPENSSPI_NTLM_LOGON logon = { .NtResponseLength = 0 };
	OPENSSPI_NTLM_LOGON_RESULT result = { .Domain = { 0 } };
	SecBuffer sids = { 0 };
	lsa->setup.policy = fips_policy();
	assert_int_equal(extension->AuthenticateNtlm(&logon, &result), STATUS_NTLM_BLOCKED);
	assert_int_equal(extension->AuthenticateNtlmSids(&logon, &result, &sids), STATUS_NTLM_BLOCKED);
	policy_free(lsa->setup.policy);
	lsa->setup.policy = NULL;
}

/* ---- reaching another package ---- */

static UNICODE_STRING mock_name = { 8, 8, (WCHAR *)(uintptr_t)u"MOCK" };

struct reached {
	OPENSSPI_REACH_HANDLE credential, context;
	SecBuffer in, out;
	SecBufferDesc in_desc, out_desc;
};

static NTSTATUS reach_step(struct reached *r, const char *word)
{
	ULONG attributes = 0;
	TimeStamp expiry;
	r->in = (SecBuffer){ (ULONG)strlen(word), SECBUFFER_TOKEN, (void *)(uintptr_t)word };
	r->out = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	r->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &r->in };
	r->out_desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &r->out };
	return extension->ReachInitContext(r->credential, r->context, NULL, ISC_REQ_ALLOCATE_MEMORY, &r->in_desc, &r->context,
					   &r->out_desc, &attributes, &expiry);
}

static void reach_begin(struct reached *r)
{
	TimeStamp expiry;
	*r = (struct reached){ .context = 0 };
	assert_int_equal(extension->ReachAcquireCredentials(&mock_name, SECPKG_CRED_OUTBOUND, NULL, &r->credential, &expiry),
			 SEC_E_OK);
	assert_true(mock.attributes & SECPKG_CALL_IN_PROC);
	assert_int_equal(reach_step(r, "a"), SEC_I_CONTINUE_NEEDED);
	assert_memory_equal(r->out.pvBuffer, "one", 3);
	block_free(r->out.pvBuffer);
}

static void an_inner_context_is_complete_inside_the_lsa(void **state)
{
	struct reached r;
	char text[] = "attack";
	SecBuffer data = { 6, SECBUFFER_DATA, text };
	SecBufferDesc message = { SECBUFFER_VERSION, 1, &data };
	reach_begin(&r);
	/* not before it is mapped */
	assert_int_equal(extension->ReachSeal(r.context, &message, 0), SEC_E_UNSUPPORTED_FUNCTION);
	OPENSSPI_REACH_HANDLE number = r.context;
	assert_int_equal(reach_step(&r, "b"), SEC_E_OK);
	assert_true(r.context == number);
	block_free(r.out.pvBuffer);
	assert_int_equal(mock.mapped, 1);

	assert_int_equal(extension->ReachSeal(r.context, &message, 0), SEC_E_OK);
	assert_memory_not_equal(text, "attack", 6);
	assert_int_equal(extension->ReachUnseal(r.context, &message, 0), SEC_E_OK);
	assert_memory_equal(text, "attack", 6);
	assert_int_equal(extension->ReachSign(r.context, &message, 0), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(extension->ReachVerify(r.context, &message, 0), SEC_E_UNSUPPORTED_FUNCTION);

	/* the user half answers first, then the LSA half */
	SecPkgContext_Sizes sizes;
	SecPkgContext_NamesW names;
	assert_int_equal(extension->ReachQueryContext(r.context, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_int_equal(sizes.cbSecurityTrailer, 4);
	assert_int_equal(extension->ReachQueryContext(r.context, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	block_free(names.sUserName);
	assert_int_equal(extension->ReachQueryContext(r.context, SECPKG_ATTR_LIFESPAN, &names), SEC_E_UNSUPPORTED_FUNCTION);

	extension->ReachDeleteContext(r.context);
	assert_int_equal(mock.mapped, 0);
	assert_int_equal(mock.contexts, 0);
	extension->ReachFreeCredentials(r.credential);
	assert_int_equal(mock.credentials, 0);
}

static void an_inner_refusal_still_has_its_token(void **state)
{
	struct reached r;
	reach_begin(&r);
	assert_int_equal(reach_step(&r, "alert"), SEC_E_LOGON_DENIED);
	assert_int_equal(r.out.cbBuffer, 5);
	assert_memory_equal(r.out.pvBuffer, "alert", 5);
	block_free(r.out.pvBuffer);
	extension->ReachDeleteContext(r.context);
	extension->ReachFreeCredentials(r.credential);
}

static void s42_inner_numbers_that_are_none_are_refused(void **state)
{
	struct reached r = { .credential = 77 };
	SecPkgContext_Sizes sizes;
	SecBuffer data = { 0, SECBUFFER_DATA, NULL };
	SecBufferDesc message = { SECBUFFER_VERSION, 1, &data };
	assert_int_equal(reach_step(&r, "a"), SEC_E_INVALID_HANDLE);
	r = (struct reached){ .context = 77 };
	assert_int_equal(reach_step(&r, "a"), SEC_E_INVALID_HANDLE);
	r = (struct reached){ .context = 0 };
	assert_int_equal(reach_step(&r, "a"), SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachQueryContext(1, SECPKG_ATTR_SIZES, &sizes), SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachSeal(0, &message, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachControlContext(5, &message), SEC_E_INVALID_HANDLE);
	extension->ReachDeleteContext(5);
	extension->ReachFreeCredentials(0);
	UNICODE_STRING nobody = { 2, 2, (WCHAR *)(uintptr_t)u"?" };
	assert_int_equal(extension->ReachAcquireCredentials(&nobody, 0, NULL, &r.credential, NULL), SEC_E_SECPKG_NOT_FOUND);
}

static void what_packages_leave_behind_goes_with_the_lsa(void **state)
{
	struct reached r;
	reach_begin(&r);
	assert_int_equal(reach_step(&r, "b"), SEC_E_OK);
	block_free(r.out.pvBuffer);
	/* the teardown frees the LSA and finds nothing left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_member_of_the_table_is_null),
		TEST(extension_versions_are_checked),
		TEST(heaps_give_and_take),
		TEST(mapping_a_buffer_copies_it),
		TEST(what_cannot_be_here_is_refused),
		TEST(protected_memory_comes_back),
		TEST(one_changed_bit_changes_all_of_it),
		TEST(the_permutation_depends_on_key_and_length),
		TEST(the_machine_has_names),
		TEST(without_policy_and_authority_all_is_refused),
		TEST(where_ntlm_is_blocked_no_package_gets_around_it),
		TEST(an_inner_context_is_complete_inside_the_lsa),
		TEST(an_inner_refusal_still_has_its_token),
		TEST(s42_inner_numbers_that_are_none_are_refused),
		TEST(what_packages_leave_behind_goes_with_the_lsa),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
