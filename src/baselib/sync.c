/* baselib/sync.c - critical sections: recursive mutexes, made where the caller says.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <windows.h>

#include <pthread.h>
#include <stdlib.h>

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(CRITICAL_SECTION),
	       "windows.h leaves too little room for a mutex");

static pthread_mutex_t *mutex_of(LPCRITICAL_SECTION section)
{
	return (pthread_mutex_t *)(void *)section;
}

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutexattr_t kind;

	if (pthread_mutexattr_init(&kind) != 0)
		abort();
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex_of(section), &kind);
	pthread_mutexattr_destroy(&kind);
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_lock(mutex_of(section));
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
	return pthread_mutex_trylock(mutex_of(section)) == 0;
}

VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_unlock(mutex_of(section));
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_destroy(mutex_of(section));
}
