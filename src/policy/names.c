/* policy/names.c - see policy/names.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <opensspi.h>

#include "policy/names.h"

#define NTLM_128_AND_EXTENDED_SECURITY 0x20080000u
#define TLS_1_0 0x301u
#define TLS_1_2 0x303u
#define TLS_1_3 0x304u

static const struct value_row values[] = {
	{ .name = "AllowEncryptionOracle",
	  .number = OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE,
	  .most = 2,
	  .sense = STRICT_IS_LESS },
	{ .name = "ChannelBinding",
	  .number = OPENSSPI_POLICY_CHANNEL_BINDING,
	  .otherwise = 1,
	  .most = 2,
	  .sense = STRICT_IS_MORE,
	  .words = "never|when-supported|always" },
	{ .name = "TargetName",
	  .number = OPENSSPI_POLICY_TARGET_NAME,
	  .otherwise = 1,
	  .most = 2,
	  .sense = STRICT_IS_MORE,
	  .words = "never|when-supplied|always" },
	{ .name = "LmCompatibilityLevel",
	  .number = OPENSSPI_POLICY_LM_COMPATIBILITY,
	  .otherwise = 5,
	  .most = 5,
	  .sense = STRICT_IS_MORE },
	{ .name = "NtlmMinClientSec",
	  .number = OPENSSPI_POLICY_NTLM_MIN_CLIENT_SEC,
	  .otherwise = NTLM_128_AND_EXTENDED_SECURITY,
	  .most = UINT32_MAX,
	  .sense = STRICT_IS_BOTH },
	{ .name = "NtlmMinServerSec",
	  .number = OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC,
	  .otherwise = NTLM_128_AND_EXTENDED_SECURITY,
	  .most = UINT32_MAX,
	  .sense = STRICT_IS_BOTH },
	{ .name = "AllowAnonymous",
	  .number = OPENSSPI_POLICY_ALLOW_ANONYMOUS,
	  .most = 1,
	  .sense = STRICT_IS_LESS },
	{ .name = "KerberosOnly",
	  .number = OPENSSPI_POLICY_KERBEROS_ONLY,
	  .most = 1,
	  .sense = STRICT_IS_MORE },
	{ .name = "FipsAlgorithmPolicy",
	  .number = OPENSSPI_POLICY_FIPS,
	  .most = 1,
	  .sense = STRICT_IS_MORE },
	{ .name = "TryIPSPN",
	  .number = OPENSSPI_POLICY_TRY_IP_SPN,
	  .most = 1,
	  .sense = STRICT_IS_MORE },
	{ .name = "MinimumTls",
	  .number = OPENSSPI_POLICY_MINIMUM_TLS,
	  .otherwise = TLS_1_2,
	  .most = TLS_1_3,
	  .sense = STRICT_IS_MORE,
	  .words = "1.0|1.1|1.2|1.3",
	  .base = TLS_1_0,
	  .words_only = true },
	{ .name = "DisableRestrictedAdmin",
	  .number = OPENSSPI_POLICY_RESTRICTED_ADMIN,
	  .otherwise = 0,
	  .most = 1,
	  .sense = STRICT_IS_LESS,
	  .inverted = true },
	{ .name = "RestrictedRemoteAdministration",
	  .number = POLICY_RESTRICTED_REMOTE_ADMINISTRATION,
	  .most = 1,
	  .sense = STRICT_IS_MORE },
	{ .name = "RestrictedRemoteAdministrationType",
	  .number = POLICY_RESTRICTED_TYPE,
	  .otherwise = 1,
	  .least = 1,
	  .most = 3,
	  .sense = STRICT_IS_COMMON },
	{ .name = "AllowProtectedCreds",
	  .number = OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS,
	  .most = 1,
	  .sense = STRICT_IS_LESS },
};

static const struct list_row lists[] = {
	{ "AllowDefaultCredentials", "ConcatenateDefaults_AllowDefault", ALLOW_DEFAULT, NULL },
	{ "AllowDefCredentialsWhenNTLMOnly", "ConcatenateDefaults_AllowDefNTLMOnly",
	  ALLOW_DEFAULT_NTLM, NULL },
	{ "AllowFreshCredentials", "ConcatenateDefaults_AllowFresh", ALLOW_FRESH, "TERMSRV/*" },
	{ "AllowFreshCredentialsWhenNTLMOnly", "ConcatenateDefaults_AllowFreshNTLMOnly",
	  ALLOW_FRESH_NTLM, "TERMSRV/*" },
	{ "AllowSavedCredentials", "ConcatenateDefaults_AllowSaved", ALLOW_SAVED, "TERMSRV/*" },
	{ "AllowSavedCredentialsWhenNTLMOnly", "ConcatenateDefaults_AllowSavedNTLMOnly",
	  ALLOW_SAVED_NTLM, "TERMSRV/*" },
	{ "DenyDefaultCredentials", "ConcatenateDefaults_DenyDefault", DENY_DEFAULT, NULL },
	{ "DenyFreshCredentials", "ConcatenateDefaults_DenyFresh", DENY_FRESH, NULL },
	{ "DenySavedCredentials", "ConcatenateDefaults_DenySaved", DENY_SAVED, NULL },
	{ "AcceptedTargetNames", NULL, TARGET_NAMES, NULL },
};

static const struct setting_row settings[] = {
	{ "accounts", "file", "file", false },
	{ "accounts", "lockout threshold", "lockout threshold", false },
	{ "accounts", "lockout seconds", "lockout seconds", false },
	{ "accounts", "observation seconds", "observation seconds", false },
	{ "accounts", "delay milliseconds", "delay milliseconds", false },
	{ "accounts", "delay", "delay milliseconds", false },
	{ "accounts", "domain", "domain", false },
	{ "accounts", "pam", "pam", false, true },
	{ "accounts", "pam seconds", "pam seconds", false, true },
	{ "accounts", "pam folder", "pam folder", false, true },
	{ "accounts", "pam program", "pam program", false, true },
	{ "lsa", "netbios name", "netbios name", false },
	{ "lsa", "netbios domain", "netbios domain", false },
	{ "lsa", "dns name", "dns name", false },
	{ "lsa", "dns domain", "dns domain", false },
	{ "lsa", "realm", "realm", false },
	{ "lsa", "packages", "packages", false },
	{ "lsa", "socket", "socket", false },
	{ "lsa", "user", "user", false },
	{ "lsa", "audit", "audit", false, true },
	{ "lsa", "servers", "servers", false, true },
	{ "lsa", "trusted", "trusted", false, true },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool names_equal(const char *a, const char *b)
{
	for (; *a && lower(*a) == lower(*b); a++, b++)
		;
	return *a == *b;
}

const struct value_row *names_value(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (names_equal(values[i].name, name))
			return &values[i];
	return NULL;
}

const struct value_row *names_value_of(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (values[i].number == number)
			return &values[i];
	return NULL;
}

const struct value_row *names_value_at(size_t index)
{
	return index < ARRAY_LEN(values) ? &values[index] : NULL;
}

const struct list_row *names_list(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (names_equal(lists[i].name, name))
			return &lists[i];
	return NULL;
}

const struct list_row *names_concatenate(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].concatenate && names_equal(lists[i].concatenate, name))
			return &lists[i];
	return NULL;
}

const struct list_row *names_list_of(enum policy_list list)
{
	return &lists[list];
}

const struct setting_row *names_setting(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (names_equal(settings[i].section, section) &&
		    names_equal(settings[i].name, name))
			return &settings[i];
	return NULL;
}

const struct setting_row *names_setting_at(size_t index)
{
	return index < ARRAY_LEN(settings) ? &settings[index] : NULL;
}

bool names_has_section(const char *section)
{
	static const char *const sections[] = { "policy", "lsa", "accounts", "vault" };

	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (names_equal(sections[i], section))
			return true;
	return false;
}

/* Which of "a|b|c" the text is. */
static bool word_read(const char *words, const char *text, uint32_t *out)
{
	size_t n = strlen(text);

	for (uint32_t i = 0; words; i++) {
		const char *end = strchr(words, '|');
		size_t word_n = end ? (size_t)(end - words) : strlen(words);
		if (n == word_n && memcmp(words, text, n) == 0) {
			*out = i;
			return true;
		}
		words = end ? end + 1 : NULL;
	}
	return false;
}

