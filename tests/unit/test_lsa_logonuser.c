/* tests/unit/test_lsa_logonuser.c - LsaLogonUser's LSA side, with a package that says what its message says.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <ntsecapi.h>

#include "base/block.h"
#include "base/utf.h"
#include "inproc/inproc.h"
#include "lsa/state.h"

static struct {
	const LSA_SECPKG_FUNCTION_TABLE *table;
	LUID next;
	unsigned accepted, terminated;
	LUID accepted_for, terminated_for;
	WCHAR password[16];
} judge;

static struct channel *channel;
static struct lsa *lsa;
static const uint8_t *base; /* the client's message */

/* ---- the package ---- */

static NTSTATUS NTAPI judge_initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE table)
{
	judge.table = table;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI judge_info(PSecPkgInfoW info)
{
	*info = (SecPkgInfoW){ .wVersion = 1, .Name = (WCHAR *)(uintptr_t)u"Judge", .Comment = (WCHAR *)(uintptr_t)u"Judge" };
	return STATUS_SUCCESS;
}

static UNICODE_STRING heap_text(const WCHAR *text)
{
	size_t n = utf16_len(text) * sizeof(WCHAR);
	return (UNICODE_STRING){ (USHORT)n, (USHORT)n, block_dup(text, n) };
}

static PUNICODE_STRING heap_name(const WCHAR *text)
{
	PUNICODE_STRING name = block_alloc(sizeof(*name));
	*name = heap_text(text);
	return name;
}

static bool says(const void *message, ULONG n, const char *word)
{
	return n == strlen(word) && memcmp(message, word, n) == 0;
}

static void judge_agrees(PSECPKG_PRIMARY_CRED primary, PVOID *profile, PULONG profile_size)
{
	static const char text[] = "profile";

	*primary = (SECPKG_PRIMARY_CRED){ .LogonId = judge.next,
					  .DownlevelName = heap_text(u"alice"),
					  .Password = heap_text(u"S3cret!pw"),
					  .Flags = PRIMARY_CRED_CLEAR_PASSWORD };
	assert_int_equal(judge.table->AllocateClientBuffer(NULL, sizeof(text), profile), STATUS_SUCCESS);
	assert_int_equal(judge.table->CopyToClientBuffer(NULL, sizeof(text), *profile, (PVOID)(uintptr_t)text),
			 STATUS_SUCCESS);
	*profile_size = sizeof(text);
}

static NTSTATUS NTAPI judge_logon(PLSA_CLIENT_REQUEST request, SECURITY_LOGON_TYPE type, PVOID message, PVOID client_base,
				  ULONG n, PVOID *profile, PULONG profile_size, PLUID id, PNTSTATUS sub_status,
				  PLSA_TOKEN_INFORMATION_TYPE token_type, PVOID *token, PUNICODE_STRING *account,
				  PUNICODE_STRING *authority, PUNICODE_STRING *machine, PSECPKG_PRIMARY_CRED primary,
				  PSECPKG_SUPPLEMENTAL_CRED_ARRAY *supplemental)
{
	assert_ptr_equal(client_base, base);
	assert_ptr_not_equal(message, base);
	*account = heap_name(u"alice");
	if (says(message, n, "restricted")) {
		*sub_status = STATUS_PASSWORD_EXPIRED;
		return STATUS_ACCOUNT_RESTRICTION;
	}
	if (says(message, n, "wrong")) {
		*sub_status = STATUS_PASSWORD_EXPIRED; /* said where it means nothing */
		return STATUS_LOGON_FAILURE;
	}
	judge.next.LowPart++;
	*id = judge.next;
	if (!says(message, n, "homeless"))
		assert_int_equal(judge.table->CreateLogonSession(id), STATUS_SUCCESS);
	if (says(message, n, "broken names")) {
		(*account)->Buffer[1] = 0xD800;
		return STATUS_SUCCESS;
	}
	*authority = heap_name(u"LAB");
	*machine = heap_name(u"HOST");
	*token = block_alloc(sizeof(LSA_TOKEN_INFORMATION_NULL));
	judge_agrees(primary, profile, profile_size);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI judge_accept(SECURITY_LOGON_TYPE type, PUNICODE_STRING account, PSECPKG_PRIMARY_CRED primary,
				   PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	judge.accepted++;
	judge.accepted_for = primary->LogonId;
	memcpy(judge.password, primary->Password.Buffer, primary->Password.Length);
	return STATUS_SUCCESS;
}

static VOID NTAPI judge_terminated(PLUID logon)
{
	judge.terminated++;
	judge.terminated_for = *logon;
}

static SECPKG_FUNCTION_TABLE table = {
	.Initialize = judge_initialize,
	.GetInfo = judge_info,
	.LogonUserEx2 = judge_logon,
	.AcceptCredentials = judge_accept,
	.LogonTerminated = judge_terminated,
};

static NTSTATUS judge_load(ULONG version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count)
{
	*package_version = SECPKG_INTERFACE_VERSION;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}

static const struct package_module judge_module = { "judge", judge_load, NULL, NULL };

/* ---- what the client does ---- */

static int open_lsa(void **state)
{
	static const struct package_module *const modules[] = { &judge_module, &mock_module, NULL };

	memset(&judge, 0, sizeof(judge));
	judge.next = (LUID){ 1000, 77 };
	lsa = mock_lsa(modules);
	channel = inproc_channel_new(lsa, true);
	return channel ? 0 : 1;
}

static int close_lsa(void **state)
{
	if (channel)
		channel->ops->free(channel);
	mock_lsa_end(lsa);
	return 0;
}

static NTSTATUS logon_as(const char *message, uint32_t type, uint32_t package, struct logon_user_reply *reply)
{
	struct logon_user_call call = { .package = package,
					.type = type,
					.client_address = (uintptr_t)message,
					.message = { (const uint8_t *)message, (uint32_t)strlen(message) } };

	base = (const uint8_t *)message;
	*reply = (struct logon_user_reply){ 0 };
	return channel_call(channel, CALL_LOGON_USER, &call, reply);
}

static NTSTATUS describe(LUID logon, struct session_data_reply *reply)
{
	const struct session_data_call call = { true, logon };
	*reply = (struct session_data_reply){ 0 };
	return channel_call(channel, CALL_SESSION_DATA, &call, reply);
}

static uint32_t sessions(void)
{
	struct session_list_reply reply = { .luids = { NULL, 0 } };
	assert_int_equal(channel_call(channel, CALL_SESSION_LIST, &(struct packages_call){ 0 }, &reply), STATUS_SUCCESS);
	uint32_t n = reply.luids.n / 8;
	call_reply_done(CALL_SESSION_LIST, &reply);
	return n;
}

static NTSTATUS end(LUID logon)
{
	struct empty_reply reply = { 0 };
	return channel_call(channel, CALL_SESSION_END, &(struct session_end_call){ logon }, &reply);
}

static bool is_text(struct ipc_owned text, const WCHAR *wanted)
{
	size_t n = utf16_len(wanted) * sizeof(WCHAR);
	return text.n == n && memcmp(text.p, wanted, n) == 0;
}

static void a_logon_makes_a_session_with_names(void **state)
{
	struct session_data_reply about;
	struct logon_user_reply reply;

	assert_int_equal(logon_as("right", RemoteInteractive, 0, &reply), STATUS_SUCCESS);
	assert_int_equal(reply.logon.LowPart, 1001);
	assert_int_equal(reply.sub_status, 0);
	assert_int_equal(reply.profile_size, 8);
	assert_string_equal((const char *)(uintptr_t)reply.profile, "profile");
	block_free((void *)(uintptr_t)reply.profile);
	assert_int_equal(sessions(), 2);
	assert_int_equal(describe(reply.logon, &about), STATUS_SUCCESS);
	assert_int_equal(about.logon_type, RemoteInteractive);
	assert_true(is_text(about.user, u"alice") && is_text(about.domain, u"LAB") && is_text(about.package, u"Judge"));
	call_reply_done(CALL_SESSION_DATA, &about);
	assert_int_equal(judge.accepted, 1);
	assert_true(SecEqualLuid(&judge.accepted_for, &reply.logon));
	assert_memory_equal(judge.password, u"S3cret!pw", 18);
	assert_int_equal(end(reply.logon), STATUS_SUCCESS);
	assert_int_equal(judge.terminated, 1);
	assert_true(SecEqualLuid(&judge.terminated_for, &reply.logon));
	assert_int_equal(end(reply.logon), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(describe(reply.logon, &about), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(sessions(), 1);
}

static void a_refusal_is_the_packages_own(void **state)
{
	struct logon_user_reply reply;

	assert_int_equal(logon_as("wrong", Network, 0, &reply), STATUS_LOGON_FAILURE);
	assert_int_equal(reply.sub_status, 0);
	assert_int_equal(logon_as("restricted", Network, 0, &reply), STATUS_ACCOUNT_RESTRICTION);
	assert_int_equal(reply.sub_status, STATUS_PASSWORD_EXPIRED);
	assert_int_equal(sessions(), 1);
	assert_int_equal(judge.accepted, 0);
}

static void a_package_that_made_no_session_is_not_believed(void **state)
{
	struct logon_user_reply reply;

	assert_int_equal(logon_as("homeless", Network, 0, &reply), STATUS_INTERNAL_ERROR);
	assert_int_equal(reply.profile, 0);
	assert_int_equal(judge.accepted, 0);
	assert_int_equal(sessions(), 1);
}

static void names_that_are_no_text_are_left_out(void **state)
{
	struct session_data_reply about;
	struct logon_user_reply reply;

	assert_int_equal(logon_as("broken names", Batch, 0, &reply), STATUS_SUCCESS);
	assert_int_equal(describe(reply.logon, &about), STATUS_SUCCESS);
	assert_int_equal(about.user.n, 0);
	call_reply_done(CALL_SESSION_DATA, &about);
	assert_int_equal(judge.accepted, 0); /* it gave no credentials */
}

static void what_cannot_be_asked_is_refused(void **state)
{
	struct logon_user_reply reply;

	assert_int_equal(logon_as("right", Network, 99, &reply), STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(logon_as("right", Network, 1, &reply), STATUS_NOT_SUPPORTED);
	assert_int_equal(logon_as("right", 1, 0, &reply), STATUS_INVALID_LOGON_TYPE);
	assert_int_equal(logon_as("right", 14, 0, &reply), STATUS_INVALID_LOGON_TYPE);
	assert_int_equal(logon_as("", Network, 0, &reply), STATUS_INVALID_PARAMETER);
}

static void s42_sessions_are_their_clients_alone(void **state)
{
	struct logon_user_reply reply;
	struct channel *other = inproc_channel_new(lsa, false), *mine = channel;
	struct session_data_reply about;

	assert_int_equal(logon_as("right", Network, 0, &reply), STATUS_SUCCESS);
	block_free((void *)(uintptr_t)reply.profile);
	channel = other;
	assert_int_equal(sessions(), 1);
	assert_int_equal(describe(reply.logon, &about), STATUS_ACCESS_DENIED);
	assert_int_equal(end(reply.logon), STATUS_NO_SUCH_LOGON_SESSION);
	channel = mine;
	other->ops->free(other);
	assert_int_equal(judge.terminated, 0);
	channel->ops->free(channel); /* a client that goes takes them along */
	channel = NULL;
	assert_int_equal(judge.terminated, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_logon_makes_a_session_with_names, open_lsa, close_lsa),
		cmocka_unit_test_setup_teardown(a_refusal_is_the_packages_own, open_lsa, close_lsa),
		cmocka_unit_test_setup_teardown(a_package_that_made_no_session_is_not_believed, open_lsa, close_lsa),
		cmocka_unit_test_setup_teardown(names_that_are_no_text_are_left_out, open_lsa, close_lsa),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_refused, open_lsa, close_lsa),
		cmocka_unit_test_setup_teardown(s42_sessions_are_their_clients_alone, open_lsa, close_lsa),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
