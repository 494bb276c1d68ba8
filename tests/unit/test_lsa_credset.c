/* tests/unit/test_lsa_credset.c - the Credential Manager's calls as a channel may bring them: sessions
 * without a set, and requests that no facade would make.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <stdlib.h>

#include "credman/rules.h"

/* One call of a client; the reply is released. */
static NTSTATUS call(struct lsa *lsa, enum call which, const void *request)
{
	const struct lsa_client_setup setup = { .is_this_process = true };
	struct lsa_client *client = lsa_client_new(lsa, &setup);
	CLEANUP(mem_free_p) void *reply = mem_alloc(call_row(which)->reply_size);

	NTSTATUS status = lsa_dispatch(client, which, request, reply, NULL);
	call_reply_done(which, reply);
	lsa_client_free(client);
	return status;
}

static struct ipc_text text(const WCHAR *s, uint32_t n)
{
	return (struct ipc_text){ s, n };
}

/* A credential as a facade sends it. */
static struct wr written(const struct credential_view *c)
{
	struct wr w = WR(CREDENTIAL_BYTES_MAX);

	credential_write(&w, c);
	return w;
}

static struct credential_view sound(void)
{
	static const WCHAR target[] = OPENSSPI_WIDE("t");

	return (struct credential_view){ .type = CRED_TYPE_GENERIC,
					 .persist = CRED_PERSIST_LOCAL_MACHINE,
					 .target = { target, 1 } };
}

static void a_session_without_a_set_says_so_to_every_call(void **state)
{
	static const WCHAR name[] = OPENSSPI_WIDE("x");
	struct lsa *lsa = mock_lsa_plain();
	struct credential_view c = sound();
	CLEANUP(wr_done) struct wr w = written(&c);

	for (enum call which = CALL_CRED_WRITE; which <= CALL_VAULT_FAULT; which++) {
		union {
			struct cred_write_call write;
			struct cred_name_call name;
			struct cred_rename_call rename;
			struct vault_add_call add;
			uint8_t nothing[sizeof(struct vault_rekey_call)];
		} request = { .nothing = { 0 } };
		if (which == CALL_CRED_PROTECT || which == CALL_CRED_UNPROTECT)
			continue; /* needs no set */
		if (which == CALL_CRED_WRITE)
			request.write.credential = (struct ipc_bytes){ w.buf, (uint32_t)w.len };
		else if (which == CALL_CRED_RENAME)
			request.rename =
				(struct cred_rename_call){ text(name, 1), text(name, 1), 1, 0 };
		else if (which < CALL_VAULT_STATUS && which != CALL_CRED_MATCH)
			request.name =
				(struct cred_name_call){ text(name, 1), CRED_TYPE_GENERIC, 0 };
		else if (which == CALL_VAULT_ADD)
			request.add.key_file = true;
		assert_int_equal(call(lsa, which, &request), STATUS_NO_SUCH_LOGON_SESSION);
	}
	mock_lsa_end(lsa);
}

/* ---- with a set ---- */

static struct lsa *lsa;
static struct credman *set;
static char folder[64];

static int begin(void **state)
{
	static const struct package_module *const modules[] = { &mock_module, NULL };
	struct credman_places places = { 0 };

	char vault[96], key[96];
	snprintf(folder, sizeof(folder), "/tmp/opensspi-credset-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(vault, sizeof(vault), "%s/data/vault.db", folder);
	snprintf(key, sizeof(key), "%s/etc/vault.key", folder);
	places.vault = vault;
	places.vault_key = key;
	if (credman_new(&places, &set) != STATUS_SUCCESS)
		return -1;
	const struct lsa_setup setup = { .modules = modules, .credman = set };
	return lsa_new(&setup, &lsa);
}

static int end(void **state)
{
	lsa_free(lsa);
	credman_free(set);
	char command[96];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void names_that_are_not_utf16_are_refused(void **state)
{
	static const WCHAR lone[] = { 0xD800 };
	const struct cred_name_call name = { text(lone, 1), CRED_TYPE_GENERIC, 0 },
				    null = { text(NULL, 0), CRED_TYPE_GENERIC, 0 };
	const struct cred_rename_call rename = { text(lone, 1), text(lone, 1), 1, 0 };

	assert_int_equal(call(lsa, CALL_CRED_READ, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_READ, &null), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_DELETE, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_BEST, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_ENUMERATE, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_TARGET, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_SET_DEFAULT, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_RENAME, &rename), STATUS_INVALID_PARAMETER);
}

static void names_with_an_end_within_are_refused_and_change_nothing(void **state)
{
	static const WCHAR cut[] = { 'a', 0, 'b' };
	struct credential_view c = sound();
	CLEANUP(wr_done) struct wr w = written(&c);
	const struct cred_write_call write = { .credential = { w.buf, (uint32_t)w.len } };
	const struct ipc_text target = text(c.target.p, c.target.n);
	const struct cred_name_call name = { text(cut, 3), c.type, 0 },
				    whole = { target, c.type, 0 };
	const struct cred_rename_call rename = { target, text(cut, 3), c.type, 0 };

	assert_int_equal(call(lsa, CALL_CRED_WRITE, &write), STATUS_SUCCESS);
	assert_int_equal(call(lsa, CALL_CRED_RENAME, &rename), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_READ, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_ENUMERATE, &name), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_DELETE, &whole), STATUS_SUCCESS);
}

