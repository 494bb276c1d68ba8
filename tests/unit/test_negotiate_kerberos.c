/* tests/unit/test_negotiate_kerberos.c - the dangerous orders of SPNEGO once more, with Kerberos inside.
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

struct talk {
	struct fake_side side;
	struct wr said, list;
	struct spnego_response response;
};

static int setup(void **state)
{
	struct talk *t = mem_alloc(sizeof(*t));
	nego_mechs_reset();
	t->said = WR(1u << 17);
	t->list = WR(1000);
	*state = t;
	return 0;
}

static void close_side(struct talk *t)
{
	fake_side_close(&t->side);
	assert_int_equal(nego_mechs.contexts, 0);
	assert_int_equal(nego_mechs.credentials, 0);
	assert_int_equal(fake_host.heap, 0);
	memset(&t->side, 0, sizeof(t->side));
}

static int teardown(void **state)
{
	struct talk *t = *state;
	close_side(t);
	wr_done(&t->said);
	wr_done(&t->list);
	mem_free(t);
	return 0;
}

static NTSTATUS hear(struct talk *t, struct wr token)
{
	NTSTATUS status = fake_side_step(&t->side, wr_view(&token), &t->said);
	wr_done(&token);
	t->response = (struct spnego_response){ .state = SPNEGO_STATE_ABSENT };
	if (t->said.len)
		assert_true(spnego_parse_response(wr_view(&t->said), &t->response));
	return status;
}

/* A client that has sent its first token. */
static void client_begins(struct talk *t)
{
	struct spnego_init init;

	close_side(t);
	assert_int_equal(nego_open(&t->side, NULL), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&t->side, rd_of(NULL, 0), &t->said), SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_init(wr_view(&t->said), &init));
	wr_reset(&t->list);
	wr_rd(&t->list, init.mech_list);
}

/* A server that has read that offer. */
static NTSTATUS server_hears(struct talk *t, const enum spnego_mech *list, size_t count,
			     const char *token)
{
	close_side(t);
	t->side.server = true;
	t->side.requirements = ASC_REQ_ALLOCATE_MEMORY;
	assert_int_equal(nego_open(&t->side, NULL), STATUS_SUCCESS);
	wr_reset(&t->list);
	spnego_write_mech_list(&t->list, list, count);
	return hear(t, nego_init(list, count, token));
}

static const uint8_t *mic_of(const struct talk *t, bool server)
{
	static uint8_t mic[NEGO_MIC_LEN];
	nego_mic(server, wr_view(&t->list), mic);
	return mic;
}

static struct wr end(enum spnego_state state, const char *token, const uint8_t *mic)
{
	return nego_answer(state, MECH_UNKNOWN, token, mic);
}

/* ---- the client ---- */

static void s28_nothing_is_done_before_kerberos_is(void **state)
{
	struct talk *t = *state;

	client_begins(t); /* mutual authentication is due */
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, NULL, NULL)), SEC_E_INVALID_TOKEN);
	client_begins(t);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, NULL, mic_of(t, true))),
			 SEC_E_INVALID_TOKEN);
	nego_mechs.three_tokens = true; /* the third is not sent yet */
	client_begins(t);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, "K2", NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(nego_mechs.mapped, 0);
}

static void s28_a_token_after_kerberos_last_is_refused(void **state)
{
	struct talk *t = *state;

	nego_mechs.one_token = true;
	client_begins(t);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, "K2", NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(nego_mechs.mapped, 0);
}

static void s28_a_mic_that_was_asked_for_is_answered_by_one(void **state)
{
	struct talk *t = *state;

	client_begins(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_KERBEROS_MS, "K2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(t->response.has_mic);
	assert_memory_equal(t->response.mic.p, mic_of(t, false), NEGO_MIC_LEN);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, NULL, NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(nego_mechs.mapped, 0);
	client_begins(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_KERBEROS_MS, "K2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, NULL, mic_of(t, false))),
			 SEC_E_MESSAGE_ALTERED);
	client_begins(t);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_KERBEROS_MS, "K2", NULL)),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, NULL, mic_of(t, true))), SEC_E_OK);
	assert_int_equal(nego_mechs.mapped, 1);
	assert_int_equal(nego_mechs.sent + nego_mechs.received, 2);
}

