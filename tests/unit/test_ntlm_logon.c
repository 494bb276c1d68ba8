/* tests/unit/test_ntlm_logon.c - MSV1_0's logons: what the LSA is told, what is kept, who may have the session key.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <ntsecapi.h>

#include "base/utf.h"
#include "crypto/ntlm.h"
#include "fake_host.h"
#include "packages/ntlm/package.h"

static struct fake_side side;

/* A message, and what came of it. */
static struct {
	_Alignas(8) uint8_t bytes[1024];
	size_t n;
} m;

static struct {
	PVOID profile, token;
	ULONG profile_size;
	LUID id;
	NTSTATUS sub_status;
	LSA_TOKEN_INFORMATION_TYPE type;
	PUNICODE_STRING account, authority, machine;
	SECPKG_PRIMARY_CRED primary;
	PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental;
} l;

static UNICODE_STRING put(const WCHAR *text, size_t n)
{
	UNICODE_STRING s = { (USHORT)(2 * n), (USHORT)(2 * n), (PWSTR)(uintptr_t)m.n };

	memcpy(m.bytes + m.n, text, 2 * n);
	m.n += 2 * n;
	return s;
}

#define UNITS(literal) put(u##literal, sizeof(u##literal) / 2 - 1)

static void interactive(const WCHAR *password, size_t n)
{
	MSV1_0_INTERACTIVE_LOGON *r = (void *)m.bytes;

	memset(&m, 0, sizeof(m));
	m.n = sizeof(*r);
	r->MessageType = MsV1_0InteractiveLogon;
	r->LogonDomainName = UNITS("LAB");
	r->UserName = UNITS("alice");
	r->Password = put(password, n);
}

#define RIGHT u"S3cret!pw", 9

static NTSTATUS log_on(SECURITY_LOGON_TYPE type)
{
	memset(&l, 0, sizeof(l));
	return side.lsa->LogonUserEx2(NULL, type, m.bytes, NULL, (ULONG)m.n, &l.profile,
				      &l.profile_size, &l.id, &l.sub_status, &l.type, &l.token,
				      &l.account, &l.authority, &l.machine, &l.primary,
				      &l.supplemental);
}

static const LSA_SECPKG_FUNCTION_TABLE *table(void)
{
	return fake_host_table();
}

static void name_free(PUNICODE_STRING s)
{
	if (s)
		table()->FreeLsaHeap(s->Buffer);
	table()->FreeLsaHeap(s);
}

static void logon_done(void)
{
	const UNICODE_STRING *const text[] = { &l.primary.DownlevelName, &l.primary.DomainName,
					       &l.primary.Password, &l.primary.Upn,
					       &l.primary.LogonServer };

	table()->FreeLsaHeap(l.profile);
	table()->FreeLsaHeap(l.token);
	name_free(l.account);
	name_free(l.authority);
	name_free(l.machine);
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		table()->FreeLsaHeap(text[i]->Buffer);
	memset(&l, 0, sizeof(l));
}

static bool is(const UNICODE_STRING *s, const char *ascii)
{
	return s && utf16_equal_ascii_nocase(s->Buffer, s->Length / 2, ascii);
}

static int setup(void **state)
{
	(void)state;
	fake_host_reset();
	side = (struct fake_side){ .server = false };
	return failed(fake_side_open(&side, &ntlm_module, NULL)) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_side_close(&side);
	int left = fake_host.heap;
	fake_host_reset();
	return left == 0 ? 0 : -1;
}

/* ---- what the LSA is told ---- */

static void a_logon_tells_names_profile_and_credentials(void **state)
{
	(void)state;
	interactive(RIGHT);
	assert_int_equal(log_on(Interactive), STATUS_SUCCESS);
	assert_int_equal(fake_host.sessions, 1);
	assert_true(is(l.account, "alice") && is(l.authority, "LAB") && is(l.machine, "SRV"));
	assert_int_equal(l.type, LsaTokenInformationNull);
	assert_non_null(l.token);
	assert_int_equal(((MSV1_0_INTERACTIVE_PROFILE *)l.profile)->MessageType,
			 MsV1_0InteractiveProfile);
	assert_true(SecEqualLuid(&l.primary.LogonId, &l.id));
	assert_int_equal(l.primary.Flags, PRIMARY_CRED_CLEAR_PASSWORD);
	assert_true(is(&l.primary.Password, "S3cret!pw"));
	assert_int_equal(l.primary.Upn.Length, 0);
	assert_int_equal(fake_host.audited, 1);
	assert_int_equal(fake_host.audit_status, STATUS_SUCCESS);
	assert_int_equal(fake_host.audit_type, Interactive);
	logon_done();
}

static void a_logon_that_fails_tells_the_name_alone(void **state)
{
	(void)state;
	interactive(u"wrong", 5);
	assert_int_equal(log_on(Interactive), STATUS_LOGON_FAILURE);
	assert_true(is(l.account, "alice") && is(l.authority, "LAB"));
	assert_null(l.profile);
	assert_null(l.token);
	assert_null(l.primary.Password.Buffer);
	assert_int_equal(fake_host.sessions, 0);
	assert_int_equal(fake_host.audited, 1);
	assert_int_equal(fake_host.audit_status, STATUS_LOGON_FAILURE);
	logon_done();
	m.n = 8;
	assert_int_equal(log_on(Interactive), STATUS_INVALID_PARAMETER);
	assert_non_null(l.account);
	assert_int_equal(l.account->Length, 0);
	logon_done();
}

