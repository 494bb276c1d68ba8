/* tests/unit/test_lsa_changes.c - changed attributes and added credentials on their way to a package.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include "inproc/inproc.h"
#include "ipc/attributes.h"
#include "wire/wr.h"

struct world {
	struct lsa *lsa;
	struct channel *channel;
	uint64_t credential, context;
};

static void world_open(struct world *w, const struct package_module *module, bool codec)
{
	const struct package_module *const modules[] = { module, NULL };
	struct context_call call = { 0 };
	struct context_reply reply;

	w->lsa = mock_lsa(modules);
	w->channel = inproc_channel_new(w->lsa, codec);
	assert_non_null(w->channel);
	w->credential = mock_acquire(w->channel);
	call.credential = w->credential;
	assert_int_equal(mock_init(w->channel, &call, NULL, &reply), SEC_I_CONTINUE_NEEDED);
	w->context = reply.context;
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void world_close(struct world *w)
{
	assert_int_equal(mock_delete(w->channel, w->context), SEC_E_OK);
	assert_int_equal(mock_free(w->channel, w->credential), SEC_E_OK);
	w->channel->ops->free(w->channel);
	mock_lsa_end(w->lsa);
}

static NTSTATUS set(struct world *w, enum call which, uint64_t object, uint32_t attribute, const void *p,
		    size_t n)
{
	const struct set_attribute_call call = { object, attribute, { p, (uint32_t)n } };
	struct empty_reply reply = { 0 };
	return channel_call(w->channel, which, &call, &reply);
}

static void a_changed_attribute_reaches_its_package(void **state)
{
	(void)state;
	for (int codec = 0; codec < 2; codec++) {
		struct world w;
		world_open(&w, &mock_whole_module, codec);
		assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, 0x4711, "hello", 5), SEC_E_OK);
		assert_int_equal(mock.set_attribute, 0x4711);
		assert_int_equal(mock.set_size, 5);
		assert_memory_equal(mock.set, "hello", 5);
		assert_int_equal(set(&w, CALL_SET_CREDENTIALS, w.credential, 3, "settings", 8), SEC_E_OK);
		assert_int_equal(mock.set_attribute, 3);
		assert_int_equal(mock.set_size, 8);
		assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, 0x666, "x", 1),
				 SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, 0x4711, NULL, 0), SEC_E_OK);
		assert_int_equal(mock.set_size, 0);
		world_close(&w);
	}
}

static void a_structure_with_pointers_is_rebuilt(void **state)
{
	SecPkgCredentials_NamesW names = { (WCHAR *)(uintptr_t)u"somebody" };
	CLEANUP(wr_done) struct wr m = WR(256);
	struct world w;
	(void)state;
	world_open(&w, &mock_whole_module, true);
	assert_true(attribute_marshal_given(ATTRIBUTE_OF_CREDENTIALS | SECPKG_CRED_ATTR_NAMES, &names, false,
					    &m));
	assert_int_equal(set(&w, CALL_SET_CREDENTIALS, w.credential, SECPKG_CRED_ATTR_NAMES, m.buf, m.len),
			 SEC_E_OK);
	assert_int_equal(mock.set_size, 16);
	assert_memory_equal(mock.set, u"somebody", 16);
	for (size_t n = 0; n < m.len; n++)
		assert_int_equal(set(&w, CALL_SET_CREDENTIALS, w.credential, SECPKG_CRED_ATTR_NAMES, m.buf, n),
				 SEC_E_INVALID_PARAMETER);
	world_close(&w);
}

static void foreign_numbers_and_marks_are_refused(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, &mock_whole_module, false);
	assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context + 1, 1, "x", 1), SEC_E_INVALID_HANDLE);
	assert_int_equal(set(&w, CALL_SET_CREDENTIALS, 0, 1, "x", 1), SEC_E_INVALID_HANDLE);
	assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, ATTRIBUTE_OF_CREDENTIALS | 1, "x", 1),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(set(&w, CALL_SET_CREDENTIALS, w.credential, ATTRIBUTE_OF_CREDENTIALS | 1, "x", 1),
			 SEC_E_UNSUPPORTED_FUNCTION);
	world_close(&w);
}

static void a_flat_structure_that_is_cut_is_refused(void **state)
{
	const SecPkgContext_Sizes sizes = { 1, 2, 3, 4 };
	struct world w;
	(void)state;
	world_open(&w, &mock_whole_module, true);
	for (size_t n = 0; n < sizeof(sizes); n++)
		assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, SECPKG_ATTR_SIZES, &sizes, n),
				 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, SECPKG_ATTR_SIZES, &sizes, sizeof(sizes)),
			 SEC_E_OK);
	world_close(&w);
}

static NTSTATUS add(struct world *w, struct add_credentials_call call, struct add_credentials_reply *reply)
{
	*reply = (struct add_credentials_reply){ 0 };
	return channel_call(w->channel, CALL_ADD_CREDENTIALS, &call, reply);
}

static void added_credentials_reach_the_handles_package(void **state)
{
	static const uint8_t block[16] = { 16, 0, 0, 0x80 };
	struct add_credentials_reply reply;
	struct world w;
	(void)state;
	world_open(&w, &mock_whole_module, true);
	assert_int_equal(add(&w, (struct add_credentials_call){ .credential = w.credential,
								.package = MOCK_TEXT(u"mOCK"),
								.use = 2,
								.auth = { block, sizeof(block) } },
			     &reply),
			 SEC_E_OK);
	assert_int_equal(reply.expiry, 1999);
	assert_memory_equal(mock.added_package, u"mOCK", 8);
	assert_false(mock.added_principal);
	assert_int_equal(mock.last_use, 2);
	assert_int_equal(mock.last_auth, 0x80000010);
	assert_int_equal(add(&w, (struct add_credentials_call){ .credential = w.credential,
								.package = MOCK_TEXT(u"nobody") },
			     &reply),
			 SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(add(&w, (struct add_credentials_call){ .credential = w.credential,
								.principal = MOCK_TEXT(u"no-such-user-here"),
								.package = MOCK_TEXT(u"Mock") },
			     &reply),
			 SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(add(&w, (struct add_credentials_call){ .credential = w.credential,
								.package = MOCK_TEXT(u"Mock"),
								.auth = { block, 3 } },
			     &reply),
			 SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(add(&w, (struct add_credentials_call){ .credential = 1 }, &reply), SEC_E_INVALID_HANDLE);
	world_close(&w);
}

static void a_package_without_these_says_so(void **state)
{
	struct add_credentials_reply reply;
	struct world w;
	(void)state;
	world_open(&w, &mock_module, false);
	assert_int_equal(set(&w, CALL_SET_CONTEXT, w.context, 1, "x", 1), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(set(&w, CALL_SET_CREDENTIALS, w.credential, 1, "x", 1), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(add(&w, (struct add_credentials_call){ .credential = w.credential,
								.package = MOCK_TEXT(u"Mock") },
			     &reply),
			 SEC_E_UNSUPPORTED_FUNCTION);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_attribute_reaches_its_package),
		cmocka_unit_test(a_structure_with_pointers_is_rebuilt),
		cmocka_unit_test(foreign_numbers_and_marks_are_refused),
		cmocka_unit_test(a_flat_structure_that_is_cut_is_refused),
		cmocka_unit_test(added_credentials_reach_the_handles_package),
		cmocka_unit_test(a_package_without_these_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
