/* tests/unit/test_lsa_protect.c - the LSA's half of CredProtect: keys, sessions, users, two at once.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <wincred.h>

#include "accounts_home.h"
#include "base/places.h"
#include "lsa/protect.h"
#include "wire/protected.h"

static const uint8_t text[] = "S3cret!pw";

/* The reply of one call; released by call_reply_done. */
static NTSTATUS call(struct lsa_client *client, bool back, uint32_t flags, struct ipc_bytes in,
		     struct cred_protect_reply *out)
{
	const struct cred_protect_call request = { .flags = flags, .bytes = in };
	*out = (struct cred_protect_reply){ { NULL, 0 } };
	return back ? lsa_unprotect(client, &request, out) : lsa_protect(client, &request, out);
}

static void done(struct cred_protect_reply *reply)
{
	call_reply_done(CALL_CRED_PROTECT, reply);
}

static struct lsa_client *client_of(struct lsa *lsa, uid_t uid)
{
	struct lsa_client_setup setup = { .is_this_process = uid == (uid_t)-1, .uid = uid, .pid = getpid() };
	struct lsa_client *client = lsa_client_new(lsa, &setup);
	assert_non_null(client);
	return client;
}

#define ITSELF ((uid_t)-1)

static struct cred_protect_reply sealed_by(struct lsa_client *client, uint32_t flags)
{
	struct cred_protect_reply out;
	assert_int_equal(call(client, false, flags, (struct ipc_bytes){ text, sizeof(text) }, &out),
			 STATUS_SUCCESS);
	return out;
}

static void expect(struct lsa_client *client, uint32_t flags, const struct cred_protect_reply *sealed,
		   NTSTATUS status)
{
	struct cred_protect_reply out;
	assert_int_equal(call(client, true, flags, (struct ipc_bytes){ sealed->bytes.p, sealed->bytes.n }, &out),
			 status);
	if (status == STATUS_SUCCESS) {
		assert_int_equal(out.bytes.n, sizeof(text));
		assert_memory_equal(out.bytes.p, text, sizeof(text));
	}
	done(&out);
}

static void bytes_come_back_and_are_not_seen_meanwhile(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF);
	struct cred_protect_reply a = sealed_by(client, 0), b = sealed_by(client, 0);
	assert_int_equal(a.bytes.n, sizeof(text) + 2 + 12 + 16);
	assert_int_equal(a.bytes.p[0], 'D');
	assert_null(memmem(a.bytes.p, a.bytes.n, text, sizeof(text) - 1));
	assert_memory_not_equal(a.bytes.p + 2, b.bytes.p + 2, 12); /* no nonce twice */
	expect(client, 0, &a, STATUS_SUCCESS);
	done(&a);
	done(&b);
	lsa_client_free(client);
	mock_lsa_end(lsa);
}

static void every_flipped_bit_and_truncation_is_refused(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF);
	struct cred_protect_reply a = sealed_by(client, 0);
	for (uint32_t bit = 0; bit < a.bytes.n * 8; bit++) {
		a.bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		expect(client, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_NOT_CAPABLE);
		a.bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (uint32_t n = 0; n < a.bytes.n; n++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_dup(a.bytes.p, n);
		struct cred_protect_reply cut = { { exact, n } };
		expect(client, 0, &cut, STATUS_NOT_CAPABLE);
	}
	expect(client, 0, &a, STATUS_SUCCESS);
	done(&a);
	lsa_client_free(client);
	mock_lsa_end(lsa);
}

static void the_systems_letter_needs_its_flag(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF);
	struct cred_protect_reply a = sealed_by(client, CRED_PROTECT_TO_SYSTEM);
	assert_int_equal(a.bytes.p[0], 'F');
	expect(client, CRED_UNPROTECT_AS_SELF, &a, STATUS_NOT_CAPABLE);
	expect(client, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_SUCCESS);
	done(&a);
	lsa_client_free(client);
	mock_lsa_end(lsa);
}

