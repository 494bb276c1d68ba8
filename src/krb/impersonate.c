/* krb/impersonate.c - S4U: a user's tickets for a service that has no password of the user's.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"

/* Whose tickets GSSAPI holds. */
static NTSTATUS owner_of(krb5_context ctx, gss_cred_id_t from, krb5_principal *out)
{
	CLEANUP(gss_name_done) gss_name_t name = GSS_C_NO_NAME;
	CLEANUP(gss_buffer_done) gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	CLEANUP(mem_free_p) char *copy = NULL;
	OM_uint32 minor, major = gss_inquire_cred(&minor, from, &name, NULL, NULL, NULL);

	if (!GSS_ERROR(major))
		major = gss_display_name(&minor, name, &text, NULL);
	if (GSS_ERROR(major))
		return gss_fail(major, minor, PHASE_SERVICE, NULL, "whose tickets were given");
	copy = mem_alloc(text.length + 1);
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a client's name");
	memcpy(copy, text.value, text.length);
	krb5_error_code code = krb5_parse_name(ctx, copy, out);
	return code ? krb_fail(ctx, code, PHASE_SERVICE, copy, "a client's name") : SEC_E_OK;
}

/* The library copies tickets into a ccache but leaves it to others to say whose it is. */
static NTSTATUS copy_tickets(krb5_context ctx, gss_cred_id_t from, krb5_ccache cache)
{
	krb5_principal owner = NULL;
	OM_uint32 minor, major;
	NTSTATUS status = owner_of(ctx, from, &owner);

	if (failed(status))
		return status;
	krb5_error_code code = krb5_cc_initialize(ctx, cache, owner);
	krb5_free_principal(ctx, owner);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "beginning a ccache");
	major = gss_krb5_copy_ccache(&minor, from, cache);
	return GSS_ERROR(major)
		       ? gss_fail(major, minor, PHASE_SERVICE, NULL, "taking given tickets")
		       : SEC_E_OK;
}

NTSTATUS credential_of_gss(gss_cred_id_t from, struct krb_credential **out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(mem_free_p) char *name = NULL;
	krb5_ccache cache = NULL;

	*out = NULL;
	NTSTATUS status = context_open(&ctx);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_cc_new_unique(ctx, "MEMORY", NULL, &cache);
	if (code)
		return krb_fail(ctx, code, PHASE_LOCAL, NULL, "a ccache for given tickets");
	status = copy_tickets(ctx, from, cache);
	if (!failed(status))
		status = cache_name(ctx, cache, &name);
	if (failed(status)) {
		krb5_cc_destroy(ctx, cache);
		return status;
	}
	krb5_cc_close(ctx, cache);
	status = credential_of_cache(TAKE(name), out);
	if (!failed(status))
		(*out)->is_proxy = true;
	return status;
}

static NTSTATUS import_user(const char *user, gss_name_t *out)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(mem_free_p) char *text = NULL;
	krb5_principal principal = NULL;
	OM_uint32 minor;

	NTSTATUS status = context_open(&ctx);
	if (!failed(status))
		status = name_user(ctx, user, NULL, &principal, NULL);
	if (failed(status))
		return status;
	text = principal_text(ctx, principal);
	krb5_free_principal(ctx, principal);
	if (!text)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a user's name");
	gss_buffer_desc buffer = { strlen(text), text };
	OM_uint32 major =
		gss_import_name(&minor, &buffer, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, out);
	if (!GSS_ERROR(major))
		return SEC_E_OK;
	*out = GSS_C_NO_NAME;
	return gss_fail(major, minor, PHASE_LOCAL, user, "reading a user's name");
}

NTSTATUS credential_impersonate(struct krb_credential *c, const char *user,
				struct krb_credential **out)
{
	CLEANUP(gss_name_done) gss_name_t name = GSS_C_NO_NAME;
	CLEANUP(gss_cred_done) gss_cred_id_t own = GSS_C_NO_CREDENTIAL;
	CLEANUP(gss_cred_done) gss_cred_id_t theirs = GSS_C_NO_CREDENTIAL;
	gss_OID_desc mechanism = *gss_mech_krb5;
	gss_OID_set_desc set = { 1, &mechanism };
	OM_uint32 minor;

	reason_clear();
	*out = NULL;
	if (!(c->use & KRB_INITIATE))
		return fail(SEC_E_NO_CREDENTIALS, "S4U without a TGT of the service");
	NTSTATUS status = import_user(user, &name);
	if (!failed(status))
		status = credential_initiator(c, false, &own);
	if (failed(status))
		return status;
	OM_uint32 major = gss_acquire_cred_impersonate_name(
		&minor, own, name, GSS_C_INDEFINITE, &set, GSS_C_INITIATE, &theirs, NULL, NULL);
	if (GSS_ERROR(major))
		return gss_fail(major, minor, PHASE_PROXY, user, "asking for a user's ticket");
	return credential_of_gss(theirs, out);
}
