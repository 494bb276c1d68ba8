/* sspi/text.c - see sspi/text.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "sspi/text.h"

#define NAME_MAX_UNITS 32767 /* what a UNICODE_STRING holds */

SECURITY_STATUS wide_from_ansi(const char *text, WCHAR **out)
{
	*out = NULL;
	if (!text)
		return SEC_E_OK;
	size_t n = strlen(text);
	if (utf16_need(text, n) == SIZE_MAX)
		return SEC_E_INVALID_PARAMETER;
	return utf16_from_utf8(text, n, out, NULL) ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

bool text_of(const WCHAR *s, struct ipc_text *out)
{
	size_t n = utf16_len(s);
	if (n > NAME_MAX_UNITS || !utf16_is_valid(s, n))
		return false;
	*out = (struct ipc_text){ .p = s, .n = (uint32_t)n };
	return true;
}
