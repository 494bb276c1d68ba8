/* pam/check.c - opensspi-pam: is this password right, as one PAM service of this machine sees it?
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * opensspi-pam SERVICE [FOLDER]. Standard input is a socket: the name and the password come from it, each with a
 * NUL behind it, and one letter of accounts/pam.h goes back. PAM's modules are code of others' and run here alone:
 * a process without anything of the server's in it, which may be killed at any time. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "accounts/pam.h"

struct question {
	char text[PAM_QUESTION_MAX]; /* the name, the password, each NUL-terminated */
	size_t n;
	const char *user, *password;
};

/* Where Linux-PAM looks for a service, in its order. */
static const char *const folders[] = { "/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d" };

static bool question_read(int from, struct question *q)
{
	ssize_t got;

	while (q->n < sizeof(q->text) &&
	       (got = read(from, q->text + q->n, sizeof(q->text) - q->n)) > 0) {
		q->n += (size_t)got;
		const char *end = memchr(q->text, '\0', q->n);
		if (end && memchr(end + 1, '\0', q->n - (size_t)(end + 1 - q->text))) {
			q->user = q->text;
			q->password = end + 1;
			return q->user[0] != '\0';
		}
	}
	return false;
}

/* ---- the service ---- */

/* Without a file of its own a service would be "other", which nobody chose. */
static bool service_is_there(const char *service, const char *folder)
{
	char path[4096];

	for (size_t i = 0; i < (folder ? 1 : sizeof(folders) / sizeof(*folders)); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", folder ? folder : folders[i],
				 service);
		if (n > 0 && (size_t)n < sizeof(path) && access(path, R_OK) == 0)
			return true;
	}
	return false;
}

/* Whoever asks for something that is not shown is asked for the password; nobody is here to be asked for more. */
static int converse(int count, const struct pam_message **messages, struct pam_response **answers,
		    void *argument)
{
	const struct question *q = argument;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	struct pam_response *all = calloc((size_t)count, sizeof(*all));
	if (!all)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		bool asks = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF;
		bool told = messages[i]->msg_style == PAM_TEXT_INFO ||
			    messages[i]->msg_style == PAM_ERROR_MSG;
		if (asks)
			all[i].resp = strdup(q->password);
		if ((asks && all[i].resp) || told)
			continue;
		for (int k = 0; k < i; k++)
			if (all[k].resp) {
				explicit_bzero(all[k].resp, strlen(all[k].resp));
				free(all[k].resp);
			}
		free(all);
		return PAM_CONV_ERR;
	}
	*answers = all;
	return PAM_SUCCESS;
}

/* ---- the answer ---- */

/* Before the password was right nothing is said of the account. */
static char answer_of_password(int code)
{
	switch (code) {
	case PAM_SUCCESS:
		return PAM_ANSWER_RIGHT;
	case PAM_AUTH_ERR:
	case PAM_USER_UNKNOWN:
	case PAM_MAXTRIES:
	case PAM_PERM_DENIED:
	case PAM_ACCT_EXPIRED:
	case PAM_CRED_ERR:
		return PAM_ANSWER_WRONG;
	default:
		return PAM_ANSWER_UNKNOWN;
	}
}

static char answer_of_account(int code)
{
	switch (code) {
	case PAM_SUCCESS:
		return PAM_ANSWER_RIGHT;
	case PAM_ACCT_EXPIRED:
		return PAM_ANSWER_EXPIRED;
	case PAM_NEW_AUTHTOK_REQD:
		return PAM_ANSWER_MUST_CHANGE;
	case PAM_AUTHTOK_EXPIRED:
	case PAM_CRED_EXPIRED:
		return PAM_ANSWER_PASSWORD_EXPIRED;
	case PAM_USER_UNKNOWN:
	case PAM_AUTH_ERR:
		return PAM_ANSWER_WRONG;
	case PAM_PERM_DENIED:
		return PAM_ANSWER_RESTRICTED;
	default:
		return PAM_ANSWER_UNKNOWN;
	}
}

/* A module may put another user in the place of the one who was asked about. */
static bool is_same_user(pam_handle_t *pam, const char *user)
{
	const void *now = NULL;

	return pam_get_item(pam, PAM_USER, &now) == PAM_SUCCESS && now && strcmp(now, user) == 0;
}

static char check(const struct question *q, const char *service, const char *folder)
{
	struct pam_conv talk = { converse, (void *)(uintptr_t)q };
	pam_handle_t *pam = NULL;
	int code = folder ? pam_start_confdir(service, q->user, &talk, folder, &pam)
			  : pam_start(service, q->user, &talk, &pam);

	if (code != PAM_SUCCESS || !pam)
		return PAM_ANSWER_UNKNOWN;
	code = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	char answer = answer_of_password(code);
	if (answer == PAM_ANSWER_RIGHT && !is_same_user(pam, q->user))
		answer = PAM_ANSWER_WRONG;
	if (answer == PAM_ANSWER_RIGHT) {
		code = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
		answer = answer_of_account(code);
	}
	pam_end(pam, code);
	return answer;
}

/* The answer's way out is not the modules': what they print goes nowhere. Nor is what the server left open. */
static int take_socket(void)
{
	if (syscall(SYS_close_range, 3u, ~0u, 0) != 0)
		for (int fd = 3; fd < 65536; fd++)
			close(fd);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), talk = fcntl(0, F_DUPFD_CLOEXEC, 3);

	if (nothing < 0 || talk < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 ||
	    dup2(nothing, 2) < 0)
		return -1;
	return talk;
}

int main(int argc, char **argv)
{
	static struct question q;
	const struct rlimit none = { 0, 0 };
	char answer = PAM_ANSWER_UNKNOWN;

	if (argc < 2 || argc > 3) {
		fputs("usage: opensspi-pam SERVICE [FOLDER], started by OpenSSPI's acceptors\n",
		      stderr);
		return 2;
	}
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_CORE, &none);
	int talk = take_socket();
	if (talk < 0)
		return 1;
	if (question_read(talk, &q) && service_is_there(argv[1], argc > 2 ? argv[2] : NULL))
		answer = check(&q, argv[1], argc > 2 ? argv[2] : NULL);
	explicit_bzero(&q, sizeof(q));
	return send(talk, &answer, 1, MSG_NOSIGNAL) == 1 ? 0 : 1;
}
