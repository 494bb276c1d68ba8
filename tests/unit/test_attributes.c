/* tests/unit/test_attributes.c - attribute structures on their way: sizes, pointers, A and W.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <credssp.h>
#include <opensspi.h>
#include <schannel.h>
#include <sspi.h>
#include <wincrypt.h>

#include "base/block.h"
#include "ipc/attributes.h"

static WCHAR user[] = { 'D', '\\', 0xE4, 0 };
static WCHAR spn[] = { 'S', '/', 'h', 0 };

static void carry(uint32_t attribute, const void *value, bool ansi, void *out)
{
	CLEANUP(wr_done) struct wr w = WR(65536);
	assert_true(attribute_marshal(attribute, value, &w));
	assert_true(wr_ok(&w));
	assert_int_equal(attribute_unmarshal(attribute, wr_view(&w), ansi, out), STATUS_SUCCESS);
}

static void sizes_are_the_structures_own(void **state)
{
	(void)state;
	assert_int_equal(attribute_size(SECPKG_ATTR_SIZES), sizeof(SecPkgContext_Sizes));
	assert_int_equal(attribute_size(SECPKG_ATTR_STREAM_SIZES), sizeof(SecPkgContext_StreamSizes));
	assert_int_equal(attribute_size(SECPKG_ATTR_CREDS), 16);
	assert_int_equal(attribute_size(SECPKG_ATTR_CIPHER_INFO), 680);
	assert_int_equal(attribute_size(ATTRIBUTE_PRIVATE_PAIR), 8);
	assert_int_equal(attribute_size(ATTRIBUTE_OF_CREDENTIALS | SECPKG_CRED_ATTR_NAMES), 8);
	assert_int_equal(attribute_size(0x12345), 0);
	for (uint32_t i = 0; i < 256; i++)
		assert_true(attribute_size(i) <= ATTRIBUTE_SIZE_MAX);
}

static void a_flat_structure_comes_back_the_same(void **state)
{
	SecPkgContext_Sizes in = { 2888, 16, 0, 16 }, out;
	(void)state;
	carry(SECPKG_ATTR_SIZES, &in, false, &out);
	assert_memory_equal(&in, &out, sizeof(in));
	attribute_release(SECPKG_ATTR_SIZES, &out);
}

static void a_name_is_wide_or_utf8_as_asked(void **state)
{
	SecPkgContext_NamesW in = { user }, wide;
	SecPkgContext_NamesA ansi;
	(void)state;
	carry(SECPKG_ATTR_NAMES, &in, false, &wide);
	assert_memory_equal(wide.sUserName, user, sizeof(user));
	attribute_release(SECPKG_ATTR_NAMES, &wide);
	assert_null(wide.sUserName);
	carry(SECPKG_ATTR_NAMES, &in, true, &ansi);
	assert_string_equal(ansi.sUserName, "D\\\xC3\xA4");
	attribute_release(SECPKG_ATTR_NAMES, &ansi);
}

static void a_target_stays_wide_for_ansi_callers(void **state)
{
	SecPkgContext_ClientSpecifiedTarget in = { spn }, out;
	(void)state;
	carry(SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &in, true, &out);
	assert_memory_equal(out.sTargetName, spn, sizeof(spn));
	attribute_release(SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &out);
}

static void null_pointers_stay_null(void **state)
{
	SecPkgContext_NativeNamesW in = { user, NULL }, out;
	(void)state;
	carry(SECPKG_ATTR_NATIVE_NAMES, &in, false, &out);
	assert_non_null(out.sClientName);
	assert_null(out.sServerName);
	attribute_release(SECPKG_ATTR_NATIVE_NAMES, &out);
}

static void counted_bytes_come_with_their_count(void **state)
{
	SecPkgContext_SessionKey in = { 5, (UCHAR *)"12345" }, out;
	SecPkgContext_NegoKeys keys = { 1, 3, (UCHAR *)"abc", 2, 0, NULL }, keys_out;
	SecPkgContext_ClientCreds none = { 0, NULL }, none_out;
	(void)state;
	carry(SECPKG_ATTR_SESSION_KEY, &in, false, &out);
	assert_int_equal(out.SessionKeyLength, 5);
	assert_memory_equal(out.SessionKey, "12345", 5);
	assert_int_equal(block_size(out.SessionKey), 5);
	attribute_release(SECPKG_ATTR_SESSION_KEY, &out);
	carry(SECPKG_ATTR_NEGO_KEYS, &keys, false, &keys_out);
	assert_memory_equal(keys_out.KeyValue, "abc", 3);
	attribute_release(SECPKG_ATTR_NEGO_KEYS, &keys_out);
	carry(SECPKG_ATTR_CREDS, &none, false, &none_out);
	assert_null(none_out.AuthBuffer);
}

static void a_package_is_one_block(void **state)
{
	SecPkgInfoW info = { 0x37, 1, 10, 2888, user, spn };
	SecPkgContext_NegotiationInfoW in = { &info, 4 };
	SecPkgContext_NegotiationInfoA out;
	(void)state;
	carry(SECPKG_ATTR_NEGOTIATION_INFO, &in, true, &out);
	assert_int_equal(out.NegotiationState, 4);
	assert_int_equal(out.PackageInfo->cbMaxToken, 2888);
	assert_string_equal(out.PackageInfo->Name, "D\\\xC3\xA4");
	assert_string_equal(out.PackageInfo->Comment, "S/h");
	attribute_release(SECPKG_ATTR_NEGOTIATION_INFO, &out);
}

static void a_certificate_is_its_der(void **state)
{
	BYTE der[] = { 0x30, 0x02, 0x05, 0x00 };
	CERT_CONTEXT context = { .pbCertEncoded = der, .cbCertEncoded = sizeof(der) };
	PCCERT_CONTEXT in = &context, out;
	(void)state;
	carry(SECPKG_ATTR_REMOTE_CERT_CONTEXT, &in, false, &out);
	assert_int_equal(out->cbCertEncoded, sizeof(der));
	assert_memory_equal(out->pbCertEncoded, der, sizeof(der));
	attribute_release(SECPKG_ATTR_REMOTE_CERT_CONTEXT, &out);
}

static void given_structures_travel_from_both_alphabets(void **state)
{
	static const uint32_t number = ATTRIBUTE_OF_CREDENTIALS | SECPKG_CRED_ATTR_NAMES;
	SecPkgCredentials_NamesA ansi = { (char *)(uintptr_t)"D\\\xC3\xA4" }, bad = { (char *)(uintptr_t)"\xC3" };
	SecPkgCredentials_NamesW wide = { user }, out;
	SecPkgContext_Sizes sizes = { 0 };
	CLEANUP(wr_done) struct wr a = WR(256), w = WR(256);
	(void)state;
	assert_true(attribute_marshal_given(number, &ansi, true, &a));
	assert_true(attribute_marshal_given(number, &wide, false, &w));
	assert_int_equal(a.len, w.len);
	assert_memory_equal(a.buf, w.buf, w.len);
	assert_int_equal(attribute_unmarshal(number, wr_view(&a), false, &out), STATUS_SUCCESS);
	assert_memory_equal(out.sUserName, user, sizeof(user));
	attribute_release(number, &out);
	assert_false(attribute_marshal_given(number, &bad, true, &a));
	assert_false(attribute_marshal_given(SECPKG_ATTR_SIZES, &sizes, false, &a));
	assert_false(attribute_marshal_given(0x777, &sizes, false, &a));
	assert_true(attribute_has_pointers(number));
	assert_false(attribute_has_pointers(SECPKG_ATTR_SIZES));
	assert_false(attribute_has_pointers(0x777));
}

static void bytes_of_every_kind_of_count_come_back(void **state)
{
	SecPkgContext_SupportedSignatures words = { 2, (WORD[]){ 0x0401, 0x0804 } }, words_out;
	SecPkgContext_AuthzID id = { 3, (char *)(uintptr_t)"abc" }, id_out;
	SecPkgContext_KeyingMaterialInfo info = { 6, (LPSTR)(uintptr_t)"label", 2, (PBYTE)(uintptr_t)"cv", 32 },
					 info_out;
	SecPkgContext_DceInfo dce = { 1, user }, dce_out;
	(void)state;
	carry(SECPKG_ATTR_SUPPORTED_SIGNATURES, &words, false, &words_out);
	assert_int_equal(words_out.pSignatureAndHashAlgorithms[1], 0x0804);
	attribute_release(SECPKG_ATTR_SUPPORTED_SIGNATURES, &words_out);
	carry(SECPKG_ATTR_AUTHENTICATION_ID, &id, true, &id_out);
	assert_memory_equal(id_out.AuthzID, "abc", 3);
	attribute_release(SECPKG_ATTR_AUTHENTICATION_ID, &id_out);
	carry(SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, false, &info_out);
	assert_string_equal(info_out.pszLabel, "label");
	assert_memory_equal(info_out.pbContextValue, "cv", 2);
	attribute_release(SECPKG_ATTR_KEYING_MATERIAL_INFO, &info_out);
	carry(SECPKG_ATTR_DCE_INFO, &dce, true, &dce_out);
	assert_memory_equal(dce_out.pPac, user, sizeof(user));
	attribute_release(SECPKG_ATTR_DCE_INFO, &dce_out);
}

static void a_sentence_is_utf8_for_everybody(void **state)
{
	char text[] = "Kerberos: no SPN HTTP/b\xC3\xBC" "cher";
	OPENSSPI_NEGOTIATION_REASON in = { text }, out;
	(void)state;
	for (int ansi = 0; ansi < 2; ansi++) {
		carry(OPENSSPI_ATTR_NEGOTIATION_REASON, &in, ansi, &out);
		assert_string_equal(out.Text, text);
		assert_ptr_not_equal(out.Text, text);
		attribute_release(OPENSSPI_ATTR_NEGOTIATION_REASON, &out);
		assert_null(out.Text);
	}
}

static void sids_come_in_one_block(void **state)
{
	WCHAR one[] = { 'S', '-', '1', '-', '5', 0 }, none[] = { 0 };
	WCHAR *list[] = { one, none, one };
	OPENSSPI_CLIENT_SIDS in = { 3, list }, out;
	(void)state;
	for (int ansi = 0; ansi < 2; ansi++) {
		carry(OPENSSPI_ATTR_CLIENT_SIDS, &in, ansi, &out);
		assert_int_equal(out.Count, 3);
		assert_memory_equal(out.Sids[0], one, sizeof(one));
		assert_memory_equal(out.Sids[1], none, sizeof(none));
		assert_memory_equal(out.Sids[2], one, sizeof(one));
		uint8_t *block = (uint8_t *)out.Sids, *end = block + block_size(block);
		for (size_t i = 0; i < 3; i++)
			assert_true((uint8_t *)out.Sids[i] > block && (uint8_t *)out.Sids[i] < end);
		attribute_release(OPENSSPI_ATTR_CLIENT_SIDS, &out);
	}
}

static void an_account_may_be_mapped_or_not(void **state)
{
	WCHAR name[] = { 'a', 0 }, domain[] = { 'D', 0 };
	OPENSSPI_CLIENT_ACCOUNT in = { 3, 2, domain, name, NULL }, out;
	(void)state;
	for (int round = 0; round < 4; round++) {
		in.UnixName = round & 1 ? name : NULL;
		carry(OPENSSPI_ATTR_CLIENT_ACCOUNT, &in, round & 2, &out);
		assert_int_equal(out.Kind, 3);
		assert_int_equal(out.Level, 2);
		assert_memory_equal(out.Domain, domain, sizeof(domain));
		assert_memory_equal(out.User, name, sizeof(name));
		assert_int_equal(out.UnixName != NULL, in.UnixName != NULL);
		attribute_release(OPENSSPI_ATTR_CLIENT_ACCOUNT, &out);
		assert_null(out.User);
	}
}

static void assert_refused(uint32_t attribute, const struct wr *w)
{
	_Alignas(max_align_t) uint8_t value[ATTRIBUTE_SIZE_MAX];
	assert_true(wr_ok(w));
	assert_int_equal(attribute_unmarshal(attribute, wr_view(w), false, value), SEC_E_INTERNAL_ERROR);
}

static void hostile_sentences_and_sids_are_refused(void **state)
{
	static const char *const bad[] = { "a\0b", "\xFFxx", "\xC3(x" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(wr_done) struct wr w = WR(1000);
		wr_zero(&w, sizeof(OPENSSPI_NEGOTIATION_REASON));
		wr_u8(&w, 1);
		wr_counted(&w, bad[i], 3);
		assert_refused(OPENSSPI_ATTR_NEGOTIATION_REASON, &w);
	}
	for (uint32_t count = 0; count < 4; count++) {
		OPENSSPI_CLIENT_SIDS in = { count == 3 ? UINT32_MAX : count, NULL };
		CLEANUP(wr_done) struct wr w = WR(1000);
		wr_bytes(&w, &in, sizeof(in));
		wr_u8(&w, 1);
		wr_u32le(&w, 4 + 4); /* one text, which no count says */
		wr_counted(&w, u"S1", 4);
		if (count != 1)
			assert_refused(OPENSSPI_ATTR_CLIENT_SIDS, &w);
	}
}

