/* tests/unit/test_sspi_identity.c - identities as opaque things: strings, copies, sealing, targets.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sspi.h>
#include <wincred.h>

#include "base/block.h"
#include "base/utf.h"
#include "fake_lsa.h"
#include "sspi/authdata.h"
#include "wire/authdata.h"

static const WCHAR user[] = u"us\u00E4r", domain[] = u"DOM", password[] = u"p\u00E4ss";

static int reset(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE made(const WCHAR *u, const WCHAR *d, const WCHAR *p)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(u, d, p, &id), SEC_E_OK);
	assert_non_null(id);
	return id;
}

static void expect_text(PCWSTR got, const WCHAR *wanted)
{
	if (!wanted) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_int_equal(utf16_len(got), utf16_len(wanted));
	assert_memory_equal(got, wanted, utf16_len(wanted) * sizeof(*got));
}

static void expect_strings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, const WCHAR *u, const WCHAR *d,
			   const WCHAR *p)
{
	PCWSTR text[3];
	assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, &text[0], &text[1], &text[2]), SEC_E_OK);
	expect_text(text[0], u);
	expect_text(text[1], d);
	expect_text(text[2], p);
	for (size_t i = 0; i < 3; i++)
		SspiLocalFree((PVOID)(uintptr_t)text[i]);
}

/* The five forms in which a caller may bring the same identity. */
struct forms {
	SEC_WINNT_AUTH_IDENTITY_W plain_w;
	SEC_WINNT_AUTH_IDENTITY_A plain_a;
	SEC_WINNT_AUTH_IDENTITY_EXW ex_w;
	SEC_WINNT_AUTH_IDENTITY_EXA ex_a;
	unsigned short user_w[4], domain_w[3], password_w[4];
	unsigned char user_a[5], domain_a[3], password_a[5];
	void *form[5];
};

static void forms_make(struct forms *f)
{
	*f = (struct forms){ .form = { NULL } };
	memcpy(f->user_w, user, 8);
	memcpy(f->domain_w, domain, 6);
	memcpy(f->password_w, password, 8);
	memcpy(f->user_a, "us\xC3\xA4r", 5);
	memcpy(f->domain_a, "DOM", 3);
	memcpy(f->password_a, "p\xC3\xA4ss", 5);
	f->plain_w = (SEC_WINNT_AUTH_IDENTITY_W){ f->user_w, 4, f->domain_w, 3, f->password_w, 4,
						  SEC_WINNT_AUTH_IDENTITY_UNICODE };
	f->plain_a = (SEC_WINNT_AUTH_IDENTITY_A){ f->user_a, 5, f->domain_a, 3, f->password_a, 5,
						  SEC_WINNT_AUTH_IDENTITY_ANSI };
	f->ex_w = (SEC_WINNT_AUTH_IDENTITY_EXW){ 0x200, sizeof(f->ex_w), f->user_w, 4, f->domain_w, 3,
						 f->password_w, 4, SEC_WINNT_AUTH_IDENTITY_UNICODE,
						 NULL, 0 };
	f->ex_a = (SEC_WINNT_AUTH_IDENTITY_EXA){ 0x200, sizeof(f->ex_a), f->user_a, 5, f->domain_a, 3,
						 f->password_a, 5, SEC_WINNT_AUTH_IDENTITY_ANSI,
						 NULL, 0 };
	f->form[0] = &f->plain_w;
	f->form[1] = &f->plain_a;
	f->form[2] = &f->ex_w;
	f->form[3] = &f->ex_a;
	f->form[4] = made(user, domain, password);
}

static void forms_done(struct forms *f)
{
	SspiFreeAuthIdentity(f->form[4]);
}

/* ---- strings ---- */

