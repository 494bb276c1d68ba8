/* tests/unit/test_tsssp_kinds.c - what TSSSP carries beside passwords: cards, Remote Credential Guard's tickets
 * and empty credentials; and mechanisms that seal and speak as Kerberos does. Over tsssp_talk.h,
 * mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <ntsecapi.h>

#include "base/utf.h"
#include "tsssp_talk.h"
#include "wire/kerblogon.h"

#define U(text) rd_of(u##text, sizeof(u##text) - 2)
#define BYTES(text) rd_of(text, sizeof(text) - 1)

static void assert_rd(struct rd got, struct rd want)
{
	assert_int_equal(got.n, want.n);
	if (want.n)
		assert_memory_equal(got.p, want.p, want.n);
}

/* ---- a client with other auth data ---- */

static struct talk *client_with(const struct credssp_auth *a)
{
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
	struct talk *t = talk_new(false);

	assert_int_equal(t->side.lsa->FreeCredentialsHandle(t->side.credential), SEC_E_OK);
	t->side.credential = 0;
	mock_mech.auth_n = 0;
	credssp_auth_write(&auth, a);
	assert_int_equal(fake_side_open(&t->side, &tsssp_module, auth.buf), SEC_E_OK);
	return t;
}

static void write_card(struct wr *identity, const struct csp_info *csp)
{
	CLEANUP(wr_done) struct wr info = WR(4096), card = WR(8192);

	if (csp)
		csp_info_write(&info, csp);
	certificate_logon_write(&card, &(struct certificate_logon){ U("LAB"), U("alice"), U("1234"),
								    0, wr_view(&info) });
	identity_write(identity, &(struct identity_view){ .user = U("alice"),
							  .domain = U("LAB"),
							  .has_user = true,
							  .has_domain = true,
							  .certificate = wr_view(&card) });
}

static const struct csp_info own_card = { 1,
					  { NULL, 0 },
					  { (const uint8_t *)u"reader", 12 },
					  { (const uint8_t *)u"container", 18 },
					  { (const uint8_t *)u"csp", 6 } };

static struct talk *client_with_card(uint32_t type, const struct csp_info *csp)
{
	CLEANUP(wr_done) struct wr identity = WR(AUTHDATA_MAX);

	write_card(&identity, csp);
	return client_with(&(struct credssp_auth){
		.submit_type = type, .has_identity = true, .identity = wr_view(&identity) });
}

static struct talk *redirecting_client(void)
{
	CLEANUP(mem_free_p) void *identity = fake_identity("LAB", "alice", "S3cret!pw");

	return client_with(&(struct credssp_auth){ .submit_type = CredsspPasswordCreds,
						   .flags = CREDSSP_FLAG_REDIRECT,
						   .has_identity = true,
						   .identity = authdata_block(identity) });
}

static NTSTATUS client_to_end(struct talk *t)
{
	NTSTATUS status = client_to_binding(t, 6);
	if (status != SEC_I_CONTINUE_NEEDED)
		return status;
	t->peer.received++;
	return say(t, with_binding(request_of(t, 6), right_binding(t, 6)));
}

/* What the client handed over; views into `room`. */
static struct ts_credentials handed_over(struct talk *t, struct wr *room)
{
	struct ts_credentials c;
	struct rd plain;

	assert_true(t->said.has_auth_info);
	wr_rd(room, t->said.auth_info);
	assert_true(mock_open(&t->peer, room->buf, room->len, &plain));
	assert_true(ts_credentials_parse(plain, &c));
	return c;
}

static void use_tickets(struct wr *w)
{
	ticket_logon_write(w, &(struct ticket_logon){ KERB_LOGON_FLAG_REDIRECTED,
						      BYTES("service ticket"), BYTES("krb-cred") });
	mock_mech.tickets = wr_view(w);
	mock_mech.tickets_status = STATUS_SUCCESS;
}

/* ---- cards, the client ---- */

