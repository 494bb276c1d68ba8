/* tests/unit/test_lsa_table.c - LSA_SECPKG_FUNCTION_TABLE: sessions and what is kept for them, messages
 * between packages, threads and notifications, and what each other slot answers.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lsa_home.h"
#include "mock_package.h"

#include <pthread.h>
#include <sys/wait.h>

#include "ipc/callbacks.h"
#include "lsa/notify.h"
#include "lsa/packagecalls.h"
#include "lsa/support.h"

#define LUID_OF(n) ((LUID){ .LowPart = (n), .HighPart = 77 })

static LSA_STRING text(const char *s)
{
	return (LSA_STRING){ (USHORT)strlen(s), (USHORT)strlen(s), (char *)(uintptr_t)s };
}

/* ---- sessions ---- */

static void a_session_is_created_once_and_deleted_once(void **state)
{
	LUID logon = LUID_OF(1), system = { .LowPart = 0x3E7 }, own = h.own;

	assert_int_equal(h.table->CreateLogonSession(NULL), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CreateLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(h.table->CreateLogonSession(&logon), STATUS_LOGON_SESSION_COLLISION);
	assert_int_equal(h.table->CreateLogonSession(&system), STATUS_LOGON_SESSION_COLLISION);
	assert_int_equal(h.table->CreateLogonSession(&own), STATUS_LOGON_SESSION_COLLISION);
	assert_int_equal(h.table->DeleteLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(h.table->DeleteLogonSession(&logon), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.table->DeleteLogonSession(NULL), STATUS_INVALID_PARAMETER);
	/* nobody signs the user out by it */
	assert_int_equal(h.table->DeleteLogonSession(&own), STATUS_BAD_LOGON_SESSION_STATE);
}

static void nobody_takes_the_number_of_a_session_that_a_client_is_signed_in_with(void **state)
{
	const struct lsa_client_setup setup = { .uid = 54321, .pid = getpid() };
	struct lsa_client *other = lsa_client_new(h.lsa, &setup);
	LUID theirs = session_own(other), own = h.own;
	struct frame frame;

	assert_false(SecEqualLuid(&theirs, &h.own));
	assert_int_equal(h.table->CreateLogonSession(&theirs), STATUS_LOGON_SESSION_COLLISION);
	call_enter(&frame, h.lsa, other, h.lsa->host.package[0]);
	assert_int_equal(h.table->CreateLogonSession(&own), STATUS_LOGON_SESSION_COLLISION);
	call_leave(&frame);
	call_leave(&h.frame); /* on a thread of its own nobody calls */
	call_enter(&frame, h.lsa, NULL, h.lsa->host.package[0]);
	assert_int_equal(h.table->CreateLogonSession(&own), STATUS_LOGON_SESSION_COLLISION);
	assert_int_equal(session_type(h.lsa, own), Interactive);
	call_leave(&frame);
	lsa_client_free(other);
	call_enter(&h.frame, h.lsa, h.lsa->clients, h.lsa->host.package[0]);
}

static void a_session_is_of_the_type_its_logon_was_audited_with(void **state)
{
	LUID logon = LUID_OF(1);

	assert_int_equal(h.table->CreateLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(session_type(h.lsa, logon), Network);
	h.table->AuditLogon(STATUS_LOGON_FAILURE, 0, NULL, NULL, NULL, NULL, Interactive, NULL,
			    &logon);
	assert_int_equal(session_type(h.lsa, logon), Network);
	h.table->AuditLogonEx(STATUS_SUCCESS, 0, NULL, NULL, NULL, NULL, Batch,
			      SecurityImpersonation, NULL, &logon);
	assert_int_equal(session_type(h.lsa, logon), Batch);
	h.table->AuditLogon(STATUS_SUCCESS, 0, NULL, NULL, NULL, NULL, (SECURITY_LOGON_TYPE)99,
			    NULL, &logon);
	assert_int_equal(session_type(h.lsa, logon), Batch);
	assert_int_equal(session_type(h.lsa, h.own), Interactive);
	assert_int_equal(session_type(h.lsa, LUID_OF(2)), UndefinedLogonType);
	h.table->AuditLogon(STATUS_SUCCESS, 0, NULL, NULL, NULL, NULL, Batch, NULL, NULL);
	assert_int_equal(h.table->AuditAccountLogon(1, TRUE, NULL, NULL, NULL, STATUS_SUCCESS),
			 STATUS_SUCCESS);
}

static void sessions_end_with_their_client_and_packages_are_told(void **state)
{
	const struct lsa_client_setup setup = { .is_this_process = true };
	LUID kept = LUID_OF(1), gone = LUID_OF(2), deleted = LUID_OF(3);
	struct lsa_client *client = lsa_client_new(h.lsa, &setup);
	struct frame frame;

	assert_int_equal(h.table->CreateLogonSession(&kept), STATUS_SUCCESS);
	call_enter(&frame, h.lsa, client, h.lsa->host.package[0]);
	assert_int_equal(h.table->CreateLogonSession(&gone), STATUS_SUCCESS);
	assert_int_equal(h.table->CreateLogonSession(&deleted), STATUS_SUCCESS);
	/* one that its package deletes itself is not told of */
	assert_int_equal(h.table->DeleteLogonSession(&deleted), STATUS_SUCCESS);
	call_leave(&frame);
	assert_int_equal(mock.terminated, 0);
	lsa_client_free(client);
	assert_int_equal(mock.terminated, 1);
	assert_true(SecEqualLuid(&mock.terminated_logon, &gone));
	assert_true(session_is_known(h.lsa, kept));
	assert_false(session_is_known(h.lsa, gone));
}

/* ---- AddCredential and its kin ---- */

static NTSTATUS add(LUID logon, ULONG package, const char *key, const char *bytes)
{
	LSA_STRING k = text(key), b = text(bytes);
	return h.table->AddCredential(&logon, package, &k, &b);
}

/* The entry after *context must be that one. */
static void expect(LUID logon, ULONG package, ULONG *context, const char *key, const char *bytes)
{
	LSA_STRING k = text(key), got = { 0 };
	ULONG n = 0;

	assert_int_equal(h.table->GetCredentials(&logon, package, context, FALSE, &k, &n, &got),
			 STATUS_SUCCESS);
	assert_int_equal(n, strlen(key));
	assert_int_equal(got.Length, strlen(bytes));
	assert_memory_equal(got.Buffer, bytes, strlen(bytes));
	h.table->FreeLsaHeap(got.Buffer);
}

static NTSTATUS get_none(LUID logon, ULONG package, ULONG context, const char *key)
{
	LSA_STRING k = text(key), got = { 0 };
	return h.table->GetCredentials(&logon, package, &context, FALSE, &k, NULL, &got);
}

static void entries_of_one_key_come_in_the_order_of_their_adding(void **state)
{
	LUID logon = LUID_OF(1);
	ULONG context = 0;

	assert_int_equal(add(logon, 5, "k", "a"), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.table->CreateLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "k", "first"), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "other", "x"), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "k", "second"), STATUS_SUCCESS);
	assert_int_equal(add(logon, 6, "k", "another package's"), STATUS_SUCCESS);
	assert_int_equal(add(h.own, 5, "k", "another session's"), STATUS_SUCCESS);
	expect(logon, 5, &context, "k", "first");
	expect(logon, 5, &context, "k", "second");
	assert_int_equal(get_none(logon, 5, context, "k"), STATUS_UNSUCCESSFUL);
	assert_int_equal(get_none(logon, 5, 0, "K"), STATUS_UNSUCCESSFUL);
	assert_int_equal(get_none(LUID_OF(9), 5, 0, "k"), STATUS_NO_SUCH_LOGON_SESSION);
	context = 0;
	expect(logon, 6, &context, "k", "another package's");
	context = 0;
	expect(h.own, 5, &context, "k", "another session's");
}

