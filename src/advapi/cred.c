/* advapi/cred.c - CredWrite, CredRead and their kin: what an application asks of its credential set.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every function has one body; its A form widens first and says `ansi` for what comes back. The rules are
 * the Credential Manager's, behind the channel; here only what cannot be sent is refused. */
#include "base/base.h"

#include <opensspi.h>

#include "advapi/credential.h"
#include "advapi/reach.h"
#include "base/block.h"

/* ---- what is sent ---- */

/* The size that credential_write would make, without making it: what exceeds every limit together is what
 * Windows' RPC refuses. */
static bool is_sendable(const struct credential_view *c)
{
	size_t units = c->target.n + c->comment.n + c->alias.n + c->user.n, bytes = c->blob.n;

	for (uint32_t i = 0; i < c->attribute_count; i++) {
		units += c->attribute[i].keyword.n;
		bytes += c->attribute[i].value.n;
	}
	return units < CREDENTIAL_BYTES_MAX / 4 && bytes < CREDENTIAL_BYTES_MAX / 4;
}

static uint32_t send_credential(const struct credential_view *c, const struct target_view *t,
				DWORD flags)
{
	CLEANUP(wr_done) struct wr credential = WR(CREDENTIAL_BYTES_MAX);
	CLEANUP(wr_done) struct wr target = WR(TARGET_BYTES_MAX);
	struct empty_reply reply = { 0 };

	if (!is_sendable(c))
		return RPC_X_BAD_STUB_DATA;
	credential_write(&credential, c);
	if (t)
		target_write(&target, t);
	if (!wr_ok(&credential) || !wr_ok(&target))
		return ERROR_NOT_ENOUGH_MEMORY;
	const struct cred_write_call call = {
		.credential = { credential.buf, (uint32_t)credential.len },
		.target = { target.buf, (uint32_t)target.len },
		.flags = flags,
	};
	return reach_lsa(CALL_CRED_WRITE, &call, &reply);
}

/* ---- what comes back ---- */

/* A call that answers with credentials, and the form in which they are wanted. */
struct want {
	enum call which;
	bool ansi, many; /* many: an array of pointers, and its count */
};

static uint32_t ask(struct want want, const void *call, DWORD *count, void *out)
{
	struct cred_list_reply reply = { 0 };
	void *block = NULL;

	uint32_t error = reach_lsa(want.which, call, &reply);
	struct rd list = rd_of(reply.credentials.p, reply.credentials.n);
	if (error == ERROR_SUCCESS && want.many)
		error = credential_list_to_block(list, reply.count, want.ansi, &block);
	else if (error == ERROR_SUCCESS)
		error = credential_first_to_block(list, want.ansi, &block);
	if (error == ERROR_SUCCESS) {
		memcpy(out, &block, sizeof(block));
		if (count)
			*count = reply.count;
	} else {
		block_free(block);
	}
	call_reply_done(want.which, &reply);
	return error;
}

/* The names of an A call, widened; both may be NULL. */
struct names {
	WCHAR *one, *two;
};

static void names_done(struct names *n)
{
	mem_free(n->one);
	mem_free(n->two);
}

static uint32_t widen_names(struct names *n, const char *one, const char *two)
{
	uint32_t error = widened(one, &n->one);
	return error == ERROR_SUCCESS ? widened(two, &n->two) : error;
}

/* ---- CredWrite, CredWriteDomainCredentials ---- */

static uint32_t write_any(const void *credential, const void *target, bool has_target, bool ansi,
			  DWORD flags)
{
	CLEANUP(credential_texts_done) struct credential_texts texts = { .count = 0 };
	CLEANUP(credential_texts_done) struct credential_texts names = { .count = 0 };
	struct credential_view c;
	struct target_view t;

	uint32_t error = ansi ? credential_from_a(credential, &texts, &c)
			      : credential_from_w(credential, &c);
	if (error == ERROR_SUCCESS && has_target)
		error = target_from(target, ansi, &names, &t);
	return error == ERROR_SUCCESS ? send_credential(&c, has_target ? &t : NULL, flags) : error;
}

BOOL WINAPI CredWriteW(PCREDENTIALW credential, DWORD flags)
{
	return done(write_any(credential, NULL, false, false, flags));
}

BOOL WINAPI CredWriteA(PCREDENTIALA credential, DWORD flags)
{
	return done(write_any(credential, NULL, false, true, flags));
}

BOOL WINAPI CredWriteDomainCredentialsW(PCREDENTIAL_TARGET_INFORMATIONW target,
					PCREDENTIALW credential, DWORD flags)
{
	return done(write_any(credential, target, true, false, flags));
}

BOOL WINAPI CredWriteDomainCredentialsA(PCREDENTIAL_TARGET_INFORMATIONA target,
					PCREDENTIALA credential, DWORD flags)
{
	return done(write_any(credential, target, true, true, flags));
}

/* ---- by name: CredRead, CredFindBestCredential, CredDelete ---- */

