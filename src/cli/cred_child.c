/* cli/cred_child.c - sspi cred run: a command that gets a saved secret through a descriptor.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The secret waits in a pipe, which is the kernel's memory and no file; then this process becomes the
 * command. So the exit status is the command's, and signals go to it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cred.h"
#include "cli/options.h"
#include "cli/win32.h"

/* As env(1) has them, apart from a command's own. */
#define EXIT_OURS 125
#define EXIT_CANNOT_RUN 126
#define EXIT_NO_COMMAND 127

struct child {
	const char *type_word, *user_env;
	int fd;
	bool raw;
	PCREDENTIALA credential;
};

static void child_done(struct child *c)
{
	CredFree(c->credential);
}

/* A pipe that holds these bytes, and its end behind them; the descriptor to read from, or -1. */
static int pipe_with(const void *bytes, size_t n)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	/* no reader is there yet, so it has to fit */
	ssize_t written = write(ends[1], bytes, n);
	close(ends[1]);
	if (written != (ssize_t)n || fcntl(ends[0], F_SETFL, 0) != 0) {
		close(ends[0]);
		return -1;
	}
	return ends[0];
}

static int secret_pipe(const struct child *c)
{
	struct blob_text CLEANUP(blob_text_done) text = { "" };
	const CREDENTIALA *from = c->credential;

	if (!c->raw && cred_secret_text(from, &text))
		return pipe_with(text.text, strlen(text.text));
	return pipe_with(from->CredentialBlob, from->CredentialBlobSize);
}

/* Puts the pipe where the command looks for it; it alone survives what comes. */
static bool place(int from, int to)
{
	if (from == to)
		return fcntl(to, F_SETFD, 0) == 0;
	bool ok = dup2(from, to) == to;
	close(from);
	return ok;
}

static int become(struct child *c, char **command)
{
	int from = secret_pipe(c);

	if (from < 0 || !place(from, c->fd)) {
		fprintf(stderr, "sspi cred run: descriptor %d: %s\n", c->fd, strerror(errno));
		return EXIT_OURS;
	}
	if (c->user_env &&
	    setenv(c->user_env, c->credential->UserName ? c->credential->UserName : "", 1)) {
		fprintf(stderr, "sspi cred run: %s: %s\n", c->user_env, strerror(errno));
		return EXIT_OURS;
	}
	child_done(c); /* wiped */
	c->credential = NULL;
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	int why = errno;
	fprintf(stderr, "sspi cred run: %s: %s\n", command[0], strerror(why));
	return why == ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN;
}

static int parse(struct child *c, struct command_line *line, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ "--fd", OPTION_NUMBER, &c->fd, "N", "the command's descriptor; 3 by default" },
		{ "--type", OPTION_TEXT, &c->type_word, "T",
		  "generic (the default) or generic-certificate" },
		{ "--user-env", OPTION_TEXT, &c->user_env, "NAME",
		  "put the user's name into this variable" },
		{ "--raw", OPTION_FLAG, &c->raw, NULL, "the bytes as they are saved, not UTF-8" },
		{ NULL },
	};

	line->rows = rows;
	int code = options_parse(line, argc, argv);
	line->rows = NULL; /* they end with this call */
	if (code != OPTIONS_GO)
		return code == EXIT_DONE ? code : EXIT_OURS;
	if (!line->rest || !line->rest[0]) {
		options_wrong(line, "a command is needed behind --");
		return EXIT_OURS;
	}
	if (c->user_env && (!c->user_env[0] || strchr(c->user_env, '='))) {
		options_wrong(line, "--user-env needs a variable's name");
		return EXIT_OURS;
	}
	return OPTIONS_GO;
}

int cred_run_run(int argc, char **argv)
{
	struct child CLEANUP(child_done) c = { .fd = 3 };
	struct command_line line = {
		.command = "cred run",
		.operands = "TARGET -- COMMAND [ARGUMENT]...",
		.least = 1,
		.most = 1,
		.takes_rest = true,
		.summary = "Runs a command that reads a generic credential's secret "
			   "from a descriptor, UTF-8, to its end."
	};
	struct cred_found found;
	DWORD type = CRED_TYPE_GENERIC;

	int code = parse(&c, &line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (c.type_word && (!cred_type_of(c.type_word, &type) || !cred_is_readable(type))) {
		options_wrong(&line, "no program reads the secret of type %s", c.type_word);
		return EXIT_OURS;
	}
	DWORD error = cred_read(line.given[0], type, &found);
	c.credential = found.credential;
	if (error != ERROR_SUCCESS) {
		win32_finish(line.command, line.given[0], error);
		return EXIT_OURS;
	}
	if (!c.credential->CredentialBlobSize) {
		fprintf(stderr, "sspi cred run: %s has no secret\n", line.given[0]);
		return EXIT_OURS;
	}
	return become(&c, line.rest);
}