static void strings_come_back_as_they_went_in(void **state)
{
	static const WCHAR *const rows[][3] = {
		{ user, domain, password }, { user, NULL, NULL },  { NULL, NULL, password },
		{ NULL, domain, NULL },	    { user, u"", u"" },	   { u"user@realm", NULL, password },
		{ user, domain, u"@@Dpw" }, { user, NULL, u"@@" }, { user, domain, u"@@DAAAAAAAA" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(rows[i][0], rows[i][1], rows[i][2]), again;
		PCWSTR u, d, p;
		BOOLEAN same_user, same;
		assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, &u, &d, &p), SEC_E_OK);
		expect_text(u, rows[i][0]);
		expect_text(d, rows[i][1]);
		assert_int_equal(SspiEncodeStringsAsAuthIdentity(u, d, p, &again), SEC_E_OK);
		assert_int_equal(SspiCompareAuthIdentities(id, again, &same_user, &same), SEC_E_OK);
		assert_true(same_user && same);
		SspiLocalFree((PVOID)(uintptr_t)u);
		SspiFreeAuthIdentity((PVOID)(uintptr_t)d); /* either is fine for strings */
		SspiLocalFree((PVOID)(uintptr_t)p);
		SspiFreeAuthIdentity(id);
		SspiFreeAuthIdentity(again);
	}
}

static void nothing_at_all_is_no_identity(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;
	static const WCHAR lone[] = { 0xDC00, 0 };
	(void)state;
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, &id), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(user, NULL, NULL, NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(lone, NULL, NULL, &id), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(user, NULL, lone, &id), SEC_E_INVALID_PARAMETER);
	assert_null(id);
	assert_int_equal(SspiEncodeAuthIdentityAsStrings(NULL, NULL, NULL, NULL), SEC_E_INVALID_PARAMETER);
	id = made(user, domain, password);
	assert_int_equal(SspiEncodeAuthIdentityAsStrings(id, NULL, NULL, NULL), SEC_E_OK);
	SspiFreeAuthIdentity(id);
	SspiFreeAuthIdentity(NULL);
	SspiLocalFree(NULL);
	SspiZeroAuthIdentity(NULL);
}

static void long_strings_are_refused_or_kept_whole(void **state)
{
	WCHAR *text = calloc(40000, sizeof(*text));
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;
	(void)state;
	for (size_t i = 0; i < 39999; i++)
		text[i] = 'x';
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(text, NULL, NULL, &id), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(NULL, NULL, text, &id), SEC_E_INVALID_PARAMETER);
	text[32749] = 0;
	id = made(NULL, NULL, text);
	expect_strings(id, NULL, NULL, text);
	SspiFreeAuthIdentity(id);
	free(text);
}

static void every_form_says_the_same(void **state)
{
	struct forms f;
	(void)state;
	forms_make(&f);
	for (size_t i = 0; i < ARRAY_LEN(f.form); i++) {
		BOOLEAN same_user = FALSE, same = FALSE;
		expect_strings(f.form[i], user, domain, password);
		assert_int_equal(SspiValidateAuthIdentity(f.form[i]), SEC_E_OK);
		assert_int_equal(SspiCompareAuthIdentities(f.form[i], f.form[(i + 1) % 5], &same_user,
							   &same),
				 SEC_E_OK);
		assert_true(same_user && same);
	}
	forms_done(&f);
}

/* ---- copies ---- */

static void a_copy_is_its_own(void **state)
{
	struct forms f;
	(void)state;
	forms_make(&f);
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy[ARRAY_LEN(f.form)] = { NULL };
	for (size_t i = 0; i < ARRAY_LEN(f.form); i++)
		assert_int_equal(SspiCopyAuthIdentity(f.form[i], &copy[i]), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(f.form); i++) {
		SspiZeroAuthIdentity(f.form[i]);
		expect_strings(copy[i], user, domain, password);
		SspiFreeAuthIdentity(copy[i]);
	}
	assert_int_equal(f.password_w[0], 0);
	assert_int_equal(f.password_a[4], 0);
	expect_strings(f.form[4], user, domain, NULL);
	assert_int_equal(SspiCopyAuthIdentity(NULL, &f.form[0]), SEC_E_INVALID_PARAMETER);
	forms_done(&f);
}

