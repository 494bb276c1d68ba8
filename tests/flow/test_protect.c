/* tests/flow/test_protect.c - CredProtect, CredUnprotect, CredIsProtected, and what packs by them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LITERAL(s) ((char *)(uintptr_t)(s))
#define ROOM 1024

static WCHAR secret[] = { 'p', 0xE4, 's', 's', 0 };

static size_t units(const WCHAR *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

static DWORD protect(ULONG flags, WCHAR *out, CRED_PROTECTION_TYPE *type)
{
	DWORD n = ROOM;
	assert_true(CredProtectEx(flags, secret, 5, out, &n, type));
	assert_int_equal(n, units(out) + 1);
	return n;
}

static void expect_open(BOOL (*open)(ULONG, LPWSTR, DWORD, LPWSTR, DWORD *), ULONG flags, WCHAR *text)
{
	WCHAR plain[ROOM];
	DWORD n = ROOM;
	assert_true(open(flags, text, (DWORD)units(text) + 1, plain, &n));
	assert_int_equal(n, 5);
	assert_memory_equal(plain, secret, sizeof(secret));
}

static void expect_refused(ULONG flags, WCHAR *text, DWORD error)
{
	WCHAR plain[ROOM];
	DWORD n = ROOM;
	assert_false(CredUnprotectEx(flags, text, (DWORD)units(text) + 1, plain, &n));
	assert_int_equal(OpensspiGetLastError(), error);
}

static void what_is_protected_comes_back(void **state)
{
	static const ULONG flags[] = { 0, CRED_PROTECT_AS_SELF };
	WCHAR text[ROOM];
	CRED_PROTECTION_TYPE type = CredUnprotected;
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		protect(flags[i], text, &type);
		assert_int_equal(type, CredUserProtection);
		assert_true(text[0] == '@' && text[1] == '@' && text[2] == 'D');
		expect_open(CredUnprotectEx, flags[i], text);
		expect_open(CredUnprotectEx, !flags[i], text); /* there is no impersonation */
		assert_true(CredIsProtectedW(text, &type));
		assert_int_equal(type, CredUserProtection);
		WCHAR plain[8];
		DWORD n = 8;
		assert_true(CredUnprotectW(TRUE, text, (DWORD)units(text), plain, &n)); /* no NUL */
		assert_memory_equal(plain, secret, sizeof(secret));
	}
}

static void two_texts_of_one_secret_differ(void **state)
{
	WCHAR a[ROOM], b[ROOM];
	(void)state;
	DWORD n = protect(CRED_PROTECT_AS_SELF, a, NULL);
	assert_int_equal(protect(CRED_PROTECT_AS_SELF, b, NULL), n);
	assert_memory_not_equal(a, b, n * sizeof(WCHAR));
}

static void the_systems_needs_the_flag_that_says_so(void **state)
{
	WCHAR text[ROOM];
	CRED_PROTECTION_TYPE type = CredUnprotected;
	(void)state;
	protect(CRED_PROTECT_TO_SYSTEM, text, &type);
	assert_int_equal(type, CredForSystemProtection);
	assert_true(text[2] == 'F');
	assert_true(CredIsProtectedW(text, &type));
	assert_int_equal(type, CredForSystemProtection);
	expect_refused(0, text, ERROR_NOT_CAPABLE);
	expect_refused(CRED_UNPROTECT_AS_SELF, text, ERROR_NOT_CAPABLE);
	expect_open(CredUnprotectEx, CRED_UNPROTECT_ALLOW_TO_SYSTEM, text);
	text[2] = 'D'; /* another letter is another text */
	expect_refused(CRED_UNPROTECT_ALLOW_TO_SYSTEM, text, ERROR_INVALID_PARAMETER);
}