static void a_card_is_delegated_with_its_pin_and_names(void **state)
{
	static const uint32_t types[] = { CredsspCertificateCreds, CredsspSubmitBufferBoth };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
		struct talk *t = client_with_card(types[i], &own_card);
		assert_int_equal(client_to_end(t), SEC_E_OK);
		assert_true(t->side.attributes & ISC_RET_DELEGATE);
		assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_FRESH);
		struct ts_credentials c = handed_over(t, &room);
		assert_int_equal(c.type, TS_CRED_SMART_CARD);
		assert_rd(c.password, U("1234"));
		assert_rd(c.user, U("alice"));
		assert_rd(c.domain, U("LAB"));
		assert_int_equal(c.csp.key_spec, 1);
		assert_rd(c.csp.reader, U("reader"));
		assert_rd(c.csp.container, U("container"));
		talk_close(t);
	}
}

static void a_card_without_names_is_a_key_for_exchange(void **state)
{
	CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
	struct talk *t = client_with_card(CredsspCertificateCreds, NULL);

	assert_int_equal(client_to_end(t), SEC_E_OK);
	assert_int_equal(handed_over(t, &room).csp.key_spec, 1);
	talk_close(t);
}

static void a_pin_is_told_to_nobody_but_kerberos(void **state)
{
	struct talk *t = client_with_card(CredsspCertificateCreds, &own_card);
	struct identity_view id;

	assert_string_equal(mock_mech.package, "Negotiate");
	assert_true(identity_read(rd_of(mock_mech.auth, mock_mech.auth_n), &id));
	assert_rd(id.packages, U("Kerberos"));
	assert_false(id.has_password);
	assert_true(id.certificate.n);
	talk_close(t);
}

static void unsound_cards_are_unknown_credentials(void **state)
{
	CLEANUP(mem_free_p) void *password = fake_identity("LAB", "alice", "S3cret!pw");
	CLEANUP(wr_done) struct wr card = WR(8192), identity = WR(AUTHDATA_MAX);

	/* data of a card that is none: it could not be told to a server */
	certificate_logon_write(
		&card, &(struct certificate_logon){ .pin = U("1234"), .csp_data = BYTES("junk") });
	identity_write(&identity, &(struct identity_view){ .certificate = wr_view(&card) });
	const struct rd blocks[] = { wr_view(&identity), authdata_block(password) };
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX);
		struct fake_side s = { .server = false };
		mock_mech_reset();
		credssp_auth_write(&auth,
				   &(struct credssp_auth){ .submit_type = CredsspCertificateCreds,
							   .has_identity = true,
							   .identity = blocks[i] });
		assert_int_equal(fake_side_open(&s, &tsssp_module, auth.buf),
				 SEC_E_UNKNOWN_CREDENTIALS);
		assert_int_equal(mock_mech.credentials, 0);
	}
}

static void a_card_stays_where_policy_says_so(void **state)
{
	struct talk *t = client_with_card(CredsspCertificateCreds, &own_card);

	mock_mech.delegation = SEC_E_DELEGATION_POLICY;
	assert_int_equal(client_to_end(t), SEC_E_DELEGATION_POLICY);
	assert_false(sent_credentials(t));
	talk_close(t);
}

/* ---- the server ---- */

static struct rd asked(struct talk *t, ULONG attribute, SecPkgContext_ClientCreds *creds)
{
	assert_int_equal(t->side.lsa->QueryContextAttributes(t->side.context, attribute, creds),
			 SEC_E_OK);
	return rd_of(creds->AuthBuffer, creds->AuthBufferLen);
}

static void release(SecPkgContext_ClientCreds *creds)
{
	block_free(creds->AuthBuffer);
	atomic_fetch_sub(&fake_host.heap, 1);
}

static void a_clients_name_for_a_file_or_module_is_not_handed_out(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct ts_credentials card = { .domain = U("LAB"), .user = U("alice"), .password = U("1234"), .csp = own_card };
	struct talk *t = talk_new(true);
	SecPkgContext_ClientCreds creds;
	struct certificate_logon logon;
	struct csp_info csp;

	card.csp.csp = U("PKCS11:module_name=/tmp/theirs.so");
	server_to_credentials(t, 6);
	ts_smart_card_write(&w, &card);
	assert_int_equal(say_auth_info(t, 6, wr_view(&w)), SEC_E_OK);
	assert_true(certificate_logon_read(asked(t, SECPKG_ATTR_CREDS_2, &creds), &logon));
	assert_true(csp_info_read(logon.csp_data, &csp));
	assert_int_equal(csp.csp.n, 0);
	assert_rd(csp.container, own_card.container);
	release(&creds);
	talk_close(t);
}

