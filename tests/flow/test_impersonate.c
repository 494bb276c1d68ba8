/* tests/flow/test_impersonate.c - a server acts as its client: tokens, threads, and who is nobody here.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Accounts are named as users that every system has. Only root can become them: without it those tests are
 * passed over, and what is refused is tried all the same. */
#include "flow.h"

#include <ntsecapi.h>

#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENT "daemon"
#define ANOTHER "bin"
#define NOBODYS "zz-no-user-of-this-system"

struct pair {
	struct end client, server;
};

static void add_accounts(void)
{
	const char *const names[] = { CLIENT, ANOTHER, NOBODYS, "root" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(OpensspiAccountSet(NULL, names[i], FLOW_PASSWORD), SEC_E_OK);
	assert_int_equal(OpensspiAccountSet("CORP", CLIENT, FLOW_PASSWORD), SEC_E_OK);
}

static int setup(void **state)
{
	int status = flow_setup(state);
	flow_configure("");
	add_accounts();
	return status;
}

static void sign_in_as(struct pair *p, const char *package, const char *user, ULONG requirements)
{
	flow_client(&p->client, package, user, FLOW_PASSWORD);
	p->client.requirements |= requirements;
	flow_server(&p->server, package);
	flow_run(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_OK);
	assert_int_equal(p->server.status, SEC_E_OK);
}

static struct pair *signed_in(const char *package, const char *user)
{
	struct pair *p = calloc(1, sizeof(*p));
	sign_in_as(p, package, user, 0);
	return p;
}

static void pair_done(struct pair *p)
{
	flow_done(&p->client);
	flow_done(&p->server);
	free(p);
}

static bool may_become(void)
{
	return geteuid() == 0 && getpwnam(CLIENT) && getpwnam(ANOTHER);
}

static uid_t uid_of(const char *name)
{
	return getpwnam(name)->pw_uid;
}

static OPENSSPI_TOKEN_ACCOUNT *account_of(HANDLE token)
{
	OPENSSPI_TOKEN_ACCOUNT *account = NULL;
	assert_int_equal(OpensspiTokenAccount(token, &account), SEC_E_OK);
	return account;
}

static HANDLE token_of(struct pair *p)
{
	HANDLE token = NULL;
	assert_int_equal(QuerySecurityContextToken(&p->server.context, &token), SEC_E_OK);
	assert_non_null(token);
	return token;
}

static bool is_text(const WCHAR *wide, const char *text)
{
	while (*text && *wide == (unsigned char)*text)
		wide++, text++;
	return !*text && !*wide;
}

/* ---- threads ---- */

struct worker {
	struct pair *pair;
	pthread_barrier_t meeting;
	char folder[64];
	uid_t owner;
	SECURITY_STATUS status;
};

static uid_t owner_of_new_file(const char *folder, const char *name)
{
	char path[128];
	struct stat st;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0 || fstat(fd, &st) != 0)
		return (uid_t)-1;
	close(fd);
	unlink(path);
	return st.st_uid;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	w->status = ImpersonateSecurityContext(&w->pair->server.context);
	pthread_barrier_wait(&w->meeting);
	w->owner = owner_of_new_file(w->folder, "theirs");
	pthread_barrier_wait(&w->meeting);
	if (RevertSecurityContext(&w->pair->server.context) != SEC_E_OK ||
	    owner_of_new_file(w->folder, "again") != 0)
		w->owner = (uid_t)-2;
	return NULL;
}

static void act_in_a_thread(const char *package)
{
	struct worker w = { .pair = signed_in(package, CLIENT),
			    .folder = "/tmp/opensspi-acts-XXXXXX" };
	pthread_t thread;

	assert_non_null(mkdtemp(w.folder));
	assert_int_equal(chmod(w.folder, 0777), 0);
	pthread_barrier_init(&w.meeting, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, work, &w), 0);
	pthread_barrier_wait(&w.meeting);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(owner_of_new_file(w.folder, "ours"), 0);
	pthread_barrier_wait(&w.meeting);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(w.status, SEC_E_OK);
	assert_int_equal(w.owner, uid_of(CLIENT));
	assert_int_equal(rmdir(w.folder), 0);
	pair_done(w.pair);
}

static void a_thread_acts_as_its_client_and_no_other_does(void **state)
{
	if (!may_become())
		return;
	act_in_a_thread("NTLM");
	act_in_a_thread("Negotiate");
}

