/* tests/unit/test_lsa_credi_decode.c - CrediUnmarshalandDecodeString: what CredProtect made, and what it
 * did not.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lsa_home.h"
#include "mock_package.h"

#include "wire/protected.h"

/* What CredProtect makes of "secret", by the same two steps (mem_free). */
static WCHAR *protect(uint32_t flags)
{
	const struct cred_protect_call call = { flags, { (const uint8_t *)T("secret").p, 12 } };
	struct cred_protect_reply reply = { 0 };

	assert_int_equal(channel_call(h.channel, CALL_CRED_PROTECT, &call, &reply),
			 STATUS_SUCCESS);
	WCHAR *text = mem_array(protected_units(reply.bytes.n) + 1, sizeof(*text));
	protected_write(text, rd_of(reply.bytes.p, reply.bytes.n));
	call_reply_done(CALL_CRED_PROTECT, &reply);
	return text;
}

static void expect_opened(WCHAR *text)
{
	BOOLEAN fatal = TRUE;
	LPBYTE blob = NULL;
	ULONG n = 0;

	assert_int_equal(h.table->CrediUnmarshalandDecodeString(text, &blob, &n, &fatal),
			 STATUS_SUCCESS);
	assert_false(fatal);
	assert_int_equal(n, 12);
	assert_memory_equal(blob, OPENSSPI_WIDE("secret"), 14); /* and a terminator behind it */
	h.table->FreeLsaHeap(blob);
}

static void expect_refused(WCHAR *text, NTSTATUS status, BOOLEAN is_fatal)
{
	BOOLEAN fatal = !is_fatal;
	LPBYTE blob = (LPBYTE)text;
	ULONG n = 7;

	assert_int_equal(h.table->CrediUnmarshalandDecodeString(text, &blob, &n, &fatal), status);
	assert_int_equal(fatal, is_fatal);
	assert_null(blob);
	assert_int_equal(n, 0);
}

static void what_is_protected_for_the_user_and_the_system_is_opened(void **state)
{
	CLEANUP(mem_free_p) WCHAR *user = protect(0), *system = protect(CRED_PROTECT_TO_SYSTEM);

	assert_true(user[2] == 'D' && system[2] == 'F');
	expect_opened(user);
	expect_opened(system);
}

static void a_text_that_is_not_protected_may_be_taken_as_it_is(void **state)
{
	static const WCHAR *const texts[] = {
		u"",	    u"secret",	  u"@@",
		u"@@D",	    u"@@DAAAAAA", u"@@BAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		u"@@Dnot-", u"@@d",	  u"x@@DAAAAAAAAAAAA",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		expect_refused((WCHAR *)(uintptr_t)texts[i], STATUS_INVALID_PARAMETER, FALSE);
	/* cut off anywhere it is none either */
	CLEANUP(mem_free_p) WCHAR *text = protect(0);
	for (size_t n = utf16_len(text); n-- > 0;) {
		text[n] = 0;
		expect_refused(text, STATUS_INVALID_PARAMETER, FALSE);
	}
}

static void what_was_altered_is_fatal(void **state)
{
	CLEANUP(mem_free_p) WCHAR *text = protect(0);
	size_t n = utf16_len(text);

	for (size_t i = n - 3; i > 12; i -= 5) {
		WCHAR was = text[i];
		text[i] = was == 'A' ? 'B' : 'A';
		expect_refused(text, STATUS_NOT_CAPABLE, TRUE);
		text[i] = was;
	}
	expect_opened(text);
}

/* There is nobody whose key it could be. */
static void nobodys_text_is_fatal(void **state)
{
	CLEANUP(mem_free_p) WCHAR *text = protect(0);

	call_leave(&h.frame);
	expect_refused(text, STATUS_NOT_CAPABLE, TRUE);
	call_enter(&h.frame, h.lsa, h.lsa->clients, NULL);
}

static void arguments_that_are_null_are_refused(void **state)
{
	BOOLEAN fatal = TRUE;
	LPBYTE blob;
	ULONG n;

	assert_int_equal(h.table->CrediUnmarshalandDecodeString(NULL, &blob, &n, &fatal),
			 STATUS_INVALID_PARAMETER);
	assert_false(fatal);
	assert_int_equal(h.table->CrediUnmarshalandDecodeString(W("x"), NULL, &n, &fatal),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediUnmarshalandDecodeString(W("x"), &blob, NULL, &fatal),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediUnmarshalandDecodeString(W("x"), &blob, &n, NULL),
			 STATUS_INVALID_PARAMETER);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOME(what_is_protected_for_the_user_and_the_system_is_opened),
		IN_HOME(a_text_that_is_not_protected_may_be_taken_as_it_is),
		IN_HOME(what_was_altered_is_fatal),
		IN_HOME(nobodys_text_is_fatal),
		IN_HOME(arguments_that_are_null_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
