/* tests/unit/test_kerberos_lsa.c - Kerberos' LSA half over a krb5 of the test's own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "fake_host.h"
#include "mock_krb.h"
#include "packages/kerberos/package.h"
#include "wire/authdata.h"

#define SPN "HTTP/srv.lab.test"

static struct talk {
	struct fake_side client, server;
	struct wr token, answer, rest;
	char noted[128];
} t;

static VOID NTAPI note_reason(const char *sentence)
{
	snprintf(t.noted, sizeof(t.noted), "%s", sentence);
}

static NTSTATUS NTAPI caller_is_bob(PUNICODE_STRING name)
{
	static const WCHAR bob[] = u"bob";

	name->Length = name->MaximumLength = 6;
	name->Buffer = block_dup(bob, 6);
	atomic_fetch_add(&fake_host.heap, 1);
	return STATUS_SUCCESS;
}

static int setup(void **state)
{
	fake_host_reset();
	fake_host.extension.NoteReason = note_reason;
	fake_host.extension.CallerName = caller_is_bob;
	mock_krb_reset();
	t = (struct talk){ .server.server = true,
			   .client.target = SPN,
			   .client.requirements = ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY };
	t.token = t.answer = t.rest = WR(1u << 17);
	return 0;
}

static int teardown(void **state)
{
	fake_side_close(&t.client);
	fake_side_close(&t.server);
	wr_done(&t.token);
	wr_done(&t.answer);
	wr_done(&t.rest);
	return fake_host.heap || mock_krb.credentials || mock_krb.contexts ? -1 : 0;
}

/* Both sides with what they have by default. */
static void open_both(void)
{
	assert_int_equal(fake_side_open(&t.client, &kerberos_module, NULL), SEC_E_OK);
	assert_int_equal(fake_side_open(&t.server, &kerberos_module, NULL), SEC_E_OK);
}

static NTSTATUS open_as(const char *domain, const char *user, const char *password)
{
	void *id = fake_identity(domain, user, password);
	NTSTATUS status = fake_side_open(&t.client, &kerberos_module, id);

	mem_free(id);
	return status;
}

static NTSTATUS begin(void)
{
	return fake_side_step(&t.client, rd_of(NULL, 0), &t.token);
}

static NTSTATUS accept_it(void)
{
	return fake_side_step(&t.server, wr_view(&t.token), &t.answer);
}

static NTSTATUS end(void)
{
	return fake_side_step(&t.client, wr_view(&t.answer), &t.rest);
}

/* ---- the package ---- */

static void the_package_says_what_windows_says(void **state)
{
	SecPkgInfoW info;
	PSECPKG_EXTENDED_INFORMATION gss;
	static const uint8_t oid[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
				       0xF7, 0x12, 0x01, 0x02, 0x02 };

	open_both();
	assert_int_equal(t.client.lsa->GetInfo(&info), STATUS_SUCCESS);
	assert_int_equal(info.wRPCID, 16);
	assert_int_equal(info.cbMaxToken, 48000);
	assert_int_equal(info.fCapabilities, 0x000F3BB7);
	assert_int_equal(t.client.lsa->GetExtendedInformation(SecpkgGssInfo, &gss), STATUS_SUCCESS);
	assert_int_equal(gss->Info.GssInfo.EncodedIdLength, sizeof(oid));
	assert_memory_equal(gss->Info.GssInfo.EncodedId, oid, sizeof(oid));
	fake_host.heap--;
	block_free(gss);
}

