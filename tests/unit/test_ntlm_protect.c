/* tests/unit/test_ntlm_protect.c - NTLM's user-mode half: messages in place, forged, and by threads.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <pthread.h>

#include "base/block.h"
#include "fake_host.h"
#include "packages/ntlm/package.h"
#include "packages/ntlm/session.h"
#include "wire/sids.h"

#define STRONG (NTLM_SIGN | NTLM_SEAL | NTLM_EXTENDED_SECURITY | NTLM_KEY_EXCHANGE | NTLM_128)
#define CLIENT ((LSA_SEC_HANDLE)11)
#define SERVER ((LSA_SEC_HANDLE)12)

static PSECPKG_USER_FUNCTION_TABLE ntlm;

static void map(LSA_SEC_HANDLE handle, bool server, uint32_t flags, uint32_t attributes)
{
	CLEANUP(ntlm_session_done)
	struct ntlm_session s = { .flags = flags, .attributes = attributes, .server = server };
	CLEANUP(wr_done) struct wr w = WR(NTLM_PACKED_MAX);

	s.key = secret_new(NTLM_KEY_LEN);
	memset(s.key->p, 0x55, NTLM_KEY_LEN);
	ntlm_session_pack(&w, &s);
	SecBuffer packed = { (ULONG)w.len, SECBUFFER_TOKEN, block_dup(w.buf, w.len) };
	assert_int_equal(ntlm->InitUserModeContext(handle, &packed), STATUS_SUCCESS);
}

static void pair(uint32_t flags, uint32_t attributes)
{
	map(CLIENT, false, flags, attributes);
	map(SERVER, true, flags, attributes);
}

static int load(void **state)
{
	ULONG version, count;

	fake_host_reset();
	return failed(module_user_tables(&ntlm_module, &version, &ntlm, &count));
}

static int unmap(void **state)
{
	(void)ntlm->DeleteUserModeContext(CLIENT);
	(void)ntlm->DeleteUserModeContext(SERVER);
	return 0;
}

/* A message of a token and one piece of data. */
struct message {
	uint8_t token[16], data[32];
	SecBuffer b[2];
	SecBufferDesc m;
};

static void message_begin(struct message *x, const char *text)
{
	memset(x->token, 0, sizeof(x->token));
	(void)snprintf((char *)x->data, sizeof(x->data), "%s", text);
	x->b[0] = (SecBuffer){ 16, SECBUFFER_TOKEN, x->token };
	x->b[1] = (SecBuffer){ (ULONG)strlen(text), SECBUFFER_DATA, x->data };
	x->m = (SecBufferDesc){ SECBUFFER_VERSION, 2, x->b };
}

static void signed_messages_stay_readable(void **state)
{
	struct message x;

	pair(STRONG & ~NTLM_SEAL, 0);
	for (int i = 0; i < 3; i++) {
		message_begin(&x, "in the open");
		assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &x.m, 0), SEC_E_OK);
		assert_string_equal((char *)x.data, "in the open");
		assert_int_equal(ntlm->VerifySignature(SERVER, &x.m, 0, NULL), SEC_E_OK);
	}
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL), SEC_E_UNSUPPORTED_FUNCTION);
}

static void without_agreement_nothing_is_protected(void **state)
{
	struct message x;

	pair(NTLM_EXTENDED_SECURITY | NTLM_128, 0);
	message_begin(&x, "text");
	assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &x.m, 0), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(ntlm->VerifySignature(CLIENT, &x.m, 0, NULL), SEC_E_QOP_NOT_SUPPORTED);
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_UNSUPPORTED_FUNCTION);
}

