/* tests/unit/test_kerberos_calls.c - messages to Kerberos and logons, over a krb5 of the test's own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "fake_host.h"
#include "mock_krb.h"
#include "packages/kerberos/package.h"

#define BASE 0x7000000u /* where the program has its message */

static struct fake_side side;

/* A message and the text that its strings point to. */
static struct message {
	union {
		ULONG type;
		KERB_QUERY_TKT_CACHE_REQUEST query;
		KERB_RETRIEVE_TKT_REQUEST retrieve;
		KERB_PURGE_TKT_CACHE_REQUEST purge;
		KERB_PURGE_TKT_CACHE_EX_REQUEST purge_ex;
		KERB_SUBMIT_TKT_REQUEST submit;
		KERB_CHANGEPASSWORD_REQUEST change;
		KERB_INTERACTIVE_LOGON logon;
		KERB_S4U_LOGON s4u;
		KERB_TICKET_LOGON tickets;
	} u;
	WCHAR text[4][32];
} m;

static void *answer;
static ULONG answer_size;

static int setup(void **state)
{
	fake_host_reset();
	mock_krb_reset();
	memset(&m, 0, sizeof(m));
	side = (struct fake_side){ .server = false };
	return fake_side_open(&side, &kerberos_module, NULL) == SEC_E_OK ? 0 : -1;
}

static void forget(void)
{
	if (answer)
		fake_host.heap--;
	block_free(answer);
	answer = NULL;
}

static int teardown(void **state)
{
	forget();
	fake_side_close(&side);
	return fake_host.heap || mock_krb.credentials ? -1 : 0;
}

static UNICODE_STRING put(size_t slot, const char *text, bool relative)
{
	size_t n = strlen(text), at = offsetof(struct message, text) + slot * sizeof(m.text[0]);

	for (size_t i = 0; i < n; i++)
		m.text[slot][i] = (WCHAR)text[i];
	return (UNICODE_STRING){ (USHORT)(2 * n), (USHORT)(2 * n),
				 (WCHAR *)(uintptr_t)((relative ? 0 : BASE) + at) };
}

static NTSTATUS call(size_t n)
{
	CLEANUP(mem_free_p) void *exact = mem_dup(&m, n);
	NTSTATUS verdict = STATUS_UNSUCCESSFUL;

	forget();
	assert_int_equal(side.lsa->CallPackageUntrusted(NULL, n ? exact : NULL,
							(PVOID)(uintptr_t)BASE, (ULONG)n, &answer,
							&answer_size, &verdict),
			 STATUS_SUCCESS);
	return verdict;
}

static bool is(const UNICODE_STRING *s, const char *text)
{
	const uint8_t *end = (const uint8_t *)answer + answer_size;

	if (s->Length != 2 * strlen(text) || (const uint8_t *)s->Buffer < (uint8_t *)answer ||
	    (const uint8_t *)s->Buffer + s->Length > end)
		return false;
	for (size_t i = 0; text[i]; i++)
		if (s->Buffer[i] != (WCHAR)text[i])
			return false;
	return true;
}

/* ---- the cache ---- */

static void the_cache_is_listed_in_four_forms(void **state)
{
	m.u.type = KerbQueryTicketCacheMessage;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	const KERB_QUERY_TKT_CACHE_RESPONSE *r = answer;
	assert_int_equal(r->MessageType, KerbQueryTicketCacheMessage);
	assert_int_equal(r->CountOfTickets, 2);
	assert_true(is(&r->Tickets[0].ServerName, "krbtgt/LAB.TEST"));
	assert_true(is(&r->Tickets[0].RealmName, "LAB.TEST"));
	assert_int_equal(r->Tickets[1].EndTime.QuadPart, clock_from_unix(2000000000));
	assert_int_equal(r->Tickets[1].EncryptionType, 17);
	assert_int_equal(r->Tickets[1].TicketFlags, 0x40e10000);

	m.u.type = KerbQueryTicketCacheExMessage;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	const KERB_QUERY_TKT_CACHE_EX_RESPONSE *ex = answer;
	assert_true(is(&ex->Tickets[1].ClientName, "alice"));
	assert_true(is(&ex->Tickets[1].ServerName, "HTTP/srv.lab.test"));

	m.u.type = KerbQueryTicketCacheEx2Message;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	const KERB_QUERY_TKT_CACHE_EX2_RESPONSE *ex2 = answer;
	assert_int_equal(ex2->Tickets[1].SessionKeyType, 18);
	assert_true(is(&ex2->Tickets[1].ServerRealm, "OTHER.TEST"));

	m.u.type = KerbQueryTicketCacheEx3Message;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	const KERB_QUERY_TKT_CACHE_EX3_RESPONSE *ex3 = answer;
	assert_true(is(&ex3->Tickets[0].ClientRealm, "LAB.TEST"));
	assert_int_equal(ex3->Tickets[1].KdcCalled.Length, 0);
}

