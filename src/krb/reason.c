/* krb/reason.c - what codes of krb5 and GSSAPI mean in Windows' words, and why a thread's last call failed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "krb/internal.h"

static _Thread_local struct krb_reason last;

struct row {
	krb5_error_code code;
	NTSTATUS status;
};

/* The same whoever said it. */
static const struct row always[] = {
	{ ENOMEM, SEC_E_INSUFFICIENT_MEMORY },
	/* a KDC's */
	{ KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_NULL_KEY, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_NAME_EXP, STATUS_ACCOUNT_EXPIRED },
	{ KRB5KDC_ERR_SERVICE_EXP, SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_KEY_EXP, STATUS_PASSWORD_EXPIRED },
	{ KRB5KDC_ERR_CLIENT_REVOKED, STATUS_ACCOUNT_DISABLED },
	{ KRB5KDC_ERR_SERVICE_REVOKED, SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_CLIENT_NOTYET, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_SERVICE_NOTYET, SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_PREAUTH_FAILED, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_PREAUTH_REQUIRED, SEC_E_LOGON_DENIED },
	{ KRB5_PREAUTH_FAILED, SEC_E_LOGON_DENIED },
	{ KRB5_PREAUTH_BAD_TYPE, SEC_E_LOGON_DENIED },
	{ KRB5_LIBOS_CANTREADPWD, SEC_E_LOGON_DENIED },
	{ KRB5_LIBOS_PWDINTR, SEC_E_LOGON_DENIED },
	{ KRB5_GET_IN_TKT_LOOP, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_ETYPE_NOSUPP, SEC_E_KDC_UNKNOWN_ETYPE },
	{ KRB5KDC_ERR_SUMTYPE_NOSUPP, SEC_E_CRYPTO_SYSTEM_INVALID },
	{ KRB5_BAD_ENCTYPE, SEC_E_CRYPTO_SYSTEM_INVALID },
	{ KRB5_CONFIG_ETYPE_NOSUPP, SEC_E_CRYPTO_SYSTEM_INVALID },
	{ KRB5_PROG_ETYPE_NOSUPP, SEC_E_CRYPTO_SYSTEM_INVALID },
	{ KRB5_PROG_KEYTYPE_NOSUPP, SEC_E_CRYPTO_SYSTEM_INVALID },
	{ KRB5KDC_ERR_NEVER_VALID, SEC_E_TIME_SKEW },
	{ KRB5KDC_ERR_MUST_USE_USER2USER, SEC_E_TARGET_UNKNOWN },
	{ KRB5KDC_ERR_SERVER_NOMATCH, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KDC_ERR_PATH_NOT_ACCEPTED, SEC_E_KDC_UNABLE_TO_REFER },
	{ KRB5KDC_ERR_WRONG_REALM, SEC_E_KDC_UNABLE_TO_REFER },
	{ KRB5KDC_ERR_POLICY, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_CLIENT_NAME_MISMATCH, SEC_E_PKINIT_NAME_MISMATCH },
	{ KRB5KDC_ERR_CLIENT_NOT_TRUSTED, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_KDC_NOT_TRUSTED, SEC_E_ISSUING_CA_UNTRUSTED_KDC },
	{ KRB5KDC_ERR_INVALID_SIG, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_CANT_VERIFY_CERTIFICATE, SEC_E_ISSUING_CA_UNTRUSTED_KDC },
	{ KRB5KDC_ERR_INVALID_CERTIFICATE, SEC_E_LOGON_DENIED },
	{ KRB5KDC_ERR_REVOKED_CERTIFICATE, SEC_E_KDC_CERT_REVOKED },
	{ KRB5KDC_ERR_REVOCATION_STATUS_UNKNOWN, SEC_E_KDC_CERT_REVOKED },
	/* no KDC */
	{ KRB5_KDC_UNREACH, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_REALM_UNKNOWN, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_REALM_CANT_RESOLVE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5KDC_ERR_SVC_UNAVAILABLE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_CONFIG_NODEFREALM, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_CONFIG_CANTOPEN, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	/* nothing weaker takes the place of a realm that may well be there */
	{ KRB5_CONFIG_BADFORMAT, SEC_E_INTERNAL_ERROR },
	{ KRB5_ERR_HOST_REALM_UNKNOWN, SEC_E_TARGET_UNKNOWN },
	{ KRB5_ERR_BAD_HOSTNAME, SEC_E_TARGET_UNKNOWN },
	/* clocks and lives */
	{ KRB5KRB_AP_ERR_SKEW, SEC_E_TIME_SKEW },
	{ KRB5_KDCREP_SKEW, SEC_E_TIME_SKEW },
	{ KRB5KRB_AP_ERR_TKT_NYV, SEC_E_TIME_SKEW },
	{ KRB5KRB_AP_ERR_TKT_EXPIRED, SEC_E_CONTEXT_EXPIRED },
	/* files */
	{ KRB5_FCC_NOFILE, SEC_E_NO_CREDENTIALS },
	{ KRB5_FCC_PERM, SEC_E_NO_CREDENTIALS },
	{ KRB5_FCC_INTERNAL, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_NOTFOUND, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_NOMEM, SEC_E_INSUFFICIENT_MEMORY },
	{ KRB5_CC_END, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_IO, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_FORMAT, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_BADNAME, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_UNKNOWN_TYPE, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_TYPE_EXISTS, SEC_E_NO_CREDENTIALS },
	{ KRB5_CC_NOSUPP, SEC_E_NO_CREDENTIALS },
	{ KRB5_CCACHE_BADVNO, SEC_E_NO_CREDENTIALS },
	{ KRB5_KCM_NO_SERVER, SEC_E_NO_CREDENTIALS },
	{ KRB5_NO_TKT_SUPPLIED, SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_UNKNOWN_TYPE, SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_BADNAME, SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_IOERR, SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_FORMAT, SEC_E_NO_CREDENTIALS },
	{ KRB5_KEYTAB_BADVNO, SEC_E_NO_CREDENTIALS },
	{ KRB5_PARSE_MALFORMED, SEC_E_UNKNOWN_CREDENTIALS },
	{ KRB5_PARSE_ILLCHAR, SEC_E_UNKNOWN_CREDENTIALS },
};

static const struct row of_logon[] = {
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, SEC_E_LOGON_DENIED },
	{ KRB5KRB_AP_ERR_MODIFIED, SEC_E_LOGON_DENIED },
	{ KRB5_KT_NOTFOUND, SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_KVNONOTFOUND, SEC_E_NO_CREDENTIALS },
	{ KRB5_KDCREP_MODIFIED, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5KDC_ERR_BADOPTION, SEC_E_LOGON_DENIED },
	{ ENOENT, SEC_E_NO_CREDENTIALS },
	{ EACCES, SEC_E_NO_CREDENTIALS },
};

