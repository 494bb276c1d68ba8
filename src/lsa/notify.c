/* lsa/notify.c - see lsa/notify.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "base/clock.h"
#include "lsa/call.h"
#include "lsa/notify.h"
#include "lsa/state.h"
#include "lsa/threads.h"

#define NOTIFICATIONS_MAX 4096
#define SECOND_NS INT64_C(1000000000)
#define NEVER INT64_MAX

struct notification {
	uint64_t number;
	struct thread_start start;
	ULONG type, class, flags;
	int64_t every, due; /* monotonic nanoseconds; NEVER */
	bool running, cancelled;
	pthread_t runner;
	struct notification *next;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* on the monotonic clock */
	struct notification *first;
	uint64_t last_number;
	uint32_t count;
	bool stopping, has_thread;
} notifier = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void make_condition(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&notifier.changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void before_fork(void)
{
	pthread_mutex_lock(&notifier.lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&notifier.lock);
}

static void after_fork_in_child(void)
{
	notifier.has_thread = false;
	for (struct notification *n = notifier.first; n; n = n->next)
		n->running = n->running && pthread_equal(n->runner, pthread_self());
	make_condition();
	pthread_mutex_unlock(&notifier.lock);
}

static void prepare_once(void)
{
	threads_prepare();
	make_condition();
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void notify_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, prepare_once);
}

/* ---- telling; all called with the lock held, which is let go while a package runs ---- */

static void forget(struct notification *gone)
{
	struct notification **at = &notifier.first;

	while (*at && *at != gone)
		at = &(*at)->next;
	if (*at) {
		*at = gone->next;
		notifier.count--;
	}
	mem_free(gone);
}

static bool is_once(const struct notification *n)
{
	return n->type == NOTIFIER_TYPE_IMMEDIATE || n->flags & NOTIFIER_FLAG_ONE_SHOT;
}

static void tell(struct notification *n, void *parameter)
{
	struct thread_start start = n->start;

	if (parameter)
		start.parameter = parameter;
	n->running = true;
	n->runner = pthread_self();
	n->due = n->every == NEVER ? NEVER : clock_monotonic_ns() + n->every;
	pthread_mutex_unlock(&notifier.lock);
	if (!(n->flags & NOTIFIER_FLAG_NEW_THREAD) || parameter || !thread_begin(&start, NULL))
		thread_run(&start);
	pthread_mutex_lock(&notifier.lock);
	n->running = false;
	if (n->cancelled || is_once(n))
		forget(n);
	pthread_cond_broadcast(&notifier.changed);
}

static struct notification *next_due(void)
{
	struct notification *best = NULL;

	for (struct notification *n = notifier.first; n; n = n->next)
		if (!n->running && !n->cancelled && n->due != NEVER &&
		    (!best || n->due < best->due))
			best = n;
	return best;
}

static void wait_until(int64_t due)
{
	const struct timespec until = { .tv_sec = (time_t)(due / SECOND_NS),
					.tv_nsec = (long)(due % SECOND_NS) };

	pthread_cond_timedwait(&notifier.changed, &notifier.lock, &until);
}

static DWORD WINAPI notifier_main(LPVOID unused)
{
	(void)unused;
	pthread_mutex_lock(&notifier.lock);
	while (!notifier.stopping) {
		struct notification *n = next_due();
		if (!n)
			pthread_cond_wait(&notifier.changed, &notifier.lock);
		else if (n->due <= clock_monotonic_ns())
			tell(n, NULL);
		else
			wait_until(n->due);
	}
	notifier.has_thread = false;
	pthread_cond_broadcast(&notifier.changed);
	pthread_mutex_unlock(&notifier.lock);
	return 0;
}

/* ---- asking ---- */

static bool is_understood(ULONG type, ULONG class, ULONG interval)
{
	switch (type) {
	case NOTIFIER_TYPE_INTERVAL:
		return interval != 0;
	case NOTIFIER_TYPE_NOTIFY_EVENT:
		return class >= NOTIFY_CLASS_PACKAGE_CHANGE &&
		       class <= NOTIFY_CLASS_REGISTRY_CHANGE;
	default:
		return type == NOTIFIER_TYPE_STATE_CHANGE || type == NOTIFIER_TYPE_IMMEDIATE;
	}
}

static void set_times(struct notification *n, ULONG interval)
{
	int64_t seconds = n->flags & NOTIFIER_FLAG_SECONDS ? 1 : 60;

	n->every = n->due = NEVER;
	if (n->type == NOTIFIER_TYPE_IMMEDIATE)
		n->due = clock_monotonic_ns();
	/* A century is as good as never. */
	if (n->type != NOTIFIER_TYPE_INTERVAL || interval > UINT32_C(3000000000) / seconds)
		return;
	n->every = interval * seconds * SECOND_NS;
	n->due = clock_monotonic_ns() + n->every;
}

/* Called with the lock held, which thread_begin does not need. */
static bool keep_thread(struct lsa *lsa)
{
	const struct thread_start start = { .function = notifier_main,
					    .lsa = lsa,
					    .is_ours = true };

	if (!notifier.has_thread)
		notifier.has_thread = thread_begin(&start, NULL);
	return notifier.has_thread;
}

