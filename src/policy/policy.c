/* policy/policy.c - see policy/policy.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Two layers, the system's and the user's, are kept apart and weighed at each question: of two
 * values the stricter one counts, both allow lists must agree, one deny list is enough. */
#include "base/base.h"

#include "base/places.h"
#include "base/trace.h"
#include "base/utf.h"
#include "policy/address.h"
#include "policy/file.h"
#include "policy/layer.h"
#include "policy/names.h"
#include "policy/policy.h"

#define CONFIGURATION "opensspi.conf"
#define TLS_1_2 0x303u
#define SPN_MAX 1024

enum { SYSTEM, USER, LAYERS };

struct policy {
	struct layer layer[LAYERS];
	struct patterns otherwise[POLICY_LISTS]; /* the defaults of the lists */
};

/* ---- opening ---- */

static NTSTATUS read_layer(struct layer *l, const char *path, bool root_only, struct text *why)
{
	CLEANUP(mem_free_p) char *bytes = NULL;
	size_t n;

	NTSTATUS status = policy_file_read(path, root_only, &bytes, &n, why);
	if (failed(status) || !bytes)
		return status;
	status = layer_read(l, path, bytes, n, why);
	return failed(status) ? fail(status, "understanding a configuration file") : status;
}

static NTSTATUS read_layers(struct policy *p, struct text *why)
{
	CLEANUP(mem_free_p) char *system = place_path(PLACE_SYSTEM_CONFIG, CONFIGURATION);
	CLEANUP(mem_free_p) char *user = place_path(PLACE_USER_CONFIG, CONFIGURATION);

	if (!system || !user)
		return fail(STATUS_NO_MEMORY, "finding the configuration");
	bool one_place = strcmp(system, user) == 0;
	NTSTATUS status = read_layer(&p->layer[SYSTEM], system, !one_place, why);
	if (failed(status) || one_place)
		return status;
	return read_layer(&p->layer[USER], user, false, why);
}

static NTSTATUS read_defaults(struct policy *p)
{
	const char *reason;

	for (int i = 0; i < POLICY_LISTS; i++) {
		const char *otherwise = names_list_of((enum policy_list)i)->otherwise;
		const char *realm = policy_setting(p, "lsa", "realm");
		if (i == ALLOW_SAVED_NTLM && realm && *realm)
			otherwise = NULL; /* as on a machine that is in a domain */
		if (otherwise &&
		    failed(patterns_add(&p->otherwise[i], otherwise, PATTERN_SPN, &reason)))
			return fail(STATUS_NO_MEMORY, "making the default policy");
	}
	return STATUS_SUCCESS;
}

static void warn(const struct policy *p)
{
	uint32_t tls;

	if (policy_value(p, OPENSSPI_POLICY_MINIMUM_TLS, &tls) && tls < TLS_1_2)
		trace_line("policy: MinimumTls allows TLS below 1.2, which is broken");
}

NTSTATUS policy_open(struct policy **out, struct text *why)
{
	CLEANUP(policy_free_p) struct policy *p = MEM_NEW(struct policy);

	*out = NULL;
	if (!p)
		return fail(STATUS_NO_MEMORY, "reading the policy");
	NTSTATUS status = read_layers(p, why);
	if (!failed(status))
		status = read_defaults(p);
	if (failed(status))
		return status;
	warn(p);
	*out = TAKE(p);
	return STATUS_SUCCESS;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	layer_done(&p->layer[SYSTEM]);
	layer_done(&p->layer[USER]);
	for (int i = 0; i < POLICY_LISTS; i++)
		patterns_done(&p->otherwise[i]);
	mem_free(p);
}

/* ---- values ---- */

static uint32_t stricter(enum value_sense sense, uint32_t a, uint32_t b)
{
	if (sense == STRICT_IS_BOTH)
		return a | b;
	return (sense == STRICT_IS_LESS) == (a < b) ? a : b;
}

bool policy_value(const struct policy *p, uint32_t number, uint32_t *out)
{
	const struct value_row *row = names_value_of(number);
	if (!row)
		return false;
	const struct layer *system = &p->layer[SYSTEM], *user = &p->layer[USER];
	uint32_t value = system->value_set[number] ? system->value[number] : row->otherwise;
	if (user->value_set[number])
		value = stricter(row->sense, value, user->value[number]);
	*out = value;
	return true;
}

const char *policy_setting(const struct policy *p, const char *section, const char *name)
{
	const char *value = layer_setting(&p->layer[SYSTEM], section, name);
	return value ? value : layer_setting(&p->layer[USER], section, name);
}

/* ---- targets ---- */

struct target {
	WCHAR text[SPN_MAX];
	size_t n;
	WCHAR plain[SPN_MAX]; /* without port, third part and the dot at the end */
	size_t plain_n;
	size_t host; /* where the host begins in `plain` */
};

static size_t find(const WCHAR *text, size_t from, size_t n, WCHAR c)
{
	while (from < n && text[from] != c)
		from++;
	return from;
}

/* Where the host ends that begins at `from`: before ":port" or "/name". A bare IPv6 address has
 * several colons and no port. */
