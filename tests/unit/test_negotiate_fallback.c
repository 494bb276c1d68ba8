/* tests/unit/test_negotiate_fallback.c - when NTLM follows Kerberos, when not, and what is said of it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "fake_host.h"
#include "nego_mechs.h"
#include "wire/authdata.h"

struct talk {
	struct fake_side side;
	struct wr said;
	struct spnego_init init;
};

static int talk_setup(void **state)
{
	struct talk *t = mem_alloc(sizeof(*t));
	nego_mechs_reset();
	t->said = WR(1u << 17);
	*state = t;
	return 0;
}

static void talk_close(struct talk *t)
{
	fake_side_close(&t->side);
	assert_int_equal(nego_mechs.contexts, 0);
	assert_int_equal(nego_mechs.credentials, 0);
	assert_int_equal(fake_host.heap, 0);
	memset(&t->side, 0, sizeof(t->side));
}

static int talk_teardown(void **state)
{
	struct talk *t = *state;
	talk_close(t);
	wr_done(&t->said);
	mem_free(t);
	return 0;
}

static NTSTATUS first_token(struct talk *t)
{
	NTSTATUS status = fake_side_step(&t->side, rd_of(NULL, 0), &t->said);
	memset(&t->init, 0, sizeof(t->init));
	if (!failed(status))
		assert_true(spnego_parse_init(wr_view(&t->said), &t->init));
	return status;
}

/* With an identity, or with the caller's own credentials. */
static NTSTATUS begin(struct talk *t, bool given, const char *target)
{
	talk_close(t);
	fake_host.reason[0] = 0;
	t->side.target = target;
	NTSTATUS status = given ? nego_open(&t->side, NULL)
				: fake_side_open(&t->side, &negotiate_module, NULL);
	return failed(status) ? status : first_token(t);
}

static NTSTATUS begin_as(struct talk *t, const struct identity_view *id)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);

	talk_close(t);
	fake_host.reason[0] = 0;
	t->side.target = "HTTP/srv.lab.test";
	identity_write(&w, id);
	assert_true(wr_ok(&w));
	NTSTATUS status = fake_side_open(&t->side, &negotiate_module, w.buf);
	return failed(status) ? status : first_token(t);
}

static bool offers(const struct talk *t, enum spnego_mech first)
{
	return t->init.mech_count && t->init.mechs[0] == first;
}

/* NULL: the best mechanism was chosen. */
static void assert_why(const struct talk *t, const char *expected)
{
	OPENSSPI_NEGOTIATION_REASON reason = { NULL };
	NTSTATUS status = t->side.lsa->QueryContextAttributes(
		t->side.context, OPENSSPI_ATTR_NEGOTIATION_REASON, &reason);
	if (!expected) {
		assert_int_equal(status, SEC_E_NO_CREDENTIALS);
		return;
	}
	assert_int_equal(status, STATUS_SUCCESS);
	assert_string_equal(reason.Text, expected);
	block_free(reason.Text);
}

/* ---- statuses ---- */