static void unknown_flags_are_refused(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF);
	struct cred_protect_reply out;
	const struct ipc_bytes in = { text, sizeof(text) };
	assert_int_equal(call(client, false, 4, in, &out), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(client, true, 0x40000000, in, &out), STATUS_INVALID_PARAMETER);
	assert_null(out.bytes.p);
	lsa_client_free(client);
	mock_lsa_end(lsa);
}

/* Clients of a daemon: one of our user's, another's, and root's. */
static void users_cannot_open_each_others(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *alice = client_of(lsa, 1000), *bob = client_of(lsa, 1001), *root = client_of(lsa, 0),
			  *again = client_of(lsa, 1000), *own = client_of(lsa, ITSELF);
	static const uint32_t flags[] = { 0, CRED_PROTECT_TO_SYSTEM };
	for (size_t i = 0; i < 2; i++) {
		struct cred_protect_reply a = sealed_by(alice, flags[i]);
		expect(alice, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_SUCCESS);
		expect(again, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_SUCCESS);
		expect(bob, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_NOT_CAPABLE);
		expect(root, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_NOT_CAPABLE);
		expect(own, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &a, STATUS_NOT_CAPABLE);
		done(&a);
	}
	lsa_client_free(alice);
	lsa_client_free(bob);
	lsa_client_free(root);
	lsa_client_free(again);
	lsa_client_free(own);
	mock_lsa_end(lsa);
}

static void in_place_the_size_stays(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF), *other = client_of(lsa, 1001);
	static const uint32_t flags[] = { 0, CRED_PROTECT_TO_SYSTEM };
	struct cred_protect_reply out, seen[2];
	for (size_t i = 0; i < 2; i++) {
		seen[i] = sealed_by(client, flags[i] | IPC_PROTECT_SAME_SIZE);
		assert_int_equal(seen[i].bytes.n, sizeof(text));
		assert_memory_not_equal(seen[i].bytes.p, text, sizeof(text));
		expect(client, flags[i] | IPC_PROTECT_SAME_SIZE, &seen[i], STATUS_SUCCESS);
		assert_int_equal(call(other, true, flags[i] | IPC_PROTECT_SAME_SIZE,
				      (struct ipc_bytes){ seen[i].bytes.p, seen[i].bytes.n }, &out),
				 STATUS_SUCCESS);
		assert_memory_not_equal(out.bytes.p, text, sizeof(text));
		done(&out);
	}
	assert_memory_not_equal(seen[0].bytes.p, seen[1].bytes.p, sizeof(text));
	assert_int_equal(call(client, false, IPC_PROTECT_SAME_SIZE, (struct ipc_bytes){ NULL, 0 }, &out),
			 STATUS_SUCCESS);
	assert_int_equal(out.bytes.n, 0);
	done(&out);
	done(&seen[0]);
	done(&seen[1]);
	lsa_client_free(client);
	lsa_client_free(other);
	mock_lsa_end(lsa);
}

static void the_lsa_opens_a_text_and_says_when_it_is_none(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF), *other = client_of(lsa, 1001);
	static const uint32_t flags[] = { 0, CRED_PROTECT_TO_SYSTEM };
	static const WCHAR plain[] = u"@@Dpw";
	struct secret *out = NULL;
	for (size_t i = 0; i < 2; i++) {
		struct cred_protect_reply a = sealed_by(client, flags[i]);
		WCHAR wide[256];
		struct utf16 sealed = { wide, protected_units(a.bytes.n) };
		protected_write(wide, rd_of(a.bytes.p, a.bytes.n));
		assert_int_equal(lsa_open_text(client, sealed, &out), STATUS_SUCCESS);
		assert_int_equal(out->len, sizeof(text));
		assert_memory_equal(out->p, text, sizeof(text));
		secret_free(TAKE(out));
		assert_int_equal(lsa_open_text(other, sealed, &out), STATUS_NOT_CAPABLE);
		sealed.n--;
		assert_int_equal(lsa_open_text(client, sealed, &out), STATUS_INVALID_PARAMETER);
		done(&a);
	}
	assert_int_equal(lsa_open_text(client, (struct utf16){ plain, 5 }, &out), STATUS_INVALID_PARAMETER);
	assert_int_equal(lsa_open_text(client, (struct utf16){ NULL, 0 }, &out), STATUS_INVALID_PARAMETER);
	assert_null(out);
	lsa_client_free(client);
	lsa_client_free(other);
	mock_lsa_end(lsa);
}

