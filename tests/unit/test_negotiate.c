/* tests/unit/test_negotiate.c - Negotiate's initiator and its mechanisms, against servers by hand.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "nego_mechs.h"

/* A client's conversation: what it said last, and the list of mechanisms of its first token. */
struct talk {
	struct fake_side client;
	struct wr said, list;
	struct spnego_init init;
	struct spnego_response response;
};

static int talk_setup(void **state)
{
	struct talk *t = mem_alloc(sizeof(*t));
	nego_mechs_reset();
	t->said = WR(1u << 17);
	t->list = WR(1000);
	*state = t;
	return 0;
}

static void talk_close(struct talk *t)
{
	fake_side_close(&t->client);
	assert_int_equal(nego_mechs.contexts, 0);
	assert_int_equal(nego_mechs.credentials, 0);
	memset(&t->client, 0, sizeof(t->client));
}

static int talk_teardown(void **state)
{
	struct talk *t = *state;
	talk_close(t);
	wr_done(&t->said);
	wr_done(&t->list);
	mem_free(t);
	return fake_host.heap == 0 ? 0 : -1;
}

/* Begins anew; the client's first token is in t->init. */
static NTSTATUS begin(struct talk *t, const char *packages)
{
	talk_close(t);
	assert_int_equal(nego_open(&t->client, packages), STATUS_SUCCESS);
	NTSTATUS status = fake_side_step(&t->client, rd_of(NULL, 0), &t->said);
	if (failed(status))
		return status;
	assert_true(spnego_parse_init(wr_view(&t->said), &t->init));
	wr_reset(&t->list);
	wr_rd(&t->list, t->init.mech_list);
	return status;
}

/* Hands it a server's token, which is released; what it answers is in t->response. */
static NTSTATUS hear(struct talk *t, struct wr token)
{
	NTSTATUS status = fake_side_step(&t->client, wr_view(&token), &t->said);
	wr_done(&token);
	t->response = (struct spnego_response){ .state = SPNEGO_STATE_ABSENT };
	if (t->said.len)
		assert_true(spnego_parse_response(wr_view(&t->said), &t->response));
	return status;
}

static bool token_is(struct rd token, const char *text)
{
	return token.n == strlen(text) && memcmp(token.p, text, token.n) == 0;
}

static bool mic_is_right(const struct talk *t)
{
	uint8_t mic[NEGO_MIC_LEN];

	nego_mic(false, wr_view(&t->list), mic);
	return t->response.has_mic && t->response.mic.n == sizeof(mic) &&
	       memcmp(t->response.mic.p, mic, sizeof(mic)) == 0;
}

static const uint8_t *server_mic(const struct talk *t)
{
	static uint8_t mic[NEGO_MIC_LEN];
	nego_mic(true, wr_view(&t->list), mic);
	return mic;
}

/* NTLM as the first and only mechanism, up to its last token. */
static void ntlm_to_the_last_token(struct talk *t)
{
	assert_int_equal(begin(t, "NTLM"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, "N2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(token_is(t->response.token, "N3"));
}

/* ---- the offer ---- */

static void kerberos_is_offered_first_by_both_its_names(void **state)
{
	struct talk *t = *state;

	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->init.mech_count, 3);
	assert_int_equal(t->init.mechs[0], MECH_KERBEROS_MS);
	assert_int_equal(t->init.mechs[1], MECH_KERBEROS);
	assert_int_equal(t->init.mechs[2], MECH_NTLM);
	assert_true(token_is(t->init.token, "K1"));
	assert_true(nego_mechs.requirements & ISC_REQ_INTEGRITY);
}

static void a_mechanism_that_cannot_begin_is_not_offered(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos_begins = SEC_E_NO_CREDENTIALS;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->init.mech_count, 1);
	assert_true(token_is(t->init.token, "N1"));
	nego_mechs.ntlm_begins = SEC_E_TARGET_UNKNOWN;
	assert_int_equal(begin(t, NULL), SEC_E_TARGET_UNKNOWN);
}

