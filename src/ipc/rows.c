/* ipc/rows.c - see ipc/rows.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "ipc/parts.h"
#include "ipc/rows.h"

void row_put_nothing(struct wr *w, const void *v)
{
	(void)w;
	(void)v;
}

bool row_take_nothing(struct rd r, void *out)
{
	(void)out;
	return rd_empty(r);
}

void row_nothing_done(void *v)
{
	(void)v;
}

void row_put_owned(struct wr *w, const void *v)
{
	put_owned(w, v);
}

bool row_take_owned(struct rd r, void *out)
{
	return take_owned(&r, 1, out) && rd_empty(r);
}

void row_owned_done(void *v)
{
	owned_done(v);
}
