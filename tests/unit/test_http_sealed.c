/* tests/unit/test_http_sealed.c - sign-ins by turns, and WinRM's messages sealed by them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [MS-WSMV] 2.2.9.1.3.2: more than 16 KiB travel in several pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <credssp.h>

#include "cli/http.h"
#include "cli/sealed.h"

static char home[] = "/tmp/opensspi-sealed-XXXXXX";

static int set_up(void **state)
{
	assert_non_null(mkdtemp(home));
	setenv("OPENSSPI_HOME", home, 1);
	return OpensspiAccountSet(NULL, "alice", "S3cret!pw") == SEC_E_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[100];
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}

struct pair {
	struct exchange client, server;
};

static void pair_done(struct pair *p)
{
	exchange_done(&p->client);
	exchange_done(&p->server);
}

static void acquire(struct pair *p, const char *package, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)(uintptr_t) "alice",
		.UserLength = 5,
		.Password = (unsigned char *)(uintptr_t)password,
		.PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED credssp = { .Type = CredsspPasswordCreds, .pSpnegoCred = &identity };
	bool stream = strcmp(package, "CREDSSP") == 0;
	char *name = (char *)(uintptr_t)package;

	exchange_init(&p->client, NULL, false);
	exchange_init(&p->server, NULL, true);
	assert_int_equal(AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_OUTBOUND, NULL,
						   stream ? (void *)&credssp : &identity, NULL,
						   NULL, &p->client.credential, NULL),
			 SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_INBOUND, NULL, NULL,
						   NULL, NULL, &p->server.credential, NULL),
			 SEC_E_OK);
	p->client.has_credential = p->server.has_credential = true;
	p->client.target = (char *)(uintptr_t) "TERMSRV/localhost";
	p->client.requirements =
		ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY |
		(stream ? ISC_REQ_STREAM | ISC_REQ_DELEGATE | ISC_REQ_MANUAL_CRED_VALIDATION
			: ISC_REQ_INTEGRITY);
	p->server.requirements = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY |
				 (stream ? ASC_REQ_STREAM : ASC_REQ_INTEGRITY);
}

/* Turns of both ends until the client is complete and the server too, or one fails. */
static SECURITY_STATUS talk(struct pair *p)
{
	struct bytes CLEANUP(bytes_done) to_server = { 0 }, CLEANUP(bytes_done) to_client = { 0 };
	SECURITY_STATUS client = SEC_I_CONTINUE_NEEDED, server = SEC_I_CONTINUE_NEEDED;

	for (int i = 0; i < 10 && (client != SEC_E_OK || server != SEC_E_OK); i++) {
		bytes_done(&to_server);
		client = exchange_turn(&p->client, to_client.p, to_client.len, &to_server);
		if (client < 0)
			return client;
		bytes_done(&to_client);
		if (to_server.len)
			server = exchange_turn(&p->server, to_server.p, to_server.len, &to_client);
		if (server < 0)
			return server;
		if (client == SEC_E_OK && server == SEC_E_OK)
			return SEC_E_OK;
	}
	return SEC_E_INVALID_TOKEN;
}

/* Seals `n` bytes at one end, opens them at the other; `change` is a bit of the body to flip, or 0. */
static SECURITY_STATUS carry(struct pair *p, const char *protocol, size_t n, size_t change)
{
	struct bytes CLEANUP(bytes_done) soap = { 0 }, CLEANUP(bytes_done) wire = { 0 };
	struct bytes CLEANUP(bytes_done) body = { 0 }, CLEANUP(bytes_done) opened = { 0 };
	struct http_head head;
	size_t at;

	assert_true(bytes_reserve(&soap, n));
	for (soap.len = 0; soap.len < n; soap.len++)
		soap.p[soap.len] = (unsigned char)(soap.len * 7);
	assert_true(http_print(&wire, "POST /wsman HTTP/1.1\r\nHost: h\r\n"));
	assert_int_equal(sealed_print(&p->client, protocol, &soap, &wire), SEC_E_OK);
	assert_int_equal(http_head_length(wire.p, wire.len, &at), HTTP_WHOLE);
	assert_true(http_parse_request(wire.p, at, &head));
	assert_int_equal(head.length, wire.len - at);
	assert_true(bytes_append(&body, wire.p + at, wire.len - at));
	if (change)
		body.p[body.len - 30 - change] ^= 1;
	SECURITY_STATUS status = sealed_open(&p->server, protocol, &head, &body, &opened);
	if (status == SEC_E_OK) {
		assert_int_equal(opened.len, n);
		assert_memory_equal(opened.p, soap.p, n);
	}
	return status;
}