static void a_server_gives_a_card_out_with_and_without_its_names(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	const struct ts_credentials card = {
		.domain = U("LAB"), .user = U("alice\0"), .password = U("1234\0"), .csp = own_card
	};
	struct talk *t = talk_new(true);
	SecPkgContext_ClientCreds creds;
	struct certificate_logon logon;
	struct authbuffer_view view;
	struct csp_info csp;

	server_to_credentials(t, 6);
	ts_smart_card_write(&w, &card);
	assert_int_equal(say_auth_info(t, 6, wr_view(&w)), SEC_E_OK);
	assert_true(t->side.attributes & ASC_RET_DELEGATE);

	assert_true(certificate_logon_read(asked(t, SECPKG_ATTR_CREDS_2, &creds), &logon));
	assert_rd(logon.domain, U("LAB"));
	assert_rd(logon.user, U("alice"));
	assert_rd(logon.pin, U("1234"));
	assert_true(csp_info_read(logon.csp_data, &csp));
	assert_rd(csp.container, own_card.container);
	assert_rd(csp.csp, own_card.csp);
	release(&creds);

	struct rd named = asked(t, SECPKG_ATTR_CREDS, &creds);
	assert_true(authbuffer_read_form(named, AUTHBUFFER_CERTIFICATE, false, &view));
	assert_rd(view.user, U("alice"));
	assert_rd(view.password, U("1234"));
	assert_false(authbuffer_read(named, &view)); /* nobody takes the PIN for a password */
	release(&creds);
	talk_close(t);
}

static NTSTATUS server_with_tickets(struct talk *t, struct rd package, struct rd buffer)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);

	server_to_credentials(t, 6);
	ts_remote_guard_write(&w, package, buffer);
	return say_auth_info(t, 6, wr_view(&w));
}

static void a_server_takes_tickets_where_policy_does(void **state)
{
	static const ULONG policies[] = { 0, OPENSSPI_POLICY_RESTRICTED_ADMIN,
					  OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS };
	CLEANUP(wr_done) struct wr tickets = WR(4096);

	ticket_logon_write(&tickets, &(struct ticket_logon){ 2, BYTES("ticket"), BYTES("cred") });
	for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
		struct talk *t = talk_new(true);
		mock_mech.name = u"Kerberos";
		fake_host.policy[policies[i]] = 1;
		assert_int_equal(server_with_tickets(t, U("KERBEROS\0"), wr_view(&tickets)),
				 i ? SEC_E_OK : SEC_E_LOGON_DENIED);
		assert_int_equal(!!(t->side.attributes & ASC_RET_DELEGATE), i != 0);
		for (int two = 0; i && two < 2; two++) {
			SecPkgContext_ClientCreds creds;
			struct ticket_logon logon;
			struct rd got =
				asked(t, two ? SECPKG_ATTR_CREDS_2 : SECPKG_ATTR_CREDS, &creds);
			assert_true(ticket_logon_read(got, &logon));
			assert_rd(logon.service_ticket, BYTES("ticket"));
			assert_rd(logon.krb_cred, BYTES("cred"));
			release(&creds);
		}
		talk_close(t);
	}
}

static void s39_tickets_of_who_showed_none_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr good = WR(4096);
	ticket_logon_write(&good, &(struct ticket_logon){ 2, BYTES("ticket"), BYTES("cred") });
	const struct {
		const WCHAR *mechanism;
		struct rd package, buffer;
		NTSTATUS status;
	} rows[] = {
		{ u"NTLM", U("Kerberos"), wr_view(&good), SEC_E_UNSUPPORTED_FUNCTION },
		{ NULL, U("Kerberos"), wr_view(&good), SEC_E_UNSUPPORTED_FUNCTION },
		{ u"Kerberos", U("NTLM"), wr_view(&good), SEC_E_UNSUPPORTED_FUNCTION },
		{ u"Kerberos", U(""), wr_view(&good), SEC_E_UNSUPPORTED_FUNCTION },
		{ u"Kerberos", U("Kerberos"), NOTHING, SEC_E_INVALID_TOKEN },
		{ u"Kerberos", U("Kerberos"), rd_of(good.buf, good.len - 1), SEC_E_INVALID_TOKEN },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct talk *t = talk_new(true);
		mock_mech.name = rows[i].mechanism;
		fake_host.policy[OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS] = 1;
		assert_int_equal(server_with_tickets(t, rows[i].package, rows[i].buffer),
				 rows[i].status);
		assert_true(t->said.has_error);
		talk_close(t);
	}
}

