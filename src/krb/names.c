/* krb/names.c - Windows' names of realms, users and services as krb5's principals.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A service's host is taken as it is written: nobody's DNS has a say in who it is. */
#include "base/base.h"

#include <ctype.h>
#include <profile.h>
#include <strings.h>

#include "krb/internal.h"

static void profile_done(profile_t *p)
{
	if (*p)
		profile_release(*p);
}

static void names_done(char ***names)
{
	if (*names)
		profile_free_list(*names);
}

/* "LAB" of "LAB.TEST". */
static bool is_first_label(const char *label, const char *realm)
{
	size_t n = strcspn(realm, ".");
	return strlen(label) == n && strncasecmp(label, realm, n) == 0;
}

static bool means(const char *given, const char *realm)
{
	return strcasecmp(given, realm) == 0 ||
	       (!strchr(given, '.') && is_first_label(given, realm));
}

/* A realm that krb5.conf names and that is meant; NULL: none. `*short_of_memory` tells them apart. */
static char *realm_configured(krb5_context ctx, const char *given, bool *short_of_memory)
{
	static const char *const where[] = { "realms", NULL };
	CLEANUP(profile_done) profile_t profile = NULL;
	CLEANUP(names_done) char **names = NULL;

	*short_of_memory = false;
	if (krb5_get_profile(ctx, &profile) != 0)
		return NULL;
	if (profile_get_subsection_names(profile, (const char **)(uintptr_t)where, &names) != 0)
		return NULL;
	const char *found = NULL;
	for (size_t i = 0; names && names[i]; i++) {
		if (strcmp(names[i], given) == 0)
			found = names[i];
		else if (!found && means(given, names[i]))
			found = names[i];
	}
	char *copy = found ? mem_dup_text(found) : NULL;
	*short_of_memory = found && !copy;
	return copy;
}

static char *realm_default(krb5_context ctx)
{
	char *realm = NULL;

	if (krb5_get_default_realm(ctx, &realm) != 0)
		return NULL;
	char *copy = mem_dup_text(realm);
	krb5_free_default_realm(ctx, realm);
	return copy;
}

NTSTATUS name_realm(krb5_context ctx, const char *given, char **out)
{
	CLEANUP(mem_free_p) char *usual = realm_default(ctx);
	bool short_of_memory;

	*out = NULL;
	if (!*given)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "a realm without a name");
	if (usual && means(given, usual)) {
		*out = TAKE(usual);
		return SEC_E_OK;
	}
	*out = realm_configured(ctx, given, &short_of_memory);
	if (!*out && !short_of_memory) {
		*out = mem_dup_text(given);
		for (char *p = *out; p && *p; p++)
			*p = (char)toupper((unsigned char)*p);
	}
	return *out ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "a realm's name");
}

/* Puts the realm that is meant by `realm` into a principal; NULL: the one it has. */
static NTSTATUS principal_realm(krb5_context ctx, const char *realm, krb5_principal p)
{
	CLEANUP(mem_free_p) char *own = NULL, *meant = NULL;

	if (!realm) {
		own = mem_alloc(p->realm.length + 1);
		if (!own)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "a principal's realm");
		if (p->realm.length)
			memcpy(own, p->realm.data, p->realm.length);
		realm = own;
	}
	NTSTATUS status = name_realm(ctx, realm, &meant);
	if (failed(status))
		return status;
	krb5_error_code code = krb5_set_principal_realm(ctx, p, meant);
	return code ? krb_fail(ctx, code, PHASE_LOCAL, meant, "setting a realm") : SEC_E_OK;
}

static NTSTATUS parse(krb5_context ctx, const char *text, int flags, krb5_principal *out)
{
	krb5_error_code code = krb5_parse_name_flags(ctx, text, flags, out);

	if (!code)
		return SEC_E_OK;
	*out = NULL;
	return krb_fail(ctx, code, PHASE_LOCAL, text, "reading a name");
}

/* Gives nothing with an error. */
static NTSTATUS settled(krb5_context ctx, NTSTATUS status, krb5_principal *out)
{
	if (failed(status)) {
		krb5_free_principal(ctx, *out);
		*out = NULL;
	}
	return status;
}

