/* tests/unit/test_codec.c - every row of the table of calls: there and back, and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ipc/calls.h"

static const WCHAR name[] = { 'N', 'T', 'L', 'M' };

static struct ipc_owned owned(const void *p, size_t n)
{
	return (struct ipc_owned){ .p = mem_dup(p, n), .n = (uint32_t)n };
}

/* A request and a reply of each row, with every member set. */
union request {
	struct packages_call packages;
	struct acquire_call acquire;
	struct credential_call credential;
	struct query_credentials_call query_credentials;
	struct context_call context;
	struct delete_context_call delete_context;
	struct control_context_call control;
	struct query_context_call query;
	struct session_data_call session;
	struct set_attribute_call set;
	struct add_credentials_call add;
	struct cred_write_call cred_write;
	struct cred_name_call cred_name;
	struct cred_rename_call cred_rename;
	struct cred_match_call cred_match;
	struct cred_protect_call cred_protect;
	struct vault_unlock_call unlock;
	struct vault_add_call key_add;
	struct vault_remove_call key_remove;
	struct vault_rekey_call rekey;
	struct vault_accept_call accept;
	struct vault_export_call export;
	struct vault_import_call import;
	struct vault_move_call move;
	struct policy_explain_call explain;
	struct encrypt_memory_call encrypt;
	struct connect_call connect;
	struct call_package_call message;
	struct logon_user_call logon;
	struct session_end_call session_end;
};

union reply {
	struct packages_reply packages;
	struct acquire_reply acquire;
	struct empty_reply empty;
	struct attribute_reply attribute;
	struct context_reply context;
	struct session_data_reply session;
	struct add_credentials_reply add;
	struct cred_list_reply cred_list;
	struct cred_target_reply cred_target;
	struct cred_session_reply cred_session;
	struct cred_protect_reply cred_protect;
	struct vault_status_reply vault_status;
	struct vault_add_reply key_add;
	struct vault_check_reply check;
	struct vault_export_reply export;
	struct vault_import_reply import;
	struct words_reply words;
	struct encrypt_memory_reply encrypt;
	struct call_package_reply message;
	struct logon_user_reply logon;
	struct session_list_reply sessions;
};

static void fill_context_call(struct context_call *call)
{
	call->credential = 11;
	call->context = UINT64_MAX - 2;
	call->target = (struct ipc_text){ .p = name, .n = 3 };
	call->requirements = 0x80000001;
	call->data_representation = 0x10;
	call->has_in = call->has_out = true;
	call->in_count = 3;
	call->in[0] = (struct ipc_buffer){ .type = 2, .room = 5, .p = (const uint8_t *)"hello", .n = 5 };
	call->in[1] = (struct ipc_buffer){ .type = 0 };
	call->in[2] = (struct ipc_buffer){ .type = 0x80000002, .room = 1, .p = (const uint8_t *)"x", .n = 1 };
	call->out_count = 2;
	call->out[0] = (struct ipc_buffer){ .type = 2, .room = 12000 };
	call->out[1] = (struct ipc_buffer){ .type = 17, .room = 0 };
}

#define BYTES(s)                                                                                   \
	(struct ipc_bytes)                                                                         \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static void fill_credential_request(enum call which, union request *out)
{
	const struct ipc_text four = { name, 4 }, two = { name, 2 };

	switch (which) {
	case CALL_CRED_WRITE:
		out->cred_write =
			(struct cred_write_call){ BYTES("credential"), BYTES("target"), 1 };
		return;
	case CALL_CRED_RENAME:
		out->cred_rename = (struct cred_rename_call){ four, two, 1, 2 };
		return;
	case CALL_CRED_MATCH:
		out->cred_match = (struct cred_match_call){ BYTES("target!"), 1 };
		return;
	case CALL_CRED_PROTECT:
	case CALL_CRED_UNPROTECT:
		out->cred_protect = (struct cred_protect_call){ 1, BYTES("bytes") };
		return;
	case CALL_CRED_SESSION:
	case CALL_CRED_GET_DEFAULT:
		return;
	default:
		out->cred_name = (struct cred_name_call){ four, 1, 2 };
		return;
	}
}

