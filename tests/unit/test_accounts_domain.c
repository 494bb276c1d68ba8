/* tests/unit/test_accounts_domain.c - other domains' accounts: who is asked for them, and when nobody is.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A table of our own stands in for the winbind module. */
#include "accounts_home.h"

#include <opensspi.h>
#include <pthread.h>

#include "accounts/authority.h"
#include "base/clock.h"
#include "base/utf.h"
#include "hex.h"
#include "winbind/winbind.h"
#include "wire/sids.h"

#define HEAD "opensspi-accounts 1\n"
#define HASH "a4f49c406510bdcab6824ee7c30fd852" /* of "Password" */
#define CHALLENGE "0123456789abcdef"
#define USER_SID "S-1-5-21-1-2-3-1104"
#define GROUP_SID "S-1-5-21-1-2-3-513"

/* ---- the one who is asked ---- */

static struct {
	NTSTATUS status;
	bool reachable;
	const char *sid; /* the user's */
	const char *says_domain, *says_user;
	pthread_mutex_t *waits_for;

	int asked;
	char domain[300], user[300], workstation[300];
	uint8_t challenge[8];
	size_t response_n;
} peer;

static bool peer_is_reachable(void)
{
	return peer.reachable;
}

static NTSTATUS peer_authenticate(const struct winbind_question *q, struct winbind_answer *out)
{
	if (peer.waits_for) {
		pthread_mutex_lock(peer.waits_for);
		pthread_mutex_unlock(peer.waits_for);
	}
	peer.asked++;
	snprintf(peer.domain, sizeof(peer.domain), "%s", q->domain);
	snprintf(peer.user, sizeof(peer.user), "%s", q->user);
	snprintf(peer.workstation, sizeof(peer.workstation), "%s", q->workstation);
	memcpy(peer.challenge, q->challenge, sizeof(peer.challenge));
	peer.response_n = q->response.n;
	*out = (struct winbind_answer){ .domain = NULL };
	if (failed(peer.status))
		return peer.status;
	memset(out->user_session_key, 0x5A, sizeof(out->user_session_key));
	out->domain = mem_dup_text(peer.says_domain);
	out->user = mem_dup_text(peer.says_user);
	out->sids = mem_alloc(2 * sizeof(char *));
	if (!out->domain || !out->user || !out->sids)
		return STATUS_NO_MEMORY;
	out->sids[out->sid_count++] = mem_dup_text(peer.sid);
	out->sids[out->sid_count++] = mem_dup_text(GROUP_SID);
	return out->sids[0] && out->sids[1] ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static void peer_done(struct winbind_answer *a)
{
	mem_free(a->domain);
	mem_free(a->user);
	for (size_t i = 0; i < a->sid_count; i++)
		mem_free(a->sids[i]);
	mem_free(a->sids);
	*a = (struct winbind_answer){ .domain = NULL };
}

static bool peer_is_called(const char *domain, const char *computer)
{
	return true;
}

static const struct winbind_ops ops = { .is_reachable = peer_is_reachable,
					.is_called = peer_is_called,
					.authenticate = peer_authenticate,
					.done = peer_done };

/* ---- sign-ins ---- */

static const struct authority_settings with_peer = { .machine = "MACHINE",
						     .winbind = true,
						     .winbind_ops = &ops };

static struct authority *open_with(struct authority_settings settings)
{
	struct authority *a;

	peer.status = STATUS_SUCCESS;
	peer.reachable = true;
	peer.sid = USER_SID;
	peer.says_domain = "LAB";
	peer.says_user = "Alice";
	peer.waits_for = NULL;
	peer.asked = 0;
	assert_int_equal(authority_open(&settings, &a), STATUS_SUCCESS);
	return a;
}

static OPENSSPI_NTLM_LOGON logon_of(const WCHAR *domain, const WCHAR *user, size_t response_n)
{
	static const uint8_t response[64] = { 1 };
	struct hex challenge = hex(CHALLENGE);
	OPENSSPI_NTLM_LOGON l = { .Domain = unicode_view(domain, utf16_len(domain)),
				  .User = unicode_view(user, utf16_len(user)),
				  .Workstation = unicode_view(u"PC", 2),
				  .NtResponse = response,
				  .NtResponseLength = (ULONG)response_n };
	memcpy(l.ServerChallenge, challenge.p, 8);
	return l;
}

static NTSTATUS check(struct authority *a, const OPENSSPI_NTLM_LOGON *l, bool allow_v1)
{
	struct authority_answer answer;
	NTSTATUS status = authority_check_ntlm(a, l, allow_v1, &answer);

	if (failed(status)) {
		assert_null(answer.user);
		assert_int_equal(wr_view(&answer.sids).n, 0);
	}
	authority_answer_done(&answer);
	return status;
}

static NTSTATUS try_name(struct authority *a, const WCHAR *domain, const WCHAR *user)
{
	OPENSSPI_NTLM_LOGON l = logon_of(domain, user, 64);
	return check(a, &l, false);
}

/* ---- who is asked ---- */

static void a_foreign_domains_controller_says_who_it_was(void **state)
{
	struct authority *a = open_with(with_peer);
	OPENSSPI_NTLM_LOGON l = logon_of(u"Lab", u"alice", 64);
	struct authority_answer answer;
	char text[SID_TEXT_MAX];

	assert_int_equal(authority_check_ntlm(a, &l, false, &answer), STATUS_SUCCESS);
	assert_string_equal(peer.domain, "Lab");
	assert_string_equal(peer.user, "alice");
	assert_string_equal(peer.workstation, "PC");
	assert_hex(peer.challenge, CHALLENGE);
	assert_int_equal(peer.response_n, 64);
	assert_int_equal(answer.session_base_key[15], 0x5A);
	assert_true(utf16_equal_ascii_nocase(answer.domain, answer.domain_n, "LAB"));
	assert_memory_equal(answer.user, u"Alice", 10);
	struct rd sids = wr_view(&answer.sids);
	assert_true(sids_next(&sids, text));
	assert_string_equal(text, USER_SID);
	assert_true(sids_next(&sids, text));
	assert_string_equal(text, GROUP_SID);
	assert_true(rd_empty(sids));
	authority_answer_done(&answer);
	authority_free(a);
}

static void nobody_is_asked_for_this_machines_accounts(void **state)
{
	static const WCHAR *const domains[] = { u"", u".", u"MACHINE", u"machine" };
	struct authority *a = open_with(with_peer);

	for (size_t i = 0; i < ARRAY_LEN(domains); i++)
		assert_int_equal(try_name(a, domains[i], u"alice"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, u"MACHINE", u"alice@lab.test"), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 0);
	authority_free(a);
}

static void a_line_of_the_file_goes_first_also_when_it_refuses(void **state)
{
	struct authority *a = open_with(with_peer);

	put_file("data/accounts",
		 HEAD "LAB:alice:" HASH ":disabled::\n:carol@lab.test:" HASH ":::\n");
	assert_int_equal(try_name(a, u"lab", u"ALICE"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, u"", u"carol@lab.test"), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 0);
	peer.says_user = "bob";
	assert_int_equal(try_name(a, u"LAB", u"bob"), STATUS_SUCCESS);
	peer.says_domain = "OTHER";
	peer.says_user = "alice";
	assert_int_equal(try_name(a, u"OTHER", u"alice"), STATUS_SUCCESS);
	assert_int_equal(peer.asked, 2);
	authority_free(a);
}

static void a_line_of_the_file_holds_however_the_domain_is_spelled(void **state)
{
	struct authority *a = open_with(with_peer);

	put_file("data/accounts", HEAD "LAB:alice:" HASH ":disabled::\n");
	assert_int_equal(try_name(a, u"lab.test", u"alice"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, u"", u"alice@lab.test"), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 2);
	put_file("data/accounts", HEAD "LAB:other:" HASH ":disabled::\n");
	assert_int_equal(try_name(a, u"lab.test", u"alice"), STATUS_SUCCESS);
	authority_free(a);
}

static void no_controller_speaks_for_this_machines_accounts(void **state)
{
	static const char *const domains[] = { "MACHINE", "machine", "." };
	struct authority *a = open_with(with_peer);

	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		peer.says_domain = domains[i];
		assert_int_equal(try_name(a, u"LAB", u"alice"), STATUS_LOGON_FAILURE);
	}
	assert_int_equal(peer.asked, ARRAY_LEN(domains));
	authority_free(a);
}

