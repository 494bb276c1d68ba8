/* tests/unit/test_lsa_load.c - packages from files: which are loaded, which are not and why, and what wrong
 * ones do to the others.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inproc/inproc.h"
#include "ipc/userhalf.h"
#include "lsa/load.h"

static char folder[] = "/tmp/opensspi-load-XXXXXX";
static char trace[64], module[4096];

static const struct package_module *const builtin[] = { &mock_module, NULL };

/* ---- files and what the trace says of them ---- */

static const char *path_of(const char *name)
{
	static char path[32][256];
	static unsigned turn;
	char *p = path[turn++ % 32];
	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

/* The hostile module under the name of its misdeed. */
static const char *misdeed(const char *name)
{
	char file[128], bytes[65536];
	snprintf(file, sizeof(file), "%s.so", name);
	const char *path = path_of(file);
	int from = open(module, O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	assert_true(from >= 0 && to >= 0);
	for (ssize_t n; (n = read(from, bytes, sizeof(bytes))) > 0;)
		assert_int_equal(write(to, bytes, (size_t)n), n);
	assert_int_equal(close(from) | close(to), 0);
	return path;
}

static bool trace_says(const char *file, const char *words)
{
	static char line[16384];
	bool said = false;
	FILE *f = fopen(trace, "r");
	assert_non_null(f);
	while (!said && fgets(line, sizeof(line), f))
		said = strstr(line, file) && strstr(line, "is left out") && strstr(line, words);
	fclose(f);
	return said;
}

static void assert_trace_says(const char *file, const char *words)
{
	bool said = trace_says(file, words);
	if (!said)
		print_error("%s is not left out because of \"%s\"\n", file, words);
	assert_true(said);
}

static size_t count_of(const struct modules *m)
{
	size_t n = 0;
	while (modules_list(m)[n])
		n++;
	return n;
}

/* An LSA with the mock and what `list` names. */
struct world {
	struct modules *modules;
	struct lsa *lsa;
};

static struct world world_of(const char *list)
{
	struct world w = { modules_new(builtin), NULL };
	assert_non_null(w.modules);
	modules_add(w.modules, list, ':');
	w.lsa = mock_lsa(modules_list(w.modules));
	return w;
}

static void world_end(struct world *w)
{
	mock_lsa_end(w->lsa);
	modules_free(w->modules);
}

/* Its packages after "Mock" and "Mock Second" are just those, in ASCII; the others work as ever. */
static void assert_packages(const struct world *w, const char *const *names)
{
	for (int codec = 0; codec < 2; codec++) {
		struct channel *c = inproc_channel_new(w->lsa, codec);
		struct packages_reply reply = { 0 };
		assert_int_equal(channel_call(c, CALL_PACKAGES, &(struct packages_call){ 0 }, &reply), STATUS_SUCCESS);
		uint32_t count = 2;
		for (; names[count - 2]; count++) {
			assert_true(count < reply.count);
			const struct package_record *p = &reply.package[count];
			assert_int_equal(p->id, count);
			assert_int_equal(p->name.n, strlen(names[count - 2]) * sizeof(WCHAR));
			for (size_t i = 0; names[count - 2][i]; i++)
				assert_int_equal(p->name.p[2 * i], names[count - 2][i]);
		}
		assert_int_equal(reply.count, count);
		call_reply_done(CALL_PACKAGES, &reply);

		struct context_call call = { .credential = mock_acquire(c) };
		struct context_reply answer = { 0 };
		assert_int_equal(mock_init(c, &call, "hello", &answer), SEC_I_CONTINUE_NEEDED);
		uint64_t context = answer.context;
		call_reply_done(CALL_INIT_CONTEXT, &answer);
		assert_int_equal(mock_delete(c, context), SEC_E_OK);
		assert_int_equal(mock_free(c, call.credential), SEC_E_OK);
		c->ops->free(c);
	}
}

/* ---- which files are loaded ---- */

static void assert_left_out(const char *list, const char *file, const char *words)
{
	struct modules *m = modules_new(builtin);
	assert_non_null(m);
	modules_add(m, list, ':');
	assert_int_equal(count_of(m), 1);
	modules_free(m);
	if (*file)
		assert_trace_says(file, words);
}

static void a_file_that_others_could_have_put_there_is_left_out(void **state)
{
	const char *path = misdeed("writable");
	assert_int_equal(chmod(path, 0702), 0);
	assert_left_out(path, path, "group or others may write it");
	path = misdeed("group");
	assert_int_equal(chmod(path, 0720), 0);
	assert_left_out(path, path, "group or others may write it");

	assert_int_equal(mkdir(path_of("open"), 0700), 0);
	path = misdeed("open/inside");
	assert_int_equal(chmod(path_of("open"), 0777), 0);
	assert_left_out(path, path, "others may write a directory on its way");
	/* where others may only add, what is there stays ours */
	assert_int_equal(chmod(path_of("open"), 01777), 0);
	struct modules *m = modules_new(builtin);
	modules_add(m, path, ':');
	assert_int_equal(count_of(m), 2);
	modules_free(m);
	/* a link is no way around */
	assert_int_equal(chmod(path_of("open"), 0777), 0);
	assert_int_equal(symlink(path, path_of("link.so")), 0);
	assert_left_out(path_of("link.so"), path_of("link.so"), "others may write a directory on its way");
	if (geteuid() == 0) {
		path = misdeed("somebody");
		assert_int_equal(chown(path, 12345, 12345), 0);
		assert_left_out(path, path, "owned neither by this user nor by root");
	}
}

static void what_is_no_package_file_is_left_out(void **state)
{
	assert_left_out("relative.so", "relative.so", "not an absolute path");
	assert_left_out("./relative.so", "./relative.so", "not an absolute path");
	assert_left_out("/nonexistent/x.so", "/nonexistent/x.so", "no such file");
	assert_left_out(folder, folder, "not a regular file");
	assert_int_equal(mkfifo(path_of("pipe.so"), 0600), 0);
	assert_left_out(path_of("pipe.so"), path_of("pipe.so"), "not a regular file");
	int fd = open(path_of("text.so"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "no ELF file\n", 12), 12);
	close(fd);
	assert_left_out(path_of("text.so"), path_of("text.so"), "not a whole shared object");
	/* half a file, as while it is being copied */
	const char *path = misdeed("cut");
	for (off_t n = 4096; n > 0; n /= 2) {
		assert_int_equal(truncate(path, n), 0);
		assert_left_out(path, path, "not a whole shared object");
	}
	char *long_path = calloc(1, 9000);
	memset(long_path, 'x', 8999);
	memcpy(long_path, "/long-", 6);
	assert_left_out(long_path, "/long-", "longer than a path can be");
	free(long_path);
	assert_left_out("", "", "");
}

static void a_list_may_have_blanks_and_empty_places(void **state)
{
	char list[1024];
	snprintf(list, sizeof(list), " , ,\t%s  ,,%s,", misdeed("first"), misdeed("second"));
	struct modules *m = modules_new(builtin);
	modules_add(m, NULL, ',');
	modules_add(m, "", ',');
	modules_add(m, list, ',');
	assert_int_equal(count_of(m), 3);
	assert_ptr_equal(modules_list(m)[0], &mock_module);
	assert_string_equal(modules_list(m)[1]->name, path_of("first.so"));
	assert_string_equal(modules_list(m)[2]->name, path_of("second.so"));
	modules_free(m);
}

static void a_file_is_loaded_once(void **state)
{
	char list[1024];
	const char *path = misdeed("once");
	assert_int_equal(symlink(path, path_of("twice.so")), 0);
	snprintf(list, sizeof(list), "%s:%s:%s", path, path, path_of("twice.so"));
	struct modules *m = modules_new(builtin);
	modules_add(m, list, ':');
	assert_int_equal(count_of(m), 2);
	modules_free(m);
	assert_trace_says(path_of("twice.so"), "loaded already");
}

/* What was looked at is what is loaded: a link may lie where others can turn it. */
static void a_link_is_followed_once(void **state)
{
	char real[4096];
	void *function;
	Dl_info info;
	assert_non_null(realpath(misdeed("meant"), real));
	assert_int_equal(symlink(real, path_of("leads-there.so")), 0);
	struct modules *m = modules_new(builtin);
	modules_add(m, path_of("leads-there.so"), ':');
	assert_int_equal(count_of(m), 2);
	assert_string_equal(modules_list(m)[1]->name, path_of("leads-there.so"));
	memcpy(&function, &modules_list(m)[1]->lsa_initialize, sizeof(function));
	assert_true(dladdr(function, &info));
	assert_string_equal(info.dli_fname, real);
	modules_free(m);
}

static void there_is_a_limit_to_files(void **state)
{
	struct modules *m = modules_new(builtin);
	char name[32];
	for (int i = 0; i < MODULES_MAX + 1; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		modules_add(m, misdeed(name), ':');
	}
	assert_int_equal(count_of(m), MODULES_MAX + 1);
	modules_free(m);
	assert_trace_says(path_of("many-64.so"), "too many files");
}

/* ---- packages that do wrong ---- */

static void files_come_after_the_built_in_packages_in_order(void **state)
{
	char list[1024];
	snprintf(list, sizeof(list), "%s:%s", misdeed("zulu"), misdeed("alpha"));
	struct world w = world_of(list);
	assert_packages(&w, (const char *const[]){ "zulu", "alpha", NULL });
	world_end(&w);
}

static void a_package_that_lies_is_left_out_with_file_and_reason(void **state)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{ "version-none", "version" },
		{ "version-two-bits", "version" },
		{ "version-future", "version" },
		{ "tables-null", "tables are nowhere" },
		{ "tables-odd", "tables are nowhere" },
		{ "table-too-short", "shorter than its version says" },
		{ "table-of-others", "shorter than its version says" },
		{ "table-far-off", "shorter than its version says" },
		{ "count-zero", "no tables, or too many" },
		{ "count-absurd", "no tables, or too many" },
		{ "start-fails", "its SpLsaModeInitialize fails (0xc0000017)" },
		{ "no-initialize", "lacks Initialize or GetInfo" },
		{ "no-getinfo", "lacks Initialize or GetInfo" },
		{ "initialize-fails", "its SpInitialize fails (0xc0000001)" },
		{ "initialize-garbage", "its SpInitialize fails (0xdeadbeef)" },
		{ "getinfo-fails", "its SpGetInfo fails" },
		{ "name-null", "it has no name" },
		{ "name-empty", "it has no name" },
		{ "name-long", "its name is too long or no text" },
		{ "name-lone-surrogate", "its name is too long or no text" },
		{ "name-twin", "its name is taken" },
		{ "comment-long", "its comment is too long or no text" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char list[1024];
		const char *path = misdeed(rows[i].name);
		snprintf(list, sizeof(list), "%s:%s", path, misdeed("neighbour"));
		struct world w = world_of(list);
		assert_packages(&w, (const char *const[]){ "neighbour", NULL });
		world_end(&w);
		assert_trace_says(path, rows[i].why);
	}
}

static void odd_packages_that_keep_the_rules_are_loaded(void **state)
{
	static const char *const names[] = { "bare", "comment-null", "traits-short", "traits-own", "short-table", "table-freed" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct world w = world_of(misdeed(names[i]));
		assert_packages(&w, (const char *const[]){ names[i], NULL });
		world_end(&w);
	}
}

static void of_several_packages_in_a_file_the_good_ones_are_loaded(void **state)
{
	struct world w = world_of(misdeed("several"));
	assert_packages(&w, (const char *const[]){ "several", "second", NULL });
	world_end(&w);
	assert_trace_says("package 1 of module", "it has no name");
}

static void a_thread_of_a_package_may_call_back_at_any_time(void **state)
{
	for (int i = 0; i < 5; i++) {
		struct world w = world_of(misdeed("threads"));
		usleep(2000);
		assert_packages(&w, (const char *const[]){ "threads", NULL });
		world_end(&w);
	}
}

/* ---- user-mode halves ---- */

static const SECPKG_USER_FUNCTION_TABLE *half_of(const char *name, struct userhalves **out, struct modules **loaded)
{
	*loaded = modules_new(builtin);
	modules_add(*loaded, misdeed(name), ':');
	modules_list(*loaded)[1]->lsa_initialize(SECPKG_INTERFACE_VERSION, &(ULONG){ 0 }, &(PSECPKG_FUNCTION_TABLE){ NULL },
						 &(ULONG){ 0 }); /* learns its name */
	assert_int_equal(userhalves_new(modules_list(*loaded), out), STATUS_SUCCESS);
	return userhalf_table(*out, 1, 0);
}

static void a_user_half_that_lies_is_none(void **state)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{ "user-version", "version" },	       { "user-null", "tables are nowhere" },
		{ "user-count", "no tables, or too many" },   { "user-none", "no tables, or too many" },
		{ "user-of-others", "shorter than it says" },
		{ "user-fails", "its SpUserModeInitialize fails" }, { "user-refuses", "its SpInstanceInit fails" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct userhalves *halves;
		struct modules *m;
		assert_null(half_of(rows[i].name, &halves, &m));
		assert_trace_says(rows[i].name, rows[i].why);
		assert_non_null(userhalf_table(halves, 0, 0));
		userhalves_free(halves);
		modules_free(m);
	}
}

