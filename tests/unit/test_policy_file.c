/* tests/unit/test_policy_file.c - the configuration: what is read, refused, narrowed and matched.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "accounts_home.h"

#include "base/utf.h"
#include "policy/layer.h"
#include "policy/policy.h"
#include "policy/state.h"

static NTSTATUS open_with(const char *text, struct policy **p, char **why)
{
	struct text t = { 0 };
	put_file("etc/opensspi.conf", text);
	NTSTATUS status = policy_open(p, &t);
	*why = text_finish(&t);
	return status;
}

static struct policy *policy_of(const char *text)
{
	struct policy *p;
	char *why;
	NTSTATUS status = open_with(text, &p, &why);
	if (failed(status))
		print_message("%s\n", why);
	mem_free(why);
	assert_int_equal(status, STATUS_SUCCESS);
	return p;
}

static void assert_value(const struct policy *p, uint32_t number, uint32_t want)
{
	uint32_t got;
	assert_true(policy_value(p, number, &got));
	assert_int_equal(got, want);
}

static NTSTATUS may(const struct policy *p, uint32_t class, bool mutual, const char *target)
{
	WCHAR *spn;
	size_t n;
	assert_true(utf16_from_utf8(target, strlen(target), &spn, &n));
	NTSTATUS status = policy_delegation(p, class, mutual, spn, n);
	mem_free(spn);
	return status;
}

static bool ours(const struct policy *p, const char *target)
{
	static const char *const names[] = { "HOST", "host.example.com", NULL };
	WCHAR *spn;
	size_t n;
	assert_true(utf16_from_utf8(target, strlen(target), &spn, &n));
	bool answer = policy_target_is_ours(p, spn, n, names);
	mem_free(spn);
	return answer;
}

static void without_a_file_the_defaults_hold(void **state)
{
	static const uint32_t want[] = { 0, 0, 1, 1, 5, 0, 0x20080000, 0x20080000, 0x303, 0, 0, 0, 0, 0, 0 };
	struct policy *p;
	uint32_t unused;

	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	for (uint32_t i = 1; i < ARRAY_LEN(want); i++)
		assert_value(p, i, want[i]);
	assert_false(policy_value(p, 0, &unused));
	assert_false(policy_value(p, 17, &unused));
	for (uint32_t class = OPENSSPI_DELEGATE_FRESH; class <= OPENSSPI_DELEGATE_SAVED; class++)
		for (int mutual = 0; mutual < 2; mutual++) {
			assert_int_equal(may(p, class, mutual, "termsrv/any.host"), STATUS_SUCCESS);
			assert_int_equal(may(p, class, mutual, "WSMAN/any.host"),
					 (NTSTATUS)SEC_E_DELEGATION_POLICY);
		}
	assert_int_equal(may(p, OPENSSPI_DELEGATE_DEFAULT, true, "TERMSRV/host"),
			 (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 0, true, "TERMSRV/host"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 4, true, "TERMSRV/host"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 1, true, ""), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_null(policy_setting(p, "accounts", "file"));
	policy_free(p);
}

static void values_are_read_as_words_and_numbers(void **state)
{
	struct policy *p = policy_of("\xEF\xBB\xBF# a comment\n[Policy]\r\n"
				     "allowencryptionoracle = 2 ; why not\n"
				     "ChannelBinding=always\nTargetName: never\n"
				     "LmCompatibilityLevel = 3\nAllowAnonymous = 1\n"
				     "NtlmMinClientSec = 0x80000\nNtlmMinServerSec = 0\n"
				     "MinimumTls = 1.0\nDisableRestrictedAdmin = 0\n"
				     "kerberosonly = 1\nFipsAlgorithmPolicy = 1\nTryIPSPN = 1\n"
				     "RestrictedRemoteAdministration = 1\n"
				     "RestrictedRemoteAdministrationType = 3\nAllowProtectedCreds = 1\n"
				     "[lsa]\nrealm = LAB.TEST\n"
				     "[accounts]\nfile = /x y/z\ndelay = 7\n[vault]\n");
	static const uint32_t want[] = { 0, 2, 2, 0, 3, 1, 0x80000, 0, 0x301, 1, 1, 1, 3, 1, 1 };

	for (uint32_t i = 1; i < ARRAY_LEN(want); i++)
		assert_value(p, i, want[i]);
	assert_string_equal(policy_setting(p, "lsa", "Realm"), "LAB.TEST");
	assert_string_equal(policy_setting(p, "accounts", "file"), "/x y/z");
	assert_string_equal(policy_setting(p, "accounts", "delay milliseconds"), "7");
	policy_free(p);
}

static const struct {
	const char *text;
	const char *where; /* what the message ends with after the path */
} refused[] = {
	{ "[policy]\nAllowEncryptionOracel = 0\n", ":2: there is no such policy: AllowEncryptionOracel" },
	{ "[policy]\n\nMinimumTls = 1.4\n", ":3: not a value that this policy has: MinimumTls" },
	{ "[policy]\nMinimumTls = 771\n", ":2: not a value that this policy has: MinimumTls" },
	{ "[policy]\nAllowAnonymous = 2\n", ":2: not a value that this policy has: AllowAnonymous" },
	{ "[policy]\nAllowAnonymous = -1\n", ":2: not a value that this policy has: AllowAnonymous" },
	{ "[policy]\nAllowAnonymous = 0 # no\n", ":2: not a value that this policy has: AllowAnonymous" },
	{ "[policy]\nAllowAnonymous =\n", ":2: not a value that this policy has: AllowAnonymous" },
	{ "[policy]\nAllowAnonymous = 1\nAllowAnonymous = 0\n", ":3: given twice: AllowAnonymous" },
	{ "[policy]\nAllowAnonymous = 0\n 1\n", ":3: a value of one line goes on: AllowAnonymous" },
	{ "[policy]\nNtlmMinClientSec = 99999999999999999999\n",
	  ":2: not a value that this policy has: NtlmMinClientSec" },
	{ "[policy]\nNtlmMinClientSec = 0x\n", ":2: not a value that this policy has: NtlmMinClientSec" },
	{ "[polciy]\nAllowAnonymous = 0\n", ":1: there is no such section: polciy" },
	{ "[polciy]\n", ":1: there is no such section: polciy" },
	{ "AllowAnonymous = 0\n", ":1: an entry before the first section: AllowAnonymous" },
	{ "[policy\nAllowAnonymous = 0\n", ":1: a section lacks its ']'" },
	{ "[policy] AllowAnonymous = 0\n", ":1: text after a section's ']'" },
	{ "[policy]\nAllowAnonymous\n", ":2: neither [section] nor name = value nor comment" },
	{ "[policy]\nAllowFreshCredentials = TERMSRV/*/*\n",
	  ":2: a pattern has one '*' at most: AllowFreshCredentials" },
	{ "[policy]\nAllowFreshCredentials = 1\n",
	  ":2: a pattern is written SERVICE/HOST, or '*' alone: AllowFreshCredentials" },
	{ "[policy]\nAllowFreshCredentials = a/b\n DenyFreshCredentials = c/d\n",
	  ":3: a pattern is written SERVICE/HOST, or '*' alone: AllowFreshCredentials" },
	{ "[policy]\nAllowFreshCredentials = 0\n a/b\n", ":3: 0 stands alone: AllowFreshCredentials" },
	{ "[policy]\nAllowFreshCredentials = a/b\nAllowFreshCredentials = c/d\n",
	  ":3: given twice: AllowFreshCredentials" },
	{ "[policy]\nConcatenateDefaults_AllowFresh = yes\n",
	  ":2: 0 or 1 is expected: ConcatenateDefaults_AllowFresh" },
	{ "[policy]\nAcceptedTargetNames = a/b\n", ":2: a host name has no '/': AcceptedTargetNames" },
	{ "[accounts]\nlockout treshold = 3\n", ":2: there is no such name: lockout treshold" },
	{ "[accounts]\nfile = /a\n /b\n", ":3: a value of one line goes on: file" },
	{ "[lsa]\nAllowAnonymous = 0\n", ":2: there is no such name: AllowAnonymous" },
	{ "[policy]\nAllowAnonymousAllowAnonymousAllowAnonymousAllowAnonymous = 1\n",
	  ":2: there is no such name" },
	{ "[policy]\nAllowAnonymous = \x01\n", ": not text in UTF-8" },
	{ "[policy]\nAllowAnonymous = \xff\n", ": not text in UTF-8" },
};

