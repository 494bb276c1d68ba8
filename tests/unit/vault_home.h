/* tests/unit/vault_home.h - a vault in a folder of its own, gone with the test.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TEST_VAULT_HOME_H
#define OPENSSPI_TEST_VAULT_HOME_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault/vault.h"

struct vault_home {
	char folder[64], path[96], key[96], copy[96];
	struct vault *v;
	struct vault_fault fault;
};

static inline UNUSED struct vault_options home_options(struct vault_home *h, uint32_t flags)
{
	return (struct vault_options){ .path = h->path,
				       .key_file = h->key,
				       .flags = flags,
				       .wait_ms = 2000,
				       .fault = &h->fault };
}

static inline UNUSED NTSTATUS home_open(struct vault_home *h, uint32_t flags)
{
	struct vault_options o = home_options(h, flags);
	return vault_open(&o, &h->v);
}

static inline UNUSED void home_close(struct vault_home *h)
{
	vault_close(h->v);
	h->v = NULL;
}

static inline UNUSED int home_setup(void **state)
{
	struct vault_home *h = mem_alloc(sizeof(*h));

	if (!h)
		return -1;
	snprintf(h->folder, sizeof(h->folder), "/tmp/opensspi-test-XXXXXX");
	if (!mkdtemp(h->folder))
		return -1;
	snprintf(h->path, sizeof(h->path), "%s/data/vault.db", h->folder);
	snprintf(h->key, sizeof(h->key), "%s/etc/vault.key", h->folder);
	snprintf(h->copy, sizeof(h->copy), "%s/copy", h->folder);
	*state = h;
	return home_open(h, VAULT_CREATE);
}

static inline UNUSED int home_teardown(void **state)
{
	struct vault_home *h = *state;
	char command[128];

	home_close(h);
	snprintf(command, sizeof(command), "rm -rf '%s'", h->folder);
	int failed_to = system(command);
	mem_free(h);
	return failed_to;
}

/* An ASCII name in set 0, type 1; good until the next but eight. */
static inline UNUSED struct vault_name named(const char *ascii)
{
	static _Thread_local WCHAR text[8][256];
	static _Thread_local unsigned turn;
	WCHAR *p = text[turn++ % 8];
	size_t n = 0;

	for (; ascii[n]; n++)
		p[n] = (WCHAR)ascii[n];
	return (struct vault_name){ .set = 0, .type = 1, .target = { p, n } };
}

static inline UNUSED NTSTATUS put_text(struct vault *v, const char *name, const char *value)
{
	struct vault_name n = named(name);
	return vault_put(v, &n, rd_of(value, strlen(value)));
}

/* 1: the record holds that text; 0: it holds another; or the status. */
static inline UNUSED NTSTATUS has_text(struct vault *v, const char *name, const char *value)
{
	CLEANUP(secret_free_p) struct secret *s = NULL;
	struct vault_name n = named(name);
	NTSTATUS status = vault_get(v, &n, &s);

	if (failed(status))
		return status;
	return s->len == strlen(value) && memcmp(s->p, value, s->len) == 0;
}

static inline UNUSED struct secret *secret_text(const char *text)
{
	return secret_copy(text, strlen(text));
}

/* How many times the bytes occur in a file; -1 when it cannot be read. */
static inline UNUSED int times_in_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "rb");
	static uint8_t all[4 << 20];
	int times = 0;

	if (!f)
		return -1;
	size_t size = fread(all, 1, sizeof(all), f);
	fclose(f);
	for (size_t i = 0; i + n <= size; i++)
		times += memcmp(all + i, bytes, n) == 0;
	return times;
}

#endif
