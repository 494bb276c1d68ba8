/* packages/negotiate/mechs.c - see packages/negotiate/mechs.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "packages/negotiate/mechs.h"

#define NAME_MAX_UNITS 64

static const WCHAR kerberos_name[] = OPENSSPI_WIDE("Kerberos"), ntlm_name[] = OPENSSPI_WIDE("NTLM");

/* Windows lists Kerberos' mistyped OID before the right one. */
static const struct nego_mech rows[NEGO_ROWS] = {
	[NEGO_KERBEROS] = { .name = "Kerberos",
			    .package = kerberos_name,
			    .package_n = ARRAY_LEN(kerberos_name) - 1,
			    .oid = { MECH_KERBEROS_MS, MECH_KERBEROS },
			    .oid_count = 2,
			    .user_to_user = MECH_KERBEROS_U2U },
	[NEGO_NTLM] = { .name = "NTLM",
			.package = ntlm_name,
			.package_n = ARRAY_LEN(ntlm_name) - 1,
			.oid = { MECH_NTLM },
			.oid_count = 1,
			.user_to_user = MECH_UNKNOWN,
			.always_mic = true },
};

const struct nego_mech *nego_mech(enum nego_row row)
{
	return &rows[row];
}

size_t nego_row_oids(enum nego_row row, bool user_to_user, enum spnego_mech oid[NEGO_OIDS_MAX])
{
	const struct nego_mech *m = &rows[row];

	if (user_to_user && m->user_to_user != MECH_UNKNOWN) {
		oid[0] = m->user_to_user;
		return 1;
	}
	memcpy(oid, m->oid, m->oid_count * sizeof(*oid));
	return m->oid_count;
}

enum nego_row nego_row_of(enum spnego_mech oid, bool user_to_user)
{
	if (user_to_user && oid == MECH_KERBEROS_U2U)
		return NEGO_KERBEROS;
	for (int row = 0; row < NEGO_ROWS; row++)
		for (size_t i = 0; i < rows[row].oid_count; i++)
			if (rows[row].oid[i] == oid)
				return (enum nego_row)row;
	return NEGO_NONE;
}

/* One name of the list, spaces around it removed. */
struct name {
	WCHAR units[NAME_MAX_UNITS];
	size_t n;
	bool too_long;
};

static bool next_name(struct rd *list, struct name *out)
{
	uint16_t unit;

	if (rd_empty(*list))
		return false;
	out->n = 0;
	out->too_long = false;
	while (rd_u16le(list, &unit) && unit != ',') {
		if (unit == ' ' && out->n == 0)
			continue;
		if (out->n == NAME_MAX_UNITS)
			out->too_long = true;
		else
			out->units[out->n++] = unit;
	}
	while (out->n && out->units[out->n - 1] == ' ')
		out->n--;
	return true;
}

enum nego_row nego_row_named(const WCHAR *units, size_t n)
{
	for (int row = 0; row < NEGO_ROWS; row++)
		if (utf16_equal_ascii_nocase(units, n, rows[row].name))
			return (enum nego_row)row;
	return NEGO_NONE;
}

enum nego_row nego_row_called(struct rd name)
{
	for (int row = 0; row < NEGO_ROWS; row++)
		if (name.n == strlen(rows[row].name) && memcmp(name.p, rows[row].name, name.n) == 0)
			return (enum nego_row)row;
	return NEGO_NONE;
}

void nego_list_read(struct rd packages, struct nego_list *out)
{
	bool named[NEGO_ROWS] = { false }, excluded[NEGO_ROWS] = { false }, any = false;
	struct name name;

	*out = (struct nego_list){ .names_others = false };
	packages.n &= ~(size_t)1;
	while (next_name(&packages, &name)) {
		bool no = name.n && name.units[0] == '!';
		if (name.n == 0 || name.too_long)
			continue;
		if (utf16_equal_ascii_nocase(name.units, name.n, "IAKERB"))
			continue; /* a wish of Kerberos' own */
		enum nego_row row = nego_row_named(name.units + no, name.n - no);
		if (row != NEGO_NONE)
			(no ? excluded : named)[row] = true;
		/* Negotiate itself stands for all of them */
		if (!no && !utf16_equal_ascii_nocase(name.units, name.n, "Negotiate"))
			any = true;
		if (!no && row != NEGO_NTLM)
			out->names_others = true;
	}
	for (int row = 0; row < NEGO_ROWS; row++)
		out->allowed[row] = (!any || named[row]) && !excluded[row];
}
