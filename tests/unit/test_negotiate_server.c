/* tests/unit/test_negotiate_server.c - Negotiate's acceptor, against clients by hand.
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

/* A server's conversation: what it said last, and the list of mechanisms it was sent. */
struct talk {
	struct fake_side server;
	struct wr said, list;
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
	fake_side_close(&t->server);
	assert_int_equal(nego_mechs.contexts, 0);
	assert_int_equal(nego_mechs.credentials, 0);
	memset(&t->server, 0, sizeof(t->server));
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

static void open_server(struct talk *t)
{
	talk_close(t);
	t->server.server = true;
	t->server.requirements = ASC_REQ_ALLOCATE_MEMORY;
	assert_int_equal(nego_open(&t->server, NULL), STATUS_SUCCESS);
}

/* Hands it a client's token, which is released; what it answers is in t->response. */
static NTSTATUS hear(struct talk *t, struct wr token)
{
	NTSTATUS status = fake_side_step(&t->server, wr_view(&token), &t->said);
	wr_done(&token);
	t->response = (struct spnego_response){ .state = SPNEGO_STATE_ABSENT };
	if (t->said.len)
		assert_true(spnego_parse_response(wr_view(&t->said), &t->response));
	return status;
}

/* Begins anew with a NegTokenInit of these mechanisms. */
static NTSTATUS offer(struct talk *t, const enum spnego_mech *mechs, size_t count,
		      const char *token)
{
	open_server(t);
	wr_reset(&t->list);
	spnego_write_mech_list(&t->list, mechs, count);
	return hear(t, nego_init(mechs, count, token));
}

#define OFFER(t, token, ...)                                                                       \
	offer(t, (const enum spnego_mech[]){ __VA_ARGS__ },                                        \
	      sizeof((const enum spnego_mech[]){ __VA_ARGS__ }) / sizeof(enum spnego_mech), token)

static struct wr reply(const char *token, const uint8_t *mic)
{
	return nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN, token, mic);
}

static const uint8_t *client_mic(const struct talk *t)
{
	static uint8_t mic[NEGO_MIC_LEN];
	nego_mic(false, wr_view(&t->list), mic);
	return mic;
}

static bool mic_is_right(const struct talk *t)
{
	uint8_t mic[NEGO_MIC_LEN];

	nego_mic(true, wr_view(&t->list), mic);
	return t->response.has_mic && t->response.mic.n == sizeof(mic) &&
	       memcmp(t->response.mic.p, mic, sizeof(mic)) == 0;
}

static bool token_is(struct rd token, const char *text)
{
	return token.n == strlen(text) && memcmp(token.p, text, token.n) == 0;
}

static bool answered(const struct talk *t, enum spnego_state state, enum spnego_mech mech)
{
	return t->response.state == state && t->response.has_mech == (mech != MECH_UNKNOWN) &&
	       t->response.mech == mech;
}

/* ---- choices ---- */

static void kerberos_answers_under_the_name_it_was_called_by(void **state)
{
	struct talk *t = *state;

	assert_int_equal(OFFER(t, "K1", MECH_KERBEROS_MS, MECH_KERBEROS, MECH_NTLM), SEC_E_OK);
	assert_true(answered(t, SPNEGO_ACCEPT_COMPLETED, MECH_KERBEROS_MS));
	assert_true(token_is(t->response.token, "K2") && !t->response.has_mic);
	assert_int_equal(OFFER(t, "K1", MECH_KERBEROS), SEC_E_OK);
	assert_true(answered(t, SPNEGO_ACCEPT_COMPLETED, MECH_KERBEROS));
	assert_int_equal(nego_mechs.mapped, 2);
	assert_true(nego_mechs.requirements & ASC_REQ_INTEGRITY);
}

