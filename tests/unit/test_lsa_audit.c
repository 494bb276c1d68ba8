/* tests/unit/test_lsa_audit.c - the audit: what each line says, what none says, and where lines go.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/block.h"
#include "credman/rules.h"
#include "lsa/audit.h"
#include "lsa/call.h"
#include "lsa/saved.h"
#include "lsa/state.h"

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })
#define SECRET "Tr0ub4dor&3"

static struct {
	char folder[64], file[96], socket[96];
	struct credman *set;
	struct lsa *lsa;
	struct lsa_client *client;
} h;

static int begin(void **state)
{
	static const struct package_module *const modules[] = { &mock_module, NULL };
	const struct lsa_client_setup self = { .is_this_process = true };
	char vault[96], key[96];

	snprintf(h.folder, sizeof(h.folder), "/tmp/opensspi-audit-XXXXXX");
	assert_non_null(mkdtemp(h.folder));
	snprintf(vault, sizeof(vault), "%s/data/vault.db", h.folder);
	snprintf(key, sizeof(key), "%s/etc/vault.key", h.folder);
	snprintf(h.file, sizeof(h.file), "%s/audit.log", h.folder);
	snprintf(h.socket, sizeof(h.socket), "%s/log", h.folder);
	const struct credman_places places = { .vault = vault, .vault_key = key };
	assert_int_equal(credman_new(&places, &h.set), STATUS_SUCCESS);
	const struct lsa_setup setup = { .modules = modules, .credman = h.set, .audit = h.file };
	assert_int_equal(lsa_new(&setup, &h.lsa), STATUS_SUCCESS);
	h.client = lsa_client_new(h.lsa, &self);
	return h.client ? 0 : -1;
}

static int end(void **state)
{
	char command[96];

	lsa_client_free(h.client);
	lsa_free(h.lsa);
	credman_free(h.set);
	snprintf(command, sizeof(command), "rm -rf %s", h.folder);
	return system(command);
}

/* The log's bytes so far, and a NUL. */
static size_t log_read(char *out, size_t room)
{
	FILE *f = fopen(h.file, "re");
	size_t n = f ? fread(out, 1, room - 1, f) : 0;

	if (f)
		(void)fclose(f);
	out[n] = '\0';
	return n;
}

static size_t lines_in(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static NTSTATUS call(enum call which, const void *request)
{
	CLEANUP(mem_free_p) void *reply = mem_alloc(call_row(which)->reply_size);

	NTSTATUS status = lsa_dispatch(h.client, which, request, reply, NULL);
	call_reply_done(which, reply);
	return status;
}

static NTSTATUS save(struct utf16 target, struct utf16 user)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	static const WCHAR secret[] = OPENSSPI_WIDE(SECRET);
	const struct credential_view c = { .type = CRED_TYPE_GENERIC,
					   .persist = CRED_PERSIST_LOCAL_MACHINE,
					   .target = target,
					   .user = user,
					   .blob = rd_of(secret, sizeof(secret) - 2) };

	credential_write(&w, &c);
	const struct cred_write_call write = { .credential = { w.buf, (uint32_t)w.len } };
	return call(CALL_CRED_WRITE, &write);
}

static struct cred_name_call named(struct utf16 target)
{
	return (struct cred_name_call){ { target.p, (uint32_t)target.n }, CRED_TYPE_GENERIC, 0 };
}

static void each_call_has_a_line_that_says_who_what_and_the_result(void **state)
{
	char log[8192], want[64], program[64];
	const struct cred_name_call name = named(T("App/mine")), none = named(T("App/none"));
	const struct cred_rename_call rename = { name.target, none.target, CRED_TYPE_GENERIC, 0 };

	assert_int_equal(save(T("App/mine"), T("bob")), STATUS_SUCCESS);
	assert_int_equal(call(CALL_CRED_READ, &name), STATUS_SUCCESS);
	assert_int_equal(call(CALL_CRED_READ, &none), STATUS_NOT_FOUND);
	assert_int_equal(call(CALL_CRED_RENAME, &rename), STATUS_SUCCESS);
	assert_int_equal(call(CALL_CRED_DELETE, &none), STATUS_SUCCESS);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 5);
	snprintf(want, sizeof(want), " uid=%u pid=%d program=\"/", (unsigned)geteuid(),
		 (int)getpid());
	snprintf(program, sizeof(program), "/test_lsa_audit\" ");
	assert_non_null(strstr(log, want));
	assert_non_null(strstr(log, program));
	assert_non_null(strstr(log, "call=CredWrite "));
	assert_non_null(strstr(
		log, " target=\"App/mine\" type=1 persist=2 user=\"bob\" result=0x00000000\n"));
	assert_non_null(strstr(log, "call=CredRead "));
	assert_non_null(strstr(log, " target=\"App/none\" type=1 result=0xc0000225\n"));
	assert_non_null(
		strstr(log, " target=\"App/mine\" to=\"App/none\" type=1 result=0x00000000\n"));
	assert_non_null(strstr(log, "call=CredDelete "));
}

