/* lib/status.c - OpensspiDescribeStatus, over base/words.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/words.h"

void SEC_ENTRY OpensspiDescribeStatus(LONG status, const char **name, const char **meaning,
				      const char **advice)
{
	static const struct status_words unknown = {
		.name = "unknown status", .meaning = "a status that is not described here", .advice = ""
	};
	const struct status_words *found = status_words(status);

	if (!found)
		found = &unknown;
	if (name)
		*name = found->name;
	if (meaning)
		*meaning = found->meaning;
	if (advice)
		*advice = found->advice;
}
