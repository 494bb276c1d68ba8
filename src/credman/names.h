/* credman/names.h - target names: their forms, their universal spelling, what they match.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CREDMAN_NAMES_H
#define OPENSSPI_CREDMAN_NAMES_H

#include <wincred.h>

#include "base/base.h"
#include "wire/credential.h"
#include "wire/target.h"

/* ---- forms of a domain credential's target ---- */

enum target_form {
	TARGET_NONSENSE, /* a wildcard where none may stand, an empty part */
	TARGET_NAME,	 /* a server, "root\share", or a name with a service before a slash */
	TARGET_SUFFIX,	 /* "*.suffix" */
	TARGET_DOMAIN,	 /* "domain\*" */
	TARGET_SESSION,	 /* "*Session" */
	TARGET_ALL	 /* "*" */
};

MUST_CHECK enum target_form target_form_of(struct utf16 target);

/* ---- universal names ---- */

/* "Namespace:attribute=rest", parted at the first ':' and the first '=' behind it. */
struct universal_name {
	struct utf16 space, attribute, rest;
};

/* False when the text has not that form. */
MUST_CHECK bool name_split(struct utf16 text, struct universal_name *out);

/* The universal name of a credential, NUL-terminated (mem_free); NULL when memory is short. */
MUST_CHECK WCHAR *name_universal(const struct credential_view *c, size_t *n);

/* Is this what CredEnumerate lists without being asked for all? Not so: domain credentials of one
 * logon type, and other namespaces than the two that Windows has always had. */
MUST_CHECK bool name_is_classic(const struct credential_view *c);

/* The name under which a credential of that type is stored: what is behind "LegacyGeneric:target=",
 * "Domain:target=", "Domain:batch=" and their like when the text has the universal form of that type, else
 * the text. */
struct utf16 name_stored(struct utf16 text, uint32_t type);

/* Is the text this credential's universal name, in any case? */
MUST_CHECK bool name_is_universal_of(const struct credential_view *c, struct utf16 text);

/* Does CredEnumerate's filter ("prefix*" or a whole name) match? A NULL filter matches all. */
MUST_CHECK bool name_passes(struct utf16 filter, struct utf16 name);

/* ---- matching for authentication ---- */

/* How well a credential fits the server: 0 not at all, more is better. *wildcard says that its target
 * is one. */
MUST_CHECK uint32_t name_match(const struct credential_view *c, const struct target_view *t,
			       bool *wildcard);

#endif
