/* tests/unit/test_policy_explain.c - which rule decides and where it stands; all that is in force.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "accounts_home.h"

#include "base/utf.h"
#include "policy/policy.h"
#include "policy/state.h"

#define FRESH OPENSSPI_DELEGATE_FRESH
#define SAVED OPENSSPI_DELEGATE_SAVED
#define DEFAULT OPENSSPI_DELEGATE_DEFAULT

static struct policy *policy_of(const char *text)
{
	struct policy *p;

	if (text)
		put_file("etc/opensspi.conf", text);
	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	return p;
}

/* Puts the path of the configuration where the text has a '@'. */
static const char *with_path(const char *text)
{
	static char out[1024];
	const char *at = strchr(text, '@');

	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at ? at - text : (long)strlen(text)), text,
		 at ? below_home("etc/opensspi.conf") : "", at ? at + 1 : "");
	return out;
}

/* Explains, and is sure that the decision is policy_delegation's. */
static NTSTATUS explain(const struct policy *p, uint32_t class, bool mutual, const char *target,
			char **why)
{
	struct policy_question q = { .class = class, .mutual = mutual };
	struct text t = { 0 };
	WCHAR *spn;

	assert_true(utf16_from_utf8(target, strlen(target), &spn, &q.spn.n));
	q.spn.p = spn;
	NTSTATUS status = policy_explain(p, &q, &t);
	assert_int_equal(status, policy_delegation(p, class, mutual, spn, q.spn.n));
	mem_free(spn);
	*why = text_finish(&t);
	assert_non_null(*why);
	return status;
}

static const char with_everything[] = "[policy]\n"
				      "AllowFreshCredentials = TERMSRV/a WSMAN/*.b.test\n"
				      "  HTTP/c\n"
				      "ConcatenateDefaults_AllowSaved = 1\n"
				      "AllowSavedCredentials = WSMAN/*\n"
				      "AllowSavedCredentialsWhenNTLMOnly = 0\n"
				      "AllowDefaultCredentials =\n"
				      "DenyFreshCredentials = TERMSRV/bad*\n"
				      "[lsa]\n"
				      "realm = LAB.TEST\n";