static void without_the_module_there_is_no_package(void **state)
{
	mock_krb.load = SEC_E_SECPKG_NOT_FOUND;
	assert_int_equal(fake_side_open(&t.client, &kerberos_module, NULL), SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(fake_side_open(&t.server, &kerberos_module, NULL), SEC_E_SECPKG_NOT_FOUND);
	mock_krb.load = STATUS_SUCCESS;
}

/* ---- credentials ---- */

static void an_identity_reaches_krb5_as_utf8(void **state)
{
	assert_int_equal(open_as("Lab.Test", "J\u00f6rg", "p\u00e4ss\U0001F511"), SEC_E_OK);
	assert_string_equal(mock_krb.user, "J\u00f6rg");
	assert_string_equal(mock_krb.realm, "Lab.Test");
	assert_string_equal(mock_krb.password, "p\u00e4ss\U0001F511");
	assert_int_equal(mock_krb.use, KRB_INITIATE);
	assert_false(mock_krb.has_certificate);
}

static void a_domain_in_front_of_the_name_is_taken_off(void **state)
{
	assert_int_equal(open_as(NULL, "LAB\\alice", "x"), SEC_E_OK);
	assert_string_equal(mock_krb.user, "alice");
	assert_string_equal(mock_krb.realm, "LAB");
}

static void a_upn_stays_whole(void **state)
{
	assert_int_equal(open_as("", "alice@lab.test", "x"), SEC_E_OK);
	assert_string_equal(mock_krb.user, "alice@lab.test");
	assert_false(mock_krb.has_realm);
}

static void a_marshalled_certificate_is_krb5s_own_and_for_whoever_calls(void **state)
{
	assert_int_equal(open_as(NULL, "@@BQ8AAAAAAAAAAAAAAAAAAAAAAAAA", "1234"), SEC_E_OK);
	assert_string_equal(mock_krb.user, "bob");
	assert_true(mock_krb.has_certificate);
	assert_string_equal(mock_krb.certificate, "");
	assert_string_equal(mock_krb.password, "1234");
}

static void names_that_are_no_text_are_unknown_credentials(void **state)
{
	static const uint8_t nul[] = { 'a', 0, 0, 0, 'b', 0 };
	const struct identity_view id = { .user = rd_of(nul, sizeof(nul)), .has_user = true };
	struct wr w = WR(4096);

	identity_write(&w, &id);
	assert_int_equal(fake_side_open(&t.client, &kerberos_module, w.buf),
			 SEC_E_UNKNOWN_CREDENTIALS);
	wr_done(&w);
}

static void an_identity_of_nothing_has_no_credentials(void **state)
{
	assert_int_equal(open_as("", "", ""), SEC_E_OK);
	assert_int_equal(begin(), SEC_E_NO_CREDENTIALS);
}

static void expiry_is_the_tickets_or_never(void **state)
{
	open_both();
	assert_int_equal(t.client.expiry.QuadPart, clock_to_local(clock_from_unix(2000000000)));
	assert_int_equal(t.server.expiry.QuadPart, CLOCK_NEVER);
	fake_side_close(&t.client);
	mock_krb.expiry = INT64_MAX;
	assert_int_equal(open_as("LAB", "alice", "x"), SEC_E_OK);
	assert_int_equal(t.client.expiry.QuadPart, CLOCK_NEVER);
	mock_krb.expiry = 2000000000;
}

static void a_server_needs_a_keytab(void **state)
{
	mock_krb.has_keytab = false;
	assert_int_equal(fake_side_open(&t.server, &kerberos_module, NULL), SEC_E_NO_CREDENTIALS);
}

static void the_names_of_credentials_are_told(void **state)
{
	SecPkgCredentials_NamesW names;

	open_both();
	assert_int_equal(t.client.lsa->QueryCredentialsAttributes(t.client.credential,
								  SECPKG_CRED_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_true(utf16_equal_ascii_nocase(names.sUserName, utf16_len(names.sUserName),
					     "alice@LAB.TEST"));
	block_free(names.sUserName);
	assert_int_equal(t.client.lsa->QueryCredentialsAttributes(t.client.credential, 77, &names),
			 SEC_E_UNSUPPORTED_FUNCTION);
}

/* ---- whose credentials a target calls for ---- */

static const struct fake_account saved = { "LAB", "saved", "1" },
				 standard = { "LAB", "standard", "2" };

static void the_target_calls_for(const char *name)
{
	SecPkgContext_NativeNamesW names;
	char *got;

	if (!t.client.credential)
		open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_E_OK);
	assert_int_equal(t.server.user->QueryContextAttributes(t.server.context,
							       SECPKG_ATTR_NATIVE_NAMES, &names),
			 SEC_E_OK);
	assert_true(utf8_from_utf16(names.sClientName, utf16_len(names.sClientName), &got, NULL));
	assert_string_equal(got, name);
	mem_free(got);
	block_free(names.sClientName);
	block_free(names.sServerName);
	fake_side_drop_context(&t.client);
	fake_side_drop_context(&t.server);
}

static void what_is_saved_for_the_target_comes_first(void **state)
{
	fake_host.saved_for = SPN;
	fake_host.saved = saved;
	fake_host.standard = standard;
	the_target_calls_for("saved@LAB");
}

static void then_the_callers_cache(void **state)
{
	fake_host.saved_for = "HTTP/elsewhere";
	fake_host.saved = saved;
	fake_host.standard = standard;
	the_target_calls_for("alice@LAB.TEST");
}

static void then_the_default_identity(void **state)
{
	mock_krb.cache = NULL;
	fake_host.standard = standard;
	the_target_calls_for("standard@LAB");
}

static void then_nothing(void **state)
{
	mock_krb.cache = NULL;
	open_both();
	assert_int_equal(begin(), SEC_E_NO_CREDENTIALS);
	assert_int_equal(t.client.context, 0);
}

/* A session that some other package made has no tickets, and the caller's are not its own. */
static void anothers_session_does_not_get_the_callers_cache(void **state)
{
	LUID sessions[] = { { 0, 0 }, FAKE_CLIENT, { 8, 1 } };
	SecPkgCredentials_NamesW names;
	LSA_SEC_HANDLE credential;
	TimeStamp expiry;

	open_both();
	for (size_t i = 0; i < ARRAY_LEN(sessions); i++) {
		assert_int_equal(t.client.lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND,
									&sessions[i], NULL, NULL,
									NULL, &credential, &expiry),
				 SEC_E_OK);
		names.sUserName = NULL;
		assert_int_equal(t.client.lsa->QueryCredentialsAttributes(
					 credential, SECPKG_CRED_ATTR_NAMES, &names),
				 i < 2 ? SEC_E_OK : SEC_E_NO_CREDENTIALS);
		block_free(names.sUserName);
		assert_int_equal(t.client.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
	}
}

/* The keytab's, a service in both roles, a name without a password. */
static void another_process_uses_no_key_that_is_here(void **state)
{
	static WCHAR name[] = u"HTTP/srv";
	UNICODE_STRING service = { sizeof(name) - 2, sizeof(name), name };
	CLEANUP(mem_free_p) void *bob = fake_identity("LAB", "bob", "");
	struct {
		PUNICODE_STRING principal;
		ULONG use;
		void *identity;
	} rows[] = { { NULL, SECPKG_CRED_INBOUND, NULL },
		     { &service, SECPKG_CRED_INBOUND, NULL },
		     { &service, SECPKG_CRED_BOTH, NULL },
		     { NULL, SECPKG_CRED_OUTBOUND, bob } };
	LSA_SEC_HANDLE credential;
	TimeStamp expiry;

	open_both();
	fake_host.is_remote = true;
	assert_int_equal(begin(), SEC_E_NO_CREDENTIALS); /* nor the cache */
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i / 2;
		fake_host.is_trusted = i & 1;
		int before = mock_krb.credentials;
		NTSTATUS status = t.client.lsa->AcquireCredentialsHandle(
			rows[row].principal, rows[row].use, NULL, rows[row].identity, NULL, NULL,
			&credential, &expiry);
		assert_int_equal(mock_krb.credentials, before + (i & 1));
		if (rows[row].use == SECPKG_CRED_INBOUND)
			assert_int_equal(status, i & 1 ? STATUS_SUCCESS : SEC_E_NO_CREDENTIALS);
		if (status == STATUS_SUCCESS)
			assert_int_equal(t.client.lsa->FreeCredentialsHandle(credential),
					 STATUS_SUCCESS);
	}
}

static void a_vault_that_cannot_be_read_is_not_passed_over(void **state)
{
	fake_host.saved_status = STATUS_ACCESS_DENIED;
	open_both();
	assert_int_equal(begin(), SEC_E_UNKNOWN_CREDENTIALS);
}

static void an_expired_cache_is_not_passed_over(void **state)
{
	fake_host.standard = standard;
	open_both();
	mock_krb.credential = SEC_E_CONTEXT_EXPIRED;
	assert_int_equal(begin(), SEC_E_CONTEXT_EXPIRED);
}

static void one_sign_in_serves_all_contexts_of_a_credential(void **state)
{
	fake_host.saved_for = SPN;
	fake_host.saved = saved;
	for (int i = 0; i < 3; i++)
		the_target_calls_for("saved@LAB");
	assert_int_equal(mock_krb.made, 1);
}

/* ---- contexts ---- */

static void requirements_become_krb5s_flags(void **state)
{
	static const struct {
		ULONG required;
		uint32_t flags;
	} rows[] = {
		{ 0, 0 },
		{ ISC_REQ_MUTUAL_AUTH, KRB_MUTUAL },
		{ ISC_REQ_REPLAY_DETECT, KRB_REPLAY | KRB_INTEGRITY },
		{ ISC_REQ_SEQUENCE_DETECT, KRB_SEQUENCE | KRB_INTEGRITY },
		{ ISC_REQ_CONFIDENTIALITY, KRB_CONFIDENTIALITY | KRB_INTEGRITY },
		{ ISC_REQ_INTEGRITY, KRB_INTEGRITY },
		{ ISC_REQ_DELEGATE, 0 }, /* not to a server that proves nothing */
		{ ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH, KRB_MUTUAL | KRB_DELEGATE_POLICY },
		{ ISC_REQ_USE_DCE_STYLE, KRB_DCE_STYLE | KRB_MUTUAL },
		{ ISC_REQ_IDENTIFY, KRB_IDENTIFY },
		{ ISC_REQ_EXTENDED_ERROR, KRB_EXTENDED_ERROR },
		{ ISC_REQ_USE_SESSION_KEY, KRB_USER_TO_USER },
	};

	open_both();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t.client.requirements = rows[i].required;
		assert_false(failed(begin()));
		assert_int_equal(mock_krb.flags, rows[i].flags);
		fake_side_drop_context(&t.client);
	}
}

