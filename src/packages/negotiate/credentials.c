/* packages/negotiate/credentials.c - one credential of each mechanism that may be used.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "packages/negotiate/fallback.h"
#include "packages/negotiate/lsa.h"
#include "wire/authdata.h"

#define NAME_MAX_UNITS 256

/* DOMAIN\user, or what there is of it. */
static NTSTATUS keep_name(struct nego_credential *c, const struct identity_view *id)
{
	bool split = id->domain.n != 0;

	if (id->user.n == 0)
		return STATUS_SUCCESS;
	c->name = block_alloc(id->domain.n + id->user.n + 2 * sizeof(WCHAR));
	if (!c->name)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a credential's name");
	if (split) {
		memcpy(c->name, id->domain.p, id->domain.n);
		c->name[id->domain.n / 2] = '\\';
	}
	memcpy(c->name + id->domain.n / 2 + split, id->user.p, id->user.n);
	return STATUS_SUCCESS;
}

/* What may be asked for, and with what. */
struct asked {
	struct nego_list list;
	const void *auth;     /* NULL: the session's own credentials */
	LUID *logon;	      /* NULL: the caller's session */
	const char *not_ntlm; /* why NTLM cannot use them; NULL: it can */
};

/* The domain's name, also one that stands before the user's: "DOMAIN\\user". */
static size_t domain_units(const struct identity_view *id, WCHAR *out)
{
	struct rd from = id->domain.n ? id->domain : id->user;
	uint16_t unit = 0;
	size_t n = 0;

	while (rd_u16le(&from, &unit) && unit != '\\' && n < NAME_MAX_UNITS)
		out[n++] = unit;
	return id->domain.n || unit == '\\' ? n : 0;
}

/* An account of this machine's: of the domain "." or of the machine's own name. */
static bool is_local(const struct identity_view *id)
{
	OPENSSPI_MACHINE_NAMES names;
	WCHAR domain[NAME_MAX_UNITS];
	size_t n = domain_units(id, domain);

	if (n == 0 || failed(nego_host()->extension->MachineNames(&names)))
		return false;
	return utf16_equal_ascii_nocase(domain, n, ".") ||
	       utf16_equal_nocase(domain, n, names.NetbiosComputer.Buffer,
				  names.NetbiosComputer.Length / sizeof(WCHAR));
}

/* A certificate's name stands for no password; nor does a name that only says whose tickets are meant. */
static const char *not_for_ntlm(const struct identity_view *id)
{
	static const WCHAR marshalled[] = OPENSSPI_WIDE("@@");

	if (id->certificate.n || (id->user.n >= 4 && memcmp(id->user.p, marshalled, 4) == 0))
		return "it cannot sign in with a certificate";
	return id->flags & SEC_WINNT_AUTH_IDENTITY_ONLY
		       ? "the identity is a name without a password"
		       : NULL;
}

/* A list of packages alone stands for the caller's own credentials, with these packages. */
static bool is_a_list_alone(const struct identity_view *id)
{
	return id->packages.n && !id->has_user && !id->has_domain && !id->has_password &&
	       !id->certificate.n;
}

static NTSTATUS read_identity(struct nego_credential *c, const void *auth, struct asked *asked)
{
	struct identity_view id = { 0 };

	if (auth && !identity_read(authdata_block(auth), &id))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading an identity");
	nego_list_read(id.packages, &asked->list);
	c->is_given = auth && !is_a_list_alone(&id);
	c->is_local = is_local(&id);
	c->insists_on_spnego = asked->list.names_others;
	asked->auth = c->is_given ? auth : NULL;
	asked->not_ntlm = not_for_ntlm(&id);
	return keep_name(c, &id);
}

static void pass_over(struct nego_passed *p, NTSTATUS status, const char *words)
{
	mem_free(p->words);
	p->status = status;
	p->words = words && *words ? mem_dup(words, strlen(words) + 1) : NULL;
}

/* Asks one mechanism; a failure other than short memory is kept for the sentence. */
static NTSTATUS acquire_row(struct nego_credential *c, enum nego_role role, enum nego_row row,
			    const struct asked *asked)
{
	uint32_t use = role == NEGO_CLIENT ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND;
	UNICODE_STRING name = unicode_view(nego_mech(row)->package, nego_mech(row)->package_n);
	struct nego_passed *passed = &c->passed[role][row];
	TimeStamp expiry = { .QuadPart = c->expiry };

	if (!asked->list.allowed[row]) {
		pass_over(passed, SEC_E_NO_CREDENTIALS, "the list of packages leaves it out");
		return STATUS_SUCCESS;
	}
	if (row == NEGO_NTLM && role == NEGO_CLIENT && asked->not_ntlm) {
		pass_over(passed, SEC_E_UNKNOWN_CREDENTIALS, asked->not_ntlm);
		return STATUS_SUCCESS;
	}
	/* a server that may sign in as a client, too, can be called user to user */
	if (row == NEGO_KERBEROS && role == NEGO_SERVER)
		use = c->use & SECPKG_CRED_BOTH;
	nego_why_listen();
	const OPENSSPI_LSA_EXTENSION *extension = nego_host()->extension;
	void *auth = (void *)(uintptr_t)asked->auth;
	OPENSSPI_REACH_HANDLE *to = &c->of[role][row];
	NTSTATUS status =
		asked->logon ? extension->ReachAcquireSession(&name, use, asked->logon, auth, to,
							      &expiry)
			     : extension->ReachAcquireCredentials(&name, use, auth, to, &expiry);
	if (status == SEC_E_INSUFFICIENT_MEMORY || status == STATUS_NO_MEMORY)
		return status;
	if (failed(status)) {
		c->of[role][row] = 0;
		pass_over(passed, status, nego_why_heard());
	} else if (expiry.QuadPart < c->expiry) {
		c->expiry = expiry.QuadPart;
	}
	return STATUS_SUCCESS;
}

