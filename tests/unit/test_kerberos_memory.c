/* tests/unit/test_kerberos_memory.c - Kerberos' user-mode half when memory is short: each call says so, loses
 * nothing, and works again afterwards.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "kerberos_pair.h"
#include "packages/kerberos/user.h"
#include "wire/sids.h"

#define HANDLE_OF_OURS ((LSA_SEC_HANDLE)21)

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *p, size_t size);

static size_t countdown; /* 0: nothing fails; 1: the next allocation */

static bool fails(void)
{
	return countdown && --countdown == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

/* Fails the first, second, ... allocation of a job until one does without failing. */
static void sweep(NTSTATUS (*job)(const void *), const void *with)
{
	NTSTATUS status = SEC_E_INTERNAL_ERROR;
	size_t n;

	for (n = 1; n < 100; n++) {
		countdown = n;
		status = job(with);
		if (countdown)
			break;
		assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
	}
	countdown = 0;
	assert_int_equal(status, SEC_E_OK);
	assert_true(n > 1);
}

static struct ends ends;

static int fill(void **state)
{
	struct kerberos_session *s = &ends.session[1];

	ends_init(&ends, KERBEROS_AES256_SHA1, FULL, 5);
	if (!kerberos_text_from_utf8(&s->client, "alice@LAB.TEST") ||
	    !kerberos_text_from_utf8(&s->server_name, "HTTP/www@LAB.TEST") ||
	    !kerberos_text_from_utf8(&s->target, "HTTP/www"))
		return 1;
	s->sids = WR(SIDS_BYTES_MAX);
	sids_write(&s->sids, "S-1-5-21-1-2-3-1104");
	return 0;
}

static int done(void **state)
{
	ends_done(&ends);
	return 0;
}

static NTSTATUS map(const void *packed)
{
	const struct wr *w = packed;
	size_t left = countdown;

	countdown = 0; /* the block is the LSA's */
	SecBuffer b = { (ULONG)w->len, SECBUFFER_TOKEN, block_dup(w->buf, w->len) };
	countdown = left;
	return kerberos_user_init_context(HANDLE_OF_OURS, &b);
}

static void contexts_are_mapped_or_not(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);

	kerberos_session_pack(&w, &ends.session[1]);
	sweep(map, &w);
	assert_int_equal(kerberos_user_delete_context(HANDLE_OF_OURS), STATUS_SUCCESS);
}

static NTSTATUS take_over(const void *nothing)
{
	SecBuffer packed = { 0 };
	LSA_SEC_HANDLE handle = 0;

	NTSTATUS status = kerberos_user_export_context(HANDLE_OF_OURS, 0, &packed, NULL);
	if (!failed(status))
		status = kerberos_user_import_context(&packed, NULL, &handle);
	if (!failed(status))
		assert_int_equal(kerberos_user_delete_context(handle), STATUS_SUCCESS);
	block_free(packed.pvBuffer);
	return status;
}

static void contexts_move_or_stay(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);

	kerberos_session_pack(&w, &ends.session[1]);
	assert_int_equal(map(&w), STATUS_SUCCESS);
	sweep(take_over, NULL);
	assert_int_equal(kerberos_user_delete_context(HANDLE_OF_OURS), STATUS_SUCCESS);
}

/* Two pointers are the most that an attribute's structure holds, and where. */
struct answered {
	ULONG attribute;
	bool client;
	size_t at[2];
	size_t count;
};

static NTSTATUS ask(const void *with)
{
	const struct answered *a = with;
	uint64_t room[32] = { 0 };
	uint8_t *bytes = (void *)room;

	NTSTATUS status = kerberos_session_query(&ends.session[!a->client], a->attribute, room);
	for (size_t i = 0; i < a->count; i++) {
		void *block;
		memcpy(&block, bytes + a->at[i], sizeof(block));
		if (!failed(status))
			block_free(block);
		else
			assert_null(block);
	}
	return status;
}

static void attributes_are_answered_or_not(void **state)
{
	static const struct answered all[] = {
		{ SECPKG_ATTR_NAMES, false, { offsetof(SecPkgContext_NamesW, sUserName) }, 1 },
		{ SECPKG_ATTR_NATIVE_NAMES,
		  false,
		  { offsetof(SecPkgContext_NativeNamesW, sClientName),
		    offsetof(SecPkgContext_NativeNamesW, sServerName) },
		  2 },
		{ SECPKG_ATTR_KEY_INFO,
		  false,
		  { offsetof(SecPkgContext_KeyInfoW, sSignatureAlgorithmName),
		    offsetof(SecPkgContext_KeyInfoW, sEncryptAlgorithmName) },
		  2 },
		{ SECPKG_ATTR_AUTHORITY,
		  false,
		  { offsetof(SecPkgContext_AuthorityW, sAuthorityName) },
		  1 },
		{ SECPKG_ATTR_SESSION_KEY,
		  false,
		  { offsetof(SecPkgContext_SessionKey, SessionKey) },
		  1 },
		{ SECPKG_ATTR_PACKAGE_INFO,
		  false,
		  { offsetof(SecPkgContext_PackageInfoW, PackageInfo) },
		  1 },
		{ SECPKG_ATTR_NEGOTIATION_INFO,
		  false,
		  { offsetof(SecPkgContext_NegotiationInfoW, PackageInfo) },
		  1 },
		{ SECPKG_ATTR_DCE_INFO, false, { offsetof(SecPkgContext_DceInfo, pPac) }, 1 },
		{ SECPKG_ATTR_TARGET, false, { offsetof(SecPkgContext_Target, Target) }, 1 },
		{ SECPKG_ATTR_CLIENT_SPECIFIED_TARGET,
		  false,
		  { offsetof(SecPkgContext_ClientSpecifiedTarget, sTargetName) },
		  1 },
		{ SECPKG_ATTR_CREDENTIAL_NAME,
		  true,
		  { offsetof(SecPkgContext_CredentialNameW, sCredentialName) },
		  1 },
		{ OPENSSPI_ATTR_CLIENT_SIDS, false, { offsetof(OPENSSPI_CLIENT_SIDS, Sids) }, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		sweep(ask, &all[i]);
}

/* Nothing is allocated for a message. */
static void messages_need_no_memory(void **state)
{
	static struct sealed s;
	ULONG qop;

	countdown = 1;
	for (int i = 0; i < 10; i++) {
		sealed_make(&s, &ends, 0, 1000, i & 1);
		assert_int_equal(sealed_open_split(&s, &ends, 1, &qop), SEC_E_OK);
	}
	assert_int_equal(countdown, 1);
	countdown = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_are_mapped_or_not),
		cmocka_unit_test(contexts_move_or_stay),
		cmocka_unit_test(attributes_are_answered_or_not),
		cmocka_unit_test(messages_need_no_memory),
	};
	return cmocka_run_group_tests(tests, fill, done);
}