static void allow_protected_creds_means_empty_ones_too(void **state)
{
	for (ULONG allowed = 0; allowed <= 1; allowed++) {
		CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
		struct talk *t = talk_new(true);
		fake_host.policy[OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS] = allowed;
		server_to_credentials(t, 6);
		ts_credentials_write(&w, NOTHING, NOTHING, NOTHING);
		assert_int_equal(say_auth_info(t, 6, wr_view(&w)),
				 allowed ? SEC_E_OK : SEC_E_LOGON_DENIED);
		talk_close(t);
	}
}

/* ---- what a client hands over ---- */

enum handed { PASSWORD, TICKETS, EMPTY, NOT_ALLOWED };

static void assert_handed(struct talk *t, NTSTATUS status, enum handed want)
{
	CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);

	assert_int_equal(status, want == NOT_ALLOWED ? SEC_E_DELEGATION_POLICY : SEC_E_OK);
	if (want == NOT_ALLOWED) {
		assert_false(sent_credentials(t));
		return;
	}
	struct ts_credentials c = handed_over(t, &room);
	assert_int_equal(c.type, want == TICKETS ? TS_CRED_REMOTE_GUARD : TS_CRED_PASSWORD);
	assert_int_equal(c.user.n + c.password.n != 0, want == PASSWORD);
	assert_int_equal(!!(t->side.attributes & ISC_RET_DELEGATE), want != EMPTY);
	if (want == TICKETS) {
		struct ticket_logon logon;
		assert_rd(c.package, U("Kerberos"));
		assert_true(ticket_logon_read(c.buffer, &logon));
		assert_rd(logon.krb_cred, BYTES("krb-cred"));
		assert_int_equal(c.supplemental, 0);
	}
}

static void policy_flag_and_mechanism_say_what_is_handed_over(void **state)
{
	static const struct {
		ULONG restriction;
		bool redirects, delegates, kerberos;
		enum handed want;
	} rows[] = {
		{ 0, false, true, false, PASSWORD },   { 0, false, true, true, PASSWORD },
		{ 0, true, true, false, EMPTY },       { 0, true, true, true, TICKETS },
		{ 0, true, false, true, EMPTY },       { 0, false, false, true, EMPTY },
		{ 1, false, true, true, EMPTY },       { 1, true, true, true, EMPTY },
		{ 2, false, true, true, TICKETS },     { 2, false, true, false, NOT_ALLOWED },
		{ 2, true, true, false, NOT_ALLOWED }, { 2, false, false, false, EMPTY },
		{ 3, false, true, true, TICKETS },     { 3, false, true, false, EMPTY },
		{ 9, false, true, true, EMPTY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(wr_done) struct wr tickets = WR(4096);
		struct talk *t = rows[i].redirects ? redirecting_client() : talk_new(false);
		fake_host.policy[OPENSSPI_POLICY_RESTRICTED_ADMIN_TYPE] = rows[i].restriction;
		if (rows[i].kerberos)
			use_tickets(&tickets);
		if (rows[i].restriction) /* as the lists answer then */
			mock_mech.delegation = SEC_E_DELEGATION_POLICY;
		if (!rows[i].delegates)
			t->side.requirements &= ~(ULONG)ISC_REQ_DELEGATE;
		assert_handed(t, client_to_end(t), rows[i].want);
		talk_close(t);
	}
}

static void the_lists_count_for_tickets_that_only_the_caller_wants(void **state)
{
	CLEANUP(wr_done) struct wr tickets = WR(4096);
	struct talk *t = redirecting_client();

	use_tickets(&tickets);
	mock_mech.delegation = SEC_E_DELEGATION_POLICY;
	assert_handed(t, client_to_end(t), EMPTY);
	assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_FRESH);
	talk_close(t);

	/* whoever the mechanism signs in counts as the default */
	t = client_with(&(struct credssp_auth){ .submit_type = CredsspPasswordCreds,
						.flags = CREDSSP_FLAG_REDIRECT });
	mock_mech.tickets = wr_view(&tickets);
	mock_mech.tickets_status = STATUS_SUCCESS;
	assert_handed(t, client_to_end(t), TICKETS);
	assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_DEFAULT);
	assert_false(mock_mech.with_auth);
	talk_close(t);
}

