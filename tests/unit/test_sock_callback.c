/* tests/unit/test_sock_callback.c - functions of a program that the LSA at the socket's other end calls.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <ntstatus.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/block.h"
#include "ipc/callbacks.h"
#include "frames.h"
#include "sock/sock.h"

#define FUNCTION 4711u
#define ANSWER_MAX (FRAME_MEMORY_MAX + FRAME_MEMORY_HEAD)

/* ---- an LSA of one connection ---- */

typedef void serving(int fd);

static struct lsa_end {
	char folder[64], path[96];
	int listening;
	pthread_t thread;
	serving *serve;
} lsa;

static uint8_t *answered; /* the last answer's bytes */

static void *lsa_thread(void *arg)
{
	struct frame_head head;
	int fd = accept4(lsa.listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && frames_get(fd, &head, answered, ANSWER_MAX)) {
		frames_welcome(fd, IPC_VERSION);
		lsa.serve(fd);
	}
	close(fd);
	return arg;
}

static struct channel *begin(serving *serve)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel *c;

	lsa = (struct lsa_end){ .folder = "/tmp/opensspi-sock-XXXXXX", .serve = serve };
	assert_non_null(mkdtemp(lsa.folder));
	snprintf(lsa.path, sizeof(lsa.path), "%s/s", lsa.folder);
	memcpy(address.sun_path, lsa.path, strlen(lsa.path) + 1);
	lsa.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(lsa.listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(lsa.listening, 8), 0);
	answered = mem_alloc(ANSWER_MAX);
	assert_int_equal(pthread_create(&lsa.thread, NULL, lsa_thread, NULL), 0);
	assert_int_equal(sock_channel_new(&(struct sock_settings){ .path = lsa.path }, &c),
			 STATUS_SUCCESS);
	return c;
}

static void end(struct channel *c)
{
	c->ops->free(c);
	pthread_join(lsa.thread, NULL);
	close(lsa.listening);
	unlink(lsa.path);
	rmdir(lsa.folder);
	mem_free(answered);
}

static NTSTATUS ask(struct channel *c, uint64_t number)
{
	struct credential_call call = { number };
	struct empty_reply reply = { 0 };
	return channel_call(c, CALL_FREE_CREDENTIALS, &call, &reply);
}

/* A question for that call; its number is `id`. */
static void call_back(int fd, uint32_t id, uint32_t call, uint32_t function)
{
	const struct frame_call_back asked = { call, function, { 7, 8 }, rd_of("input", 5) };
	CLEANUP(wr_done) struct wr w = WR(64);

	frame_write_call_back(&w, &asked);
	frames_put(fd, (struct frame_head){ (uint32_t)w.len, FRAME_MEMORY, id, FRAME_CALL_BACK }, w.buf);
}

/* ---- one call, one question ---- */

static uint32_t function;

/* The reply's status is the function's, so that the caller sees it. */
static void asks_once_a_call(int fd)
{
	struct frame_head head;

	while (frames_get(fd, &head, answered, ANSWER_MAX)) {
		uint32_t id = head.id;
		call_back(fd, 99, id, function);
		if (!frames_get(fd, &head, answered, ANSWER_MAX) || head.kind != FRAME_MEMORY_REPLY || head.id != 99)
			return;
		memset(answered + head.size, 0, 1);
		frames_answer(fd, id, (NTSTATUS)head.what);
	}
}

static enum { SAYS, SAYS_NOTHING, SAYS_TOO_MUCH, SAYS_NOWHERE, SAYS_STATIC, ASKS } how;
static struct channel *channel;
static NTSTATUS nested;

