/* tests/unit/test_authbuffer.c - the packed logon that CredPackAuthenticationBuffer makes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <ntsecapi.h>

#include "wire/authbuffer.h"

#define UTF16(literal) rd_of(u"" literal, sizeof(u"" literal) - 2)
#define ROOM 1024

static const struct authbuffer_view *alice(void)
{
	static struct authbuffer_view a;
	a = (struct authbuffer_view){ UTF16("LAB"), UTF16("alice"), UTF16("S3cret!pw") };
	return &a;
}

static void assert_same(struct rd got, struct rd want)
{
	assert_int_equal(got.n, want.n);
	if (want.n)
		assert_memory_equal(got.p, want.p, want.n);
}

static void a_packed_logon_comes_back_as_it_was(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);
	struct authbuffer_view out;

	authbuffer_write(&w, alice());
	assert_true(authbuffer_read(wr_view(&w), &out));
	assert_same(out.domain, alice()->domain);
	assert_same(out.user, alice()->user);
	assert_same(out.password, alice()->password);
}

static void its_head_is_a_windows_structure_with_offsets(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);
	KERB_INTERACTIVE_UNLOCK_LOGON head;

	authbuffer_write(&w, alice());
	assert_int_equal(sizeof(head), 64);
	assert_int_equal(w.len, sizeof(head) + 6 + 10 + 18);
	memcpy(&head, w.buf, sizeof(head));
	assert_int_equal(head.Logon.MessageType, KerbInteractiveLogon);
	assert_int_equal(head.Logon.UserName.Length, 10);
	assert_memory_equal(w.buf + (uintptr_t)head.Logon.UserName.Buffer, u"alice", 10);
	assert_memory_equal(w.buf + (uintptr_t)head.Logon.LogonDomainName.Buffer, u"LAB", 6);
	assert_memory_equal(w.buf + (uintptr_t)head.Logon.Password.Buffer, u"S3cret!pw", 18);
}

static void empty_names_and_password_are_fine(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);
	struct authbuffer_view out = *alice();

	authbuffer_write(&w, &(struct authbuffer_view){ .user = { NULL, 0 } });
	assert_int_equal(w.len, 64);
	assert_true(authbuffer_read(wr_view(&w), &out));
	assert_int_equal(out.domain.n + out.user.n + out.password.n, 0);
}

static void the_form_without_a_luid_is_read_too(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);
	KERB_INTERACTIVE_LOGON head = { .MessageType = KerbInteractiveLogon };
	struct authbuffer_view out;

	head.UserName = (UNICODE_STRING){ 10, 10, (PWSTR)(uintptr_t)sizeof(head) };
	wr_bytes(&w, &head, sizeof(head));
	wr_bytes(&w, u"alice", 10);
	assert_true(authbuffer_read(wr_view(&w), &out));
	assert_same(out.user, alice()->user);
}

static void s14_offsets_beyond_the_block_are_refused(void **state)
{
	static const uint64_t offsets[] = { 0,		1,  55,	  0xFFFFFFFFFFFFFFF0,
					    0xFFFFFFF0, 99, 1000, 1u << 31 };

	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		CLEANUP(wr_done) struct wr w = WR(ROOM);
		struct authbuffer_view out;
		authbuffer_write(&w, alice());
		for (int b = 0; b < 8; b++)
			w.buf[32 + b] = (uint8_t)(offsets[i] >> 8 * b); /* UserName.Buffer */
		assert_false(authbuffer_read(wr_view(&w), &out));
	}
}

static void an_odd_length_and_another_message_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);
	struct authbuffer_view out;

	authbuffer_write(&w, alice());
	w.buf[24] = 9;
	assert_false(authbuffer_read(wr_view(&w), &out));
	w.buf[24] = 10;
	for (unsigned type = 0; type < 20; type++) {
		w.buf[0] = (uint8_t)type;
		assert_int_equal(authbuffer_read(wr_view(&w), &out), type == 2 || type == 7);
	}
}

/* ---- the other forms ---- */

static const struct {
	enum authbuffer_form form;
	bool wow;
	size_t header;
} forms[] = {
	{ AUTHBUFFER_LOGON, false, 64 },       { AUTHBUFFER_LOGON, true, 36 },
	{ AUTHBUFFER_CERTIFICATE, false, 80 }, { AUTHBUFFER_CERTIFICATE, true, 48 },
	{ AUTHBUFFER_GENERIC, false, 20 },
};

