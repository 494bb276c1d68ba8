/* tests/unit/test_tsssp_session.c - the session of a delegated password: whose it is called, and how long it lasts.
 * Over tsssp_talk.h, mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/utf.h"
#include "tsssp_talk.h"

#define U(text) rd_of(u##text, sizeof(u##text) - 2)

static const WCHAR *signed_in; /* as the mechanism tells it; NULL: it tells nothing */
static NTSTATUS(NTAPI *ask_mechanism)(OPENSSPI_REACH_HANDLE, ULONG, PVOID);

static NTSTATUS NTAPI ask(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer)
{
	if (attribute != SECPKG_ATTR_NAMES)
		return ask_mechanism(context, attribute, buffer);
	if (!signed_in)
		return SEC_E_UNSUPPORTED_FUNCTION;
	size_t n = (utf16_len(signed_in) + 1) * sizeof(WCHAR);
	WCHAR *copy = fake_host_table()->AllocateLsaHeap((ULONG)n);
	memcpy(copy, signed_in, n);
	((SecPkgContext_NamesW *)buffer)->sUserName = copy;
	return STATUS_SUCCESS;
}

static struct talk *server_with(struct rd user, struct rd password)
{
	struct talk *t = talk_new(true);

	ask_mechanism = fake_host.extension.ReachQueryContext;
	fake_host.extension.ReachQueryContext = ask;
	server_to_credentials(t, 6);
	assert_int_equal(say_password(t, 6, user, password), SEC_E_OK);
	return t;
}

static NTSTATUS query(struct talk *t, OPENSSPI_DELEGATED_LOGON *out)
{
	return t->side.lsa->QueryContextAttributes(t->side.context, OPENSSPI_ATTR_DELEGATED_LOGON,
						   out);
}

static void a_session_is_made_once_and_ends_with_its_context(void **state)
{
	OPENSSPI_DELEGATED_LOGON a, b;
	struct talk *t = server_with(U("alice"), U("pw"));

	(void)state;
	signed_in = u"LAB\\alice";
	assert_int_equal(fake_host.sessions, 0);
	assert_int_equal(query(t, &a), STATUS_SUCCESS);
	assert_int_equal(query(t, &b), STATUS_SUCCESS);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(fake_host.sessions, 1);
	assert_int_equal(fake_host.updates, 1);
	assert_int_equal(fake_host.audit_type, RemoteInteractive);
	talk_close(t);
	assert_int_equal(fake_host.sessions, 0);
}

static void it_has_the_name_that_was_proven_and_no_other(void **state)
{
	static const struct {
		const WCHAR *signed_in, *delegated;
		const char *name;
	} rows[] = {
		{ u"LAB\\alice", u"alice", "alice" },
		{ u"LAB\\ALICE", u"alice", "ALICE" },
		{ u"LAB\\bob", u"alice", "" },
		{ u"OTHER\\alice", u"alice", "" },
		{ u"alice@LAB", u"alice", "alice" },
		{ u"alice@OTHER", u"alice", "" },
		{ u"LAB\\alice", u"alice2", "" },
		{ u"alice", u"alice", "" },
		{ NULL, u"alice", "" },
		{ u"", u"alice", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OPENSSPI_DELEGATED_LOGON logon;
		struct talk *t = server_with(
			rd_of(rows[i].delegated, utf16_len(rows[i].delegated) * 2), U("pw"));
		signed_in = rows[i].signed_in;
		assert_int_equal(query(t, &logon), STATUS_SUCCESS);
		assert_string_equal(fake_host.audit_user, rows[i].name);
		talk_close(t);
	}
}

static void without_a_password_there_is_none(void **state)
{
	OPENSSPI_DELEGATED_LOGON logon;
	struct talk *t = server_with(U("alice"), rd_of(NULL, 0));

	(void)state;
	assert_int_equal(query(t, &logon), SEC_E_NO_CREDENTIALS);
	assert_int_equal(fake_host.sessions, 0);
	talk_close(t);
}

static void one_that_cannot_be_told_of_is_not_left_behind(void **state)
{
	OPENSSPI_DELEGATED_LOGON logon;
	struct talk *t = server_with(U("alice"), U("pw"));

	(void)state;
	fake_host.session_status = STATUS_QUOTA_EXCEEDED;
	assert_int_equal(query(t, &logon), STATUS_QUOTA_EXCEEDED);
	assert_int_equal(fake_host.sessions, 0);
	fake_host.session_status = STATUS_SUCCESS;
	assert_int_equal(query(t, &logon), STATUS_SUCCESS);
	talk_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_made_once_and_ends_with_its_context),
		cmocka_unit_test(it_has_the_name_that_was_proven_and_no_other),
		cmocka_unit_test(without_a_password_there_is_none),
		cmocka_unit_test(one_that_cannot_be_told_of_is_not_left_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
