/* advapi/protect.h - texts sealed by CredProtect, as CredUI and the packed buffers need them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_PROTECT_H
#define OPENSSPI_ADVAPI_PROTECT_H

#include <wincred.h>

#include "base/base.h"
#include "base/secret.h"
#include "base/utf.h"

/* Units of the longest text that can be protected. */
#define PROTECT_UNITS_MAX 32000

/* How a text is protected; whatever CredProtect did not make is CredUnprotected. */
CRED_PROTECTION_TYPE text_protection(struct utf16 text);

/* The text sealed with CRED_PROTECT_ flags, "@@D..." or "@@F...": UTF-16 without terminator. A Win32
 * error. */
MUST_CHECK uint32_t text_protect(uint32_t flags, struct utf16 text, struct secret **out);

/* The way back, with CRED_UNPROTECT_ flags. ERROR_INVALID_PARAMETER: not such a text; ERROR_NOT_CAPABLE:
 * sealed by or for somebody else, or altered. */
MUST_CHECK uint32_t text_unprotect(uint32_t flags, struct utf16 text, struct secret **out);

/* The units of a secret. */
static inline struct utf16 secret_text(const struct secret *s)
{
	return (struct utf16){ (const WCHAR *)(const void *)s->p, s->len / sizeof(WCHAR) };
}

/* UTF-8 as UTF-16 without terminator in a secret. ERROR_NO_UNICODE_TRANSLATION, ERROR_NOT_ENOUGH_MEMORY. */
MUST_CHECK uint32_t secret_widen(const char *text, size_t n, struct secret **out);

#endif
