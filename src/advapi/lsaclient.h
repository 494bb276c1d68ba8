/* advapi/lsaclient.h - connections to the LSA, as the files of its client functions share them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_LSACLIENT_H
#define OPENSSPI_ADVAPI_LSACLIENT_H

#include <windef.h>

#include "base/base.h"
#include "ipc/calls.h"

/* What kind of connection it was asked for as; false when it is none. */
MUST_CHECK bool lsa_connection_kind(HANDLE handle, bool *trusted);

/* One call, its failures as NTSTATUS. */
MUST_CHECK NTSTATUS lsa_ask(enum call which, const void *request, void *reply);

#endif
