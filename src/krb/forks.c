/* krb/forks.c - credentials that go on in a forked child.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What changes in credentials is under one short lock, which is held across forks, so a child finds
 * them whole. A thread that asks a slow KDC holds its credential's `asking` alone: the child has no such
 * thread and gets new locks. */
#include "base/base.h"

#include "krb/internal.h"

pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static struct krb_credential *all; /* under the state lock */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_guarded;

static void before(void)
{
	pthread_mutex_lock(&state_lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&state_lock);
}

static void in_child(void)
{
	for (struct krb_credential *c = all; c; c = c->next)
		pthread_mutex_init(&c->asking, NULL);
	pthread_mutex_init(&state_lock, NULL);
}

static void guard(void)
{
	is_guarded = pthread_atfork(before, in_parent, in_child) == 0;
}

bool forks_ready(void)
{
	pthread_once(&once, guard);
	return is_guarded;
}

void credential_enlist(struct krb_credential *c)
{
	HOLD(&state_lock);
	c->next = all;
	if (all)
		all->before = c;
	all = c;
}

void credential_delist(struct krb_credential *c)
{
	HOLD(&state_lock);
	if (c->next)
		c->next->before = c->before;
	if (c->before)
		c->before->next = c->next;
	else
		all = c->next;
}