static void no_secret_is_in_any_line(void **state)
{
	char log[8192];
	static const WCHAR wide[] = OPENSSPI_WIDE(SECRET);
	const struct vault_add_call add = { .passphrase = { (const uint8_t *)SECRET,
							    strlen(SECRET) } };
	const struct vault_unlock_call unlock = { add.passphrase, 0 };
	const struct vault_export_call export = { add.passphrase };
	const struct packages_call nothing = { 0 };

	assert_int_equal(save(T("x"), T("u")), STATUS_SUCCESS);
	const struct cred_name_call name = named(T("x"));
	assert_int_equal(call(CALL_CRED_READ, &name), STATUS_SUCCESS);
	assert_int_equal(call(CALL_VAULT_ADD, &add), STATUS_SUCCESS);
	assert_int_equal(call(CALL_VAULT_UNLOCK, &unlock), STATUS_SUCCESS);
	assert_int_equal(call(CALL_VAULT_EXPORT, &export), STATUS_SUCCESS);
	assert_int_equal(call(CALL_VAULT_LOCK, &nothing), STATUS_SUCCESS);
	size_t n = log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 6);
	assert_non_null(strstr(log, "call=VaultAddKey "));
	assert_non_null(strstr(log, "call=VaultUnlock "));
	assert_non_null(strstr(log, " records=1 "));
	assert_non_null(strstr(log, "call=VaultLock "));
	assert_null(strstr(log, SECRET));
	assert_null(memmem(log, n, wide, sizeof(wide) - 2));
}

static void nobody_writes_a_line_by_a_name(void **state)
{
	char log[8192];
	static const WCHAR evil[] =
		OPENSSPI_WIDE("a\naudit: call=\"Fake\\\" uid=0\r\x1b[2J\x85\u2028\u202e");
	const struct cred_name_call name = named((struct utf16){ evil, ARRAY_LEN(evil) - 1 });
	static const WCHAR broken[] = { 'x', 0xD800, 'y', 0xDC00, 0xD83D, 0xDE00, 0 };
	const struct cred_name_call odd = named((struct utf16){ broken, 6 });

	(void)!call(CALL_CRED_READ, &name);
	(void)!call(CALL_CRED_READ, &odd);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 2);
	assert_non_null(strstr(log, " target=\"a\\u000aaudit: call=\\\"Fake\\\\\\\" uid=0\\u000d"
				    "\\u001b[2J\\u0085\\u2028\\u202e\" type=1 "));
	assert_non_null(strstr(log, " target=\"x\\ud800y\\udc00\xf0\x9f\x98\x80\" type=1 "));
}

static void a_long_name_is_cut(void **state)
{
	char log[8192];
	WCHAR name[4 * AUDIT_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(name); i++)
		name[i] = '"'; /* two bytes each */
	const struct cred_name_call call_name = named((struct utf16){ name, ARRAY_LEN(name) });
	(void)!call(CALL_CRED_READ, &call_name);
	size_t n = log_read(log, sizeof(log));
	assert_true(n < 2 * AUDIT_TEXT_MAX + 512);
	assert_non_null(strstr(log, "\\\"...\" type=1 "));
}

static void a_use_of_a_saved_credential_has_a_line(void **state)
{
	char log[8192];
	static WCHAR spn[] = OPENSSPI_WIDE("TERMSRV/host");
	const UNICODE_STRING target = { sizeof(spn) - 2, sizeof(spn), spn };
	PVOID identity = NULL;
	struct frame frame;

	assert_int_equal(save(T("TERMSRV/host"), T("LAB\\bob")), STATUS_SUCCESS);
	call_enter(&frame, h.lsa, h.client, NULL);
	assert_int_equal(saved_identity(&target, &identity), STATUS_SUCCESS);
	call_leave(&frame);
	block_free(identity);
	log_read(log, sizeof(log));
	assert_non_null(strstr(log, "call=UseCredential "));
	assert_non_null(strstr(log, " kind=saved target=\"TERMSRV/host\" user=\"LAB\\\\bob\" "
				    "result=0x00000000\n"));
	assert_null(strstr(log, SECRET));
}

