/* lsa/vaultmove.c - see lsa/vaultcalls.h: the user's own vault goes to the daemon.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * This runs in the application. What is sent is sealed to a passphrase that goes with it: the socket is
 * trusted with both, as it is with a password that is saved. */
#include "base/base.h"

#include <unistd.h>

#include "ipc/reason.h"
#include "lsa/call.h"
#include "lsa/state.h"
#include "lsa/vaultcalls.h"

struct sending {
	struct channel *remote;
	bool merge;
	struct call_reason why;
};

static NTSTATUS send_sealed(struct sending *s, const struct vault_parcel *parcel,
			    struct ipc_bytes sealed)
{
	const struct vault_import_call request = {
		.passphrase = { parcel->passphrase->p, (uint32_t)parcel->passphrase->len },
		.sealed = sealed,
		.replace = s->merge,
		.moved = { parcel->identity, sizeof(parcel->identity) },
		.changes = parcel->changes,
	};
	struct vault_import_reply reply = { 0 };

	NTSTATUS status =
		s->remote->ops->call(s->remote, CALL_VAULT_IMPORT, &request, &reply, &s->why);
	call_reply_done(CALL_VAULT_IMPORT, &reply);
	/* Whose fault it is must be plain: there are two vaults. */
	if (status == VAULT_LOCKED && !s->why.text[0])
		call_reason_set(&s->why, "lsad's vault is locked: sspi vault unlock opens it");
	else if (failed(status) && !s->why.text[0])
		call_reason_set(&s->why, "lsad has not taken it");
	return status;
}

static NTSTATUS take(void *to, const struct vault_parcel *parcel)
{
	off_t size = lseek(parcel->fd, 0, SEEK_END);

	if (size < 0 || size > IPC_SEALED_MAX)
		return fail(STATUS_FILE_TOO_LARGE, "sending a vault");
	CLEANUP(mem_free_p) uint8_t *sealed = mem_alloc((size_t)size);
	if (!sealed)
		return fail(STATUS_NO_MEMORY, "sending a vault");
	if (pread(parcel->fd, sealed, (size_t)size, 0) != size)
		return fail(STATUS_IO_DEVICE_ERROR, "sending a vault");
	return send_sealed(to, parcel, (struct ipc_bytes){ sealed, (uint32_t)size });
}

/* Says that nothing is left here. Unsaid, it would cost no more than what is put back from a copy and moved once
 * more: that it was here before. */
static void tell(const struct lsa *lsa, struct vault *v)
{
	struct vault_import_reply reply = { 0 };
	struct vault_status s = { 0 };
	struct call_reason why;

	if (failed(vault_describe(v, &s)))
		return;
	const struct vault_import_call request = { .moved = { s.identity, sizeof(s.identity) } };
	(void)!lsa->setup.remote->ops->call(lsa->setup.remote, CALL_VAULT_IMPORT, &request, &reply,
					    &why);
	call_reply_done(CALL_VAULT_IMPORT, &reply);
}

static NTSTATUS unlock(struct vault *v, struct ipc_bytes given)
{
	if (!given.n)
		return STATUS_SUCCESS;
	CLEANUP(secret_free_p) struct secret *passphrase = secret_copy(given.p, given.n);
	return passphrase ? vault_unlock(v, passphrase, 0)
			  : fail(STATUS_NO_MEMORY, "taking a passphrase");
}

static NTSTATUS move(const struct lsa *lsa, const struct vault_move_call *call,
		     struct vault_fault *fault, uint64_t *records)
{
	struct sending s = { .remote = lsa->setup.remote, .merge = call->merge };
	CLEANUP(vault_close_p) struct vault *v = NULL;

	NTSTATUS status = vault_open(&(struct vault_options){ .fault = fault }, &v);
	if (failed(status))
		return status;
	status = unlock(v, call->passphrase);
	if (!failed(status))
		status = vault_move(v, "lsad", take, &s, records);
	if (failed(status))
		vault_last_fault(v, fault);
	if (!failed(status) || status == VAULT_MOVED)
		tell(lsa, v);
	if (s.why.text[0]) {
		fault->status = status;
		snprintf(fault->text, sizeof(fault->text), "%s", s.why.text);
	}
	return status;
}

NTSTATUS lsa_vault_move(struct lsa_client *client, const struct vault_move_call *call,
			struct vault_move_reply *reply)
{
	struct vault_fault fault = { .text = "" };

	if (!client->setup.is_this_process || !client->lsa->setup.remote)
		return fail(STATUS_NOT_SUPPORTED, "moving a vault to where no daemon is");
	NTSTATUS status = move(client->lsa, call, &fault, &reply->records);
	if (failed(status) && fault.status == status)
		call_note_reason(fault.text);
	return status;
}
