/* sock/connection.h - one connection to the LSA: whole frames in and out, shared by threads.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SOCK_CONNECTION_H
#define OPENSSPI_SOCK_CONNECTION_H

#include "base/base.h"
#include "ipc/frame.h"
#include "sock/sock.h"

struct connection;

/* Connects, looks who answers and greets. Statuses of sock_channel_new. */
MUST_CHECK NTSTATUS connection_open(const char *path, const struct sock_settings *settings,
				    struct connection **out);

/* References; the last one closes it. */
void connection_ref(struct connection *c);
struct connection *connection_unref(struct connection *c); /* NULL */

/* Whole frames; `head.size` is the payload's. False: the connection is broken, and no whole frame went out.
 * Any thread sends, one at a time receives. What was in `payload` before is wiped. */
MUST_CHECK bool connection_send(struct connection *c, struct frame_head head, struct rd payload);
MUST_CHECK bool connection_receive(struct connection *c, struct frame_head *head,
				   struct wr *payload);

/* Ends it for all threads that use it. */
void connection_end(struct connection *c);

/* In a forked child: lets go of the parent's without ending it. NULL is fine. */
void connection_forget(struct connection *c);

#endif