static void tickets_that_are_none_are_not_sent(void **state)
{
	struct talk *t = redirecting_client();

	mock_mech.tickets = BYTES("no logon by tickets");
	mock_mech.tickets_status = STATUS_SUCCESS;
	assert_handed(t, client_to_end(t), EMPTY);
	talk_close(t);
	t = redirecting_client();
	mock_mech.tickets_status = SEC_E_INSUFFICIENT_MEMORY;
	assert_int_equal(client_to_end(t), SEC_E_INSUFFICIENT_MEMORY);
	assert_false(sent_credentials(t));
	talk_close(t);
}

static void an_account_without_a_password_has_nothing_to_hand_over(void **state)
{
	CLEANUP(mem_free_p) void *identity = fake_identity("LAB", "alice", NULL);
	const struct credssp_auth auth = { .submit_type = CredsspPasswordCreds,
					   .has_identity = true,
					   .identity = authdata_block(identity) };
	struct talk *t = client_with(&auth);

	assert_int_equal(say_bytes(t, NOTHING), SEC_E_NO_CREDENTIALS);
	assert_int_equal(t->out.len, 0);
	talk_close(t);
	/* it signs in all the same where none is to be handed over */
	t = client_with(&auth);
	t->side.requirements &= ~(ULONG)ISC_REQ_DELEGATE;
	assert_handed(t, client_to_end(t), EMPTY);
	talk_close(t);
}

static void a_list_of_packages_goes_with_who_is_found(void **state)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX), room = WR(TS_REQUEST_MAX);
	struct identity_view id;

	identity_write(&block, &(struct identity_view){ .packages = U("!NTLM") });
	struct talk *t = client_with(&(struct credssp_auth){ .submit_type = CredsspPasswordCreds,
							     .has_identity = true,
							     .identity = wr_view(&block) });
	fake_host.standard = (struct fake_account){ "LAB", "dora", "own secret" };
	assert_int_equal(client_to_end(t), SEC_E_OK);
	assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_DEFAULT);
	struct ts_credentials c = handed_over(t, &room);
	assert_rd(c.user, U("dora"));
	assert_rd(c.password, U("own secret"));
	assert_true(identity_read(rd_of(mock_mech.auth, mock_mech.auth_n), &id));
	assert_rd(id.packages, U("!NTLM"));
	assert_rd(id.user, c.user); /* who signs in is who is delegated */
	talk_close(t);
}

/* ---- for people ---- */

static void descriptions_name_the_card_and_show_no_secret(void **state)
{
	CLEANUP(wr_done) struct wr card = WR(TS_REQUEST_MAX), guard = WR(TS_REQUEST_MAX);
	struct text out = { 0 };

	ts_smart_card_write(&card, &(struct ts_credentials){ .user = U("alice"),
							     .password = U("1234"),
							     .csp = own_card });
	assert_true(ts_describe(card.buf, card.len, 0, &out));
	assert_non_null(strstr(out.p, "credType: 2\n"));
	assert_non_null(strstr(out.p, "pin: 4 characters, not shown\n"));
	assert_non_null(strstr(out.p, "readerName: reader\n"));
	assert_non_null(strstr(out.p, "userHint: alice\n"));
	assert_null(strstr(out.p, "1234"));
	assert_null(strstr(out.p, "cardName"));
	text_done(&out);
	out = (struct text){ 0 };
	ts_remote_guard_write(&guard, U("Kerberos"), BYTES("tickets"));
	assert_true(ts_describe(guard.buf, guard.len, 0, &out));
	assert_non_null(strstr(out.p, "packageName: Kerberos\n"));
	assert_non_null(strstr(out.p, "credBuffer: 7 sealed bytes\n"));
	assert_null(strstr(out.p, "tickets"));
	text_done(&out);
}

/* ---- mechanisms like Kerberos ---- */

/* Signatures of RFC 4121 (AES, with and without confounder's rest in front), of RFC 4757 with its padding. */
static const struct {
	size_t signature;
	ULONG block;
} seals[] = { { 16, 0 }, { 28, 0 }, { 60, 0 }, { 76, 0 }, { 45, 1 }, { 33, 1 } };