static void bytes_carry_an_identity(void **state)
{
	struct forms f;
	(void)state;
	forms_make(&f);
	for (size_t i = 0; i < ARRAY_LEN(f.form); i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE back = NULL;
		ULONG n = 0;
		char *bytes = NULL;
		assert_int_equal(SspiMarshalAuthIdentity(f.form[i], &n, &bytes), SEC_E_OK);
		char *odd = malloc(n + 1);
		memcpy(odd + 1, bytes, n);
		assert_int_equal(SspiUnmarshalAuthIdentity(n, odd + 1, &back), SEC_E_OK);
		expect_strings(back, user, domain, password);
		free(odd);
		SspiLocalFree(bytes);
		SspiFreeAuthIdentity(back);
	}
	forms_done(&f);
}

static void hostile_bytes_are_refused(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(user, domain, password), back;
	ULONG n;
	char *bytes;
	(void)state;
	assert_int_equal(SspiMarshalAuthIdentity(id, &n, &bytes), SEC_E_OK);
	for (ULONG i = 0; i < n; i++) {
		char *cut = malloc(i + 1);
		memcpy(cut, bytes, i);
		assert_int_not_equal(SspiUnmarshalAuthIdentity(i, cut, &back), SEC_E_OK);
		free(cut);
	}
	for (ULONG i = 0; i < n * 8; i++) {
		bytes[i / 8] ^= (char)(1 << i % 8);
		if (SspiUnmarshalAuthIdentity(n, bytes, &back) == SEC_E_OK)
			SspiFreeAuthIdentity(back);
		bytes[i / 8] ^= (char)(1 << i % 8);
	}
	assert_int_equal(SspiUnmarshalAuthIdentity(n, NULL, &back), SEC_E_INVALID_PARAMETER);
	SspiLocalFree(bytes);
	SspiFreeAuthIdentity(id);
}

static void offsets_outside_an_ex2_are_refused(void **state)
{
	static const size_t offsets[] = { offsetof(SEC_WINNT_AUTH_IDENTITY_EX2, UserOffset),
					  offsetof(SEC_WINNT_AUTH_IDENTITY_EX2, DomainOffset),
					  offsetof(SEC_WINNT_AUTH_IDENTITY_EX2, PackedCredentialsOffset) };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(user, domain, password);
		SEC_WINNT_AUTH_IDENTITY_EX2 *ex2 = id;
		ULONG far = 0xFFFFFFF0;
		memcpy((uint8_t *)id + offsets[i], &far, sizeof(far));
		assert_int_equal(SspiValidateAuthIdentity(id), SEC_E_UNKNOWN_CREDENTIALS);
		ex2->Flags |= SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED;
		assert_int_equal(SspiValidateAuthIdentity(id), SEC_E_UNKNOWN_CREDENTIALS);
		ex2->cbStructureLength = 47;
		assert_int_not_equal(SspiValidateAuthIdentity(id), SEC_E_OK);
		SspiZeroAuthIdentity(id);
		SspiFreeAuthIdentity(id);
	}
	assert_int_equal(SspiValidateAuthIdentity(NULL), SEC_E_INVALID_PARAMETER);
}

/* ---- comparing ---- */

static void users_compare_without_case_and_passwords_with_it(void **state)
{
	static const struct {
		const WCHAR *u, *d, *p;
		bool user, identity;
	} rows[] = {
		{ u"US\u00C4R", u"dom", u"p\u00E4ss", true, true },
		{ u"dom\\us\u00E4r", NULL, u"p\u00E4ss", true, true },
		{ user, domain, u"P\u00C4SS", true, false },
		{ user, domain, NULL, true, false },
		{ user, u"OTHER", password, false, false },
		{ u"somebody", domain, password, false, false },
	};
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE one = made(user, domain, password);
	BOOLEAN same_user, same;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE other = made(rows[i].u, rows[i].d, rows[i].p);
		assert_int_equal(SspiCompareAuthIdentities(one, other, &same_user, &same), SEC_E_OK);
		assert_int_equal(same_user, rows[i].user);
		assert_int_equal(same, rows[i].identity);
		SspiFreeAuthIdentity(other);
	}
	assert_int_equal(SspiCompareAuthIdentities(one, NULL, &same_user, &same), SEC_E_OK);
	assert_false(same_user || same);
	assert_int_equal(SspiCompareAuthIdentities(NULL, NULL, &same_user, &same), SEC_E_OK);
	assert_true(same_user && same);
	assert_int_equal(SspiCompareAuthIdentities(one, one, NULL, NULL), SEC_E_OK);
	SspiFreeAuthIdentity(one);
}