static void s28_a_server_that_asks_for_a_mic_late_is_refused(void **state)
{
	struct talk *t = *state;

	nego_mechs.three_tokens = true;
	client_begins(t);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_KERBEROS_MS, "K2", NULL)),
		SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, end(SPNEGO_REQUEST_MIC, NULL, NULL)), SEC_E_INVALID_TOKEN);
}

static void s29_the_mic_is_over_the_list_as_it_was_sent(void **state)
{
	static const enum spnego_mech other[] = { MECH_KERBEROS, MECH_KERBEROS_MS, MECH_NTLM };
	struct talk *t = *state;

	client_begins(t);
	wr_reset(&t->list); /* what a server got that somebody wrote to */
	spnego_write_mech_list(&t->list, other, 3);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_KERBEROS, "K2", mic_of(t, true))),
		SEC_E_MESSAGE_ALTERED);
}

static void s32_after_an_error_nothing_goes_on(void **state)
{
	SecPkgContext_Sizes sizes;
	struct talk *t = *state;

	client_begins(t);
	assert_int_equal(
		t->side.lsa->QueryContextAttributes(t->side.context, SECPKG_ATTR_SIZES, &sizes),
		SEC_E_INVALID_HANDLE);
	assert_true(failed(hear(t, end(SPNEGO_ACCEPT_COMPLETED, "K9", NULL))));
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_COMPLETED, "K2", NULL)), SEC_E_OUT_OF_SEQUENCE);
	assert_int_equal(
		t->side.lsa->QueryContextAttributes(t->side.context, SECPKG_ATTR_SIZES, &sizes),
		SEC_E_INVALID_HANDLE);
}

/* ---- the server ---- */

static const enum spnego_mech kerberos_first[] = { MECH_KERBEROS_MS, MECH_KERBEROS, MECH_NTLM };
static const enum spnego_mech ntlm_first[] = { MECH_NTLM, MECH_KERBEROS };

