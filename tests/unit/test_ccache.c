/* tests/unit/test_ccache.c - ticket caches and keytabs as bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "wire/ccache.h"
#include "wire/keytab.h"

#define BYTES_OF(s)                                                                                \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static const struct ccache_name alice = { 1, BYTES_OF("EXAMPLE.COM"), 1, { BYTES_OF("alice") } };
static const struct ccache_name tgs = {
	2, BYTES_OF("EXAMPLE.COM"), 2, { BYTES_OF("krbtgt"), BYTES_OF("EXAMPLE.COM") }
};
static const struct ccache_name web = {
	3, BYTES_OF(""), 2, { BYTES_OF("HTTP"), BYTES_OF("web.example.com") }
};

static bool same(struct rd a, struct rd b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool same_name(const struct ccache_name *a, const struct ccache_name *b)
{
	if (a->type != b->type || a->count != b->count || !same(a->realm, b->realm))
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!same(a->part[i], b->part[i]))
			return false;
	return true;
}

static struct ccache_ticket ticket_for(const struct ccache_name *server)
{
	return (struct ccache_ticket){ .client = alice,
				       .server = *server,
				       .enctype = 18,
				       .key = rd_of("0123456789abcdef0123456789abcdef", 32),
				       .authtime = 1,
				       .start = 2,
				       .end = 0xFEDCBA98,
				       .renew = 4,
				       .flags = 0x40E10000,
				       .ticket = rd_of("a ticket", 8) };
}

static void write_cache(struct wr *w)
{
	struct ccache_ticket tgt = ticket_for(&tgs), http = ticket_for(&web);

	http.is_skey = true;
	http.second = rd_of("another", 7);
	ccache_write_owner(w, &alice);
	ccache_write_ticket(w, &tgt);
	ccache_write_ticket(w, &http);
	assert_true(wr_ok(w));
}

static void a_cache_comes_back_as_it_was_written(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	const struct ccache_ticket tgt = ticket_for(&tgs);
	struct ccache_ticket t;
	struct ccache c;

	write_cache(&w);
	assert_true(ccache_open(wr_view(&w), &c));
	assert_true(same_name(&c.owner, &alice));
	assert_true(ccache_next(&c, &t));
	assert_true(same_name(&t.client, &alice) && same_name(&t.server, &tgs));
	assert_true(t.enctype == 18 && same(t.key, tgt.key) && same(t.ticket, tgt.ticket));
	assert_true(t.authtime == 1 && t.start == 2 && t.end == 0xFEDCBA98 && t.renew == 4);
	assert_true(t.flags == 0x40E10000 && !t.is_skey && rd_empty(t.second));
	assert_true(ccache_next(&c, &t));
	assert_true(same_name(&t.server, &web) && t.is_skey && t.second.n == 7);
	assert_true(rd_empty(c.rest));
	assert_false(ccache_next(&c, &t));
}

/* True when all of it is one. */
static bool reads_cache(struct rd bytes)
{
	struct ccache_ticket t;
	struct ccache c;

	if (!ccache_open(bytes, &c))
		return false;
	while (!rd_empty(c.rest))
		if (!ccache_next(&c, &t))
			return false;
	return true;
}

static void every_truncation_of_a_cache_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr whole = WR(4096), owner = WR(4096), one = WR(4096);
	const struct ccache_ticket tgt = ticket_for(&tgs);

	ccache_write_owner(&owner, &alice);
	ccache_write_owner(&one, &alice);
	ccache_write_ticket(&one, &tgt);
	write_cache(&whole);
	for (size_t n = 0; n < whole.len; n++) {
		/* a copy of its own, so that a byte too far is seen */
		uint8_t *copy = mem_dup(whole.buf, n ? n : 1);
		assert_int_equal(reads_cache(rd_of(copy, n)), n == owner.len || n == one.len);
		mem_free(copy);
	}
}

static void s47_every_single_byte_may_change_safely(void **state)
{
	CLEANUP(wr_done) struct wr cache = WR(4096);

	write_cache(&cache);
	for (size_t i = 0; i < cache.len; i++)
		for (unsigned change = 1; change < 256; change <<= 1) {
			cache.buf[i] ^= (uint8_t)change;
			(void)!reads_cache(wr_view(&cache));
			cache.buf[i] ^= (uint8_t)change;
		}
	assert_true(reads_cache(wr_view(&cache)));
}

/* A header of fields, addresses and authorization data, as MIT writes them. */
static void what_others_write_is_passed_over(void **state)
{
	static const uint8_t lists[] = { 0, 0, 0, 2, 0,	  2, 0, 0, 0, 4, 127,
					 0, 0, 1, 0, 2,	  0, 0, 0, 0,	    /* two addresses */
					 0, 0, 0, 1, 0,	  1, 0, 0, 0, 1, 7, /* one datum */
					 0, 0, 0, 1, 't', 0, 0, 0, 0 };
	CLEANUP(wr_done) struct wr plain = WR(4096), w = WR(4096);
	const struct ccache_ticket tgt = ticket_for(&tgs);
	struct ccache_ticket t;
	struct ccache c;

	ccache_write_owner(&plain, &alice);
	wr_u16be(&w, 0x0504);
	wr_u16be(&w, 12);
	wr_bytes(&w, "\0\1\0\10\0\0\0\0\0\0\0\0", 12);
	wr_bytes(&w, plain.buf + 4, plain.len - 4);
	size_t head = w.len;
	ccache_write_ticket(&w, &tgt);
	w.len -= 8 + 4 + 8 + 4; /* the lists, the ticket and the second */
	wr_bytes(&w, lists, sizeof(lists));
	assert_true(ccache_open(wr_view(&w), &c) && c.rest.n == w.len - head);
	assert_true(ccache_next(&c, &t) && same(t.ticket, rd_of("t", 1)));
	assert_true(rd_empty(c.rest));
}