static void a_user_half_may_lose_its_table_or_look_for_others_too_early(void **state)
{
	static const char *const names[] = { "user-table-freed", "user-looks-around", "user-forks", "plain" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct userhalves *halves;
		struct modules *m;
		const SECPKG_USER_FUNCTION_TABLE *table = half_of(names[i], &halves, &m);
		assert_non_null(table);
		assert_int_equal(table->MakeSignature(1, 0, NULL, 0), (NTSTATUS)0xFEEDF00D);
		assert_null(userhalf_table(halves, 1, 1)); /* fewer tables than the LSA half has */
		userhalves_free(halves);
		modules_free(m);
	}
}

/* ---- */

static int begin(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static int end(void **state)
{
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_others_could_have_put_there_is_left_out),
		cmocka_unit_test(what_is_no_package_file_is_left_out),
		cmocka_unit_test(a_list_may_have_blanks_and_empty_places),
		cmocka_unit_test(a_file_is_loaded_once),
		cmocka_unit_test(a_link_is_followed_once),
		cmocka_unit_test(there_is_a_limit_to_files),
		cmocka_unit_test(files_come_after_the_built_in_packages_in_order),
		cmocka_unit_test(a_package_that_lies_is_left_out_with_file_and_reason),
		cmocka_unit_test(odd_packages_that_keep_the_rules_are_loaded),
		cmocka_unit_test(of_several_packages_in_a_file_the_good_ones_are_loaded),
		cmocka_unit_test(a_thread_of_a_package_may_call_back_at_any_time),
		cmocka_unit_test(a_user_half_that_lies_is_none),
		cmocka_unit_test(a_user_half_may_lose_its_table_or_look_for_others_too_early),
	};
	const char *build = getenv("OPENSSPI_MODULE_DIR");
	snprintf(module, sizeof(module), "%s/../tests/packages/hostile.so", build ? build : ".");
	if (begin(NULL) != 0)
		return 1;
	snprintf(trace, sizeof(trace), "%s/trace", folder);
	setenv("OPENSSPI_TRACE", trace, 1); /* read once, at the first line */
	int bad = cmocka_run_group_tests(tests, NULL, end);
	return bad;
}
