/* tests/unit/test_credman.c - the credential set over real vaults: write, read, enumerate, match, rename, delete.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "credman_home.h"

static void what_was_written_is_read_also_by_the_next_process(void **state)
{
	struct home *h = *state;
	struct credential *c = NULL;

	assert_int_equal(credman_read(h->m, T("git:h"), CRED_TYPE_GENERIC, &c), STATUS_NOT_FOUND);
	assert_null(c);
	write_it(h, generic(T("git:h"), "one"));
	home_again(h);
	assert_blob(h, T("GIT:H"), "one");
	assert_blob(h, T("LegacyGeneric:target=git:h"), "one");
	write_it(h, generic(T("Git:H"), "two"));
	assert_blob(h, T("git:h"), "two");
	assert_int_equal(credman_read(h->m, T("git:h"), CRED_TYPE_GENERIC, &c), STATUS_SUCCESS);
	assert_true(c->view.last_written > 0);
	credential_unref(c);
}

static void s44_what_breaks_a_rule_is_not_written(void **state)
{
	struct home *h = *state;
	struct credential_list l = { 0 };
	struct credential_view c = generic(T("x"), "one");

	c.type = 9;
	assert_int_equal(credman_write(h->m, &c, false), STATUS_INVALID_PARAMETER);
	c = domain(T("srv"));
	c.user = NONE;
	assert_int_equal(credman_write(h->m, &c, false), CREDMAN_BAD_USERNAME);
	assert_int_equal(credman_enumerate(h->m, NONE, true, &l), STATUS_NOT_FOUND);
	assert_int_equal(credman_enumerate(h->m, T("x"), true, &l), CREDMAN_INVALID_FLAGS);
}

static void a_secret_can_be_kept_while_the_rest_changes(void **state)
{
	struct home *h = *state;
	struct credential_view c = generic(T("x"), "");

	c.blob = rd_of(NULL, 0);
	assert_int_equal(credman_write(h->m, &c, true), STATUS_NOT_FOUND);
	write_it(h, generic(T("x"), "kept"));
	c.comment = T("new");
	assert_int_equal(credman_write(h->m, &c, true), STATUS_SUCCESS);
	assert_blob(h, T("x"), "kept");
	c.blob = rd_of("b", 1);
	assert_int_equal(credman_write(h->m, &c, true), STATUS_INVALID_PARAMETER);
}

static void persistence_may_change_either_way(void **state)
{
	struct home *h = *state;
	struct credential_view c = generic(T("x"), "session");
	struct credential_list l = { 0 };

	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	assert_int_equal(access(h->text[0], F_OK), -1); /* nothing lasting was made */
	c.persist = CRED_PERSIST_LOCAL_MACHINE;
	write_it(h, c);
	assert_int_equal(credman_enumerate(h->m, NONE, false, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.item[0]->view.persist, CRED_PERSIST_LOCAL_MACHINE);
	credential_list_done(&l);
	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	assert_int_equal(unlink(h->text[2]), 0);
	home_again(h);
	struct credential *gone = NULL;
	assert_int_equal(credman_read(h->m, T("x"), CRED_TYPE_GENERIC, &gone), STATUS_NOT_FOUND);
}

