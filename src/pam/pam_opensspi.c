/* pam/pam_opensspi.c - at login the vault is opened with the login's password; at logout it is closed.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The module links no libopensspi: login programs run as root, and the vault is the user's. It starts
 * opensspi-login as that user, in a clean environment, and hands it passwords through a pipe. It never
 * keeps anybody from logging in: what it cannot do it says in the log. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define PAM_SM_AUTH
#define PAM_SM_SESSION
#define PAM_SM_PASSWORD
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#define ENTRY __attribute__((visibility("default")))
#define KEPT "opensspi_password"
#define PASSWORD_MAX 4096
#define ENVIRONMENT_ROOM 512

/* The words behind the module's name in the PAM configuration, which is root's. */
struct settings {
	const char *program;
	const char *home;     /* OPENSSPI_HOME, for tests */
	const char *flags[4]; /* handed on */
	int flag_count;
};

static const char *after(const char *word, const char *start)
{
	size_t n = strlen(start);
	return strncmp(word, start, n) == 0 ? word + n : NULL;
}

static void read_settings(pam_handle_t *pam, int argc, const char **argv, struct settings *out)
{
	*out = (struct settings){ .program = OPENSSPI_LOGIN };
	for (int i = 0; i < argc; i++) {
		const char *value;
		if ((value = after(argv[i], "program=")))
			out->program = value;
		else if ((value = after(argv[i], "home=")))
			out->home = value;
		else if ((strcmp(argv[i], "add") == 0 || strcmp(argv[i], "default") == 0 ||
			  after(argv[i], "seconds=") || after(argv[i], "domain=")) &&
			 out->flag_count < 4)
			out->flags[out->flag_count++] = argv[i];
		else
			pam_syslog(pam, LOG_ERR, "pam_opensspi does not know the word %s", argv[i]);
	}
}

/* ---- the child ---- */

static void enter_environment(const struct passwd *user, const struct settings *s,
			      char room[4][ENVIRONMENT_ROOM], char *environment[5])
{
	int n = 0;

	snprintf(room[n++], ENVIRONMENT_ROOM, "HOME=%s", user->pw_dir);
	snprintf(room[n++], ENVIRONMENT_ROOM, "PATH=/usr/bin:/bin");
	snprintf(room[n++], ENVIRONMENT_ROOM, "XDG_RUNTIME_DIR=/run/user/%u",
		 (unsigned)user->pw_uid);
	if (s->home)
		snprintf(room[n++], ENVIRONMENT_ROOM, "OPENSSPI_HOME=%s", s->home);
	for (int i = 0; i < n; i++)
		environment[i] = room[i];
	environment[n] = NULL;
}

static bool become(const struct passwd *user)
{
	if (geteuid() != 0)
		return geteuid() == user->pw_uid;
	return initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
	       setuid(user->pw_uid) == 0;
}

static void run_as(const struct passwd *user, const struct settings *s, const char *verb, int input)
{
	const char *arguments[8] = { "opensspi-login", verb };
	char room[4][ENVIRONMENT_ROOM], *environment[5];
	int n = 2, nothing = open("/dev/null", O_RDWR);

	for (int i = 0; i < s->flag_count; i++)
		arguments[n++] = s->flags[i];
	if (nothing < 0 || dup2(input, 0) < 0 || dup2(nothing, 1) < 0 || dup2(nothing, 2) < 0)
		_exit(126);
	if (syscall(SYS_close_range, 3u, ~0u, 0) != 0)
		for (int fd = 3; fd < 65536; fd++)
			close(fd);
	if (!become(user))
		_exit(125);
	enter_environment(user, s, room, environment);
	execve(s->program, (char *const *)(const void *)arguments, environment);
	_exit(127);
}

/* ---- the parent ---- */

static void write_line(int fd, const char *text)
{
	size_t n = strlen(text);

	for (const char *p = text; n;) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return;
		p += wrote;
		n -= (size_t)wrote;
	}
	(void)!write(fd, "\n", 1);
}

