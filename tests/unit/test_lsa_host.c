/* tests/unit/test_lsa_host.c - loading packages: versions, tables, those that refuse or lie.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <opensspi.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inproc/inproc.h"
#include "ipc/userhalf.h"

static void packages(struct lsa *lsa, bool codec, struct packages_reply *reply)
{
	struct channel *c = inproc_channel_new(lsa, codec);
	memset(reply, 0, sizeof(*reply));
	assert_int_equal(channel_call(c, CALL_PACKAGES, &(struct packages_call){ 0 }, reply), STATUS_SUCCESS);
	c->ops->free(c);
}

static void assert_name(const struct package_record *p, const WCHAR *name, size_t n)
{
	assert_int_equal(p->name.n, n * sizeof(WCHAR));
	assert_memory_equal(p->name.p, name, n * sizeof(WCHAR));
}

static void tables_of_an_old_version_have_their_own_stride(void **state)
{
	struct packages_reply reply;
	struct lsa *lsa = mock_lsa_plain();
	for (int codec = 0; codec < 2; codec++) {
		packages(lsa, codec, &reply);
		assert_int_equal(reply.count, 2);
		assert_name(&reply.package[0], u"Mock", 4);
		assert_name(&reply.package[1], u"Mock Second", 11);
		assert_int_equal(reply.package[0].table, 0);
		assert_int_equal(reply.package[1].table, 1);
		assert_int_equal(reply.package[1].id, 1);
		assert_int_equal(reply.package[0].capabilities, 0x33);
		assert_int_equal(reply.package[0].rpc_id, 77);
		assert_int_equal(reply.package[0].max_token, 4096);
		assert_int_equal(reply.package[0].comment.n, 12);
		call_reply_done(CALL_PACKAGES, &reply);
	}
	mock_lsa_end(lsa);
	assert_int_equal(mock.shutdowns, 2);
}

static void traits_are_asked_for(void **state)
{
	struct packages_reply reply;
	struct lsa *lsa = mock_lsa_plain();
	packages(lsa, false, &reply);
	assert_int_equal(reply.package[0].auth_format, OPENSSPI_AUTH_DATA_CREDSSP);
	assert_int_equal(reply.package[0].home, OPENSSPI_HOME_CALLER);
	/* one that does not answer is opaque and at home in the LSA */
	assert_int_equal(reply.package[1].auth_format, OPENSSPI_AUTH_DATA_OPAQUE);
	assert_int_equal(reply.package[1].home, OPENSSPI_HOME_LSA);
	call_reply_done(CALL_PACKAGES, &reply);
	mock_lsa_end(lsa);
}

static void packages_that_refuse_or_lie_are_dropped_and_the_rest_go_on(void **state)
{
	static const struct package_module *const modules[] = {
		&mock_refusing_module, &mock_future_module, &mock_empty_module,	   &mock_tables_null_module,
		&mock_broken_module,   &mock_module,	    &mock_nameless_module, &mock_twin_module,
		NULL
	};
	struct packages_reply reply;
	struct lsa *lsa = mock_lsa(modules);
	packages(lsa, true, &reply);
	assert_int_equal(reply.count, 2);
	assert_name(&reply.package[0], u"Mock", 4);
	assert_int_equal(reply.package[0].id, 0);
	assert_int_equal(reply.package[0].module, 5);
	call_reply_done(CALL_PACKAGES, &reply);
	mock_lsa_end(lsa);
}

/* ---- one with an authentication package's older entry ---- */

static NTSTATUS old_status;
static char old_order[8];

static void note(char entry)
{
	size_t n = strlen(old_order);
	assert_true(n < sizeof(old_order) - 1);
	old_order[n] = entry;
}