static void names_that_no_account_can_have_are_no_answer(void **state)
{
	static const char *const rows[][2] = { { "", "alice" },	      { "LAB", "" },
					       { "LAB", "a\nb" },     { "L\x1b[2J", "alice" },
					       { "LAB", "X\\alice" }, { "A/B", "alice" } };
	struct authority *a = open_with(with_peer);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		peer.says_domain = rows[i][0];
		peer.says_user = rows[i][1];
		assert_int_equal(try_name(a, u"LAB", u"alice"),
				 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	}
	authority_free(a);
}

static void a_principal_without_a_domain_is_asked_for(void **state)
{
	struct authority *a = open_with(with_peer);

	assert_int_equal(try_name(a, u"", u"alice@lab.test"), STATUS_SUCCESS);
	assert_string_equal(peer.domain, "");
	assert_string_equal(peer.user, "alice@lab.test");
	authority_free(a);
}

static void without_the_setting_nobody_is_asked(void **state)
{
	struct authority_settings settings = with_peer;
	settings.winbind = false;
	struct authority *a = open_with(settings);

	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	put_file("data/accounts", HEAD);
	assert_int_equal(try_name(a, u"LAB", u"alice"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, u"", u"alice@lab.test"), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 0);
	authority_free(a);
}

static void it_is_configured_when_either_can_be_asked(void **state)
{
	struct authority *a = open_with(with_peer);

	assert_true(authority_is_configured(a));
	peer.reachable = false;
	assert_false(authority_is_configured(a));
	put_file("data/accounts", HEAD);
	assert_true(authority_is_configured(a));
	authority_free(a);
}

