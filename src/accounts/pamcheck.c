/* accounts/pamcheck.c - see accounts/pamcheck.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The answer comes over the socket and not by the program's end, since a process that reaps every child it sees
 * may be faster than we are. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts/pam.h"
#include "accounts/pamcheck.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/trace.h"

#define NS_PER_MS INT64_C(1000000)

/* ---- the names ---- */

/* PAM makes small letters of a name, and "other" of one that has no file. */
bool pam_service_is_fine(const char *service)
{
	size_t n = strlen(service);

	return n && n < 64 && *service != '.' && *service != '-' && strcmp(service, "other") != 0 &&
	       strspn(service, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

/* What parts a line, or turns a terminal's text around. */
static bool is_control(WCHAR c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

/* Modules make paths, lines of files and of logs, arguments of programs of it. */
static bool is_fit(struct utf16 name, bool may_be_empty)
{
	if (name.n == 0)
		return may_be_empty;
	if (!utf16_is_valid(name.p, name.n) || name.p[0] == '-' || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		WCHAR c = name.p[i];
		if (is_control(c) || c == '/' || c == '\\' || c == ':')
			return false;
	}
	return true;
}

/* The question's bytes; SIZE_MAX when it is none that PAM could be asked. Without a password some servers behind
 * modules let everybody in. */
static size_t question_need(const struct pam_question *q)
{
	size_t domain = utf8_need(q->domain.p, q->domain.n), user = utf8_need(q->user.p, q->user.n);
	size_t password = utf8_need(q->password.p, q->password.n);

	if (!is_fit(q->domain, true) || !is_fit(q->user, false) || domain > PAM_NAME_MAX ||
	    user > PAM_NAME_MAX || !q->password.n || password > PAM_PASSWORD_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i < q->password.n; i++)
		if (!q->password.p[i])
			return SIZE_MAX;
	size_t name = domain ? domain + 1 + user : user;
	return name > PAM_NAME_MAX ? SIZE_MAX : name + 1 + password + 1;
}

static NTSTATUS question_make(const struct pam_question *q, struct secret **out)
{
	size_t need = question_need(q);

	*out = NULL;
	if (need == SIZE_MAX)
		return fail(STATUS_LOGON_FAILURE, "making a question for PAM");
	struct secret *s = secret_new(need);
	if (!s)
		return fail(STATUS_NO_MEMORY, "making a question for PAM");
	char *at = (char *)s->p; /* zeroed: the NULs are there */
	if (q->domain.n) {
		utf8_put(at, q->domain.p, q->domain.n);
		at += utf8_need(q->domain.p, q->domain.n);
		*at++ = '\\';
	}
	utf8_put(at, q->user.p, q->user.n);
	at += utf8_need(q->user.p, q->user.n) + 1;
	utf8_put(at, q->password.p, q->password.n);
	*out = s;
	return STATUS_SUCCESS;
}

/* ---- the program ---- */

/* With a session of its own, so that what its modules start can be ended with it, and every signal as at first. What
 * else it inherits it closes itself. */
static int spawn(const struct pam_settings *s, int theirs, pid_t *child)
{
	const char *program = s->program ? s->program : OPENSSPI_PAM;
	char *arguments[] = { (char *)(uintptr_t) "opensspi-pam", (char *)(uintptr_t)s->service,
			      (char *)(uintptr_t)s->folder, NULL };
	char *environment[] = { (char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	int error = posix_spawn_file_actions_adddup2(&actions, theirs, 0);
	if (!error)
		error = posix_spawnattr_setsigdefault(&attributes, &all);
	if (!error)
		error = posix_spawnattr_setsigmask(&attributes, &none);
	if (!error)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF |
								      POSIX_SPAWN_SETSIGMASK |
								      POSIX_SPAWN_SETSID);
	if (!error)
		error = posix_spawn(child, program, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* One letter, or none before the deadline. */
static char answer_await(int ours, uint32_t seconds)
{
	int64_t end = clock_monotonic_ns() + (int64_t)seconds * 1000 * NS_PER_MS;
	char answer = PAM_ANSWER_UNKNOWN;

	for (;;) {
		int64_t left = (end - clock_monotonic_ns()) / NS_PER_MS;
		struct pollfd p = { .fd = ours, .events = POLLIN };
		int ready = left > 0 ? poll(&p, 1, (int)(left < INT_MAX ? left : INT_MAX)) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			trace_line("accounts: PAM took more than %u seconds", (unsigned)seconds);
			return PAM_ANSWER_UNKNOWN;
		}
		return recv(ours, &answer, 1, 0) == 1 ? answer : PAM_ANSWER_UNKNOWN;
	}
}

/* What a module started in a session of its own, as pam_exec does: the children of a process that stands still, so
 * that none of these numbers becomes another's meanwhile. */
static void end_grandchildren(pid_t child)
{
	char path[64], list[1024];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)child, (int)child);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, list, sizeof(list) - 1);
	if (fd >= 0)
		close(fd);
	list[n > 0 ? n : 0] = '\0';
	for (char *at = list, *end = NULL; *at; at = end) {
		long pid = strtol(at, &end, 10);
		if (end == at || *end != ' ' || pid <= 1)
			return;
		(void)kill((pid_t)-pid, SIGKILL);
		(void)kill((pid_t)pid, SIGKILL);
	}
}

/* It, and what it started. A child that somebody else reaped is not there any more: its number may be another's. */
static void end_child(pid_t child)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return;
	if (info.si_pid == 0 && kill(child, SIGSTOP) == 0)
		end_grandchildren(child);
	(void)kill(-child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static NTSTATUS status_of(char answer)
{
	switch (answer) {
	case PAM_ANSWER_RIGHT:
		return STATUS_SUCCESS;
	case PAM_ANSWER_WRONG:
		return fail(STATUS_LOGON_FAILURE, "asking PAM about a password");
	case PAM_ANSWER_EXPIRED:
		return fail(STATUS_ACCOUNT_EXPIRED, "asking PAM about an account");
	case PAM_ANSWER_MUST_CHANGE:
		return fail(STATUS_PASSWORD_MUST_CHANGE, "asking PAM about an account");
	case PAM_ANSWER_PASSWORD_EXPIRED:
		return fail(STATUS_PASSWORD_EXPIRED, "asking PAM about an account");
	case PAM_ANSWER_RESTRICTED:
		return fail(STATUS_ACCOUNT_RESTRICTION, "asking PAM about an account");
	default:
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "asking PAM");
	}
}

static NTSTATUS ask(const struct pam_settings *s, const struct secret *question)
{
	char answer = PAM_ANSWER_UNKNOWN;
	pid_t child = 0;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "making a socket for PAM");
	int error = spawn(s, ends[1], &child);
	close(ends[1]);
	if (error)
		trace_line("accounts: PAM's program cannot be started (error %d)", error);
	else if (send(ends[0], question->p, question->len, MSG_NOSIGNAL) == (ssize_t)question->len)
		answer = answer_await(ends[0], s->seconds);
	close(ends[0]);
	if (!error)
		end_child(child);
	return status_of(answer);
}

NTSTATUS pam_check(const struct pam_settings *settings, const struct pam_question *q)
{
	CLEANUP(secret_free_p) struct secret *question = NULL;

	if (!settings->service)
		return STATUS_SUCCESS;
	NTSTATUS status = question_make(q, &question);
	return failed(status) ? status : ask(settings, question);
}
