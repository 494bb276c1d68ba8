/* tests/unit/test_credman_broken.c - what is given when one of a set's vaults cannot be read, and when a
 * credential changes its vault while all are listed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "credman_home.h"

#include <sqlite3.h>

static void spoil(const char *path)
{
	FILE *f = fopen(path, "r+b");

	assert_non_null(f);
	assert_int_equal(fwrite("nonsense", 1, 8, f), 8);
	fclose(f);
}

static void sql(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* One of each; then the vault of that path is no vault any more. */
static void one_each(struct home *h, const char *spoiled)
{
	struct credential_view c = domain(T("session.example.com"));

	write_it(h, domain(T("lasting.example.com")));
	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	credman_free(h->m);
	spoil(spoiled);
	assert_int_equal(credman_new(&h->places, &h->m), STATUS_SUCCESS);
}

static NTSTATUS match(struct home *h, struct utf16 host)
{
	CLEANUP(credential_list_done) struct credential_list l = { 0 };
	const struct target_view t = { .target = host, .dns_server = host };

	return credman_match(h->m, &t, NULL, 0, &l);
}

static void an_unreadable_session_does_not_take_what_lasts(void **state)
{
	struct home *h = *state;
	struct vault_fault fault = { .text = "" };
	struct credential *c = NULL;

	one_each(h, h->text[2]);
	assert_int_not_equal(flags_of(h, T("lasting.example.com"), CRED_TYPE_DOMAIN_PASSWORD),
			     UINT32_MAX);
	assert_int_equal(listed(h, NONE, true), 1);
	/* What may be in it is asked for by name: then it is said why there is nothing. */
	assert_int_equal(
		credman_read(h->m, T("session.example.com"), CRED_TYPE_DOMAIN_PASSWORD, &c),
		VAULT_DAMAGED);
	credman_last_fault(h->m, &fault);
	assert_non_null(strstr(fault.text, "session.db"));
	/* And nothing else is chosen in its place. */
	assert_int_equal(match(h, T("lasting.example.com")), VAULT_DAMAGED);
}

static void with_nothing_else_the_unreadable_session_is_why(void **state)
{
	struct home *h = *state;
	CLEANUP(credential_list_done) struct credential_list l = { 0 };

	one_each(h, h->text[2]);
	assert_int_equal(credman_delete(h->m, T("lasting.example.com"), CRED_TYPE_DOMAIN_PASSWORD),
			 VAULT_DAMAGED);
	assert_int_equal(credman_enumerate(h->m, NONE, true, &l), VAULT_DAMAGED);
}

static void an_unreadable_lasting_vault_is_said(void **state)
{
	struct home *h = *state;
	CLEANUP(credential_list_done) struct credential_list l = { 0 };

	one_each(h, h->text[0]);
	assert_int_not_equal(flags_of(h, T("session.example.com"), CRED_TYPE_DOMAIN_PASSWORD),
			     UINT32_MAX);
	assert_int_equal(credman_enumerate(h->m, NONE, true, &l), VAULT_DAMAGED);
	assert_int_equal(match(h, T("session.example.com")), VAULT_DAMAGED);
}

static void records_that_are_missing_are_said(void **state)
{
	struct home *h = *state;
	CLEANUP(credential_list_done) struct credential_list l = { 0 };
	struct vault *v;

	write_it(h, generic(T("a"), "one"));
	write_it(h, generic(T("b"), "two"));
	sql(h->text[0], "DELETE FROM record WHERE row = 1");
	assert_int_equal(credman_enumerate(h->m, NONE, true, &l), VAULT_DAMAGED);
	assert_blob(h, T("b"), "two");
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	assert_int_equal(vault_accept(v, false), STATUS_SUCCESS);
	assert_int_equal(listed(h, NONE, true), 1);
}

/* ---- another process that writes between two of the visits ---- */

struct meddling {
	struct home *h;
	struct credman *other;
	struct utf16 at, moves; /* when the first is visited, the second changes its vault */
	uint32_t persist;
	size_t times[2]; /* that the second was visited, that anything was */
};

static bool meddle(void *to, const struct credential_view *c)
{
	struct meddling *m = to;
	struct credential_view moved = generic(m->moves, "moved");

	m->times[0] += utf16_equal_nocase(c->target.p, c->target.n, m->moves.p, m->moves.n);
	m->times[1]++;
	moved.persist = m->persist;
	if (utf16_equal_nocase(c->target.p, c->target.n, m->at.p, m->at.n))
		assert_int_equal(credman_write(m->other, &moved, false), STATUS_SUCCESS);
	return true;
}

static void meddled(struct home *h, struct utf16 moves, uint32_t persist)
{
	struct meddling m = { .h = h, .at = T("lasting1"), .moves = moves, .persist = persist };
	struct credential_view c = generic(T("session1"), "s");

	assert_int_equal(credman_new(&h->places, &m.other), STATUS_SUCCESS);
	write_it(h, generic(T("lasting0"), "l"));
	write_it(h, generic(T("lasting1"), "l"));
	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	c.target = T("session2");
	write_it(h, c);
	assert_int_equal(credman_each(h->m, NONE, true, meddle, &m), STATUS_SUCCESS);
	assert_int_equal(m.times[0], 1);
	assert_int_equal(m.times[1], 4);
	credman_free(m.other);
}

static void what_leaves_for_the_session_is_listed_once(void **state)
{
	meddled(*state, T("lasting0"), CRED_PERSIST_SESSION);
}

static void what_leaves_the_session_is_listed_once(void **state)
{
	meddled(*state, T("session2"), CRED_PERSIST_LOCAL_MACHINE);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(an_unreadable_session_does_not_take_what_lasts),
		ONE(with_nothing_else_the_unreadable_session_is_why),
		ONE(an_unreadable_lasting_vault_is_said),
		ONE(records_that_are_missing_are_said),
		ONE(what_leaves_for_the_session_is_listed_once),
		ONE(what_leaves_the_session_is_listed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
