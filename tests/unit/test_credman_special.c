/* tests/unit/test_credman_special.c - what is special about some credentials: asked-for secrets, sessions,
 * universal names, extended ones, and the grid of what may not be written.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "credman_home.h"

/* ---- CRED_FLAGS_PROMPT_NOW ---- */

static void a_secret_that_is_not_kept_is_asked_for_in_the_next_session(void **state)
{
	struct home *h = *state;
	struct credential_view bare = domain(T("srv")), card = domain(T("card"));

	bare.blob = rd_of(NULL, 0);
	card.type = CRED_TYPE_DOMAIN_CERTIFICATE;
	card.user = T(CERTIFICATE_USER);
	card.flags = CRED_FLAGS_PROMPT_NOW; /* means nothing here */
	write_it(h, bare);
	write_it(h, card);
	write_it(h, domain(T("whole")));
	assert_int_equal(flags_of(h, T("srv"), bare.type), 0);
	assert_int_equal(flags_of(h, T("card"), card.type), 0);
	home_again(h); /* another process of the session */
	assert_int_equal(flags_of(h, T("srv"), bare.type), 0);
	assert_int_equal(flags_of(h, T("card"), card.type), 0);
	home_logoff(h);
	assert_int_equal(flags_of(h, T("srv"), bare.type), CRED_FLAGS_PROMPT_NOW);
	assert_int_equal(flags_of(h, T("card"), card.type), CRED_FLAGS_PROMPT_NOW);
	assert_int_equal(flags_of(h, T("whole"), bare.type), 0);
	/* The user is asked, it is written anew, and the bit is gone. */
	write_it(h, card);
	assert_int_equal(flags_of(h, T("card"), card.type), 0);
	assert_int_equal(credman_delete(h->m, T("card"), card.type), STATUS_SUCCESS);
	assert_int_equal(flags_of(h, T("card"), card.type), UINT32_MAX);
}

static bool add_prompting(void *to, const struct credential_view *c)
{
	*(unsigned *)to += (c->flags & CRED_FLAGS_PROMPT_NOW) != 0;
	return true;
}

static void lists_and_matches_know_which_are_asked_for(void **state)
{
	struct home *h = *state;
	struct credential_view bare = domain(T("srv")), other = domain(T("other"));
	struct target_view t = { .dns_server = T("srv") };
	CLEANUP(credential_list_done) struct credential_list l = { 0 };
	unsigned prompting = 0;

	bare.blob = other.blob = rd_of(NULL, 0);
	write_it(h, bare);
	home_logoff(h);
	write_it(h, other);
	assert_int_equal(credman_each(h->m, NONE, true, add_prompting, &prompting), STATUS_SUCCESS);
	assert_int_equal(prompting, 1);
	assert_int_equal(credman_match(h->m, &t, NULL, 0, &l), STATUS_SUCCESS);
	assert_int_equal(l.item[0]->view.flags, CRED_FLAGS_PROMPT_NOW);
	/* Renaming is not writing the secret. */
	assert_int_equal(credman_rename(h->m, T("srv"), T("new"), bare.type), STATUS_SUCCESS);
	assert_int_equal(flags_of(h, T("new"), bare.type), CRED_FLAGS_PROMPT_NOW);
	assert_int_equal(credman_rename(h->m, T("other"), T("newer"), bare.type), STATUS_SUCCESS);
	assert_int_equal(flags_of(h, T("newer"), bare.type), 0);
}

/* ---- sessions ---- */

static void what_a_session_has_hides_what_lasts(void **state)
{
	struct home *h = *state;
	struct credential_view c = generic(T("x"), "session");
	struct vault *v;
	struct vault_name name = { .type = CRED_TYPE_GENERIC, .target = T("X") };
	CLEANUP(secret_free_p) struct secret *old = NULL;

	/* As a change of persistence leaves it that was cut off: in both places. */
	write_it(h, generic(T("x"), "lasting"));
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	assert_int_equal(vault_get(v, &name, &old), STATUS_SUCCESS);
	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	assert_int_equal(vault_get(v, &name, &old), STATUS_NOT_FOUND);
	assert_non_null(old = secret_copy("", 0));
	secret_free(TAKE(old));
	write_it(h, generic(T("y"), "other"));
	assert_blob(h, T("x"), "session");
	assert_int_equal(listed(h, NONE, true), 2);
	home_logoff(h);
	assert_int_equal(flags_of(h, T("x"), CRED_TYPE_GENERIC), UINT32_MAX);
	assert_int_equal(listed(h, NONE, true), 1);
}

