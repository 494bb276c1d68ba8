/* packages/tsssp/session.c - see packages/tsssp/session.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/tsssp/lsa.h"
#include "packages/tsssp/session.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"

/* A delegated password is handed over again only as its whole: the store has the block that
 * ts_context_choose reads. */
NTSTATUS NTAPI ts_sp_accept_credentials(SECURITY_LOGON_TYPE type, PUNICODE_STRING account,
					PSECPKG_PRIMARY_CRED primary,
					PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);

	(void)account;
	(void)supplemental;
	if (!primary || type == Network || !compose_primary_write(&block, primary))
		return STATUS_SUCCESS;
	return compose_primary_put(ts_host()->lsa, ts_id(), &primary->LogonId, wr_view(&block));
}

/* ---- what was delegated ---- */

static UNICODE_STRING unicode_of(struct rd text)
{
	return (UNICODE_STRING){ (USHORT)text.n, (USHORT)text.n, (PWSTR)(uintptr_t)text.p };
}

static bool is_principal(struct rd user)
{
	uint16_t unit;

	while (rd_u16le(&user, &unit))
		if (unit == '@')
			return true;
	return false;
}

/* ---- whose it is ---- */

struct name {
	const WCHAR *user, *domain;
	size_t user_n, domain_n;
};

/* DOMAIN\user or user@domain, taken apart. */
static struct name name_split(const WCHAR *text, size_t n)
{
	struct name name = { text, text, n, 0 };

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\\')
			return (struct name){ text + i + 1, text, n - i - 1, i };
		if (text[i] == '@')
			name = (struct name){ text, text + i + 1, i, n - i - 1 };
	}
	return name;
}

static bool is_same(const struct name *signed_in, const struct name *delegated)
{
	bool any = !delegated->domain_n ||
		   utf16_equal_ascii_nocase(delegated->domain, delegated->domain_n, ".");

	return utf16_equal_nocase(signed_in->user, signed_in->user_n, delegated->user,
				  delegated->user_n) &&
	       (any || utf16_equal_nocase(signed_in->domain, signed_in->domain_n, delegated->domain,
					  delegated->domain_n));
}

/* Anyone may delegate anyone's name: the session has one only when it is the client's, as the mechanism
 * proved it. */
static void session_note(const struct ts_context *c, LUID *logon, const struct authbuffer_view *v)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ts_host()->lsa;
	SecPkgContext_NamesW names = { NULL };
	struct name delegated = name_split((const WCHAR *)(const void *)v->user.p, v->user.n / 2);

	if (v->domain.n) {
		delegated.domain = (const WCHAR *)(const void *)v->domain.p;
		delegated.domain_n = v->domain.n / 2;
	}
	if (failed(ts_host()->extension->ReachQueryContext(c->inner, SECPKG_ATTR_NAMES, &names)))
		names.sUserName = NULL;
	const WCHAR *text = names.sUserName;
	const struct name who = name_split(text, text ? utf16_len(text) : 0);
	UNICODE_STRING user = unicode_view(who.user, who.user_n),
		       domain = unicode_view(who.domain, who.domain_n);
	bool is_client = who.user_n && is_same(&who, &delegated);
	lsa->AuditLogon(STATUS_SUCCESS, STATUS_SUCCESS, is_client ? &user : NULL,
			is_client ? &domain : NULL, NULL, NULL, RemoteInteractive, NULL, logon);
	lsa->FreeLsaHeap(names.sUserName);
}

static NTSTATUS session_begin(const struct ts_context *c, LUID *logon,
			      const struct authbuffer_view *v)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ts_host()->lsa;
	SECPKG_PRIMARY_CRED primary = { .DownlevelName = unicode_of(v->user),
					.DomainName = unicode_of(v->domain),
					.Password = unicode_of(v->password),
					.Flags = PRIMARY_CRED_CLEAR_PASSWORD };

	if (!v->domain.n && is_principal(v->user))
		primary.Upn = primary.DownlevelName;
	NTSTATUS status = compose_session_new(lsa, logon);
	if (failed(status))
		return status;
	session_note(c, logon, v);
	primary.LogonId = *logon;
	status = lsa->UpdateCredentials(&primary, NULL);
	if (failed(status))
		(void)lsa->DeleteLogonSession(logon);
	return status;
}

NTSTATUS ts_delegated_logon(struct ts_context *c, OPENSSPI_DELEGATED_LOGON *out)
{
	struct authbuffer_view v;

	if (!c->server)
		return SEC_E_UNSUPPORTED_FUNCTION;
	if (!c->has_password)
		return fail(SEC_E_NO_CREDENTIALS, "what a client delegated");
	if (SecIsZeroLuid(&c->logon)) {
		LUID fresh;
		if (!authbuffer_read(rd_of(c->delegated->p, c->delegated->len), &v))
			return fail(SEC_E_INTERNAL_ERROR, "reading what a client delegated");
		NTSTATUS status = session_begin(c, &fresh, &v);
		if (failed(status))
			return status;
		c->logon = fresh;
	}
	out->LogonId = c->logon;
	return STATUS_SUCCESS;
}

void ts_delegated_end(struct ts_context *c)
{
	if (!SecIsZeroLuid(&c->logon))
		(void)ts_host()->lsa->DeleteLogonSession(&c->logon);
}
