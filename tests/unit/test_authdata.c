/* tests/unit/test_authdata.c - wire/authdata: the blocks of an identity, Schannel and CredSSP.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <sspi.h>

#include "wire/authdata.h"

#define UTF16(literal) rd_of(u"" literal, sizeof(u"" literal) - 2)
#define NULL_USER 0x20000u

static void assert_same(struct rd got, struct rd want)
{
	assert_int_equal(got.n, want.n);
	if (want.n)
		assert_memory_equal(got.p, want.p, want.n);
}

static struct identity_view alice(void)
{
	return (struct identity_view){
		.user = UTF16("alice"),
		.domain = UTF16("LAB"),
		.password = UTF16("S3cret!pw"),
		.packages = UTF16("ntlm"),
		.flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
		.has_user = true,
		.has_domain = true,
		.has_password = true,
	};
}

static bool comes_back(struct identity_view in, struct identity_view *out)
{
	static struct wr w;

	wr_done(&w);
	w = WR(AUTHDATA_MAX);
	identity_write(&w, &in);
	return wr_ok(&w) && identity_read(wr_view(&w), out);
}

static void an_identity_comes_back_as_it_was(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct identity_view in = alice(), id;

	identity_write(&w, &in);
	assert_true(identity_read(wr_view(&w), &id));
	assert_same(id.user, in.user);
	assert_same(id.domain, in.domain);
	assert_same(id.password, in.password);
	assert_same(id.packages, in.packages);
	assert_true(id.has_user && id.has_domain && id.has_password);
	assert_same(authdata_block(w.buf), wr_view(&w));
}

static void an_identity_is_laid_out_as_windows_lays_out_ex2(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	SEC_WINNT_AUTH_IDENTITY_EX2 head;
	struct identity_view in = alice();

	identity_write(&w, &in);
	assert_true(w.len >= sizeof(head));
	memcpy(&head, w.buf, sizeof(head));
	assert_int_equal(head.Version, SEC_WINNT_AUTH_IDENTITY_VERSION_2);
	assert_int_equal(head.cbStructureLength, w.len);
	assert_int_equal(head.UserLength, 10);
	assert_memory_equal(w.buf + head.UserOffset, u"alice", 10);
	assert_int_equal(head.DomainLength, 6);
	assert_memory_equal(w.buf + head.DomainOffset, u"LAB", 6);
	assert_memory_equal(w.buf + head.PackageListOffset, u"ntlm", 8);
}

static void absent_is_not_the_same_as_empty(void **state)
{
	struct identity_view id;

	assert_true(comes_back((struct identity_view){ .flags = 0 }, &id));
	assert_false(id.has_user || id.has_domain || id.has_password);
	assert_true(comes_back((struct identity_view){ .has_user = true,
						       .has_domain = true,
						       .has_password = true },
			       &id));
	assert_true(id.has_user && id.has_domain && id.has_password);
	assert_int_equal(id.user.n + id.domain.n + id.password.n, 0);
}

static void a_name_that_is_said_to_be_absent_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	SEC_WINNT_AUTH_IDENTITY_EX2 head;
	struct identity_view in = alice(), id;

	identity_write(&w, &in);
	memcpy(&head, w.buf, sizeof(head));
	head.Flags |= NULL_USER;
	memcpy(w.buf, &head, sizeof(head));
	assert_false(identity_read(wr_view(&w), &id));
}

static void s21_a_password_of_thousands_of_characters_is_kept_whole(void **state)
{
	static WCHAR text[30000];
	struct identity_view in = alice(), out;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = (WCHAR)('a' + i % 26);
	in.password = rd_of(text, sizeof(text));
	assert_true(comes_back(in, &out));
	assert_same(out.password, in.password);
}

static void strings_that_no_length_field_holds_fail_the_writer(void **state)
{
	static uint8_t text[70000];
	struct identity_view in = alice(), out;

	in.user = rd_of(text, sizeof(text));
	assert_false(comes_back(in, &out));
	in = alice();
	in.password = rd_of(text, 65534); /* fits alone, but not with what it is packed in */
	assert_false(comes_back(in, &out));
}

static void s24_an_identity_without_utf16_is_refused(void **state)
{
	static const WCHAR high[] = { 'a', 0xD800 }, low[] = { 0xDC00, 'a' },
			   nul[] = { 'a', 0, 'b' }, pair[] = { 0xD83D, 0xDE00 };
	const struct {
		struct rd text;
		bool good;
	} rows[] = {
		{ rd_of(high, sizeof(high)), false },
		{ rd_of(low, sizeof(low)), false },
		{ rd_of(nul, sizeof(nul)), false },
		{ rd_of(pair, sizeof(pair)), true },
		{ rd_of(pair, 3), false },
	};
	struct identity_view in, out;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		in = alice();
		in.user = rows[i].text;
		assert_int_equal(comes_back(in, &out), rows[i].good);
		in = alice();
		in.password = rows[i].text;
		assert_int_equal(comes_back(in, &out), rows[i].good);
	}
}

