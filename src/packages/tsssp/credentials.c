/* packages/tsssp/credentials.c - see packages/tsssp/credentials.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>

#include "base/clock.h"
#include "base/utf.h"
#include "packages/tsssp/credentials.h"
#include "packages/tsssp/delegate.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

/* A card's PIN is no password: nobody but Kerberos is told of it. */
static const WCHAR kerberos_name[] = OPENSSPI_WIDE("Kerberos");

/* An identity arrives as an EX2 block, or as the packed buffer that CredPackAuthenticationBuffer
 * makes. */
static NTSTATUS read_identity(struct rd bytes, struct identity_view *id)
{
	struct authbuffer_view packed;

	if (identity_read(bytes, id))
		return STATUS_SUCCESS;
	if (!authbuffer_read(bytes, &packed))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading the identity to delegate");
	*id = (struct identity_view){ .user = packed.user,
				      .domain = packed.domain,
				      .password = packed.password,
				      .has_user = true,
				      .has_domain = true,
				      .has_password = true };
	return STATUS_SUCCESS;
}

/* Can what a card's logon says be told to a server? */
static bool card_is_sound(struct rd certificate)
{
	struct certificate_logon logon;
	struct csp_info csp;

	return certificate_logon_read(certificate, &logon) &&
	       (logon.csp_data.n == 0 || csp_info_read(logon.csp_data, &csp));
}

static NTSTATUS keep_block(const struct identity_view *id, struct secret **out)
{
	CLEANUP(wr_done) struct wr block = WR(AUTHDATA_MAX);
	struct identity_view again;

	identity_write(&block, id);
	struct rd written = wr_view(&block);
	if (!wr_ok(&block))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "writing the identity to delegate");
	if (!identity_read(written, &again))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading the identity to delegate");
	*out = secret_copy(written.p, written.n);
	return *out ? STATUS_SUCCESS
		    : fail(SEC_E_INSUFFICIENT_MEMORY, "keeping the identity to delegate");
}

/* It is kept as an EX2 block whatever it was. */
static NTSTATUS keep_identity(struct ts_credential *c, uint32_t type, struct rd bytes)
{
	struct identity_view id = { 0 };

	NTSTATUS status = read_identity(bytes, &id);
	if (failed(status))
		return status;
	if (id.certificate.n) {
		if (!card_is_sound(id.certificate))
			return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a logon by certificate");
		id.packages = rd_of(kerberos_name, sizeof(kerberos_name) - sizeof(WCHAR));
	}
	if (type == CredsspCertificateCreds && !id.certificate.n)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "finding a certificate's logon");
	c->names_nobody = id.user.n == 0 && !id.has_password && id.certificate.n == 0;
	return keep_block(&id, &c->identity);
}

static NTSTATUS read_auth(struct ts_credential *c, const void *auth)
{
	struct credssp_auth a;

	if (!auth)
		return STATUS_SUCCESS;
	if (!credssp_auth_read(authdata_block(auth), &a))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED");
	c->redirects = a.flags & CREDSSP_FLAG_REDIRECT;
	switch (a.submit_type) {
	case CredsspPasswordCreds:
	case CredsspSubmitBufferBoth:
	case CredsspSubmitBufferBothOld:
	case CredsspCertificateCreds:
		return a.has_identity ? keep_identity(c, a.submit_type, a.identity)
				      : STATUS_SUCCESS;
	case CredsspSchannelCreds:
		return STATUS_SUCCESS; /* the identity is the default one */
	default:
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading a CREDSSP_CRED's submit type");
	}
}

/* What an identity's PackageList says of NTLM. */
enum ntlm_choice {
	NTLM_NOT_SAID,
	NTLM_ALONE, /* then without SPNEGO around it, which is all that some servers take */
	NTLM_AMONG_OTHERS,
};

static enum ntlm_choice ntlm_choice(const void *auth)
{
	struct identity_view id;
	WCHAR name[4];

	if (!auth || !identity_read(authdata_block(auth), &id) || id.packages.n == 0)
		return NTLM_NOT_SAID;
	if (id.packages.n != sizeof(name))
		return NTLM_AMONG_OTHERS;
	memcpy(name, id.packages.p, sizeof(name));
	return utf16_equal_ascii_nocase(name, ARRAY_LEN(name), "NTLM") ? NTLM_ALONE
								       : NTLM_AMONG_OTHERS;
}

