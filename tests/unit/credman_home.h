/* tests/unit/credman_home.h - a credential set in a folder of its own, gone with the test.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TEST_CREDMAN_HOME_H
#define OPENSSPI_TEST_CREDMAN_HOME_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "credman/credman.h"
#include "credman/rules.h"

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })
#define NONE ((struct utf16){ NULL, 0 })
#define CERTIFICATE_USER "@@BAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct home {
	char folder[64], text[4][128];
	struct credman_places places;
	struct credman *m;
};

static inline UNUSED int home_open(void **state)
{
	static const char *const names[] = { "vault.db", "vault.key", "session.db", "session.key" };
	struct home *h = mem_alloc(sizeof(*h));

	memcpy(h->folder, "/tmp/credman-XXXXXX", 20);
	assert_non_null(mkdtemp(h->folder));
	for (size_t i = 0; i < 4; i++)
		snprintf(h->text[i], sizeof(h->text[i]), "%s/%s", h->folder, names[i]);
	h->places = (struct credman_places){ h->text[0], h->text[1], h->text[2], h->text[3] };
	assert_int_equal(credman_new(&h->places, &h->m), STATUS_SUCCESS);
	*state = h;
	return 0;
}

static inline UNUSED int home_close(void **state)
{
	struct home *h = *state;
	char command[128];

	credman_free(h->m);
	snprintf(command, sizeof(command), "rm -rf %s", h->folder);
	assert_int_equal(system(command), 0);
	mem_free(h);
	return 0;
}

/* As another process would find it. */
static inline UNUSED void home_again(struct home *h)
{
	credman_free(h->m);
	assert_int_equal(credman_new(&h->places, &h->m), STATUS_SUCCESS);
}

/* The session ends. */
static inline UNUSED void home_logoff(struct home *h)
{
	credman_free(h->m);
	unlink(h->text[2]);
	unlink(h->text[3]);
	assert_int_equal(credman_new(&h->places, &h->m), STATUS_SUCCESS);
}

static inline UNUSED struct credential_view generic(struct utf16 target, const char *secret)
{
	return (struct credential_view){ .type = CRED_TYPE_GENERIC,
					 .persist = CRED_PERSIST_LOCAL_MACHINE,
					 .target = target,
					 .user = T("alice"),
					 .blob = rd_of(secret, strlen(secret)) };
}

static inline UNUSED struct credential_view domain(struct utf16 target)
{
	return (struct credential_view){ .type = CRED_TYPE_DOMAIN_PASSWORD,
					 .persist = CRED_PERSIST_LOCAL_MACHINE,
					 .target = target,
					 .user = T("LAB\\alice"),
					 .blob = rd_of("p\0w\0", 4) };
}

static inline UNUSED struct credential_view extended(struct utf16 target, struct utf16 user)
{
	struct credential_view c = domain(target);

	c.type = CRED_TYPE_DOMAIN_EXTENDED;
	c.user = user;
	return c;
}

static inline UNUSED void write_it(struct home *h, struct credential_view c)
{
	assert_int_equal(credman_write(h->m, &c, false), STATUS_SUCCESS);
}

/* Its flags; UINT32_MAX when there is none. */
static inline UNUSED uint32_t flags_of(struct home *h, struct utf16 target, uint32_t type)
{
	struct credential *c = NULL;

	if (failed(credman_read(h->m, target, type, &c)))
		return UINT32_MAX;
	uint32_t flags = c->view.flags;
	credential_unref(c);
	return flags;
}

static inline UNUSED void assert_blob(struct home *h, struct utf16 target, const char *secret)
{
	struct credential *c = NULL;

	assert_int_equal(credman_read(h->m, target, CRED_TYPE_GENERIC, &c), STATUS_SUCCESS);
	assert_int_equal(c->view.blob.n, strlen(secret));
	assert_memory_equal(c->view.blob.p, secret, strlen(secret));
	credential_unref(c);
}

static inline UNUSED size_t listed(struct home *h, struct utf16 filter, bool all)
{
	CLEANUP(credential_list_done) struct credential_list l = { 0 };

	return failed(credman_enumerate(h->m, filter, all, &l)) ? 0 : l.count;
}

#endif