/* ---- the key's file ---- */

static void an_unsuitable_key_is_not_used_and_not_replaced(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF);
	struct cred_protect_reply good = sealed_by(client, 0);
	char path[256], aside[256];
	struct stat st;
	snprintf(path, sizeof(path), "%s", below_home("run/protect.key"));
	snprintf(aside, sizeof(aside), "%s", below_home("run/aside"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	static const char *const harm[] = { "others can read it", "it is short", "it is a link" };
	for (size_t i = 0; i < ARRAY_LEN(harm); i++) {
		assert_int_equal(rename(path, aside), 0);
		if (i == 2)
			assert_int_equal(symlink(aside, path), 0);
		else
			put_bytes("run/protect.key", "0123456789ABCDEF0123456789ABCDEF", i ? 31 : 32, i ? 0600 : 0644);
		struct cred_protect_reply a = sealed_by(client, 0);
		expect(client, 0, &a, STATUS_SUCCESS);
		expect(client, 0, &good, STATUS_NOT_CAPABLE);
		assert_int_equal(lstat(path, &st), 0); /* it is somebody's */
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(aside, path), 0);
		expect(client, 0, &good, STATUS_SUCCESS);
		expect(client, 0, &a, STATUS_SUCCESS); /* this process's own key still opens it */
		done(&a);
	}
	done(&good);
	lsa_client_free(client);
	mock_lsa_end(lsa);
}

/* Where nothing ends with the user's sessions no key is left behind: it is the process's own. */
static void without_a_runtime_folder_there_is_no_file(void **state)
{
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, ITSELF);
	struct stat st;

	(void)state;
	unsetenv("OPENSSPI_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("XDG_STATE_HOME", below_home("none"), 1);
	setenv("HOME", below_home("home"), 1);
	bool lasts = !place_has_runtime();
	if (lasts) {
		struct cred_protect_reply sealed = sealed_by(client, 0);
		expect(client, 0, &sealed, STATUS_SUCCESS);
		done(&sealed);
		assert_int_not_equal(stat(below_home("none"), &st), 0);
		assert_int_not_equal(stat(below_home("home"), &st), 0);
	}
	unsetenv("XDG_STATE_HOME");
	lsa_client_free(client);
	mock_lsa_end(lsa);
	if (!lasts)
		skip();
}