/* What the inner package is asked for. */
struct inner_asked {
	uint32_t use;
	const struct secret *identity; /* NULL: the session's own */
	const LUID *session;	       /* NULL: the caller's */
};

static NTSTATUS reach(const UNICODE_STRING *package, const struct inner_asked *asked,
		      OPENSSPI_REACH_HANDLE *out, TimeStamp *expiry)
{
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;
	void *auth = asked->identity ? asked->identity->p : NULL;

	if (!asked->session)
		return extension->ReachAcquireCredentials(package, asked->use, auth, out, expiry);
	return extension->ReachAcquireSession(package, asked->use, (PLUID)(uintptr_t)asked->session,
					      auth, out, expiry);
}

/* Negotiate, which accepts bare NTLM too; NTLM when it is what was asked for, or all there is and not
 * what the caller wanted to avoid. */
static NTSTATUS acquire_inner(const struct inner_asked *asked, OPENSSPI_REACH_HANDLE *out,
			      int64_t *until)
{
	static const WCHAR nego_name[] = OPENSSPI_WIDE("Negotiate"),
			   ntlm_name[] = OPENSSPI_WIDE("NTLM");
	UNICODE_STRING nego = unicode_view(nego_name, ARRAY_LEN(nego_name) - 1),
		       ntlm = unicode_view(ntlm_name, ARRAY_LEN(ntlm_name) - 1);
	TimeStamp expiry = { .QuadPart = CLOCK_NEVER };
	void *auth = asked->identity ? asked->identity->p : NULL;
	NTSTATUS status = SEC_E_SECPKG_NOT_FOUND;

	enum ntlm_choice choice = ntlm_choice(auth);
	if (choice != NTLM_ALONE)
		status = reach(&nego, asked, out, &expiry);
	if (status == SEC_E_SECPKG_NOT_FOUND && choice != NTLM_AMONG_OTHERS)
		status = reach(&ntlm, asked, out, &expiry);
	if (!failed(status) && expiry.QuadPart < *until)
		*until = expiry.QuadPart; /* they last as long as both roles' do */
	return status;
}

NTSTATUS ts_credential_make(uint32_t use, const LUID *logon, const void *auth,
			    struct ts_credential **out)
{
	CLEANUP(ts_credential_unref_p) struct ts_credential *c = NULL;

	if (use == 0)
		use = SECPKG_CRED_OUTBOUND;
	if (use & ~(uint32_t)SECPKG_CRED_BOTH)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "reading what the credential is for");
	c = ts_credential_new(use);
	if (!c)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a credential");
	NTSTATUS status = read_auth(c, auth);
	const bool given = c->identity && !c->names_nobody;
	c->is_session = !given && !compose_session_is_own(ts_host()->lsa, logon);
	if (c->is_session)
		c->session = *logon;
	const struct inner_asked client = { SECPKG_CRED_OUTBOUND, c->identity, NULL },
				 server = { SECPKG_CRED_INBOUND, NULL, NULL };
	if (!failed(status) && (use & SECPKG_CRED_OUTBOUND) && given)
		status = acquire_inner(&client, &c->outbound, &c->expiry);
	if (!failed(status) && (use & SECPKG_CRED_INBOUND))
		status = acquire_inner(&server, &c->inbound, &c->expiry);
	if (failed(status))
		return status;
	*out = TAKE(c);
	return STATUS_SUCCESS;
}

/* ---- what the target calls for ---- */

/* Of a session that a logon made, what it was made with and nothing else: the saved ones are the caller's. */
static NTSTATUS find_of_session(uint32_t class, const LUID *session, void **block)
{
	SecBuffer found = { 0, SECBUFFER_EMPTY, NULL };
	NTSTATUS status = SEC_E_NO_CREDENTIALS;

	if (class == OPENSSPI_DELEGATE_DEFAULT)
		status = compose_primary_get(ts_host()->lsa, ts_id(), session, &found);
	*block = found.pvBuffer;
	return status;
}

static NTSTATUS find_identity(const struct ts_credential *c, uint32_t class,
			      const UNICODE_STRING *target, void **block)
{
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;

	*block = NULL;
	if (c->is_session)
		return find_of_session(class, &c->session, block);
	if (class == OPENSSPI_DELEGATE_DEFAULT)
		return extension->ReadDefaultIdentity(block);
	return target->Length ? extension->ReadSavedIdentity(target, block)
			      : (NTSTATUS)SEC_E_NO_CREDENTIALS;
}