static const struct schannel_auth tls = {
	.flags = SCHANNEL_AUTH_OWN_CERTIFICATE | 0x18,
	.protocols = 0xC00,
	.disabled = 3,
	.lifespan = 60000,
	.has_certificate = true,
	.certificates = { (const uint8_t *)"certificate", 11 },
	.key = { (const uint8_t *)"key", 3 },
};

static void a_schannel_block_comes_back_as_it_was(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct schannel_auth out;

	schannel_auth_write(&w, &tls);
	assert_true(schannel_auth_read(wr_view(&w), &out));
	assert_int_equal(out.flags, tls.flags);
	assert_int_equal(out.protocols, tls.protocols);
	assert_int_equal(out.disabled, tls.disabled);
	assert_int_equal(out.lifespan, tls.lifespan);
	assert_true(out.has_certificate);
	assert_same(out.certificates, tls.certificates);
	assert_same(out.key, tls.key);
	assert_same(authdata_block(w.buf), wr_view(&w));
}

static void a_credssp_block_carries_both_parts(void **state)
{
	CLEANUP(wr_done)
	struct wr w = WR(AUTHDATA_MAX),
		  inner = WR(AUTHDATA_MAX), id = WR(AUTHDATA_MAX);
	struct credssp_auth out;
	struct identity_view in = alice(), who;
	struct schannel_auth t;

	schannel_auth_write(&inner, &tls);
	identity_write(&id, &in);
	credssp_auth_write(&w, &(struct credssp_auth){ .submit_type = 51,
						       .flags = 1,
						       .has_schannel = true,
						       .has_identity = true,
						       .schannel = wr_view(&inner),
						       .identity = wr_view(&id) });
	assert_true(credssp_auth_read(authdata_block(w.buf), &out));
	assert_int_equal(out.submit_type, 51);
	assert_int_equal(out.flags, 1);
	assert_true(out.has_schannel && out.has_identity);
	assert_true(schannel_auth_read(out.schannel, &t));
	assert_true(identity_read(out.identity, &who));
	assert_same(who.user, in.user);
}

static bool read_any(struct rd block)
{
	struct identity_view id;
	struct schannel_auth s;
	struct credssp_auth c;
	bool identity = identity_read(block, &id), schannel = schannel_auth_read(block, &s),
	     credssp = credssp_auth_read(block, &c);
	return identity || schannel || credssp;
}

static void write_one(struct wr *w, int which)
{
	struct identity_view in = alice();

	if (which == 0)
		identity_write(w, &in);
	else if (which == 1)
		schannel_auth_write(w, &tls);
	else
		credssp_auth_write(w, &(struct credssp_auth){ .submit_type = 2,
							      .identity = UTF16("xyz") });
}

static void every_truncation_is_refused(void **state)
{
	for (int which = 0; which < 3; which++) {
		CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
		write_one(&w, which);
		for (size_t n = 0; n < w.len; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, n);
			assert_false(read_any(rd_of(exact, n)));
		}
		wr_u8(&w, 0);
		assert_false(read_any(wr_view(&w))); /* nor anything behind it */
	}
}

static void every_flipped_bit_is_read_safely(void **state)
{
	for (int which = 0; which < 3; which++) {
		CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
		write_one(&w, which);
		for (size_t bit = 0; bit < w.len * 8; bit++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, w.len);
			exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
			(void)read_any(rd_of(exact, w.len));
		}
	}
}

static void a_block_that_claims_too_much_is_empty(void **state)
{
	const uint8_t huge[] = { 0xFF, 0xFF, 0xFF, 0x7F };
	assert_int_equal(authdata_block(NULL).n, 0);
	assert_int_equal(authdata_block(huge).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_comes_back_as_it_was),
		cmocka_unit_test(an_identity_is_laid_out_as_windows_lays_out_ex2),
		cmocka_unit_test(absent_is_not_the_same_as_empty),
		cmocka_unit_test(a_name_that_is_said_to_be_absent_is_refused),
		cmocka_unit_test(s21_a_password_of_thousands_of_characters_is_kept_whole),
		cmocka_unit_test(strings_that_no_length_field_holds_fail_the_writer),
		cmocka_unit_test(s24_an_identity_without_utf16_is_refused),
		cmocka_unit_test(a_schannel_block_comes_back_as_it_was),
		cmocka_unit_test(a_credssp_block_carries_both_parts),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_read_safely),
		cmocka_unit_test(a_block_that_claims_too_much_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
