/* base/clock.h - time as Windows counts it: 100 ns units since 1601.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_CLOCK_H
#define OPENSSPI_BASE_CLOCK_H

#include <time.h>

#include "base/compiler.h"

/* The expiry that means "never", in SSPI's and in ours. */
#define CLOCK_NEVER INT64_C(0x7FFFFFFFFFFFFFFF)

/* Now, in UTC. */
int64_t clock_now(void);

/* A Unix time in UTC as FILETIME units. */
int64_t clock_from_unix(time_t t);

/* UTC to local time, as SSPI's expiry times are reported; CLOCK_NEVER stays. */
int64_t clock_to_local(int64_t utc);

/* Nanoseconds of a clock that nobody sets back, for delays and timeouts. */
int64_t clock_monotonic_ns(void);

#endif
