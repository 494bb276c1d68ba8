/* tests/unit/test_lsa_handles.c - credentials and contexts of clients: numbers, lifetimes, threads, fork.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inproc/inproc.h"

struct bench {
	struct lsa *lsa;
	struct channel *a, *b;
};

static bool use_codec;

static void bench_open(struct bench *t)
{
	t->lsa = mock_lsa_plain();
	t->a = inproc_channel_new(t->lsa, use_codec);
	t->b = inproc_channel_new(t->lsa, use_codec);
	assert_non_null(t->a);
	assert_non_null(t->b);
}

static void bench_close(struct bench *t)
{
	t->a->ops->free(t->a);
	t->b->ops->free(t->b);
	mock_lsa_end(t->lsa);
}

static uint64_t begin(struct channel *c, uint64_t credential)
{
	struct context_call call = { .credential = credential };
	struct context_reply reply;
	assert_int_equal(mock_init(c, &call, NULL, &reply), SEC_I_CONTINUE_NEEDED);
	uint64_t context = reply.context;
	assert_true(context != 0);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	return context;
}

static void a_handshake_goes_from_call_to_call(void **state)
{
	struct bench t;
	struct context_call call = { 0 };
	struct context_reply reply;
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a);

	call.credential = credential;
	assert_int_equal(mock_init(t.a, &call, NULL, &reply), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(reply.out_count, 1);
	assert_int_equal(reply.out[0].bytes.n, 3);
	assert_memory_equal(reply.out[0].bytes.p, "one", 3);
	assert_int_equal(reply.attributes, 0x1234);
	assert_true(reply.expiry == 4711);
	assert_false(reply.mapped);
	call = (struct context_call){ .context = reply.context };
	call_reply_done(CALL_INIT_CONTEXT, &reply);

	/* a later call needs no credential */
	assert_int_equal(mock_init(t.a, &call, "go on", &reply), SEC_E_OK);
	assert_true(reply.context == call.context);
	assert_memory_equal(reply.out[0].bytes.p, "two", 3);
	assert_true(reply.mapped);
	assert_true(reply.user_key != 0);
	assert_int_equal(reply.user_data.n, 6);
	assert_memory_equal(reply.user_data.p, "packed", 6);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	assert_int_equal(mock_delete(t.a, call.context), SEC_E_OK);
	assert_int_equal(mock.contexts, 0);
	assert_int_equal(mock_free(t.a, credential), SEC_E_OK);
	assert_int_equal(mock.credentials, 0);
	bench_close(&t);
}

static void s42_numbers_that_are_none_are_refused(void **state)
{
	const uint64_t bad[] = { 0, 1, UINT64_MAX, 0x100000002, 0x123456789ABCDEF0 };
	struct bench t;
	struct context_reply reply;
	struct attribute_reply attribute = { 0 };
	struct empty_reply empty = { 0 };
	bench_open(&t);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct context_call with_credential = { .credential = bad[i] }, with_context = { .context = bad[i] };
		assert_int_equal(mock_free(t.a, bad[i]), SEC_E_INVALID_HANDLE);
		assert_int_equal(mock_delete(t.a, bad[i]), SEC_E_INVALID_HANDLE);
		assert_int_equal(mock_init(t.a, &with_credential, NULL, &reply), SEC_E_INVALID_HANDLE);
		assert_int_equal(mock_accept(t.a, &with_context, NULL, &reply), SEC_E_INVALID_HANDLE);
		assert_int_equal(channel_call(t.a, CALL_QUERY_CONTEXT,
						&(struct query_context_call){ bad[i], SECPKG_ATTR_NAMES }, &attribute),
				 SEC_E_INVALID_HANDLE);
		assert_int_equal(channel_call(t.a, CALL_QUERY_CREDENTIALS,
						&(struct query_credentials_call){ bad[i], SECPKG_CRED_ATTR_NAMES }, &attribute),
				 SEC_E_INVALID_HANDLE);
		assert_int_equal(channel_call(t.a, CALL_CONTROL_CONTEXT, &(struct control_context_call){ .context = bad[i] },
						&empty),
				 SEC_E_INVALID_HANDLE);
	}
	bench_close(&t);
}