static NTSTATUS NTAPI old_initialize_package(ULONG id, PLSA_DISPATCH_TABLE table, PLSA_STRING database,
					     PLSA_STRING confidentiality, PLSA_STRING *name)
{
	assert_int_equal(id, 0);
	assert_null(database);
	assert_null(confidentiality);
	note('P');
	if (old_status != STATUS_SUCCESS)
		return old_status;
	/* both are heap of the LSA's, which releases them */
	*name = table->AllocateLsaHeap(sizeof(**name));
	**name = (LSA_STRING){ 3, 4, table->AllocateLsaHeap(4) };
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI old_initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE table)
{
	note('I');
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI old_info(PSecPkgInfoW info)
{
	static WCHAR name[] = { 'O', 'l', 'd', 0 };
	note('G');
	info->Name = name;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI old_shutdown(void)
{
	note('S');
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI late_info(PSecPkgInfoW info)
{
	static WCHAR name[] = { 'L', 'a', 't', 'e', 0 };
	info->Name = name;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI late_shutdown(void)
{
	note('s');
	return STATUS_SUCCESS;
}

static NTSTATUS late_lsa(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *tables, PULONG count)
{
	static SECPKG_FUNCTION_TABLE table = { .Initialize = old_initialize,
					       .Shutdown = late_shutdown,
					       .GetInfo = late_info };
	*package_version = SECPKG_INTERFACE_VERSION_10;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}

static NTSTATUS old_lsa(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *tables, PULONG count)
{
	static SECPKG_FUNCTION_TABLE table = { .InitializePackage = old_initialize_package,
					       .Initialize = old_initialize,
					       .Shutdown = old_shutdown,
					       .GetInfo = old_info };
	assert_int_equal(version, SECPKG_INTERFACE_VERSION);
	*package_version = SECPKG_INTERFACE_VERSION;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}

static void a_package_is_initialised_in_the_documented_order(void **state)
{
	static const struct package_module old_module = { "old", old_lsa, NULL, NULL };
	static const struct package_module late_module = { "late", late_lsa, NULL, NULL };
	static const struct package_module *const modules[] = { &old_module, &late_module, NULL };
	struct packages_reply reply;
	memset(old_order, 0, sizeof(old_order));
	struct lsa *lsa = mock_lsa(modules);
	packages(lsa, false, &reply);
	assert_int_equal(reply.count, 2);
	assert_string_equal(old_order, "PIGI");
	call_reply_done(CALL_PACKAGES, &reply);
	mock_lsa_end(lsa);
	assert_string_equal(old_order, "PIGIsS"); /* the last one first */
}

static void a_package_whose_first_entry_fails_is_asked_no_further(void **state)
{
	static const struct package_module old_module = { "old", old_lsa, NULL, NULL };
	static const struct package_module *const modules[] = { &old_module, &mock_module, NULL };
	struct packages_reply reply;
	memset(old_order, 0, sizeof(old_order));
	old_status = STATUS_UNSUCCESSFUL;
	struct lsa *lsa = mock_lsa(modules);
	old_status = STATUS_SUCCESS;
	packages(lsa, false, &reply);
	assert_int_equal(reply.count, 2);
	assert_string_equal(old_order, "P");
	call_reply_done(CALL_PACKAGES, &reply);
	mock_lsa_end(lsa);
}

static void there_may_be_no_package_at_all(void **state)
{
	static const struct package_module *const modules[] = { NULL };
	struct packages_reply reply;
	struct lsa *lsa = mock_lsa(modules);
	packages(lsa, true, &reply);
	assert_int_equal(reply.count, 0);
	mock_lsa_end(lsa);
}

static void a_process_has_one_lsa(void **state)
{
	static const struct package_module *const modules[] = { NULL };
	struct lsa *lsa = mock_lsa_plain(), *other = NULL;
	const struct lsa_setup setup = { .modules = modules };
	assert_true(lsa_new(&setup, &other) < 0);
	assert_null(other);
	assert_ptr_equal(lsa_current(), lsa);
	mock_lsa_end(lsa);
	assert_null(lsa_current());
}

static void an_unknown_call_is_refused(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	for (int codec = 0; codec < 2; codec++) {
		struct channel *c = inproc_channel_new(lsa, codec);
		assert_int_equal(channel_call(c, CALL_COUNT, "", NULL), SEC_E_INTERNAL_ERROR);
		c->ops->free(c);
	}
	mock_lsa_end(lsa);
}

/* ---- user-mode halves and forks ---- */

static atomic_int asked;

static NTSTATUS slow_user(ULONG version, ULONG *package_version, PSECPKG_USER_FUNCTION_TABLE *tables,
			  ULONG *count)
{
	static SECPKG_USER_FUNCTION_TABLE table;
	asked++;
	usleep(50000);
	*package_version = version;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}

static const struct package_module slow_module = { "slow", NULL, slow_user, NULL };

static void *ask_user_half(void *halves)
{
	return (void *)(uintptr_t)userhalf_table(halves, 0, 0);
}

static void a_fork_while_a_user_half_is_loaded_finds_it_loaded(void **state)
{
	static const struct package_module *const modules[] = { &slow_module, NULL };
	struct userhalves *halves, *other;
	pthread_t thread;
	void *table;
	int status;
	(void)state;
	assert_int_equal(userhalves_new(modules, &halves), STATUS_SUCCESS);
	assert_int_equal(userhalves_new(modules, &other), STATUS_SUCCESS);
	assert_non_null(userhalf_table(other, 0, 0)); /* the guard stands from the first time on */
	asked = 0;
	assert_int_equal(pthread_create(&thread, NULL, ask_user_half, halves), 0);
	while (!asked)
		usleep(100);
	pid_t child = fork();
	if (child == 0) {
		alarm(5);
		_exit(userhalf_table(halves, 0, 0) && asked == 1 ? 0 : 1);
	}
	assert_int_equal(pthread_join(thread, &table), 0);
	assert_non_null(table);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	userhalves_free(halves);
	userhalves_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_an_old_version_have_their_own_stride),
		cmocka_unit_test(traits_are_asked_for),
		cmocka_unit_test(packages_that_refuse_or_lie_are_dropped_and_the_rest_go_on),
		cmocka_unit_test(a_package_is_initialised_in_the_documented_order),
		cmocka_unit_test(a_package_whose_first_entry_fails_is_asked_no_further),
		cmocka_unit_test(there_may_be_no_package_at_all),
		cmocka_unit_test(a_process_has_one_lsa),
		cmocka_unit_test(an_unknown_call_is_refused),
		cmocka_unit_test(a_fork_while_a_user_half_is_loaded_finds_it_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
