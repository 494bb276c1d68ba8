/* credman/default.c - which saved credential is the logon's own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The mark is a record of its own beside the credentials: it names one, and means nothing once that one is
 * gone. */
#include "base/base.h"

#include "credman/rules.h"
#include "credman/set.h"
#include "wire/fields.h"

#define THE_SET 1 /* of the vault: what is noted about the user's credentials, which are set 0 */
#define MARK_MAX (4u << 10)

static struct vault_name name_of_mark(void)
{
	static const WCHAR mark[] = OPENSSPI_WIDE("default");

	return (struct vault_name){ .set = THE_SET, .target = { mark, ARRAY_LEN(mark) - 1 } };
}

static NTSTATUS clear(struct credman *m)
{
	struct vault_name name = name_of_mark();
	struct vault *vault;

	NTSTATUS status = set_vault(m, SHELF_LASTING, false, &vault);
	if (!failed(status))
		status = vault_delete(vault, &name);
	return status == VAULT_NOT_FOUND || status == VAULT_ABSENT ? STATUS_SUCCESS : status;
}

NTSTATUS credman_set_default(struct credman *m, struct utf16 target, uint32_t type)
{
	CLEANUP(wr_done) struct wr w = WR(MARK_MAX);
	struct credential *c = NULL;
	struct vault *vault;

	if (!target.p)
		return clear(m);
	if (type != CRED_TYPE_DOMAIN_PASSWORD)
		return fail(STATUS_INVALID_PARAMETER, "making a credential the default");
	NTSTATUS status = credman_read(m, target, type, &c);
	if (failed(status))
		return status;
	wr_u32le(&w, type);
	field_put_text(&w, c->view.target);
	credential_unref(c);
	if (!wr_ok(&w))
		return fail(STATUS_NO_MEMORY, "making a credential the default");
	struct vault_name name = name_of_mark();
	status = set_vault(m, SHELF_LASTING, true, &vault);
	return failed(status) ? status : vault_put(vault, &name, wr_view(&w));
}

NTSTATUS credman_get_default(struct credman *m, struct credential **out)
{
	struct vault_name name = name_of_mark();
	struct secret *bytes = NULL;
	struct utf16 target;
	struct vault *vault;
	uint32_t type;

	*out = NULL;
	NTSTATUS status = set_vault(m, SHELF_LASTING, false, &vault);
	if (!failed(status))
		status = vault_get(vault, &name, &bytes);
	if (status == VAULT_ABSENT)
		return STATUS_NOT_FOUND;
	if (failed(status))
		return status;
	struct rd r = rd_of(bytes->p, bytes->len);
	if (!rd_u32le(&r, &type) || !field_take_text(&r, &target) || !rd_empty(r))
		status = fail(VAULT_ALTERED, "reading which credential is the default");
	else
		status = credman_read(m, target, type, out);
	secret_free(bytes);
	return status;
}
