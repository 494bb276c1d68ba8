/* packages/negotiate/context.c - see packages/negotiate/context.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "packages/negotiate/lsa.h"
#include "packages/negotiate/packed.h"

static void credential_free(struct nego_credential *c)
{
	for (int role = 0; role < NEGO_ROLES; role++)
		for (int row = 0; row < NEGO_ROWS; row++) {
			if (c->of[role][row])
				nego_host()->extension->ReachFreeCredentials(c->of[role][row]);
			mem_free(c->passed[role][row].words);
		}
	block_free(c->name);
	mem_free(c);
}

/* Those that were added go one after the other: there may be more of them than a stack is deep. */
static void credentials_end(void *credential)
{
	struct nego_credential *c = credential;

	while (c) {
		struct nego_credential *added = atomic_load(&c->added);
		credential_free(c);
		c = added && counted_leave(&added->counted) ? added : NULL;
	}
}

struct nego_credential *nego_credential_new(uint32_t use)
{
	struct nego_credential *c = MEM_NEW(struct nego_credential);
	if (!c)
		return NULL;
	counted_init(&c->counted, credentials_end);
	c->use = use;
	c->expiry = CLOCK_NEVER;
	return c;
}

void nego_credential_add(struct nego_credential *c, struct nego_credential *more)
{
	struct nego_credential *latest = atomic_load(&c->added);

	do
		atomic_store(&more->added, latest);
	while (!atomic_compare_exchange_weak(&c->added, &latest, more));
}

const struct nego_credential *nego_credential_with(struct nego_credential *c, enum nego_role role,
						   enum nego_row row)
{
	for (struct nego_credential *a = atomic_load(&c->added); a; a = atomic_load(&a->added))
		if (a->of[role][row])
			return a;
	return c->of[role][row] ? c : NULL;
}

OPENSSPI_REACH_HANDLE nego_credential_of(struct nego_credential *c, enum nego_role role,
					 enum nego_row row)
{
	const struct nego_credential *with = nego_credential_with(c, role, row);
	return with ? with->of[role][row] : 0;
}

static void context_end(void *context)
{
	struct nego_context *c = context;

	if (c->inner)
		nego_host()->extension->ReachDeleteContext(c->inner);
	nego_credential_unref(c->credential);
	wr_done(&c->mech_list);
	secret_free(c->bindings);
	compose_forget(&c->held);
	text_done(&c->why);
	mem_free(c);
}

struct nego_context *nego_context_new(enum nego_role role, struct nego_credential *credential)
{
	struct nego_context *c = MEM_NEW(struct nego_context);
	if (!c)
		return NULL;
	counted_init(&c->counted, context_end);
	c->role = role;
	c->credential = credential;
	c->mech_list = WR(SPNEGO_TOKEN_MAX);
	c->chosen = MECH_UNKNOWN;
	c->row = NEGO_NONE;
	c->expiry = credential->expiry;
	counted_ref(credential);
	return c;
}

struct rd nego_reason(const struct nego_context *c)
{
	bool known = c->why.len && !c->why.failed && c->why.len <= NEGO_REASON_MAX;
	return known ? rd_of(c->why.p, c->why.len) : rd_of(NULL, 0);
}

uint32_t nego_negotiation_state(const struct nego_context *c)
{
	if (c->stage == NEGO_COMPLETE)
		return SECPKG_NEGOTIATION_COMPLETE;
	return c->role == NEGO_CLIENT && !c->answered ? SECPKG_NEGOTIATION_OPTIMISTIC
						      : SECPKG_NEGOTIATION_IN_PROGRESS;
}
