/* tests/unit/test_tsssp_edges.c - TSSSP at its edges: no room for an answer, what a caller vouches for,
 * bytes behind a request. Over tsssp_talk.h, mock_mech.h and fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tsssp_talk.h"

/* ---- no room ---- */

static NTSTATUS in_room(struct talk *t, ULONG room, struct rd bytes)
{
	t->side.requirements &= ~(ULONG)ISC_REQ_ALLOCATE_MEMORY;
	t->side.room = room;
	NTSTATUS status = say_bytes(t, bytes);
	t->side.room = 0;
	return status;
}

static void an_answer_without_room_waits_and_nothing_is_done_twice(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct talk *t = talk_new(false);

	assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
	unsigned sealed = mock_mech.sealed;
	t->peer.received++; /* the pubKeyAuth that nobody looked at */
	struct ts_request r = with_binding(request_of(t, 6), right_binding(t, 6));
	ts_request_write(&w, &r);
	for (ULONG room = 1; room < 40; room += 13) {
		assert_int_equal(in_room(t, room, wr_view(&w)), SEC_E_BUFFER_TOO_SMALL);
		assert_true(t->side.said > room);
	}
	assert_int_equal(mock_mech.asked, 1);
	assert_int_equal(in_room(t, t->side.said, wr_view(&w)), SEC_E_OK);
	assert_true(sent_credentials(t));
	assert_int_equal(mock_mech.sealed, sealed + 1);
	assert_int_equal(say_bytes(t, wr_view(&w)), SEC_E_OUT_OF_SEQUENCE);
	talk_close(t);
}

static void allocating_does_not_stick_from_the_first_call(void **state)
{
	struct talk *t = talk_new(false);

	assert_int_equal(say_bytes(t, NOTHING), SEC_I_CONTINUE_NEEDED);
	assert_true(t->side.attributes & ISC_RET_ALLOCATED_MEMORY);
	memcpy(t->nonce, t->said.nonce.p, sizeof(t->nonce));
	t->side.requirements &= ~(ULONG)ISC_REQ_ALLOCATE_MEMORY;
	/* fake_side_step frees as the caller's own what the package must have written in place */
	assert_int_equal(say(t, with_token(request_of(t, 6), "mech two")), SEC_I_CONTINUE_NEEDED);
	assert_true(t->said.has_pub_key_auth);
	assert_false(t->side.attributes & ISC_RET_ALLOCATED_MEMORY);
	assert_int_equal(fake_host.heap, 0);
	talk_close(t);
}

/* ---- bytes behind a request ---- */

