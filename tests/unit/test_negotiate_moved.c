/* tests/unit/test_negotiate_moved.c - Negotiate's user-mode half: which mechanism an exported context is.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Ids of packages mean something in one process alone; names mean the same in all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "fake_host.h"
#include "nego_mechs.h"
#include "packages/negotiate/packed.h"

#define ID_OF_KERBEROS 5 /* and in the other process 9 */

static const SECPKG_USER_FUNCTION_TABLE *negotiate; /* the half under test */
static int living;				    /* contexts of the mechanisms */
static char imported[8];			    /* what the last one was made of */

static NTSTATUS NTAPI mech_map(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	block_free(packed->pvBuffer);
	living++;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mech_delete(LSA_SEC_HANDLE handle)
{
	living--;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mech_export(LSA_SEC_HANDLE handle, ULONG flags, PSecBuffer out, PHANDLE token)
{
	*out = (SecBuffer){ 4, SECBUFFER_TOKEN, block_dup("keys", 4) };
	return STATUS_SUCCESS;
}

static NTSTATUS import_as(const char *name, PSecBuffer packed, PLSA_SEC_HANDLE handle)
{
	assert_int_equal(packed->cbBuffer, 4);
	memcpy(imported, name, strlen(name) + 1);
	*handle = 1;
	living++;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ntlm_import(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE handle)
{
	return import_as("ntlm", packed, handle);
}

static NTSTATUS NTAPI krb_import(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE handle)
{
	return import_as("krb", packed, handle);
}

#define MECH(import)                                                                               \
	{                                                                                          \
		.InitUserModeContext = mech_map, .DeleteUserModeContext = mech_delete,             \
		.ExportContext = mech_export, .ImportContext = import                              \
	}
static const SECPKG_USER_FUNCTION_TABLE ntlm = MECH(ntlm_import), krb = MECH(krb_import);

static const SECPKG_USER_FUNCTION_TABLE *by_id(ULONG id)
{
	return id == ID_OF_KERBEROS ? &krb : &ntlm;
}

static const SECPKG_USER_FUNCTION_TABLE *by_name(const WCHAR *name, size_t n)
{
	if (utf16_equal_ascii_nocase(name, n, "Kerberos"))
		return &krb;
	if (utf16_equal_ascii_nocase(name, n, "Negotiate"))
		return negotiate;
	return utf16_equal_ascii_nocase(name, n, "NTLM") ? &ntlm : NULL;
}

static int begin(void **state)
{
	struct fake_side side = { .server = true };

	nego_mechs_reset();
	fake_host.locate = by_name;
	fake_host.locate_by_id = by_id;
	if (!negotiate) {
		assert_int_equal(fake_side_open(&side, &negotiate_module, NULL), STATUS_SUCCESS);
		negotiate = side.user;
		fake_side_close(&side);
	}
	living = 0;
	imported[0] = 0;
	return 0;
}

static SecBuffer pack(const struct nego_packed *p)
{
	struct wr w = WR(4096);

	nego_packed_write(&w, p);
	SecBuffer out = { (ULONG)w.len, SECBUFFER_TOKEN, block_dup(w.buf, w.len) };
	wr_done(&w);
	return out;
}

#define SPAN(s) rd_of(s, sizeof(s) - 1)

/* A context of the mechanism, mapped here under `handle`. */
static void map(LSA_SEC_HANDLE handle, const char *reason)
{
	struct nego_packed p = { .package = ID_OF_KERBEROS,
				 .mechanism = SPAN("Kerberos"),
				 .reason = rd_of(reason, strlen(reason)),
				 .inner = SPAN("packed") };
	SecBuffer packed = pack(&p);

	assert_int_equal(negotiate->InitUserModeContext(handle, &packed), STATUS_SUCCESS);
	assert_int_equal(living, 1);
}

static void assert_reason(LSA_SEC_HANDLE handle, const char *expected)
{
	OPENSSPI_NEGOTIATION_REASON reason = { NULL };
	NTSTATUS status = negotiate->QueryContextAttributes(
		handle, OPENSSPI_ATTR_NEGOTIATION_REASON, &reason);

	assert_int_equal(status, expected ? STATUS_SUCCESS : SEC_E_NO_CREDENTIALS);
	if (expected)
		assert_string_equal(reason.Text, expected);
	block_free(reason.Text);
}

static void an_export_names_the_mechanism_and_no_id(void **state)
{
	SecBuffer out = { 0 };
	struct nego_packed p = { 0 };

	map(3, "NTLM: a test");
	assert_reason(3, "NTLM: a test");
	assert_int_equal(negotiate->ExportContext(3, 0, &out, NULL), STATUS_SUCCESS);
	assert_true(nego_packed_read(rd_of(out.pvBuffer, out.cbBuffer), &p));
	assert_int_equal(p.package, UINT32_MAX);
	assert_int_equal(p.mechanism.n, 8);
	assert_memory_equal(p.mechanism.p, "Kerberos", 8);
	assert_int_equal(negotiate->DeleteUserModeContext(3), STATUS_SUCCESS);
	block_free(out.pvBuffer);
	assert_int_equal(living, 0);
}

static void it_is_found_where_ids_differ(void **state)
{
	SecBuffer out = { 0 };
	LSA_SEC_HANDLE handle = 0;

	map(3, "NTLM: a test");
	assert_int_equal(negotiate->ExportContext(3, 0, &out, NULL), STATUS_SUCCESS);
	assert_int_equal(negotiate->DeleteUserModeContext(3), STATUS_SUCCESS);
	fake_host.locate_by_id = NULL; /* nobody asks by id */
	assert_int_equal(negotiate->ImportContext(&out, NULL, &handle), STATUS_SUCCESS);
	assert_string_equal(imported, "krb");
	assert_reason(handle, "NTLM: a test");
	assert_int_equal(negotiate->DeleteUserModeContext(handle), STATUS_SUCCESS);
	assert_int_equal(living, 0);
	block_free(out.pvBuffer);
}

static void the_best_mechanism_has_no_reason(void **state)
{
	map(4, "");
	assert_reason(4, NULL);
	assert_int_equal(negotiate->DeleteUserModeContext(4), STATUS_SUCCESS);
}

static NTSTATUS import(const struct nego_packed *p)
{
	LSA_SEC_HANDLE handle = 0;
	SecBuffer packed = pack(p);
	NTSTATUS status = negotiate->ImportContext(&packed, NULL, &handle);

	if (!failed(status))
		assert_int_equal(negotiate->DeleteUserModeContext(handle), STATUS_SUCCESS);
	block_free(packed.pvBuffer);
	return status;
}

static void s42_a_mechanism_that_is_none_is_refused(void **state)
{
	static const char *const names[] = { "",	"Negotiate", "CREDSSP", "kerberos\xFF",
					     "Kerbero", "NTLM2" };
	char long_reason[NEGO_REASON_MAX + 1] = { 'x' };
	struct nego_packed p = { .inner = SPAN("keys"), .mechanism = SPAN("NTLM") };

	assert_int_equal(import(&p), STATUS_SUCCESS);
	assert_string_equal(imported, "ntlm");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		p.mechanism = rd_of(names[i], strlen(names[i]));
		assert_int_equal(import(&p), SEC_E_UNSUPPORTED_FUNCTION);
	}
	p.mechanism = SPAN("NTLM");
	p.reason = rd_of(long_reason, sizeof(long_reason));
	assert_int_equal(import(&p), SEC_E_INVALID_TOKEN);
	p.reason = rd_of(NULL, 0);
	p.sent = 2;
	assert_int_equal(import(&p), SEC_E_INVALID_TOKEN);
	assert_int_equal(living, 0);
}

static void s42_every_truncation_is_refused(void **state)
{
	struct nego_packed p = { .inner = SPAN("keys"),
				 .mechanism = SPAN("NTLM"),
				 .reason = SPAN("why") };
	SecBuffer packed = pack(&p);
	LSA_SEC_HANDLE handle = 0;

	for (ULONG n = 0; n < packed.cbBuffer; n++) {
		SecBuffer part = { n, SECBUFFER_TOKEN, packed.pvBuffer };
		assert_int_equal(negotiate->ImportContext(&part, NULL, &handle),
				 SEC_E_INVALID_TOKEN);
	}
	block_free(packed.pvBuffer);
	assert_int_equal(living, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_export_names_the_mechanism_and_no_id, begin),
		cmocka_unit_test_setup(it_is_found_where_ids_differ, begin),
		cmocka_unit_test_setup(the_best_mechanism_has_no_reason, begin),
		cmocka_unit_test_setup(s42_a_mechanism_that_is_none_is_refused, begin),
		cmocka_unit_test_setup(s42_every_truncation_is_refused, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
