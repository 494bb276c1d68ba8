/* tests/flow/test_secrets.c - after a sign-in nothing of the password is left in the process's memory.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The password is random, kept here only as itself xor 0x55, and looked for in every mapping that can be
 * read, in UTF-8 and in UTF-16, and in the trace. */
#include "flow.h"

#include <ctype.h>
#include <sys/random.h>
#include <unistd.h>

#define MASK 0x55
#define MAPPING_MAX (1ul << 30) /* a sanitizer's shadow is larger and holds no text */
#define LENGTH 24

static uint8_t masked[LENGTH];

static void make_password(void)
{
	assert_int_equal(getrandom(masked, sizeof(masked), 0), LENGTH);
	for (size_t i = 0; i < LENGTH; i++)
		masked[i] = (uint8_t)('a' + masked[i] % 26) ^ MASK;
}

static void reveal(char *out)
{
	for (size_t i = 0; i < LENGTH; i++)
		out[i] = (char)(masked[i] ^ MASK);
	out[LENGTH] = '\0';
}

/* How often the password stands in `n` bytes, each character `step` bytes from the last. Not checked by a
 * sanitizer: it reads what belongs to nobody. */
__attribute__((no_sanitize("address"), noinline)) static size_t count_in(const uint8_t *p, size_t n,
									 size_t step)
{
	size_t found = 0;

	for (size_t at = 0; at + LENGTH * step <= n; at++) {
		size_t i = 0;
		while (i < LENGTH && p[at + i * step] == (uint8_t)(masked[i] ^ MASK) &&
		       (step == 1 || p[at + i * step + 1] == 0))
			i++;
		found += i == LENGTH;
	}
	return found;
}

/* Looks through every private mapping of this process that can be read. */
static size_t count_in_memory(void)
{
	char line[512], mode[8];
	unsigned long from, to;
	size_t found = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[0] != 'r' ||
		    mode[1] != 'w' || to - from > MAPPING_MAX)
			continue;
		found += count_in((const uint8_t *)from, to - from, 1);
		found += count_in((const uint8_t *)from, to - from, 2);
	}
	fclose(maps);
	return found;
}

static void sign_in_and_forget(const char *package)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	char password[LENGTH + 1];

	reveal(password);
	assert_int_equal(OpensspiAccountSet(NULL, FLOW_USER, password), SEC_E_OK);
	flow_client(client, package, FLOW_USER, password);
	explicit_bzero(password, sizeof(password));
	flow_server(server, package);
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_OK);
	assert_int_equal(server->status, SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void body_memory(void)
{
	char password[LENGTH + 1];

	make_password();
	reveal(password);
	assert_true(count_in_memory() > 0); /* the search itself finds what is there */
	explicit_bzero(password, sizeof(password));
	assert_int_equal(count_in_memory(), 0);
	sign_in_and_forget("NTLM");
	assert_int_equal(count_in_memory(), 0);
	sign_in_and_forget("CREDSSP");
	assert_int_equal(count_in_memory(), 0);
}

static void s45_no_password_is_left_in_memory(void **state)
{
	flow_child("", body_memory);
}

static void body_delegated(void)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	SecPkgContext_ClientCreds creds = { 0 };
	char password[LENGTH + 1];

	make_password();
	reveal(password);
	assert_int_equal(OpensspiAccountSet(NULL, FLOW_USER, password), SEC_E_OK);
	flow_client(client, "CREDSSP", FLOW_USER, password);
	explicit_bzero(password, sizeof(password));
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	assert_int_equal(server->status, SEC_E_OK);
	assert_int_equal(QueryContextAttributesW(&server->context, SECPKG_ATTR_CREDS, &creds),
			 SEC_E_OK);
	assert_int_equal(FreeContextBuffer(creds.AuthBuffer), SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
	assert_int_equal(count_in_memory(), 0);
}

static void s45_delegated_credentials_are_wiped_when_freed(void **state)
{
	flow_child("", body_delegated);
}

/* The password as the UTF-16 that domain credentials hold. */
static DWORD reveal_wide(BYTE *out)
{
	for (size_t i = 0; i < LENGTH; i++) {
		out[2 * i] = masked[i] ^ MASK;
		out[2 * i + 1] = 0;
	}
	return 2 * LENGTH;
}

static void save(const char *target, DWORD type, DWORD persist)
{
	BYTE blob[2 * LENGTH];
	CREDENTIALA c = { .Type = type,
			  .TargetName = (char *)(uintptr_t)target,
			  .CredentialBlob = blob,
			  .CredentialBlobSize = reveal_wide(blob),
			  .Persist = persist,
			  .UserName = (char *)(uintptr_t)(FLOW_USER) };

	assert_true(CredWriteA(&c, 0));
	explicit_bzero(blob, sizeof(blob));
}

static void save_read_and_change(void)
{
	PCREDENTIALA one, *many;
	DWORD count;

	save("kept", CRED_TYPE_GENERIC, CRED_PERSIST_LOCAL_MACHINE);
	save("passing", CRED_TYPE_GENERIC, CRED_PERSIST_SESSION);
	save("localhost", CRED_TYPE_DOMAIN_PASSWORD, CRED_PERSIST_LOCAL_MACHINE);
	assert_true(CredReadA("kept", CRED_TYPE_GENERIC, 0, &one));
	assert_int_equal(one->CredentialBlobSize, 2 * LENGTH);
	CredFree(one);
	assert_true(CredEnumerateA(NULL, 0, &count, &many));
	assert_int_equal(count, 3);
	CredFree(many);
	assert_true(CredRenameA("kept", "moved", CRED_TYPE_GENERIC, 0));
	assert_true(CredDeleteA("passing", CRED_TYPE_GENERIC, 0));
	assert_true(CredDeleteA("moved", CRED_TYPE_GENERIC, 0));
	assert_true(CredDeleteA("localhost", CRED_TYPE_DOMAIN_PASSWORD, 0));
}

static void pass_by_a_passphrase(void)
{
	char password[LENGTH + 1];
	const char *passphrases[] = { password };
	LONGLONG number;
	FILE *f = tmpfile();

	reveal(password);
	assert_int_equal(OpensspiVaultAddPassphrase(password, "it", &number), ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultRekey(passphrases, 1), ERROR_SUCCESS);
	DWORD exported = OpensspiVaultExport(password, fileno(f), NULL);
	assert_int_equal(exported, flow_is_remote() ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS);
	rewind(f);
	if (exported == ERROR_SUCCESS)
		assert_int_equal(OpensspiVaultImport(password, fileno(f), TRUE, NULL),
				 ERROR_SUCCESS);
	assert_int_equal(OpensspiVaultRemoveKey(number), ERROR_SUCCESS);
	explicit_bzero(password, sizeof(password));
	fclose(f);
}

/* A sign-in of a client that brings nothing, by what is saved. */
static void sign_in_by_the_saved(const char *package)
{
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	char password[LENGTH + 1];

	reveal(password);
	assert_int_equal(OpensspiAccountSet(NULL, FLOW_USER, password), SEC_E_OK);
	explicit_bzero(password, sizeof(password));
	save("localhost", CRED_TYPE_DOMAIN_PASSWORD, CRED_PERSIST_LOCAL_MACHINE);
	if (strcmp(package, "CREDSSP") == 0)
		flow_server_apart(server, package);
	else
		flow_server(server, package);
	*client = (struct end){ .target = "TERMSRV/localhost",
				.requirements = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY |
						ISC_REQ_DELEGATE };
	if (strcmp(package, "CREDSSP") == 0)
		client->requirements |= ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR;
	else
		client->requirements &= ~(ULONG)ISC_REQ_DELEGATE;
	assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package,
						   SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
						   &client->credential, NULL),
			 SEC_E_OK);
	flow_run(client, server);
	assert_int_equal(client->status, SEC_E_OK);
	assert_int_equal(server->status, SEC_E_OK);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
	assert_true(CredDeleteA("localhost", CRED_TYPE_DOMAIN_PASSWORD, 0));
}