/* A trusted program uses others' sessions: its own number alone would not say whose. */
static void another_sessions_use_says_which(void **state)
{
	char log[8192], want[48];
	LUID own = session_own(h.client), other = { .LowPart = 0x77, .HighPart = 5 };
	const struct acquire_call of_own = { .has_logon = true, .logon = own };
	const struct acquire_call of_other = { .has_logon = true, .logon = other };
	struct text about = { 0 };

	assert_true(failed(call(CALL_ACQUIRE_CREDENTIALS, &of_own)));
	assert_true(failed(call(CALL_ACQUIRE_CREDENTIALS, &of_other)));
	audit_add_other(&about, h.client, &own);
	audit_add_other(&about, h.client, NULL);
	audit_add_other(&about, NULL, &own);
	audit_line(h.client, "Test", &about, STATUS_SUCCESS);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 3);
	assert_non_null(strstr(log, " session=5:77 result="));
	snprintf(want, sizeof(want), " session=%x:%x ", (unsigned)own.HighPart,
		 (unsigned)own.LowPart);
	char *once = strstr(log, want);
	assert_non_null(once);
	assert_null(strstr(once + 1, want));
}

static void a_logon_that_a_package_audits_has_a_line(void **state)
{
	char log[8192];
	static WCHAR bob[] = OPENSSPI_WIDE("bob"), lab[] = OPENSSPI_WIDE("LAB\n");
	UNICODE_STRING user = { 6, 8, bob }, domain = { 8, 10, lab };
	struct frame frame;

	call_enter(&frame, h.lsa, h.client, h.lsa->host.package[0]);
	mock.table->AuditLogon(STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD, &user, &domain, NULL,
			       NULL, Network, NULL, NULL);
	call_leave(&frame);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 1);
	assert_non_null(strstr(log, "call=Logon "));
	assert_non_null(strstr(log, " type=3 user=\"bob\" domain=\"LAB\\u000a\" "
				    "substatus=0xc000006a result=0xc000006d\n"));
}

/* ---- sign-ins ---- */

/* One leg of the mock package, which needs two, with a word for it; its status. */
static NTSTATUS leg(enum call which, uint64_t credential, uint64_t *context, const char *word)
{
	struct context_call c = { .credential = credential,
				  .context = *context,
				  .has_in = true,
				  .in_count = 1,
				  .has_out = true,
				  .out_count = 1 };
	static const WCHAR first[] = OPENSSPI_WIDE("HTTP/web"),
			   later[] = OPENSSPI_WIDE("HTTP/liar");
	struct context_reply reply = { 0 };

	if (which == CALL_INIT_CONTEXT)
		c.target = (struct ipc_text){ *context ? later : first, *context ? 9 : 8 };
	c.in[0] = (struct ipc_buffer){ SECBUFFER_TOKEN, (uint32_t)strlen(word),
				       (const uint8_t *)word, (uint32_t)strlen(word) };
	c.out[0] = (struct ipc_buffer){ .type = SECBUFFER_TOKEN, .room = 64 };
	NTSTATUS status = lsa_dispatch(h.client, which, &c, &reply, NULL);
	if (reply.context)
		*context = reply.context;
	call_reply_done(which, &reply);
	return status;
}

static uint64_t acquire(void)
{
	static const WCHAR name[] = OPENSSPI_WIDE("Mock");
	const struct acquire_call c = { .package = { name, 4 }, .use = SECPKG_CRED_BOTH };
	struct acquire_reply reply = { 0 };

	assert_int_equal(lsa_dispatch(h.client, CALL_ACQUIRE_CREDENTIALS, &c, &reply, NULL),
			 SEC_E_OK);
	return reply.credential;
}