static void every_truncation_is_refused(void **state)
{
	SecPkgInfoW info = { 0x37, 1, 10, 2888, user, spn };
	SecPkgContext_PackageInfoW in = { &info }, out;
	CLEANUP(wr_done) struct wr w = WR(65536);
	(void)state;
	assert_true(attribute_marshal(SECPKG_ATTR_PACKAGE_INFO, &in, &w));
	for (size_t n = 0; n < w.len; n++) {
		assert_int_equal(attribute_unmarshal(SECPKG_ATTR_PACKAGE_INFO, rd_of(w.buf, n), false, &out),
				 SEC_E_INTERNAL_ERROR);
	}
	wr_u8(&w, 0);
	assert_int_equal(attribute_unmarshal(SECPKG_ATTR_PACKAGE_INFO, wr_view(&w), false, &out),
				 SEC_E_INTERNAL_ERROR);
}

static void every_changed_bit_is_safe(void **state)
{
	SecPkgContext_KeyInfoW in = { user, spn, 128, 1, 2 }, out;
	CLEANUP(wr_done) struct wr w = WR(65536);
	(void)state;
	assert_true(attribute_marshal(SECPKG_ATTR_KEY_INFO, &in, &w));
	for (size_t i = 0; i < w.len * 8; i++) {
		w.buf[i / 8] ^= (uint8_t)(1 << i % 8);
		if (attribute_unmarshal(SECPKG_ATTR_KEY_INFO, wr_view(&w), i % 2, &out) ==
		    STATUS_SUCCESS)
			attribute_release(SECPKG_ATTR_KEY_INFO, &out);
		w.buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void a_count_that_disagrees_is_refused(void **state)
{
	SecPkgContext_SessionKey in = { 5, (UCHAR *)"12345" }, out;
	CLEANUP(wr_done) struct wr w = WR(256);
	(void)state;
	assert_true(attribute_marshal(SECPKG_ATTR_SESSION_KEY, &in, &w));
	w.buf[0] = 6;
	assert_int_equal(attribute_unmarshal(SECPKG_ATTR_SESSION_KEY, wr_view(&w), false, &out),
				 SEC_E_INTERNAL_ERROR);
}

static void text_that_is_not_utf16_is_refused_for_ansi(void **state)
{
	WCHAR lone[] = { 0xD800, 'x', 0 };
	SecPkgContext_NamesW in = { lone }, out;
	CLEANUP(wr_done) struct wr w = WR(256);
	(void)state;
	assert_true(attribute_marshal(SECPKG_ATTR_NAMES, &in, &w));
	assert_int_equal(attribute_unmarshal(SECPKG_ATTR_NAMES, wr_view(&w), true, &out),
				 SEC_E_INTERNAL_ERROR);
}

static void an_unknown_number_is_refused(void **state)
{
	uint8_t value[8] = { 0 };
	CLEANUP(wr_done) struct wr w = WR(256);
	(void)state;
	assert_false(attribute_marshal(0x777, value, &w));
	assert_int_equal(attribute_unmarshal(0x777, rd_of(value, 8), false, value),
				 SEC_E_INTERNAL_ERROR);
	attribute_release(0x777, value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_the_structures_own),
		cmocka_unit_test(a_flat_structure_comes_back_the_same),
		cmocka_unit_test(a_name_is_wide_or_utf8_as_asked),
		cmocka_unit_test(a_target_stays_wide_for_ansi_callers),
		cmocka_unit_test(null_pointers_stay_null),
		cmocka_unit_test(counted_bytes_come_with_their_count),
		cmocka_unit_test(a_package_is_one_block),
		cmocka_unit_test(a_certificate_is_its_der),
		cmocka_unit_test(given_structures_travel_from_both_alphabets),
		cmocka_unit_test(bytes_of_every_kind_of_count_come_back),
		cmocka_unit_test(a_sentence_is_utf8_for_everybody),
		cmocka_unit_test(sids_come_in_one_block),
		cmocka_unit_test(an_account_may_be_mapped_or_not),
		cmocka_unit_test(hostile_sentences_and_sids_are_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_changed_bit_is_safe),
		cmocka_unit_test(a_count_that_disagrees_is_refused),
		cmocka_unit_test(text_that_is_not_utf16_is_refused_for_ansi),
		cmocka_unit_test(an_unknown_number_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