static void every_status_leads_on_or_not_as_is_written(void **state)
{
	enum { NO, YES, ONLY_DEFAULT };
	static const struct {
		NTSTATUS status;
		int falls;
	} rows[] = {
		{ SEC_E_TARGET_UNKNOWN, YES },
		{ SEC_E_NO_AUTHENTICATING_AUTHORITY, YES },
		{ STATUS_NO_LOGON_SERVERS, YES },
		{ STATUS_DOMAIN_CONTROLLER_NOT_FOUND, YES },
		{ STATUS_NO_SUCH_DOMAIN, YES },
		{ SEC_E_NO_CREDENTIALS, YES },
		{ STATUS_NO_SUCH_LOGON_SESSION, YES },
		{ SEC_E_SECPKG_NOT_FOUND, YES },
		{ STATUS_NO_SUCH_USER, YES },
		{ SEC_E_KDC_UNABLE_TO_REFER, YES },
		{ SEC_E_CONTEXT_EXPIRED, ONLY_DEFAULT },
		{ SEC_E_LOGON_DENIED, NO },
		{ SEC_E_TIME_SKEW, NO },
		{ STATUS_PASSWORD_EXPIRED, NO },
		{ STATUS_PASSWORD_MUST_CHANGE, NO },
		{ STATUS_ACCOUNT_DISABLED, NO },
		{ STATUS_ACCOUNT_EXPIRED, NO },
		{ STATUS_ACCOUNT_LOCKED_OUT, NO },
		{ STATUS_ACCOUNT_RESTRICTION, NO },
		{ SEC_E_SMARTCARD_LOGON_REQUIRED, NO },
		{ SEC_E_SMARTCARD_CERT_REVOKED, NO },
		{ SEC_E_KDC_CERT_REVOKED, NO },
		{ SEC_E_KDC_CERT_EXPIRED, NO },
		{ SEC_E_PKINIT_NAME_MISMATCH, NO },
		{ SEC_E_WRONG_PRINCIPAL, NO },
		{ SEC_E_UNKNOWN_CREDENTIALS, NO },
		{ SEC_E_KDC_UNKNOWN_ETYPE, NO },
		{ SEC_E_DELEGATION_REQUIRED, NO },
		{ SEC_E_BAD_BINDINGS, NO },
		{ SEC_E_INSUFFICIENT_MEMORY, NO },
		{ SEC_E_INTERNAL_ERROR, NO },
		{ SEC_E_UNSUPPORTED_FUNCTION, NO },
		{ SEC_E_INVALID_TOKEN, NO },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int given = 0; given < 2; given++) {
			bool falls = rows[i].falls == YES ||
				     (rows[i].falls == ONLY_DEFAULT && !given);
			nego_mechs.kerberos_begins = rows[i].status;
			nego_mechs.kerberos_notes = "the test says so";
			NTSTATUS status = begin(t, given, "HTTP/srv.lab.test");
			assert_int_equal(status, falls ? SEC_I_CONTINUE_NEEDED : rows[i].status);
			assert_int_equal(offers(t, MECH_NTLM), falls);
			if (falls)
				assert_why(t, "Kerberos: the test says so");
			else
				assert_string_equal(fake_host.reason, "the test says so");
		}
}

static void a_mechanism_that_notes_nothing_is_spoken_for(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_begins = SEC_E_NO_AUTHENTICATING_AUTHORITY;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_why(t, "Kerberos: no KDC can be found or reached");
}

static void the_best_one_has_nothing_to_explain(void **state)
{
	struct talk *t = *state;

	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_true(offers(t, MECH_KERBEROS_MS));
	assert_why(t, NULL);
}