static void a_clients_sign_in_has_one_line_for_the_target_it_began_with(void **state)
{
	char log[8192];
	uint64_t credential = acquire(), context = 0, refused = 0;

	assert_int_equal(leg(CALL_INIT_CONTEXT, credential, &context, "first"),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(log_read(log, sizeof(log)), 0);
	assert_int_equal(leg(CALL_INIT_CONTEXT, credential, &context, "other"), SEC_E_OK);
	assert_int_equal(leg(CALL_INIT_CONTEXT, credential, &refused, "quiet"), SEC_E_LOGON_DENIED);
	assert_int_equal(leg(CALL_INIT_CONTEXT, credential, &refused, "first"),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(leg(CALL_INIT_CONTEXT, credential, &refused, "quiet"), SEC_E_LOGON_DENIED);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 3);
	assert_non_null(strstr(log, "call=InitializeSecurityContext "));
	assert_non_null(strstr(log, " package=\"Mock\" target=\"HTTP/web\" credential=session "
				    "result=0x00000000\n"));
	assert_non_null(strstr(log, " result=0x8009030c\n"));
	assert_null(strstr(log, "HTTP/liar"));
}

static void an_accepted_sign_in_is_told_once(void **state)
{
	char log[8192];
	uint64_t credential = acquire(), context = 0;

	assert_int_equal(leg(CALL_ACCEPT_CONTEXT, credential, &context, "first"),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(leg(CALL_ACCEPT_CONTEXT, credential, &context, "other"), SEC_E_OK);
	/* what a program still says to a context at its end signs nobody in */
	assert_int_equal(leg(CALL_ACCEPT_CONTEXT, credential, &context, "after"), SEC_E_OK);
	assert_int_equal(leg(CALL_ACCEPT_CONTEXT, credential, &context, "small"),
			 SEC_E_BUFFER_TOO_SMALL);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 1);
	assert_non_null(strstr(log, "call=AcceptSecurityContext "));
	assert_non_null(strstr(log, " package=\"Mock\" result=0x00000000\n"));
}

static void judge(NTSTATUS status)
{
	struct text about = { 0 };

	text_add(&about, " user=\"bob\"");
	audit_sign_in(h.client, &about, status, NULL);
}

/* What the package judged is the call's own line, unless the call came to something else. */
static void a_judgement_within_a_call_is_that_calls_line(void **state)
{
	const struct context_call call = { 0 };
	const struct context_reply reply = { .attributes = ASC_RET_DELEGATE };
	struct audit_scope scope;
	char log[8192];

	audit_enter(&scope);
	judge(STATUS_SUCCESS);
	audit_call(h.client, CALL_ACCEPT_CONTEXT, &call, &reply, SEC_E_OK);
	audit_leave(h.client);
	audit_enter(&scope);
	judge(STATUS_LOGON_FAILURE);
	audit_call(h.client, CALL_ACCEPT_CONTEXT, &call, &reply, SEC_E_LOGON_DENIED);
	audit_leave(h.client);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 2);
	assert_null(strstr(log, "AcceptSecurityContext"));
	assert_non_null(strstr(log, " user=\"bob\" delegated=yes result=0x00000000\n"));
	assert_non_null(strstr(log, " user=\"bob\" result=0xc000006d\n"));
	audit_enter(&scope);
	judge(STATUS_SUCCESS);
	audit_call(h.client, CALL_ACCEPT_CONTEXT, &call, &reply, SEC_I_CONTINUE_NEEDED);
	audit_leave(h.client);
	audit_enter(&scope);
	judge(STATUS_SUCCESS);
	judge(STATUS_SUCCESS);
	audit_call(h.client, CALL_ACCEPT_CONTEXT, &call, &reply, SEC_E_MESSAGE_ALTERED);
	audit_leave(h.client);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 6);
	assert_non_null(strstr(log, "call=AcceptSecurityContext "));
}

static void log_on(NTSTATUS status, bool judged, bool named)
{
	const struct logon_user_call request = { .type = Interactive };
	const struct logon_user_reply reply = { .sub_status = STATUS_SUCCESS };
	struct audit_scope scope;
	struct text about = { 0 };

	audit_enter(&scope);
	if (judged) {
		text_add(&about, named ? " user=\"alice\"" : " type=2");
		audit_sign_in(h.client, &about, status, NULL);
	}
	audit_note_account(h.client, T("bob"), T("LAB"));
	audit_call(h.client, CALL_LOGON_USER, &request, &reply, status);
	audit_leave(h.client);
}