static void fill_vault_request(enum call which, union request *out)
{
	switch (which) {
	case CALL_VAULT_UNLOCK:
		out->unlock = (struct vault_unlock_call){ BYTES("pass"), 60 };
		return;
	case CALL_VAULT_ADD:
		out->key_add = (struct vault_add_call){ BYTES("pass"), true, BYTES("label") };
		return;
	case CALL_VAULT_REMOVE:
		out->key_remove.number = -3;
		return;
	case CALL_VAULT_REKEY:
		out->rekey = (struct vault_rekey_call){ 2, { BYTES("one"), BYTES("three") } };
		return;
	case CALL_VAULT_ACCEPT:
		out->accept.delete_altered = true;
		return;
	case CALL_VAULT_EXPORT:
		out->export.passphrase = BYTES("pass");
		return;
	case CALL_VAULT_IMPORT:
		out->import = (struct vault_import_call){ BYTES("pass"), BYTES("sealed"), true,
							  BYTES("identity"), 77 };
		return;
	case CALL_VAULT_MOVE:
		out->move = (struct vault_move_call){ BYTES("pass"), true };
		return;
	case CALL_POLICY_EXPLAIN:
		out->explain = (struct policy_explain_call){ { name, 4 }, 2, true };
		return;
	default:
		return;
	}
}

static void fill_package_request(enum call which, union request *out)
{
	if (which == CALL_ENCRYPT_MEMORY)
		out->encrypt = (struct encrypt_memory_call){ 2, true, BYTES("12345678") };
	else if (which == CALL_CONNECT)
		out->connect = (struct connect_call){ true, BYTES("winlogon") };
	else if (which == CALL_CALL_PACKAGE)
		out->message =
			(struct call_package_call){ 3, true, 0x7FFF12345678, BYTES("message") };
	else if (which == CALL_LOGON_USER)
		out->logon = (struct logon_user_call){ 3, 3, true, 0x7FFF12345678, BYTES("logon") };
	else if (which == CALL_SESSION_END)
		out->session_end = (struct session_end_call){ { 7, -8 } };
}

static void fill_request(enum call which, union request *out)
{
	if (which >= CALL_ENCRYPT_MEMORY)
		fill_package_request(which, out);
	else if (which >= CALL_VAULT_STATUS)
		fill_vault_request(which, out);
	else if (which >= CALL_CRED_WRITE)
		fill_credential_request(which, out);
	switch (which) {
	case CALL_ACQUIRE_CREDENTIALS:
		out->acquire = (struct acquire_call){
			.principal = { .p = NULL },
			.package = { .p = name, .n = 4 },
			.use = 2,
			.has_logon = true,
			.logon = { .LowPart = 7, .HighPart = -8 },
			.auth = { .p = (const uint8_t *)"auth!", .n = 5 },
			.client_address = 0x7FFF12345678,
		};
		return;
	case CALL_FREE_CREDENTIALS:
		out->credential.credential = 5;
		return;
	case CALL_QUERY_CREDENTIALS:
		out->query_credentials = (struct query_credentials_call){ 5, 1 };
		return;
	case CALL_INIT_CONTEXT:
	case CALL_ACCEPT_CONTEXT:
		fill_context_call(&out->context);
		return;
	case CALL_DELETE_CONTEXT:
		out->delete_context.context = 6;
		return;
	case CALL_CONTROL_CONTEXT:
		out->control.context = 6;
		out->control.in_count = 1;
		out->control.in[0] =
			(struct ipc_buffer){ .type = 2, .room = 4, .p = (const uint8_t *)"ctrl", .n = 4 };
		return;
	case CALL_QUERY_CONTEXT:
		out->query = (struct query_context_call){ 6, 0x80000080 };
		return;
	case CALL_SESSION_DATA:
		out->session = (struct session_data_call){ true, { 1, 2 } };
		return;
	case CALL_SET_CREDENTIALS:
	case CALL_SET_CONTEXT:
		out->set = (struct set_attribute_call){ 7, 3, { (const uint8_t *)"value", 5 } };
		return;
	case CALL_ADD_CREDENTIALS:
		out->add = (struct add_credentials_call){
			.principal = { .p = name, .n = 1 },
			.package = { .p = name, .n = 3 },
			.credential = 8,
			.use = 3,
			.auth = { .p = (const uint8_t *)"auth", .n = 4 },
			.client_address = 0x7FFF00000001,
		};
		return;
	default:
		return;
	}
}

