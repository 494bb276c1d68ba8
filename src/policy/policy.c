/* policy/policy.c - see policy/policy.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Two layers, the system's and the user's, are kept apart and weighed at each question: of two
 * values the stricter one counts, both allow lists must agree, one deny list is enough. */
#include "base/base.h"

#include <stdio.h>

#include "base/places.h"
#include "base/trace.h"
#include "base/utf.h"
#include "policy/address.h"
#include "policy/file.h"
#include "policy/state.h"

#define CONFIGURATION "opensspi.conf"
#define TLS_1_2 0x303u

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
	const char *realm = policy_setting(p, "lsa", "realm");
	const char *reason;

	p->has_realm = realm && *realm;
	for (int i = 0; i < POLICY_LISTS; i++) {
		const char *otherwise = names_list_of((enum policy_list)i)->otherwise;
		if (i == ALLOW_SAVED_NTLM && p->has_realm)
			otherwise = NULL; /* as on a machine that is in a domain */
		if (otherwise &&
		    failed(patterns_add(&p->otherwise[i], otherwise, PATTERN_SPN, &reason)))
			return fail(STATUS_NO_MEMORY, "making the default policy");
	}
	return STATUS_SUCCESS;
}

const char *policy_fips_file = "/proc/sys/crypto/fips_enabled";

/* A kernel without the file has no such mode. */
static bool kernel_is_fips(void)
{
	FILE *f = fopen(policy_fips_file, "re");
	int c = f ? fgetc(f) : EOF;

	if (f)
		(void)fclose(f);
	return c == '1';
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
	p->kernel_fips = kernel_is_fips();
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
	if (sense == STRICT_IS_COMMON)
		return a & b ? a & b : a;
	return (sense == STRICT_IS_LESS) == (a < b) ? a : b;
}

/* What must be of RestrictedRemoteAdministration's kinds; a user who switches it on says which himself. */
static uint32_t restricted_type(const struct policy *p)
{
	const struct layer *system = &p->layer[SYSTEM], *user = &p->layer[USER];
	uint32_t type = 0;

	if (system->value[POLICY_RESTRICTED_REMOTE_ADMINISTRATION])
		return policy_value(p, POLICY_RESTRICTED_TYPE, &type) ? type : 1;
	if (!user->value[POLICY_RESTRICTED_REMOTE_ADMINISTRATION])
		return 0;
	return user->value_set[POLICY_RESTRICTED_TYPE] ? user->value[POLICY_RESTRICTED_TYPE] : 1;
}

bool policy_value(const struct policy *p, uint32_t number, uint32_t *out)
{
	if (number == OPENSSPI_POLICY_RESTRICTED_ADMIN_TYPE) {
		*out = restricted_type(p);
		return true;
	}
	const struct value_row *row = names_value_of(number);
	if (!row)
		return false;
	const struct layer *system = &p->layer[SYSTEM], *user = &p->layer[USER];
	uint32_t value = system->value_set[number] ? system->value[number] : row->otherwise;
	if (user->value_set[number])
		value = stricter(row->sense, value, user->value[number]);
	*out = number == OPENSSPI_POLICY_FIPS && p->kernel_fips ? 1 : value;
	return true;
}

const char *policy_setting(const struct policy *p, const char *section, const char *name)
{
	const struct setting_row *row = names_setting(section, name);
	const char *value = layer_setting(&p->layer[SYSTEM], section, name);
	if (value || process_is_elevated() || (row && row->system_only))
		return value;
	return layer_setting(&p->layer[USER], section, name);
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
	struct spn t;

	if (!spn_read(spn, spn_n, &t) || t.plain_n == t.host)
		return false;
	const WCHAR *host = t.plain + t.host;
	size_t n = t.plain_n - t.host;
	return is_named(names, host, n) || is_our_address(host, n) || is_accepted(p, host, n);
}
