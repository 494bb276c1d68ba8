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
};
