/* inproc/inproc.h - the channel to an LSA in the same process, plain or through the codec.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_INPROC_INPROC_H
#define OPENSSPI_INPROC_INPROC_H

#include "base/base.h"
#include "ipc/calls.h"
#include "lsa/lsa.h"

/* A channel that is one client of `lsa`, which must outlive it. With `codec` every request and reply
 * is encoded and decoded on its way, as if there were a socket between. NULL when memory is short.
 * Release it with channel->ops->free. */
MUST_CHECK struct channel *inproc_channel_new(struct lsa *lsa, bool codec);

#endif