/* A whole number, decimal or with 0x hexadecimal; a leading 0 means nothing. */
static bool number_read(const char *text, uint32_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = text + (hex ? 2 : 0);
	const char *alphabet = hex ? "0123456789abcdefABCDEF" : "0123456789";

	if (!*digits || digits[strspn(digits, alphabet)] != '\0')
		return false;
	errno = 0;
	unsigned long long number = strtoull(digits, NULL, hex ? 16 : 10);
	*out = (uint32_t)number;
	return errno == 0 && number <= UINT32_MAX;
}

bool names_value_read(const struct value_row *row, const char *text, uint32_t *out)
{
	uint32_t value;

	if (row->words && word_read(row->words, text, &value)) {
		*out = row->base + value;
		return true;
	}
	if (row->words_only || !number_read(text, &value) || value < row->least ||
	    value > row->most)
		return false;
	*out = row->inverted ? !value : value;
	return true;
}

/* The word number `index` of "a|b|c". */
static void word_write(const char *words, uint32_t index, struct text *out)
{
	for (; index && words; index--) {
		const char *end = strchr(words, '|');
		words = end ? end + 1 : NULL;
	}
	if (words)
		text_add(out, "%.*s", (int)strcspn(words, "|"), words);
}

void names_value_write(const struct value_row *row, uint32_t value, struct text *out)
{
	if (row->words)
		word_write(row->words, value - row->base, out);
	else if (row->sense == STRICT_IS_BOTH)
		text_add(out, "0x%08X", value);
	else
		text_add(out, "%u", row->inverted ? !value : value);
}