static void what_is_not_understood_is_refused_by_file_and_line(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct policy *p;
		char *why, want[400];
		assert_int_equal(open_with(refused[i].text, &p, &why), STATUS_INVALID_PARAMETER);
		assert_null(p);
		snprintf(want, sizeof(want), "%s%s", below_home("etc/opensspi.conf"), refused[i].where);
		assert_string_equal(why, want);
		mem_free(why);
	}
}

static void a_line_too_long_is_refused_not_cut(void **state)
{
	char text[400] = "[policy]\nAllowFreshCredentials = ";
	struct policy *p;
	char *why;

	size_t n = strlen(text);
	memset(text + n, 'a', 250);
	memcpy(text + n + 250, "/b\n", 4);
	assert_int_equal(open_with(text, &p, &why), STATUS_INVALID_PARAMETER);
	assert_non_null(strstr(why, ":2: the line is too long"));
	mem_free(why);
}

static void a_nul_or_a_megabyte_is_refused(void **state)
{
	struct policy *p;
	char *big = malloc((1 << 20) + 1);

	put_bytes("etc/opensspi.conf", "[policy]\n\0x", 11, 0600);
	assert_int_equal(policy_open(&p, NULL), STATUS_INVALID_PARAMETER);
	memset(big, '\n', (1 << 20) + 1);
	put_bytes("etc/opensspi.conf", big, (1 << 20) + 1, 0600);
	assert_int_equal(policy_open(&p, NULL), STATUS_INVALID_PARAMETER);
	put_bytes("etc/opensspi.conf", big, 1 << 20, 0600);
	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	policy_free(p);
	free(big);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	static const mode_t modes[] = { 0620, 0602, 0666 };
	struct policy *p;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		put_bytes("etc/opensspi.conf", "[policy]\n", 9, modes[i]);
		assert_int_equal(policy_open(&p, NULL), STATUS_ACCESS_DENIED);
	}
	put_bytes("etc/opensspi.conf", "[policy]\n", 9, 0644);
	assert_int_equal(chmod(below_home("etc"), 0777), 0);
	assert_int_equal(policy_open(&p, NULL), STATUS_ACCESS_DENIED);
	assert_int_equal(chmod(below_home("etc"), 01777), 0);
	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	policy_free(p);
}

