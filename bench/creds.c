/* bench/creds.c - saved credentials through the public calls, beside a bare SQLite table and a bare file.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * creds ROW COUNT: the user's vault holds COUNT credentials already (bench/creds_fill.c). Prints what
 * bench.c prints. The floors: one row by its key and one AES-256-GCM opening; a walk over the table; an append and
 * a flush. They lie beside the vault, on the same disk. */
#include <fcntl.h>
#include <nettle/gcm.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "creds.h"

#define ROUNDS 31
#define SEALED 448 /* bytes, as our records of these credentials */
#define READS 2000 /* a round */
#define WRITES 20
#define APPENDED 512

extern char **environ;

static uint32_t count;
static char work[64];

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "creds: %s failed\n", what);
	exit(1);
}

static void say(int round, const char *name, double ns)
{
	printf("{\"round\": %d, \"work\": \"%s\", \"name\": \"%s\", \"ns\": %.1f}\n", round, work,
	       name, ns);
}

static void name_work(const char *call)
{
	char number[16];

	snprintf(number, sizeof(number), count >= 1000 ? "%u %03u" : "%u",
		 count >= 1000 ? count / 1000 : count, count % 1000);
	snprintf(work, sizeof(work), "%s at %s", call, number);
}

static uint32_t any(void)
{
	static uint32_t x = 1;
	x = x * 1664525 + 1013904223;
	return (x >> 8) % count;
}

/* ---- the bare table ---- */

static struct bare {
	sqlite3 *db;
	sqlite3_stmt *one, *all;
	struct gcm_aes256_ctx gcm;
} bare;

static void key_of(uint32_t number, uint8_t key[32])
{
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t part = (number + 1) * 2654435761u ^ i * 40503u;
		memcpy(key + 4 * i, &part, 4);
	}
}

static char *beside(const char *file)
{
	static char path[4096];
	const char *home = getenv("OPENSSPI_HOME");

	snprintf(path, sizeof(path), "%s/%s", home ? home : ".", file);
	return path;
}

static void bare_seal(uint8_t body[SEALED])
{
	static uint64_t nonce;

	memset(body, 0, SEALED);
	nonce++;
	memcpy(body, &nonce, sizeof(nonce));
	gcm_aes256_set_iv(&bare.gcm, 12, body);
	gcm_aes256_encrypt(&bare.gcm, SEALED - 28, body + 12, body + 12);
	gcm_aes256_digest(&bare.gcm, 16, body + SEALED - 16);
}

static void bare_fill(void)
{
	uint8_t key[32] = { 1 }, body[SEALED];
	sqlite3_stmt *put;

	gcm_aes256_set_key(&bare.gcm, key);
	if (sqlite3_open(beside("bare.db"), &bare.db) != SQLITE_OK ||
	    sqlite3_exec(bare.db,
			 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			 "PRAGMA cache_size = -65536; BEGIN;"
			 "CREATE TABLE r(row INTEGER PRIMARY KEY, id BLOB UNIQUE, body BLOB)",
			 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(bare.db, "INSERT INTO r(id, body) VALUES(?1, ?2)", -1, &put, NULL) !=
		    SQLITE_OK)
		die("making a bare table");
	for (uint32_t i = 0; i < count; i++) {
		key_of(i, key);
		bare_seal(body);
		sqlite3_bind_blob(put, 1, key, sizeof(key), SQLITE_STATIC);
		sqlite3_bind_blob(put, 2, body, sizeof(body), SQLITE_STATIC);
		if (sqlite3_step(put) != SQLITE_DONE)
			die("filling a bare table");
		sqlite3_reset(put);
	}
	sqlite3_finalize(put);
	if (sqlite3_exec(bare.db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(bare.db, "SELECT body FROM r WHERE id = ?1", -1, &bare.one, NULL) !=
		    SQLITE_OK ||
	    sqlite3_prepare_v2(bare.db, "SELECT body FROM r NOT INDEXED", -1, &bare.all, NULL) !=
		    SQLITE_OK)
		die("keeping a bare table");
}

static void bare_read(uint32_t number)
{
	uint8_t key[32], plain[SEALED], tag[16];

	key_of(number, key);
	sqlite3_bind_blob(bare.one, 1, key, sizeof(key), SQLITE_STATIC);
	if (sqlite3_step(bare.one) != SQLITE_ROW)
		die("reading a bare table");
	const uint8_t *body = sqlite3_column_blob(bare.one, 0);
	gcm_aes256_set_iv(&bare.gcm, 12, body);
	gcm_aes256_decrypt(&bare.gcm, SEALED - 28, plain, body + 12);
	gcm_aes256_digest(&bare.gcm, 16, tag);
	if (memcmp(tag, body + SEALED - 16, 16) != 0)
		die("opening a bare row");
	sqlite3_reset(bare.one);
}

static void bare_walk(void)
{
	uint32_t found = 0;

	while (sqlite3_step(bare.all) == SQLITE_ROW)
		found += sqlite3_column_blob(bare.all, 0) != NULL;
	sqlite3_reset(bare.all);
	if (found != count)
		die("walking over a bare table");
}

/* ---- ours ---- */

static void our_read(uint32_t number)
{
	WCHAR target[CREDS_TARGET];
	PCREDENTIALW c;

	creds_target(target, number);
	if (!CredReadW(target, CRED_TYPE_GENERIC, 0, &c) ||
	    c->CredentialBlobSize != sizeof(creds_secret))
		die("CredRead");
	CredFree(c);
}

static void our_write(uint32_t number)
{
	WCHAR target[CREDS_TARGET];
	CREDENTIALW c = { .Type = CRED_TYPE_GENERIC,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE,
			  .TargetName = target,
			  .UserName = target,
			  .CredentialBlob = (LPBYTE)(uintptr_t)creds_secret,
			  .CredentialBlobSize = sizeof(creds_secret) };

	creds_target(target, number);
	if (!CredWriteW(&c, 0))
		die("CredWrite");
}

static void our_list(void)
{
	PCREDENTIALW *list;
	DWORD found;

	if (!CredEnumerateW(NULL, 0, &found, &list) || found != count)
		die("CredEnumerate");
	CredFree(list);
}

/* ---- rows ---- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* Each call alone: the middle one, and the one that ninety-nine of a hundred do not exceed. */
static void say_times(int round, const char *name, const char *worst, double *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), by_size);
	say(round, name, ns[n / 2]);
	if (worst)
		say(round, worst, ns[n * 99 / 100]);
}