static void what_is_agreed_is_what_was_asked_and_came_to_be(void **state)
{
	const ULONG all = ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT |
			  ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_CONNECTION;

	open_both();
	t.client.requirements = all;
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_E_OK);
	assert_int_equal(end(), SEC_E_OK);
	assert_int_equal(t.client.attributes, all);
	assert_int_equal(t.server.attributes, ASC_RET_MUTUAL_AUTH | ASC_RET_REPLAY_DETECT |
						      ASC_RET_SEQUENCE_DETECT |
						      ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY);
	fake_side_drop_context(&t.client);
	mock_krb.allowed = ~KRB_CONFIDENTIALITY;
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	wr_reset(&t.answer);
	wr_bytes(&t.answer, "rep", 3);
	assert_int_equal(end(), SEC_E_OK);
	assert_int_equal(t.client.attributes, all & ~(ULONG)ISC_REQ_CONFIDENTIALITY);
}

static void without_mutual_authentication_a_client_ends_at_once(void **state)
{
	t.client.requirements = ISC_REQ_INTEGRITY;
	open_both();
	assert_int_equal(begin(), SEC_E_OK);
	assert_int_equal(t.client.attributes, ISC_RET_INTEGRITY);
	assert_int_equal(accept_it(), SEC_E_OK);
	assert_int_equal(t.answer.len, 0);
	assert_int_equal(t.client.expiry.QuadPart, clock_to_local(clock_from_unix(2000000000)));
}

