/* The forms of what the Credential Manager takes and gives: the W functions that are seldom called, and where
 * things lie in a block. */
#include "flow.h"

#define W(s) ((WCHAR *)(uintptr_t)OPENSSPI_WIDE(s))

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

#define assert_fails(call, error)                                                                  \
	do {                                                                                       \
		assert_false(call);                                                                \
		assert_int_equal(OpensspiGetLastError(), error);                                   \
	} while (0)

static void the_wide_domain_functions_do_as_the_narrow_ones(void **state)
{
	CREDENTIALW c = generic(W("wide.example.com"));
	CREDENTIAL_TARGET_INFORMATIONW target = { .DnsServerName = W("wide.example.com") },
				       other = { .DnsServerName = W("other.example.com") };
	PCREDENTIALW *found, best;
	DWORD count;

	c.Type = CRED_TYPE_DOMAIN_PASSWORD;
	assert_fails(CredWriteDomainCredentialsW(&other, &c, 0), ERROR_INVALID_PARAMETER);
	assert_true(CredWriteDomainCredentialsW(&target, &c, 0));
	assert_true(CredReadDomainCredentialsW(&target, 0, &count, &found));
	assert_int_equal(count, 1);
	assert_memory_equal(found[0]->TargetName, W("wide.example.com"), 17 * sizeof(WCHAR));
	assert_int_equal(found[0]->CredentialBlobSize, 0);
	CredFree(found);
	assert_fails(CredReadDomainCredentialsW(&other, 0, &count, &found), ERROR_NOT_FOUND);
	assert_int_equal(count, 0);
	assert_null(found);
	c = generic(W("https://example.com"));
	assert_true(CredWriteW(&c, 0));
	assert_true(
		CredFindBestCredentialW(W("https://example.com/a/b"), CRED_TYPE_GENERIC, 0, &best));
	assert_memory_equal(best->TargetName, W("https://example.com"), 20 * sizeof(WCHAR));
	CredFree(best);
}

static void secrets_lie_where_any_structure_may(void **state)
{
	static char names[3][8] = { "x", "xy", "xyz" }, words[2][8] = { "k", "ke" };
	BYTE one = 1;
	CREDENTIAL_ATTRIBUTEA attributes[] = { { words[0], 0, 1, &one }, { words[1], 0, 1, &one } };

	for (size_t i = 0; i < 3; i++) {
		CREDENTIALA c = { .Type = CRED_TYPE_GENERIC,
				  .TargetName = names[i],
				  .CredentialBlobSize = sizeof(secret),
				  .CredentialBlob = secret,
				  .Persist = CRED_PERSIST_LOCAL_MACHINE,
				  .AttributeCount = 2,
				  .Attributes = attributes };
		PCREDENTIALA back;
		assert_true(CredWriteA(&c, 0));
		assert_true(CredReadA(names[i], CRED_TYPE_GENERIC, 0, &back));
		assert_int_equal((uintptr_t)back->CredentialBlob % _Alignof(max_align_t), 0);
		assert_int_equal((uintptr_t)back->Attributes[1].Value % _Alignof(max_align_t), 0);
		CredFree(back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wide_domain_functions_do_as_the_narrow_ones),
		cmocka_unit_test(secrets_lie_where_any_structure_may),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
