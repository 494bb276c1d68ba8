/* The Credential Manager through the public headers: CredWrite, CredRead and their kin, A and W. */
#include "flow.h"

#include <unistd.h>

#define W(s) ((WCHAR *)(uintptr_t)OPENSSPI_WIDE(s))
#define RPC_X_BAD_STUB 1783

static BYTE secret[] = { 's', 0, '3', 0, 'c', 0 };

static CREDENTIALW generic(const WCHAR *target)
{
	return (CREDENTIALW){ .Type = CRED_TYPE_GENERIC,
			      .TargetName = (WCHAR *)(uintptr_t)target,
			      .CredentialBlobSize = sizeof(secret),
			      .CredentialBlob = secret,
			      .Persist = CRED_PERSIST_LOCAL_MACHINE,
			      .UserName = W("ann") };
}

static CREDENTIALA domain(const char *target, const char *user)
{
	return (CREDENTIALA){ .Type = CRED_TYPE_DOMAIN_PASSWORD,
			      .TargetName = (char *)(uintptr_t)target,
			      .CredentialBlobSize = sizeof(secret),
			      .CredentialBlob = secret,
			      .Persist = CRED_PERSIST_LOCAL_MACHINE,
			      .UserName = (char *)(uintptr_t)user };
}

#define assert_fails(call, error)                                                                  \
	do {                                                                                       \
		assert_false(call);                                                                \
		assert_int_equal(OpensspiGetLastError(), error);                                   \
	} while (0)

/* Nothing is left for the next test. */
static int forget_all(void **state)
{
	PCREDENTIALA *all;
	DWORD count;

	if (!CredEnumerateA(NULL, CRED_ENUMERATE_ALL_CREDENTIALS, &count, &all))
		return OpensspiGetLastError() == ERROR_NOT_FOUND ? 0 : -1;
	for (DWORD i = 0; i < count; i++) {
		char name[1024];
		if (all[i]->Type == CRED_TYPE_DOMAIN_EXTENDED)
			snprintf(name, sizeof(name), "%s|%s", all[i]->TargetName, all[i]->UserName);
		else
			snprintf(name, sizeof(name), "%s", all[i]->TargetName);
		if (!CredDeleteA(name, all[i]->Type, 0))
			return -1;
	}
	CredFree(all);
	return 0;
}

/* ---- writing and reading ---- */

static void what_is_written_is_read(void **state)
{
	BYTE value[] = { 0, 1, 255 };
	CREDENTIAL_ATTRIBUTEW attributes[] = { { W("opensspi_test_one"), 0, sizeof(value), value },
					       { W("two\u00E9"), 0, 0, NULL } };
	CREDENTIALW c = generic(W("Caf\u00E9_Service_target"));
	PCREDENTIALW back;

	c.Comment = W("a comment");
	c.TargetAlias = W("alias");
	c.AttributeCount = 2;
	c.Attributes = attributes;
	c.LastWritten.dwHighDateTime = 7; /* not the caller's to say */
	assert_true(CredWriteW(&c, 0));
	assert_true(CredReadW(W("CAF\u00C9_service_TARGET"), CRED_TYPE_GENERIC, 0, &back));
	assert_memory_equal(back->TargetName, c.TargetName, 20 * sizeof(WCHAR));
	assert_int_equal(back->CredentialBlobSize, sizeof(secret));
	assert_memory_equal(back->CredentialBlob, secret, sizeof(secret));
	assert_int_equal(back->Persist, CRED_PERSIST_LOCAL_MACHINE);
	assert_memory_equal(back->Comment, W("a comment"), 10 * sizeof(WCHAR));
	assert_memory_equal(back->TargetAlias, W("alias"), 6 * sizeof(WCHAR));
	assert_memory_equal(back->UserName, W("ann"), 4 * sizeof(WCHAR));
	assert_int_equal(back->AttributeCount, 2);
	assert_memory_equal(back->Attributes[0].Value, value, sizeof(value));
	assert_memory_equal(back->Attributes[1].Keyword, W("two\u00E9"), 5 * sizeof(WCHAR));
	assert_int_equal(back->Attributes[1].ValueSize, 0);
	assert_true(back->LastWritten.dwHighDateTime > 30000000); /* this century */
	CredFree(back);
}

static void narrow_and_wide_are_one_set(void **state)
{
	CREDENTIALW c = generic(W("h\u00E9"));
	PCREDENTIALA back;

	assert_true(CredWriteW(&c, 0));
	assert_true(CredReadA("h\xC3\xA9", CRED_TYPE_GENERIC, 0, &back));
	assert_string_equal(back->TargetName, "h\xC3\xA9");
	assert_string_equal(back->UserName, "ann");
	assert_memory_equal(back->CredentialBlob, secret, sizeof(secret)); /* bytes stay bytes */
	CredFree(back);
	assert_fails(CredReadA("h\xC3", CRED_TYPE_GENERIC, 0, &back), ERROR_NO_UNICODE_TRANSLATION);
}

