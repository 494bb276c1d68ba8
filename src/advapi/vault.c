/* advapi/vault.c - the OpensspiVault functions: looking after the file of the caller's credentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <opensspi.h>
#include <unistd.h>

#include "advapi/layout.h"
#include "advapi/reach.h"
#include "base/block.h"
#include "base/files.h"

static struct ipc_bytes bytes_of(const char *text)
{
	return (struct ipc_bytes){ (const uint8_t *)text, (uint32_t)strlen(text) };
}

/* A call whose request is nothing, and whose reply too. */
static uint32_t plain_call(enum call which, const void *call)
{
	struct empty_reply reply = { 0 };

	return reach_lsa(which, call, &reply);
}

/* ---- the status ---- */

static char *put_owned_text(struct layout *l, const struct ipc_owned *text)
{
	char *at = layout_take(l, text->n + 1u, 1); /* a block is zeroed: the NUL is there */

	if (at && text->n)
		memcpy(at, text->p, text->n);
	return at;
}

static void *put_status(struct layout *l, const struct vault_status_reply *r)
{
	OPENSSPI_VAULT_STATUS *out = layout_take(l, sizeof(*out), _Alignof(max_align_t));
	OPENSSPI_VAULT_KEY *keys =
		layout_take(l, r->key_count * sizeof(*keys), _Alignof(max_align_t));
	OPENSSPI_VAULT_STATUS one = {
		.Flags = r->flags,
		.Format = r->format,
		.Path = put_owned_text(l, &r->path),
		.KeyFile = put_owned_text(l, &r->key_file),
		.Journal = put_owned_text(l, &r->journal),
		.Records = r->records,
		.Changes = r->changes,
		.WritesUnderKey = r->writes_under_key,
		.KeyCount = r->key_count,
		.Keys = keys,
	};

	if (!out)
		return NULL;
	memcpy(one.Identity, r->identity, sizeof(one.Identity));
	for (uint32_t i = 0; i < r->key_count; i++) {
		const struct vault_key_record *from = &r->key[i];
		keys[i] = (OPENSSPI_VAULT_KEY){
			.Number = from->number,
			.Kind = from->kind,
			.Created = { (DWORD)from->created, (DWORD)(from->created >> 32) },
		};
		memcpy(keys[i].Label, from->label, sizeof(keys[i].Label));
	}
	*out = one;
	return out;
}

DWORD WINAPI OpensspiVaultStatus(POPENSSPI_VAULT_STATUS *status)
{
	struct packages_call call = { 0 };
	struct vault_status_reply reply = { 0 };
	struct layout sizes = { 0 }, fill = { 0 };

	if (!status)
		return ERROR_INVALID_PARAMETER;
	*status = NULL;
	uint32_t error = reach_lsa(CALL_VAULT_STATUS, &call, &reply);
	if (error == ERROR_SUCCESS) {
		put_status(&sizes, &reply);
		fill.block = block_alloc(sizes.used);
		*status = fill.block ? put_status(&fill, &reply) : NULL;
		error = fill.block ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
	}
	call_reply_done(CALL_VAULT_STATUS, &reply);
	return error;
}

DWORD WINAPI OpensspiVaultLastFault(char **text)
{
	struct packages_call call = { 0 };
	struct words_reply reply = { { 0 } };

	if (!text)
		return ERROR_INVALID_PARAMETER;
	*text = NULL;
	uint32_t error = reach_lsa(CALL_VAULT_FAULT, &call, &reply);
	if (error == ERROR_SUCCESS) {
		char *block = block_alloc(reply.text.n + 1u);
		if (block && reply.text.n)
			memcpy(block, reply.text.p, reply.text.n);
		*text = block;
		error = block ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
	}
	call_reply_done(CALL_VAULT_FAULT, &reply);
	return error;
}

/* ---- keys ---- */

DWORD WINAPI OpensspiVaultUnlock(const char *passphrase, ULONG seconds)
{
	if (!passphrase)
		return ERROR_INVALID_PARAMETER;
	const struct vault_unlock_call call = { bytes_of(passphrase), seconds };
	return plain_call(CALL_VAULT_UNLOCK, &call);
}

DWORD WINAPI OpensspiVaultLock(void)
{
	const struct packages_call call = { 0 };

	return plain_call(CALL_VAULT_LOCK, &call);
}

static uint32_t add_key(const struct vault_add_call *call, LONGLONG *number)
{
	struct vault_add_reply reply = { 0 };
	uint32_t error = reach_lsa(CALL_VAULT_ADD, call, &reply);

	if (error == ERROR_SUCCESS && number)
		*number = reply.number;
	return error;
}

DWORD WINAPI OpensspiVaultAddPassphrase(const char *passphrase, const char *label, LONGLONG *number)
{
	if (!passphrase || !*passphrase)
		return ERROR_INVALID_PARAMETER;
	const struct vault_add_call call = { bytes_of(passphrase), false,
					     bytes_of(label ? label : "") };
	return add_key(&call, number);
}