static void s42_a_handle_is_freed_once(void **state)
{
	struct bench t;
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a), context = begin(t.a, credential);
	assert_int_equal(mock_delete(t.a, context), SEC_E_OK);
	assert_int_equal(mock_delete(t.a, context), SEC_E_INVALID_HANDLE);
	assert_int_equal(mock_free(t.a, credential), SEC_E_OK);
	assert_int_equal(mock_free(t.a, credential), SEC_E_INVALID_HANDLE);
	/* the slot is used again, under another number */
	uint64_t next = mock_acquire(t.a);
	assert_true(next != credential);
	assert_int_equal(mock_free(t.a, credential), SEC_E_INVALID_HANDLE);
	bench_close(&t);
}

static void s42_another_clients_handles_are_refused(void **state)
{
	struct bench t;
	struct context_reply reply;
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a), context = begin(t.a, credential);
	struct context_call first = { .credential = credential }, later = { .context = context };
	assert_int_equal(mock_init(t.b, &first, NULL, &reply), SEC_E_INVALID_HANDLE);
	assert_int_equal(mock_init(t.b, &later, NULL, &reply), SEC_E_INVALID_HANDLE);
	assert_int_equal(mock_delete(t.b, context), SEC_E_INVALID_HANDLE);
	assert_int_equal(mock_free(t.b, credential), SEC_E_INVALID_HANDLE);
	bench_close(&t);
}

static void a_context_goes_on_only_in_its_own_role(void **state)
{
	struct bench t;
	struct context_reply reply;
	bench_open(&t);
	struct context_call later = { .context = begin(t.a, mock_acquire(t.a)) };
	assert_int_equal(mock_accept(t.a, &later, "x", &reply), SEC_E_INVALID_HANDLE);
	assert_int_equal(mock_init(t.a, &later, "x", &reply), SEC_E_OK);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	bench_close(&t);
}

static void a_context_takes_a_second_credential_but_no_third(void **state)
{
	struct bench t;
	struct context_reply reply;
	bench_open(&t);
	uint64_t first = mock_acquire(t.a), second = mock_acquire(t.a), third = mock_acquire(t.a);
	struct context_call later = { .context = begin(t.a, first), .credential = second };
	assert_int_equal(mock_init(t.a, &later, "quiet", &reply), SEC_E_LOGON_DENIED);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	later.credential = third;
	assert_int_equal(mock_init(t.a, &later, "quiet", &reply), SEC_E_WRONG_CREDENTIAL_HANDLE);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	assert_int_equal(mock_free(t.a, first) | mock_free(t.a, second) | mock_free(t.a, third), SEC_E_OK);
	assert_int_equal(mock.credentials, 2); /* the context holds two */
	assert_int_equal(mock_delete(t.a, later.context), SEC_E_OK);
	assert_int_equal(mock.credentials, 0);
	bench_close(&t);
}

static void a_context_outlives_its_credentials_number(void **state)
{
	struct bench t;
	struct context_reply reply;
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a);
	struct context_call later = { .context = begin(t.a, credential) };
	assert_int_equal(mock_free(t.a, credential), SEC_E_OK);
	assert_int_equal(mock.credentials, 1);
	assert_int_equal(mock_init(t.a, &later, "x", &reply), SEC_E_OK);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	assert_int_equal(mock_delete(t.a, later.context), SEC_E_OK);
	assert_int_equal(mock.credentials, 0);
	bench_close(&t);
}

static void a_client_that_goes_leaves_nothing(void **state)
{
	struct bench t;
	bench_open(&t);
	for (int i = 0; i < 100; i++)
		(void)begin(t.b, mock_acquire(t.b));
	assert_int_equal(mock.contexts, 100);
	t.b->ops->free(t.b);
	assert_int_equal(mock.contexts, 0);
	assert_int_equal(mock.credentials, 0);
	t.b = inproc_channel_new(t.lsa, false);
	bench_close(&t);
}

