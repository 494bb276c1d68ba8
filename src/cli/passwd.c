/* cli/passwd.c - sspi passwd: a new password for an account of a realm.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/tickets.h"

/* Whose password; `copy` owns what the parts point into. */
struct whose {
	char *copy;
	char *user, *realm; /* realm "" when none is given: the default one */
};

static void whose_done(struct whose *w)
{
	free(w->copy);
}

/* The caller's own name, for free(); NULL when there are no tickets. */
static char *own_name(void)
{
	struct ticket_list CLEANUP(ticket_list_done) list = { NULL };
	char why[REASON_MAX];

	if (tickets_query(&list, why) != SEC_E_OK)
		return NULL;
	const struct ticket *granting = ticket_granting(&list);
	return granting ? strdup(granting->client) : NULL;
}

/* NAME@REALM, 'REALM\NAME' or NAME. */
static bool whose_read(struct whose *w, const char *given)
{
	w->copy = given ? strndup(given, 1024) : own_name();
	if (!w->copy)
		return false;
	char *at = strrchr(w->copy, '@'), *backslash = strchr(w->copy, '\\');

	w->user = w->copy;
	w->realm = w->copy + strlen(w->copy);
	if (backslash) {
		*backslash = '\0';
		w->realm = w->copy;
		w->user = backslash + 1;
	} else if (at) {
		*at = '\0';
		w->realm = at + 1;
	}
	return w->user[0] != '\0';
}

/* The name may be the cache's: nothing in it steers the terminal. */
static char *question_of(const struct whose *w)
{
	char *question = NULL;
	size_t n;
	FILE *out = open_memstream(&question, &n);

	if (!out)
		return NULL;
	fputs("Password of ", out);
	text_print(out, w->user);
	fputs(" now", out);
	fclose(out);
	return question;
}

static bool read_both(const struct whose *w, int fd, struct password *old, struct password *fresh)
{
	CLEANUP(free_p) char *question = question_of(w);

	if (!question || !password_read(old, fd, question, false))
		return false;
	return password_read(fresh, fd, "New password", true);
}

static int change(const struct whose *w, struct password *old, struct password *fresh)
{
	char package[] = MICROSOFT_KERBEROS_NAME_A, why[REASON_MAX] = "";
	SecBuffer output = { .BufferType = SECBUFFER_CHANGE_PASS_RESPONSE };
	SecBufferDesc answer = { SECBUFFER_VERSION, 1, &output };

	SECURITY_STATUS status = ChangeAccountPasswordA(package, w->realm, w->user, old->text,
							fresh->text, FALSE, 0, &answer);
	if (status != SEC_E_OK)
		status_reason(why);
	if (output.pvBuffer)
		FreeContextBuffer(output.pvBuffer);
	if (status == SEC_E_OK)
		return EXIT_DONE;
	status_print_why("passwd", "changing the password", status, why);
	return status == SEC_E_SECPKG_NOT_FOUND ? EXIT_REFUSED : (int)status_exit(status);
}

int passwd_run(int argc, char **argv)
{
	int fd = -1;
	const struct option_row rows[] = {
		{ "--password-fd", OPTION_NUMBER, &fd, "N",
		  "read both, the old one and the new one, a line each, from descriptor N" },
		{ NULL },
	};
	struct command_line line = {
		.command = "passwd",
		.operands = "[NAME@REALM]",
		.rows = rows,
		.most = 1,
		.summary =
			"Changes a password in its realm; without a name that of whose tickets are here."
	};
	struct password CLEANUP(password_done) old = { "" }, CLEANUP(password_done) fresh = { "" };
	struct whose CLEANUP(whose_done) whose = { NULL };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (!whose_read(&whose, line.given[0]))
		return options_wrong(&line,
				     "whose? NAME@REALM is needed: there are no tickets here");
	return read_both(&whose, fd, &old, &fresh) ? change(&whose, &old, &fresh) : EXIT_USAGE;
}
