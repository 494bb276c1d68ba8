/* tests/unit/test_tls.c - the TLS module by its table: loading, identities, connections.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"

#include <opensspi.h>

#include "base/trace.h"
#include "packages/schannel/load.h"

/* The schannel package stands in the same room as its loader; nothing here calls the LSA. */
OPENSSPI_API NTSTATUS NTAPI OpensspiLsaExtension(ULONG version, const OPENSSPI_LSA_EXTENSION **table)
{
	return STATUS_NOT_SUPPORTED;
}

static const struct tls_ops *tls;
static struct tls_identity identity;

static void a_missing_module_is_not_found_and_tried_again(void **state)
{
	const struct tls_ops *ops = NULL;
	const char *kept = getenv("OPENSSPI_MODULE_DIR");
	char *before = kept ? mem_dup_text(kept) : NULL;

	setenv("OPENSSPI_MODULE_DIR", "/nonexistent", 1);
	assert_int_equal(tls_load(&ops), SEC_E_SECPKG_NOT_FOUND);
	assert_null(ops);
	setenv("OPENSSPI_MODULE_DIR", "relative", 1);
	assert_int_equal(tls_load(&ops), SEC_E_SECPKG_NOT_FOUND);
	if (before)
		setenv("OPENSSPI_MODULE_DIR", before, 1);
	else
		unsetenv("OPENSSPI_MODULE_DIR");
	mem_free(before);
	assert_int_equal(tls_load(&tls), SEC_E_OK);
	assert_int_equal(tls->identity_new("host.test", &identity), SEC_E_OK);
}

static void another_build_is_refused(void **state)
{
	Dl_info where;
	void *function;
	memcpy(&function, &tls->handshake, sizeof(function));
	assert_true(dladdr(function, &where) != 0);
	void *module = dlopen(where.dli_fname, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(module);
	void *symbol = dlsym(module, TLS_MODULE_ENTRY);
	part_entry *entry;
	memcpy(&entry, &symbol, sizeof(entry));
	struct part_host host = { .build_id = "of another time" };
	assert_null(entry(&host));
	host.build_id = NULL;
	assert_null(entry(&host));
	assert_null(entry(NULL));
	dlclose(module);
}

static void an_identity_survives_its_pem(void **state)
{
	struct secret *pem;
	struct tls_identity again;

	assert_int_equal(tls->identity_write(&identity, &pem), SEC_E_OK);
	assert_int_equal(tls->identity_read(rd_of(pem->p, pem->len), &again), SEC_E_OK);
	assert_int_equal(again.certificates.n, identity.certificates.n);
	assert_memory_equal(again.certificates.p, identity.certificates.p, again.certificates.n);
	assert_true(secret_equal(again.key, identity.key));
	assert_true(again.not_after > (int64_t)time(NULL) + 365 * 24 * 3600);
	tls->identity_done(&again);
	for (size_t n = 0; n + 30 < pem->len; n += 37)
		assert_int_equal(tls->identity_read(rd_of(pem->p, n), &again), SEC_E_NO_CREDENTIALS);
	assert_int_equal(tls->identity_read(rd_of("damaged\n", 8), &again), SEC_E_NO_CREDENTIALS);
	secret_free(pem);
}

static struct tls_config *config(bool server)
{
	struct tls_config *c = NULL;
	struct tls_settings s = { .server = server, .oldest = TLS_1_2, .newest = TLS_1_3 };
	if (server) {
		s.certificates = rd_of(identity.certificates.p, identity.certificates.n);
		s.key = rd_of(identity.key->p, identity.key->len);
	}
	assert_int_equal(tls->config_new(&s, &c), SEC_E_OK);
	return c;
}

static void connect_both(struct tls_config *a, struct tls_config *b)
{
	struct tls_connection *client, *server;
	struct tls_peer_settings peer = { .host = "host.test" };
	NTSTATUS c = SEC_I_CONTINUE_NEEDED, s = SEC_I_CONTINUE_NEEDED;
	size_t used;

	assert_int_equal(tls->connection_new(a, &peer, &client), SEC_E_OK);
	assert_int_equal(tls->connection_new(b, &peer, &server), SEC_E_OK);
	c = tls->handshake(client, rd_of(NULL, 0), &used);
	for (int i = 0; i < 6 && (c != SEC_E_OK || s != SEC_E_OK); i++) {
		struct tls_connection *from = i % 2 ? server : client, *to = i % 2 ? client : server;
		NTSTATUS *status = i % 2 ? &c : &s;
		struct rd flight = tls->output(from);
		if (rd_empty(flight))
			continue;
		*status = tls->handshake(to, flight, &used);
		assert_int_equal(used, flight.n);
		tls->sent(from);
	}
	assert_int_equal(c, SEC_E_OK);
	assert_int_equal(s, SEC_E_OK);
	tls->connection_free(client);
	tls->connection_free(server);
}

static void a_configuration_is_made_once_for_many_connections(void **state)
{
	struct tls_config *a = config(false), *b = config(true);
	struct timespec begin, end;
	const int rounds = 50;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < rounds; i++)
		connect_both(a, b);
	clock_gettime(CLOCK_MONOTONIC, &end);
	double ms = (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
	print_message("# a handshake, both ends: %.2f ms\n", ms / rounds);
	tls->config_free(a);
	tls->config_free(b);
}

static void a_connection_outlives_its_configuration(void **state)
{
	struct tls_config *a = config(false);
	struct tls_connection *c;
	struct tls_peer_settings peer = { .host = "192.0.2.1" };
	size_t used;
	assert_int_equal(tls->connection_new(a, &peer, &c), SEC_E_OK);
	tls->config_free(a);
	assert_int_equal(tls->handshake(c, rd_of(NULL, 0), &used), SEC_I_CONTINUE_NEEDED);
	struct rd hello = tls->output(c);
	/* an address is no server name */
	assert_null(memmem(hello.p, hello.n, "192.0.2.1", 9));
	tls->connection_free(c);
}

static int end(void **state)
{
	tls->identity_done(&identity);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_module_is_not_found_and_tried_again),
		cmocka_unit_test(another_build_is_refused),
		cmocka_unit_test(an_identity_survives_its_pem),
		cmocka_unit_test(a_configuration_is_made_once_for_many_connections),
		cmocka_unit_test(a_connection_outlives_its_configuration),
	};
	return cmocka_run_group_tests(tests, NULL, end);
}
