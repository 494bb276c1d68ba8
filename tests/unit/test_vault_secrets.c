/* tests/unit/test_vault_secrets.c - after a call nothing of a saved password is left in the process's memory.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * security-cases.md, S45. The password is random, kept here only as itself xor 0x55, and looked for in every
 * mapping that can be read, in UTF-8 and in UTF-16, in the trace, in the files and in a core. */
#include "credman_home.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>

#define MASK 0x55
#define MAPPING_MAX (1ul << 28) /* a sanitizer's shadow is larger and holds no text */
#define LENGTH 24
#define HALF (LENGTH / 2)

static uint8_t masked[LENGTH];

static void make_password(void)
{
	assert_int_equal(getrandom(masked, sizeof(masked), 0), LENGTH);
	for (size_t i = 0; i < LENGTH; i++)
		masked[i] = (uint8_t)('a' + masked[i] % 26) ^ MASK;
}

/* A byte, or a unit of UTF-16 with `step` 2, for each character. */
static void reveal(uint8_t *out, size_t step)
{
	for (size_t i = 0; i < LENGTH; i++) {
		out[step * i] = masked[i] ^ MASK;
		if (step == 2)
			out[2 * i + 1] = 0;
	}
}

/* Does half of the password stand at p, each character `step` bytes from the last? */
__attribute__((no_sanitize("address"))) static bool stands_at(const uint8_t *p, const uint8_t *half,
							      size_t step)
{
	for (size_t i = 0; i < HALF; i++)
		if (p[i * step] != (uint8_t)(half[i] ^ MASK) || (step == 2 && p[i * step + 1] != 0))
			return false;
	return true;
}

/* How often half of it stands in `n` bytes: a torn copy counts. Not checked by a sanitizer: it reads what
 * belongs to nobody. */
__attribute__((no_sanitize("address"), noinline)) static size_t count_in(const uint8_t *p, size_t n)
{
	uint8_t first = masked[0] ^ MASK, second = masked[HALF] ^ MASK;
	size_t found = 0;

	for (size_t at = 0; at + HALF <= n; at++) {
		if (p[at] != first && p[at] != second)
			continue;
		size_t step = at + 1 < n && p[at + 1] == 0 ? 2 : 1;
		if (at + HALF * step <= n)
			found += stands_at(p + at, masked, step) ||
				 stands_at(p + at, masked + HALF, step);
	}
	return found;
}

static size_t count_in_memory(void)
{
	char line[512], mode[8];
	unsigned long from, to;
	size_t found = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 && mode[0] == 'r' &&
		    mode[1] == 'w' && to - from <= MAPPING_MAX)
			found += count_in((const uint8_t *)from, to - from);
	fclose(maps);
	return found;
}

static size_t count_in_file(const char *path)
{
	const size_t room = 64 << 20;
	CLEANUP(mem_free_p) uint8_t *all = mem_alloc(room);
	FILE *f = fopen(path, "rb");
	size_t n = f && all ? fread(all, 1, room, f) : 0;

	if (f)
		fclose(f);
	return n ? count_in(all, n) : 0;
}

/* ---- the calls ---- */

static const uint32_t types[] = { CRED_TYPE_GENERIC, CRED_TYPE_DOMAIN_PASSWORD };

static void write_password(struct home *h, struct utf16 target, uint32_t type, uint32_t persist)
{
	uint8_t password[2 * LENGTH];
	struct credential_view c = domain(target);
	size_t step = type == CRED_TYPE_GENERIC ? 1 : 2;

	reveal(password, step);
	c.type = type;
	c.persist = persist;
	c.blob = rd_of(password, step * LENGTH);
	NTSTATUS status = credman_write(h->m, &c, false);
	explicit_bzero(password, sizeof(password));
	assert_int_equal(status, STATUS_SUCCESS);
}

static void assert_is_password(const struct credential_view *c)
{
	assert_true(count_in(c->blob.p, c->blob.n) > 0);
}

static void write_and_read(struct home *h, struct utf16 target, uint32_t type, uint32_t persist)
{
	struct credential *c = NULL;

	write_password(h, target, type, persist);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(credman_read(h->m, target, type, &c), STATUS_SUCCESS);
	assert_is_password(&c->view);
	credential_unref(c);
	assert_int_equal(credman_read(h->m, target, type, &c), STATUS_SUCCESS); /* from the cache */
	credential_unref(c);
	assert_int_equal(count_in_memory(), 0);
}

static void s45_nothing_is_left_of_writing_and_reading(void **state)
{
	struct home *h = *state;

	make_password();
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		for (uint32_t persist = 1; persist <= 2; persist++)
			write_and_read(h, T("srv"), types[i], persist);
	h->places.session = h->places.session_key = NULL;
	home_again(h);
	write_and_read(h, T("memory"), CRED_TYPE_GENERIC, CRED_PERSIST_SESSION);
}

static bool see(void *to, const struct credential_view *c)
{
	*(size_t *)to += count_in(c->blob.p, c->blob.n);
	return true;
}