static void package_lists_are_obeyed(void **state)
{
	static const struct row {
		const char *packages;
		size_t count;
		enum spnego_mech first;
	} rows[] = {
		{ "NTLM", 1, MECH_NTLM },
		{ "ntlm", 1, MECH_NTLM },
		{ "!Kerberos", 1, MECH_NTLM },
		{ "Kerberos,!NTLM", 2, MECH_KERBEROS_MS },
		{ "!NTLM", 2, MECH_KERBEROS_MS },
		{ "NTLM, Kerberos", 3, MECH_KERBEROS_MS },
		{ "Negotiate", 3, MECH_KERBEROS_MS },
		{ ",,", 3, MECH_KERBEROS_MS },
		{ "Negotiate,!Kerberos", 1, MECH_NTLM },
		{ "IAKERB", 3, MECH_KERBEROS_MS },
		{ "NTLM,IAKERB", 1, MECH_NTLM },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(begin(t, rows[i].packages), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(t->init.mech_count, rows[i].count);
		assert_int_equal(t->init.mechs[0], rows[i].first);
	}
	talk_close(t);
	assert_int_equal(nego_open(&t->client, "!NTLM,!Kerberos"), SEC_E_NO_CREDENTIALS);
	assert_int_equal(nego_open(&t->client, "Digest"), SEC_E_NO_CREDENTIALS);
	nego_mechs.kerberos = false;
	assert_int_equal(nego_open(&t->client, "Kerberos"), SEC_E_NO_CREDENTIALS);
}

static void a_servers_hint_changes_nothing(void **state)
{
	static const enum spnego_mech ntlm[] = { MECH_NTLM };
	struct talk *t = *state;
	struct spnego_init init;

	assert_int_equal(nego_open(&t->client, NULL), STATUS_SUCCESS);
	CLEANUP(wr_done) struct wr hint = nego_init(ntlm, 1, NULL);
	assert_int_equal(fake_side_step(&t->client, wr_view(&hint), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_init(wr_view(&t->said), &init));
	assert_int_equal(init.mech_count, 3);
	fake_side_drop_context(&t->client);
	assert_int_equal(fake_side_step(&t->client, rd_of("hint", 4), &t->said),
			 SEC_E_INVALID_TOKEN);
}

/* ---- the server's choice ---- */

static void kerberos_in_two_tokens_needs_no_mic(void **state)
{
	struct talk *t = *state;

	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_KERBEROS_MS, "K2", NULL)),
		SEC_E_OK);
	assert_int_equal(t->said.len, 0);
	assert_int_equal(nego_mechs.mapped, 1);
	assert_int_equal(nego_mechs.sent + nego_mechs.received, 0);
}

static void kerberos_in_one_token_completes_with_the_servers_word(void **state)
{
	struct talk *t = *state;

	nego_mechs.one_token = true;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_false(t->client.mapped);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_KERBEROS_MS, NULL, NULL)),
		SEC_E_OK);
	assert_true(t->client.mapped);
}

static void a_mic_beside_the_servers_last_token_is_answered(void **state)
{
	struct talk *t = *state;

	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_KERBEROS_MS, "K2", server_mic(t))),
		SEC_E_OK);
	assert_int_equal(t->response.state, SPNEGO_ACCEPT_COMPLETED);
	assert_true(mic_is_right(t));
	assert_int_equal(nego_mechs.sent, 1);
	assert_int_equal(nego_mechs.received, 1);
}

static void the_optimistic_mechanism_alone_asks_for_a_mic_when_told_to(void **state)
{
	struct talk *t = *state;

	nego_mechs.one_token = true;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_KERBEROS_MS, NULL, NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(mic_is_right(t));
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, server_mic(t))),
		SEC_E_OK);
}

static void another_mechanism_begins_when_the_server_chooses_it(void **state)
{
	struct talk *t = *state;

	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(token_is(t->response.token, "N1") && !t->response.has_mic);
	/* a later supportedMech counts for nothing, [MS-SPNG] 3.3.5 */
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_KERBEROS, "N2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(token_is(t->response.token, "N3") && mic_is_right(t));
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, server_mic(t))),
		SEC_E_OK);
	assert_int_equal(nego_mechs.sent, 1);
	assert_int_equal(nego_mechs.received, 1);
}