static NTSTATUS put_bytes(struct vault *v, const struct vault_name *name, const struct secret *s)
{
	return vault_put(v, name, rd_of(s->p, s->len));
}

static void of_two_that_a_crash_left_the_newer_counts(void **state)
{
	struct home *h = *state;
	struct vault_name name = { .type = CRED_TYPE_GENERIC, .target = T("x") };
	CLEANUP(secret_free_p) struct secret *lasting = NULL;
	CLEANUP(vault_close_p) struct vault *session = NULL;
	struct credential_view c = generic(T("x"), "older");
	struct vault *v;

	write_it(h, c);
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	assert_int_equal(vault_get(v, &name, &lasting), STATUS_SUCCESS);
	c.persist = CRED_PERSIST_SESSION;
	c.blob = rd_of("newer", 5);
	write_it(h, c);
	assert_int_equal(put_bytes(v, &name, lasting), STATUS_SUCCESS);
	assert_blob(h, T("x"), "newer");
	assert_int_equal(listed(h, NONE, true), 1);
	/* And the other way round. */
	c.persist = CRED_PERSIST_LOCAL_MACHINE;
	c.blob = rd_of("newest", 6);
	assert_int_equal(
		vault_open(&(struct vault_options){ .path = h->text[2], .key_file = h->text[3] },
			   &session),
		STATUS_SUCCESS);
	CLEANUP(secret_free_p) struct secret *left = NULL;
	assert_int_equal(vault_get(session, &name, &left), STATUS_SUCCESS);
	write_it(h, c);
	assert_int_equal(put_bytes(session, &name, left), STATUS_SUCCESS);
	assert_blob(h, T("x"), "newest");
	assert_int_equal(listed(h, NONE, true), 1);
	/* The next write, or the deletion, clears it up. */
	write_it(h, c);
	CLEANUP(secret_free_p) struct secret *none = NULL;
	assert_int_equal(vault_get(session, &name, &none), STATUS_NOT_FOUND);
	assert_int_equal(credman_delete(h->m, T("x"), CRED_TYPE_GENERIC), STATUS_SUCCESS);
	assert_int_equal(listed(h, NONE, true), 0);
}

static void what_a_crash_left_does_not_come_back_by_renaming(void **state)
{
	struct home *h = *state;
	struct vault_name name = { .type = CRED_TYPE_GENERIC, .target = T("x") };
	CLEANUP(secret_free_p) struct secret *lasting = NULL;
	struct credential_view c = generic(T("x"), "older");
	struct vault *v;

	write_it(h, c);
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	assert_int_equal(vault_get(v, &name, &lasting), STATUS_SUCCESS);
	c.persist = CRED_PERSIST_SESSION;
	c.blob = rd_of("newer", 5);
	write_it(h, c);
	assert_int_equal(put_bytes(v, &name, lasting), STATUS_SUCCESS);
	assert_int_equal(credman_rename(h->m, T("x"), T("y"), CRED_TYPE_GENERIC), STATUS_SUCCESS);
	assert_blob(h, T("y"), "newer");
	assert_int_equal(listed(h, NONE, true), 1);
}

