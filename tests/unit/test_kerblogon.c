/* tests/unit/test_kerblogon.c - packed logons with a card or tickets: layouts, round trips, hostile bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <ntsecapi.h>

#include "wire/authbuffer.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

#define U(text) rd_of(u##text, sizeof(u##text) - 2)
#define BYTES(text) rd_of(text, sizeof(text) - 1)
#define NONE rd_of(NULL, 0)

static void assert_rd(struct rd got, struct rd want)
{
	assert_int_equal(got.n, want.n);
	if (want.n)
		assert_memory_equal(got.p, want.p, want.n);
}

static void a_logon_by_certificate_has_windows_layout(void **state)
{
	const struct certificate_logon in = { U("LAB"), U("alice"), U("1234"), 2, BYTES("card") };
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct certificate_logon out;
	struct authbuffer_view view;

	certificate_logon_write(&w, &in);
	const KERB_CERTIFICATE_LOGON *p = (const void *)w.buf;
	assert_int_equal(p->MessageType, KerbCertificateLogon);
	assert_int_equal(p->UserName.Length, 10);
	assert_memory_equal(w.buf + (uintptr_t)p->UserName.Buffer, u"alice", 10);
	assert_memory_equal(w.buf + (uintptr_t)p->Pin.Buffer, u"1234", 8);
	assert_int_equal(p->Flags, 2);
	assert_int_equal(p->CspDataLength, 4);
	assert_memory_equal(w.buf + (uintptr_t)p->CspData, "card", 4);

	assert_true(certificate_logon_read(wr_view(&w), &out));
	assert_rd(out.domain, in.domain);
	assert_rd(out.pin, in.pin);
	assert_rd(out.csp_data, in.csp_data);
	/* CredUnPackAuthenticationBuffer's reader finds the same names */
	assert_true(authbuffer_read_form(wr_view(&w), AUTHBUFFER_CERTIFICATE, false, &view));
	assert_rd(view.user, in.user);
	assert_rd(view.password, in.pin);
}

static void what_was_packed_as_a_certificate_by_name_is_one(void **state)
{
	const struct authbuffer_view view = { U("LAB"), U("@@BAAA"), U("1234") };
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct certificate_logon out;

	authbuffer_write_form(&w, AUTHBUFFER_CERTIFICATE, false, &view);
	assert_true(certificate_logon_read(wr_view(&w), &out));
	assert_rd(out.user, view.user);
	assert_rd(out.pin, view.password);
	assert_int_equal(out.csp_data.n, 0);
	wr_reset(&w);
	authbuffer_write(&w, &view);
	assert_false(certificate_logon_read(wr_view(&w), &out));
}

static void a_cards_names_have_windows_layout(void **state)
{
	const struct csp_info in = { 1, NONE, U("reader"), U("container"), U("csp") };
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct csp_info out;

	csp_info_write(&w, &in);
	const KERB_SMARTCARD_CSP_INFO *p = (const void *)w.buf;
	assert_int_equal(p->dwCspInfoLen, w.len);
	assert_int_equal(p->MessageType, 1);
	assert_int_equal(p->KeySpec, 1);
	assert_memory_equal(&p->bBuffer + p->nContainerNameOffset, u"container", 20);
	assert_int_equal(*(&p->bBuffer + p->nCardNameOffset), 0);
	assert_true(csp_info_read(wr_view(&w), &out));
	assert_rd(out.card, in.card);
	assert_rd(out.reader, in.reader);
	assert_rd(out.csp, in.csp);

	wr_reset(&w); /* no names at all: still a whole structure */
	csp_info_write(&w, &(struct csp_info){ .key_spec = 2 });
	assert_int_equal(w.len, sizeof(KERB_SMARTCARD_CSP_INFO));
	assert_true(csp_info_read(wr_view(&w), &out));
	assert_int_equal(out.key_spec, 2);
}

static void a_logon_by_tickets_has_windows_layout(void **state)
{
	const struct ticket_logon in = { 2, BYTES("ticket"), BYTES("krb-cred") };
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ticket_logon out;

	ticket_logon_write(&w, &in);
	const KERB_TICKET_LOGON *p = (const void *)w.buf;
	assert_int_equal(p->MessageType, KerbTicketLogon);
	assert_int_equal(p->Flags, KERB_LOGON_FLAG_REDIRECTED);
	assert_memory_equal(w.buf + (uintptr_t)p->TicketGrantingTicket, "krb-cred", 8);
	assert_true(ticket_logon_read(wr_view(&w), &out));
	assert_rd(out.service_ticket, in.service_ticket);
	assert_rd(out.krb_cred, in.krb_cred);

	/* sixteen bytes between head and tickets, as Windows' clients have been seen to leave */
	wr_insert(&w, 32, 16);
	memset(w.buf + 32, 0, 16);
	w.buf[16] += 16;
	w.buf[24] += 16;
	assert_true(ticket_logon_read(wr_view(&w), &out));
	assert_rd(out.service_ticket, in.service_ticket);

	wr_reset(&w); /* a service ticket alone will do, none will not */
	ticket_logon_write(&w, &(struct ticket_logon){ .service_ticket = BYTES("t") });
	assert_true(ticket_logon_read(wr_view(&w), &out));
	assert_int_equal(out.krb_cred.n, 0);
	CLEANUP(wr_done) struct wr none = WR(4096);
	ticket_logon_write(&none, &(struct ticket_logon){ .krb_cred = BYTES("t") });
	assert_false(wr_ok(&none));
}

