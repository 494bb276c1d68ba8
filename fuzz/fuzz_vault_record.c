/* fuzz/fuzz_vault_record.c - arbitrary bytes as an opened record, and as a sealed one.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is accepted must read the same after it was written; nothing opens that was not sealed. */
#include "base/base.h"

#include "vault/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vault_keys keys;

static void prepare(void)
{
	static const uint8_t identity[VAULT_IDENTITY_LEN];
	CLEANUP(secret_free_p) struct secret *data = secret_new(SEAL_KEY_LEN);

	if (!keys.data && (!data || !keys_set(&keys, data, 1, identity)))
		abort();
}

static void same(const struct vault_record *a, const struct vault_record *b)
{
	if (a->name.set != b->name.set || a->name.type != b->name.type ||
	    a->name.target.n != b->name.target.n || a->value.n != b->value.n)
		abort();
	if (a->name.target.n &&
	    memcmp(a->name.target.p, b->name.target.p, 2 * a->name.target.n) != 0)
		abort();
	if (a->value.n && memcmp(a->value.p, b->value.p, a->value.n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(mem_free_p) uint8_t *aligned = mem_alloc(size + 1), *plain = mem_alloc(size + 1);
	struct vault_record r = { 0 }, again = { 0 };
	CLEANUP(wr_done) struct wr w = WR(RECORD_BYTES_MAX);

	prepare();
	if (!aligned || !plain)
		abort();
	if (size)
		memcpy(aligned, data, size);
	if (record_open(&keys, rd_of(aligned, size), plain, &r))
		abort();
	if (!record_parse(rd_of(aligned, size), &r))
		return 0;
	if (!record_id(&keys, &r.name, r.id))
		abort();
	record_write(&w, &r.name, r.value);
	if (!wr_ok(&w) || !record_parse(wr_view(&w), &again))
		abort();
	same(&r, &again);
	return 0;
}