static void deleting_takes_the_first_of_a_key(void **state)
{
	LSA_STRING key = text("k");
	LUID logon = h.own, none = LUID_OF(9);
	ULONG context = 0;

	assert_int_equal(add(logon, 5, "k", "first"), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "k", "second"), STATUS_SUCCESS);
	assert_int_equal(h.table->DeleteCredential(&logon, 6, &key), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(h.table->DeleteCredential(&none, 5, &key), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.table->DeleteCredential(&logon, 5, NULL), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->DeleteCredential(&logon, 5, &key), STATUS_SUCCESS);
	expect(logon, 5, &context, "k", "second");
	assert_int_equal(h.table->DeleteCredential(&logon, 5, &key), STATUS_SUCCESS);
	assert_int_equal(h.table->DeleteCredential(&logon, 5, &key), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void all_entries_come_with_their_keys(void **state)
{
	char room[4];
	LSA_STRING key = { .MaximumLength = sizeof(room), .Buffer = room }, got = { 0 };
	LUID logon = h.own;
	ULONG context = 0, n = 0;

	assert_int_equal(add(logon, 5, "one", "1"), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "longer", "2"), STATUS_SUCCESS);
	assert_int_equal(h.table->GetCredentials(&logon, 5, &context, TRUE, &key, &n, &got),
			 STATUS_SUCCESS);
	assert_int_equal(key.Length, 3);
	assert_memory_equal(room, "one", 3);
	h.table->FreeLsaHeap(got.Buffer);
	/* no room for the key: how much it takes, and the entry comes again */
	got.Buffer = NULL;
	ULONG before = context;
	assert_int_equal(h.table->GetCredentials(&logon, 5, &context, TRUE, &key, &n, &got),
			 STATUS_MORE_ENTRIES);
	assert_int_equal(n, 6);
	assert_int_equal(context, before);
	assert_null(got.Buffer);
	char more[6];
	key = (LSA_STRING){ .MaximumLength = sizeof(more), .Buffer = more };
	assert_int_equal(h.table->GetCredentials(&logon, 5, &context, TRUE, &key, &n, &got),
			 STATUS_SUCCESS);
	assert_memory_equal(more, "longer", 6);
	assert_memory_equal(got.Buffer, "2", 1);
	h.table->FreeLsaHeap(got.Buffer);
	assert_int_equal(h.table->GetCredentials(&logon, 5, &context, TRUE, &key, &n, &got),
			 STATUS_UNSUCCESSFUL);
	assert_int_equal(h.table->GetCredentials(&logon, 5, NULL, TRUE, &key, &n, &got),
			 STATUS_INVALID_PARAMETER);
}

static void entries_end_with_their_session(void **state)
{
	LUID logon = LUID_OF(1);

	assert_int_equal(h.table->CreateLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "k", "secret"), STATUS_SUCCESS);
	assert_int_equal(add(logon, 5, "k", "secret"), STATUS_SUCCESS);
	assert_int_equal(h.table->DeleteLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(h.lsa->sessions.primary_count, 0);
	assert_int_equal(h.table->CreateLogonSession(&logon), STATUS_SUCCESS);
	assert_int_equal(get_none(logon, 5, 0, "k"), STATUS_UNSUCCESSFUL);
}

static void there_is_a_limit_to_entries(void **state)
{
	NTSTATUS status = STATUS_SUCCESS;
	unsigned n = 0;

	for (; status == STATUS_SUCCESS && n < 100000; n++)
		status = add(h.own, 5, "k", "x");
	assert_int_equal(status, STATUS_QUOTA_EXCEEDED);
	assert_true(n > 1000);
}

/* ---- supplemental credentials ---- */

static UNICODE_STRING wide(const WCHAR *s, size_t n)
{
	return (UNICODE_STRING){ (USHORT)(n * 2), (USHORT)(n * 2), (WCHAR *)(uintptr_t)s };
}

static void saved_supplemental_credentials_come_with_the_next_update(void **state)
{
	SECPKG_PRIMARY_CRED primary = { .LogonId = h.own, .Flags = PRIMARY_CRED_UPDATE };
	LUID none = LUID_OF(9);

	assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_SUCCESS);
	assert_int_equal(mock.accepted, 1);
	assert_int_equal(mock.accepted_type, Interactive);
	assert_int_equal(mock.accepted_flags, PRIMARY_CRED_UPDATE);
	assert_int_equal(mock.accepted_size, 0);
	assert_int_equal(
		h.table->SaveSupplementalCredentials(&h.own, 4, (PVOID)(uintptr_t) "mine", TRUE),
		STATUS_SUCCESS);
	assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_SUCCESS);
	assert_int_equal(mock.accepted_size, 4);
	assert_memory_equal(mock.accepted_bytes, "mine", 4);

	/* what the caller brings under the package's name goes first */
	SECPKG_SUPPLEMENTAL_CRED_ARRAY given = {
		.CredentialCount = 1,
		.Credentials = { { wide(u"MOCK", 4), 5, (PUCHAR)(uintptr_t) "yours" } }
	};
	assert_int_equal(h.table->UpdateCredentials(&primary, &given), STATUS_SUCCESS);
	assert_memory_equal(mock.accepted_bytes, "yours", 5);
	given.Credentials[0].PackageName = wide(u"Else", 4);
	assert_int_equal(h.table->UpdateCredentials(&primary, &given), STATUS_SUCCESS);
	assert_memory_equal(mock.accepted_bytes, "mine", 4);

	assert_int_equal(h.table->SaveSupplementalCredentials(&h.own, 0, NULL, FALSE),
			 STATUS_SUCCESS);
	assert_int_equal(h.table->SaveSupplementalCredentials(&h.own, 0, NULL, FALSE),
			 STATUS_SUCCESS);
	assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_SUCCESS);
	assert_int_equal(mock.accepted_size, 0);
	mock.accept_with =
		STATUS_UNSUCCESSFUL; /* one that refuses does not spoil it for the others */
	assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_SUCCESS);

	assert_int_equal(
		h.table->SaveSupplementalCredentials(&h.own, MAX_CRED_SIZE + 1, &given, TRUE),
		STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->SaveSupplementalCredentials(&h.own, 1, NULL, TRUE),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->SaveSupplementalCredentials(&none, 1, &given, TRUE),
			 STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.table->UpdateCredentials(NULL, NULL), STATUS_INVALID_PARAMETER);
	primary.LogonId = none;
	assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_NO_SUCH_LOGON_SESSION);
}