static void other_versions_and_names_that_are_too_long_are_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct ccache_name many = alice;
	struct ccache c;
	struct rd rest;

	write_cache(&w);
	for (unsigned version = 1; version < 7; version++) {
		w.buf[1] = (uint8_t)version;
		assert_int_equal(ccache_open(wr_view(&w), &c), version == 4);
		assert_int_equal(keytab_open(wr_view(&w), &rest), version == 2);
	}
	wr_reset(&w);
	many.count = CCACHE_PARTS_MAX;
	for (uint32_t i = 0; i < many.count; i++)
		many.part[i] = rd_of("x", 1);
	ccache_write_owner(&w, &many);
	assert_true(wr_ok(&w) && ccache_open(wr_view(&w), &c));
	w.buf[11]++; /* one part more */
	assert_false(ccache_open(wr_view(&w), &c));
	many.count++;
	ccache_write_owner(&w, &many);
	assert_false(wr_ok(&w));
}

/* ---- keytabs ---- */

static struct keytab_entry entry_of(const struct ccache_name *name, uint32_t version)
{
	return (struct keytab_entry){ .name = *name,
				      .time = 99,
				      .version = version,
				      .enctype = 17,
				      .key = rd_of("0123456789abcdef", 16) };
}

static size_t count_keys(struct rd bytes, struct keytab_entry *last)
{
	size_t count = 0;
	bool is_entry;
	struct rd rest;

	if (!keytab_open(bytes, &rest))
		return SIZE_MAX;
	while (!rd_empty(rest)) {
		if (!keytab_next(&rest, last, &is_entry))
			return SIZE_MAX;
		count += is_entry;
	}
	return count;
}

static void keys_come_back_as_they_were_written(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	const struct keytab_entry first = entry_of(&web, 3), second = entry_of(&alice, 1000);
	struct keytab_entry e;

	keytab_write_head(&w);
	assert_int_equal(count_keys(wr_view(&w), &e), 0);
	keytab_write_entry(&w, &first);
	assert_int_equal(count_keys(wr_view(&w), &e), 1);
	assert_true(same_name(&e.name, &web) && e.version == 3 && e.enctype == 17 && e.time == 99);
	assert_true(same(e.key, first.key));
	keytab_write_entry(&w, &second);
	assert_int_equal(count_keys(wr_view(&w), &e), 2);
	assert_true(same_name(&e.name, &alice) && e.version == 1000);
}

static void every_truncation_of_a_keytab_is_refused(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	const struct keytab_entry first = entry_of(&web, 3);
	struct keytab_entry e;

	keytab_write_head(&w);
	keytab_write_entry(&w, &first);
	for (size_t n = 0; n < w.len; n++) {
		uint8_t *copy = mem_dup(w.buf, n ? n : 1);
		assert_int_equal(count_keys(rd_of(copy, n), &e), n == 2 ? 0 : SIZE_MAX);
		mem_free(copy);
	}
	for (size_t i = 0; i < w.len; i++)
		for (unsigned change = 1; change < 256; change <<= 1) {
			w.buf[i] ^= (uint8_t)change;
			(void)count_keys(wr_view(&w), &e);
			w.buf[i] ^= (uint8_t)change;
		}
}

static void holes_and_the_end_are_passed_over(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	const struct keytab_entry first = entry_of(&web, 3);
	struct keytab_entry e;

	keytab_write_head(&w);
	wr_u32be(&w, 0 - 5u); /* five bytes that were an entry */
	wr_bytes(&w, "gone!", 5);
	keytab_write_entry(&w, &first);
	wr_u32be(&w, 0);
	wr_bytes(&w, "whatever", 8);
	assert_int_equal(count_keys(wr_view(&w), &e), 1);
	wr_reset(&w);
	keytab_write_head(&w);
	wr_u32be(&w, 0x80000000);
	assert_int_equal(count_keys(wr_view(&w), &e), SIZE_MAX);
}

/* The version in a byte alone, as older programs write it. */
static void a_version_may_be_short(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096);
	const struct keytab_entry first = entry_of(&alice, 0x1234);
	struct keytab_entry e;

	keytab_write_head(&w);
	keytab_write_entry(&w, &first);
	w.len -= 4;
	w.buf[5] -= 4;
	assert_int_equal(count_keys(wr_view(&w), &e), 1);
	assert_int_equal(e.version, 0x34);
	wr_u32be(&w, 0); /* and where it is nothing, the byte counts */
	w.buf[5] += 4;
	assert_int_equal(count_keys(wr_view(&w), &e), 1);
	assert_int_equal(e.version, 0x34);
}

static void a_key_too_long_for_its_count_cannot_be_written(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(1 << 20);
	struct keytab_entry e = entry_of(&alice, 1);
	uint8_t *key = mem_alloc(UINT16_MAX + 1);

	e.key = rd_of(key, UINT16_MAX + 1);
	keytab_write_head(&w);
	keytab_write_entry(&w, &e);
	assert_false(wr_ok(&w));
	mem_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cache_comes_back_as_it_was_written),
		cmocka_unit_test(every_truncation_of_a_cache_is_refused),
		cmocka_unit_test(s47_every_single_byte_may_change_safely),
		cmocka_unit_test(what_others_write_is_passed_over),
		cmocka_unit_test(other_versions_and_names_that_are_too_long_are_refused),
		cmocka_unit_test(keys_come_back_as_they_were_written),
		cmocka_unit_test(every_truncation_of_a_keytab_is_refused),
		cmocka_unit_test(holes_and_the_end_are_passed_over),
		cmocka_unit_test(a_version_may_be_short),
		cmocka_unit_test(a_key_too_long_for_its_count_cannot_be_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