static void ntlm_alone_takes_three_tokens_and_a_mic(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos = false;
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM));
	assert_true(token_is(t->response.token, "N2"));
	assert_int_equal(hear(t, reply("N3", client_mic(t))), SEC_E_OK);
	assert_true(answered(t, SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN) && mic_is_right(t));
	assert_int_equal(nego_mechs.sent, 1);
	assert_int_equal(nego_mechs.received, 1);
	/* a client without one */
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_OK);
	assert_true(answered(t, SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN) && !t->response.has_mic);
}

static void s30_the_token_of_an_unknown_mechanism_is_passed_over(void **state)
{
	static const char negoex[] = "NEGOEXTS, whatever that says";
	struct talk *t = *state;

	assert_int_equal(OFFER(t, negoex, MECH_NEGOEX, MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_REQUEST_MIC, MECH_NTLM) && !t->response.has_token);
	assert_int_equal(hear(t, reply("N1", NULL)), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN));
	assert_true(token_is(t->response.token, "N2"));
	assert_int_equal(hear(t, reply("N3", client_mic(t))), SEC_E_OK);
	assert_true(mic_is_right(t));
	/* also one that looks like our mechanism's */
	assert_int_equal(OFFER(t, "N1", MECH_NEGOEX, MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_false(t->response.has_token);
	assert_int_equal(nego_mechs.contexts, 0);
}

static void s30_an_offer_without_a_token_is_answered_without_one(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos = false;
	for (int empty = 0; empty < 2; empty++) {
		assert_int_equal(OFFER(t, empty ? "" : NULL, MECH_NTLM), SEC_I_CONTINUE_NEEDED);
		assert_true(answered(t, SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM));
		assert_false(t->response.has_token);
		assert_int_equal(hear(t, reply("N1", NULL)), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_OK);
	}
}

static void s31_negoex_messages_are_not_read(void **state)
{
	static const uint8_t lies[] = {
		'N',  'E',  'G',  'O',	'E',  'X',  'T',  'S',	0xFF, 0xFF,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
	};
	static const enum spnego_mech mechs[] = { MECH_NEGOEX, MECH_NTLM };
	struct talk *t = *state;

	for (size_t n = 0; n <= sizeof(lies); n++) {
		CLEANUP(wr_done) struct wr list = WR(100);
		struct wr w = WR(1000);
		spnego_write_mech_list(&list, mechs, 2);
		spnego_write_init(
			&w, wr_view(&list),
			&(struct spnego_init){ .has_token = true, .token = rd_of(lies, n) });
		open_server(t);
		assert_int_equal(hear(t, w), SEC_I_CONTINUE_NEEDED);
		assert_true(answered(t, SPNEGO_REQUEST_MIC, MECH_NTLM));
	}
}

static void nothing_in_common_is_said_so(void **state)
{
	struct talk *t = *state;

	assert_int_equal(OFFER(t, "x", MECH_NEGOEX, MECH_KERBEROS_U2U), SEC_E_INVALID_TOKEN);
	assert_int_equal(t->response.state, SPNEGO_REJECT);
	assert_int_equal(t->server.context, 0);
	nego_mechs.kerberos = false;
	assert_int_equal(OFFER(t, "K1", MECH_KERBEROS), SEC_E_INVALID_TOKEN);
	assert_int_equal(t->response.state, SPNEGO_REJECT);
}

/* ---- MICs ---- */

static void s29_a_mic_is_due_unless_both_like_the_mechanism_best(void **state)
{
	struct talk *t = *state;

	/* the client's first, but we have better */
	assert_int_equal(OFFER(t, "N1", MECH_NTLM, MECH_KERBEROS), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_REQUEST_MIC, MECH_NTLM));
	assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(t->response.state, SPNEGO_REJECT);
	assert_int_equal(nego_mechs.mapped, 0);
	/* not the client's first */
	nego_mechs.kerberos = false;
	assert_int_equal(OFFER(t, "K1", MECH_KERBEROS, MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_REQUEST_MIC, MECH_NTLM));
	assert_int_equal(hear(t, reply("N1", NULL)), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(nego_mechs.mapped, 0);
}

static void s29_wrong_mics_are_alterations(void **state)
{
	struct talk *t = *state;
	uint8_t mic[NEGO_MIC_LEN];

	nego_mechs.kerberos = false;
	for (int kind = 0; kind < 3; kind++) {
		assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
		nego_mic(kind == 1, kind ? wr_view(&t->list) : rd_of("x", 1), mic);
		mic[5] ^= kind == 2;
		assert_int_equal(hear(t, reply("N3", mic)), SEC_E_MESSAGE_ALTERED);
		assert_int_equal(t->response.state, SPNEGO_REJECT);
		assert_int_equal(hear(t, reply("N3", client_mic(t))), SEC_E_OUT_OF_SEQUENCE);
	}
	assert_int_equal(nego_mechs.mapped, 0);
}

static void s29_the_list_that_counts_is_the_one_received(void **state)
{
	struct talk *t = *state;
	uint8_t mic[NEGO_MIC_LEN];
	CLEANUP(wr_done) struct wr sent = WR(100);

	/* the client offered Kerberos first; on the way that was removed */
	nego_mechs.kerberos = false;
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	spnego_write_mech_list(&sent, (const enum spnego_mech[]){ MECH_KERBEROS, MECH_NTLM }, 2);
	nego_mic(false, wr_view(&sent), mic);
	assert_int_equal(hear(t, reply("N3", mic)), SEC_E_MESSAGE_ALTERED);
}

static void our_last_token_goes_with_our_mic_and_waits_for_the_clients(void **state)
{
	struct talk *t = *state;

	/* Kerberos is what we like best, but not what the client does */
	assert_int_equal(OFFER(t, "x", MECH_NEGOEX, MECH_KERBEROS), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_REQUEST_MIC, MECH_KERBEROS));
	assert_int_equal(hear(t, reply("K1", NULL)), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_ACCEPT_INCOMPLETE, MECH_UNKNOWN));
	assert_true(token_is(t->response.token, "K2") && mic_is_right(t));
	assert_int_equal(nego_mechs.mapped, 0);
	CLEANUP(wr_done)
	struct wr last = nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, client_mic(t));
	assert_int_equal(fake_side_step(&t->server, wr_view(&last), &t->said), SEC_E_OK);
	assert_int_equal(nego_mechs.mapped, 1);
	assert_int_equal(nego_mechs.sent, 1);
	assert_int_equal(nego_mechs.received, 1);
}