static uint32_t name_call(const WCHAR *target, DWORD type, DWORD flags, struct cred_name_call *out)
{
	*out = (struct cred_name_call){ .type = type, .flags = flags };
	return target ? request_text(target, &out->target) : ERROR_INVALID_PARAMETER;
}

static uint32_t read_one(struct want want, const WCHAR *target, DWORD type, DWORD flags, void *out)
{
	struct cred_name_call call;

	if (!out)
		return ERROR_INVALID_PARAMETER;
	memset(out, 0, sizeof(void *));
	uint32_t error = name_call(target, type, flags, &call);
	return error == ERROR_SUCCESS ? ask(want, &call, NULL, out) : error;
}

static uint32_t read_one_a(enum call which, const char *target, DWORD type, DWORD flags, void *out)
{
	CLEANUP(names_done) struct names n = { NULL, NULL };
	uint32_t error = widen_names(&n, target, NULL);

	return error == ERROR_SUCCESS
		       ? read_one((struct want){ which, true, false }, n.one, type, flags, out)
		       : error;
}

BOOL WINAPI CredReadW(LPCWSTR target, DWORD type, DWORD flags, PCREDENTIALW *credential)
{
	return done(read_one((struct want){ CALL_CRED_READ, false, false }, target, type, flags,
			     credential));
}

BOOL WINAPI CredReadA(LPCSTR target, DWORD type, DWORD flags, PCREDENTIALA *credential)
{
	return done(read_one_a(CALL_CRED_READ, target, type, flags, credential));
}

BOOL WINAPI CredFindBestCredentialW(LPCWSTR target, DWORD type, DWORD flags,
				    PCREDENTIALW *credential)
{
	return done(read_one((struct want){ CALL_CRED_BEST, false, false }, target, type, flags,
			     credential));
}

BOOL WINAPI CredFindBestCredentialA(LPCSTR target, DWORD type, DWORD flags,
				    PCREDENTIALA *credential)
{
	return done(read_one_a(CALL_CRED_BEST, target, type, flags, credential));
}

static uint32_t delete_one(const WCHAR *target, DWORD type, DWORD flags)
{
	struct empty_reply reply = { 0 };
	struct cred_name_call call;

	uint32_t error = name_call(target, type, flags, &call);
	return error == ERROR_SUCCESS ? reach_lsa(CALL_CRED_DELETE, &call, &reply) : error;
}

BOOL WINAPI CredDeleteW(LPCWSTR target, DWORD type, DWORD flags)
{
	return done(delete_one(target, type, flags));
}

BOOL WINAPI CredDeleteA(LPCSTR target, DWORD type, DWORD flags)
{
	CLEANUP(names_done) struct names n = { NULL, NULL };
	uint32_t error = widen_names(&n, target, NULL);

	return done(error == ERROR_SUCCESS ? delete_one(n.one, type, flags) : error);
}

/* ---- CredRename ---- */

static uint32_t rename_one(const WCHAR *from, const WCHAR *to, DWORD type, DWORD flags)
{
	struct cred_rename_call call = { .type = type, .flags = flags };
	struct empty_reply reply = { 0 };

	if (!from || !to)
		return ERROR_INVALID_PARAMETER;
	uint32_t error = request_text(from, &call.from);
	if (error == ERROR_SUCCESS)
		error = request_text(to, &call.to);
	return error == ERROR_SUCCESS ? reach_lsa(CALL_CRED_RENAME, &call, &reply) : error;
}

BOOL WINAPI CredRenameW(LPCWSTR from, LPCWSTR to, DWORD type, DWORD flags)
{
	return done(rename_one(from, to, type, flags));
}

BOOL WINAPI CredRenameA(LPCSTR from, LPCSTR to, DWORD type, DWORD flags)
{
	CLEANUP(names_done) struct names n = { NULL, NULL };
	uint32_t error = widen_names(&n, from, to);

	return done(error == ERROR_SUCCESS ? rename_one(n.one, n.two, type, flags) : error);
}

/* ---- many: CredEnumerate, CredReadDomainCredentials ---- */

static uint32_t enumerate(const WCHAR *filter, DWORD flags, bool ansi, DWORD *count, void *out)
{
	struct cred_name_call call = { .flags = flags };

	if (!count || !out)
		return ERROR_INVALID_PARAMETER;
	uint32_t error = filter ? request_text(filter, &call.target) : ERROR_SUCCESS;
	return error == ERROR_SUCCESS
		       ? ask((struct want){ CALL_CRED_ENUMERATE, ansi, true }, &call, count, out)
		       : error;
}

BOOL WINAPI CredEnumerateW(LPCWSTR filter, DWORD flags, DWORD *count, PCREDENTIALW **credentials)
{
	return done(enumerate(filter, flags, false, count, credentials));
}

