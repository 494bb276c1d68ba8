/* cli/win32.c - Win32 errors of the Credential Manager and the vault, in words and as exit codes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/win32.h"

#include <errno.h>

#include "cli/json.h"
#include "cli/prompt.h"

/* What the vault has a sentence for. */
static const DWORD of_the_vault[] = {
	ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED,    ERROR_WRITE_PROTECT, ERROR_CRC,
	ERROR_LOCK_VIOLATION, ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL,	   ERROR_UNKNOWN_REVISION,
	ERROR_FILE_CORRUPT,   ERROR_WRITE_FAULT,      ERROR_READ_FAULT,	   ERROR_GEN_FAILURE,
	ERROR_FILE_OFFLINE,   WIN32_VAULT_LOCKED,
};

static const DWORD of_the_caller[] = {
	ERROR_INVALID_PARAMETER,      ERROR_INVALID_FLAGS, ERROR_BAD_USERNAME,
	ERROR_NO_UNICODE_TRANSLATION, RPC_X_BAD_STUB_DATA,
};

/* What to try, where the library has no advice of its own. */
static const struct {
	DWORD error;
	const char *advice;
} advices[] = {
	{ WIN32_VAULT_LOCKED, "sspi vault unlock" },
	{ ERROR_CRC, "sspi vault check" },
	{ ERROR_FILE_CORRUPT, "sspi vault check" },
	{ ERROR_NO_SUCH_LOGON_SESSION,
	  "saved credentials belong to interactive sessions: sign in on the machine itself" },
	{ RPC_X_BAD_STUB_DATA,
	  "a shorter secret, name or attribute: a secret has at most 2560 bytes" },
};

static bool is_among(const DWORD *list, size_t count, DWORD error)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == error)
			return true;
	return false;
}

static void write_fault(FILE *out)
{
	char *text = NULL;

	if (OpensspiVaultLastFault(&text) != ERROR_SUCCESS || !text)
		return;
	if (text[0]) {
		fputs("\n  ", out);
		text_print(out, text);
	}
	FreeContextBuffer(text);
}

/* What the LSA noted for the last failing call; false when that is nothing. */
static bool write_reason(FILE *out)
{
	char *text = NULL;

	if (OpensspiLastReason(&text) != SEC_E_OK || !text)
		return false;
	bool noted = text[0] != '\0';
	if (noted) {
		fputs("\n  ", out);
		text_print(out, text);
	}
	FreeContextBuffer(text);
	return noted;
}

static const char *advice_of(DWORD error, const char *library)
{
	for (size_t i = 0; !library[0] && i < ARRAY_LEN(advices); i++)
		if (advices[i].error == error)
			return advices[i].advice;
	return library;
}

void win32_write(FILE *out, DWORD error)
{
	const char *name, *meaning, *advice;

	OpensspiDescribeStatus((LONG)error, &name, &meaning, &advice);
	fprintf(out, error < 0x10000 ? "%s (%u): %s" : "%s (0x%08X): %s", name, (unsigned)error,
		meaning);
	if (!write_reason(out) && is_among(of_the_vault, ARRAY_LEN(of_the_vault), error))
		write_fault(out);
	advice = advice_of(error, advice);
	if (advice[0])
		fprintf(out, "\n  try: %s", advice);
	fputc('\n', out);
}

int win32_finish(const char *command, const char *doing, DWORD error)
{
	if (error == ERROR_SUCCESS)
		return EXIT_DONE;
	fprintf(stderr, "sspi %s: %s: ", command, doing);
	win32_write(stderr, error);
	if (error == (DWORD)SEC_E_NO_AUTHENTICATING_AUTHORITY)
		return EXIT_UNREACHABLE; /* lsad */
	return is_among(of_the_caller, ARRAY_LEN(of_the_caller), error) ? EXIT_USAGE : EXIT_REFUSED;
}

DWORD win32_last(void)
{
	DWORD error = OpensspiGetLastError();
	return error ? error : ERROR_GEN_FAILURE;
}

static bool asks_nobody;

void win32_ask_nobody(void)
{
	asks_nobody = true;
}

bool win32_unlocked(DWORD error)
{
	struct password CLEANUP(password_done) passphrase = { "" };

	if (error != WIN32_VAULT_LOCKED || asks_nobody || !prompt_possible() ||
	    !password_read(&passphrase, -1, "Passphrase of the vault", false))
		return false;
	error = OpensspiVaultUnlock(passphrase.text, 0);
	if (error == ERROR_SUCCESS)
		return true;
	fprintf(stderr, "%s: ", program_invocation_short_name);
	win32_write(stderr, error);
	return false;
}
