/* base/compiler.h - the few compiler features the house relies on, under one name each.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_COMPILER_H
#define OPENSSPI_BASE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED __attribute__((unused))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Runs `fn(&variable)` when the variable goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands a pointer on and clears the variable, so that its CLEANUP has nothing to do. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) take_ = (p);                                                         \
		(p) = NULL;                                                                        \
		take_;                                                                             \
	})

/* Defines `fn_p`, the CLEANUP form of a release function that accepts NULL. */
#define DEFINE_CLEANUP(type, fn)                                                                   \
	static inline UNUSED void fn##_p(type *p)                                                  \
	{                                                                                          \
		fn(*p);                                                                            \
	}

#endif
