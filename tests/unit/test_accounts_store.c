/* tests/unit/test_accounts_store.c - the accounts file on disk, by the functions programs call.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "accounts_home.h"

#include <opensspi.h>
#include <signal.h>
#include <sys/wait.h>

#include "accounts/store.h"

#define HEAD "opensspi-accounts 1\n"
#define HASH "a4f49c406510bdcab6824ee7c30fd852"

struct seen {
	unsigned count, stop_after;
	ULONG flags;
	char names[4096];
};

static BOOL CALLBACK look(void *argument, const char *domain, const char *user, ULONG flags)
{
	struct seen *s = argument;
	size_t n = strlen(s->names);
	snprintf(s->names + n, sizeof(s->names) - n, "%s\\%s ", domain, user);
	s->flags = flags;
	return ++s->count != s->stop_after;
}

static SECURITY_STATUS list(struct seen *s)
{
	memset(s, 0, sizeof(*s));
	return OpensspiAccountEnumerate(look, s);
}

static void accounts_are_set_listed_flagged_and_removed(void **state)
{
	struct seen s;
	struct stat st;
	char *path;

	assert_int_equal(rmdir(below_home("data")), 0);
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.count, 0);
	assert_int_equal(OpensspiAccountSet(NULL, "User", "Password"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet("Domain", "User", "Password"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet("", "user", "Passw\xC3\xB6rt"), SEC_E_OK);
	assert_int_equal(OpensspiAccountsPath(&path), SEC_E_OK);
	assert_string_equal(path, below_home("data/accounts"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	FreeContextBuffer(path);
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.count, 2);
	assert_non_null(strstr(s.names, "Domain\\User "));
	assert_int_equal(OpensspiAccountSetFlags("DOMAIN", "USER", 0x0a), SEC_E_OK);
	assert_int_equal(OpensspiAccountRemove(".", "USER"), SEC_E_OK);
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.flags, 0x0a);
	/* a new password ends what asked for one, and no more */
	assert_int_equal(OpensspiAccountSet("domain", "user", "x"), SEC_E_OK);
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.flags, OPENSSPI_ACCOUNT_LOCKED);
	assert_int_equal(OpensspiAccountRemove(NULL, "User"), SEC_E_NO_CREDENTIALS);
	assert_int_equal(OpensspiAccountSetFlags(NULL, "User", 0), SEC_E_NO_CREDENTIALS);
}

static void the_visitor_stops_the_list(void **state)
{
	struct seen s = { .stop_after = 1 };
	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet(NULL, "b", "p"), SEC_E_OK);
	assert_int_equal(OpensspiAccountEnumerate(look, &s), SEC_E_OK);
	assert_int_equal(s.count, 1);
	assert_int_equal(OpensspiAccountEnumerate(NULL, &s), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountsPath(NULL), SEC_E_INVALID_PARAMETER);
}

static void the_password_is_stored_as_its_hash_alone(void **state)
{
	assert_int_equal(OpensspiAccountSet(NULL, "User", "Password"), SEC_E_OK);
	char *text = file_text("data/accounts");
	assert_non_null(strstr(text, HEAD ":User:" HASH "::"));
	assert_null(strstr(text, "Password"));
	free(text);
}

static void s26_odd_names_and_passwords_are_refused(void **state)
{
	static const char *const names[] = { "", "a\\b\\c", "a/b", "a\nb", "\xff", "a\x7f" };
	char long_name[300];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(OpensspiAccountSet(NULL, names[i], "p"), SEC_E_INVALID_PARAMETER);
	memset(long_name, 'x', sizeof(long_name));
	long_name[257] = '\0';
	assert_int_equal(OpensspiAccountSet(NULL, long_name, "p"), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountSet(long_name, "a", "p"), SEC_E_INVALID_PARAMETER);
	long_name[256] = '\0';
	assert_int_equal(OpensspiAccountSet(long_name, long_name, "p"), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet(NULL, NULL, "p"), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountSet(NULL, "a", NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountSet(NULL, "a", ""), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountSet(NULL, "a", "\xff"), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountSetFlags(NULL, "a", 0x20), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiAccountRemove(NULL, NULL), SEC_E_INVALID_PARAMETER);
}

static void a_damaged_file_is_reported_and_left_as_it_is(void **state)
{
	struct seen s;
	static const char damaged[] = HEAD ":User:" HASH "::";

	put_file("data/accounts", damaged);
	assert_int_equal(list(&s), SEC_E_INTERNAL_ERROR);
	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_INTERNAL_ERROR);
	assert_int_equal(OpensspiAccountRemove(NULL, "User"), SEC_E_INTERNAL_ERROR);
	char *text = file_text("data/accounts");
	assert_string_equal(text, damaged);
	free(text);
	assert_int_equal(access(below_home("data/accounts.new"), F_OK), -1);
}

