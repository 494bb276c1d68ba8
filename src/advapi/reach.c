/* advapi/reach.c - see advapi/reach.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincred.h>

#include "advapi/lasterror.h"
#include "advapi/reach.h"
#include "base/utf.h"

uint32_t reach_lsa(enum call which, const void *request, void *reply)
{
	NTSTATUS status;
	struct channel *channel = channel_current(&status);

	if (channel)
		status = channel_call(channel, which, request, reply);
	/* A channel speaks SSPI's language of its own failures. */
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (status == SEC_E_INTERNAL_ERROR)
		return ERROR_INTERNAL_ERROR;
	if (status == SEC_E_UNSUPPORTED_FUNCTION)
		return ERROR_NOT_SUPPORTED;
	return win32_error(status);
}

BOOL done(uint32_t error)
{
	return error == ERROR_SUCCESS ? TRUE : last_error(error);
}

uint32_t request_text(const WCHAR *text, struct ipc_text *out)
{
	size_t n = utf16_len(text);

	*out = (struct ipc_text){ text, (uint32_t)n };
	if (n > CRED_MAX_GENERIC_TARGET_NAME_LENGTH)
		return RPC_X_BAD_STUB_DATA;
	return utf16_is_valid(text, n) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

uint32_t widened(const char *text, WCHAR **out)
{
	*out = NULL;
	if (!text)
		return ERROR_SUCCESS;
	size_t n = strlen(text);
	if (utf16_need(text, n) == SIZE_MAX)
		return ERROR_NO_UNICODE_TRANSLATION;
	return utf16_from_utf8(text, n, out, NULL) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}
