/* packages/kerberos/window.c - see packages/kerberos/window.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/kerberos/window.h"

void kerberos_window_init(struct kerberos_window *w, enum kerberos_order order, uint64_t first)
{
	w->order = order;
	w->next = w->is_short ? (uint32_t)first : first;
	w->seen = UINT64_MAX;
}

/* How far a number is ahead of the next one, which is 0; what lies behind is negative. */
static int64_t ahead_of(const struct kerberos_window *w, uint64_t number)
{
	if (w->is_short)
		return (int32_t)((uint32_t)number - (uint32_t)w->next);
	return (int64_t)(number - w->next);
}

bool kerberos_window_admits(const struct kerberos_window *w, uint64_t number)
{
	int64_t ahead = ahead_of(w, number);

	if (w->order == KERBEROS_ANY_ORDER || ahead == 0)
		return true;
	if (w->order == KERBEROS_IN_ORDER || ahead < -KERBEROS_WINDOW)
		return false;
	return ahead > 0 || !(w->seen >> (-ahead - 1) & 1);
}

void kerberos_window_note(struct kerberos_window *w, uint64_t number)
{
	int64_t ahead = ahead_of(w, number);

	if (ahead < 0) {
		if (ahead >= -KERBEROS_WINDOW)
			w->seen |= UINT64_C(1) << (-ahead - 1);
		return;
	}
	w->seen = ahead >= KERBEROS_WINDOW - 1 ? 1 : w->seen << (ahead + 1) | 1;
	w->next = w->is_short ? (uint32_t)(number + 1) : number + 1;
}
