/* tests/unit/test_negotiate_added.c - credentials that are added while a conversation runs.
 * Over nego_mechs.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/utf.h"
#include "nego_mechs.h"

#define GENERATION 16 /* added to the mechanisms' credentials, once there are later ones */

static struct {
	OPENSSPI_LSA_EXTENSION mechs; /* those of nego_mechs.h */
	OPENSSPI_REACH_HANDLE generation, used;
} seen;

static NTSTATUS NTAPI acquire(const UNICODE_STRING *package, ULONG use, PVOID auth,
			      OPENSSPI_REACH_HANDLE *credential, PTimeStamp expiry)
{
	NTSTATUS status =
		seen.mechs.ReachAcquireCredentials(package, use, auth, credential, expiry);
	*credential += failed(status) ? 0 : seen.generation;
	return status;
}

static NTSTATUS NTAPI init_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				   const UNICODE_STRING *target, ULONG requirements,
				   PSecBufferDesc in, OPENSSPI_REACH_HANDLE *made,
				   PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	seen.used = credential;
	return seen.mechs.ReachInitContext(credential % GENERATION, context, target, requirements,
					   in, made, out, attributes, expiry);
}

static void add_ntlm(struct fake_side *s)
{
	UNICODE_STRING ntlm = unicode_view(u"NTLM", 4);
	TimeStamp expiry;

	seen.generation = GENERATION;
	assert_int_equal(s->lsa->AddCredentials(s->credential, NULL, &ntlm,
						SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, &expiry),
			 STATUS_SUCCESS);
}

static void a_conversation_keeps_the_credential_it_began_with(void **state)
{
	CLEANUP(wr_done) struct wr said = WR(1u << 17);
	struct fake_side client = { .server = false };

	nego_mechs_reset();
	nego_mechs.kerberos = false;
	memset(&seen, 0, sizeof(seen));
	seen.mechs = fake_host.extension;
	fake_host.extension.ReachAcquireCredentials = acquire;
	fake_host.extension.ReachInitContext = init_context;
	assert_int_equal(nego_open(&client, "NTLM,Kerberos"), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&client, rd_of(NULL, 0), &said), SEC_I_CONTINUE_NEEDED);
	OPENSSPI_REACH_HANDLE first = seen.used;
	assert_true(first && first < GENERATION);

	add_ntlm(&client);
	struct wr answer = nego_answer(SPNEGO_ACCEPT_INCOMPLETE, MECH_NTLM, "N2", NULL);
	NTSTATUS status = fake_side_step(&client, wr_view(&answer), &said);
	wr_done(&answer);
	assert_false(failed(status));
	assert_int_equal(seen.used, first);

	/* the next conversation begins with what was added */
	fake_side_drop_context(&client);
	assert_int_equal(fake_side_step(&client, rd_of(NULL, 0), &said), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(seen.used, first + GENERATION);
	fake_side_close(&client);
	assert_int_equal(nego_mechs.contexts, 0);
	assert_int_equal(nego_mechs.credentials, 0);
}

/* A program may add as many as it likes, to a daemon's stack too. */
static void any_number_that_was_added_goes_with_its_handle(void **state)
{
	struct fake_side client = { .server = false };

	nego_mechs_reset();
	assert_int_equal(nego_open(&client, NULL), STATUS_SUCCESS);
	for (int i = 0; i < 200000; i++)
		add_ntlm(&client);
	assert_int_equal(nego_mechs.credentials, 200002);
	fake_side_close(&client);
	assert_int_equal(nego_mechs.credentials, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_keeps_the_credential_it_began_with),
		cmocka_unit_test(any_number_that_was_added_goes_with_its_handle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