static void attributes_come_marshalled(void **state)
{
	struct bench t;
	struct attribute_reply reply = { 0 };
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a), context = begin(t.a, credential);
	assert_int_equal(channel_call(t.a, CALL_QUERY_CONTEXT, &(struct query_context_call){ context, SECPKG_ATTR_NAMES },
					&reply),
			 SEC_E_OK);
	assert_true(reply.value.n >= 8 + 18);
	call_reply_done(CALL_QUERY_CONTEXT, &reply);
	assert_int_equal(channel_call(t.a, CALL_QUERY_CREDENTIALS,
					&(struct query_credentials_call){ credential, SECPKG_CRED_ATTR_NAMES }, &reply),
			 SEC_E_OK);
	call_reply_done(CALL_QUERY_CREDENTIALS, &reply);
	const uint32_t not_here[] = { SECPKG_ATTR_SIZES, 0x7FFFFFFF, 0x40000001 };
	for (size_t i = 0; i < ARRAY_LEN(not_here); i++)
		assert_int_equal(channel_call(t.a, CALL_QUERY_CONTEXT, &(struct query_context_call){ context, not_here[i] },
						&reply),
				 SEC_E_UNSUPPORTED_FUNCTION);
	bench_close(&t);
}

static void control_tokens_reach_the_package(void **state)
{
	struct bench t;
	struct empty_reply reply = { 0 };
	bench_open(&t);
	struct control_context_call call = { .context = begin(t.a, mock_acquire(t.a)), .in_count = 1 };
	call.in[0] = (struct ipc_buffer){ SECBUFFER_TOKEN, 4, (const uint8_t *)"shut", 4 };
	assert_int_equal(channel_call(t.a, CALL_CONTROL_CONTEXT, &call, &reply), SEC_E_OK);
	call.in[0].room = call.in[0].n = 3;
	assert_int_equal(channel_call(t.a, CALL_CONTROL_CONTEXT, &call, &reply), SEC_E_INVALID_TOKEN);
	bench_close(&t);
}

/* ---- threads ---- */

struct worker {
	struct channel *c;
	uint64_t credential, context;
	int failures;
	atomic_bool stop;
};

static void *many_handshakes(void *argument)
{
	struct worker *w = argument;
	for (int i = 0; i < 200; i++) {
		struct context_call call = { .credential = w->credential };
		struct context_reply reply;
		w->failures += mock_accept(w->c, &call, "a", &reply) != SEC_I_CONTINUE_NEEDED;
		call.context = reply.context;
		call_reply_done(CALL_ACCEPT_CONTEXT, &reply);
		w->failures += mock_accept(w->c, &call, "b", &reply) != SEC_E_OK;
		call_reply_done(CALL_ACCEPT_CONTEXT, &reply);
		w->failures += mock_delete(w->c, call.context) != SEC_E_OK;
	}
	return NULL;
}

