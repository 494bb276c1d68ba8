/* ipc/cred_calls.c - the rows of the Credential Manager.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/parts.h"
#include "ipc/rows.h"

/* ---- requests ---- */

static void put_write(struct wr *w, const void *v)
{
	const struct cred_write_call *call = v;
	wr_u32le(w, call->flags);
	put_aligned(w, call->credential);
	put_aligned(w, call->target);
}

static bool take_write(struct rd r, void *out)
{
	struct cred_write_call *call = out;
	return rd_u32le(&r, &call->flags) && take_aligned(&r, &call->credential) &&
	       take_aligned(&r, &call->target) && rd_empty(r);
}

static void put_name(struct wr *w, const void *v)
{
	const struct cred_name_call *call = v;
	put_text(w, call->target);
	wr_u32le(w, call->type);
	wr_u32le(w, call->flags);
}

static bool take_name(struct rd r, void *out)
{
	struct cred_name_call *call = out;
	return take_text(&r, &call->target) && rd_u32le(&r, &call->type) &&
	       rd_u32le(&r, &call->flags) && rd_empty(r);
}

static void put_rename(struct wr *w, const void *v)
{
	const struct cred_rename_call *call = v;
	put_text(w, call->from);
	put_text(w, call->to);
	wr_u32le(w, call->type);
	wr_u32le(w, call->flags);
}

static bool take_rename(struct rd r, void *out)
{
	struct cred_rename_call *call = out;
	return take_text(&r, &call->from) && take_text(&r, &call->to) &&
	       rd_u32le(&r, &call->type) && rd_u32le(&r, &call->flags) && rd_empty(r);
}

static void put_match(struct wr *w, const void *v)
{
	const struct cred_match_call *call = v;
	wr_u32le(w, call->flags);
	put_aligned(w, call->target);
}

static bool take_match(struct rd r, void *out)
{
	struct cred_match_call *call = out;
	return rd_u32le(&r, &call->flags) && take_aligned(&r, &call->target) && rd_empty(r);
}

static void put_protect(struct wr *w, const void *v)
{
	const struct cred_protect_call *call = v;
	wr_u32le(w, call->flags);
	put_view(w, call->bytes);
}

static bool take_protect(struct rd r, void *out)
{
	struct cred_protect_call *call = out;
	return rd_u32le(&r, &call->flags) && take_view(&r, &call->bytes) && rd_empty(r);
}

/* ---- replies ---- */

static void put_list(struct wr *w, const void *v)
{
	const struct cred_list_reply *reply = v;
	wr_u32le(w, reply->count);
	put_owned(w, &reply->credentials);
}

static bool take_list(struct rd r, void *out)
{
	struct cred_list_reply *reply = out;
	return rd_u32le(&r, &reply->count) && take_owned(&r, 4, &reply->credentials) && rd_empty(r);
}

static void list_done(void *v)
{
	struct cred_list_reply *reply = v;
	owned_done(&reply->credentials);
}

static void put_session(struct wr *w, const void *v)
{
	const struct cred_session_reply *reply = v;
	for (size_t i = 0; i < ARRAY_LEN(reply->persist); i++)
		wr_u32le(w, reply->persist[i]);
}

static bool take_session(struct rd r, void *out)
{
	struct cred_session_reply *reply = out;
	for (size_t i = 0; i < ARRAY_LEN(reply->persist); i++)
		if (!rd_u32le(&r, &reply->persist[i]))
			return false;
	return rd_empty(r);
}

/* ---- the rows ---- */

#define NAME_REQUEST REQUEST(struct cred_name_call, put_name, take_name)
#define PROTECT_REQUEST REQUEST(struct cred_protect_call, put_protect, take_protect)
#define LIST_REPLY REPLY(struct cred_list_reply, put_list, take_list, list_done)
#define AT(call) [(call)-CALL_CRED_WRITE]

const struct call_row credential_rows[CALL_VAULT_STATUS - CALL_CRED_WRITE] = {
	AT(CALL_CRED_WRITE) = { "write credential",
				REQUEST(struct cred_write_call, put_write, take_write), NO_REPLY },
	AT(CALL_CRED_READ) = { "read credential", NAME_REQUEST, LIST_REPLY },
	AT(CALL_CRED_ENUMERATE) = { "enumerate credentials", NAME_REQUEST, LIST_REPLY },
	AT(CALL_CRED_DELETE) = { "delete credential", NAME_REQUEST, NO_REPLY },
	AT(CALL_CRED_RENAME) = { "rename credential",
				 REQUEST(struct cred_rename_call, put_rename, take_rename),
				 NO_REPLY },
	AT(CALL_CRED_MATCH) = { "read domain credentials",
				REQUEST(struct cred_match_call, put_match, take_match),
				LIST_REPLY },
	AT(CALL_CRED_TARGET) = { "get target information", NAME_REQUEST,
				 BYTES_REPLY(struct cred_target_reply) },
	AT(CALL_CRED_BEST) = { "find best credential", NAME_REQUEST, LIST_REPLY },
	AT(CALL_CRED_SESSION) = { "get session types", NO_REQUEST,
				  REPLY(struct cred_session_reply, put_session, take_session,
					row_nothing_done) },
	AT(CALL_CRED_SET_DEFAULT) = { "set default credential", NAME_REQUEST, NO_REPLY },
	AT(CALL_CRED_GET_DEFAULT) = { "get default credential", NO_REQUEST, LIST_REPLY },
	AT(CALL_CRED_PROTECT) = { "protect", PROTECT_REQUEST,
				  BYTES_REPLY(struct cred_protect_reply) },
	AT(CALL_CRED_UNPROTECT) = { "unprotect", PROTECT_REQUEST,
				    BYTES_REPLY(struct cred_protect_reply) },
};