/* ---- refusals ---- */

static void every_refusal_is_passed_on_as_it_is(void **state)
{
	static const NTSTATUS statuses[] = {
		STATUS_LOGON_FAILURE,	      STATUS_ACCOUNT_DISABLED,
		STATUS_ACCOUNT_LOCKED_OUT,    STATUS_ACCOUNT_EXPIRED,
		STATUS_ACCOUNT_RESTRICTION,   STATUS_PASSWORD_EXPIRED,
		STATUS_PASSWORD_MUST_CHANGE,  STATUS_INVALID_LOGON_HOURS,
		STATUS_TIME_DIFFERENCE_AT_DC, SEC_E_NO_AUTHENTICATING_AUTHORITY
	};
	struct authority *a = open_with(with_peer);

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		peer.status = statuses[i];
		assert_int_equal(try_name(a, u"LAB", u"alice"), statuses[i]);
	}
	authority_free(a);
}

static void s19_a_module_that_is_not_there_lets_nobody_in(void **state)
{
	struct authority_settings settings = with_peer;
	settings.winbind_ops = NULL;
	const char *folder = getenv("OPENSSPI_MODULE_DIR");
	char *before = folder ? mem_dup_text(folder) : NULL;
	struct authority *a = open_with(settings);

	setenv("OPENSSPI_MODULE_DIR", test_home, 1);
	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_false(authority_is_configured(a));
	if (before)
		setenv("OPENSSPI_MODULE_DIR", before, 1);
	else
		unsetenv("OPENSSPI_MODULE_DIR");
	mem_free(before);
	authority_free(a);
}

static void s19_a_damaged_accounts_file_closes_the_domain_too(void **state)
{
	struct authority *a = open_with(with_peer);

	put_file("data/accounts", "opensspi-accounts 1\nwhat is this\n");
	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	put_bytes("data/accounts", HEAD, strlen(HEAD), 0644);
	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(peer.asked, 0);
	authority_free(a);
}

static void what_is_no_list_of_sids_is_no_answer(void **state)
{
	struct authority *a = open_with(with_peer);

	peer.sid = "alice";
	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	authority_free(a);
}

static void s15_short_responses_are_not_passed_on(void **state)
{
	struct authority *a = open_with(with_peer);

	for (size_t n = 0; n < 44; n++) {
		OPENSSPI_NTLM_LOGON l = logon_of(u"LAB", u"alice", n);
		assert_int_equal(check(a, &l, false), STATUS_LOGON_FAILURE);
		if (n != 24)
			assert_int_equal(check(a, &l, true), STATUS_LOGON_FAILURE);
	}
	OPENSSPI_NTLM_LOGON none = logon_of(u"LAB", u"alice", 64);
	none.NtResponse = NULL;
	assert_int_equal(check(a, &none, true), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 0);
	authority_free(a);
}

