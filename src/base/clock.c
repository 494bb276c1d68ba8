/* base/clock.c - see base/clock.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"

#define UNITS_PER_SECOND INT64_C(10000000)
#define SECONDS_1601_TO_1970 INT64_C(11644473600)

int64_t clock_from_unix(time_t t)
{
	return ((int64_t)t + SECONDS_1601_TO_1970) * UNITS_PER_SECOND;
}

int64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return clock_from_unix(now.tv_sec) + now.tv_nsec / 100;
}

int64_t clock_to_local(int64_t utc)
{
	struct tm local;
	time_t t = (time_t)(utc / UNITS_PER_SECOND - SECONDS_1601_TO_1970);

	if (utc == CLOCK_NEVER || !localtime_r(&t, &local))
		return utc;
	return utc + local.tm_gmtoff * UNITS_PER_SECOND;
}

int64_t clock_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
