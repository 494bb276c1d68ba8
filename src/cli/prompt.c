/* cli/prompt.c - passwords: from the terminal without echo, or from a descriptor; never an
 * argument. SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static const int interrupting[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

/* The signal that came while the terminal was silent; a handler can tell it no other way. */
static volatile sig_atomic_t interrupted;

static void PRINTF_LIKE(1, 2) complain(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void note_signal(int number)
{
	interrupted = number;
}

/* Byte by byte, so that nothing of a later line is taken from a pipe that others read too. */
static bool read_line(int fd, struct password *out)
{
	size_t n = 0;

	for (;;) {
		char c;
		ssize_t got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR && !interrupted)
			continue;
		if (got < 0) {
			if (!interrupted)
				complain("cannot read the secret: %s", strerror(errno));
			return false;
		}
		if (got == 0 && n == 0) { /* whoever was to write it has failed */
			complain("the input ended before a secret came");
			return false;
		}
		if (got == 0 || c == '\n')
			break;
		if (c == '\0' || n == PASSWORD_MAX) {
			complain("a secret has at most %d bytes, none of them NUL", PASSWORD_MAX);
			return false;
		}
		out->text[n++] = c;
	}
	if (n && out->text[n - 1] == '\r')
		n--;
	out->text[n] = '\0';
	return true;
}

/* Asks without echo, once. A signal ends it and is noted; the terminal is as it was then. */
static bool ask_once(int tty, const char *question, struct password *out)
{
	const struct sigaction note = { .sa_handler = note_signal };
	struct sigaction old[ARRAY_LEN(interrupting)];
	struct termios before, silent;

	if (tcgetattr(tty, &before) != 0)
		return false;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	for (size_t i = 0; i < ARRAY_LEN(interrupting); i++)
		sigaction(interrupting[i], &note, &old[i]);

	dprintf(tty, "%s: ", question);
	tcsetattr(tty, TCSAFLUSH, &silent);
	bool ok = read_line(tty, out);
	tcsetattr(tty, TCSAFLUSH, &before);
	dprintf(tty, "\n");

	for (size_t i = 0; i < ARRAY_LEN(interrupting); i++)
		sigaction(interrupting[i], &old[i], NULL);
	return ok;
}

/* Whoever was stopped and goes on is asked again. */
static bool ask(int tty, const char *question, struct password *out)
{
	int number;
	bool ok;

	do {
		interrupted = 0;
		ok = ask_once(tty, question, out);
		number = interrupted;
		interrupted = 0;
		if (number)
			raise(number);
	} while (number == SIGTSTP);
	return ok;
}

static bool ask_twice(int tty, struct password *out)
{
	struct password CLEANUP(password_done) second = { "" };

	if (!ask(tty, "Again", &second))
		return false;
	if (strcmp(out->text, second.text) != 0) {
		complain("the two differ");
		return false;
	}
	return true;
}

static void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

bool password_read(struct password *out, int fd, const char *question, bool again)
{
	(void)mlock(out, sizeof(*out)); /* best effort: small limits are common */
	if (fd >= 0)
		return read_line(fd, out);

	CLEANUP(close_p) int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0) {
		complain("no terminal to ask for the secret at; give it through a descriptor "
			 "(see --help)");
		return false;
	}
	return ask(tty, question, out) && (!again || ask_twice(tty, out));
}

bool prompt_yes(const char *question, bool *yes)
{
	struct password answer = { "" };

	CLEANUP(close_p) int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0)
		return false;
	dprintf(tty, "%s [y/n] ", question);
	if (!read_line(tty, &answer))
		return false;
	*yes = answer.text[0] == 'y' || answer.text[0] == 'Y';
	return true;
}

bool prompt_possible(void)
{
	CLEANUP(close_p) int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	return tty >= 0;
}

void password_done(struct password *p)
{
	explicit_bzero(p, sizeof(*p));
	munlock(p, sizeof(*p));
}