static void fill_context_reply(struct context_reply *reply)
{
	reply->context = 9;
	reply->package = 3;
	reply->attributes = 0x1001C;
	reply->expiry = -5;
	reply->in_count = 2;
	reply->in[1] = (struct ipc_answer){ .type = 5, .size = 99 };
	reply->out_count = 1;
	reply->out[0] = (struct ipc_answer){ .type = 2, .size = 4, .bytes = owned("wxyz", 4) };
	reply->mapped = true;
	reply->user_key = 0x1234567890;
	reply->user_data = owned("packed", 6);
}

static void fill_status_reply(struct vault_status_reply *reply)
{
	*reply = (struct vault_status_reply){
		.flags = 3, .format = 1, .identity = { 1, 2, 3 }, .records = 4, .changes = 5,
		.writes_under_key = 6, .path = owned("/v", 2), .key_file = owned("/k", 2),
		.journal = owned("wal", 3), .key_count = 2,
		.key = { { 1, 2, 1, "one" }, { 3, 4, 2, "two" } },
	};
}

static void fill_saved_reply(enum call which, union reply *out)
{
	switch (which) {
	case CALL_CRED_READ:
	case CALL_CRED_ENUMERATE:
	case CALL_CRED_MATCH:
	case CALL_CRED_BEST:
	case CALL_CRED_GET_DEFAULT:
		out->cred_list = (struct cred_list_reply){ 2, owned("credentials.", 12) };
		return;
	case CALL_CRED_SESSION:
		out->cred_session = (struct cred_session_reply){ { 0, 3, 3, 3, 0, 3, 3, 1 } };
		return;
	case CALL_CRED_TARGET:
	case CALL_CRED_PROTECT:
	case CALL_CRED_UNPROTECT:
	case CALL_VAULT_FAULT:
	case CALL_POLICY_LIST:
	case CALL_POLICY_EXPLAIN:
	case CALL_ENCRYPT_MEMORY:
	case CALL_SESSION_LIST:
		out->words.text = owned("bytes", 5);
		return;
	case CALL_CALL_PACKAGE:
		out->message = (struct call_package_reply){ STATUS_ACCESS_DENIED, 0x7FFF12345678, 9 };
		return;
	case CALL_LOGON_USER:
		out->logon = (struct logon_user_reply){ STATUS_PASSWORD_EXPIRED, { 7, -8 }, 0x7FFF12345678, 9, 2 };
		return;
	case CALL_VAULT_STATUS:
		fill_status_reply(&out->vault_status);
		return;
	case CALL_VAULT_ADD:
	case CALL_VAULT_IMPORT:
	case CALL_VAULT_MOVE:
		out->key_add.number = 1234567890123;
		return;
	case CALL_VAULT_CHECK:
		out->check = (struct vault_check_reply){ 3, 2, 1, true, false, owned("x\n", 2) };
		return;
	case CALL_VAULT_EXPORT:
		out->export = (struct vault_export_reply){ 7, owned("sealed", 6) };
		return;
	default:
		return;
	}
}