static void no_cache_is_an_empty_one(void **state)
{
	mock_krb.cache = NULL;
	m.u.type = KerbQueryTicketCacheMessage;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	assert_int_equal(((KERB_QUERY_TKT_CACHE_RESPONSE *)answer)->CountOfTickets, 0);
	assert_int_equal(answer_size, 8);
}

static void the_caller_is_told_by_zero_and_by_number(void **state)
{
	m.u.type = KerbQueryTicketCacheMessage;
	m.u.query.LogonId = FAKE_CLIENT;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	m.u.query.LogonId.HighPart++;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_ACCESS_DENIED);
	assert_null(answer);
}

static void a_ticket_is_told_with_its_key(void **state)
{
	m.u.type = KerbRetrieveEncodedTicketMessage;
	m.u.retrieve.TargetName = put(0, "HTTP/srv", false);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	const KERB_EXTERNAL_TICKET *t = answer;
	assert_string_equal(mock_krb.target, "HTTP/srv");
	assert_false(mock_krb.cache_only);
	assert_int_equal(t->EncodedTicketSize, 6);
	assert_memory_equal(t->EncodedTicket, "ticket", 6);
	assert_int_equal(t->SessionKey.KeyType, 18);
	assert_int_equal(t->SessionKey.Length, 16);
	assert_memory_equal(t->SessionKey.Value, "0123456789abcdef", 16);
	assert_int_equal(t->ServiceName->NameCount, 2);
	assert_true(is(&t->ServiceName->Names[0], "HTTP"));
	assert_true(is(&t->ServiceName->Names[1], "srv"));
	assert_int_equal(t->ClientName->NameCount, 1);
	assert_true(is(&t->ClientName->Names[0], "alice"));
	assert_true(is(&t->TargetDomainName, "LAB.TEST"));
	m.u.retrieve.CacheOptions = KERB_RETRIEVE_TICKET_USE_CACHE_ONLY;
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	assert_true(mock_krb.cache_only);
	m.u.retrieve.EncryptionType = 17;
	assert_int_equal(call(sizeof(m)), SEC_E_KDC_UNKNOWN_ETYPE);
	m.u.retrieve.EncryptionType = 0;
	m.u.retrieve.CacheOptions = KERB_RETRIEVE_TICKET_AS_KERB_CRED;
	assert_int_equal(call(sizeof(m)), STATUS_NOT_SUPPORTED);
}

/* A slash that belongs to a part of a name divides nothing. */
static void names_are_divided_where_krb5_divides_them(void **state)
{
	m.u.type = KerbRetrieveEncodedTicketMessage;
	m.u.retrieve.TargetName = put(0, "HTTP\\/x/a\\\\b\\@c/\\n", false);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	const KERB_EXTERNAL_TICKET *t = answer;
	assert_int_equal(t->TargetName->NameCount, 3);
	assert_int_equal(t->TargetName->NameType, 2);
	const UNICODE_STRING *name = t->TargetName->Names;
	assert_true(is(&name[0], "HTTP/x"));
	assert_true(is(&name[1], "a\\b@c"));
	assert_true(is(&name[2], "\n"));
	m.u.retrieve.TargetName = put(0, "one\\/part", false);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	t = answer;
	assert_int_equal(t->TargetName->NameCount, 1);
	assert_int_equal(t->TargetName->NameType, 1);
	assert_true(is(&t->TargetName->Names[0], "one/part"));
}