static void another_type_is_another_credential(void **state)
{
	CREDENTIALW c = generic(W("srv"));
	CREDENTIALA d = domain("srv", "LAB\\ann");
	PCREDENTIALA back;

	assert_true(CredWriteW(&c, 0));
	assert_true(CredWriteA(&d, 0));
	assert_true(CredReadA("srv", CRED_TYPE_DOMAIN_PASSWORD, 0, &back));
	assert_string_equal(back->UserName, "LAB\\ann");
	CredFree(back);
	assert_true(CredDeleteA("SRV", CRED_TYPE_GENERIC, 0));
	assert_fails(CredReadA("srv", CRED_TYPE_GENERIC, 0, &back), ERROR_NOT_FOUND);
	assert_null(back);
	assert_true(CredReadA("srv", CRED_TYPE_DOMAIN_PASSWORD, 0, &back));
	CredFree(back);
}

static void a_domain_password_is_never_read_back(void **state)
{
	CREDENTIALA d = domain("srv.lab.test", "LAB\\ann");
	CREDENTIAL_TARGET_INFORMATIONA t = { .DnsServerName = (char *)(uintptr_t) "srv.lab.test" };
	PCREDENTIALA back, *many;
	DWORD count;

	assert_true(CredWriteA(&d, 0));
	assert_true(CredReadA("srv.lab.test", CRED_TYPE_DOMAIN_PASSWORD, 0, &back));
	assert_null(back->CredentialBlob);
	assert_int_equal(back->CredentialBlobSize, 0);
	CredFree(back);
	assert_true(CredEnumerateA(NULL, 0, &count, &many));
	assert_int_equal(count, 1);
	assert_null(many[0]->CredentialBlob);
	CredFree(many);
	assert_true(CredReadDomainCredentialsA(&t, 0, &count, &many));
	assert_int_equal(count, 1);
	assert_null(many[0]->CredentialBlob);
	CredFree(many);
}

static void a_secret_may_be_kept(void **state)
{
	CREDENTIALW c = generic(W("kept"));
	PCREDENTIALW back;

	c.CredentialBlobSize = 0;
	assert_fails(CredWriteW(&c, CRED_PRESERVE_CREDENTIAL_BLOB), ERROR_NOT_FOUND);
	c.CredentialBlobSize = sizeof(secret);
	assert_true(CredWriteW(&c, 0));
	assert_fails(CredWriteW(&c, CRED_PRESERVE_CREDENTIAL_BLOB), ERROR_INVALID_PARAMETER);
	c.CredentialBlobSize = 0;
	c.Comment = W("new");
	assert_true(CredWriteW(&c, CRED_PRESERVE_CREDENTIAL_BLOB));
	assert_true(CredReadW(W("kept"), CRED_TYPE_GENERIC, 0, &back));
	assert_memory_equal(back->CredentialBlob, secret, sizeof(secret));
	assert_memory_equal(back->Comment, W("new"), 4 * sizeof(WCHAR));
	CredFree(back);
	assert_true(CredWriteW(&c, 0)); /* without the flag it goes */
	assert_true(CredReadW(W("kept"), CRED_TYPE_GENERIC, 0, &back));
	assert_int_equal(back->CredentialBlobSize, 0);
	CredFree(back);
}

static void persistence_may_change(void **state)
{
	CREDENTIALW c = generic(W("moving"));
	PCREDENTIALW back;
	PCREDENTIALW *many;
	DWORD count;

	for (DWORD persist = CRED_PERSIST_SESSION; persist <= CRED_PERSIST_ENTERPRISE; persist++) {
		c.Persist = persist;
		assert_true(CredWriteW(&c, 0));
		assert_true(CredReadW(W("moving"), CRED_TYPE_GENERIC, 0, &back));
		assert_int_equal(back->Persist, persist);
		CredFree(back);
		assert_true(CredEnumerateW(NULL, 0, &count, &many));
		assert_int_equal(count, 1);
		CredFree(many);
	}
	c.Persist = CRED_PERSIST_SESSION;
	assert_true(CredWriteW(&c, 0));
	assert_true(CredDeleteW(W("moving"), CRED_TYPE_GENERIC, 0));
	assert_fails(CredReadW(W("moving"), CRED_TYPE_GENERIC, 0, &back), ERROR_NOT_FOUND);
}

/* ---- refusals: S44 ---- */

