/* lsa/lsa.c - see lsa/lsa.h: the process's LSA, its clients, and what a fork leaves of them.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/trace.h"
#include "lsa/contexts.h"
#include "lsa/credentials.h"
#include "lsa/notify.h"
#include "lsa/reach.h"
#include "lsa/state.h"
#include "lsa/support.h"
#include "lsa/threads.h"

#define PROTECT_KEY_LEN 32
#define THREADS_MS 5000 /* what packages' threads get to end themselves */

static struct {
	pthread_mutex_t lock; /* held while an LSA appears or goes, and around fork */
	_Atomic(struct lsa *) lsa;
	atomic_uint generation;
} process = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct lsa *lsa_current(void)
{
	return atomic_load(&process.lsa);
}

unsigned lsa_generation(void)
{
	return atomic_load(&process.generation);
}

/* ---- fork: no table may be found locked by a thread that the child does not have ---- */

static void tables_lock(struct lsa *lsa)
{
	pthread_mutex_lock(&lsa->lock);
	for (struct lsa_client *c = lsa->clients; c; c = c->next) {
		pthread_mutex_lock(&c->credentials.lock);
		pthread_mutex_lock(&c->contexts.lock);
	}
	pthread_mutex_lock(&lsa->reach_credentials.lock);
	pthread_mutex_lock(&lsa->reach_contexts.lock);
	pthread_mutex_lock(&lsa->sessions.lock);
}

static void tables_unlock(struct lsa *lsa)
{
	pthread_mutex_unlock(&lsa->sessions.lock);
	pthread_mutex_unlock(&lsa->reach_contexts.lock);
	pthread_mutex_unlock(&lsa->reach_credentials.lock);
	for (struct lsa_client *c = lsa->clients; c; c = c->next) {
		pthread_mutex_unlock(&c->contexts.lock);
		pthread_mutex_unlock(&c->credentials.lock);
	}
	pthread_mutex_unlock(&lsa->lock);
}

static void before_fork(void)
{
	pthread_mutex_lock(&process.lock);
	if (lsa_current())
		tables_lock(lsa_current());
}

static void after_fork_in_parent(void)
{
	if (lsa_current())
		tables_unlock(lsa_current());
	pthread_mutex_unlock(&process.lock);
}

static void after_fork_in_child(void)
{
	atomic_fetch_add(&process.generation, 1);
	after_fork_in_parent();
}

static void guard_forks_once(void)
{
	notify_prepare();
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void lsa_guard_forks(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, guard_forks_once);
}

/* ---- the LSA ---- */

/* All that the packages may ask for while they are initialised. */
static NTSTATUS lsa_prepare(struct lsa *lsa)
{
	lsa->protect_key = secret_new(PROTECT_KEY_LEN);
	if (!lsa->protect_key)
		return fail(STATUS_NO_MEMORY, "making the memory protection key");
	NTSTATUS status = random_bytes(lsa->protect_key->p, lsa->protect_key->len);
	if (failed(status))
		return fail(status, "making the memory protection key");
	status = machine_new(lsa->setup.policy, &lsa->machine);
	if (failed(status))
		return status;
	return host_init(&lsa->host, lsa->setup.modules);
}

static void lsa_dispose(struct lsa *lsa)
{
	host_done(&lsa->host);
	machine_free(lsa->machine);
	secret_free(lsa->protect_key);
	slots_done(&lsa->reach_contexts);
	slots_done(&lsa->reach_credentials);
	sessions_done(&lsa->sessions);
	pthread_mutex_destroy(&lsa->lock);
	mem_free(lsa);
}

/* False when the process has an LSA already. */
static bool process_take(struct lsa *lsa)
{
	pthread_mutex_lock(&process.lock);
	bool vacant = !lsa_current();
	if (vacant)
		atomic_store(&process.lsa, lsa);
	pthread_mutex_unlock(&process.lock);
	return vacant;
}

static void process_leave(void)
{
	pthread_mutex_lock(&process.lock);
	atomic_store(&process.lsa, NULL);
	pthread_mutex_unlock(&process.lock);
}

NTSTATUS lsa_new(const struct lsa_setup *setup, struct lsa **out)
{
	lsa_guard_forks();
	struct lsa *lsa = MEM_NEW(struct lsa);
	if (!lsa)
		return fail(STATUS_NO_MEMORY, "making the LSA");
	lsa->setup = *setup;
	pthread_mutex_init(&lsa->lock, NULL);
	slots_init(&lsa->reach_credentials, REACH_HANDLES_MAX);
	slots_init(&lsa->reach_contexts, REACH_HANDLES_MAX);
	sessions_init(&lsa->sessions);

	NTSTATUS status = lsa_prepare(lsa);
	if (!failed(status) && !process_take(lsa))
		status = fail(STATUS_ADDRESS_ALREADY_EXISTS, "making a second LSA");
	if (failed(status)) {
		lsa_dispose(lsa);
		return status;
	}
	notify_begin();
	host_load(&lsa->host, lsa);
	notify_loaded(lsa);
	*out = lsa;
	return STATUS_SUCCESS;
}

void lsa_free(struct lsa *lsa)
{
	if (!lsa)
		return;
	assert(!lsa->clients);
	reach_clear(lsa);
	notify_stop();
	sessions_end_all(lsa);
	host_shutdown(&lsa->host, lsa);
	if (!threads_wait(THREADS_MS))
		trace_line("threads of packages go on after the LSA's end");
	process_leave();
	lsa_dispose(lsa);
}

void lsa_look(struct lsa *lsa)
{
	sessions_end_left(lsa);
}

/* ---- clients ---- */

uid_t client_uid(const struct lsa_client *client)
{
	return client->setup.is_this_process ? geteuid() : client->setup.uid;
}

pid_t client_pid(const struct lsa_client *client)
{
	pid_t own = getpid();

	if (client->setup.is_this_process)
		return own;
	/* Whoever connected before a daemon was there may have had the number that is ours now. */
	return client->setup.pid == own ? 0 : client->setup.pid;
}

struct lsa_client *lsa_client_new(struct lsa *lsa, const struct lsa_client_setup *setup)
{
	struct lsa_client *client = MEM_NEW(struct lsa_client);
	if (!client)
		return NULL;
	client->lsa = lsa;
	client->setup = *setup;
	client->since = clock_now();
	client->audit = setup->is_this_process ? 0 : session_audit(setup->pid);
	slots_init(&client->credentials, CLIENT_HANDLES_MAX);
	slots_init(&client->contexts, CLIENT_HANDLES_MAX);

	pthread_mutex_lock(&lsa->lock);
	client->next = lsa->clients;
	client->link = &lsa->clients;
	if (client->next)
		client->next->link = &client->next;
	lsa->clients = client;
	pthread_mutex_unlock(&lsa->lock);
	return client;
}

uint32_t lsa_client_handles(struct lsa_client *client)
{
	return slots_used(&client->credentials) + slots_used(&client->contexts) +
	       atomic_load(&client->weight);
}

void lsa_client_free(struct lsa_client *client)
{
	void *object;

	if (!client)
		return;
	struct lsa *lsa = client->lsa;
	while ((object = slots_remove_any(&client->contexts)))
		lsa_context_unref(object);
	while ((object = slots_remove_any(&client->credentials)))
		lsa_credential_unref(object);
	sessions_end(client);

	pthread_mutex_lock(&lsa->lock);
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	pthread_mutex_unlock(&lsa->lock);
	slots_done(&client->contexts);
	slots_done(&client->credentials);
	mem_free(atomic_load(&client->program));
	mem_free(client);
}
