/* tests/unit/test_sock.c - the client's end of lsad's socket, with an LSA of the test's own at the other.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <fcntl.h>
#include <ntstatus.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/block.h"
#include "frames.h"
#include "sock/sock.h"

/* ---- the LSA ---- */

typedef void serving(int fd);

static struct lsa_end {
	char folder[64], path[96];
	int listening;
	pthread_t thread;
	serving *serve;
	atomic_int connections, running, most;
} lsa;

static atomic_int live; /* threads of the LSA that nobody joins */

static bool greet_as(int fd, uint32_t version)
{
	uint8_t payload[FRAME_HELLO_MAX];
	struct frame_head head;

	if (!frames_get(fd, &head, payload, sizeof(payload)) || head.kind != FRAME_HELLO ||
	    !frame_is_hello(rd_of(payload, head.size)))
		return false;
	frames_welcome(fd, version);
	return true;
}

static void *connection_thread(void *arg)
{
	int fd = (int)(intptr_t)arg;

	lsa.serve(fd);
	close(fd);
	atomic_fetch_sub(&live, 1);
	return NULL;
}

static void *lsa_thread(void *arg)
{
	sigset_t alarms;
	int fd;

	(void)arg;
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL); /* they are for the client; its children too */
	while ((fd = accept4(lsa.listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pthread_t thread;
		atomic_fetch_add(&lsa.connections, 1);
		atomic_fetch_add(&live, 1);
		pthread_create(&thread, NULL, connection_thread, (void *)(intptr_t)fd);
		pthread_detach(thread);
	}
	return NULL;
}

static void lsa_begin(serving *serve)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	lsa = (struct lsa_end){ .folder = "/tmp/opensspi-sock-XXXXXX", .serve = serve };
	assert_non_null(mkdtemp(lsa.folder));
	snprintf(lsa.path, sizeof(lsa.path), "%s/s", lsa.folder);
	memcpy(address.sun_path, lsa.path, strlen(lsa.path) + 1);
	lsa.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(lsa.listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(lsa.listening, 64), 0);
	assert_int_equal(pthread_create(&lsa.thread, NULL, lsa_thread, NULL), 0);
}

static void lsa_end(void)
{
	shutdown(lsa.listening, SHUT_RDWR);
	pthread_join(lsa.thread, NULL);
	while (atomic_load(&live)) /* they see that the client has gone */
		usleep(1000);
	close(lsa.listening);
	unlink(lsa.path);
	rmdir(lsa.folder);
}

/* ---- the client ---- */

static NTSTATUS dial(struct channel **out)
{
	return sock_channel_new(&(struct sock_settings){ .path = lsa.path }, out);
}

static NTSTATUS ask(struct channel *c, uint64_t number)
{
	struct credential_call call = { number };
	struct empty_reply reply = { 0 };
	return channel_call(c, CALL_FREE_CREDENTIALS, &call, &reply);
}

/* Answers every call with its own argument as the status. */
static void echo(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (!greet_as(fd, IPC_VERSION))
		return;
	while (frames_get(fd, &head, payload, sizeof(payload)))
		frames_answer(fd, head.id, (NTSTATUS)u32le_at(payload));
}

static void calls_are_answered(void **state)
{
	struct channel *c;
	lsa_begin(echo);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(ask(c, i), i);
	assert_int_equal(ask(c, 0x80090301u), SEC_E_INVALID_HANDLE);
	c->ops->free(c);
	lsa_end();
}

/* ---- greetings ---- */

static void of_another_version(int fd)
{
	(void)greet_as(fd, IPC_VERSION + 1);
}

static void that_speaks_something_else(int fd)
{
	(void)!send(fd, "220 mail.example.com ESMTP ready\r\n", 34, MSG_NOSIGNAL);
	(void)!recv(fd, &(char[64]){ 0 }, 64, 0);
}

static void that_hangs_up(int fd)
{
	(void)!recv(fd, &(char[64]){ 0 }, 8, 0);
}

static void expect_dial(serving *serve, NTSTATUS wanted)
{
	struct channel *c;
	lsa_begin(serve);
	assert_int_equal(dial(&c), wanted);
	lsa_end();
}

