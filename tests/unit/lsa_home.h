/* tests/unit/lsa_home.h - an LSA with the mock package, a credential set, and a call of its client.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_TEST_LSA_HOME_H
#define OPENSSPI_TEST_LSA_HOME_H

#include "mock_package.h"

#include <ntsecapi.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/block.h"
#include "base/utf.h"
#include "credman/credman.h"
#include "credman/rules.h"
#include "inproc/inproc.h"
#include "lsa/call.h"
#include "lsa/state.h"

#define W(s) ((WCHAR *)(uintptr_t)OPENSSPI_WIDE(s))
#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })
#define IN_LSA CREDP_FLAGS_IN_PROCESS

static struct home {
	char folder[64], text[4][128];
	struct credman *set;
	struct userhalves *halves;
	struct lsa *lsa;
	struct channel *channel; /* its client is the one that is calling */
	struct frame frame;
	LUID own;
	const LSA_SECPKG_FUNCTION_TABLE *table;
} h;

static int home_open(void **state)
{
	static const char *const names[] = { "vault.db", "vault.key", "session.db", "session.key" };
	static const struct package_module *const modules[] = { &mock_whole_module, NULL };

	mock = (struct mock_state){ .last_use = 0 };
	h = (struct home){ .folder = "/tmp/opensspi-table-XXXXXX" };
	assert_non_null(mkdtemp(h.folder));
	setenv("OPENSSPI_HOME", h.folder, 1);
	for (size_t i = 0; i < 4; i++)
		snprintf(h.text[i], sizeof(h.text[i]), "%s/%s", h.folder, names[i]);
	const struct credman_places places = { h.text[0], h.text[1], h.text[2], h.text[3] };
	assert_int_equal(credman_new(&places, &h.set), STATUS_SUCCESS);
	assert_int_equal(userhalves_new(modules, &h.halves), STATUS_SUCCESS);
	const struct lsa_setup setup = { .modules = modules,
					 .userhalves = h.halves,
					 .credman = h.set };
	assert_int_equal(lsa_new(&setup, &h.lsa), STATUS_SUCCESS);
	h.channel = inproc_channel_new(h.lsa, false);
	assert_non_null(h.channel);
	h.own = session_own(h.lsa->clients);
	h.table = mock.table;
	call_enter(&h.frame, h.lsa, h.lsa->clients, h.lsa->host.package[0]);
	return 0;
}

static int home_close(void **state)
{
	char command[128];

	call_leave(&h.frame);
	h.channel->ops->free(h.channel);
	lsa_free(h.lsa);
	userhalves_free(h.halves);
	credman_free(h.set);
	snprintf(command, sizeof(command), "rm -rf '%s'", h.folder);
	assert_int_equal(system(command), 0);
	return 0;
}

#endif
