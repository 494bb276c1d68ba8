/* packages/credssp/context.c - see packages/credssp/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/credssp/engine.h"

static void pair_free(struct cs_pair *p)
{
	if (p->tls)
		cs_host()->extension->ReachFreeCredentials(p->tls);
	if (p->ts)
		cs_host()->extension->ReachFreeCredentials(p->ts);
}

static void credential_end(void *credential)
{
	struct cs_credential *c = credential;

	pair_free(&c->outbound);
	pair_free(&c->inbound);
	mem_free(c);
}

struct cs_credential *cs_credential_new(uint32_t use)
{
	struct cs_credential *c = MEM_NEW(struct cs_credential);
	if (!c)
		return NULL;
	counted_init(&c->counted, credential_end);
	c->use = use;
	return c;
}

static void context_end(void *context)
{
	struct cs_context *c = context;

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
}

struct cs_context *cs_context_new(bool server, struct cs_credential *credential)
{
	struct cs_context *c = MEM_NEW(struct cs_context);
	if (!c)
		return NULL;
	counted_init(&c->counted, context_end);
	c->server = server;
	c->credential = credential;
	c->certificate = WR(CS_INBOX_MAX);
	c->inbox = WR(CS_INBOX_MAX);
	c->expiry = credential->expiry;
	counted_ref(credential);
	return c;
}
