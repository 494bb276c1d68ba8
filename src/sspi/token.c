/* sspi/token.c - a server acts as its client: impersonation, and the tokens of clients.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Who the client is, the package says, out of what the LSA packed for it; which user of this system that is,
 * the name service. An imported context's word came from another process, which may not have been the LSA:
 * nobody is impersonated by it. */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "base/utf.h"
#include "ipc/attributes.h"
#include "ipc/reason.h"
#include "ipc/token.h"
#include "sspi/attribute.h"
#include "sspi/handles.h"
#include "sspi/status.h"

/* By which handle the thread came to act as another. */
static _Thread_local CtxtHandle by;

static NTSTATUS ask(const struct context *c, uint32_t attribute, void *value)
{
	const struct attribute_query query = ATTRIBUTE_QUERY(attribute, value, UINT32_MAX, false);

	return context_query(c, &query);
}

/* ---- the client's token ---- */

static NTSTATUS make(const struct context *c, struct token **out)
{
	struct token_facts facts = { .type = TokenImpersonation };
	OPENSSPI_CLIENT_SIDS sids = { 0 };

	if (!c->lsa)
		return fail(SEC_E_NO_IMPERSONATION, "the client of an imported context");
	NTSTATUS status = ask(c, OPENSSPI_ATTR_CLIENT_ACCOUNT, &facts.account);
	if (failed(status))
		return status == SEC_E_INSUFFICIENT_MEMORY
			       ? status
			       : fail(SEC_E_NO_IMPERSONATION,
				      "a context without a client's account");
	if (!failed(ask(c, OPENSSPI_ATTR_CLIENT_SIDS, &sids)))
		facts.sids = &sids;
	status = token_new(&facts, out);
	attribute_release(OPENSSPI_ATTR_CLIENT_ACCOUNT, &facts.account);
	attribute_release(OPENSSPI_ATTR_CLIENT_SIDS, &sids);
	return status;
}

/* Made when first asked for, the same from then on; a reference of the caller's. */
static NTSTATUS token_of_client(struct context *c, struct token **out)
{
	struct token *t = atomic_load(&c->token), *none = NULL;

	if (!t) {
		NTSTATUS status = make(c, &t);
		if (failed(status))
			return status;
		if (!atomic_compare_exchange_strong(&c->token, &none, t)) {
			token_unref(t);
			t = none;
		}
	}
	*out = token_ref(t);
	return STATUS_SUCCESS;
}

/* What a package of somebody else's has to say: a token of its own making. */
static NTSTATUS token_of_package(const struct context *c, HANDLE *made)
{
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);

	*made = NULL;
	if (!c->lsa || !user || !user->GetContextToken ||
	    failed(user->GetContextToken(c->user_key, made)))
		return SEC_E_NO_IMPERSONATION;
	return *made ? SEC_E_OK : SEC_E_NO_IMPERSONATION;
}

static NTSTATUS find_token(struct context *c, struct token **out)
{
	HANDLE made;

	*out = NULL;
	if (token_of_package(c, &made) == SEC_E_OK)
		*out = token_of(made);
	return *out ? STATUS_SUCCESS : token_of_client(c, out);
}

/* ---- Windows' functions ---- */

static struct context *finished(PCtxtHandle handle)
{
	CLEANUP(context_unref_p) struct context *c = context_ref(handle);

	call_reason_clear();
	return c && atomic_load(&c->ready) ? TAKE(c) : NULL;
}

SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle handle)
{
	CLEANUP(context_unref_p) struct context *c = finished(handle);
	CLEANUP(token_unref_p) struct token *t = NULL;

	if (!c)
		return SEC_E_INVALID_HANDLE;
	NTSTATUS status = find_token(c, &t);
	if (!failed(status))
		status = token_act(t);
	if (!failed(status))
		by = *handle;
	return security_status(status);
}

