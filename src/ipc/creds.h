/* ipc/creds.h - the requests and replies of the Credential Manager and the vault.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Included by ipc/calls.h alone, whose rules of ownership hold. Credentials travel as wire/credential.h
 * writes them, targets as wire/target.h does. */
#ifndef OPENSSPI_IPC_CREDS_H
#define OPENSSPI_IPC_CREDS_H

/* ---- credentials ---- */

/* CredWrite, and CredWriteDomainCredentials when there is a target. */
struct cred_write_call {
	struct ipc_bytes credential;
	struct ipc_bytes target; /* empty: none */
	uint32_t flags;		 /* CRED_PRESERVE_CREDENTIAL_BLOB */
};

/* CredRead, CredDelete, CredFindBestCredential; CredEnumerate (the target is its filter); CredGetTargetInfo;
 * the default credential. */
struct cred_name_call {
	struct ipc_text target;
	uint32_t type, flags;
};

struct cred_rename_call {
	struct ipc_text from, to;
	uint32_t type, flags;
};

/* CredReadDomainCredentials. */
struct cred_match_call {
	struct ipc_bytes target;
	uint32_t flags;
};

/* Each credential is [u32 length][bytes], padded so that the next begins at a multiple of four. */
struct cred_list_reply {
	uint32_t count;
	struct ipc_owned credentials;
};

struct cred_target_reply {
	struct ipc_owned target;
};

struct cred_session_reply {
	uint32_t persist[8]; /* CRED_PERSIST_ by CRED_TYPE_ */
};

/* CredProtect and CredUnprotect: bytes in, bytes out. */
#define IPC_PROTECT_SAME_SIZE 0x80000000u /* as many bytes out as in, without integrity */

struct cred_protect_call {
	uint32_t flags; /* CRED_PROTECT_ or CRED_UNPROTECT_, IPC_PROTECT_SAME_SIZE */
	struct ipc_bytes bytes;
};
struct cred_protect_reply {
	struct ipc_owned bytes;
};

/* ---- the vault ---- */

struct vault_key_record {
	int64_t number, created;
	uint32_t kind;
	char label[64];
};

struct vault_status_reply {
	uint32_t flags, format; /* OPENSSPI_VAULT_* */
	uint8_t identity[16];
	int64_t records;
	uint64_t changes, writes_under_key;
	struct ipc_owned path, key_file, journal; /* UTF-8 without terminator */
	uint32_t key_count;
	struct vault_key_record key[16];
};

struct vault_unlock_call {
	struct ipc_bytes passphrase;
	uint32_t seconds;
};

/* A passphrase (or, without one, a key file) more. */
struct vault_add_call {
	struct ipc_bytes passphrase;
	bool key_file;
	struct ipc_bytes label;
};
struct vault_add_reply {
	int64_t number;
};

struct vault_remove_call {
	int64_t number;
};

#define IPC_PASSPHRASES_MAX 16

struct vault_rekey_call {
	uint32_t count;
	struct ipc_bytes passphrase[IPC_PASSPHRASES_MAX];
};

/* `sentences` are lines, each ended by a newline. */
struct vault_check_reply {
	uint64_t records, altered, missing;
	bool file_damaged, sum_differs;
	struct ipc_owned sentences;
};

struct vault_accept_call {
	bool delete_altered;
};

struct vault_export_call {
	struct ipc_bytes passphrase;
};
struct vault_export_reply {
	uint64_t records;
	struct ipc_owned sealed;
};

/* A vault that moves here says whose it was: then nothing is replaced by what is older, and without `replace`
 * nothing may be here already. With nothing sealed it says that this vault is no more, where it was. */
struct vault_import_call {
	struct ipc_bytes passphrase, sealed;
	bool replace;
	struct ipc_bytes moved; /* the identity; none: a plain import */
	uint64_t changes;	/* of that vault */
};
struct vault_import_reply {
	uint64_t records;
};

/* From the user's own vault to the daemon's: a call for the LSA in the application. */
struct vault_move_call {
	struct ipc_bytes passphrase; /* none: NULL */
	bool merge;
};
struct vault_move_reply {
	uint64_t records;
};

/* ---- words ---- */

struct words_reply {
	struct ipc_owned text; /* UTF-8 */
};

/* ---- the policy ---- */

struct policy_explain_call {
	struct ipc_text target;
	uint32_t credential_class;
	bool mutual;
};

/* The list's lines: "Name\tValue\tOrigin\n". The reply is a words_reply. */

#endif
