/* tests/unit/test_lsa_acquire.c - whose credentials: package, principal, session, AuthData, the caller.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <ntsecapi.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf.h"
#include "inproc/inproc.h"
#include "ipc/reason.h"

static bool use_codec;
static struct lsa *lsa;
static struct channel *channel;

static int open_plain(void **state)
{
	use_codec = false;
	lsa = mock_lsa_plain();
	channel = inproc_channel_new(lsa, use_codec);
	return 0;
}

static int open_codec(void **state)
{
	use_codec = true;
	lsa = mock_lsa_plain();
	channel = inproc_channel_new(lsa, use_codec);
	return 0;
}

static int close_both(void **state)
{
	channel->ops->free(channel);
	mock_lsa_end(lsa);
	return 0;
}

static NTSTATUS acquire(struct acquire_call call)
{
	struct acquire_reply reply = { 0 };
	if (!call.package.p)
		call.package = MOCK_TEXT(u"Mock");
	NTSTATUS status = channel_call(channel, CALL_ACQUIRE_CREDENTIALS, &call, &reply);
	assert_int_equal(reply.credential != 0, status == SEC_E_OK);
	if (status == SEC_E_OK) {
		assert_true(reply.expiry == CLOCK_NEVER);
		assert_int_equal(mock_free(channel, reply.credential), SEC_E_OK);
	}
	call_reply_done(CALL_ACQUIRE_CREDENTIALS, &reply);
	return status;
}

static NTSTATUS acquire_as(const char *principal)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	size_t n;
	assert_true(utf16_from_utf8(principal, strlen(principal), &wide, &n));
	return acquire((struct acquire_call){ .principal = { wide, (uint32_t)n } });
}

static void package_names_compare_without_case(void **state)
{
	assert_int_equal(acquire((struct acquire_call){ .package = MOCK_TEXT(u"mOcK") }), SEC_E_OK);
	assert_int_equal(acquire((struct acquire_call){ .package = MOCK_TEXT(u"Moc") }), SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(acquire((struct acquire_call){ .package = { u"", 0 } }), SEC_E_SECPKG_NOT_FOUND);
}

static void the_use_reaches_the_package_as_it_is(void **state)
{
	const uint32_t use[] = { 0, SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND, SECPKG_CRED_BOTH, 0x80000010 };
	for (size_t i = 0; i < ARRAY_LEN(use); i++) {
		assert_int_equal(acquire((struct acquire_call){ .use = use[i] }), SEC_E_OK);
		assert_int_equal(mock.last_use, use[i]);
	}
}

static void the_packages_refusal_is_the_answer(void **state)
{
	const NTSTATUS refusals[] = { SEC_E_NO_CREDENTIALS, SEC_E_UNKNOWN_CREDENTIALS, STATUS_NO_MEMORY };
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		mock.acquire_with = refusals[i];
		assert_int_equal(acquire((struct acquire_call){ .use = 1 }), refusals[i]);
	}
}

static void a_principal_is_the_callers_own_or_refused(void **state)
{
	char form[600], host[256], name[256];
	const struct passwd *me = getpwuid(geteuid());
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	/* a user without an entry goes by the number */
	if (me)
		snprintf(name, sizeof(name), "%s", me->pw_name);
	else
		snprintf(name, sizeof(name), "%u", (unsigned)geteuid());
	assert_int_equal(acquire((struct acquire_call){ .use = 1 }), SEC_E_OK);
	assert_false(mock.last_had_principal);
	assert_int_equal(acquire_as(""), SEC_E_OK);
	assert_int_equal(acquire_as(name), SEC_E_OK);
	assert_true(mock.last_had_principal);
	snprintf(form, sizeof(form), ".\\%s", name);
	assert_int_equal(acquire_as(form), SEC_E_OK);
	snprintf(form, sizeof(form), "%s\\%s", host, name);
	assert_int_equal(acquire_as(form), SEC_E_OK);
	snprintf(form, sizeof(form), "%s@%s", name, host);
	assert_int_equal(acquire_as(form), SEC_E_OK);

	assert_int_equal(acquire_as(strcmp(name, "daemon") ? "daemon" : "bin"), SEC_E_NOT_OWNER);
	assert_int_equal(acquire_as("nobody-has-this-name"), SEC_E_UNKNOWN_CREDENTIALS);
	snprintf(form, sizeof(form), "ELSEWHERE\\%s", name);
	assert_int_equal(acquire_as(form), SEC_E_UNKNOWN_CREDENTIALS);
	snprintf(form, sizeof(form), "%s@elsewhere.example", name);
	assert_int_equal(acquire_as(form), SEC_E_UNKNOWN_CREDENTIALS);
}

