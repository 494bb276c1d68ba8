/* tests/unit/test_kerberos_caller.c - what a caller in another process shows the LSA of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <stdio.h>

#include "base/block.h"
#include "fake_host.h"
#include "mock_krb.h"
#include "packages/kerberos/caller.h"
#include "packages/kerberos/package.h"

#define SPN "HTTP/srv.lab.test"

static struct talk {
	struct fake_side client, server;
	struct wr token, answer;
	char noted[600];
	unsigned asked;
} t;

static VOID NTAPI note_reason(const char *sentence)
{
	snprintf(t.noted, sizeof(t.noted), "%s", sentence);
}

static NTSTATUS NTAPI call_back(ULONG_PTR what, ULONG_PTR more, PSecBuffer in, PSecBuffer out)
{
	t.asked++;
	return kerberos_answer(what, more, in, out);
}

static int setup(void **state)
{
	fake_host_reset();
	mock_krb_reset();
	t = (struct talk){ .server.server = true, .client.target = SPN };
	t.token = t.answer = WR(1u << 17);
	fake_host.extension.NoteReason = note_reason;
	fake_host.is_remote = true;
	fake_host.call_back = call_back;
	return 0;
}

static int teardown(void **state)
{
	fake_side_close(&t.client);
	fake_side_close(&t.server);
	wr_done(&t.token);
	wr_done(&t.answer);
	return fake_host.heap || mock_krb.credentials || mock_krb.contexts ? -1 : 0;
}

static NTSTATUS open_client(void)
{
	return fake_side_open(&t.client, &kerberos_module, NULL);
}

static NTSTATUS begin(void)
{
	NTSTATUS status = open_client();

	return failed(status) ? status : fake_side_step(&t.client, rd_of(NULL, 0), &t.token);
}

static void its_cache_signs_in(void **state)
{
	mock_krb.cache = "dora@LAB.TEST";
	assert_int_equal(begin(), SEC_E_OK);
	assert_int_equal(mock_krb.tickets_n, strlen(mock_krb.cache));
	assert_string_equal(mock_krb.shown_for, SPN);
	assert_int_equal(t.asked, 2); /* for the expiry, and for the target */
}

static void what_it_shows_once_more_is_one_credential(void **state)
{
	assert_int_equal(begin(), SEC_E_OK);
	int credentials = mock_krb.credentials;
	for (int i = 0; i < 3; i++) {
		fake_side_drop_context(&t.client);
		assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_OK);
	}
	assert_int_equal(mock_krb.credentials, credentials);
	fake_side_drop_context(&t.client);
	mock_krb.cache = "another@LAB.TEST";
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_OK);
	assert_int_equal(mock_krb.credentials, credentials + 1);
}

static void its_key_stands_for_tickets(void **state)
{
	mock_krb.cache = NULL;
	mock_krb.has_client_keys = true;
	assert_int_equal(begin(), SEC_E_OK);
	assert_string_equal(mock_krb.user, "machine");
	assert_int_equal(mock_krb.keys_n, 6);
}

static void without_either_what_is_saved_is_next(void **state)
{
	mock_krb.cache = NULL;
	mock_krb.reason = "FILE:/nowhere: no ticket";
	assert_int_equal(begin(), SEC_E_NO_CREDENTIALS);
	assert_string_equal(t.noted, "FILE:/nowhere: no ticket");
	fake_host.standard = (struct fake_account){ "LAB.TEST", "erin", "pw" };
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_OK);
	assert_string_equal(mock_krb.user, "erin");
}

/* What is saved for a target goes before the cache, and is never mixed with it. */
static void what_is_saved_does_not_ask(void **state)
{
	fake_host.saved_for = SPN;
	fake_host.saved = (struct fake_account){ "LAB.TEST", "frank", "pw" };
	assert_int_equal(open_client(), SEC_E_OK);
	t.asked = 0;
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_OK);
	assert_string_equal(mock_krb.user, "frank");
	assert_int_equal(t.asked, 0);
	assert_int_equal(mock_krb.tickets_n, 0);
}

static void a_server_shows_its_keys(void **state)
{
	assert_int_equal(fake_side_open(&t.server, &kerberos_module, NULL), SEC_E_OK);
	assert_int_equal(mock_krb.keys_n, 6);
	fake_side_close(&t.server);
	mock_krb.has_keytab = false;
	assert_int_equal(fake_side_open(&t.server, &kerberos_module, NULL), SEC_E_NO_CREDENTIALS);
}

/* ---- callers that lie ---- */

static const char *said;
static size_t said_n;
static NTSTATUS verdict;

static NTSTATUS NTAPI say(ULONG_PTR what, ULONG_PTR more, PSecBuffer in, PSecBuffer out)
{
	*out = (SecBuffer){ (ULONG)said_n, SECBUFFER_DATA,
			    said_n ? block_dup(said, said_n) : NULL };
	return verdict;
}

static void expect(const char *text, size_t n, NTSTATUS status)
{
	said = text;
	said_n = n;
	verdict = status;
}