static void a_ticket_granting_ticket_is_told_without_its_key(void **state)
{
	m.u.type = KerbRetrieveTicketMessage;
	assert_int_equal(call(sizeof(m.u.retrieve)), STATUS_SUCCESS);
	assert_string_equal(mock_krb.target, "krbtgt/LAB.TEST@LAB.TEST");
	assert_int_equal(((KERB_EXTERNAL_TICKET *)answer)->SessionKey.Length, 0);
	assert_null(((KERB_EXTERNAL_TICKET *)answer)->SessionKey.Value);
	mock_krb.calls = SEC_E_NO_CREDENTIALS;
	assert_int_equal(call(sizeof(m.u.retrieve)), SEC_E_NO_CREDENTIALS);
	mock_krb.calls = STATUS_SUCCESS;
}

static void tickets_are_forgotten_by_name_or_all(void **state)
{
	m.u.type = KerbPurgeTicketCacheMessage;
	assert_int_equal(call(sizeof(m.u.purge)), STATUS_SUCCESS);
	assert_false(mock_krb.has_target);
	m.u.purge.ServerName = put(0, "HTTP/srv", true);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	assert_string_equal(mock_krb.target, "HTTP/srv");
	m.u.purge.RealmName = put(1, "LAB.TEST", true);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	assert_string_equal(mock_krb.target, "HTTP/srv@LAB.TEST");
	mock_krb.tickets = 0;
	assert_int_equal(call(sizeof(m)), STATUS_OBJECT_NAME_NOT_FOUND);
	m.u.purge.ServerName = (UNICODE_STRING){ 0 };
	assert_int_equal(call(sizeof(m)), STATUS_NOT_SUPPORTED);
	memset(&m, 0, sizeof(m));
	m.u.type = KerbPurgeTicketCacheExMessage;
	m.u.purge_ex.Flags = KERB_PURGE_ALL_TICKETS;
	m.u.purge_ex.TicketTemplate.ServerName = put(0, "HTTP/srv", true);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	assert_false(mock_krb.has_target);
}