/* Keeps what was found, with the packages that the caller wants it used by. */
static NTSTATUS keep_found(struct ts_context *c, const void *block)
{
	const struct secret *asked = c->credential->identity;
	struct identity_view id, wish = { 0 };

	if (!identity_read(authdata_block(block), &id) ||
	    (asked && !identity_read(rd_of(asked->p, asked->len), &wish)))
		return fail(SEC_E_INTERNAL_ERROR, "reading an identity that was found");
	if (wish.packages.n)
		id.packages = wish.packages;
	return keep_block(&id, &c->identity);
}

/* How strongly the server will have shown who it is, nobody knows yet: what is refused now would be
 * refused then, and is not shown to the server at all. */
static NTSTATUS try_class(struct ts_context *c, uint32_t class)
{
	UNICODE_STRING target = unicode_view(c->target, c->target_n);
	void *block = NULL;

	NTSTATUS status = find_identity(c->credential, class, &target, &block);
	if (failed(status))
		return status;
	status = ts_host()->extension->CheckDelegation(class, TRUE, &target);
	if (!failed(status))
		status = keep_found(c, block);
	ts_host()->lsa->FreeLsaHeap(block);
	if (!failed(status))
		c->class = class;
	return status;
}

/* An identity that may not leave gives way to the next; a vault in trouble does not. */
static NTSTATUS choose_identity(struct ts_context *c)
{
	NTSTATUS saved = try_class(c, OPENSSPI_DELEGATE_SAVED);

	if (saved != SEC_E_NO_CREDENTIALS && saved != SEC_E_DELEGATION_POLICY)
		return saved;
	NTSTATUS status = try_class(c, OPENSSPI_DELEGATE_DEFAULT);
	return status == SEC_E_NO_CREDENTIALS ? saved : status;
}

static void note(const char *sentence)
{
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;
	if (extension->NoteReason)
		extension->NoteReason(sentence);
}

/* What the caller gave is delegated as it is, if there is something to delegate. */
static NTSTATUS use_given(struct ts_context *c)
{
	const struct secret *s = c->credential->identity;
	struct identity_view id;

	c->class = OPENSSPI_DELEGATE_FRESH;
	if (c->handover != TS_HANDOVER_REUSABLE)
		return STATUS_SUCCESS;
	if (!identity_read(rd_of(s->p, s->len), &id))
		return fail(SEC_E_INTERNAL_ERROR, "reading the kept identity");
	if (id.has_password || id.certificate.n)
		return STATUS_SUCCESS;
	note("an account's name was given, but no password to hand over to the server");
	return fail(SEC_E_NO_CREDENTIALS, "finding a password to delegate");
}

/* Where a password has to leave, the one who signs in is the one whose password it is: never the owner of a
 * ticket cache, who could sign in but has nothing that can be handed over. */
static NTSTATUS use_found(struct ts_context *c)
{
	NTSTATUS status = choose_identity(c);

	if (!failed(status) || status == SEC_E_DELEGATION_POLICY ||
	    status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (status == SEC_E_NO_CREDENTIALS)
		note("no password is saved for this server and there is no default one; "
		     "a ticket cache alone holds nothing to hand over");
	return fail(SEC_E_NO_CREDENTIALS, "finding an identity to delegate");
}

NTSTATUS ts_context_choose(struct ts_context *c)
{
	const struct ts_credential *credential = c->credential;
	NTSTATUS status = STATUS_SUCCESS;

	c->handover = ts_handover_of(c);
	if (credential->identity && !credential->names_nobody)
		return use_given(c);
	if (c->handover == TS_HANDOVER_REUSABLE)
		status = use_found(c);
	else if (c->handover != TS_HANDOVER_NONE)
		c->class = OPENSSPI_DELEGATE_DEFAULT; /* whoever the mechanism signs in */
	if (failed(status))
		return fail(status, "choosing the identity to delegate");
	const struct inner_asked asked = {
		SECPKG_CRED_OUTBOUND, c->identity ? c->identity : credential->identity,
		credential->is_session && !c->identity ? &credential->session : NULL
	};
	return acquire_inner(&asked, &c->outbound, &c->expiry);
}
