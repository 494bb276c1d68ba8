/* tests/unit/test_kerberos_accept.c - sessions of other packages' making, whose password Kerberos signs in with.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/utf.h"
#include "fake_host.h"
#include "mock_krb.h"
#include "packages/kerberos/package.h"

static struct fake_side side;
static LUID session = { 4711, 1 };

static int setup(void **state)
{
	(void)state;
	fake_host_reset();
	mock_krb_reset();
	side = (struct fake_side){ .server = false };
	return fake_side_open(&side, &kerberos_module, NULL) == SEC_E_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	side.lsa->LogonTerminated(&session);
	fake_side_close(&side);
	int left = fake_host.heap;
	fake_host_reset();
	return left || mock_krb.credentials ? -1 : 0;
}

#define WORDS(literal) unicode_view(u##literal, sizeof(u##literal) / 2 - 1)

static SECPKG_PRIMARY_CRED primary_of(UNICODE_STRING domain, UNICODE_STRING user)
{
	return (SECPKG_PRIMARY_CRED){ .LogonId = session,
				      .DomainName = domain,
				      .DownlevelName = user,
				      .Password = WORDS("pw"),
				      .Flags = PRIMARY_CRED_CLEAR_PASSWORD };
}

static NTSTATUS accept(SECPKG_PRIMARY_CRED *primary)
{
	return side.lsa->AcceptCredentials(Interactive, &primary->DownlevelName, primary, NULL);
}

static bool is_kept(void)
{
	size_t n;
	return fake_host_kept(session, 0, &n) != NULL;
}

static NTSTATUS begin(LSA_SEC_HANDLE credential)
{
	WCHAR host[] = u"HTTP/srv.lab.test";
	UNICODE_STRING target = unicode_view(host, ARRAY_LEN(host) - 1);
	UCHAR room[4096];
	SecBuffer token = { sizeof(room), SECBUFFER_TOKEN, room }, data = { 0 };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &token };
	LSA_SEC_HANDLE context;
	ULONG attributes = 0;
	TimeStamp expiry;
	BOOLEAN mapped;

	NTSTATUS status = side.lsa->InitLsaModeContext(credential, 0, &target, 0, 0, NULL, &context,
						       &out, &attributes, &expiry, &mapped, &data);
	if (mapped)
		fake_host_table()->FreeLsaHeap(data.pvBuffer);
	if (!failed(status))
		assert_int_equal(side.lsa->DeleteContext(context), STATUS_SUCCESS);
	return status;
}

static LSA_SEC_HANDLE acquire(void)
{
	LSA_SEC_HANDLE credential;
	TimeStamp expiry;

	assert_int_equal(side.lsa->AcquireCredentialsHandle(NULL, SECPKG_CRED_OUTBOUND, &session,
							    NULL, NULL, NULL, &credential, &expiry),
			 STATUS_SUCCESS);
	return credential;
}

/* ---- */

static void nothing_is_asked_before_the_first_sign_in(void **state)
{
	SECPKG_PRIMARY_CRED p = primary_of(WORDS("LAB.TEST"), WORDS("bob"));
	unsigned before = mock_krb.made;

	(void)state;
	assert_int_equal(accept(&p), STATUS_SUCCESS);
	assert_true(is_kept());
	LSA_SEC_HANDLE first = acquire(), second = acquire();
	assert_int_equal(mock_krb.made, before);
	assert_true(begin(first) >= 0);
	assert_string_equal(mock_krb.user, "bob");
	assert_string_equal(mock_krb.password, "pw");
	assert_int_equal(mock_krb.made, before + 1);
	/* one for all handles of the session */
	assert_true(begin(second) >= 0);
	assert_true(begin(first) >= 0);
	assert_int_equal(mock_krb.made, before + 1);
	assert_int_equal(side.lsa->FreeCredentialsHandle(first), STATUS_SUCCESS);
	assert_int_equal(side.lsa->FreeCredentialsHandle(second), STATUS_SUCCESS);
}

static void accounts_of_this_machine_have_no_realm(void **state)
{
	SECPKG_PRIMARY_CRED machine = primary_of(WORDS("SRV"), WORDS("bob"));
	SECPKG_PRIMARY_CRED dot = primary_of(WORDS("."), WORDS("bob"));
	SECPKG_PRIMARY_CRED none = primary_of((UNICODE_STRING){ 0 }, WORDS("bob"));

	(void)state;
	assert_int_equal(accept(&machine), STATUS_SUCCESS);
	assert_int_equal(accept(&dot), STATUS_SUCCESS);
	assert_int_equal(accept(&none), STATUS_SUCCESS);
	assert_false(is_kept());
	/* nor does such a session get the caller's cache */
	LSA_SEC_HANDLE credential = acquire();
	assert_int_equal(begin(credential), SEC_E_NO_CREDENTIALS);
	assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
}

static void the_realm_is_the_domains_in_dns_or_the_principals(void **state)
{
	SECPKG_PRIMARY_CRED p = primary_of(WORDS("LAB"), WORDS("bob"));

	(void)state;
	p.DnsDomainName = WORDS("lab.test");
	assert_int_equal(accept(&p), STATUS_SUCCESS);
	LSA_SEC_HANDLE credential = acquire();
	assert_true(begin(credential) >= 0);
	assert_string_equal(mock_krb.realm, "lab.test");
	p.DnsDomainName = (UNICODE_STRING){ 0 };
	p.Upn = WORDS("bob@other.test");
	assert_int_equal(accept(&p), STATUS_SUCCESS);
	assert_true(begin(credential) >= 0);
	assert_string_equal(mock_krb.user, "bob@other.test");
	assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
}

static void another_password_counts_at_once(void **state)
{
	SECPKG_PRIMARY_CRED p = primary_of(WORDS("LAB.TEST"), WORDS("bob"));

	(void)state;
	assert_int_equal(accept(&p), STATUS_SUCCESS);
	LSA_SEC_HANDLE credential = acquire();
	assert_true(begin(credential) >= 0);
	p.Password = WORDS("new");
	p.Flags |= PRIMARY_CRED_UPDATE;
	assert_int_equal(accept(&p), STATUS_SUCCESS);
	assert_true(begin(credential) >= 0);
	assert_string_equal(mock_krb.password, "new");
	assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
}

static void the_end_of_a_session_ends_its_tickets(void **state)
{
	SECPKG_PRIMARY_CRED p = primary_of(WORDS("LAB.TEST"), WORDS("bob"));

	(void)state;
	assert_int_equal(accept(&p), STATUS_SUCCESS);
	LSA_SEC_HANDLE credential = acquire();
	int before = mock_krb.credentials;
	assert_true(begin(credential) >= 0);
	assert_int_equal(mock_krb.credentials, before + 1);
	/* as the LSA does it */
	assert_int_equal(fake_host_table()->DeleteLogonSession(&session), STATUS_SUCCESS);
	side.lsa->LogonTerminated(&session);
	assert_int_equal(mock_krb.credentials, before);
	assert_int_equal(begin(credential), SEC_E_NO_CREDENTIALS);
	assert_int_equal(side.lsa->FreeCredentialsHandle(credential), STATUS_SUCCESS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_asked_before_the_first_sign_in),
		TEST(accounts_of_this_machine_have_no_realm),
		TEST(the_realm_is_the_domains_in_dns_or_the_principals),
		TEST(another_password_counts_at_once),
		TEST(the_end_of_a_session_ends_its_tickets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
