/* sspi/password.c - ChangeAccountPassword: a message to Kerberos, which asks the realm's password service.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecapi.h>
#include <sspi.h>

#include "base/utf.h"
#include "ipc/reason.h"
#include "sspi/packages.h"
#include "sspi/status.h"
#include "sspi/text.h"

#define MESSAGE_MAX (5u * 64 * 1024)
#define TEXT_UNITS_MAX 4096

struct change {
	const WCHAR *domain, *account, *old_password, *new_password;
	BOOLEAN impersonating;
};

/* Appends one text; the string at that place of the message names it by its offset. */
static bool text_put(struct wr *w, size_t place, const WCHAR *text)
{
	size_t n = utf16_len(text), at = w->len;

	if (n > TEXT_UNITS_MAX || !utf16_is_valid(text, n))
		return false;
	wr_bytes(w, text, n * sizeof(WCHAR));
	wr_fill_u16le(w, place, (uint16_t)(n * sizeof(WCHAR)));
	wr_fill_u16le(w, place + 2, (uint16_t)(n * sizeof(WCHAR)));
	wr_fill_u32le(w, place + offsetof(UNICODE_STRING, Buffer), (uint32_t)at);
	return true;
}

static NTSTATUS message_write(struct wr *w, const struct change *c)
{
	const KERB_CHANGEPASSWORD_REQUEST head = { .MessageType = KerbChangePasswordMessage,
						   .Impersonating = c->impersonating };

	wr_bytes(w, &head, sizeof(head));
	if (!text_put(w, offsetof(KERB_CHANGEPASSWORD_REQUEST, DomainName), c->domain) ||
	    !text_put(w, offsetof(KERB_CHANGEPASSWORD_REQUEST, AccountName), c->account) ||
	    !text_put(w, offsetof(KERB_CHANGEPASSWORD_REQUEST, OldPassword), c->old_password) ||
	    !text_put(w, offsetof(KERB_CHANGEPASSWORD_REQUEST, NewPassword), c->new_password))
		return fail(SEC_E_INVALID_PARAMETER, "names and passwords of a change");
	return wr_ok(w) ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "changing a password");
}

/* Negotiate's passwords are its first mechanism's; accounts of this machine have theirs elsewhere. */
static NTSTATUS find_package(const WCHAR *name, const struct package_record **out)
{
	static const WCHAR kerberos[] = OPENSSPI_WIDE("Kerberos");
	const struct ipc_text able = { .p = kerberos, .n = ARRAY_LEN(kerberos) - 1 };
	size_t n = utf16_len(name);
	struct ipc_text text;

	if (!name || !text_of(name, &text))
		return fail(SEC_E_SECPKG_NOT_FOUND, "changing a password: the package");
	NTSTATUS status = package_by_name(text, out);
	if (failed(status))
		return status;
	if (!utf16_equal_ascii_nocase(name, n, "Kerberos") &&
	    !utf16_equal_ascii_nocase(name, n, "Negotiate"))
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "a package that changes no passwords");
	return package_by_name(able, out);
}

/* What the password service says has no word of SSPI's own. */
static SECURITY_STATUS verdict_of(NTSTATUS status)
{
	return status == STATUS_PASSWORD_RESTRICTION || status == STATUS_ACCESS_DENIED
		       ? (SECURITY_STATUS)status
		       : security_status(status);
}

/* There is nothing of the domain's rules to tell. */
static void tell_nothing(PSecBufferDesc out)
{
	for (ULONG i = 0; out && out->pBuffers && i < out->cBuffers; i++)
		if ((out->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) ==
		    SECBUFFER_CHANGE_PASS_RESPONSE)
			out->pBuffers[i].cbBuffer = 0;
}

static SECURITY_STATUS change_password(const WCHAR *package, const struct change *c,
				       PSecBufferDesc out)
{
	CLEANUP(wr_done) struct wr message = WR(MESSAGE_MAX);
	const struct package_record *record;
	struct call_package_reply reply = { .protocol_status = STATUS_SUCCESS };

	call_reason_clear();
	NTSTATUS status = find_package(package, &record);
	if (!failed(status) && (!c->account || !c->old_password || !c->new_password))
		status = fail(SEC_E_INVALID_PARAMETER, "names and passwords of a change");
	if (!failed(status))
		status = message_write(&message, c);
	if (failed(status))
		return security_status(status);
	const struct call_package_call call = {
		.package = record->id,
		.client_address = (uintptr_t)message.buf,
		.message = { .p = message.buf, .n = (uint32_t)message.len },
	};
	status = facade_call(CALL_CALL_PACKAGE, &call, &reply);
	if (!failed(status))
		status = reply.protocol_status;
	if (!failed(status))
		tell_nothing(out);
	return failed(status) ? verdict_of(status) : SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(SEC_WCHAR *package, SEC_WCHAR *domain,
						 SEC_WCHAR *account, SEC_WCHAR *old_password,
						 SEC_WCHAR *new_password, BOOLEAN impersonating,
						 ULONG reserved, PSecBufferDesc out)
{
	const struct change c = { domain, account, old_password, new_password, impersonating };

	(void)reserved;
	return change_password(package, &c, out);
}

static void wipe(WCHAR **text)
{
	mem_free_wiped(*text, utf16_len(*text) * sizeof(WCHAR));
}

SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(SEC_CHAR *package, SEC_CHAR *domain,
						 SEC_CHAR *account, SEC_CHAR *old_password,
						 SEC_CHAR *new_password, BOOLEAN impersonating,
						 ULONG reserved, PSecBufferDesc out)
{
	const char *const given[] = { package, domain, account, old_password, new_password };
	CLEANUP(mem_free_p) WCHAR *name = NULL;
	CLEANUP(mem_free_p) WCHAR *realm = NULL;
	CLEANUP(mem_free_p) WCHAR *user = NULL;
	CLEANUP(wipe) WCHAR *old = NULL;
	CLEANUP(wipe) WCHAR *fresh = NULL;
	WCHAR **const wide[] = { &name, &realm, &user, &old, &fresh };

	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		SECURITY_STATUS status = wide_from_ansi(given[i], wide[i]);
		if (status != SEC_E_OK)
			return status;
	}
	return ChangeAccountPasswordW(name, realm, user, old, fresh, impersonating, reserved, out);
}
