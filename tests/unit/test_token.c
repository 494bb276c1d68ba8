/* tests/unit/test_token.c - tokens of clients, and which user of this system one is.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The name service is this file: it knows alice, a domain's two, and root under another name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include <ntsecpkg.h>

#include "ipc/acting.h"
#include "ipc/token.h"

static const struct {
	const char *name;
	uid_t uid;
} users[] = {
	{ "alice", 64501 },	   { "CORP\\alice", 64502 },
	{ "bob@LAB.TEST", 64503 }, { "toor", 0 },
	{ "many", 64504 },	   { "mapped@lab.test", 64505 },
	{ "LAB\\mapped", 64506 },  { "../alice", 64507 },
	{ "-x", 64508 },	   { "4711", 64509 },
	{ "CORP\\twin", 64510 },   { "twin", 64511 },
	{ "CORP\\short", 64512 },  { "short", 64512 },
};

/* What the name service calls them, where that is not what it was asked for. */
static const struct {
	const char *asked, *name;
} spellings[] = {
	{ "CORP\\twin", "twin" },
	{ "CORP\\short", "short" },
	{ "64501", "alice" },
};

static unsigned asked;

int getpwnam_r(const char *name, struct passwd *out, char *buffer, size_t room,
	       struct passwd **found)
{
	bool is_uid = strcmp(name, "64501") == 0; /* some take a number for one */
	const char *spelt = name;

	asked++;
	*found = NULL;
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
		if (strcmp(spellings[i].asked, name) == 0)
			spelt = spellings[i].name;
	if (room < 5000) /* a name service may want more than was offered */
		return ERANGE;
	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		if (strcmp(users[i].name, is_uid ? spelt : name) == 0) {
			snprintf(buffer, room, "%s", spelt);
			*out = (struct passwd){ .pw_name = buffer,
						.pw_uid = users[i].uid,
						.pw_gid = 64600 };
			*found = out;
		}
	return 0;
}

int getgrouplist(const char *user, gid_t group, gid_t *list, int *count)
{
	int have = strcmp(user, "many") == 0 ? 1000 : 2, room = *count;

	*count = have;
	if (room < have)
		return -1;
	for (int i = 0; i < have; i++)
		list[i] = group + (gid_t)i;
	return have;
}

static struct token_facts facts_of(ULONG kind, const WCHAR *domain, const WCHAR *user,
				   const WCHAR *mapped)
{
	return (struct token_facts){
		.account = { .Kind = kind,
			     .Level = SecurityImpersonation,
			     .Domain = (WCHAR *)(uintptr_t)domain,
			     .User = (WCHAR *)(uintptr_t)user,
			     .UnixName = (WCHAR *)(uintptr_t)mapped },
		.logon = { 7, 8 },
		.type = TokenImpersonation,
	};
}

/* 0: nobody. */
static uid_t uid_of(ULONG kind, const WCHAR *domain, const WCHAR *user, const WCHAR *mapped)
{
	const struct token_facts facts = facts_of(kind, domain, user, mapped);
	struct token *t = NULL;

	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	uid_t uid = t->has_user ? t->unix_user.ids.uid : 0;
	assert_true(t->has_user || !t->unix_user.name);
	token_unref(t);
	return uid;
}

#define MACHINE OPENSSPI_ACCOUNT_OF_MACHINE
#define DOMAIN OPENSSPI_ACCOUNT_OF_DOMAIN
#define MAPPING OPENSSPI_ACCOUNT_OF_MAPPING

static void each_authority_has_its_own_users(void **state)
{
	(void)state;
	assert_int_equal(uid_of(MACHINE, u"HOST", u"alice", NULL), 64501);
	assert_int_equal(uid_of(DOMAIN, u"CORP", u"alice", NULL), 64502);
	assert_int_equal(uid_of(DOMAIN, u"LAB.TEST", u"bob", NULL), 64503);
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"x", u"alice"), 64501);
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"x", u"mapped@lab.test"), 64505);
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"x", u"LAB\\mapped"), 64506);
	/* Nobody stands in for somebody of the same name. */
	assert_int_equal(uid_of(DOMAIN, u"EVIL", u"alice", NULL), 0);
	assert_int_equal(uid_of(DOMAIN, u"", u"alice", NULL), 0);
	assert_int_equal(uid_of(DOMAIN, NULL, u"alice", NULL), 0);
	assert_int_equal(uid_of(MACHINE, u"HOST", u"CORP\\alice", NULL), 0);
	assert_int_equal(uid_of(MACHINE, u"HOST", u"bob@LAB.TEST", NULL), 0);
	assert_int_equal(uid_of(MACHINE, u"HOST", u"Alice", NULL), 0);
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"alice", NULL), 0);
	assert_int_equal(uid_of(0, u"HOST", u"alice", u"alice"), 0);
	assert_int_equal(uid_of(9, u"HOST", u"alice", u"alice"), 0);
}

