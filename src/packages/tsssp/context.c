/* packages/tsssp/context.c - see packages/tsssp/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "packages/tsssp/session.h"

static void credential_end(void *credential)
{
	struct ts_credential *c = credential;
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;

	if (c->outbound)
		extension->ReachFreeCredentials(c->outbound);
	if (c->inbound)
		extension->ReachFreeCredentials(c->inbound);
	secret_free(c->identity);
	mem_free(c);
}

struct ts_credential *ts_credential_new(uint32_t use)
{
	struct ts_credential *c = MEM_NEW(struct ts_credential);
	if (!c)
		return NULL;
	counted_init(&c->counted, credential_end);
	c->use = use;
	c->expiry = CLOCK_NEVER;
	return c;
}

static void context_end(void *context)
{
	struct ts_context *c = context;

	ts_delegated_end(c);
	if (c->inner)
		ts_host()->extension->ReachDeleteContext(c->inner);
	if (c->outbound)
		ts_host()->extension->ReachFreeCredentials(c->outbound);
	ts_credential_unref(c->credential);
	secret_free(c->identity);
	secret_free(c->delegated);
	secret_free(c->named);
	compose_forget(&c->held);
	mem_free(c->key);
	mem_free(c->target);
	mem_free(c);
}

struct ts_context *ts_context_new(bool server, struct ts_credential *credential)
{
	struct ts_context *c = MEM_NEW(struct ts_context);
	if (!c)
		return NULL;
	counted_init(&c->counted, context_end);
	c->server = server;
	c->credential = credential;
	c->expiry = credential->expiry;
	counted_ref(credential);
	return c;
}
