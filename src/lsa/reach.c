/* lsa/reach.c - see lsa/reach.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "lsa/call.h"
#include "lsa/contexts.h"
#include "lsa/credentials.h"
#include "lsa/reach.h"
#include "lsa/remote.h"
#include "lsa/state.h"

#define KEYS_APART (UINT64_C(3) << 62)

void reach_clear(struct lsa *lsa)
{
	void *object;

	while ((object = slots_remove_any(&lsa->reach_contexts)))
		lsa_context_unref(object);
	while ((object = slots_remove_any(&lsa->reach_credentials)))
		lsa_credential_unref(object);
}

/* ---- credentials ---- */

NTSTATUS NTAPI reach_acquire_session(const UNICODE_STRING *package, ULONG use, PLUID logon,
				     PVOID auth, OPENSSPI_REACH_HANDLE *credential,
				     PTimeStamp expiry)
{
	struct lsa *lsa = lsa_current();
	CLEANUP(lsa_credential_unref_p) struct lsa_credential *c = NULL;
	int64_t until = 0;

	if (!lsa || !package || !credential)
		return fail(STATUS_INVALID_PARAMETER, "reaching for credentials");
	struct acquisition a = { .use = use, .logon = logon, .auth = auth };
	a.package = host_find(
		&lsa->host, (struct ipc_text){ package->Buffer, package->Length / sizeof(WCHAR) });
	if (!a.package && !lsa->setup.remote)
		return fail(SEC_E_SECPKG_NOT_FOUND, "reaching for a package");
	NTSTATUS status =
		a.package ? lsa_credential_new(lsa, NULL, &a, &c, &until)
			  : remote_acquire(lsa, &(struct remote_asked){ package, use, logon, auth },
					   credential, &until);
	if (failed(status))
		return status;
	if (c)
		*credential = slots_add(&lsa->reach_credentials, c);
	if (!*credential)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping credentials of a package");
	c = NULL;
	if (expiry)
		expiry->QuadPart = until;
	return status;
}

NTSTATUS NTAPI reach_acquire_credentials(const UNICODE_STRING *package, ULONG use, PVOID auth,
					 OPENSSPI_REACH_HANDLE *credential, PTimeStamp expiry)
{
	return reach_acquire_session(package, use, NULL, auth, credential, expiry);
}

VOID NTAPI reach_free_credentials(OPENSSPI_REACH_HANDLE credential)
{
	struct lsa *lsa = lsa_current();
	if (lsa && remote_is(credential))
		remote_free_credentials(lsa, credential);
	else if (lsa)
		lsa_credential_unref(slots_remove(&lsa->reach_credentials, credential));
}

/* ---- contexts ---- */

/* The packed context is the user-mode half's to release, whatever it answers. */
static NTSTATUS map_context(struct lsa *lsa, struct context *c, SecBuffer *packed)
{
	const SECPKG_USER_FUNCTION_TABLE *user =
		userhalf_table(lsa->setup.userhalves, c->package->module, c->package->table);

	if (!user || !user->InitUserModeContext) {
		block_free(packed->pvBuffer);
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "a package without user-mode half");
	}
	struct secret *copy = secret_copy(packed->pvBuffer, packed->cbBuffer);
	if (!copy) {
		block_free(packed->pvBuffer);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a packed context");
	}
	NTSTATUS status = user->InitUserModeContext(c->handle, packed);
	if (failed(status)) {
		secret_free(copy);
		return fail(status, "a package's InitUserModeContext");
	}
	secret_free(c->packed);
	c->packed = copy;
	atomic_store(&c->user, user);
	return STATUS_SUCCESS;
}

/* A leg's answers, taken over; a context that cannot be kept goes again. */
static NTSTATUS reach_keep(struct lsa *lsa, struct leg *leg, NTSTATUS status,
			   OPENSSPI_REACH_HANDLE *number)
{
	struct context *c = leg->made ? leg->made : leg->context;

	if (leg->mapped) {
		NTSTATUS mapped = map_context(lsa, c, &leg->user_data);
		status = failed(mapped) ? mapped : status;
	} else {
		block_free(leg->user_data.pvBuffer);
	}
	if (!leg->made)
		return status;
	*number = failed(status) ? 0 : slots_add(&lsa->reach_contexts, leg->made);
	if (*number)
		return status;
	lsa_context_unref(leg->made);
	return failed(status) ? status
			      : fail(SEC_E_INSUFFICIENT_MEMORY, "keeping a context of a package");
}