static void the_a_forms_widen_and_narrow(void **state)
{
	char text[ROOM], plain[ROOM];
	CRED_PROTECTION_TYPE type = CredUnprotected;
	DWORD n = ROOM, m = ROOM;
	(void)state;
	assert_true(CredProtectA(TRUE, LITERAL("p\xC3\xA4ss"), 6, text, &n, &type));
	assert_int_equal(type, CredUserProtection);
	assert_int_equal(n, strlen(text) + 1);
	assert_true(CredIsProtectedA(text, &type));
	assert_int_equal(type, CredUserProtection);
	assert_true(CredUnprotectA(TRUE, text, n, plain, &m));
	assert_string_equal(plain, "p\xC3\xA4ss");
	assert_int_equal(m, 6);
	n = ROOM;
	assert_false(CredProtectA(TRUE, LITERAL("\xFF"), 2, text, &n, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_NO_UNICODE_TRANSLATION);
	assert_false(CredIsProtectedA(LITERAL("\xFF"), &type));
}

static void sizes_are_told_when_room_is_short(void **state)
{
	WCHAR text[ROOM], plain[ROOM];
	DWORD need = 0, n;
	(void)state;
	assert_false(CredProtectW(TRUE, secret, 5, NULL, &need, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	n = need - 1;
	assert_false(CredProtectW(TRUE, secret, 5, text, &n, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(n, need);
	assert_true(CredProtectW(TRUE, secret, 5, text, &n, NULL));
	assert_int_equal(n, need);
	n = 4;
	assert_false(CredUnprotectW(TRUE, text, need, plain, &n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(n, 5);
	n = 100;
	assert_false(CredUnprotectW(TRUE, text, need, NULL, &n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_true(CredUnprotectW(TRUE, text, need, plain, &n));
	assert_int_equal(n, 5);
}

static void the_empty_text_can_be_protected(void **state)
{
	WCHAR text[ROOM], plain[2], nothing[1] = { 0 };
	DWORD n = ROOM, m = 2;
	(void)state;
	assert_true(CredProtectW(TRUE, nothing, 1, text, &n, NULL));
	assert_true(CredUnprotectW(TRUE, text, n, plain, &m));
	assert_int_equal(m, 1);
	assert_int_equal(plain[0], 0);
}

static void bad_arguments_are_refused(void **state)
{
	WCHAR text[ROOM];
	CRED_PROTECTION_TYPE type;
	DWORD n = ROOM;
	(void)state;
	assert_false(CredProtectEx(4, secret, 5, text, &n, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_FLAGS);
	assert_false(CredUnprotectEx(0x80000000, secret, 5, text, &n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_FLAGS);
	assert_false(CredProtectW(TRUE, NULL, 5, text, &n, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredProtectW(TRUE, secret, 0, text, &n, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredProtectW(TRUE, secret, 5, text, NULL, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredUnprotectW(TRUE, NULL, 5, text, &n));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredIsProtectedW(NULL, &type));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	assert_false(CredIsProtectedW(secret, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
}

static void a_plain_text_is_not_protected(void **state)
{
	static const char *const plain[] = { "", "password", "@@", "@@D", "@@DAAAAAA", "@@Dpw",
					     "@@BXlmblBAAAAAAAAAAAAAAAAAAAAA", "@@CIAAAAA0BQZAMHA0BA",
					     "@@DBAAAAA", "@@DBAAAAAAA", "@@D------", "@@E", "@@FEAAAAA" };
	char out[ROOM];
	CRED_PROTECTION_TYPE type;
	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		DWORD n = ROOM;
		type = CredTrustedProtection;
		assert_true(CredIsProtectedA(LITERAL(plain[i]), &type));
		assert_int_equal(type, CredUnprotected);
		assert_false(CredUnprotectA(TRUE, LITERAL(plain[i]), (DWORD)strlen(plain[i]) + 1, out, &n));
		assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_PARAMETER);
	}
}

static void every_altered_character_is_noticed(void **state)
{
	WCHAR text[ROOM], plain[ROOM];
	(void)state;
	DWORD n = protect(CRED_PROTECT_AS_SELF, text, NULL);
	for (DWORD i = 0; i + 1 < n; i++) {
		WCHAR before = text[i];
		DWORD m = ROOM;
		text[i] = before == 'A' ? 'B' : 'A';
		/* The last character has bits that stand for nothing. */
		if (CredUnprotectW(TRUE, text, n, plain, &m)) {
			assert_int_equal(i, n - 2);
			assert_memory_equal(plain, secret, sizeof(secret));
		} else {
			assert_true(OpensspiGetLastError() == ERROR_NOT_CAPABLE ||
				    OpensspiGetLastError() == ERROR_INVALID_PARAMETER);
		}
		text[i] = before;
	}
	expect_open(CredUnprotectEx, 0, text);
}

static void every_truncation_is_refused(void **state)
{
	WCHAR text[ROOM], plain[ROOM];
	(void)state;
	DWORD n = protect(CRED_PROTECT_AS_SELF, text, NULL);
	for (DWORD i = 1; i + 1 < n; i++) {
		DWORD m = ROOM;
		assert_false(CredUnprotectW(TRUE, text, i, plain, &m));
	}
}

/* ---- other processes, sessions and users ---- */

static struct {
	WCHAR user[ROOM], system[ROOM];
} *shared;

static void child_protects(void)
{
	protect(CRED_PROTECT_AS_SELF, shared->user, NULL);
	protect(CRED_PROTECT_TO_SYSTEM, shared->system, NULL);
}

static void child_opens(void)
{
	struct stat st;
	char path[256];
	expect_open(CredUnprotectEx, 0, shared->user);
	expect_open(CredUnprotectEx, CRED_UNPROTECT_ALLOW_TO_SYSTEM, shared->system);
	if (flow_is_remote()) /* the key is the daemon's */
		return;
	snprintf(path, sizeof(path), "%s/run/protect.key", getenv("OPENSSPI_HOME"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
}

/* The LSA begins while all is as it should be. */
static void begin(void)
{
	WCHAR text[ROOM];
	protect(CRED_PROTECT_AS_SELF, text, NULL);
}

static void child_of_another_home(void)
{
	char home[256];
	begin();
	snprintf(home, sizeof(home), "%s/other", getenv("OPENSSPI_HOME"));
	setenv("OPENSSPI_HOME", home, 1);
	expect_refused(0, shared->user, ERROR_NOT_CAPABLE);
	expect_refused(CRED_UNPROTECT_ALLOW_TO_SYSTEM, shared->system, ERROR_NOT_CAPABLE);
}

/* Another user who could read the key would still not be the one it was sealed for. */
static void child_of_another_user(void)
{
	char path[256];
	begin();
	assert_int_equal(chmod(getenv("OPENSSPI_HOME"), 0711), 0);
	snprintf(path, sizeof(path), "%s/run", getenv("OPENSSPI_HOME"));
	assert_int_equal(chmod(path, 0711), 0);
	assert_int_equal(seteuid(65432), 0);
	expect_refused(0, shared->user, ERROR_NOT_CAPABLE);
	expect_refused(CRED_UNPROTECT_ALLOW_TO_SYSTEM, shared->system, ERROR_NOT_CAPABLE);
}

static void child_without_a_place(void)
{
	WCHAR text[ROOM];
	begin();
	setenv("OPENSSPI_HOME", "/dev/null/nowhere", 1);
	expect_refused(0, shared->user, ERROR_NOT_CAPABLE);
	protect(CRED_PROTECT_AS_SELF, text, NULL);
	expect_open(CredUnprotectEx, 0, text); /* as long as this process lives */
}

static void child_with_an_open_key(void)
{
	WCHAR text[ROOM];
	char path[256];
	snprintf(path, sizeof(path), "%s/run/protect.key", getenv("OPENSSPI_HOME"));
	assert_int_equal(chmod(path, 0640), 0);
	expect_refused(0, shared->user, ERROR_NOT_CAPABLE); /* others could read it: it is not used */
	protect(CRED_PROTECT_AS_SELF, text, NULL);
	expect_open(CredUnprotectEx, 0, text);
	assert_int_equal(chmod(path, 0600), 0);
	expect_open(CredUnprotectEx, 0, shared->user);
	expect_open(CredUnprotectEx, 0, text);
}

static void only_the_users_own_processes_can_open_it(void **state)
{
	(void)state;
	flow_child("", child_protects);
	flow_child("", child_opens);
	if (flow_is_remote()) /* its key is in no folder, and users are told apart by their connections */
		return;
	flow_child("", child_of_another_home);
	flow_child("", child_without_a_place);
	flow_child("", child_with_an_open_key);
	if (geteuid() == 0)
		flow_child("", child_of_another_user);
}

/* ---- identities ---- */

static void expect_password(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, bool readable)
{
	PCWSTR u = NULL, d = NULL, packed = NULL;
	SECURITY_STATUS status = SspiEncodeAuthIdentityAsStrings(id, &u, &d, &packed);
	assert_true((status == SEC_E_OK) == readable);
	SspiLocalFree((PVOID)(uintptr_t)u);
	SspiLocalFree((PVOID)(uintptr_t)d);
	SspiLocalFree((PVOID)(uintptr_t)packed);
}

static void identities_are_sealed_for_the_session_and_the_system(void **state)
{
	static const ULONG ways[] = { SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON,
				      SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM,
				      SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL, copy = NULL;
		BOOLEAN same_user, same;
		assert_int_equal(SspiEncodeStringsAsAuthIdentity(u"user", u"DOM", secret, &id), SEC_E_OK);
		assert_int_equal(SspiEncryptAuthIdentityEx(ways[i], id), SEC_E_OK);
		assert_true(SspiIsAuthIdentityEncrypted(id));
		assert_int_equal(SspiEncryptAuthIdentityEx(ways[i], id), SEC_E_OK); /* once is enough */
		expect_password(id, false);
		for (size_t j = 0; j < 3; j++)
			if (j != i) {
				assert_int_equal(SspiEncryptAuthIdentityEx(ways[j], id), SEC_E_UNKNOWN_CREDENTIALS);
				assert_int_equal(SspiDecryptAuthIdentityEx(ways[j], id), SEC_E_UNKNOWN_CREDENTIALS);
			}
		assert_int_equal(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
		assert_true(SspiIsAuthIdentityEncrypted(copy));
		assert_int_equal(SspiCompareAuthIdentities(id, copy, &same_user, &same), SEC_E_OK);
		assert_true(same_user && same);
		assert_int_equal(SspiDecryptAuthIdentityEx(ways[i], id), SEC_E_OK);
		assert_false(SspiIsAuthIdentityEncrypted(id));
		expect_password(id, true);
		assert_int_equal(SspiDecryptAuthIdentityEx(ways[i], copy), SEC_E_OK);
		assert_int_equal(SspiCompareAuthIdentities(id, copy, &same_user, &same), SEC_E_OK);
		assert_true(same);
		SspiFreeAuthIdentity(copy);
		SspiFreeAuthIdentity(id);
	}
}

static void two_ways_at_once_are_refused(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;
	(void)state;
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(u"user", NULL, secret, &id), SEC_E_OK);
	assert_int_equal(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON |
							   SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM,
						   id),
			 SEC_E_INVALID_PARAMETER);
	assert_false(SspiIsAuthIdentityEncrypted(id));
	SspiFreeAuthIdentity(id);
}

/* A sealed identity of the older form, as AuthData. */
static void a_sealed_identity_signs_in(void **state)
{
	unsigned short user[] = u"alice", password[] = u"S3cret!pw";
	SEC_WINNT_AUTH_IDENTITY_W id = { .User = user, .UserLength = 5, .Password = password,
					 .PasswordLength = 9, .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	CredHandle credential;
	TimeStamp expiry;
	(void)state;
	assert_int_equal(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, &id), SEC_E_OK);
	assert_memory_not_equal(password, u"S3cret!pw", 18);
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("NTLM"), SECPKG_CRED_OUTBOUND, NULL, &id, NULL,
						   NULL, &credential, &expiry),
			 SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	assert_int_equal(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, &id), SEC_E_OK);
	assert_memory_equal(password, u"S3cret!pw", 18);
}

/* A packed logon or identity whose password is protected, as what a CredSSP client submits. */
static void delegate_protected(DWORD form)
{
	static _Alignas(16) BYTE packed[2048];
	DWORD n = sizeof(packed);
	CREDSSP_CRED both = { .Type = CredsspSubmitBufferBoth, .pSpnegoCred = packed };
	struct end client, server;
	assert_true(CredPackAuthenticationBufferA(CRED_PACK_PROTECTED_CREDENTIALS | form,
						  LITERAL("alice"), LITERAL("S3cret!pw"), packed, &n));
	flow_client(&client, "CREDSSP", FLOW_USER, "not this one");
	FreeCredentialsHandle(&client.credential);
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("CREDSSP"), SECPKG_CRED_OUTBOUND, NULL, &both,
						   NULL, NULL, &client.credential, &client.expiry),
			 SEC_E_OK);
	flow_server(&server, "CREDSSP");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	flow_done(&client);
	flow_done(&server);
	/* Protected by somebody else it is no password. */
	for (DWORD i = n - 40; i < n - 38; i += 2)
		packed[i] = packed[i] == 'A' ? 'B' : 'A';
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("CREDSSP"), SECPKG_CRED_OUTBOUND, NULL, &both,
						   NULL, NULL, &client.credential, &client.expiry),
			 SEC_E_UNKNOWN_CREDENTIALS);
}

static void child_delegates_a_protected_password(void)
{
	delegate_protected(0);
	delegate_protected(CRED_PACK_ID_PROVIDER_CREDENTIALS);
}

static void a_protected_password_signs_in(void **state)
{
	(void)state;
	flow_child("", child_delegates_a_protected_password);
}

/* What one child makes the next ones read. */
static int setup(void **state)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	return flow_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_users_own_processes_can_open_it), /* forks before the library is used */
		cmocka_unit_test(a_protected_password_signs_in),
		cmocka_unit_test(what_is_protected_comes_back),
		cmocka_unit_test(two_texts_of_one_secret_differ),
		cmocka_unit_test(the_systems_needs_the_flag_that_says_so),
		cmocka_unit_test(the_a_forms_widen_and_narrow),
		cmocka_unit_test(sizes_are_told_when_room_is_short),
		cmocka_unit_test(the_empty_text_can_be_protected),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(a_plain_text_is_not_protected),
		cmocka_unit_test(every_altered_character_is_noticed),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(identities_are_sealed_for_the_session_and_the_system),
		cmocka_unit_test(two_ways_at_once_are_refused),
		cmocka_unit_test(a_sealed_identity_signs_in),
	};
	return cmocka_run_group_tests(tests, setup, flow_teardown);
}
