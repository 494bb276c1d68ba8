/* packages/credssp/context.c - see packages/credssp/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/credssp/engine.h"

struct cs_credential *cs_credential_new(uint32_t use)
{
	struct cs_credential *c = MEM_NEW(struct cs_credential);
	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->use = use;
	return c;
}

void cs_credential_ref(void *credential)
{
	struct cs_credential *c = credential;
	atomic_fetch_add(&c->refs, 1);
}

static void pair_free(struct cs_pair *p)
{
	if (p->tls)
		cs_host()->extension->ReachFreeCredentials(p->tls);
	if (p->ts)
		cs_host()->extension->ReachFreeCredentials(p->ts);
}

struct cs_credential *cs_credential_unref(struct cs_credential *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return NULL;
	pair_free(&c->outbound);
	pair_free(&c->inbound);
	mem_free(c);
	return NULL;
}

struct cs_context *cs_context_new(bool server, struct cs_credential *credential)
{
	struct cs_context *c = MEM_NEW(struct cs_context);
	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->server = server;
	c->credential = credential;
	c->certificate = WR(CS_INBOX_MAX);
	c->inbox = WR(CS_INBOX_MAX);
	c->expiry = credential->expiry;
	cs_credential_ref(credential);
	return c;
}

void cs_context_ref(void *context)
{
	struct cs_context *c = context;
	atomic_fetch_add(&c->refs, 1);
}

struct cs_context *cs_context_unref(struct cs_context *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return NULL;
	if (c->ts)
		cs_host()->extension->ReachDeleteContext(c->ts);
	if (c->tls)
		cs_host()->extension->ReachDeleteContext(c->tls);
	cs_credential_unref(c->credential);
	wr_done(&c->certificate);
	wr_done(&c->inbox);
	compose_forget(&c->held);
	mem_free(c->target);
	mem_free(c);
	return NULL;
}