/* ---- packages ---- */

static void expect_packages(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id, const WCHAR *list)
{
	struct identity_view view;
	assert_true(identity_read(authdata_block(id), &view));
	assert_int_equal(view.packages.n, utf16_len(list) * sizeof(*list));
	assert_memory_equal(view.packages.p, list, view.packages.n);
}

static void excluded_packages_stand_in_the_list_once(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(user, domain, password), one, two, three, own;
	PCWSTR u, d, p;
	(void)state;
	assert_int_equal(SspiExcludePackage(id, u"NTLM", &one), SEC_E_OK);
	expect_packages(one, u"!NTLM");
	assert_int_equal(SspiExcludePackage(one, u"Kerberos", &two), SEC_E_OK);
	expect_packages(two, u"!NTLM,!Kerberos");
	assert_int_equal(SspiExcludePackage(two, u"ntlm", &three), SEC_E_OK);
	expect_packages(three, u"!NTLM,!Kerberos");
	/* The list goes with the strings, too. */
	assert_int_equal(SspiEncodeAuthIdentityAsStrings(two, &u, &d, &p), SEC_E_OK);
	assert_memory_equal(p, u"@@D", 6);
	SspiFreeAuthIdentity(one);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(u, d, p, &one), SEC_E_OK);
	expect_packages(one, u"!NTLM,!Kerberos");
	/* The caller's own identity, with a package less. */
	assert_int_equal(SspiExcludePackage(NULL, u"NTLM", &own), SEC_E_OK);
	expect_packages(own, u"!NTLM");
	SspiLocalFree((PVOID)(uintptr_t)u);
	SspiLocalFree((PVOID)(uintptr_t)d);
	SspiLocalFree((PVOID)(uintptr_t)p);
	SspiFreeAuthIdentity(id);
	SspiFreeAuthIdentity(one);
	SspiFreeAuthIdentity(two);
	SspiFreeAuthIdentity(three);
	SspiFreeAuthIdentity(own);
}

static void names_that_are_no_packages_are_not_excluded(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(user, domain, password), out = NULL;
	(void)state;
	assert_int_equal(SspiExcludePackage(id, u"", &out), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiExcludePackage(id, u"a,b", &out), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiExcludePackage(id, u"!NTLM", &out), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiExcludePackage(id, NULL, &out), SEC_E_INVALID_PARAMETER);
	assert_null(out);
	SspiFreeAuthIdentity(id);
}

/* ---- sealing ---- */

static bool contains(const void *hay, size_t n, const void *needle, size_t m)
{
	return memmem(hay, n, needle, m) != NULL;
}

