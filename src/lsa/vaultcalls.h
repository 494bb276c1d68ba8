/* lsa/vaultcalls.h - the calls that look after the caller's vault.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Statuses are those of vault/vault.h; STATUS_NO_SUCH_LOGON_SESSION when the session has no credential
 * set. */
#ifndef OPENSSPI_LSA_VAULTCALLS_H
#define OPENSSPI_LSA_VAULTCALLS_H

#include "base/base.h"
#include "ipc/calls.h"

struct lsa_client;

MUST_CHECK NTSTATUS lsa_vault_status(struct lsa_client *client, struct vault_status_reply *reply);
MUST_CHECK NTSTATUS lsa_vault_unlock(struct lsa_client *client,
				     const struct vault_unlock_call *call);
MUST_CHECK NTSTATUS lsa_vault_lock(struct lsa_client *client);
MUST_CHECK NTSTATUS lsa_vault_add(struct lsa_client *client, const struct vault_add_call *call,
				  struct vault_add_reply *reply);
MUST_CHECK NTSTATUS lsa_vault_remove(struct lsa_client *client,
				     const struct vault_remove_call *call);
MUST_CHECK NTSTATUS lsa_vault_rekey(struct lsa_client *client,
				    const struct vault_rekey_call *call);
MUST_CHECK NTSTATUS lsa_vault_check(struct lsa_client *client, struct vault_check_reply *reply);
MUST_CHECK NTSTATUS lsa_vault_accept(struct lsa_client *client,
				     const struct vault_accept_call *call);
MUST_CHECK NTSTATUS lsa_vault_export(struct lsa_client *client,
				     const struct vault_export_call *call,
				     struct vault_export_reply *reply);
MUST_CHECK NTSTATUS lsa_vault_import(struct lsa_client *client,
				     const struct vault_import_call *call,
				     struct vault_import_reply *reply);

/* In the application, whose LSA is a daemon: the user's own vault goes there. STATUS_NOT_SUPPORTED elsewhere.
 * Statuses besides: STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_TOO_LARGE. What went wrong is noted as the call's
 * reason. */
MUST_CHECK NTSTATUS lsa_vault_move(struct lsa_client *client, const struct vault_move_call *call,
				   struct vault_move_reply *reply);
MUST_CHECK NTSTATUS lsa_vault_fault(struct lsa_client *client, struct words_reply *reply);

#endif