static void s44_bytes_that_are_no_credential_are_refused_and_change_nothing(void **state)
{
	struct credential_view c = sound();
	CLEANUP(wr_done) struct wr w = written(&c);
	static const WCHAR all[] = OPENSSPI_WIDE("*");
	const struct cred_name_call list = { text(all, 1), 0, 0 };

	for (uint32_t n = 0; n < w.len; n++) {
		const struct cred_write_call write = { .credential = { w.buf, n } };
		assert_int_equal(call(lsa, CALL_CRED_WRITE, &write), STATUS_INVALID_PARAMETER);
	}
	const struct cred_write_call odd = { .credential = { w.buf + 1, (uint32_t)w.len - 1 } };
	assert_int_equal(call(lsa, CALL_CRED_WRITE, &odd), STATUS_INVALID_PARAMETER);
	const struct cred_write_call for_nobody = { .credential = { w.buf, (uint32_t)w.len },
						    .target = { w.buf, 8 } };
	assert_int_equal(call(lsa, CALL_CRED_WRITE, &for_nobody), STATUS_INVALID_PARAMETER);
	const struct cred_match_call match = { { w.buf, 8 }, 0 };
	assert_int_equal(call(lsa, CALL_CRED_MATCH, &match), STATUS_INVALID_PARAMETER);
	assert_int_equal(call(lsa, CALL_CRED_ENUMERATE, &list), STATUS_NOT_FOUND);
}

static void flags_that_are_none_are_refused_everywhere(void **state)
{
	static const WCHAR name[] = OPENSSPI_WIDE("x");
	const struct cred_name_call call_name = { text(name, 1), CRED_TYPE_GENERIC, 0x80 };
	const struct cred_rename_call rename = { text(name, 1), text(name, 1), 1, 0x80 };
	const struct cred_match_call match = { { NULL, 0 }, 0x80 };
	const struct cred_write_call write = { .flags = 0x80 };
	static const enum call named[] = { CALL_CRED_READ,   CALL_CRED_DELETE,
					   CALL_CRED_BEST,   CALL_CRED_ENUMERATE,
					   CALL_CRED_TARGET, CALL_CRED_SET_DEFAULT };

	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		assert_int_equal(call(lsa, named[i], &call_name), CREDMAN_INVALID_FLAGS);
	assert_int_equal(call(lsa, CALL_CRED_RENAME, &rename), CREDMAN_INVALID_FLAGS);
	assert_int_equal(call(lsa, CALL_CRED_MATCH, &match), CREDMAN_INVALID_FLAGS);
	assert_int_equal(call(lsa, CALL_CRED_WRITE, &write), CREDMAN_INVALID_FLAGS);
}

static void the_vault_is_absent_until_something_is_written(void **state)
{
	const struct packages_call nothing = { 0 };
	const struct vault_import_call import = { { (const uint8_t *)"p", 1 },
						  { (const uint8_t *)"nonsense", 8 },
						  false };

	assert_int_equal(call(lsa, CALL_VAULT_STATUS, &nothing), VAULT_ABSENT);
	assert_int_equal(call(lsa, CALL_VAULT_CHECK, &nothing), VAULT_ABSENT);
	assert_int_equal(call(lsa, CALL_VAULT_LOCK, &nothing), VAULT_ABSENT);
	assert_true(failed(call(lsa, CALL_VAULT_IMPORT, &import)));
	struct credential_view c = sound();
	CLEANUP(wr_done) struct wr w = written(&c);
	const struct cred_write_call write = { .credential = { w.buf, (uint32_t)w.len } };
	assert_int_equal(call(lsa, CALL_CRED_WRITE, &write), STATUS_SUCCESS);
	assert_int_equal(call(lsa, CALL_VAULT_STATUS, &nothing), STATUS_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_without_a_set_says_so_to_every_call),
		cmocka_unit_test_setup_teardown(names_that_are_not_utf16_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(
			names_with_an_end_within_are_refused_and_change_nothing, begin, end),
		cmocka_unit_test_setup_teardown(
			s44_bytes_that_are_no_credential_are_refused_and_change_nothing, begin,
			end),
		cmocka_unit_test_setup_teardown(flags_that_are_none_are_refused_everywhere, begin,
						end),
		cmocka_unit_test_setup_teardown(the_vault_is_absent_until_something_is_written,
						begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