static size_t host_end(const WCHAR *text, size_t from, size_t n)
{
	size_t slash = find(text, from, n, '/');

	if (from < slash && text[from] == '[') {
		size_t close = find(text, from, slash, ']');
		return close < slash ? close + 1 : slash;
	}
	size_t colon = find(text, from, slash, ':');
	if (colon < slash && find(text, colon + 1, slash, ':') < slash)
		return slash;
	return colon;
}

static bool target_read(const WCHAR *spn, size_t n, struct target *out)
{
	if (!spn || n == 0 || n > SPN_MAX || !utf16_is_valid(spn, n) || find(spn, 0, n, 0) < n)
		return false;
	memcpy(out->text, spn, n * sizeof(WCHAR));
	out->n = n;
	size_t slash = find(spn, 0, n, '/');
	out->host = slash < n ? slash + 1 : 0;
	size_t end = host_end(spn, out->host, n);
	if (end > out->host && spn[end - 1] == '.')
		end--;
	memcpy(out->plain, spn, end * sizeof(WCHAR));
	out->plain_n = end;
	return true;
}

static bool layer_allows(const struct policy *p, int which, enum policy_list list,
			 const struct target *t)
{
	const struct layer_list *l = &p->layer[which].list[list];
	const struct patterns *otherwise = &p->otherwise[list];

	if (!l->set && which == USER)
		return true;
	if (!l->set)
		return patterns_match(otherwise, t->text, t->n, PATTERN_STRICT);
	if (l->off)
		return false;
	return patterns_match(&l->patterns, t->text, t->n, PATTERN_STRICT) ||
	       (l->concatenate && patterns_match(otherwise, t->text, t->n, PATTERN_STRICT));
}

static bool allows(const struct policy *p, enum policy_list list, const struct target *t)
{
	return layer_allows(p, SYSTEM, list, t) && layer_allows(p, USER, list, t);
}

static bool denies(const struct policy *p, enum policy_list list, const struct target *t)
{
	for (int i = 0; i < LAYERS; i++) {
		const struct patterns *patterns = &p->layer[i].list[list].patterns;
		if (patterns_match(patterns, t->text, t->n, PATTERN_LOOSE) ||
		    patterns_match(patterns, t->plain, t->plain_n, PATTERN_LOOSE))
			return true;
	}
	return false;
}

static const struct {
	enum policy_list deny, allow, allow_ntlm;
} classes[] = {
	[OPENSSPI_DELEGATE_FRESH] = { DENY_FRESH, ALLOW_FRESH, ALLOW_FRESH_NTLM },
	[OPENSSPI_DELEGATE_SAVED] = { DENY_SAVED, ALLOW_SAVED, ALLOW_SAVED_NTLM },
	[OPENSSPI_DELEGATE_DEFAULT] = { DENY_DEFAULT, ALLOW_DEFAULT, ALLOW_DEFAULT_NTLM },
};

NTSTATUS policy_delegation(const struct policy *p, uint32_t class, bool mutual, const WCHAR *spn,
			   size_t spn_n)
{
	struct target t;

	if (class == 0 || class >= ARRAY_LEN(classes) || !target_read(spn, spn_n, &t))
		return fail(SEC_E_DELEGATION_POLICY, "reading the name of a target");
	if (denies(p, classes[class].deny, &t))
		return fail(SEC_E_DELEGATION_POLICY, "looking at what is denied by policy");
	if (allows(p, mutual ? classes[class].allow : classes[class].allow_ntlm, &t))
		return STATUS_SUCCESS;
	if (!mutual && allows(p, classes[class].allow, &t))
		return fail(SEC_E_POLICY_NLTM_ONLY, "looking at what is allowed with NTLM only");
	return fail(SEC_E_DELEGATION_POLICY, "looking at what is allowed by policy");
}

/* ---- our own names ---- */

static bool is_named(const char *const *names, const WCHAR *host, size_t n)
{
	for (; names && *names; names++) {
		CLEANUP(mem_free_p) WCHAR *wide = NULL;
		size_t wide_n;
		if (**names && utf16_from_utf8(*names, strlen(*names), &wide, &wide_n) &&
		    utf16_equal_nocase(wide, wide_n, host, n))
			return true;
	}
	return false;
}

static bool is_our_address(const WCHAR *host, size_t n)
{
	CLEANUP(mem_free_p) char *text = NULL;

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	return utf8_from_utf16(host, n, &text, NULL) && address_is_ours(text);
}

static bool is_accepted(const struct policy *p, const WCHAR *host, size_t n)
{
	const struct layer_list *system = &p->layer[SYSTEM].list[TARGET_NAMES];
	const struct layer_list *user = &p->layer[USER].list[TARGET_NAMES];

	return patterns_match(&system->patterns, host, n, PATTERN_STRICT) &&
	       (!user->set || patterns_match(&user->patterns, host, n, PATTERN_STRICT));
}

bool policy_target_is_ours(const struct policy *p, const WCHAR *spn, size_t spn_n,
			   const char *const *names)
{
	struct target t;

	if (!target_read(spn, spn_n, &t) || t.plain_n == t.host)
		return false;
	const WCHAR *host = t.plain + t.host;
	size_t n = t.plain_n - t.host;
	return is_named(names, host, n) || is_our_address(host, n) || is_accepted(p, host, n);
}
