/* tests/unit/test_frame.c - the frames between programs and lsad: what is one, and what is none.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "ipc/calls.h"
#include "ipc/frame.h"

static bool reads(uint32_t kind, uint32_t size)
{
	const struct frame_head head = { .size = size, .kind = kind, .id = 7, .what = 9 };
	uint8_t bytes[FRAME_HEAD_LEN];
	struct frame_head back;

	frame_write_head(bytes, &head);
	if (!frame_read_head(bytes, &back))
		return false;
	assert_memory_equal(&head, &back, sizeof(head));
	return true;
}

static void heads_come_back_as_they_were_written(void **state)
{
	for (uint32_t kind = FRAME_HELLO; kind < FRAME_KINDS; kind++) {
		assert_true(reads(kind, 0));
		assert_true(reads(kind, FRAME_HELLO_MAX));
	}
	assert_true(reads(FRAME_CALL, IPC_BYTES_MAX));
	assert_true(reads(FRAME_REPLY, IPC_BYTES_MAX));
	assert_true(reads(FRAME_MEMORY, FRAME_MEMORY_MAX + 12));
}

static void kinds_that_are_none_are_refused(void **state)
{
	const uint32_t bad[] = { 0, FRAME_KINDS, 255, 0x01000000, UINT32_MAX };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(reads(bad[i], 0));
}

static void s47_payloads_too_large_for_their_kind_are_refused(void **state)
{
	assert_false(reads(FRAME_HELLO, FRAME_HELLO_MAX + 1));
	assert_false(reads(FRAME_WELCOME, UINT32_MAX));
	assert_false(reads(FRAME_CALL, IPC_BYTES_MAX + 1));
	assert_false(reads(FRAME_REPLY, UINT32_MAX));
	assert_false(reads(FRAME_MEMORY, FRAME_MEMORY_MAX + FRAME_MEMORY_HEAD + 1));
	assert_false(reads(FRAME_MEMORY_REPLY, 2 * FRAME_MEMORY_MAX));
}

static void a_greeting_is_these_words_and_no_more(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(FRAME_HELLO_MAX);
	frame_write_hello(&w);
	assert_true(frame_is_hello(wr_view(&w)));
	for (size_t n = 0; n < w.len; n++)
		assert_false(frame_is_hello(rd_of(w.buf, n)));
	wr_u8(&w, 0);
	assert_false(frame_is_hello(wr_view(&w)));
	w.len--;
	w.buf[3] ^= 1;
	assert_false(frame_is_hello(wr_view(&w)));
}

static void questions_say_where_and_how_much(void **state)
{
	const struct frame_memory_call asked = { UINT64_C(0x123456789ABC), 5, rd_of("bytes", 5) };
	CLEANUP(wr_done) struct wr w = WR(64);
	struct frame_memory_call read;

	frame_write_memory(&w, &asked);
	assert_true(frame_read_memory(wr_view(&w), FRAME_COPY_TO, &read));
	assert_true(read.address == asked.address && read.size == 5 && read.bytes.n == 5);
	assert_memory_equal(read.bytes.p, "bytes", 5);
	for (size_t n = 0; n < w.len; n++)
		assert_false(frame_read_memory(rd_of(w.buf, n), FRAME_COPY_TO, &read));
	assert_false(frame_read_memory(wr_view(&w), FRAME_COPY_FROM, &read)); /* bytes left over */
}

static void questions_for_too_much_are_refused(void **state)
{
	struct frame_memory_call asked = { 1, FRAME_MEMORY_MAX, { 0 } }, read;
	CLEANUP(wr_done) struct wr w = WR(64);

	frame_write_memory(&w, &asked);
	assert_true(frame_read_memory(wr_view(&w), FRAME_COPY_FROM, &read));
	wr_reset(&w);
	asked.size++;
	frame_write_memory(&w, &asked);
	assert_false(frame_read_memory(wr_view(&w), FRAME_COPY_FROM, &read));
	assert_false(frame_read_memory(wr_view(&w), FRAME_ALLOCATE, &read));
}

static void calls_back_say_what_and_for_whom(void **state)
{
	const struct frame_call_back asked = { 7, 0x4B455242, { 1, UINT64_MAX }, rd_of("input", 5) };
	CLEANUP(wr_done) struct wr w = WR(64);
	struct frame_call_back read;

	frame_write_call_back(&w, &asked);
	assert_true(frame_read_call_back(wr_view(&w), &read));
	assert_true(read.call == 7 && read.function == 0x4B455242 && read.argument[0] == 1 &&
		    read.argument[1] == UINT64_MAX);
	assert_true(read.input.n == 5 && memcmp(read.input.p, "input", 5) == 0);
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(frame_read_call_back(rd_of(w.buf, n), &read), n >= 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_come_back_as_they_were_written),
		cmocka_unit_test(kinds_that_are_none_are_refused),
		cmocka_unit_test(s47_payloads_too_large_for_their_kind_are_refused),
		cmocka_unit_test(a_greeting_is_these_words_and_no_more),
		cmocka_unit_test(questions_say_where_and_how_much),
		cmocka_unit_test(calls_back_say_what_and_for_whom),
		cmocka_unit_test(questions_for_too_much_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
