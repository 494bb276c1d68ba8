/* packages/compose.h - how a built-in package holds another one, wherever that lives.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A thin wrap of OPENSSPI_LSA_EXTENSION and of buffer lists; the only header that packages share. */
#ifndef OPENSSPI_PACKAGES_COMPOSE_H
#define OPENSSPI_PACKAGES_COMPOSE_H

#include <ntsecpkg.h>
#include <opensspi.h>

#include "base/base.h"
#include "base/random.h"
#include "wire/authdata.h"
#include "wire/rd.h"
#include "wire/wr.h"

/* The services of the LSA that a composed package uses, from SpInitialize on. */
struct compose_host {
	const LSA_SECPKG_FUNCTION_TABLE *lsa;
	const OPENSSPI_LSA_EXTENSION *extension;
};

static inline MUST_CHECK NTSTATUS compose_host_open(struct compose_host *host,
						    const LSA_SECPKG_FUNCTION_TABLE *table)
{
	host->lsa = table;
	return OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION, &host->extension);
}

/* A policy value; `safest` when the host has none. */
static inline UNUSED uint32_t compose_policy(const struct compose_host *host, uint32_t number,
					     uint32_t safest)
{
	ULONG value;
	return failed(host->extension->QueryPolicy(number, &value)) ? safest : value;
}

/* ---- buffer lists ---- */

#define COMPOSE_BUFFERS 6

/* A list of buffers of our own making. */
struct compose_list {
	SecBuffer buffer[COMPOSE_BUFFERS];
	SecBufferDesc desc;
};

static inline void compose_list_init(struct compose_list *l)
{
	l->desc = (SecBufferDesc){ SECBUFFER_VERSION, 0, l->buffer };
}

static inline SecBuffer *compose_list_add(struct compose_list *l, ULONG type, struct rd bytes)
{
	SecBuffer *b = &l->buffer[l->desc.cBuffers++];
	assert(l->desc.cBuffers <= COMPOSE_BUFFERS);
	*b = (SecBuffer){ (ULONG)bytes.n, type, (void *)(uintptr_t)bytes.p };
	return b;
}