static void s45_nothing_is_left_of_listing_matching_and_renaming(void **state)
{
	struct home *h = *state;
	struct credential_list l = { 0 };
	struct target_view t = { .dns_server = T("srv") };
	struct credential *c = NULL;
	size_t seen = 0;

	make_password();
	write_password(h, T("srv"), CRED_TYPE_DOMAIN_PASSWORD, CRED_PERSIST_LOCAL_MACHINE);
	write_password(h, T("git:x"), CRED_TYPE_GENERIC, CRED_PERSIST_SESSION);
	assert_int_equal(credman_enumerate(h->m, NONE, true, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 2);
	credential_list_done(&l);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(credman_each(h->m, NONE, true, see, &seen), STATUS_SUCCESS);
	assert_true(seen > 0);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(credman_match(h->m, &t, NULL, 0, &l), STATUS_SUCCESS);
	assert_is_password(&l.item[0]->view);
	credential_list_done(&l);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(credman_rename(h->m, T("srv"), T("new"), CRED_TYPE_DOMAIN_PASSWORD),
			 STATUS_SUCCESS);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(credman_read(h->m, T("new"), CRED_TYPE_DOMAIN_PASSWORD, &c),
			 STATUS_SUCCESS);
	credman_hide(c); /* wiped already */
	assert_int_equal(count_in_memory(), 0);
	credential_unref(c);
}

static void s45_nothing_is_left_of_rekeying_exporting_and_importing(void **state)
{
	struct home *h = *state;
	CLEANUP(secret_free_p) struct secret *by = secret_copy("passphrase", 10);
	struct vault *v;
	char path[160];
	uint64_t n;

	make_password();
	write_password(h, T("srv"), CRED_TYPE_DOMAIN_PASSWORD, CRED_PERSIST_LOCAL_MACHINE);
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	assert_int_equal(vault_rekey(v, NULL, 0), STATUS_SUCCESS);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(vault_check(v, NULL, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(count_in_memory(), 0);
	snprintf(path, sizeof(path), "%s/export", h->folder);
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(vault_export(v, by, fd, &n), STATUS_SUCCESS);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(vault_import(v, by, fd, true, &n), STATUS_SUCCESS);
	assert_int_equal(n, 1);
	close(fd);
	assert_int_equal(count_in_memory(), 0);
	assert_int_equal(count_in_file(path), 0);
	snprintf(path, sizeof(path), "%s-wal", h->text[0]);
	assert_int_equal(count_in_file(path), 0);
	assert_int_equal(count_in_file(h->text[0]), 0);
}

/* What is refused was looked at too. */
static void s45_nothing_is_left_of_a_refusal(void **state)
{
	struct home *h = *state;
	uint8_t password[LENGTH];
	struct credential_view c = generic(T("x"), "");

	make_password();
	reveal(password, 1);
	c.blob = rd_of(password, sizeof(password));
	c.flags = CRED_FLAGS_WILDCARD_MATCH;
	assert_int_equal(credman_write(h->m, &c, false), STATUS_INVALID_PARAMETER);
	c.flags = 0;
	assert_int_equal(credman_write(h->m, &c, true), STATUS_INVALID_PARAMETER);
	h->places.vault = "/dev/null/vault.db";
	home_again(h);
	assert_int_equal(credman_write(h->m, &c, false), VAULT_NOT_OURS);
	explicit_bzero(password, sizeof(password));
	assert_int_equal(count_in_memory(), 0);
}

/* ---- a core ---- */

static bool core_path(char *path, size_t n, const char *folder, pid_t pid)
{
	snprintf(path, n, "%s/core", folder);
	if (access(path, R_OK) == 0)
		return true;
	snprintf(path, n, "%s/core.%d", folder, (int)pid);
	return access(path, R_OK) == 0;
}

/* It dies with a credential in hand. */
static void die_holding(struct home *h)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct credential *c = NULL;

	if (chdir(h->folder) != 0 || setrlimit(RLIMIT_CORE, &all) != 0)
		_exit(2);
	write_password(h, T("srv"), CRED_TYPE_DOMAIN_PASSWORD, CRED_PERSIST_LOCAL_MACHINE);
	if (failed(credman_read(h->m, T("srv"), CRED_TYPE_DOMAIN_PASSWORD, &c)) ||
	    !count_in_memory())
		_exit(3);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void s45_a_core_holds_no_password(void **state)
{
	struct home *h = *state;
	char path[256];
	int status;

	make_password();
	pid_t child = fork();
	if (child == 0)
		die_holding(h);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	if (!core_path(path, sizeof(path), h->folder, child)) {
		print_message("# skipped: this machine writes no core where the process is\n");
		skip();
	}
	assert_int_equal(count_in_file(path), 0);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(s45_nothing_is_left_of_writing_and_reading),
		ONE(s45_nothing_is_left_of_listing_matching_and_renaming),
		ONE(s45_nothing_is_left_of_rekeying_exporting_and_importing),
		ONE(s45_nothing_is_left_of_a_refusal),
		ONE(s45_a_core_holds_no_password),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