static void credssp_knows_its_client_too(void **state)
{
	struct pair *p = NULL;
	PSecPkgInfoA info;

	if (!may_become())
		return;
	if (flow_is_remote() ||
	    QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t) "CREDSSP", &info) != SEC_E_OK)
		return; /* nobody delegates to a server inside the same lsad */
	FreeContextBuffer(info);
	p = signed_in("CREDSSP", CLIENT);
	assert_int_equal(ImpersonateSecurityContext(&p->server.context), SEC_E_OK);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_int_equal(RevertSecurityContext(&p->server.context), SEC_E_OK);
	assert_int_equal(geteuid(), 0);
	pair_done(p);
}

static void one_client_takes_anothers_place(void **state)
{
	if (!may_become())
		return;
	struct pair *first = signed_in("NTLM", CLIENT), *second = signed_in("NTLM", ANOTHER),
		    *stranger = signed_in("NTLM", NOBODYS);
	assert_int_equal(ImpersonateSecurityContext(&first->server.context), SEC_E_OK);
	assert_int_equal(ImpersonateSecurityContext(&second->server.context), SEC_E_OK);
	assert_int_equal(geteuid(), uid_of(ANOTHER));
	assert_int_equal(ImpersonateSecurityContext(&stranger->server.context),
			 SEC_E_NO_IMPERSONATION);
	assert_int_equal(geteuid(), uid_of(ANOTHER));
	assert_int_equal(RevertSecurityContext(&second->server.context), SEC_E_OK);
	assert_int_equal(geteuid(), 0);
	pair_done(first);
	pair_done(second);
	pair_done(stranger);
}

static void a_thread_finds_back_when_the_context_is_gone(void **state)
{
	if (!may_become())
		return;
	struct pair *p = signed_in("NTLM", CLIENT);
	CtxtHandle gone = p->server.context, never = { 0, 0 };
	assert_int_equal(ImpersonateSecurityContext(&gone), SEC_E_OK);
	pair_done(p);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_int_equal(RevertSecurityContext(&never), SEC_E_INVALID_HANDLE);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_int_equal(RevertSecurityContext(&gone), SEC_E_OK);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(RevertSecurityContext(&gone), SEC_E_INVALID_HANDLE);
}

/* ---- who is nobody here ---- */

static void refuse(const char *user)
{
	struct pair *p = signed_in("NTLM", user);
	HANDLE token = token_of(p);
	OPENSSPI_TOKEN_ACCOUNT *account = account_of(token);

	assert_null(account->UnixName);
	assert_int_equal(account->GroupCount, 0);
	FreeContextBuffer(account);
	assert_int_equal(ImpersonateSecurityContext(&p->server.context), SEC_E_NO_IMPERSONATION);
	assert_false(ImpersonateLoggedOnUser(token));
	assert_int_equal(OpensspiGetLastError(), ERROR_NONE_MAPPED);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_int_equal(RevertSecurityContext(&p->server.context), SEC_E_OK);
	pair_done(p);
}

static void who_is_no_user_of_this_system_is_not_acted_as(void **state)
{
	refuse(NOBODYS);
}

static void nobody_becomes_root(void **state)
{
	refuse("root");
}

/* Run by an unused uid too, see meson.build. */
static void a_server_without_privilege_acts_as_nobody(void **state)
{
	if (geteuid() == 0 || !getpwnam(CLIENT))
		return;
	struct pair *p = signed_in("NTLM", CLIENT);
	HANDLE token = token_of(p);
	uid_t own = geteuid();
	assert_int_equal(ImpersonateSecurityContext(&p->server.context), SEC_E_NO_IMPERSONATION);
	assert_false(ImpersonateLoggedOnUser(token));
	assert_int_equal(OpensspiGetLastError(), ERROR_PRIVILEGE_NOT_HELD);
	assert_false(SetThreadToken(NULL, token));
	assert_int_equal(OpensspiThreadToken(&token), SEC_E_NO_IMPERSONATION);
	assert_int_equal(geteuid(), own);
	pair_done(p);
}

