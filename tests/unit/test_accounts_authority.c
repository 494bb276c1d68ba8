/* tests/unit/test_accounts_authority.c - who is let in, who is not, and what they are told.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "accounts_home.h"

#include <fcntl.h>
#include <opensspi.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "accounts/authority.h"
#include "base/clock.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "crypto/ntlm.h"
#include "hex.h"

#define HEAD "opensspi-accounts 1\n"
#define HASH "a4f49c406510bdcab6824ee7c30fd852"
#define EMPTY_HASH "31d6cfe0d16ae931b73c59d7e0c089c0"

/* [MS-NLMP] 4.2.4 */
#define CHALLENGE "0123456789abcdef"
#define PROOF "68cd0ab851e51c96aabc927bebef6a1c"
#define BLOB                                                                                       \
	"01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00" \
	"01000c005300650072007600650072000000000000000000"
#define BASE_KEY "8de40ccadbc14a82f15cb0ad0de95ca3"

struct sign_in {
	struct authority_answer answer;
	NTSTATUS status;
};

static struct authority *open_rules(uint32_t threshold, uint32_t lockout_seconds, uint32_t delay)
{
	struct authority *a;
	const struct authority_settings settings = { .machine = "MACHINE",
						     .lockout_threshold = threshold,
						     .lockout_seconds = lockout_seconds,
						     .observation_seconds = 600,
						     .delay_ms = delay };
	assert_int_equal(authority_open(&settings, &a), STATUS_SUCCESS);
	return a;
}

static struct authority *open_plain(void)
{
	return open_rules(0, 0, 0);
}

static OPENSSPI_NTLM_LOGON logon_of(const WCHAR *domain, const WCHAR *user, const struct hex *nt)
{
	struct hex challenge = hex(CHALLENGE);
	OPENSSPI_NTLM_LOGON l = { .Domain = unicode_view(domain, utf16_len(domain)),
				  .User = unicode_view(user, utf16_len(user)),
				  .NtResponse = nt->n ? nt->p : NULL,
				  .NtResponseLength = (ULONG)nt->n };
	memcpy(l.ServerChallenge, challenge.p, 8);
	return l;
}

/* A v2 response of this password for these names. */
static struct hex respond(const WCHAR *domain, const WCHAR *user, const WCHAR *password)
{
	struct hex challenge = hex(CHALLENGE), blob = hex(BLOB), out = { .n = 16 + blob.n };
	uint8_t hash[16], ntowf[16];

	ntlm_ntowf_v1(password, utf16_len(password) * 2, hash);
	assert_true(ntlm_ntowf_v2(hash, user, utf16_len(user) * 2, domain, utf16_len(domain) * 2, ntowf));
	ntlm_proof_v2(ntowf, challenge.p, blob.p, blob.n, out.p);
	memcpy(out.p + 16, blob.p, blob.n);
	return out;
}

static NTSTATUS try_password(struct authority *a, const WCHAR *domain, const WCHAR *user,
			     const WCHAR *password)
{
	struct hex nt = respond(domain, user, password);
	OPENSSPI_NTLM_LOGON l = logon_of(domain, user, &nt);
	struct authority_answer answer;
	NTSTATUS status = authority_check_ntlm(a, &l, false, &answer);
	authority_answer_done(&answer);
	return status;
}

static void the_published_ntlmv2_example_signs_in(void **state)
{
	struct hex nt = hex(PROOF BLOB);
	OPENSSPI_NTLM_LOGON l = logon_of(u"Domain", u"User", &nt);
	struct authority_answer answer;
	struct authority *a = open_plain();

	assert_false(authority_is_configured(a));
	assert_int_equal(OpensspiAccountSet("DOMAIN", "uSER", "Password"), SEC_E_OK);
	assert_true(authority_is_configured(a));
	assert_int_equal(authority_check_ntlm(a, &l, false, &answer), STATUS_SUCCESS);
	assert_hex(answer.session_base_key, BASE_KEY);
	assert_int_equal(answer.domain_n, 6);
	assert_memory_equal(answer.domain, u"DOMAIN", 12);
	assert_int_equal(answer.user_n, 4);
	assert_memory_equal(answer.user, u"uSER", 8);
	authority_answer_done(&answer);
	nt.p[0] ^= 1;
	assert_int_equal(authority_check_ntlm(a, &l, false, &answer), STATUS_LOGON_FAILURE);
	assert_null(answer.user);
	authority_free(a);
}