static void s20_short_tokens_are_errors_without_access(void **state)
{
	struct message x;

	pair(STRONG, 0);
	for (ULONG n = 0; n < 16; n++) {
		CLEANUP(mem_free_p) uint8_t *exact = mem_alloc(n);
		message_begin(&x, "text");
		x.b[0] = (SecBuffer){ n, SECBUFFER_TOKEN, exact };
		assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &x.m, 0), SEC_E_BUFFER_TOO_SMALL);
		assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_BUFFER_TOO_SMALL);
		assert_int_equal(ntlm->VerifySignature(SERVER, &x.m, 0, NULL), SEC_E_INVALID_TOKEN);
		assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL), SEC_E_INVALID_TOKEN);
		x.b[0] = (SecBuffer){ n, SECBUFFER_STREAM, exact };
		assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL),
				 SEC_E_INCOMPLETE_MESSAGE);
		assert_string_equal((char *)x.data, "text");
	}
}

static void missing_and_unsound_buffers_are_refused(void **state)
{
	struct message x;

	pair(STRONG, 0);
	message_begin(&x, "text");
	x.m.cBuffers = 1;
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_INVALID_TOKEN);
	x.m.cBuffers = 2;
	x.b[0].BufferType = SECBUFFER_EMPTY;
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_INVALID_TOKEN);
	assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &x.m, 0), SEC_E_INVALID_TOKEN);
	message_begin(&x, "text");
	x.b[1].pvBuffer = NULL;
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_INVALID_TOKEN);
	message_begin(&x, "text");
	x.m.ulVersion = 1;
	assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &x.m, 0), SEC_E_INVALID_TOKEN);
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, NULL, 0), SEC_E_INVALID_TOKEN);
	assert_int_equal(ntlm->SealMessage(CLIENT, 5, &x.m, 0), SEC_E_QOP_NOT_SUPPORTED);
}

/* Every single bit of a sealed message counts; a forgery changes neither keys nor bytes. */
static void forgeries_are_noticed_and_leave_no_trace(void **state)
{
	struct message x, before;

	pair(STRONG, 0);
	message_begin(&x, "attack at dawn");
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_OK);
	for (size_t bit = 0; bit < (16 + 14) * 8; bit++) {
		uint8_t *at = bit < 128 ? &x.token[bit / 8] : &x.data[bit / 8 - 16];
		*at ^= (uint8_t)(1 << bit % 8);
		before = x;
		assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL), SEC_E_MESSAGE_ALTERED);
		assert_memory_equal(before.data, x.data, sizeof(x.data));
		*at ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL), SEC_E_OK);
	assert_string_equal((char *)x.data, "attack at dawn");
}

static void s35_order_is_watched_when_asked_for(void **state)
{
	struct message a, b;
	static const struct row {
		uint32_t attributes;
		NTSTATUS status;
	} rows[] = { { ISC_RET_SEQUENCE_DETECT, SEC_E_OUT_OF_SEQUENCE },
		     { ISC_RET_REPLAY_DETECT, SEC_E_OUT_OF_SEQUENCE },
		     { 0, SEC_E_MESSAGE_ALTERED } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pair(STRONG, rows[i].attributes);
		message_begin(&a, "first");
		message_begin(&b, "second");
		assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &a.m, 0), SEC_E_OK);
		assert_int_equal(ntlm->MakeSignature(CLIENT, 0, &b.m, 0), SEC_E_OK);
		/* skipped, reordered, replayed */
		assert_int_equal(ntlm->VerifySignature(SERVER, &b.m, 0, NULL), rows[i].status);
		assert_int_equal(ntlm->VerifySignature(SERVER, &a.m, 0, NULL), SEC_E_OK);
		assert_int_equal(ntlm->VerifySignature(SERVER, &a.m, 0, NULL), rows[i].status);
		assert_int_equal(ntlm->VerifySignature(SERVER, &b.m, 0, NULL), SEC_E_OK);
	}
}