static const struct {
	const char *text;
	uint32_t class;
	bool mutual;
	const char *target;
	NTSTATUS status;
	const char *why;
} rows[] = {
	{ "", SAVED, false, "termsrv/x", STATUS_SUCCESS,
	  "AllowSavedCredentialsWhenNTLMOnly (default) has TERMSRV/*: allowed" },
	{ "", FRESH, true, "WSMAN/x", SEC_E_DELEGATION_POLICY,
	  "AllowFreshCredentials (default) has nothing that fits: refused" },
	{ "", DEFAULT, false, "TERMSRV/x", SEC_E_DELEGATION_POLICY,
	  "AllowDefCredentialsWhenNTLMOnly (default) has nothing that fits: refused" },
	{ "[lsa]\nrealm = R\n", SAVED, false, "TERMSRV/x", SEC_E_POLICY_NLTM_ONLY,
	  "AllowSavedCredentials (default) has TERMSRV/*, but AllowSavedCredentialsWhenNTLMOnly "
	  "(default where [lsa] realm is set) has nothing that fits: refused unless the server is "
	  "mutually authenticated" },
	{ "[lsa]\nrealm =\n", SAVED, false, "TERMSRV/x", STATUS_SUCCESS,
	  "AllowSavedCredentialsWhenNTLMOnly (default) has TERMSRV/*: allowed" },
	{ with_everything, FRESH, true, "wsman/x.B.test", STATUS_SUCCESS,
	  "AllowFreshCredentials (@:2) has WSMAN/*.b.test: allowed" },
	{ with_everything, FRESH, true, "HTTP/c", STATUS_SUCCESS,
	  "AllowFreshCredentials (@:3) has HTTP/c: allowed" },
	{ with_everything, FRESH, true, "HTTP/d", SEC_E_DELEGATION_POLICY,
	  "AllowFreshCredentials (@:2) has nothing that fits: refused" },
	{ with_everything, FRESH, true, "TERMSRV/bad.test:3389", SEC_E_DELEGATION_POLICY,
	  "DenyFreshCredentials (@:8) has TERMSRV/bad*: refused" },
	{ with_everything, SAVED, true, "TERMSRV/x", STATUS_SUCCESS,
	  "AllowSavedCredentials (default, added by @:4) has TERMSRV/*: allowed" },
	{ with_everything, SAVED, false, "HTTP/x", SEC_E_DELEGATION_POLICY,
	  "AllowSavedCredentialsWhenNTLMOnly (@:6) has nothing that fits: refused" },
	{ with_everything, DEFAULT, true, "TERMSRV/x", SEC_E_DELEGATION_POLICY,
	  "AllowDefaultCredentials (@:7) has nothing that fits: refused" },
	{ "[policy]\nRestrictedRemoteAdministration = 1\nAllowFreshCredentials = *\n", FRESH, true,
	  "TERMSRV/x", SEC_E_DELEGATION_POLICY,
	  "RestrictedRemoteAdministration (@:2) is 1: refused" },
	{ "[policy]\nRestrictedRemoteAdministration = 0\n", FRESH, true, "TERMSRV/x",
	  STATUS_SUCCESS, "AllowFreshCredentials (default) has TERMSRV/*: allowed" },
	{ "", FRESH, true, "", SEC_E_DELEGATION_POLICY,
	  "the target's name cannot be read: refused" },
	{ "", 4, true, "TERMSRV/x", SEC_E_DELEGATION_POLICY,
	  "the target's name cannot be read: refused" },
};

static void the_rule_that_decides_is_named_with_its_place(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy *p = policy_of(rows[i].text);
		char *why;
		assert_int_equal(explain(p, rows[i].class, rows[i].mutual, rows[i].target, &why),
				 rows[i].status);
		assert_string_equal(why, with_path(rows[i].why));
		mem_free(why);
		policy_free(p);
	}
}

/* A user's file, with no system's beside it. */
static struct policy *user_policy_of(const char *text)
{
	unsetenv("OPENSSPI_HOME");
	setenv("XDG_CONFIG_HOME", below_home("user"), 1);
	mkdir(below_home("user/opensspi"), 0700);
	put_file("user/opensspi/opensspi.conf", text);
	struct policy *p = policy_of(NULL);
	unsetenv("XDG_CONFIG_HOME");
	return p;
}

