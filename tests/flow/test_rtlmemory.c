/* tests/flow/test_rtlmemory.c - RtlEncryptMemory and RtlDecryptMemory: their options, lengths, and what
 * they are good for.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <ntsecapi.h>
#include <sys/mman.h>
#include <unistd.h>

static const ULONG options[] = { 0, RTL_ENCRYPT_OPTION_CROSS_PROCESS, RTL_ENCRYPT_OPTION_SAME_LOGON,
				 RTL_ENCRYPT_OPTION_FOR_SYSTEM };
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + n);
}

static void every_length_comes_back_under_its_own_option(void **state)
{
	static uint8_t p[4096 + 16], copy[sizeof(p)];
	(void)state;
	for (size_t o = 0; o < OPTIONS; o++)
		for (ULONG n = 8; n <= 4096; n = n < 64 ? n + 8 : n * 2) {
			fill(p, sizeof(p));
			fill(copy, sizeof(p));
			assert_int_equal(RtlEncryptMemory(p, n, options[o]), STATUS_SUCCESS);
			assert_memory_not_equal(p, copy, n);
			/* in place, and nothing behind it */
			assert_memory_equal(p + n, copy + n, sizeof(p) - n);
			assert_int_equal(RtlDecryptMemory(p, n, options[o]), STATUS_SUCCESS);
			assert_memory_equal(p, copy, sizeof(p));
		}
}

static void a_buffer_may_lie_anywhere(void **state)
{
	uint8_t p[64], copy[64];
	(void)state;
	for (size_t o = 0; o < OPTIONS; o++)
		for (size_t at = 0; at < 16; at++) {
			fill(p, 64);
			fill(copy, 64);
			assert_int_equal(RtlEncryptMemory(p + at, 24, options[o]), STATUS_SUCCESS);
			assert_memory_equal(p, copy, at);
			assert_memory_not_equal(p + at, copy + at, 24);
			assert_memory_equal(p + at + 24, copy + at + 24, 64 - at - 24);
			/* where it lies is no part of what comes of it */
			memmove(p + 16, p + at, 24);
			assert_int_equal(RtlDecryptMemory(p + 16, 24, options[o]), STATUS_SUCCESS);
			assert_memory_equal(p + 16, copy + at, 24);
		}
}

static void what_is_too_much_for_others_is_refused_untouched(void **state)
{
	const ULONG n = (32u << 20) + 8;
	uint8_t *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	(void)state;
	assert_true(p != MAP_FAILED);
	p[0] = 7;
	for (size_t o = 1; o < OPTIONS; o++) {
		assert_int_equal(RtlEncryptMemory(p, n, options[o]), STATUS_INSUFFICIENT_RESOURCES);
		assert_int_equal(RtlDecryptMemory(p, n, options[o]), STATUS_INSUFFICIENT_RESOURCES);
		assert_int_equal(RtlEncryptMemory(p, UINT32_MAX - 7, options[o]), STATUS_INSUFFICIENT_RESOURCES);
	}
	assert_int_equal(p[0], 7);
	munmap(p, n);
}

static void another_option_garbles(void **state)
{
	(void)state;
	for (size_t a = 0; a < OPTIONS; a++)
		for (size_t b = 0; b < OPTIONS; b++) {
			uint8_t p[32], copy[32];
			fill(p, 32);
			fill(copy, 32);
			assert_int_equal(RtlEncryptMemory(p, 32, options[a]), STATUS_SUCCESS);
			assert_int_equal(RtlDecryptMemory(p, 32, options[b]), STATUS_SUCCESS);
			if (a == b)
				assert_memory_equal(p, copy, 32);
			else
				assert_memory_not_equal(p, copy, 32);
		}
}

static void another_length_garbles(void **state)
{
	uint8_t p[32], copy[32];
	(void)state;
	fill(p, 32);
	fill(copy, 32);
	assert_int_equal(RtlEncryptMemory(p, 32, 0), STATUS_SUCCESS);
	assert_int_equal(RtlDecryptMemory(p, 16, 0), STATUS_SUCCESS);
	assert_memory_not_equal(p, copy, 16);
}