static void tickets_that_are_submitted_lie_in_the_message(void **state)
{
	static const struct {
		ULONG n, offset, key, key_offset;
		NTSTATUS want;
	} rows[] = {
		{ 8, 36, 0, 0, STATUS_SUCCESS },
		{ 8, 36, 16, 44, STATUS_SUCCESS },
		{ 0, 36, 0, 0, STATUS_INVALID_PARAMETER },
		{ 100, 36, 0, 0, STATUS_INVALID_PARAMETER },
		{ 8, 100, 0, 0, STATUS_INVALID_PARAMETER },
		{ UINT32_MAX, 36, 0, 0, STATUS_INVALID_PARAMETER },
		{ 8, UINT32_MAX, 0, 0, STATUS_INVALID_PARAMETER },
		{ 8, 36, 16, 60, STATUS_INVALID_PARAMETER },
		{ 8, 36, UINT32_MAX, UINT32_MAX, STATUS_INVALID_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		mock_krb.submitted = 0;
		m.u.submit = (KERB_SUBMIT_TKT_REQUEST){
			.MessageType = KerbSubmitTicketMessage,
			.Key = { 18, rows[i].key, rows[i].key_offset },
			.KerbCredSize = rows[i].n,
			.KerbCredOffset = rows[i].offset,
		};
		assert_int_equal(call(64), rows[i].want);
		assert_int_equal(mock_krb.submitted, rows[i].want ? 0 : rows[i].n);
		assert_int_equal(mock_krb.submitted_key, rows[1].key && i == 1 ? 18 : 0);
		mock_krb.submitted_key = 0;
	}
}

/* ---- passwords ---- */

static void passwords_reach_krb5(void **state)
{
	m.u.type = KerbChangePasswordMessage;
	m.u.change.DomainName = put(0, "LAB.TEST", false);
	m.u.change.AccountName = put(1, "alice", false);
	m.u.change.OldPassword = put(2, "old one", false);
	m.u.change.NewPassword = put(3, "new one", false);
	assert_int_equal(call(sizeof(m)), STATUS_SUCCESS);
	assert_string_equal(mock_krb.user, "alice");
	assert_string_equal(mock_krb.realm, "LAB.TEST");
	assert_string_equal(mock_krb.password, "old one");
	assert_string_equal(mock_krb.new_password, "new one");
	mock_krb.change = STATUS_PASSWORD_RESTRICTION;
	assert_int_equal(call(sizeof(m)), STATUS_PASSWORD_RESTRICTION);
	m.u.change.AccountName = (UNICODE_STRING){ 0 };
	assert_int_equal(call(sizeof(m)), STATUS_INVALID_PARAMETER);
}

/* ---- messages that lie ---- */

static void every_truncation_is_refused(void **state)
{
	static const struct {
		ULONG type;
		size_t need;
	} rows[] = {
		{ KerbQueryTicketCacheMessage, sizeof(KERB_QUERY_TKT_CACHE_REQUEST) },
		{ KerbQueryTicketCacheEx3Message, sizeof(KERB_QUERY_TKT_CACHE_REQUEST) },
		{ KerbRetrieveTicketMessage, sizeof(KERB_RETRIEVE_TKT_REQUEST) },
		{ KerbRetrieveEncodedTicketMessage, sizeof(KERB_RETRIEVE_TKT_REQUEST) },
		{ KerbPurgeTicketCacheMessage, sizeof(KERB_PURGE_TKT_CACHE_REQUEST) },
		{ KerbPurgeTicketCacheExMessage, sizeof(KERB_PURGE_TKT_CACHE_EX_REQUEST) },
		{ KerbSubmitTicketMessage, sizeof(KERB_SUBMIT_TKT_REQUEST) },
		{ KerbChangePasswordMessage, sizeof(KERB_CHANGEPASSWORD_REQUEST) },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		m.u.type = rows[i].type;
		for (size_t n = 0; n < rows[i].need; n++)
			assert_int_equal(call(n), STATUS_INVALID_PARAMETER);
	}
}

static void strings_outside_the_message_are_refused(void **state)
{
	const uintptr_t end = BASE + sizeof(m);
	const UNICODE_STRING rows[] = {
		{ 2, 2, NULL },
		{ 2, 2, (WCHAR *)(uintptr_t)(BASE - 2) },
		{ 2, 2, (WCHAR *)end },
		{ 4, 4, (WCHAR *)(end - 2) },
		{ 65534, 65534, (WCHAR *)(uintptr_t)BASE },
		{ 2, 2, (WCHAR *)UINTPTR_MAX },
		{ 2, 2, (WCHAR *)(UINTPTR_MAX - 1) },
		{ 3, 3, (WCHAR *)(uintptr_t)(BASE + 64) },
		{ 2, 2, (WCHAR *)(uintptr_t)(BASE + 65) },
		{ 4, 4, (WCHAR *)(uintptr_t)(sizeof(m) - 2) },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		m.u.type = KerbPurgeTicketCacheMessage;
		m.u.purge.ServerName = rows[i];
		assert_int_equal(call(sizeof(m)), STATUS_INVALID_PARAMETER);
	}
}

static void messages_that_nobody_serves_are_said_to_be_so(void **state)
{
	static const ULONG served[] = { 1, 4, 6, 7, 8, 14, 15, 20, 21, 25 };

	for (ULONG type = 0; type < 64; type++) {
		bool known = false;
		for (size_t i = 0; i < ARRAY_LEN(served); i++)
			known = known || served[i] == type;
		memset(&m, 0, sizeof(m));
		m.u.type = type;
		if (!known)
			assert_int_equal(call(sizeof(m)), STATUS_NOT_SUPPORTED);
	}
}

/* ---- logons ---- */

static struct logged {
	PVOID profile, token;
	ULONG size;
	LUID id;
	NTSTATUS sub;
	LSA_TOKEN_INFORMATION_TYPE type;
	PUNICODE_STRING account, authority, machine;
	SECPKG_PRIMARY_CRED primary;
	PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental;
} l;

static NTSTATUS logon(SECURITY_LOGON_TYPE type, size_t n)
{
	CLEANUP(mem_free_p) void *exact = mem_dup(&m, n);

	l = (struct logged){ .size = 0 };
	return side.lsa->LogonUserEx2(NULL, type, exact, (PVOID)(uintptr_t)BASE, (ULONG)n,
				      &l.profile, &l.size, &l.id, &l.sub, &l.type, &l.token,
				      &l.account, &l.authority, &l.machine, &l.primary,
				      &l.supplemental);
}

static void logon_done(void)
{
	PVOID blocks[] = { l.profile,
			   l.token,
			   l.account ? l.account->Buffer : NULL,
			   l.account,
			   l.authority ? l.authority->Buffer : NULL,
			   l.authority,
			   l.primary.DownlevelName.Buffer,
			   l.primary.DomainName.Buffer,
			   l.primary.DnsDomainName.Buffer,
			   l.primary.Password.Buffer };

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		fake_host.heap -= blocks[i] != NULL;
		block_free(blocks[i]);
	}
	l = (struct logged){ .size = 0 };
}