static void what_has_no_credentials_is_passed_over_with_its_reason(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_acquires = SEC_E_NO_CREDENTIALS;
	nego_mechs.kerberos_notes = "there is no ticket in FILE:/tmp/x";
	assert_int_equal(begin(t, false, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_true(offers(t, MECH_NTLM));
	assert_why(t, "Kerberos: there is no ticket in FILE:/tmp/x");
	nego_mechs.kerberos = false;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_why(t, "Kerberos: it is not installed");
}

static void when_nothing_can_begin_both_are_told(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_begins = SEC_E_TARGET_UNKNOWN;
	nego_mechs.kerberos_notes = "the KDC knows no HTTP/srv.lab.test";
	nego_mechs.ntlm_begins = SEC_E_NO_CREDENTIALS;
	assert_int_equal(begin(t, false, "HTTP/srv.lab.test"), SEC_E_NO_CREDENTIALS);
	assert_string_equal(fake_host.reason, "Kerberos: the KDC knows no HTTP/srv.lab.test; "
					      "NTLM: there are no credentials for it");
}

/* ---- targets ---- */

static void addresses_are_not_for_kerberos_unless_the_policy_says_so(void **state)
{
	static const struct {
		const char *target;
		bool is_address;
	} rows[] = {
		{ "10.1.2.3", true },
		{ "HTTP/10.1.2.3", true },
		{ "HTTP/10.1.2.3:80", true },
		{ "HTTP/10.1.2.3:80/x", true },
		{ "HTTP/10.1.2.3/x", true },
		{ "HTTP/::1", true },
		{ "HTTP/[fe80::1%eth0]:80", true },
		{ "HTTP/[2001:db8::1]", true },
		{ "fe80::1", true },
		{ "HTTP/10.1.2.3.example", false },
		{ "HTTP/srv", false },
		{ "HTTP/10", false },
		{ "HTTP/srv:80", false },
		{ "srv.lab.test", false },
		{ "HTTP/srv.lab.test/10.1.2.3", false },
		{ "HTTP/a-name-that-is-longer-than-any-address-and-goes-on-for-more-than-64-units.lab.test",
		  false },
		{ "HTTP/b\xC3\xBC"
		  "cher.lab.test",
		  false },
		{ "/", false },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (ULONG try = 0; try < 2; try++) {
			bool not_tried = rows[i].is_address && !try;
			fake_host.policy[OPENSSPI_POLICY_TRY_IP_SPN] = try;
			assert_int_equal(begin(t, true, rows[i].target), SEC_I_CONTINUE_NEEDED);
			assert_int_equal(offers(t, MECH_NTLM), not_tried);
			assert_why(
				t,
				not_tried
					? "Kerberos: the server is called by its address, and KDCs "
					  "know names"
					: NULL);
		}
}

static void without_a_target_there_is_no_ticket(void **state)
{
	struct talk *t = *state;

	talk_close(t);
	assert_int_equal(fake_side_open(&t->side, &negotiate_module, NULL), STATUS_SUCCESS);
	assert_int_equal(first_token(t), SEC_I_CONTINUE_NEEDED);
	assert_true(offers(t, MECH_NTLM));
	assert_why(t, "Kerberos: the program names no service");
	nego_mechs.ntlm = false;
	assert_int_equal(begin(t, false, NULL), SEC_E_TARGET_UNKNOWN);
}

/* ---- identities ---- */

static struct identity_view identity(const WCHAR *user, const WCHAR *domain)
{
	struct identity_view id = { .has_password = true, .password = rd_of(u"pw", 4) };
	for (; user && user[id.user.n / 2]; id.user.n += 2)
		;
	for (; domain && domain[id.domain.n / 2]; id.domain.n += 2)
		;
	id.user.p = (const uint8_t *)user;
	id.domain.p = (const uint8_t *)domain;
	id.has_user = user != NULL;
	id.has_domain = domain != NULL;
	return id;
}

static void an_account_of_this_machine_is_none_of_a_kdcs(void **state)
{
	static const struct {
		const WCHAR *user, *domain;
		bool is_local;
	} rows[] = {
		{ u"alice", u".", true },	{ u"alice", u"SRV", true },
		{ u"alice", u"srv", true },	{ u".\\alice", NULL, true },
		{ u"srv\\alice", NULL, true },	{ u"alice", u"LAB", false },
		{ u"alice", NULL, false },	{ u"alice@srv", NULL, false },
		{ u"LAB\\alice", NULL, false }, { u"alice", u"srv.lab.test", false },
		{ u"srv", NULL, false },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity_view id = identity(rows[i].user, rows[i].domain);
		assert_int_equal(begin_as(t, &id), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(offers(t, MECH_NTLM), rows[i].is_local);
		assert_why(
			t,
			rows[i].is_local
				? "Kerberos: the account is this machine's own, of which no KDC knows"
				: NULL);
	}
}

static void a_list_of_packages_alone_means_the_callers_own_credentials(void **state)
{
	struct identity_view id = { .packages = rd_of(u"NTLM", 8) };
	struct talk *t = *state;

	nego_mechs.ntlm_given = true;
	assert_int_equal(begin_as(t, &id), SEC_I_CONTINUE_NEEDED);
	assert_false(nego_mechs.ntlm_given);
	assert_true(offers(t, MECH_NTLM));
	assert_why(t, "Kerberos: the list of packages leaves it out");
	id.has_user = true; /* an empty name is nobody's, not the caller's */
	assert_int_equal(begin_as(t, &id), SEC_I_CONTINUE_NEEDED);
	assert_true(nego_mechs.ntlm_given);
}

static void excluding_leaves_the_other(void **state)
{
	struct talk *t = *state;
	struct identity_view id = identity(u"alice", u"LAB");

	id.packages = rd_of(u"!Kerberos", 18);
	assert_int_equal(begin_as(t, &id), SEC_I_CONTINUE_NEEDED);
	assert_true(offers(t, MECH_NTLM));
	id.packages = rd_of(u"!NTLM", 10);
	assert_int_equal(begin_as(t, &id), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->init.mech_count, 2);
	nego_mechs.kerberos_begins = SEC_E_TARGET_UNKNOWN;
	assert_int_equal(begin_as(t, &id), SEC_E_TARGET_UNKNOWN);
	assert_string_equal(
		fake_host.reason,
		"Kerberos: no KDC knows the service; NTLM: the list of packages leaves it out");
}

static void ntlm_is_not_given_what_is_no_password(void **state)
{
	struct identity_view only = identity(u"alice", u"LAB"),
			     marshalled = identity(u"@@BabcAAA", NULL);
	struct talk *t = *state;

	only.flags = SEC_WINNT_AUTH_IDENTITY_ONLY;
	only.has_password = false;
	only.password = rd_of(NULL, 0);
	nego_mechs.kerberos_begins = SEC_E_NO_AUTHENTICATING_AUTHORITY;
	assert_int_equal(begin_as(t, &only), SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_string_equal(fake_host.reason, "Kerberos: no KDC can be found or reached; NTLM: the "
					      "identity is a name without a password");
	assert_int_equal(begin_as(t, &marshalled), SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_string_equal(fake_host.reason,
			    "Kerberos: no KDC can be found or reached; NTLM: it cannot "
			    "sign in with a certificate");
}

/* ---- where NTLM is blocked ---- */

static void with_ntlm_blocked_kerberos_goes_on(void **state)
{
	struct talk *t = *state;

	nego_mechs.ntlm_acquires = STATUS_NTLM_BLOCKED;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->init.mech_count, 2);
	assert_why(t, NULL);
}

static void with_ntlm_blocked_it_is_told_why_kerberos_did_not_do(void **state)
{
	struct talk *t = *state;

	nego_mechs.ntlm_acquires = STATUS_NTLM_BLOCKED;
	nego_mechs.ntlm_notes = "it is blocked by KerberosOnly";
	nego_mechs.kerberos_notes = "no SPN here";
	nego_mechs.kerberos_begins = SEC_E_TARGET_UNKNOWN;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), STATUS_NTLM_BLOCKED);
	assert_string_equal(fake_host.reason,
			    "Kerberos: no SPN here; NTLM: it is blocked by KerberosOnly");
	/* not where NTLM would not have followed */
	nego_mechs.kerberos_begins = SEC_E_LOGON_DENIED;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_E_LOGON_DENIED);
	assert_string_equal(fake_host.reason, "no SPN here");
}

static void with_ntlm_blocked_and_no_ticket_nothing_is_acquired(void **state)
{
	struct talk *t = *state;

	for (int server = 0; server < 2; server++) {
		talk_close(t);
		t->side.server = server;
		nego_mechs.ntlm_acquires = STATUS_NTLM_BLOCKED;
		nego_mechs.kerberos_acquires = SEC_E_NO_CREDENTIALS;
		nego_mechs.kerberos_notes = "no key";
		assert_int_equal(fake_side_open(&t->side, &negotiate_module, NULL),
				 STATUS_NTLM_BLOCKED);
		assert_string_equal(fake_host.reason,
				    "Kerberos: no key; NTLM: it is blocked by the policy");
	}
}

/* ---- what the server does ---- */

static NTSTATUS hear(struct talk *t, struct wr token)
{
	NTSTATUS status = fake_side_step(&t->side, wr_view(&token), &t->said);
	wr_done(&token);
	return status;
}

static void a_servers_other_choice_is_told(void **state)
{
	struct talk *t = *state;

	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_why(t, "Kerberos: the server chose another mechanism");
}

static void a_servers_last_words_say_why_it_refuses(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_hears = SEC_E_TIME_SKEW;
	nego_mechs.kerberos_notes = "the server's clock differs by 10 minutes";
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_UNKNOWN, "KRB-ERROR", NULL)),
			 SEC_E_TIME_SKEW);
	assert_string_equal(fake_host.reason, "the server's clock differs by 10 minutes");
	/* words that mean nothing, or that are well: it refuses all the same */
	nego_mechs.kerberos_hears = STATUS_SUCCESS;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_UNKNOWN, "???", NULL)),
			 SEC_E_LOGON_DENIED);
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_KERBEROS, "K2", NULL)),
			 SEC_E_LOGON_DENIED);
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_NTLM, "N2", NULL)),
			 SEC_E_LOGON_DENIED);
}