static void restrictions_are_one_status_with_a_word_besides(void **state)
{
	static const struct {
		NTSTATUS said, status, sub_status;
	} rows[] = {
		{ STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED },
		{ STATUS_PASSWORD_EXPIRED, STATUS_ACCOUNT_RESTRICTION, STATUS_PASSWORD_EXPIRED },
		{ STATUS_INVALID_LOGON_HOURS, STATUS_ACCOUNT_RESTRICTION,
		  STATUS_INVALID_LOGON_HOURS },
		{ STATUS_INVALID_WORKSTATION, STATUS_ACCOUNT_RESTRICTION,
		  STATUS_INVALID_WORKSTATION },
		{ STATUS_PASSWORD_MUST_CHANGE, STATUS_PASSWORD_MUST_CHANGE, 0 },
		{ STATUS_ACCOUNT_EXPIRED, STATUS_ACCOUNT_EXPIRED, 0 },
		{ STATUS_ACCOUNT_LOCKED_OUT, STATUS_ACCOUNT_LOCKED_OUT, 0 },
		{ STATUS_NO_SUCH_USER, STATUS_LOGON_FAILURE, 0 },
		{ SEC_E_NO_AUTHENTICATING_AUTHORITY, STATUS_NO_LOGON_SERVERS, 0 },
		{ STATUS_NTLM_BLOCKED, STATUS_NTLM_BLOCKED, 0 },
	};

	(void)state;
	interactive(RIGHT);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fake_host.account_status = rows[i].said;
		assert_int_equal(log_on(Interactive), rows[i].status);
		assert_int_equal(l.sub_status, rows[i].sub_status);
		logon_done();
	}
}

/* ---- what is kept ---- */

static NTSTATUS accept(ULONG flags)
{
	UNICODE_STRING name = l.primary.DownlevelName;

	l.primary.Flags |= flags;
	return side.lsa->AcceptCredentials(Interactive, &name, &l.primary, NULL);
}

static bool has(const void *whole, size_t n, const void *part, size_t part_n)
{
	return n >= part_n && memmem(whole, n, part, part_n) != NULL;
}

static void hashes_are_kept_and_never_the_password(void **state)
{
	uint8_t hash[NTLM_HASH_LEN];
	size_t n, again;

	(void)state;
	interactive(RIGHT);
	assert_int_equal(log_on(Interactive), STATUS_SUCCESS);
	assert_int_equal(accept(0), STATUS_SUCCESS);
	const void *kept = fake_host_kept(l.id, 0, &n);
	ntlm_ntowf_v1(u"S3cret!pw", 18, hash);
	assert_non_null(kept);
	assert_true(has(kept, n, hash, sizeof(hash)));
	assert_false(has(kept, n, u"S3cret!pw", 18));
	/* another password takes its place */
	l.primary.Password.Buffer[0] = 'T';
	assert_int_equal(accept(PRIMARY_CRED_UPDATE), STATUS_SUCCESS);
	kept = fake_host_kept(l.id, 0, &again);
	assert_int_equal(again, n);
	assert_false(has(kept, again, hash, sizeof(hash)));
	LUID id = l.id;
	assert_int_equal(table()->DeleteLogonSession(&id), STATUS_SUCCESS);
	assert_null(fake_host_kept(l.id, 0, &n));
	logon_done();
}

static void what_brings_no_password_is_not_kept(void **state)
{
	UNICODE_STRING name = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(side.lsa->AcceptCredentials(Interactive, &name, NULL, NULL),
			 STATUS_SUCCESS);
	interactive(RIGHT);
	assert_int_equal(log_on(Interactive), STATUS_SUCCESS);
	l.primary.Flags = PRIMARY_CRED_OWF_PASSWORD;
	assert_int_equal(accept(0), STATUS_SUCCESS);
	assert_null(fake_host_kept(l.id, 0, &n));
	l.primary.Flags = PRIMARY_CRED_CLEAR_PASSWORD;
	assert_int_equal(side.lsa->AcceptCredentials(Network, &name, &l.primary, NULL),
			 STATUS_SUCCESS);
	assert_null(fake_host_kept(l.id, 0, &n));
	fake_host.session_status = STATUS_QUOTA_EXCEEDED;
	assert_int_equal(accept(0), STATUS_QUOTA_EXCEEDED);
	logon_done();
}

/* ---- sign-ins of a session ---- */

static NTSTATUS begin(LSA_SEC_HANDLE credential)
{
	UCHAR room[1024];
	SecBuffer token = { sizeof(room), SECBUFFER_TOKEN, room }, data = { 0 };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &token };
	LSA_SEC_HANDLE context;
	ULONG attributes = 0;
	TimeStamp expiry;
	BOOLEAN mapped;

	NTSTATUS status = side.lsa->InitLsaModeContext(credential, 0, NULL, 0, 0, NULL, &context,
						       &out, &attributes, &expiry, &mapped, &data);
	if (!failed(status))
		assert_int_equal(side.lsa->DeleteContext(context), STATUS_SUCCESS);
	return status;
}

