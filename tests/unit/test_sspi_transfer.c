/* tests/unit/test_sspi_transfer.c - contexts that move, tokens, changed attributes, added credentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <schannel.h>
#include <sspi.h>

#include "fake_lsa.h"
#include "ipc/attributes.h"
#include "wire/authdata.h"

static CredHandle credential;
static CtxtHandle context;

static SECURITY_STATUS begin(void)
{
	ULONG attributes;
	return InitializeSecurityContextW(&credential, NULL, NULL, 0, 0, 0, NULL, 0, &context, NULL,
					  &attributes, NULL);
}

static int reset(void **state)
{
	(void)state;
	fake_reset();
	fake.transfers = true;
	credential = fake_credential("Fake");
	return begin() == SEC_E_OK ? 0 : -1;
}

/* ---- export ---- */

static void an_exported_context_is_a_block_and_lives_on(void **state)
{
	SecBuffer packed = { 77, SECBUFFER_EMPTY, NULL };
	void *token = &packed;
	(void)state;
	assert_int_equal(ExportSecurityContext(&context, SECPKG_CONTEXT_EXPORT_RESET_NEW, &packed, &token),
			 SEC_E_OK);
	assert_int_equal(fake.export_flags, SECPKG_CONTEXT_EXPORT_RESET_NEW);
	assert_int_equal(packed.cbBuffer, 8);
	assert_memory_equal(packed.pvBuffer, "exported", 8);
	assert_null(token);
	assert_int_equal(FreeContextBuffer(packed.pvBuffer), SEC_E_OK);
	assert_int_equal(fake.unmapped, 0);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void delete_old_ends_the_exported_context(void **state)
{
	SecBuffer packed = { 0 };
	(void)state;
	fake.transfer_status = STATUS_NO_MEMORY;
	assert_int_equal(ExportSecurityContext(&context, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed, NULL),
			 SEC_E_INSUFFICIENT_MEMORY);
	assert_int_equal(fake.unmapped, 0);
	fake.transfer_status = STATUS_SUCCESS;
	assert_int_equal(ExportSecurityContext(&context, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed, NULL),
			 SEC_E_OK);
	FreeContextBuffer(packed.pvBuffer);
	assert_int_equal(fake.unmapped, 1);
	assert_true(fake.deleted != 0);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_INVALID_HANDLE);
	assert_int_equal(ExportSecurityContext(&context, 0, &packed, NULL), SEC_E_INVALID_HANDLE);
}