/* A clock that was set back makes nothing older that is written later. */
static void what_is_written_later_counts_whatever_the_clock_says(void **state)
{
	struct home *h = *state;
	struct vault_name name = { .type = CRED_TYPE_GENERIC, .target = T("x") };
	struct credential_view c = generic(T("x"), "of the future");
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	struct credential *read = NULL;
	struct vault *v;

	write_it(h, c);
	c.last_written = UINT64_C(1) << 60;
	credential_write(&w, &c);
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	assert_int_equal(vault_put(v, &name, wr_view(&w)), STATUS_SUCCESS);
	for (int i = 0; i < 4; i++) {
		c.persist = i % 2 ? CRED_PERSIST_LOCAL_MACHINE : CRED_PERSIST_SESSION;
		c.blob = rd_of(i % 2 ? "lasting" : "session", 7);
		write_it(h, c);
		assert_blob(h, T("x"), i % 2 ? "lasting" : "session");
		assert_int_equal(listed(h, NONE, true), 1);
	}
	assert_int_equal(credman_read(h->m, T("x"), CRED_TYPE_GENERIC, &read), STATUS_SUCCESS);
	assert_true(read->view.last_written > UINT64_C(1) << 60);
	credential_unref(read);
}

/* The runtime folder goes with the user's last session; a process may outlast it. */
static void a_session_whose_files_are_gone_begins_anew(void **state)
{
	struct home *h = *state;
	struct credential_view c = generic(T("x"), "of the session");
	struct credman *other;
	char command[128];

	write_it(h, generic(T("lasting"), "stays"));
	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	snprintf(command, sizeof(command), "rm -f %s/session.*", h->folder);
	assert_int_equal(system(command), 0);
	sleep(2); /* readers look once a second */
	assert_int_equal(flags_of(h, T("x"), CRED_TYPE_GENERIC), UINT32_MAX);
	assert_blob(h, T("lasting"), "stays");
	assert_int_equal(listed(h, NONE, true), 1);
	assert_int_equal(credman_delete(h->m, T("x"), CRED_TYPE_GENERIC), STATUS_NOT_FOUND);
	c.blob = rd_of("of the next", 11);
	write_it(h, c);
	assert_int_equal(credman_new(&h->places, &other), STATUS_SUCCESS);
	struct home beside = { .m = other };
	assert_blob(&beside, T("x"), "of the next");
	credman_free(other);
}

struct asking {
	struct home *h;
	bool asked;
};

static void *ask_for_the_fault(void *with)
{
	struct asking *a = with;
	struct vault_fault fault;

	__atomic_store_n(&a->asked, true, __ATOMIC_SEQ_CST);
	credman_last_fault(a->h->m, &fault);
	return NULL;
}

static NTSTATUS read_while_another_asks(struct vault *v, void *with)
{
	struct asking *a = with;
	struct vault_fault fault;
	pthread_t thread;

	(void)v;
	if (pthread_create(&thread, NULL, ask_for_the_fault, a) != 0)
		return STATUS_NO_MEMORY;
	pthread_detach(thread);
	while (!__atomic_load_n(&a->asked, __ATOMIC_SEQ_CST))
		usleep(100);
	usleep(50000);
	credman_last_fault(a->h->m, &fault); /* needs what the other thread must not hold by now */
	return STATUS_SUCCESS;
}

static void asking_for_the_fault_stops_nobody(void **state)
{
	struct home *h = *state;
	struct vault *v;

	write_it(h, generic(T("x"), "1"));
	assert_int_equal(credman_vault(h->m, false, &v), STATUS_SUCCESS);
	alarm(20);
	assert_int_equal(vault_transact(v, read_while_another_asks, &(struct asking){ .h = h }),
			 STATUS_SUCCESS);
	usleep(50000);
	alarm(0);
}