static void s44_each_refusal_has_its_number(void **state)
{
	CREDENTIALW c = generic(W("x"));
	PCREDENTIALW back;
	PCREDENTIALW *many;
	DWORD count;

	assert_fails(CredWriteW(NULL, 0), ERROR_INVALID_PARAMETER);
	assert_fails(CredWriteW(&c, 2), ERROR_INVALID_FLAGS);
	assert_fails(CredReadW(W("x"), CRED_TYPE_GENERIC, 1, &back), ERROR_INVALID_FLAGS);
	assert_fails(CredReadW(W("x"), (DWORD)-1, 0, &back), ERROR_INVALID_PARAMETER);
	assert_fails(CredReadW(W("x"), 0, 0, &back), ERROR_INVALID_PARAMETER);
	assert_fails(CredReadW(NULL, CRED_TYPE_GENERIC, 0, &back), ERROR_INVALID_PARAMETER);
	assert_fails(CredReadW(W("x"), CRED_TYPE_GENERIC, 0, NULL), ERROR_INVALID_PARAMETER);
	assert_fails(CredReadW(W("x"), CRED_TYPE_GENERIC, 0, &back), ERROR_NOT_FOUND);
	assert_fails(CredDeleteW(W("x"), CRED_TYPE_GENERIC, 0), ERROR_NOT_FOUND);
	assert_fails(CredDeleteW(W("x"), CRED_TYPE_GENERIC, 1), ERROR_INVALID_FLAGS);
	assert_fails(CredEnumerateW(NULL, 0, &count, &many), ERROR_NOT_FOUND);
	assert_fails(CredEnumerateW(NULL, 2, &count, &many), ERROR_INVALID_FLAGS);
	assert_fails(CredEnumerateW(W("x*"), CRED_ENUMERATE_ALL_CREDENTIALS, &count, &many),
		     ERROR_INVALID_FLAGS);
	assert_fails(CredRenameW(W("x"), W("y"), CRED_TYPE_GENERIC, 0), ERROR_NOT_FOUND);
	assert_fails(CredRenameW(W("x"), NULL, CRED_TYPE_GENERIC, 0), ERROR_INVALID_PARAMETER);
}

static void s44_each_limit_is_refused_one_above(void **state)
{
	static BYTE blob[CRED_MAX_CREDENTIAL_BLOB_SIZE + 1];
	static WCHAR text[CRED_MAX_GENERIC_TARGET_NAME_LENGTH + 2];
	CREDENTIAL_ATTRIBUTEW attributes[CRED_MAX_ATTRIBUTES + 1];
	CREDENTIALW c = generic(W("x"));

	c.CredentialBlob = blob;
	c.CredentialBlobSize = CRED_MAX_CREDENTIAL_BLOB_SIZE;
	assert_true(CredWriteW(&c, 0));
	c.CredentialBlobSize++;
	assert_fails(CredWriteW(&c, 0), RPC_X_BAD_STUB);
	c = generic(W("x"));
	for (size_t i = 0; i <= CRED_MAX_ATTRIBUTES; i++)
		attributes[i] = (CREDENTIAL_ATTRIBUTEW){ W("k"), 0, CRED_MAX_VALUE_SIZE, blob };
	c.Attributes = attributes;
	c.AttributeCount = CRED_MAX_ATTRIBUTES;
	assert_true(CredWriteW(&c, 0));
	c.AttributeCount++;
	assert_fails(CredWriteW(&c, 0), RPC_X_BAD_STUB);
	c.AttributeCount = 1;
	attributes[0].ValueSize++;
	assert_fails(CredWriteW(&c, 0), RPC_X_BAD_STUB);
	for (size_t i = 0; i <= CRED_MAX_GENERIC_TARGET_NAME_LENGTH; i++)
		text[i] = 'n';
	c = generic(text);
	assert_fails(CredWriteW(&c, 0), RPC_X_BAD_STUB);
	text[CRED_MAX_GENERIC_TARGET_NAME_LENGTH] = 0;
	assert_true(CredWriteW(&c, 0));
	assert_true(CredDeleteW(text, CRED_TYPE_GENERIC, 0));
	text[CRED_MAX_STRING_LENGTH + 1] = 0;
	c = generic(W("x"));
	c.Comment = text;
	assert_fails(CredWriteW(&c, 0), RPC_X_BAD_STUB);
	c = generic(W("x"));
	c.TargetAlias = text;
	assert_fails(CredWriteW(&c, 0), RPC_X_BAD_STUB);
}

static void s44_types_and_persistences_have_their_grid(void **state)
{
	for (DWORD type = 0; type <= CRED_TYPE_MAXIMUM; type++) {
		for (DWORD persist = 0; persist <= CRED_PERSIST_ENTERPRISE + 1; persist++) {
			CREDENTIALA c = domain("grid", "LAB\\ann");
			bool sound = persist >= CRED_PERSIST_SESSION &&
				     persist <= CRED_PERSIST_ENTERPRISE;
			c.Type = type;
			c.Persist = persist;
			if (type == CRED_TYPE_DOMAIN_CERTIFICATE)
				c.UserName = (char *)(uintptr_t) "@@BAAAAAAAAAAAAAAAAAAAAAAAAAAA";
			if (type == CRED_TYPE_DOMAIN_EXTENDED)
				c.TargetName = (char *)(uintptr_t) "Lab:target=grid";
			if (type == 0 || type == CRED_TYPE_MAXIMUM)
				assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER);
			else if (type == CRED_TYPE_DOMAIN_VISIBLE_PASSWORD)
				assert_fails(CredWriteA(&c, 0), ERROR_NOT_SUPPORTED);
			else if (!sound)
				assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER);
			else
				assert_true(CredWriteA(&c, 0));
		}
	}
}