static void read_only_buffers_are_left_alone(void **state)
{
	uint8_t token[16], head[] = "head", body[] = "body", note[] = "note";
	SecBuffer b[] = {
		{ 4, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head },
		{ 4, SECBUFFER_DATA, body },
		{ 4, SECBUFFER_DATA | SECBUFFER_READONLY, note },
		{ 16, SECBUFFER_TOKEN, token },
		{ 0, SECBUFFER_PADDING, NULL },
	};
	SecBufferDesc m = { SECBUFFER_VERSION, 5, b };

	pair(STRONG, 0);
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &m, 0), SEC_E_OK);
	assert_string_equal((char *)head, "head");
	assert_string_equal((char *)note, "note");
	assert_memory_not_equal(body, "body", 4);
	note[0] ^= 1; /* not covered */
	head[0] ^= 1; /* covered */
	assert_int_equal(ntlm->UnsealMessage(SERVER, &m, 0, NULL), SEC_E_MESSAGE_ALTERED);
	head[0] ^= 1;
	assert_int_equal(ntlm->UnsealMessage(SERVER, &m, 0, NULL), SEC_E_OK);
	assert_string_equal((char *)body, "body");
}

static void several_pieces_are_one_message(void **state)
{
	uint8_t token[16], one[] = "split in", two[] = " two";
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token },
			  { 8, SECBUFFER_DATA, one },
			  { 4, SECBUFFER_DATA, two } };
	SecBufferDesc m = { SECBUFFER_VERSION, 3, b };
	struct message x;

	pair(STRONG, 0);
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &m, 0), SEC_E_OK);
	message_begin(&x, "");
	memcpy(x.token, token, 16);
	memcpy(x.data, one, 8);
	memcpy(x.data + 8, two, 4);
	x.b[1].cbBuffer = 12;
	assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL), SEC_E_OK);
	assert_memory_equal(x.data, "split in two", 12);
}

static void a_stream_is_opened_where_it_lies(void **state)
{
	struct message x;
	uint8_t stream[16 + 6];
	SecBuffer b[] = { { sizeof(stream), SECBUFFER_STREAM, stream },
			  { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	pair(STRONG, 0);
	message_begin(&x, "inside");
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_OK);
	memcpy(stream, x.token, 16);
	memcpy(stream + 16, x.data, 6);
	stream[20] ^= 1;
	assert_int_equal(ntlm->UnsealMessage(SERVER, &m, 0, NULL), SEC_E_MESSAGE_ALTERED);
	assert_null(b[1].pvBuffer);
	stream[20] ^= 1;
	assert_int_equal(ntlm->UnsealMessage(SERVER, &m, 0, NULL), SEC_E_OK);
	assert_ptr_equal(b[1].pvBuffer, stream + 16);
	assert_int_equal(b[1].cbBuffer, 6);
	assert_memory_equal(b[1].pvBuffer, "inside", 6);
}

static void wrap_no_encrypt_signs_alone_and_opens_with_a_word_of_it(void **state)
{
	struct message x;
	ULONG qop = 7;

	pair(STRONG, 0);
	for (int i = 0; i < 2; i++) {
		message_begin(&x, "visible");
		assert_int_equal(ntlm->SealMessage(CLIENT, SECQOP_WRAP_NO_ENCRYPT, &x.m, 0),
				 SEC_E_OK);
		assert_string_equal((char *)x.data, "visible");
		/* who cannot be told does not get it */
		assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, NULL), SEC_E_MESSAGE_ALTERED);
		if (i)
			assert_int_equal(ntlm->VerifySignature(SERVER, &x.m, 0, NULL), SEC_E_OK);
		else
			assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, &qop), SEC_E_OK);
		assert_string_equal((char *)x.data, "visible");
	}
	assert_int_equal(qop, SECQOP_WRAP_NO_ENCRYPT);
	message_begin(&x, "sealed");
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &x.m, 0), SEC_E_OK);
	assert_int_equal(ntlm->UnsealMessage(SERVER, &x.m, 0, &qop), SEC_E_OK);
	assert_int_equal(qop, 0);
}

