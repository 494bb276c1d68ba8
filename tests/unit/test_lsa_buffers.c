/* tests/unit/test_lsa_buffers.c - a handshake's buffers: copies, rooms, refusals with something to say.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <stdlib.h>

#include "inproc/inproc.h"

static struct lsa *lsa;
static struct channel *channel;
static uint64_t credential;

static int begin_row(bool codec)
{
	lsa = mock_lsa_plain();
	channel = inproc_channel_new(lsa, codec);
	credential = mock_acquire(channel);
	return 0;
}

static int open_plain(void **state)
{
	return begin_row(false);
}

static int open_codec(void **state)
{
	return begin_row(true);
}

static int close_both(void **state)
{
	channel->ops->free(channel);
	mock_lsa_end(lsa);
	return 0;
}

static void assert_output(const struct context_reply *reply, const char *token)
{
	assert_int_equal(reply->out_count, 1);
	assert_int_equal(reply->out[0].size, strlen(token));
	assert_int_equal(reply->out[0].bytes.n, strlen(token));
	if (*token)
		assert_memory_equal(reply->out[0].bytes.p, token, strlen(token));
}

static void a_refusal_may_have_a_token_to_send(void **state)
{
	const uint32_t requirements[] = { 0, ISC_REQ_ALLOCATE_MEMORY };
	for (size_t i = 0; i < ARRAY_LEN(requirements); i++) {
		struct context_call call = { .credential = credential, .requirements = requirements[i] };
		struct context_reply reply;
		assert_int_equal(mock_init(channel, &call, "alert", &reply), SEC_E_LOGON_DENIED);
		assert_output(&reply, "alert");
		/* the first call failed: there is no context */
		assert_true(reply.context == 0);
		assert_int_equal(mock.contexts, 0);
		call_reply_done(CALL_INIT_CONTEXT, &reply);
	}
}

static void a_refusal_in_silence_has_none(void **state)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply;
	assert_int_equal(mock_accept(channel, &call, "quiet", &reply), SEC_E_LOGON_DENIED);
	assert_output(&reply, "");
	call_reply_done(CALL_ACCEPT_CONTEXT, &reply);
}

static void a_later_refusal_leaves_the_context(void **state)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply;
	assert_int_equal(mock_init(channel, &call, "x", &reply), SEC_I_CONTINUE_NEEDED);
	call.context = reply.context;
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	assert_int_equal(mock_init(channel, &call, "alert", &reply), SEC_E_LOGON_DENIED);
	assert_true(reply.context == call.context);
	assert_output(&reply, "alert");
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	assert_int_equal(mock.contexts, 1);
	assert_int_equal(mock_delete(channel, call.context), SEC_E_OK);
}

