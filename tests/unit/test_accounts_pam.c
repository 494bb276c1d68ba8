/* tests/unit/test_accounts_pam.c - what PAM's program is asked, what its answers mean, and what it may do wrong.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts/pam.h"
#include "accounts/pamcheck.h"
#include "base/clock.h"

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })
#define TAKE_ALL "head -c 9 >/dev/null; " /* alice, pw */
#define NO_AUTHORITY ((NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY)

static struct {
	char folder[64], program[96], heard[96];
} h;

static int begin(void **state)
{
	snprintf(h.folder, sizeof(h.folder), "/tmp/opensspi-pam-XXXXXX");
	if (!mkdtemp(h.folder))
		return -1;
	snprintf(h.program, sizeof(h.program), "%s/program", h.folder);
	snprintf(h.heard, sizeof(h.heard), "%s/heard", h.folder);
	return 0;
}

static int end(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", h.folder);
	return system(command);
}

/* Puts a script in the program's place, which does that with $0's folder as $D. */
static void program_is(const char *script)
{
	char text[512];

	int n = snprintf(text, sizeof(text), "#!/bin/sh\nD=%s\n%s\n", h.folder, script);
	assert_in_range(n, 1, sizeof(text) - 1);
	int fd = open(h.program, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	assert_int_equal(write(fd, text, (size_t)n), n);
	assert_int_equal(close(fd), 0);
}

static NTSTATUS ask(struct utf16 domain, struct utf16 user, struct utf16 password)
{
	const struct pam_settings settings = { .service = "s", .program = h.program, .seconds = 5 };
	const struct pam_question q = { domain, user, password };

	return pam_check(&settings, &q);
}

static NTSTATUS ask_alice(void)
{
	return ask(T(""), T("alice"), T("pw"));
}

static size_t heard(char out[1024])
{
	int fd = open(h.heard, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, 1023);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* ---- what is asked ---- */

static void name_and_password_arrive_with_a_nul_behind_each(void **state)
{
	char got[1024];

	program_is("head -c 14 >$D/heard; printf o >&0");
	assert_int_equal(ask(T("LAB"), T("alice"), T("p\u00e4")), STATUS_SUCCESS);
	assert_int_equal(heard(got), 14);
	assert_memory_equal(got, "LAB\\alice\0p\xc3\xa4\0", 14);
}

static void only_the_service_is_an_argument_and_the_environment_is_clean(void **state)
{
	char got[1024];

	assert_int_equal(setenv("LD_PRELOAD_TEST", "1", 1), 0);
	program_is("head -c 9 >/dev/null; { echo \"$# $1\"; env; } >$D/heard; printf o >&0");
	assert_int_equal(ask_alice(), STATUS_SUCCESS);
	(void)heard(got);
	assert_true(strncmp(got, "1 s\n", 4) == 0);
	assert_null(strstr(got, "LD_PRELOAD"));
	assert_null(strstr(got, "HOME="));
	assert_null(strstr(got, "pw"));
}

static void names_that_could_be_something_else_are_nobody(void **state)
{
	static WCHAR many[600];
	const struct utf16 bad[] = { T(""),
				     T("-alice"),
				     T("../alice"),
				     T("a/b"),
				     T("a\\b"),
				     T("a:b"),
				     T("a\nb"),
				     T("a\x7f"),
				     { (const WCHAR *)u"a\x85", 2 },
				     T(".alice"),
				     T("a\u202eb"),
				     T("a\u2066b"),
				     { (const WCHAR *)u"a\0b", 3 },
				     { many, 600 } };

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = 'a';
	program_is("touch $D/heard; printf o >&0");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(ask(T(""), bad[i], T("pw")), STATUS_LOGON_FAILURE);
		if (bad[i].n)
			assert_int_equal(ask(bad[i], T("alice"), T("pw")), STATUS_LOGON_FAILURE);
	}
	static const WCHAR broken[] = { 'x', 0xD800, 0 };
	assert_int_equal(ask(T(""), (struct utf16){ broken, 2 }, T("pw")), STATUS_LOGON_FAILURE);
	assert_int_equal(ask(T(""), T("alice"), (struct utf16){ broken, 2 }), STATUS_LOGON_FAILURE);
	assert_int_equal(ask(T(""), T("alice"), (struct utf16){ many, PAM_PASSWORD_MAX + 1 }),
			 STATUS_LOGON_FAILURE);
	assert_int_equal(ask(T(""), T("alice"), (struct utf16){ (const WCHAR *)u"a\0b", 3 }),
			 STATUS_LOGON_FAILURE);
	assert_int_not_equal(access(h.heard, F_OK), 0);
}

static void an_empty_password_is_nobodys(void **state)
{
	program_is("touch $D/heard; printf o >&0");
	assert_int_equal(ask(T(""), T("alice"), T("")), STATUS_LOGON_FAILURE);
	assert_int_equal(ask(T("LAB"), T("alice"), (struct utf16){ NULL, 0 }),
			 STATUS_LOGON_FAILURE);
	assert_int_not_equal(access(h.heard, F_OK), 0);
}

static void the_longest_question_fits(void **state)
{
	static WCHAR many[PAM_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = 'a';
	program_is("head -c 1025 >/dev/null; printf o >&0");
	assert_int_equal(ask(T(""), (struct utf16){ many, PAM_NAME_MAX },
			     (struct utf16){ many, PAM_PASSWORD_MAX }),
			 STATUS_SUCCESS);
}

static void services_have_plain_names(void **state)
{
	static const char *const bad[] = { "",	 ".",	"../x",	    "a/b",  "a b",
					   "-x", "a\n", "Opensspi", "other" };

	assert_true(pam_service_is_fine("opensspi"));
	assert_true(pam_service_is_fine("open-sspi_2.x"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(pam_service_is_fine(bad[i]));
}

/* ---- what is answered ---- */

static void each_answer_has_its_status(void **state)
{
	static const struct {
		const char *script;
		NTSTATUS status;
	} rows[] = {
		{ TAKE_ALL "printf o >&0", STATUS_SUCCESS },
		{ TAKE_ALL "printf w >&0", STATUS_LOGON_FAILURE },
		{ TAKE_ALL "printf e >&0", STATUS_ACCOUNT_EXPIRED },
		{ TAKE_ALL "printf m >&0", STATUS_PASSWORD_MUST_CHANGE },
		{ TAKE_ALL "printf p >&0", STATUS_PASSWORD_EXPIRED },
		{ TAKE_ALL "printf r >&0", STATUS_ACCOUNT_RESTRICTION },
		{ TAKE_ALL "printf u >&0", NO_AUTHORITY },
		{ TAKE_ALL "printf x >&0", NO_AUTHORITY },
		{ "exit 0", NO_AUTHORITY },
		{ "kill -9 $$", NO_AUTHORITY },
		{ "exec 0<&-; exit 0", NO_AUTHORITY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		program_is(rows[i].script);
		assert_int_equal(ask_alice(), rows[i].status);
	}
	assert_int_equal(unlink(h.program), 0);
	assert_int_equal(ask_alice(), NO_AUTHORITY);
}

static void nobody_is_asked_without_a_service(void **state)
{
	const struct pam_settings none = { .program = h.program };
	const struct pam_question q = { T(""), T("alice"), T("pw") };

	assert_int_equal(pam_check(&none, &q), STATUS_SUCCESS);
}

static void what_hangs_is_killed_with_what_it_started(void **state)
{
	const struct pam_settings settings = { .service = "s", .program = h.program, .seconds = 1 };
	const struct pam_question q = { T(""), T("alice"), T("pw") };
	char got[1024];

	program_is("setsid sh -c 'echo $$ >'$D'/heard; exec sleep 600' & wait");
	int64_t start = clock_monotonic_ns();
	assert_int_equal(pam_check(&settings, &q), NO_AUTHORITY);
	assert_in_range(clock_monotonic_ns() - start, INT64_C(900000000), INT64_C(4000000000));
	assert_true(heard(got) > 0);
	pid_t pid = (pid_t)strtol(got, NULL, 10);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(20000);
	char path[64], name[16] = "";
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!read(fd, name, sizeof(name) - 1);
		close(fd);
	}
	assert_true(strncmp(name, "sleep", 5) != 0 || kill(pid, 0) != 0);
}

static void who_reaps_every_child_does_not_matter(void **state)
{
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	struct sigaction before;

	assert_int_equal(sigaction(SIGCHLD, &ignored, &before), 0);
	program_is(TAKE_ALL "printf o >&0");
	assert_int_equal(ask_alice(), STATUS_SUCCESS);
	program_is("exit 3");
	assert_int_equal(ask_alice(), NO_AUTHORITY);
	assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
	program_is(TAKE_ALL "printf o >&0");
	assert_int_equal(ask_alice(), STATUS_SUCCESS);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

#define AT_HOME(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(name_and_password_arrive_with_a_nul_behind_each),
		AT_HOME(only_the_service_is_an_argument_and_the_environment_is_clean),
		AT_HOME(names_that_could_be_something_else_are_nobody),
		AT_HOME(an_empty_password_is_nobodys),
		AT_HOME(the_longest_question_fits),
		AT_HOME(services_have_plain_names),
		AT_HOME(each_answer_has_its_status),
		AT_HOME(nobody_is_asked_without_a_service),
		AT_HOME(what_hangs_is_killed_with_what_it_started),
		AT_HOME(who_reaps_every_child_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
