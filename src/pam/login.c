/* pam/login.c - opensspi-login: what a login does to the user's vault, run as that user.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * opensspi-login open|close|change [add] [default] [seconds=N] [domain=NAME], passwords on lines of its
 * standard input. Started by pam_opensspi. */
#include <opensspi.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <windows.h>

#define LABEL "login password"
#define SESSION_TARGET "OpensspiLogin"
#define LINE_ROOM 4104
#define DAY 86400u

enum { DONE, FAILED, USAGE };

struct work {
	bool add, standard;
	ULONG seconds;
	const char *domain;
	char old[LINE_ROOM], new[LINE_ROOM];
};

static int say(const char *doing, DWORD error)
{
	const char *name, *meaning, *advice;

	if (error == ERROR_SUCCESS)
		return DONE;
	OpensspiDescribeStatus((LONG)error, &name, &meaning, &advice);
	fprintf(stderr, "opensspi-login: %s: %s: %s\n", doing, name, meaning);
	return FAILED;
}

static bool read_line(char line[LINE_ROOM])
{
	if (!fgets(line, LINE_ROOM, stdin))
		return false;
	size_t n = strlen(line);
	bool whole = n && line[n - 1] == '\n';
	if (whole)
		line[n - 1] = '\0';
	return whole;
}

/* ---- the login's own credential ---- */

/* Under lsad what was saved for this session is gone with it, whatever it is called; embedded the user's other
 * sessions have it too, so only what this login put there goes. */
static void forget_session(void)
{
	POPENSSPI_LSA_STATUS status = NULL;
	bool embedded = OpensspiLsaStatus(&status) != SEC_E_OK ||
			(status->Flags & OPENSSPI_LSA_EMBEDDED) != 0;

	(void)!CredDeleteA(SESSION_TARGET, CRED_TYPE_DOMAIN_PASSWORD, 0);
	if (!embedded && OpensspiEndLogonSession(NULL) != 0)
		fputs("opensspi-login: the session could not be ended\n", stderr);
	FreeContextBuffer(status);
}

static DWORD keep_default(const struct work *w)
{
	const struct passwd *user = getpwuid(geteuid());
	char name[512];

	if (!user)
		return ERROR_NO_SUCH_USER;
	snprintf(name, sizeof(name), "%s%s%s", w->domain ? w->domain : "", w->domain ? "\\" : "",
		 user->pw_name);
	CREDENTIALA c = { .Type = CRED_TYPE_DOMAIN_PASSWORD,
			  .TargetName = (LPSTR)(uintptr_t)SESSION_TARGET,
			  .Persist = CRED_PERSIST_SESSION,
			  .UserName = name };
	WCHAR password[LINE_ROOM]; /* CredWrite wants a domain password in UTF-16 */
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, w->old, -1, password, LINE_ROOM);
	if (n <= 0)
		return ERROR_NO_UNICODE_TRANSLATION;
	c.CredentialBlob = (LPBYTE)password;
	c.CredentialBlobSize = (DWORD)((size_t)(n - 1) * sizeof(WCHAR));
	DWORD error = CredWriteA(&c, 0) ? ERROR_SUCCESS : OpensspiGetLastError();
	explicit_bzero(password, sizeof(password));
	return error == ERROR_SUCCESS
		       ? OpensspiDefaultCredentialSet(SESSION_TARGET, CRED_TYPE_DOMAIN_PASSWORD)
		       : error;
}

/* ---- the verbs ---- */

static int do_open(struct work *w)
{
	int code = DONE;

	if (!read_line(w->old))
		return USAGE;
	DWORD error = OpensspiVaultUnlock(w->old, w->seconds);
	if (error ==
	    ERROR_NOT_SUPPORTED) /* the kernel keeps no keys: what has a key file opens by it */
		error = ERROR_SUCCESS;
	if ((error == ERROR_INVALID_PASSWORD || error == ERROR_FILE_NOT_FOUND) && w->add)
		error = OpensspiVaultAddPassphrase(w->old, LABEL, NULL);
	if (error != ERROR_FILE_NOT_FOUND) /* no vault: nothing to open */
		code = say("opening the vault", error);
	if (w->standard && say("keeping the login's credential", keep_default(w)) != DONE)
		code = FAILED;
	return code;
}

static int do_close(void)
{
	forget_session();
	DWORD error = OpensspiVaultLock();
	/* no vault, or one that lsad holds the key of: nothing to close */
	return error == ERROR_FILE_NOT_FOUND || error == ERROR_NOT_SUPPORTED
		       ? DONE
		       : say("closing the vault", error);
}

/* The passphrases that a login left behind; the last way in is not among them, since one was just added. */
static DWORD remove_others(LONGLONG kept)
{
	POPENSSPI_VAULT_STATUS status = NULL;
	DWORD error = OpensspiVaultStatus(&status);

	for (ULONG i = 0; error == ERROR_SUCCESS && i < status->KeyCount; i++) {
		const OPENSSPI_VAULT_KEY *k = &status->Keys[i];
		if (k->Kind == OPENSSPI_VAULT_PASSPHRASE && k->Number != kept &&
		    strcmp(k->Label, LABEL) == 0)
			error = OpensspiVaultRemoveKey(k->Number);
	}
	FreeContextBuffer(status);
	return error;
}

static int do_change(struct work *w)
{
	LONGLONG number = 0;

	if (!read_line(w->old) || !read_line(w->new))
		return USAGE;
	DWORD error = OpensspiVaultUnlock(w->old, 0);
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_INVALID_PASSWORD)
		return DONE; /* it is not the login password that opens it */
	if (error == ERROR_SUCCESS)
		error = OpensspiVaultAddPassphrase(w->new, LABEL, &number);
	if (error == ERROR_SUCCESS)
		error = remove_others(number);
	return say("changing the vault's passphrase", error);
}

static bool read_word(const char *word, struct work *w)
{
	char *end = NULL;

	if (strcmp(word, "add") == 0)
		return (w->add = true);
	if (strcmp(word, "default") == 0)
		return (w->standard = true);
	if (strncmp(word, "domain=", 7) == 0)
		return (w->domain = word + 7) != NULL;
	if (strncmp(word, "seconds=", 8) != 0)
		return false;
	w->seconds = (ULONG)strtoul(word + 8, &end, 10);
	return end && *end == '\0';
}

int main(int argc, char **argv)
{
	static struct work w = { .seconds = DAY };
	int code = USAGE;

	(void)prctl(PR_SET_DUMPABLE, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* no copy of a password stays in a buffer of stdio's */
	for (int i = 2; i < argc; i++)
		if (!read_word(argv[i], &w)) {
			fprintf(stderr, "opensspi-login: '%s' is not understood\n", argv[i]);
			return USAGE;
		}
	if (argc > 1 && strcmp(argv[1], "open") == 0)
		code = do_open(&w);
	else if (argc > 1 && strcmp(argv[1], "close") == 0)
		code = do_close();
	else if (argc > 1 && strcmp(argv[1], "change") == 0)
		code = do_change(&w);
	else
		fputs("usage: opensspi-login open|close|change [add] [default] [seconds=N] [domain=NAME]\n",
		      stderr);
	explicit_bzero(&w, sizeof(w));
	return code;
}
