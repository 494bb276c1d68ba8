/* accounts/accounts_api.c - OpensspiAccount…: the accounts file as programs manage it.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>
#include <time.h>

#include "accounts/guard.h"
#include "accounts/store.h"
#include "base/block.h"
#include "base/places.h"
#include "base/trace.h"
#include "base/utf.h"
#include "crypto/ntlm.h"

#define FLAGS_KNOWN                                                                                \
	(OPENSSPI_ACCOUNT_DISABLED | OPENSSPI_ACCOUNT_LOCKED | OPENSSPI_ACCOUNT_EXPIRED |          \
	 OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE | OPENSSPI_ACCOUNT_PASSWORD_EXPIRED)
#define PASSWORD_FLAGS (OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE | OPENSSPI_ACCOUNT_PASSWORD_EXPIRED)
#define PASSWORD_MAX (64u * 1024)

struct edit {
	const char *domain, *user;
	WCHAR key[ACCOUNT_KEY_MAX];
	size_t key_n;
	uint32_t flags;
	uint8_t hash[NTLM_HASH_LEN];
};

/* The few statuses these functions promise. */
static SECURITY_STATUS promised(NTSTATUS status)
{
	switch (status) {
	case STATUS_SUCCESS:
		return SEC_E_OK;
	case STATUS_NO_MEMORY:
		return SEC_E_INSUFFICIENT_MEMORY;
	case STATUS_OBJECT_NAME_NOT_FOUND:
		return SEC_E_NO_CREDENTIALS;
	default:
		return status;
	}
}

static NTSTATUS edit_start(struct edit *e, const char *domain, const char *user)
{
	CLEANUP(mem_free_p) WCHAR *wide_domain = NULL;
	CLEANUP(mem_free_p) WCHAR *wide_user = NULL;
	size_t domain_n, user_n;

	*e = (struct edit){ .domain = domain && strcmp(domain, ".") != 0 ? domain : "",
			    .user = user };
	if (!user || !account_name_is_fine(user, false) || !account_name_is_fine(e->domain, true))
		return fail(SEC_E_INVALID_PARAMETER, "reading an account's name");
	if (!utf16_from_utf8(e->domain, strlen(e->domain), &wide_domain, &domain_n) ||
	    !utf16_from_utf8(user, strlen(user), &wide_user, &user_n))
		return fail(STATUS_NO_MEMORY, "reading an account's name");
	e->key_n = account_key(wide_domain, domain_n, wide_user, user_n, e->key);
	return STATUS_SUCCESS;
}

/* An account whose state was set by hand is not locked out by what was counted before. The change itself
 * stands by then: a count that cannot be read is traced here and refuses sign-ins until it is mended. */
static void forget_failures(const struct edit *e, const char *path)
{
	CLEANUP(mem_free_p) char *guard_path = store_guard_path();
	CLEANUP(guard_end) struct guard g = { .fd = -1 };

	if (!guard_path || failed(guard_begin(guard_path, false, &g)) ||
	    failed(guard_forget(&g, &(struct guard_name){ path, e->key, e->key_n, true })))
		trace_line("the count of bad passwords of a changed account was not begun anew");
}

static NTSTATUS edit_file(struct edit *e, bool create, store_change change)
{
	CLEANUP(mem_free_p) char *path = store_default_path();

	if (!path)
		return fail(place_home_is_usable() ? STATUS_NO_MEMORY : (NTSTATUS)SEC_E_NOT_OWNER,
			    "finding the accounts file");
	NTSTATUS status = store_update(path, create, change, e);
	if (!failed(status))
		forget_failures(e, path);
	return status;
}

static NTSTATUS set_password(struct accounts *t, void *argument)
{
	const struct edit *e = argument;
	struct account *a = accounts_find(t, e->key, e->key_n);

	if (!a)
		a = accounts_add(t, e->domain, e->user);
	if (!a)
		return fail(STATUS_NO_MEMORY, "adding an account");
	memcpy(a->hash->p, e->hash, NTLM_HASH_LEN);
	a->flags &= ~PASSWORD_FLAGS;
	a->password_set = (int64_t)time(NULL);
	return STATUS_SUCCESS;
}

