/* tests/unit/test_negotiate_taken.c - contexts that a package hands on, and user halves found by id.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <opensspi.h>

#include "base/block.h"
#include "ipc/userhalf.h"

static struct lsa *lsa;
static const OPENSSPI_LSA_EXTENSION *extension;

static int begin(void **state)
{
	lsa = mock_lsa_plain();
	return OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION, &extension);
}

static int end(void **state)
{
	mock_lsa_end(lsa);
	return 0;
}

/* ---- ReachTakePacked ---- */

struct reached {
	OPENSSPI_REACH_HANDLE credential, context;
};

static NTSTATUS step(struct reached *r, const char *word)
{
	SecBuffer in = { (ULONG)strlen(word), SECBUFFER_TOKEN, (void *)(uintptr_t)word },
		  out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 1, &in },
		      out_list = { SECBUFFER_VERSION, 1, &out };
	ULONG attributes = 0;
	TimeStamp expiry;

	NTSTATUS status = extension->ReachInitContext(r->credential, r->context, NULL,
						      ISC_REQ_ALLOCATE_MEMORY, &in_list,
						      &r->context, &out_list, &attributes, &expiry);
	block_free(out.pvBuffer);
	return status;
}

static struct reached reach(void)
{
	UNICODE_STRING name = { 8, 8, (WCHAR *)(uintptr_t)u"MOCK" };
	struct reached r = { 0 };
	TimeStamp expiry;

	assert_int_equal(extension->ReachAcquireCredentials(&name, SECPKG_CRED_OUTBOUND, NULL,
							    &r.credential, &expiry),
			 SEC_E_OK);
	assert_int_equal(step(&r, "a"), SEC_I_CONTINUE_NEEDED);
	return r;
}

static void let_go(struct reached *r)
{
	extension->ReachDeleteContext(r->context);
	extension->ReachFreeCredentials(r->credential);
	assert_int_equal(mock.contexts, 0);
	assert_int_equal(mock.credentials, 0);
}