static void body_saved(void)
{
	make_password();
	save_read_and_change();
	assert_int_equal(count_in_memory(), 0);
	pass_by_a_passphrase();
	assert_int_equal(count_in_memory(), 0);
	sign_in_by_the_saved("NTLM");
	sign_in_by_the_saved("Negotiate");
	sign_in_by_the_saved("CREDSSP");
	assert_int_equal(count_in_memory(), 0);
}

static void s45_nothing_is_left_of_what_was_saved_and_read(void **state)
{
	flow_child("", body_saved);
}

static void body_saved_trace(void)
{
	char path[200];
	static uint8_t text[1 << 20];

	snprintf(path, sizeof(path), "%s/trace-saved", getenv("OPENSSPI_HOME"));
	setenv("OPENSSPI_TRACE", path, 1);
	make_password();
	save_read_and_change();
	pass_by_a_passphrase();
	sign_in_by_the_saved("CREDSSP");
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_true(n > 0);
	assert_int_equal(count_in(text, n, 1) + count_in(text, n, 2), 0);
}

static void s45_the_trace_tells_nothing_of_what_was_saved(void **state)
{
	flow_child("", body_saved_trace);
}

static void body_trace(void)
{
	char path[200], password[LENGTH + 1];
	static uint8_t text[1 << 20];

	snprintf(path, sizeof(path), "%s/trace", getenv("OPENSSPI_HOME"));
	setenv("OPENSSPI_TRACE", path, 1);
	make_password();
	sign_in_and_forget("CREDSSP");
	struct end *client = calloc(1, sizeof(*client)), *server = calloc(1, sizeof(*server));
	reveal(password);
	flow_client(client, "CREDSSP", "mallory", password); /* and a refusal, which is traced */
	explicit_bzero(password, sizeof(password));
	flow_server(server, "CREDSSP");
	flow_run(client, server);
	assert_int_equal(server->status, SEC_E_LOGON_DENIED);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_true(n > 0);
	assert_int_equal(count_in(text, n, 1), 0);
	flow_done(client);
	flow_done(server);
	free(client);
	free(server);
}

static void s45_the_trace_tells_no_password(void **state)
{
	flow_child("[accounts]\ndelay milliseconds = 0\n", body_trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s45_no_password_is_left_in_memory),
		cmocka_unit_test(s45_delegated_credentials_are_wiped_when_freed),
		cmocka_unit_test(s45_the_trace_tells_no_password),
		cmocka_unit_test(s45_nothing_is_left_of_what_was_saved_and_read),
		cmocka_unit_test(s45_the_trace_tells_nothing_of_what_was_saved),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
