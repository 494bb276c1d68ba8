/* lib/modules.c - the packages, built in or loaded, and the user-mode halves they bring.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/forks.h"
#include "base/places.h"
#include "ipc/userhalf.h"
#include "lib/modules.h"
#include "lsa/load.h"
#include "packages/credssp/package.h"
#include "packages/kerberos/package.h"
#include "packages/negotiate/package.h"
#include "packages/ntlm/package.h"
#include "packages/schannel/package.h"
#include "packages/tsssp/package.h"

const struct package_module *const library_modules[] = {
	&negotiate_module, &kerberos_module, &ntlm_module, &schannel_module,
	&tsssp_module,	   &credssp_module,  NULL,
};

static _Atomic(struct modules *) all;

const struct package_module *const *modules_current(const struct policy *policy)
{
	struct modules *m = atomic_load(&all);

	if (m)
		return modules_list(m);
	m = modules_new(library_modules);
	if (!m)
		return NULL;
	modules_add(m, policy_setting(policy, "lsa", "packages"), ',');
	if (!process_is_elevated())
		modules_add(m, getenv("OPENSSPI_PACKAGES"), ':');
	atomic_store(&all, m);
	return modules_list(m);
}

static struct {
	pthread_mutex_t lock;
	struct userhalves *made;
} halves = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void halves_hold(void *object)
{
	(void)object;
	pthread_mutex_lock(&halves.lock);
}

static void halves_release(void *object)
{
	(void)object;
	pthread_mutex_unlock(&halves.lock);
}

struct userhalves *userhalves_current(void)
{
	static const struct fork_lock lock = { halves_hold, halves_release, halves_release };
	struct modules *m = atomic_load(&all);

	if (!m)
		return NULL;
	/* Opening the channel takes it with the channel's lock held. */
	if (!forks_guard(&lock, &halves))
		return NULL;
	pthread_mutex_lock(&halves.lock);
	if (!halves.made && failed(userhalves_new(modules_list(m), &halves.made)))
		halves.made = NULL;
	struct userhalves *made = halves.made;
	pthread_mutex_unlock(&halves.lock);
	return made;
}
