/* tests/unit/test_sspi_memory.c - each allocation fails once: the status says so, and nothing leaks.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>
#include <credssp.h>
#include <sspi.h>

#include "fake_lsa.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

static size_t countdown; /* 0: nothing fails; 1: the next allocation */

static bool fails(void)
{
	return countdown && --countdown == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

static int reset(void **state)
{
	(void)state;
	countdown = 0;
	fake_reset();
	return 0;
}

/* Fails the first, second, ... allocation of a job until one does without failing. */
static void sweep(SECURITY_STATUS (*job)(void))
{
	SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;
	size_t n;
	for (n = 1; n < 1000; n++) {
		countdown = n;
		status = job();
		if (countdown)
			break;
		assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
	}
	countdown = 0;
	assert_int_equal(status, SEC_E_OK);
	assert_true(n > 2);
}

static SECURITY_STATUS acquire(void)
{
	static unsigned char user[] = "u", password[] = "p";
	SEC_WINNT_AUTH_IDENTITY_A identity = { user, 1, NULL, 0, password, 1,
					       SEC_WINNT_AUTH_IDENTITY_ANSI };
	CREDSSP_CRED cred = { .Type = CredsspPasswordCreds, .pSpnegoCred = &identity };
	CredHandle handle;
	return AcquireCredentialsHandleA(LITERAL("me"), LITERAL("FakeCredSSP"), 2, NULL, &cred, NULL,
					 NULL, &handle, NULL);
}

static void acquire_tells_short_memory(void **state)
{
	(void)state;
	sweep(acquire);
}

static CredHandle credential;

static SECURITY_STATUS step(void)
{
	SecBuffer in = { 5, SECBUFFER_TOKEN, LITERAL("hello") };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle context;
	ULONG attributes;
	SECURITY_STATUS status = InitializeSecurityContextA(
		&credential, NULL, LITERAL("TERMSRV/h"), ISC_REQ_ALLOCATE_MEMORY, 0, 0, &in_desc, 0,
		&context, &out_desc, &attributes, NULL);
	size_t pending = countdown;
	countdown = 0;
	if (status == SEC_E_OK)
		assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	FreeContextBuffer(out.pvBuffer);
	countdown = pending;
	return status;
}

static void a_step_tells_short_memory(void **state)
{
	(void)state;
	credential = fake_credential("Fake");
	sweep(step);
}

static CtxtHandle context;

static SECURITY_STATUS query(void)
{
	SecPkgContext_NamesA names;
	SECURITY_STATUS status = QueryContextAttributesA(&context, SECPKG_ATTR_NAMES, &names);
	if (status == SEC_E_OK)
		FreeContextBuffer(names.sUserName);
	return status;
}

static void a_query_tells_short_memory(void **state)
{
	ULONG attributes;
	(void)state;
	credential = fake_credential("Fake");
	assert_int_equal(InitializeSecurityContextA(&credential, NULL, NULL, 0, 0, 0, NULL, 0, &context,
						    NULL, &attributes, NULL),
			 SEC_E_OK);
	sweep(query);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static SECURITY_STATUS enumerate(void)
{
	PSecPkgInfoA infos;
	ULONG count;
	SECURITY_STATUS status = EnumerateSecurityPackagesA(&count, &infos);
	if (status == SEC_E_OK)
		FreeContextBuffer(infos);
	return status;
}

static void enumerating_tells_short_memory(void **state)
{
	(void)state;
	assert_int_equal(enumerate(), SEC_E_OK);
	countdown = 1;
	assert_int_equal(enumerate(), SEC_E_INSUFFICIENT_MEMORY);
}

/* ---- identities, and contexts that move ---- */

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity;

static SECURITY_STATUS encode(void)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;
	SECURITY_STATUS status = SspiEncodeStringsAsAuthIdentity(u"user", u"domain", u"secret", &id);
	SspiFreeAuthIdentity(id);
	return status;
}

static SECURITY_STATUS decode(void)
{
	PCWSTR text[3] = { NULL };
	SECURITY_STATUS status = SspiEncodeAuthIdentityAsStrings(identity, &text[0], &text[1], &text[2]);
	for (size_t i = 0; i < 3; i++)
		SspiLocalFree((PVOID)(uintptr_t)text[i]);
	return status;
}

static SECURITY_STATUS exclude(void)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;
	SECURITY_STATUS status = SspiExcludePackage(identity, u"NTLM", &id);
	SspiFreeAuthIdentity(id);
	return status;
}

static SECURITY_STATUS prepare(void)
{
	PCWSTR target = NULL, user = NULL;
	PUCHAR blob = NULL;
	ULONG type, size;
	SECURITY_STATUS status =
		SspiPrepareForCredWrite(identity, NULL, &type, &target, &user, &blob, &size);
	SspiLocalFree((PVOID)(uintptr_t)target);
	SspiLocalFree((PVOID)(uintptr_t)user);
	SspiLocalFree(blob);
	return status;
}

static void identities_tell_short_memory(void **state)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE plain;
	(void)state;
	sweep(encode);
	assert_int_equal(SspiEncodeStringsAsAuthIdentity(u"user", u"domain", u"secret", &plain), SEC_E_OK);
	assert_int_equal(SspiExcludePackage(plain, u"Kerberos", &identity), SEC_E_OK);
	SspiFreeAuthIdentity(plain);
	sweep(decode);
	sweep(exclude);
	sweep(prepare);
	assert_int_equal(SspiEncryptAuthIdentity(identity), SEC_E_OK);
	sweep(exclude);
	SspiFreeAuthIdentity(identity);
}

static SECURITY_STATUS move(void)
{
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	CtxtHandle imported;
	SECURITY_STATUS status = ExportSecurityContext(&context, 0, &packed, NULL);
	if (status == SEC_E_OK)
		status = ImportSecurityContextA(LITERAL("Fake"), &packed, NULL, &imported);
	FreeContextBuffer(packed.pvBuffer);
	size_t pending = countdown;
	countdown = 0;
	if (status == SEC_E_OK)
		assert_int_equal(DeleteSecurityContext(&imported), SEC_E_OK);
	countdown = pending;
	return status;
}

static SECURITY_STATUS change(void)
{
	SecPkgCredentials_NamesA names = { LITERAL("somebody") };
	return SetCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names, sizeof(names));
}

static void moving_and_changing_tell_short_memory(void **state)
{
	ULONG attributes;
	(void)state;
	credential = fake_credential("Fake");
	fake.transfers = true;
	assert_int_equal(InitializeSecurityContextA(&credential, NULL, NULL, 0, 0, 0, NULL, 0, &context,
						    NULL, &attributes, NULL),
			 SEC_E_OK);
	sweep(move);
	sweep(change);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(acquire_tells_short_memory, reset),
		cmocka_unit_test_setup(a_step_tells_short_memory, reset),
		cmocka_unit_test_setup(a_query_tells_short_memory, reset),
		cmocka_unit_test_setup(enumerating_tells_short_memory, reset),
		cmocka_unit_test_setup(identities_tell_short_memory, reset),
		cmocka_unit_test_setup(moving_and_changing_tell_short_memory, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