static void ntlmv1_is_passed_on_where_it_is_allowed(void **state)
{
	struct hex lm = hex("aaaaaaaaaaaaaaaa00000000000000000000000000000000");
	struct authority *a = open_with(with_peer);
	OPENSSPI_NTLM_LOGON l = logon_of(u"LAB", u"alice", 24);

	assert_int_equal(check(a, &l, true), STATUS_SUCCESS);
	assert_hex(peer.challenge, CHALLENGE);
	l.NegotiateFlags = 0x00080000;
	assert_int_equal(check(a, &l, true), STATUS_LOGON_FAILURE);
	l.LmResponse = lm.p;
	l.LmResponseLength = 24;
	assert_int_equal(check(a, &l, true), STATUS_SUCCESS);
	/* what is answered then is both challenges' digest, [MS-NLMP] 3.3.1 */
	assert_hex(peer.challenge, "5af2559e6bcb5c25");
	assert_int_equal(peer.asked, 2);
	authority_free(a);
}

static void names_that_nobody_has_are_not_asked_for(void **state)
{
	static const WCHAR long_name[] =
		u"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		u"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		u"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		u"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const WCHAR *const users[] = { u"", u"a\\b", u"a/b", u"a\nb", long_name };
	static const WCHAR lone[] = { 'a', 0xD800, 0 };
	struct authority *a = open_with(with_peer);

	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		assert_int_equal(try_name(a, u"LAB", users[i]), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, u"LAB", lone), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, lone, u"alice"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_name(a, u"A\\B", u"alice"), STATUS_LOGON_FAILURE);
	OPENSSPI_NTLM_LOGON zero = logon_of(u"LAB", u"alice", 64);
	zero.User = unicode_view(u"alice\0x", 7);
	assert_int_equal(check(a, &zero, false), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 0);
	authority_free(a);
}

static void an_odd_workstation_does_not_matter(void **state)
{
	struct authority *a = open_with(with_peer);
	OPENSSPI_NTLM_LOGON l = logon_of(u"LAB", u"alice", 64);

	l.Workstation = unicode_view(u"P\n\\C", 4);
	assert_int_equal(check(a, &l, false), STATUS_SUCCESS);
	assert_string_equal(peer.workstation, "");
	authority_free(a);
}

/* ---- guessing ---- */

static double seconds_of(struct authority *a, const WCHAR *user)
{
	int64_t began = clock_monotonic_ns();
	(void)try_name(a, u"LAB", user);
	return (double)(clock_monotonic_ns() - began) / 1e9;
}

static void failures_delay_but_do_not_lock(void **state)
{
	struct authority_settings settings = with_peer;
	settings.lockout_threshold = 3;
	settings.lockout_seconds = settings.observation_seconds = 600;
	settings.delay_ms = 20;
	struct authority *a = open_with(settings);

	peer.status = STATUS_LOGON_FAILURE;
	for (int i = 0; i < 5; i++)
		assert_int_equal(try_name(a, u"LAB", u"alice"), STATUS_LOGON_FAILURE);
	assert_true(seconds_of(a, u"alice") >= 0.1);
	assert_true(seconds_of(a, u"bob") < 0.1);
	peer.status = STATUS_SUCCESS;
	assert_int_equal(try_name(a, u"LAB", u"alice"), STATUS_SUCCESS);
	peer.status = STATUS_LOGON_FAILURE;
	assert_true(seconds_of(a, u"alice") < 0.1);
	assert_int_equal(peer.asked, 9);
	authority_free(a);
}

/* A domain's names are as many as its guesser likes: NetBIOS, DNS, none with a principal. */
static void failures_count_however_the_domain_is_spelled(void **state)
{
	static const struct {
		const WCHAR *domain, *user;
	} spelling[] = { { u"LAB", u"alice" },
			 { u"lab.test", u"ALICE" },
			 { u"Lab", u"Alice" },
			 { u"", u"alice@lab.test" },
			 { u"", u"alice@LAB" } };
	struct authority_settings settings = with_peer;
	settings.observation_seconds = 600;
	settings.delay_ms = 20;
	struct authority *a = open_with(settings);

	peer.status = STATUS_LOGON_FAILURE;
	for (size_t i = 0; i < ARRAY_LEN(spelling); i++)
		assert_int_equal(try_name(a, spelling[i].domain, spelling[i].user),
				 STATUS_LOGON_FAILURE);
	assert_true(seconds_of(a, u"alice") >= 0.1);
	assert_true(seconds_of(a, u"bob") < 0.1);
	authority_free(a);
}