static void logon_password(void)
{
	memset(&m, 0, sizeof(m));
	m.u.type = KerbInteractiveLogon;
	m.u.logon.LogonDomainName = put(0, "LAB.TEST", false);
	m.u.logon.UserName = put(1, "bob", false);
	m.u.logon.Password = put(2, "secret", false);
}

static void a_password_makes_a_session(void **state)
{
	LSA_SEC_HANDLE credential;
	SecPkgCredentials_NamesW names;
	TimeStamp expiry;

	logon_password();
	assert_int_equal(logon(Interactive, sizeof(m)), STATUS_SUCCESS);
	assert_int_equal(l.type, LsaTokenInformationNull);
	assert_int_equal(l.size, sizeof(KERB_INTERACTIVE_PROFILE));
	assert_int_equal(((KERB_INTERACTIVE_PROFILE *)l.profile)->MessageType,
			 KerbInteractiveProfile);
	assert_int_equal(l.account->Length, 6);
	LUID id = l.id;
	logon_done();
	assert_int_equal(fake_host.sessions, 1);
	assert_int_equal(side.lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND, &id, NULL,
							    NULL, NULL, &credential, &expiry),
			 SEC_E_OK);
	assert_int_equal(
		side.lsa->QueryCredentialsAttributes(credential, SECPKG_CRED_ATTR_NAMES, &names),
		SEC_E_OK);
	assert_int_equal(names.sUserName[0], 'b');
	block_free(names.sUserName);
	assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
	m.u.type = KerbQueryTicketCacheMessage;
	m.u.query.LogonId = id;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	side.lsa->LogonTerminated(&id);
	assert_int_equal(call(sizeof(m.u.query)), STATUS_ACCESS_DENIED);
}

static bool is_text(const UNICODE_STRING *s, const WCHAR *text, size_t n)
{
	return s->Length == n * sizeof(WCHAR) && memcmp(s->Buffer, text, s->Length) == 0;
}

static NTSTATUS NTAPI caller_is_bob(PUNICODE_STRING out)
{
	static const WCHAR name[] = u"bob";
	PVOID copy = fake_host_table()->AllocateLsaHeap(sizeof(name));

	assert_non_null(copy);
	memcpy(copy, name, sizeof(name));
	*out = (UNICODE_STRING){ 6, 6, copy };
	return STATUS_SUCCESS;
}