BOOL WINAPI CredEnumerateA(LPCSTR filter, DWORD flags, DWORD *count, PCREDENTIALA **credentials)
{
	CLEANUP(names_done) struct names n = { NULL, NULL };
	uint32_t error = widen_names(&n, filter, NULL);

	return done(error == ERROR_SUCCESS ? enumerate(n.one, flags, true, count, credentials)
					   : error);
}

static uint32_t read_domain(const void *target, DWORD flags, bool ansi, DWORD *count, void *out)
{
	CLEANUP(credential_texts_done) struct credential_texts names = { .count = 0 };
	CLEANUP(wr_done) struct wr w = WR(TARGET_BYTES_MAX);
	struct target_view t;

	if (!count || !out)
		return ERROR_INVALID_PARAMETER;
	*count = 0;
	memset(out, 0, sizeof(void *));
	uint32_t error = target_from(target, ansi, &names, &t);
	if (error != ERROR_SUCCESS)
		return error;
	target_write(&w, &t);
	if (!wr_ok(&w))
		return ERROR_NOT_ENOUGH_MEMORY;
	const struct cred_match_call call = { { w.buf, (uint32_t)w.len }, flags };
	return ask((struct want){ CALL_CRED_MATCH, ansi, true }, &call, count, out);
}

BOOL WINAPI CredReadDomainCredentialsW(PCREDENTIAL_TARGET_INFORMATIONW target, DWORD flags,
				       DWORD *count, PCREDENTIALW **credentials)
{
	return done(read_domain(target, flags, false, count, credentials));
}

BOOL WINAPI CredReadDomainCredentialsA(PCREDENTIAL_TARGET_INFORMATIONA target, DWORD flags,
				       DWORD *count, PCREDENTIALA **credentials)
{
	return done(read_domain(target, flags, true, count, credentials));
}

/* ---- CredGetTargetInfo ---- */

static uint32_t target_info(const WCHAR *target, DWORD flags, bool ansi, void *out)
{
	struct cred_target_reply reply = { 0 };
	struct cred_name_call call;
	struct target_view t;
	void *block = NULL;

	if (!out)
		return ERROR_INVALID_PARAMETER;
	uint32_t error = name_call(target, 0, flags, &call);
	if (error != ERROR_SUCCESS)
		return error;
	error = reach_lsa(CALL_CRED_TARGET, &call, &reply);
	if (error == ERROR_SUCCESS && !target_read(rd_of(reply.target.p, reply.target.n), &t))
		error = ERROR_INTERNAL_ERROR;
	if (error == ERROR_SUCCESS) {
		block = target_to_block(&t, ansi);
		error = block ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
	}
	if (error == ERROR_SUCCESS)
		memcpy(out, &block, sizeof(block));
	call_reply_done(CALL_CRED_TARGET, &reply);
	return error;
}

BOOL WINAPI CredGetTargetInfoW(LPCWSTR target, DWORD flags,
			       PCREDENTIAL_TARGET_INFORMATIONW *information)
{
	return done(target_info(target, flags, false, information));
}

BOOL WINAPI CredGetTargetInfoA(LPCSTR target, DWORD flags,
			       PCREDENTIAL_TARGET_INFORMATIONA *information)
{
	CLEANUP(names_done) struct names n = { NULL, NULL };
	uint32_t error = widen_names(&n, target, NULL);

	return done(error == ERROR_SUCCESS ? target_info(n.one, flags, true, information) : error);
}

/* ---- CredGetSessionTypes ---- */

BOOL WINAPI CredGetSessionTypes(DWORD count, LPDWORD maximum)
{
	struct cred_session_reply reply = { { 0 } };
	struct packages_call call = { 0 };

	if (count && !maximum)
		return done(ERROR_INVALID_PARAMETER);
	uint32_t error = reach_lsa(CALL_CRED_SESSION, &call, &reply);
	for (DWORD i = 0; i < count && error == ERROR_SUCCESS; i++)
		maximum[i] = i < ARRAY_LEN(reply.persist) ? reply.persist[i] : CRED_PERSIST_NONE;
	return done(error);
}

/* ---- the default credential ---- */

DWORD WINAPI OpensspiDefaultCredentialSet(const char *target, ULONG type)
{
	CLEANUP(names_done) struct names n = { NULL, NULL };
	struct cred_name_call call = { .type = type };
	struct empty_reply reply = { 0 };

	uint32_t error = widen_names(&n, target, NULL);
	if (error == ERROR_SUCCESS && target)
		error = request_text(n.one, &call.target);
	return error == ERROR_SUCCESS ? reach_lsa(CALL_CRED_SET_DEFAULT, &call, &reply) : error;
}

DWORD WINAPI OpensspiDefaultCredentialGet(PCREDENTIALA *credential)
{
	struct packages_call call = { 0 };

	if (!credential)
		return ERROR_INVALID_PARAMETER;
	*credential = NULL;
	return ask((struct want){ CALL_CRED_GET_DEFAULT, true, false }, &call, NULL, credential);
}
