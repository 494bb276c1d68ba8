/* lsa/support.c - see lsa/support.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "lsa/support.h"

_Static_assert(sizeof(LSA_SECPKG_FUNCTION_TABLE) == 63 * sizeof(void *),
	       "the table has Windows' members and no other");

static LSA_SECPKG_FUNCTION_TABLE table;

static void table_fill(void)
{
	support_memory_fill(&table);
	support_session_fill(&table);
	support_client_fill(&table);
	support_account_fill(&table);
	support_package_fill(&table);
	support_credential_fill(&table);
}

PLSA_SECPKG_FUNCTION_TABLE support_table(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, table_fill);
	return &table;
}