static void sealed_identities_work_as_open_ones(void **state)
{
	struct forms f;
	(void)state;
	forms_make(&f);
	for (size_t i = 0; i < ARRAY_LEN(f.form); i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy;
		CLEANUP(wr_done) struct wr w = WR(4096);
		struct identity_view view;
		BOOLEAN same_user, same;
		PCWSTR u, d, p;
		assert_false(SspiIsAuthIdentityEncrypted(f.form[i]));
		assert_int_equal(SspiEncryptAuthIdentity(f.form[i]), SEC_E_OK);
		assert_true(SspiIsAuthIdentityEncrypted(f.form[i]));
		assert_int_equal(SspiEncryptAuthIdentity(f.form[i]), SEC_E_OK); /* once is enough */
		assert_int_equal(SspiEncodeAuthIdentityAsStrings(f.form[i], &u, &d, &p),
				 STATUS_INVALID_PARAMETER);
		/* A copy is sealed as well, AuthData is taken, comparing sees through it. */
		assert_int_equal(SspiCopyAuthIdentity(f.form[i], &copy), SEC_E_OK);
		assert_true(SspiIsAuthIdentityEncrypted(copy));
		assert_false(contains(copy, block_size(copy), password, 8));
		assert_int_equal(SspiCompareAuthIdentities(f.form[i], copy, &same_user, &same), SEC_E_OK);
		assert_true(same_user && same);
		assert_int_equal(authdata_identity(f.form[i], &w), SEC_E_OK);
		assert_true(identity_read(wr_view(&w), &view));
		assert_memory_equal(view.password.p, password, 8);
		assert_int_equal(view.flags & SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED, 0);
		assert_int_equal(SspiDecryptAuthIdentity(f.form[i]), SEC_E_OK);
		expect_strings(f.form[i], user, domain, password);
		assert_int_equal(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS,
							   copy),
				 SEC_E_OK);
		expect_strings(copy, user, domain, password);
		SspiFreeAuthIdentity(copy);
	}
	assert_false(contains(f.password_w, 8, u"\u00E4\u00E4", 4));
	forms_done(&f);
}