static void a_link_is_followed_to_a_safe_place_alone(void **state)
{
	struct policy *p;
	char target[256];

	put_file("user/other.conf", "[policy]\nAllowAnonymous = 1\n");
	snprintf(target, sizeof(target), "%s", below_home("user/other.conf"));
	assert_int_equal(symlink(target, below_home("etc/opensspi.conf")), 0);
	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	assert_value(p, OPENSSPI_POLICY_ALLOW_ANONYMOUS, 1);
	policy_free(p);
	assert_int_equal(chmod(below_home("user"), 0777), 0);
	assert_int_equal(policy_open(&p, NULL), STATUS_ACCESS_DENIED);
	unlink(target);
	assert_int_equal(policy_open(&p, NULL), STATUS_ACCESS_DENIED);
}

static void a_directory_in_the_files_place_is_refused(void **state)
{
	struct policy *p;
	assert_int_equal(mkdir(below_home("etc/opensspi.conf"), 0700), 0);
	assert_int_equal(policy_open(&p, NULL), STATUS_ACCESS_DENIED);
}

static const struct {
	const char *pattern, *target;
	bool allowed, denied;
} grid[] = {
	{ "TERMSRV/host", "termsrv/HOST", true, true },
	{ "TERMSRV/host", "TERMSRV/host2", false, false },
	{ "TERMSRV/host", "TERMSRV/hos", false, false },
	{ "TERMSRV/host", "TERMSRV/host:3389", false, true },
	{ "TERMSRV/host", "TERMSRV/host.", false, true },
	{ "TERMSRV/host", "TERMSRV/host/realm", false, true },
	{ "TERMSRV/*", "TERMSRV/a.b.c", true, true },
	{ "TERMSRV/*", "TERMSRV/", true, true },
	{ "TERMSRV/*", "TERMSRV/a:1/b", true, true },
	{ "TERMSRV/*", "TERMSRVX/a", false, false },
	{ "TERMSRV/*.dom.com", "TERMSRV/a.dom.com", true, true },
	{ "TERMSRV/*.dom.com", "TERMSRV/a.b.DOM.com", true, true },
	{ "TERMSRV/*.dom.com", "TERMSRV/dom.com", false, false },
	{ "TERMSRV/*.dom.com", "TERMSRV/evil/x.dom.com", false, true },
	{ "TERMSRV/*.dom.com", "TERMSRV/evil:x.dom.com", false, true },
	{ "*/host", "HTTP/host", true, true },
	{ "*/host", "a/b/host", false, true },
	{ "*", "anything at all", true, true },
	{ "TERMSRV/ab*ba", "TERMSRV/aba", false, false },
	{ "TERMSRV/ab*ba", "TERMSRV/abba", true, true },
	{ "TERMSRV/\xC3\xA4*", "TERMSRV/\xC3\x84x", true, true },
};