static void s28_a_client_that_says_it_is_done_is_not_done(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos = false;
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, client_mic(t))),
		SEC_E_INVALID_TOKEN);
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REQUEST_MIC, MECH_UNKNOWN, "N3", NULL)),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_answer(SPNEGO_REJECT, MECH_UNKNOWN, NULL, NULL)),
			 SEC_E_LOGON_DENIED);
	/* waiting for a MIC alone */
	assert_int_equal(OFFER(t, "x", MECH_NEGOEX, MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(
		hear(t, nego_answer(SPNEGO_ACCEPT_COMPLETED, MECH_UNKNOWN, NULL, client_mic(t))),
		SEC_E_INVALID_TOKEN);
	assert_int_equal(nego_mechs.mapped, 0);
}

static void s32_a_second_offer_is_no_continuation(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos = false;
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, nego_init((const enum spnego_mech[]){ MECH_NTLM }, 1, "N3")),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_OUT_OF_SEQUENCE);
	/* and a response is no beginning */
	open_server(t);
	assert_int_equal(hear(t, reply("N1", NULL)), SEC_E_INVALID_TOKEN);
	assert_int_equal(t->said.len, 0);
	assert_int_equal(t->server.context, 0);
}

static void refusals_of_the_mechanism_reach_both_ends(void **state)
{
	struct talk *t = *state;

	nego_mechs.kerberos = false;
	nego_mechs.ends = SEC_E_LOGON_DENIED;
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, reply("N3", client_mic(t))), SEC_E_LOGON_DENIED);
	assert_true(answered(t, SPNEGO_REJECT, MECH_UNKNOWN) && !t->response.has_token);
	nego_mechs.last_words = "KRB-ERROR";
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_LOGON_DENIED);
	assert_true(answered(t, SPNEGO_REJECT, MECH_UNKNOWN));
	assert_true(token_is(t->response.token, "KRB-ERROR"));
	assert_int_equal(hear(t, reply("N3", NULL)), SEC_E_OUT_OF_SEQUENCE);
}