static void an_lsa_that_is_none_is_refused(void **state)
{
	struct channel *c;
	expect_dial(of_another_version, SEC_E_INTERNAL_ERROR);
	expect_dial(that_speaks_something_else, SEC_E_NO_AUTHENTICATING_AUTHORITY);
	expect_dial(that_hangs_up, SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(dial(&c), SEC_E_NO_AUTHENTICATING_AUTHORITY); /* the socket has gone */
	struct sock_settings bad = { .path = "relative" };
	assert_int_equal(sock_channel_new(&bad, &c), SEC_E_INVALID_PARAMETER);
}

static void s47_another_users_lsa_is_not_trusted(void **state)
{
	struct channel *c;

	if (geteuid() != 0)
		skip();
	lsa_begin(echo);
	assert_int_equal(seteuid(64333), 0);
	assert_int_equal(listen(lsa.listening, 64), 0); /* the kernel notes who listens */
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(dial(&c), SEC_E_UNTRUSTED_ROOT);
	struct sock_settings named = { .path = lsa.path, .has_owner = true, .owner = 64334 };
	assert_int_equal(sock_channel_new(&named, &c), SEC_E_UNTRUSTED_ROOT);
	named.owner = 64333;
	assert_int_equal(sock_channel_new(&named, &c), STATUS_SUCCESS);
	c->ops->free(c);
	lsa_end();
}

/* ---- breaking ---- */

static atomic_int mishap;

/* What an LSA does wrong at the first call of a connection. */
static void misbehaving(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (!greet_as(fd, IPC_VERSION) || !frames_get(fd, &head, payload, sizeof(payload)))
		return;
	switch (atomic_load(&mishap)) {
	case 0:
		return; /* it dies */
	case 1:
		frames_answer(fd, head.id + 1, 0); /* a reply nobody asked for */
		break;
	case 2:
		frames_put(fd, (struct frame_head){ 0, FRAME_WELCOME, 0, IPC_VERSION }, NULL);
		break;
	case 3:
		(void)!send(fd, "\0\0\0\0\7", 5, MSG_NOSIGNAL); /* half a head */
		return;
	case 4:
		frames_put(fd, (struct frame_head){ 5, FRAME_MEMORY, 1, FRAME_COPY_FROM }, "short");
		break;
	default:
		(void)!send(fd, "\377\377\377\377\4\0\0\0\1\0\0\0\0\0\0\0", 16, MSG_NOSIGNAL);
	}
	(void)!recv(fd, payload, sizeof(payload), 0);
}

static void s47_whatever_the_lsa_does_a_call_ends(void **state)
{
	struct channel *c;
	lsa_begin(misbehaving);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (int i = 0; i < 6; i++) {
		atomic_store(&mishap, i);
		assert_int_equal(ask(c, 1), SEC_E_INTERNAL_ERROR);
	}
	c->ops->free(c);
	lsa_end();
}

static void dies_with_eight_calls(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (!greet_as(fd, IPC_VERSION))
		return;
	for (int i = 0; i < 8; i++)
		if (!frames_get(fd, &head, payload, sizeof(payload)))
			return;
}

static void *ask_once(void *c)
{
	return (void *)(intptr_t)ask(c, 1);
}

static void every_thread_learns_that_the_lsa_has_gone(void **state)
{
	struct channel *c;
	pthread_t thread[8];
	void *status;

	lsa_begin(dies_with_eight_calls);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_once, c), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], &status);
		assert_int_equal((NTSTATUS)(intptr_t)status, SEC_E_INTERNAL_ERROR);
	}
	c->ops->free(c);
	lsa_end();
}

static void dies_full(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (!greet_as(fd, IPC_VERSION))
		return;
	for (unsigned i = 0; i < FRAME_CALLS_MAX; i++)
		if (!frames_get(fd, &head, payload, sizeof(payload)))
			return;
	usleep(100000); /* others wait for a place */
	shutdown(lsa.listening, SHUT_RDWR);
}

static void so_do_those_that_wait_for_a_place(void **state)
{
	enum { MANY = 3 * FRAME_CALLS_MAX };
	struct channel *c;
	pthread_t thread[MANY];
	void *status;

	lsa_begin(dies_full);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_once, c), 0);
	alarm(20);
	for (int i = 0; i < MANY; i++) {
		pthread_join(thread[i], &status);
		assert_true((NTSTATUS)(intptr_t)status == (NTSTATUS)SEC_E_INTERNAL_ERROR ||
			    (NTSTATUS)(intptr_t)status ==
				    (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY);
	}
	alarm(0);
	c->ops->free(c);
	lsa_end();
}

/* One call a connection. */
static void serves_one(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (greet_as(fd, IPC_VERSION) && frames_get(fd, &head, payload, sizeof(payload)))
		frames_answer(fd, head.id, (NTSTATUS)u32le_at(payload));
}

static void an_lsa_that_came_back_is_found_at_once(void **state)
{
	struct channel *c;
	lsa_begin(serves_one);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(ask(c, i), i);
		usleep(5000); /* it hangs up */
	}
	assert_true(atomic_load(&lsa.connections) >= 20);
	c->ops->free(c);
	lsa_end();
}