static void an_export_needs_known_flags_and_a_package_that_exports(void **state)
{
	SecBuffer packed = { 0 };
	(void)state;
	assert_int_equal(ExportSecurityContext(&context, 0, NULL, NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(ExportSecurityContext(&context, 8, &packed, NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(ExportSecurityContext(&context, SECPKG_CONTEXT_EXPORT_TO_KERNEL, &packed, NULL),
			 SEC_E_UNSUPPORTED_FUNCTION);
	fake.transfers = false;
	assert_int_equal(ExportSecurityContext(&context, 0, &packed, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	assert_null(packed.pvBuffer);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static NTSTATUS answer_continue(const void *request, void *reply)
{
	struct context_reply *r = reply;
	(void)request;
	r->context = 4711;
	return SEC_I_CONTINUE_NEEDED;
}

static void an_unfinished_context_is_nothing_to_move_or_to_be(void **state)
{
	SecBuffer packed = { 0 };
	HANDLE token;
	(void)state;
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	fake.on[CALL_INIT_CONTEXT] = answer_continue;
	assert_int_equal(begin(), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(ExportSecurityContext(&context, 0, &packed, NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(ImpersonateSecurityContext(&context), SEC_E_INVALID_HANDLE);
	assert_int_equal(QuerySecurityContextToken(&context, &token), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

/* ---- import ---- */

static void an_imported_context_protects_messages(void **state)
{
	SecBuffer packed = { 8, SECBUFFER_TOKEN, LITERAL("exported") };
	SecBuffer data = { 1, SECBUFFER_DATA, LITERAL("x") };
	SecBufferDesc message = { SECBUFFER_VERSION, 1, &data };
	SecPkgContext_NamesA names;
	SecPkgContext_Sizes sizes;
	CtxtHandle imported;
	ULONG qop;
	(void)state;
	assert_int_equal(ImportSecurityContextA(LITERAL("fAKE"), &packed, NULL, &imported), SEC_E_OK);
	assert_true(SecIsValidHandle(&imported));
	assert_int_equal(EncryptMessage(&imported, 0, &message, 0), SEC_E_OK);
	assert_int_equal(DecryptMessage(&imported, &message, 0, &qop), SEC_E_OK);
	assert_int_equal(MakeSignature(&imported, 0, &message, 0), SEC_E_OK);
	assert_int_equal(VerifySignature(&imported, &message, 0, &qop), SEC_E_OK);
	assert_int_equal(QueryContextAttributesA(&imported, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	FreeContextBuffer(names.sUserName);
	/* What only the LSA knows is gone, and nobody asks it about this context. */
	assert_int_equal(QueryContextAttributesW(&imported, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(SetContextAttributesW(&imported, SECPKG_ATTR_SIZES, &sizes, sizeof(sizes)),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(ApplyControlToken(&imported, &message), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(InitializeSecurityContextW(&credential, &imported, NULL, 0, 0, 0, NULL, 0, &imported,
						    NULL, &qop, NULL),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(fake.calls[CALL_QUERY_CONTEXT], 0);
	assert_int_equal(DeleteSecurityContext(&imported), SEC_E_OK);
	assert_int_equal(fake.unmapped, 1);
	assert_int_equal(fake.deleted, 0);
	assert_int_equal(DeleteSecurityContext(&imported), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void an_import_tells_what_is_wrong(void **state)
{
	SecBuffer packed = { 8, SECBUFFER_TOKEN, LITERAL("exported") };
	SecBuffer garbage = { 7, SECBUFFER_TOKEN, LITERAL("exporte") }, empty = { 0 };
	CtxtHandle h = { 1, 2 };
	(void)state;
	assert_int_equal(ImportSecurityContextA(LITERAL("nobody"), &packed, NULL, &h), SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(ImportSecurityContextA(NULL, &packed, NULL, &h), SEC_E_INVALID_PARAMETER);
	assert_int_equal(ImportSecurityContextA(LITERAL("Fake"), NULL, NULL, &h), SEC_E_INVALID_PARAMETER);
	assert_int_equal(ImportSecurityContextA(LITERAL("Fake"), &packed, NULL, NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(ImportSecurityContextA(LITERAL("\xFF"), &packed, NULL, &h), SEC_E_INVALID_PARAMETER);
	assert_int_equal(ImportSecurityContextA(LITERAL("Fake"), &garbage, NULL, &h), SEC_E_INVALID_TOKEN);
	assert_int_equal(ImportSecurityContextA(LITERAL("Fake"), &empty, NULL, &h), SEC_E_INVALID_TOKEN);
	assert_int_equal(ImportSecurityContextA(LITERAL("FakeTLS"), &packed, NULL, &h), SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&h), SEC_E_OK);
	fake.transfers = false;
	assert_int_equal(ImportSecurityContextW((WCHAR *)(uintptr_t)u"Fake", &packed, NULL, &h),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

/* ---- tokens ---- */

static void nobody_is_impersonated(void **state)
{
	HANDLE token = NULL;
	(void)state;
	assert_int_equal(ImpersonateSecurityContext(&context), SEC_E_NO_IMPERSONATION);
	assert_int_equal(RevertSecurityContext(&context), SEC_E_OK); /* there is nothing to revert */
	assert_int_equal(QuerySecurityContextToken(&context, &token), SEC_E_NO_IMPERSONATION);
	assert_int_equal(QuerySecurityContextToken(&context, NULL), SEC_E_INVALID_PARAMETER);
	assert_null(token);
	fake.tokens = true;
	assert_int_equal(QuerySecurityContextToken(&context, &token), SEC_E_OK);
	assert_ptr_equal(token, &fake);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

/* ---- changing attributes ---- */

static void bare_structures_travel_as_bytes(void **state)
{
	uint8_t settings[40];
	(void)state;
	memset(settings, 0x5A, sizeof(settings));
	assert_int_equal(SetCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, settings,
						   sizeof(settings)),
			 SEC_E_OK);
	assert_int_equal(fake.set_attribute, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS);
	assert_int_equal(fake.set_object, 77);
	assert_int_equal(fake.set_n, sizeof(settings));
	assert_memory_equal(fake.set, settings, sizeof(settings));
	/* A private setting of a package has whatever size it has. */
	assert_int_equal(SetContextAttributesW(&context, 0x4711, settings, 3), SEC_E_OK);
	assert_int_equal(fake.set_n, 3);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void strings_of_a_changed_attribute_become_wide(void **state)
{
	SecPkgCredentials_NamesA ansi = { LITERAL("us\xC3\xA4r") }, bad = { LITERAL("\xFF") };
	SecPkgCredentials_NamesW wide;
	(void)state;
	assert_int_equal(SetCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &ansi, sizeof(ansi)),
			 SEC_E_OK);
	assert_int_equal(attribute_unmarshal(ATTRIBUTE_OF_CREDENTIALS | SECPKG_CRED_ATTR_NAMES,
					     rd_of(fake.set, fake.set_n), false, &wide),
			 STATUS_SUCCESS);
	assert_memory_equal(wide.sUserName, u"us\u00E4r", 10);
	FreeContextBuffer(wide.sUserName);
	assert_int_equal(SetCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &bad, sizeof(bad)),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

static void a_changed_attribute_must_be_whole(void **state)
{
	SecPkgContext_EarlyStart early = { ENABLE_TLS_CLIENT_EARLY_START };
	(void)state;
	assert_int_equal(SetContextAttributesW(&context, SECPKG_ATTR_EARLY_START, &early, 3),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(SetContextAttributesW(&context, SECPKG_ATTR_EARLY_START, NULL, 4),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(SetContextAttributesA(&context, SECPKG_ATTR_EARLY_START, &early, 4), SEC_E_OK);
	assert_int_equal(SetContextAttributesA(NULL, SECPKG_ATTR_EARLY_START, &early, 4), SEC_E_INVALID_HANDLE);
	assert_int_equal(SetCredentialsAttributesW(NULL, 1, &early, 4), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	assert_int_equal(SetContextAttributesA(&context, SECPKG_ATTR_EARLY_START, &early, 4),
			 SEC_E_INVALID_HANDLE);
}

/* ---- adding credentials ---- */

static void added_credentials_go_as_the_handles_package_takes_them(void **state)
{
	unsigned char user[] = "u", password[] = "p";
	SEC_WINNT_AUTH_IDENTITY_A id = { user, 1, NULL, 0, password, 1, SEC_WINNT_AUTH_IDENTITY_ANSI };
	struct identity_view view;
	TimeStamp expiry = { .QuadPart = 0 };
	(void)state;
	assert_int_equal(AddCredentialsA(&credential, NULL, LITERAL("FakeOpaque"), SECPKG_CRED_OUTBOUND, &id,
					 NULL, NULL, &expiry),
			 SEC_E_OK);
	assert_int_equal(expiry.QuadPart, 99);
	assert_true(identity_read(rd_of(fake.auth, fake.auth_n), &view));
	assert_int_equal(view.user.n, 2);
	assert_int_equal(AddCredentialsA(&credential, NULL, LITERAL("Fake"), 2, NULL, NULL, NULL, NULL), SEC_E_OK);
	assert_int_equal(fake.auth_n, 0);
	id.Flags = 0;
	assert_int_equal(AddCredentialsA(&credential, NULL, LITERAL("Fake"), 2, &id, NULL, NULL, NULL),
			 SEC_E_UNKNOWN_CREDENTIALS);
	assert_int_equal(AddCredentialsA(&credential, NULL, NULL, 2, NULL, NULL, NULL, NULL),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(AddCredentialsA(NULL, NULL, LITERAL("Fake"), 2, NULL, NULL, NULL, NULL),
			 SEC_E_INVALID_HANDLE);
	CredHandle foreign = credential;
	foreign.dwUpper |= 0x7FFF;
	assert_int_equal(AddCredentialsA(&foreign, NULL, LITERAL("Fake"), 2, NULL, NULL, NULL, NULL),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_exported_context_is_a_block_and_lives_on, reset),
		cmocka_unit_test_setup(delete_old_ends_the_exported_context, reset),
		cmocka_unit_test_setup(an_export_needs_known_flags_and_a_package_that_exports, reset),
		cmocka_unit_test_setup(an_unfinished_context_is_nothing_to_move_or_to_be, reset),
		cmocka_unit_test_setup(an_imported_context_protects_messages, reset),
		cmocka_unit_test_setup(an_import_tells_what_is_wrong, reset),
		cmocka_unit_test_setup(nobody_is_impersonated, reset),
		cmocka_unit_test_setup(bare_structures_travel_as_bytes, reset),
		cmocka_unit_test_setup(strings_of_a_changed_attribute_become_wide, reset),
		cmocka_unit_test_setup(a_changed_attribute_must_be_whole, reset),
		cmocka_unit_test_setup(added_credentials_go_as_the_handles_package_takes_them, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
