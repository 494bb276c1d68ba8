/* lib/modules.c - the built-in packages, and the user-mode halves they bring.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "ipc/userhalf.h"
#include "lib/modules.h"
#include "packages/credssp/package.h"
#include "packages/ntlm/package.h"
#include "packages/schannel/package.h"
#include "packages/tsssp/package.h"

const struct package_module *const library_modules[] = {
	&ntlm_module, &schannel_module, &tsssp_module, &credssp_module, NULL,
};

static struct {
	pthread_mutex_t lock;
	struct userhalves *made;
} halves = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void halves_before_fork(void)
{
	pthread_mutex_lock(&halves.lock);
}

static void halves_after_fork(void)
{
	pthread_mutex_unlock(&halves.lock);
}

static void halves_guard_forks(void)
{
	pthread_atfork(halves_before_fork, halves_after_fork, halves_after_fork);
}

struct userhalves *userhalves_current(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, halves_guard_forks);
	pthread_mutex_lock(&halves.lock);
	if (!halves.made && failed(userhalves_new(library_modules, &halves.made)))
		halves.made = NULL;
	struct userhalves *made = halves.made;
	pthread_mutex_unlock(&halves.lock);
	return made;
}