static void users_must_suit_their_type(void **state)
{
	CREDENTIALA c = domain("srv", NULL);

	assert_fails(CredWriteA(&c, 0), ERROR_BAD_USERNAME);
	c.UserName = (char *)(uintptr_t) "plain";
	assert_true(CredWriteA(&c, 0));
	c.Persist = CRED_PERSIST_ENTERPRISE;
	assert_fails(CredWriteA(&c, 0), ERROR_BAD_USERNAME);
	c.UserName = (char *)(uintptr_t) "ann@lab.test";
	assert_true(CredWriteA(&c, 0));
	c = domain("other", "LAB\\ann");
	c.Flags = CRED_FLAGS_USERNAME_TARGET;
	assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER);
	c.TargetName = c.UserName;
	assert_true(CredWriteA(&c, 0));
	c.Flags = 0;
	assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER); /* that may not change */
	c = domain("*Session", "LAB\\ann");
	assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER);
	c.Persist = CRED_PERSIST_SESSION;
	assert_true(CredWriteA(&c, 0));
}

/* ---- looking through them ---- */

static DWORD count_of(const char *filter, DWORD flags)
{
	PCREDENTIALA *many;
	DWORD count = 99;

	if (!CredEnumerateA(filter, flags, &count, &many))
		return OpensspiGetLastError() == ERROR_NOT_FOUND ? 0 : 99;
	CredFree(many);
	return count;
}

static void filters_end_in_a_star_or_are_whole(void **state)
{
	const WCHAR *names[] = { W("git:https://a"), W("git:https://b"), W("other") };

	for (size_t i = 0; i < 3; i++) {
		CREDENTIALW c = generic(names[i]);
		assert_true(CredWriteW(&c, 0));
	}
	assert_int_equal(count_of(NULL, 0), 3);
	assert_int_equal(count_of("GIT:*", 0), 2);
	assert_int_equal(count_of("git:https://a", 0), 1);
	assert_int_equal(count_of("git", 0), 0);
	assert_int_equal(count_of("*b", 0), 0);
	assert_int_equal(count_of("*", 0), 3);
	assert_int_equal(count_of("", 0), 0);
}

static void all_are_listed_by_their_universal_names(void **state)
{
	CREDENTIALW c = generic(W("one"));
	CREDENTIALA d = domain("two", "LAB\\ann"), batch = domain("three", "LAB\\ann");
	PCREDENTIALA *many;
	DWORD count;
	int seen = 0;

	batch.Flags = 4 << 12;
	assert_true(CredWriteW(&c, 0));
	assert_true(CredWriteA(&d, 0));
	assert_true(CredWriteA(&batch, 0));
	assert_int_equal(count_of(NULL, 0), 2); /* one logon type's are not classic */
	assert_true(CredEnumerateA(NULL, CRED_ENUMERATE_ALL_CREDENTIALS, &count, &many));
	assert_int_equal(count, 3);
	for (DWORD i = 0; i < count; i++) {
		seen |= strcmp(many[i]->TargetName, "LegacyGeneric:target=one") == 0 ? 1 : 0;
		seen |= strcmp(many[i]->TargetName, "Domain:target=two") == 0 ? 2 : 0;
		seen |= strcmp(many[i]->TargetName, "Domain:batch=three") == 0 ? 4 : 0;
	}
	CredFree(many);
	assert_int_equal(seen, 7);
	PCREDENTIALA back;
	assert_true(CredReadA("Domain:target=two", CRED_TYPE_DOMAIN_PASSWORD, 0, &back));
	CredFree(back);
	/* A batch logon's is called by its own universal name. */
	assert_true(CredDeleteA("three", CRED_TYPE_DOMAIN_PASSWORD, 0));
}

static void names_may_change_but_not_collide(void **state)
{
	CREDENTIALW a = generic(W("a")), b = generic(W("b"));
	PCREDENTIALW back;

	assert_true(CredWriteW(&a, 0));
	assert_true(CredWriteW(&b, 0));
	assert_fails(CredRenameW(W("a"), W("B"), CRED_TYPE_GENERIC, 0), ERROR_ALREADY_EXISTS);
	assert_true(CredRenameW(W("a"), W("c"), CRED_TYPE_GENERIC, 0));
	assert_fails(CredReadW(W("a"), CRED_TYPE_GENERIC, 0, &back), ERROR_NOT_FOUND);
	assert_true(CredReadW(W("c"), CRED_TYPE_GENERIC, 0, &back));
	assert_memory_equal(back->CredentialBlob, secret, sizeof(secret));
	CredFree(back);
}

static void extended_ones_differ_by_user(void **state)
{
	CREDENTIALA c = domain("Lab:target=srv", "one");
	PCREDENTIALA *many;
	CREDENTIAL_TARGET_INFORMATIONA t = { .TargetName = (char *)(uintptr_t) "Lab:target=srv" };
	DWORD count, types[] = { CRED_TYPE_DOMAIN_EXTENDED, CRED_TYPE_DOMAIN_PASSWORD };

	c.Type = CRED_TYPE_DOMAIN_EXTENDED;
	assert_true(CredWriteA(&c, 0));
	c.UserName = (char *)(uintptr_t) "two";
	assert_true(CredWriteA(&c, 0));
	c.TargetName = (char *)(uintptr_t) "no namespace";
	assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER);
	c.TargetName = (char *)(uintptr_t) "Lab:target=*";
	assert_fails(CredWriteA(&c, 0), ERROR_INVALID_PARAMETER);
	t.CredTypes = types;
	t.CredTypeCount = 2;
	assert_fails(CredReadDomainCredentialsA(&t, 0, &count, &many), ERROR_INVALID_PARAMETER);
	t.CredTypeCount = 1;
	assert_true(CredReadDomainCredentialsA(&t, 0, &count, &many));
	assert_int_equal(count, 2);
	CredFree(many);
	assert_true(CredDeleteA("Lab:target=srv|one", CRED_TYPE_DOMAIN_EXTENDED, 0));
	assert_true(CredReadDomainCredentialsA(&t, 0, &count, &many));
	assert_int_equal(count, 1);
	assert_string_equal(many[0]->UserName, "two");
	CredFree(many);
}

