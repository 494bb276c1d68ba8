/* CREDENTIALW and CREDENTIALA: one form behind both, and one block for what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "advapi/credential.h"

#define W(s) ((WCHAR *)(uintptr_t)OPENSSPI_WIDE(s))

static BYTE secret[] = { 's', 0, 'e', 0 };
static BYTE value[] = { 1, 2, 3 };

static CREDENTIALW wide(CREDENTIAL_ATTRIBUTEW *attributes)
{
	attributes[0] = (CREDENTIAL_ATTRIBUTEW){ W("one"), 0, sizeof(value), value };
	attributes[1] = (CREDENTIAL_ATTRIBUTEW){ W("two\u00E9"), 0, 0, NULL };
	return (CREDENTIALW){ .Flags = 0x10,
			      .Type = CRED_TYPE_GENERIC,
			      .TargetName = W("git:https://h\u00E9"),
			      .Comment = W(""),
			      .CredentialBlobSize = sizeof(secret),
			      .CredentialBlob = secret,
			      .Persist = CRED_PERSIST_LOCAL_MACHINE,
			      .AttributeCount = 2,
			      .Attributes = attributes,
			      .UserName = W("u") };
}

static void a_wide_credential_comes_back_wide_and_narrow(void **state)
{
	CREDENTIAL_ATTRIBUTEW attributes[2];
	CREDENTIALW c = wide(attributes);
	struct credential_view view;

	(void)state;
	assert_int_equal(credential_from_w(&c, &view), ERROR_SUCCESS);
	view.last_written = 0x1122334455667788;
	CREDENTIALW *back = credential_to_block(&view, false);
	assert_int_equal(back->Flags, 0x10);
	assert_memory_equal(back->TargetName, c.TargetName, 15 * sizeof(WCHAR));
	assert_int_equal(back->Comment[0], 0);
	assert_null(back->TargetAlias);
	assert_int_equal(back->LastWritten.dwHighDateTime, 0x11223344);
	assert_memory_equal(back->CredentialBlob, secret, sizeof(secret));
	assert_int_equal(back->Attributes[0].ValueSize, 3);
	assert_memory_equal(back->Attributes[0].Value, value, 3);
	assert_null(back->Attributes[1].Value);
	CredFree(back);
	CREDENTIALA *narrow = credential_to_block(&view, true);
	assert_string_equal(narrow->TargetName, "git:https://h\xC3\xA9");
	assert_string_equal(narrow->UserName, "u");
	assert_string_equal(narrow->Comment, "");
	assert_string_equal(narrow->Attributes[1].Keyword, "two\xC3\xA9");
	CredFree(narrow);
}

static void a_narrow_credential_is_widened_once(void **state)
{
	CREDENTIAL_ATTRIBUTEA attribute = { (char *)(uintptr_t) "k", 0, 3, value };
	CREDENTIALA c = { .Type = CRED_TYPE_GENERIC,
			  .TargetName = (char *)(uintptr_t) "h\xC3\xA9",
			  .Persist = 1,
			  .AttributeCount = 1,
			  .Attributes = &attribute };
	struct credential_texts texts = { 0 };
	struct credential_view view;

	(void)state;
	assert_int_equal(credential_from_a(&c, &texts, &view), ERROR_SUCCESS);
	assert_int_equal(view.target.n, 2);
	assert_int_equal(view.target.p[1], 0xE9);
	assert_null(view.user.p);
	assert_int_equal(texts.count, 2);
	credential_texts_done(&texts);
	c.UserName = (char *)(uintptr_t) "\xFF";
	assert_int_equal(credential_from_a(&c, &texts, &view), ERROR_NO_UNICODE_TRANSLATION);
	credential_texts_done(&texts);
}

static void s44_nonsense_is_refused_before_it_is_read(void **state)
{
	static const WCHAR lone[] = { 0xD800, 0 };
	CREDENTIAL_ATTRIBUTEW attributes[2];
	CREDENTIALW c = wide(attributes);
	struct credential_view view;

	(void)state;
	assert_int_equal(credential_from_w(NULL, &view), ERROR_INVALID_PARAMETER);
	c.CredentialBlob = NULL;
	assert_int_equal(credential_from_w(&c, &view), ERROR_INVALID_PARAMETER);
	c = wide(attributes);
	c.AttributeCount = CRED_MAX_ATTRIBUTES + 1;
	assert_int_equal(credential_from_w(&c, &view), 1783);
	c.Attributes = NULL;
	assert_int_equal(credential_from_w(&c, &view), ERROR_INVALID_PARAMETER);
	c = wide(attributes);
	c.UserName = (WCHAR *)(uintptr_t)lone;
	assert_int_equal(credential_from_w(&c, &view), ERROR_INVALID_PARAMETER);
	c = wide(attributes);
	attributes[0].Value = NULL;
	assert_int_equal(credential_from_w(&c, &view), ERROR_INVALID_PARAMETER);
}

static void an_array_is_one_block(void **state)
{
	CREDENTIAL_ATTRIBUTEW attributes[2];
	CREDENTIALW c = wide(attributes);
	struct credential_view one, two;

	(void)state;
	assert_int_equal(credential_from_w(&c, &one), ERROR_SUCCESS);
	two = one;
	two.user = (struct utf16){ NULL, 0 };
	two.attribute_count = 0;
	struct wr w = WR(CREDENTIAL_BYTES_MAX);
	const struct credential_view *views[] = { &one, &two, &one };
	for (size_t i = 0; i < 3; i++) {
		size_t length = wr_hold(&w, 4), start = w.len;
		credential_write(&w, views[i]);
		wr_fill_u32le(&w, length, (uint32_t)(w.len - start));
	}
	void *block = NULL;
	assert_int_equal(credential_list_to_block(rd_of(w.buf, w.len - 1), 3, false, &block),
			 ERROR_INTERNAL_ERROR);
	assert_int_equal(credential_list_to_block(wr_view(&w), 2, false, &block),
			 ERROR_INTERNAL_ERROR);
	assert_null(block);
	for (int ansi = 0; ansi < 2; ansi++) {
		assert_int_equal(credential_list_to_block(wr_view(&w), 3, ansi, &block),
				 ERROR_SUCCESS);
		CREDENTIALA **array = block;
		assert_non_null(array[0]->UserName);
		assert_null(array[1]->UserName);
		assert_null(array[1]->Attributes);
		assert_int_equal(array[2]->Attributes[0].ValueSize, 3);
		assert_int_equal((uintptr_t)array[2] % 8, 0);
		CredFree(array);
	}
	wr_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wide_credential_comes_back_wide_and_narrow),
		cmocka_unit_test(a_narrow_credential_is_widened_once),
		cmocka_unit_test(s44_nonsense_is_refused_before_it_is_read),
		cmocka_unit_test(an_array_is_one_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