static void a_logon_says_whose_it_was(void **state)
{
	char log[8192];

	log_on(STATUS_LOGON_FAILURE, false, false);
	log_on(STATUS_SUCCESS, true, false);
	log_on(STATUS_SUCCESS, true, true);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 3);
	assert_non_null(strstr(log, " type=2 user=\"bob\" domain=\"LAB\" substatus=0x00000000 "
				    "result=0xc000006d\n"));
	assert_non_null(strstr(log, " type=2 user=\"bob\" domain=\"LAB\" result=0x00000000\n"));
	assert_non_null(strstr(log, " user=\"alice\" result=0x00000000\n"));
}

static void a_package_that_reads_and_writes_has_lines(void **state)
{
	char log[8192];
	static WCHAR name[] = OPENSSPI_WIDE("App/mine"), none[] = OPENSSPI_WIDE("App/none");
	PENCRYPTED_CREDENTIALW found = NULL;
	ENCRYPTED_CREDENTIALW written = { .Cred = { .Type = 99, .TargetName = none } };
	struct frame frame;
	LUID own;

	assert_int_equal(save(T("App/mine"), T("bob")), STATUS_SUCCESS);
	assert_int_equal(unlink(h.file), 0);
	call_enter(&frame, h.lsa, h.client, h.lsa->host.package[0]);
	own = session_own(h.client);
	assert_int_equal(mock.table->CrediRead(&own, 0, name, CRED_TYPE_GENERIC, 0, &found),
			 STATUS_SUCCESS);
	mock.table->CrediFreeCredentials(1, &found);
	assert_int_equal(mock.table->CrediRead(&own, 0, none, CRED_TYPE_GENERIC, 0, &found),
			 STATUS_NOT_FOUND);
	assert_true(failed(mock.table->CrediWrite(&own, CREDP_FLAGS_CLEAR_PASSWORD, &written, 0)));
	call_leave(&frame);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 3);
	assert_non_null(strstr(log, "call=CrediRead "));
	assert_non_null(
		strstr(log, " package=\"Mock\" target=\"App/mine\" type=1 result=0x00000000\n"));
	assert_non_null(strstr(log, " target=\"App/none\" type=1 result=0xc0000225\n"));
	assert_non_null(strstr(log, "call=CrediWrite "));
	assert_null(strstr(log, SECRET));
}

/* ---- how many ---- */

static struct lsa_client *remote(uid_t uid)
{
	const struct lsa_client_setup setup = { .uid = uid, .pid = 1 };
	struct lsa_client *client = lsa_client_new(h.lsa, &setup);

	assert_non_null(client);
	return client;
}

static void a_user_who_floods_hides_nobody_and_is_told_of(void **state)
{
	const struct audit_rate usual = audit_rate;
	struct lsa_client *foe = remote(64331), *me = remote(64332);
	const struct cred_name_call name = named(T("x"));
	struct cred_list_reply reply = { 0 };
	char log[16384];

	audit_rate = (struct audit_rate){ 5, 50 };
	for (int i = 0; i < 200; i++)
		(void)!lsa_dispatch(foe, CALL_CRED_READ, &name, &reply, NULL);
	log_read(log, sizeof(log));
	assert_in_range(lines_in(log), 5, 40);
	assert_null(strstr(log, "uid=64332"));
	(void)!lsa_dispatch(me, CALL_CRED_READ, &name, &reply, NULL);
	log_read(log, sizeof(log));
	assert_non_null(strstr(log, "call=CredRead uid=64332 "));
	usleep(50000);
	(void)!lsa_dispatch(me, CALL_CRED_READ, &name, &reply, NULL);
	log_read(log, sizeof(log));
	assert_non_null(strstr(log, "call=LeftOut uid=64331 lines=1"));
	audit_rate = usual;
	lsa_client_free(me);
	lsa_client_free(foe);
}

/* More users than are counted one by one: each may write, and none is told of twice. */
static void a_crowd_of_users_is_counted_too(void **state)
{
	const struct audit_rate usual = audit_rate;
	const struct cred_name_call name = named(T("x"));
	struct cred_list_reply reply = { 0 };
	static char log[1u << 20];

	audit_rate = (struct audit_rate){ 1, 0 };
	for (uid_t uid = 70000; uid < 70600; uid++) {
		struct lsa_client *c = remote(uid);
		(void)!lsa_dispatch(c, CALL_CRED_READ, &name, &reply, NULL);
		(void)!lsa_dispatch(c, CALL_CRED_READ, &name, &reply, NULL);
		lsa_client_free(c);
	}
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 600);
	audit_rate = usual;
}

