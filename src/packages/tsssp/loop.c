/* packages/tsssp/loop.c - see packages/tsssp/loop.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <unistd.h>

#include "base/loop.h"
#include "crypto/hash.h"
#include "packages/tsssp/loop.h"

_Static_assert(TS_NONCE_LEN == LOOP_MARK_LEN && SHA256_LEN == LOOP_MARK_LEN, "both are marks");

static void note(const char *sentence)
{
	const OPENSSPI_LSA_EXTENSION *extension = ts_host()->extension;
	if (extension->NoteReason)
		extension->NoteReason(sentence);
}

/* True for a call of another process, about which the LSA tells more. */
static bool caller_is_elsewhere(SECPKG_CALL_INFO *info)
{
	*info = (SECPKG_CALL_INFO){ 0 };
	return ts_host()->lsa->GetCallInfo && ts_host()->lsa->GetCallInfo(info) &&
	       info->ProcessId != (ULONG)getpid();
}

NTSTATUS ts_may_serve(uint32_t use)
{
	SECPKG_CALL_INFO info;

	if (!(use & SECPKG_CRED_INBOUND) || !caller_is_elsewhere(&info) ||
	    info.Attributes & SECPKG_CALL_IS_TCB)
		return STATUS_SUCCESS;
	note("only root and the group that [lsa] servers names may receive what clients delegate through lsad");
	return fail(SEC_E_NOT_OWNER, "acquiring a server's credentials");
}

NTSTATUS ts_loop_begin(struct ts_context *c)
{
	SECPKG_CALL_INFO info;

	c->guarded = caller_is_elsewhere(&info);
	return !c->guarded || loop_begin(&c->since)
		       ? STATUS_SUCCESS
		       : fail(SEC_E_INTERNAL_ERROR, "watching for a server of this LSA");
}

/* The key is what whoever accepted the sign-in has as well. */
static NTSTATUS key_mark(const struct ts_context *c, uint8_t mark[LOOP_MARK_LEN])
{
	SecPkgContext_SessionKey key = { 0, NULL };

	NTSTATUS status =
		ts_host()->extension->ReachQueryContext(c->inner, SECPKG_ATTR_SESSION_KEY, &key);
	if (failed(status))
		return status;
	bool has = key.SessionKey && key.SessionKeyLength;
	if (has)
		sha256_parts(&(struct part){ key.SessionKey, key.SessionKeyLength }, 1, mark);
	ts_host()->lsa->FreeLsaHeap(key.SessionKey); /* which wipes it */
	return has ? STATUS_SUCCESS : fail(SEC_E_NO_CREDENTIALS, "finding the inner session key");
}

/* A server that does the mechanism by hand may have been told the key that the session key went under. */
static bool key_was_told(const struct ts_context *c)
{
	uint8_t mark[LOOP_MARK_LEN];

	NTSTATUS status = ts_host()->extension->ReachQueryContext(c->inner, LOOP_ATTR_MARK, mark);
	if (status == SEC_E_UNSUPPORTED_FUNCTION)
		return false;
	return failed(status) || loop_has(mark, c->since);
}

NTSTATUS ts_loop_check(const struct ts_context *c)
{
	uint8_t mark[LOOP_MARK_LEN];

	if (!c->guarded)
		return STATUS_SUCCESS;
	NTSTATUS status = key_mark(c, mark);
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return status;
	if (!failed(status) && !loop_has(mark, c->since) && !loop_has(c->nonce, c->since) &&
	    !key_was_told(c))
		return STATUS_SUCCESS;
	note("the server is a program of this very LSA, which hands nothing that it keeps to programs here");
	return fail(SEC_E_DELEGATION_POLICY, "delegating to a server of the same LSA");
}

void ts_loop_note(const struct ts_context *c)
{
	if (c->has_nonce)
		loop_note(c->nonce);
}