static void any_length_of_signature_goes_through_in_both_roles(void **state)
{
	for (uint32_t version = 5; version <= 6; version++) {
		for (size_t i = 0; i < ARRAY_LEN(seals); i++) {
			CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
			struct talk *t = talk_new(false);
			mock_mech.signature = seals[i].signature;
			mock_mech.block = seals[i].block;
			assert_int_equal(client_to_end(t), SEC_E_OK);
			assert_rd(handed_over(t, &room).password, U("S3cret!pw"));
			talk_close(t);

			t = talk_new(true);
			mock_mech.signature = seals[i].signature;
			mock_mech.block = seals[i].block;
			server_to_credentials(t, version);
			assert_int_equal(t->said.pub_key_auth.n,
					 seals[i].signature + 32 + seals[i].block);
			assert_int_equal(say_password(t, version, U("alice"), U("pw")), SEC_E_OK);
			talk_close(t);
		}
	}
}

static void s37_sealed_parts_shorter_than_a_signature_are_refused(void **state)
{
	static const uint8_t junk[80];

	for (size_t n = 0; n <= 76; n++) {
		struct talk *t = talk_new(true);
		mock_mech.signature = 76;
		assert_int_equal(say(t, with_token(request_of(t, 6), "mech one")),
				 SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say(t, with_binding(with_token(request_of(t, 6), "mech three"),
						     rd_of(junk, n))),
				 SEC_E_MESSAGE_ALTERED);
		talk_close(t);
	}
}

static void s05_a_pub_key_auth_that_comes_back_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(seals); i++) {
		CLEANUP(wr_done) struct wr own = WR(TS_REQUEST_MAX);
		struct talk *t = talk_new(false);
		mock_mech.signature = seals[i].signature;
		mock_mech.block = seals[i].block;
		assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
		wr_rd(&own, t->said.pub_key_auth);
		assert_int_equal(say(t, with_binding(request_of(t, 6), wr_view(&own))),
				 SEC_E_MESSAGE_ALTERED);
		assert_false(sent_credentials(t));
		talk_close(t);
	}
}

/* "mech two" and so many zeros: what a service ticket with a large PAC makes of a token. */
static struct ts_request with_large_token(struct wr *room, struct ts_request r, const char *token)
{
	wr_reset(room);
	wr_bytes(room, token, strlen(token));
	wr_zero(room, mock_mech.bulk);
	r.has_nego = true;
	r.nego_token = wr_view(room);
	return r;
}

static void tokens_of_48_kb_go_through_in_both_roles(void **state)
{
	static const size_t sizes[] = { 16384, 48000, 70000 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		CLEANUP(wr_done) struct wr room = WR(TS_REQUEST_MAX);
		struct talk *t = talk_new(false);
		mock_mech.bulk = sizes[i];
		assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(t->said.nego_token.n, sizes[i] + 8);
		memcpy(t->nonce, t->said.nonce.p, sizeof(t->nonce));
		assert_int_equal(say(t, with_large_token(&room, request_of(t, 6), "mech two")),
				 SEC_I_CONTINUE_NEEDED);
		assert_true(t->said.has_pub_key_auth && t->said.nego_token.n == sizes[i] + 10);
		t->peer.received++;
		assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))),
				 SEC_E_OK);
		talk_close(t);

		t = talk_new(true);
		mock_mech.bulk = sizes[i];
		assert_int_equal(say(t, with_large_token(&room, request_of(t, 6), "mech one")),
				 SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say(t, with_large_token(&room, request_of(t, 6), "mech three")),
				 SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say(t, with_binding(request_of(t, 6), right_binding(t, 6))),
				 SEC_I_CONTINUE_NEEDED);
		assert_int_equal(say_password(t, 6, U("alice"), U("pw")), SEC_E_OK);
		talk_close(t);
	}
}

