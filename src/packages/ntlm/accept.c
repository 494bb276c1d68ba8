/* packages/ntlm/accept.c - AcceptCredentials: what a session signs in with, as the LSA keeps it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Names and hashes, never the password. Credential handles know their session and not these: they are read for
 * each sign-in, so that a changed password counts at once and an ended session has none. */
#include "base/base.h"

#include "crypto/ntlm.h"
#include "packages/compose.h"
#include "packages/ntlm/logon.h"

#define PACKED_MAX 4096

/* ---- the packed form: two counted names, then one hash or two ---- */

static void text_pack(struct wr *w, const struct ntlm_text *t)
{
	struct rd bytes = ntlm_text_bytes(t);

	wr_u16le(w, (uint16_t)bytes.n);
	wr_rd(w, bytes);
}

static void credential_pack(struct wr *w, const struct ntlm_credential *c)
{
	text_pack(w, &c->domain);
	text_pack(w, &c->user);
	wr_bytes(w, c->nt_hash->p, c->nt_hash->len);
	if (c->lm_hash)
		wr_bytes(w, c->lm_hash->p, c->lm_hash->len);
}

static bool text_unpack(struct rd *r, struct rd *out)
{
	uint16_t n;
	return rd_u16le(r, &n) && rd_bytes(r, n, out);
}

static NTSTATUS credential_unpack(struct rd packed, struct ntlm_credential *c)
{
	struct rd domain, user, nt;

	if (!text_unpack(&packed, &domain) || !text_unpack(&packed, &user) ||
	    !rd_bytes(&packed, NTLM_HASH_LEN, &nt))
		return fail(SEC_E_INTERNAL_ERROR, "a session's hashes");
	c->nt_hash = secret_copy(nt.p, nt.n);
	bool fine = c->nt_hash && ntlm_text_copy(&c->domain, domain) &&
		    ntlm_text_copy(&c->user, user);
	if (fine && packed.n == NTLM_HASH_LEN) {
		c->lm_hash = secret_copy(packed.p, packed.n);
		fine = c->lm_hash != NULL;
	}
	return fine ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "a session's hashes");
}

NTSTATUS ntlm_session_credential(const LUID *session, uint32_t use, struct ntlm_credential **out)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };

	NTSTATUS status = compose_primary_get(lsa, ntlm_id(), session, &packed);
	if (failed(status))
		return status;
	CLEANUP(ntlm_credential_unref_p) struct ntlm_credential *c = ntlm_credential_new(use);
	status = c ? credential_unpack(compose_bytes(&packed), c)
		   : fail(SEC_E_INSUFFICIENT_MEMORY, "NTLM credentials");
	lsa->FreeLsaHeap(packed.pvBuffer);
	if (!failed(status))
		*out = TAKE(c);
	return status;
}

/* Where NTLM may not be used, nothing of it is kept. */
static bool is_blocked(void)
{
	return ntlm_policy(OPENSSPI_POLICY_FIPS, 0) ||
	       ntlm_policy(OPENSSPI_POLICY_KERBEROS_ONLY, 0);
}

NTSTATUS NTAPI ntlm_sp_accept_credentials(SECURITY_LOGON_TYPE type, PUNICODE_STRING account,
					  PSECPKG_PRIMARY_CRED primary,
					  PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX), packed = WR(PACKED_MAX);
	CLEANUP(ntlm_credential_unref_p)
	struct ntlm_credential *c = ntlm_credential_new(SECPKG_CRED_OUTBOUND);

	(void)account;
	(void)supplemental;
	if (!primary || type == Network || is_blocked() || !compose_primary_write(&block, primary))
		return STATUS_SUCCESS; /* nothing that NTLM could use */
	if (!c)
		return fail(STATUS_NO_MEMORY, "NTLM credentials");
	NTSTATUS status = ntlm_credential_fill(c, wr_view(&block));
	if (failed(status))
		return status;
	credential_pack(&packed, c);
	if (!wr_ok(&packed))
		return fail(STATUS_NO_MEMORY, "NTLM credentials");
	return compose_primary_put(ntlm_host()->lsa, ntlm_id(), &primary->LogonId,
				   wr_view(&packed));
}