/* Also by the handle of a context that was deleted since: the thread is not to stay who it is. */
SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle handle)
{
	CLEANUP(context_unref_p) struct context *c = finished(handle);
	bool is_by = handle && by.dwLower && handle->dwLower == by.dwLower &&
		     handle->dwUpper == by.dwUpper;

	if (!c && !is_by)
		return SEC_E_INVALID_HANDLE;
	token_act_no_more();
	by = (CtxtHandle){ 0 };
	return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle handle, HANDLE *token)
{
	CLEANUP(context_unref_p) struct context *c = finished(handle);
	CLEANUP(token_unref_p) struct token *t = NULL;
	HANDLE made;

	if (!c)
		return SEC_E_INVALID_HANDLE;
	if (!token)
		return SEC_E_INVALID_PARAMETER;
	if (token_of_package(c, &made) == SEC_E_OK)
		t = token_of(made);
	if (!t && made) {
		*token = made; /* of another library: who made it knows it */
		return SEC_E_OK;
	}
	NTSTATUS status = t ? STATUS_SUCCESS : token_of_client(c, &t);
	if (!failed(status))
		status = token_open(t, token);
	return security_status(status);
}

/* ---- ours ---- */

static size_t text_size(const WCHAR *text)
{
	return (utf16_len(text) + 1) * sizeof(WCHAR);
}

/* Takes `n` bytes off the block. */
static void *part(uint8_t **at, const void *from, size_t n)
{
	void *to = *at;

	if (n)
		memcpy(to, from, n);
	*at += n;
	return to;
}

/* One block: the structure, what wants alignment most, then the texts. */
static POPENSSPI_TOKEN_ACCOUNT account_block(const struct token *t)
{
	const struct unix_user *u = &t->unix_user;
	size_t name_n = t->has_user ? strlen(u->name) + 1 : 0;
	size_t sids_n = t->sids.Count * sizeof(LPWSTR), groups_n = u->ids.count * sizeof(ULONG);
	size_t n = sids_n + groups_n + text_size(t->domain) + text_size(t->user) + name_n;

	for (ULONG i = 0; i < t->sids.Count; i++)
		n += text_size(t->sids.Sids[i]);
	OPENSSPI_TOKEN_ACCOUNT *a = block_alloc(sizeof(*a) + n);
	if (!a)
		return NULL;
	uint8_t *at = (uint8_t *)(a + 1);
	*a = (OPENSSPI_TOKEN_ACCOUNT){ .TokenId = t->id,
				       .LogonId = t->logon,
				       .Type = t->type,
				       .Level = t->level,
				       .SidCount = t->sids.Count,
				       .Uid = u->ids.uid,
				       .Gid = u->ids.gid,
				       .GroupCount = (ULONG)u->ids.count };
	a->Sids = part(&at, t->sids.Sids, sids_n);
	a->Groups = part(&at, u->ids.group, groups_n);
	a->Domain = part(&at, t->domain, text_size(t->domain));
	a->User = part(&at, t->user, text_size(t->user));
	for (ULONG i = 0; i < t->sids.Count; i++)
		a->Sids[i] = part(&at, t->sids.Sids[i], text_size(t->sids.Sids[i]));
	a->UnixName = t->has_user ? part(&at, u->name, name_n) : NULL;
	return a;
}

SECURITY_STATUS SEC_ENTRY OpensspiTokenAccount(HANDLE token, POPENSSPI_TOKEN_ACCOUNT *account)
{
	if (!account)
		return SEC_E_INVALID_PARAMETER;
	*account = NULL;
	CLEANUP(token_unref_p) struct token *t = token_of(token);
	if (!t)
		return SEC_E_INVALID_HANDLE;
	*account = account_block(t);
	return *account ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS SEC_ENTRY OpensspiThreadToken(PHANDLE token)
{
	if (!token)
		return SEC_E_INVALID_PARAMETER;
	*token = NULL;
	CLEANUP(token_unref_p) struct token *t = token_acting();
	return t ? security_status(token_open(t, token)) : SEC_E_NO_IMPERSONATION;
}

SECURITY_STATUS SEC_ENTRY OpensspiCloseToken(HANDLE token)
{
	return token_close(token) ? SEC_E_OK : SEC_E_INVALID_HANDLE;
}
