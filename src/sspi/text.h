/* sspi/text.h - the facade's strings: UTF-8 becomes UTF-16 here, once, and W callers' text is measured.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_TEXT_H
#define OPENSSPI_SSPI_TEXT_H

#include <sspi.h>

#include "base/base.h"
#include "ipc/calls.h"

/* The text of an A function for its W function (mem_free); NULL stays NULL. SEC_E_OK,
 * SEC_E_INVALID_PARAMETER for bytes that are not UTF-8, SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK SECURITY_STATUS wide_from_ansi(const char *text, WCHAR **out);

/* A W caller's string for a request. False when it is longer than a name may be or not UTF-16. */
MUST_CHECK bool text_of(const WCHAR *s, struct ipc_text *out);

#endif
