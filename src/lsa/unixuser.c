/* lsa/unixuser.c - see lsa/unixuser.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "ipc/unixuser.h"
#include "lsa/machine.h"
#include "lsa/principal.h"
#include "lsa/unixuser.h"

static bool is_called(const UNICODE_STRING *name, struct utf16 domain)
{
	return name->Length &&
	       utf16_equal_nocase(name->Buffer, name->Length / sizeof(WCHAR), domain.p, domain.n);
}

/* The names of the machine alone: in a domain that it belongs to there are others of the same name. */
static uint32_t kind_of(const struct machine *machine, const struct unixuser_account *account)
{
	const OPENSSPI_MACHINE_NAMES *names = machine_names(machine);
	struct utf16 domain = account->domain;

	if (account->vouched)
		return account->vouched;
	return (domain.n == 1 && domain.p[0] == '.') ||
			       is_called(&names->NetbiosComputer, domain) ||
			       is_called(&names->DnsComputer, domain)
		       ? OPENSSPI_ACCOUNT_OF_MACHINE
		       : OPENSSPI_ACCOUNT_OF_DOMAIN;
}

bool unixuser_find(const struct machine *machine, const struct unixuser_account *account,
		   uid_t *out)
{
	CLEANUP(unix_user_done) struct unix_user found = { 0 };
	const struct unix_question q = { .kind = kind_of(machine, account),
					 .domain = account->domain.p,
					 .domain_n = account->domain.n,
					 .user = account->user.p,
					 .user_n = account->user.n };

	if (failed(unix_user_find(&q, &found)))
		return false;
	*out = found.ids.uid;
	return true;
}

bool unixuser_is(const struct machine *machine, const struct unixuser_account *account, uid_t uid)
{
	struct utf16 domain = account->domain;
	CLEANUP(mem_free_p) WCHAR *own = NULL;
	size_t own_n = 0;
	uid_t found;

	if (uid == (uid_t)-1 || failed(principal_of(uid, &own, &own_n)))
		return false;
	if ((!domain.n || machine_is_called(machine, domain.p, domain.n)) &&
	    utf16_equal_nocase(own, own_n, account->user.p, account->user.n))
		return true;
	return unixuser_find(machine, account, &found) && found == uid;
}