static void padding_is_of_no_length(void **state)
{
	uint8_t token[16], data[] = "text", padding[8];
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token },
			  { sizeof(data), SECBUFFER_DATA, data },
			  { sizeof(padding), SECBUFFER_PADDING, padding } };
	SecBufferDesc m = { SECBUFFER_VERSION, 3, b };

	pair(STRONG, 0);
	assert_int_equal(ntlm->SealMessage(CLIENT, 0, &m, 0), SEC_E_OK);
	assert_int_equal(b[2].cbBuffer, 0);
	assert_int_equal(ntlm->UnsealMessage(SERVER, &m, 0, NULL), SEC_E_OK);
}

/* ---- export and import ---- */

static LSA_SEC_HANDLE moved(LSA_SEC_HANDLE from, ULONG flags)
{
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	HANDLE token = (HANDLE)1;
	LSA_SEC_HANDLE to = 0;

	assert_int_equal(ntlm->ExportContext(from, flags, &packed, &token), SEC_E_OK);
	assert_null(token);
	assert_int_equal(ntlm->ImportContext(&packed, NULL, &to), SEC_E_OK);
	assert_true(to >> 63);
	block_free(packed.pvBuffer);
	return to;
}

static void sealed_over(LSA_SEC_HANDLE from, LSA_SEC_HANDLE to)
{
	struct message x;
	message_begin(&x, "moved");
	assert_int_equal(ntlm->SealMessage(from, 0, &x.m, 0), SEC_E_OK);
	assert_int_equal(ntlm->UnsealMessage(to, &x.m, 0, NULL), SEC_E_OK);
	assert_string_equal((char *)x.data, "moved");
}

static void a_moved_context_goes_on_where_it_was(void **state)
{
	static const uint32_t flags[] = { STRONG, NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		pair(flags[i], 0);
		sealed_over(CLIENT, SERVER);
		sealed_over(SERVER, CLIENT);
		LSA_SEC_HANDLE client = moved(CLIENT, 0), server = moved(SERVER, 0);
		assert_int_not_equal(client, server);
		assert_int_equal(ntlm->DeleteUserModeContext(CLIENT), STATUS_SUCCESS);
		sealed_over(client, server);
		sealed_over(server, client);
		assert_int_equal(ntlm->DeleteUserModeContext(client), STATUS_SUCCESS);
		assert_int_equal(ntlm->DeleteUserModeContext(server), STATUS_SUCCESS);
	}
}

static void a_reset_context_begins_anew(void **state)
{
	pair(STRONG, 0);
	sealed_over(CLIENT, SERVER);
	LSA_SEC_HANDLE client = moved(CLIENT, SECPKG_CONTEXT_EXPORT_RESET_NEW);
	LSA_SEC_HANDLE server = moved(SERVER, SECPKG_CONTEXT_EXPORT_RESET_NEW);
	sealed_over(client, server);
	sealed_over(CLIENT, SERVER);
	assert_int_equal(ntlm->DeleteUserModeContext(client), STATUS_SUCCESS);
	assert_int_equal(ntlm->DeleteUserModeContext(server), STATUS_SUCCESS);
}