static NTSTATUS set_flags(struct accounts *t, void *argument)
{
	const struct edit *e = argument;
	struct account *a = accounts_find(t, e->key, e->key_n);

	if (!a)
		return fail(STATUS_OBJECT_NAME_NOT_FOUND, "looking for an account");
	a->flags = e->flags;
	return STATUS_SUCCESS;
}

static NTSTATUS remove_account(struct accounts *t, void *argument)
{
	const struct edit *e = argument;
	struct account *a = accounts_find(t, e->key, e->key_n);

	if (!a)
		return fail(STATUS_OBJECT_NAME_NOT_FOUND, "looking for an account");
	accounts_remove(t, a);
	return STATUS_SUCCESS;
}

static NTSTATUS hash_password(const char *password, uint8_t out[NTLM_HASH_LEN])
{
	size_t n = password ? strnlen(password, PASSWORD_MAX + 1) : 0;
	size_t need = n && n <= PASSWORD_MAX ? utf16_need(password, n) : SIZE_MAX;

	if (need == SIZE_MAX)
		return fail(SEC_E_INVALID_PARAMETER, "reading a new password");
	CLEANUP(secret_free_p) struct secret *wide = secret_new(need * sizeof(WCHAR));
	if (!wide)
		return fail(STATUS_NO_MEMORY, "reading a new password");
	utf16_put((WCHAR *)(void *)wide->p, password, n);
	ntlm_ntowf_v1(wide->p, wide->len, out);
	return STATUS_SUCCESS;
}

OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountSet(const char *domain, const char *user,
							  const char *password)
{
	struct edit e;

	NTSTATUS status = edit_start(&e, domain, user);
	if (!failed(status))
		status = hash_password(password, e.hash);
	if (!failed(status))
		status = edit_file(&e, true, set_password);
	mem_wipe(&e, sizeof(e));
	return promised(status);
}

OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountRemove(const char *domain, const char *user)
{
	struct edit e;

	NTSTATUS status = edit_start(&e, domain, user);
	return promised(failed(status) ? status : edit_file(&e, false, remove_account));
}

OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountSetFlags(const char *domain, const char *user,
							       ULONG flags)
{
	struct edit e;

	if (flags & ~FLAGS_KNOWN)
		return fail(SEC_E_INVALID_PARAMETER, "reading an account's flags");
	NTSTATUS status = edit_start(&e, domain, user);
	e.flags = flags;
	return promised(failed(status) ? status : edit_file(&e, false, set_flags));
}

OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountEnumerate(OPENSSPI_ACCOUNT_VISITOR each,
								void *argument)
{
	CLEANUP(mem_free_p) char *path = store_default_path();
	CLEANUP(accounts_free_p) struct accounts *t = NULL;

	if (!each)
		return fail(SEC_E_INVALID_PARAMETER, "listing the accounts");
	if (!path)
		return fail(SEC_E_NOT_OWNER, "finding the accounts file");
	NTSTATUS status = store_read(path, &t, NULL);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return SEC_E_OK;
	if (failed(status))
		return promised(status);
	for (size_t i = 0; i < t->count; i++)
		if (!each(argument, t->row[i]->domain, t->row[i]->user, t->row[i]->flags))
			break;
	return SEC_E_OK;
}

OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountsPath(char **path)
{
	if (!path)
		return fail(SEC_E_INVALID_PARAMETER, "asking for the accounts file's path");
	*path = NULL;
	CLEANUP(mem_free_p) char *found = store_default_path();
	if (!found)
		return fail(SEC_E_NOT_OWNER, "finding the accounts file");
	*path = block_dup(found, strlen(found) + 1);
	return *path ? SEC_E_OK : promised(STATUS_NO_MEMORY);
}
