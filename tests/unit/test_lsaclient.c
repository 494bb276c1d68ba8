/* tests/unit/test_lsaclient.c - LsaConnectUntrusted, LsaLookupAuthenticationPackage,
 * LsaCallAuthenticationPackage and their kin, against an LSA with the mock package.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lsa_home.h"
#include "mock_package.h"

static struct channel *codec_channel;
static bool through_codec;

/* The process's channel is the test's. */
struct channel *channel_current(NTSTATUS *status)
{
	*status = STATUS_SUCCESS;
	return through_codec ? codec_channel : h.channel;
}

static int open_both(void **state)
{
	int result = home_open(state);

	call_leave(&h.frame); /* an application is in no call */
	codec_channel = inproc_channel_new(h.lsa, true);
	assert_non_null(codec_channel);
	return result;
}

static int close_both(void **state)
{
	codec_channel->ops->free(codec_channel);
	call_enter(&h.frame, h.lsa, NULL, NULL);
	return home_close(state);
}

static LSA_STRING text(const char *s)
{
	return (LSA_STRING){ (USHORT)strlen(s), (USHORT)strlen(s), (char *)(uintptr_t)s };
}

/* ---- connections ---- */

static void everyone_may_connect_untrusted(void **state)
{
	HANDLE a, b;

	assert_int_equal(LsaConnectUntrusted(&a), STATUS_SUCCESS);
	assert_int_equal(LsaConnectUntrusted(&b), STATUS_SUCCESS);
	assert_ptr_not_equal(a, b);
	assert_int_equal(LsaDeregisterLogonProcess(a), STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(a), STATUS_INVALID_HANDLE);
	assert_int_equal(LsaDeregisterLogonProcess(b), STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(NULL), STATUS_INVALID_HANDLE);
	assert_int_equal(LsaConnectUntrusted(NULL), STATUS_INVALID_PARAMETER);
}

static void s42_a_handle_that_is_none_reaches_nothing(void **state)
{
	LSA_STRING name = text("Mock");
	HANDLE stale, bad[5];
	NTSTATUS protocol;
	PVOID answer;
	ULONG n;

	assert_int_equal(LsaConnectUntrusted(&stale), STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(stale), STATUS_SUCCESS);
	bad[0] = stale;
	bad[1] = NULL;
	bad[2] = (HANDLE) ~(uintptr_t)0;
	bad[3] = (HANDLE)((uintptr_t)stale + 1);
	bad[4] = (HANDLE)mock_acquire(h.channel); /* a number of something else */
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(LsaDeregisterLogonProcess(bad[i]), STATUS_INVALID_HANDLE);
		assert_int_equal(LsaLookupAuthenticationPackage(bad[i], &name, &n),
				 STATUS_INVALID_HANDLE);
		assert_int_equal(
			LsaCallAuthenticationPackage(bad[i], 0, &n, 4, &answer, &n, &protocol),
			STATUS_INVALID_HANDLE);
	}
	assert_int_equal(mock.entry, 0);
	assert_int_equal(mock_free(h.channel, (uintptr_t)bad[4]), STATUS_SUCCESS);
}

static void nobody_is_a_logon_process_in_embedded_mode(void **state)
{
	char long_name[200];
	LSA_STRING name = text("winlogon"), none = { 0 };
	LSA_OPERATIONAL_MODE mode = 77;
	HANDLE handle = (HANDLE)1;

	memset(long_name, 'x', sizeof(long_name));
	LSA_STRING too_long = { 128, 128, long_name };
	assert_int_equal(LsaRegisterLogonProcess(&name, &handle, &mode),
			 STATUS_PORT_CONNECTION_REFUSED);
	assert_null(handle);
	assert_int_equal(mode, 0);
	assert_int_equal(LsaRegisterLogonProcess(&too_long, &handle, &mode), STATUS_NAME_TOO_LONG);
	assert_int_equal(LsaRegisterLogonProcess(&none, &handle, &mode), STATUS_INVALID_PARAMETER);
	assert_int_equal(LsaRegisterLogonProcess(NULL, &handle, &mode), STATUS_INVALID_PARAMETER);
	assert_int_equal(LsaRegisterLogonProcess(&name, NULL, &mode), STATUS_INVALID_PARAMETER);
	assert_int_equal(LsaRegisterLogonProcess(&name, &handle, NULL),
			 STATUS_PORT_CONNECTION_REFUSED);
}

/* ---- packages by name ---- */

