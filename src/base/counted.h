/* base/counted.h - objects that several hold at once: a count, and what to do when nobody does.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The first member of such an object, so that its address is the object's. Found under the lock of
 * base/slots.h or base/keymap.h with counted_ref as the visit, an object stays until the finder lets go
 * of it, on whichever thread that is. */
#ifndef OPENSSPI_BASE_COUNTED_H
#define OPENSSPI_BASE_COUNTED_H

#include <stdatomic.h>

#include "base/compiler.h"

/* Releases an object that nobody holds any more, and what it holds itself. */
typedef void counted_end(void *object);

struct counted {
	atomic_uint refs;
	counted_end *end;
};

/* The one who makes it holds it. */
static inline void counted_init(struct counted *c, counted_end *end)
{
	atomic_init(&c->refs, 1);
	c->end = end;
}

/* Holds it once more: also a slots_visit and a keymap_visit. */
static inline UNUSED void counted_ref(void *object)
{
	atomic_fetch_add(&((struct counted *)object)->refs, 1);
}

/* Lets go of it, and says whether it is the caller's to release now; `end` is not called. */
static inline MUST_CHECK bool counted_leave(struct counted *c)
{
	return atomic_fetch_sub(&c->refs, 1) == 1;
}

/* Lets go of it; NULL is nothing. */
static inline UNUSED void counted_unref(void *object)
{
	struct counted *c = object;

	if (c && counted_leave(c))
		c->end(object);
}

/* CLEANUP of a pointer to any counted object. */
static inline UNUSED void counted_unref_p(void *p)
{
	void **slot = p;
	counted_unref(*slot);
}

/* NAME_unref, which returns NULL, and NAME_unref_p for CLEANUP: the same with a type. */
#define DEFINE_COUNTED(type, name)                                                                 \
	static inline UNUSED type *name##_unref(type *object)                                      \
	{                                                                                          \
		counted_unref(object);                                                             \
		return NULL;                                                                       \
	}                                                                                          \
	DEFINE_CLEANUP(type *, name##_unref)

#endif
