/* tests/unit/test_reason.c - the sentence that goes with a failing call, from the package to the program.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <opensspi.h>
#include <pthread.h>

#include "inproc/inproc.h"
#include "ipc/reason.h"

static const char *cleaned(const char *sentence)
{
	static struct call_reason r;
	call_reason_set(&r, sentence);
	return r.text;
}

static void what_a_terminal_would_obey_is_replaced(void **state)
{
	(void)state;
	assert_string_equal(cleaned(NULL), "");
	assert_string_equal(cleaned("two\r\nlines\tof it"), "two  lines of it");
	assert_string_equal(cleaned("a\x1b[2Jb\x7f"), "a?[2Jb?");
	assert_string_equal(cleaned("\xC2\x9B"
				    "1m"),
			    "?1m");			       /* C1 */
	assert_string_equal(cleaned("x\xE2\x80\xAEy"), "x?y"); /* right to left */
	assert_string_equal(cleaned("x\xE2\x81\xA6y"), "x?y"); /* an isolate */
	assert_string_equal(cleaned("x\xD8\x9Cy"), "x?y");     /* Arabic's own mark */
	assert_string_equal(cleaned("x\xE2\x80\xA8y"), "x?y"); /* a line separator */
	assert_string_equal(cleaned("K\xC3\xB6nig \xE2\x82\xAC \xF0\x9F\x94\x91"),
			    "K\xC3\xB6nig \xE2\x82\xAC \xF0\x9F\x94\x91");
}

static void what_is_no_utf8_is_replaced_byte_by_byte(void **state)
{
	(void)state;
	assert_string_equal(cleaned("\xFF\xC3(\xE2\x82"), "?"
							  "?("
							  "?"
							  "?");
	assert_string_equal(cleaned("\xED\xA0\x80"), "???"); /* a surrogate */
	assert_string_equal(cleaned("\xC0\xAF"), "??");	     /* too long a form */
}