/* A daemon's key is in its state, for one boot and for all its users, each of whom has what is his. */
static void a_daemon_that_begins_anew_opens_what_the_last_one_sealed(void **state)
{
	char boot[200] = "";
	struct stat st;
	(void)state;
	unlink(below_home("state/keys/protect"));
	struct lsa *lsa = mock_lsa_plain();
	struct lsa_client *client = client_of(lsa, 1000);
	struct cred_protect_reply of_user = sealed_by(client, 0);
	struct cred_protect_reply of_system = sealed_by(client, CRED_PROTECT_TO_SYSTEM);
	lsa_client_free(client);
	mock_lsa_end(lsa);
	assert_int_equal(stat(below_home("state/keys/protect"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	lsa = mock_lsa_plain();
	client = client_of(lsa, 1000);
	struct lsa_client *other = client_of(lsa, 1001);
	expect(client, 0, &of_user, STATUS_SUCCESS);
	expect(client, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &of_system, STATUS_SUCCESS);
	expect(other, 0, &of_user, STATUS_NOT_CAPABLE);
	expect(other, CRED_UNPROTECT_ALLOW_TO_SYSTEM, &of_system, STATUS_NOT_CAPABLE);
	/* As another boot left it: the key is there and opens nothing; the next text has a new one. */
	memset(boot, 'b', sizeof(boot) - 1);
	boot[st.st_size] = 0;
	put_bytes("state/keys/protect", boot, (size_t)st.st_size, 0600);
	expect(client, 0, &of_user, STATUS_NOT_CAPABLE);
	struct cred_protect_reply now = sealed_by(client, 0);
	expect(client, 0, &now, STATUS_SUCCESS);
	lsa_client_free(other);
	lsa_client_free(client);
	mock_lsa_end(lsa);
	lsa = mock_lsa_plain();
	client = client_of(lsa, 1000);
	expect(client, 0, &now, STATUS_SUCCESS);
	lsa_client_free(client);
	mock_lsa_end(lsa);
	done(&of_user);
	done(&of_system);
	done(&now);
}

#define RACERS 8

/* Each seals with whatever key it finds or makes; the parent opens all. */
static void race(struct lsa_client *client, int start, int out)
{
	char go;
	if (read(start, &go, 1) != 0)
		_exit(1);
	struct cred_protect_reply a = sealed_by(client, 0);
	_exit(write(out, a.bytes.p, a.bytes.n) == (ssize_t)a.bytes.n ? 0 : 1);
}

static void first_users_at_once_share_one_key(void **state)
{
	uint8_t sealed[sizeof(text) + 30];
	for (int round = 0; round < 10; round++) {
		struct lsa *lsa = mock_lsa_plain();
		struct lsa_client *client = client_of(lsa, ITSELF);
		int start[2], out[2], status;
		unlink(below_home("run/protect.key"));
		assert_int_equal(pipe(start), 0);
		assert_int_equal(pipe(out), 0);
		for (int i = 0; i < RACERS; i++)
			if (fork() == 0) {
				close(start[1]);
				race(client, start[0], out[1]);
			}
		close(start[0]);
		close(start[1]); /* go */
		for (int i = 0; i < RACERS; i++) {
			assert_true(wait(&status) > 0);
			assert_int_equal(status, 0);
		}
		/* Another LSA has another key of its own: only the file's is left. */
		lsa_client_free(client);
		mock_lsa_end(lsa);
		lsa = mock_lsa_plain();
		client = client_of(lsa, ITSELF);
		for (int i = 0; i < RACERS; i++) {
			assert_int_equal(read(out[0], sealed, sizeof(sealed)), sizeof(sealed));
			struct cred_protect_reply a = { { sealed, sizeof(sealed) } };
			expect(client, 0, &a, STATUS_SUCCESS);
		}
		close(out[0]);
		close(out[1]);
		lsa_client_free(client);
		mock_lsa_end(lsa);
	}
	/* and nothing is left lying about */
	DIR *run = opendir(below_home("run"));
	int files = 0;
	assert_non_null(run);
	for (struct dirent *e = readdir(run); e; e = readdir(run))
		files += e->d_name[0] != '.';
	closedir(run);
	assert_int_equal(files, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_HOME(bytes_come_back_and_are_not_seen_meanwhile),
		AT_HOME(every_flipped_bit_and_truncation_is_refused),
		AT_HOME(the_systems_letter_needs_its_flag),
		AT_HOME(unknown_flags_are_refused),
		AT_HOME(users_cannot_open_each_others),
		AT_HOME(in_place_the_size_stays),
		AT_HOME(the_lsa_opens_a_text_and_says_when_it_is_none),
		AT_HOME(an_unsuitable_key_is_not_used_and_not_replaced),
		AT_HOME(first_users_at_once_share_one_key),
		AT_HOME(without_a_runtime_folder_there_is_no_file),
		AT_HOME(a_daemon_that_begins_anew_opens_what_the_last_one_sealed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
