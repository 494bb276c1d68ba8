/* ipc/package_calls.c - the rows of messages to packages and of RtlEncryptMemory.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/parts.h"
#include "ipc/rows.h"

static void put_encrypt(struct wr *w, const void *v)
{
	const struct encrypt_memory_call *call = v;
	wr_u32le(w, call->option);
	put_bool(w, call->back);
	put_view(w, call->bytes);
}

static bool take_encrypt(struct rd r, void *out)
{
	struct encrypt_memory_call *call = out;
	return rd_u32le(&r, &call->option) && take_bool(&r, &call->back) &&
	       take_view(&r, &call->bytes) && rd_empty(r);
}

static void put_connect(struct wr *w, const void *v)
{
	const struct connect_call *call = v;
	put_bool(w, call->trusted);
	put_view(w, call->name);
}

static bool take_connect(struct rd r, void *out)
{
	struct connect_call *call = out;
	return take_bool(&r, &call->trusted) && take_view(&r, &call->name) && rd_empty(r);
}

static void put_message(struct wr *w, const void *v)
{
	const struct call_package_call *call = v;
	wr_u32le(w, call->package);
	put_bool(w, call->trusted);
	wr_u64le(w, call->client_address);
	put_view(w, call->message);
}

static bool take_message(struct rd r, void *out)
{
	struct call_package_call *call = out;
	return rd_u32le(&r, &call->package) && take_bool(&r, &call->trusted) &&
	       rd_u64le(&r, &call->client_address) && take_view(&r, &call->message) && rd_empty(r);
}

static void put_answer(struct wr *w, const void *v)
{
	const struct call_package_reply *reply = v;
	wr_u32le(w, (uint32_t)reply->protocol_status);
	wr_u64le(w, reply->address);
	wr_u32le(w, reply->size);
}

static bool take_answer(struct rd r, void *out)
{
	struct call_package_reply *reply = out;
	uint32_t status;
	if (!rd_u32le(&r, &status))
		return false;
	reply->protocol_status = (NTSTATUS)status;
	return rd_u64le(&r, &reply->address) && rd_u32le(&r, &reply->size) && rd_empty(r);
}

static void put_logon(struct wr *w, const void *v)
{
	const struct logon_user_call *call = v;
	wr_u32le(w, call->package);
	wr_u32le(w, call->type);
	put_bool(w, call->trusted);
	wr_u64le(w, call->client_address);
	put_view(w, call->message);
}

static bool take_logon(struct rd r, void *out)
{
	struct logon_user_call *call = out;
	return rd_u32le(&r, &call->package) && rd_u32le(&r, &call->type) &&
	       take_bool(&r, &call->trusted) && rd_u64le(&r, &call->client_address) &&
	       take_view(&r, &call->message) && rd_empty(r);
}

static void put_logged_on(struct wr *w, const void *v)
{
	const struct logon_user_reply *reply = v;
	wr_u32le(w, (uint32_t)reply->sub_status);
	put_luid(w, reply->logon);
	wr_u64le(w, reply->profile);
	wr_u32le(w, reply->profile_size);
	wr_u32le(w, reply->account_kind);
}

static bool take_logged_on(struct rd r, void *out)
{
	struct logon_user_reply *reply = out;
	uint32_t status;
	if (!rd_u32le(&r, &status) || !take_luid(&r, &reply->logon))
		return false;
	reply->sub_status = (NTSTATUS)status;
	return rd_u64le(&r, &reply->profile) && rd_u32le(&r, &reply->profile_size) &&
	       rd_u32le(&r, &reply->account_kind) && rd_empty(r);
}

static void put_session(struct wr *w, const void *v)
{
	put_luid(w, ((const struct session_end_call *)v)->logon);
}

static bool take_session(struct rd r, void *out)
{
	return take_luid(&r, &((struct session_end_call *)out)->logon) && rd_empty(r);
}

#define AT(call) [(call)-CALL_ENCRYPT_MEMORY]

const struct call_row package_rows[CALL_COUNT - CALL_ENCRYPT_MEMORY] = {
	AT(CALL_ENCRYPT_MEMORY) = { "encrypt memory",
				    REQUEST(struct encrypt_memory_call, put_encrypt, take_encrypt),
				    BYTES_REPLY(struct encrypt_memory_reply) },
	AT(CALL_CONNECT) = { "connect", REQUEST(struct connect_call, put_connect, take_connect),
			     NO_REPLY },
	AT(CALL_CALL_PACKAGE) = { "call package",
				  REQUEST(struct call_package_call, put_message, take_message),
				  REPLY(struct call_package_reply, put_answer, take_answer,
					row_nothing_done) },
	AT(CALL_LOGON_USER) = { "logon user",
				REQUEST(struct logon_user_call, put_logon, take_logon),
				REPLY(struct logon_user_reply, put_logged_on, take_logged_on,
				      row_nothing_done) },
	AT(CALL_SESSION_LIST) = { "list sessions", NO_REQUEST,
				  BYTES_REPLY(struct session_list_reply) },
	AT(CALL_SESSION_END) = { "end session",
				 REQUEST(struct session_end_call, put_session, take_session),
				 NO_REPLY },
};
