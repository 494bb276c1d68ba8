/* bench/creds_fill.c - fills the user's vault with so many credentials at once: creds_fill COUNT
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "creds.h"
#include "vault/vault.h"
#include "wire/credential.h"

static NTSTATUS put(struct vault *v, uint32_t number)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	WCHAR target[CREDS_TARGET];
	size_t n = creds_target(target, number);
	struct credential_view c = { .type = CRED_TYPE_GENERIC,
				     .persist = CRED_PERSIST_LOCAL_MACHINE,
				     .last_written = 1,
				     .target = { target, n },
				     .user = { target, n },
				     .blob = rd_of(creds_secret, sizeof(creds_secret)) };

	credential_write(&w, &c);
	struct vault_name name = { .type = c.type, .target = c.target };
	return wr_ok(&w) ? vault_put(v, &name, wr_view(&w)) : STATUS_NO_MEMORY;
}

static NTSTATUS fill(struct vault *v, void *with)
{
	NTSTATUS status = STATUS_SUCCESS;

	for (uint32_t i = 0; i < *(uint32_t *)with && !failed(status); i++)
		status = put(v, i);
	return status;
}

int main(int count, char **arg)
{
	CLEANUP(vault_close_p) struct vault *v = NULL;
	struct vault_fault fault = { 0 };
	uint32_t wanted = count == 2 ? (uint32_t)atoi(arg[1]) : 0;
	NTSTATUS status =
		vault_open(&(struct vault_options){ .flags = VAULT_CREATE, .fault = &fault }, &v);

	if (!failed(status))
		status = vault_transact(v, fill, &wanted);
	if (failed(status))
		fprintf(stderr, "creds_fill: %08x %s\n", (unsigned)status, fault.text);
	return failed(status);
}
