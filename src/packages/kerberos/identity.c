/* packages/kerberos/identity.c - see packages/kerberos/identity.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/kerberos/identity.h"
#include "packages/kerberos/logon.h"
#include "packages/kerberos/lsa.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

#define NAME_MOST 4096u	    /* bytes of UTF-16 */
#define PASSWORD_MOST 8192u /* the same */

/* Bytes of UTF-16LE need not lie where a WCHAR may. */
static WCHAR *units_of(struct rd utf16le, size_t *n)
{
	*n = utf16le.n / sizeof(WCHAR);
	return mem_dup(utf16le.n ? utf16le.p : (const uint8_t *)"", utf16le.n);
}

NTSTATUS kerberos_utf8(struct rd utf16le, NTSTATUS otherwise, char **out)
{
	size_t n, len;
	CLEANUP(mem_free_p) WCHAR *units = units_of(utf16le, &n);

	*out = NULL;
	if (!units)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a name");
	if (utf16le.n % sizeof(WCHAR) || utf8_need(units, n) == SIZE_MAX)
		return fail(otherwise, "a name that is no text");
	if (!utf8_from_utf16(units, n, out, &len))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a name");
	if (strlen(*out) == len)
		return STATUS_SUCCESS;
	mem_free(*out);
	*out = NULL;
	return fail(otherwise, "a name with a NUL in it");
}

static NTSTATUS name_copy(struct rd utf16le, char **out)
{
	if (utf16le.n > NAME_MOST)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "length of names in Kerberos credentials");
	if (rd_empty(utf16le))
		return STATUS_SUCCESS;
	return kerberos_utf8(utf16le, SEC_E_UNKNOWN_CREDENTIALS, out);
}

static NTSTATUS password_copy(struct rd utf16le, struct wr *out)
{
	size_t n;

	if (utf16le.n > PASSWORD_MOST || utf16le.n % sizeof(WCHAR))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "a password's length");
	WCHAR *units = units_of(utf16le, &n);
	if (!units)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a password");
	size_t need = utf8_need(units, n);
	uint8_t *room = need == SIZE_MAX ? NULL : wr_take(out, need);
	if (room)
		utf8_put((char *)room, units, n);
	mem_free_wiped(units, utf16le.n);
	if (need == SIZE_MAX)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "a password that is no text");
	return wr_ok(out) ? STATUS_SUCCESS : fail(SEC_E_INSUFFICIENT_MEMORY, "a password");
}

static void domain_split(struct kerberos_names *names)
{
	struct rd rest = names->user;
	uint16_t unit;

	if (names->domain.n)
		return;
	while (rd_u16le(&rest, &unit)) {
		if (unit != '\\')
			continue;
		names->domain = rd_of(names->user.p, (size_t)(rest.p - names->user.p) - 2);
		names->user = rest;
		return;
	}
}

static bool is_marshalled(struct rd user)
{
	static const uint8_t head[] = { '@', 0, '@', 0, 'B', 0 };
	return rd_tag(&user, head, sizeof(head));
}

/* Is the name of a CSP one of MIT's forms? */
static bool is_identity(const char *csp)
{
	static const char *const forms[] = { "FILE:", "PKCS11:", "PKCS12:", "DIR:" };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strncmp(csp, forms[i], strlen(forms[i])) == 0)
			return true;
	return false;
}

/* What a smart card's logon says in a password's place. */
static NTSTATUS certificate_read(struct kerberos_names *names, char **certificate)
{
	struct certificate_logon logon;
	struct csp_info info = { .key_spec = 0 };
	CLEANUP(mem_free_p) char *csp = NULL;

	if (!certificate_logon_read(names->certificate, &logon) ||
	    (logon.csp_data.n && !csp_info_read(logon.csp_data, &info)))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "a smart card's logon");
	NTSTATUS status = name_copy(info.csp, &csp);
	if (failed(status))
		return status;
	names->password = logon.pin;
	names->user = rd_empty(names->user) ? logon.user : names->user;
	names->domain = rd_empty(names->domain) ? logon.domain : names->domain;
	/* It names files and libraries, which are opened here. */
	bool is_ours = csp && is_identity(csp) && kerberos_caller_is_here();
	*certificate = mem_dup_text(is_ours ? csp : "");
	return *certificate ? STATUS_SUCCESS
			    : fail(SEC_E_INSUFFICIENT_MEMORY, "a smart card's logon");
}