static void without_a_runtime_folder_the_session_is_the_process(void **state)
{
	struct home *h = *state;
	struct credential_view c = generic(T("x"), "here");
	int status;

	h->places.session = h->places.session_key = NULL;
	home_again(h);
	assert_int_equal(flags_of(h, T("x"), CRED_TYPE_GENERIC), UINT32_MAX);
	c.persist = CRED_PERSIST_SESSION;
	write_it(h, c);
	assert_blob(h, T("x"), "here");
	assert_int_equal(listed(h, NONE, true), 1);
	assert_int_equal(access(h->text[2], F_OK), -1);
	assert_int_equal(access(h->text[0], F_OK), -1);
	pid_t child = fork();
	if (child == 0) { /* has a copy of its own */
		bool good = listed(h, NONE, true) == 1 &&
			    !failed(credman_delete(h->m, T("x"), CRED_TYPE_GENERIC)) &&
			    listed(h, NONE, true) == 0;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_blob(h, T("x"), "here");
	home_again(h);
	assert_int_equal(listed(h, NONE, true), 0);
}

static void session_types_say_how_long_something_may_last(void **state)
{
	struct home *h = *state;
	uint32_t most[CREDMAN_TYPES];
	const uint32_t at_best[] = { 0, 3, 3, 3, 0, 3, 3, 0 };
	const uint32_t at_worst[] = { 0, 1, 1, 1, 0, 1, 1, 0 };

	credman_session_types(h->m, most);
	assert_memory_equal(most, at_best, sizeof(most));
	assert_int_equal(access(h->text[0], F_OK), -1); /* by asking, nothing is made */
	write_it(h, generic(T("x"), "1"));
	credman_session_types(h->m, most);
	assert_memory_equal(most, at_best, sizeof(most));
	h->places.vault = "/dev/null/vault.db";
	home_again(h);
	credman_session_types(h->m, most);
	assert_memory_equal(most, at_worst, sizeof(most));
}

/* ---- threads ---- */

struct worker {
	struct home *h;
	int number;
};

/* One credential that goes from vault to vault, while others look at both. */
static void *move_about(void *with)
{
	const struct worker *w = with;

	for (int i = 0; i < 60; i++) {
		struct credential_view c = generic(w->number ? T("one") : T("two"), "value");
		c.persist = i % 2 ? CRED_PERSIST_SESSION : CRED_PERSIST_LOCAL_MACHINE;
		if (failed(credman_write(w->h->m, &c, false)) || flags_of(w->h, c.target, c.type))
			return with;
	}
	return NULL;
}

static void *look_about(void *with)
{
	const struct worker *w = with;
	struct target_view t = { .dns_server = T("srv") };

	for (int i = 0; i < 60; i++) {
		CLEANUP(credential_list_done) struct credential_list l = { 0 };
		/* What is on its way from one vault to the other just then may be seen in both. */
		if (listed(w->h, NONE, true) > 5 || failed(credman_match(w->h->m, &t, NULL, 0, &l)))
			return with;
	}
	return NULL;
}

static void move_and_look(struct home *h)
{
	struct worker w[4] = { { h, 0 }, { h, 1 }, { h, 2 }, { h, 3 } };
	pthread_t thread[4];
	void *bad;

	write_it(h, domain(T("srv")));
	alarm(100); /* rather than wait for ever for one another */
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, i < 2 ? move_about : look_about, &w[i]),
			0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &bad);
		assert_null(bad);
	}
	alarm(0);
	assert_int_equal(listed(h, NONE, true), 3);
}

static void threads_do_not_wait_for_each_other_for_ever(void **state)
{
	struct home *h = *state;

	move_and_look(h);
	h->places.session = h->places.session_key = NULL;
	home_again(h);
	move_and_look(h);
}

/* ---- names ---- */

static void universal_names_find_what_they_say(void **state)
{
	struct home *h = *state;
	struct credential_view batch = domain(T("Task")), user = domain(T("LAB\\alice"));
	const uint32_t type = CRED_TYPE_DOMAIN_PASSWORD;

	batch.flags = 4u << 12;
	user.flags = CRED_FLAGS_USERNAME_TARGET;
	write_it(h, batch);
	write_it(h, user);
	write_it(h, domain(T("srv")));
	assert_int_equal(flags_of(h, T("Domain:batch=task"), type), batch.flags);
	assert_int_equal(flags_of(h, T("Domain:name=LAB\\alice"), type), user.flags);
	assert_int_equal(flags_of(h, T("domain:TARGET=SRV"), type), 0);
	/* One of another kind is not meant. */
	assert_int_equal(flags_of(h, T("Domain:target=Task"), type), UINT32_MAX);
	assert_int_equal(flags_of(h, T("Domain:service=Task"), type), UINT32_MAX);
	assert_int_equal(flags_of(h, T("LegacyGeneric:target=srv"), type), UINT32_MAX);
	assert_int_equal(credman_delete(h->m, T("Domain:service=Task"), type), STATUS_NOT_FOUND);
	assert_int_equal(credman_delete(h->m, T("Domain:batch=Task"), type), STATUS_SUCCESS);
	/* A generic credential may be called like a universal name, and then is that one. */
	write_it(h, generic(T("x"), "short"));
	assert_blob(h, T("LegacyGeneric:target=x"), "short");
	write_it(h, generic(T("LegacyGeneric:target=x"), "literal"));
	assert_blob(h, T("LegacyGeneric:target=x"), "literal");
	assert_blob(h, T("x"), "short");
}