static void a_failure_after_a_fallback_recalls_it(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_begins = SEC_E_TARGET_UNKNOWN;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_LOGON_DENIED);
	assert_string_equal(fake_host.reason, "Kerberos: no KDC knows the service");
}

static void a_server_that_waits_for_a_mic_gets_one(void **state)
{
	struct talk *t = *state;
	struct spnego_response said;
	uint8_t mic[NEGO_MIC_LEN];

	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	nego_mic(true, t->init.mech_list, mic);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_KERBEROS, "K2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_response(wr_view(&t->said), &said));
	assert_true(said.has_mic && !said.has_token);
	/* having signed, it wants the server's signature too */
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_OK);
	assert_int_equal(nego_mechs.verified, 1);
}

static void three_tokens_of_kerberos_need_no_mic(void **state)
{
	struct talk *t = *state;
	struct spnego_response said;

	nego_mechs.three_tokens = true;
	assert_int_equal(begin(t, true, "HTTP/srv.lab.test"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_KERBEROS_MS, "K2", NULL)),
		SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_response(wr_view(&t->said), &said));
	assert_true(said.has_token && said.token.n == 2 && !said.has_mic);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_OK);
	assert_int_equal(nego_mechs.mapped, 1);
	assert_string_equal(nego_mechs.reason, "");
}