static NTSTATUS caller_name(char **out)
{
	const struct compose_host *host = kerberos_host();
	UNICODE_STRING name = { 0 };

	if (failed(host->extension->CallerName(&name)))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "the name that a certificate is for");
	NTSTATUS status =
		kerberos_utf8(rd_of(name.Buffer, name.Length), SEC_E_UNKNOWN_CREDENTIALS, out);
	host->lsa->FreeLsaHeap(name.Buffer);
	return status;
}

static NTSTATUS read_certificate(struct kerberos_names *names, struct kerberos_identity *out)
{
	if (!names->certificate.n && !is_marshalled(names->user))
		return STATUS_SUCCESS;
	/* krb5.conf's certificates are those that this process can read: they are not for everybody. */
	if (!kerberos_caller_has_keys())
		return fail(SEC_E_NO_CREDENTIALS, "a certificate for another process");
	if (names->certificate.n)
		return certificate_read(names, &out->certificate);
	names->user = rd_of(NULL, 0);
	out->certificate = mem_dup_text("");
	return out->certificate ? STATUS_SUCCESS
				: fail(SEC_E_INSUFFICIENT_MEMORY, "a certificate's name");
}

NTSTATUS kerberos_identity_read(const struct kerberos_names *given, struct kerberos_identity *out)
{
	struct kerberos_names names = *given;

	*out = (struct kerberos_identity){ .password = WR(PASSWORD_MOST * 2) };
	NTSTATUS status = read_certificate(&names, out);
	domain_split(&names);
	if (!failed(status))
		status = name_copy(names.domain, &out->realm);
	if (!failed(status))
		status = out->certificate && rd_empty(names.user)
				 ? caller_name(&out->user)
				 : name_copy(names.user, &out->user);
	if (!failed(status))
		status = password_copy(names.password, &out->password);
	if (failed(status))
		kerberos_identity_done(out);
	return status;
}

/* IAKERB among the packages of an identity: contexts go by way of the server. */
static bool names_iakerb(struct rd packages)
{
	static const char word[] = "IAKERB";
	size_t at = 0;
	uint16_t unit = 0;

	while (rd_u16le(&packages, &unit)) {
		bool same = at < sizeof(word) - 1 && utf16_upper(unit) == (WCHAR)word[at];
		if (unit == ',' || unit == ' ') {
			if (at == sizeof(word) - 1)
				return true;
			at = 0;
		} else {
			at = same ? at + 1 : sizeof(word);
		}
	}
	return at == sizeof(word) - 1;
}

NTSTATUS kerberos_identity_of_block(const void *block, struct kerberos_identity *out)
{
	struct identity_view id;

	*out = (struct kerberos_identity){ .password = WR(0) };
	if (!identity_read(authdata_block(block), &id))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "identity of Kerberos credentials");
	const struct kerberos_names names = { id.domain, id.user, id.password, id.certificate };
	NTSTATUS status = kerberos_identity_read(&names, out);
	out->iakerb = names_iakerb(id.packages);
	return status;
}

void kerberos_identity_done(struct kerberos_identity *id)
{
	mem_free(id->user);
	mem_free(id->realm);
	mem_free(id->certificate);
	wr_done(&id->password);
	*id = (struct kerberos_identity){ .password = WR(0) };
}

struct krb_identity kerberos_identity_view(const struct kerberos_identity *id, uint32_t use)
{
	return (struct krb_identity){ .use = use,
				      .user = id->user,
				      .realm = id->realm,
				      .password = wr_view(&id->password),
				      .certificate = id->certificate };
}