static void a_long_sentence_ends_where_a_character_does(void **state)
{
	char text[800];
	(void)state;
	for (size_t lead = 0; lead < 3; lead++) {
		memset(text, 'a', lead);
		for (size_t i = lead; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xE2\x82\xAC", 4);
		const char *cut = cleaned(text);
		assert_int_equal(strlen(cut), lead + (511 - lead) / 3 * 3);
		assert_memory_equal(cut, text, strlen(cut));
	}
	memset(text, 'b', 511);
	text[511] = '\0';
	assert_int_equal(strlen(cleaned(text)), 511);
}

static void its_codec_refuses_what_is_too_long_and_cleans_the_rest(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct call_reason out;
	uint8_t long_one[600] = { 0 };
	(void)state;
	call_reason_set(&out, "why");
	call_reason_write(&w, &out);
	struct rd r = wr_view(&w);
	for (size_t n = 0; n < w.len; n++) {
		struct rd part = rd_of(w.buf, n);
		assert_false(call_reason_read(&part, &out));
	}
	assert_true(call_reason_read(&r, &out));
	assert_true(rd_empty(r));
	assert_string_equal(out.text, "why");
	wr_reset(&w);
	wr_counted(&w, "\x1b[m", 3);
	r = wr_view(&w);
	assert_true(call_reason_read(&r, &out));
	assert_string_equal(out.text, "?[m");
	wr_reset(&w);
	wr_counted(&w, long_one, 512);
	r = wr_view(&w);
	assert_false(call_reason_read(&r, &out));
}

/* ---- through the LSA ---- */

struct home {
	struct lsa *lsa;
	struct channel *channel;
	uint64_t credential;
};

static void home_open(struct home *h, bool codec)
{
	h->lsa = mock_lsa_plain();
	h->channel = inproc_channel_new(h->lsa, codec);
	h->credential = mock_acquire(h->channel);
	call_reason_clear();
}

static void home_close(struct home *h)
{
	assert_int_equal(mock_free(h->channel, h->credential), SEC_E_OK);
	h->channel->ops->free(h->channel);
	mock_lsa_end(h->lsa);
}

static NTSTATUS first_leg(struct home *h, const char *word, uint64_t *context)
{
	struct context_call call = { .credential = h->credential };
	struct context_reply reply;
	NTSTATUS status = mock_init(h->channel, &call, word, &reply);
	if (context)
		*context = reply.context;
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	return status;
}

static void a_failing_call_brings_its_reason_along_both_ways(void **state)
{
	struct home h;
	(void)state;
	for (int codec = 0; codec < 2; codec++) {
		home_open(&h, codec);
		assert_int_equal(first_leg(&h, "notes", NULL), SEC_E_TARGET_UNKNOWN);
		assert_string_equal(call_reason_last(), "the mock says why");
		/* the next failure has none */
		assert_int_equal(first_leg(&h, "quiet", NULL), SEC_E_LOGON_DENIED);
		assert_string_equal(call_reason_last(), "");
		home_close(&h);
	}
}

static void a_call_that_succeeds_brings_none_and_leaves_the_last_one(void **state)
{
	struct home h;
	uint64_t context;
	(void)state;
	for (int codec = 0; codec < 2; codec++) {
		home_open(&h, codec);
		assert_int_equal(first_leg(&h, "noted", &context), SEC_I_CONTINUE_NEEDED);
		assert_string_equal(call_reason_last(), "");
		assert_int_equal(first_leg(&h, "notes", NULL), SEC_E_TARGET_UNKNOWN);
		assert_int_equal(mock_delete(h.channel, context), SEC_E_OK);
		assert_string_equal(call_reason_last(), "the mock says why");
		home_close(&h);
	}
}

static void a_package_that_reaches_another_hears_its_reason(void **state)
{
	struct home h;
	(void)state;
	for (int codec = 0; codec < 2; codec++) {
		home_open(&h, codec);
		assert_int_equal(first_leg(&h, "reach", NULL), SEC_E_TARGET_UNKNOWN);
		assert_string_equal(mock.seen_reason, "the mock says why");
		assert_string_equal(call_reason_last(), "the mock says why");
		home_close(&h);
	}
}

static void outside_any_call_nothing_is_noted(void **state)
{
	const OPENSSPI_LSA_EXTENSION *e;
	struct lsa *lsa = mock_lsa_plain();
	(void)state;
	assert_int_equal(OpensspiLsaExtension(4, &e), STATUS_SUCCESS);
	assert_true(e->Version >= 4);
	e->NoteReason("nobody asked");
	assert_string_equal(e->Reason(), "");
	mock_lsa_end(lsa);
}

/* ---- threads ---- */

static void *other_thread(void *argument)
{
	struct home *h = argument;
	assert_string_equal(call_reason_last(), "");
	for (int i = 0; i < 200; i++) {
		assert_int_equal(first_leg(h, "quiet", NULL), SEC_E_LOGON_DENIED);
		assert_string_equal(call_reason_last(), "");
	}
	return NULL;
}

static void every_thread_has_its_own(void **state)
{
	struct home h;
	pthread_t thread;
	(void)state;
	home_open(&h, true);
	assert_int_equal(first_leg(&h, "notes", NULL), SEC_E_TARGET_UNKNOWN);
	assert_int_equal(pthread_create(&thread, NULL, other_thread, &h), 0);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(first_leg(&h, "notes", NULL), SEC_E_TARGET_UNKNOWN);
		assert_string_equal(call_reason_last(), "the mock says why");
	}
	pthread_join(thread, NULL);
	home_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_would_obey_is_replaced),
		cmocka_unit_test(what_is_no_utf8_is_replaced_byte_by_byte),
		cmocka_unit_test(a_long_sentence_ends_where_a_character_does),
		cmocka_unit_test(its_codec_refuses_what_is_too_long_and_cleans_the_rest),
		cmocka_unit_test(a_failing_call_brings_its_reason_along_both_ways),
		cmocka_unit_test(a_call_that_succeeds_brings_none_and_leaves_the_last_one),
		cmocka_unit_test(a_package_that_reaches_another_hears_its_reason),
		cmocka_unit_test(outside_any_call_nothing_is_noted),
		cmocka_unit_test(every_thread_has_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