static void mutual_authentication_is_what_the_mechanism_reached(void **state)
{
	for (int mutual = 0; mutual < 2; mutual++) {
		SecPkgContext_Flags flags;
		struct talk *t = talk_new(false);
		mock_mech.attributes |= mutual ? ISC_RET_MUTUAL_AUTH : 0;
		t->side.requirements |= ISC_REQ_MUTUAL_AUTH;
		assert_int_equal(client_to_end(t), mutual ? SEC_E_OK : SEC_E_MUTUAL_AUTH_FAILED);
		assert_int_equal(sent_credentials(t), mutual);
		if (mutual) {
			assert_true(mock_mech.mutual);
			assert_true(t->side.attributes & ISC_RET_MUTUAL_AUTH);
			assert_int_equal(
				t->side.lsa->QueryContextAttributes(
					t->side.context, SECPKG_ATTR_SERVER_AUTH_FLAGS, &flags),
				SEC_E_OK);
			assert_int_equal(flags.Flags, CREDSSP_SERVER_AUTH_NEGOTIATE);
		}
		talk_close(t);

		t = talk_new(true);
		mock_mech.attributes |= mutual ? ASC_RET_MUTUAL_AUTH : 0;
		server_to_credentials(t, 6);
		assert_int_equal(say_password(t, 6, U("alice"), U("pw")), SEC_E_OK);
		assert_int_equal(!!(t->side.attributes & ASC_RET_MUTUAL_AUTH), mutual);
		talk_close(t);
	}
}

static void what_the_mechanism_says_of_the_sign_in_is_asked_of_it(void **state)
{
	static const struct {
		ULONG attribute;
		bool passed;
	} rows[] = {
		{ SECPKG_ATTR_NAMES, true },	       { SECPKG_ATTR_NATIVE_NAMES, true },
		{ SECPKG_ATTR_LIFESPAN, true },	       { SECPKG_ATTR_AUTHORITY, true },
		{ SECPKG_ATTR_PASSWORD_EXPIRY, true }, { SECPKG_ATTR_NEGOTIATION_INFO, true },
		{ OPENSSPI_ATTR_CLIENT_SIDS, true },   { OPENSSPI_ATTR_NEGOTIATION_REASON, true },
		{ SECPKG_ATTR_SESSION_KEY, false },    { SECPKG_ATTR_KEY_INFO, false },
		{ OPENSSPI_ATTR_REMOTE_GUARD, false }, { OPENSSPI_ATTR_CLIENT_ACCOUNT, true },
	};
	struct talk *t = talk_new(true);

	server_to_credentials(t, 6);
	assert_int_equal(say_password(t, 6, U("alice"), U("pw")), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t room[16] = { 0 };
		mock_mech.attribute = 12345;
		assert_int_equal(t->side.lsa->QueryContextAttributes(t->side.context,
								     rows[i].attribute, room),
				 SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(mock_mech.attribute, rows[i].passed ? rows[i].attribute : 12345);
	}
	talk_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_is_delegated_with_its_pin_and_names),
		cmocka_unit_test(a_card_without_names_is_a_key_for_exchange),
		cmocka_unit_test(a_pin_is_told_to_nobody_but_kerberos),
		cmocka_unit_test(unsound_cards_are_unknown_credentials),
		cmocka_unit_test(a_card_stays_where_policy_says_so),
		cmocka_unit_test(a_clients_name_for_a_file_or_module_is_not_handed_out),
		cmocka_unit_test(a_server_gives_a_card_out_with_and_without_its_names),
		cmocka_unit_test(a_server_takes_tickets_where_policy_does),
		cmocka_unit_test(s39_tickets_of_who_showed_none_are_refused),
		cmocka_unit_test(allow_protected_creds_means_empty_ones_too),
		cmocka_unit_test(policy_flag_and_mechanism_say_what_is_handed_over),
		cmocka_unit_test(the_lists_count_for_tickets_that_only_the_caller_wants),
		cmocka_unit_test(tickets_that_are_none_are_not_sent),
		cmocka_unit_test(an_account_without_a_password_has_nothing_to_hand_over),
		cmocka_unit_test(a_list_of_packages_goes_with_who_is_found),
		cmocka_unit_test(descriptions_name_the_card_and_show_no_secret),
		cmocka_unit_test(any_length_of_signature_goes_through_in_both_roles),
		cmocka_unit_test(s37_sealed_parts_shorter_than_a_signature_are_refused),
		cmocka_unit_test(s05_a_pub_key_auth_that_comes_back_is_refused),
		cmocka_unit_test(tokens_of_48_kb_go_through_in_both_roles),
		cmocka_unit_test(mutual_authentication_is_what_the_mechanism_reached),
		cmocka_unit_test(what_the_mechanism_says_of_the_sign_in_is_asked_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