/* Nothing can be used in that role: the policy's word counts most, then the best mechanism's that is
 * installed. */
static NTSTATUS nothing_to_use(struct nego_credential *c, enum nego_role role,
			       const struct nego_list *list)
{
	CLEANUP(text_done) struct text why = { 0 };
	NTSTATUS status = SEC_E_NO_CREDENTIALS;
	bool found = false;

	for (int row = 0; row < NEGO_ROWS; row++) {
		const struct nego_passed *p = &c->passed[role][row];
		nego_why_none(&why, c, role, (enum nego_row)row);
		if (!list->allowed[row] || p->status == SEC_E_SECPKG_NOT_FOUND)
			continue;
		if (!found || p->status == STATUS_NTLM_BLOCKED)
			status = p->status;
		found = true;
	}
	nego_why_tell(&why);
	return fail(status, "acquiring a mechanism's credentials");
}

/* Asks each mechanism in turn; one that is not installed or has nothing to use is passed over. */
static NTSTATUS acquire_role(struct nego_credential *c, enum nego_role role,
			     const struct asked *asked)
{
	bool any = false;

	for (int row = 0; row < NEGO_ROWS; row++) {
		NTSTATUS status = acquire_row(c, role, (enum nego_row)row, asked);
		if (failed(status))
			return status;
		any = any || c->of[role][row];
	}
	nego_why_listen();
	return any ? STATUS_SUCCESS : nothing_to_use(c, role, &asked->list);
}

void nego_why_none(struct text *why, struct nego_credential *c, enum nego_role role,
		   enum nego_row row)
{
	const struct nego_passed *p = &c->passed[role][row];

	if (p->status && !nego_credential_of(c, role, row))
		nego_why_add(why, row, p->status, p->words);
}

/* Windows' two ways of saying that nobody's own credentials are to be used. */
static bool is_withheld(uint32_t use, const void *auth)
{
	return (use & SECPKG_CRED_PROCESS_POLICY_ONLY) ||
	       ((use & SECPKG_CRED_AUTOLOGON_RESTRICTED) && !auth);
}

/* Whose session it is, for its name and for which mechanisms it may have to do with. */
static NTSTATUS read_session(struct nego_credential *c, const LUID *logon)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = nego_host()->lsa;
	SecBuffer block = { 0, SECBUFFER_EMPTY, NULL };
	struct identity_view id;

	NTSTATUS status = compose_primary_get(lsa, nego_id(), logon, &block);
	if (failed(status))
		return status == STATUS_NO_MEMORY ? status : STATUS_SUCCESS;
	if (identity_read(compose_bytes(&block), &id)) {
		c->is_local = is_local(&id);
		status = keep_name(c, &id);
	}
	lsa->FreeLsaHeap(block.pvBuffer);
	return status;
}

NTSTATUS nego_credential_make(const struct nego_asked *call, struct nego_credential **out)
{
	struct asked asked = { .auth = NULL };
	const uint32_t use = call->use;

	if (!(use & SECPKG_CRED_BOTH))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading what the credential is for");
	CLEANUP(nego_credential_unref_p) struct nego_credential *c = nego_credential_new(use);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a credential");
	NTSTATUS status = read_identity(c, call->auth, &asked);
	if (!failed(status) && !asked.auth && call->logon &&
	    !compose_session_is_own(nego_host()->lsa, call->logon)) {
		asked.logon = call->logon;
		status = read_session(c, call->logon);
	}
	for (int row = 0; call->only != NEGO_NONE && row < NEGO_ROWS; row++)
		asked.list.allowed[row] = asked.list.allowed[row] && row == (int)call->only;
	if (!failed(status) && (use & SECPKG_CRED_OUTBOUND) && !is_withheld(use, asked.auth))
		status = acquire_role(c, NEGO_CLIENT, &asked);
	if (!failed(status) && (use & SECPKG_CRED_INBOUND))
		status = acquire_role(c, NEGO_SERVER, &asked);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return STATUS_SUCCESS;
}
