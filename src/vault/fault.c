/* vault/fault.c - what went wrong, in words for the user.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>

#include "vault/inner.h"

NTSTATUS vault_fail(struct vault *v, NTSTATUS status, const char *format, ...)
{
	va_list args;

	v->fault.status = status;
	va_start(args, format);
	vsnprintf(v->fault.text, sizeof(v->fault.text), format, args);
	va_end(args);
	return fail(status, "in the vault");
}

struct sql_words {
	int code;
	NTSTATUS status;
	const char *words;
};

static const struct sql_words sql_words[] = {
	{ SQLITE_BUSY, VAULT_BUSY, "other programs are writing to it" },
	{ SQLITE_LOCKED, VAULT_BUSY, "other programs are writing to it" },
	{ SQLITE_FULL, VAULT_FULL, "the disk is full" },
	{ SQLITE_READONLY, VAULT_READ_ONLY_PLACE, "it can only be read" },
	{ SQLITE_CORRUPT, VAULT_DAMAGED, "the file is damaged" },
	{ SQLITE_NOTADB, VAULT_DAMAGED, "this is not a vault, or its beginning is damaged" },
	{ SQLITE_NOMEM, STATUS_NO_MEMORY, "memory is short" },
	{ SQLITE_PERM, VAULT_NOT_OURS, "no permission" },
	{ SQLITE_CANTOPEN, STATUS_IO_DEVICE_ERROR, "the file cannot be opened" },
	{ SQLITE_IOERR, STATUS_IO_DEVICE_ERROR, "the disk reports an error" },
	/* A statement that does not fit: the schema is not the one that was checked. */
	{ SQLITE_ERROR, VAULT_DAMAGED, "the file is damaged" },
};

NTSTATUS vault_fail_sql(struct vault *v, int code, const char *doing)
{
	for (size_t i = 0; i < ARRAY_LEN(sql_words); i++)
		if (sql_words[i].code == (code & 0xFF))
			return vault_fail(v, sql_words[i].status, "%s: %s: %s (SQLite %d)", v->path,
					  doing, sql_words[i].words, code);
	return vault_fail(v, STATUS_IO_DEVICE_ERROR, "%s: %s: SQLite %d", v->path, doing, code);
}

const char *hex_of(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = 0;
	return out;
}