/* What the LSA tells all packages of, this one too: the tickets stay, and the password is for those after them. */
static void a_password_is_told_to_the_other_packages(void **state)
{
	static const WCHAR bob[] = u"bob", realm[] = u"LAB.TEST", password[] = u"secret";
	SECPKG_PRIMARY_CRED *p = &l.primary;
	LSA_SEC_HANDLE credential;
	TimeStamp expiry, whole;
	size_t n;

	for (int i = 0; i < 2; i++) {
		logon_password();
		if (i) /* the KDC says of which realm it is */
			m.u.logon.LogonDomainName = (UNICODE_STRING){ 0 };
		assert_int_equal(logon(Interactive, sizeof(m)), STATUS_SUCCESS);
		assert_true(SecEqualLuid(&p->LogonId, &l.id));
		assert_int_equal(p->Flags, PRIMARY_CRED_CLEAR_PASSWORD);
		assert_true(is_text(l.account, bob, 3));
		assert_true(is_text(l.authority, realm, 8));
		assert_true(is_text(&p->DownlevelName, bob, 3));
		assert_true(is_text(&p->DomainName, realm, 8));
		assert_true(is_text(&p->DnsDomainName, realm, 8));
		assert_true(is_text(&p->Password, password, 6));
		LUID id = l.id;
		assert_int_equal(side.lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND, &id,
								    NULL, NULL, NULL, &credential,
								    &whole),
				 SEC_E_OK);
		assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
		unsigned made = mock_krb.made;
		assert_int_equal(side.lsa->AcceptCredentials(Interactive, l.account, p, NULL),
				 STATUS_SUCCESS);
		assert_non_null(fake_host_kept(id, 0, &n));
		assert_int_equal(side.lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND, &id,
								    NULL, NULL, NULL, &credential,
								    &expiry),
				 SEC_E_OK);
		assert_int_equal(expiry.QuadPart, whole.QuadPart);
		assert_int_equal(mock_krb.made, made);
		assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
		logon_done();
		side.lsa->LogonTerminated(&id);
	}
	/* a card's PIN is no password */
	logon_password();
	m.u.logon.LogonDomainName = (UNICODE_STRING){ 0 };
	m.u.logon.UserName = put(1, "@@BCard", false);
	fake_host.extension.CallerName = caller_is_bob;
	assert_int_equal(logon(Interactive, sizeof(m)), STATUS_SUCCESS);
	assert_true(SecIsZeroLuid(&p->LogonId));
	assert_null(p->Password.Buffer);
	LUID card = l.id;
	logon_done();
	side.lsa->LogonTerminated(&card);
	/* what brings no password has none to tell */
	m.u.type = KerbS4ULogon;
	m.u.s4u.ClientUpn = put(0, "carol", true);
	m.u.s4u.ClientRealm = put(1, "LAB.TEST", true);
	assert_int_equal(logon(Network, sizeof(m)), STATUS_SUCCESS);
	assert_true(SecIsZeroLuid(&p->LogonId));
	assert_null(p->Password.Buffer);
	LUID id = l.id;
	logon_done();
	side.lsa->LogonTerminated(&id);
}