static void nobody_is_root(void **state)
{
	const struct token_facts facts = facts_of(MACHINE, u"HOST", u"toor", NULL);
	struct token *t = NULL;
	(void)state;
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	assert_false(t->has_user);
	assert_int_equal(token_act(t), SEC_E_NO_IMPERSONATION);
	assert_false(identity_is_assumed());
	token_unref(t);
}

static void names_that_say_more_are_not_looked_up(void **state)
{
	static const WCHAR *const names[] = { u"",	     u"../alice", u"a/b",  u"a:b",
					      u"a\x1b[1m",   u"a\x7F",	  u"a\nb", u"-x",
					      u"CORP+alice", u"\xD800" };
	WCHAR endless[LOGIN_NAME_MAX + 1];
	(void)state;
	for (size_t i = 0; i < LOGIN_NAME_MAX; i++)
		endless[i] = u'a';
	endless[LOGIN_NAME_MAX] = 0;
	asked = 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(uid_of(MACHINE, u"HOST", names[i], NULL), 0);
		assert_int_equal(uid_of(DOMAIN, names[i], u"alice", NULL), 0);
		assert_int_equal(uid_of(DOMAIN, u"CORP", names[i], NULL), 0);
	}
	assert_int_equal(uid_of(MACHINE, u"HOST", endless, NULL), 0);
	assert_int_equal(uid_of(DOMAIN, endless, endless, NULL), 0);
	assert_int_equal(uid_of(MAPPING, u"HOST", u"x", endless), 0);
	assert_int_equal(uid_of(MAPPING, u"HOST", u"x", u"../alice"), 0);
	assert_int_equal(asked, 0);
}

/* Whose own name leads to somebody else would have that one's groups. */
static void a_user_is_who_its_name_says(void **state)
{
	(void)state;
	assert_int_equal(uid_of(DOMAIN, u"CORP", u"short", NULL), 64512);
	assert_int_equal(uid_of(DOMAIN, u"CORP", u"twin", NULL), 0);
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"x", u"CORP\\twin"), 0);
	assert_int_equal(uid_of(MACHINE, u"HOST", u"twin", NULL), 64511);
}

static void a_number_is_no_users_name(void **state)
{
	(void)state;
	assert_int_equal(uid_of(MACHINE, u"HOST", u"4711", NULL), 0); /* whose uid has no name */
	assert_int_equal(uid_of(MACHINE, u"HOST", u"64501", NULL), 0);
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"x", u"64501"), 0); /* alice's uid */
	assert_int_equal(uid_of(MAPPING, u"LAB.TEST", u"x", u"4711"), 64509);
}

static void a_user_of_many_groups_has_them_all(void **state)
{
	const struct token_facts facts = facts_of(MACHINE, u"HOST", u"many", NULL);
	struct token *t = NULL, *copy = NULL;
	(void)state;
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	assert_int_equal(t->unix_user.ids.count, 1000);
	assert_int_equal(token_copy_as(t, TokenPrimary, SecurityImpersonation, &copy),
			 STATUS_SUCCESS);
	assert_int_equal(copy->unix_user.ids.count, 1000);
	assert_int_equal(copy->unix_user.ids.group[999], 64600 + 999);
	assert_int_equal(copy->type, TokenPrimary);
	assert_int_equal(copy->logon.HighPart, 8);
	assert_false(SecEqualLuid(&copy->id, &t->id));
	token_unref(copy);
	token_unref(t);
}

static void handles_are_numbers_that_are_closed_once(void **state)
{
	LPWSTR sids[] = { (WCHAR *)(uintptr_t)u"S-1-5-21-1-2-3-1000",
			  (WCHAR *)(uintptr_t)u"S-1-5-21-1-2-3-513" };
	const OPENSSPI_CLIENT_SIDS list = { 2, sids };
	struct token_facts facts = facts_of(DOMAIN, u"CORP", u"alice", NULL);
	struct token *t = NULL, *found;
	HANDLE first = NULL, second = NULL;
	(void)state;
	facts.sids = &list;
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	assert_int_equal(t->sids.Count, 2);
	assert_int_equal(t->sids.Sids[1][17], u'3');
	assert_int_equal(token_open(t, &first), STATUS_SUCCESS);
	assert_int_equal(token_open(t, &second), STATUS_SUCCESS);
	assert_ptr_not_equal(first, second);
	token_unref(t);
	assert_true(token_close(first));
	assert_false(token_close(first));
	assert_null(token_of(first));
	assert_null(token_of(NULL));
	assert_null(token_of((HANDLE)(uintptr_t)-1));
	found = token_of(second);
	assert_ptr_equal(found, t);
	assert_true(token_close(second));
	assert_int_equal(found->unix_user.ids.uid, 64502); /* who uses it still has it */
	token_unref(found);
}

