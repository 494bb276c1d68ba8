/* sspi/identity_copy.c - copies of identities, as blocks and as bytes; comparing; excluding packages.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/secret.h"
#include "base/utf.h"
#include "sspi/identity.h"
#include "sspi/status.h"

SECURITY_STATUS SEC_ENTRY SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	CLEANUP(identity_done) struct identity id = { .sealed = false };
	return auth ? security_status(identity_load(auth, &id)) : SEC_E_INVALID_PARAMETER;
}

static NTSTATUS copy(const void *auth, void **out)
{
	CLEANUP(identity_done) struct identity id = { .sealed = false };

	NTSTATUS status = identity_load(auth, &id);
	return status == SEC_E_OK ? identity_make(&id.view, id.sealed, out) : status;
}

SECURITY_STATUS SEC_ENTRY SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth,
					       PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out)
{
	if (!auth || !out)
		return SEC_E_INVALID_PARAMETER;
	return security_status(copy(auth, out));
}

/* ---- as bytes ---- */

SECURITY_STATUS SEC_ENTRY SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth,
						  ULONG *length, char **bytes)
{
	void *block = NULL;

	if (!auth || !length || !bytes)
		return SEC_E_INVALID_PARAMETER;
	NTSTATUS status = copy(auth, &block);
	if (failed(status))
		return security_status(status);
	*length = (ULONG)block_size(block);
	*bytes = block;
	return SEC_E_OK;
}

/* The bytes may lie anywhere, and what they say about their length is not to be believed. */
SECURITY_STATUS SEC_ENTRY SspiUnmarshalAuthIdentity(ULONG length, char *bytes,
						    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out)
{
	if (!bytes || !out)
		return SEC_E_INVALID_PARAMETER;
	if (length < sizeof(SEC_WINNT_AUTH_IDENTITY_EX2) || length > AUTHDATA_MAX)
		return SEC_E_UNKNOWN_CREDENTIALS;
	CLEANUP(block_free_p) void *block = block_dup(bytes, length);
	if (!block)
		return SEC_E_INSUFFICIENT_MEMORY;
	const SEC_WINNT_AUTH_IDENTITY_EX2 *head = block;
	if (head->Version != SEC_WINNT_AUTH_IDENTITY_VERSION_2 || head->cbStructureLength != length)
		return SEC_E_UNKNOWN_CREDENTIALS;
	return security_status(copy(block, out));
}

/* ---- comparing ---- */

static const WCHAR *units(struct rd bytes)
{
	return (const WCHAR *)(const void *)bytes.p;
}

/* "DOMAIN\user" in one string is the same as in two. */
static void names_split(struct identity_view *id)
{
	size_t n = id->user.n / sizeof(WCHAR);

	for (size_t i = 0; id->domain.n == 0 && i < n; i++) {
		if (units(id->user)[i] != '\\')
			continue;
		id->domain = rd_of(id->user.p, i * sizeof(WCHAR));
		id->user = rd_of(units(id->user) + i + 1, (n - i - 1) * sizeof(WCHAR));
		return;
	}
}

static bool text_equal(struct rd a, struct rd b)
{
	return utf16_equal_nocase(units(a), a.n / sizeof(WCHAR), units(b), b.n / sizeof(WCHAR));
}

static bool same_user(struct identity_view a, struct identity_view b)
{
	names_split(&a);
	names_split(&b);
	return text_equal(a.user, b.user) && text_equal(a.domain, b.domain);
}

static bool same_secret(const struct identity_view *a, const struct identity_view *b)
{
	return a->has_password == b->has_password && a->password.n == b->password.n &&
	       (a->password.n == 0 || bytes_equal(a->password.p, b->password.p, a->password.n));
}

SECURITY_STATUS SEC_ENTRY SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE first,
						    PSEC_WINNT_AUTH_IDENTITY_OPAQUE second,
						    PBOOLEAN user, PBOOLEAN identity)
{
	CLEANUP(identity_done) struct identity a = { .sealed = false }, b = { .sealed = false };

	NTSTATUS status = identity_load(first, &a);
	if (status == SEC_E_OK)
		status = identity_load(second, &b);
	if (status != SEC_E_OK)
		return security_status(status);
	/* None given is the caller's own, and nobody's name. */
	bool one_is_own = (first == NULL) != (second == NULL);
	bool users = !one_is_own && same_user(a.view, b.view);
	if (user)
		*user = users;
	if (identity)
		*identity = users && same_secret(&a.view, &b.view) &&
			    text_equal(a.view.packages, b.view.packages);
	return SEC_E_OK;
}

/* ---- excluding a package ---- */

#define PACKAGE_NAME_UNITS_MAX 256

/* A name that can stand in a comma separated list. */
static bool package_is_good(const WCHAR *name, size_t n)
{
	if (n == 0 || n > PACKAGE_NAME_UNITS_MAX || !utf16_is_valid(name, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] == ',' || name[i] == '!')
			return false;
	return true;
}

/* True when the list says "!name" already. */
static bool is_excluded(struct rd list, const WCHAR *name, size_t n)
{
	const WCHAR *p = units(list), *end = p + list.n / sizeof(WCHAR);

	while (p < end) {
		const WCHAR *next = p;
		while (next < end && *next != ',')
			next++;
		if (*p == '!' && utf16_equal_nocase(p + 1, (size_t)(next - p - 1), name, n))
			return true;
		p = next < end ? next + 1 : end;
	}
	return false;
}

static void list_extend(struct wr *w, struct rd list, const WCHAR *name, size_t n)
{
	wr_rd(w, list);
	if (is_excluded(list, name, n))
		return;
	if (list.n)
		wr_u16le(w, ',');
	wr_u16le(w, '!');
	wr_bytes(w, name, n * sizeof(WCHAR));
}

SECURITY_STATUS SEC_ENTRY SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth, PCWSTR package,
					     PSEC_WINNT_AUTH_IDENTITY_OPAQUE *out)
{
	CLEANUP(identity_done) struct identity id = { .sealed = false };
	CLEANUP(wr_done) struct wr list = WR(IDENTITY_TEXT_UNITS_MAX * sizeof(WCHAR));
	size_t n = utf16_len(package);

	if (!out || !package || !package_is_good(package, n))
		return SEC_E_INVALID_PARAMETER;
	NTSTATUS status = identity_load(auth, &id);
	if (status != SEC_E_OK)
		return security_status(status);
	list_extend(&list, id.view.packages, package, n);
	if (!wr_ok(&list))
		return SEC_E_INSUFFICIENT_MEMORY;
	id.view.packages = wr_view(&list);
	return security_status(identity_make(&id.view, id.sealed, out));
}