static void s29_another_mechanism_without_a_mic_is_a_downgrade(void **state)
{
	struct talk *t = *state;

	for (int wrong = 0; wrong < 2; wrong++) {
		const uint8_t bad[NEGO_MIC_LEN] = { 0 };
		assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(
			hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, NULL, NULL)),
			SEC_I_CONTINUE_NEEDED);
		assert_int_equal(
			hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, "N2", NULL)),
			SEC_I_CONTINUE_NEEDED);
		assert_true(mic_is_right(t));
		assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL,
						     wrong ? bad : NULL)),
				 wrong ? SEC_E_MESSAGE_ALTERED : SEC_E_INVALID_TOKEN);
		assert_int_equal(nego_mechs.mapped, 0);
	}
	/* and one that could never be signed */
	nego_mechs.cannot_sign = true;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, "N2", NULL)),
			 SEC_E_QOP_NOT_SUPPORTED);
}

/* Who says that signing is not needed has not said that anyone may choose the mechanism. */
static void s29_a_choice_of_the_servers_is_signed_whatever_the_caller_needs(void **state)
{
	struct talk *t = *state;

	for (int signs = 0; signs < 2; signs++) {
		nego_mechs.cannot_sign = !signs;
		talk_close(t);
		assert_int_equal(nego_open(&t->client, NULL), STATUS_SUCCESS);
		t->client.requirements |= ISC_REQ_NO_INTEGRITY;
		assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->said),
				 SEC_I_CONTINUE_NEEDED);
		assert_false(nego_mechs.requirements & (ISC_REQ_INTEGRITY | ISC_REQ_NO_INTEGRITY));
		assert_true(spnego_parse_init(wr_view(&t->said), &t->init));
		wr_reset(&t->list);
		wr_rd(&t->list, t->init.mech_list);
		assert_int_equal(
			hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, NULL, NULL)),
			SEC_I_CONTINUE_NEEDED);
		assert_true(nego_mechs.requirements & ISC_REQ_INTEGRITY);
		assert_int_equal(
			hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, "N2", NULL)),
			signs ? SEC_I_CONTINUE_NEEDED : SEC_E_QOP_NOT_SUPPORTED);
		assert_int_equal(nego_mechs.mapped, 0);
	}
	assert_true(mic_is_right(t));
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, server_mic(t))),
		SEC_E_OK);
}

static void s29_a_mic_over_another_list_is_refused(void **state)
{
	struct talk *t = *state;
	uint8_t mic[NEGO_MIC_LEN];

	ntlm_to_the_last_token(t);
	nego_mic(true, rd_of("another list", 12), mic);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_MESSAGE_ALTERED);
	/* our own, sent back */
	ntlm_to_the_last_token(t);
	nego_mic(false, wr_view(&t->list), mic);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_MESSAGE_ALTERED);
}

static void s29_ntlm_that_signed_its_list_wants_the_servers_signature(void **state)
{
	struct talk *t = *state;

	ntlm_to_the_last_token(t);
	assert_true(mic_is_right(t));
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_INVALID_TOKEN);
	ntlm_to_the_last_token(t);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, server_mic(t))),
		SEC_E_OK);
	/* without signatures at all the first mechanism does */
	nego_mechs.cannot_sign = true;
	ntlm_to_the_last_token(t);
	assert_false(t->response.has_mic);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_OK);
}

/* ---- servers that are done too soon ---- */

/* One wrong first answer to NTLM's first token. */
static void refuse_first(struct talk *t, NTSTATUS want, struct wr token)
{
	assert_int_equal(begin(t, "NTLM"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, token), want);
	assert_int_equal(nego_mechs.mapped, 0);
	/* and it is over */
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, "N2", NULL)),
			 SEC_E_OUT_OF_SEQUENCE);
}