static void dce_style_takes_three_legs(void **state)
{
	t.client.requirements = ISC_REQ_USE_DCE_STYLE;
	t.server.requirements = ASC_REQ_USE_DCE_STYLE;
	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(end(), SEC_E_OK);
	assert_true(t.client.attributes & ISC_RET_USED_DCE_STYLE);
	assert_int_equal(fake_side_step(&t.server, wr_view(&t.rest), &t.answer), SEC_E_OK);
	assert_true(t.server.attributes & ASC_RET_USED_DCE_STYLE);
}

static void requirements_that_cannot_be_met_are_refused(void **state)
{
	static const ULONG rows[] = { ISC_REQ_DATAGRAM, ISC_REQ_PROMPT_FOR_CREDS,
				      ISC_REQ_NULL_SESSION };

	open_both();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t.client.requirements = rows[i];
		assert_int_equal(begin(), SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(t.client.context, 0);
	}
}

static void a_target_must_be_named(void **state)
{
	open_both();
	t.client.target = NULL;
	assert_int_equal(begin(), SEC_E_TARGET_UNKNOWN);
	t.client.target = "";
	assert_int_equal(begin(), SEC_E_TARGET_UNKNOWN);
}

static void failures_say_why_and_leave_no_context(void **state)
{
	static const NTSTATUS rows[] = {
		(NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY,
		(NTSTATUS)SEC_E_TARGET_UNKNOWN,
		(NTSTATUS)SEC_E_LOGON_DENIED,
		(NTSTATUS)SEC_E_TIME_SKEW,
		(NTSTATUS)SEC_E_CONTEXT_EXPIRED,
		(NTSTATUS)STATUS_PASSWORD_EXPIRED,
		(NTSTATUS)STATUS_ACCOUNT_DISABLED,
		(NTSTATUS)SEC_E_KDC_UNKNOWN_ETYPE,
		(NTSTATUS)SEC_E_INSUFFICIENT_MEMORY,
	};

	open_both();
	mock_krb.reason = "no KDC of LAB.TEST answers";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t.noted[0] = '\0';
		mock_krb.first_step = rows[i];
		assert_int_equal(begin(), rows[i]);
		assert_int_equal(t.client.context, 0);
		assert_string_equal(t.noted, "no KDC of LAB.TEST answers");
		assert_int_equal(mock_krb.contexts, 0);
	}
}