static void a_domains_account_is_not_the_local_user_of_its_name(void **state)
{
	SEC_WINNT_AUTH_IDENTITY_A identity = { .User = (unsigned char *)(uintptr_t)CLIENT,
					       .UserLength = (ULONG)strlen(CLIENT),
					       .Domain = (unsigned char *)(uintptr_t) "CORP",
					       .DomainLength = 4,
					       .Password =
						       (unsigned char *)(uintptr_t)FLOW_PASSWORD,
					       .PasswordLength = (ULONG)strlen(FLOW_PASSWORD),
					       .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	struct pair *p = calloc(1, sizeof(*p));
	OPENSSPI_CLIENT_ACCOUNT account;

	flow_client(&p->client, "NTLM", CLIENT, FLOW_PASSWORD);
	assert_int_equal(FreeCredentialsHandle(&p->client.credential), SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM",
						   SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
						   NULL, &p->client.credential, NULL),
			 SEC_E_OK);
	flow_server(&p->server, "NTLM");
	flow_run(&p->client, &p->server);
	assert_int_equal(p->server.status, SEC_E_OK);
	assert_int_equal(
		QueryContextAttributesW(&p->server.context, OPENSSPI_ATTR_CLIENT_ACCOUNT, &account),
		SEC_E_OK);
	assert_int_equal(account.Kind, OPENSSPI_ACCOUNT_OF_DOMAIN);
	assert_true(is_text(account.Domain, "CORP") && is_text(account.User, CLIENT));
	assert_null(account.UnixName);
	FreeContextBuffer(account.Domain);
	FreeContextBuffer(account.User);
	assert_int_equal(ImpersonateSecurityContext(&p->server.context), SEC_E_NO_IMPERSONATION);
	pair_done(p);
}

static void a_client_is_not_acted_as_by_a_client(void **state)
{
	struct pair *p = signed_in("NTLM", CLIENT);
	HANDLE token = NULL;
	assert_int_equal(ImpersonateSecurityContext(&p->client.context), SEC_E_NO_IMPERSONATION);
	assert_int_equal(QuerySecurityContextToken(&p->client.context, &token),
			 SEC_E_NO_IMPERSONATION);
	assert_null(token);
	pair_done(p);
}