static void s28_no_early_success(void **state)
{
	struct talk *t = *state;
	uint8_t mic[NEGO_MIC_LEN] = { 0 };

	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_NTLM, NULL, NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_NTLM, "N2", NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, NULL, NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_NTLM, NULL, mic));
	refuse_first(t, SEC_E_MESSAGE_ALTERED,
		     nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, "N2", mic));
	refuse_first(t, SEC_E_LOGON_DENIED, nego_answer(SPNEGO_REJECT, MECH_UNKNOWN, NULL, NULL));
	refuse_first(t, SEC_E_LOGON_DENIED, nego_answer(SPNEGO_REJECT, MECH_NTLM, "N2", NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, "no", NULL));
}

static void s28_choices_that_were_not_offered_are_refused(void **state)
{
	struct talk *t = *state;

	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_KERBEROS, NULL, NULL));
	refuse_first(t, SEC_E_INVALID_TOKEN,
		     nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NEGOEX, "N2", NULL));
	/* one that could not begin was not offered either */
	nego_mechs.kerberos_begins = SEC_E_NO_CREDENTIALS;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_KERBEROS, NULL, NULL)),
			 SEC_E_INVALID_TOKEN);
	/* a token for a mechanism that has not begun */
	nego_mechs.kerberos_begins = STATUS_SUCCESS;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, "N2", NULL)),
			 SEC_E_INVALID_TOKEN);
}

static void s28_last_answers_that_leave_something_open_are_refused(void **state)
{
	struct talk *t = *state;
	const uint8_t *mic = server_mic(t);

	ntlm_to_the_last_token(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_INVALID_TOKEN);
	ntlm_to_the_last_token(t);
	mic = server_mic(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_INVALID_TOKEN);
	ntlm_to_the_last_token(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, "N4", mic)),
			 SEC_E_INVALID_TOKEN);
	ntlm_to_the_last_token(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_INVALID_TOKEN);
	ntlm_to_the_last_token(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_LOGON_DENIED);
	assert_int_equal(nego_mechs.mapped, 0);
	/* the state may be left out after the first answer */
	ntlm_to_the_last_token(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_STATE_ABSENT, MECH_UNKNOWN, NULL, mic)),
			 SEC_E_OK);
}