static void extended_credentials_differ_by_user(void **state)
{
	struct home *h = *state;
	struct credential *c = NULL;
	const uint32_t type = CRED_TYPE_DOMAIN_EXTENDED;
	const uint32_t mixed[] = { CRED_TYPE_DOMAIN_EXTENDED, CRED_TYPE_DOMAIN_PASSWORD };
	struct target_view t = { .dns_server = T("x") };
	CLEANUP(credential_list_done) struct credential_list l = { 0 };

	write_it(h, extended(T("App:target=x"), T("alice")));
	write_it(h, extended(T("App:target=x"), T("bob")));
	assert_int_equal(credman_read(h->m, T("app:target=x"), type, &c), STATUS_SUCCESS);
	assert_int_equal(c->view.user.n, 3); /* the one written last */
	credential_unref(c);
	assert_int_equal(credman_read(h->m, T("App:target=x|ALICE"), type, &c), STATUS_SUCCESS);
	assert_int_equal(c->view.user.n, 5);
	credential_unref(c);
	assert_int_equal(credman_read(h->m, T("x"), type, &c), STATUS_INVALID_PARAMETER);
	assert_int_equal(credman_read(h->m, T("App:target=y"), type, &c), STATUS_NOT_FOUND);
	assert_int_equal(credman_match(h->m, &t, &type, 1, &l), STATUS_SUCCESS);
	assert_int_equal(l.count, 2);
	credential_list_done(&l);
	assert_int_equal(credman_match(h->m, &t, mixed, 2, &l), STATUS_INVALID_PARAMETER);
	assert_int_equal(credman_rename(h->m, T("App:target=x|bob"), T("App:target=z"), type),
			 STATUS_SUCCESS);
	assert_int_equal(flags_of(h, T("App:target=z|bob"), type), 0);
	assert_int_equal(credman_delete(h->m, T("App:target=x|alice"), type), STATUS_SUCCESS);
	assert_int_equal(listed(h, NONE, true), 1);
	assert_int_equal(listed(h, NONE, false), 0);
}

static void a_credential_has_to_fit_the_server_it_is_written_for(void **state)
{
	struct target_view t = { .dns_server = T("srv.lab.test"),
				 .netbios_server = T("SRV"),
				 .dns_domain = T("lab.test") };
	struct target_view nobody = { .package = T("NTLM") };
	struct target_view grouped = { .netbios_server = T("SRV"),
				       .netbios_domain = T("LAB"),
				       .flags = CRED_TI_WORKGROUP_MEMBER };
	const struct utf16 fits[] = { T("srv"), T("SRV.lab.test"), T("*.lab.test"),
				      T("lab.test\\*"), T("*") };
	const struct utf16 others[] = { T("srv2"), T("*.other.test"), T("other\\*"), T("a\\b") };
	struct credential_view c, task = domain(T("srv"));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fits); i++) {
		c = domain(fits[i]);
		assert_int_equal(credman_fits(&c, &t), STATUS_SUCCESS);
		assert_int_equal(credman_fits(&c, &nobody), STATUS_INVALID_PARAMETER);
		c.type = CRED_TYPE_GENERIC;
		assert_int_equal(credman_fits(&c, &t), STATUS_INVALID_PARAMETER);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		c = domain(others[i]);
		assert_int_equal(credman_fits(&c, &t), STATUS_INVALID_PARAMETER);
	}
	c = domain(T("srv"));
	assert_int_equal(credman_fits(&c, &grouped), STATUS_INVALID_PARAMETER);
	task.flags = 4u << 12; /* for batch logons alone */
	assert_int_equal(credman_fits(&task, &t), STATUS_INVALID_PARAMETER);
	t.flags = task.flags;
	assert_int_equal(credman_fits(&task, &t), STATUS_SUCCESS);
}