/* Takes `n` over; its number, 0 when it cannot be kept. */
static uint64_t keep(struct lsa *lsa, struct notification *n)
{
	uint64_t number = 0;

	pthread_mutex_lock(&notifier.lock);
	if (!notifier.stopping && notifier.count < NOTIFICATIONS_MAX &&
	    (n->due == NEVER || keep_thread(lsa))) {
		number = n->number = ++notifier.last_number;
		n->next = notifier.first;
		notifier.first = n;
		notifier.count++;
		pthread_cond_broadcast(&notifier.changed);
	}
	pthread_mutex_unlock(&notifier.lock);
	if (!number)
		mem_free(n);
	return number;
}

HANDLE NTAPI notify_register(SEC_THREAD_START start, PVOID parameter, ULONG type, ULONG class,
			     ULONG flags, ULONG interval, HANDLE event)
{
	const struct frame *frame = call_current();
	struct lsa *lsa = lsa_current();

	(void)event;
	if (!lsa || !start || !is_understood(type, class, interval))
		return NULL;
	notify_prepare();
	struct notification *n = MEM_NEW(struct notification);
	if (!n)
		return NULL;
	n->start = (struct thread_start){ .function = start,
					  .parameter = parameter,
					  .lsa = lsa,
					  .package = frame ? frame->package : NULL };
	n->type = type;
	n->class = class;
	n->flags = flags;
	set_times(n, interval);
	return (HANDLE)(uintptr_t)keep(lsa, n);
}

static struct notification *find(uint64_t number)
{
	struct notification *n = notifier.first;

	while (n && (n->number != number || n->cancelled))
		n = n->next;
	return n;
}

static bool is_there(uint64_t number)
{
	for (const struct notification *n = notifier.first; n; n = n->next)
		if (n->number == number)
			return true;
	return false;
}

/* Called with the lock held. Who tells it forgets it; afterwards nothing has that number. */
static void cancel(struct notification *n)
{
	const uint64_t number = n->number;

	if (!n->running) {
		forget(n);
		return;
	}
	n->cancelled = true;
	if (pthread_equal(n->runner, pthread_self()))
		return;
	while (is_there(number))
		pthread_cond_wait(&notifier.changed, &notifier.lock);
}

NTSTATUS NTAPI notify_cancel(HANDLE notification)
{
	const uint64_t number = (uintptr_t)notification;

	notify_prepare();
	pthread_mutex_lock(&notifier.lock);
	struct notification *n = number ? find(number) : NULL;
	if (n)
		cancel(n);
	pthread_mutex_unlock(&notifier.lock);
	return n ? STATUS_SUCCESS : fail(STATUS_INVALID_HANDLE, "cancelling a notification");
}

static struct notification *find_of(const struct package *package)
{
	struct notification *n = notifier.first;

	while (n && (n->start.package != package || n->cancelled))
		n = n->next;
	return n;
}

void notify_forget(const struct package *package)
{
	struct notification *n;

	notify_prepare();
	pthread_mutex_lock(&notifier.lock);
	while ((n = find_of(package)))
		cancel(n);
	pthread_mutex_unlock(&notifier.lock);
}

/* ---- events ---- */

static void notify_event(ULONG class, void *data, ULONG size)
{
	uint64_t told = 0; /* numbers grow: each is told once, in the order of their asking */

	notify_prepare();
	pthread_mutex_lock(&notifier.lock);
	for (;;) {
		struct notification *next = NULL;
		for (struct notification *n = notifier.first; n && n->number > told; n = n->next)
			if (n->type == NOTIFIER_TYPE_NOTIFY_EVENT && n->class == class &&
			    !n->running && !n->cancelled)
				next = n;
		if (!next)
			break;
		told = next->number;
		SECPKG_EVENT_NOTIFY event = { .EventClass = class,
					      .EventDataSize = size,
					      .EventData = data,
					      .PackageParameter = next->start.parameter };
		tell(next, &event);
	}
	pthread_mutex_unlock(&notifier.lock);
}

void notify_loaded(const struct lsa *lsa)
{
	for (uint32_t i = 0; i < lsa->host.count; i++) {
		const struct package *p = lsa->host.package[i];
		SECPKG_EVENT_PACKAGE_CHANGE change = {
			.ChangeType = SECPKG_PACKAGE_CHANGE_LOAD,
			.PackageId = p->id,
			.PackageName = { .Length = (USHORT)(p->name_n * sizeof(WCHAR)),
					 .MaximumLength = (USHORT)(p->name_n * sizeof(WCHAR)),
					 .Buffer = p->name },
		};
		notify_event(NOTIFY_CLASS_PACKAGE_CHANGE, &change, sizeof(change));
	}
}

static bool is_telling(void)
{
	for (struct notification *n = notifier.first; n; n = n->next)
		if (n->running)
			return true;
	return false;
}

void notify_begin(void)
{
	notify_prepare();
	pthread_mutex_lock(&notifier.lock);
	notifier.stopping = false;
	pthread_mutex_unlock(&notifier.lock);
}

void notify_stop(void)
{
	notify_prepare();
	pthread_mutex_lock(&notifier.lock);
	notifier.stopping = true;
	pthread_cond_broadcast(&notifier.changed);
	while (notifier.has_thread || is_telling())
		pthread_cond_wait(&notifier.changed, &notifier.lock);
	while (notifier.first)
		forget(notifier.first);
	pthread_mutex_unlock(&notifier.lock);
}
