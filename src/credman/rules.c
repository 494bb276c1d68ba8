/* credman/rules.c - see credman/rules.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The order is the order in which Windows' pages would decide: flags and numbers, limits, names. */
#include "base/base.h"

#include "credman/names.h"
#include "credman/rules.h"
#include "wire/sixbit.h"

bool credential_type_is_known(uint32_t type)
{
	return type >= CRED_TYPE_GENERIC && type < CRED_TYPE_MAXIMUM;
}

bool credential_is_domain(uint32_t type)
{
	return type == CRED_TYPE_DOMAIN_PASSWORD || type == CRED_TYPE_DOMAIN_CERTIFICATE ||
	       type == CRED_TYPE_DOMAIN_VISIBLE_PASSWORD || type == CRED_TYPE_DOMAIN_EXTENDED;
}

bool credential_is_write_only(uint32_t type)
{
	return type == CRED_TYPE_DOMAIN_PASSWORD || type == CRED_TYPE_DOMAIN_CERTIFICATE ||
	       type == CRED_TYPE_DOMAIN_EXTENDED;
}

/* ---- numbers ---- */

static NTSTATUS check_numbers(const struct credential_view *c)
{
	if (!credential_type_is_known(c->type))
		return fail(STATUS_INVALID_PARAMETER, "checking a credential's type");
	/* What XP could write; the systems that Windows' pages speak of today cannot. */
	if (c->type == CRED_TYPE_DOMAIN_VISIBLE_PASSWORD)
		return fail(STATUS_NOT_SUPPORTED, "checking a credential's type");
	if (c->flags & ~(uint32_t)(CRED_FLAGS_VALID_INPUT_FLAGS | CRED_FLAGS_PROMPT_NOW))
		return fail(STATUS_INVALID_PARAMETER, "checking a credential's flags");
	if (c->persist < CRED_PERSIST_SESSION || c->persist > CRED_PERSIST_ENTERPRISE)
		return fail(STATUS_INVALID_PARAMETER, "checking a credential's persistence");
	return STATUS_SUCCESS;
}

/* ---- limits ---- */

static size_t target_limit(uint32_t type)
{
	return credential_is_domain(type) ? CRED_MAX_DOMAIN_TARGET_NAME_LENGTH
					  : CRED_MAX_GENERIC_TARGET_NAME_LENGTH;
}

static bool attributes_fit(const struct credential_view *c)
{
	if (c->attribute_count > CRED_MAX_ATTRIBUTES)
		return false;
	for (uint32_t i = 0; i < c->attribute_count; i++) {
		const struct credential_attribute *a = &c->attribute[i];
		if (a->keyword.n > CRED_MAX_STRING_LENGTH || a->value.n > CRED_MAX_VALUE_SIZE)
			return false;
	}
	return true;
}

static NTSTATUS check_limits(const struct credential_view *c)
{
	if (!c->target.n)
		return fail(STATUS_INVALID_PARAMETER, "checking a credential's target");
	if (c->target.n > target_limit(c->type) || c->comment.n > CRED_MAX_STRING_LENGTH ||
	    c->alias.n > CRED_MAX_STRING_LENGTH || c->user.n > CRED_MAX_USERNAME_LENGTH ||
	    c->blob.n > CRED_MAX_CREDENTIAL_BLOB_SIZE || !attributes_fit(c))
		return fail(CREDMAN_OVER_LIMIT, "checking a credential's limits");
	for (uint32_t i = 0; i < c->attribute_count; i++)
		if (c->attribute[i].flags || !c->attribute[i].keyword.n)
			return fail(STATUS_INVALID_PARAMETER, "checking a credential's attributes");
	return STATUS_SUCCESS;
}

/* ---- names ---- */

static bool has_unit(struct utf16 text, WCHAR unit)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == unit)
			return true;
	return false;
}