static void sealing_what_is_no_identity_is_refused(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(user, domain, password);
	SEC_WINNT_AUTH_IDENTITY_EX2 *ex2 = id;
	(void)state;
	assert_int_equal(SspiEncryptAuthIdentityEx(0, id), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiEncryptAuthIdentityEx(8, id), SEC_E_INVALID_PARAMETER);
	assert_int_equal(SspiEncryptAuthIdentity(NULL), SEC_E_INVALID_PARAMETER);
	SEC_WINNT_AUTH_IDENTITY_EXW stub = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = 8 };
	assert_int_equal(SspiEncryptAuthIdentity(&stub), SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(SspiValidateAuthIdentity(&stub), SEC_E_UNKNOWN_CREDENTIALS);
	assert_false(SspiIsAuthIdentityEncrypted(&stub));
	assert_false(SspiIsAuthIdentityEncrypted(NULL));
	ex2->Flags |= SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED;
	assert_true(SspiIsAuthIdentityEncrypted(id));
	assert_int_equal(SspiDecryptAuthIdentity(id), SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(SspiValidateAuthIdentity(id), SEC_E_UNKNOWN_CREDENTIALS);
	SspiFreeAuthIdentity(id);
}

/* ---- the Credential Manager ---- */

static void credentials_are_prepared_for_the_vault(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = made(user, domain, password), nameless;
	PCWSTR target = NULL, account = NULL;
	ULONG type = 0, size = 0;
	PUCHAR blob = NULL;
	(void)state;
	assert_int_equal(SspiPrepareForCredRead(id, u"host", &type, &target), SEC_E_OK);
	assert_int_equal(type, CRED_TYPE_DOMAIN_PASSWORD);
	expect_text(target, u"host");
	SspiLocalFree((PVOID)(uintptr_t)target);
	assert_int_equal(SspiPrepareForCredWrite(id, NULL, &type, &target, &account, &blob, &size), SEC_E_OK);
	expect_text(target, u"DOM\\us\u00E4r");
	expect_text(account, u"DOM\\us\u00E4r");
	assert_int_equal(size, 8);
	assert_memory_equal(blob, password, 8);
	SspiLocalFree((PVOID)(uintptr_t)target);
	SspiLocalFree((PVOID)(uintptr_t)account);
	SspiLocalFree(blob);
	nameless = made(NULL, NULL, password);
	assert_int_equal(SspiPrepareForCredWrite(nameless, NULL, &type, &target, &account, &blob, &size),
			 SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(SspiPrepareForCredRead(id, NULL, &type, &target), SEC_E_INVALID_PARAMETER);
	SspiFreeAuthIdentity(id);
	SspiFreeAuthIdentity(nameless);
}

static void hosts_are_found_in_targets(void **state)
{
	static const WCHAR *const rows[][2] = {
		{ u"TERMSRV/host.example", u"host.example" }, { u"http/host:8080", u"host" },
		{ u"ldap/dc.example/example", u"dc.example" }, { u"host", u"host" },
		{ u"host:443", u"host" },			{ u"HTTP/[2001:db8::1]:80", u"2001:db8::1" },
		{ u"HTTP/2001:db8::1", u"2001:db8::1" },	{ u"[::1]", u"::1" },
	};
	PWSTR host = NULL;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(SspiGetTargetHostName(rows[i][0], &host), SEC_E_OK);
		expect_text(host, rows[i][1]);
		SspiLocalFree(host);
	}
	assert_int_equal(SspiGetTargetHostName(u"HTTP/", &host), SEC_E_TARGET_UNKNOWN);
	assert_int_equal(SspiGetTargetHostName(u"", &host), SEC_E_TARGET_UNKNOWN);
	assert_int_equal(SspiGetTargetHostName(NULL, &host), SEC_E_INVALID_PARAMETER);
}

static void prompting_cures_wrong_credentials_alone(void **state)
{
	(void)state;
	assert_true(SspiIsPromptingNeeded((ULONG)SEC_E_LOGON_DENIED));
	assert_true(SspiIsPromptingNeeded((ULONG)SEC_E_NO_CREDENTIALS));
	assert_true(SspiIsPromptingNeeded((ULONG)STATUS_LOGON_FAILURE));
	assert_true(SspiIsPromptingNeeded(ERROR_LOGON_FAILURE));
	assert_false(SspiIsPromptingNeeded(0));
	assert_false(SspiIsPromptingNeeded((ULONG)SEC_E_INVALID_TOKEN));
	assert_false(SspiIsPromptingNeeded((ULONG)SEC_E_INSUFFICIENT_MEMORY));
}

static void there_is_no_prompt(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE out = NULL;
	int save = 0;
	(void)state;
	assert_int_equal(SspiPromptForCredentialsW(NULL, NULL, 0, u"Fake", NULL, &out, &save, 0),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(SspiPromptForCredentialsW(u"host", NULL, 0, NULL, NULL, &out, &save, 0),
			 ERROR_NO_SUCH_PACKAGE);
	assert_int_equal(SspiPromptForCredentialsA("host", NULL, 0, "nobody", NULL, &out, &save, 0),
			 ERROR_NO_SUCH_PACKAGE);
	assert_int_equal(SspiPromptForCredentialsA("host", NULL, 0, "fake", NULL, &out, &save, 0),
			 ERROR_NOT_SUPPORTED);
	assert_int_equal(SspiGetCredUIContext(NULL, NULL, NULL, NULL, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(SspiUpdateCredentials(NULL, NULL, 0, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(SspiUnmarshalCredUIContext(NULL, 0, NULL), SEC_E_UNSUPPORTED_FUNCTION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_come_back_as_they_went_in),
		cmocka_unit_test(nothing_at_all_is_no_identity),
		cmocka_unit_test(long_strings_are_refused_or_kept_whole),
		cmocka_unit_test(every_form_says_the_same),
		cmocka_unit_test(a_copy_is_its_own),
		cmocka_unit_test(bytes_carry_an_identity),
		cmocka_unit_test(hostile_bytes_are_refused),
		cmocka_unit_test(offsets_outside_an_ex2_are_refused),
		cmocka_unit_test(users_compare_without_case_and_passwords_with_it),
		cmocka_unit_test(excluded_packages_stand_in_the_list_once),
		cmocka_unit_test(names_that_are_no_packages_are_not_excluded),
		cmocka_unit_test(sealed_identities_work_as_open_ones),
		cmocka_unit_test(sealing_what_is_no_identity_is_refused),
		cmocka_unit_test(credentials_are_prepared_for_the_vault),
		cmocka_unit_test(hosts_are_found_in_targets),
		cmocka_unit_test(prompting_cures_wrong_credentials_alone),
		cmocka_unit_test_setup(there_is_no_prompt, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
