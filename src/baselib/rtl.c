/* baselib/rtl.c - RtlInitString and its kin: counted strings over the caller's text.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A text longer than 16 bits can count is cut at what fits, as on Windows. */
#include <ntsecapi.h>
#include <windows.h>

#include "base/utf.h"

#define STRING_MAX 0xFFFE

VOID NTAPI RtlInitString(PSTRING out, LPCSTR text)
{
	size_t n = text ? strnlen(text, STRING_MAX) : 0;
	*out = (STRING){ (USHORT)n, (USHORT)(text ? n + 1 : 0), (PCHAR)(uintptr_t)text };
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING out, LPCSTR text)
{
	RtlInitString(out, text);
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING out, LPCWSTR text)
{
	size_t n = utf16_len(text) * sizeof(WCHAR);

	if (n > STRING_MAX - sizeof(WCHAR))
		n = STRING_MAX - sizeof(WCHAR);
	*out = (UNICODE_STRING){ (USHORT)n, (USHORT)(text ? n + sizeof(WCHAR) : 0),
				 (PWSTR)(uintptr_t)text };
}