static NTSTATUS check_target(const struct credential_view *c)
{
	bool session =
		utf16_equal_ascii_nocase(c->target.p, c->target.n, CRED_SESSION_WILDCARD_NAME_A);

	if (!credential_is_domain(c->type))
		return STATUS_SUCCESS;
	if (session && c->persist != CRED_PERSIST_SESSION)
		return fail(STATUS_INVALID_PARAMETER, "keeping *Session beyond the session");
	if (c->flags & CRED_FLAGS_USERNAME_TARGET)
		return STATUS_SUCCESS;
	if (c->type == CRED_TYPE_DOMAIN_EXTENDED) {
		struct universal_name name;
		if (!name_split(c->target, &name) || has_unit(c->target, '*') ||
		    has_unit(c->target, CRED_DOMAIN_EXTENDED_USERNAME_SEPARATOR_A))
			return fail(STATUS_INVALID_PARAMETER, "checking the target's namespace");
		return STATUS_SUCCESS;
	}
	if (target_form_of(c->target) == TARGET_NONSENSE)
		return fail(STATUS_INVALID_PARAMETER, "checking a credential's target");
	return STATUS_SUCCESS;
}

/* "@@B" and the 27 characters of a SHA-1. */
static bool is_certificate_name(struct utf16 user)
{
	uint8_t hash[CERT_HASH_LENGTH];

	return user.n == 3 + sixbit_room(sizeof(hash)) && user.p[0] == '@' && user.p[1] == '@' &&
	       user.p[2] == 'A' + CertCredential && sixbit_read(hash, user.p + 3, user.n - 3);
}

static bool has_domain(struct utf16 user)
{
	for (size_t i = 1; i + 1 < user.n; i++)
		if (user.p[i] == '\\' || user.p[i] == '@')
			return true;
	return false;
}

static NTSTATUS check_user(const struct credential_view *c)
{
	if (c->flags & CRED_FLAGS_USERNAME_TARGET) {
		bool fits = c->type == CRED_TYPE_DOMAIN_PASSWORD ||
			    c->type == CRED_TYPE_DOMAIN_CERTIFICATE;
		if (!fits || !utf16_equal_nocase(c->target.p, c->target.n, c->user.p, c->user.n))
			return fail(STATUS_INVALID_PARAMETER,
				    "checking a username-target credential");
	}
	switch (c->type) {
	case CRED_TYPE_DOMAIN_PASSWORD:
		if (!c->user.n || c->user.p[0] == '\\' || c->user.p[c->user.n - 1] == '\\')
			return fail(CREDMAN_BAD_USERNAME, "checking a credential's user");
		if (c->persist == CRED_PERSIST_ENTERPRISE && !has_domain(c->user))
			return fail(CREDMAN_BAD_USERNAME, "checking a roaming credential's user");
		return STATUS_SUCCESS;
	case CRED_TYPE_DOMAIN_CERTIFICATE:
		if (!is_certificate_name(c->user))
			return fail(CREDMAN_BAD_USERNAME,
				    "checking a certificate credential's user");
		return STATUS_SUCCESS;
	default:
		return STATUS_SUCCESS;
	}
}

NTSTATUS credential_check(const struct credential_view *c)
{
	NTSTATUS status = check_numbers(c);

	if (!failed(status))
		status = check_limits(c);
	if (!failed(status))
		status = check_target(c);
	if (!failed(status))
		status = check_user(c);
	if (failed(status))
		return status;
	/* A domain password is text, whichever function brought it. */
	if (c->type == CRED_TYPE_DOMAIN_PASSWORD && c->blob.n % sizeof(WCHAR))
		return fail(STATUS_INVALID_PARAMETER, "checking a domain password");
	return STATUS_SUCCESS;
}

NTSTATUS credential_check_change(const struct credential_view *old,
				 const struct credential_view *now)
{
	uint32_t fixed = CRED_FLAGS_USERNAME_TARGET;

	if (old->type != now->type || (old->flags & fixed) != (now->flags & fixed))
		return fail(STATUS_INVALID_PARAMETER, "changing what identifies a credential");
	return STATUS_SUCCESS;
}
