/* credman/default.c - which saved credential is the logon's own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The mark is a record of its own beside the credentials. It names one, and follows it: a new name is a new
 * mark, and no credential is no mark. */
#include "base/base.h"

#include "credman/rules.h"
#include "credman/set.h"
#include "wire/fields.h"

#define MARK_MAX (4u << 10)

static struct vault_name name_of_mark(void)
{
	static const WCHAR mark[] = OPENSSPI_WIDE("default");

	return (struct vault_name){ .set = SET_NOTES, .target = { mark, ARRAY_LEN(mark) - 1 } };
}

static NTSTATUS put_mark(struct vault *v, struct utf16 target, uint32_t type)
{
	CLEANUP(wr_done) struct wr w = WR(MARK_MAX);
	struct vault_name name = name_of_mark();

	wr_u32le(&w, type);
	field_put_text(&w, target);
	return wr_ok(&w) ? vault_put(v, &name, wr_view(&w))
			 : fail(STATUS_NO_MEMORY, "making a credential the default");
}

static bool read_mark(const struct secret *bytes, struct utf16 *target, uint32_t *type)
{
	struct rd r = rd_of(bytes->p, bytes->len);

	return rd_u32le(&r, type) && field_take_text(&r, target) && rd_empty(r);
}

static NTSTATUS clear(struct vault *v)
{
	struct vault_name name = name_of_mark();
	NTSTATUS status = vault_delete(v, &name);

	return status == VAULT_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS default_follow(struct vault *lasting, const struct vault_name *from,
			const struct vault_name *to)
{
	CLEANUP(secret_free_p) struct secret *bytes = NULL;
	struct vault_name name = name_of_mark();
	struct utf16 target;
	uint32_t type;

	if (from->type != CRED_TYPE_DOMAIN_PASSWORD)
		return STATUS_SUCCESS;
	NTSTATUS status = vault_get(lasting, &name, &bytes);
	if (status == VAULT_NOT_FOUND || status == VAULT_ALTERED)
		return STATUS_SUCCESS; /* it names none */
	if (failed(status) || !read_mark(bytes, &target, &type) || type != from->type ||
	    !utf16_equal_nocase(target.p, target.n, from->target.p, from->target.n))
		return failed(status) ? status : STATUS_SUCCESS;
	return to ? put_mark(lasting, to->target, to->type) : clear(lasting);
}

NTSTATUS credman_set_default(struct credman *m, struct utf16 target, uint32_t type)
{
	struct credential *c = NULL;
	struct vault *vault;

	if (!target.p) {
		NTSTATUS status = set_vault(m, SHELF_LASTING, false, &vault);
		if (status == VAULT_ABSENT)
			return STATUS_SUCCESS;
		return failed(status) ? status : clear(vault);
	}
	if (type != CRED_TYPE_DOMAIN_PASSWORD)
		return fail(STATUS_INVALID_PARAMETER, "making a credential the default");
	NTSTATUS status = credman_read(m, target, type, &c);
	if (!failed(status))
		status = set_vault(m, SHELF_LASTING, true, &vault);
	if (!failed(status))
		status = put_mark(vault, c->view.target, type);
	credential_unref(c);
	return status;
}

NTSTATUS credman_get_default(struct credman *m, struct credential **out)
{
	CLEANUP(secret_free_p) struct secret *bytes = NULL;
	struct vault_name name = name_of_mark();
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
	return read_mark(bytes, &target, &type)
		       ? credman_read(m, target, type, out)
		       : fail(VAULT_ALTERED, "reading which credential is the default");
}