static void a_star_stands_for_what_the_grid_says(void **state)
{
	char text[300];

	for (size_t i = 0; i < ARRAY_LEN(grid); i++) {
		snprintf(text, sizeof(text), "[policy]\nAllowFreshCredentials = %s\n", grid[i].pattern);
		struct policy *p = policy_of(text);
		assert_int_equal(may(p, 1, true, grid[i].target),
				 grid[i].allowed ? STATUS_SUCCESS : (NTSTATUS)SEC_E_DELEGATION_POLICY);
		policy_free(p);
		snprintf(text, sizeof(text),
			 "[policy]\nAllowFreshCredentials = *\nDenyFreshCredentials = %s\n", grid[i].pattern);
		p = policy_of(text);
		assert_int_equal(may(p, 1, true, grid[i].target),
				 grid[i].denied ? (NTSTATUS)SEC_E_DELEGATION_POLICY : STATUS_SUCCESS);
		policy_free(p);
	}
}

static void deny_goes_before_allow_and_ntlm_alone_is_named(void **state)
{
	struct policy *p = policy_of("[policy]\nAllowFreshCredentials = A/*, B/x\n\tC/y C/z\n"
				     "AllowFreshCredentialsWhenNTLMOnly = A/1\n"
				     "DenyFreshCredentials = A/2\nAllowSavedCredentials = 0\n"
				     "ConcatenateDefaults_AllowSaved = 1\n"
				     "AllowSavedCredentialsWhenNTLMOnly = A/b\n"
				     "ConcatenateDefaults_AllowSavedNTLMOnly = 1\n"
				     "AllowDefaultCredentials =\n");

	assert_int_equal(may(p, 1, true, "A/1"), STATUS_SUCCESS);
	assert_int_equal(may(p, 1, false, "A/1"), STATUS_SUCCESS);
	assert_int_equal(may(p, 1, true, "A/3"), STATUS_SUCCESS);
	assert_int_equal(may(p, 1, false, "A/3"), (NTSTATUS)SEC_E_POLICY_NLTM_ONLY);
	assert_int_equal(may(p, 1, true, "A/2"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 1, false, "A/2"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 1, true, "C/z"), STATUS_SUCCESS);
	assert_int_equal(may(p, 1, true, "TERMSRV/x"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 2, true, "TERMSRV/x"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 2, false, "TERMSRV/x"), STATUS_SUCCESS);
	assert_int_equal(may(p, 2, false, "A/b"), STATUS_SUCCESS);
	assert_int_equal(may(p, 3, true, "A/b"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	policy_free(p);
}

static const struct six {
	const char *name, *concatenate;
	uint32_t class;
	bool mutual;
} six[] = { { "AllowFreshCredentials", "AllowFresh", 1, true },
	    { "AllowFreshCredentialsWhenNTLMOnly", "AllowFreshNTLMOnly", 1, false },
	    { "AllowSavedCredentials", "AllowSaved", 2, true },
	    { "AllowSavedCredentialsWhenNTLMOnly", "AllowSavedNTLMOnly", 2, false },
	    { "AllowDefaultCredentials", "AllowDefault", 3, true },
	    { "AllowDefCredentialsWhenNTLMOnly", "AllowDefNTLMOnly", 3, false } };

static void each_allow_list_is_that_of_one_class_alone(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(six); i++) {
		char text[1024] = "[policy]\n";
		for (size_t k = 0; k < ARRAY_LEN(six); k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s = %s\n", six[k].name,
				 k == i ? "X/own" : "0");
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "ConcatenateDefaults_%s = 1\n",
			 six[i].concatenate);
		struct policy *p = policy_of(text);
		for (size_t k = 0; k < ARRAY_LEN(six); k++) {
			bool plain = six[i].mutual && six[k].class == six[i].class;
			NTSTATUS want = k == i	? STATUS_SUCCESS
					: plain ? (NTSTATUS)SEC_E_POLICY_NLTM_ONLY
						: (NTSTATUS)SEC_E_DELEGATION_POLICY;
			assert_int_equal(may(p, six[k].class, six[k].mutual, "X/own"), want);
			/* nobody is the default for the logon's own */
			want = six[i].class == 3 ? (NTSTATUS)SEC_E_DELEGATION_POLICY : want;
			assert_int_equal(may(p, six[k].class, six[k].mutual, "TERMSRV/x"), want);
		}
		policy_free(p);
	}
}