static void s29_kerberos_moved_behind_ntlm_wants_a_mic(void **state)
{
	struct talk *t = *state;

	/* NTLM is what the client seems to like best: it is done, and signed for */
	assert_int_equal(server_hears(t, ntlm_first, 2, "N1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->response.state, SPNEGO_REQUEST_MIC);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_INCOMPLETE, "N3", NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(server_hears(t, ntlm_first, 2, "N1"), SEC_I_CONTINUE_NEEDED);
	wr_reset(&t->list); /* what the client had sent */
	spnego_write_mech_list(&t->list, kerberos_first, 3);
	assert_int_equal(hear(t, end(SPNEGO_ACCEPT_INCOMPLETE, "N3", mic_of(t, false))),
			 SEC_E_MESSAGE_ALTERED);
	assert_int_equal(nego_mechs.mapped, 0);
}

static void s29_kerberos_without_its_token_needs_no_mic_unless_it_was_not_first(void **state)
{
	static const enum spnego_mech behind[] = { MECH_UNKNOWN, MECH_KERBEROS, MECH_NTLM };
	static const enum spnego_mech u2u[] = { MECH_KERBEROS_U2U, MECH_KERBEROS };
	struct talk *t = *state;

	assert_int_equal(server_hears(t, kerberos_first, 3, NULL), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->response.state, SPNEGO_ACCEPT_INCOMPLETE);
	assert_int_equal(hear(t, end(SPNEGO_STATE_ABSENT, "K1", NULL)), SEC_E_OK);
	assert_int_equal(server_hears(t, u2u, 2, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->response.state, SPNEGO_REQUEST_MIC);
	assert_int_equal(server_hears(t, behind + 1, 2, "K1"), SEC_E_OK);
}

static void s29_a_mic_of_the_clients_is_verified_and_answered(void **state)
{
	struct talk *t = *state;

	nego_mechs.three_tokens = true;
	assert_int_equal(server_hears(t, kerberos_first, 3, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, end(SPNEGO_STATE_ABSENT, "K3", mic_of(t, false))), SEC_E_OK);
	assert_true(t->response.has_mic);
	assert_memory_equal(t->response.mic.p, mic_of(t, true), NEGO_MIC_LEN);
	assert_int_equal(server_hears(t, kerberos_first, 3, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, end(SPNEGO_STATE_ABSENT, "K3", mic_of(t, true))),
			 SEC_E_MESSAGE_ALTERED);
	/* before the mechanism is complete there is nothing to verify it with */
	assert_int_equal(server_hears(t, kerberos_first, 3, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_true(failed(hear(t, end(SPNEGO_STATE_ABSENT, NULL, mic_of(t, false)))));
}

static void a_kerberos_error_goes_to_the_client_with_the_refusal(void **state)
{
	struct talk *t = *state;

	nego_mechs.three_tokens = true;
	nego_mechs.ends = SEC_E_TIME_SKEW;
	nego_mechs.last_words = "KRB-ERROR";
	assert_int_equal(server_hears(t, kerberos_first, 3, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, end(SPNEGO_STATE_ABSENT, "K3", NULL)), SEC_E_TIME_SKEW);
	assert_int_equal(t->response.state, SPNEGO_REJECT);
	assert_int_equal(t->response.token.n, 9);
}

static void user_to_user_has_a_name_of_its_own(void **state)
{
	static const enum spnego_mech first[] = { MECH_KERBEROS_U2U, MECH_KERBEROS, MECH_NTLM };
	struct spnego_init init;
	struct talk *t = *state;

	t->side.requirements = ISC_REQ_USE_SESSION_KEY;
	assert_int_equal(nego_open(&t->side, NULL), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&t->side, rd_of(NULL, 0), &t->said), SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_init(wr_view(&t->said), &init));
	assert_int_equal(init.mech_count, 2);
	assert_int_equal(init.mechs[0], MECH_KERBEROS_U2U);
	assert_int_equal(init.mechs[1], MECH_NTLM);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_KERBEROS_U2U, "K2", NULL)),
		SEC_E_OK);
	/* a server that did not ask for it passes over it and its token */
	assert_int_equal(server_hears(t, first, 3, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->response.mech, MECH_KERBEROS);
	assert_int_equal(t->response.state, SPNEGO_REQUEST_MIC);
	close_side(t);
	t->side.server = true;
	t->side.requirements = ASC_REQ_USE_SESSION_KEY;
	assert_int_equal(nego_open(&t->side, NULL), STATUS_SUCCESS);
	assert_int_equal(hear(t, nego_init(first, 3, "K1")), SEC_E_OK);
	assert_int_equal(t->response.mech, MECH_KERBEROS_U2U);
}

static void s32_an_offer_is_no_answer(void **state)
{
	struct talk *t = *state;

	nego_mechs.three_tokens = true;
	assert_int_equal(server_hears(t, kerberos_first, 3, "K1"), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_init(kerberos_first, 3, "K1")), SEC_E_INVALID_TOKEN);
	assert_int_equal(hear(t, end(SPNEGO_STATE_ABSENT, "K3", NULL)), SEC_E_OUT_OF_SEQUENCE);
}

#define TALK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK(s28_nothing_is_done_before_kerberos_is),
		TALK(s28_a_token_after_kerberos_last_is_refused),
		TALK(s28_a_mic_that_was_asked_for_is_answered_by_one),
		TALK(s28_a_server_that_asks_for_a_mic_late_is_refused),
		TALK(s29_the_mic_is_over_the_list_as_it_was_sent),
		TALK(s32_after_an_error_nothing_goes_on),
		TALK(s29_kerberos_moved_behind_ntlm_wants_a_mic),
		TALK(s29_kerberos_without_its_token_needs_no_mic_unless_it_was_not_first),
		TALK(s29_a_mic_of_the_clients_is_verified_and_answered),
		TALK(a_kerberos_error_goes_to_the_client_with_the_refusal),
		TALK(user_to_user_has_a_name_of_its_own),
		TALK(s32_an_offer_is_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
