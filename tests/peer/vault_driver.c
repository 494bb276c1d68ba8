/* tests/peer/vault_driver.c - a small program over the vault that can be killed: write, read, list.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * vault_driver PATH KEY write FIRST COUNT   puts, deletes and moves; says "ok N" after each durable one
 * vault_driver PATH KEY rekey COUNT         rekeys, saying "ok N" after each
 * vault_driver PATH KEY turn FIRST COUNT    one credential that changes its persistence and its name
 * vault_driver PATH KEY turned              "NAME VALUE PERSIST" for each credential
 * vault_driver PATH KEY export FILE PASSPHRASE
 * vault_driver PATH KEY list                "NAME VALUE" for each record, then "check STATUS" */
#include "base/base.h"

#include <fcntl.h>
#include <unistd.h>

#include "credman/credman.h"
#include "vault/vault.h"

#define FILL 1500 /* bytes of a value, so that pages fill up and split */

static struct vault_name named(const char *ascii)
{
	static WCHAR text[64];
	size_t n = 0;

	for (; ascii[n]; n++)
		text[n] = (WCHAR)ascii[n];
	return (struct vault_name){ .type = 1, .target = { text, n } };
}

static void say(int n)
{
	char line[32];
	int len = snprintf(line, sizeof(line), "ok %d\n", n);
	if (write(1, line, (size_t)len) != len)
		_exit(3);
}

static NTSTATUS put(struct vault *v, const char *what, int n)
{
	static char value[FILL + 16];
	char name[32];

	snprintf(name, sizeof(name), "%s%d", what, n);
	memset(value, 'x', sizeof(value));
	snprintf(value, 16, "%d=", n);
	struct vault_name key = named(name);
	return vault_put(v, &key, rd_of(value, 16 + (size_t)(n * 37 % FILL)));
}

static NTSTATUS drop(struct vault *v, const char *what, int n)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%d", what, n);
	struct vault_name key = named(name);
	return vault_delete(v, &key);
}

/* A move is two changes that are one: the pair is never torn. */
static NTSTATUS move(struct vault *v, void *with)
{
	int n = *(int *)with;
	NTSTATUS status = put(v, "new", n);
	return failed(status) ? status : drop(v, "old", n);
}

/* Every third step moves what the step before has put. */
static NTSTATUS step(struct vault *v, int n)
{
	int before = n - 1;

	if (n % 3 == 0)
		return put(v, "plain", n);
	if (n % 3 == 1)
		return put(v, "old", n);
	return vault_transact(v, move, &before);
}

static bool show(void *to, const struct vault_record *r)
{
	(void)to;
	if (failed(r->status)) {
		printf("altered %lld\n", (long long)r->row);
		return true;
	}
	for (size_t i = 0; i < r->name.target.n; i++)
		putchar(r->name.target.p[i]);
	printf(" %.*s\n", (int)strcspn((const char *)r->value.p, "="), (const char *)r->value.p);
	return true;
}

/* ---- a credential in two vaults ---- */

static const WCHAR one[] = OPENSSPI_WIDE("one"), two[] = OPENSSPI_WIDE("two");

/* Steps 0, 1, 2 and on: for the session, for good, renamed to or fro. */
static NTSTATUS turn(struct credman *m, int n)
{
	const WCHAR *was = n / 3 % 2 ? two : one, *next = n / 3 % 2 ? one : two;
	struct utf16 name = { was, 3 }, other = { next, 3 };
	char value[16];
	int len = snprintf(value, sizeof(value), "%d", n);
	struct credential_view c = { .type = CRED_TYPE_GENERIC,
				     .persist = n % 3 ? CRED_PERSIST_LOCAL_MACHINE
						      : CRED_PERSIST_SESSION,
				     .target = name,
				     .blob = rd_of(value, (size_t)len) };

	return n % 3 == 2 ? credman_rename(m, name, other, c.type) : credman_write(m, &c, false);
}

static bool show_credential(void *to, const struct credential_view *c)
{
	(void)to;
	printf("%c%c%c %.*s %u\n", c->target.p[0], c->target.p[1], c->target.p[2], (int)c->blob.n,
	       (const char *)c->blob.p, c->persist);
	return true;
}

static int run_set(int count, char **arg)
{
	char session[2][400];
	struct credman *m;
	NTSTATUS status;

	for (int i = 0; i < 2; i++)
		snprintf(session[i], sizeof(session[i]), "%s.session", arg[i]);
	status =
		credman_new(&(struct credman_places){ arg[0], arg[1], session[0], session[1] }, &m);
	if (failed(status))
		return 1;
	if (count == 5)
		for (int n = atoi(arg[3]); n < atoi(arg[3]) + atoi(arg[4]) && !failed(status);
		     n++) {
			status = turn(m, n);
			if (!failed(status))
				say(n);
		}
	else
		status = credman_each(m, (struct utf16){ 0 }, true, show_credential, NULL);
	credman_free(m);
	return failed(status) && status != STATUS_NOT_FOUND;
}

static NTSTATUS export(struct vault *v, const char *file, const char *passphrase)
{
	CLEANUP(secret_free_p) struct secret *by = secret_copy(passphrase, strlen(passphrase));
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	uint64_t records;
	NTSTATUS status = by ? vault_export(v, by, fd, &records) : STATUS_NO_MEMORY;

	return close(fd) == 0 ? status : STATUS_IO_DEVICE_ERROR;
}

static int run(struct vault *v, int count, char **arg)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (strcmp(arg[0], "write") == 0 && count == 3) {
		int first = atoi(arg[1]);
		for (int n = first; n < first + atoi(arg[2]) && !failed(status); n++) {
			status = step(v, n);
			if (!failed(status))
				say(n);
		}
	} else if (strcmp(arg[0], "rekey") == 0 && count == 2) {
		for (int n = 0; n < atoi(arg[1]) && !failed(status); n++) {
			status = vault_rekey(v, NULL, 0);
			if (!failed(status))
				say(n);
		}
	} else if (strcmp(arg[0], "export") == 0 && count == 3) {
		status = export(v, arg[1], arg[2]);
	} else {
		status = vault_each(v, 0, show, NULL);
		NTSTATUS check = vault_check(v, NULL, NULL, NULL);
		printf("check %08x\n", (unsigned)(failed(status) ? status : check));
	}
	if (!failed(status))
		return 0;
	struct vault_fault fault;
	vault_last_fault(v, &fault);
	fprintf(stderr, "%08x %s\n", (unsigned)status, fault.text);
	return 1;
}

int main(int count, char **arg)
{
	CLEANUP(vault_close_p) struct vault *v = NULL;
	struct vault_fault fault = { 0 };

	if (count < 4)
		return 2;
	if (strncmp(arg[3], "turn", 4) == 0)
		return run_set(count - 1, arg + 1);
	NTSTATUS status = vault_open(
		&(struct vault_options){ .path = arg[1],
					 .key_file = arg[2],
					 .flags = VAULT_CREATE |
						  (getenv("FILE_JOURNAL") ? VAULT_FILE_JOURNAL : 0),
					 .fault = &fault },
		&v);
	if (failed(status)) {
		fprintf(stderr, "%08x %s\n", (unsigned)status, fault.text);
		return 1;
	}
	return run(v, count - 3, arg + 3);
}