/* ---- sessions that end with their tokens ---- */

static unsigned ended;

static void note_end(LUID logon)
{
	assert_int_equal(logon.LowPart, 7);
	ended++;
}

static struct token *token_of_session(void)
{
	struct token_facts facts = facts_of(MACHINE, u"HOST", u"alice", NULL);
	struct token *t = NULL;

	facts.end = note_end;
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	return t;
}

static void the_last_token_ends_its_session(void **state)
{
	struct token *t = token_of_session(), *copy = NULL;
	HANDLE handle;
	(void)state;
	ended = 0;
	assert_int_equal(token_open(t, &handle), STATUS_SUCCESS);
	assert_int_equal(token_copy_as(t, TokenImpersonation, SecurityImpersonation, &copy),
			 STATUS_SUCCESS);
	token_unref(t);
	assert_true(token_close(handle));
	assert_int_equal(ended, 0);
	token_unref(copy);
	assert_int_equal(ended, 1);
}

static void what_is_over_is_not_ended_again(void **state)
{
	struct token *t = token_of_session();
	(void)state;
	ended = 0;
	token_session_is_over((LUID){ 7, 9 });
	token_session_is_over((LUID){ 7, 8 });
	token_unref(t);
	assert_int_equal(ended, 0);
	t = token_of_session();
	token_unref(t);
	assert_int_equal(ended, 1);
}

static void credentials_keep_their_session_until_they_are_freed(void **state)
{
	struct token *t = token_of_session();
	const LUID logon = { 7, 8 }, stranger = { 7, 9 };
	struct token_use *first, *second, *nothing;
	(void)state;
	ended = 0;
	assert_int_equal(token_use_begin(&stranger, &nothing), STATUS_SUCCESS);
	assert_null(nothing);
	token_use_settle(nothing, 5);
	assert_int_equal(token_use_begin(&logon, &nothing), STATUS_SUCCESS);
	token_use_settle(nothing, 0);
	assert_int_equal(token_use_begin(&logon, &first), STATUS_SUCCESS);
	assert_int_equal(token_use_begin(&logon, &second), STATUS_SUCCESS);
	token_use_settle(first, 5);
	token_use_settle(second, 6);
	token_unref(t);
	token_use_end(4);
	token_use_end(6);
	token_use_end(6);
	assert_int_equal(ended, 0);
	token_use_end(5);
	assert_int_equal(ended, 1);
	assert_int_equal(token_use_begin(&logon, &nothing), STATUS_SUCCESS);
	assert_null(nothing);
}

static void a_child_ends_no_session_of_its_parents(void **state)
{
	struct token *t = token_of_session();
	int status;
	(void)state;
	ended = 0;
	pid_t child = fork();
	if (child == 0) {
		token_unref(t);
		_exit((int)ended);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	token_unref(t);
	assert_int_equal(ended, 1);
}

static void *act_and_end(void *arg)
{
	return (void *)(uintptr_t)(token_act(arg) == STATUS_SUCCESS && identity_is_assumed());
}

static void a_thread_that_ends_acts_no_more(void **state)
{
	struct token *t = token_of_session();
	pthread_t thread;
	void *fine;
	(void)state;
	if (geteuid() != 0) {
		token_unref(t);
		return;
	}
	ended = 0;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(pthread_create(&thread, NULL, act_and_end, t), 0);
		assert_int_equal(pthread_join(thread, &fine), 0);
		assert_non_null(fine);
	}
	assert_int_equal(atomic_load(&t->refs), 1);
	token_unref(t);
	assert_int_equal(ended, 1);
}

static struct token *token_with(const WCHAR *const *list, ULONG count)
{
	LPWSTR sids[8];
	const OPENSSPI_CLIENT_SIDS given = { count, sids };
	struct token_facts facts = facts_of(DOMAIN, u"CORP", u"alice", NULL);
	struct token *t = NULL;

	for (ULONG i = 0; i < count; i++)
		sids[i] = (WCHAR *)(uintptr_t)list[i];
	facts.sids = &given;
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	return t;
}

