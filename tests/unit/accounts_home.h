/* tests/unit/accounts_home.h - a home of its own for a test of policy or accounts.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TEST_ACCOUNTS_HOME_H
#define OPENSSPI_TEST_ACCOUNTS_HOME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

static char test_home[] = "/tmp/opensspi-home-XXXXXX";
static char test_path[256];

/* The path of a file below the home; good until the next call. */
static inline UNUSED const char *below_home(const char *file)
{
	snprintf(test_path, sizeof(test_path), "%s/%s", test_home, file);
	return test_path;
}

static inline UNUSED void put_bytes(const char *file, const void *bytes, size_t n, mode_t mode)
{
	unlink(below_home(file));
	FILE *f = fopen(below_home(file), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(below_home(file), mode), 0);
}

static inline UNUSED void put_file(const char *file, const char *text)
{
	put_bytes(file, text, strlen(text), 0600);
}

/* The file as a string (free). */
static inline UNUSED char *file_text(const char *file)
{
	char *text = calloc(1, 1 << 20);
	FILE *f = fopen(below_home(file), "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static inline UNUSED int home_begin(void **state)
{
	static const char *const folders[] = { "etc", "data", "state", "user" };

	memcpy(test_home + sizeof(test_home) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(test_home));
	setenv("OPENSSPI_HOME", test_home, 1);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		assert_int_equal(mkdir(below_home(folders[i]), 0700), 0);
	return 0;
}

static inline UNUSED int home_end(void **state)
{
	char command[300];
	snprintf(command, sizeof(command), "rm -rf %s", test_home);
	return system(command);
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, home_begin, home_end)

#endif