/* One server call with an EMPTY buffer, if wanted; what is left over, or -1 when that is not told. */
static long left_over(struct talk *t, struct rd bytes, bool empty, NTSTATUS *status)
{
	CLEANUP(mem_free_p) uint8_t *copy = mem_dup(bytes.p, bytes.n);
	SecBuffer in[3] = { { (ULONG)bytes.n, SECBUFFER_TOKEN, copy },
			    t->side.more_input,
			    { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_list = { SECBUFFER_VERSION, empty ? 3 : 2, in },
		      out_list = { SECBUFFER_VERSION, 1, &out };
	LSA_SEC_HANDLE context = t->side.context;
	SecBuffer packed = { 0 };
	ULONG attributes;
	TimeStamp expiry;
	BOOLEAN mapped;

	*status = t->side.lsa->AcceptLsaModeContext(t->side.credential, context, &in_list,
						    ASC_REQ_ALLOCATE_MEMORY, 0, &context, &out_list,
						    &attributes, &expiry, &mapped, &packed);
	if (!failed(*status))
		t->side.context = context;
	if (out.pvBuffer) {
		block_free(out.pvBuffer);
		atomic_fetch_sub(&fake_host.heap, 1);
	}
	return in[2].BufferType == SECBUFFER_EXTRA     ? (long)in[2].cbBuffer
	       : in[2].BufferType == SECBUFFER_MISSING ? -(long)in[2].cbBuffer - 1
						       : 0;
}

static void s38_several_requests_in_one_token_are_taken_one_by_one(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	struct talk *t = talk_new(true);
	struct ts_request one = with_token(request_of(t, 6), "mech one"),
			  two = with_token(request_of(t, 6), "mech three");
	NTSTATUS status;

	ts_request_write(&w, &one);
	size_t first = w.len;
	ts_request_write(&w, &two);
	assert_int_equal(left_over(t, wr_view(&w), true, &status), w.len - first);
	assert_int_equal(status, SEC_I_CONTINUE_NEEDED);
	/* half of the next: so many bytes are missing, and nothing has changed */
	assert_int_equal(left_over(t, rd_of(w.buf + first, w.len - first - 3), true, &status), -4);
	assert_int_equal(status, SEC_E_INCOMPLETE_MESSAGE);
	assert_int_equal(left_over(t, rd_of(w.buf + first, w.len - first), true, &status), 0);
	assert_int_equal(status, SEC_I_CONTINUE_NEEDED);
	talk_close(t);

	/* without a place to tell of them, bytes behind a request are refused */
	t = talk_new(true);
	(void)left_over(t, wr_view(&w), false, &status);
	assert_int_equal(status, SEC_E_INVALID_TOKEN);
	talk_close(t);
}

/* ---- what peers may and may not say ---- */

static void s02_a_servers_nonce_means_nothing_to_a_client(void **state)
{
	static const uint8_t bytes[64];
	static const size_t lengths[] = { 0, 1, 31, 32, 33, 64 };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct talk *t = talk_new(false);
		assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
		t->peer.received++; /* the pubKeyAuth that nobody looked at */
		struct ts_request r = with_binding(request_of(t, 6), right_binding(t, 6));
		r.has_nonce = true;
		r.nonce = rd_of(bytes, lengths[i]);
		assert_int_equal(say(t, r), SEC_E_OK);
		assert_memory_equal(t->said.nonce.p, t->nonce, TS_NONCE_LEN);
		talk_close(t);
	}
}

/* ---- what a caller vouches for ---- */

/* Like say, with four bytes of CREDSSP_SERVER_AUTH_* in a PKG_PARAMS buffer. */
static NTSTATUS vouch(struct talk *t, struct ts_request request, uint32_t bits, ULONG n)
{
	CLEANUP(wr_done) struct wr w = WR(TS_REQUEST_MAX);
	uint8_t params[5] = { (uint8_t)bits };
	SecBuffer in[3] = { { 0, SECBUFFER_TOKEN, NULL },
			    t->side.more_input,
			    { n, SECBUFFER_PKG_PARAMS, params } };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_list = { SECBUFFER_VERSION, 3, in },
		      out_list = { SECBUFFER_VERSION, 1, &out };
	LSA_SEC_HANDLE context = t->side.context;
	SecBuffer packed = { 0 };
	BOOLEAN mapped;

	ts_request_write(&w, &request);
	in[0].pvBuffer = w.buf;
	in[0].cbBuffer = (ULONG)w.len;
	NTSTATUS status = t->side.lsa->InitLsaModeContext(
		t->side.credential, context, NULL, t->side.requirements, 0, &in_list, &context,
		&out_list, &t->side.attributes, &t->side.expiry, &mapped, &packed);
	wr_reset(&t->out);
	if (out.pvBuffer) {
		wr_bytes(&t->out, out.pvBuffer, out.cbBuffer);
		block_free(out.pvBuffer);
		atomic_fetch_sub(&fake_host.heap, 1);
	}
	return status;
}

/* A client whose caller vouches with its last call. */
static struct talk *vouched(bool fresh, ULONG more, uint32_t bits, ULONG n, NTSTATUS *status)
{
	struct talk *t = talk_new(false);

	if (!fresh) { /* default credentials, which are the LSA's */
		fake_host.standard = (struct fake_account){ "LAB", "alice", "S3cret!pw" };
		assert_int_equal(t->side.lsa->FreeCredentialsHandle(t->side.credential), SEC_E_OK);
		assert_int_equal(fake_side_open(&t->side, &tsssp_module, NULL), SEC_E_OK);
	}
	t->side.requirements |= more;
	assert_int_equal(client_to_binding(t, 6), SEC_I_CONTINUE_NEEDED);
	t->peer.received++; /* the pubKeyAuth that nobody looked at */
	*status = vouch(t, with_binding(request_of(t, 6), right_binding(t, 6)), bits, n);
	return t;
}

static ULONG server_auth_flags(struct talk *t)
{
	SecPkgContext_Flags flags = { 0 };
	assert_int_equal(t->side.lsa->QueryContextAttributes(t->side.context,
							     SECPKG_ATTR_SERVER_AUTH_FLAGS, &flags),
			 SEC_E_OK);
	return flags.Flags;
}

static void a_vouched_certificate_counts_for_the_callers_own_credentials(void **state)
{
	NTSTATUS status;
	struct talk *t =
		vouched(true, ISC_REQ_MUTUAL_AUTH, CREDSSP_SERVER_AUTH_CERTIFICATE, 4, &status);

	assert_int_equal(status, SEC_E_OK);
	assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_FRESH);
	assert_true(mock_mech.mutual);
	assert_true(t->side.attributes & ISC_RET_MUTUAL_AUTH);
	assert_int_equal(server_auth_flags(t), CREDSSP_SERVER_AUTH_CERTIFICATE);
	talk_close(t);
}

static void a_vouched_certificate_frees_no_default_credentials(void **state)
{
	NTSTATUS status;
	struct talk *t = vouched(false, 0, CREDSSP_SERVER_AUTH_CERTIFICATE, 4, &status);

	assert_int_equal(status, SEC_E_OK);
	assert_int_equal(mock_mech.class, OPENSSPI_DELEGATE_DEFAULT);
	assert_false(mock_mech.mutual);
	talk_close(t);
}

static void other_words_about_the_server_count_for_nothing(void **state)
{
	static const struct {
		uint32_t bits;
		ULONG n;
	} rows[] = {
		{ CREDSSP_SERVER_AUTH_NEGOTIATE | CREDSSP_SERVER_AUTH_LOOPBACK, 4 },
		{ CREDSSP_SERVER_AUTH_CERTIFICATE, 3 },
		{ CREDSSP_SERVER_AUTH_CERTIFICATE, 5 },
		{ 0, 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		NTSTATUS status;
		struct talk *t =
			vouched(true, ISC_REQ_MUTUAL_AUTH, rows[i].bits, rows[i].n, &status);
		assert_int_equal(status, SEC_E_MUTUAL_AUTH_FAILED);
		assert_int_equal(t->out.len, 0);
		talk_close(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_without_room_waits_and_nothing_is_done_twice),
		cmocka_unit_test(allocating_does_not_stick_from_the_first_call),
		cmocka_unit_test(s38_several_requests_in_one_token_are_taken_one_by_one),
		cmocka_unit_test(s02_a_servers_nonce_means_nothing_to_a_client),
		cmocka_unit_test(a_vouched_certificate_counts_for_the_callers_own_credentials),
		cmocka_unit_test(a_vouched_certificate_frees_no_default_credentials),
		cmocka_unit_test(other_words_about_the_server_count_for_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