static NTSTATUS reach_leg(struct leg *leg, OPENSSPI_REACH_HANDLE credential,
			  OPENSSPI_REACH_HANDLE context, OPENSSPI_REACH_HANDLE *new_context)
{
	struct lsa *lsa = lsa_current();
	CLEANUP(lsa_credential_unref_p) struct lsa_credential *held_credential = NULL;
	CLEANUP(lsa_context_unref_p) struct context *held_context = NULL;

	if (!lsa || !new_context)
		return fail(STATUS_INVALID_PARAMETER, "reaching for a context");
	if (remote_is(context ? context : credential)) {
		OPENSSPI_REACH_HANDLE there = context;
		NTSTATUS status = remote_leg(lsa, leg, credential, &there);
		if (!failed(status))
			*new_context = there;
		return status;
	}
	if (credential)
		held_credential = lsa_credential_find(&lsa->reach_credentials, credential);
	if (context)
		held_context = lsa_context_find(&lsa->reach_contexts, context);
	if ((credential && !held_credential) || (context && !held_context))
		return fail(SEC_E_INVALID_HANDLE, "reaching for a context");
	leg->credential = held_credential;
	leg->context = held_context;
	OPENSSPI_REACH_HANDLE number = context;
	NTSTATUS status = reach_keep(lsa, leg, lsa_context_leg(lsa, NULL, leg), &number);
	if (!failed(status))
		*new_context = number;
	return status;
}

static NTSTATUS reach_answer(const struct leg *leg, NTSTATUS status, ULONG *attributes,
			     PTimeStamp expiry)
{
	if (attributes)
		*attributes = leg->attributes;
	if (expiry)
		expiry->QuadPart = leg->expiry;
	return status;
}

NTSTATUS NTAPI reach_init_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				  const UNICODE_STRING *target, ULONG requirements,
				  PSecBufferDesc input, OPENSSPI_REACH_HANDLE *new_context,
				  PSecBufferDesc output, ULONG *attributes, PTimeStamp expiry)
{
	UNICODE_STRING name = target ? *target : (UNICODE_STRING){ 0 };
	struct leg leg = {
		.target = target ? &name : NULL,
		.requirements = requirements,
		.data_representation = SECURITY_NATIVE_DREP,
		.in = input,
		.out = output,
	};
	NTSTATUS status = reach_leg(&leg, credential, context, new_context);
	return reach_answer(&leg, status, attributes, expiry);
}

NTSTATUS NTAPI reach_accept_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				    PSecBufferDesc input, ULONG requirements,
				    OPENSSPI_REACH_HANDLE *new_context, PSecBufferDesc output,
				    ULONG *attributes, PTimeStamp expiry)
{
	struct leg leg = {
		.inbound = true,
		.requirements = requirements,
		.data_representation = SECURITY_NATIVE_DREP,
		.in = input,
		.out = output,
	};
	NTSTATUS status = reach_leg(&leg, credential, context, new_context);
	return reach_answer(&leg, status, attributes, expiry);
}

VOID NTAPI reach_delete_context(OPENSSPI_REACH_HANDLE context)
{
	struct lsa *lsa = lsa_current();
	if (lsa && remote_is(context))
		remote_delete_context(lsa, context);
	else if (lsa)
		lsa_context_unref(slots_remove(&lsa->reach_contexts, context));
}

/* The context of a number with a reference, and the frame of a call into it. */
static struct context *reach_enter(OPENSSPI_REACH_HANDLE number, struct frame *frame)
{
	struct lsa *lsa = lsa_current();
	struct context *c = lsa ? lsa_context_find(&lsa->reach_contexts, number) : NULL;

	if (!c)
		return NULL;
	call_enter(frame, lsa, NULL, c->package);
	call_is_inner(frame);
	return c;
}

static void reach_leave(struct context *c, struct frame *frame)
{
	call_leave(frame);
	lsa_context_unref(c);
}

/* The user-mode half knows a mapped context best; what it does not answer the LSA half may. */
static NTSTATUS reach_ask(struct context *c, ULONG attribute, PVOID buffer)
{
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);

	if (user && user->QueryContextAttributes) {
		NTSTATUS status = user->QueryContextAttributes(c->handle, attribute, buffer);
		if (status != SEC_E_UNSUPPORTED_FUNCTION && status != STATUS_NOT_SUPPORTED)
			return status;
	}
	return lsa_context_ask(c, attribute, buffer);
}

NTSTATUS NTAPI reach_query_context(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer)
{
	struct frame frame;

	if (!buffer)
		return fail(STATUS_INVALID_PARAMETER, "reaching for an attribute");
	if (remote_is(context) && lsa_current())
		return remote_query(lsa_current(), context, attribute, buffer);
	struct context *c = reach_enter(context, &frame);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "reaching for an attribute");
	NTSTATUS status = reach_ask(c, attribute, buffer);
	reach_leave(c, &frame);
	return status;
}

NTSTATUS NTAPI reach_control_context(OPENSSPI_REACH_HANDLE context, PSecBufferDesc input)
{
	struct frame frame;
	struct context *c = reach_enter(context, &frame);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "reaching to control a context");
	NTSTATUS status = lsa_context_apply(c, input);
	reach_leave(c, &frame);
	return status;
}

