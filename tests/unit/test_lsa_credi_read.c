/* tests/unit/test_lsa_credi_read.c - CrediRead and CrediReadDomainCredentials: every combination of flags
 * with every type of credential.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lsa_home.h"
#include "mock_package.h"

#include "lsa/usermemory.h"

#define CERTIFICATE_USER "@@BAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SECRET T("pass word")
#define SECRET_SIZE ((ULONG)(9 * sizeof(WCHAR)))
#define ALL_FLAGS 0x7Fu
#define FORMS (CREDP_FLAGS_CLEAR_PASSWORD | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD)

static const ULONG types[] = { CRED_TYPE_GENERIC, CRED_TYPE_DOMAIN_PASSWORD,
			       CRED_TYPE_DOMAIN_CERTIFICATE, CRED_TYPE_GENERIC_CERTIFICATE,
			       CRED_TYPE_DOMAIN_EXTENDED };

static struct credential_view one(ULONG type)
{
	struct credential_view c = { .type = type,
				     .persist = CRED_PERSIST_SESSION,
				     .target = T("srv"),
				     .user = T("LAB\\alice"),
				     .blob = rd_of(SECRET.p, SECRET_SIZE) };

	if (type == CRED_TYPE_DOMAIN_CERTIFICATE)
		c.user = T(CERTIFICATE_USER);
	if (type == CRED_TYPE_DOMAIN_EXTENDED)
		c.target = T("Space:attribute=srv");
	return c;
}

static int open_with_one_of_each(void **state)
{
	int result = home_open(state);

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct credential_view c = one(types[i]);
		assert_int_equal(credman_write(h.set, &c, false), STATUS_SUCCESS);
	}
	return result;
}

static NTSTATUS expected(ULONG flags)
{
	if ((flags & FORMS) == FORMS)
		return STATUS_INVALID_PARAMETER;
	return flags & CREDP_FLAGS_VALIDATE_PROXY_TARGET ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

/* Is the secret given? Those of domain types only to who is in the LSA or trusted; a certificate has none
 * that is kept. */
static bool gives_secret(ULONG flags, ULONG type)
{
	if (type == CRED_TYPE_DOMAIN_CERTIFICATE)
		return false;
	return flags & (CREDP_FLAGS_IN_PROCESS | CREDP_FLAGS_TRUSTED_CALLER) ||
	       type == CRED_TYPE_GENERIC || type == CRED_TYPE_GENERIC_CERTIFICATE;
}

static void check_secret(PENCRYPTED_CREDENTIALW c, ULONG flags)
{
	const ULONG form = flags & FORMS;
	BYTE *blob = c->Cred.CredentialBlob;
	ULONG size = c->Cred.CredentialBlobSize;

	if (!gives_secret(flags, c->Cred.Type)) {
		assert_null(blob);
		assert_int_equal(size, 0);
		assert_int_equal(c->ClearCredentialBlobSize, 0);
		return;
	}
	assert_int_equal(c->ClearCredentialBlobSize, SECRET_SIZE);
	assert_int_equal(size, form == CREDP_FLAGS_USER_ENCRYPTED_PASSWORD ? 24 : SECRET_SIZE);
	if (form != CREDP_FLAGS_CLEAR_PASSWORD)
		assert_memory_not_equal(blob, SECRET.p, SECRET_SIZE);
	if (form == 0)
		h.table->LsaUnprotectMemory(blob, size);
	if (form == CREDP_FLAGS_USER_ENCRYPTED_PASSWORD)
		assert_int_equal(usermemory_open(RTL_ENCRYPT_OPTION_CROSS_PROCESS, blob, size),
				 STATUS_SUCCESS);
	assert_memory_equal(blob, SECRET.p, SECRET_SIZE);
}

static void the_grid_of_flags_and_types_of_crediread(void **state)
{
	for (ULONG flags = 0; flags <= ALL_FLAGS; flags++)
		for (size_t i = 0; i < ARRAY_LEN(types); i++) {
			PENCRYPTED_CREDENTIALW c = (void *)&flags;
			NTSTATUS status = h.table->CrediRead(
				&h.own, flags, (LPWSTR)(uintptr_t)one(types[i]).target.p, types[i],
				0, &c);
			assert_int_equal(status, expected(flags));
			if (failed(status)) {
				assert_null(c);
				continue;
			}
			assert_int_equal(c->Cred.Type, types[i]);
			check_secret(c, flags);
			h.table->CrediFreeCredentials(1, &c);
		}
}