static void a_refused_password_makes_none(void **state)
{
	static const struct {
		NTSTATUS said, want;
	} rows[] = {
		{ (NTSTATUS)SEC_E_LOGON_DENIED, STATUS_LOGON_FAILURE },
		{ (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY, STATUS_NO_LOGON_SERVERS },
		{ (NTSTATUS)SEC_E_TIME_SKEW, STATUS_TIME_DIFFERENCE_AT_DC },
		{ STATUS_PASSWORD_EXPIRED, STATUS_PASSWORD_EXPIRED },
		{ STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_DISABLED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		logon_password();
		mock_krb.context = rows[i].said;
		assert_int_equal(logon(Interactive, sizeof(m)), rows[i].want);
		assert_null(l.profile);
		assert_null(l.token);
		assert_int_equal(l.account->Length, 6); /* for auditing */
		logon_done();
		assert_int_equal(fake_host.sessions, 0);
	}
	mock_krb.context = STATUS_SUCCESS;
	m.u.logon.Password = (UNICODE_STRING){ 0 };
	assert_int_equal(logon(Interactive, sizeof(m)), STATUS_LOGON_FAILURE);
	logon_done();
}

static void a_session_that_cannot_be_noted_is_ended(void **state)
{
	logon_password();
	fake_host.session_status = STATUS_QUOTA_EXCEEDED;
	assert_int_equal(logon(Interactive, sizeof(m)), STATUS_QUOTA_EXCEEDED);
	assert_int_equal(fake_host.sessions, 0);
	logon_done();
}

static void another_users_logon_is_of_the_network(void **state)
{
	m.u.type = KerbS4ULogon;
	m.u.s4u.ClientUpn = put(0, "carol", true);
	m.u.s4u.ClientRealm = put(1, "LAB.TEST", true);
	assert_int_equal(logon(Interactive, sizeof(m)), STATUS_INVALID_LOGON_TYPE);
	logon_done();
	assert_int_equal(logon(Network, sizeof(m)), STATUS_SUCCESS);
	assert_true(is_text(l.account, u"carol", 5));
	assert_true(is_text(l.authority, u"LAB.TEST", 8));
	LUID id = l.id;
	logon_done();
	side.lsa->LogonTerminated(&id);
	m.u.s4u.ClientUpn = (UNICODE_STRING){ 0 };
	assert_int_equal(logon(Network, sizeof(m)), STATUS_INVALID_PARAMETER);
	logon_done();
}

static void tickets_make_a_session(void **state)
{
	m.u.tickets = (KERB_TICKET_LOGON){ .MessageType = KerbTicketLogon,
					   .Flags = KERB_LOGON_FLAG_REDIRECTED,
					   .ServiceTicketLength = 8,
					   .TicketGrantingTicketLength = 8,
					   .ServiceTicket = (PUCHAR)32,
					   .TicketGrantingTicket = (PUCHAR)40 };
	assert_int_equal(logon(RemoteInteractive, sizeof(m)), STATUS_SUCCESS);
	LUID id = l.id;
	logon_done();
	side.lsa->LogonTerminated(&id);
	m.u.tickets.TicketGrantingTicket = (PUCHAR)(sizeof(m) - 7);
	assert_int_equal(logon(RemoteInteractive, sizeof(m)), STATUS_INVALID_PARAMETER);
	logon_done();
	m.u.tickets.TicketGrantingTicketLength = 0;
	assert_int_equal(logon(RemoteInteractive, sizeof(m)), STATUS_INVALID_PARAMETER);
	logon_done();
}

static void logons_that_lie_are_refused(void **state)
{
	static const ULONG types[] = { KerbInteractiveLogon, KerbS4ULogon, KerbTicketLogon };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		m.u.type = types[i];
		for (size_t n = 0; n < 32; n++) {
			assert_int_equal(logon(Network, n), STATUS_INVALID_PARAMETER);
			logon_done();
		}
	}
	m.u.type = KerbProxyLogon;
	assert_int_equal(logon(Network, sizeof(m)), STATUS_BAD_VALIDATION_CLASS);
	logon_done();
	m.u.type = KerbCertificateLogon;
	assert_int_equal(logon(Interactive, 71), SEC_E_UNKNOWN_CREDENTIALS);
	logon_done();
}

/* ---- in a daemon ---- */

static void another_process_gets_nothing_that_is_here(void **state)
{
	fake_host.is_remote = true;
	m.u.type = KerbQueryTicketCacheMessage;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	assert_int_equal(((KERB_QUERY_TKT_CACHE_RESPONSE *)answer)->CountOfTickets, 0);
	m.u.type = KerbRetrieveTicketMessage;
	assert_int_equal(call(sizeof(m)), SEC_E_NO_CREDENTIALS);
	m.u.submit = (KERB_SUBMIT_TKT_REQUEST){ .MessageType = KerbSubmitTicketMessage,
						.KerbCredSize = 8,
						.KerbCredOffset = 40 };
	assert_int_equal(call(sizeof(m)), SEC_E_NO_CREDENTIALS);
	assert_int_equal(mock_krb.submitted, 0);
	for (int trusted = 0; trusted < 2; trusted++) {
		fake_host.is_trusted = trusted;
		memset(&m, 0, sizeof(m));
		m.u.type = KerbS4ULogon;
		m.u.s4u.ClientUpn = put(0, "carol", true);
		m.u.s4u.ClientRealm = put(1, "LAB.TEST", true);
		assert_int_equal(logon(Network, sizeof(m)),
				 trusted ? STATUS_SUCCESS : SEC_E_NO_CREDENTIALS);
		LUID id = l.id;
		logon_done();
		if (trusted)
			side.lsa->LogonTerminated(&id);
	}
}

/* Programs of one user have one session of their own; those that they make are each program's. */
static void a_session_that_was_made_is_its_makers(void **state)
{
	fake_host.is_remote = fake_host.is_trusted = true;
	m.u.type = KerbS4ULogon;
	m.u.s4u.ClientUpn = put(0, "carol", true);
	m.u.s4u.ClientRealm = put(1, "LAB.TEST", true);
	assert_int_equal(logon(Network, sizeof(m)), STATUS_SUCCESS);
	LUID id = l.id;
	logon_done();
	memset(&m, 0, sizeof(m));
	m.u.type = KerbQueryTicketCacheMessage;
	m.u.query.LogonId = id;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	fake_host.process = 2;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_ACCESS_DENIED);
	side.lsa->LogonTerminated(&id);
}

