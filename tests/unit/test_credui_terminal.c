/* tests/unit/test_credui_terminal.c - questions at a terminal: whose signals are whose meanwhile.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winerror.h>

#include "advapi/credui_terminal.h"

#define QUESTION "Q: "

static int go[2]; /* a byte once the question is on the screen */

/* Runs the body in a process of its own, at a new terminal; answers its exit code. */
static int at_terminal(int (*body)(void))
{
	char shown[64] = "", byte = 0;
	size_t n = 0;
	int status, master = posix_openpt(O_RDWR | O_NOCTTY);

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	assert_int_equal(pipe(go), 0);
	const char *slave = ptsname(master);
	pid_t child = fork();
	if (child == 0) {
		setsid();
		alarm(20);
		_exit(open(slave, O_RDWR) < 0 ? 99 : body());
	}
	while (n < sizeof(shown) - 1 && !strstr(shown, QUESTION) && read(master, shown + n, 1) == 1)
		n++;
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(master);
	close(go[0]);
	close(go[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static void *asks(void *answer)
{
	CLEANUP(terminal_close) struct terminal t = { .fd = -1 };
	CLEANUP(secret_free_p) struct secret *line = NULL;

	*(uint32_t *)answer = terminal_open(&t) ? terminal_ask(&t, QUESTION, false, &line) : 1;
	return NULL;
}

static uint32_t answered;

/* Begins a question on a thread of its own; returns when it is on the screen. */
static pthread_t ask_beside(void)
{
	pthread_t thread;
	char byte;

	if (pthread_create(&thread, NULL, asks, &answered) != 0 || read(go[0], &byte, 1) != 1)
		_exit(98);
	return thread;
}

static int forks_beside_a_question(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction now;
	int status, foreign = 0;

	ask_beside();
	pid_t child = fork();
	if (child == 0) {
		for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
			sigaction(signals[i], NULL, &now);
			foreign += now.sa_handler != SIG_DFL;
		}
		_exit(foreign);
	}
	return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 97;
}

static void a_child_that_is_forked_meanwhile_has_its_own_signals(void **state)
{
	(void)state;
	assert_int_equal(at_terminal(forks_beside_a_question), 0);
}

static volatile sig_atomic_t interrupted, terminated;

static void count(int number)
{
	interrupted += number == SIGINT;
	terminated += number == SIGTERM;
}

/* Both wait for this thread and come at once. */
static int two_signals_at_once(void)
{
	const struct sigaction counts = { .sa_handler = count };
	sigset_t both;

	sigaction(SIGINT, &counts, NULL);
	sigaction(SIGTERM, &counts, NULL);
	pthread_t thread = ask_beside();
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &both, NULL);
	pthread_kill(pthread_self(), SIGINT);
	pthread_kill(pthread_self(), SIGTERM);
	pthread_sigmask(SIG_UNBLOCK, &both, NULL);
	pthread_join(thread, NULL);
	return answered == ERROR_CANCELLED ? interrupted * 10 + terminated : 96;
}

static void none_of_two_signals_is_lost(void **state)
{
	(void)state;
	assert_int_equal(at_terminal(two_signals_at_once), 11);
}

int main(void)
{
	/* A run in the background ignores some of them, and its children after it. */
	static const int heeded[] = { SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGTSTP };
	for (size_t i = 0; i < ARRAY_LEN(heeded); i++)
		signal(heeded[i], SIG_DFL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_that_is_forked_meanwhile_has_its_own_signals),
		cmocka_unit_test(none_of_two_signals_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