static NTSTATUS within;
static unsigned accepted;

static NTSTATUS NTAPI accepts_and_updates(SECURITY_LOGON_TYPE type, PUNICODE_STRING account,
					  PSECPKG_PRIMARY_CRED primary,
					  PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	accepted++;
	within = h.table->UpdateCredentials(primary, NULL);
	return STATUS_SUCCESS;
}

static void an_update_from_within_an_update_is_refused(void **state)
{
	SECPKG_PRIMARY_CRED primary = { .LogonId = h.own };

	h.lsa->host.package[0]->functions.AcceptCredentials = accepts_and_updates;
	accepted = 0;
	for (unsigned i = 1; i < 3; i++) {
		assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_SUCCESS);
		assert_int_equal(accepted, i);
		assert_int_equal(within, STATUS_INSUFFICIENT_RESOURCES);
	}
}

/* ---- messages between packages ---- */

static void a_package_calls_another(void **state)
{
	UNICODE_STRING name = wide(u"mOCK", 4), unknown = wide(u"Nobody", 6);
	NTSTATUS protocol = 1;
	char message[] = "hello";
	PVOID answer = NULL;
	ULONG n = 0;

	assert_int_equal(h.table->CallPackage(&name, message, 5, &answer, &n, &protocol),
			 STATUS_SUCCESS);
	assert_int_equal(protocol, STATUS_SUCCESS);
	assert_int_equal(mock.entry, 'T');
	assert_ptr_equal(mock.message_base, message);
	assert_int_equal(mock.message_attributes, SECPKG_CALL_RECURSIVE | SECPKG_CALL_IN_PROC);
	assert_true(request_is_lsa(mock.request));
	assert_int_equal(n, 5);
	assert_memory_equal(answer, "hello", 5);
	h.table->FreeReturnBuffer(answer);

	assert_int_equal(h.table->CallPackageEx(&name, &n, message, 5, &answer, &n, &protocol),
			 STATUS_SUCCESS);
	assert_ptr_equal(mock.message_base, &n);
	h.table->FreeReturnBuffer(answer);
	assert_int_equal(h.table->CallPackagePassthrough(&name, &n, message, 5, NULL, &n, NULL),
			 STATUS_SUCCESS);
	assert_int_equal(mock.entry, 'P');
	assert_int_equal(n, 0); /* nobody wanted the answer */

	assert_int_equal(
		h.table->CallPackage(&name, (PVOID)(uintptr_t) "deny", 4, NULL, NULL, &protocol),
		STATUS_SUCCESS);
	assert_int_equal(protocol, STATUS_ACCESS_DENIED);
	assert_int_equal(
		h.table->CallPackage(&name, (PVOID)(uintptr_t) "fail", 4, &answer, &n, &protocol),
		STATUS_INVALID_PARAMETER);
	assert_null(answer);
	assert_int_equal(
		h.table->CallPackage(&name, (PVOID)(uintptr_t) "none", 4, &answer, &n, &protocol),
		STATUS_SUCCESS);
	assert_null(answer);
	assert_int_equal(h.table->CallPackage(&unknown, message, 5, &answer, &n, &protocol),
			 STATUS_NO_SUCH_PACKAGE);
	assert_int_equal(h.table->CallPackage(NULL, message, 5, &answer, &n, &protocol),
			 STATUS_INVALID_PARAMETER);
}

