/* tests/unit/test_lsa_table_memory.c - the table's members when memory is short: each says so, changes
 * nothing by halves, and works again afterwards.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lsa_home.h"
#include "mock_package.h"

#include "wire/protected.h"

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *p, size_t size);

static size_t countdown; /* 0: nothing fails; 1: the next allocation */

static bool fails(void)
{
	return countdown && --countdown == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

/* Fails the first, second, ... allocation of a job until one does without failing. */
static void sweep(NTSTATUS (*job)(void))
{
	NTSTATUS status = STATUS_NO_MEMORY;
	size_t n;

	for (n = 1; n < 2000; n++) {
		countdown = n;
		status = job();
		if (countdown)
			break;
		/* some are not needed: a target that is not remembered, say */
		if (status != STATUS_SUCCESS)
			assert_true(status == STATUS_NO_MEMORY ||
				    status == (NTSTATUS)SEC_E_INSUFFICIENT_MEMORY);
	}
	countdown = 0;
	assert_int_equal(status, STATUS_SUCCESS);
	assert_true(n > 1);
}

static NTSTATUS write_one(void)
{
	WCHAR secret[] = { 's', 'e' };
	CREDENTIAL_ATTRIBUTEW attribute = { .Keyword = W("k") };
	ENCRYPTED_CREDENTIALW c = {
		.Cred = { .Type = CRED_TYPE_GENERIC,
			  .TargetName = W("srv"),
			  .UserName = W("alice"),
			  .Comment = W("a comment"),
			  .Persist = CRED_PERSIST_LOCAL_MACHINE,
			  .AttributeCount = 1,
			  .Attributes = &attribute,
			  .CredentialBlob = (LPBYTE)secret,
			  .CredentialBlobSize = sizeof(secret) },
		.ClearCredentialBlobSize = sizeof(secret),
	};

	return h.table->CrediWrite(&h.own, IN_LSA | CREDP_FLAGS_CLEAR_PASSWORD, &c, 0);
}

static NTSTATUS read_one(void)
{
	PENCRYPTED_CREDENTIALW c = NULL;
	NTSTATUS status = h.table->CrediRead(&h.own, IN_LSA | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD,
					     W("srv"), CRED_TYPE_GENERIC, 0, &c);

	assert_int_equal(c != NULL, status == STATUS_SUCCESS);
	h.table->CrediFreeCredentials(c != NULL, &c);
	return status;
}

static void credentials_are_written_and_read_or_memory_is_short(void **state)
{
	assert_int_equal(write_one(), STATUS_SUCCESS); /* the vault is there */
	sweep(write_one);
	sweep(read_one);
}

static NTSTATUS keep_one(void)
{
	LSA_STRING key = { 1, 1, (char *)(uintptr_t) "k" },
		   bytes = { 5, 5, (char *)(uintptr_t) "bytes" };

	return h.table->AddCredential(&h.own, 3, &key, &bytes);
}

static NTSTATUS look_at_one(void)
{
	LSA_STRING key = { 1, 1, (char *)(uintptr_t) "k" }, got = { 0 };
	ULONG context = 0;
	NTSTATUS status = h.table->GetCredentials(&h.own, 3, &context, FALSE, &key, NULL, &got);

	assert_int_equal(context != 0, status == STATUS_SUCCESS);
	assert_int_equal(got.Buffer != NULL, status == STATUS_SUCCESS);
	h.table->FreeLsaHeap(got.Buffer);
	return status;
}

static void entries_are_kept_and_given_or_memory_is_short(void **state)
{
	sweep(keep_one);
	assert_int_equal(h.lsa->sessions.primary_count, 1); /* none by halves */
	sweep(look_at_one);
}

static WCHAR protected_text[256];

static NTSTATUS decode_one(void)
{
	BOOLEAN fatal = FALSE;
	LPBYTE blob = NULL;
	ULONG n = 0;
	NTSTATUS status = h.table->CrediUnmarshalandDecodeString(protected_text, &blob, &n, &fatal);

	assert_int_equal(fatal, status != STATUS_SUCCESS);
	h.table->FreeLsaHeap(blob);
	/* without memory for the key it cannot be told from one that is not ours */
	return status == STATUS_NOT_CAPABLE ? STATUS_NO_MEMORY : status;
}

static void a_protected_text_is_opened_or_memory_is_short(void **state)
{
	const struct cred_protect_call call = { 0, { (const uint8_t *)"secret", 6 } };
	struct cred_protect_reply reply = { 0 };

	assert_int_equal(channel_call(h.channel, CALL_CRED_PROTECT, &call, &reply),
			 STATUS_SUCCESS);
	assert_true(protected_units(reply.bytes.n) < ARRAY_LEN(protected_text));
	protected_write(protected_text, rd_of(reply.bytes.p, reply.bytes.n));
	protected_text[protected_units(reply.bytes.n)] = 0;
	call_reply_done(CALL_CRED_PROTECT, &reply);
	sweep(decode_one);
}

static NTSTATUS call_one(void)
{
	UNICODE_STRING name = { 8, 8, W("Mock") };
	NTSTATUS protocol;
	PVOID answer = NULL;
	ULONG n = 0;
	NTSTATUS status =
		h.table->CallPackage(&name, (PVOID)(uintptr_t) "call", 4, &answer, &n, &protocol);

	assert_int_equal(answer != NULL, status == STATUS_SUCCESS);
	h.table->FreeReturnBuffer(answer);
	return status;
}

static NTSTATUS call_one_from_outside(void)
{
	const struct call_package_call call = { .message = { (const uint8_t *)"call", 4 } };
	struct call_package_reply reply = { 0 };
	NTSTATUS status = channel_call(h.channel, CALL_CALL_PACKAGE, &call, &reply);

	assert_int_equal(reply.address != 0, status == STATUS_SUCCESS);
	assert_int_equal(LsaFreeReturnBuffer((PVOID)(uintptr_t)reply.address), STATUS_SUCCESS);
	call_reply_done(CALL_CALL_PACKAGE, &reply);
	return status;
}

static void a_package_is_called_or_memory_is_short(void **state)
{
	sweep(call_one);
	sweep(call_one_from_outside);
}

static DWORD WINAPI nothing(LPVOID argument)
{
	return 0;
}

static NTSTATUS ask_to_be_told(void)
{
	HANDLE handle =
		h.table->RegisterNotification(nothing, NULL, NOTIFIER_TYPE_INTERVAL, 0, 0, 1, NULL);

	return handle ? h.table->CancelNotification(handle) : STATUS_NO_MEMORY;
}

static void a_notification_is_registered_or_memory_is_short(void **state)
{
	sweep(ask_to_be_told);
}

static NTSTATUS encrypt_one(void)
{
	const struct encrypt_memory_call call = { RTL_ENCRYPT_OPTION_CROSS_PROCESS,
						  false,
						  { (const uint8_t *)"12345678", 8 } };
	struct encrypt_memory_reply reply = { 0 };
	NTSTATUS status = channel_call(h.channel, CALL_ENCRYPT_MEMORY, &call, &reply);

	call_reply_done(CALL_ENCRYPT_MEMORY, &reply);
	return status;
}

static void memory_is_encrypted_or_memory_is_short(void **state)
{
	sweep(encrypt_one);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOME(credentials_are_written_and_read_or_memory_is_short),
		IN_HOME(entries_are_kept_and_given_or_memory_is_short),
		IN_HOME(a_protected_text_is_opened_or_memory_is_short),
		IN_HOME(a_package_is_called_or_memory_is_short),
		IN_HOME(a_notification_is_registered_or_memory_is_short),
		IN_HOME(memory_is_encrypted_or_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
