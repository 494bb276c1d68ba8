/* ipc/vault_calls.c - the rows that look after the vault, and those of the policy.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/parts.h"
#include "ipc/rows.h"

/* ---- the status ---- */

static void put_key(struct wr *w, const struct vault_key_record *key)
{
	put_i64(w, key->number);
	put_i64(w, key->created);
	wr_u32le(w, key->kind);
	wr_bytes(w, key->label, sizeof(key->label));
}

static bool take_key(struct rd *r, struct vault_key_record *key)
{
	struct rd label;
	if (!take_i64(r, &key->number) || !take_i64(r, &key->created) || !rd_u32le(r, &key->kind) ||
	    !rd_bytes(r, sizeof(key->label), &label) || label.p[label.n - 1])
		return false;
	memcpy(key->label, label.p, label.n);
	return true;
}

static void put_status(struct wr *w, const void *v)
{
	const struct vault_status_reply *reply = v;
	wr_u32le(w, reply->flags);
	wr_u32le(w, reply->format);
	wr_bytes(w, reply->identity, sizeof(reply->identity));
	put_i64(w, reply->records);
	wr_u64le(w, reply->changes);
	wr_u64le(w, reply->writes_under_key);
	put_owned(w, &reply->path);
	put_owned(w, &reply->key_file);
	put_owned(w, &reply->journal);
	wr_u32le(w, reply->key_count);
	for (uint32_t i = 0; i < reply->key_count; i++)
		put_key(w, &reply->key[i]);
}

static bool take_status(struct rd r, void *out)
{
	struct vault_status_reply *reply = out;
	struct rd identity;

	if (!rd_u32le(&r, &reply->flags) || !rd_u32le(&r, &reply->format) ||
	    !rd_bytes(&r, sizeof(reply->identity), &identity) || !take_i64(&r, &reply->records) ||
	    !rd_u64le(&r, &reply->changes) || !rd_u64le(&r, &reply->writes_under_key) ||
	    !take_owned(&r, 1, &reply->path) || !take_owned(&r, 1, &reply->key_file) ||
	    !take_owned(&r, 1, &reply->journal) || !rd_u32le(&r, &reply->key_count) ||
	    reply->key_count > ARRAY_LEN(reply->key))
		return false;
	memcpy(reply->identity, identity.p, identity.n);
	for (uint32_t i = 0; i < reply->key_count; i++)
		if (!take_key(&r, &reply->key[i]))
			return false;
	return rd_empty(r);
}

static void status_done(void *v)
{
	struct vault_status_reply *reply = v;
	owned_done(&reply->path);
	owned_done(&reply->key_file);
	owned_done(&reply->journal);
}

/* ---- keys ---- */

static void put_unlock(struct wr *w, const void *v)
{
	const struct vault_unlock_call *call = v;
	put_view(w, call->passphrase);
	wr_u32le(w, call->seconds);
}

static bool take_unlock(struct rd r, void *out)
{
	struct vault_unlock_call *call = out;
	return take_view(&r, &call->passphrase) && rd_u32le(&r, &call->seconds) && rd_empty(r);
}

static void put_add(struct wr *w, const void *v)
{
	const struct vault_add_call *call = v;
	put_view(w, call->passphrase);
	put_bool(w, call->key_file);
	put_view(w, call->label);
}

static bool take_add(struct rd r, void *out)
{
	struct vault_add_call *call = out;
	return take_view(&r, &call->passphrase) && take_bool(&r, &call->key_file) &&
	       take_view(&r, &call->label) && rd_empty(r);
}

/* Requests and replies that are one number. */
static void put_number(struct wr *w, const void *v)
{
	put_i64(w, *(const int64_t *)v);
}

static bool take_number(struct rd r, void *out)
{
	return take_i64(&r, out) && rd_empty(r);
}

_Static_assert(sizeof(struct vault_add_reply) == sizeof(int64_t) &&
		       sizeof(struct vault_remove_call) == sizeof(int64_t) &&
		       sizeof(struct vault_import_reply) == sizeof(int64_t) &&
		       sizeof(struct vault_move_reply) == sizeof(int64_t),
	       "these hold one number");

static void put_rekey(struct wr *w, const void *v)
{
	const struct vault_rekey_call *call = v;
	wr_u32le(w, call->count);
	for (uint32_t i = 0; i < call->count; i++)
		put_view(w, call->passphrase[i]);
}

static bool take_rekey(struct rd r, void *out)
{
	struct vault_rekey_call *call = out;
	if (!rd_u32le(&r, &call->count) || call->count > IPC_PASSPHRASES_MAX)
		return false;
	for (uint32_t i = 0; i < call->count; i++)
		if (!take_view(&r, &call->passphrase[i]))
			return false;
	return rd_empty(r);
}

/* ---- checking ---- */

static void put_check(struct wr *w, const void *v)
{
	const struct vault_check_reply *reply = v;
	wr_u64le(w, reply->records);
	wr_u64le(w, reply->altered);
	wr_u64le(w, reply->missing);
	put_bool(w, reply->file_damaged);
	put_bool(w, reply->sum_differs);
	put_owned(w, &reply->sentences);
}

static bool take_check(struct rd r, void *out)
{
	struct vault_check_reply *reply = out;
	return rd_u64le(&r, &reply->records) && rd_u64le(&r, &reply->altered) &&
	       rd_u64le(&r, &reply->missing) && take_bool(&r, &reply->file_damaged) &&
	       take_bool(&r, &reply->sum_differs) && take_owned(&r, 1, &reply->sentences) &&
	       rd_empty(r);
}

