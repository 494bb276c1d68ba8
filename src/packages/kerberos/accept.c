/* packages/kerberos/accept.c - AcceptCredentials: a session's password, for tickets when they are wanted.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * No KDC is asked before the first sign-in, and nothing of Kerberos is loaded for sessions that never use it: the
 * LSA's store has the identity until then. */
#include "base/base.h"

#include "base/utf.h"
#include "packages/kerberos/identity.h"
#include "packages/kerberos/logon.h"

/* An account of this machine has no realm. */
static bool is_local(const UNICODE_STRING *domain)
{
	size_t n = domain->Length / sizeof(WCHAR);
	OPENSSPI_MACHINE_NAMES names;

	if (utf16_equal_ascii_nocase(domain->Buffer, n, ".") ||
	    failed(kerberos_host()->extension->MachineNames(&names)))
		return true;
	return utf16_equal_nocase(domain->Buffer, n, names.NetbiosComputer.Buffer,
				  names.NetbiosComputer.Length / sizeof(WCHAR));
}

static bool has_realm(const SECPKG_PRIMARY_CRED *p)
{
	return p->DnsDomainName.Length || p->Upn.Length ||
	       (p->DomainName.Length && !is_local(&p->DomainName));
}

/* The names that lead to a realm: the domain's in DNS, else user@domain, else the one it has. */
static SECPKG_PRIMARY_CRED named(const SECPKG_PRIMARY_CRED *primary)
{
	SECPKG_PRIMARY_CRED p = *primary;

	if (p.DnsDomainName.Length) {
		p.DomainName = p.DnsDomainName;
	} else if (p.Upn.Length) {
		p.DownlevelName = p.Upn;
		p.DomainName = (UNICODE_STRING){ 0 };
	}
	return p;
}

NTSTATUS NTAPI kerberos_sp_accept_credentials(SECURITY_LOGON_TYPE type, PUNICODE_STRING account,
					      PSECPKG_PRIMARY_CRED primary,
					      PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);

	(void)account;
	(void)supplemental;
	if (!primary || type == Network || !has_realm(primary))
		return STATUS_SUCCESS;
	const SECPKG_PRIMARY_CRED p = named(primary);
	if (!compose_primary_write(&block, &p))
		return STATUS_SUCCESS;
	/* Of the first one, a logon of ours may have tickets already. */
	const bool is_new = !kerberos_session_has_identity(&primary->LogonId);
	NTSTATUS status = compose_primary_put(kerberos_host()->lsa, kerberos_id(),
					      &primary->LogonId, wr_view(&block));
	if (!failed(status) && !is_new)
		kerberos_logon_renew(&primary->LogonId);
	return status;
}

bool kerberos_session_has_identity(const LUID *session)
{
	SecBuffer block = { 0, SECBUFFER_EMPTY, NULL };
	bool has =
		!failed(compose_primary_get(kerberos_host()->lsa, kerberos_id(), session, &block));

	kerberos_host()->lsa->FreeLsaHeap(block.pvBuffer);
	return has;
}

static NTSTATUS credential_of(const void *block, struct krb_credential **out)
{
	CLEANUP(kerberos_identity_done) struct kerberos_identity id = { .password = WR(0) };
	const struct krb_ops *ops;

	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status))
		status = kerberos_identity_of_block(block, &id);
	if (failed(status))
		return status;
	if (!id.user || rd_empty(wr_view(&id.password)))
		return fail(SEC_E_NO_CREDENTIALS, "a session's password");
	const struct krb_identity view = kerberos_identity_view(&id, KRB_INITIATE);
	return kerberos_failed(ops, ops->credential_new(&view, out));
}

NTSTATUS kerberos_session_credential(const LUID *session, struct krb_credential **out)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = kerberos_host()->lsa;
	CLEANUP(krb_unref_p) struct krb_credential *made = NULL;
	SecBuffer block = { 0, SECBUFFER_EMPTY, NULL };

	/* The session goes first: what was made of it may be here a moment longer. */
	NTSTATUS status = compose_primary_get(lsa, kerberos_id(), session, &block);
	if (failed(status))
		return status;
	*out = kerberos_logon_find(session);
	if (!*out)
		status = credential_of(block.pvBuffer, &made);
	lsa->FreeLsaHeap(block.pvBuffer);
	if (*out || failed(status))
		return status;
	return kerberos_logon_keep(session, made, out);
}
