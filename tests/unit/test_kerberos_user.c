/* tests/unit/test_kerberos_user.c - Kerberos' user-mode half: contexts mapped, used, exported, deleted.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "kerberos_pair.h"
#include "packages/kerberos/user.h"

#define CLIENT ((LSA_SEC_HANDLE)11)
#define SERVER ((LSA_SEC_HANDLE)12)

static void map(LSA_SEC_HANDLE handle, const struct kerberos_session *s)
{
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);

	kerberos_session_pack(&w, s);
	SecBuffer packed = { (ULONG)w.len, SECBUFFER_TOKEN, block_dup(w.buf, w.len) };
	assert_int_equal(kerberos_user_init_context(handle, &packed), STATUS_SUCCESS);
	assert_null(packed.pvBuffer);
}

static int load(void **state)
{
	return failed(kerberos_user_instance_init(1, NULL, NULL));
}

static int pair_up(void **state)
{
	struct ends e;

	ends_init(&e, KERBEROS_AES256_SHA1, FULL | KRB_SEQUENCE, 100);
	map(CLIENT, &e.session[0]);
	map(SERVER, &e.session[1]);
	ends_done(&e);
	return 0;
}

static int unmap(void **state)
{
	(void)kerberos_user_delete_context(CLIENT);
	(void)kerberos_user_delete_context(SERVER);
	return 0;
}

struct message {
	uint8_t token[60], data[32];
	SecBuffer b[2];
	SecBufferDesc m;
};

static void message_begin(struct message *x, ULONG token)
{
	memset(x->data, 5, sizeof(x->data));
	x->b[0] = (SecBuffer){ token, SECBUFFER_TOKEN, x->token };
	x->b[1] = (SecBuffer){ sizeof(x->data), SECBUFFER_DATA, x->data };
	x->m = (SecBufferDesc){ SECBUFFER_VERSION, 2, x->b };
}

static void goes_over(LSA_SEC_HANDLE from, LSA_SEC_HANDLE to)
{
	struct message x;
	ULONG qop = 9;

	message_begin(&x, 60);
	assert_int_equal(kerberos_user_seal_message(from, 0, &x.m, 77), SEC_E_OK);
	assert_int_equal(kerberos_user_unseal_message(to, &x.m, 99, &qop), SEC_E_OK);
	assert_int_equal(qop, 0);
	assert_int_equal(x.data[31], 5);
}

static void messages_go_both_ways(void **state)
{
	struct message x;
	ULONG qop = 9;

	goes_over(CLIENT, SERVER);
	goes_over(SERVER, CLIENT);
	message_begin(&x, 28);
	assert_int_equal(kerberos_user_make_signature(CLIENT, 0, &x.m, 0), SEC_E_OK);
	assert_int_equal(kerberos_user_verify_signature(SERVER, &x.m, 0, &qop), SEC_E_OK);
	message_begin(&x, 60);
	assert_int_equal(kerberos_user_seal_message(CLIENT, SECQOP_WRAP_NO_ENCRYPT, &x.m, 0),
			 SEC_E_OK);
	assert_int_equal(kerberos_user_unseal_message(SERVER, &x.m, 0, &qop), SEC_E_OK);
	assert_int_equal(qop, SECQOP_WRAP_NO_ENCRYPT);
	assert_int_equal(kerberos_user_seal_message(CLIENT, 5, &x.m, 0), SEC_E_QOP_NOT_SUPPORTED);
}

/* The ticket let the client in; how long the session goes on is no matter of its. */
static void messages_outlast_the_ticket(void **state)
{
	struct ends e;

	ends_init(&e, KERBEROS_AES256_SHA1, FULL | KRB_SEQUENCE, 100);
	for (size_t i = 0; i < 2; i++) {
		e.session[i].start = 132000000000000000; /* in 2019 */
		e.session[i].expiry = 132000360000000000;
		map(i ? SERVER : CLIENT, &e.session[i]);
	}
	ends_done(&e);
	goes_over(CLIENT, SERVER);
	goes_over(SERVER, CLIENT);
}