static void messages_of_every_size_are_carried_by_credssp(void **state)
{
	static const size_t sizes[] = { 1, 100, MESSAGE_MAX, MESSAGE_MAX + 1, 50000, 700000 };
	struct pair CLEANUP(pair_done) p;

	acquire(&p, "CREDSSP", "S3cret!pw");
	assert_int_equal(talk(&p), SEC_E_OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(carry(&p, WINRM_CREDSSP, sizes[i], 0), SEC_E_OK);
	assert_int_not_equal(carry(&p, WINRM_CREDSSP, 50000, 5), SEC_E_OK);
}

static void messages_are_carried_by_negotiate_and_ntlm(void **state)
{
	static const char *const packages[] = { "NTLM", "Negotiate" };

	for (int i = 0; i < 2; i++) {
		struct pair CLEANUP(pair_done) p;
		acquire(&p, packages[i], "S3cret!pw");
		assert_int_equal(talk(&p), SEC_E_OK);
		for (size_t n = 1; n < 40000; n = n * 3 + 1)
			assert_int_equal(carry(&p, WINRM_SPNEGO, n, 0), SEC_E_OK);
		assert_int_not_equal(carry(&p, WINRM_SPNEGO, 100, 5), SEC_E_OK);
	}
}

static void an_unfinished_sign_in_seals_nothing(void **state)
{
	static const char *const packages[] = { "NTLM", "Negotiate", "CREDSSP" };

	for (int i = 0; i < 3; i++) {
		struct bytes CLEANUP(bytes_done) token = { 0 }, CLEANUP(bytes_done) sealed = { 0 };
		struct pair CLEANUP(pair_done) p;
		size_t edge;
		acquire(&p, packages[i], "S3cret!pw");
		assert_int_equal(exchange_turn(&p.client, NULL, 0, &token), SEC_I_CONTINUE_NEEDED);
		assert_int_not_equal(exchange_seal(&p.client, "x", 1, &sealed, &edge), SEC_E_OK);
		assert_int_equal(sealed.len, 0);
	}
}

static void a_wrong_password_ends_the_turns(void **state)
{
	struct pair CLEANUP(pair_done) p;

	acquire(&p, "NTLM", "wrong");
	assert_int_equal(talk(&p), SEC_E_LOGON_DENIED);
}

static void plain_messages_are_refused_where_sealed_ones_are_due(void **state)
{
	static const char text[] =
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/soap+xml\r\n\r\n";
	struct bytes body = { (unsigned char *)(uintptr_t) "<x/>", 4, 4 };
	struct bytes CLEANUP(bytes_done) soap = { 0 };
	struct pair CLEANUP(pair_done) p;
	struct http_head head;

	acquire(&p, "NTLM", "S3cret!pw");
	assert_int_equal(talk(&p), SEC_E_OK);
	assert_true(http_parse_request((const unsigned char *)text, sizeof(text) - 1, &head));
	assert_int_equal(sealed_open(&p.server, WINRM_SPNEGO, &head, &body, &soap),
			 SEC_E_ENCRYPT_FAILURE);
	assert_int_equal(sealed_open(&p.server, WINRM_CREDSSP, &head, &body, &soap),
			 SEC_E_ENCRYPT_FAILURE);
	assert_int_equal(soap.len, 0);
	assert_int_equal(sealed_open(&p.server, NULL, &head, &body, &soap), SEC_E_OK);
	assert_int_equal(soap.len, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_every_size_are_carried_by_credssp),
		cmocka_unit_test(messages_are_carried_by_negotiate_and_ntlm),
		cmocka_unit_test(an_unfinished_sign_in_seals_nothing),
		cmocka_unit_test(a_wrong_password_ends_the_turns),
		cmocka_unit_test(plain_messages_are_refused_where_sealed_ones_are_due),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