static void enumerating_filters_and_hides_what_is_not_classic(void **state)
{
	struct home *h = *state;
	struct credential_list l = { 0 };
	struct credential_view batch = domain(T("Task"));

	batch.flags = 0x4000;
	write_it(h, generic(T("git:a"), "1"));
	write_it(h, generic(T("git:b"), "2"));
	write_it(h, domain(T("srv")));
	write_it(h, batch);
	assert_int_equal(credman_enumerate(h->m, NONE, false, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 3);
	credential_list_done(&l);
	assert_int_equal(credman_enumerate(h->m, NONE, true, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 4);
	credential_list_done(&l);
	assert_int_equal(credman_enumerate(h->m, T("GIT:*"), false, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 2);
	credential_list_done(&l);
	assert_int_equal(credman_enumerate(h->m, T("none"), false, &l), STATUS_NOT_FOUND);
}

static void the_best_credential_of_each_type_is_matched(void **state)
{
	struct home *h = *state;
	struct credential_list l = { 0 };
	struct target_view t = { .dns_server = T("srv.lab.test"), .netbios_server = T("SRV") };
	const uint32_t generic_type = CRED_TYPE_GENERIC;

	write_it(h, domain(T("*")));
	write_it(h, domain(T("*.lab.test")));
	assert_int_equal(credman_match(h->m, &t, NULL, 0, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.item[0]->view.target.n, 10);
	assert_true(l.item[0]->view.flags & CRED_FLAGS_WILDCARD_MATCH);
	assert_int_equal(l.item[0]->view.blob.n, 4);
	credman_hide(l.item[0]);
	assert_null(l.item[0]->view.blob.p);
	credential_list_done(&l);
	write_it(h, domain(T("srv")));
	assert_int_equal(credman_match(h->m, &t, NULL, 0, &l), STATUS_SUCCESS);
	assert_int_equal(l.item[0]->view.target.n, 3);
	assert_false(l.item[0]->view.flags & CRED_FLAGS_WILDCARD_MATCH);
	credential_list_done(&l);
	assert_int_equal(credman_match(h->m, &t, &generic_type, 1, &l), STATUS_NOT_FOUND);
}

static void renaming_keeps_everything_but_the_name(void **state)
{
	struct home *h = *state;
	struct credential *c = NULL;

	write_it(h, generic(T("old"), "one"));
	write_it(h, generic(T("taken"), "two"));
	assert_int_equal(credman_rename(h->m, T("old"), T("TAKEN"), CRED_TYPE_GENERIC),
			 STATUS_OBJECT_NAME_COLLISION);
	assert_int_equal(credman_rename(h->m, T("none"), T("x"), CRED_TYPE_GENERIC),
			 STATUS_NOT_FOUND);
	assert_int_equal(credman_rename(h->m, T("old"), T("new"), CRED_TYPE_GENERIC),
			 STATUS_SUCCESS);
	assert_blob(h, T("new"), "one");
	assert_int_equal(credman_read(h->m, T("old"), CRED_TYPE_GENERIC, &c), STATUS_NOT_FOUND);
	assert_int_equal(credman_rename(h->m, T("new"), T("NEW"), CRED_TYPE_GENERIC),
			 STATUS_SUCCESS);
	assert_int_equal(credman_read(h->m, T("new"), CRED_TYPE_GENERIC, &c), STATUS_SUCCESS);
	assert_int_equal(c->view.target.p[0], 'N');
	credential_unref(c);
}

static void deleting_takes_it_from_wherever_it_is(void **state)
{
	struct home *h = *state;
	struct credential_view one = extended(T("App:target=x"), T("LAB\\alice"));
	struct credential_view other = extended(T("App:target=x"), T("LAB\\bob"));
	struct credential *c = NULL;

	write_it(h, generic(T("x"), "one"));
	assert_int_equal(credman_delete(h->m, T("y"), CRED_TYPE_GENERIC), STATUS_NOT_FOUND);
	assert_int_equal(credman_delete(h->m, T("LegacyGeneric:target=X"), CRED_TYPE_GENERIC),
			 STATUS_SUCCESS);
	assert_int_equal(credman_read(h->m, T("x"), CRED_TYPE_GENERIC, &c), STATUS_NOT_FOUND);
	write_it(h, one);
	write_it(h, other);
	assert_int_equal(
		credman_delete(h->m, T("App:target=x|LAB\\alice"), CRED_TYPE_DOMAIN_EXTENDED),
		STATUS_SUCCESS);
	assert_int_equal(
		credman_read(h->m, T("App:target=x|LAB\\bob"), CRED_TYPE_DOMAIN_EXTENDED, &c),
		STATUS_SUCCESS);
	credential_unref(c);
	assert_int_equal(credman_delete(h->m, T("x"), 0), STATUS_INVALID_PARAMETER);
	assert_int_equal(credman_delete(h->m, T(""), CRED_TYPE_GENERIC), STATUS_INVALID_PARAMETER);
}

static void the_best_generic_credential_is_the_longest_path(void **state)
{
	struct home *h = *state;
	struct credential *c = NULL;

	write_it(h, generic(T("https://host"), "host"));
	write_it(h, generic(T("https://host/a/b"), "path"));
	assert_int_equal(credman_best_generic(h->m, T("https://host/a/b/c"), &c), STATUS_SUCCESS);
	assert_memory_equal(c->view.blob.p, "path", 4);
	credential_unref(c);
	assert_int_equal(credman_best_generic(h->m, T("https://host/z/"), &c), STATUS_SUCCESS);
	assert_memory_equal(c->view.blob.p, "host", 4);
	credential_unref(c);
	assert_int_equal(credman_best_generic(h->m, T("https://other/a"), &c), STATUS_NOT_FOUND);
}

static void no_pin_of_a_certificate_is_kept(void **state)
{
	struct home *h = *state;
	struct credential_view c = domain(T("srv"));
	struct credential *back = NULL;

	c.type = CRED_TYPE_DOMAIN_CERTIFICATE;
	c.user = T(CERTIFICATE_USER);
	write_it(h, c);
	assert_int_equal(credman_read(h->m, T("srv"), c.type, &back), STATUS_SUCCESS);
	assert_int_equal(back->view.blob.n, 0);
	credential_unref(back);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(what_was_written_is_read_also_by_the_next_process),
		ONE(s44_what_breaks_a_rule_is_not_written),
		ONE(a_secret_can_be_kept_while_the_rest_changes),
		ONE(persistence_may_change_either_way),
		ONE(enumerating_filters_and_hides_what_is_not_classic),
		ONE(the_best_credential_of_each_type_is_matched),
		ONE(renaming_keeps_everything_but_the_name),
		ONE(deleting_takes_it_from_wherever_it_is),
		ONE(the_best_generic_credential_is_the_longest_path),
		ONE(no_pin_of_a_certificate_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