/* ---- servers that begin, and tokens without SPNEGO ---- */

static void an_empty_first_token_makes_the_server_begin(void **state)
{
	static const enum spnego_mech mechs[] = { MECH_NTLM };
	struct talk *t = *state;
	struct spnego_init hint;

	open_server(t);
	assert_int_equal(fake_side_step(&t->server, rd_of(NULL, 0), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(spnego_parse_init(wr_view(&t->said), &hint));
	assert_int_equal(hint.mech_count, 3);
	assert_false(hint.has_token || hint.has_mic);
	wr_reset(&t->list);
	spnego_write_mech_list(&t->list, mechs, 1);
	assert_int_equal(hear(t, nego_init(mechs, 1, "N1")), SEC_I_CONTINUE_NEEDED);
	assert_true(answered(t, SPNEGO_REQUEST_MIC, MECH_NTLM));
	assert_int_equal(hear(t, reply("N3", client_mic(t))), SEC_E_OK);
	/* once is enough */
	open_server(t);
	assert_int_equal(fake_side_step(&t->server, rd_of(NULL, 0), &t->said),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t->server, rd_of(NULL, 0), &t->said), SEC_E_INVALID_TOKEN);
}

static void bare_tokens_of_mechanisms_that_are_not_here_are_refused(void **state)
{
	static const uint8_t krb5[] = { 0x60, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
					0xF7, 0x12, 0x01, 0x02, 0x02, 0x01, 0x00 };
	struct talk *t = *state;

	nego_mechs.kerberos = false;
	open_server(t);
	assert_int_equal(fake_side_step(&t->server, rd_of(krb5, sizeof(krb5)), &t->said),
			 SEC_E_INVALID_TOKEN);
	nego_mechs.kerberos = true;
	nego_mechs.ntlm = false;
	open_server(t);
	assert_int_equal(fake_side_step(&t->server, rd_of("NTLMSSP\0\1", 9), &t->said),
			 SEC_E_INVALID_TOKEN);
	/* and where it is, the mechanism says what it thinks of it */
	assert_int_equal(fake_side_step(&t->server, rd_of(krb5, sizeof(krb5)), &t->said),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(t->said.len, 0);
}

static void first_tokens_of_no_kind_are_refused(void **state)
{
	static const char *const tokens[] = { "x", "\x60", "\x60\x02\x06\x00", "\xA1\x02\x30\x00",
					      "\x30\x03\x02\x01\x05" };
	struct talk *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		open_server(t);
		assert_int_equal(
			fake_side_step(&t->server, rd_of(tokens[i], strlen(tokens[i])), &t->said),
			SEC_E_INVALID_TOKEN);
		assert_int_equal(t->said.len, 0);
		assert_int_equal(t->server.context, 0);
	}
}

static void every_truncation_is_refused(void **state)
{
	static const enum spnego_mech mechs[] = { MECH_NTLM };
	CLEANUP(wr_done) struct wr whole = nego_init(mechs, 1, "N1");
	struct talk *t = *state;

	for (size_t n = 1; n < whole.len; n++) {
		open_server(t);
		assert_int_equal(fake_side_step(&t->server, rd_of(whole.buf, n), &t->said),
				 SEC_E_INVALID_TOKEN);
	}
	/* bytes behind it have no buffer to be reported in */
	wr_u8(&whole, 0);
	open_server(t);
	assert_int_equal(fake_side_step(&t->server, wr_view(&whole), &t->said),
			 SEC_E_INVALID_TOKEN);
}

static void bytes_behind_the_token_are_reported(void **state)
{
	static const enum spnego_mech mechs[] = { MECH_NTLM };
	CLEANUP(wr_done) struct wr token = nego_init(mechs, 1, "N1");
	struct talk *t = *state;
	LSA_SEC_HANDLE context = 0;
	BOOLEAN mapped;

	open_server(t);
	wr_bytes(&token, "extra", 5);
	SecBuffer in[3] = { { 0, SECBUFFER_EMPTY, NULL },
			    { 0, SECBUFFER_PKG_PARAMS, NULL },
			    { (ULONG)token.len, SECBUFFER_TOKEN, token.buf } };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 3, in },
		      out_list = { SECBUFFER_VERSION, 1, &out };
	assert_int_equal(t->server.lsa->AcceptLsaModeContext(t->server.credential, 0, &in_list,
							     ASC_REQ_ALLOCATE_MEMORY, 0, &context,
							     &out_list, &t->server.attributes,
							     &t->server.expiry, &mapped, NULL),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(in[0].BufferType, SECBUFFER_EXTRA);
	assert_int_equal(in[0].cbBuffer, 5);
	assert_int_equal(t->server.attributes & ASC_RET_ALLOCATED_MEMORY, ASC_RET_ALLOCATED_MEMORY);
	assert_int_equal(t->server.lsa->DeleteContext(context), STATUS_SUCCESS);
	block_free(out.pvBuffer);
	atomic_fetch_sub(&fake_host.heap, 1);
}

/* ---- where NTLM is blocked ---- */

static void a_client_of_ntlm_alone_is_told_of_as_what_the_policy_blocks(void **state)
{
	static const char why[] = "Kerberos: the client does not offer it; NTLM: it is not allowed";
	struct talk *t = *state;

	nego_mechs.ntlm_acquires = STATUS_NTLM_BLOCKED;
	nego_mechs.ntlm_notes = "it is not allowed";
	assert_int_equal(OFFER(t, "N1", MECH_NTLM), STATUS_NTLM_BLOCKED);
	assert_int_equal(t->response.state, SPNEGO_REJECT);
	assert_string_equal(fake_host.reason, why);
	open_server(t);
	assert_int_equal(fake_side_step(&t->server, rd_of("NTLMSSP\0\1", 9), &t->said),
			 STATUS_NTLM_BLOCKED);
	assert_int_equal(t->said.len, 0);
	assert_string_equal(fake_host.reason, why);
	/* not one that has nothing of it */
	assert_int_equal(OFFER(t, "X1", MECH_UNKNOWN), SEC_E_INVALID_TOKEN);
	assert_int_equal(OFFER(t, "K1", MECH_NTLM, MECH_KERBEROS), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(t->response.mech, MECH_KERBEROS);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, talk_setup, talk_teardown)
	const struct CMUnitTest tests[] = {
		CASE(kerberos_answers_under_the_name_it_was_called_by),
		CASE(ntlm_alone_takes_three_tokens_and_a_mic),
		CASE(s30_the_token_of_an_unknown_mechanism_is_passed_over),
		CASE(s30_an_offer_without_a_token_is_answered_without_one),
		CASE(s31_negoex_messages_are_not_read),
		CASE(nothing_in_common_is_said_so),
		CASE(a_client_of_ntlm_alone_is_told_of_as_what_the_policy_blocks),
		CASE(s29_a_mic_is_due_unless_both_like_the_mechanism_best),
		CASE(s29_wrong_mics_are_alterations),
		CASE(s29_the_list_that_counts_is_the_one_received),
		CASE(our_last_token_goes_with_our_mic_and_waits_for_the_clients),
		CASE(s28_a_client_that_says_it_is_done_is_not_done),
		CASE(s32_a_second_offer_is_no_continuation),
		CASE(refusals_of_the_mechanism_reach_both_ends),
		CASE(an_empty_first_token_makes_the_server_begin),
		CASE(bare_tokens_of_mechanisms_that_are_not_here_are_refused),
		CASE(first_tokens_of_no_kind_are_refused),
		CASE(every_truncation_is_refused),
		CASE(bytes_behind_the_token_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