static void refusals_of_any_kind_are_no_credentials(void **state)
{
	static const NTSTATUS any[] = { STATUS_NOT_FOUND,     STATUS_IO_TIMEOUT,
					STATUS_ACCESS_DENIED, SEC_E_LOGON_DENIED,
					STATUS_UNSUCCESSFUL,  (NTSTATUS)0xFFFFFFFF };

	assert_int_equal(open_client(), SEC_E_OK);
	fake_host.call_back = say;
	for (size_t i = 0; i < ARRAY_LEN(any); i++) {
		expect("", 0, any[i]);
		assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token),
				 SEC_E_NO_CREDENTIALS);
	}
}

/* The LSA's own tickets and keys are here, and are not meant. */
static void an_answer_of_nothing_is_nothing(void **state)
{
	mock_krb.has_keytab = mock_krb.has_client_keys = true;
	fake_host.call_back = say;
	expect("", 0, STATUS_SUCCESS);
	assert_int_equal(begin(), SEC_E_NO_CREDENTIALS);
	assert_int_equal(mock_krb.credentials, 0);
	assert_int_equal(fake_side_open(&t.server, &kerberos_module, NULL), SEC_E_NO_CREDENTIALS);
	assert_int_equal(mock_krb.credentials, 0);
}

static void its_words_are_one_line_of_text(void **state)
{
	static char much[600];

	memset(much, 'x', sizeof(much));
	assert_int_equal(open_client(), SEC_E_OK);
	fake_host.call_back = say;
	expect("a\nb\x7F", 4, SEC_E_NO_CREDENTIALS);
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_NO_CREDENTIALS);
	assert_string_equal(t.noted, "a?b?");
	expect("\xC3(", 2, SEC_E_NO_CREDENTIALS);
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_NO_CREDENTIALS);
	expect(much, sizeof(much), SEC_E_NO_CREDENTIALS);
	assert_int_equal(fake_side_step(&t.client, rd_of(NULL, 0), &t.token), SEC_E_NO_CREDENTIALS);
	assert_string_equal(t.noted, "a?b?");
}

/* ---- the other half ---- */

static NTSTATUS ask(ULONG_PTR what, const void *p, size_t n, SecBuffer *out)
{
	SecBuffer in = { (ULONG)n, SECBUFFER_DATA, (void *)(uintptr_t)p };

	*out = (SecBuffer){ 0 };
	return kerberos_answer(what, 0, &in, out);
}

static void the_answering_half_looks_at_what_it_is_asked(void **state)
{
	static const uint8_t short_key[] = { 18, 0, 0, 0, 9, 0, 0, 0, 'k' };
	SecBuffer out;

	for (size_t n = 0; n <= sizeof(short_key); n++)
		assert_int_equal(ask(KERBEROS_SUBMIT, short_key, n, &out),
				 STATUS_INVALID_PARAMETER);
	assert_int_equal(ask(KERBEROS_TICKETS, "a\0b", 3, &out), STATUS_INVALID_PARAMETER);
	assert_int_equal(ask(KERBEROS_PURGE, "a\0b", 3, &out), STATUS_INVALID_PARAMETER);
	assert_int_equal(ask(KERBEROS_FETCH, NULL, 0, &out), STATUS_INVALID_PARAMETER);
	assert_int_equal(ask(0, NULL, 0, &out), STATUS_NOT_SUPPORTED);
	assert_int_equal(ask(KERBEROS_FETCH + 1, NULL, 0, &out), STATUS_NOT_SUPPORTED);
	assert_int_equal(ask(UINTPTR_MAX, NULL, 0, &out), STATUS_NOT_SUPPORTED);
	assert_int_equal(kerberos_answer(KERBEROS_KEYS, 0, NULL, NULL), STATUS_NOT_SUPPORTED);
	mock_krb.load = SEC_E_SECPKG_NOT_FOUND;
	assert_int_equal(ask(KERBEROS_TICKETS, NULL, 0, &out), SEC_E_NO_CREDENTIALS);
	assert_null(out.pvBuffer);
}

static void tickets_are_put_and_forgotten_where_they_are(void **state)
{
	static const uint8_t cred[] = { 18, 0, 0, 0, 1, 0, 0, 0, 'k', 'c', 'r', 'e', 'd' };
	SecBuffer out;

	assert_int_equal(ask(KERBEROS_SUBMIT, cred, sizeof(cred), &out), STATUS_SUCCESS);
	assert_int_equal(mock_krb.submitted, 4);
	assert_int_equal(mock_krb.submitted_key, 18);
	assert_int_equal(ask(KERBEROS_FETCH, "HTTP/b", 6, &out), STATUS_SUCCESS);
	assert_string_equal(mock_krb.target, "HTTP/b");
	assert_int_equal(ask(KERBEROS_PURGE, "HTTP/a", 6, &out), STATUS_SUCCESS);
	assert_int_equal(out.cbBuffer, 4);
	block_free(out.pvBuffer);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_cache_signs_in),
		TEST(what_it_shows_once_more_is_one_credential),
		TEST(its_key_stands_for_tickets),
		TEST(without_either_what_is_saved_is_next),
		TEST(what_is_saved_does_not_ask),
		TEST(a_server_shows_its_keys),
		TEST(refusals_of_any_kind_are_no_credentials),
		TEST(an_answer_of_nothing_is_nothing),
		TEST(its_words_are_one_line_of_text),
		TEST(the_answering_half_looks_at_what_it_is_asked),
		TEST(tickets_are_put_and_forgotten_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