static void a_principal_that_is_no_text_is_unknown(void **state)
{
	const WCHAR lone[] = { 'a', 0xD800 };
	static WCHAR endless[40000];
	assert_int_equal(acquire((struct acquire_call){ .principal = { lone, 2 } }), SEC_E_UNKNOWN_CREDENTIALS);
	for (size_t i = 0; i < ARRAY_LEN(endless); i++)
		endless[i] = 'a';
	assert_int_equal(acquire((struct acquire_call){ .principal = { endless, ARRAY_LEN(endless) } }),
			 SEC_E_UNKNOWN_CREDENTIALS);
}

static LUID own_session(void)
{
	struct session_data_reply reply = { 0 };
	assert_int_equal(channel_call(channel, CALL_SESSION_DATA, &(struct session_data_call){ 0 }, &reply), STATUS_SUCCESS);
	LUID own = reply.logon;
	assert_int_equal(reply.logon_type, Interactive);
	assert_true(reply.user.n > 0);
	assert_true(reply.domain.n > 0);
	assert_int_equal(reply.sid.n, 16);
	assert_true(reply.logon_time > 0);
	call_reply_done(CALL_SESSION_DATA, &reply);
	return own;
}

static NTSTATUS session_data(LUID logon)
{
	struct session_data_reply reply = { 0 };
	const struct session_data_call call = { true, logon };
	NTSTATUS status = channel_call(channel, CALL_SESSION_DATA, &call, &reply);
	call_reply_done(CALL_SESSION_DATA, &reply);
	return status;
}

static void the_callers_session_may_be_named_and_no_other(void **state)
{
	LUID own = own_session(), other = { 1234567, 89 }, zero = { 0, 0 }, system = { 0x3E7, 0 };
	assert_true(own.HighPart != 0);
	assert_int_equal(acquire((struct acquire_call){ .has_logon = true, .logon = own }), SEC_E_OK);
	assert_non_null(mock.last_logon);
	assert_int_equal(acquire((struct acquire_call){ .has_logon = true, .logon = zero }), SEC_E_OK);
	assert_null(mock.last_logon);
	assert_int_equal(acquire((struct acquire_call){ .has_logon = true, .logon = other }), SEC_E_NOT_OWNER);
	assert_int_equal(acquire((struct acquire_call){ .has_logon = true, .logon = system }), SEC_E_NOT_OWNER);
	/* nobody holds the stand-in for SE_TCB_NAME in an embedded LSA, not even the superuser */
	assert_int_equal(mock.client.HasTcbPrivilege, FALSE);
}

