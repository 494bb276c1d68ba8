/* lsa/accepted.c - see lsa/accepted.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecpkg.h>

#include "base/block.h"
#include "base/loop.h"
#include "crypto/hash.h"
#include "ipc/userhalf.h"
#include "lsa/accepted.h"
#include "lsa/call.h"
#include "lsa/contexts.h"
#include "lsa/reach.h"
#include "lsa/state.h"

_Static_assert(SHA256_LEN == LOOP_MARK_LEN, "a mark is a hash");

/* Embedded both ends may be the program's: it has everything anyway. */
static bool is_of_interest(void)
{
	const struct frame *frame = call_current();

	return frame && frame->client && !frame->client->setup.is_this_process;
}

/* The user-mode half knows the keys; it makes a state of its own for this question. */
static NTSTATUS ask_user_half(const struct context *c, const struct leg *leg,
			      SecPkgContext_SessionKey *key)
{
	const SECPKG_USER_FUNCTION_TABLE *user =
		userhalf_table(c->lsa->setup.userhalves, c->package->module, c->package->table);

	if (!user || !user->InitUserModeContext || !user->QueryContextAttributes)
		return SEC_E_UNSUPPORTED_FUNCTION;
	LSA_SEC_HANDLE apart = reach_key_apart();
	SecBuffer packed = leg->user_data;
	packed.pvBuffer = block_dup(leg->user_data.pvBuffer, leg->user_data.cbBuffer);
	if (!packed.pvBuffer)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "looking at an accepted context");
	NTSTATUS status = user->InitUserModeContext(apart, &packed);
	if (failed(status))
		return status;
	status = user->QueryContextAttributes(apart, SECPKG_ATTR_SESSION_KEY, key);
	if (user->DeleteUserModeContext)
		(void)user->DeleteUserModeContext(apart);
	return status;
}

static NTSTATUS ask(const struct context *c, const struct leg *leg, SecPkgContext_SessionKey *key)
{
	if (leg->mapped)
		return ask_user_half(c, leg, key);
	return c->package->functions.QueryContextAttributes
		       ? c->package->functions.QueryContextAttributes(c->handle,
								      SECPKG_ATTR_SESSION_KEY, key)
		       : SEC_E_UNSUPPORTED_FUNCTION;
}

void accepted_note(struct context *c, const struct leg *leg)
{
	SecPkgContext_SessionKey key = { 0, NULL };
	uint8_t mark[LOOP_MARK_LEN];

	if (!is_of_interest())
		return;
	NTSTATUS status = ask(c, leg, &key);
	if (!failed(status) && key.SessionKey && key.SessionKeyLength) {
		sha256_parts(&(struct part){ key.SessionKey, key.SessionKeyLength }, 1, mark);
		loop_note(mark);
	} else if (status == SEC_E_INSUFFICIENT_MEMORY) {
		loop_note_unknown();
	}
	block_free(key.SessionKey);
}