static void the_most_specific_domain_credential_wins(void **state)
{
	/* From the least to the most specific: each one written wins over all before it. */
	static const char *const targets[] = { "*",
					       "*Session",
					       "LAB\\*",
					       "lab.test\\*",
					       "*.test",
					       "*.lab.test",
					       "TERMSRV/srv.lab.test",
					       "SRV",
					       "srv.lab.test" };
	CREDENTIAL_TARGET_INFORMATIONA t = {
		.TargetName = (char *)(uintptr_t) "TERMSRV/srv.lab.test",
		.NetbiosServerName = (char *)(uintptr_t) "SRV",
		.DnsServerName = (char *)(uintptr_t) "srv.lab.test",
		.NetbiosDomainName = (char *)(uintptr_t) "LAB",
		.DnsDomainName = (char *)(uintptr_t) "lab.test",
	};
	PCREDENTIALA *many;
	DWORD count;

	assert_fails(CredReadDomainCredentialsA(&t, 0, &count, &many), ERROR_NOT_FOUND);
	assert_int_equal(count, 0);
	assert_null(many);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		CREDENTIALA c = domain(targets[i], "LAB\\ann");
		c.Persist = CRED_PERSIST_SESSION;
		assert_true(CredWriteA(&c, 0));
		assert_true(CredReadDomainCredentialsA(&t, 0, &count, &many));
		assert_int_equal(count, 1);
		assert_string_equal(many[0]->TargetName, targets[i]);
		assert_int_equal(!!(many[0]->Flags & CRED_FLAGS_WILDCARD_MATCH),
				 !!strchr(targets[i], '*'));
		CredFree(many);
	}
	t = (CREDENTIAL_TARGET_INFORMATIONA){ .Flags = 0 };
	assert_fails(CredReadDomainCredentialsA(&t, 0, &count, &many), ERROR_INVALID_PARAMETER);
	assert_fails(CredReadDomainCredentialsA(NULL, 0, &count, &many), ERROR_INVALID_PARAMETER);
}

static void a_domain_credential_must_fit_its_target(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONA t = { .DnsServerName = (char *)(uintptr_t) "srv.lab.test" };
	CREDENTIALA c = domain("*.lab.test", "LAB\\ann");

	assert_true(CredWriteDomainCredentialsA(&t, &c, 0));
	c.TargetName = (char *)(uintptr_t) "*.other.test";
	assert_fails(CredWriteDomainCredentialsA(&t, &c, 0), ERROR_INVALID_PARAMETER);
	c.TargetName = (char *)(uintptr_t) "srv.lab.test";
	c.Type = CRED_TYPE_GENERIC;
	assert_fails(CredWriteDomainCredentialsA(&t, &c, 0), ERROR_INVALID_PARAMETER);
	assert_fails(CredWriteDomainCredentialsA(NULL, &c, 0), ERROR_INVALID_PARAMETER);
}

static void what_is_known_of_a_target_is_remembered(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONA t = {
		.TargetName = (char *)(uintptr_t) "HTTP/web.lab.test",
		.DnsServerName = (char *)(uintptr_t) "web.lab.test",
		.NetbiosDomainName = (char *)(uintptr_t) "LAB",
		.PackageName = (char *)(uintptr_t) "NTLM",
		.Flags = CRED_TI_SERVER_FORMAT_UNKNOWN,
	};
	PCREDENTIAL_TARGET_INFORMATIONA back;
	PCREDENTIAL_TARGET_INFORMATIONW wide;
	PCREDENTIALA *many;
	DWORD count;

	assert_fails(CredGetTargetInfoA("HTTP/web.lab.test", 0, &back), ERROR_NOT_FOUND);
	assert_fails(CredReadDomainCredentialsA(&t, CRED_CACHE_TARGET_INFORMATION, &count, &many),
		     ERROR_NOT_FOUND);
	assert_true(CredGetTargetInfoA("http/WEB.lab.test", 0, &back));
	assert_string_equal(back->DnsServerName, "web.lab.test");
	assert_string_equal(back->NetbiosDomainName, "LAB");
	assert_string_equal(back->PackageName, "NTLM");
	assert_null(back->DnsTreeName);
	CredFree(back);
	assert_true(CredGetTargetInfoW(W("web.lab.test"), 0, &wide));
	assert_memory_equal(wide->TargetName, W("HTTP/web.lab.test"), 18 * sizeof(WCHAR));
	CredFree(wide);
	assert_fails(CredGetTargetInfoA("HTTP/web.lab.test", 2, &back), ERROR_INVALID_FLAGS);
	assert_fails(CredGetTargetInfoA(NULL, 0, &back), ERROR_INVALID_PARAMETER);
	assert_fails(CredGetTargetInfoA("no.such.invalid", CRED_ALLOW_NAME_RESOLUTION, &back),
		     ERROR_NOT_FOUND);
}