static NTSTATUS user_read(krb5_context ctx, const char *user, const char *realm,
			  krb5_principal *out, krb5_principal *other)
{
	bool upn = strchr(user, '@') != NULL;
	NTSTATUS status;

	*out = NULL;
	if (other)
		*other = NULL;
	if (!*user || *user == '@')
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "a user without a name");
	if (upn && realm) {
		status = parse(ctx, user, KRB5_PRINCIPAL_PARSE_ENTERPRISE, out);
		return failed(status) ? status : principal_realm(ctx, realm, *out);
	}
	if (!upn) {
		int flags = realm ? KRB5_PRINCIPAL_PARSE_NO_REALM : 0;
		status = parse(ctx, user, flags, out);
		return failed(status) || !realm ? status : principal_realm(ctx, realm, *out);
	}
	status = parse(ctx, user, KRB5_PRINCIPAL_PARSE_REQUIRE_REALM, out);
	if (!failed(status))
		status = principal_realm(ctx, NULL, *out);
	/* The part behind the @ may be no realm but a suffix that only the KDC knows. */
	if (!failed(status) && other &&
	    krb5_parse_name_flags(ctx, user, KRB5_PRINCIPAL_PARSE_ENTERPRISE, other) != 0)
		*other = NULL;
	return status;
}

NTSTATUS name_user(krb5_context ctx, const char *user, const char *realm, krb5_principal *out,
		   krb5_principal *other)
{
	return settled(ctx, user_read(ctx, user, realm, out, other), out);
}

/* The realm that krb5.conf gives a service's host; the referral realm "" when it says nothing. A TGT is
 * its own realm's. */
static NTSTATUS service_realm(krb5_context ctx, krb5_principal p)
{
	char **realms = NULL;
	char host[1024];
	int at = krb5_princ_size(ctx, p) > 1 ? 1 : 0;
	const krb5_data *name = krb5_princ_component(ctx, p, at);

	if (!name || name->length == 0 || name->length >= sizeof(host))
		return fail(SEC_E_TARGET_UNKNOWN, "a service without a host");
	memcpy(host, name->data, name->length);
	host[name->length] = 0;
	if (is_tgt(ctx, p))
		return principal_realm(ctx, host, p);
	host[strcspn(host, ":")] = 0;
	krb5_error_code code = krb5_get_host_realm(ctx, host, &realms);
	if (!code)
		code = krb5_set_principal_realm(ctx, p, realms && realms[0] ? realms[0] : "");
	krb5_free_host_realm(ctx, realms);
	return code ? krb_fail(ctx, code, PHASE_SERVICE, host, "the realm of a host") : SEC_E_OK;
}

/* A target that names no service: a computer, or somebody's own name. */
static NTSTATUS lone_name(krb5_context ctx, const char *target, krb5_principal *out)
{
	CLEANUP(mem_free_p) char *host = NULL;
	const char *at = strchr(target, '@');

	if (at && at != target)
		return name_user(ctx, target, NULL, out, NULL);
	host = at ? NULL : text_join("host/", target);
	if (!host)
		return at ? fail(SEC_E_TARGET_UNKNOWN, "a target that is only a realm")
			  : fail(SEC_E_INSUFFICIENT_MEMORY, "a host's principal");
	NTSTATUS status = parse(ctx, host, KRB5_PRINCIPAL_PARSE_NO_REALM, out);
	return failed(status) ? status : service_realm(ctx, *out);
}

static NTSTATUS service_read(krb5_context ctx, const char *target, krb5_principal *out)
{
	*out = NULL;
	if (!target || !*target)
		return fail(SEC_E_TARGET_UNKNOWN, "no target");
	if (!strchr(target, '/')) {
		NTSTATUS status = lone_name(ctx, target, out);
		return status == SEC_E_UNKNOWN_CREDENTIALS ? SEC_E_TARGET_UNKNOWN : status;
	}
	bool has_realm = strchr(target, '@') != NULL;
	int flags = has_realm ? KRB5_PRINCIPAL_PARSE_REQUIRE_REALM : KRB5_PRINCIPAL_PARSE_NO_REALM;
	krb5_error_code code = krb5_parse_name_flags(ctx, target, flags, out);
	if (code) {
		*out = NULL;
		return krb_fail(ctx, code, PHASE_SERVICE, target, "reading a target");
	}
	return has_realm ? principal_realm(ctx, NULL, *out) : service_realm(ctx, *out);
}

NTSTATUS name_service(krb5_context ctx, const char *target, krb5_principal *out)
{
	return settled(ctx, service_read(ctx, target, out), out);
}