static void s19_a_count_that_cannot_be_kept_lets_nobody_in(void **state)
{
	struct authority_settings settings = with_peer;
	settings.delay_ms = 1;
	settings.observation_seconds = 600;
	struct authority *a = open_with(settings);

	put_file("state/lockout", "this is not what it should be");
	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	peer.status = STATUS_LOGON_FAILURE;
	assert_int_equal(try_name(a, u"LAB", u"alice"),
			 (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	authority_free(a);
}

static void *ask_slowly(void *argument)
{
	assert_int_equal(try_name(argument, u"LAB", u"alice"), STATUS_SUCCESS);
	return NULL;
}

static void others_do_not_wait_for_a_slow_controller(void **state)
{
	pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
	struct authority_settings settings = with_peer;
	settings.lockout_threshold = 100;
	settings.delay_ms = 1;
	settings.observation_seconds = 600;
	struct authority *a = open_with(settings);
	pthread_t thread;

	pthread_mutex_lock(&held);
	peer.waits_for = &held;
	assert_int_equal(pthread_create(&thread, NULL, ask_slowly, a), 0);
	usleep(50000);
	assert_int_equal(try_name(a, u"", u"local"), STATUS_LOGON_FAILURE);
	assert_int_equal(peer.asked, 0);
	pthread_mutex_unlock(&held);
	pthread_join(thread, NULL);
	assert_int_equal(peer.asked, 1);
	authority_free(a);
}

/* ---- memory ---- */

extern void *__real_calloc(size_t count, size_t n);
extern void *__real_malloc(size_t n);
extern void *__real_realloc(void *p, size_t n);
static long allowed = -1; /* how many allocations succeed; -1: all */

void *__wrap_calloc(size_t count, size_t n)
{
	if (allowed == 0)
		return NULL;
	allowed -= allowed > 0;
	return __real_calloc(count, n);
}

void *__wrap_malloc(size_t n)
{
	return __real_malloc(n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return __real_realloc(p, n);
}

static void short_memory_lets_nobody_in(void **state)
{
	struct authority *a = open_with(with_peer);
	OPENSSPI_NTLM_LOGON l = logon_of(u"LAB", u"alice", 64);
	NTSTATUS status = STATUS_NO_MEMORY;
	long n;

	for (n = 0; failed(status); n++) {
		struct authority_answer answer;
		allowed = n;
		status = authority_check_ntlm(a, &l, false, &answer);
		allowed = -1;
		if (failed(status)) {
			assert_int_equal(status, STATUS_NO_MEMORY);
			assert_null(answer.user);
		}
		authority_answer_done(&answer);
	}
	assert_true(n > 6);
	authority_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(a_foreign_domains_controller_says_who_it_was),
		AT_HOME(nobody_is_asked_for_this_machines_accounts),
		AT_HOME(a_line_of_the_file_goes_first_also_when_it_refuses),
		AT_HOME(a_line_of_the_file_holds_however_the_domain_is_spelled),
		AT_HOME(no_controller_speaks_for_this_machines_accounts),
		AT_HOME(names_that_no_account_can_have_are_no_answer),
		AT_HOME(a_principal_without_a_domain_is_asked_for),
		AT_HOME(without_the_setting_nobody_is_asked),
		AT_HOME(it_is_configured_when_either_can_be_asked),
		AT_HOME(every_refusal_is_passed_on_as_it_is),
		AT_HOME(s19_a_module_that_is_not_there_lets_nobody_in),
		AT_HOME(s19_a_damaged_accounts_file_closes_the_domain_too),
		AT_HOME(what_is_no_list_of_sids_is_no_answer),
		AT_HOME(s15_short_responses_are_not_passed_on),
		AT_HOME(ntlmv1_is_passed_on_where_it_is_allowed),
		AT_HOME(names_that_nobody_has_are_not_asked_for),
		AT_HOME(an_odd_workstation_does_not_matter),
		AT_HOME(failures_delay_but_do_not_lock),
		AT_HOME(failures_count_however_the_domain_is_spelled),
		AT_HOME(s19_a_count_that_cannot_be_kept_lets_nobody_in),
		AT_HOME(others_do_not_wait_for_a_slow_controller),
		AT_HOME(short_memory_lets_nobody_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