static void a_taken_context_is_no_longer_protected_here(void **state)
{
	struct reached r = reach();
	SecBuffer packed = { 0 };
	SecBuffer data = { 0, SECBUFFER_DATA, NULL };
	SecBufferDesc message = { SECBUFFER_VERSION, 1, &data };
	SecPkgContext_NamesW names;
	ULONG package = 99;
	ULONG_PTR key = 0;

	assert_int_equal(extension->ReachTakePacked(r.context, &package, &key, &packed),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(step(&r, "b"), SEC_E_OK);
	assert_int_equal(mock.mapped, 1);
	assert_int_equal(extension->ReachTakePacked(r.context, &package, &key, &packed),
			 STATUS_SUCCESS);
	assert_int_equal(package, 0);
	assert_true(key != 0);
	assert_true(packed.cbBuffer > 0);
	assert_int_equal(mock.mapped, 0); /* the LSA's own is gone */
	block_free(packed.pvBuffer);

	assert_int_equal(extension->ReachSeal(r.context, &message, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachUnseal(r.context, &message, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachSign(r.context, &message, 0), SEC_E_INVALID_HANDLE);
	/* verified in a state of its own, which goes again */
	assert_int_equal(extension->ReachVerify(r.context, &message, 0),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(mock.mapped, 0);
	assert_int_equal(extension->ReachQueryContext(r.context, SECPKG_ATTR_NAMES, &names),
			 SEC_E_OK);
	block_free(names.sUserName);
	assert_int_equal(extension->ReachTakePacked(r.context, &package, &key, &packed),
			 SEC_E_INVALID_HANDLE);
	atomic_fetch_add(&mock.mapped, 1); /* the application's, under the same key */
	let_go(&r);
	assert_int_equal(mock.mapped, 1);
	atomic_fetch_sub(&mock.mapped, 1);
}

static void s42_taking_from_numbers_that_are_none_is_refused(void **state)
{
	SecBuffer packed = { 0 };
	ULONG package;
	ULONG_PTR key;

	assert_int_equal(extension->ReachTakePacked(0, &package, &key, &packed),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachTakePacked(77, &package, &key, &packed),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(extension->ReachTakePacked(77, NULL, &key, &packed),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(extension->ReachTakePacked(77, &package, &key, NULL),
			 STATUS_INVALID_PARAMETER);
}

/* ---- LocatePackageById ---- */

static PSECPKG_DLL_FUNCTIONS dll;

static NTSTATUS NTAPI instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions, PVOID *unused)
{
	dll = functions;
	return STATUS_SUCCESS;
}

static SECPKG_USER_FUNCTION_TABLE tables[2] = { { .InstanceInit = instance_init },
						{ .InstanceInit = instance_init } };

static NTSTATUS two_tables(ULONG version, ULONG *package_version, PSECPKG_USER_FUNCTION_TABLE *out,
			   ULONG *count)
{
	*package_version = SECPKG_INTERFACE_VERSION;
	*out = tables;
	*count = 2;
	return STATUS_SUCCESS;
}

static void user_halves_are_found_by_their_packages_ids(void **state)
{
	static const struct package_module module = { .name = "two",
						      .user_initialize = two_tables };
	static const struct package_module *const modules[] = { &module, NULL };
	struct userhalves *u = NULL;

	assert_int_equal(userhalves_new(modules, &u), STATUS_SUCCESS);
	const SECPKG_USER_FUNCTION_TABLE *first = userhalf_table(u, 0, 0);
	assert_non_null(first);
	assert_non_null(dll);
	assert_null(dll->LocatePackageById(200));
	userhalves_name(u, 200, 0, 1);
	assert_ptr_equal(dll->LocatePackageById(200), userhalf_table(u, 0, 1));
	assert_ptr_not_equal(dll->LocatePackageById(200), first);
	userhalves_name(u, 200, 0, 0);
	assert_ptr_equal(dll->LocatePackageById(200), first);
	userhalves_name(u, 201, 3, 0); /* a module that is not there */
	assert_null(dll->LocatePackageById(201));
	userhalves_name(u, 256, 0, 0); /* beyond what is found */
	assert_null(dll->LocatePackageById(256));
	userhalves_name(NULL, 202, 0, 0);
	assert_null(dll->LocatePackageById(202));
	userhalves_free(u);
	assert_null(dll->LocatePackageById(200));
}

static void user_halves_are_found_by_their_packages_names(void **state)
{
	static const struct package_module module = { .name = "two",
						      .user_initialize = two_tables };
	static const struct package_module *const modules[] = { &module, NULL };
	static const WCHAR one[] = u"Some", other[] = u"Another";
	struct userhalves *u = NULL;

	assert_int_equal(userhalves_new(modules, &u), STATUS_SUCCESS);
	const SECPKG_USER_FUNCTION_TABLE *first = userhalf_table(u, 0, 0);
	const struct module_services *services = module_services_of(dll);
	assert_null(services->locate(one, 4));
	userhalves_call(210, one, 4);
	userhalves_call(211, other, 7);
	userhalves_call(256, other, 7);	       /* beyond what is found */
	assert_null(services->locate(one, 4)); /* it is not known where */
	userhalves_name(u, 210, 0, 0);
	userhalves_name(u, 211, 0, 1);
	assert_ptr_equal(services->locate(one, 4), first);
	assert_ptr_equal(services->locate(u"sOME", 4), first);
	assert_ptr_equal(services->locate(other, 7), userhalf_table(u, 0, 1));
	assert_null(services->locate(other, 6));
	assert_null(services->locate(other, 0));
	userhalves_free(u);
	assert_null(services->locate(one, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_taken_context_is_no_longer_protected_here, begin,
						end),
		cmocka_unit_test_setup_teardown(s42_taking_from_numbers_that_are_none_is_refused,
						begin, end),
		cmocka_unit_test(user_halves_are_found_by_their_packages_ids),
		cmocka_unit_test(user_halves_are_found_by_their_packages_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
