/* baselib/time.c - FILETIME and SYSTEMTIME, by the C library's calendar.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <windows.h>

#include <time.h>

#include "baselib/error.h"

#define TICKS_A_SECOND 10000000ULL
#define TICKS_A_MILLISECOND 10000ULL
#define EPOCH_SECONDS 11644473600LL /* from 1601 to 1970 */
#define YEAR_MAX 30827

static ULONGLONG ticks_of(const FILETIME *t)
{
	return (ULONGLONG)t->dwHighDateTime << 32 | t->dwLowDateTime;
}

static FILETIME filetime_of(ULONGLONG ticks)
{
	return (FILETIME){ (DWORD)ticks, (DWORD)(ticks >> 32) };
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*out = filetime_of((ULONGLONG)(now.tv_sec + EPOCH_SECONDS) * TICKS_A_SECOND +
			   (ULONGLONG)now.tv_nsec / 100);
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME out)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	(void)FileTimeToSystemTime(&now, out);
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *time, LPSYSTEMTIME out)
{
	struct tm tm;

	if (!time || !out || ticks_of(time) >> 63)
		return error_set(ERROR_INVALID_PARAMETER);
	time_t seconds = (time_t)(ticks_of(time) / TICKS_A_SECOND) - EPOCH_SECONDS;
	if (!gmtime_r(&seconds, &tm) || tm.tm_year + 1900 > YEAR_MAX)
		return error_set(ERROR_INVALID_PARAMETER);
	*out = (SYSTEMTIME){
		(WORD)(tm.tm_year + 1900),
		(WORD)(tm.tm_mon + 1),
		(WORD)tm.tm_wday,
		(WORD)tm.tm_mday,
		(WORD)tm.tm_hour,
		(WORD)tm.tm_min,
		(WORD)tm.tm_sec,
		(WORD)(ticks_of(time) % TICKS_A_SECOND / TICKS_A_MILLISECOND),
	};
	return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *time, LPFILETIME out)
{
	if (!time || !out || time->wYear < 1601 || time->wYear > YEAR_MAX || !time->wMonth ||
	    time->wMonth > 12 || !time->wDay || time->wDay > 31 || time->wHour > 23 ||
	    time->wMinute > 59 || time->wSecond > 59 || time->wMilliseconds > 999)
		return error_set(ERROR_INVALID_PARAMETER);
	struct tm tm = { .tm_year = time->wYear - 1900,
			 .tm_mon = time->wMonth - 1,
			 .tm_mday = time->wDay,
			 .tm_hour = time->wHour,
			 .tm_min = time->wMinute,
			 .tm_sec = time->wSecond };
	time_t seconds = timegm(&tm);
	if (tm.tm_mday != time->wDay) /* the 31st of a short month */
		return error_set(ERROR_INVALID_PARAMETER);
	*out = filetime_of((ULONGLONG)(seconds + EPOCH_SECONDS) * TICKS_A_SECOND +
			   time->wMilliseconds * TICKS_A_MILLISECOND);
	return TRUE;
}

/* By the difference from UTC that holds today, which is what Windows does too. */
BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *time, LPFILETIME out)
{
	struct timespec today;
	struct tm tm;

	if (!time || !out)
		return error_set(ERROR_INVALID_PARAMETER);
	clock_gettime(CLOCK_REALTIME, &today);
	if (!localtime_r(&today.tv_sec, &tm))
		return error_set(ERROR_INVALID_PARAMETER);
	*out = filetime_of(ticks_of(time) + (ULONGLONG)(tm.tm_gmtoff * (LONGLONG)TICKS_A_SECOND));
	return TRUE;
}
