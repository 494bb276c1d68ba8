/* packages/tsssp/receive.c - see packages/tsssp/receive.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/tsssp/receive.h"
#include "wire/authbuffer.h"

static NTSTATUS keep(const struct wr *packed, struct secret **out)
{
	struct rd bytes = wr_view(packed);

	*out = wr_ok(packed) ? secret_copy(bytes.p, bytes.n) : NULL;
	return *out ? STATUS_SUCCESS
		    : fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the delegated credentials");
}

/* What brings nothing that could be used again: Windows' two switches for it mean both ways. */
static bool takes_protected(void)
{
	return compose_policy(ts_host(), OPENSSPI_POLICY_RESTRICTED_ADMIN, 0) ||
	       compose_policy(ts_host(), OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS, 0);
}

static NTSTATUS refuse_protected(const char *doing)
{
	if (ts_host()->extension->NoteReason)
		ts_host()->extension->NoteReason(
			"the client keeps its credentials to itself, and this server's policy takes that "
			"from nobody (DisableRestrictedAdmin, AllowProtectedCreds)");
	return fail(SEC_E_LOGON_DENIED, doing);
}

/* This machine's own word on the password, where its configuration wants that. */
static NTSTATUS check_delegated(const struct ts_credentials *creds)
{
	const struct rd field[] = { creds->domain, creds->user, creds->password };
	CLEANUP(secret_free_p)
	struct secret *room = secret_new(field[0].n + field[1].n + field[2].n);
	UNICODE_STRING text[ARRAY_LEN(field)];
	size_t at = 0;

	if (!ts_host()->extension->CheckDelegated)
		return STATUS_SUCCESS;
	if (!room)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "showing a delegated password");
	for (size_t i = 0; i < ARRAY_LEN(field); i++) { /* in the message they may lie anywhere */
		text[i] = unicode_view((const void *)(room->p + at), field[i].n / sizeof(WCHAR));
		if (field[i].n)
			memcpy(room->p + at, field[i].p, field[i].n);
		at += field[i].n;
	}
	return ts_host()->extension->CheckDelegated(&text[0], &text[1], &text[2]);
}

static NTSTATUS keep_password(struct ts_context *c, const struct ts_credentials *creds)
{
	const struct authbuffer_view view = { creds->domain, creds->user, creds->password };
	CLEANUP(wr_done) struct wr packed = WR(TS_REQUEST_MAX);
	bool empty = creds->domain.n + creds->user.n + creds->password.n == 0;

	if (empty && !takes_protected())
		return refuse_protected("accepting empty credentials");
	NTSTATUS status = empty ? STATUS_SUCCESS : check_delegated(creds);
	if (failed(status))
		return status;
	if (!empty) /* empty ones delegate nothing */
		c->attributes |= ASC_RET_DELEGATE;
	authbuffer_write(&packed, &view);
	c->has_password = creds->user.n && creds->password.n;
	return keep(&packed, &c->delegated);
}

/* A provider's name that Kerberos would take for a file or a module of ours is the client's to choose, and
 * not the client's to have opened here. Windows' providers have no colon in their names. */
static struct rd provider_of(struct rd name)
{
	struct rd rest = name;
	uint16_t unit;

	while (rd_u16le(&rest, &unit))
		if (unit == ':')
			return rd_of(NULL, 0);
	return name;
}

/* Who asks for SECPKG_ATTR_CREDS gets names and PIN, in the form that says it is a PIN. */
static NTSTATUS keep_card(struct ts_context *c, const struct ts_credentials *creds)
{
	CLEANUP(wr_done)
	struct wr csp = WR(TS_REQUEST_MAX), packed = WR(TS_REQUEST_MAX), named = WR(TS_REQUEST_MAX);
	struct certificate_logon logon = { creds->domain, creds->user, creds->password, 0,
					   rd_of(NULL, 0) };

	struct csp_info info = creds->csp;

	info.csp = provider_of(info.csp);
	certificate_logon_write(&named, &logon);
	csp_info_write(&csp, &info);
	logon.csp_data = wr_view(&csp);
	certificate_logon_write(&packed, &logon);
	if (!wr_ok(&csp))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "packing a card's names");
	c->attributes |= ASC_RET_DELEGATE;
	NTSTATUS status = keep(&named, &c->named);
	return failed(status) ? status : keep(&packed, &c->delegated);
}

static bool is_kerberos(struct rd package)
{
	WCHAR name[8];

	if (package.n != sizeof(name))
		return false;
	memcpy(name, package.p, sizeof(name));
	return utf16_equal_ascii_nocase(name, ARRAY_LEN(name), "Kerberos");
}

static bool inner_is_kerberos(const struct ts_context *c)
{
	SecPkgContext_PackageInfoW info = { NULL };

	if (failed(ts_query_inner_package(c, &info)) || !info.PackageInfo)
		return false;
	const WCHAR *name = info.PackageInfo->Name;
	bool is = name && is_kerberos(rd_of(name, utf16_len(name) * sizeof(WCHAR)));
	ts_host()->lsa->FreeLsaHeap(info.PackageInfo);
	return is;
}

/* Tickets belong to a client that showed one: [MS-CSSP] 2.2.1.2.3. Supplemental credentials are secrets of
 * packages that nobody here takes them for. */
static NTSTATUS keep_tickets(struct ts_context *c, const struct ts_credentials *creds)
{
	CLEANUP(wr_done) struct wr packed = WR(TS_REQUEST_MAX);
	struct ticket_logon logon;

	if (!takes_protected())
		return refuse_protected("accepting Remote Credential Guard");
	if (!is_kerberos(creds->package) || !inner_is_kerberos(c))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "taking tickets without Kerberos");
	if (!ticket_logon_read(creds->buffer, &logon))
		return fail(SEC_E_INVALID_TOKEN, "reading a logon by tickets");
	ticket_logon_write(&packed, &logon);
	c->attributes |= ASC_RET_DELEGATE;
	return keep(&packed, &c->delegated);
}

NTSTATUS ts_receive(struct ts_context *c, const struct ts_credentials *creds)
{
	switch (creds->type) {
	case TS_CRED_PASSWORD:
		return keep_password(c, creds);
	case TS_CRED_SMART_CARD:
		return keep_card(c, creds);
	case TS_CRED_REMOTE_GUARD:
		return keep_tickets(c, creds);
	default:
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "taking credentials of an unknown type");
	}
}