static const struct row of_service[] = {
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, SEC_E_NO_CREDENTIALS },
	{ KRB5_KDCREP_MODIFIED, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ KRB5_KT_NOTFOUND, SEC_E_NO_CREDENTIALS },
	{ KRB5_KT_KVNONOTFOUND, SEC_E_NO_CREDENTIALS },
	{ KRB5_PARSE_MALFORMED, SEC_E_TARGET_UNKNOWN },
	{ ENOENT, SEC_E_NO_CREDENTIALS },
	{ EACCES, SEC_E_NO_CREDENTIALS },
};

static const struct row of_peer[] = {
	/* The service could not open the ticket: it is not who we took it for. */
	{ KRB5KRB_AP_ERR_MODIFIED, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_NOT_US, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_NOKEY, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_BADKEYVER, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, SEC_E_MESSAGE_ALTERED },
	{ KRB5KRB_AP_ERR_MUT_FAIL, SEC_E_MUTUAL_AUTH_FAILED },
	{ KRB5_MUTUAL_FAILED, SEC_E_MUTUAL_AUTH_FAILED },
	{ KRB5KRB_AP_ERR_REPEAT, SEC_E_MESSAGE_ALTERED },
};

static const struct row of_accept[] = {
	{ KRB5KRB_AP_ERR_MODIFIED, SEC_E_MESSAGE_ALTERED },
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, SEC_E_MESSAGE_ALTERED },
	{ KRB5KRB_AP_ERR_INAPP_CKSUM, SEC_E_MESSAGE_ALTERED },
	{ KRB5KRB_AP_ERR_REPEAT, SEC_E_MESSAGE_ALTERED },
	{ KRB5KRB_AP_ERR_BADMATCH, SEC_E_MESSAGE_ALTERED },
	{ KRB5KRB_AP_ERR_NOT_US, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_WRONG_PRINC, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_NOKEY, SEC_E_WRONG_PRINCIPAL },
	{ KRB5KRB_AP_ERR_BADKEYVER, SEC_E_WRONG_PRINCIPAL },
	{ KRB5_KT_NOTFOUND, SEC_E_WRONG_PRINCIPAL },
	{ KRB5_KT_KVNONOTFOUND, SEC_E_WRONG_PRINCIPAL },
	{ ENOENT, SEC_E_NO_CREDENTIALS },
	{ EACCES, SEC_E_NO_CREDENTIALS },
};

