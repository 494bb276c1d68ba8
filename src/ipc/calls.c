/* ipc/calls.c - the table of calls: the rows of packages, credentials, contexts and sessions.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Readers build into a zeroed struct, so that a reply half read releases as a whole one does. */
#include "base/base.h"

#include "ipc/calls.h"
#include "ipc/parts.h"
#include "ipc/rows.h"

#define PACKAGES_MAX 256

/* ---- packages ---- */

static void put_packages_reply(struct wr *w, const void *v)
{
	const struct packages_reply *reply = v;
	wr_u32le(w, reply->count);
	for (uint32_t i = 0; i < reply->count; i++) {
		const struct package_record *p = &reply->package[i];
		wr_u32le(w, p->id);
		wr_u32le(w, p->module);
		wr_u32le(w, p->table);
		wr_u32le(w, p->capabilities);
		wr_u16le(w, p->version);
		wr_u16le(w, p->rpc_id);
		wr_u32le(w, p->max_token);
		wr_u32le(w, p->auth_format);
		wr_u32le(w, p->home);
		put_owned(w, &p->name);
		put_owned(w, &p->comment);
	}
}

static bool take_package(struct rd *r, struct package_record *p)
{
	return rd_u32le(r, &p->id) && rd_u32le(r, &p->module) && rd_u32le(r, &p->table) &&
	       rd_u32le(r, &p->capabilities) && rd_u16le(r, &p->version) &&
	       rd_u16le(r, &p->rpc_id) && rd_u32le(r, &p->max_token) &&
	       rd_u32le(r, &p->auth_format) && rd_u32le(r, &p->home) &&
	       take_owned(r, sizeof(WCHAR), &p->name) && take_owned(r, sizeof(WCHAR), &p->comment);
}

static bool take_packages_reply(struct rd r, void *out)
{
	struct packages_reply *reply = out;
	uint32_t count;
	if (!rd_u32le(&r, &count) || count > PACKAGES_MAX)
		return false;
	reply->package = count ? mem_array(count, sizeof(*reply->package)) : NULL;
	if (count && !reply->package)
		return false;
	reply->count = count;
	for (uint32_t i = 0; i < count; i++)
		if (!take_package(&r, &reply->package[i]))
			return false;
	return rd_empty(r);
}

static void packages_reply_done(void *v)
{
	struct packages_reply *reply = v;
	for (uint32_t i = 0; i < reply->count; i++) {
		owned_done(&reply->package[i].name);
		owned_done(&reply->package[i].comment);
	}
	mem_free(reply->package);
}

/* ---- credentials ---- */

static void put_acquire(struct wr *w, const void *v)
{
	const struct acquire_call *call = v;
	put_text(w, call->principal);
	put_text(w, call->package);
	wr_u32le(w, call->use);
	put_bool(w, call->has_logon);
	put_luid(w, call->logon);
	put_view(w, call->auth);
	wr_u64le(w, call->client_address);
}

static bool take_acquire(struct rd r, void *out)
{
	struct acquire_call *call = out;
	return take_text(&r, &call->principal) && take_text(&r, &call->package) &&
	       rd_u32le(&r, &call->use) && take_bool(&r, &call->has_logon) &&
	       take_luid(&r, &call->logon) && take_view(&r, &call->auth) &&
	       rd_u64le(&r, &call->client_address) && rd_empty(r);
}

static void put_acquire_reply(struct wr *w, const void *v)
{
	const struct acquire_reply *reply = v;
	wr_u64le(w, reply->credential);
	wr_u32le(w, reply->package);
	put_i64(w, reply->expiry);
}

static bool take_acquire_reply(struct rd r, void *out)
{
	struct acquire_reply *reply = out;
	return rd_u64le(&r, &reply->credential) && rd_u32le(&r, &reply->package) &&
	       take_i64(&r, &reply->expiry) && rd_empty(r);
}

