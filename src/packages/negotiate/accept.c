/* packages/negotiate/accept.c - AcceptCredentials: whose session it is; the passwords are the mechanisms'.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/negotiate/lsa.h"

NTSTATUS NTAPI nego_sp_accept_credentials(SECURITY_LOGON_TYPE type, PUNICODE_STRING account,
					  PSECPKG_PRIMARY_CRED primary,
					  PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);

	(void)account;
	(void)supplemental;
	if (!primary || type == Network || !(primary->Flags & PRIMARY_CRED_CLEAR_PASSWORD) ||
	    !primary->Password.Length || !primary->DownlevelName.Length)
		return STATUS_SUCCESS;
	const struct identity_view id = { .user = compose_unicode(&primary->DownlevelName),
					  .domain = compose_unicode(&primary->DomainName),
					  .has_user = true,
					  .has_domain = true };
	identity_write(&block, &id);
	if (!wr_ok(&block))
		return fail(STATUS_NO_MEMORY, "a session's name");
	return compose_primary_put(nego_host()->lsa, nego_id(), &primary->LogonId, wr_view(&block));
}