static void fill_reply(enum call which, union reply *out)
{
	if (which >= CALL_CRED_WRITE)
		fill_saved_reply(which, out);
	switch (which) {
	case CALL_PACKAGES:
		out->packages.count = 1;
		out->packages.package = mem_array(1, sizeof(*out->packages.package));
		out->packages.package[0] = (struct package_record){
			.id = 1, .module = 2, .table = 3, .capabilities = 4, .version = 5,
			.rpc_id = 6, .max_token = 7, .auth_format = 8, .home = 9,
			.name = owned(name, sizeof(name)), .comment = owned(name, 2),
		};
		return;
	case CALL_ACQUIRE_CREDENTIALS:
		out->acquire = (struct acquire_reply){ 1, 2, 3 };
		return;
	case CALL_ADD_CREDENTIALS:
		out->add = (struct add_credentials_reply){ -4 };
		return;
	case CALL_QUERY_CREDENTIALS:
	case CALL_QUERY_CONTEXT:
		out->attribute.value = owned("value", 5);
		return;
	case CALL_INIT_CONTEXT:
	case CALL_ACCEPT_CONTEXT:
		fill_context_reply(&out->context);
		return;
	case CALL_SESSION_DATA:
		out->session = (struct session_data_reply){
			.logon = { 1, 2 }, .logon_type = 2, .terminal_session = 1,
			.logon_time = 77, .user = owned(name, 8), .domain = owned(name, 6),
			.package = owned(name, 8), .server = owned(name, 2),
			.upn = owned(name, 4), .sid = owned("sid", 3),
		};
		return;
	default:
		return;
	}
}

static void write_request(enum call which, struct wr *w)
{
	union request request = { 0 };
	fill_request(which, &request);
	call_row(which)->write_request(w, &request);
	assert_true(wr_ok(w));
}

static void write_reply(enum call which, struct wr *w)
{
	union reply reply = { 0 };
	fill_reply(which, &reply);
	call_row(which)->write_reply(w, &reply);
	assert_true(wr_ok(w));
	call_reply_done(which, &reply);
}

static void each_row_has_all_its_functions(void **state)
{
	(void)state;
	for (enum call which = 0; which < CALL_COUNT; which++) {
		const struct call_row *row = call_row(which);
		assert_non_null(row->name);
		assert_true(row->request_size <= sizeof(union request));
		assert_true(row->reply_size <= sizeof(union reply));
		assert_true(row->write_request && row->read_request && row->write_reply &&
			    row->read_reply && row->reply_done);
	}
	assert_null(call_row(CALL_COUNT));
	assert_null(call_row((enum call)-1));
}

static void each_request_comes_back_the_same(void **state)
{
	(void)state;
	for (enum call which = 0; which < CALL_COUNT; which++) {
		CLEANUP(wr_done) struct wr once = WR(4096), twice = WR(4096);
		union request read = { 0 };
		write_request(which, &once);
		assert_true(call_row(which)->read_request(wr_view(&once), &read));
		call_row(which)->write_request(&twice, &read);
		assert_int_equal(once.len, twice.len);
		if (once.len)
			assert_memory_equal(once.buf, twice.buf, once.len);
	}
}

