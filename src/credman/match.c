/* credman/match.c - which credential fits a server best; see credman/names.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Nine ranks, from the share a credential was made for down to the one for every server; among
 * suffixes the longer one wins. */
#include "base/base.h"

#include "credman/names.h"

/* More is better; the length of a suffix is added to its rank. */
enum {
	RANK_ALL = 1,
	RANK_SESSION,
	RANK_NETBIOS_DOMAIN,
	RANK_DNS_DOMAIN,
	RANK_SUFFIX,
	RANK_TARGET = RANK_SUFFIX + CRED_MAX_DOMAIN_TARGET_NAME_LENGTH + 1,
	RANK_NETBIOS_SERVER,
	RANK_DNS_SERVER,
	RANK_SHARE
};

static bool same(struct utf16 a, struct utf16 b)
{
	return a.p && b.p && a.n && utf16_equal_nocase(a.p, a.n, b.p, b.n);
}

/* The credential's target or the other name it goes by. */
static bool is_called(const struct credential_view *c, struct utf16 name)
{
	return same(c->target, name) || same(c->alias, name);
}

static bool has_backslash(struct utf16 text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\\')
			return true;
	return false;
}

static uint32_t rank_of_name(const struct credential_view *c, const struct target_view *t)
{
	if (has_backslash(c->target))
		return same(c->target, t->target) ? RANK_SHARE : 0;
	if (is_called(c, t->dns_server))
		return RANK_DNS_SERVER;
	/* A name whose form nobody knows stands for either kind. */
	if (is_called(c, t->netbios_server))
		return RANK_NETBIOS_SERVER;
	return same(c->target, t->target) ? RANK_TARGET : 0;
}

/* "*.suffix" fits what ends in ".suffix". */
static uint32_t rank_of_suffix(const struct credential_view *c, const struct target_view *t)
{
	size_t n = c->target.n - 1;

	if (t->dns_server.n <= n)
		return 0;
	bool ends =
		utf16_equal_nocase(t->dns_server.p + t->dns_server.n - n, n, c->target.p + 1, n);
	return ends ? RANK_SUFFIX + (uint32_t)c->target.n : 0;
}

/* The text before "\*"; none when it does not end so. */
static struct utf16 domain_part(struct utf16 text)
{
	bool ends = text.n > 2 && text.p[text.n - 2] == '\\' && text.p[text.n - 1] == '*';
	return ends ? (struct utf16){ text.p, text.n - 2 } : (struct utf16){ NULL, 0 };
}

static uint32_t rank_of_domain(const struct credential_view *c, const struct target_view *t)
{
	struct utf16 domain = domain_part(c->target), alias = domain_part(c->alias);

	if (same(domain, t->dns_domain) || same(alias, t->dns_domain))
		return RANK_DNS_DOMAIN;
	return same(domain, t->netbios_domain) || same(alias, t->netbios_domain)
		       ? RANK_NETBIOS_DOMAIN
		       : 0;
}

/* Extended credentials are found by their whole name, or by what is behind its namespace. */
static uint32_t rank_of_extended(const struct credential_view *c, const struct target_view *t)
{
	struct universal_name name = { 0 };

	if (!name_split(c->target, &name))
		return 0;
	struct credential_view bare = { .target = name.rest, .alias = c->alias };
	return same(c->target, t->target) ? RANK_TARGET : rank_of_name(&bare, t);
}

uint32_t name_match(const struct credential_view *c, const struct target_view *t, bool *wildcard)
{
	bool for_users = t->flags & CRED_TI_USERNAME_TARGET;

	*wildcard = false;
	if (for_users != !!(c->flags & CRED_FLAGS_USERNAME_TARGET))
		return 0;
	/* A credential for one kind of logon is for that kind alone. */
	if (c->flags & CRED_LOGON_TYPES_MASK && (c->flags ^ t->flags) & CRED_LOGON_TYPES_MASK)
		return 0;
	if (for_users)
		return same(c->target, t->target) ? RANK_TARGET : 0;
	if (c->type == CRED_TYPE_DOMAIN_EXTENDED)
		return rank_of_extended(c, t);
	enum target_form form = target_form_of(c->target);
	*wildcard = form != TARGET_NAME;
	switch (form) {
	case TARGET_NAME:
		return rank_of_name(c, t);
	case TARGET_SUFFIX:
		return rank_of_suffix(c, t);
	case TARGET_DOMAIN:
		return rank_of_domain(c, t);
	case TARGET_SESSION:
		return RANK_SESSION;
	case TARGET_ALL:
		return RANK_ALL;
	default:
		return 0;
	}
}
