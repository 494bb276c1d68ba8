/* tests/unit/test_lsa_session.c - logon sessions in an LSA of its own: whose credentials, how many, how they end.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <grp.h>
#include <ntsecapi.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf.h"
#include "credman/rules.h"
#include "lsa/call.h"
#include "lsa/primary.h"
#include "lsa/saved.h"
#include "lsa/sets.h"
#include "lsa/state.h"

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })
#define ALICE 54321 /* users whom nobody has heard of */
#define BOB 54322
#define LUID_OF(n) ((LUID){ .LowPart = (n), .HighPart = 77 })

static struct home {
	char folder[64];
	struct credman *set[2];
	struct policy *policy;
	struct lsa *lsa;
	const LSA_SECPKG_FUNCTION_TABLE *table;
} h;

/* ---- an LSA with users ---- */

static struct credman *set_of(uid_t uid)
{
	char text[2][128];
	int i = uid == ALICE ? 0 : 1;
	const struct credman_places places = { .vault = text[0], .vault_key = text[1] };

	snprintf(text[0], sizeof(text[0]), "%s/%u.db", h.folder, (unsigned)uid);
	snprintf(text[1], sizeof(text[1]), "%s/%u.key", h.folder, (unsigned)uid);
	if (!h.set[i])
		assert_int_equal(credman_new(&places, &h.set[i]), STATUS_SUCCESS);
	return h.set[i];
}

static void configure(const char *text)
{
	char path[128];
	struct text why = { 0 };

	snprintf(path, sizeof(path), "%s/etc", h.folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/etc/opensspi.conf", h.folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(policy_open(&h.policy, &why), STATUS_SUCCESS);
	text_done(&why);
}

static void begin(const char *configuration)
{
	static const struct package_module *const modules[] = { &mock_whole_module, NULL };

	mock = (struct mock_state){ .last_use = 0 };
	h = (struct home){ .folder = "/tmp/opensspi-session-XXXXXX" };
	assert_non_null(mkdtemp(h.folder));
	setenv("OPENSSPI_HOME", h.folder, 1);
	if (configuration)
		configure(configuration);
	const struct lsa_setup setup = { .modules = modules,
					 .policy = h.policy,
					 .credman_of = set_of };
	assert_int_equal(lsa_new(&setup, &h.lsa), STATUS_SUCCESS);
	h.table = mock.table;
}

static int home_open(void **state)
{
	begin(NULL);
	return 0;
}

static int home_close(void **state)
{
	char command[128];

	while (h.lsa->clients) /* of a test that failed */
		lsa_client_free(h.lsa->clients);
	lsa_free(h.lsa);
	credman_free(h.set[0]);
	credman_free(h.set[1]);
	policy_free(h.policy);
	snprintf(command, sizeof(command), "rm -rf '%s'", h.folder);
	return system(command);
}

static struct lsa_client *client(uid_t uid, uint32_t audit)
{
	const struct lsa_client_setup setup = { .uid = uid, .gid = (gid_t)uid, .pid = 0 };
	struct lsa_client *c = lsa_client_new(h.lsa, &setup);

	assert_non_null(c);
	c->audit = audit;
	return c;
}

/* ---- what clients do ---- */

static NTSTATUS save(struct lsa_client *c, struct utf16 target, uint32_t persist)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	const struct credential_view view = { .type = CRED_TYPE_GENERIC,
					      .persist = persist,
					      .target = target,
					      .user = T("bot"),
					      .blob = rd_of("secret", 6) };
	struct empty_reply reply = { 0 };

	credential_write(&w, &view);
	const struct cred_write_call call = { .credential = { w.buf, (uint32_t)w.len } };
	return lsa_dispatch(c, CALL_CRED_WRITE, &call, &reply, NULL);
}

static NTSTATUS see(struct lsa_client *c, struct utf16 target)
{
	const struct cred_name_call call = { .target = { target.p, (uint32_t)target.n },
					     .type = CRED_TYPE_GENERIC };
	struct cred_list_reply reply = { 0 };
	NTSTATUS status = lsa_dispatch(c, CALL_CRED_READ, &call, &reply, NULL);

	call_reply_done(CALL_CRED_READ, &reply);
	return status == VAULT_ABSENT ? STATUS_NOT_FOUND : status;
}