static void packages_that_call_each_other_without_end_are_stopped(void **state)
{
	UNICODE_STRING name = wide(u"Mock", 4);
	NTSTATUS protocol;

	assert_int_equal(
		h.table->CallPackage(&name, (PVOID)(uintptr_t) "deep", 4, NULL, NULL, &protocol),
		STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(calls_deep(), 1);
}

/* ---- threads ---- */

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned times;
	BOOLEAN in_call;
	SECPKG_CALL_INFO info;
	NTSTATUS client, event_class, user_form[2];
	HANDLE cancel;
	NTSTATUS cancelled;
	WCHAR package[16];
};

static struct seen seen = { .lock = PTHREAD_MUTEX_INITIALIZER,
			    .changed = PTHREAD_COND_INITIALIZER };

static void seen_begin(void)
{
	seen.times = 0;
	seen.cancel = NULL;
	seen.cancelled = 1;
}

static DWORD WINAPI look(LPVOID argument)
{
	SECPKG_CLIENT_INFO client;

	pthread_mutex_lock(&seen.lock);
	assert_ptr_equal(argument, &seen);
	seen.times++;
	seen.in_call = h.table->GetCallInfo(&seen.info);
	seen.client = h.table->GetClientInfo(&client);
	if (seen.cancel)
		seen.cancelled = h.table->CancelNotification(seen.cancel);
	pthread_cond_broadcast(&seen.changed);
	pthread_mutex_unlock(&seen.lock);
	return 0;
}

/* Waits until it was seen that often. */
static void wait_for(unsigned times)
{
	pthread_mutex_lock(&seen.lock);
	while (seen.times < times)
		pthread_cond_wait(&seen.changed, &seen.lock);
	pthread_mutex_unlock(&seen.lock);
}

static void a_thread_is_the_packages_own(void **state)
{
	ULONG id = 0;

	seen_begin();
	assert_non_null(h.table->CreateThread(NULL, 1, look, &seen, 0, &id));
	wait_for(1);
	assert_true(id != 0 && id != (ULONG)gettid());
	assert_true(seen.in_call);
	assert_int_equal(seen.info.Attributes, SECPKG_CALL_IN_PROC);
	assert_int_equal(seen.client, STATUS_PROCESS_IS_TERMINATING); /* there is no client */
	assert_null(h.table->CreateThread(NULL, 0, NULL, NULL, 0, NULL));
	assert_null(h.table->CreateThread(NULL, 0, look, NULL, 4, NULL)); /* suspended */
	assert_non_null(h.table->CreateThread(NULL, 1u << 20, look, &seen, 0, NULL));
	wait_for(2);
}