/* ---- visiting ---- */

struct visits {
	size_t count, stop_at;
	bool secret;
};

static bool count_visit(void *to, const struct credential_view *c)
{
	struct visits *v = to;

	v->secret = v->secret || (c->type == CRED_TYPE_DOMAIN_PASSWORD && c->blob.n);
	return ++v->count != v->stop_at;
}

static void visitors_see_no_domain_secret_and_may_stop(void **state)
{
	struct home *h = *state;
	struct visits v = { 0 };

	assert_int_equal(credman_each(h->m, NONE, true, count_visit, &v), STATUS_NOT_FOUND);
	write_it(h, domain(T("a")));
	write_it(h, domain(T("b")));
	write_it(h, generic(T("c"), "1"));
	assert_int_equal(credman_each(h->m, NONE, true, count_visit, &v), STATUS_SUCCESS);
	assert_int_equal(v.count, 3);
	assert_false(v.secret);
	v = (struct visits){ .stop_at = 2 };
	assert_int_equal(credman_each(h->m, NONE, true, count_visit, &v), STATUS_SUCCESS);
	assert_int_equal(v.count, 2);
	assert_int_equal(credman_each(h->m, T("a"), true, count_visit, &v), CREDMAN_INVALID_FLAGS);
}

/* ---- security-cases.md, S44: nothing of this is written, and what was there stays ---- */

static WCHAR text[CRED_MAX_GENERIC_TARGET_NAME_LENGTH + 1];

static void expect_refusal(struct home *h, const struct credential_view *c, NTSTATUS want)
{
	assert_int_equal(credman_write(h->m, c, false), want);
	assert_int_equal(listed(h, NONE, true), 1);
	assert_blob(h, T("stays"), "as it was");
}

static void s44_limits_are_kept_at_the_door(void **state)
{
	struct home *h = *state;
	static const uint8_t blob[CRED_MAX_CREDENTIAL_BLOB_SIZE + 1];
	struct credential_view good = generic(T("x"), "1"), c = good;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = 'x';
	write_it(h, generic(T("stays"), "as it was"));
	c.attribute_count = CRED_MAX_ATTRIBUTES + 1;
	expect_refusal(h, &c, CREDMAN_OVER_LIMIT);
	c = good;
	c.blob = rd_of(blob, sizeof(blob));
	expect_refusal(h, &c, CREDMAN_OVER_LIMIT);
	c = good;
	c.target = (struct utf16){ text, CRED_MAX_GENERIC_TARGET_NAME_LENGTH + 1 };
	expect_refusal(h, &c, CREDMAN_OVER_LIMIT);
	c = good;
	c.alias = (struct utf16){ text, CRED_MAX_STRING_LENGTH + 1 };
	expect_refusal(h, &c, CREDMAN_OVER_LIMIT);
	c = domain((struct utf16){ text, CRED_MAX_DOMAIN_TARGET_NAME_LENGTH + 1 });
	expect_refusal(h, &c, CREDMAN_OVER_LIMIT);
	c = good;
	c.flags = CRED_FLAGS_WILDCARD_MATCH;
	expect_refusal(h, &c, STATUS_INVALID_PARAMETER);
	c = good;
	c.target.n = 0;
	expect_refusal(h, &c, STATUS_INVALID_PARAMETER);
	c = domain(T("a*b"));
	expect_refusal(h, &c, STATUS_INVALID_PARAMETER);
	c = extended(T("App:target=a|b"), T("u"));
	expect_refusal(h, &c, STATUS_INVALID_PARAMETER);
}

