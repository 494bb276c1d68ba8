/* packages/kerberos/window.h - which numbers of messages have been seen.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_KERBEROS_WINDOW_H
#define OPENSSPI_KERBEROS_WINDOW_H

#include "base/base.h"

#define KERBEROS_WINDOW 64

enum kerberos_order {
	KERBEROS_ANY_ORDER,
	KERBEROS_NO_REPLAY, /* each number once, none that is more than the window behind */
	KERBEROS_IN_ORDER,  /* only the next one */
};

struct kerberos_window {
	enum kerberos_order order;
	bool is_short; /* numbers have 32 bits, and go round */
	uint64_t next; /* behind the highest that was seen */
	uint64_t seen; /* bit i: next - 1 - i was */
};

/* Nothing before `first` will come. */
void kerberos_window_init(struct kerberos_window *w, enum kerberos_order order, uint64_t first);

/* True when that number may come now. */
MUST_CHECK bool kerberos_window_admits(const struct kerberos_window *w, uint64_t number);

/* It has come. */
void kerberos_window_note(struct kerberos_window *w, uint64_t number);

#endif