static void a_users_narrower_list_is_named_too(void **state)
{
	char *why, want[512];

	if (access("/etc/opensspi/opensspi.conf", F_OK) == 0)
		skip();
	struct policy *p = user_policy_of("[policy]\n\nAllowFreshCredentials = TERMSRV/a HTTP/a\n");
	const char *file = below_home("user/opensspi/opensspi.conf");
	assert_int_equal(explain(p, FRESH, true, "TERMSRV/a", &why), STATUS_SUCCESS);
	snprintf(want, sizeof(want),
		 "AllowFreshCredentials (default) has TERMSRV/*, and AllowFreshCredentials (%s:3) "
		 "has TERMSRV/a: allowed",
		 file);
	assert_string_equal(why, want);
	mem_free(why);
	assert_int_equal(explain(p, FRESH, true, "TERMSRV/b", &why),
			 (NTSTATUS)SEC_E_DELEGATION_POLICY);
	snprintf(want, sizeof(want),
		 "AllowFreshCredentials (%s:3) has nothing that fits: refused", file);
	assert_string_equal(why, want);
	mem_free(why);
	assert_int_equal(explain(p, FRESH, true, "HTTP/a", &why),
			 (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_string_equal(why, "AllowFreshCredentials (default) has nothing that fits: refused");
	mem_free(why);
	policy_free(p);
}

/* ---- the list ---- */

struct seen {
	char text[8192];
	unsigned count, stop_at; /* 0: never */
};

static bool see(void *to, const struct policy_entry *e)
{
	struct seen *s = to;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s = %s (%s)\n", e->name, e->value, e->origin);
	return ++s->count != s->stop_at;
}

static const char defaults[] = "AllowEncryptionOracle = 0 (default)\n"
			       "ChannelBinding = when-supported (default)\n"
			       "TargetName = when-supplied (default)\n"
			       "AcceptedTargetNames = 0 (default)\n"
			       "LmCompatibilityLevel = 5 (default)\n"
			       "NtlmMinClientSec = 0x20080000 (default)\n"
			       "NtlmMinServerSec = 0x20080000 (default)\n"
			       "AllowAnonymous = 0 (default)\n"
			       "KerberosOnly = 0 (default)\n"
			       "FipsAlgorithmPolicy = 0 (default)\n"
			       "TryIPSPN = 0 (default)\n"
			       "MinimumTls = 1.2 (default)\n"
			       "DisableRestrictedAdmin = 1 (default)\n"
			       "RestrictedRemoteAdministration = 0 (default)\n"
			       "RestrictedRemoteAdministrationType = 1 (default)\n"
			       "AllowProtectedCreds = 0 (default)\n"
			       "AllowFreshCredentials = TERMSRV/* (default)\n"
			       "AllowFreshCredentialsWhenNTLMOnly = TERMSRV/* (default)\n"
			       "AllowSavedCredentials = TERMSRV/* (default)\n"
			       "AllowSavedCredentialsWhenNTLMOnly = TERMSRV/* (default)\n"
			       "AllowDefaultCredentials = 0 (default)\n"
			       "AllowDefCredentialsWhenNTLMOnly = 0 (default)\n"
			       "DenyFreshCredentials = 0 (default)\n"
			       "DenySavedCredentials = 0 (default)\n"
			       "DenyDefaultCredentials = 0 (default)\n";

static void without_files_the_defaults_are_listed(void **state)
{
	struct policy *p = policy_of(NULL);
	struct seen s = { .text = "" };

	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	assert_string_equal(s.text, defaults);
	s = (struct seen){ .stop_at = 3 };
	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	assert_int_equal(s.count, 3);
	policy_free(p);
}

static void a_kernel_in_fips_mode_is_named_as_the_place(void **state)
{
	const char *kernel = policy_fips_file;
	struct seen s = { .text = "" };
	char file[256];
	uint32_t value = 0;

	put_file("fips_enabled", "1\n");
	snprintf(file, sizeof(file), "%s", below_home("fips_enabled"));
	policy_fips_file = file;
	struct policy *p = policy_of("[policy]\nFipsAlgorithmPolicy = 0\n");
	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	policy_fips_file = kernel;
	snprintf(s.text + sizeof(s.text) / 2, sizeof(s.text) / 2, "\nFipsAlgorithmPolicy = 1 (%s)\n", file);
	assert_non_null(strstr(s.text, s.text + sizeof(s.text) / 2));
	assert_true(policy_value(p, OPENSSPI_POLICY_FIPS, &value));
	assert_int_equal(value, 1);
	policy_free(p);
}

static void assert_listed(const struct seen *s, const char *line)
{
	char whole[1100];

	snprintf(whole, sizeof(whole), "\n%s\n", with_path(line));
	if (!strstr(s->text, whole))
		assert_string_equal(s->text, whole);
}

static void what_a_file_says_is_listed_with_file_and_line(void **state)
{
	struct policy *p = policy_of(with_everything);
	struct seen s = { .text = "" };

	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	assert_listed(&s, "AllowFreshCredentials = TERMSRV/a WSMAN/*.b.test (@:2)");
	assert_listed(&s, "AllowFreshCredentials = HTTP/c (@:3)");
	assert_listed(&s, "AllowSavedCredentials = WSMAN/* (@:5)");
	assert_listed(&s, "AllowSavedCredentials = TERMSRV/* (default)");
	assert_listed(&s, "AllowSavedCredentialsWhenNTLMOnly = 0 (@:6)");
	assert_listed(&s, "AllowDefaultCredentials = 0 (@:7)");
	assert_listed(&s, "DenyFreshCredentials = TERMSRV/bad* (@:8)");
	assert_listed(&s, "[lsa] realm = LAB.TEST (@:10)");
	policy_free(p);
	p = policy_of("[lsa]\nnetbios name = N\n[accounts]\ndelay = 7\nfile = /f g\n");
	s = (struct seen){ .text = "" };
	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	assert_listed(&s, "[accounts] file = /f g (@:5)");
	assert_listed(&s, "[accounts] delay milliseconds = 7 (@:4)");
	assert_listed(&s, "[lsa] netbios name = N (@:2)");
	assert_true(strstr(s.text, "[lsa]") > strstr(s.text, "[accounts] delay"));
	policy_free(p);
	p = policy_of("[policy]\nDisableRestrictedAdmin = 0\nMinimumTls = 1.3\n"
		      "AcceptedTargetNames = a\n b c\nNtlmMinClientSec = 16\nTargetName = 2\n");
	s = (struct seen){ .text = "" };
	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	assert_listed(&s, "DisableRestrictedAdmin = 0 (@:2)");
	assert_listed(&s, "MinimumTls = 1.3 (@:3)");
	assert_listed(&s, "AcceptedTargetNames = a (@:4)");
	assert_listed(&s, "AcceptedTargetNames = b c (@:5)");
	assert_listed(&s, "NtlmMinClientSec = 0x00000010 (@:6)");
	assert_listed(&s, "TargetName = always (@:7)");
	policy_free(p);
}

static void what_a_user_cannot_widen_stays_the_defaults(void **state)
{
	struct seen s = { .text = "" };
	char line[512];

	if (access("/etc/opensspi/opensspi.conf", F_OK) == 0)
		skip();
	struct policy *p = user_policy_of("[policy]\nAllowEncryptionOracle = 2\nMinimumTls = 1.3\n"
					  "NtlmMinClientSec = 16\nTargetName = when-supplied\n");
	const char *file = below_home("user/opensspi/opensspi.conf");
	assert_int_equal(policy_each(p, see, &s), STATUS_SUCCESS);
	assert_non_null(strstr(s.text, "AllowEncryptionOracle = 0 (default)\n"));
	assert_listed(&s, "TargetName = when-supplied (default)");
	snprintf(line, sizeof(line), "\nMinimumTls = 1.3 (%s:3)\n", file);
	assert_non_null(strstr(s.text, line));
	snprintf(line, sizeof(line), "\nNtlmMinClientSec = 0x20080010 (default, %s:4)\n", file);
	assert_non_null(strstr(s.text, line));
	policy_free(p);
}

static void a_name_in_the_vaults_section_is_an_error(void **state)
{
	struct policy *p;
	struct text why = { 0 };

	put_file("etc/opensspi.conf", "[vault]\n; nothing yet\njournal = delete\n");
	assert_int_equal(policy_open(&p, &why), STATUS_INVALID_PARAMETER);
	char *text = text_finish(&why);
	assert_string_equal(text, with_path("@:3: there is no such name: journal"));
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(the_rule_that_decides_is_named_with_its_place),
		AT_HOME(a_users_narrower_list_is_named_too),
		AT_HOME(without_files_the_defaults_are_listed),
		AT_HOME(a_kernel_in_fips_mode_is_named_as_the_place),
		AT_HOME(what_a_file_says_is_listed_with_file_and_line),
		AT_HOME(what_a_user_cannot_widen_stays_the_defaults),
		AT_HOME(a_name_in_the_vaults_section_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
