/* advapi/logontoken.h - the access token of a logon session that LsaLogonUser has made.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_LOGONTOKEN_H
#define OPENSSPI_ADVAPI_LOGONTOKEN_H

#include <ntsecapi.h>

#include "base/base.h"

/* `account_kind`: OPENSSPI_ACCOUNT_OF_, or 0 for an account that no authority of this machine knows: its token
 * stands for no user of this system. An impersonation token for network logons, else a primary one. */
MUST_CHECK NTSTATUS logon_token(LUID logon, SECURITY_LOGON_TYPE type, uint32_t account_kind,
				HANDLE *out);

#endif
