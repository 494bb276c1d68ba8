/* tests/unit/test_own.c - the kept certificate where file systems cannot do much, hosts in target names,
 * and roots that come later than the first look at them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

#include <opensspi.h>
#include <wincrypt.h>

#include "base/utf.h"
#include "packages/schannel/load.h"
#include "packages/schannel/own.h"
#include "packages/schannel/target.h"

/* The schannel package stands in the same room; nothing here calls the LSA. */
OPENSSPI_API NTSTATUS NTAPI OpensspiLsaExtension(ULONG version,
						 const OPENSSPI_LSA_EXTENSION **table)
{
	return STATUS_NOT_SUPPORTED;
}

static const struct tls_ops *tls;
static char home[] = "/tmp/opensspi-own-XXXXXX";

static int begin(void **state)
{
	assert_non_null(mkdtemp(home));
	setenv("OPENSSPI_HOME", home, 1);
	assert_int_equal(tls_load(&tls), SEC_E_OK);
	return 0;
}

static int end(void **state)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}

static const char *certificate_path(void)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/state/certificate.pem", home);
	return path;
}

/* ---- file systems ---- */

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define IF_NOT(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (skip))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))

/* From here on the process cannot link, and cannot rename without replacing: as on FAT. */
static bool forbid_links(void)
{
	static struct sock_filter code[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
#ifdef SYS_link
		IF_NOT(SYS_link, 1),
		ANSWER(SECCOMP_RET_ERRNO | EPERM),
#endif
		IF_NOT(SYS_linkat, 1),
		ANSWER(SECCOMP_RET_ERRNO | EPERM),
		IF_NOT(SYS_renameat2, 3),
		LOAD(offsetof(struct seccomp_data, args[4])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		ANSWER(SECCOMP_RET_ERRNO | EINVAL),
		ANSWER(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_LEN(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum child { CHILD_GOOD = 0, CHILD_BAD = 1, CHILD_SKIPPED = 77 };

/* The child's part: two servers start, one after the other, and see one certificate. */
static enum child make_without_links(void)
{
	struct tls_identity first, second;

	if (!forbid_links())
		return CHILD_SKIPPED;
	if (link("/nonexistent", "/nonexistent2") == 0 || errno != EPERM)
		return CHILD_BAD;
	if (own_identity(tls, "server.test", &first) != SEC_E_OK ||
	    own_identity(tls, "server.test", &second) != SEC_E_OK)
		return CHILD_BAD;
	bool same = first.certificates.n == second.certificates.n &&
		    memcmp(first.certificates.p, second.certificates.p, first.certificates.n) == 0;
	tls->identity_done(&first);
	tls->identity_done(&second);
	return same ? CHILD_GOOD : CHILD_BAD;
}

static enum child in_child(enum child (*body)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(body());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return (enum child)WEXITSTATUS(status);
}

static void a_certificate_is_kept_on_file_systems_without_links(void **state)
{
	struct stat st;

	unlink(certificate_path());
	enum child how = in_child(make_without_links);
	if (how == CHILD_SKIPPED)
		skip();
	assert_int_equal(how, CHILD_GOOD);
	assert_int_equal(stat(certificate_path(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(unlink(certificate_path()), 0);
}

#define STARTERS 8

/* Servers that start at once; each says whose certificate it serves by a hash of it. */
static void one_of_many_makes_it(bool links)
{
	int pipes[2];
	uint32_t sums[STARTERS] = { 0 };

	unlink(certificate_path());
	assert_int_equal(pipe(pipes), 0);
	for (int i = 0; i < STARTERS; i++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child)
			continue;
		struct tls_identity id;
		uint32_t sum = 1;
		if ((!links && !forbid_links()) ||
		    own_identity(tls, "server.test", &id) != SEC_E_OK)
			_exit(CHILD_BAD);
		for (size_t at = 0; at < id.certificates.n; at++)
			sum = sum * 31 + id.certificates.p[at];
		_exit(write(pipes[1], &sum, sizeof(sum)) == sizeof(sum) ? CHILD_GOOD : CHILD_BAD);
	}
	for (int i = 0; i < STARTERS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(read(pipes[0], sums, sizeof(sums)), sizeof(sums));
	for (int i = 1; i < STARTERS; i++)
		assert_int_equal(sums[i], sums[0]);
	close(pipes[0]);
	close(pipes[1]);
}

static enum child may_filter(void)
{
	return forbid_links() ? CHILD_GOOD : CHILD_SKIPPED;
}

static void servers_that_start_at_once_serve_the_same_certificate(void **state)
{
	one_of_many_makes_it(true);
	if (in_child(may_filter) == CHILD_GOOD)
		one_of_many_makes_it(false);
}

/* ---- targets ---- */

static void a_target_names_an_ascii_host_or_is_refused(void **state)
{
	static const struct {
		const WCHAR *target;
		const char *host;
		NTSTATUS status;
	} rows[] = {
		{ u"TERMSRV/host.test", "host.test", SEC_E_OK },
		{ u"host.test.", "host.test", SEC_E_OK },
		{ u"HTTP/host.test:8080/name", "host.test", SEC_E_OK },
		{ u"[2001:db8::1]:3389", "2001:db8::1", SEC_E_OK },
		{ u"TERMSRV/xn--bcher-kva.test", "xn--bcher-kva.test", SEC_E_OK },
		{ u"TERMSRV/b\u00FCcher.test", NULL, SEC_E_TARGET_UNKNOWN },
		{ u"TERMSRV/bu\u0308cher.test", NULL, SEC_E_TARGET_UNKNOWN },
		{ u"\u4F8B.test", NULL, SEC_E_TARGET_UNKNOWN },
		{ u"TERMSRV/host\uFF0Etest", NULL, SEC_E_TARGET_UNKNOWN },
		{ u"TERMSRV/host .test", NULL, SEC_E_TARGET_UNKNOWN },
		{ u"TERMSRV/host\x7F", NULL, SEC_E_TARGET_UNKNOWN },
		{ u"TERMSRV/\xD800", NULL, SEC_E_TARGET_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = utf16_len(rows[i].target);
		UNICODE_STRING target = unicode_view(rows[i].target, n);
		CLEANUP(mem_free_p) char *host = NULL;
		assert_int_equal(target_host(&target, &host), rows[i].status);
		if (rows[i].host)
			assert_string_equal(host, rows[i].host);
		else
			assert_null(host);
	}
}

/* ---- roots ---- */

/* Both ends of a handshake; the client is the caller's. */
static struct tls_connection *connected(struct tls_config *from, struct tls_config *to)
{
	struct tls_peer_settings peer = { .host = "late.test" };
	struct tls_connection *end[2];
	NTSTATUS status[2];
	size_t used;

	assert_int_equal(tls->connection_new(from, &peer, &end[0]), SEC_E_OK);
	assert_int_equal(tls->connection_new(to, &peer, &end[1]), SEC_E_OK);
	status[0] = tls->handshake(end[0], rd_of(NULL, 0), &used);
	for (int i = 0; i < 6; i++) {
		struct rd flight = tls->output(end[i % 2]);
		if (flight.n)
			status[!(i % 2)] = tls->handshake(end[!(i % 2)], flight, &used);
		tls->sent(end[i % 2]);
	}
	assert_int_equal(status[0], SEC_E_OK);
	assert_int_equal(status[1], SEC_E_OK);
	tls->connection_free(end[1]);
	return end[0];
}

static void write_roots(const char *path, const struct tls_identity *id)
{
	struct secret *pem;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(tls->identity_write(id, &pem), SEC_E_OK);
	assert_int_equal(fwrite(pem->p, 1, pem->len, f), pem->len);
	assert_int_equal(fclose(f), 0);
	secret_free(pem);
}

static void roots_that_could_not_be_read_are_looked_for_again(void **state)
{
	char path[64];
	struct tls_identity id;
	struct tls_config *config[2];
	struct tls_trust trust;

	snprintf(path, sizeof(path), "%s/roots.pem", home);
	setenv("SSL_CERT_FILE", path, 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	assert_int_equal(tls->identity_new("late.test", &id), SEC_E_OK);
	for (int server = 0; server <= 1; server++) {
		struct tls_settings s = { .server = server, .oldest = TLS_1_2, .newest = TLS_1_3 };
		if (server) {
			s.certificates = rd_of(id.certificates.p, id.certificates.n);
			s.key = rd_of(id.key->p, id.key->len);
		}
		assert_int_equal(tls->config_new(&s, &config[server]), SEC_E_OK);
	}
	struct tls_connection *client = connected(config[0], config[1]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls->trust(client, "late.test", &trust), SEC_E_OK);
		assert_int_equal(trust.errors, CERT_TRUST_IS_UNTRUSTED_ROOT);
	}
	write_roots(path, &id);
	assert_int_equal(tls->trust(client, "late.test", &trust), SEC_E_OK);
	assert_int_equal(trust.errors, 0);
	/* once read they stay, whatever becomes of the file */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(tls->trust(client, "late.test", &trust), SEC_E_OK);
	assert_int_equal(trust.errors, 0);
	tls->connection_free(client);
	tls->config_free(config[0]);
	tls->config_free(config[1]);
	tls->identity_done(&id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_kept_on_file_systems_without_links),
		cmocka_unit_test(servers_that_start_at_once_serve_the_same_certificate),
		cmocka_unit_test(a_target_names_an_ascii_host_or_is_refused),
		cmocka_unit_test(roots_that_could_not_be_read_are_looked_for_again),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
