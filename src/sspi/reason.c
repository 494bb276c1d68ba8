/* sspi/reason.c - OpensspiLastReason: what the last failing call had to say beyond its status.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The LSA's sentence comes back with its reply and stays with the thread until another call fails or
 * begins; releasing handles leaves it. */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "ipc/reason.h"

SECURITY_STATUS SEC_ENTRY OpensspiLastReason(char **text)
{
	const char *last = call_reason_last();

	if (!text)
		return SEC_E_INVALID_PARAMETER;
	*text = NULL;
	if (!*last)
		return SEC_E_NO_CREDENTIALS;
	*text = block_dup(last, strlen(last) + 1);
	return *text ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}
