/* lib/channel.c - the process's way to its LSA, chosen once by the environment.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * OPENSSPI_LSA=embedded makes an LSA in this process, OPENSSPI_LSA=socket:PATH goes to the daemon there;
 * without either [lsa] socket of the configuration says where it is, and without that the LSA is in
 * this process. OPENSSPI_CHANNEL=inproc or inproc+codec chooses the row for tests. The variables do not
 * count under AT_SECURE. What cannot be had is an error, never something else instead. */
#include "base/base.h"

#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/identity.h"
#include "base/places.h"
#include "base/trace.h"
#include "inproc/inproc.h"
#include "ipc/calls.h"
#include "ipc/reason.h"
#include "lib/channel.h"
#include "lib/parts.h"
#include "lib/route.h"
#include "sock/sock.h"

static struct {
	pthread_mutex_t lock;
	_Atomic(struct channel *) channel;
	_Atomic(uintptr_t) opener; /* the thread that holds the lock to open it */

	char *path;	    /* that the channel goes to; NULL: the LSA is here */
	struct parts parts; /* of the embedded LSA */
} library = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A package that is being loaded runs on the thread that opens the channel. */
static bool is_opening(void)
{
	return atomic_load(&library.opener) == (uintptr_t)pthread_self();
}

static void library_before_fork(void)
{
	if (!is_opening())
		pthread_mutex_lock(&library.lock);
}

static void library_after_fork(void)
{
	if (!is_opening())
		pthread_mutex_unlock(&library.lock);
}

static void library_guard_forks(void)
{
	lsa_guard_forks(); /* its tables are locked after ours, whoever forks */
	pthread_atfork(library_before_fork, library_after_fork, library_after_fork);
}

/* ---- the choice ---- */

static const char *setting(const char *variable)
{
	return process_is_elevated() ? NULL : getenv(variable);
}

static const char *configured(const char *name)
{
	const char *value = policy_setting(library.parts.policy, "lsa", name);
	return value && *value ? value : NULL;
}

/* `path` is the daemon's socket; NULL: the LSA is in this process. */
static NTSTATUS choose(bool *codec, const char **path)
{
	const char *lsa = setting("OPENSSPI_LSA"), *row = setting("OPENSSPI_CHANNEL");

	*codec = row && strcmp(row, "inproc+codec") == 0;
	*path = lsa && strncmp(lsa, "socket:", 7) == 0 ? lsa + 7 : NULL;
	if (!lsa || !*lsa)
		*path = configured("socket");
	else if (!*path && strcmp(lsa, "embedded") != 0) {
		call_reason_keep("OPENSSPI_LSA has to be embedded or socket:PATH");
		return fail(SEC_E_INTERNAL_ERROR, "understanding OPENSSPI_LSA");
	}
	if (row && !*codec && strcmp(row, "inproc") != 0)
		return fail(SEC_E_INTERNAL_ERROR, "understanding OPENSSPI_CHANNEL");
	return STATUS_SUCCESS;
}

/* The user named in [lsa] user, by name or number, may run the daemon besides root and ourselves. */
static NTSTATUS find_owner(struct sock_settings *settings)
{
	const char *name = configured("user");
	struct passwd entry, *found = NULL;
	char buffer[4096], *end;

	if (!name)
		return STATUS_SUCCESS;
	settings->has_owner = true;
	unsigned long number = strtoul(name, &end, 10);
	if (*name >= '0' && *name <= '9' && !*end && number < UINT32_MAX) {
		settings->owner = (uint32_t)number;
		return STATUS_SUCCESS;
	}
	if (getpwnam_r(name, &entry, buffer, sizeof(buffer), &found) != 0 || !found) {
		call_reason_keep("[lsa] user of opensspi.conf names no user of this system");
		return fail(SEC_E_INTERNAL_ERROR, "finding the daemon's user");
	}
	settings->owner = found->pw_uid;
	return STATUS_SUCCESS;
}

/* The daemon is asked first: without it nothing of this process's own is of use. */
static NTSTATUS open_remote(const char *path)
{
	struct sock_settings settings = { .path = path };

	library.parts.share = LSA_OF_CALLER;
	if (library.parts.remote)
		return STATUS_SUCCESS;
	NTSTATUS status = find_owner(&settings);
	if (failed(status))
		return status;
	status = sock_channel_new(&settings, &library.parts.remote);
	if (failed(status)) {
		struct call_reason why;

		sock_reason(path, status, &why);
		call_reason_keep(why.text);
	}
	return status;
}

/* Called with the lock held. What was made before a failure is kept for the next attempt. */
static NTSTATUS open_channel(void)
{
	const char *path;
	bool codec;

	NTSTATUS status = parts_open_policy(&library.parts);
	if (!failed(status))
		status = choose(&codec, &path);
	if (!failed(status) && path)
		status = open_remote(path);
	if (!failed(status))
		status = parts_open(&library.parts);
	if (failed(status))
		return status;
	if (path && !library.path && !(library.path = mem_dup_text(path)))
		return STATUS_NO_MEMORY;
	struct channel *channel = inproc_channel_new(library.parts.lsa, codec);
	if (!channel)
		return STATUS_NO_MEMORY;
	if (path)
		status = route_channel_new(channel, library.parts.remote, &channel);
	if (failed(status))
		return status;
	trace_line("channel %s", channel->ops->name);
	atomic_store(&library.channel, channel);
	return STATUS_SUCCESS;
}

struct channel *channel_current(NTSTATUS *status)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	*status = STATUS_SUCCESS;
	struct channel *channel = atomic_load(&library.channel);
	if (channel)
		return channel;
	if (is_opening()) {
		*status = fail(SEC_E_INTERNAL_ERROR, "a call from a package that is being loaded");
		return NULL;
	}
	pthread_once(&once, library_guard_forks);
	pthread_mutex_lock(&library.lock);
	if (!atomic_load(&library.channel)) {
		bool paused = identity_pause(); /* it is the process's, whoever this thread acts as */
		atomic_store(&library.opener, (uintptr_t)pthread_self());
		*status = open_channel();
		atomic_store(&library.opener, 0);
		identity_resume(paused);
	}
	pthread_mutex_unlock(&library.lock);
	return atomic_load(&library.channel);
}

/* Called with the lock held. */
static NTSTATUS find_path(const char **path)
{
	bool codec;

	if (atomic_load(&library.channel)) {
		*path = library.path;
		return STATUS_SUCCESS;
	}
	NTSTATUS status = parts_open_policy(&library.parts);
	return failed(status) ? status : choose(&codec, path);
}

NTSTATUS channel_path(char **out)
{
	const char *path = NULL;

	*out = NULL;
	if (is_opening())
		return fail(SEC_E_INTERNAL_ERROR, "a call from a package that is being loaded");
	pthread_mutex_lock(&library.lock);
	NTSTATUS status = find_path(&path);
	if (!failed(status) && path && !(*out = mem_dup_text(path)))
		status = fail(STATUS_NO_MEMORY, "naming the daemon's socket");
	pthread_mutex_unlock(&library.lock);
	return status;
}