static void each_deny_list_is_that_of_one_class_alone(void **state)
{
	static const char *const deny[] = { "DenyFreshCredentials", "DenySavedCredentials",
					    "DenyDefaultCredentials" };

	for (uint32_t class = 1; class <= ARRAY_LEN(deny); class++) {
		char text[1024] = "[policy]\n";
		for (size_t k = 0; k < ARRAY_LEN(six); k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s = *\n", six[k].name);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s = X/own\n", deny[class - 1]);
		struct policy *p = policy_of(text);
		for (size_t k = 0; k < ARRAY_LEN(six); k++) {
			NTSTATUS want = six[k].class == class ? (NTSTATUS)SEC_E_DELEGATION_POLICY
							      : STATUS_SUCCESS;
			assert_int_equal(may(p, six[k].class, six[k].mutual, "x/OWN:1"), want);
			assert_int_equal(may(p, six[k].class, six[k].mutual, "X/other"), STATUS_SUCCESS);
		}
		policy_free(p);
	}
}

static void with_a_realm_nothing_saved_is_delegated_with_ntlm_alone(void **state)
{
	struct policy *p = policy_of("[lsa]\nrealm = EXAMPLE.COM\n");
	assert_int_equal(may(p, 2, true, "TERMSRV/x"), STATUS_SUCCESS);
	assert_int_equal(may(p, 2, false, "TERMSRV/x"), (NTSTATUS)SEC_E_POLICY_NLTM_ONLY);
	policy_free(p);
}

static void a_target_is_ours_by_name_address_and_list(void **state)
{
	struct policy *p = policy_of("[policy]\nAcceptedTargetNames = farm.example.com *.pool\n");
	static const char *const yes[] = { "TERMSRV/host", "termsrv/HOST.EXAMPLE.com.", "HOST",
					   "TERMSRV/host:3389", "TERMSRV/host/realm", "TERMSRV/localhost",
					   "TERMSRV/127.0.0.1", "TERMSRV/127.9.9.9:3389", "TERMSRV/[::1]:3389",
					   "TERMSRV/::1", "TERMSRV/::ffff:127.0.0.1", "TERMSRV/farm.example.com",
					   "TERMSRV/a.pool" };
	static const char *const no[] = { "TERMSRV/other", "TERMSRV/", "", "TERMSRV/host2", "other/host.example.org",
					  "TERMSRV/192.0.2.1", "TERMSRV/[2001:db8::1]", "TERMSRV/pool", "TERMSRV/." };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(ours(p, yes[i]));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(ours(p, no[i]));
	policy_free(p);
}