static void every_byte_of_an_export_is_checked(void **state)
{
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	LSA_SEC_HANDLE to;

	pair(STRONG, 0);
	sealed_over(CLIENT, SERVER);
	assert_int_equal(
		ntlm->ExportContext(CLIENT, SECPKG_CONTEXT_EXPORT_TO_KERNEL, &packed, NULL),
		SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(ntlm->ExportContext(77, 0, &packed, NULL), SEC_E_INVALID_HANDLE);
	assert_int_equal(ntlm->ExportContext(CLIENT, 0, &packed, NULL), SEC_E_OK);
	for (ULONG n = 0; n < packed.cbBuffer; n++) {
		void *cut = block_dup(packed.pvBuffer, n);
		SecBuffer b = { n, SECBUFFER_EMPTY, cut };
		assert_int_equal(ntlm->ImportContext(&b, NULL, &to), SEC_E_INVALID_TOKEN);
		block_free(cut);
	}
	/* changed bytes are refused, or they were a name's, a key's or a number's */
	uint8_t *bytes = packed.pvBuffer;
	for (ULONG at = 0; at < packed.cbBuffer; at++) {
		bytes[at] ^= 0x81;
		NTSTATUS status = ntlm->ImportContext(&packed, NULL, &to);
		if (!failed(status))
			assert_int_equal(ntlm->DeleteUserModeContext(to), STATUS_SUCCESS);
		bytes[at] ^= 0x81;
	}
	/* an RC4 state that is no permutation */
	ULONG states = packed.cbBuffer - 9 - 258;
	bytes[states] = bytes[states + 1];
	assert_int_equal(ntlm->ImportContext(&packed, NULL, &to), SEC_E_INVALID_TOKEN);
	block_free(packed.pvBuffer);
}

/* The number is the last of all: whoever asked for order is not shown it again. */
static void s35_numbers_are_not_used_twice_when_order_is_asked_for(void **state)
{
	static const uint32_t attributes[] = { 0, ISC_RET_SEQUENCE_DETECT };
	struct message x;

	for (size_t i = 0; i < 2; i++) {
		SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
		LSA_SEC_HANDLE late;
		pair(STRONG, attributes[i]);
		sealed_over(CLIENT, SERVER);
		assert_int_equal(ntlm->ExportContext(CLIENT, 0, &packed, NULL), SEC_E_OK);
		/* the client's direction: its number stands in front of its states */
		uint8_t *number = (uint8_t *)packed.pvBuffer + packed.cbBuffer - 9 - 258 - 9;
		assert_int_equal(number[0], 1);
		memcpy(number, "\xFF\xFF\xFF\xFF", 4);
		assert_int_equal(ntlm->ImportContext(&packed, NULL, &late), SEC_E_OK);
		message_begin(&x, "last");
		assert_int_equal(ntlm->SealMessage(late, 0, &x.m, 0), SEC_E_OK);
		assert_int_equal(u32le_at(x.token + 12), 0xFFFFFFFF);
		message_begin(&x, "first");
		assert_int_equal(ntlm->SealMessage(late, 0, &x.m, 0),
				 i ? SEC_E_OUT_OF_SEQUENCE : SEC_E_OK);
		assert_int_equal(ntlm->DeleteUserModeContext(late), STATUS_SUCCESS);
		block_free(packed.pvBuffer);
	}
}

/* Without extended session security there is one state: the parties take turns. */
static void the_old_form_works_by_turns(void **state)
{
	struct message x;
	static const uint32_t flags[] = { NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE,
					  NTLM_SIGN | NTLM_SEAL | NTLM_LM_KEY | NTLM_56 };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		pair(flags[i], 0);
		for (int turn = 0; turn < 4; turn++) {
			LSA_SEC_HANDLE from = turn % 2 ? SERVER : CLIENT;
			LSA_SEC_HANDLE to = turn % 2 ? CLIENT : SERVER;
			message_begin(&x, "by turns");
			assert_int_equal(ntlm->SealMessage(from, 0, &x.m, 0), SEC_E_OK);
			x.data[2] ^= 1;
			assert_int_equal(ntlm->UnsealMessage(to, &x.m, 0, NULL),
					 SEC_E_MESSAGE_ALTERED);
			x.data[2] ^= 1;
			assert_int_equal(ntlm->UnsealMessage(to, &x.m, 0, NULL), SEC_E_OK);
			assert_string_equal((char *)x.data, "by turns");
		}
	}
}