static const struct {
	const struct row *rows;
	size_t count;
	NTSTATUS otherwise;
} of_phase[] = {
	[PHASE_LOCAL] = { of_logon, ARRAY_LEN(of_logon), SEC_E_INTERNAL_ERROR },
	/* What a KDC says that is no Kerberos is as good as no KDC. */
	[PHASE_LOGON] = { of_logon, ARRAY_LEN(of_logon), SEC_E_NO_AUTHENTICATING_AUTHORITY },
	[PHASE_SERVICE] = { of_service, ARRAY_LEN(of_service), SEC_E_NO_AUTHENTICATING_AUTHORITY },
	[PHASE_PROXY] = { of_service, ARRAY_LEN(of_service), SEC_E_NO_AUTHENTICATING_AUTHORITY },
	[PHASE_PEER] = { of_peer, ARRAY_LEN(of_peer), SEC_E_INVALID_TOKEN },
	[PHASE_ACCEPT] = { of_accept, ARRAY_LEN(of_accept), SEC_E_INVALID_TOKEN },
};

static const struct row *row_find(const struct row *rows, size_t count, krb5_error_code code)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

/* Of its own it asks for nothing that a KDC could not give; for another it may not be allowed to. */
static const struct row not_delegated = { KRB5KDC_ERR_BADOPTION, SEC_E_DELEGATION_REQUIRED };

static const struct row *row_of(krb5_error_code code, enum phase phase)
{
	if (phase == PHASE_PROXY && code == not_delegated.code)
		return &not_delegated;
	const struct row *row = row_find(of_phase[phase].rows, of_phase[phase].count, code);
	return row ? row : row_find(always, ARRAY_LEN(always), code);
}

/* A KDC that answers with an error of its own is there, whichever it is: that is its refusal, and not that there
 * is none, which would allow what is weaker. Errors of messages (AP_ERR) are also the library's own words for an
 * answer that is none. */
static NTSTATUS otherwise_of(krb5_error_code code, enum phase phase)
{
	bool asks = phase == PHASE_LOGON || phase == PHASE_SERVICE || phase == PHASE_PROXY;
	bool told = (code > KRB5KDC_ERR_NONE && code < KRB5KRB_AP_ERR_BAD_INTEGRITY) ||
		    (code >= KRB5KRB_ERR_GENERIC && code <= KRB5PLACEHOLD_127);

	return asks && told ? SEC_E_KDC_INVALID_REQUEST : of_phase[phase].otherwise;
}

NTSTATUS status_of(krb5_error_code code, enum phase phase)
{
	const struct row *row = row_of(code, phase);
	return row ? row->status : otherwise_of(code, phase);
}

