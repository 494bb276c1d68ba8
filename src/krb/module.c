/* krb/module.c - the door of opensspi-kerberos.so.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"

static const struct krb_ops ops = {
	.credential_new = credential_new,
	.credential_ref = credential_ref,
	.credential_unref = credential_unref,
	.credential_info = credential_info,
	.credential_obtain = credential_obtain,
	.credential_impersonate = credential_impersonate,
	.context_new = context_new,
	.context_free = context_free,
	.step = context_step,
	.finish = context_finish,
	.established_done = established_done,
	.each_ticket = each_ticket,
	.get_ticket = get_ticket,
	.ticket_done = ticket_done,
	.purge = tickets_purge,
	.submit = tickets_submit,
	.export_tgt = tgt_export,
	.import_tgt = tgt_import,
	.change_password = change_password,
	.caller_tickets = caller_tickets,
	.caller_keys = caller_keys,
	.keys_client = keys_client,
	.reason = reason_read,
};

__attribute__((visibility("default"))) const void *
opensspi_kerberos_module(const struct part_host *host)
{
	return part_borrow(host) ? &ops : NULL;
}
