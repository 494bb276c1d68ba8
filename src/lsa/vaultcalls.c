/* lsa/vaultcalls.c - see lsa/vaultcalls.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"
#include "lsa/call.h"
#include "lsa/state.h"
#include "lsa/sets.h"
#include "lsa/state.h"
#include "lsa/vaultcalls.h"

static NTSTATUS vault_of(const struct lsa_client *client, bool create, struct vault **out)
{
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = sets_own(client, &set);
	return failed(status) ? status : credman_vault(set, create, out);
}

static NTSTATUS take_secret(struct ipc_bytes bytes, struct secret **out)
{
	*out = secret_copy(bytes.p, bytes.n);
	return *out ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "taking a passphrase");
}

static bool give_text(const char *text, struct ipc_owned *out)
{
	*out = (struct ipc_owned){ (uint8_t *)mem_dup_text(text), (uint32_t)strlen(text) };
	return out->p;
}

/* ---- the status ---- */

static uint32_t flags_of(const struct vault_status *s)
{
	return (s->locked ? OPENSSPI_VAULT_LOCKED : 0) |
	       (s->read_only ? OPENSSPI_VAULT_READ_ONLY : 0) |
	       (s->on_network ? OPENSSPI_VAULT_ON_NETWORK : 0) |
	       (s->key_file_opens_it ? OPENSSPI_VAULT_KEY_FILE_OPENS : 0) |
	       (s->in_keyring ? OPENSSPI_VAULT_IN_KEYRING : 0) |
	       (s->memory_is_locked ? OPENSSPI_VAULT_MEMORY_LOCKED : 0) |
	       (s->moved ? OPENSSPI_VAULT_MOVED : 0);
}

static void give_keys(const struct vault_status *s, struct vault_status_reply *reply)
{
	_Static_assert(ARRAY_LEN(reply->key) == ARRAY_LEN(s->slot), "a record for each slot");
	reply->key_count = (uint32_t)s->slots;
	for (size_t i = 0; i < s->slots; i++) {
		struct vault_key_record *key = &reply->key[i];
		key->number = s->slot[i].number;
		key->created = s->slot[i].created;
		key->kind = s->slot[i].kind;
		memcpy(key->label, s->slot[i].label, sizeof(key->label));
	}
}

NTSTATUS lsa_vault_status(struct lsa_client *client, struct vault_status_reply *reply)
{
	struct vault_status s = { 0 };
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	if (!failed(status))
		status = vault_describe(vault, &s);
	if (failed(status))
		return status;
	reply->flags = flags_of(&s);
	reply->format = s.format;
	reply->records = s.records;
	reply->changes = s.changes;
	reply->writes_under_key = s.writes_under_key;
	memcpy(reply->identity, s.identity, sizeof(reply->identity));
	give_keys(&s, reply);
	if (!give_text(s.path, &reply->path) || !give_text(s.key_file, &reply->key_file) ||
	    !give_text(s.journal, &reply->journal))
		return fail(STATUS_NO_MEMORY, "describing the vault");
	return STATUS_SUCCESS;
}

/* ---- keys ---- */

NTSTATUS lsa_vault_unlock(struct lsa_client *client, const struct vault_unlock_call *call)
{
	CLEANUP(secret_free_p) struct secret *passphrase = NULL;
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	if (!failed(status))
		status = take_secret(call->passphrase, &passphrase);
	return failed(status) ? status : vault_unlock(vault, passphrase, call->seconds);
}

NTSTATUS lsa_vault_lock(struct lsa_client *client)
{
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	return failed(status) ? status : vault_lock(vault);
}

NTSTATUS lsa_vault_add(struct lsa_client *client, const struct vault_add_call *call,
		       struct vault_add_reply *reply)
{
	CLEANUP(secret_free_p) struct secret *passphrase = NULL;
	struct vault_slot slot = { .label = "" };
	struct vault *vault;

	if (call->label.n >= sizeof(slot.label) || (!call->key_file && !call->passphrase.n))
		return fail(STATUS_INVALID_PARAMETER, "adding a key");
	if (call->label.n)
		memcpy(slot.label, call->label.p, call->label.n);
	NTSTATUS status = vault_of(client, true, &vault);
	if (failed(status))
		return status;
	if (call->key_file)
		return vault_add_key_file(vault, slot.label, &reply->number);
	status = take_secret(call->passphrase, &passphrase);
	return failed(status) ? status
			      : vault_add_passphrase(vault, passphrase, slot.label, &reply->number);
}

NTSTATUS lsa_vault_remove(struct lsa_client *client, const struct vault_remove_call *call)
{
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	return failed(status) ? status : vault_remove_slot(vault, call->number);
}

NTSTATUS lsa_vault_rekey(struct lsa_client *client, const struct vault_rekey_call *call)
{
	struct secret *passphrases[IPC_PASSPHRASES_MAX] = { NULL };
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	for (uint32_t i = 0; i < call->count && !failed(status); i++)
		status = take_secret(call->passphrase[i], &passphrases[i]);
	if (!failed(status))
		status = vault_rekey(vault, (const struct secret *const *)passphrases, call->count);
	for (size_t i = 0; i < ARRAY_LEN(passphrases); i++)
		secret_free(passphrases[i]);
	return status;
}

/* ---- checking ---- */