/* [MS-NLMP] 4.2.2 and 4.2.3 */
static void ntlmv1_counts_only_where_it_is_allowed(void **state)
{
	struct hex plain = hex("67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
	struct hex extended = hex("7537f803ae367128ca458204bde7caf81e97ed2683267232");
	struct hex lm = hex("aaaaaaaaaaaaaaaa00000000000000000000000000000000");
	OPENSSPI_NTLM_LOGON l = logon_of(u"", u"User", &plain);
	struct authority_answer answer;
	struct authority *a = open_plain();

	assert_int_equal(OpensspiAccountSet(NULL, "User", "Password"), SEC_E_OK);
	assert_int_equal(authority_check_ntlm(a, &l, false, &answer), STATUS_LOGON_FAILURE);
	assert_int_equal(authority_check_ntlm(a, &l, true, &answer), STATUS_SUCCESS);
	assert_hex(answer.session_base_key, "d87262b0cde4b1cb7499becccdf10784");
	assert_int_equal(answer.domain_n, 7);
	authority_answer_done(&answer);
	l = logon_of(u"", u"User", &extended);
	l.NegotiateFlags = 0x00080000;
	assert_int_equal(authority_check_ntlm(a, &l, true, &answer), STATUS_LOGON_FAILURE);
	l.LmResponse = lm.p;
	l.LmResponseLength = 24;
	assert_int_equal(authority_check_ntlm(a, &l, true, &answer), STATUS_SUCCESS);
	authority_answer_done(&answer);
	authority_free(a);
}

static void s15_s18_short_and_empty_responses_are_refused(void **state)
{
	struct hex nt = respond(u"", u"User", u"Password");
	struct authority_answer answer;
	struct authority *a = open_plain();

	assert_int_equal(OpensspiAccountSet(NULL, "User", "Password"), SEC_E_OK);
	for (size_t n = 0; n < 44; n++) {
		struct hex cut = nt;
		cut.n = n;
		OPENSSPI_NTLM_LOGON l = logon_of(u"", u"User", &cut);
		assert_int_equal(authority_check_ntlm(a, &l, true, &answer), STATUS_LOGON_FAILURE);
	}
	authority_free(a);
}

static void s18_an_account_with_an_empty_password_lets_nobody_in(void **state)
{
	struct authority *a = open_plain();
	put_file("data/accounts", HEAD ":User:" EMPTY_HASH ":::\n");
	assert_int_equal(try_password(a, u"", u"User", u""), STATUS_LOGON_FAILURE);
	authority_free(a);
}

static void s21_a_very_long_password_is_a_password(void **state)
{
	struct authority *a = open_plain();
	char text[3001];
	WCHAR wide[3001];

	for (int i = 0; i < 3000; i++)
		wide[i] = (WCHAR)(text[i] = (char)('a' + i % 26));
	text[3000] = '\0';
	wide[3000] = 0;
	assert_int_equal(OpensspiAccountSet(NULL, "User", text), SEC_E_OK);
	assert_int_equal(try_password(a, u"", u"User", wide), STATUS_SUCCESS);
	wide[2999]++;
	assert_int_equal(try_password(a, u"", u"User", wide), STATUS_LOGON_FAILURE);
	authority_free(a);
}

static const struct {
	const WCHAR *domain;
	bool local, stored; /* finds the machine's account, finds Dom's */
} domains[] = {
	{ u"", true, false },	  { u".", true, false },       { u"machine", true, false },
	{ u"DOM", false, true },  { u"dom", false, true },     { u"MACHINE2", false, false },
	{ u"..", false, false },  { u"MACHIN", false, false },
};

static void the_domain_says_whose_account_is_meant(void **state)
{
	struct authority *a = open_plain();

	assert_int_equal(OpensspiAccountSet(NULL, "User", "local"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet("Dom", "User", "stored"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet("Machine", "Other", "other"), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		const WCHAR *d = domains[i].domain;
		assert_int_equal(try_password(a, d, u"USER", u"local"),
				 domains[i].local ? STATUS_SUCCESS : STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, d, u"user", u"stored"),
				 domains[i].stored ? STATUS_SUCCESS : STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, d, u"other", u"other"),
				 domains[i].local ? STATUS_SUCCESS : STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, d, u"nobody", u"local"), STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, d, u"", u"local"), STATUS_LOGON_FAILURE);
	}
	authority_free(a);
}

