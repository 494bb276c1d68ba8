/* tests/unit/test_elevated.c - what a user cannot bring into a program that has more rights than they have
 * (AT_SECURE): packages of their choice.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/places.h"
#include "base/text.h"
#include "lsa/load.h"
#include "policy/policy.h"

/* The process's own word about itself, which the test changes. */
unsigned long __getauxval(unsigned long type);
static bool elevated;

unsigned long getauxval(unsigned long type)
{
	return type == AT_SECURE ? elevated : __getauxval(type);
}

static char folder[] = "/tmp/opensspi-elevated-XXXXXX", place[128], file[128];

static void put(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void the_users_configuration_names_nothing(void **state)
{
	static const char text[] =
		"[lsa]\npackages = /home/me/mine.so\n[accounts]\nfile = /home/me/accounts\n";
	struct policy *policy;
	struct text why = { 0 };
	(void)state;
	snprintf(file, sizeof(file), "%s/opensspi", folder);
	assert_int_equal(mkdir(file, 0700), 0);
	snprintf(file, sizeof(file), "%s/opensspi/opensspi.conf", folder);
	put(file, text, sizeof(text) - 1);
	unsetenv("OPENSSPI_HOME");
	setenv("XDG_CONFIG_HOME", folder, 1);
	assert_int_equal(policy_open(&policy, &why), STATUS_SUCCESS);
	const char *packages = policy_setting(policy, "lsa", "packages");
	if (packages && strcmp(packages, "/home/me/mine.so") != 0) {
		policy_free(policy);
		skip(); /* the machine's own file names some */
	}
	assert_string_equal(packages, "/home/me/mine.so");
	elevated = true;
	assert_null(policy_setting(policy, "lsa", "packages"));
	assert_null(policy_setting(policy, "accounts", "file"));
	elevated = false;
	policy_free(policy);
	text_done(&why);
}

static size_t loaded(void)
{
	static const struct package_module *const none[] = { NULL };
	struct modules *m = modules_new(none);
	size_t n = 0;
	assert_non_null(m);
	modules_add(m, file, ':');
	while (modules_list(m)[n])
		n++;
	modules_free(m);
	return n;
}

static void a_package_of_the_users_own_is_not_loaded(void **state)
{
	static char bytes[1 << 20];
	char module[4096];
	const char *build = getenv("OPENSSPI_MODULE_DIR");
	(void)state;
	snprintf(module, sizeof(module), "%s/../tests/packages/hostile.so", build ? build : ".");
	int fd = open(module, O_RDONLY);
	assert_true(fd >= 0);
	ssize_t n = read(fd, bytes, sizeof(bytes));
	close(fd);
	assert_true(n > 0 && (size_t)n < sizeof(bytes));
	snprintf(place, sizeof(place), "%s/own", folder);
	snprintf(file, sizeof(file), "%s/own/plain.so", folder);
	assert_int_equal(mkdir(place, 0700), 0);
	put(file, bytes, (size_t)n);
	/* root's own files count whoever asks: be somebody else */
	const bool is_root = geteuid() == 0;
	if (is_root) {
		assert_int_equal(chmod(folder, 0755), 0);
		assert_int_equal(chown(place, 12345, 12345), 0);
		assert_int_equal(chown(file, 12345, 12345), 0);
		assert_int_equal(seteuid(12345), 0);
	}
	assert_int_equal(loaded(), 1);
	elevated = true;
	assert_int_equal(loaded(), 0);
	elevated = false;
	if (is_root)
		assert_int_equal(seteuid(0), 0);
}

static int begin(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_users_configuration_names_nothing),
		cmocka_unit_test(a_package_of_the_users_own_is_not_loaded),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