static NTSTATUS NTAPI called(ULONG_PTR a, ULONG_PTR b, PSecBuffer in, PSecBuffer out)
{
	static char constant[] = "static";

	assert_true(a == 7 && b == 8 && in->cbBuffer == 5);
	assert_memory_equal(in->pvBuffer, "input", 5);
	switch (how) {
	case SAYS:
		*out = (SecBuffer){ 6, SECBUFFER_DATA, block_dup("output", 6) };
		return 0x1234;
	case SAYS_TOO_MUCH:
		*out = (SecBuffer){ FRAME_CALL_BACK_MAX + 1, SECBUFFER_DATA,
				    block_alloc(FRAME_CALL_BACK_MAX + 1) };
		return STATUS_SUCCESS;
	case SAYS_NOWHERE:
		*out = (SecBuffer){ 6, SECBUFFER_DATA, (void *)16 };
		return STATUS_SUCCESS;
	case SAYS_STATIC:
		*out = (SecBuffer){ 6, SECBUFFER_DATA, constant };
		return STATUS_SUCCESS;
	case ASKS:
		nested = ask(channel, 1);
		return STATUS_SUCCESS;
	default:
		return SEC_E_NO_CREDENTIALS;
	}
}

static void a_registered_function_is_called(void **state)
{
	static const struct {
		int how;
		NTSTATUS status;
		const char *output;
	} rows[] = { { SAYS, 0x1234, "output" },
		     { SAYS_NOTHING, SEC_E_NO_CREDENTIALS, "" },
		     { SAYS_TOO_MUCH, STATUS_INVALID_BUFFER_SIZE, "" },
		     { SAYS_NOWHERE, STATUS_ACCESS_VIOLATION, NULL },
		     { SAYS_STATIC, STATUS_SUCCESS, "static" } };
	struct channel *c = begin(asks_once_a_call);

	assert_int_equal(callback_register(FUNCTION, called), STATUS_SUCCESS);
	function = FUNCTION;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		how = rows[i].how;
		assert_int_equal(ask(c, 1), rows[i].status);
		if (rows[i].output)
			assert_string_equal((char *)answered, rows[i].output);
	}
	function = FUNCTION + 1;
	assert_int_equal(ask(c, 1), STATUS_NOT_FOUND);
	end(c);
}

/* Its worker would wait for this thread, and this thread for another worker. */
static void a_function_that_asks_the_lsa_is_told_no(void **state)
{
	channel = begin(asks_once_a_call);
	assert_int_equal(callback_register(FUNCTION, called), STATUS_SUCCESS);
	function = FUNCTION;
	how = ASKS;
	assert_int_equal(ask(channel, 1), STATUS_SUCCESS);
	assert_int_equal(nested, SEC_E_INTERNAL_ERROR);
	how = SAYS; /* and is served again when it has returned */
	assert_int_equal(ask(channel, 1), 0x1234);
	end(channel);
}

/* ---- a function that forks ---- */

static pid_t parent, child;

static NTSTATUS NTAPI forks(ULONG_PTR a, ULONG_PTR b, PSecBuffer in, PSecBuffer out)
{
	parent = getpid();
	child = fork();
	return 0x77;
}

/* It comes back in both; the call is the parent's. */
static void in_the_child_of_a_function_that_forks_the_call_has_failed(void **state)
{
	struct channel *c = begin(asks_once_a_call);
	int status;

	assert_int_equal(callback_register(FUNCTION, forks), STATUS_SUCCESS);
	function = FUNCTION;
	NTSTATUS got = ask(c, 1);
	if (getpid() != parent)
		_exit(got == (NTSTATUS)SEC_E_INTERNAL_ERROR ? 0 : 1);
	assert_int_equal(got, 0x77);
	pid_t ended = 0;
	for (int i = 0; i < 500 && !(ended = waitpid(child, &status, WNOHANG)); i++)
		usleep(10000);
	if (!ended)
		kill(child, SIGKILL);
	assert_int_equal(ended, child);
	assert_int_equal(status, 0);
	end(c);
}

/* ---- many threads ---- */

static _Thread_local uint64_t mine; /* what this thread asks for */
static atomic_int slow, foreign, over;

static NTSTATUS NTAPI who(ULONG_PTR a, ULONG_PTR b, PSecBuffer in, PSecBuffer out)
{
	if (mine != 1)
		atomic_fetch_add(&foreign, 1);
	usleep(200000);
	atomic_fetch_add(&slow, 1);
	return STATUS_SUCCESS;
}