static void the_best_generic_one_is_the_nearest_above(void **state)
{
	CREDENTIALW host = generic(W("https://h.test")), path = generic(W("https://h.test/a"));
	PCREDENTIALA back;

	assert_true(CredWriteW(&host, 0));
	assert_true(CredWriteW(&path, 0));
	assert_true(CredFindBestCredentialA("https://h.test/a/b/c", CRED_TYPE_GENERIC, 0, &back));
	assert_string_equal(back->TargetName, "https://h.test/a");
	CredFree(back);
	assert_true(CredFindBestCredentialA("https://h.test/a/", CRED_TYPE_GENERIC, 0, &back));
	assert_string_equal(back->TargetName, "https://h.test/a");
	CredFree(back);
	assert_true(CredFindBestCredentialA("https://h.test/", CRED_TYPE_GENERIC, 0, &back));
	assert_string_equal(back->TargetName, "https://h.test");
	CredFree(back);
	assert_true(CredFindBestCredentialA("https://h.test/z", CRED_TYPE_GENERIC, 0, &back));
	assert_string_equal(back->TargetName, "https://h.test");
	CredFree(back);
	assert_fails(CredFindBestCredentialA("https://x.test/", CRED_TYPE_GENERIC, 0, &back),
		     ERROR_NOT_FOUND);
	assert_fails(CredFindBestCredentialA("x", CRED_TYPE_DOMAIN_PASSWORD, 0, &back),
		     ERROR_INVALID_PARAMETER);
	assert_fails(CredFindBestCredentialA("x", CRED_TYPE_GENERIC, 1, &back),
		     ERROR_INVALID_FLAGS);
}

static void session_types_are_told_for_any_length(void **state)
{
	DWORD persist[10];

	memset(persist, 0xFF, sizeof(persist));
	assert_true(CredGetSessionTypes(10, persist));
	assert_int_equal(persist[0], CRED_PERSIST_NONE);
	assert_int_equal(persist[CRED_TYPE_GENERIC], CRED_PERSIST_ENTERPRISE);
	assert_int_equal(persist[CRED_TYPE_DOMAIN_PASSWORD], CRED_PERSIST_ENTERPRISE);
	assert_int_equal(persist[8], CRED_PERSIST_NONE);
	assert_int_equal(persist[9], CRED_PERSIST_NONE);
	persist[1] = 77;
	assert_true(CredGetSessionTypes(1, persist));
	assert_int_equal(persist[1], 77);
	assert_fails(CredGetSessionTypes(2, NULL), ERROR_INVALID_PARAMETER);
}

/* ---- the logon's own, and the vault ---- */

static void one_credential_may_be_the_default(void **state)
{
	CREDENTIALA c = domain("LAB\\ann", "LAB\\ann");
	PCREDENTIALA back;

	c.Flags = CRED_FLAGS_USERNAME_TARGET;
	assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_NOT_FOUND);
	assert_int_equal(OpensspiDefaultCredentialSet("LAB\\ann", CRED_TYPE_DOMAIN_PASSWORD),
			 ERROR_NOT_FOUND);
	assert_true(CredWriteA(&c, 0));
	assert_int_equal(OpensspiDefaultCredentialSet("LAB\\ann", CRED_TYPE_GENERIC),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(OpensspiDefaultCredentialSet("lab\\ANN", CRED_TYPE_DOMAIN_PASSWORD),
			 ERROR_SUCCESS);
	assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_SUCCESS);
	assert_string_equal(back->UserName, "LAB\\ann");
	assert_int_equal(back->CredentialBlobSize, 0);
	CredFree(back);
	assert_int_equal(OpensspiDefaultCredentialSet(NULL, 0), ERROR_SUCCESS);
	assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_NOT_FOUND);
	assert_int_equal(OpensspiDefaultCredentialSet("LAB\\ann", CRED_TYPE_DOMAIN_PASSWORD),
			 ERROR_SUCCESS);
	assert_true(CredDeleteA("LAB\\ann", CRED_TYPE_DOMAIN_PASSWORD, 0));
	assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_NOT_FOUND);
	assert_true(CredWriteA(&c, 0)); /* another one of the same name is not what was marked */
	assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_NOT_FOUND);
}

