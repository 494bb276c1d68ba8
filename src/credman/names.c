/* credman/names.c - see credman/names.h: forms of targets and universal names.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "credman/names.h"
#include "credman/rules.h"

static size_t find(struct utf16 text, size_t from, WCHAR unit)
{
	while (from < text.n && text.p[from] != unit)
		from++;
	return from;
}

static struct utf16 part(struct utf16 text, size_t from, size_t to)
{
	return (struct utf16){ text.p + from, to - from };
}

/* ---- forms ---- */

enum target_form target_form_of(struct utf16 target)
{
	size_t star = find(target, 0, '*'), slash = find(target, 0, '\\');

	if (!target.n)
		return TARGET_NONSENSE;
	if (star == target.n)
		return slash == 0 || slash + 1 == target.n ? TARGET_NONSENSE : TARGET_NAME;
	if (target.n == 1)
		return TARGET_ALL;
	if (utf16_equal_ascii_nocase(target.p, target.n, CRED_SESSION_WILDCARD_NAME_A))
		return TARGET_SESSION;
	/* One star alone, at one of two places. */
	if (find(target, star + 1, '*') != target.n)
		return TARGET_NONSENSE;
	if (star == 0 && target.p[1] == '.' && target.n > 2 && slash == target.n)
		return TARGET_SUFFIX;
	if (star + 1 == target.n && slash > 0 && slash + 1 == star)
		return TARGET_DOMAIN;
	return TARGET_NONSENSE;
}

/* ---- universal names ---- */

bool name_split(struct utf16 text, struct universal_name *out)
{
	size_t colon = find(text, 0, ':'), equals = find(text, colon, '=');

	if (!text.p || colon == 0 || equals == text.n || equals == colon + 1 ||
	    equals + 1 == text.n || colon > CRED_MAX_TARGETNAME_NAMESPACE_LENGTH ||
	    equals - colon - 1 > CRED_MAX_TARGETNAME_ATTRIBUTE_LENGTH)
		return false;
	*out = (struct universal_name){ part(text, 0, colon), part(text, colon + 1, equals),
					part(text, equals + 1, text.n) };
	return true;
}

struct logon_word {
	uint32_t logon_type;
	const char *word;
};

/* SECURITY_LOGON_TYPE, as the flags carry it. */
static const struct logon_word logon_words[] = {
	{ 2, CRED_TARGETNAME_ATTRIBUTE_INTERACTIVE_A },
	{ 3, CRED_TARGETNAME_ATTRIBUTE_NETWORK_A },
	{ 4, CRED_TARGETNAME_ATTRIBUTE_BATCH_A },
	{ 5, CRED_TARGETNAME_ATTRIBUTE_SERVICE_A },
	{ 8, CRED_TARGETNAME_ATTRIBUTE_NETWORKCLEARTEXT_A },
	{ 10, CRED_TARGETNAME_ATTRIBUTE_REMOTEINTERACTIVE_A },
	{ 11, CRED_TARGETNAME_ATTRIBUTE_CACHEDINTERACTIVE_A },
};

static const char *attribute_word(uint32_t flags)
{
	if (flags & CRED_FLAGS_USERNAME_TARGET)
		return CRED_TARGETNAME_ATTRIBUTE_NAME_A;
	for (size_t i = 0; i < ARRAY_LEN(logon_words); i++)
		if (logon_words[i].logon_type == (flags & CRED_LOGON_TYPES_MASK) >> 12)
			return logon_words[i].word;
	return CRED_TARGETNAME_ATTRIBUTE_TARGET_A;
}

static const char *space_of(uint32_t type)
{
	return credential_is_domain(type) ? CRED_TARGETNAME_DOMAIN_NAMESPACE_A
					  : CRED_TARGETNAME_LEGACYGENERIC_NAMESPACE_A;
}

/* Extended credentials bring their namespace with them. */
static bool is_universal_already(const struct credential_view *c)
{
	struct universal_name name;
	return c->type == CRED_TYPE_DOMAIN_EXTENDED && name_split(c->target, &name);
}

WCHAR *name_universal(const struct credential_view *c, size_t *n)
{
	const char *words[] = { space_of(c->type), ":",
				attribute_word(credential_is_domain(c->type) ? c->flags : 0), "=" };
	size_t head = 0;

	if (is_universal_already(c))
		words[0] = words[1] = words[2] = words[3] = "";
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		head += strlen(words[i]);
	WCHAR *text = mem_array(head + c->target.n + 1, sizeof(*text)), *at = text;
	if (!text)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		utf16_put(at, words[i], strlen(words[i]));
		at += strlen(words[i]);
	}
	memcpy(at, c->target.p, c->target.n * sizeof(WCHAR));
	*n = head + c->target.n;
	return text;
}

bool name_is_classic(const struct credential_view *c)
{
	if (!credential_is_domain(c->type))
		return true;
	return c->type != CRED_TYPE_DOMAIN_EXTENDED && !(c->flags & CRED_LOGON_TYPES_MASK);
}

/* Is it a word that name_universal puts before the '=' for that type? */
static bool is_attribute(struct utf16 word, uint32_t type)
{
	if (utf16_equal_ascii_nocase(word.p, word.n, CRED_TARGETNAME_ATTRIBUTE_TARGET_A))
		return true;
	if (!credential_is_domain(type))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(logon_words); i++)
		if (utf16_equal_ascii_nocase(word.p, word.n, logon_words[i].word))
			return true;
	return utf16_equal_ascii_nocase(word.p, word.n, CRED_TARGETNAME_ATTRIBUTE_NAME_A);
}

struct utf16 name_stored(struct utf16 text, uint32_t type)
{
	struct universal_name name;

	if (type == CRED_TYPE_DOMAIN_EXTENDED || !name_split(text, &name) ||
	    !utf16_equal_ascii_nocase(name.space.p, name.space.n, space_of(type)) ||
	    !is_attribute(name.attribute, type))
		return text;
	return name.rest;
}

bool name_is_universal_of(const struct credential_view *c, struct utf16 text)
{
	size_t n;
	CLEANUP(mem_free_p) WCHAR *universal = name_universal(c, &n);

	return universal && utf16_equal_nocase(universal, n, text.p, text.n);
}

bool name_passes(struct utf16 filter, struct utf16 name)
{
	if (!filter.p)
		return true;
	if (filter.n && filter.p[filter.n - 1] == '*')
		return name.n >= filter.n - 1 &&
		       utf16_equal_nocase(filter.p, filter.n - 1, name.p, filter.n - 1);
	return utf16_equal_nocase(filter.p, filter.n, name.p, name.n);
}
