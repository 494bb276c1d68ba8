/* advapi/credui_terminal.c - see advapi/credui_terminal.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A signal may be delivered to any thread, so its handler writes to a pipe that the asking thread watches
 * beside the terminal. Handlers and pipe are there for the length of one question. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#include <winerror.h>

#include "advapi/credui_terminal.h"
#include "base/utf.h"

#define LINE_BYTES 4096

static const int interrupting[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define STOP (1u << (ARRAY_LEN(interrupting) - 1)) /* as a set of those: the last one alone */

struct watch {
	int pipe[2];
	size_t count; /* how many of them have our handler, or are ignored */
	struct sigaction old[ARRAY_LEN(interrupting)];
};

static struct {
	pthread_mutex_t lock; /* one question at a time */
	pthread_once_t once;
	volatile int wake;   /* the pipe's end for the handler */
	struct watch *watch; /* of the question that is open */
} asking = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT, .wake = -1 };

static void handlers_restore(struct watch *w)
{
	while (w->count) {
		w->count--;
		sigaction(interrupting[w->count], &w->old[w->count], NULL);
	}
}

static void watch_close(struct watch *w)
{
	asking.watch = NULL;
	asking.wake = -1;
	close(w->pipe[0]);
	close(w->pipe[1]);
}

/* In a child nobody asks: its signals are its own again, and none goes into the parent's pipe. The lock may
 * be held for as long as somebody types; a child does not wait for that. */
static void asking_renew(void)
{
	if (asking.watch) {
		handlers_restore(asking.watch);
		watch_close(asking.watch);
	}
	pthread_mutex_init(&asking.lock, NULL);
}

static void asking_begin(void)
{
	pthread_atfork(NULL, NULL, asking_renew);
}

bool terminal_open(struct terminal *t)
{
	t->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	return t->fd >= 0;
}

void terminal_close(struct terminal *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static bool write_text(int fd, const char *text)
{
	for (size_t n = strlen(text); n;) {
		ssize_t put = write(fd, text, n);
		if (put < 0 && errno != EINTR)
			return false;
		text += put > 0 ? put : 0;
		n -= put > 0 ? (size_t)put : 0;
	}
	return true;
}

void terminal_say(struct terminal *t, const char *line)
{
	if (write_text(t->fd, line))
		(void)write_text(t->fd, "\n");
}

/* ---- signals ---- */

/* One that comes when the question is over already takes its course at once. */
static void note(int number)
{
	int error = errno;
	uint8_t byte = (uint8_t)number;

	if (write(asking.wake, &byte, 1) != 1 && errno != EAGAIN)
		raise(number);
	errno = error;
}

/* What a program ignores stays ignored. No signal interrupts the noting of another one, which would come
 * too late then. */
static bool watch_begin(struct watch *w)
{
	struct sigaction ours = { .sa_handler = note };

	for (size_t i = 0; i < ARRAY_LEN(interrupting); i++)
		sigaddset(&ours.sa_mask, interrupting[i]);
	w->count = 0;
	if (pipe2(w->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	asking.wake = w->pipe[1];
	asking.watch = w;
	for (size_t i = 0; i < ARRAY_LEN(interrupting); i++) {
		sigaction(interrupting[i], NULL, &w->old[i]);
		w->count++;
		if (w->old[i].sa_handler != SIG_IGN)
			sigaction(interrupting[i], &ours, NULL);
	}
	return true;
}

/* The set of signals that came meanwhile, a bit for each of `interrupting`. */
static uint32_t watch_end(struct watch *w)
{
	uint32_t came = 0;
	uint8_t byte;

	handlers_restore(w);
	while (read(w->pipe[0], &byte, 1) == 1)
		for (size_t i = 0; i < ARRAY_LEN(interrupting); i++)
			came |= (uint32_t)(interrupting[i] == byte) << i;
	watch_close(w);
	return came;
}

static void signals_raise(uint32_t came)
{
	for (size_t i = 0; i < ARRAY_LEN(interrupting); i++)
		if (came >> i & 1)
			raise(interrupting[i]);
}

/* ---- one line ---- */

/* Waits for something to read; false once a signal came or the wait fails. */
static bool wait_for(int fd, int wake)
{
	struct pollfd at[] = { { .fd = wake, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	while (poll(at, ARRAY_LEN(at), -1) < 0)
		if (errno != EINTR)
			return false;
	return !at[0].revents;
}

/* Reads up to the newline, which is left out; *out_n says how much. A second end of file after text ends a
 * line too. */
static bool read_line(int fd, int wake, struct secret *out, size_t *out_n)
{
	size_t n = 0;

	while (n < out->len && wait_for(fd, wake)) {
		ssize_t got = read(fd, out->p + n, out->len - n);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0 || (got == 0 && n == 0))
			return false;
		n += (size_t)got;
		bool ended = out->p[n - 1] == '\n';
		if (got == 0 || ended) {
			*out_n = n - ended;
			return true;
		}
	}
	*out_n = n; /* too long, which the caller sees; or interrupted */
	return n == out->len;
}

/* Lines as people edit them, whatever the program made of its terminal. */
static void set_for_lines(struct termios *mode, bool echo)
{
	mode->c_iflag |= ICRNL;
	mode->c_oflag |= OPOST | ONLCR;
	mode->c_lflag |= ICANON | ISIG;
	mode->c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (echo)
		mode->c_lflag |= ECHO | ECHOE | ECHOK;
}

static bool set_mode(int fd, int when, const struct termios *mode)
{
	while (tcsetattr(fd, when, mode) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

struct question {
	const char *text;
	bool echo;
	struct secret *line;
	size_t n;
};

/* The terminal's mode changes after the handlers are there, and back before they go. */
static bool ask_once(int fd, struct question *q, uint32_t *came)
{
	struct termios before, during;
	struct watch watch;

	*came = 0;
	if (tcgetattr(fd, &before) != 0 || !watch_begin(&watch))
		return false;
	during = before;
	set_for_lines(&during, q->echo);
	bool ok = set_mode(fd, q->echo ? TCSADRAIN : TCSAFLUSH, &during) &&
		  write_text(fd, q->text) && read_line(fd, watch.pipe[0], q->line, &q->n);
	set_mode(fd, TCSADRAIN, &before);
	if (!q->echo || !ok)
		(void)write_text(fd, "\n");
	*came = watch_end(&watch);
	return ok;
}

/* A stopped process asks again when it goes on. */
static bool ask(int fd, struct question *q)
{
	uint32_t came;
	bool ok;

	do {
		ok = ask_once(fd, q, &came);
		signals_raise(came);
	} while (!ok && came == STOP);
	return ok;
}

uint32_t terminal_ask(struct terminal *t, const char *question, bool echo, struct secret **line)
{
	CLEANUP(secret_free_p) struct secret *room = secret_new(LINE_BYTES);
	struct question q = { .text = question, .echo = echo, .line = room };

	if (!room)
		return ERROR_NOT_ENOUGH_MEMORY;
	pthread_once(&asking.once, asking_begin);
	pthread_mutex_lock(&asking.lock);
	bool ok = ask(t->fd, &q);
	pthread_mutex_unlock(&asking.lock);
	if (!ok)
		return ERROR_CANCELLED;
	if (q.n == LINE_BYTES || memchr(room->p, '\0', q.n) ||
	    utf16_need((const char *)room->p, q.n) == SIZE_MAX)
		return ERROR_NO_UNICODE_TRANSLATION;
	*line = secret_copy(room->p, q.n);
	return *line ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}