static void a_package_is_found_whatever_its_case(void **state)
{
	char long_name[200];
	LSA_STRING name = text("mOcK"), unknown = text("Nobody"), part = text("Moc");
	LSA_STRING bad = text("\xFF\xFE"), empty = { 0, 0, long_name };
	HANDLE handle;
	ULONG id = 77;

	memset(long_name, 'x', sizeof(long_name));
	LSA_STRING too_long = { 128, 128, long_name }, longest = { 127, 127, long_name };
	assert_int_equal(LsaLookupAuthenticationPackage(NULL, &name, &id), STATUS_INVALID_HANDLE);
	assert_int_equal(LsaConnectUntrusted(&handle), STATUS_SUCCESS);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &unknown, &id),
			 STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &part, &id),
			 STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &bad, &id), STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &empty, &id),
			 STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &longest, &id),
			 STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &too_long, &id),
			 STATUS_NAME_TOO_LONG);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, NULL, &id),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &name, NULL),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(id, 77);
	assert_int_equal(LsaLookupAuthenticationPackage(handle, &name, &id), STATUS_SUCCESS);
	assert_int_equal(id, 0);
	assert_int_equal(LsaDeregisterLogonProcess(handle), STATUS_SUCCESS);
}

/* ---- messages ---- */

static NTSTATUS say(HANDLE handle, ULONG package, const char *message, PVOID *answer, ULONG *n,
		    NTSTATUS *protocol)
{
	return LsaCallAuthenticationPackage(handle, package, (PVOID)(uintptr_t)message,
					    (ULONG)strlen(message), answer, n, protocol);
}