static void who_lets_itself_be_identified_alone_is_not_acted_as(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	HANDLE copy;
	sign_in_as(p, "NTLM", CLIENT, ISC_REQ_IDENTIFY);
	HANDLE token = token_of(p);
	OPENSSPI_TOKEN_ACCOUNT *account = account_of(token);
	assert_int_equal(account->Level, SecurityIdentification);
	FreeContextBuffer(account);
	assert_int_equal(ImpersonateSecurityContext(&p->server.context), SEC_E_NO_IMPERSONATION);
	assert_false(DuplicateToken(token, SecurityImpersonation, &copy));
	assert_int_equal(OpensspiGetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
	assert_false(DuplicateTokenEx(token, 0, NULL, SecurityImpersonation, TokenPrimary, &copy));
	assert_true(DuplicateToken(token, SecurityIdentification, &copy));
	assert_int_equal(OpensspiCloseToken(copy), SEC_E_OK);
	if (getpwnam(CLIENT)) {
		assert_false(ImpersonateLoggedOnUser(token));
		assert_int_equal(OpensspiGetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
	}
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	pair_done(p);
}

static void a_context_from_elsewhere_vouches_for_nobody(void **state)
{
	struct pair *p = signed_in("NTLM", CLIENT);
	SecBuffer packed = { 0 };
	CtxtHandle moved;
	HANDLE token = NULL;
	assert_int_equal(ExportSecurityContext(&p->server.context, 0, &packed, NULL), SEC_E_OK);
	assert_int_equal(
		ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "NTLM", &packed, NULL, &moved),
		SEC_E_OK);
	FreeContextBuffer(packed.pvBuffer);
	assert_int_equal(ImpersonateSecurityContext(&moved), SEC_E_NO_IMPERSONATION);
	assert_int_equal(QuerySecurityContextToken(&moved, &token), SEC_E_NO_IMPERSONATION);
	assert_int_equal(DeleteSecurityContext(&moved), SEC_E_OK);
	pair_done(p);
}

/* ---- tokens ---- */

static void a_token_says_who_its_client_is(void **state)
{
	struct pair *p = signed_in("NTLM", CLIENT);
	struct passwd *user = getpwnam(CLIENT);
	HANDLE token = token_of(p), second = token_of(p);
	OPENSSPI_TOKEN_ACCOUNT *account = account_of(token);

	assert_ptr_not_equal(token, second);
	assert_true(is_text(account->User, CLIENT));
	assert_int_equal(account->Type, TokenImpersonation);
	assert_int_equal(account->Level, SecurityImpersonation);
	assert_int_equal(account->SidCount, 0);
	assert_int_equal(account->LogonId.LowPart, 0);
	assert_true(account->TokenId.LowPart != 0);
	if (user && user->pw_uid) {
		assert_string_equal(account->UnixName, CLIENT);
		assert_int_equal(account->Uid, user->pw_uid);
		assert_int_equal(account->Gid, user->pw_gid);
		assert_true(account->GroupCount >= 1);
	}
	FreeContextBuffer(account);
	/* The context may go; each handle is closed once. */
	pair_done(p);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_INVALID_HANDLE);
	assert_int_equal(OpensspiTokenAccount(token, &account), SEC_E_INVALID_HANDLE);
	assert_null(account);
	assert_false(ImpersonateLoggedOnUser(token));
	assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_HANDLE);
	account = account_of(second);
	FreeContextBuffer(account);
	assert_int_equal(OpensspiCloseToken(second), SEC_E_OK);
	assert_int_equal(OpensspiTokenAccount(NULL, &account), SEC_E_INVALID_HANDLE);
	assert_int_equal(OpensspiTokenAccount(second, NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiThreadToken(NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(OpensspiThreadToken(&second), SEC_E_NO_IMPERSONATION);
}

static void a_thread_acts_by_a_token(void **state)
{
	if (!may_become())
		return;
	struct pair *p = signed_in("NTLM", CLIENT);
	HANDLE token = token_of(p), acting, primary;
	pair_done(p);
	assert_true(DuplicateTokenEx(token, TOKEN_QUERY, NULL, SecurityImpersonation, TokenPrimary,
				     &primary));
	assert_true(ImpersonateLoggedOnUser(primary));
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_int_equal(OpensspiThreadToken(&acting), SEC_E_OK);
	assert_true(SetThreadToken(NULL, NULL));
	assert_int_equal(geteuid(), 0);
	assert_int_equal(OpensspiCloseToken(primary), SEC_E_OK);
	/* What the thread acted by is still there, by its own handle. */
	assert_true(SetThreadToken(NULL, acting));
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_int_equal(OpensspiCloseToken(acting), SEC_E_OK);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_true(RevertToSelf());
	assert_true(RevertToSelf());
	assert_int_equal(geteuid(), 0);
}

/* ---- logons ---- */

static void put(MSV1_0_INTERACTIVE_LOGON *m, ULONG *n, UNICODE_STRING *s, const char *text)
{
	WCHAR *to = (WCHAR *)(void *)((uint8_t *)m + *n);
	size_t units = strlen(text);
	for (size_t i = 0; i < units; i++)
		to[i] = (WCHAR)(unsigned char)text[i];
	*s = (UNICODE_STRING){ (USHORT)(2 * units), (USHORT)(2 * units), to };
	*n += (ULONG)(2 * units);
}

static HANDLE log_on(const char *user, LUID *session)
{
	LSA_STRING origin = { 4, 4, (char *)(uintptr_t) "flow" },
		   name = { sizeof(MSV1_0_PACKAGE_NAME) - 1, sizeof(MSV1_0_PACKAGE_NAME) - 1,
			    (char *)(uintptr_t)MSV1_0_PACKAGE_NAME };
	_Alignas(8) uint8_t bytes[512] = { 0 };
	MSV1_0_INTERACTIVE_LOGON *m = (void *)bytes;
	ULONG n = sizeof(*m), package, size;
	HANDLE lsa, token = NULL;
	QUOTA_LIMITS quotas;
	NTSTATUS sub;
	PVOID profile;

	m->MessageType = MsV1_0InteractiveLogon;
	put(m, &n, &m->LogonDomainName, ".");
	put(m, &n, &m->UserName, user);
	put(m, &n, &m->Password, FLOW_PASSWORD);
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &name, &package), STATUS_SUCCESS);
	assert_int_equal(LsaLogonUser(lsa, &origin, Interactive, package, m, n, NULL, NULL,
				      &profile, &size, session, &token, &quotas, &sub),
			 STATUS_SUCCESS);
	LsaFreeReturnBuffer(profile);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
	return token;
}