/* ---- the acceptor ---- */

static void open_server(struct talk *t)
{
	talk_close(t);
	fake_host.reason[0] = 0;
	t->side.server = true;
	assert_int_equal(nego_open(&t->side, NULL), STATUS_SUCCESS);
}

static const enum spnego_mech both[] = { MECH_KERBEROS_MS, MECH_KERBEROS, MECH_NTLM };

static void a_server_answers_with_the_name_the_client_used(void **state)
{
	static const enum spnego_mech first[] = { MECH_KERBEROS_MS, MECH_KERBEROS };
	struct talk *t = *state;
	struct spnego_response said;

	for (size_t i = 0; i < ARRAY_LEN(first); i++) {
		enum spnego_mech list[] = { first[i], MECH_NTLM };
		open_server(t);
		assert_int_equal(hear(t, nego_init(list, 2, "K1")), SEC_E_OK);
		assert_true(spnego_parse_response(wr_view(&t->said), &said));
		assert_int_equal(said.mech, first[i]);
		assert_int_equal(said.state, SPNEGO_ACCEPT_COMPLETED);
		assert_false(said.has_mic);
		assert_why(t, NULL);
	}
}

static void a_server_without_a_key_says_so(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_acquires = SEC_E_NO_CREDENTIALS;
	nego_mechs.kerberos_notes = "no key in FILE:/etc/krb5.keytab";
	open_server(t);
	assert_int_equal(hear(t, nego_init(both, 3, "K1")), SEC_I_CONTINUE_NEEDED);
	assert_why(t, "Kerberos: no key in FILE:/etc/krb5.keytab");
}

