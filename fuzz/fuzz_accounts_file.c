/* fuzz/fuzz_accounts_file.c - arbitrary bytes as an accounts file.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is accepted must read the same after it was written. */
#include "base/base.h"

#include "accounts/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct accounts *a, const struct accounts *b)
{
	if (a->count != b->count)
		abort();
	for (size_t i = 0; i < a->count; i++) {
		const struct account *x = a->row[i], *y = b->row[i];
		if (strcmp(x->domain, y->domain) != 0 || strcmp(x->user, y->user) != 0 ||
		    x->flags != y->flags || x->expires != y->expires ||
		    !secret_equal(x->hash, y->hash) || accounts_find(a, x->key, x->key_n) != x)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(accounts_free_p) struct accounts *t = NULL;
	CLEANUP(accounts_free_p) struct accounts *again = NULL;
	struct accounts_fault fault;
	size_t n;

	if (failed(accounts_parse((const char *)data, size, &t, &fault))) {
		if (t || !fault.reason)
			abort();
		return 0;
	}
	char *text = accounts_text(t, &n);
	if (!text || failed(accounts_parse(text, n, &again, &fault)))
		abort();
	compare(t, again);
	mem_free_wiped(text, n);
	return 0;
}