static void converse(void)
{
	const char *message = "hello";
	NTSTATUS protocol = 1;
	PVOID answer = NULL;
	HANDLE handle;
	ULONG n = 0;

	assert_int_equal(LsaConnectUntrusted(&handle), STATUS_SUCCESS);
	assert_int_equal(say(handle, 0, message, &answer, &n, &protocol), STATUS_SUCCESS);
	assert_int_equal(protocol, STATUS_SUCCESS);
	assert_int_equal(n, 5);
	assert_memory_equal(answer, "hello", 5);
	assert_int_equal(LsaFreeReturnBuffer(answer), STATUS_SUCCESS);
	/* the package saw a copy, and where the original lies */
	assert_int_equal(mock.entry, 'U');
	assert_ptr_equal(mock.message_base, message);
	assert_ptr_not_equal(mock.message, message);
	assert_int_equal(mock.message_attributes, 0);

	/* a refusal is the protocol's, with an answer all the same */
	assert_int_equal(say(handle, 0, "deny", &answer, &n, &protocol), STATUS_SUCCESS);
	assert_int_equal(protocol, STATUS_ACCESS_DENIED);
	assert_int_equal(n, 4);
	assert_int_equal(LsaFreeReturnBuffer(answer), STATUS_SUCCESS);
	assert_int_equal(say(handle, 0, "fail", &answer, &n, &protocol), STATUS_INVALID_PARAMETER);
	assert_null(answer);
	assert_int_equal(n, 0);
	assert_int_equal(say(handle, 0, "none", &answer, &n, &protocol), STATUS_SUCCESS);
	assert_null(answer);
	assert_int_equal(n, 0);
	assert_int_equal(LsaCallAuthenticationPackage(handle, 0, NULL, 0, &answer, &n, &protocol),
			 STATUS_SUCCESS);
	assert_null(mock.message);
	assert_int_equal(LsaFreeReturnBuffer(answer), STATUS_SUCCESS);
	/* a package that asks another in between, and one that never stops doing so */
	assert_int_equal(say(handle, 0, "call", &answer, &n, &protocol), STATUS_SUCCESS);
	assert_memory_equal(answer, "echo", 4);
	assert_int_equal(LsaFreeReturnBuffer(answer), STATUS_SUCCESS);
	assert_int_equal(say(handle, 0, "deep", &answer, &n, &protocol),
			 STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(LsaDeregisterLogonProcess(handle), STATUS_SUCCESS);
	assert_int_equal(say(handle, 0, message, &answer, &n, &protocol), STATUS_INVALID_HANDLE);
}

static void messages_go_to_a_package_and_its_answers_come_back(void **state)
{
	through_codec = false;
	converse();
	through_codec = true;
	converse();
	through_codec = false;
}

static void who_wants_no_answer_owes_none(void **state)
{
	HANDLE handle;

	assert_int_equal(LsaConnectUntrusted(&handle), STATUS_SUCCESS);
	assert_int_equal(say(handle, 0, "hello", NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(handle), STATUS_SUCCESS);
}

static void what_cannot_be_delivered_is_refused(void **state)
{
	static char large[(4u << 20) + 1];
	NTSTATUS protocol;
	PVOID answer;
	HANDLE handle;
	ULONG n;

	assert_int_equal(LsaConnectUntrusted(&handle), STATUS_SUCCESS);
	assert_int_equal(say(handle, 1, "hello", &answer, &n, &protocol), STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(say(handle, UINT32_MAX, "hello", &answer, &n, &protocol),
			 STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(LsaCallAuthenticationPackage(handle, 0, NULL, 5, &answer, &n, &protocol),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(LsaCallAuthenticationPackage(handle, 0, large, sizeof(large), &answer, &n,
						      &protocol),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(LsaCallAuthenticationPackage(handle, 0, large, sizeof(large) - 1, &answer,
						      &n, &protocol),
			 STATUS_SUCCESS);
	assert_int_equal(n, sizeof(large) - 1);
	assert_int_equal(LsaFreeReturnBuffer(answer), STATUS_SUCCESS);
	assert_int_equal(LsaDeregisterLogonProcess(handle), STATUS_SUCCESS);
}

static void a_message_to_all_packages_has_a_verdict_and_no_answer(void **state)
{
	NTSTATUS protocol;
	PVOID answer;
	HANDLE handle;
	ULONG n;

	assert_int_equal(LsaConnectUntrusted(&handle), STATUS_SUCCESS);
	assert_int_equal(say(handle, SECPKG_ALL_PACKAGES, "hello", &answer, &n, &protocol),
			 STATUS_SUCCESS);
	assert_int_equal(protocol, STATUS_SUCCESS);
	assert_null(answer);
	assert_int_equal(say(handle, SECPKG_ALL_PACKAGES, "deny", &answer, &n, &protocol),
			 STATUS_SUCCESS);
	assert_int_equal(protocol, STATUS_ACCESS_DENIED);
	assert_int_equal(say(handle, SECPKG_ALL_PACKAGES, "fail", &answer, &n, &protocol),
			 STATUS_NOT_SUPPORTED);
	assert_int_equal(LsaDeregisterLogonProcess(handle), STATUS_SUCCESS);
}

/* A client that says of itself that it is trusted is not believed. */
static void trust_is_not_the_callers_to_say(void **state)
{
	const struct call_package_call call = { .trusted = true };
	struct call_package_reply reply = { 0 };

	assert_int_equal(channel_call(h.channel, CALL_CALL_PACKAGE, &call, &reply),
			 STATUS_ACCESS_DENIED);
	call_reply_done(CALL_CALL_PACKAGE, &reply);
	assert_int_equal(mock.entry, 0);
}

/* lsad's own: a client of another process that is root gets the trusted entry. */
static void a_trusted_client_gets_the_trusted_entry(void **state)
{
	const struct call_package_call call = { .trusted = true,
						.message = { (const uint8_t *)"none", 4 } };
	struct call_package_reply reply = { 0 };
	struct empty_reply empty = { 0 };
	const struct connect_call connect = { .trusted = true,
					      .name = { (const uint8_t *)"login", 5 } };
	struct lsa_client_setup setup = { .uid = 0, .pid = getpid() };
	struct lsa_client *client = lsa_client_new(h.lsa, &setup);

	assert_int_equal(lsa_dispatch(client, CALL_CONNECT, &connect, &empty, NULL), STATUS_SUCCESS);
	assert_int_equal(lsa_dispatch(client, CALL_CALL_PACKAGE, &call, &reply, NULL), STATUS_SUCCESS);
	assert_int_equal(mock.entry, 'T');
	assert_int_equal(mock.message_attributes, SECPKG_CALL_IS_TCB);
	lsa_client_free(client);
	setup.uid = 12345;
	client = lsa_client_new(h.lsa, &setup);
	assert_int_equal(lsa_dispatch(client, CALL_CONNECT, &connect, &empty, NULL),
			 STATUS_PORT_CONNECTION_REFUSED);
	assert_int_equal(lsa_dispatch(client, CALL_CALL_PACKAGE, &call, &reply, NULL),
			 STATUS_ACCESS_DENIED);
	lsa_client_free(client);
}

#define BOTH(test) cmocka_unit_test_setup_teardown(test, open_both, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(everyone_may_connect_untrusted),
		BOTH(s42_a_handle_that_is_none_reaches_nothing),
		BOTH(nobody_is_a_logon_process_in_embedded_mode),
		BOTH(a_package_is_found_whatever_its_case),
		BOTH(messages_go_to_a_package_and_its_answers_come_back),
		BOTH(who_wants_no_answer_owes_none),
		BOTH(what_cannot_be_delivered_is_refused),
		BOTH(a_message_to_all_packages_has_a_verdict_and_no_answer),
		BOTH(trust_is_not_the_callers_to_say),
		BOTH(a_trusted_client_gets_the_trusted_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