static void check_done(void *v)
{
	struct vault_check_reply *reply = v;
	owned_done(&reply->sentences);
}

static void put_accept(struct wr *w, const void *v)
{
	const struct vault_accept_call *call = v;
	put_bool(w, call->delete_altered);
}

static bool take_accept(struct rd r, void *out)
{
	struct vault_accept_call *call = out;
	return take_bool(&r, &call->delete_altered) && rd_empty(r);
}

/* ---- export and import ---- */

static void put_export(struct wr *w, const void *v)
{
	const struct vault_export_call *call = v;
	put_view(w, call->passphrase);
}

static bool take_export(struct rd r, void *out)
{
	struct vault_export_call *call = out;
	return take_view(&r, &call->passphrase) && rd_empty(r);
}

static void put_export_reply(struct wr *w, const void *v)
{
	const struct vault_export_reply *reply = v;
	wr_u64le(w, reply->records);
	put_owned(w, &reply->sealed);
}

static bool take_export_reply(struct rd r, void *out)
{
	struct vault_export_reply *reply = out;
	return rd_u64le(&r, &reply->records) && take_owned(&r, 1, &reply->sealed) && rd_empty(r);
}

static void export_done(void *v)
{
	struct vault_export_reply *reply = v;
	owned_done(&reply->sealed);
}

static void put_import(struct wr *w, const void *v)
{
	const struct vault_import_call *call = v;
	put_view(w, call->passphrase);
	put_view(w, call->sealed);
	put_bool(w, call->replace);
	put_view(w, call->moved);
	wr_u64le(w, call->changes);
}

static bool take_import(struct rd r, void *out)
{
	struct vault_import_call *call = out;
	return take_view(&r, &call->passphrase) && take_view(&r, &call->sealed) &&
	       take_bool(&r, &call->replace) && take_view(&r, &call->moved) &&
	       rd_u64le(&r, &call->changes) && rd_empty(r);
}

/* ---- moving ---- */

static void put_move(struct wr *w, const void *v)
{
	const struct vault_move_call *call = v;
	put_view(w, call->passphrase);
	put_bool(w, call->merge);
}

static bool take_move(struct rd r, void *out)
{
	struct vault_move_call *call = out;
	return take_view(&r, &call->passphrase) && take_bool(&r, &call->merge) && rd_empty(r);
}

/* ---- the policy ---- */

static void put_explain(struct wr *w, const void *v)
{
	const struct policy_explain_call *call = v;
	put_text(w, call->target);
	wr_u32le(w, call->credential_class);
	put_bool(w, call->mutual);
}

static bool take_explain(struct rd r, void *out)
{
	struct policy_explain_call *call = out;
	return take_text(&r, &call->target) && rd_u32le(&r, &call->credential_class) &&
	       take_bool(&r, &call->mutual) && rd_empty(r);
}

/* ---- the rows ---- */

#define NUMBER_REPLY(type) REPLY(type, put_number, take_number, row_nothing_done)
#define AT(call) [(call)-CALL_VAULT_STATUS]

const struct call_row vault_rows[CALL_ENCRYPT_MEMORY - CALL_VAULT_STATUS] = {
	AT(CALL_VAULT_STATUS) = { "vault status", NO_REQUEST,
				  REPLY(struct vault_status_reply, put_status, take_status,
					status_done) },
	AT(CALL_VAULT_UNLOCK) = { "unlock vault",
				  REQUEST(struct vault_unlock_call, put_unlock, take_unlock),
				  NO_REPLY },
	AT(CALL_VAULT_LOCK) = { "lock vault", NO_REQUEST, NO_REPLY },
	AT(CALL_VAULT_ADD) = { "add key", REQUEST(struct vault_add_call, put_add, take_add),
			       NUMBER_REPLY(struct vault_add_reply) },
	AT(CALL_VAULT_REMOVE) = { "remove key",
				  REQUEST(struct vault_remove_call, put_number, take_number),
				  NO_REPLY },
	AT(CALL_VAULT_REKEY) = { "rekey vault",
				 REQUEST(struct vault_rekey_call, put_rekey, take_rekey),
				 NO_REPLY },
	AT(CALL_VAULT_CHECK) = { "check vault", NO_REQUEST,
				 REPLY(struct vault_check_reply, put_check, take_check,
				       check_done) },
	AT(CALL_VAULT_ACCEPT) = { "accept vault",
				  REQUEST(struct vault_accept_call, put_accept, take_accept),
				  NO_REPLY },
	AT(CALL_VAULT_EXPORT) = { "export vault",
				  REQUEST(struct vault_export_call, put_export, take_export),
				  REPLY(struct vault_export_reply, put_export_reply,
					take_export_reply, export_done) },
	AT(CALL_VAULT_IMPORT) = { "import vault",
				  REQUEST(struct vault_import_call, put_import, take_import),
				  NUMBER_REPLY(struct vault_import_reply) },
	AT(CALL_VAULT_FAULT) = { "vault fault", NO_REQUEST, BYTES_REPLY(struct words_reply) },
	AT(CALL_VAULT_MOVE) = { "move vault", REQUEST(struct vault_move_call, put_move, take_move),
				NUMBER_REPLY(struct vault_move_reply) },
	AT(CALL_POLICY_LIST) = { "list policy", NO_REQUEST, BYTES_REPLY(struct words_reply) },
	AT(CALL_POLICY_EXPLAIN) = { "explain policy",
				    REQUEST(struct policy_explain_call, put_explain, take_explain),
				    BYTES_REPLY(struct words_reply) },
};