static void put_credential(struct wr *w, const void *v)
{
	const struct credential_call *call = v;
	wr_u64le(w, call->credential);
}

static bool take_credential(struct rd r, void *out)
{
	struct credential_call *call = out;
	return rd_u64le(&r, &call->credential) && rd_empty(r);
}

static void put_query_credentials(struct wr *w, const void *v)
{
	const struct query_credentials_call *call = v;
	wr_u64le(w, call->credential);
	wr_u32le(w, call->attribute);
}

static bool take_query_credentials(struct rd r, void *out)
{
	struct query_credentials_call *call = out;
	return rd_u64le(&r, &call->credential) && rd_u32le(&r, &call->attribute) && rd_empty(r);
}

static void put_set_attribute(struct wr *w, const void *v)
{
	const struct set_attribute_call *call = v;
	wr_u64le(w, call->object);
	wr_u32le(w, call->attribute);
	put_view(w, call->value);
}

static bool take_set_attribute(struct rd r, void *out)
{
	struct set_attribute_call *call = out;
	return rd_u64le(&r, &call->object) && rd_u32le(&r, &call->attribute) &&
	       take_view(&r, &call->value) && rd_empty(r);
}

static void put_add_credentials(struct wr *w, const void *v)
{
	const struct add_credentials_call *call = v;
	put_text(w, call->principal);
	put_text(w, call->package);
	wr_u64le(w, call->credential);
	wr_u32le(w, call->use);
	put_view(w, call->auth);
	wr_u64le(w, call->client_address);
}

static bool take_add_credentials(struct rd r, void *out)
{
	struct add_credentials_call *call = out;
	return take_text(&r, &call->principal) && take_text(&r, &call->package) &&
	       rd_u64le(&r, &call->credential) && rd_u32le(&r, &call->use) &&
	       take_view(&r, &call->auth) && rd_u64le(&r, &call->client_address) && rd_empty(r);
}

static void put_add_credentials_reply(struct wr *w, const void *v)
{
	const struct add_credentials_reply *reply = v;
	put_i64(w, reply->expiry);
}

static bool take_add_credentials_reply(struct rd r, void *out)
{
	struct add_credentials_reply *reply = out;
	return take_i64(&r, &reply->expiry) && rd_empty(r);
}

/* ---- contexts ---- */

static void put_context(struct wr *w, const void *v)
{
	const struct context_call *call = v;
	put_text(w, call->target);
	wr_u64le(w, call->credential);
	wr_u64le(w, call->context);
	wr_u32le(w, call->requirements);
	wr_u32le(w, call->data_representation);
	put_bool(w, call->has_in);
	put_bool(w, call->has_out);
	put_inputs(w, call->in, call->in_count);
	put_rooms(w, call->out, call->out_count);
}

static bool take_context(struct rd r, void *out)
{
	struct context_call *call = out;
	return take_text(&r, &call->target) && rd_u64le(&r, &call->credential) &&
	       rd_u64le(&r, &call->context) && rd_u32le(&r, &call->requirements) &&
	       rd_u32le(&r, &call->data_representation) && take_bool(&r, &call->has_in) &&
	       take_bool(&r, &call->has_out) && take_inputs(&r, call->in, &call->in_count) &&
	       take_rooms(&r, call->out, &call->out_count) && rd_empty(r);
}

static void put_context_reply(struct wr *w, const void *v)
{
	const struct context_reply *reply = v;
	wr_u64le(w, reply->context);
	wr_u32le(w, reply->package);
	wr_u32le(w, reply->attributes);
	put_i64(w, reply->expiry);
	put_answers(w, reply->in, reply->in_count);
	put_answers(w, reply->out, reply->out_count);
	put_bool(w, reply->mapped);
	wr_u64le(w, reply->user_key);
	put_owned(w, &reply->user_data);
}