static void packed_contexts_of_other_bytes_are_refused(void **state)
{
	CLEANUP(ntlm_session_done) struct ntlm_session s = { .flags = STRONG };
	CLEANUP(wr_done) struct wr w = WR(NTLM_PACKED_MAX);

	s.key = secret_new(NTLM_KEY_LEN);
	s.sids = WR(1000);
	sids_write(&s.sids, "S-1-5-21-1-2-3-1104");
	sids_write(&s.sids, "S-1-5-32-545");
	ntlm_session_pack(&w, &s);
	size_t right = w.len;
	wr_u8(&w, 0);
	for (size_t n = 0; n <= right + 1; n++) {
		SecBuffer packed = { (ULONG)n, SECBUFFER_TOKEN, block_dup(w.buf, n) };
		NTSTATUS status = ntlm->InitUserModeContext(CLIENT, &packed);
		assert_int_equal(status, n == right ? STATUS_SUCCESS : SEC_E_INVALID_TOKEN);
		assert_null(packed.pvBuffer);
	}
	w.buf[right - 12] = 's'; /* of the last SID */
	SecBuffer packed = { (ULONG)right, SECBUFFER_TOKEN, block_dup(w.buf, right) };
	assert_int_equal(ntlm->InitUserModeContext(CLIENT, &packed), SEC_E_INVALID_TOKEN);
}

/* ---- threads: each context's two directions at once ---- */

#define ROUNDS 3000

struct lane {
	LSA_SEC_HANDLE from, to;
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct message message;
	bool full, failed;
};

static void *lane_send(void *argument)
{
	struct lane *l = argument;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&l->lock);
		while (l->full)
			pthread_cond_wait(&l->change, &l->lock);
		message_begin(&l->message, "on the lane");
		l->failed |= failed(ntlm->SealMessage(l->from, 0, &l->message.m, 0));
		l->full = true;
		pthread_cond_signal(&l->change);
		pthread_mutex_unlock(&l->lock);
	}
	return NULL;
}

static void *lane_receive(void *argument)
{
	struct lane *l = argument;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&l->lock);
		while (!l->full)
			pthread_cond_wait(&l->change, &l->lock);
		l->failed |= failed(ntlm->UnsealMessage(l->to, &l->message.m, 0, NULL));
		l->full = false;
		pthread_cond_signal(&l->change);
		pthread_mutex_unlock(&l->lock);
	}
	return NULL;
}

static void both_directions_run_at_once(void **state)
{
	struct lane lane[2] = { { .from = CLIENT, .to = SERVER },
				{ .from = SERVER, .to = CLIENT } };
	pthread_t thread[4];

	pair(STRONG, 0);
	for (int i = 0; i < 2; i++) {
		pthread_mutex_init(&lane[i].lock, NULL);
		pthread_cond_init(&lane[i].change, NULL);
		assert_int_equal(pthread_create(&thread[2 * i], NULL, lane_send, &lane[i]), 0);
		assert_int_equal(pthread_create(&thread[2 * i + 1], NULL, lane_receive, &lane[i]),
				 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	assert_false(lane[0].failed || lane[1].failed);
}

#define MAPPED(test) cmocka_unit_test_teardown(test, unmap)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAPPED(signed_messages_stay_readable),
		MAPPED(without_agreement_nothing_is_protected),
		MAPPED(s20_short_tokens_are_errors_without_access),
		MAPPED(missing_and_unsound_buffers_are_refused),
		MAPPED(forgeries_are_noticed_and_leave_no_trace),
		MAPPED(s35_order_is_watched_when_asked_for),
		MAPPED(read_only_buffers_are_left_alone),
		MAPPED(several_pieces_are_one_message),
		MAPPED(a_stream_is_opened_where_it_lies),
		MAPPED(wrap_no_encrypt_signs_alone_and_opens_with_a_word_of_it),
		MAPPED(padding_is_of_no_length),
		MAPPED(a_moved_context_goes_on_where_it_was),
		MAPPED(a_reset_context_begins_anew),
		MAPPED(every_byte_of_an_export_is_checked),
		MAPPED(s35_numbers_are_not_used_twice_when_order_is_asked_for),
		MAPPED(the_old_form_works_by_turns),
		MAPPED(packed_contexts_of_other_bytes_are_refused),
		MAPPED(both_directions_run_at_once),
	};
	return cmocka_run_group_tests(tests, load, NULL);
}