static void lengths_and_options_that_are_none_are_refused(void **state)
{
	uint8_t p[64], copy[64];
	(void)state;
	fill(p, 64);
	fill(copy, 64);
	for (ULONG n = 0; n <= 64; n++) {
		NTSTATUS want = n % RTL_ENCRYPT_MEMORY_SIZE ? STATUS_INVALID_PARAMETER
							    : STATUS_SUCCESS;
		for (size_t o = 0; o < OPTIONS; o++) {
			assert_int_equal(RtlEncryptMemory(p, n, options[o]), want);
			assert_int_equal(RtlDecryptMemory(p, n, options[o]), want);
		}
	}
	/* options exclude each other */
	for (ULONG option = 3; option < 64; option++)
		if (option != RTL_ENCRYPT_OPTION_FOR_SYSTEM)
			assert_int_equal(RtlEncryptMemory(p, 8, option), STATUS_INVALID_PARAMETER);
	assert_int_equal(RtlEncryptMemory(p, 8, 0x80000000), STATUS_INVALID_PARAMETER);
	for (size_t o = 0; o < OPTIONS; o++) {
		assert_int_equal(RtlEncryptMemory(NULL, 8, options[o]), STATUS_INVALID_PARAMETER);
		assert_int_equal(RtlEncryptMemory(NULL, 0, options[o]), STATUS_SUCCESS);
	}
	assert_memory_equal(p, copy, 64);
}

/* How many bytes two buffers have in common at the same place. */
static size_t in_common(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t same = 0;
	for (size_t i = 0; i < n; i++)
		same += a[i] == b[i];
	return same;
}

/* Two secrets whose difference would show through a keystream, were there one. */
static void different_secrets_share_no_keystream(void **state)
{
	(void)state;
	for (size_t o = 0; o < OPTIONS; o++)
		for (size_t bit = 0; bit < 64 * 8; bit += 61) {
			uint8_t a[64] = { 0 }, b[64] = { 0 }, sum[64];
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			memcpy(sum, b, sizeof(sum));
			assert_int_equal(RtlEncryptMemory(a, 64, options[o]), STATUS_SUCCESS);
			assert_int_equal(RtlEncryptMemory(b, 64, options[o]), STATUS_SUCCESS);
			assert_true(in_common(a, b, 64) < 8);
			for (size_t i = 0; i < 64; i++)
				a[i] ^= b[i];
			assert_true(in_common(a, sum, 64) < 8);
		}
}

/* The beginning or end that two secrets have in common does not show either. */
static void what_secrets_have_in_common_does_not_show(void **state)
{
	(void)state;
	for (size_t o = 0; o < OPTIONS; o++) {
		uint8_t a[48], b[48];
		fill(a, 48);
		fill(b, 48);
		b[47] ^= 1;
		assert_int_equal(RtlEncryptMemory(a, 48, options[o]), STATUS_SUCCESS);
		assert_int_equal(RtlEncryptMemory(b, 48, options[o]), STATUS_SUCCESS);
		assert_true(in_common(a, b, 48) < 8);
	}
}

static void a_megabyte_is_no_limit(void **state)
{
	const ULONG n = 2u << 20;
	uint8_t *p = malloc(n), *copy = malloc(n);
	(void)state;
	fill(p, n);
	fill(copy, n);
	for (size_t o = 0; o < OPTIONS; o++) {
		assert_int_equal(RtlEncryptMemory(p, n, options[o]), STATUS_SUCCESS);
		assert_memory_not_equal(p, copy, n);
		assert_int_equal(RtlDecryptMemory(p, n, options[o]), STATUS_SUCCESS);
		assert_memory_equal(p, copy, n);
	}
	free(p);
	free(copy);
}

/* ---- other processes ---- */

static uint8_t (*shared)[32]; /* a buffer for each option */

static void encrypt_there(void)
{
	for (size_t o = 0; o < OPTIONS; o++) {
		fill(shared[o], 32);
		assert_int_equal(RtlEncryptMemory(shared[o], 32, options[o]), STATUS_SUCCESS);
	}
}

static void decrypt_there(void)
{
	for (size_t o = 0; o < OPTIONS; o++) {
		uint8_t copy[32];
		fill(copy, 32);
		assert_int_equal(RtlDecryptMemory(shared[o], 32, options[o]), STATUS_SUCCESS);
		/* one process's own key is another's in the next */
		if (options[o] == 0)
			assert_memory_not_equal(shared[o], copy, 32);
		else
			assert_memory_equal(shared[o], copy, 32);
	}
}

/* The two children are processes that have not used the library before their fork. */
static void another_process_of_the_user_can_open_what_is_for_it(void **state)
{
	(void)state;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	flow_child("", encrypt_there);
	flow_child("", decrypt_there);
	munmap(shared, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: its children must find the library unused */
		cmocka_unit_test(another_process_of_the_user_can_open_what_is_for_it),
		cmocka_unit_test(every_length_comes_back_under_its_own_option),
		cmocka_unit_test(a_buffer_may_lie_anywhere),
		cmocka_unit_test(what_is_too_much_for_others_is_refused_untouched),
		cmocka_unit_test(another_option_garbles),
		cmocka_unit_test(another_length_garbles),
		cmocka_unit_test(lengths_and_options_that_are_none_are_refused),
		cmocka_unit_test(different_secrets_share_no_keystream),
		cmocka_unit_test(what_secrets_have_in_common_does_not_show),
		cmocka_unit_test(a_megabyte_is_no_limit),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