/* A ticket may say anything: nobody is this machine's administrator or root by it. */
static void a_domain_names_nobody_of_this_machine(void **state)
{
	static const WCHAR *const mixed[] = {
		u"S-1-5-21-1-2-3-1000", u"S-1-5-32-544", u"S-1-22-1-0", u"S-1-5-21-1-2-3-513",
		u"S-1-22-2-0",		u"S-1-5-18",	 u"S-1-18-1",	u"S-1-1-0"
	};
	static const WCHAR *const roots[] = { u"S-1-22-1-0", u"S-1-5-21-1-2-3-513" };
	(void)state;
	struct token *t = token_with(mixed, 8);
	assert_int_equal(t->sids.Count, 3);
	assert_memory_equal(t->sids.Sids[0], mixed[0], 40);
	assert_memory_equal(t->sids.Sids[1], mixed[3], 38);
	assert_memory_equal(t->sids.Sids[2], mixed[6], 18);
	token_unref(t);
	/* Nor is a group the user. */
	t = token_with(roots, 2);
	assert_int_equal(t->sids.Count, 0);
	token_unref(t);
}

static void who_lets_itself_be_identified_alone_is_nobody_to_act_as(void **state)
{
	struct token_facts facts = facts_of(MACHINE, u"HOST", u"alice", NULL);
	struct token *t = NULL;
	(void)state;
	facts.account.Level = SecurityIdentification;
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	assert_true(t->has_user);
	assert_int_equal(token_act(t), SEC_E_NO_IMPERSONATION);
	assert_null(token_acting());
	token_unref(t);
}

/* Without privilege a process may be itself, which is enough to ask as another. */
static void a_thread_that_acts_as_another_has_no_credential_set(void **state)
{
	struct acquire_call mine = { .use = SECPKG_CRED_OUTBOUND }, named = mine, brought = mine,
			    inbound = { .use = SECPKG_CRED_INBOUND };
	struct token_facts facts = facts_of(MACHINE, u"HOST", u"alice", NULL);
	struct token *t = NULL, *acting;
	(void)state;
	if (geteuid() != 0)
		return;
	named.has_logon = true;
	brought.auth = (struct ipc_bytes){ (const uint8_t *)"x", 1 };
	assert_int_equal(acting_check(CALL_CRED_READ, NULL), STATUS_SUCCESS);
	assert_int_equal(token_new(&facts, &t), STATUS_SUCCESS);
	assert_int_equal(token_act(t), STATUS_SUCCESS);
	acting = token_acting();
	assert_ptr_equal(acting, t);
	token_unref(acting);
	for (enum call c = CALL_CRED_WRITE; c <= CALL_VAULT_FAULT; c++)
		assert_int_equal(acting_check(c, NULL), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(acting_check(CALL_ACQUIRE_CREDENTIALS, &mine), SEC_E_NO_CREDENTIALS);
	assert_int_equal(acting_check(CALL_ACQUIRE_CREDENTIALS, &named), STATUS_SUCCESS);
	assert_int_equal(acting_check(CALL_ACQUIRE_CREDENTIALS, &brought), STATUS_SUCCESS);
	assert_int_equal(acting_check(CALL_ACQUIRE_CREDENTIALS, &inbound), STATUS_SUCCESS);
	assert_int_equal(acting_check(CALL_INIT_CONTEXT, NULL), STATUS_SUCCESS);
	/* Within a call the thread is the process: so is a package that asks. */
	bool paused = identity_pause();
	assert_int_equal(acting_check(CALL_CRED_READ, NULL), STATUS_SUCCESS);
	identity_resume(paused);
	token_act_no_more();
	assert_null(token_acting());
	assert_int_equal(acting_check(CALL_CRED_READ, NULL), STATUS_SUCCESS);
	token_unref(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_authority_has_its_own_users),
		cmocka_unit_test(nobody_is_root),
		cmocka_unit_test(names_that_say_more_are_not_looked_up),
		cmocka_unit_test(a_domain_names_nobody_of_this_machine),
		cmocka_unit_test(a_user_is_who_its_name_says),
		cmocka_unit_test(a_number_is_no_users_name),
		cmocka_unit_test(a_user_of_many_groups_has_them_all),
		cmocka_unit_test(the_last_token_ends_its_session),
		cmocka_unit_test(what_is_over_is_not_ended_again),
		cmocka_unit_test(credentials_keep_their_session_until_they_are_freed),
		cmocka_unit_test(a_child_ends_no_session_of_its_parents),
		cmocka_unit_test(a_thread_that_ends_acts_no_more),
		cmocka_unit_test(handles_are_numbers_that_are_closed_once),
		cmocka_unit_test(who_lets_itself_be_identified_alone_is_nobody_to_act_as),
		cmocka_unit_test(a_thread_that_acts_as_another_has_no_credential_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