static NTSTATUS end(struct lsa_client *c, LUID logon)
{
	struct empty_reply reply = { 0 };
	return lsa_dispatch(c, CALL_SESSION_END, &(struct session_end_call){ logon }, &reply, NULL);
}

static uint32_t longest(struct lsa_client *c)
{
	struct cred_session_reply reply = { { 0 } };

	assert_int_equal(
		lsa_dispatch(c, CALL_CRED_SESSION, &(struct packages_call){ 0 }, &reply, NULL),
		STATUS_SUCCESS);
	return reply.persist[CRED_TYPE_GENERIC];
}

static uint32_t listed(struct lsa_client *c)
{
	struct session_list_reply reply = { .luids = { NULL, 0 } };

	assert_int_equal(
		lsa_dispatch(c, CALL_SESSION_LIST, &(struct packages_call){ 0 }, &reply, NULL),
		STATUS_SUCCESS);
	uint32_t n = reply.luids.n / 8;
	call_reply_done(CALL_SESSION_LIST, &reply);
	return n;
}

/* What a package does in a call of a client, or of nobody's. */
static NTSTATUS create(struct lsa_client *c, LUID logon)
{
	struct frame frame;

	call_enter(&frame, h.lsa, c, h.lsa->host.package[0]);
	NTSTATUS status = h.table->CreateLogonSession(&logon);
	call_leave(&frame);
	return status;
}

/* Whose account it is, and who says so: OPENSSPI_ACCOUNT_OF_; 0: the package alone. */
struct said {
	struct utf16 user, domain;
	uint32_t vouched;
};

static void name_as(struct lsa_client *c, LUID logon, struct said said, SECURITY_LOGON_TYPE type)
{
	UNICODE_STRING account = unicode_view(said.user.p, (uint32_t)said.user.n);
	UNICODE_STRING authority = unicode_view(said.domain.p, (uint32_t)said.domain.n);
	struct frame frame;

	call_enter(&frame, h.lsa, c, h.lsa->host.package[0]);
	if (said.vouched)
		call_vouch(said.vouched);
	h.table->AuditLogon(STATUS_SUCCESS, 0, &account, &authority, NULL, NULL, type, NULL,
			    &logon);
	call_leave(&frame);
}

static void name(struct lsa_client *c, LUID logon, struct utf16 user, SECURITY_LOGON_TYPE type)
{
	name_as(c, logon, (struct said){ user, { NULL, 0 }, OPENSSPI_ACCOUNT_OF_MACHINE }, type);
}

static NTSTATUS credi_see(struct lsa_client *c, LUID logon, struct utf16 target)
{
	PENCRYPTED_CREDENTIALW found = NULL;
	struct frame frame;

	call_enter(&frame, h.lsa, c, h.lsa->host.package[0]);
	NTSTATUS status = h.table->CrediRead(&logon, CREDP_FLAGS_IN_PROCESS,
					     (WCHAR *)(uintptr_t)target.p, CRED_TYPE_GENERIC, 0,
					     &found);
	call_leave(&frame);
	if (found)
		h.table->CrediFreeCredentials(1, &found);
	return status;
}

static NTSTATUS credi_save(struct lsa_client *c, LUID logon, struct utf16 target, ULONG persist)
{
	ENCRYPTED_CREDENTIALW given = {
		.Cred = { .Type = CRED_TYPE_GENERIC,
			  .TargetName = (WCHAR *)(uintptr_t)target.p,
			  .Persist = persist,
			  .CredentialBlobSize = 6,
			  .CredentialBlob = (BYTE *)(uintptr_t) "secret" },
		.ClearCredentialBlobSize = 6,
	};
	struct frame frame;

	call_enter(&frame, h.lsa, c, h.lsa->host.package[0]);
	NTSTATUS status = h.table->CrediWrite(
		&logon, CREDP_FLAGS_IN_PROCESS | CREDP_FLAGS_CLEAR_PASSWORD, &given, 0);
	call_leave(&frame);
	return status;
}

/* ---- users' own sessions ---- */