static void every_form_comes_back_as_it_was(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(wr_done) struct wr w = WR(ROOM);
		enum authbuffer_form form;
		struct authbuffer_view out;
		authbuffer_write_form(&w, forms[i].form, forms[i].wow, alice());
		assert_int_equal(w.len, forms[i].header + 6 + 10 + 18);
		assert_true(authbuffer_form(wr_view(&w), &form));
		assert_int_equal(form, forms[i].form);
		assert_true(authbuffer_read_form(wr_view(&w), form, forms[i].wow, &out));
		assert_same(out.domain, alice()->domain);
		assert_same(out.user, alice()->user);
		assert_same(out.password, alice()->password);
	}
}

static void every_truncation_of_every_form_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(wr_done) struct wr w = WR(ROOM);
		authbuffer_write_form(&w, forms[i].form, forms[i].wow, alice());
		for (size_t n = 0; n < w.len; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, n);
			struct authbuffer_view out;
			assert_false(authbuffer_read_form(rd_of(exact, n), forms[i].form, forms[i].wow, &out));
		}
	}
}

static void every_flipped_bit_of_every_form_is_read_safely(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(wr_done) struct wr w = WR(ROOM);
		authbuffer_write_form(&w, forms[i].form, forms[i].wow, alice());
		for (size_t bit = 0; bit < w.len * 8; bit++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, w.len);
			struct authbuffer_view out;
			exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
			for (size_t j = 0; j < ARRAY_LEN(forms); j++)
				if (authbuffer_read_form(rd_of(exact, w.len), forms[j].form, forms[j].wow, &out))
					assert_true(out.user.n <= w.len && out.password.n <= w.len);
		}
	}
}

static void forms_are_told_apart_by_their_first_bytes(void **state)
{
	static const struct {
		uint8_t first[4];
		bool known;
	} rows[] = { { { 2 }, true },  { { 7 }, true },	 { { 13 }, true }, { { 15 }, true },
		     { { 6 }, false }, { { 14 }, false }, { "OSPg", true }, { "OSPh", false },
		     { { 1, 2 }, false } };
	enum authbuffer_form form;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(authbuffer_form(rd_of(rows[i].first, 4), &form), rows[i].known);
	assert_false(authbuffer_form(rd_of("OSP", 3), &form));
}

static void a_generic_form_of_another_version_or_with_more_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);
	struct authbuffer_view out;

	authbuffer_write_form(&w, AUTHBUFFER_GENERIC, false, alice());
	w.buf[4] = 2;
	assert_false(authbuffer_read_form(wr_view(&w), AUTHBUFFER_GENERIC, false, &out));
	w.buf[4] = 1;
	assert_true(authbuffer_read_form(wr_view(&w), AUTHBUFFER_GENERIC, false, &out));
	wr_u8(&w, 0);
	assert_false(authbuffer_read_form(wr_view(&w), AUTHBUFFER_GENERIC, false, &out));
}

static void every_truncation_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);

	authbuffer_write(&w, alice());
	for (size_t n = 0; n < w.len; n++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, n);
		struct authbuffer_view out;
		assert_false(authbuffer_read(rd_of(exact, n), &out));
	}
}

static void every_flipped_bit_is_read_safely(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(ROOM);

	authbuffer_write(&w, alice());
	for (size_t bit = 0; bit < w.len * 8; bit++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, w.len);
		struct authbuffer_view out;
		exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
		bool good = authbuffer_read(rd_of(exact, w.len), &out);
		assert_true(!good || out.user.n <= w.len);
	}
}

static void strings_too_long_for_windows_fail_the_writer(void **state)
{
	static uint8_t text[70000];
	CLEANUP(wr_done) struct wr w = WR(1u << 20);

	authbuffer_write(&w, &(struct authbuffer_view){ .password = rd_of(text, sizeof(text)) });
	assert_false(wr_ok(&w));
	CLEANUP(wr_done) struct wr generic = WR(1u << 20);
	authbuffer_write_form(&generic, AUTHBUFFER_GENERIC, false,
			      &(struct authbuffer_view){ .user = rd_of(text, sizeof(text)) });
	assert_false(wr_ok(&generic));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packed_logon_comes_back_as_it_was),
		cmocka_unit_test(its_head_is_a_windows_structure_with_offsets),
		cmocka_unit_test(empty_names_and_password_are_fine),
		cmocka_unit_test(the_form_without_a_luid_is_read_too),
		cmocka_unit_test(s14_offsets_beyond_the_block_are_refused),
		cmocka_unit_test(an_odd_length_and_another_message_are_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_read_safely),
		cmocka_unit_test(every_form_comes_back_as_it_was),
		cmocka_unit_test(every_truncation_of_every_form_is_refused),
		cmocka_unit_test(every_flipped_bit_of_every_form_is_read_safely),
		cmocka_unit_test(forms_are_told_apart_by_their_first_bytes),
		cmocka_unit_test(a_generic_form_of_another_version_or_with_more_is_refused),
		cmocka_unit_test(strings_too_long_for_windows_fail_the_writer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