static void the_grid_of_flags_of_credireaddomaincredentials(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONW target = { .TargetName = W("srv"),
						  .DnsServerName = W("srv") };

	for (ULONG flags = 0; flags <= ALL_FLAGS; flags++) {
		PENCRYPTED_CREDENTIALW *list = (void *)&flags;
		ULONG count = 77;
		NTSTATUS status = h.table->CrediReadDomainCredentials(&h.own, flags, &target, 0,
								      &count, &list);
		assert_int_equal(status, expected(flags));
		assert_int_equal(count != 0, status == STATUS_SUCCESS);
		for (ULONG i = 0; i < count; i++) {
			assert_true(credential_is_domain(list[i]->Cred.Type));
			check_secret(list[i], flags);
		}
		if (!count)
			assert_null(list);
		h.table->CrediFreeCredentials(count, list);
	}
}

static void no_other_flag_is_known(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONW target = { .TargetName = W("srv"),
						  .DnsServerName = W("srv") };
	PENCRYPTED_CREDENTIALW c, *list;
	ULONG count;

	for (ULONG flag = 1; flag; flag <<= 1) {
		if (flag > ALL_FLAGS) {
			assert_int_equal(h.table->CrediRead(&h.own, flag, W("srv"),
							    CRED_TYPE_GENERIC, 0, &c),
					 STATUS_INVALID_PARAMETER);
			assert_int_equal(h.table->CrediReadDomainCredentials(&h.own, flag, &target,
									     0, &count, &list),
					 STATUS_INVALID_PARAMETER);
		}
		assert_int_equal(
			h.table->CrediRead(&h.own, IN_LSA, W("srv"), CRED_TYPE_GENERIC, flag, &c),
			STATUS_INVALID_PARAMETER);
		assert_int_equal(h.table->CrediReadDomainCredentials(&h.own, IN_LSA, &target, flag,
								     &count, &list),
				 STATUS_INVALID_PARAMETER);
	}
}

/* Nobody calls, so there is nobody whose key RtlEncryptMemory's would be. */
static void a_form_that_cannot_be_had_is_refused_in_one_piece(void **state)
{
	PENCRYPTED_CREDENTIALW c;
	struct frame frame;

	call_leave(&h.frame);
	call_enter(&frame, h.lsa, NULL, NULL);
	assert_true(failed(h.table->CrediRead(&h.own, CREDP_FLAGS_USER_ENCRYPTED_PASSWORD, W("srv"),
					      CRED_TYPE_GENERIC, 0, &c)));
	assert_null(c);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, W("srv"), CRED_TYPE_GENERIC, 0, &c),
			 STATUS_SUCCESS);
	h.table->CrediFreeCredentials(1, &c);
	call_leave(&frame);
	call_enter(&h.frame, h.lsa, h.lsa->clients, NULL);
}

/* There is one heap, so CredFree and MIDL_user_free's stand-in are the same. */
static void credfree_releases_what_was_read(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONW target = { .TargetName = W("srv"),
						  .DnsServerName = W("srv") };
	const ULONG flags = IN_LSA | CREDP_FLAGS_USE_MIDL_HEAP;
	PENCRYPTED_CREDENTIALW one, *list;
	ULONG count;

	assert_int_equal(h.table->CrediRead(&h.own, flags, W("srv"), CRED_TYPE_GENERIC, 0, &one),
			 STATUS_SUCCESS);
	CredFree(one);
	assert_int_equal(
		h.table->CrediReadDomainCredentials(&h.own, flags, &target, 0, &count, &list),
		STATUS_SUCCESS);
	CredFree(list);
	h.table->CrediFreeCredentials(0, NULL);
	h.table->CrediFreeCredentials(3, NULL);
	h.table->CrediFreeCredentials(0, list); /* nothing is looked at */
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, open_with_one_of_each, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOME(the_grid_of_flags_and_types_of_crediread),
		IN_HOME(the_grid_of_flags_of_credireaddomaincredentials),
		IN_HOME(no_other_flag_is_known),
		IN_HOME(a_form_that_cannot_be_had_is_refused_in_one_piece),
		IN_HOME(credfree_releases_what_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