static void two_sessions_of_one_user_share_what_lasts_and_no_more(void **state)
{
	struct lsa_client *first = client(ALICE, 1), *again = client(ALICE, 1),
			  *second = client(ALICE, 2), *other = client(BOB, 1);

	assert_int_equal(save(first, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(first, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	assert_int_equal(see(again, T("fleeting")), STATUS_SUCCESS);
	assert_int_equal(see(second, T("fleeting")), STATUS_NOT_FOUND);
	assert_int_equal(see(second, T("lasting")), STATUS_SUCCESS);
	assert_int_equal(see(other, T("fleeting")), STATUS_NOT_FOUND);
	assert_int_equal(see(other, T("lasting")), STATUS_NOT_FOUND);
	assert_int_equal(save(second, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	/* a session goes on while none of its programs is there */
	lsa_client_free(first);
	lsa_client_free(again);
	first = client(ALICE, 1);
	assert_int_equal(see(first, T("fleeting")), STATUS_SUCCESS);
	assert_int_equal(mock.terminated, 0);
	lsa_client_free(first);
	lsa_client_free(second);
	lsa_client_free(other);
}

static void one_process_ends_its_session_for_all(void **state)
{
	struct lsa_client *first = client(ALICE, 1), *again = client(ALICE, 1),
			  *second = client(ALICE, 2);
	LUID own = session_own(first), theirs = session_own(second);

	assert_int_equal(save(first, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(second, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(first, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	assert_int_equal(end(first, theirs), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(mock.terminated, 0);
	assert_int_equal(end(again, (LUID){ 0 }), STATUS_SUCCESS);
	assert_int_equal(mock.terminated, 1);
	assert_true(SecEqualLuid(&mock.terminated_logon, &own));
	assert_int_equal(see(first, T("fleeting")), STATUS_NOT_FOUND);
	assert_int_equal(see(first, T("lasting")), STATUS_SUCCESS);
	assert_int_equal(see(second, T("fleeting")), STATUS_SUCCESS);
	/* what comes after is a session as new */
	assert_int_equal(save(first, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(see(again, T("fleeting")), STATUS_SUCCESS);
	assert_int_equal(end(first, own), STATUS_SUCCESS);
	assert_int_equal(mock.terminated, 2);
	lsa_client_free(first);
	lsa_client_free(again);
	lsa_client_free(second);
}

static void logind(const char *verb, const char *file)
{
	char command[256];

	snprintf(command, sizeof(command), "%s '%s/run/systemd/sessions%s'", verb, h.folder, file);
	assert_int_equal(system(command), 0);
}

static void a_session_that_logind_had_ends_when_it_is_gone(void **state)
{
	struct lsa_client *first = client(ALICE, 5), *never = client(ALICE, 6),
			  *none = client(ALICE, 0);

	logind("mkdir -p", "");
	logind("touch", "/5");
	assert_int_equal(save(first, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(never, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(none, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	lsa_look(h.lsa);
	assert_int_equal(mock.terminated, 0);
	logind("rm -r", ""); /* logind itself is away */
	lsa_look(h.lsa);
	assert_int_equal(mock.terminated, 0);
	logind("mkdir -p", "");
	lsa_look(h.lsa);
	lsa_look(h.lsa);
	assert_int_equal(mock.terminated, 1);
	assert_int_equal(see(first, T("fleeting")), STATUS_NOT_FOUND);
	assert_int_equal(see(never, T("fleeting")), STATUS_SUCCESS);
	assert_int_equal(see(none, T("fleeting")), STATUS_SUCCESS);
	lsa_client_free(first);
	lsa_client_free(never);
	lsa_client_free(none);
}

static void all_sessions_end_with_the_lsa(void **state)
{
	struct lsa_client *c = client(ALICE, 1);

	assert_int_equal(listed(c), 1);
	assert_int_equal(create(NULL, LUID_OF(1)), STATUS_SUCCESS);
	lsa_client_free(c);
	assert_int_equal(mock.terminated, 0);
	sessions_end_all(h.lsa);
	assert_int_equal(mock.terminated, 2);
	sessions_end_all(h.lsa);
	assert_int_equal(mock.terminated, 2);
}

/* ---- what packages create ---- */

static void a_created_session_has_a_set_of_its_own(void **state)
{
	struct lsa_client *c = client(ALICE, 1), *other = client(ALICE, 1);
	LUID own = session_own(c);

	assert_int_equal(save(c, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	assert_int_equal(save(c, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(create(c, LUID_OF(1)), STATUS_SUCCESS);
	assert_int_equal(create(c, LUID_OF(2)), STATUS_SUCCESS);
	assert_int_equal(create(c, LUID_OF(3)), STATUS_SUCCESS);
	name(c, LUID_OF(1), T("54321"), Interactive); /* the client's own user, who has no name */
	name(c, LUID_OF(2), T("54322"), Interactive);
	name(c, LUID_OF(3), T("54321"), Network);
	assert_int_equal(credi_see(c, LUID_OF(1), T("lasting")), STATUS_SUCCESS);
	assert_int_equal(credi_see(c, LUID_OF(1), T("fleeting")), STATUS_NOT_FOUND);
	assert_int_equal(credi_see(c, LUID_OF(2), T("lasting")), STATUS_NOT_FOUND);
	assert_int_equal(credi_see(c, LUID_OF(3), T("lasting")), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(credi_save(c, LUID_OF(2), T("x"), CRED_PERSIST_LOCAL_MACHINE),
			 STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(credi_save(c, LUID_OF(2), T("x"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(credi_save(c, LUID_OF(1), T("y"), CRED_PERSIST_LOCAL_MACHINE),
			 STATUS_SUCCESS);
	assert_int_equal(credi_see(c, LUID_OF(2), T("x")), STATUS_SUCCESS);
	assert_int_equal(credi_see(c, own, T("x")), STATUS_NOT_FOUND);
	assert_int_equal(credi_see(c, own, T("y")), STATUS_SUCCESS);
	assert_int_equal(credi_see(c, own, T("fleeting")), STATUS_SUCCESS);
	/* another client of the same session has it no more than a stranger */
	assert_int_equal(credi_see(other, LUID_OF(1), T("lasting")), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(end(other, LUID_OF(1)), STATUS_NO_SUCH_LOGON_SESSION);
	/* a thread of a package's own finds whose it is */
	assert_int_equal(credi_see(NULL, LUID_OF(1), T("lasting")), STATUS_SUCCESS);
	assert_int_equal(credi_see(NULL, LUID_OF(2), T("x")), STATUS_SUCCESS);
	assert_int_equal(credi_see(NULL, own, T("fleeting")), STATUS_SUCCESS);
	assert_int_equal(credi_see(NULL, LUID_OF(3), T("x")), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(credi_see(NULL, LUID_OF(9), T("x")), STATUS_NO_SUCH_LOGON_SESSION);
	lsa_client_free(c);
	assert_int_equal(mock.terminated, 3);
	lsa_client_free(other);
}

static void what_a_session_offers_is_what_it_takes(void **state)
{
	struct lsa_client *c = client(ALICE, 1);
	struct credman *set = NULL;
	uint32_t persist[CREDMAN_TYPES];

	assert_int_equal(longest(c), CRED_PERSIST_ENTERPRISE);
	assert_int_equal(create(c, LUID_OF(2)), STATUS_SUCCESS);
	name(c, LUID_OF(2), T("54322"), Interactive);
	assert_int_equal(sets_of(h.lsa, LUID_OF(2), &set), STATUS_SUCCESS);
	credman_session_types(set, persist);
	assert_int_equal(persist[CRED_TYPE_GENERIC], CRED_PERSIST_SESSION);
	credman_free(set);
	lsa_client_free(c);
}

static void who_a_session_is_for_is_told(void **state)
{
	struct lsa_client *c = client(ALICE, 1), *root = client(0, 1), *bob = client(BOB, 1);
	const struct session_data_call call = { true, LUID_OF(1) };
	const struct session_data_call own = { true, session_own(c) };
	struct session_data_reply about = { 0 };

	assert_int_equal(create(c, LUID_OF(1)), STATUS_SUCCESS);
	name(c, LUID_OF(1), T("54321"), Batch);
	assert_int_equal(session_describe(c, &call, &about), STATUS_SUCCESS);
	assert_int_equal(about.logon_type, Batch);
	assert_int_equal(about.user.n, 10);
	assert_memory_equal(about.user.p, u"54321", 10);
	assert_memory_equal(about.package.p, u"Mock", 8);
	assert_int_equal(about.sid.n, 16); /* S-1-22-1-54321 */
	assert_int_equal(u32le_at(about.sid.p + 12), ALICE);
	call_reply_done(CALL_SESSION_DATA, &about);
	assert_int_equal(session_describe(bob, &call, &about), STATUS_ACCESS_DENIED);
	assert_int_equal(session_describe(root, &call, &about), STATUS_SUCCESS);
	call_reply_done(CALL_SESSION_DATA, &about);
	assert_int_equal(listed(c), 2);
	assert_int_equal(listed(bob), 1);
	assert_int_equal(listed(root), 4);
	assert_int_equal(session_describe(bob, &own, &about), STATUS_ACCESS_DENIED);
	assert_int_equal(session_describe(root, &own, &about), STATUS_SUCCESS);
	assert_memory_equal(about.user.p, u"54321", 10);
	call_reply_done(CALL_SESSION_DATA, &about);
	lsa_client_free(c);
	lsa_client_free(root);
	lsa_client_free(bob);
}

static void no_client_and_no_user_has_too_many(void **state)
{
	struct lsa_client *c[6], *bob = client(BOB, 1), *root = client(0, 1);
	uint32_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[i] = client(ALICE, 1);
	while (create(c[0], LUID_OF(n)) == STATUS_SUCCESS)
		n++;
	assert_int_equal(n, SESSIONS_OF_CLIENT);
	assert_int_equal(create(c[0], LUID_OF(n)), STATUS_QUOTA_EXCEEDED);
	for (size_t i = 1; i < ARRAY_LEN(c); i++)
		while (create(c[i], LUID_OF(n)) == STATUS_SUCCESS)
			n++;
	assert_int_equal(n, SESSIONS_OF_USER);
	assert_int_equal(create(bob, LUID_OF(n)), STATUS_SUCCESS);
	for (uint32_t i = 1; i < 2 * SESSIONS_OF_CLIENT; i++)
		assert_int_equal(create(root, LUID_OF(n + i)), STATUS_SUCCESS);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		lsa_client_free(c[i]);
	lsa_client_free(bob);
	lsa_client_free(root);
	assert_int_equal(h.lsa->sessions.count, 0);
	assert_int_equal(mock.terminated, SESSIONS_OF_USER + 2 * SESSIONS_OF_CLIENT);
}

static NTSTATUS add_entry(LUID logon)
{
	return primary_add(h.lsa, (struct primary_owner){ logon, 0 }, rd_of("k", 1), rd_of("v", 1));
}

/* Whoever may start processes outside of any audit session may number his own. */
static void a_user_has_not_too_many_of_his_own(void **state)
{
	struct lsa_client *first = client(ALICE, 1), *second = client(ALICE, 2),
			  *bob = client(BOB, 1);
	struct lsa_client *root = client(0, 1);

	assert_int_equal(save(first, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(second, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(save(bob, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	LUID ended = session_own(second);
	lsa_client_free(second);
	for (uint32_t i = 3; i < 2 * SESSIONS_OWN; i++) {
		struct lsa_client *c = client(ALICE, i);
		assert_int_equal(session_keep_own(c), STATUS_SUCCESS);
		lsa_client_free(c);
	}
	assert_in_range(listed(root), SESSIONS_OWN, SESSIONS_OWN + 2);
	assert_int_equal(see(first, T("fleeting")), STATUS_SUCCESS); /* it is in use */
	assert_int_equal(see(bob, T("fleeting")), STATUS_SUCCESS);
	assert_false(session_is_known(h.lsa, ended));
	lsa_client_free(first);
	lsa_client_free(bob);
	lsa_client_free(root);
}

/* All are in use: there are no more of them, and the program goes on without. */
static void own_sessions_in_use_stay(void **state)
{
	struct lsa_client *c[SESSIONS_OWN], *late = client(ALICE, 4711);

	for (uint32_t i = 0; i < SESSIONS_OWN; i++) {
		c[i] = client(ALICE, i + 1);
		assert_int_equal(session_keep_own(c[i]), STATUS_SUCCESS);
	}
	assert_int_equal(session_keep_own(late), STATUS_QUOTA_EXCEEDED);
	assert_int_equal(save(late, T("lasting"), CRED_PERSIST_LOCAL_MACHINE),
			 STATUS_QUOTA_EXCEEDED);
	lsa_client_free(c[7]);
	assert_int_equal(save(late, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	for (uint32_t i = 0; i < SESSIONS_OWN; i++)
		if (i != 7)
			lsa_client_free(c[i]);
	lsa_client_free(late);
}

static void what_packages_keep_is_shared_out(void **state)
{
	struct lsa_client *c = client(ALICE, 1), *again = client(ALICE, 1), *bob = client(BOB, 1);
	uint32_t n = 0;

	assert_int_equal(create(c, LUID_OF(1)), STATUS_SUCCESS);
	assert_int_equal(create(again, LUID_OF(2)), STATUS_SUCCESS);
	assert_int_equal(create(bob, LUID_OF(3)), STATUS_SUCCESS);
	assert_int_equal(listed(c), 2); /* its own is kept from now on */
	while (add_entry(LUID_OF(1)) == STATUS_SUCCESS)
		n++;
	assert_int_equal(n, PRIMARY_OF_CLIENT);
	while (add_entry(LUID_OF(2)) == STATUS_SUCCESS)
		n++;
	assert_int_equal(n, PRIMARY_OF_USER);
	assert_int_equal(add_entry(session_own(c)), STATUS_QUOTA_EXCEEDED);
	assert_int_equal(add_entry(LUID_OF(3)), STATUS_SUCCESS);
	assert_int_equal(end(again, LUID_OF(2)), STATUS_SUCCESS);
	assert_int_equal(add_entry(session_own(c)), STATUS_SUCCESS);
	lsa_client_free(c);
	lsa_client_free(again);
	lsa_client_free(bob);
}

static void what_does_not_last_has_its_bounds(void **state)
{
	struct lsa_client *c = client(ALICE, 1), *other = client(BOB, 1);
	WCHAR target[] = u"many-0000";
	NTSTATUS status = STATUS_SUCCESS;
	uint32_t n = 0;

	for (; n < 10000 && status == STATUS_SUCCESS; n++) {
		for (uint32_t i = 0, rest = n; i < 4; i++, rest /= 10)
			target[8 - i] = (WCHAR)('0' + rest % 10);
		status = save(c, (struct utf16){ target, 9 }, CRED_PERSIST_SESSION);
	}
	assert_int_equal(status, VAULT_FULL);
	assert_true(n > 1000);
	assert_int_equal(see(c, T("many-0000")), STATUS_SUCCESS);
	assert_int_equal(save(other, T("one"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	for (n = 1; n < CREDMAN_SHELVES; n++) {
		assert_int_equal(create(c, LUID_OF(n)), STATUS_SUCCESS);
		name(c, LUID_OF(n), T("54322"), Interactive);
		assert_int_equal(credi_save(c, LUID_OF(n), T("x"), CRED_PERSIST_SESSION),
				 STATUS_SUCCESS);
	}
	assert_int_equal(create(c, LUID_OF(n)), STATUS_SUCCESS);
	name(c, LUID_OF(n), T("54322"), Interactive);
	assert_int_equal(credi_save(c, LUID_OF(n), T("x"), CRED_PERSIST_SESSION),
			 STATUS_QUOTA_EXCEEDED);
	assert_int_equal(end(c, LUID_OF(1)), STATUS_SUCCESS);
	assert_int_equal(credi_save(c, LUID_OF(n), T("x"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	lsa_client_free(c);
	lsa_client_free(other);
}

/* ---- who is trusted ---- */

static void root_and_a_configured_group_are_trusted(void **state)
{
	const struct group *group = getgrgid(0);
	char text[128];

	assert_non_null(group);
	snprintf(text, sizeof(text), "[lsa]\ntrusted = %s\nservers = nobody-has-it\n",
		 group->gr_name);
	begin(text);
	struct lsa_client *alice = client(ALICE, 1), *root = client(0, 1), *bob = client(BOB, 1);
	LUID hers = session_own(alice);
	bob->setup.gid = 0;
	assert_true(session_is_trusted(root));
	assert_true(session_is_trusted(bob));
	assert_false(session_is_trusted(alice));
	const struct connect_call call = { .trusted = true };
	struct empty_reply reply = { 0 };
	assert_int_equal(lsa_dispatch(bob, CALL_CONNECT, &call, &reply, NULL), STATUS_SUCCESS);
	assert_int_equal(lsa_dispatch(alice, CALL_CONNECT, &call, &reply, NULL),
			 STATUS_PORT_CONNECTION_REFUSED);
	assert_int_equal(save(alice, T("fleeting"), CRED_PERSIST_SESSION), STATUS_SUCCESS);
	assert_int_equal(session_check(alice, session_own(bob)), SEC_E_NOT_OWNER);
	assert_int_equal(session_check(bob, hers), STATUS_SUCCESS);
	assert_int_equal(session_check(bob, LUID_OF(1)), SEC_E_NOT_OWNER);
	assert_int_equal(credi_see(bob, hers, T("fleeting")), STATUS_SUCCESS);
	assert_int_equal(credi_see(alice, session_own(bob), T("fleeting")),
			 STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(end(bob, hers), STATUS_SUCCESS);
	assert_int_equal(see(alice, T("fleeting")), STATUS_NOT_FOUND);
	lsa_client_free(alice);
	lsa_client_free(root);
	lsa_client_free(bob);
	assert_int_equal(home_close(NULL), 0);
}

/* The name of the user of that number; false when there is none. */
static bool name_of_user(uid_t uid, WCHAR wide[64], struct utf16 *out)
{
	const struct passwd *somebody = getpwuid(uid);
	size_t n = somebody ? strlen(somebody->pw_name) : 0;

	assert_true(n < 64);
	for (size_t i = 0; i < n; i++)
		wide[i] = (WCHAR)somebody->pw_name[i];
	*out = (struct utf16){ wide, n };
	return n > 0;
}

/* A trusted client's logon of a user of this system is that user's, and his vault's; another's is not. */
static void a_trusted_clients_logon_has_the_vault_of_its_user(void **state)
{
	struct lsa_client *root = client(0, 1), *bob = client(BOB, 1), *daemon;
	struct utf16 somebody;
	WCHAR wide[64];

	if (!name_of_user(1, wide, &somebody))
		skip();
	daemon = client(1, 1);
	assert_int_equal(save(daemon, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	assert_int_equal(create(root, LUID_OF(1)), STATUS_SUCCESS);
	assert_int_equal(create(bob, LUID_OF(2)), STATUS_SUCCESS);
	name(root, LUID_OF(1), somebody, Interactive);
	name(bob, LUID_OF(2), somebody, Interactive);
	assert_int_equal(credi_see(root, LUID_OF(1), T("lasting")), STATUS_SUCCESS);
	assert_int_equal(credi_see(bob, LUID_OF(2), T("lasting")), STATUS_NOT_FOUND);
	lsa_client_free(root);
	lsa_client_free(bob);
	lsa_client_free(daemon);
}

/* A domain has users of the same names as this machine, also the domain that it is in; and nobody becomes root. */
static void nobody_of_a_domain_has_the_vault_of_a_local_user(void **state)
{
	WCHAR wide[64], root_wide[64];
	struct utf16 somebody = { NULL, 0 }, root_name = { NULL, 0 };

	if (!name_of_user(1, wide, &somebody) || !name_of_user(0, root_wide, &root_name))
		skip();
	begin("[lsa]\nnetbios name = SRV\nnetbios domain = CORP\ndns name = srv.corp.test\n"
	      "dns domain = corp.test\n");
	const struct {
		struct said said;
		NTSTATUS want;
	} rows[] = {
		{ { somebody, T("SRV"), 0 }, STATUS_SUCCESS },
		{ { somebody, T("."), 0 }, STATUS_SUCCESS },
		{ { somebody, T("SRV.corp.test"), 0 }, STATUS_SUCCESS },
		{ { somebody, T("CORP"), OPENSSPI_ACCOUNT_OF_MACHINE }, STATUS_SUCCESS },
		{ { somebody, T("CORP"), 0 }, STATUS_NOT_FOUND },
		{ { somebody, T("CORP.TEST"), 0 }, STATUS_NOT_FOUND },
		{ { somebody, { NULL, 0 }, 0 }, STATUS_NOT_FOUND },
		{ { somebody, T("SRV"), OPENSSPI_ACCOUNT_OF_DOMAIN }, STATUS_NOT_FOUND },
		{ { root_name, T("SRV"), OPENSSPI_ACCOUNT_OF_MACHINE }, STATUS_NOT_FOUND },
	};
	struct lsa_client *root = client(0, 1), *daemon = client(1, 1);

	assert_int_equal(save(daemon, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	assert_int_equal(save(root, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(create(root, LUID_OF(i)), STATUS_SUCCESS);
		name_as(root, LUID_OF(i), rows[i].said, Interactive);
		assert_int_equal(credi_see(root, LUID_OF(i), T("lasting")), rows[i].want);
	}
	lsa_client_free(root);
	lsa_client_free(daemon);
	assert_int_equal(home_close(NULL), 0);
}

/* Credentials may have any name: a session is for whom its package has proven, and else for nobody. */
static void credentials_prove_no_name(void **state)
{
	struct lsa_client *c = client(ALICE, 1);
	SECPKG_PRIMARY_CRED primary = { .LogonId = LUID_OF(1), .Flags = PRIMARY_CRED_UPDATE };
	struct session_data_call call = { true, LUID_OF(1) };
	struct session_data_reply about = { 0 };
	struct frame frame;

	primary.DownlevelName = unicode_view(OPENSSPI_WIDE("54321"), 5);
	primary.Upn = unicode_view(OPENSSPI_WIDE("54321@LAB"), 9);
	assert_int_equal(save(c, T("lasting"), CRED_PERSIST_LOCAL_MACHINE), STATUS_SUCCESS);
	for (uint32_t i = 1; i < 3; i++) {
		call.logon = primary.LogonId = LUID_OF(i);
		assert_int_equal(create(c, LUID_OF(i)), STATUS_SUCCESS);
		name_as(c, LUID_OF(i), (struct said){ i == 1 ? T("54322") : T("54321") },
			RemoteInteractive);
		call_enter(&frame, h.lsa, c, h.lsa->host.package[0]);
		assert_int_equal(h.table->UpdateCredentials(&primary, NULL), STATUS_SUCCESS);
		call_leave(&frame);
		assert_int_equal(credi_see(c, LUID_OF(i), T("lasting")),
				 i == 1 ? STATUS_NOT_FOUND : STATUS_SUCCESS);
		assert_int_equal(session_describe(c, &call, &about), STATUS_SUCCESS);
		assert_memory_equal(about.user.p, i == 1 ? u"54322" : u"54321", 10);
		assert_int_equal(about.upn.n, i == 1 ? 0 : 18);
		call_reply_done(CALL_SESSION_DATA, &about);
	}
	lsa_client_free(c);
}

/* ---- at once ---- */

static atomic_bool stop;

static void *write_on(void *with)
{
	while (!atomic_load(&stop)) {
		NTSTATUS status = save(with, T("fleeting"), CRED_PERSIST_SESSION);
		assert_true(status == STATUS_SUCCESS);
		(void)!see(with, T("fleeting"));
	}
	return NULL;
}

static void *create_on(void *with)
{
	for (uint32_t n = 1; !atomic_load(&stop); n++) {
		assert_int_equal(create(with, LUID_OF(n)), STATUS_SUCCESS);
		name(with, LUID_OF(n), T("54322"), Interactive);
		NTSTATUS status = credi_save(with, LUID_OF(n), T("x"), CRED_PERSIST_SESSION);
		assert_true(status == STATUS_SUCCESS || status == STATUS_NO_SUCH_LOGON_SESSION);
		(void)!end(with, LUID_OF(n));
	}
	return NULL;
}

static void sessions_end_while_others_use_them(void **state)
{
	struct lsa_client *c = client(ALICE, 1), *again = client(ALICE, 1), *root = client(0, 1);
	pthread_t writer, creator;

	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&writer, NULL, write_on, c), 0);
	assert_int_equal(pthread_create(&creator, NULL, create_on, again), 0);
	for (uint32_t i = 0; i < 300; i++) {
		assert_int_equal(end(root, session_own(c)) & 0, 0);
		(void)!end(root, LUID_OF(i));
		lsa_look(h.lsa);
		(void)listed(root);
	}
	atomic_store(&stop, true);
	pthread_join(writer, NULL);
	pthread_join(creator, NULL);
	lsa_client_free(c);
	lsa_client_free(again);
	lsa_client_free(root);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOME(two_sessions_of_one_user_share_what_lasts_and_no_more),
		IN_HOME(one_process_ends_its_session_for_all),
		IN_HOME(a_session_that_logind_had_ends_when_it_is_gone),
		IN_HOME(all_sessions_end_with_the_lsa),
		IN_HOME(a_created_session_has_a_set_of_its_own),
		IN_HOME(what_a_session_offers_is_what_it_takes),
		IN_HOME(who_a_session_is_for_is_told),
		IN_HOME(no_client_and_no_user_has_too_many),
		IN_HOME(a_user_has_not_too_many_of_his_own),
		IN_HOME(own_sessions_in_use_stay),
		IN_HOME(what_packages_keep_is_shared_out),
		IN_HOME(what_does_not_last_has_its_bounds),
		cmocka_unit_test(root_and_a_configured_group_are_trusted),
		IN_HOME(a_trusted_clients_logon_has_the_vault_of_its_user),
		cmocka_unit_test(nobody_of_a_domain_has_the_vault_of_a_local_user),
		IN_HOME(credentials_prove_no_name),
		IN_HOME(sessions_end_while_others_use_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