/* ---- what a client delegated ---- */

static void a_delegated_ticket_is_a_session_as_long_as_its_context(void **state)
{
	struct fake_side client = { .target = "HTTP/srv",
				    .requirements = ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH },
			 server = { .server = true };
	OPENSSPI_DELEGATED_LOGON first, second;
	struct wr token = WR(65536), reply = WR(65536);

	mock_krb.delegates = true;
	assert_int_equal(fake_side_open(&client, &kerberos_module, NULL), SEC_E_OK);
	assert_int_equal(fake_side_open(&server, &kerberos_module, NULL), SEC_E_OK);
	assert_int_equal(fake_side_step(&client, rd_of(NULL, 0), &token), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&server, wr_view(&token), &reply), SEC_E_OK);
	assert_true(server.attributes & ASC_RET_DELEGATE);
	assert_int_equal(server.lsa->QueryContextAttributes(server.context,
							    OPENSSPI_ATTR_DELEGATED_LOGON, &first),
			 STATUS_SUCCESS);
	assert_int_equal(server.lsa->QueryContextAttributes(server.context,
							    OPENSSPI_ATTR_DELEGATED_LOGON, &second),
			 STATUS_SUCCESS);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(fake_host.sessions, 1);
	m.u.type = KerbQueryTicketCacheMessage;
	m.u.query.LogonId = first.LogonId;
	assert_int_equal(call(sizeof(m.u.query)), STATUS_SUCCESS);
	fake_side_close(&server);
	assert_int_equal(fake_host.sessions, 0);
	assert_int_equal(call(sizeof(m.u.query)), STATUS_ACCESS_DENIED);
	fake_side_close(&client);
	wr_done(&token);
	wr_done(&reply);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_cache_is_listed_in_four_forms),
		TEST(no_cache_is_an_empty_one),
		TEST(the_caller_is_told_by_zero_and_by_number),
		TEST(a_ticket_is_told_with_its_key),
		TEST(names_are_divided_where_krb5_divides_them),
		TEST(a_ticket_granting_ticket_is_told_without_its_key),
		TEST(tickets_are_forgotten_by_name_or_all),
		TEST(tickets_that_are_submitted_lie_in_the_message),
		TEST(passwords_reach_krb5),
		TEST(every_truncation_is_refused),
		TEST(strings_outside_the_message_are_refused),
		TEST(messages_that_nobody_serves_are_said_to_be_so),
		TEST(a_password_makes_a_session),
		TEST(a_password_is_told_to_the_other_packages),
		TEST(a_refused_password_makes_none),
		TEST(a_session_that_cannot_be_noted_is_ended),
		TEST(another_users_logon_is_of_the_network),
		TEST(tickets_make_a_session),
		TEST(logons_that_lie_are_refused),
		TEST(another_process_gets_nothing_that_is_here),
		TEST(a_session_that_was_made_is_its_makers),
		TEST(a_delegated_ticket_is_a_session_as_long_as_its_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