static void s24_lone_surrogates_and_nuls_are_no_target(void **state)
{
	static const WCHAR lone[] = { 'A', '/', 0xD800 }, nul[] = { 'A', '/', 0, 'x' };
	struct policy *p = policy_of("[policy]\nAllowFreshCredentials = *\n");

	assert_int_equal(policy_delegation(p, 1, true, lone, 3), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(policy_delegation(p, 1, true, nul, 4), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_false(policy_target_is_ours(p, lone, 3, NULL));
	policy_free(p);
}

/* ---- two files: only where the system's place is not in the way ---- */

static struct policy *user_policy_of(const char *text)
{
	struct policy *p;
	unsetenv("OPENSSPI_HOME");
	setenv("XDG_CONFIG_HOME", below_home("user"), 1);
	mkdir(below_home("user/opensspi"), 0700);
	put_file("user/opensspi/opensspi.conf", text);
	assert_int_equal(policy_open(&p, NULL), STATUS_SUCCESS);
	unsetenv("XDG_CONFIG_HOME");
	return p;
}

static void a_users_file_narrows_and_never_widens(void **state)
{
	if (access("/etc/opensspi/opensspi.conf", F_OK) == 0)
		skip();
	struct policy *p = user_policy_of("[policy]\nAllowEncryptionOracle = 2\nAllowAnonymous = 1\n"
					  "ChannelBinding = always\nTargetName = never\n"
					  "LmCompatibilityLevel = 0\nMinimumTls = 1.3\n"
					  "NtlmMinClientSec = 0x10\nNtlmMinServerSec = 0\n"
					  "DisableRestrictedAdmin = 0\n"
					  "AllowFreshCredentials = TERMSRV/a WSMAN/a\n"
					  "AllowDefaultCredentials = *\nAcceptedTargetNames = *\n"
					  "DenySavedCredentials = TERMSRV/b\n");
	static const uint32_t want[] = { 0, 0, 2, 1, 5, 0, 0x20080010, 0x20080000, 0x304, 0 };

	for (uint32_t i = 1; i < ARRAY_LEN(want); i++)
		assert_value(p, i, want[i]);
	assert_int_equal(may(p, 1, true, "TERMSRV/a"), STATUS_SUCCESS);
	assert_int_equal(may(p, 1, true, "TERMSRV/b"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 1, true, "WSMAN/a"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 1, false, "TERMSRV/b"), STATUS_SUCCESS);
	assert_int_equal(may(p, 3, true, "TERMSRV/a"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 2, true, "TERMSRV/b"), (NTSTATUS)SEC_E_DELEGATION_POLICY);
	assert_int_equal(may(p, 2, true, "TERMSRV/c"), STATUS_SUCCESS);
	assert_false(ours(p, "TERMSRV/other"));
	policy_free(p);
}

static bool is_audit(void *to, const struct policy_entry *entry)
{
	*(bool *)to |= strcmp(entry->name, "[lsa] audit") == 0;
	return true;
}

static void where_the_audit_goes_is_not_the_users_to_say(void **state)
{
	bool listed = false;

	if (access("/etc/opensspi/opensspi.conf", F_OK) == 0)
		skip();
	struct policy *p = user_policy_of("[lsa]\naudit = none\nrealm = LAB.TEST\n");
	assert_null(policy_setting(p, "lsa", "audit"));
	assert_string_equal(policy_setting(p, "lsa", "realm"), "LAB.TEST");
	assert_int_equal(policy_each(p, is_audit, &listed), STATUS_SUCCESS);
	assert_false(listed);
	policy_free(p);
}

static void a_user_may_block_ntlm_but_not_allow_it(void **state)
{
	if (access("/etc/opensspi/opensspi.conf", F_OK) == 0)
		skip();
	struct policy *p = user_policy_of("[policy]\nKerberosOnly = 1\nFipsAlgorithmPolicy = 1\n");
	assert_value(p, OPENSSPI_POLICY_KERBEROS_ONLY, 1);
	assert_value(p, OPENSSPI_POLICY_FIPS, 1);
	policy_free(p);
	/* the system's says so, the user's otherwise */
	static const uint32_t numbers[] = { OPENSSPI_POLICY_KERBEROS_ONLY, OPENSSPI_POLICY_FIPS };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct policy both = { .has_realm = false };
		both.layer[SYSTEM].value_set[numbers[i]] = true;
		both.layer[SYSTEM].value[numbers[i]] = 1;
		both.layer[USER].value_set[numbers[i]] = true;
		assert_value(&both, numbers[i], 1);
	}
}

static void only_a_kernel_that_says_1_is_in_fips_mode(void **state)
{
	static const struct {
		const char *says; /* NULL: there is no such file */
		uint32_t value;
	} rows[] = { { "1\n", 1 }, { "1", 1 }, { "0\n", 0 }, { "", 0 }, { NULL, 0 } };
	const char *kernel = policy_fips_file;
	char file[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].says)
			put_file("fips_enabled", rows[i].says);
		else
			assert_int_equal(unlink(below_home("fips_enabled")), 0);
		snprintf(file, sizeof(file), "%s", below_home("fips_enabled"));
		policy_fips_file = file;
		struct policy *p = policy_of("[policy]\nFipsAlgorithmPolicy = 0\n");
		policy_fips_file = kernel;
		assert_value(p, OPENSSPI_POLICY_FIPS, rows[i].value);
		policy_free(p);
	}
}