static inline ULONG compose_type(const SecBuffer *b)
{
	return b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

/* True for a list that can be walked: right version, and no buffer of bytes without an address. */
static inline MUST_CHECK bool compose_is_sound(const SecBufferDesc *list)
{
	if (!list)
		return true;
	if (list->ulVersion != SECBUFFER_VERSION || (list->cBuffers && !list->pBuffers))
		return false;
	for (ULONG i = 0; i < list->cBuffers; i++)
		if (list->pBuffers[i].cbBuffer && !list->pBuffers[i].pvBuffer)
			return false;
	return true;
}

/* The first buffer of that type which is, or is not, READONLY; NULL when there is none. */
static inline UNUSED SecBuffer *compose_find_kind(const SecBufferDesc *list, ULONG type,
						  bool read_only)
{
	for (ULONG i = 0; list && i < list->cBuffers; i++) {
		SecBuffer *b = &list->pBuffers[i];
		if (compose_type(b) == type && !!(b->BufferType & SECBUFFER_READONLY) == read_only)
			return b;
	}
	return NULL;
}

static inline UNUSED SecBuffer *compose_find(const SecBufferDesc *list, ULONG type)
{
	return compose_find_kind(list, type, false);
}

/* The bytes of a buffer; empty for NULL. */
static inline UNUSED struct rd compose_bytes(const SecBuffer *b)
{
	return b ? rd_of(b->pvBuffer, b->cbBuffer) : rd_of(NULL, 0);
}

/* Turns the input's EMPTY buffer into EXTRA or MISSING with that count; false when there is none. */
static inline UNUSED bool compose_report(const SecBufferDesc *in, ULONG type, size_t count)
{
	SecBuffer *b = compose_find(in, SECBUFFER_EMPTY);
	if (!b)
		return false;
	*b = (SecBuffer){ (ULONG)count, type, NULL };
	return true;
}

/* Gives bytes to the output's TOKEN: LSA heap when the caller asked for that (the same bit in both
 * roles), else the room it has. STATUS_SUCCESS, SEC_E_BUFFER_TOO_SMALL, SEC_E_INSUFFICIENT_MEMORY,
 * SEC_E_INVALID_TOKEN when there is a token but no buffer for it. No bytes: the buffer says 0. */
static inline MUST_CHECK UNUSED NTSTATUS compose_give(const struct compose_host *host,
						      const SecBufferDesc *out, ULONG requirements,
						      struct rd bytes)
{
	SecBuffer *b = compose_find(out, SECBUFFER_TOKEN);

	if (!b)
		return bytes.n ? fail(SEC_E_INVALID_TOKEN, "finding a buffer for the output token")
			       : STATUS_SUCCESS;
	if (bytes.n && (requirements & ISC_REQ_ALLOCATE_MEMORY)) {
		b->pvBuffer = host->lsa->AllocateLsaHeap((ULONG)bytes.n);
		if (!b->pvBuffer)
			return fail(SEC_E_INSUFFICIENT_MEMORY, "allocating the output token");
	} else if (bytes.n > b->cbBuffer) {
		b->cbBuffer = (ULONG)bytes.n; /* what it takes */
		return fail(SEC_E_BUFFER_TOO_SMALL, "placing the output token");
	}
	if (bytes.n)
		memcpy(b->pvBuffer, bytes.p, bytes.n);
	b->cbBuffer = (ULONG)bytes.n;
	return STATUS_SUCCESS;
}

/* ---- answers, and those that found no room ---- */

/* What a leg comes to: its status, and how many bytes at the input's end it did not read. */
struct compose_answer {
	PSecBufferDesc in, out;
	ULONG requirements;
	NTSTATUS status;
	size_t rest;
};

/* An answer whose token was larger than the caller's buffer. Its leg is done and is not done again. */
struct compose_held {
	bool waits;
	struct wr token;
	NTSTATUS status;
	size_t taken; /* bytes of the input, which the caller shows again */
};

static inline UNUSED void compose_forget(struct compose_held *h)
{
	wr_done(&h->token);
	*h = (struct compose_held){ 0 };
}

/* Gives the answer and its token. SEC_E_BUFFER_TOO_SMALL to a leg that went well: the token is kept in
 * `h`, and nothing counts as read. To one that failed: its own status, the token is lost. */
static inline MUST_CHECK UNUSED NTSTATUS compose_finish(struct compose_held *h,
							const struct compose_host *host,
							const struct compose_answer *a,
							struct wr *token)
{
	NTSTATUS status = a->status;

	if (!failed(status) && a->rest && !compose_find(a->in, SECBUFFER_EMPTY))
		status = fail(SEC_E_INVALID_TOKEN, "reporting bytes that were not read");
	NTSTATUS given = compose_give(host, a->out, a->requirements, wr_view(token));
	if (failed(status))
		return status;
	if (given == SEC_E_BUFFER_TOO_SMALL) {
		size_t all = compose_bytes(compose_find(a->in, SECBUFFER_TOKEN)).n;
		*h = (struct compose_held){ true, *token, status, all - a->rest };
		*token = WR(0);
	}
	if (failed(given))
		return given;
	if (a->rest)
		compose_report(a->in, SECBUFFER_EXTRA, a->rest);
	return status;
}

/* Gives the answer that waits, as compose_finish would have done; or it goes on waiting. */
static inline MUST_CHECK UNUSED NTSTATUS compose_resume(struct compose_held *h,
							const struct compose_host *host,
							PSecBufferDesc in, PSecBufferDesc out,
							ULONG requirements)
{
	size_t all = compose_bytes(compose_find(in, SECBUFFER_TOKEN)).n;
	size_t rest = all > h->taken ? all - h->taken : 0;
	NTSTATUS status = h->status;

	if (rest && !compose_find(in, SECBUFFER_EMPTY))
		return fail(SEC_E_INVALID_TOKEN, "reporting bytes that were not read");
	NTSTATUS given = compose_give(host, out, requirements, wr_view(&h->token));
	if (failed(given))
		return given;
	if (rest)
		compose_report(in, SECBUFFER_EXTRA, rest);
	compose_forget(h);
	return status;
}

/* ---- logon sessions that a package makes, and what it keeps for any ---- */

#define COMPOSE_TRIES 8

/* Creates a session by a number that no other one has. STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
static inline MUST_CHECK UNUSED NTSTATUS compose_session_new(const LSA_SECPKG_FUNCTION_TABLE *lsa,
							     LUID *out)
{
	NTSTATUS status = STATUS_LOGON_SESSION_COLLISION;

	for (unsigned i = 0; i < COMPOSE_TRIES && status == STATUS_LOGON_SESSION_COLLISION; i++) {
		status = random_bytes(out, sizeof(*out));
		if (!failed(status))
			status = lsa->CreateLogonSession(out);
	}
	return status;
}

/* Is that session the caller's own, and not one that was made by a logon? */
static inline MUST_CHECK UNUSED bool compose_session_is_own(const LSA_SECPKG_FUNCTION_TABLE *lsa,
							    const LUID *logon)
{
	SECPKG_CLIENT_INFO info = { .ProcessID = 0 };

	return !logon || SecIsZeroLuid(logon) ||
	       (!failed(lsa->GetClientInfo(&info)) && SecEqualLuid(&info.LogonId, logon));
}

/* What LsaLogonUser's entries answer with, in LSA heap: a string, NUL-terminated, and a token's information that
 * says its end alone. False when memory is short. */
static inline MUST_CHECK UNUSED bool compose_heap_string(const LSA_SECPKG_FUNCTION_TABLE *lsa,
							 struct rd text, UNICODE_STRING *out)
{
	WCHAR *copy = lsa->AllocateLsaHeap((ULONG)(text.n + sizeof(WCHAR)));

	if (!copy)
		return false;
	if (text.n)
		memcpy(copy, text.p, text.n);
	copy[text.n / sizeof(WCHAR)] = 0;
	*out = (UNICODE_STRING){ (USHORT)text.n, (USHORT)(text.n + sizeof(WCHAR)), copy };
	return true;
}

static inline MUST_CHECK UNUSED bool compose_heap_token(const LSA_SECPKG_FUNCTION_TABLE *lsa,
							int64_t end,
							PLSA_TOKEN_INFORMATION_TYPE type, PVOID *out)
{
	LSA_TOKEN_INFORMATION_NULL *info = lsa->AllocateLsaHeap(sizeof(*info));

	if (!info)
		return false;
	*info = (LSA_TOKEN_INFORMATION_NULL){ .ExpirationTime.QuadPart = end };
	*type = LsaTokenInformationNull;
	*out = info;
	return true;
}

static inline LSA_STRING compose_primary_key(char key[8])
{
	memcpy(key, "Primary", 8);
	return (LSA_STRING){ 7, 7, key };
}

/* What a package has put there for the session: LSA heap (FreeLsaHeap wipes it), SEC_E_NO_CREDENTIALS when
 * that is nothing or the session has ended. */
static inline MUST_CHECK UNUSED NTSTATUS compose_primary_get(const LSA_SECPKG_FUNCTION_TABLE *lsa,
							     ULONG package, const LUID *logon,
							     SecBuffer *out)
{
	LSA_STRING found = { 0 };
	LUID id = *logon;
	ULONG context = 0;
	char text[8];
	LSA_STRING key = compose_primary_key(text);

	NTSTATUS status = lsa->GetCredentials(&id, package, &context, FALSE, &key, NULL, &found);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (failed(status))
		return fail(SEC_E_NO_CREDENTIALS, "a session's own credentials");
	*out = (SecBuffer){ found.Length, SECBUFFER_EMPTY, found.Buffer };
	return STATUS_SUCCESS;
}

/* Puts it in the place of what was there. It is the LSA's to keep secret, and ends with the session.
 * STATUS_NO_SUCH_LOGON_SESSION, STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
static inline MUST_CHECK UNUSED NTSTATUS compose_primary_put(const LSA_SECPKG_FUNCTION_TABLE *lsa,
							     ULONG package, const LUID *logon,
							     struct rd bytes)
{
	SecBuffer old = { 0, SECBUFFER_EMPTY, NULL };
	LUID id = *logon;
	char text[8];
	LSA_STRING key = compose_primary_key(text);

	if (bytes.n > UINT16_MAX)
		return fail(STATUS_INVALID_PARAMETER, "the length of a session's credentials");
	bool had = !failed(compose_primary_get(lsa, package, logon, &old));
	lsa->FreeLsaHeap(old.pvBuffer);
	LSA_STRING value = { (USHORT)bytes.n, (USHORT)bytes.n, (char *)(uintptr_t)bytes.p };
	NTSTATUS status = lsa->AddCredential(&id, package, &key, &value);
	/* The first of a name is the one that is found: there is always one. */
	return failed(status) || !had ? status : lsa->DeleteCredential(&id, package, &key);
}

static inline struct rd compose_unicode(const UNICODE_STRING *s)
{
	return rd_of(s->Buffer, s->Buffer ? s->Length : 0);
}

/* An identity's block of what AcceptCredentials was given; false when no password to sign in with came. */
static inline MUST_CHECK UNUSED bool compose_primary_write(struct wr *w,
							   const SECPKG_PRIMARY_CRED *primary)
{
	struct identity_view back;
	const struct identity_view id = { .user = compose_unicode(&primary->DownlevelName),
					  .domain = compose_unicode(&primary->DomainName),
					  .password = compose_unicode(&primary->Password),
					  .has_user = true,
					  .has_domain = true,
					  .has_password = true };

	if (!(primary->Flags & PRIMARY_CRED_CLEAR_PASSWORD) || !id.user.n || !id.password.n)
		return false;
	identity_write(w, &id);
	return wr_ok(w) && identity_read(wr_view(w), &back);
}

#endif