static void unknown_handles_are_refused(void **state)
{
	struct message x;
	SecBuffer packed = { 0 };
	HANDLE token;
	ULONG qop;

	message_begin(&x, 60);
	assert_int_equal(kerberos_user_seal_message(9, 0, &x.m, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_unseal_message(9, &x.m, 0, &qop), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_make_signature(9, 0, &x.m, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_verify_signature(9, &x.m, 0, &qop), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_complete_token(9, &x.m), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_get_context_token(9, &token), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_query_context(9, SECPKG_ATTR_SIZES, &x),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_export_context(9, 0, &packed, NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_delete_context(9), SEC_E_INVALID_HANDLE);
	assert_int_equal(kerberos_user_get_context_token(CLIENT, &token), SEC_E_NO_IMPERSONATION);
}

static void what_negotiate_signed_is_skipped(void **state)
{
	uint8_t numbers[8] = { 1, 0, 0, 0, 1, 0, 0, 0 };
	SecBuffer b = { sizeof(numbers), SECBUFFER_MECHLIST_SIGNATURE, numbers };
	SecBufferDesc told = { SECBUFFER_VERSION, 1, &b };
	struct message x;
	ULONG qop;

	assert_int_equal(kerberos_user_complete_token(CLIENT, &told), SEC_E_OK);
	message_begin(&x, 60);
	assert_int_equal(kerberos_user_seal_message(CLIENT, 0, &x.m, 0), SEC_E_OK);
	assert_int_equal(kerberos_user_unseal_message(SERVER, &x.m, 0, &qop),
			 SEC_E_OUT_OF_SEQUENCE);
	assert_int_equal(kerberos_user_complete_token(SERVER, &told), SEC_E_OK);
	assert_int_equal(kerberos_user_unseal_message(SERVER, &x.m, 0, &qop), SEC_E_OK);
	goes_over(SERVER, CLIENT);
	b.cbBuffer = 7;
	assert_int_equal(kerberos_user_complete_token(CLIENT, &told), SEC_E_UNSUPPORTED_FUNCTION);
	b.BufferType = SECBUFFER_TOKEN;
	assert_int_equal(kerberos_user_complete_token(CLIENT, &told), SEC_E_UNSUPPORTED_FUNCTION);
}

static LSA_SEC_HANDLE moved(LSA_SEC_HANDLE handle, ULONG flags)
{
	SecBuffer packed = { 0 };
	LSA_SEC_HANDLE out = 0;
	HANDLE token = &packed;

	assert_int_equal(kerberos_user_export_context(handle, flags, &packed, &token), SEC_E_OK);
	assert_null(token);
	assert_int_equal(kerberos_user_import_context(&packed, NULL, &out), SEC_E_OK);
	block_free(packed.pvBuffer);
	return out;
}

static void an_exported_context_goes_on(void **state)
{
	goes_over(CLIENT, SERVER);
	LSA_SEC_HANDLE client = moved(CLIENT, 0), server = moved(SERVER, 0);
	goes_over(client, server);
	goes_over(server, client);
	LSA_SEC_HANDLE first = moved(client, SECPKG_CONTEXT_EXPORT_RESET_NEW),
		       second = moved(server, SECPKG_CONTEXT_EXPORT_RESET_NEW);
	goes_over(first, second);
	assert_int_equal(kerberos_user_delete_context(client), STATUS_SUCCESS);
	assert_int_equal(kerberos_user_delete_context(server), STATUS_SUCCESS);
	assert_int_equal(kerberos_user_delete_context(first), STATUS_SUCCESS);
	assert_int_equal(kerberos_user_delete_context(second), STATUS_SUCCESS);
	SecBuffer packed = { 0 };
	assert_int_equal(kerberos_user_export_context(CLIENT, SECPKG_CONTEXT_EXPORT_TO_KERNEL,
						      &packed, NULL),
			 SEC_E_UNSUPPORTED_FUNCTION);
}

static void hostile_exports_are_refused(void **state)
{
	SecBuffer packed = { 0 };
	LSA_SEC_HANDLE out = 0;

	assert_int_equal(kerberos_user_export_context(CLIENT, 0, &packed, NULL), SEC_E_OK);
	uint8_t *bytes = packed.pvBuffer;
	ULONG n = packed.cbBuffer;
	for (packed.cbBuffer = 0; packed.cbBuffer < n; packed.cbBuffer++)
		assert_int_equal(kerberos_user_import_context(&packed, NULL, &out),
				 SEC_E_INVALID_TOKEN);
	for (ULONG i = 0; i < n * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (!failed(kerberos_user_import_context(&packed, NULL, &out)))
			assert_int_equal(kerberos_user_delete_context(out), STATUS_SUCCESS);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(kerberos_user_import_context(NULL, NULL, &out), SEC_E_INVALID_TOKEN);
	block_free(bytes);
}

static void hostile_maps_are_refused_and_freed(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);
	struct ends e;

	ends_init(&e, KERBEROS_RC4, FULL, 0);
	kerberos_session_pack(&w, &e.session[0]);
	wr_u8(&w, 0);
	for (size_t n = 0; n <= w.len; n++) {
		if (n == w.len - 1)
			continue;
		SecBuffer packed = { (ULONG)n, SECBUFFER_TOKEN, block_dup(w.buf, n) };
		assert_int_equal(kerberos_user_init_context(99, &packed), SEC_E_INVALID_TOKEN);
		assert_null(packed.pvBuffer);
	}
	ends_done(&e);
}

static void attributes_are_answered(void **state)
{
	SecPkgContext_Sizes sizes;
	assert_int_equal(kerberos_user_query_context(CLIENT, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_int_equal(sizes.cbSecurityTrailer, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_go_both_ways, pair_up, unmap),
		cmocka_unit_test_setup_teardown(messages_outlast_the_ticket, NULL, unmap),
		cmocka_unit_test_setup_teardown(unknown_handles_are_refused, pair_up, unmap),
		cmocka_unit_test_setup_teardown(what_negotiate_signed_is_skipped, pair_up, unmap),
		cmocka_unit_test_setup_teardown(an_exported_context_goes_on, pair_up, unmap),
		cmocka_unit_test_setup_teardown(hostile_exports_are_refused, pair_up, unmap),
		cmocka_unit_test_setup_teardown(attributes_are_answered, pair_up, unmap),
		cmocka_unit_test(hostile_maps_are_refused_and_freed),
	};
	return cmocka_run_group_tests(tests, load, NULL);
}
