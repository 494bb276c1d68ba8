/* lib/channel.c - the process's way to its LSA, chosen once by the environment.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * OPENSSPI_LSA=embedded (the default) makes an LSA in this process. OPENSSPI_CHANNEL=inproc or
 * inproc+codec chooses the row for tests. Neither counts under AT_SECURE. What cannot be had is an
 * error, never something else instead. */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "accounts/authority.h"
#include "base/places.h"
#include "base/trace.h"
#include "base/utf.h"
#include "credman/credman.h"
#include "inproc/inproc.h"
#include "ipc/calls.h"
#include "ipc/reason.h"
#include "lib/modules.h"
#include "lsa/lsa.h"
#include "lsa/machine.h"
#include "policy/policy.h"

/* Defaults of section [accounts]: ten bad passwords within ten minutes close an account for ten. */
#define LOCKOUT_THRESHOLD 10
#define LOCKOUT_SECONDS 600
#define OBSERVATION_SECONDS 600
#define DELAY_MS 250

static struct {
	pthread_mutex_t lock;
	_Atomic(struct channel *) channel;
	_Atomic(uintptr_t) opener; /* the thread that holds the lock to open it */

	/* What the embedded LSA is made of lives as long as the process. */
	struct policy *policy;
	struct authority *authority;
	struct credman *credman;
	struct machine *machine;
	char *machine_name, *machine_domain;
	struct lsa *lsa;
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

static NTSTATUS choose(bool *codec)
{
	const char *lsa = setting("OPENSSPI_LSA"), *row = setting("OPENSSPI_CHANNEL");

	*codec = row && strcmp(row, "inproc+codec") == 0;
	if (lsa && strncmp(lsa, "socket:", 7) == 0)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "reaching an LSA by socket");
	if (lsa && *lsa && strcmp(lsa, "embedded") != 0)
		return fail(SEC_E_INTERNAL_ERROR, "understanding OPENSSPI_LSA");
	if (row && !*codec && strcmp(row, "inproc") != 0)
		return fail(SEC_E_INTERNAL_ERROR, "understanding OPENSSPI_CHANNEL");
	return STATUS_SUCCESS;
}

/* ---- the embedded LSA ---- */

static NTSTATUS open_policy(void)
{
	struct text why = { 0 };

	if (library.policy)
		return STATUS_SUCCESS;
	NTSTATUS status = policy_open(&library.policy, &why);
	if (failed(status)) {
		char *words = text_finish(&why);
		trace_line("policy: %s", words ? words : "?");
		call_reason_keep(words);
		mem_free(words);
		return status == STATUS_NO_MEMORY ? status :
						    fail(SEC_E_INTERNAL_ERROR, "reading the policy");
	}
	text_done(&why);
	return STATUS_SUCCESS;
}

/* A whole number of section [accounts], or its default. */
static NTSTATUS account_number(const char *name, uint32_t otherwise, uint32_t *out)
{
	const char *value = policy_setting(library.policy, "accounts", name);
	char *end;

	*out = otherwise;
	if (!value)
		return STATUS_SUCCESS;
	unsigned long number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || number > INT32_MAX)
		return fail(SEC_E_INTERNAL_ERROR, "reading a number of section [accounts]");
	*out = (uint32_t)number;
	return STATUS_SUCCESS;
}

/* Who is asked for other domains' accounts: nobody unless the configuration says so. */
static NTSTATUS account_domain(bool *winbind)
{
	const char *value = policy_setting(library.policy, "accounts", "domain");

	*winbind = value && strcmp(value, "winbind") == 0;
	if (value && !*winbind && strcmp(value, "none") != 0)
		return fail(SEC_E_INTERNAL_ERROR, "reading domain of section [accounts]");
	return STATUS_SUCCESS;
}

static bool keep_name(const UNICODE_STRING *name, char **out)
{
	return *out || utf8_from_utf16(name->Buffer, name->Length / sizeof(WCHAR), out, NULL);
}

static NTSTATUS name_machine(void)
{
	if (library.machine_name && library.machine_domain)
		return STATUS_SUCCESS;
	NTSTATUS status = library.machine ? STATUS_SUCCESS :
					    machine_new(library.policy, &library.machine);
	if (failed(status))
		return status;
	const OPENSSPI_MACHINE_NAMES *names = machine_names(library.machine);
	if (!keep_name(&names->NetbiosComputer, &library.machine_name) ||
	    !keep_name(&names->NetbiosDomain, &library.machine_domain))
		return STATUS_NO_MEMORY;
	return STATUS_SUCCESS;
}

static NTSTATUS open_authority(void)
{
	struct authority_settings settings = { 0 };

	if (library.authority)
		return STATUS_SUCCESS;
	NTSTATUS status = name_machine();
	if (!failed(status))
		status = account_number("lockout threshold", LOCKOUT_THRESHOLD,
					&settings.lockout_threshold);
	if (!failed(status))
		status = account_number("lockout seconds", LOCKOUT_SECONDS,
					&settings.lockout_seconds);
	if (!failed(status))
		status = account_number("observation seconds", OBSERVATION_SECONDS,
					&settings.observation_seconds);
	if (!failed(status))
		status = account_number("delay milliseconds", DELAY_MS, &settings.delay_ms);
	if (!failed(status))
		status = account_domain(&settings.winbind);
	if (failed(status))
		return status;
	settings.file = policy_setting(library.policy, "accounts", "file");
	settings.machine = library.machine_name;
	settings.machine_domain = library.machine_domain;
	return authority_open(&settings, &library.authority);
}

/* The user's credentials: the lasting ones in the usual place, those of the session in its folder. */
static NTSTATUS open_credentials(void)
{
	struct credman_places places = { 0 };

	if (library.credman)
		return STATUS_SUCCESS;
	CLEANUP(mem_free_p) char *session = place_path(PLACE_USER_RUNTIME, "session.db");
	CLEANUP(mem_free_p) char *key = place_path(PLACE_USER_RUNTIME, "session.key");
	if (!session || !key)
		return STATUS_NO_MEMORY;
	if (place_has_runtime()) { /* else they live as long as this process */
		places.session = session;
		places.session_key = key;
	}
	return credman_new(&places, &library.credman);
}

static NTSTATUS open_lsa(void)
{
	if (library.lsa)
		return STATUS_SUCCESS;
	NTSTATUS status = open_policy();
	if (!failed(status))
		status = open_authority();
	if (!failed(status))
		status = open_credentials();
	if (failed(status))
		return status;
	const struct package_module *const *modules = modules_current(library.policy);
	struct lsa_setup setup = {
		.modules = modules,
		.policy = library.policy,
		.authority = library.authority,
		.credman = library.credman,
	};
	setup.userhalves = userhalves_current(); /* they know the modules by now */
	return setup.userhalves ? lsa_new(&setup, &library.lsa) : STATUS_NO_MEMORY;
}

/* Called with the lock held. What was made before a failure is kept for the next attempt. */
static NTSTATUS open_channel(void)
{
	bool codec;

	NTSTATUS status = choose(&codec);
	if (!failed(status))
		status = open_lsa();
	if (failed(status))
		return status;
	struct channel *channel = inproc_channel_new(library.lsa, codec);
	if (!channel)
		return STATUS_NO_MEMORY;
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
		atomic_store(&library.opener, (uintptr_t)pthread_self());
		*status = open_channel();
		atomic_store(&library.opener, 0);
	}
	pthread_mutex_unlock(&library.lock);
	return atomic_load(&library.channel);
}
