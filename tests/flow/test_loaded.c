/* tests/flow/test_loaded.c - packages from files as an application meets them: listed, used, and wrong ones
 * without effect on the others.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/opensspi-loaded-XXXXXX";
static char list[16384];

/* The hostile module (tests/packages) under the name of its misdeed, added to the list. */
static void add(const char *name, char separator)
{
	static char bytes[65536];
	char module[4096], path[256];
	const char *build = getenv("OPENSSPI_MODULE_DIR");
	snprintf(module, sizeof(module), "%s/../tests/packages/hostile.so", build ? build : ".");
	snprintf(path, sizeof(path), "%s/%s.so", folder, name);
	int from = open(module, O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	assert_true(from >= 0 && to >= 0);
	for (ssize_t n; (n = read(from, bytes, sizeof(bytes))) > 0;)
		assert_int_equal(write(to, bytes, (size_t)n), n);
	assert_int_equal(close(from) | close(to), 0);
	size_t used = strlen(list);
	snprintf(list + used, sizeof(list) - used, "%s%c", path, separator);
}

static void add_all(const char *const *names, size_t count, char separator)
{
	list[0] = '\0';
	for (size_t i = 0; i < count; i++)
		add(names[i], separator);
}

static void in_environment(const char *const *names, size_t count)
{
	add_all(names, count, ':');
	setenv("OPENSSPI_PACKAGES", list, 1);
}

#define IN_ENVIRONMENT(...)                                                                                        \
	do {                                                                                                       \
		static const char *const names_[] = { __VA_ARGS__ };                                               \
		in_environment(names_, sizeof(names_) / sizeof(names_[0]));                                        \
	} while (0)

/* Those that are listed after the built-in ones, each followed by a blank. */
static const char *listed(void)
{
	static char text[4096];
	PSecPkgInfoA info;
	ULONG count;
	text[0] = '\0';
	assert_int_equal(EnumerateSecurityPackagesA(&count, &info), SEC_E_OK);
	for (ULONG i = 8; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", info[i].Name);
	assert_string_equal(info[1].Name, "Kerberos");
	assert_string_equal(info[2].Name, "NTLM");
	assert_string_equal(info[7].Name, "CREDSSP");
	FreeContextBuffer(info);
	return text;
}

static void ntlm_works(void)
{
	static struct end client, server;
	flow_client(&client, "NTLM", FLOW_USER, FLOW_PASSWORD);
	flow_server(&server, "NTLM");
	flow_run(&client, &server);
	assert_int_equal(client.status, SEC_E_OK);
	assert_int_equal(server.status, SEC_E_OK);
	flow_done(&client);
	flow_done(&server);
}

/* ---- who is there ---- */

static void wrong_ones(void)
{
	IN_ENVIRONMENT("version-none", "first", "version-future", "tables-null", "count-absurd", "start-fails",
		       "no-initialize", "initialize-garbage", "name-long", "name-lone-surrogate", "comment-long",
		       "short-table", "table-freed", "threads", "several", "user-count", "user-null",
		       "user-table-freed", "last");
	assert_string_equal(listed(), "first short-table table-freed threads several second user-count user-null "
				      "user-table-freed last ");
	ntlm_works();
}

static void wrong_packages_leave_the_others_alone(void **state)
{
	flow_child("", wrong_ones);
}

static void both(void)
{
	IN_ENVIRONMENT("third", "fourth", "first");
	assert_string_equal(listed(), "first second third fourth ");
}

static void the_configuration_comes_before_the_environment(void **state)
{
	static const char *const names[] = { "first", "second" };
	char text[8192];
	add_all(names, 2, ',');
	snprintf(text, sizeof(text), "[lsa]\npackages = relative.so, /nonexistent/x.so, %s\n", list);
	flow_child(text, both);
}

static void forking(void)
{
	CredHandle credential;
	int status;
	IN_ENVIRONMENT("plain");
	assert_int_equal(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"plain", SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL,
						   &credential, NULL),
			 SEC_E_OK);
	pid_t child = fork();
	if (child == 0) {
		alarm(10);
		_exit(strcmp(listed(), "plain ") == 0 && FreeCredentialsHandle(&credential) == SEC_E_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
}

static void impatient(void)
{
	alarm(20);
	IN_ENVIRONMENT("first", "calls-sspi", "forks", "last");
	assert_string_equal(listed(), "first calls-sspi forks last ");
	ntlm_works();
}

static void what_a_package_does_too_early_holds_nobody_up(void **state)
{
	flow_child("", impatient);
}

static void a_loaded_package_is_there_after_a_fork(void **state)
{
	flow_child("", forking);
}

/* ---- what they answer ---- */

static SECURITY_STATUS acquire(const char *package, PCredHandle out)
{
	TimeStamp expiry;
	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL,
					 out, &expiry);
}

/* One call with a token that says what the package is to answer. */
static SECURITY_STATUS step(PCredHandle credential, PCtxtHandle old, PCtxtHandle new, SECURITY_STATUS wanted, bool accept)
{
	uint8_t room[64];
	ULONG attributes;
	SecBuffer in = { sizeof(wanted), SECBUFFER_TOKEN, &wanted }, out = { sizeof(room), SECBUFFER_TOKEN, room };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 1, &in }, out_list = { SECBUFFER_VERSION, 1, &out };
	return accept ? AcceptSecurityContext(credential, old, &in_list, 0, 0, new, &out_list, &attributes, NULL) :
			InitializeSecurityContextA(credential, old, NULL, 0, 0, 0, &in_list, 0, new, &out_list,
						   &attributes, NULL);
}

static SECURITY_STATUS protect(PCtxtHandle context)
{
	uint8_t bytes[32] = { 0 };
	SecBuffer parts[] = { { 16, SECBUFFER_DATA, bytes }, { 16, SECBUFFER_TOKEN, bytes + 16 } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	return MakeSignature(context, 0, &message, 0);
}

static void garbage(void)
{
	/* failures of no known kind, successes that are none, and one that leads on */
	static const SECURITY_STATUS wanted[] = { (SECURITY_STATUS)0x80000001, -1, (SECURITY_STATUS)0xC0000005,
						  (SECURITY_STATUS)0xDEADBEEF, 0x7FFFFFFF, 0x00000103, 0x12345678, 1 };
	CredHandle credential;
	CtxtHandle context;
	IN_ENVIRONMENT("plain", "acquire-minus-one");
	assert_int_equal(acquire("acquire-minus-one", &credential), SEC_E_INTERNAL_ERROR);
	assert_int_equal(acquire("plain", &credential), SEC_E_OK);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		for (int accept = 0; accept < 2; accept++) {
			assert_true(step(&credential, NULL, &context, wanted[i], accept) < 0);
			assert_int_equal(step(&credential, NULL, &context, SEC_I_CONTINUE_NEEDED, accept),
					 SEC_I_CONTINUE_NEEDED);
			assert_true(step(&credential, &context, &context, wanted[i], accept) < 0);
			assert_true(protect(&context) < 0);
			assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
		}
	assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	ntlm_works();
}

static void a_garbage_status_is_a_failure_and_no_sign_in(void **state)
{
	flow_child("", garbage);
}

static void misfits(void)
{
	static const struct {
		const char *name;
		SECURITY_STATUS acquired, began, protected;
	} rows[] = {
		{ "plain", SEC_E_OK, SEC_E_OK, SEC_E_INTERNAL_ERROR }, /* its MakeSignature answers 0xFEEDF00D */
		{ "bare", SEC_E_UNSUPPORTED_FUNCTION, 0, 0 },
		{ "handle-zero", SEC_E_OK, SEC_E_OK, SEC_E_INTERNAL_ERROR },
		{ "expiry-garbage", SEC_E_OK, SEC_E_OK, SEC_E_INTERNAL_ERROR },
		{ "context-zero", SEC_E_OK, SEC_E_INTERNAL_ERROR, 0 },
		{ "unmapped", SEC_E_OK, SEC_E_OK, SEC_E_UNSUPPORTED_FUNCTION },
		{ "mapped-garbage", SEC_E_OK, SEC_E_OK, SEC_E_INTERNAL_ERROR },
		{ "packed-null", SEC_E_OK, SEC_E_INTERNAL_ERROR, 0 },
		{ "user-map-fails", SEC_E_OK, SEC_E_INTERNAL_ERROR, 0 },
		{ "user-null", SEC_E_OK, SEC_E_INTERNAL_ERROR, 0 },
		{ "user-version", SEC_E_OK, SEC_E_INTERNAL_ERROR, 0 },
		{ "user-refuses", SEC_E_OK, SEC_E_INTERNAL_ERROR, 0 },
		{ "user-looks-around", SEC_E_OK, SEC_E_OK, SEC_E_INTERNAL_ERROR },
		{ "user-table-freed", SEC_E_OK, SEC_E_OK, SEC_E_INTERNAL_ERROR },
	};
	CredHandle credential;
	CtxtHandle context;
	const char *names[sizeof(rows) / sizeof(rows[0])];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		names[i] = rows[i].name;
	in_environment(names, sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(acquire(rows[i].name, &credential), rows[i].acquired);
		if (rows[i].acquired != SEC_E_OK)
			continue;
		assert_int_equal(step(&credential, NULL, &context, SEC_E_OK, false), rows[i].began);
		if (rows[i].began == SEC_E_OK) {
			assert_int_equal(protect(&context), rows[i].protected);
			assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
		}
		assert_int_equal(FreeCredentialsHandle(&credential), SEC_E_OK);
	}
	ntlm_works();
}

static void a_misfit_is_refused_where_it_does_not_fit(void **state)
{
	flow_child("", misfits);
}

static void messages(void)
{
	static const NTSTATUS wanted[] = { STATUS_SUCCESS, (NTSTATUS)0x80000001, -1, (NTSTATUS)0xFEEDF00D };
	LSA_STRING plain = { 5, 6, (PCHAR)(uintptr_t)"plain" }, bare = { 4, 5, (PCHAR)(uintptr_t)"bare" };
	HANDLE lsa;
	ULONG package, size;
	PVOID answer;
	NTSTATUS verdict;
	IN_ENVIRONMENT("plain", "bare");
	assert_int_equal(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &plain, &package), STATUS_SUCCESS);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		NTSTATUS say = wanted[i];
		verdict = STATUS_SUCCESS;
		assert_int_equal(LsaCallAuthenticationPackage(lsa, package, &say, sizeof(say), &answer, &size, &verdict),
				 wanted[i]);
		if (wanted[i] == STATUS_SUCCESS) {
			assert_int_equal(verdict, (NTSTATUS)0xDEADBEEF);
			assert_null(answer);
			assert_int_equal(size, 0);
		}
	}
	assert_int_equal(LsaLookupAuthenticationPackage(lsa, &bare, &package), STATUS_SUCCESS);
	assert_int_equal(LsaCallAuthenticationPackage(lsa, package, &size, 4, &answer, &size, &verdict), STATUS_NOT_SUPPORTED);
	assert_int_equal(LsaDeregisterLogonProcess(lsa), STATUS_SUCCESS);
}