static void each_reply_comes_back_the_same(void **state)
{
	(void)state;
	for (enum call which = 0; which < CALL_COUNT; which++) {
		CLEANUP(wr_done) struct wr once = WR(4096), twice = WR(4096);
		union reply read = { 0 };
		write_reply(which, &once);
		assert_true(call_row(which)->read_reply(wr_view(&once), &read));
		call_row(which)->write_reply(&twice, &read);
		assert_int_equal(once.len, twice.len);
		if (once.len)
			assert_memory_equal(once.buf, twice.buf, once.len);
		call_reply_done(which, &read);
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (enum call which = 0; which < CALL_COUNT; which++) {
		CLEANUP(wr_done) struct wr request = WR(4096), reply = WR(4096);
		write_request(which, &request);
		write_reply(which, &reply);
		for (size_t n = 0; n < request.len; n++) {
			union request read = { 0 };
			assert_false(call_row(which)->read_request(rd_of(request.buf, n), &read));
		}
		for (size_t n = 0; n < reply.len; n++) {
			union reply read = { 0 };
			assert_false(call_row(which)->read_reply(rd_of(reply.buf, n), &read));
			call_reply_done(which, &read);
		}
	}
}

static void anything_left_over_is_refused(void **state)
{
	(void)state;
	for (enum call which = 0; which < CALL_COUNT; which++) {
		CLEANUP(wr_done) struct wr request = WR(4096), reply = WR(4096);
		union request read_request = { 0 };
		union reply read_reply = { 0 };
		write_request(which, &request);
		wr_u8(&request, 0);
		assert_false(call_row(which)->read_request(wr_view(&request), &read_request));
		write_reply(which, &reply);
		wr_u8(&reply, 0);
		assert_false(call_row(which)->read_reply(wr_view(&reply), &read_reply));
		call_reply_done(which, &read_reply);
	}
}

static void every_changed_byte_is_safe(void **state)
{
	(void)state;
	for (enum call which = 0; which < CALL_COUNT; which++) {
		CLEANUP(wr_done) struct wr request = WR(4096), reply = WR(4096);
		write_request(which, &request);
		write_reply(which, &reply);
		for (size_t i = 0; i < request.len * 8; i++) {
			union request read = { 0 };
			request.buf[i / 8] ^= (uint8_t)(1 << i % 8);
			(void)!call_row(which)->read_request(wr_view(&request), &read);
			request.buf[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t i = 0; i < reply.len * 8; i++) {
			union reply read = { 0 };
			reply.buf[i / 8] ^= (uint8_t)(1 << i % 8);
			(void)!call_row(which)->read_reply(wr_view(&reply), &read);
			call_reply_done(which, &read);
			reply.buf[i / 8] ^= (uint8_t)(1 << i % 8);
		}
	}
}

static void a_boolean_of_two_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(64);
	union request read = { 0 };
	(void)state;
	write_request(CALL_SESSION_DATA, &w);
	w.buf[0] = 2;
	assert_false(call_row(CALL_SESSION_DATA)->read_request(wr_view(&w), &read));
}

static void more_buffers_than_the_limit_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	union request read = { 0 };
	(void)state;
	wr_u64le(&w, 6);
	wr_u32le(&w, IPC_BUFFERS_MAX + 1);
	wr_zero(&w, 12 * (IPC_BUFFERS_MAX + 1));
	assert_false(call_row(CALL_CONTROL_CONTEXT)->read_request(wr_view(&w), &read));
}

static void a_part_of_a_buffer_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	union request read = { 0 };
	(void)state;
	wr_u64le(&w, 6);
	wr_u32le(&w, 1);
	wr_u32le(&w, 2);
	wr_u32le(&w, 100); /* says it has a hundred bytes and brings three */
	wr_counted(&w, "abc", 3);
	assert_false(call_row(CALL_CONTROL_CONTEXT)->read_request(wr_view(&w), &read));
}

static void null_text_is_not_empty_text(void **state)
{
	struct acquire_call call = { .package = { .p = name, .n = 0 } }, read = { 0 };
	CLEANUP(wr_done) struct wr w = WR(256);
	(void)state;
	call_row(CALL_ACQUIRE_CREDENTIALS)->write_request(&w, &call);
	assert_true(call_row(CALL_ACQUIRE_CREDENTIALS)->read_request(wr_view(&w), &read));
	assert_null(read.principal.p);
	assert_non_null(read.package.p);
	assert_int_equal(read.package.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_all_its_functions),
		cmocka_unit_test(each_request_comes_back_the_same),
		cmocka_unit_test(each_reply_comes_back_the_same),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(anything_left_over_is_refused),
		cmocka_unit_test(every_changed_byte_is_safe),
		cmocka_unit_test(a_boolean_of_two_is_refused),
		cmocka_unit_test(more_buffers_than_the_limit_are_refused),
		cmocka_unit_test(a_part_of_a_buffer_is_refused),
		cmocka_unit_test(null_text_is_not_empty_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