static bool take_context_reply(struct rd r, void *out)
{
	struct context_reply *reply = out;
	return rd_u64le(&r, &reply->context) && rd_u32le(&r, &reply->package) &&
	       rd_u32le(&r, &reply->attributes) && take_i64(&r, &reply->expiry) &&
	       take_answers(&r, reply->in, &reply->in_count) &&
	       take_answers(&r, reply->out, &reply->out_count) && take_bool(&r, &reply->mapped) &&
	       rd_u64le(&r, &reply->user_key) && take_owned(&r, 1, &reply->user_data) &&
	       rd_empty(r);
}

static void context_reply_done(void *v)
{
	struct context_reply *reply = v;
	answers_done(reply->in, IPC_BUFFERS_MAX);
	answers_done(reply->out, IPC_BUFFERS_MAX);
	owned_done(&reply->user_data);
}

static void put_delete_context(struct wr *w, const void *v)
{
	const struct delete_context_call *call = v;
	wr_u64le(w, call->context);
}

static bool take_delete_context(struct rd r, void *out)
{
	struct delete_context_call *call = out;
	return rd_u64le(&r, &call->context) && rd_empty(r);
}

static void put_control_context(struct wr *w, const void *v)
{
	const struct control_context_call *call = v;
	wr_u64le(w, call->context);
	put_inputs(w, call->in, call->in_count);
}

static bool take_control_context(struct rd r, void *out)
{
	struct control_context_call *call = out;
	return rd_u64le(&r, &call->context) && take_inputs(&r, call->in, &call->in_count) &&
	       rd_empty(r);
}

static void put_query_context(struct wr *w, const void *v)
{
	const struct query_context_call *call = v;
	wr_u64le(w, call->context);
	wr_u32le(w, call->attribute);
}

static bool take_query_context(struct rd r, void *out)
{
	struct query_context_call *call = out;
	return rd_u64le(&r, &call->context) && rd_u32le(&r, &call->attribute) && rd_empty(r);
}

/* ---- the logon session ---- */

static void put_session_data(struct wr *w, const void *v)
{
	const struct session_data_call *call = v;
	put_bool(w, call->has_logon);
	put_luid(w, call->logon);
}

static bool take_session_data(struct rd r, void *out)
{
	struct session_data_call *call = out;
	return take_bool(&r, &call->has_logon) && take_luid(&r, &call->logon) && rd_empty(r);
}

static void put_session_data_reply(struct wr *w, const void *v)
{
	const struct session_data_reply *reply = v;
	put_luid(w, reply->logon);
	wr_u32le(w, reply->logon_type);
	wr_u32le(w, reply->terminal_session);
	put_i64(w, reply->logon_time);
	put_owned(w, &reply->user);
	put_owned(w, &reply->domain);
	put_owned(w, &reply->package);
	put_owned(w, &reply->server);
	put_owned(w, &reply->dns_domain);
	put_owned(w, &reply->upn);
	put_owned(w, &reply->sid);
}

static bool take_session_data_reply(struct rd r, void *out)
{
	struct session_data_reply *reply = out;
	return take_luid(&r, &reply->logon) && rd_u32le(&r, &reply->logon_type) &&
	       rd_u32le(&r, &reply->terminal_session) && take_i64(&r, &reply->logon_time) &&
	       take_owned(&r, sizeof(WCHAR), &reply->user) &&
	       take_owned(&r, sizeof(WCHAR), &reply->domain) &&
	       take_owned(&r, sizeof(WCHAR), &reply->package) &&
	       take_owned(&r, sizeof(WCHAR), &reply->server) &&
	       take_owned(&r, sizeof(WCHAR), &reply->dns_domain) &&
	       take_owned(&r, sizeof(WCHAR), &reply->upn) && take_owned(&r, 1, &reply->sid) &&
	       rd_empty(r);
}