/* GSSAPI's own words count only when the mechanism's code says nothing. */
static NTSTATUS status_of_major(OM_uint32 major, krb5_error_code code, enum phase phase)
{
	switch (GSS_ROUTINE_ERROR(major)) {
	case GSS_S_BAD_BINDINGS:
		return SEC_E_BAD_BINDINGS;
	case GSS_S_DUPLICATE_TOKEN:
	case GSS_S_OLD_TOKEN:
		return SEC_E_MESSAGE_ALTERED;
	default:
		break;
	}
	const struct row *row = row_of(code, phase);
	if (row)
		return row->status;
	switch (GSS_ROUTINE_ERROR(major)) {
	case GSS_S_DEFECTIVE_TOKEN:
		return SEC_E_INVALID_TOKEN;
	case GSS_S_BAD_SIG:
		return SEC_E_MESSAGE_ALTERED;
	case GSS_S_NO_CRED:
	case GSS_S_DEFECTIVE_CREDENTIAL:
		return SEC_E_NO_CREDENTIALS;
	case GSS_S_CREDENTIALS_EXPIRED:
	case GSS_S_CONTEXT_EXPIRED:
		return SEC_E_CONTEXT_EXPIRED;
	case GSS_S_BAD_NAME:
	case GSS_S_BAD_NAMETYPE:
		return SEC_E_TARGET_UNKNOWN;
	case GSS_S_UNAVAILABLE:
	case GSS_S_BAD_MECH:
		return SEC_E_UNSUPPORTED_FUNCTION;
	default:
		return otherwise_of(code, phase);
	}
}

void reason_clear(void)
{
	last = (struct krb_reason){ 0 };
}

void reason_read(struct krb_reason *out)
{
	*out = last;
}

void reason_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(last.text, sizeof(last.text), format, arguments);
	va_end(arguments);
}

void reason_add(const char *said)
{
	size_t n = strlen(last.text);
	snprintf(last.text + n, sizeof(last.text) - n, "%s%s", n ? "; " : "", said);
}

static void reason_set(krb5_error_code code, const char *about, const char *message)
{
	last.code = code;
	last.unknown_client = code == KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN;
	last.unknown_server = code == KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN;
	reason_note("%s%s%s", about ? about : "", about && *message ? ": " : "", message);
}

NTSTATUS krb_fail_at(const struct krb_why *why, const char *file, int line, const char *doing)
{
	const char *message = krb5_get_error_message(why->ctx, why->code);

	reason_set(why->code, why->about, message ? message : "");
	krb5_free_error_message(why->ctx, message);
	return fail_at(status_of(why->code, why->phase), file, line, doing);
}

NTSTATUS krb_told(krb5_context ctx, struct rd error, enum phase phase, const char *about)
{
	krb5_data data = { .length = (unsigned)error.n, .data = (char *)(uintptr_t)error.p };
	krb5_error *told = NULL;

	if (krb5_rd_error(ctx, &data, &told) != 0)
		return fail(SEC_E_INVALID_TOKEN, "reading a KRB-ERROR");
	krb5_error_code code = (krb5_error_code)(ERROR_TABLE_BASE_krb5 + (long)told->error);
	krb5_free_error(ctx, told);
	return krb_fail(ctx, code, phase, about, "what the peer says");
}

NTSTATUS gss_fail_at(const struct gss_why *why, const char *file, int line, const char *doing)
{
	CLEANUP(gss_buffer_done) gss_buffer_desc said = GSS_C_EMPTY_BUFFER;
	OM_uint32 more = 0, minor;
	bool has_code = why->minor != 0;
	char text[sizeof(last.text)];

	gss_display_status(&minor, has_code ? why->minor : why->major,
			   has_code ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, (gss_OID)gss_mech_krb5,
			   &more, &said);
	snprintf(text, sizeof(text), "%.*s", (int)said.length,
		 said.length ? (char *)said.value : "");
	reason_set((krb5_error_code)why->minor, why->about, text);
	return fail_at(status_of_major(why->major, (krb5_error_code)why->minor, why->phase), file,
		       line, doing);
}