static void a_file_that_is_not_ours_alone_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601 };
	struct seen s;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		put_bytes("data/accounts", HEAD, strlen(HEAD), modes[i]);
		assert_int_equal(list(&s), SEC_E_NOT_OWNER);
		assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_NOT_OWNER);
	}
	put_file("data/accounts", HEAD);
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(chmod(below_home("data"), 0770), 0);
	assert_int_equal(list(&s), SEC_E_NOT_OWNER);
	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_NOT_OWNER);
}

static void another_users_file_is_refused(void **state)
{
	struct seen s;

	if (geteuid() != 0)
		skip();
	put_file("data/accounts", HEAD);
	assert_int_equal(chown(below_home("data/accounts"), 12345, 12345), 0);
	assert_int_equal(list(&s), SEC_E_NOT_OWNER);
	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_NOT_OWNER);
}

static void links_folders_and_pipes_are_no_accounts_file(void **state)
{
	struct seen s;
	char target[256];

	put_file("user/accounts", HEAD);
	snprintf(target, sizeof(target), "%s", below_home("user/accounts"));
	assert_int_equal(symlink(target, below_home("data/accounts")), 0);
	assert_int_equal(list(&s), SEC_E_NOT_OWNER);
	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_NOT_OWNER);
	unlink(below_home("data/accounts"));
	assert_int_equal(mkdir(below_home("data/accounts"), 0700), 0);
	assert_int_equal(list(&s), SEC_E_NOT_OWNER);
	rmdir(below_home("data/accounts"));
	assert_int_equal(mkfifo(below_home("data/accounts"), 0600), 0);
	assert_int_equal(list(&s), SEC_E_NOT_OWNER);
	unlink(below_home("data/accounts"));
	unlink(below_home("data/accounts.lock"));
	assert_int_equal(symlink(target, below_home("data/accounts.lock")), 0);
	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_NOT_OWNER);
}

static void what_a_killed_writer_left_is_cleared_away(void **state)
{
	struct seen s;

	assert_int_equal(OpensspiAccountSet(NULL, "a", "p"), SEC_E_OK);
	put_file("data/accounts.new", HEAD ":half");
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.count, 1);
	assert_int_equal(OpensspiAccountSet(NULL, "b", "p"), SEC_E_OK);
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.count, 2);
	assert_int_equal(access(below_home("data/accounts.new"), F_OK), -1);
}

static void write_some(char who)
{
	for (int i = 0; i < 25; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%c%d", who, i);
		if (OpensspiAccountSet(NULL, name, "p") != SEC_E_OK)
			_exit(1);
	}
	_exit(0);
}

static void two_writers_do_not_lose_each_others_accounts(void **state)
{
	struct seen s;
	int status;

	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			write_some((char)('a' + i));
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(list(&s), SEC_E_OK);
	assert_int_equal(s.count, 50);
}

static void s44_a_writer_killed_at_any_time_leaves_a_whole_file(void **state)
{
	struct seen s;
	int status;

	assert_int_equal(OpensspiAccountSet(NULL, "first", "p"), SEC_E_OK);
	for (int i = 0; i < 20; i++) {
		pid_t child = fork();
		if (child == 0)
			write_some('k');
		usleep((useconds_t)(i * 700));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(list(&s), SEC_E_OK);
		assert_true(s.count >= 1);
	}
	assert_int_equal(OpensspiAccountSet(NULL, "last", "p"), SEC_E_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(accounts_are_set_listed_flagged_and_removed),
		AT_HOME(the_visitor_stops_the_list),
		AT_HOME(the_password_is_stored_as_its_hash_alone),
		AT_HOME(s26_odd_names_and_passwords_are_refused),
		AT_HOME(a_damaged_file_is_reported_and_left_as_it_is),
		AT_HOME(a_file_that_is_not_ours_alone_is_refused),
		AT_HOME(another_users_file_is_refused),
		AT_HOME(links_folders_and_pipes_are_no_accounts_file),
		AT_HOME(what_a_killed_writer_left_is_cleared_away),
		AT_HOME(two_writers_do_not_lose_each_others_accounts),
		AT_HOME(s44_a_writer_killed_at_any_time_leaves_a_whole_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