/* Runs it with up to two lines on its input; its exit code, or -1. */
static int run(pam_handle_t *pam, const struct settings *s, const char *verb,
	       const char *const lines[2])
{
	struct sigaction ignored = { .sa_handler = SIG_IGN }, before, old_child;
	struct sigaction usual = { .sa_handler = SIG_DFL };
	const char *name = NULL;
	int ends[2], status = -1;

	if (pam_get_user(pam, &name, NULL) != PAM_SUCCESS || !name)
		return -1;
	struct passwd *user = pam_modutil_getpwnam(pam, name);
	if (!user || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	sigaction(SIGPIPE, &ignored, &before);
	sigaction(SIGCHLD, &usual, &old_child); /* a program that reaps all would take ours */
	pid_t child = fork();
	if (child == 0)
		run_as(user, s, verb, ends[0]);
	close(ends[0]);
	for (int i = 0; child > 0 && i < 2 && lines[i]; i++)
		write_line(ends[1], lines[i]);
	close(ends[1]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGCHLD, &old_child, NULL);
	sigaction(SIGPIPE, &before, NULL);
	int code = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (code != 0)
		pam_syslog(pam, LOG_WARNING, "opensspi-login %s for %s ended with %d", verb, name,
			   code);
	return code;
}

/* One line that is not empty. */
static bool is_usable(const char *password)
{
	return password && password[0] && strlen(password) <= PASSWORD_MAX &&
	       !strchr(password, '\n');
}

static void forget(pam_handle_t *pam, void *data, int status)
{
	(void)pam;
	(void)status;
	if (data)
		explicit_bzero(data, strlen(data));
	free(data);
}

/* What was typed at the login, for the session that follows. */
ENTRY int pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	const char *password = NULL;

	(void)flags;
	(void)argc;
	(void)argv;
	if (pam_get_item(pam, PAM_AUTHTOK, (const void **)&password) != PAM_SUCCESS ||
	    !is_usable(password))
		return PAM_IGNORE;
	char *copy = strdup(password);
	if (copy && pam_set_data(pam, KEPT, copy, forget) != PAM_SUCCESS)
		forget(pam, copy, 0);
	return PAM_IGNORE;
}

ENTRY int pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}

ENTRY int pam_sm_open_session(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	const void *password = NULL;
	struct settings s;

	(void)flags;
	read_settings(pam, argc, argv, &s);
	if (pam_get_data(pam, KEPT, &password) != PAM_SUCCESS || !password)
		return PAM_IGNORE; /* a key or a ticket was the login's, not a password */
	(void)!run(pam, &s, "open", (const char *const[2]){ password, NULL });
	(void)!pam_set_data(pam, KEPT, NULL, NULL); /* it has done its work */
	return PAM_IGNORE;
}

ENTRY int pam_sm_close_session(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	struct settings s;

	(void)flags;
	read_settings(pam, argc, argv, &s);
	(void)!run(pam, &s, "close", (const char *const[2]){ NULL, NULL });
	return PAM_IGNORE;
}

/* The vault's passphrase follows the login's. */
ENTRY int pam_sm_chauthtok(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	const char *old = NULL, *new = NULL;
	struct settings s;

	if (!(flags & PAM_UPDATE_AUTHTOK))
		return PAM_IGNORE;
	read_settings(pam, argc, argv, &s);
	if (pam_get_item(pam, PAM_OLDAUTHTOK, (const void **)&old) != PAM_SUCCESS ||
	    pam_get_item(pam, PAM_AUTHTOK, (const void **)&new) != PAM_SUCCESS || !is_usable(old) ||
	    !is_usable(new)) {
		pam_syslog(pam, LOG_NOTICE,
			   "the vault's passphrase stays: the old password is not known here");
		return PAM_IGNORE;
	}
	(void)!run(pam, &s, "change", (const char *const[2]){ old, new });
	return PAM_IGNORE;
}
