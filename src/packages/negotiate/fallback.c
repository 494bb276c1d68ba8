/* packages/negotiate/fallback.c - see packages/negotiate/fallback.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <arpa/inet.h>

#include "base/utf.h"
#include "packages/negotiate/fallback.h"
#include "packages/negotiate/lsa.h"

#define HOST_MAX 64 /* of an address; names are longer, and none of those */

enum fallback { STAYS, FALLS, FALLS_BY_DEFAULT };

/* Every status that has a row, and why. Those without stay: a failure nobody thought of is told. */
static const struct fallback_row {
	NTSTATUS status;
	enum fallback fallback;
	const char *words;
} rows[] = {
	{ SEC_E_TARGET_UNKNOWN, FALLS, "no KDC knows the service" },
	{ SEC_E_NO_AUTHENTICATING_AUTHORITY, FALLS, "no KDC can be found or reached" },
	{ STATUS_NO_LOGON_SERVERS, FALLS, "no KDC can be found or reached" },
	{ STATUS_DOMAIN_CONTROLLER_NOT_FOUND, FALLS, "no KDC can be found or reached" },
	{ STATUS_NO_SUCH_DOMAIN, FALLS, "there is no such realm" },
	{ SEC_E_NO_CREDENTIALS, FALLS, "there are no credentials for it" },
	{ STATUS_NO_SUCH_LOGON_SESSION, FALLS, "there are no credentials for it" },
	{ SEC_E_SECPKG_NOT_FOUND, FALLS, "it is not installed" },
	/* perhaps an account of the server's own, of which no KDC knows */
	{ STATUS_NO_SUCH_USER, FALLS, "the KDC knows no such user" },
	{ SEC_E_KDC_UNABLE_TO_REFER, FALLS, "the KDC knows no way to the service's realm" },
	/* tickets of the cache that have ended are as good as none; a given identity gets new ones */
	{ SEC_E_CONTEXT_EXPIRED, FALLS_BY_DEFAULT, "the tickets have expired" },

	{ SEC_E_LOGON_DENIED, STAYS, "the password is wrong" },
	{ SEC_E_TIME_SKEW, STAYS, "the clocks differ too much" },
	{ STATUS_PASSWORD_EXPIRED, STAYS, "the password has expired" },
	{ STATUS_PASSWORD_MUST_CHANGE, STAYS, "the password must be changed" },
	{ STATUS_ACCOUNT_DISABLED, STAYS, "the account is disabled" },
	{ STATUS_ACCOUNT_EXPIRED, STAYS, "the account has expired" },
	{ STATUS_ACCOUNT_LOCKED_OUT, STAYS, "the account is locked" },
	{ STATUS_ACCOUNT_RESTRICTION, STAYS, "the account is restricted" },
	{ SEC_E_SMARTCARD_LOGON_REQUIRED, STAYS, "the account signs in by smart card alone" },
	{ SEC_E_SMARTCARD_CERT_REVOKED, STAYS, "the certificate is revoked" },
	{ SEC_E_KDC_CERT_REVOKED, STAYS, "the KDC's certificate is revoked" },
	{ SEC_E_KDC_CERT_EXPIRED, STAYS, "the KDC's certificate has expired" },
	{ SEC_E_PKINIT_NAME_MISMATCH, STAYS, "the certificate is another user's" },
	{ SEC_E_WRONG_PRINCIPAL, STAYS, "the ticket is for another name" },
	{ SEC_E_UNKNOWN_CREDENTIALS, STAYS, "the identity cannot be read" },
	{ SEC_E_KDC_UNKNOWN_ETYPE, STAYS, "the KDC has no common encryption" },
	{ SEC_E_KDC_INVALID_REQUEST, STAYS, "the KDC refuses" },
	{ SEC_E_DELEGATION_REQUIRED, STAYS, "the service must not be delegated to" },
	{ SEC_E_BAD_BINDINGS, STAYS, "the channel is another one" },
	{ STATUS_NTLM_BLOCKED, STAYS, "it is blocked by the policy" },
	{ SEC_E_INSUFFICIENT_MEMORY, STAYS, "there is not enough memory" },
	{ STATUS_NO_MEMORY, STAYS, "there is not enough memory" },
	{ STATUS_INSUFFICIENT_RESOURCES, STAYS, "there is not enough memory" },
};

static const struct fallback_row *row_of(NTSTATUS status)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return &rows[i];
	return NULL;
}

bool nego_falls_back(NTSTATUS status, bool is_default)
{
	const struct fallback_row *row = row_of(status);

	return row && (row->fallback == FALLS || (row->fallback == FALLS_BY_DEFAULT && is_default));
}

/* ---- the target ---- */

/* "SERVICE/HOST", "SERVICE/HOST:PORT/NAME", a bare host: the host's part, without port and brackets.
 * Several colons are an IPv6 address and no port. False when it is longer than any address. */
static bool host_read(const UNICODE_STRING *target, char host[HOST_MAX])
{
	size_t n = target->Length / sizeof(WCHAR), begin = 0, len = 0, colons = 0, colon = 0;
	const WCHAR *text = target->Buffer;

	for (size_t i = 0; i < n; i++)
		if (text[i] == '/') {
			begin = i + 1;
			break;
		}
	for (size_t i = begin; i < n && text[i] != '/' && text[i] != '%'; i++) {
		if (len + 1 >= HOST_MAX || text[i] >= 0x80)
			return false;
		if (text[i] == '[')
			continue;
		if (text[i] == ']')
			break;
		if (text[i] == ':' && colons++ == 0)
			colon = len;
		host[len++] = (char)text[i];
	}
	host[colons == 1 ? colon : len] = '\0';
	return true;
}

static bool is_address(const UNICODE_STRING *target)
{
	char host[HOST_MAX];
	struct in_addr v4;
	struct in6_addr v6;

	return host_read(target, host) &&
	       (inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1);
}

NTSTATUS nego_kerberos_fits(const struct nego_credential *c, const UNICODE_STRING *target,
			    const char **why)
{
	if (!target || target->Length == 0) {
		*why = "the program names no service";
		return SEC_E_TARGET_UNKNOWN;
	}
	if (is_address(target) && !compose_policy(nego_host(), OPENSSPI_POLICY_TRY_IP_SPN, 0)) {
		*why = "the server is called by its address, and KDCs know names";
		return SEC_E_TARGET_UNKNOWN;
	}
	if (c->is_local) {
		*why = "the account is this machine's own, of which no KDC knows";
		return STATUS_NO_SUCH_USER;
	}
	return STATUS_SUCCESS;
}

/* ---- the sentence ---- */

void nego_why_add(struct text *why, enum nego_row row, NTSTATUS status, const char *words)
{
	const struct fallback_row *known = row_of(status);

	if (!words || !*words)
		words = known ? known->words : "it failed";
	text_add(why, "%s%s: %s", why->len ? "; " : "", nego_mech(row)->name, words);
}

void nego_why_tell(const struct text *why)
{
	if (why->len && !why->failed)
		nego_host()->extension->NoteReason(why->p);
}

void nego_why_listen(void)
{
	nego_host()->extension->NoteReason("");
}

const char *nego_why_heard(void)
{
	return nego_host()->extension->Reason();
}
