/* lsa/notify.h - what packages asked to be told of: after a while, every so often, when something changes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One thread tells them all, one after the other, or each on a thread of its own when that was asked
 * for. It begins with the first that needs it; in the child of a fork, with the first of the child's. */
#ifndef OPENSSPI_LSA_NOTIFY_H
#define OPENSSPI_LSA_NOTIFY_H

#include <ntsecpkg.h>

#include "base/base.h"

struct lsa;
struct package;

/* Has its lock held around forks, after the locks of whoever registers handlers later. */
void notify_prepare(void);

/* The table's members. NULL: nothing to call, an interval of 0, a type that is none, and waiting for a
 * handle (NOTIFIER_TYPE_HANDLE_WAIT), which has no meaning here. Of the events, package changes happen. */
HANDLE NTAPI notify_register(SEC_THREAD_START start, PVOID parameter, ULONG type, ULONG class,
			     ULONG flags, ULONG interval, HANDLE event);

/* Once it has returned, the function does not run, except when it is the one that cancels.
 * STATUS_INVALID_HANDLE: there is no such notification, or it was of one shot and has run. */
NTSTATUS NTAPI notify_cancel(HANDLE notification);

/* Tells those who asked for package changes of every package there is, before it returns. */
void notify_loaded(const struct lsa *lsa);

/* The package is dropped: all that it asked for is cancelled. */
void notify_forget(const struct package *package);

/* An LSA begins: packages may ask. */
void notify_begin(void);

/* The LSA ends: nobody is told anything any more, or may ask. */
void notify_stop(void);

#endif