static void a_logon_has_a_token_too(void **state)
{
	LUID session;
	HANDLE token = log_on(CLIENT, &session);
	OPENSSPI_TOKEN_ACCOUNT *account = account_of(token);

	assert_true(is_text(account->User, CLIENT));
	assert_memory_equal(&account->LogonId, &session, sizeof(session));
	assert_int_equal(account->Type, TokenPrimary);
	FreeContextBuffer(account);
	if (geteuid() == 0 && getpwnam(CLIENT)) {
		assert_true(ImpersonateLoggedOnUser(token));
		assert_int_equal(geteuid(), uid_of(CLIENT));
		assert_true(RevertToSelf());
	}
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_int_equal(OpensspiEndLogonSession(&session), STATUS_NO_SUCH_LOGON_SESSION);
	token = log_on("root", &session);
	assert_false(ImpersonateLoggedOnUser(token));
	assert_int_equal(OpensspiGetLastError(), ERROR_NONE_MAPPED);
	assert_int_equal(OpensspiEndLogonSession(&session), STATUS_SUCCESS);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
}

static bool is_there(LUID session)
{
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	NTSTATUS status = LsaGetLogonSessionData(&session, &data);

	LsaFreeReturnBuffer(data);
	return status == STATUS_SUCCESS;
}

static void close_in_a_child(HANDLE token)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(OpensspiCloseToken(token) == SEC_E_OK ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_session_ends_with_its_last_token(void **state)
{
	LUID session, another;
	HANDLE token = log_on(CLIENT, &session), other = log_on(ANOTHER, &another), copy;

	assert_true(DuplicateToken(token, SecurityImpersonation, &copy));
	close_in_a_child(token);
	assert_true(is_there(session));
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_true(is_there(session));
	close_in_a_child(copy);
	assert_true(is_there(session));
	assert_int_equal(OpensspiCloseToken(copy), SEC_E_OK);
	assert_false(is_there(session));
	assert_true(is_there(another));
	assert_int_equal(OpensspiCloseToken(other), SEC_E_OK);
	assert_false(is_there(another));
}

static void *act_to_the_end(void *token)
{
	return (void *)(uintptr_t)(ImpersonateLoggedOnUser(token) &&
				   OpensspiCloseToken(token) == SEC_E_OK && geteuid() != 0);
}

/* A thread that acts by a token has it, until it ends. */
static void a_thread_keeps_the_session_it_acts_by(void **state)
{
	LUID session;
	pthread_t thread;
	void *fine;

	if (!may_become())
		return;
	HANDLE token = log_on(CLIENT, &session);
	assert_true(ImpersonateLoggedOnUser(token));
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_true(is_there(session));
	assert_true(RevertToSelf());
	assert_false(is_there(session));
	token = log_on(CLIENT, &session);
	assert_int_equal(pthread_create(&thread, NULL, act_to_the_end, token), 0);
	assert_int_equal(pthread_join(thread, &fine), 0);
	assert_non_null(fine);
	assert_false(is_there(session));
}

/* What was acquired of a session keeps it, as its tokens do. */
static void credentials_keep_their_session(void **state)
{
	LUID session;
	HANDLE token = log_on(CLIENT, &session);
	struct pair *p = calloc(1, sizeof(*p));

	flow_client(&p->client, "NTLM", CLIENT, FLOW_PASSWORD);
	assert_int_equal(FreeCredentialsHandle(&p->client.credential), SEC_E_OK);
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM",
						   SECPKG_CRED_OUTBOUND, &session, NULL, NULL, NULL,
						   &p->client.credential, NULL),
			 SEC_E_OK);
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_true(is_there(session));
	flow_server(&p->server, "NTLM");
	flow_run(&p->client, &p->server);
	assert_int_equal(p->client.status, SEC_E_OK);
	assert_int_equal(p->server.status, SEC_E_OK);
	token = token_of(p);
	OPENSSPI_TOKEN_ACCOUNT *account = account_of(token);
	assert_true(is_text(account->User, CLIENT));
	FreeContextBuffer(account);
	/* This one is of no session: closing it ends nothing. */
	assert_int_equal(OpensspiCloseToken(token), SEC_E_OK);
	assert_true(is_there(session));
	pair_done(p);
	assert_false(is_there(session));
}

/* ---- calls of a thread that acts as another ---- */