static void a_server_tells_what_a_client_left_out(void **state)
{
	struct talk *t = *state;

	open_server(t);
	assert_int_equal(hear(t, nego_init(both + 2, 1, "N1")), SEC_I_CONTINUE_NEEDED);
	assert_why(t, "Kerberos: the client does not offer it, or not first");
}

static void a_server_hears_kerberos_in_three_tokens(void **state)
{
	struct talk *t = *state;
	struct spnego_response said;

	nego_mechs.three_tokens = true;
	open_server(t);
	assert_int_equal(hear(t, nego_init(both, 3, "K1")), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_STATE_ABSENT, MECH_UNKNOWN, "K3", NULL)),
			 SEC_E_OK);
	assert_true(spnego_parse_response(wr_view(&t->said), &said));
	assert_int_equal(said.state, SPNEGO_ACCEPT_COMPLETED);
}

static void s30_negoex_first_is_passed_over_and_the_mic_insisted_on(void **state)
{
	static const enum spnego_mech list[] = { MECH_NEGOEX, MECH_KERBEROS_MS, MECH_NTLM };
	struct talk *t = *state;
	struct spnego_response said;

	open_server(t);
	assert_int_equal(hear(t, nego_init(list, 3, "NEGOEXTS garbage")), SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_response(wr_view(&t->said), &said));
	assert_int_equal(said.state, SPNEGO_REQUEST_MIC);
	assert_int_equal(said.mech, MECH_KERBEROS_MS);
	assert_false(said.has_token);
	/* Kerberos' end without a MIC is not the negotiation's */
	NTSTATUS status = hear(t, nego_answer(SPNEGO_STATE_ABSENT, MECH_UNKNOWN, "K1", NULL));
	assert_int_equal(status, SEC_I_CONTINUE_NEEDED);
	assert_true(failed(hear(t, nego_answer(SPNEGO_STATE_ABSENT, MECH_UNKNOWN, NULL, NULL))));
}

#define TALK(f) cmocka_unit_test_setup_teardown(f, talk_setup, talk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK(every_status_leads_on_or_not_as_is_written),
		TALK(a_mechanism_that_notes_nothing_is_spoken_for),
		TALK(the_best_one_has_nothing_to_explain),
		TALK(what_has_no_credentials_is_passed_over_with_its_reason),
		TALK(when_nothing_can_begin_both_are_told),
		TALK(addresses_are_not_for_kerberos_unless_the_policy_says_so),
		TALK(without_a_target_there_is_no_ticket),
		TALK(an_account_of_this_machine_is_none_of_a_kdcs),
		TALK(a_list_of_packages_alone_means_the_callers_own_credentials),
		TALK(excluding_leaves_the_other),
		TALK(ntlm_is_not_given_what_is_no_password),
		TALK(with_ntlm_blocked_kerberos_goes_on),
		TALK(with_ntlm_blocked_it_is_told_why_kerberos_did_not_do),
		TALK(with_ntlm_blocked_and_no_ticket_nothing_is_acquired),
		TALK(a_servers_other_choice_is_told),
		TALK(a_servers_last_words_say_why_it_refuses),
		TALK(a_failure_after_a_fallback_recalls_it),
		TALK(a_server_that_waits_for_a_mic_gets_one),
		TALK(three_tokens_of_kerberos_need_no_mic),
		TALK(a_server_answers_with_the_name_the_client_used),
		TALK(a_server_without_a_key_says_so),
		TALK(a_server_tells_what_a_client_left_out),
		TALK(a_server_hears_kerberos_in_three_tokens),
		TALK(s30_negoex_first_is_passed_over_and_the_mic_insisted_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