/* What fits exactly comes back exactly. */
static void s44_the_largest_credential_comes_back(void **state)
{
	struct home *h = *state;
	static uint8_t blob[CRED_MAX_CREDENTIAL_BLOB_SIZE];
	struct credential_view c = generic(T("x"), "");
	struct credential *back = NULL;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = (WCHAR)('a' + i % 26);
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)i;
	c.target = (struct utf16){ text, CRED_MAX_GENERIC_TARGET_NAME_LENGTH };
	c.comment = c.alias = (struct utf16){ text, CRED_MAX_STRING_LENGTH };
	c.user = (struct utf16){ text, CRED_MAX_USERNAME_LENGTH };
	c.blob = rd_of(blob, sizeof(blob));
	c.attribute_count = CRED_MAX_ATTRIBUTES;
	for (uint32_t i = 0; i < c.attribute_count; i++)
		c.attribute[i] =
			(struct credential_attribute){ c.comment, 0,
						       rd_of(blob + i, CRED_MAX_VALUE_SIZE) };
	write_it(h, c);
	home_again(h);
	assert_int_equal(credman_read(h->m, c.target, c.type, &back), STATUS_SUCCESS);
	const struct credential_view *b = &back->view;
	assert_int_equal(b->target.n, c.target.n);
	assert_memory_equal(b->target.p, text, 2 * c.target.n);
	assert_int_equal(b->blob.n, sizeof(blob));
	assert_memory_equal(b->blob.p, blob, sizeof(blob));
	assert_int_equal(b->attribute_count, CRED_MAX_ATTRIBUTES);
	for (uint32_t i = 0; i < c.attribute_count; i++)
		assert_memory_equal(b->attribute[i].value.p, blob + i, CRED_MAX_VALUE_SIZE);
	credential_unref(back);
}

static void s44_the_grid_of_types_and_persistences_at_the_door(void **state)
{
	struct home *h = *state;

	write_it(h, generic(T("stays"), "as it was"));
	for (uint32_t type = 0; type < 9; type++)
		for (uint32_t persist = 0; persist < 5; persist++) {
			struct credential_view c = domain(T("App:target=x"));
			c.type = type;
			c.persist = persist;
			if (type == CRED_TYPE_DOMAIN_CERTIFICATE)
				c.user = T(CERTIFICATE_USER);
			bool good = type >= 1 && type <= 6 && type != 4 && persist >= 1 &&
				    persist <= 3;
			NTSTATUS status = credman_write(h->m, &c, false);
			assert_int_equal(!failed(status), good);
			struct credential *back = NULL;
			if (!good)
				continue;
			assert_int_equal(credman_read(h->m, c.target, type, &back), STATUS_SUCCESS);
			assert_int_equal(back->view.persist, persist);
			credential_unref(back);
			assert_int_equal(listed(h, NONE, true), 2);
			struct utf16 name = type == 6 ? T("App:target=x|LAB\\alice") : c.target;
			assert_int_equal(credman_delete(h->m, name, type), STATUS_SUCCESS);
			assert_int_equal(listed(h, NONE, true), 1);
		}
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(a_secret_that_is_not_kept_is_asked_for_in_the_next_session),
		ONE(lists_and_matches_know_which_are_asked_for),
		ONE(what_a_session_has_hides_what_lasts),
		ONE(of_two_that_a_crash_left_the_newer_counts),
		ONE(asking_for_the_fault_stops_nobody),
		ONE(what_is_written_later_counts_whatever_the_clock_says),
		ONE(a_session_whose_files_are_gone_begins_anew),
		ONE(what_a_crash_left_does_not_come_back_by_renaming),
		ONE(without_a_runtime_folder_the_session_is_the_process),
		ONE(session_types_say_how_long_something_may_last),
		ONE(threads_do_not_wait_for_each_other_for_ever),
		ONE(universal_names_find_what_they_say),
		ONE(extended_credentials_differ_by_user),
		ONE(a_credential_has_to_fit_the_server_it_is_written_for),
		ONE(visitors_see_no_domain_secret_and_may_stop),
		ONE(s44_limits_are_kept_at_the_door),
		ONE(s44_the_largest_credential_comes_back),
		ONE(s44_the_grid_of_types_and_persistences_at_the_door),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