static void session_data_reply_done(void *v)
{
	struct session_data_reply *reply = v;
	owned_done(&reply->user);
	owned_done(&reply->domain);
	owned_done(&reply->package);
	owned_done(&reply->server);
	owned_done(&reply->dns_domain);
	owned_done(&reply->upn);
	owned_done(&reply->sid);
}

/* ---- the table ---- */

static const struct call_row rows[CALL_CRED_WRITE] = {
	[CALL_PACKAGES] = { "packages", NO_REQUEST,
			    REPLY(struct packages_reply, put_packages_reply, take_packages_reply,
				  packages_reply_done) },
	[CALL_ACQUIRE_CREDENTIALS] = { "acquire credentials",
				       REQUEST(struct acquire_call, put_acquire, take_acquire),
				       REPLY(struct acquire_reply, put_acquire_reply,
					     take_acquire_reply, row_nothing_done) },
	[CALL_FREE_CREDENTIALS] = { "free credentials",
				    REQUEST(struct credential_call, put_credential,
					    take_credential),
				    NO_REPLY },
	[CALL_QUERY_CREDENTIALS] = { "query credentials",
				     REQUEST(struct query_credentials_call, put_query_credentials,
					     take_query_credentials),
				     BYTES_REPLY(struct attribute_reply) },
	[CALL_INIT_CONTEXT] = { "initialize context",
				REQUEST(struct context_call, put_context, take_context),
				REPLY(struct context_reply, put_context_reply, take_context_reply,
				      context_reply_done) },
	[CALL_ACCEPT_CONTEXT] = { "accept context",
				  REQUEST(struct context_call, put_context, take_context),
				  REPLY(struct context_reply, put_context_reply, take_context_reply,
					context_reply_done) },
	[CALL_DELETE_CONTEXT] = { "delete context",
				  REQUEST(struct delete_context_call, put_delete_context,
					  take_delete_context),
				  NO_REPLY },
	[CALL_CONTROL_CONTEXT] = { "control context",
				   REQUEST(struct control_context_call, put_control_context,
					   take_control_context),
				   NO_REPLY },
	[CALL_QUERY_CONTEXT] = { "query context",
				 REQUEST(struct query_context_call, put_query_context,
					 take_query_context),
				 BYTES_REPLY(struct attribute_reply) },
	[CALL_SESSION_DATA] = { "session data",
				REQUEST(struct session_data_call, put_session_data,
					take_session_data),
				REPLY(struct session_data_reply, put_session_data_reply,
				      take_session_data_reply, session_data_reply_done) },
	[CALL_SET_CREDENTIALS] = { "set credentials attribute",
				   REQUEST(struct set_attribute_call, put_set_attribute,
					   take_set_attribute),
				   NO_REPLY },
	[CALL_SET_CONTEXT] = { "set context attribute",
			       REQUEST(struct set_attribute_call, put_set_attribute,
				       take_set_attribute),
			       NO_REPLY },
	[CALL_ADD_CREDENTIALS] = { "add credentials",
				   REQUEST(struct add_credentials_call, put_add_credentials,
					   take_add_credentials),
				   REPLY(struct add_credentials_reply, put_add_credentials_reply,
					 take_add_credentials_reply, row_nothing_done) },
};

const struct call_row *call_row(enum call which)
{
	if ((unsigned)which < CALL_CRED_WRITE)
		return &rows[which];
	if ((unsigned)which < CALL_VAULT_STATUS)
		return &credential_rows[which - CALL_CRED_WRITE];
	if ((unsigned)which < CALL_ENCRYPT_MEMORY)
		return &vault_rows[which - CALL_VAULT_STATUS];
	return (unsigned)which < CALL_COUNT ? &package_rows[which - CALL_ENCRYPT_MEMORY] : NULL;
}

void call_reply_done(enum call which, void *reply)
{
	const struct call_row *row = call_row(which);
	if (!row)
		return;
	row->reply_done(reply);
	memset(reply, 0, row->reply_size);
}