static void a_handle_reads_its_session_each_time(void **state)
{
	LSA_SEC_HANDLE credential;
	TimeStamp expiry;

	(void)state;
	interactive(RIGHT);
	assert_int_equal(log_on(Interactive), STATUS_SUCCESS);
	LUID id = l.id;
	assert_int_equal(side.lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND, &id, NULL,
							    NULL, NULL, &credential, &expiry),
			 STATUS_SUCCESS);
	/* a session that is not the caller's own has nothing of the caller's */
	fake_host.standard = (struct fake_account){ "LAB", "mallory", "wrong" };
	assert_int_equal(begin(credential), SEC_E_NO_CREDENTIALS);
	assert_int_equal(accept(0), STATUS_SUCCESS);
	assert_int_equal(begin(credential), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(table()->DeleteLogonSession(&id), STATUS_SUCCESS);
	assert_int_equal(begin(credential), SEC_E_NO_CREDENTIALS);
	assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
	logon_done();
}

/* ---- network logons ---- */

static BOOLEAN NTAPI call_of_a_stranger(PSECPKG_CALL_INFO info)
{
	*info = (SECPKG_CALL_INFO){ .ProcessId = 1 };
	return TRUE;
}

static BOOLEAN NTAPI call_of_a_server(PSECPKG_CALL_INFO info)
{
	*info = (SECPKG_CALL_INFO){ .ProcessId = 1, .Attributes = SECPKG_CALL_IS_TCB };
	return TRUE;
}

static NTSTATUS NTAPI anyone(const OPENSSPI_NTLM_LOGON *logon, POPENSSPI_NTLM_LOGON_RESULT result,
			     PSecBuffer sids)
{
	memset(result, 0, sizeof(*result));
	memset(result->SessionBaseKey, 7, sizeof(result->SessionBaseKey));
	*sids = (SecBuffer){ 0 };
	return logon->NtResponseLength == 16 && logon->LmResponseLength == 3 &&
			       memcmp(logon->ServerChallenge, "01234567", 8) == 0
		       ? STATUS_SUCCESS
		       : STATUS_LOGON_FAILURE;
}

static void network(void)
{
	MSV1_0_LM20_LOGON *r = (void *)m.bytes;

	memset(&m, 0, sizeof(m));
	m.n = sizeof(*r);
	r->MessageType = MsV1_0NetworkLogon;
	memcpy(r->ChallengeToClient, "01234567", 8);
	r->UserName = UNITS("alice");
	UNICODE_STRING nt = UNITS("response");
	r->CaseSensitiveChallengeResponse = (STRING){ 16, 16, (char *)nt.Buffer };
	r->CaseInsensitiveChallengeResponse = (STRING){ 3, 3, (char *)nt.Buffer };
}

static int key_byte(void)
{
	const MSV1_0_LM20_LOGON_PROFILE *p = l.profile;

	return p->UserSessionKey[0];
}

static void the_session_key_is_for_who_may_be_a_server(void **state)
{
	(void)state;
	fake_host.extension.AuthenticateNtlmSids = anyone;
	network();
	fake_host.call_info = call_of_a_stranger;
	assert_int_equal(log_on(Network), STATUS_SUCCESS);
	assert_int_equal(key_byte(), 0);
	assert_int_equal(l.primary.LogonId.LowPart | (ULONG)l.primary.LogonId.HighPart, 0);
	logon_done();
	fake_host.call_info = call_of_a_server;
	assert_int_equal(log_on(Network), STATUS_SUCCESS);
	assert_int_equal(key_byte(), 7);
	logon_done();
	assert_int_equal(log_on(Interactive), STATUS_INVALID_LOGON_TYPE);
	logon_done();
}

static void nobody_is_let_in_where_policy_says_so(void **state)
{
	(void)state;
	network();
	memset(m.bytes + 4, 0, sizeof(MSV1_0_LM20_LOGON) - 4);
	assert_int_equal(log_on(Network), STATUS_LOGON_FAILURE);
	logon_done();
	fake_host.policy[OPENSSPI_POLICY_ALLOW_ANONYMOUS] = 1;
	assert_int_equal(log_on(Network), STATUS_SUCCESS);
	assert_true(is(l.account, "ANONYMOUS LOGON"));
	assert_int_equal(fake_host.authentications, 0);
	logon_done();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_logon_tells_names_profile_and_credentials),
		TEST(a_logon_that_fails_tells_the_name_alone),
		TEST(restrictions_are_one_status_with_a_word_besides),
		TEST(hashes_are_kept_and_never_the_password),
		TEST(what_brings_no_password_is_not_kept),
		TEST(a_handle_reads_its_session_each_time),
		TEST(the_session_key_is_for_who_may_be_a_server),
		TEST(nobody_is_let_in_where_policy_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