/* ---- where lines go ---- */

static void the_file_is_its_owners_alone_and_no_link(void **state)
{
	struct stat st;
	char other[128];
	const struct cred_name_call name = named(T("x"));

	(void)!call(CALL_CRED_READ, &name);
	assert_int_equal(stat(h.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(other, sizeof(other), "%s/other", h.folder);
	assert_int_equal(unlink(h.file), 0);
	assert_int_equal(symlink(other, h.file), 0);
	(void)!call(CALL_CRED_READ, &name);
	assert_int_not_equal(stat(other, &st), 0);
}

static void what_takes_no_line_delays_nobody_and_is_counted(void **state)
{
	char log[8192];
	const struct cred_name_call name = named(T("x"));

	(void)!call(CALL_CRED_READ, &name); /* says what was dropped before */
	assert_int_equal(unlink(h.file), 0);
	assert_int_equal(mkfifo(h.file, 0600), 0); /* that nobody reads */
	for (int i = 0; i < 3; i++)
		assert_int_equal(call(CALL_CRED_READ, &name), STATUS_NOT_FOUND);
	assert_int_equal(unlink(h.file), 0);
	assert_int_equal(call(CALL_CRED_READ, &name), STATUS_NOT_FOUND);
	assert_int_equal(call(CALL_CRED_READ, &name), STATUS_NOT_FOUND);
	log_read(log, sizeof(log));
	assert_int_equal(lines_in(log), 2);
	assert_non_null(strstr(log, " dropped=3\n"));
}

static void the_systems_log_gets_authpriv_and_is_never_waited_for(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct cred_name_call name = named(T("x"));
	char line[4096];
	int taken = 0;

	h.lsa->setup.audit = AUDIT_SYSLOG;
	audit_socket = h.socket;
	memcpy(at.sun_path, h.socket, strlen(h.socket) + 1);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	for (int i = 0; i < 2000; i++) /* more than a socket holds */
		assert_int_equal(call(CALL_CRED_READ, &name), STATUS_NOT_FOUND);
	for (ssize_t n; (n = recv(fd, line, sizeof(line) - 1, 0)) > 0; taken++) {
		line[n] = '\0';
		assert_true(strncmp(line, "<85>", 4) == 0); /* authpriv.notice */
		assert_non_null(strstr(line, " target=\"x\" type=1 result=0xc0000225"));
	}
	assert_in_range(taken, 1, 1999);
	assert_int_equal(call(CALL_CRED_READ, &name), STATUS_NOT_FOUND);
	assert_true(recv(fd, line, sizeof(line), 0) > 0);
	close(fd);
}

static void without_a_place_nothing_is_written(void **state)
{
	const struct cred_name_call name = named(T("x"));

	h.lsa->setup.audit = NULL;
	assert_false(audit_is_on(h.client));
	assert_int_equal(call(CALL_CRED_READ, &name), STATUS_NOT_FOUND);
	assert_int_not_equal(access(h.file, F_OK), 0);
}

#define WITH_LOG(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOG(each_call_has_a_line_that_says_who_what_and_the_result),
		WITH_LOG(no_secret_is_in_any_line),
		WITH_LOG(nobody_writes_a_line_by_a_name),
		WITH_LOG(a_long_name_is_cut),
		WITH_LOG(a_use_of_a_saved_credential_has_a_line),
		WITH_LOG(another_sessions_use_says_which),
		WITH_LOG(a_logon_that_a_package_audits_has_a_line),
		WITH_LOG(a_clients_sign_in_has_one_line_for_the_target_it_began_with),
		WITH_LOG(an_accepted_sign_in_is_told_once),
		WITH_LOG(a_judgement_within_a_call_is_that_calls_line),
		WITH_LOG(a_logon_says_whose_it_was),
		WITH_LOG(a_package_that_reads_and_writes_has_lines),
		WITH_LOG(a_user_who_floods_hides_nobody_and_is_told_of),
		WITH_LOG(a_crowd_of_users_is_counted_too),
		WITH_LOG(the_file_is_its_owners_alone_and_no_link),
		WITH_LOG(what_takes_no_line_delays_nobody_and_is_counted),
		WITH_LOG(the_systems_log_gets_authpriv_and_is_never_waited_for),
		WITH_LOG(without_a_place_nothing_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