static void missing_and_extra_bytes_are_counted(void **state)
{
	struct context_call call = { .credential = credential, .in_count = 2 };
	struct context_reply reply;
	assert_int_equal(mock_accept(channel, &call, "short", &reply), SEC_E_INCOMPLETE_MESSAGE);
	assert_true(reply.context == 0);
	assert_int_equal(reply.in_count, 2);
	assert_int_equal(reply.in[1].type, SECBUFFER_MISSING);
	assert_int_equal(reply.in[1].size, 7);
	call_reply_done(CALL_ACCEPT_CONTEXT, &reply);
	assert_int_equal(mock_accept(channel, &call, "extra", &reply), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(reply.in[0].size, 5);
	assert_int_equal(reply.in[1].type, SECBUFFER_EXTRA);
	assert_int_equal(reply.in[1].size, 3);
	assert_null(reply.in[1].bytes.p);
	call_reply_done(CALL_ACCEPT_CONTEXT, &reply);
}

static void a_package_may_work_in_its_input_and_the_caller_sees_nothing(void **state)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply;
	char token[] = "crypt";
	assert_int_equal(mock_init(channel, &call, token, &reply), SEC_I_CONTINUE_NEEDED);
	assert_string_equal(token, "crypt");
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void a_small_room_says_how_much_it_takes(void **state)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply;
	assert_int_equal(mock_init(channel, &call, "small", &reply), SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(reply.out[0].size, 500);
	assert_null(reply.out[0].bytes.p);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	call.out[0].room = 2;
	assert_int_equal(mock_init(channel, &call, "x", &reply), SEC_E_BUFFER_TOO_SMALL);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	call.out[0].room = 0;
	assert_int_equal(mock_init(channel, &call, "x", &reply), SEC_E_BUFFER_TOO_SMALL);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void a_package_that_claims_more_than_the_room_is_caught(void **state)
{
	const uint32_t requirements[] = { 0, ISC_REQ_ALLOCATE_MEMORY };
	for (size_t i = 0; i < ARRAY_LEN(requirements); i++) {
		struct context_call call = { .credential = credential, .requirements = requirements[i] };
		struct context_reply reply;
		assert_int_equal(mock_init(channel, &call, "liar!", &reply), SEC_E_INTERNAL_ERROR);
		assert_output(&reply, "");
		assert_true(reply.context == 0);
		call_reply_done(CALL_INIT_CONTEXT, &reply);
		assert_int_equal(mock.contexts, 0);
	}
}

static void a_package_that_makes_no_context_is_caught(void **state)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply;
	assert_int_equal(mock_init(channel, &call, "empty", &reply), SEC_E_INTERNAL_ERROR);
	assert_true(reply.context == 0);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void an_endless_room_is_not_allocated(void **state)
{
	struct context_call call = { .credential = credential, .has_out = true, .out_count = IPC_BUFFERS_MAX };
	struct context_reply reply;
	for (uint32_t i = 0; i < IPC_BUFFERS_MAX; i++)
		call.out[i] = (struct ipc_buffer){ .type = SECBUFFER_EMPTY, .room = 0 };
	call.out[3] = (struct ipc_buffer){ .type = SECBUFFER_TOKEN, .room = UINT32_MAX };
	assert_int_equal(mock_init(channel, &call, "x", &reply), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(reply.out[3].size, 3);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void too_many_buffers_or_bytes_are_refused(void **state)
{
	struct context_call call = { .credential = credential, .has_in = true, .in_count = IPC_BUFFERS_MAX + 1 };
	struct context_reply reply = { 0 };
	assert_true(channel_call(channel, CALL_INIT_CONTEXT, &call, &reply) < 0);
	call_reply_done(CALL_INIT_CONTEXT, &reply);

	uint8_t *much = calloc(1, IPC_BYTES_MAX);
	call.in_count = 2;
	for (int i = 0; i < 2; i++)
		call.in[i] = (struct ipc_buffer){ SECBUFFER_TOKEN, IPC_BYTES_MAX - 8, much, IPC_BYTES_MAX - 8 };
	assert_true(channel_call(channel, CALL_INIT_CONTEXT, &call, &reply) < 0);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	free(much);
	assert_int_equal(mock.contexts, 0);
}

static void a_target_that_is_too_long_is_unknown(void **state)
{
	static WCHAR target[40000];
	struct context_call call = { .credential = credential, .target = { target, ARRAY_LEN(target) } };
	struct context_reply reply;
	assert_int_equal(mock_init(channel, &call, "x", &reply), SEC_E_TARGET_UNKNOWN);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void no_descriptor_is_no_descriptor(void **state)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply = { 0 };
	/* the mock finds no output to write to, and does not crash for want of an input */
	assert_int_equal(channel_call(channel, CALL_INIT_CONTEXT, &call, &reply), SEC_E_INVALID_TOKEN);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
}

static void s22_many_rounds_leave_nothing_behind(void **state)
{
	for (int i = 0; i < 500; i++) {
		struct context_call call = { .credential = credential, .requirements = ISC_REQ_ALLOCATE_MEMORY };
		struct context_reply reply;
		assert_int_equal(mock_init(channel, &call, i % 2 ? "x" : "alert", &reply),
				 i % 2 ? (NTSTATUS)SEC_I_CONTINUE_NEEDED : (NTSTATUS)SEC_E_LOGON_DENIED);
		uint64_t context = reply.context;
		call_reply_done(CALL_INIT_CONTEXT, &reply);
		if (context)
			assert_int_equal(mock_delete(channel, context), SEC_E_OK);
	}
	assert_int_equal(mock.contexts, 0);
}

#define BOTH_ROWS(test)                                                                                                        \
	cmocka_unit_test_setup_teardown(test, open_plain, close_both), cmocka_unit_test_setup_teardown(test, open_codec, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_ROWS(a_refusal_may_have_a_token_to_send),
		BOTH_ROWS(a_refusal_in_silence_has_none),
		BOTH_ROWS(a_later_refusal_leaves_the_context),
		BOTH_ROWS(missing_and_extra_bytes_are_counted),
		BOTH_ROWS(a_package_may_work_in_its_input_and_the_caller_sees_nothing),
		BOTH_ROWS(a_small_room_says_how_much_it_takes),
		BOTH_ROWS(a_package_that_claims_more_than_the_room_is_caught),
		BOTH_ROWS(a_package_that_makes_no_context_is_caught),
		BOTH_ROWS(an_endless_room_is_not_allocated),
		BOTH_ROWS(too_many_buffers_or_bytes_are_refused),
		BOTH_ROWS(a_target_that_is_too_long_is_unknown),
		BOTH_ROWS(no_descriptor_is_no_descriptor),
		BOTH_ROWS(s22_many_rounds_leave_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