/* Calls of 1 are called back, all others answered at once. */
static void asks_the_first(int fd)
{
	uint32_t waits[256] = { 0 };
	struct frame_head head;

	while (frames_get(fd, &head, answered, ANSWER_MAX)) {
		if (head.kind == FRAME_MEMORY_REPLY) {
			frames_answer(fd, waits[head.id], STATUS_SUCCESS);
		} else if (u32le_at(answered) == 1) {
			waits[head.id % 256] = head.id;
			call_back(fd, head.id % 256, head.id, FUNCTION);
		} else {
			frames_answer(fd, head.id, (NTSTATUS)u32le_at(answered));
		}
	}
}

static void *ask_one(void *c)
{
	mine = 1;
	return (void *)(intptr_t)ask(c, 1);
}

static void *ask_others(void *c)
{
	mine = 2;
	while (!atomic_load(&over))
		if (ask(c, 2) != 2)
			atomic_fetch_add(&foreign, 1);
	return NULL;
}

static void the_thread_whose_call_it_is_runs_it_and_no_other_waits(void **state)
{
	struct channel *c = begin(asks_the_first);
	pthread_t one[4], other[4];
	void *status;

	assert_int_equal(callback_register(FUNCTION, who), STATUS_SUCCESS);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_create(&one[i], NULL, ask_one, c), 0);
		assert_int_equal(pthread_create(&other[i], NULL, ask_others, c), 0);
	}
	usleep(50000);
	mine = 2;
	assert_int_equal(ask(c, 2), 2);
	assert_int_equal(atomic_load(&slow), 0); /* they are at it still */
	for (int i = 0; i < 4; i++) {
		pthread_join(one[i], &status);
		assert_int_equal((NTSTATUS)(intptr_t)status, STATUS_SUCCESS);
	}
	atomic_store(&over, 1);
	for (int i = 0; i < 4; i++)
		pthread_join(other[i], NULL);
	assert_int_equal(atomic_load(&foreign), 0);
	assert_int_equal(atomic_load(&slow), 4);
	end(c);
}

/* ---- an LSA that breaks the rules ---- */

static int rule;
static NTSTATUS second; /* of a question while there is one */

static void breaks_a_rule(int fd)
{
	struct frame_head head;
	uint32_t id;

	if (!frames_get(fd, &head, answered, ANSWER_MAX))
		return;
	id = head.id;
	if (rule == 0)
		call_back(fd, 1, id + 7, FUNCTION); /* a call that is none */
	if (rule == 1)
		frames_put(fd, (struct frame_head){ 5, FRAME_MEMORY, 1, FRAME_CALL_BACK }, "short");
	if (rule < 2) {
		(void)!recv(fd, answered, 1, 0);
		return;
	}
	call_back(fd, 1, id, FUNCTION);
	call_back(fd, 2, id, FUNCTION);
	for (int i = 0; i < 2 && frames_get(fd, &head, answered, ANSWER_MAX); i++)
		if (head.id == 2)
			second = (NTSTATUS)head.what;
	frames_answer(fd, id, STATUS_SUCCESS);
}

static void s47_questions_out_of_turn_do_no_harm(void **state)
{
	static const NTSTATUS wanted[] = { SEC_E_INTERNAL_ERROR, SEC_E_INTERNAL_ERROR };

	how = SAYS_NOTHING;
	assert_int_equal(callback_register(FUNCTION, called), STATUS_SUCCESS);
	for (rule = 0; rule < 2; rule++) {
		struct channel *c = begin(breaks_a_rule);
		assert_int_equal(ask(c, 1), wanted[rule]);
		end(c);
	}
	/* The second may come while the first is run, or after it. */
	struct channel *c = begin(breaks_a_rule);
	assert_int_equal(ask(c, 1), STATUS_SUCCESS);
	assert_true(second == STATUS_DEVICE_BUSY || second == SEC_E_NO_CREDENTIALS);
	end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registered_function_is_called),
		cmocka_unit_test(a_function_that_asks_the_lsa_is_told_no),
		cmocka_unit_test(in_the_child_of_a_function_that_forks_the_call_has_failed),
		cmocka_unit_test(the_thread_whose_call_it_is_runs_it_and_no_other_waits),
		cmocka_unit_test(s47_questions_out_of_turn_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