/* ---- many threads ---- */

static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

struct late {
	int fd;
	uint32_t id, status;
};

static void *answer_late(void *arg)
{
	struct late *l = arg;

	usleep(1000);
	atomic_fetch_sub(&lsa.running, 1);
	pthread_mutex_lock(&answering);
	frames_answer(l->fd, l->id, (NTSTATUS)l->status);
	pthread_mutex_unlock(&answering);
	free(l);
	atomic_fetch_sub(&live, 1);
	return NULL;
}

/* In any order, and counts how many wait. */
static void answers_later(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (!greet_as(fd, IPC_VERSION))
		return;
	while (frames_get(fd, &head, payload, sizeof(payload))) {
		struct late *l = malloc(sizeof(*l));
		pthread_t thread;
		*l = (struct late){ fd, head.id, u32le_at(payload) };
		int now = atomic_fetch_add(&lsa.running, 1) + 1;
		if (now > atomic_load(&lsa.most))
			atomic_store(&lsa.most, now);
		atomic_fetch_add(&live, 1);
		pthread_create(&thread, NULL, answer_late, l);
		pthread_detach(thread);
	}
	usleep(20000); /* late ones */
}

static atomic_int wrong;

static void *ask_often(void *c)
{
	static atomic_uint next;

	for (int i = 0; i < 50; i++) {
		uint32_t number = atomic_fetch_add(&next, 1) & 0xFFFF;
		if (ask(c, number) != (NTSTATUS)number)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

static void sixty_four_threads_each_get_their_own_answers(void **state)
{
	struct channel *c;
	pthread_t thread[64];

	lsa_begin(answers_later);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (int i = 0; i < 64; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often, c), 0);
	for (int i = 0; i < 64; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(wrong, 0);
	assert_true(lsa.most <= (int)FRAME_CALLS_MAX);
	c->ops->free(c);
	lsa_end();
}

static void ignore(int number)
{
	(void)number;
}

static void signals_interrupt_nothing(void **state)
{
	const struct itimerval fast = { { 0, 200 }, { 0, 200 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = ignore }; /* without SA_RESTART */
	struct channel *c;

	lsa_begin(answers_later);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &fast, NULL), 0);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(ask(c, i), i);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	c->ops->free(c);
	lsa_end();
}

static void a_cancelled_thread_leaves_no_other_waiting(void **state)
{
	struct channel *c;
	pthread_t thread[8];

	lsa_begin(answers_later);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often, c), 0);
	usleep(3000);
	for (int i = 0; i < 4; i++)
		pthread_cancel(thread[i]);
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(ask(c, 5), 5);
	c->ops->free(c);
	lsa_end();
}

/* ---- processes ---- */

