/* winbind/module.c - the door of opensspi-winbind.so.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "winbind/authenticate.h"

static const struct winbind_ops ops = {
	.is_reachable = winbind_is_reachable,
	.is_called = winbind_is_called,
	.authenticate = winbind_authenticate,
	.done = winbind_answer_done,
};

__attribute__((visibility("default"))) const void *
opensspi_winbind_module(const struct part_host *host)
{
	return part_borrow(host) ? &ops : NULL;
}