static void s24_s26_odd_names_are_nobody(void **state)
{
	static const WCHAR lone[] = { 0xD800, 0 };
	WCHAR long_name[400];
	struct authority *a = open_rules(1000, 1, 0);

	for (int i = 0; i < 399; i++)
		long_name[i] = 'x';
	long_name[399] = 0;
	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	assert_int_equal(try_password(a, u"", lone, u"p"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_password(a, lone, u"User", u"p"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_password(a, u"", long_name, u"p"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_password(a, long_name, u"User", u"p"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_password(a, u"", u"a\\b\\c", u"p"), STATUS_LOGON_FAILURE);
	authority_free(a);
}

static const struct {
	uint32_t flag;
	NTSTATUS right, wrong;
} flags[] = {
	{ OPENSSPI_ACCOUNT_DISABLED, STATUS_ACCOUNT_DISABLED, STATUS_LOGON_FAILURE },
	{ OPENSSPI_ACCOUNT_LOCKED, STATUS_ACCOUNT_LOCKED_OUT, STATUS_ACCOUNT_LOCKED_OUT },
	{ OPENSSPI_ACCOUNT_EXPIRED, STATUS_ACCOUNT_EXPIRED, STATUS_LOGON_FAILURE },
	{ OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE, STATUS_PASSWORD_MUST_CHANGE, STATUS_LOGON_FAILURE },
	{ OPENSSPI_ACCOUNT_PASSWORD_EXPIRED, STATUS_PASSWORD_EXPIRED, STATUS_LOGON_FAILURE },
};

static void a_flag_is_told_after_the_right_password(void **state)
{
	struct authority *a = open_plain();

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		assert_int_equal(OpensspiAccountSetFlags(NULL, "User", flags[i].flag), SEC_E_OK);
		assert_int_equal(try_password(a, u"", u"User", u"p"), flags[i].right);
		assert_int_equal(try_password(a, u"", u"User", u"q"), flags[i].wrong);
	}
	assert_int_equal(OpensspiAccountSetFlags(NULL, "User", 0), SEC_E_OK);
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	authority_free(a);
}

static void an_account_expires_at_its_time(void **state)
{
	struct authority *a = open_plain();

	put_file("data/accounts", HEAD ":User:" HASH ":::1000000000\n");
	assert_int_equal(try_password(a, u"", u"User", u"Password"), STATUS_ACCOUNT_EXPIRED);
	put_file("data/accounts", HEAD ":User:" HASH ":::99999999999\n");
	assert_int_equal(try_password(a, u"", u"User", u"Password"), STATUS_SUCCESS);
	authority_free(a);
}

static void s19_an_unusable_store_lets_nobody_in(void **state)
{
	struct authority *a = open_plain(), *b;
	const struct authority_settings nowhere = { .file = "relative/accounts", .machine = "M" };

	assert_int_equal(try_password(a, u"", u"User", u""), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	put_bytes("data/accounts", HEAD ":User:" HASH ":::\n", strlen(HEAD ":User:" HASH ":::\n"), 0644);
	assert_int_equal(try_password(a, u"", u"User", u"Password"), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	put_file("data/accounts", HEAD ":User:" HASH ":::");
	assert_int_equal(try_password(a, u"", u"User", u"Password"), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_false(authority_is_configured(a));
	assert_int_equal(authority_open(&nowhere, &b), STATUS_SUCCESS);
	assert_int_equal(try_password(b, u"", u"User", u""), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	authority_free(a);
	authority_free(b);
}

static void s19_without_file_handles_nobody_gets_in(void **state)
{
	struct authority *a = open_rules(5, 60, 0);
	struct rlimit before, none;

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	NTSTATUS right = try_password(a, u"", u"User", u"p"), zero = try_password(a, u"", u"User", u"");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(right, (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(zero, (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	authority_free(a);
}

static void bad_passwords_lock_an_account_and_nobody_alike(void **state)
{
	static const WCHAR *const users[] = { u"User", u"nobody" };
	struct authority *a = open_rules(3, 60, 0);

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet(NULL, "Other", "p"), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		for (int n = 0; n < 3; n++)
			assert_int_equal(try_password(a, u"", users[i], u"q"), STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, u"MACHINE", users[i], u"p"), STATUS_ACCOUNT_LOCKED_OUT);
	}
	assert_int_equal(try_password(a, u"", u"Other", u"p"), STATUS_SUCCESS);
	/* another process, or this one after a restart, knows it too */
	struct authority *b = open_rules(3, 60, 0);
	assert_int_equal(try_password(b, u"", u"User", u"p"), STATUS_ACCOUNT_LOCKED_OUT);
	/* until somebody says otherwise */
	assert_int_equal(OpensspiAccountSetFlags(NULL, "User", 0), SEC_E_OK);
	assert_int_equal(try_password(b, u"", u"User", u"p"), STATUS_SUCCESS);
	authority_free(a);
	authority_free(b);
}

static void a_lockout_ends_and_the_count_begins_anew(void **state)
{
	struct authority *a = open_rules(2, 1, 0);

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_ACCOUNT_LOCKED_OUT);
		usleep(1050000);
	}
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	authority_free(a);
}

static void a_right_password_ends_the_count(void **state)
{
	struct authority *a = open_rules(3, 60, 0);

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (int n = 0; n < 8; n++) {
		assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
		assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	}
	authority_free(a);
}

static void names_that_are_tried_push_no_account_out(void **state)
{
	struct authority *a = open_rules(2, 60, 0);
	WCHAR name[8] = u"aaa";

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
	for (int i = 0; i < 1500; i++) {
		name[0] = (WCHAR)('a' + i % 26);
		name[1] = (WCHAR)('a' + i / 26 % 26);
		name[2] = (WCHAR)('a' + i / 676);
		assert_int_equal(try_password(a, u"", name, u"q"), STATUS_LOGON_FAILURE);
	}
	assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_ACCOUNT_LOCKED_OUT);
	struct stat st;
	assert_int_equal(stat(below_home("state/lockout"), &st), 0);
	assert_true(st.st_size <= 514 * 64);
	authority_free(a);
}

static void a_damaged_count_lets_nobody_in_and_stays(void **state)
{
	struct authority *a = open_rules(5, 60, 0);

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	assert_int_equal(try_password(a, u"", u"User", u"q"), STATUS_LOGON_FAILURE);
	int fd = open(below_home("state/lockout"), O_RDWR);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	uint8_t byte;
	assert_int_equal(pread(fd, &byte, 1, st.st_size - 44), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 44), 1);
	assert_int_equal(try_password(a, u"", u"User", u"p"), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
	assert_int_equal(try_password(a, u"", u"User", u"p"), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	close(fd);
	assert_int_equal(chmod(below_home("state/lockout"), 0644), 0);
	assert_int_equal(try_password(a, u"", u"User", u"p"), (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	authority_free(a);
}

static int64_t timed(struct authority *a, const WCHAR *user)
{
	int64_t start = clock_monotonic_ns();
	assert_int_equal(try_password(a, u"", user, u"q"), STATUS_LOGON_FAILURE);
	return (clock_monotonic_ns() - start) / 1000000;
}

static void the_delay_grows_alike_for_everybody(void **state)
{
	struct authority *a = open_rules(0, 0, 20);

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (int n = 1; n <= 4; n++) {
		assert_true(timed(a, u"User") >= 20 * n);
		assert_true(timed(a, u"nobody") >= 20 * n);
	}
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	assert_true(timed(a, u"User") < 80);
	authority_free(a);
}

static void *guess(void *argument)
{
	struct authority *a = argument;
	uintptr_t failures = 0;
	for (int i = 0; i < 20; i++)
		failures += try_password(a, u"", u"User", u"q") == STATUS_LOGON_FAILURE;
	return (void *)failures;
}

static void many_guesses_at_once_are_no_more_than_the_threshold(void **state)
{
	struct authority *a = open_rules(10, 60, 0);
	pthread_t thread[8];
	uintptr_t failures = 0;

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, guess, a), 0);
	for (int i = 0; i < 8; i++) {
		void *n;
		assert_int_equal(pthread_join(thread[i], &n), 0);
		failures += (uintptr_t)n;
	}
	assert_int_equal(failures, 10);
	authority_free(a);
}

static void *be_let_in(void *argument)
{
	struct authority *a = argument;
	for (int i = 0; i < 50; i++)
		if (try_password(a, u"", u"User", u"p") != STATUS_SUCCESS)
			return a;
	return NULL;
}

static void s36_many_sign_in_while_the_file_changes(void **state)
{
	struct authority *a = open_rules(10, 60, 0);
	pthread_t thread[4];
	char name[16];

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, be_let_in, a), 0);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		assert_int_equal(OpensspiAccountSet(NULL, name, "p"), SEC_E_OK);
	}
	for (int i = 0; i < 4; i++) {
		void *failed_at;
		assert_int_equal(pthread_join(thread[i], &failed_at), 0);
		assert_null(failed_at);
	}
	authority_free(a);
}

static void a_child_goes_on_with_its_parents_authority(void **state)
{
	struct authority *a = open_plain();
	int status;

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
	pid_t child = fork();
	if (child == 0)
		_exit(try_password(a, u"", u"User", u"p") == STATUS_SUCCESS ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
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
	struct hex nt = respond(u"", u"User", u"p");
	OPENSSPI_NTLM_LOGON l = logon_of(u"", u"User", &nt);
	const struct authority_settings settings = { .machine = "M", .lockout_threshold = 1000 };
	struct authority_answer answer;
	NTSTATUS status = STATUS_NO_MEMORY;
	long n;

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (n = 0; failed(status); n++) {
		struct authority *a = NULL;
		allowed = n;
		status = authority_open(&settings, &a);
		if (!failed(status))
			status = authority_check_ntlm(a, &l, false, &answer);
		allowed = -1;
		if (!failed(status)) {
			assert_non_null(answer.user);
			authority_answer_done(&answer);
		}
		authority_free(a);
	}
	assert_true(n > 10);
}

static void short_memory_leaves_the_file_whole(void **state)
{
	SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (long n = 0; status != SEC_E_OK; n++) {
		char *before = file_text("data/accounts");
		allowed = n;
		status = OpensspiAccountSet("Dom", "Other", "p");
		allowed = -1;
		char *after = file_text("data/accounts");
		if (status != SEC_E_OK && strcmp(before, after) != 0)
			assert_non_null(strstr(after, "Dom:Other:")); /* written, the rest failed */
		free(before);
		free(after);
	}
}

static void a_lockout_file_that_was_cut_lets_nobody_guess(void **state)
{
	const long sizes[] = { 64, 4096, 512 * 64 };
	struct authority *a = open_rules(3, 60, 0);

	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		unlink(below_home("state/lockout"));
		assert_int_equal(try_password(a, u"", u"User", u"bad"), STATUS_LOGON_FAILURE);
		assert_int_equal(truncate(below_home("state/lockout"), sizes[i]), 0);
		assert_int_equal(try_password(a, u"", u"User", u"p"), SEC_E_NO_AUTHENTICATING_AUTHORITY);
		assert_int_equal(try_password(a, u"", u"nobody", u"p"), SEC_E_NO_AUTHENTICATING_AUTHORITY);
	}
	authority_free(a);
}

static void a_change_stands_though_the_lockout_file_is_damaged(void **state)
{
	assert_int_equal(OpensspiAccountSet(NULL, "User", "p"), SEC_E_OK);
	put_file("state/lockout", "rubbish");
	assert_int_equal(OpensspiAccountSet(NULL, "Other", "p"), SEC_E_OK);
	char *text = file_text("data/accounts");
	assert_non_null(strstr(text, "Other"));
	free(text);
}

static void an_expiry_in_the_far_future_is_not_past(void **state)
{
	const char *times[] = { "912000000000", "1500000000000", "99999999999999", "999999999999999999" };
	char line[300], digits[33];
	uint8_t hash[NTLM_HASH_LEN];

	ntlm_ntowf_v1(u"p", 2, hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(digits + 2 * i, 3, "%02x", hash[i]);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct authority *a = open_plain();
		snprintf(line, sizeof(line), HEAD ":User:%s:::%s\n", digits, times[i]);
		put_file("data/accounts", line);
		assert_int_equal(try_password(a, u"", u"User", u"p"), STATUS_SUCCESS);
		authority_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(the_published_ntlmv2_example_signs_in),
		AT_HOME(ntlmv1_counts_only_where_it_is_allowed),
		AT_HOME(s15_s18_short_and_empty_responses_are_refused),
		AT_HOME(s18_an_account_with_an_empty_password_lets_nobody_in),
		AT_HOME(s21_a_very_long_password_is_a_password),
		AT_HOME(the_domain_says_whose_account_is_meant),
		AT_HOME(s24_s26_odd_names_are_nobody),
		AT_HOME(a_flag_is_told_after_the_right_password),
		AT_HOME(an_account_expires_at_its_time),
		AT_HOME(s19_an_unusable_store_lets_nobody_in),
		AT_HOME(s19_without_file_handles_nobody_gets_in),
		AT_HOME(bad_passwords_lock_an_account_and_nobody_alike),
		AT_HOME(a_lockout_ends_and_the_count_begins_anew),
		AT_HOME(a_lockout_file_that_was_cut_lets_nobody_guess),
		AT_HOME(a_change_stands_though_the_lockout_file_is_damaged),
		AT_HOME(an_expiry_in_the_far_future_is_not_past),
		AT_HOME(a_right_password_ends_the_count),
		AT_HOME(names_that_are_tried_push_no_account_out),
		AT_HOME(a_damaged_count_lets_nobody_in_and_stays),
		AT_HOME(the_delay_grows_alike_for_everybody),
		AT_HOME(many_guesses_at_once_are_no_more_than_the_threshold),
		AT_HOME(s36_many_sign_in_while_the_file_changes),
		AT_HOME(a_child_goes_on_with_its_parents_authority),
		AT_HOME(short_memory_lets_nobody_in),
		AT_HOME(short_memory_leaves_the_file_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