static void sessions_are_described_to_their_owner(void **state)
{
	LUID own = own_session(), other = { 1234567, 89 }, zero = { 0, 0 };
	assert_int_equal(session_data(own), STATUS_SUCCESS);
	assert_int_equal(session_data(zero), STATUS_SUCCESS);
	assert_int_equal(session_data(other), STATUS_NO_SUCH_LOGON_SESSION);
	/* one that a package created outside any call is nobody's */
	assert_int_equal(mock.table->CreateLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(mock.table->CreateLogonSession(&other), STATUS_LOGON_SESSION_COLLISION);
	assert_int_equal(session_data(other), STATUS_ACCESS_DENIED);
	assert_int_equal(acquire((struct acquire_call){ .has_logon = true, .logon = other }), SEC_E_NOT_OWNER);
	assert_int_equal(mock.table->DeleteLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(mock.table->DeleteLogonSession(&other), STATUS_NO_SUCH_LOGON_SESSION);
}

static void the_own_session_is_the_same_for_every_channel(void **state)
{
	LUID first = own_session();
	struct channel *kept = channel;
	channel = inproc_channel_new(lsa, !use_codec);
	LUID second = own_session();
	channel->ops->free(channel);
	channel = kept;
	assert_memory_equal(&first, &second, sizeof(first));
}

static void the_package_sees_who_calls(void **state)
{
	LUID own = own_session();
	assert_int_equal(acquire((struct acquire_call){ .use = 1 }), SEC_E_OK);
	assert_int_equal(mock.client_status, STATUS_SUCCESS);
	assert_int_equal(mock.client.ProcessID, getpid());
	assert_memory_equal(&mock.client.LogonId, &own, sizeof(own));
	assert_int_equal(mock.attributes, 0);
	/* and outside a call there is nobody */
	SECPKG_CLIENT_INFO client;
	SECPKG_CALL_INFO call;
	assert_int_equal(mock.table->GetClientInfo(&client), STATUS_PROCESS_IS_TERMINATING);
	assert_int_equal(mock.table->GetCallInfo(&call), FALSE);
}

static void auth_data_of_a_known_format_is_one_whole_block(void **state)
{
	uint8_t block[32] = { 32 };
	assert_int_equal(acquire((struct acquire_call){ .auth = { block, 32 } }), SEC_E_OK);
	assert_int_equal(mock.last_auth, 32);
	assert_int_equal(acquire((struct acquire_call){ .use = 1 }), SEC_E_OK);
	assert_int_equal(mock.last_auth, 0);
	/* a count that is not the block's would make the package read elsewhere */
	for (uint32_t n = 1; n < 32; n++)
		assert_int_equal(acquire((struct acquire_call){ .auth = { block, n } }), SEC_E_UNKNOWN_CREDENTIALS);
	block[1] = 0xFF;
	assert_int_equal(acquire((struct acquire_call){ .auth = { block, 32 } }), SEC_E_UNKNOWN_CREDENTIALS);
}

static void opaque_auth_data_is_read_from_the_client(void **state)
{
	uint64_t secret = 0x1122334455667788;
	struct acquire_call call = { .package = MOCK_TEXT(u"Mock Second"), .client_address = (uintptr_t)&secret };
	assert_int_equal(acquire(call), SEC_E_NO_CREDENTIALS);
	assert_memory_equal(mock.copied, &secret, sizeof(secret));
	call.client_address = 0;
	assert_int_equal(acquire(call), STATUS_ACCESS_VIOLATION);
}

static NTSTATUS ask(struct lsa_client *client, enum call which, const void *call, void *reply)
{
	struct call_reason why;
	return lsa_dispatch(client, which, call, reply, &why);
}

/* Else one user's handles, each with a large identity, would be all the memory there is. */
static void a_large_identity_counts_as_several_handles(void **state)
{
	static uint8_t block[10 * LSA_BYTES_OF_HANDLE];
	struct lsa_client_setup setup = { .is_this_process = true };
	struct lsa_client *client = lsa_client_new(lsa, &setup);
	struct acquire_call acquire = { .package = MOCK_TEXT(u"Mock"), .auth = { block, sizeof(block) } };
	struct acquire_reply acquired = { 0 };
	struct context_reply begun = { 0 };
	assert_non_null(client);
	block[0] = sizeof(block) & 0xFF;
	block[1] = sizeof(block) >> 8;
	assert_int_equal(ask(client, CALL_ACQUIRE_CREDENTIALS, &acquire, &acquired), SEC_E_OK);
	assert_int_equal(lsa_client_handles(client), 11);
	/* a context keeps them when their number is gone */
	struct context_call begin = { .credential = acquired.credential,
				      .has_out = true,
				      .out_count = 1,
				      .out[0] = { .type = SECBUFFER_TOKEN, .room = 64 } };
	assert_int_equal(ask(client, CALL_INIT_CONTEXT, &begin, &begun), SEC_I_CONTINUE_NEEDED);
	struct credential_call freed = { .credential = acquired.credential };
	struct empty_reply nothing;
	assert_int_equal(ask(client, CALL_FREE_CREDENTIALS, &freed, &nothing), SEC_E_OK);
	assert_int_equal(lsa_client_handles(client), 11);
	struct delete_context_call deleted = { .context = begun.context };
	assert_int_equal(ask(client, CALL_DELETE_CONTEXT, &deleted, &nothing), SEC_E_OK);
	assert_int_equal(lsa_client_handles(client), 0);
	call_reply_done(CALL_INIT_CONTEXT, &begun);
	call_reply_done(CALL_ACQUIRE_CREDENTIALS, &acquired);
	lsa_client_free(client);
}

#define BOTH_ROWS(test)                                                                                                        \
	cmocka_unit_test_setup_teardown(test, open_plain, close_both), cmocka_unit_test_setup_teardown(test, open_codec, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_ROWS(package_names_compare_without_case),
		BOTH_ROWS(the_use_reaches_the_package_as_it_is),
		BOTH_ROWS(the_packages_refusal_is_the_answer),
		BOTH_ROWS(a_principal_is_the_callers_own_or_refused),
		BOTH_ROWS(a_principal_that_is_no_text_is_unknown),
		BOTH_ROWS(the_callers_session_may_be_named_and_no_other),
		BOTH_ROWS(sessions_are_described_to_their_owner),
		BOTH_ROWS(the_own_session_is_the_same_for_every_channel),
		BOTH_ROWS(the_package_sees_who_calls),
		BOTH_ROWS(auth_data_of_a_known_format_is_one_whole_block),
		BOTH_ROWS(opaque_auth_data_is_read_from_the_client),
		cmocka_unit_test_setup_teardown(a_large_identity_counts_as_several_handles, open_plain, close_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