/* ---- message protection ---- */

enum protection { SEAL, UNSEAL, SIGN, VERIFY };

static NTSTATUS protect(const SECPKG_USER_FUNCTION_TABLE *user, enum protection how,
			LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence)
{
	ULONG quality = 0;

	if (how == SEAL && user->SealMessage)
		return user->SealMessage(handle, 0, message, sequence);
	/* Without a place for the quality: what was only signed does not pass for sealed. */
	if (how == UNSEAL && user->UnsealMessage)
		return user->UnsealMessage(handle, message, sequence, NULL);
	if (how == SIGN && user->MakeSignature)
		return user->MakeSignature(handle, 0, message, sequence);
	if (how == VERIFY && user->VerifySignature)
		return user->VerifySignature(handle, message, sequence, &quality);
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "protecting a message for a package");
}

/* A key that is no number of a package's own tables: those begin at 1, and the keys of imported contexts
 * have the top bit alone. */
LSA_SEC_HANDLE reach_key_apart(void)
{
	static atomic_ullong last;
	return (LSA_SEC_HANDLE)(KEYS_APART | atomic_fetch_add(&last, 1));
}

/* Verifies for a context whose messages are the application's, in a state that has seen nothing. */
static NTSTATUS verify_apart(struct context *c, PSecBufferDesc message, ULONG sequence)
{
	const SECPKG_USER_FUNCTION_TABLE *user =
		userhalf_table(c->lsa->setup.userhalves, c->package->module, c->package->table);
	LSA_SEC_HANDLE key = reach_key_apart();
	SecBuffer packed = { (ULONG)c->packed->len, SECBUFFER_TOKEN,
			     block_dup(c->packed->p, c->packed->len) };

	if (!packed.pvBuffer)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "verifying apart");
	NTSTATUS status = user->InitUserModeContext(key, &packed);
	if (failed(status))
		return status;
	status = protect(user, VERIFY, key, message, sequence);
	if (user->DeleteUserModeContext)
		(void)user->DeleteUserModeContext(key);
	return status;
}

static NTSTATUS reach_protect(OPENSSPI_REACH_HANDLE context, enum protection how,
			      PSecBufferDesc message, ULONG sequence)
{
	struct frame frame;
	struct context *c = reach_enter(context, &frame);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "protecting a message for a package");
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_load(&c->user);
	NTSTATUS status;
	if (user)
		status = protect(user, how, c->handle, message, sequence);
	else if (!c->packed)
		status = fail(SEC_E_UNSUPPORTED_FUNCTION, "a context that is not mapped");
	else if (how == VERIFY)
		status = verify_apart(c, message, sequence);
	else
		status = fail(SEC_E_INVALID_HANDLE, "a context that is the application's");
	reach_leave(c, &frame);
	return status;
}

NTSTATUS NTAPI reach_seal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	return reach_protect(context, SEAL, message, sequence);
}

NTSTATUS NTAPI reach_unseal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	return reach_protect(context, UNSEAL, message, sequence);
}

NTSTATUS NTAPI reach_sign(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	return reach_protect(context, SIGN, message, sequence);
}

NTSTATUS NTAPI reach_verify(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	return reach_protect(context, VERIFY, message, sequence);
}

/* ---- giving a context away ---- */

/* The application's user-mode half lives under the same key, perhaps in this very process: ours goes
 * first, and nobody here touches that key again. */
static NTSTATUS take_packed(struct context *c, PSecBuffer packed)
{
	if (!c->packed)
		return fail(SEC_E_INVALID_HANDLE, "taking a context that is not mapped");
	void *copy = block_dup(c->packed->p, c->packed->len);
	if (!copy)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "taking a packed context");
	const SECPKG_USER_FUNCTION_TABLE *user = atomic_exchange(&c->user, NULL);
	if (!user) {
		block_free(copy);
		return fail(SEC_E_INVALID_HANDLE, "taking a context again");
	}
	if (user->DeleteUserModeContext)
		(void)user->DeleteUserModeContext(c->handle);
	*packed = (SecBuffer){ (ULONG)c->packed->len, SECBUFFER_TOKEN, copy };
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI reach_take_packed(OPENSSPI_REACH_HANDLE context, ULONG *package, ULONG_PTR *key,
				 PSecBuffer packed)
{
	struct frame frame;

	if (!package || !key || !packed)
		return fail(STATUS_INVALID_PARAMETER, "taking a packed context");
	struct context *c = reach_enter(context, &frame);
	if (!c)
		return fail(SEC_E_INVALID_HANDLE, "taking a packed context");
	NTSTATUS status = take_packed(c, packed);
	if (!failed(status)) {
		*package = c->package->id;
		*key = c->handle;
	}
	reach_leave(c, &frame);
	return status;
}