static void the_mark_of_the_default_goes_where_its_credential_goes(void **state)
{
	CREDENTIALA c = domain("before", "LAB\\ann");
	PCREDENTIALA back;

	for (c.Persist = CRED_PERSIST_SESSION; c.Persist <= CRED_PERSIST_LOCAL_MACHINE;
	     c.Persist++) {
		assert_true(CredWriteA(&c, 0));
		assert_int_equal(OpensspiDefaultCredentialSet("before", CRED_TYPE_DOMAIN_PASSWORD),
				 ERROR_SUCCESS);
		assert_true(CredRenameA("BEFORE", "after", CRED_TYPE_DOMAIN_PASSWORD, 0));
		assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_SUCCESS);
		assert_string_equal(back->TargetName, "after");
		CredFree(back);
		assert_true(CredWriteA(&c, 0)); /* the old name is a stranger's now */
		assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_SUCCESS);
		assert_string_equal(back->TargetName, "after");
		CredFree(back);
		assert_true(CredDeleteA("before", CRED_TYPE_DOMAIN_PASSWORD, 0));
		assert_true(CredDeleteA("after", CRED_TYPE_DOMAIN_PASSWORD, 0));
		assert_int_equal(OpensspiDefaultCredentialGet(&back), ERROR_NOT_FOUND);
	}
}

static void the_vault_describes_and_checks_itself(void **state)
{
	CREDENTIALW c = generic(W("x"));
	OPENSSPI_VAULT_STATUS *status;
	OPENSSPI_VAULT_REPORT report;

	assert_true(CredWriteW(&c, 0));
	assert_int_equal(OpensspiVaultStatus(&status), ERROR_SUCCESS);
	assert_true(status->Records >= 1);
	assert_int_equal(status->KeyCount, 1);
	assert_int_equal(status->Keys[0].Kind, OPENSSPI_VAULT_KEY_FILE);
	assert_true(status->Flags & OPENSSPI_VAULT_KEY_FILE_OPENS);
	assert_int_equal(access(status->Path, R_OK), 0);
	assert_int_equal(access(status->KeyFile, R_OK), 0);
	FreeContextBuffer(status);
	assert_int_equal(OpensspiVaultCheck(NULL, NULL, &report), ERROR_SUCCESS);
	assert_true(report.Records >= 1);
	assert_int_equal(report.Altered, 0);
	assert_int_equal(OpensspiVaultRekey(NULL, 0), ERROR_SUCCESS);
	PCREDENTIALW back;
	assert_true(CredReadW(W("x"), CRED_TYPE_GENERIC, 0, &back));
	CredFree(back);
}

static void a_lock_that_a_key_file_opens_is_none(void **state)
{
	CREDENTIALW c = generic(W("behind no lock"));
	PCREDENTIALW back;
	LONGLONG number = 0;

	assert_true(CredWriteW(&c, 0));
	assert_int_equal(OpensspiVaultLock(), ERROR_NOT_SUPPORTED);
	assert_true(CredReadW(W("behind no lock"), CRED_TYPE_GENERIC, 0, &back));
	CredFree(back);
	/* With a passphrase it is one, whatever else opens the vault. */
	assert_int_equal(OpensspiVaultAddPassphrase("open sesame", "mine", &number), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultLock(), ERROR_SUCCESS);
	assert_fails(CredReadW(W("behind no lock"), CRED_TYPE_GENERIC, 0, &back),
		     (DWORD)FVE_E_LOCKED_VOLUME);
	assert_int_equal(OpensspiVaultUnlock("open sesame", 0), ERROR_SUCCESS);
	assert_true(CredReadW(W("behind no lock"), CRED_TYPE_GENERIC, 0, &back));
	CredFree(back);
	assert_int_equal(OpensspiVaultRemoveKey(number), ERROR_SUCCESS);
}

static void a_vault_locked_by_a_passphrase_says_so_and_opens(void **state)
{
	CREDENTIALW c = generic(W("behind a lock"));
	LONGLONG number = 0, file = 0;
	OPENSSPI_VAULT_STATUS *status;
	PCREDENTIALW back;

	assert_true(CredWriteW(&c, 0));
	assert_int_equal(OpensspiVaultStatus(&status), ERROR_SUCCESS);
	file = status->Keys[0].Number;
	FreeContextBuffer(status);
	assert_int_equal(OpensspiVaultAddPassphrase("", "none", &number), ERROR_INVALID_PARAMETER);
	assert_int_equal(OpensspiVaultAddPassphrase("open sesame", "mine", &number), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultRemoveKey(file), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultRemoveKey(number), ERROR_INVALID_PARAMETER);
	assert_int_equal(OpensspiVaultLock(), ERROR_SUCCESS);
	assert_fails(CredReadW(W("behind a lock"), CRED_TYPE_GENERIC, 0, &back),
		     (DWORD)FVE_E_LOCKED_VOLUME);
	assert_fails(CredWriteW(&c, 0), (DWORD)FVE_E_LOCKED_VOLUME);
	char *words;
	assert_int_equal(OpensspiVaultLastFault(&words), ERROR_SUCCESS);
	assert_non_null(strstr(words, "vault.db"));
	FreeContextBuffer(words);
	assert_int_equal(OpensspiVaultUnlock("open simsim", 0), ERROR_INVALID_PASSWORD);
	assert_int_equal(OpensspiVaultUnlock("open sesame", 0), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultUnlock("open simsim", 0), ERROR_INVALID_PASSWORD);
	assert_true(CredReadW(W("behind a lock"), CRED_TYPE_GENERIC, 0, &back));
	CredFree(back);
	assert_int_equal(OpensspiVaultAddKeyFile("file", NULL), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultRemoveKey(number), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultRemoveKey(number), ERROR_NOT_FOUND);
}