static void what_a_package_says_to_a_message_is_its_own(void **state)
{
	flow_child("", messages);
}

static void foreign(void)
{
	CredHandle one, other, none = { 0 };
	CtxtHandle context, second;
	IN_ENVIRONMENT("plain", "unmapped");
	assert_int_equal(acquire("plain", &one), SEC_E_OK);
	assert_int_equal(acquire("unmapped", &other), SEC_E_OK);
	/* both packages call all of theirs 1; the programs' handles are the LSA's */
	assert_int_equal(step(&one, NULL, &context, SEC_I_CONTINUE_NEEDED, false), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(step(&one, NULL, &second, SEC_I_CONTINUE_NEEDED, false), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(step(&other, &context, &context, SEC_E_OK, false), SEC_E_INVALID_HANDLE);
	assert_int_equal(step(&none, &context, &context, SEC_E_OK, false), SEC_E_INVALID_HANDLE);
	assert_int_equal(step(&one, &context, &context, SEC_E_OK, true), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&context), SEC_E_INVALID_HANDLE);
	assert_int_equal(step(&one, &context, &context, SEC_E_OK, false), SEC_E_INVALID_HANDLE);
	assert_int_equal(step(&one, &second, &second, SEC_E_OK, false), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&one), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&one), SEC_E_INVALID_HANDLE);
	assert_int_equal(step(&one, NULL, &context, SEC_E_OK, false), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&second), SEC_E_OK);
	assert_int_equal(FreeCredentialsHandle(&other), SEC_E_OK);
}

static void s42_handles_of_loaded_packages_are_kept_apart(void **state)
{
	flow_child("", foreign);
}

/* ---- */

static int begin(void **state)
{
	return mkdtemp(folder) ? flow_setup(state) : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static int end(void **state)
{
	return flow_teardown(state) | nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_packages_leave_the_others_alone),
		cmocka_unit_test(the_configuration_comes_before_the_environment),
		cmocka_unit_test(what_a_package_does_too_early_holds_nobody_up),
		cmocka_unit_test(a_loaded_package_is_there_after_a_fork),
		cmocka_unit_test(a_garbage_status_is_a_failure_and_no_sign_in),
		cmocka_unit_test(what_a_package_says_to_a_message_is_its_own),
		cmocka_unit_test(s42_handles_of_loaded_packages_are_kept_apart),
		cmocka_unit_test(a_misfit_is_refused_where_it_does_not_fit),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