static void s32_half_open_negotiations_answer_nothing(void **state)
{
	struct talk *t = *state;
	SecPkgContext_Sizes sizes;
	SecPkgContext_NegotiationInfoW info;

	ntlm_to_the_last_token(t);
	const SECPKG_FUNCTION_TABLE *f = t->client.lsa;
	assert_int_equal(f->QueryContextAttributes(t->client.context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(f->QueryContextAttributes(t->client.context, SECPKG_ATTR_SIZES, NULL),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(
		f->QueryContextAttributes(t->client.context, SECPKG_ATTR_NEGOTIATION_INFO, &info),
		STATUS_SUCCESS);
	assert_int_equal(info.NegotiationState, SECPKG_NEGOTIATION_IN_PROGRESS);
	assert_memory_equal(info.PackageInfo->Name, u"NTLM", 10);
	block_free(info.PackageInfo);
}

/* ---- for other packages ---- */

static void ntlm_alone_goes_bare_for_another_package(void **state)
{
	struct talk *t = *state;

	nego_mechs.recursive = true;
	nego_mechs.kerberos = false;
	assert_int_equal(nego_open(&t->client, NULL), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(token_is(wr_view(&t->said), "N1"));
	assert_int_equal(fake_side_step(&t->client, rd_of("N2", 2), &t->said), SEC_E_OK);
	assert_true(token_is(wr_view(&t->said), "N3"));
	assert_int_equal(nego_mechs.mapped, 1);
	/* a list that names others says that SPNEGO is wanted */
	assert_int_equal(begin(t, "Negotiate,NTLM"), SEC_I_CONTINUE_NEEDED);
}

static void another_package_may_seal_beside_the_last_token(void **state)
{
	struct talk *t = *state;

	nego_mechs.recursive = true;
	nego_mechs.kerberos = false;
	assert_int_equal(begin(t, "Kerberos,NTLM"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, "N2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(nego_mechs.mapped, 1);
	assert_int_equal(nego_mechs.sent, 1);
	assert_int_equal(nego_mechs.received, 0);
	/* the server's MIC still counts, and uses up a number */
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, server_mic(t))),
		SEC_E_OK);
	assert_int_equal(nego_mechs.taken, 1);
	assert_int_equal(nego_mechs.sent, 1);
	assert_int_equal(nego_mechs.received, 1);
}

static void s29_nothing_is_sealed_early_when_the_mic_decides(void **state)
{
	struct talk *t = *state;

	nego_mechs.recursive = true;
	assert_int_equal(begin(t, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, "N2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(nego_mechs.mapped, 0);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, server_mic(t))),
		SEC_E_OK);
	assert_int_equal(nego_mechs.mapped, 1);
}

/* ---- buffers ---- */

static void channel_bindings_go_along_to_every_step(void **state)
{
	struct talk *t = *state;
	uint8_t bindings[40] = { 0 };

	t->client.more_input =
		(SecBuffer){ sizeof(bindings), SECBUFFER_CHANNEL_BINDINGS, bindings };
	struct fake_side keep = t->client;
	assert_int_equal(nego_open(&t->client, NULL), STATUS_SUCCESS);
	t->client.more_input = keep.more_input;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(nego_mechs.bindings, sizeof(bindings));
	/* given once is given, also to the mechanism that comes second */
	t->client.more_input = (SecBuffer){ 0 };
	nego_mechs.bindings = 0;
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(nego_mechs.bindings, sizeof(bindings));
}

static void a_buffer_too_small_loses_nothing(void **state)
{
	struct talk *t = *state;

	assert_int_equal(nego_open(&t->client, NULL), STATUS_SUCCESS);
	t->client.room = 4;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->said),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_true(t->client.said > 4);
	t->client.room = 0;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	t->client.room = 4;
	CLEANUP(wr_done)
	struct wr token = nego_answer(SPNEGO_REQUEST_MIC, MECH_NTLM, NULL, NULL);
	assert_int_equal(fake_side_step(&t->client, wr_view(&token), &t->said),
			 SEC_E_BUFFER_TOO_SMALL);
	t->client.room = t->client.said;
	assert_int_equal(fake_side_step(&t->client, wr_view(&token), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_response(wr_view(&t->said), &t->response));
	assert_true(token_is(t->response.token, "N1"));
}

static void credentials_of_the_other_role_are_none(void **state)
{
	struct talk *t = *state;

	t->client.server = true;
	assert_int_equal(nego_open(&t->client, NULL), STATUS_SUCCESS);
	t->client.server = false;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->said),
			 SEC_E_NO_CREDENTIALS);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, talk_setup, talk_teardown)
	const struct CMUnitTest tests[] = {
		CASE(kerberos_is_offered_first_by_both_its_names),
		CASE(a_mechanism_that_cannot_begin_is_not_offered),
		CASE(package_lists_are_obeyed),
		CASE(a_servers_hint_changes_nothing),
		CASE(kerberos_in_two_tokens_needs_no_mic),
		CASE(kerberos_in_one_token_completes_with_the_servers_word),
		CASE(a_mic_beside_the_servers_last_token_is_answered),
		CASE(the_optimistic_mechanism_alone_asks_for_a_mic_when_told_to),
		CASE(another_mechanism_begins_when_the_server_chooses_it),
		CASE(s29_another_mechanism_without_a_mic_is_a_downgrade),
		CASE(s29_a_choice_of_the_servers_is_signed_whatever_the_caller_needs),
		CASE(s29_a_mic_over_another_list_is_refused),
		CASE(s29_ntlm_that_signed_its_list_wants_the_servers_signature),
		CASE(s28_no_early_success),
		CASE(s28_choices_that_were_not_offered_are_refused),
		CASE(s28_last_answers_that_leave_something_open_are_refused),
		CASE(s32_half_open_negotiations_answer_nothing),
		CASE(ntlm_alone_goes_bare_for_another_package),
		CASE(another_package_may_seal_beside_the_last_token),
		CASE(s29_nothing_is_sealed_early_when_the_mic_decides),
		CASE(channel_bindings_go_along_to_every_step),
		CASE(a_buffer_too_small_loses_nothing),
		CASE(credentials_of_the_other_role_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
