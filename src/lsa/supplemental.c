/* lsa/supplemental.c - see lsa/supplemental.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/trace.h"
#include "credman/credman.h"
#include "lsa/call.h"
#include "lsa/packagecalls.h"
#include "lsa/saved.h"
#include "lsa/state.h"
#include "lsa/supplemental.h"

static const WCHAR prefix[] = OPENSSPI_WIDE("OpensspiPackage:supplemental=");
#define PREFIX_UNITS (ARRAY_LEN(prefix) - 1)

struct credential_name {
	WCHAR unit[PREFIX_UNITS + PACKAGE_NAME_MAX + 1];
};

static struct utf16 name_for(const struct package *p, struct credential_name *name)
{
	memcpy(name->unit, prefix, PREFIX_UNITS * sizeof(WCHAR));
	memcpy(name->unit + PREFIX_UNITS, p->name, p->name_n * sizeof(WCHAR));
	name->unit[PREFIX_UNITS + p->name_n] = CRED_DOMAIN_EXTENDED_USERNAME_SEPARATOR_A;
	return (struct utf16){ name->unit, PREFIX_UNITS + p->name_n };
}

/* ---- saving ---- */

NTSTATUS NTAPI supplemental_save(PLUID logon, ULONG n, PVOID credentials, BOOLEAN synchronous)
{
	const struct frame *frame = call_current();
	struct credential_name name;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	(void)synchronous; /* it always is */
	if (!logon || (n && !credentials) || n > MAX_CRED_SIZE || !frame || !frame->package ||
	    !frame->package->name)
		return fail(STATUS_INVALID_PARAMETER, "SaveSupplementalCredentials");
	NTSTATUS status = saved_set_of(logon, &set);
	if (failed(status))
		return status;
	const struct credential_view c = { .type = CRED_TYPE_DOMAIN_EXTENDED,
					   .persist = CRED_PERSIST_LOCAL_MACHINE,
					   .target = name_for(frame->package, &name),
					   .blob = rd_of(credentials, n) };
	if (n)
		return credman_write(set, &c, false);
	/* By the name of the one that has no user: the separator stands at the end. */
	status = credman_delete(set, (struct utf16){ name.unit, c.target.n + 1 }, c.type);
	return status == STATUS_NOT_FOUND || status == VAULT_ABSENT ? STATUS_SUCCESS : status;
}

/* ---- telling ---- */

struct telling {
	struct lsa *lsa;
	SECURITY_LOGON_TYPE type;
	PSECPKG_PRIMARY_CRED primary;
	PSECPKG_SUPPLEMENTAL_CRED_ARRAY given;
	struct credman *set; /* NULL: nothing was saved */
};

static PSECPKG_SUPPLEMENTAL_CRED given_to(const struct telling *t, const struct package *p)
{
	for (ULONG i = 0; t->given && i < t->given->CredentialCount; i++) {
		PSECPKG_SUPPLEMENTAL_CRED c = &t->given->Credentials[i];
		if (utf16_equal_nocase(c->PackageName.Buffer, c->PackageName.Length / sizeof(WCHAR),
				       p->name, p->name_n))
			return c;
	}
	return NULL;
}

DEFINE_CLEANUP(struct credential *, credential_unref)

static void tell(const struct telling *t, const struct package *p)
{
	CLEANUP(credential_unref_p) struct credential *saved = NULL;
	PSECPKG_SUPPLEMENTAL_CRED with = given_to(t, p);
	SECPKG_SUPPLEMENTAL_CRED own;
	struct credential_name name;

	if (!p->functions.AcceptCredentials)
		return;
	if (!with && t->set &&
	    !failed(credman_read(t->set, name_for(p, &name), CRED_TYPE_DOMAIN_EXTENDED, &saved))) {
		own = (SECPKG_SUPPLEMENTAL_CRED){
			.PackageName = { .Length = (USHORT)(p->name_n * sizeof(WCHAR)),
					 .MaximumLength = (USHORT)(p->name_n * sizeof(WCHAR)),
					 .Buffer = p->name },
			.CredentialSize = (ULONG)saved->view.blob.n,
			.Credentials = (PUCHAR)(uintptr_t)saved->view.blob.p,
		};
		with = &own;
	}
	CLEANUP(call_leave) struct frame frame;
	call_enter(&frame, t->lsa, NULL, p);
	call_is_inner(&frame);
	frame.is_update = true;
	NTSTATUS status = p->functions.AcceptCredentials(t->type, &t->primary->DownlevelName,
							 t->primary, with);
	if (failed(status))
		trace_line("package %u did not accept credentials: 0x%08x", (unsigned)p->id,
			   (unsigned)status);
}

/* Each such call would tell all packages, each of which might call again. */
static bool is_within_itself(void)
{
	const struct frame *f = call_current();

	while (f && !f->is_update)
		f = f->outer;
	return f != NULL;
}

static struct utf16 word_of(const UNICODE_STRING *text)
{
	struct utf16 word = { text->Buffer, text->Buffer ? text->Length / sizeof(WCHAR) : 0 };

	return utf16_is_valid(word.p, word.n) ? word : (struct utf16){ NULL, 0 };
}

/* What else the credentials say of whose session it is. Who that is they prove to nobody: those that a client
 * delegated may have any name. */
static void note(struct lsa *lsa, const SECPKG_PRIMARY_CRED *primary)
{
	const SID *sid = primary->UserSid;
	struct session_about about = {
		.word = { [SESSION_SERVER] = word_of(&primary->LogonServer),
			  [SESSION_DNS_DOMAIN] = word_of(&primary->DnsDomainName),
			  [SESSION_UPN] = word_of(&primary->Upn) },
	};

	if (!session_is_called(&lsa->sessions, primary->LogonId, word_of(&primary->DownlevelName)))
		return;
	if (sid)
		about.sid = rd_of(sid, offsetof(SID, SubAuthority) +
					       sid->SubAuthorityCount * sizeof(DWORD));
	(void)!session_set_about(lsa, primary->LogonId, &about);
}

NTSTATUS NTAPI supplemental_update(PSECPKG_PRIMARY_CRED primary,
				   PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental)
{
	struct lsa *lsa = lsa_current();
	struct telling t = { .lsa = lsa, .primary = primary, .given = supplemental };
	CLEANUP(credman_free_p) struct credman *set = NULL;

	if (!lsa || !primary)
		return fail(STATUS_INVALID_PARAMETER, "UpdateCredentials");
	t.type = session_type(lsa, primary->LogonId);
	if (t.type == UndefinedLogonType)
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "UpdateCredentials");
	if (is_within_itself() || calls_deep() > CALLS_DEEP_MAX)
		return fail(STATUS_INSUFFICIENT_RESOURCES, "UpdateCredentials from within itself");
	note(lsa, primary);
	if (!failed(saved_set_of(&primary->LogonId, &set)))
		t.set = set;
	for (uint32_t i = 0; i < lsa->host.count; i++)
		tell(&t, lsa->host.package[i]);
	return STATUS_SUCCESS;
}