DWORD WINAPI OpensspiVaultAddKeyFile(const char *label, LONGLONG *number)
{
	const struct vault_add_call call = { { NULL, 0 }, true, bytes_of(label ? label : "") };

	return add_key(&call, number);
}

DWORD WINAPI OpensspiVaultRemoveKey(LONGLONG number)
{
	const struct vault_remove_call call = { number };

	return plain_call(CALL_VAULT_REMOVE, &call);
}

DWORD WINAPI OpensspiVaultRekey(const char *const *passphrases, ULONG count)
{
	struct vault_rekey_call call = { .count = count };

	if (count > IPC_PASSPHRASES_MAX || (count && !passphrases))
		return ERROR_INVALID_PARAMETER;
	for (ULONG i = 0; i < count; i++) {
		if (!passphrases[i])
			return ERROR_INVALID_PARAMETER;
		call.passphrase[i] = bytes_of(passphrases[i]);
	}
	return plain_call(CALL_VAULT_REKEY, &call);
}

/* ---- checking ---- */

/* Each line of the report, ended in place. */
static void visit_lines(struct ipc_owned *lines, OPENSSPI_SENTENCE_VISITOR each, void *argument)
{
	char *line = (char *)lines->p, *end = line ? line + lines->n : NULL;

	while (line < end) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			return;
		*stop = 0;
		each(argument, line);
		line = stop + 1;
	}
}

DWORD WINAPI OpensspiVaultCheck(OPENSSPI_SENTENCE_VISITOR each, void *argument,
				POPENSSPI_VAULT_REPORT report)
{
	struct packages_call call = { 0 };
	struct vault_check_reply reply = { 0 };

	if (!report)
		return ERROR_INVALID_PARAMETER;
	uint32_t error = reach_lsa(CALL_VAULT_CHECK, &call, &reply);
	*report = (OPENSSPI_VAULT_REPORT){ reply.records, reply.altered, reply.missing,
					   reply.file_damaged, reply.sum_differs };
	if (each)
		visit_lines(&reply.sentences, each, argument);
	call_reply_done(CALL_VAULT_CHECK, &reply);
	return error;
}

DWORD WINAPI OpensspiVaultAccept(BOOL delete_altered)
{
	const struct vault_accept_call call = { delete_altered != FALSE };

	return plain_call(CALL_VAULT_ACCEPT, &call);
}

/* ---- export and import ---- */

DWORD WINAPI OpensspiVaultExport(const char *passphrase, int file, ULONGLONG *records)
{
	struct vault_export_reply reply = { 0 };

	if (!passphrase || !*passphrase || file < 0)
		return ERROR_INVALID_PARAMETER;
	const struct vault_export_call call = { bytes_of(passphrase) };
	uint32_t error = reach_lsa(CALL_VAULT_EXPORT, &call, &reply);
	if (reply.sealed.n && !file_write_all(file, reply.sealed.p, reply.sealed.n))
		error = errno == ENOSPC ? ERROR_DISK_FULL : ERROR_WRITE_FAULT;
	if (records)
		*records = reply.records;
	call_reply_done(CALL_VAULT_EXPORT, &reply);
	return error;
}

/* The whole file, if it is one that a call can carry. */
static uint32_t read_all(int file, struct wr *out)
{
	uint8_t part[4096];
	ssize_t n;

	while ((n = read(file, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERROR_READ_FAULT;
		wr_bytes(out, part, (size_t)n);
		if (!wr_ok(out))
			return ERROR_FILE_TOO_LARGE;
	}
	return ERROR_SUCCESS;
}

DWORD WINAPI OpensspiVaultImport(const char *passphrase, int file, BOOL replace, ULONGLONG *records)
{
	CLEANUP(wr_done) struct wr sealed = WR(IPC_SEALED_MAX);
	struct vault_import_reply reply = { 0 };

	if (!passphrase || file < 0)
		return ERROR_INVALID_PARAMETER;
	uint32_t error = read_all(file, &sealed);
	if (error != ERROR_SUCCESS)
		return error;
	const struct vault_import_call call = { bytes_of(passphrase),
						{ sealed.buf, (uint32_t)sealed.len },
						replace != FALSE };
	error = reach_lsa(CALL_VAULT_IMPORT, &call, &reply);
	if (records)
		*records = reply.records;
	return error;
}

/* ---- to the daemon ---- */

DWORD WINAPI OpensspiVaultMove(const char *passphrase, ULONG flags, ULONGLONG *records)
{
	const struct vault_move_call call = {
		passphrase ? bytes_of(passphrase) : (struct ipc_bytes){ NULL, 0 },
		flags & OPENSSPI_VAULT_MERGE,
	};
	struct vault_move_reply reply = { 0 };

	if (flags & ~OPENSSPI_VAULT_MERGE)
		return ERROR_INVALID_FLAGS;
	uint32_t error = reach_lsa(CALL_VAULT_MOVE, &call, &reply);
	if (records)
		*records = reply.records;
	call_reply_done(CALL_VAULT_MOVE, &reply);
	return error;
}