static void a_servers_refusal_reaches_the_client(void **state)
{
	open_both();
	t.server.requirements = ASC_REQ_ALLOCATE_MEMORY;
	mock_krb.error_token = "KRB_ERROR";
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	mock_krb.first_step = SEC_E_WRONG_PRINCIPAL;
	assert_int_equal(accept_it(), SEC_E_WRONG_PRINCIPAL);
	assert_int_equal(t.server.context, 0);
	assert_int_equal(t.answer.len, 9);
	assert_memory_equal(t.answer.buf, "KRB_ERROR", 9);
	mock_krb.first_step = 0;
	mock_krb.answer_step = SEC_E_TIME_SKEW;
	mock_krb.error_token = NULL;
	assert_int_equal(end(), SEC_E_TIME_SKEW);
	assert_int_equal(end(), SEC_E_OUT_OF_SEQUENCE);
	assert_false(t.client.mapped);
}

static void a_context_that_has_ended_goes_no_further(void **state)
{
	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_E_OK);
	assert_int_equal(end(), SEC_E_OK);
	assert_int_equal(end(), SEC_E_OUT_OF_SEQUENCE);
	assert_int_equal(accept_it(), SEC_E_OUT_OF_SEQUENCE);
}

static void nothing_is_told_of_half_a_context(void **state)
{
	SecPkgContext_Sizes sizes;
	SecBuffer guard;

	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(
		t.client.lsa->QueryContextAttributes(t.client.context, SECPKG_ATTR_SIZES, &sizes),
		SEC_E_INVALID_HANDLE);
	assert_int_equal(t.client.lsa->QueryContextAttributes(t.client.context,
							      OPENSSPI_ATTR_REMOTE_GUARD, &guard),
			 SEC_E_INVALID_HANDLE);
}

static void contexts_outlive_their_credentials(void **state)
{
	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t.client.lsa->FreeCredentialsHandle(t.client.credential), STATUS_SUCCESS);
	t.client.credential = 0;
	assert_int_equal(accept_it(), SEC_E_OK);
	assert_int_equal(end(), SEC_E_OK);
}

static void credentials_of_the_other_role_are_refused(void **state)
{
	LSA_SEC_HANDLE client;

	open_both();
	client = t.client.credential;
	t.client.credential = t.server.credential;
	assert_int_equal(begin(), SEC_E_NO_CREDENTIALS);
	t.client.credential = client;
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	client = t.server.credential;
	t.server.credential = t.client.credential;
	assert_int_equal(accept_it(), SEC_E_NO_CREDENTIALS);
	t.server.credential = client;
}

