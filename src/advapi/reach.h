/* advapi/reach.h - how the Cred functions reach the LSA and say how it went.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_REACH_H
#define OPENSSPI_ADVAPI_REACH_H

#include <windef.h>

#include "base/base.h"
#include "ipc/calls.h"

/* One call over the process's channel. The Win32 error of its status; the reply (zeroed before) is the
 * caller's in any case (call_reply_done). */
MUST_CHECK uint32_t reach_lsa(enum call which, const void *request, void *reply);

/* TRUE for ERROR_SUCCESS; else leaves the error as the last one. */
BOOL done(uint32_t error);

/* A caller's text for a request, NULL staying NULL. ERROR_SUCCESS; ERROR_INVALID_PARAMETER for a lone
 * surrogate; RPC_X_BAD_STUB_DATA for what is longer than any name. */
MUST_CHECK uint32_t request_text(const WCHAR *text, struct ipc_text *out);

/* UTF-8 widened (mem_free); NULL stays NULL. ERROR_SUCCESS, ERROR_NO_UNICODE_TRANSLATION,
 * ERROR_NOT_ENOUGH_MEMORY. */
MUST_CHECK uint32_t widened(const char *text, WCHAR **out);

#endif