static void a_vault_moves_to_a_daemon_alone(void **state)
{
	ULONGLONG records = 7;

	/* These tests' own files have none; the vault of these tests is the LSA's. */
	assert_int_equal(OpensspiVaultMove(NULL, 0, &records),
			 flow_is_remote() ? ERROR_FILE_NOT_FOUND : ERROR_NOT_SUPPORTED);
	assert_true(records == 0);
	assert_int_equal(OpensspiVaultMove(NULL, 2, NULL), ERROR_INVALID_FLAGS);
	assert_int_equal(OpensspiVaultMove("", OPENSSPI_VAULT_MERGE, NULL),
			 flow_is_remote() ? ERROR_FILE_NOT_FOUND : ERROR_NOT_SUPPORTED);
}

static void an_export_comes_back_whole_or_not_at_all(void **state)
{
	CREDENTIALW c = generic(W("travels"));
	FILE *f = tmpfile(), *cut = tmpfile();
	ULONGLONG records = 0;
	PCREDENTIALW back;
	char bytes[65536];

	assert_true(CredWriteW(&c, 0));
	if (flow_is_remote()) { /* no program gets what lsad keeps */
		assert_int_equal(OpensspiVaultExport("pass", fileno(f), &records),
				 ERROR_NOT_SUPPORTED);
		assert_int_equal(lseek(fileno(f), 0, SEEK_END), 0);
		fclose(f);
		fclose(cut);
		return;
	}
	assert_int_equal(OpensspiVaultExport("pass", fileno(f), &records), ERROR_SUCCESS);
	assert_true(records >= 1);
	assert_true(CredDeleteW(W("travels"), CRED_TYPE_GENERIC, 0));
	rewind(f);
	size_t n = fread(bytes, 1, sizeof(bytes), f);
	assert_true(n > 0 && !memmem(bytes, n, "t\0r\0a\0v\0", 8));
	fwrite(bytes, 1, n - 1, cut);
	rewind(cut);
	assert_int_not_equal(OpensspiVaultImport("pass", fileno(cut), FALSE, &records),
			     ERROR_SUCCESS);
	rewind(f);
	assert_int_equal(OpensspiVaultImport("wrong", fileno(f), FALSE, &records),
			 ERROR_INVALID_PASSWORD);
	assert_fails(CredReadW(W("travels"), CRED_TYPE_GENERIC, 0, &back), ERROR_NOT_FOUND);
	lseek(fileno(f), 0, SEEK_SET);
	assert_int_equal(OpensspiVaultImport("pass", fileno(f), FALSE, &records), ERROR_SUCCESS);
	assert_true(CredReadW(W("travels"), CRED_TYPE_GENERIC, 0, &back));
	assert_memory_equal(back->CredentialBlob, secret, sizeof(secret));
	CredFree(back);
	fclose(f);
	fclose(cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_is_written_is_read, forget_all),
		cmocka_unit_test_teardown(narrow_and_wide_are_one_set, forget_all),
		cmocka_unit_test_teardown(another_type_is_another_credential, forget_all),
		cmocka_unit_test_teardown(a_domain_password_is_never_read_back, forget_all),
		cmocka_unit_test_teardown(a_secret_may_be_kept, forget_all),
		cmocka_unit_test_teardown(persistence_may_change, forget_all),
		cmocka_unit_test_teardown(s44_each_refusal_has_its_number, forget_all),
		cmocka_unit_test_teardown(s44_each_limit_is_refused_one_above, forget_all),
		cmocka_unit_test_teardown(s44_types_and_persistences_have_their_grid, forget_all),
		cmocka_unit_test_teardown(users_must_suit_their_type, forget_all),
		cmocka_unit_test_teardown(filters_end_in_a_star_or_are_whole, forget_all),
		cmocka_unit_test_teardown(all_are_listed_by_their_universal_names, forget_all),
		cmocka_unit_test_teardown(names_may_change_but_not_collide, forget_all),
		cmocka_unit_test_teardown(extended_ones_differ_by_user, forget_all),
		cmocka_unit_test_teardown(the_most_specific_domain_credential_wins, forget_all),
		cmocka_unit_test_teardown(a_domain_credential_must_fit_its_target, forget_all),
		cmocka_unit_test_teardown(what_is_known_of_a_target_is_remembered, forget_all),
		cmocka_unit_test_teardown(the_best_generic_one_is_the_nearest_above, forget_all),
		cmocka_unit_test(session_types_are_told_for_any_length),
		cmocka_unit_test_teardown(one_credential_may_be_the_default, forget_all),
		cmocka_unit_test_teardown(the_mark_of_the_default_goes_where_its_credential_goes,
					  forget_all),
		cmocka_unit_test_teardown(the_vault_describes_and_checks_itself, forget_all),
		cmocka_unit_test_teardown(a_lock_that_a_key_file_opens_is_none, forget_all),
		cmocka_unit_test_teardown(a_vault_locked_by_a_passphrase_says_so_and_opens,
					  forget_all),
		cmocka_unit_test_teardown(a_vault_moves_to_a_daemon_alone, forget_all),
		cmocka_unit_test_teardown(an_export_comes_back_whole_or_not_at_all, forget_all),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