static void s36_many_threads_share_one_credential(void **state)
{
	struct bench t;
	pthread_t thread[16];
	struct worker w[16];
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		w[i] = (struct worker){ .c = t.a, .credential = credential };
		assert_int_equal(pthread_create(&thread[i], NULL, many_handshakes, &w[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(w[i].failures, 0);
	}
	assert_int_equal(mock.contexts, 0);
	bench_close(&t);
}

static void *push_one_context(void *argument)
{
	struct worker *w = argument;
	for (int i = 0; i < 20; i++) {
		struct context_call call = { .context = w->context };
		struct context_reply reply;
		w->failures += mock_init(w->c, &call, "sleep", &reply) != SEC_E_OK;
		call_reply_done(CALL_INIT_CONTEXT, &reply);
	}
	return NULL;
}

static void one_context_is_in_one_call_at_a_time(void **state)
{
	struct bench t;
	pthread_t thread[4];
	struct worker w[4];
	bench_open(&t);
	uint64_t context = begin(t.a, mock_acquire(t.a));
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		w[i] = (struct worker){ .c = t.a, .context = context };
		assert_int_equal(pthread_create(&thread[i], NULL, push_one_context, &w[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(w[i].failures, 0);
	}
	assert_int_equal(mock.clash, 0);
	bench_close(&t);
}

/* ---- fork ---- */

static int child_sees(struct bench *t, uint64_t credential, uint64_t context)
{
	struct context_call later = { .context = context }, first = { .credential = credential };
	struct context_reply reply;
	if (mock_init(t->a, &later, "x", &reply) != SEC_E_INVALID_HANDLE)
		return 1;
	if (mock_delete(t->a, context) != SEC_E_INVALID_HANDLE)
		return 2;
	if (mock_init(t->a, &first, NULL, &reply) != SEC_I_CONTINUE_NEEDED)
		return 3;
	later.context = reply.context;
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	if (mock_init(t->a, &later, "x", &reply) != SEC_E_OK)
		return 4;
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	if (mock_free(t->a, credential) != SEC_E_OK)
		return 5;
	t->a->ops->free(t->a);
	return mock.contexts == 1 ? 0 : 6; /* the parent's is left alone */
}

static void s42_after_fork_credentials_live_and_contexts_are_dead(void **state)
{
	struct bench t;
	int status;
	bench_open(&t);
	uint64_t credential = mock_acquire(t.a), context = begin(t.a, credential);
	pid_t child = fork();
	if (child == 0)
		_exit(child_sees(&t, credential, context));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* nothing changed for the parent */
	struct context_call later = { .context = context };
	struct context_reply reply;
	assert_int_equal(mock_init(t.a, &later, "x", &reply), SEC_E_OK);
	call_reply_done(CALL_INIT_CONTEXT, &reply);
	bench_close(&t);
}

static void *keep_tables_busy(void *argument)
{
	struct worker *w = argument;
	while (!w->stop)
		(void)mock_free(w->c, mock_acquire(w->c));
	return NULL;
}

static void a_fork_finds_no_table_locked(void **state)
{
	struct bench t;
	pthread_t thread;
	bench_open(&t);
	struct worker w = { .c = t.a };
	assert_int_equal(pthread_create(&thread, NULL, keep_tables_busy, &w), 0);
	for (int i = 0; i < 50; i++) {
		int status;
		pid_t child = fork();
		if (child == 0) {
			alarm(20);
			_exit(mock_free(t.a, mock_acquire(t.a)) == SEC_E_OK ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	w.stop = true;
	pthread_join(thread, NULL);
	bench_close(&t);
}

static int plain(void **state)
{
	use_codec = false;
	return 0;
}

static int codec(void **state)
{
	use_codec = true;
	return 0;
}

#define BOTH_ROWS(test) cmocka_unit_test_setup(test, plain), cmocka_unit_test_setup(test, codec)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_ROWS(a_handshake_goes_from_call_to_call),
		BOTH_ROWS(s42_numbers_that_are_none_are_refused),
		BOTH_ROWS(s42_a_handle_is_freed_once),
		BOTH_ROWS(s42_another_clients_handles_are_refused),
		BOTH_ROWS(a_context_goes_on_only_in_its_own_role),
		BOTH_ROWS(a_context_takes_a_second_credential_but_no_third),
		BOTH_ROWS(a_context_outlives_its_credentials_number),
		BOTH_ROWS(a_client_that_goes_leaves_nothing),
		BOTH_ROWS(attributes_come_marshalled),
		BOTH_ROWS(control_tokens_reach_the_package),
		BOTH_ROWS(s36_many_threads_share_one_credential),
		BOTH_ROWS(one_context_is_in_one_call_at_a_time),
		BOTH_ROWS(s42_after_fork_credentials_live_and_contexts_are_dead),
		BOTH_ROWS(a_fork_finds_no_table_locked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
