/* lsa/protect.h - bytes sealed for one user, for CredProtect and for identities.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Sealed bytes are the letter of their marshalled form ('D': the user's logon session; 'F': the user's
 * sessions of this boot, "the system"), a version, a nonce and AES-256-GCM's output. With
 * IPC_PROTECT_SAME_SIZE they are permuted instead: as many bytes as before, and no integrity.
 *
 * Embedded, the key lies in the user's runtime directory, mode 0600, made by whoever needs it first; the
 * boot and the session go into what is derived from it. Where no such file can be had it is a key of this
 * process alone. */
#ifndef OPENSSPI_LSA_PROTECT_H
#define OPENSSPI_LSA_PROTECT_H

#include "base/base.h"
#include "base/secret.h"
#include "base/utf.h"
#include "ipc/calls.h"

struct lsa_client;

/* CALL_CRED_PROTECT. STATUS_INVALID_PARAMETER (unknown flags), STATUS_NO_MEMORY, STATUS_UNSUCCESSFUL (no
 * random bytes). */
MUST_CHECK NTSTATUS lsa_protect(struct lsa_client *client, const struct cred_protect_call *call,
				struct cred_protect_reply *reply);

/* CALL_CRED_UNPROTECT. STATUS_NOT_CAPABLE: sealed by another user, in another session or boot, altered, or
 * for the system without CRED_UNPROTECT_ALLOW_TO_SYSTEM. */
MUST_CHECK NTSTATUS lsa_unprotect(struct lsa_client *client, const struct cred_protect_call *call,
				  struct cred_protect_reply *reply);

/* The text that CredProtect sealed for the client, or for the system. STATUS_INVALID_PARAMETER: it is no
 * such text, and can be taken as it is; STATUS_NOT_CAPABLE: it cannot be opened here. */
MUST_CHECK NTSTATUS lsa_open_text(struct lsa_client *client, struct utf16 text,
				  struct secret **out);

/* The key of RtlEncryptMemory for that RTL_ENCRYPT_OPTION_ and client (secret_free): of the user's logon
 * session for SAME_LOGON, of the user and boot for the others. NULL when memory is short. */
MUST_CHECK struct secret *protect_memory_key(const struct lsa_client *client, uint32_t option);

#endif