static void an_output_without_room_is_said_to_be_so(void **state)
{
	open_both();
	mock_krb.token_size = 3000;
	t.client.room = 100;
	assert_int_equal(begin(), SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(t.client.said, 3000);
	assert_int_equal(t.client.context, 0);
	t.client.room = 3000;
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	mock_krb.token_size = 0;
	t.client.requirements = 0;
	assert_int_equal(accept_it(), SEC_E_OK);
}

static void a_later_answer_without_room_waits(void **state)
{
	t.client.requirements = ISC_REQ_USE_DCE_STYLE;
	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_I_CONTINUE_NEEDED);
	t.client.room = 1;
	assert_int_equal(end(), SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(t.client.said, 3);
	assert_false(t.client.mapped);
	t.client.room = 3;
	assert_int_equal(end(), SEC_E_OK);
	assert_true(t.client.mapped);
	assert_int_equal(fake_side_step(&t.server, wr_view(&t.rest), &t.answer), SEC_E_OK);
}

static void the_package_allocates_when_it_is_asked_to(void **state)
{
	t.client.requirements |= ISC_REQ_ALLOCATE_MEMORY;
	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_true(t.client.attributes & ISC_RET_ALLOCATED_MEMORY);
	assert_int_equal(accept_it(), SEC_E_OK);
}

static void garbage_is_no_token(void **state)
{
	open_both();
	wr_bytes(&t.token, "garbage", 7);
	assert_int_equal(accept_it(), SEC_E_INVALID_TOKEN);
	wr_reset(&t.token);
	assert_int_equal(accept_it(), SEC_E_INVALID_TOKEN);
	assert_int_equal(t.server.context, 0);
}

/* ---- FIPS ---- */

static void rc4_is_refused_in_fips_mode(void **state)
{
	open_both();
	mock_krb.enctype = 23;
	t.client.requirements = ISC_REQ_INTEGRITY;
	assert_int_equal(begin(), SEC_E_OK);
	fake_side_drop_context(&t.client);
	fake_host.policy[OPENSSPI_POLICY_FIPS] = 1;
	assert_int_equal(begin(), SEC_E_CRYPTO_SYSTEM_INVALID);
	assert_int_equal(t.token.len, 0);
	mock_krb.enctype = 18;
	mock_krb.ticket_enctype = 23;
	assert_int_equal(begin(), SEC_E_CRYPTO_SYSTEM_INVALID);
	mock_krb.ticket_enctype = 18;
	assert_int_equal(begin(), SEC_E_OK);
}

/* ---- channel bindings ---- */

struct bound {
	SEC_CHANNEL_BINDINGS head;
	char data[32];
};

static struct bound bound_to(const char *what)
{
	struct bound b = { .head = { .cbApplicationDataLength = (ULONG)strlen(what),
				     .dwApplicationDataOffset = sizeof(b.head) } };
	memcpy(b.data, what, strlen(what));
	return b;
}

static void give_bindings(struct fake_side *s, struct bound *b)
{
	s->more_input = (SecBuffer){ b ? sizeof(b->head) + b->head.cbApplicationDataLength : 0,
				     SECBUFFER_CHANNEL_BINDINGS, b };
}

static NTSTATUS bound_talk(struct bound *client, struct bound *server)
{
	give_bindings(&t.client, client);
	give_bindings(&t.server, server);
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	NTSTATUS status = accept_it();
	fake_side_drop_context(&t.client);
	fake_side_drop_context(&t.server);
	return status;
}

static void channel_bindings_are_checked_at_three_levels(void **state)
{
	struct bound one = bound_to("tls-unique:one"), other = bound_to("tls-unique:other");
	static const NTSTATUS bad = (NTSTATUS)SEC_E_BAD_BINDINGS;
	static const NTSTATUS want[3][3] = {
		{ SEC_E_OK, SEC_E_OK, SEC_E_OK },
		{ SEC_E_OK, SEC_E_OK, bad },
		{ SEC_E_OK, bad, bad },
	};

	open_both();
	for (ULONG level = 0; level < 3; level++) {
		fake_host.policy[OPENSSPI_POLICY_CHANNEL_BINDING] = level;
		assert_int_equal(bound_talk(&one, &one), want[level][0]);
		assert_string_equal(mock_krb.bindings, "tls-unique:one");
		assert_int_equal(bound_talk(NULL, &one), want[level][1]);
		assert_int_equal(bound_talk(&other, &one), want[level][2]);
		assert_int_equal(bound_talk(&one, NULL), SEC_E_OK);
	}
	t.server.requirements = ASC_REQ_ALLOW_MISSING_BINDINGS;
	assert_int_equal(bound_talk(NULL, &one), SEC_E_OK);
	assert_int_equal(bound_talk(&other, &one), bad);
}

static void bindings_that_point_elsewhere_are_refused(void **state)
{
	struct bound b = bound_to("x");
	static const struct {
		ULONG n, offset;
	} rows[] = { { 1, 33 }, { 2, 32 }, { UINT32_MAX, 32 }, { 1, UINT32_MAX }, { 33, 0 } };

	open_both();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		b = bound_to("x");
		give_bindings(&t.client, &b);
		b.head.cbApplicationDataLength = rows[i].n;
		b.head.dwApplicationDataOffset = rows[i].offset;
		assert_int_equal(begin(), SEC_E_INVALID_TOKEN);
	}
	b = bound_to("x");
	give_bindings(&t.client, &b);
	b.head.dwInitiatorAddrType = 2;
	assert_int_equal(begin(), SEC_E_UNSUPPORTED_FUNCTION);
	for (ULONG n = 1; n < sizeof(SEC_CHANNEL_BINDINGS); n++) {
		t.client.more_input.cbBuffer = n;
		assert_int_equal(begin(), SEC_E_INVALID_TOKEN);
	}
}