static bool inside(struct rd whole, struct rd part)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_all(struct rd bytes)
{
	struct certificate_logon card;
	struct csp_info csp;
	struct ticket_logon tickets;

	if (certificate_logon_read(bytes, &card))
		assert_true(inside(bytes, card.user) && inside(bytes, card.pin) &&
			    inside(bytes, card.domain) && inside(bytes, card.csp_data));
	if (csp_info_read(bytes, &csp))
		assert_true(inside(bytes, csp.card) && inside(bytes, csp.reader) &&
			    inside(bytes, csp.container) && inside(bytes, csp.csp));
	if (ticket_logon_read(bytes, &tickets))
		assert_true(inside(bytes, tickets.service_ticket) &&
			    inside(bytes, tickets.krb_cred));
}

static void every_truncation_and_changed_byte_is_read_safely(void **state)
{
	struct wr form[3] = { WR(4096), WR(4096), WR(4096) };
	static const uint8_t values[] = { 0, 1, 0x40, 0x7F, 0x80, 0xFF };

	certificate_logon_write(
		&form[0],
		&(struct certificate_logon){ U("LAB"), U("alice"), U("1234"), 2, BYTES("card") });
	csp_info_write(&form[1],
		       &(struct csp_info){ 1, U("c"), U("reader"), U("container"), U("csp") });
	ticket_logon_write(&form[2], &(struct ticket_logon){ 2, BYTES("ticket"), BYTES("cred") });
	for (size_t i = 0; i < ARRAY_LEN(form); i++) {
		for (size_t n = 0; n < form[i].len; n++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(form[i].buf, n);
			read_all(rd_of(exact, n));
		}
		for (size_t at = 0; at < form[i].len * ARRAY_LEN(values); at++) {
			CLEANUP(mem_free_p) uint8_t *exact = mem_dup(form[i].buf, form[i].len);
			exact[at / ARRAY_LEN(values)] = values[at % ARRAY_LEN(values)];
			read_all(rd_of(exact, form[i].len));
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(form); i++)
		wr_done(&form[i]);
}

static void text_that_is_none_is_refused(void **state)
{
	const struct rd bad[] = { rd_of(u"ab", 3), rd_of(u"a\0b", 6), rd_of("\x00\xD8", 2),
				  rd_of("\x00\xDC", 2) };
	struct certificate_logon out;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(wr_done) struct wr w = WR(4096);
		assert_false(logon_text_is_sound(bad[i]));
		certificate_logon_write(&w, &(struct certificate_logon){ .pin = bad[i] });
		assert_false(certificate_logon_read(wr_view(&w), &out));
	}
	assert_true(logon_text_is_sound(NONE));
	assert_true(logon_text_is_sound(rd_of("\x3D\xD8\x00\xDE", 4)));
}

static void an_identity_carries_a_card_in_a_passwords_place(void **state)
{
	CLEANUP(wr_done) struct wr card = WR(4096), w = WR(8192);
	struct identity_view id = { .user = U("alice"), .has_user = true }, out;

	certificate_logon_write(
		&card, &(struct certificate_logon){ .user = U("alice"), .pin = U("1234") });
	id.certificate = wr_view(&card);
	identity_write(&w, &id);
	assert_true(identity_read(wr_view(&w), &out));
	assert_false(out.has_password);
	assert_rd(out.certificate, id.certificate);
	assert_rd(out.user, id.user);
	for (size_t n = 0; n < w.len; n++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(w.buf, n);
		assert_false(identity_read(rd_of(exact, n), &out));
	}
	/* what stands there has to be one, and never both */
	id.certificate = BYTES("no logon by certificate");
	wr_reset(&w);
	identity_write(&w, &id);
	assert_false(identity_read(wr_view(&w), &out));
	id.certificate = wr_view(&card);
	id.has_password = true;
	identity_write(&w, &id);
	assert_false(wr_ok(&w));
}

static void what_is_too_long_is_not_written(void **state)
{
	static uint8_t much[CERTIFICATE_LOGON_MAX];
	CLEANUP(wr_done) struct wr w = WR(1u << 20), csp = WR(1u << 20);

	certificate_logon_write(
		&w, &(struct certificate_logon){ .csp_data = rd_of(much, sizeof(much)) });
	assert_false(wr_ok(&w));
	static uint8_t text[0x10000];
	csp_info_write(&csp, &(struct csp_info){ .reader = rd_of(text, sizeof(text)) });
	assert_false(wr_ok(&csp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_logon_by_certificate_has_windows_layout),
		cmocka_unit_test(what_was_packed_as_a_certificate_by_name_is_one),
		cmocka_unit_test(a_cards_names_have_windows_layout),
		cmocka_unit_test(a_logon_by_tickets_has_windows_layout),
		cmocka_unit_test(every_truncation_and_changed_byte_is_read_safely),
		cmocka_unit_test(text_that_is_none_is_refused),
		cmocka_unit_test(an_identity_carries_a_card_in_a_passwords_place),
		cmocka_unit_test(what_is_too_long_is_not_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