static void a_child_is_a_client_of_its_own(void **state)
{
	struct channel *c;
	pthread_t thread[8];
	int status;

	lsa_begin(answers_later);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often, c), 0);
	for (int n = 0; n < 10; n++) {
		pid_t child = fork();
		if (child == 0) {
			alarm(20);
			for (uint32_t i = 0; i < 20; i++)
				if (ask(c, i) != (NTSTATUS)i)
					_exit(1);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(ask(c, 5), 5);
	c->ops->free(c);
	lsa_end();
}

/* The number of the client's socket: it is the last that was opened, but for the LSA's end of it. */
static int find_socket(const struct sockaddr_un *peer)
{
	for (int fd = 3; fd < 256; fd++) {
		struct sockaddr_un there;
		socklen_t n = sizeof(there);
		if (getpeername(fd, (struct sockaddr *)&there, &n) == 0 && n > 2 &&
		    strcmp(there.sun_path, peer->sun_path) == 0)
			return fd;
	}
	return -1;
}

static void nothing_is_written_into_a_file_that_took_the_sockets_place(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel *c;
	struct stat st;

	lsa_begin(echo);
	memcpy(address.sun_path, lsa.path, strlen(lsa.path) + 1);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	int at = find_socket(&address);
	assert_true(at >= 0);
	int file = open(lsa.folder, O_TMPFILE | O_RDWR, 0600);
	assert_true(file >= 0);
	assert_int_equal(dup2(file, at), at); /* as a program that closes all and opens its own */
	assert_int_equal(ask(c, 7), 7);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(fcntl(at, F_GETFD), 0); /* nor is it closed */
	close(at);
	close(file);
	c->ops->free(c);
	lsa_end();
}

static void no_socket_is_inherited_by_programs(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel *c;

	lsa_begin(echo);
	memcpy(address.sun_path, lsa.path, strlen(lsa.path) + 1);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	assert_int_equal(fcntl(find_socket(&address), F_GETFD), FD_CLOEXEC);
	c->ops->free(c);
	lsa_end();
}

/* ---- memory ---- */

static struct {
	enum frame_memory what;
	uint64_t address;
	uint32_t size;
	NTSTATUS status;
	uint8_t bytes[64];
	uint32_t n;
} question;

static void asks_for_memory(int fd)
{
	struct frame_head head;
	uint8_t payload[64];

	if (!greet_as(fd, IPC_VERSION))
		return;
	while (frames_get(fd, &head, payload, sizeof(payload))) {
		CLEANUP(wr_done) struct wr w = WR(64);
		uint32_t id = head.id;
		frame_write_memory(
			&w, &(struct frame_memory_call){ question.address, question.size, { 0 } });
		if (question.what == FRAME_COPY_TO)
			wr_bytes(&w, "hello", 5);
		frames_put(fd, (struct frame_head){ (uint32_t)w.len, FRAME_MEMORY, 77, question.what },
		    w.buf);
		if (!frames_get(fd, &head, question.bytes, sizeof(question.bytes)) || head.id != 77)
			return;
		question.status = (NTSTATUS)head.what;
		question.n = head.size;
		frames_answer(fd, id, 0);
	}
}

static NTSTATUS asked(struct channel *c, enum frame_memory what, const void *at, uint32_t size)
{
	question.what = what;
	question.address = (uintptr_t)at;
	question.size = size;
	assert_int_equal(ask(c, 1), 0);
	return question.status;
}

static void s47_wild_addresses_are_statuses(void **state)
{
	char mine[16] = "0123456789abcde";
	uint64_t address;
	struct channel *c;

	lsa_begin(asks_for_memory);
	assert_int_equal(dial(&c), STATUS_SUCCESS);
	assert_int_equal(asked(c, FRAME_COPY_FROM, mine, 10), STATUS_SUCCESS);
	assert_int_equal(question.n, 10);
	assert_memory_equal(question.bytes, mine, 10);
	assert_int_equal(asked(c, FRAME_COPY_TO, mine, 5), STATUS_SUCCESS);
	assert_memory_equal(mine, "hello5", 6);
	assert_int_equal(asked(c, FRAME_COPY_FROM, (void *)16, 10), STATUS_ACCESS_VIOLATION);
	assert_int_equal(asked(c, FRAME_COPY_TO, (void *)UINTPTR_MAX, 5), STATUS_ACCESS_VIOLATION);
	assert_int_equal(asked(c, FRAME_COPY_TO, "constant", 5), STATUS_ACCESS_VIOLATION);
	assert_int_equal(asked(c, FRAME_ALLOCATE, NULL, 100), STATUS_SUCCESS);
	memcpy(&address, question.bytes, sizeof(address));
	assert_int_equal(block_size((void *)(uintptr_t)address), 100);
	assert_int_equal(asked(c, FRAME_RELEASE, (void *)(uintptr_t)address, 0), STATUS_SUCCESS);
	assert_int_equal(asked(c, FRAME_RELEASE, mine, 0), STATUS_ACCESS_VIOLATION);
	assert_int_equal(asked(c, FRAME_RELEASE, (void *)8, 0), STATUS_ACCESS_VIOLATION);
	assert_int_equal(asked(c, FRAME_RELEASE, (void *)UINTPTR_MAX, 0), STATUS_ACCESS_VIOLATION);
	assert_int_equal(asked(c, (enum frame_memory)9, mine, 0), STATUS_NOT_SUPPORTED);
	c->ops->free(c);
	lsa_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_answered),
		cmocka_unit_test(an_lsa_that_is_none_is_refused),
		cmocka_unit_test(s47_another_users_lsa_is_not_trusted),
		cmocka_unit_test(s47_whatever_the_lsa_does_a_call_ends),
		cmocka_unit_test(every_thread_learns_that_the_lsa_has_gone),
		cmocka_unit_test(so_do_those_that_wait_for_a_place),
		cmocka_unit_test(an_lsa_that_came_back_is_found_at_once),
		cmocka_unit_test(sixty_four_threads_each_get_their_own_answers),
		cmocka_unit_test(signals_interrupt_nothing),
		cmocka_unit_test(a_cancelled_thread_leaves_no_other_waiting),
		cmocka_unit_test(a_child_is_a_client_of_its_own),
		cmocka_unit_test(nothing_is_written_into_a_file_that_took_the_sockets_place),
		cmocka_unit_test(no_socket_is_inherited_by_programs),
		cmocka_unit_test(s47_wild_addresses_are_statuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