/* ---- who came, and what came with them ---- */

static void a_pac_that_cannot_be_read_ends_the_context(void **state)
{
	uint8_t garbage[16] = { 1, 2, 3 };

	open_both();
	mock_krb.pac = (struct krb_span){ garbage, sizeof(garbage) };
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_E_INVALID_TOKEN);
	assert_int_equal(t.answer.len, 0);
	assert_int_equal(t.server.context, 0);
}

static void tickets_for_remote_credential_guard_are_packed(void **state)
{
	KERB_TICKET_LOGON logon;
	SecBuffer guard;

	open_both();
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(accept_it(), SEC_E_OK);
	assert_int_equal(end(), SEC_E_OK);
	assert_int_equal(t.server.lsa->QueryContextAttributes(t.server.context,
							      OPENSSPI_ATTR_REMOTE_GUARD, &guard),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(t.client.lsa->QueryContextAttributes(t.client.context,
							      OPENSSPI_ATTR_REMOTE_GUARD, &guard),
			 STATUS_SUCCESS);
	memcpy(&logon, guard.pvBuffer, sizeof(logon));
	assert_int_equal(logon.MessageType, KerbTicketLogon);
	assert_int_equal(logon.Flags, KERB_LOGON_FLAG_REDIRECTED);
	assert_int_equal(logon.ServiceTicketLength, 7);
	assert_int_equal(logon.TicketGrantingTicketLength, 3);
	assert_memory_equal((uint8_t *)guard.pvBuffer + (uintptr_t)logon.ServiceTicket, "service",
			    7);
	fake_host.heap--;
	block_free(guard.pvBuffer);
	mock_krb.calls = SEC_E_NO_CREDENTIALS;
	assert_int_equal(t.client.lsa->QueryContextAttributes(t.client.context,
							      OPENSSPI_ATTR_REMOTE_GUARD, &guard),
			 SEC_E_NO_CREDENTIALS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_package_says_what_windows_says),
		TEST(without_the_module_there_is_no_package),
		TEST(an_identity_reaches_krb5_as_utf8),
		TEST(a_domain_in_front_of_the_name_is_taken_off),
		TEST(a_upn_stays_whole),
		TEST(a_marshalled_certificate_is_krb5s_own_and_for_whoever_calls),
		TEST(names_that_are_no_text_are_unknown_credentials),
		TEST(an_identity_of_nothing_has_no_credentials),
		TEST(expiry_is_the_tickets_or_never),
		TEST(a_server_needs_a_keytab),
		TEST(the_names_of_credentials_are_told),
		TEST(what_is_saved_for_the_target_comes_first),
		TEST(then_the_callers_cache),
		TEST(then_the_default_identity),
		TEST(then_nothing),
		TEST(anothers_session_does_not_get_the_callers_cache),
		TEST(another_process_uses_no_key_that_is_here),
		TEST(a_vault_that_cannot_be_read_is_not_passed_over),
		TEST(an_expired_cache_is_not_passed_over),
		TEST(one_sign_in_serves_all_contexts_of_a_credential),
		TEST(requirements_become_krb5s_flags),
		TEST(what_is_agreed_is_what_was_asked_and_came_to_be),
		TEST(without_mutual_authentication_a_client_ends_at_once),
		TEST(dce_style_takes_three_legs),
		TEST(requirements_that_cannot_be_met_are_refused),
		TEST(a_target_must_be_named),
		TEST(failures_say_why_and_leave_no_context),
		TEST(a_servers_refusal_reaches_the_client),
		TEST(a_context_that_has_ended_goes_no_further),
		TEST(nothing_is_told_of_half_a_context),
		TEST(contexts_outlive_their_credentials),
		TEST(credentials_of_the_other_role_are_refused),
		TEST(an_output_without_room_is_said_to_be_so),
		TEST(a_later_answer_without_room_waits),
		TEST(the_package_allocates_when_it_is_asked_to),
		TEST(garbage_is_no_token),
		TEST(rc4_is_refused_in_fips_mode),
		TEST(channel_bindings_are_checked_at_three_levels),
		TEST(bindings_that_point_elsewhere_are_refused),
		TEST(a_pac_that_cannot_be_read_ends_the_context),
		TEST(tickets_for_remote_credential_guard_are_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