static DWORD WINAPI write_one(LPVOID argument)
{
	ENCRYPTED_CREDENTIALW c = { .Cred = { .Type = CRED_TYPE_GENERIC,
					      .TargetName = W("srv"),
					      .Persist = CRED_PERSIST_SESSION } };
	CREDENTIAL_TARGET_INFORMATIONW target = { .TargetName = W("srv") };
	PENCRYPTED_CREDENTIALW got = NULL, *all = NULL;
	const ULONG user_form = IN_LSA | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD;
	ULONG n;

	pthread_mutex_lock(&seen.lock);
	seen.client = h.table->CrediWrite(&h.own, IN_LSA, &c, 0);
	seen.cancelled = h.table->CrediRead(&h.own, IN_LSA, W("srv"), CRED_TYPE_GENERIC, 0, &got);
	h.table->CrediFreeCredentials(got != NULL, &got);
	seen.user_form[0] =
		h.table->CrediRead(&h.own, user_form, W("srv"), CRED_TYPE_GENERIC, 0, &got);
	seen.user_form[1] =
		h.table->CrediReadDomainCredentials(&h.own, user_form, &target, 0, &n, &all);
	seen.times++;
	pthread_cond_broadcast(&seen.changed);
	pthread_mutex_unlock(&seen.lock);
	return 0;
}