static void save(const char *target)
{
	CREDENTIALA credential = { .Type = CRED_TYPE_GENERIC,
				   .TargetName = (LPSTR)(uintptr_t)target,
				   .CredentialBlob = (LPBYTE)(uintptr_t) "ours",
				   .CredentialBlobSize = 4,
				   .Persist = CRED_PERSIST_LOCAL_MACHINE };
	assert_true(CredWriteA(&credential, 0));
}

static void saved_credentials_are_not_the_clients(void **state)
{
	if (!may_become())
		return;
	struct pair *p = signed_in("NTLM", CLIENT);
	PCREDENTIALA found, *list;
	CredHandle handle;
	DWORD count;

	save("impersonate/target");
	assert_int_equal(ImpersonateSecurityContext(&p->server.context), SEC_E_OK);
	assert_false(CredReadA("impersonate/target", CRED_TYPE_GENERIC, 0, &found));
	assert_int_equal(OpensspiGetLastError(), ERROR_NO_SUCH_LOGON_SESSION);
	assert_false(CredEnumerateA(NULL, 0, &count, &list));
	assert_int_equal(OpensspiGetLastError(), ERROR_NO_SUCH_LOGON_SESSION);
	assert_false(CredDeleteA("impersonate/target", CRED_TYPE_GENERIC, 0));
	char sealed[256];
	DWORD room = sizeof(sealed);
	assert_false(CredProtectA(FALSE, (LPSTR)(uintptr_t) "text", 5, sealed, &room, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_NO_SUCH_LOGON_SESSION);
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "NTLM",
						   SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
						   &handle, NULL),
			 SEC_E_NO_CREDENTIALS);
	/* What it brings itself is the server's, and works. */
	struct pair *within = signed_in("Negotiate", ANOTHER);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	pair_done(within);
	assert_int_equal(RevertSecurityContext(&p->server.context), SEC_E_OK);
	assert_true(CredReadA("impersonate/target", CRED_TYPE_GENERIC, 0, &found));
	CredFree(found);
	assert_true(CredDeleteA("impersonate/target", CRED_TYPE_GENERIC, 0));
	pair_done(p);
}

static struct pair *before_the_fork;

static void first_call(void)
{
	/* The token is one of memory alone: no LSA of this child has been asked for anything yet. */
	assert_int_equal(geteuid(), uid_of(CLIENT));
	struct pair *p = signed_in("NTLM", ANOTHER);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	pair_done(p);
	assert_int_equal(geteuid(), uid_of(CLIENT));
	assert_true(RevertToSelf());
	assert_int_equal(geteuid(), 0);
}

static void fork_first(void)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		first_call();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void the_first_call_of_a_process_is_its_own(void **state)
{
	if (!may_become())
		return;
	before_the_fork = signed_in("NTLM", CLIENT);
	assert_int_equal(ImpersonateSecurityContext(&before_the_fork->server.context), SEC_E_OK);
	fork_first();
	assert_int_equal(RevertSecurityContext(&before_the_fork->server.context), SEC_E_OK);
	pair_done(before_the_fork);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_acts_as_its_client_and_no_other_does),
		cmocka_unit_test(credssp_knows_its_client_too),
		cmocka_unit_test(one_client_takes_anothers_place),
		cmocka_unit_test(a_thread_finds_back_when_the_context_is_gone),
		cmocka_unit_test(who_is_no_user_of_this_system_is_not_acted_as),
		cmocka_unit_test(nobody_becomes_root),
		cmocka_unit_test(a_server_without_privilege_acts_as_nobody),
		cmocka_unit_test(a_domains_account_is_not_the_local_user_of_its_name),
		cmocka_unit_test(a_client_is_not_acted_as_by_a_client),
		cmocka_unit_test(who_lets_itself_be_identified_alone_is_not_acted_as),
		cmocka_unit_test(a_context_from_elsewhere_vouches_for_nobody),
		cmocka_unit_test(a_token_says_who_its_client_is),
		cmocka_unit_test(a_thread_acts_by_a_token),
		cmocka_unit_test(a_logon_has_a_token_too),
		cmocka_unit_test(a_session_ends_with_its_last_token),
		cmocka_unit_test(a_thread_keeps_the_session_it_acts_by),
		cmocka_unit_test(credentials_keep_their_session),
		cmocka_unit_test(saved_credentials_are_not_the_clients),
		cmocka_unit_test(the_first_call_of_a_process_is_its_own),
	};
	return cmocka_run_group_tests(tests, setup, flow_teardown);
}