static void the_kind_of_restricted_administration_is_narrowed_alike(void **state)
{
	static const struct {
		uint32_t system, system_type, user, user_type; /* type 0: not said */
		uint32_t want;
	} rows[] = {
		{ 0, 0, 0, 0, 0 }, { 0, 2, 0, 3, 0 }, { 1, 0, 0, 0, 1 }, { 1, 2, 0, 0, 2 },
		{ 1, 3, 0, 0, 3 }, { 1, 3, 1, 2, 2 }, { 1, 3, 0, 1, 1 }, { 1, 1, 1, 2, 1 },
		{ 1, 2, 1, 1, 2 }, { 0, 0, 1, 0, 1 }, { 0, 0, 1, 3, 3 }, { 0, 1, 1, 2, 2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy p = { .has_realm = false };
		const uint32_t on[] = { rows[i].system, rows[i].user };
		const uint32_t type[] = { rows[i].system_type, rows[i].user_type };
		for (int l = 0; l < LAYERS; l++) {
			p.layer[l].value_set[POLICY_RESTRICTED_REMOTE_ADMINISTRATION] = on[l];
			p.layer[l].value[POLICY_RESTRICTED_REMOTE_ADMINISTRATION] = on[l];
			p.layer[l].value_set[POLICY_RESTRICTED_TYPE] = type[l];
			p.layer[l].value[POLICY_RESTRICTED_TYPE] = type[l];
		}
		assert_value(&p, OPENSSPI_POLICY_RESTRICTED_ADMIN_TYPE, rows[i].want);
	}
}

/* ---- memory ---- */

extern void *__real_calloc(size_t count, size_t n);
extern void *__real_malloc(size_t n);
extern void *__real_realloc(void *p, size_t n);
static long allowed = -1; /* how many allocations succeed; -1: all */

static bool refuse(void)
{
	return allowed >= 0 && (allowed == 0 || allowed-- == 0);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return refuse() ? NULL : __real_calloc(count, n);
}

void *__wrap_malloc(size_t n)
{
	return __real_malloc(n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return __real_realloc(p, n);
}

static void short_memory_is_an_error_and_never_half_a_policy(void **state)
{
	put_file("etc/opensspi.conf", "[policy]\nAllowFreshCredentials = a/b c/d\nDenyFreshCredentials = x/y\n"
				      "[lsa]\nrealm = LAB.TEST\n");
	for (long n = 0;; n++) {
		struct policy *p = NULL;
		allowed = n;
		NTSTATUS status = policy_open(&p, NULL);
		allowed = -1;
		if (!failed(status)) {
			assert_true(n > 10);
			policy_free(p);
			return;
		}
		assert_int_equal(status, STATUS_NO_MEMORY);
		assert_null(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(without_a_file_the_defaults_hold),
		AT_HOME(values_are_read_as_words_and_numbers),
		AT_HOME(what_is_not_understood_is_refused_by_file_and_line),
		AT_HOME(a_line_too_long_is_refused_not_cut),
		AT_HOME(a_nul_or_a_megabyte_is_refused),
		AT_HOME(a_file_that_others_may_write_is_refused),
		AT_HOME(a_link_is_followed_to_a_safe_place_alone),
		AT_HOME(a_directory_in_the_files_place_is_refused),
		AT_HOME(a_star_stands_for_what_the_grid_says),
		AT_HOME(deny_goes_before_allow_and_ntlm_alone_is_named),
		AT_HOME(each_allow_list_is_that_of_one_class_alone),
		AT_HOME(each_deny_list_is_that_of_one_class_alone),
		AT_HOME(with_a_realm_nothing_saved_is_delegated_with_ntlm_alone),
		AT_HOME(a_target_is_ours_by_name_address_and_list),
		AT_HOME(s24_lone_surrogates_and_nuls_are_no_target),
		AT_HOME(a_users_file_narrows_and_never_widens),
		AT_HOME(where_the_audit_goes_is_not_the_users_to_say),
		AT_HOME(a_user_may_block_ntlm_but_not_allow_it),
		AT_HOME(the_kind_of_restricted_administration_is_narrowed_alike),
		AT_HOME(only_a_kernel_that_says_1_is_in_fips_mode),
		AT_HOME(short_memory_is_an_error_and_never_half_a_policy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