static void say(void *to, const char *sentence)
{
	text_add(to, "%s\n", sentence);
}

NTSTATUS lsa_vault_check(struct lsa_client *client, struct vault_check_reply *reply)
{
	struct vault_report report = { 0 };
	struct text words = { 0 };
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	if (failed(status))
		return status;
	status = vault_check(vault, say, &words, &report);
	reply->records = report.records;
	reply->altered = report.altered;
	reply->missing = report.missing;
	reply->file_damaged = report.file_damaged;
	reply->sum_differs = report.sum_differs;
	char *text = text_finish(&words);
	if (!text)
		return fail(STATUS_NO_MEMORY, "reporting on the vault");
	reply->sentences = (struct ipc_owned){ (uint8_t *)text, (uint32_t)strlen(text) };
	return status;
}

NTSTATUS lsa_vault_accept(struct lsa_client *client, const struct vault_accept_call *call)
{
	struct vault *vault;

	NTSTATUS status = vault_of(client, false, &vault);
	return failed(status) ? status : vault_accept(vault, call->delete_altered);
}

/* ---- export and import: through a file that is memory alone ---- */

static NTSTATUS read_back(int fd, struct ipc_owned *out)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0 || size > IPC_SEALED_MAX)
		return fail(STATUS_FILE_TOO_LARGE, "giving an export");
	out->p = mem_alloc((size_t)size);
	if (!out->p)
		return fail(STATUS_NO_MEMORY, "giving an export");
	out->n = (uint32_t)size;
	return pread(fd, out->p, out->n, 0) == size
		       ? STATUS_SUCCESS
		       : fail(STATUS_IO_DEVICE_ERROR, "giving an export");
}

NTSTATUS lsa_vault_export(struct lsa_client *client, const struct vault_export_call *call,
			  struct vault_export_reply *reply)
{
	CLEANUP(secret_free_p) struct secret *passphrase = NULL;
	struct vault *vault;

	/* It would hand every saved password to whatever program asks. */
	if (!client->setup.is_this_process) {
		call_note_reason("lsad gives no program the passwords that are saved");
		return fail(STATUS_NOT_SUPPORTED, "exporting another process's vault");
	}
	NTSTATUS status = vault_of(client, false, &vault);
	if (!failed(status))
		status = take_secret(call->passphrase, &passphrase);
	if (failed(status))
		return status;
	int fd = memfd_create("opensspi-export", MFD_CLOEXEC);
	if (fd < 0)
		return fail(STATUS_INSUFFICIENT_RESOURCES, "making room for an export");
	status = vault_export(vault, passphrase, fd, &reply->records);
	/* What could be exported is, also when records are altered or missing. */
	if (!failed(status) || status == VAULT_ALTERED || status == VAULT_DAMAGED) {
		NTSTATUS read = read_back(fd, &reply->sealed);
		status = failed(read) ? read : status;
	}
	close(fd);
	return status;
}

static NTSTATUS take_in(struct lsa_client *client, const struct vault_import_call *call,
			const struct secret *passphrase, int fd, uint64_t *records)
{
	const struct credman_moving from = { .passphrase = passphrase,
					     .fd = fd,
					     .identity = rd_of(call->moved.p, call->moved.n),
					     .changes = call->changes,
					     .merge = call->replace };
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct vault *vault;

	NTSTATUS status = sets_own(client, &set);
	if (failed(status))
		return status;
	if (call->moved.n)
		return call->sealed.n ? credman_move_in(set, &from, records)
				      : credman_moved(set, from.identity);
	status = credman_vault(set, true, &vault);
	return failed(status) ? status
			      : vault_import(vault, passphrase, fd, call->replace, records);
}

NTSTATUS lsa_vault_import(struct lsa_client *client, const struct vault_import_call *call,
			  struct vault_import_reply *reply)
{
	CLEANUP(secret_free_p) struct secret *passphrase = NULL;

	/* A gibibyte for each of a user's calls is not that user's to ask of everybody's daemon. */
	if (!client->setup.is_this_process &&
	    vault_import_is_dear(rd_of(call->sealed.p, call->sealed.n))) {
		call_note_reason("lsad opens no export that costs more than its own would");
		return fail(STATUS_QUOTA_EXCEEDED, "opening a dear export");
	}
	NTSTATUS status = take_secret(call->passphrase, &passphrase);
	if (failed(status))
		return status;
	int fd = memfd_create("opensspi-import", MFD_CLOEXEC);
	if (fd < 0)
		return fail(STATUS_INSUFFICIENT_RESOURCES, "making room for an import");
	if (!file_write_all(fd, call->sealed.p, call->sealed.n) || lseek(fd, 0, SEEK_SET) != 0)
		status = fail(STATUS_INSUFFICIENT_RESOURCES, "making room for an import");
	else
		status = take_in(client, call, passphrase, fd, &reply->records);
	close(fd);
	return status;
}

/* ---- words ---- */

NTSTATUS lsa_vault_fault(struct lsa_client *client, struct words_reply *reply)
{
	struct vault_fault fault = { .text = "" };
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = sets_own(client, &set);
	if (failed(status))
		return status;
	credman_last_fault(set, &fault);
	return give_text(fault.text, &reply->text) ? STATUS_SUCCESS
						   : fail(STATUS_NO_MEMORY, "giving words");
}