/* The session that is named decides whose credentials are meant, not who is calling. */
static void a_thread_of_a_package_reaches_the_credentials_of_a_session(void **state)
{
	seen_begin();
	assert_non_null(h.table->CreateThread(NULL, 0, write_one, &seen, 0, NULL));
	wait_for(1);
	assert_int_equal(seen.client, STATUS_SUCCESS);
	assert_int_equal(seen.cancelled, STATUS_SUCCESS);
	/* what RtlEncryptMemory makes has a user, and nobody calls */
	assert_int_equal(seen.user_form[0], STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(seen.user_form[1], STATUS_NO_SUCH_LOGON_SESSION);
}

/* ---- notifications ---- */

static HANDLE notification(ULONG type, ULONG class, ULONG flags, ULONG interval)
{
	return h.table->RegisterNotification(look, &seen, type, class, flags, interval, NULL);
}

static void what_is_due_at_once_is_told_once(void **state)
{
	seen_begin();
	HANDLE at_once = notification(NOTIFIER_TYPE_IMMEDIATE, 0, 0, 0);
	assert_non_null(at_once);
	wait_for(1);
	while (h.table->CancelNotification(at_once) == STATUS_SUCCESS)
		usleep(1000); /* until it is over */
	assert_non_null(notification(NOTIFIER_TYPE_IMMEDIATE, 0, NOTIFIER_FLAG_NEW_THREAD, 0));
	wait_for(2);
	assert_int_equal(seen.times, 2);
	assert_true(seen.in_call);
}

static void an_interval_is_told_until_it_is_cancelled(void **state)
{
	seen_begin();
	HANDLE seconds = notification(NOTIFIER_TYPE_INTERVAL, 0, NOTIFIER_FLAG_SECONDS, 1);
	HANDLE once = notification(NOTIFIER_TYPE_INTERVAL, 0,
				   NOTIFIER_FLAG_SECONDS | NOTIFIER_FLAG_ONE_SHOT, 1);
	HANDLE minutes = notification(NOTIFIER_TYPE_INTERVAL, 0, 0, 1);
	HANDLE ages = notification(NOTIFIER_TYPE_INTERVAL, 0, 0, UINT32_MAX);
	assert_true(seconds && once && minutes && ages);
	wait_for(3);
	assert_int_equal(h.table->CancelNotification(seconds), STATUS_SUCCESS);
	unsigned times = seen.times;
	assert_int_equal(h.table->CancelNotification(seconds), STATUS_INVALID_HANDLE);
	assert_int_equal(h.table->CancelNotification(once), STATUS_INVALID_HANDLE);
	usleep(1200000);
	assert_int_equal(seen.times, times);
	assert_int_equal(h.table->CancelNotification(minutes), STATUS_SUCCESS);
}

static void one_may_cancel_itself(void **state)
{
	seen_begin();
	pthread_mutex_lock(&seen.lock);
	seen.cancel = notification(NOTIFIER_TYPE_INTERVAL, 0, NOTIFIER_FLAG_SECONDS, 1);
	pthread_mutex_unlock(&seen.lock);
	wait_for(1);
	assert_int_equal(seen.cancelled, STATUS_SUCCESS);
	assert_int_equal(h.table->CancelNotification(seen.cancel), STATUS_INVALID_HANDLE);
}

static DWORD WINAPI look_at_event(LPVOID argument)
{
	const SECPKG_EVENT_NOTIFY *event = argument;
	const SECPKG_EVENT_PACKAGE_CHANGE *change = event->EventData;

	assert_ptr_equal(event->PackageParameter, &seen);
	assert_int_equal(event->EventClass, NOTIFY_CLASS_PACKAGE_CHANGE);
	assert_int_equal(event->EventDataSize, sizeof(*change));
	assert_int_equal(change->ChangeType, SECPKG_PACKAGE_CHANGE_LOAD);
	memcpy(seen.package, change->PackageName.Buffer, change->PackageName.Length);
	seen.times++;
	return 0;
}

static void loaded_packages_are_told_to_those_who_asked(void **state)
{
	seen_begin();
	assert_non_null(h.table->RegisterNotification(look_at_event, &seen,
						      NOTIFIER_TYPE_NOTIFY_EVENT,
						      NOTIFY_CLASS_PACKAGE_CHANGE, 0, 0, NULL));
	assert_non_null(h.table->RegisterNotification(
		look_at_event, &seen, NOTIFIER_TYPE_NOTIFY_EVENT, NOTIFY_CLASS_PACKAGE_CHANGE,
		NOTIFIER_FLAG_ONE_SHOT, 0, NULL));
	assert_non_null(notification(NOTIFIER_TYPE_NOTIFY_EVENT, NOTIFY_CLASS_DOMAIN_CHANGE, 0, 0));
	notify_loaded(h.lsa);
	assert_int_equal(seen.times, 2);
	assert_memory_equal(seen.package, u"Mock", 8);
	notify_loaded(h.lsa);
	assert_int_equal(seen.times, 3);
}

static void what_cannot_be_told_is_not_registered(void **state)
{
	assert_null(
		h.table->RegisterNotification(NULL, NULL, NOTIFIER_TYPE_IMMEDIATE, 0, 0, 0, NULL));
	assert_null(notification(NOTIFIER_TYPE_INTERVAL, 0, 0, 0));
	assert_null(notification(NOTIFIER_TYPE_HANDLE_WAIT, 0, 0, 0));
	assert_null(notification(NOTIFIER_TYPE_NOTIFY_EVENT, 0, 0, 0));
	assert_null(notification(NOTIFIER_TYPE_NOTIFY_EVENT, 5, 0, 0));
	assert_null(notification(99, 0, 0, 0));
	assert_int_equal(h.table->CancelNotification(NULL), STATUS_INVALID_HANDLE);
	assert_int_equal(h.table->CancelNotification(&seen), STATUS_INVALID_HANDLE);
}

static void a_package_that_is_dropped_is_told_nothing(void **state)
{
	static const struct package_module *const modules[] = { &mock_broken_module, NULL };
	struct lsa *lsa = mock_lsa(modules);

	assert_int_equal(lsa->host.count, 0);
	assert_non_null(mock.notification);
	assert_int_equal(support_table()->CancelNotification(mock.notification),
			 STATUS_INVALID_HANDLE);
	mock_lsa_end(lsa);
}

static PLSA_SECPKG_FUNCTION_TABLE late_table;
static atomic_int late_go, late_seen;

static DWORD WINAPI look_late(LPVOID unused)
{
	SECPKG_CALL_INFO info;

	(void)unused;
	while (!late_go)
		usleep(100);
	late_seen = late_table->GetCallInfo(&info) ? 1 : 2;
	return 0;
}

static NTSTATUS NTAPI begins_a_thread_and_fails(ULONG_PTR id, PSECPKG_PARAMETERS parameters,
						PLSA_SECPKG_FUNCTION_TABLE t)
{
	late_table = t;
	assert_non_null(t->CreateThread(NULL, 0, look_late, NULL, 0, NULL));
	return STATUS_UNSUCCESSFUL;
}

static NTSTATUS NTAPI no_info(PSecPkgInfoW info)
{
	return STATUS_UNSUCCESSFUL;
}

static NTSTATUS late_lsa(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *tables,
			 PULONG count)
{
	static SECPKG_FUNCTION_TABLE only = { .Initialize = begins_a_thread_and_fails,
					      .GetInfo = no_info };

	*package_version = SECPKG_INTERFACE_VERSION_10;
	*tables = &only;
	*count = 1;
	return STATUS_SUCCESS;
}

static void a_thread_of_a_dropped_package_may_still_ask(void **state)
{
	static const struct package_module late_module = { "late", late_lsa, NULL, NULL };
	static const struct package_module *const modules[] = { &late_module, NULL };
	struct lsa *lsa = mock_lsa(modules);

	assert_int_equal(lsa->host.count, 0);
	late_go = 1;
	while (!late_seen)
		usleep(100);
	assert_int_equal(late_seen, 1);
	mock_lsa_end(lsa);
}

static void a_forked_child_has_notifications_of_its_own(void **state)
{
	int status = -1;

	seen_begin();
	assert_non_null(notification(NOTIFIER_TYPE_INTERVAL, 0, 0, 1)); /* there is a thread */
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(20);
		if (!notification(NOTIFIER_TYPE_IMMEDIATE, 0, 0, 0))
			_exit(1);
		wait_for(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(seen.times, 0);
}

/* ---- the rest ---- */

/* Packages do not look before they call. */
static void no_member_is_missing(void **state)
{
	void *member[63];

	assert_int_equal(sizeof(member), sizeof(*h.table));
	memcpy(member, h.table, sizeof(member));
	for (size_t i = 0; i < ARRAY_LEN(member); i++)
		assert_non_null(member[i]);
}

static void what_has_no_meaning_here_answers_its_refusal(void **state)
{
	const LSA_SECPKG_FUNCTION_TABLE *t = h.table;
	UNICODE_STRING name = wide(u"x", 1);
	ULONG flags = 7, n = 0;
	HANDLE handle = NULL;
	BOOLEAN is = TRUE;
	NTSTATUS sub;

	assert_int_equal(t->ImpersonateClient(), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->UnloadPackage(), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->DuplicateHandle(NULL, &handle), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->DuplicateTokenHandle(NULL, &handle), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->CreateToken(&h.own, NULL, Network, SecurityImpersonation,
					LsaTokenInformationNull, NULL, NULL, &name, &name, NULL,
					NULL, &handle, &sub),
			 STATUS_NOT_SUPPORTED);
	assert_int_equal(t->CreateTokenEx(&h.own, NULL, Network, SecurityImpersonation,
					  LsaTokenInformationNull, NULL, NULL, NULL, NULL, NULL,
					  SecSessionPrimaryCred, &handle, &sub),
			 STATUS_NOT_SUPPORTED);
	assert_int_equal(t->OpenTokenByLogonId(&h.own, &handle), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->CheckProtectedUserByToken(NULL, &is), STATUS_NOT_SUPPORTED);
	assert_null(t->CreateSharedMemory(10, 10));
	assert_null(t->AllocateSharedMemory(NULL, 10));
	t->FreeSharedMemory(NULL, NULL);
	assert_false(t->DeleteSharedMemory(NULL));
	assert_int_equal(t->OpenSamUser(&name, SecNameSamCompatible, NULL, FALSE, 0, &handle),
			 STATUS_NO_SUCH_USER);
	assert_int_equal(t->GetUserCredentials(NULL, NULL, NULL, NULL, NULL), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->GetUserAuthData(NULL, NULL, NULL), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->CloseSamUser(NULL), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->GetAuthDataForUser(&name, SecNameSamCompatible, NULL, NULL, NULL, NULL),
			 STATUS_NO_SUCH_USER);
	assert_int_equal(t->GetAppModeInfo(NULL, NULL, NULL, NULL, NULL), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->SetAppModeInfo(0, 0, 0, NULL, FALSE), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->QueryClientRequest(NULL, 1, NULL), STATUS_NOT_SUPPORTED);
	assert_int_equal(t->CrackSingleName(0, FALSE, &name, NULL, 0, &name, &name, &n),
			 STATUS_NOT_SUPPORTED);
	assert_int_equal(
		t->GetServiceAccountPassword(&name, NULL, CredFetchDefault, NULL, NULL, NULL, NULL),
		STATUS_NOT_SUPPORTED);
	assert_int_equal(t->GetExtendedCallFlags(&flags), STATUS_SUCCESS);
	assert_int_equal(flags, 0);
	assert_int_equal(t->GetExtendedCallFlags(NULL), STATUS_INVALID_PARAMETER);
}

static void the_caller_is_known_during_its_call(void **state)
{
	SECPKG_CLIENT_INFO client = { 0 };
	SECPKG_CALL_INFO call = { 0 };

	assert_int_equal(h.table->GetClientInfo(&client), STATUS_SUCCESS);
	assert_true(SecEqualLuid(&client.LogonId, &h.own));
	assert_int_equal(client.ProcessID, (ULONG)getpid());
	assert_false(client.HasTcbPrivilege); /* embedded nobody has it */
	assert_true(h.table->GetCallInfo(&call));
	assert_int_equal(call.ProcessId, (ULONG)getpid());
	assert_int_equal(h.table->GetClientInfo(NULL), STATUS_INVALID_PARAMETER);
	assert_false(h.table->GetCallInfo(NULL));
	call_leave(&h.frame);
	assert_int_equal(h.table->GetClientInfo(&client), STATUS_PROCESS_IS_TERMINATING);
	assert_false(h.table->GetCallInfo(&call));
	call_enter(&h.frame, h.lsa, h.lsa->clients, h.lsa->host.package[0]);
}

static void the_clients_memory_is_reached_by_its_request_alone(void **state)
{
	PLSA_CLIENT_REQUEST request = (PLSA_CLIENT_REQUEST)(void *)h.lsa->clients;
	PLSA_CLIENT_REQUEST stranger = (PLSA_CLIENT_REQUEST)(void *)&request;
	char there[] = "there", here[6] = "";
	PVOID p = NULL;

	assert_int_equal(h.table->CopyFromClientBuffer(request, 6, here, there), STATUS_SUCCESS);
	assert_string_equal(here, "there");
	assert_int_equal(h.table->CopyFromClientBuffer(stranger, 6, here, there),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CopyToClientBuffer(stranger, 6, there, here),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->AllocateClientBuffer(stranger, 6, &p), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->FreeClientBuffer(stranger, there), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CopyFromClientBuffer(NULL, 6, here, NULL),
			 STATUS_ACCESS_VIOLATION);
	assert_int_equal(h.table->CopyToClientBuffer(NULL, 6, NULL, here), STATUS_ACCESS_VIOLATION);
	assert_int_equal(h.table->CopyFromClientBuffer(NULL, 6, NULL, there),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CopyToClientBuffer(NULL, 6, there, NULL),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->AllocateClientBuffer(NULL, 6, NULL), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CopyFromClientBuffer(NULL, 0, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(h.table->AllocateClientBuffer(NULL, 0, &p), STATUS_SUCCESS);
	assert_int_equal(h.table->FreeClientBuffer(NULL, p), STATUS_SUCCESS);
}

static NTSTATUS NTAPI called_back(ULONG_PTR a, ULONG_PTR b, PSecBuffer in, PSecBuffer out)
{
	out->cbBuffer = in->cbBuffer + (ULONG)(a + b);
	return (NTSTATUS)a;
}

static void a_package_calls_back_into_the_application(void **state)
{
	SecBuffer in = { .cbBuffer = 100 }, out = { .cbBuffer = 0 };
	PCHAR id = (PCHAR)(uintptr_t)4711;

	assert_int_equal(h.table->ClientCallback(id, 1, 2, &in, &out), STATUS_NOT_FOUND);
	assert_int_equal(callback_register(4711, called_back), STATUS_SUCCESS);
	assert_int_equal(callback_register(4712, called_back), STATUS_SUCCESS);
	assert_int_equal(h.table->ClientCallback(id, 1, 2, &in, &out), 1);
	assert_int_equal(out.cbBuffer, 103);
	/* an address is no number */
	assert_int_equal(
		h.table->ClientCallback((PCHAR)((uintptr_t)1 << 32 | 4711), 1, 2, &in, &out),
		STATUS_NOT_FOUND);
	call_leave(&h.frame); /* nobody calls */
	assert_int_equal(h.table->ClientCallback(id, 1, 2, &in, &out), STATUS_NOT_SUPPORTED);
	call_enter(&h.frame, h.lsa, h.lsa->clients, h.lsa->host.package[0]);
	assert_int_equal(callback_register(4711, NULL), STATUS_SUCCESS);
	assert_int_equal(h.table->ClientCallback(id, 1, 2, &in, &out), STATUS_NOT_FOUND);
	for (ULONG i = 0; i < 62; i++)
		assert_int_equal(callback_register(i, called_back), STATUS_SUCCESS);
	assert_int_equal(callback_register(99, called_back), STATUS_INSUFFICIENT_RESOURCES);
}

/* What a package built with mingw-w64's header has room for is not overrun. */
static void a_package_of_an_older_header_gets_shorter_answers(void **state)
{
	struct package old = *h.lsa->host.package[0];
	SECPKG_CLIENT_INFO client;
	SECPKG_CALL_INFO call;
	struct frame frame;

	memset(&client, 0xEE, sizeof(client));
	memset(&call, 0xEE, sizeof(call));
	old.reach = offsetof(SECPKG_FUNCTION_TABLE, ChangeAccountPassword);
	call_enter(&frame, h.lsa, h.lsa->clients, &old);
	assert_int_equal(h.table->GetClientInfo(&client), STATUS_SUCCESS);
	assert_true(h.table->GetCallInfo(&call));
	call_leave(&frame);
	assert_int_equal(client.ProcessID, (ULONG)getpid());
	assert_int_equal((uintptr_t)client.ClientToken, 0xEEEEEEEEEEEEEEEE);
	assert_int_equal(call.ProcessId, (ULONG)getpid());
	assert_int_equal((uintptr_t)call.MechOid, 0xEEEEEEEEEEEEEEEE);
	assert_int_equal(h.table->GetClientInfo(&client), STATUS_SUCCESS);
	assert_null(client.ClientToken);
	assert_true(h.table->GetCallInfo(&call));
	assert_null(call.MechOid);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOME(a_session_is_created_once_and_deleted_once),
		IN_HOME(nobody_takes_the_number_of_a_session_that_a_client_is_signed_in_with),
		IN_HOME(a_session_is_of_the_type_its_logon_was_audited_with),
		IN_HOME(sessions_end_with_their_client_and_packages_are_told),
		IN_HOME(entries_of_one_key_come_in_the_order_of_their_adding),
		IN_HOME(deleting_takes_the_first_of_a_key),
		IN_HOME(all_entries_come_with_their_keys),
		IN_HOME(entries_end_with_their_session),
		IN_HOME(there_is_a_limit_to_entries),
		IN_HOME(saved_supplemental_credentials_come_with_the_next_update),
		IN_HOME(an_update_from_within_an_update_is_refused),
		IN_HOME(a_package_calls_another),
		IN_HOME(packages_that_call_each_other_without_end_are_stopped),
		IN_HOME(a_thread_is_the_packages_own),
		IN_HOME(a_thread_of_a_package_reaches_the_credentials_of_a_session),
		IN_HOME(what_is_due_at_once_is_told_once),
		IN_HOME(an_interval_is_told_until_it_is_cancelled),
		IN_HOME(one_may_cancel_itself),
		IN_HOME(loaded_packages_are_told_to_those_who_asked),
		IN_HOME(what_cannot_be_told_is_not_registered),
		cmocka_unit_test(a_package_that_is_dropped_is_told_nothing),
		cmocka_unit_test(a_thread_of_a_dropped_package_may_still_ask),
		IN_HOME(a_forked_child_has_notifications_of_its_own),
		IN_HOME(no_member_is_missing),
		IN_HOME(what_has_no_meaning_here_answers_its_refusal),
		IN_HOME(the_caller_is_known_during_its_call),
		IN_HOME(the_clients_memory_is_reached_by_its_request_alone),
		IN_HOME(a_package_calls_back_into_the_application),
		IN_HOME(a_package_of_an_older_header_gets_shorter_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