static void row_read(void)
{
	static double ns[READS];

	name_work("CredRead");
	bare_fill();
	/* Each once: what is measured is a process that has been running. */
	for (uint32_t i = 0; i < count; i++) {
		bare_read(i);
		our_read(i);
	}
	for (int round = -2; round < ROUNDS; round++)
		for (int us = 0; us < 2; us++) {
			for (size_t i = 0; i < READS; i++) {
				uint32_t number = any();
				double start = now_ns();
				us ? our_read(number) : bare_read(number);
				ns[i] = now_ns() - start;
			}
			if (round >= 0)
				say_times(round, us ? "ours" : "floor",
					  us ? "ours, p99" : "floor, p99", ns, READS);
		}
}

static void row_write(void)
{
	static const uint8_t some[APPENDED];
	double ns[WRITES];
	int fd = open(beside("appended"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	name_work("CredWrite");
	our_write(0);
	for (int round = -1; round < ROUNDS; round++)
		for (int us = 0; us < 2; us++) {
			for (size_t i = 0; i < WRITES; i++) {
				uint32_t number = any();
				double start = now_ns();
				if (us)
					our_write(number);
				else if (write(fd, some, sizeof(some)) != sizeof(some) ||
					 fdatasync(fd) != 0)
					die("appending");
				ns[i] = now_ns() - start;
			}
			if (round >= 0)
				say_times(round, us ? "ours" : "floor", NULL, ns, WRITES);
		}
	close(fd);
}

static void row_list(void)
{
	int rounds = count > 10000 ? 11 : ROUNDS, times = count > 10000 ? 1 : 5;

	name_work("CredEnumerate");
	bare_fill();
	for (int round = -1; round < rounds; round++)
		for (int us = 0; us < 2; us++) {
			double start = now_ns();
			for (int i = 0; i < times; i++)
				us ? our_list() : bare_walk();
			if (round >= 0)
				say(round, us ? "ours" : "floor", (now_ns() - start) / times);
		}
}

static double process_ns(char **arguments)
{
	double start = now_ns();
	posix_spawn_file_actions_t quiet;
	pid_t child;
	int status;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&child, arguments[0], &quiet, NULL, arguments, environ) != 0 ||
	    waitpid(child, &status, 0) != child || status != 0)
		die(arguments[0]);
	posix_spawn_file_actions_destroy(&quiet);
	return now_ns() - start;
}

static void row_process(char *self)
{
	char first[] = "first", number[16];
	char *ours[] = { self, first, number, NULL };
	char cat[] = "cat", *floor_one[] = { cat, beside("etc/vault.key"), NULL };

	name_work("process start to first CredRead");
	snprintf(number, sizeof(number), "%u", count);
	for (int round = -1; round < ROUNDS; round++) {
		double theirs = process_ns(floor_one), own = process_ns(ours);
		if (round < 0)
			continue;
		say(round, "cat", theirs);
		say(round, "ours", own);
	}
}

int main(int argc, char **argv)
{
	count = argc == 3 ? (uint32_t)atoi(argv[2]) : 0;
	if (!count) {
		fprintf(stderr, "usage: creds 10|12|14|15|first COUNT\n");
		return 2;
	}
	if (strcmp(argv[1], "10") == 0)
		row_read();
	else if (strcmp(argv[1], "12") == 0)
		row_write();
	else if (strcmp(argv[1], "14") == 0)
		row_list();
	else if (strcmp(argv[1], "15") == 0)
		row_process(argv[0]);
	else
		our_read(any()); /* "first": the child of row 15 */
	return 0;
}
