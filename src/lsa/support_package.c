/* lsa/support_package.c - other packages, threads, notifications.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "lsa/notify.h"
#include "lsa/packagecalls.h"
#include "lsa/support.h"
#include "lsa/threads.h"

/* Who wants no answer gets none, and it is released. */
static NTSTATUS give(NTSTATUS status, struct package_message *m, PVOID *answer,
		     PULONG answer_length, PNTSTATUS protocol_status)
{
	if (answer)
		*answer = m->answer;
	else
		block_free(m->answer);
	if (answer_length)
		*answer_length = answer ? m->answer_length : 0;
	if (protocol_status)
		*protocol_status = failed(status) ? status : m->protocol_status;
	return status;
}

static NTSTATUS NTAPI call_package(PUNICODE_STRING name, PVOID submit, ULONG length, PVOID *answer,
				   PULONG answer_length, PNTSTATUS protocol_status)
{
	struct package_message m = { .submit = submit, .client_base = submit, .length = length };
	NTSTATUS status = package_call(name, false, &m);

	return give(status, &m, answer, answer_length, protocol_status);
}

static NTSTATUS NTAPI call_package_ex(PUNICODE_STRING name, PVOID client_base, PVOID submit,
				      ULONG length, PVOID *answer, PULONG answer_length,
				      PNTSTATUS protocol_status)
{
	struct package_message m = { .submit = submit,
				     .client_base = client_base,
				     .length = length };
	NTSTATUS status = package_call(name, false, &m);

	return give(status, &m, answer, answer_length, protocol_status);
}

static NTSTATUS NTAPI call_package_passthrough(PUNICODE_STRING name, PVOID client_base,
					       PVOID submit, ULONG length, PVOID *answer,
					       PULONG answer_length, PNTSTATUS protocol_status)
{
	struct package_message m = { .submit = submit,
				     .client_base = client_base,
				     .length = length };
	NTSTATUS status = package_call(name, true, &m);

	return give(status, &m, answer, answer_length, protocol_status);
}

/* Packages stay as long as the LSA: others may be in their calls. */
static NTSTATUS NTAPI unload_package(VOID)
{
	return fail(STATUS_NOT_SUPPORTED, "UnloadPackage");
}

void support_package_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->CallPackage = call_package;
	t->CallPackageEx = call_package_ex;
	t->CallPackagePassthrough = call_package_passthrough;
	t->UnloadPackage = unload_package;
	t->CreateThread = thread_create;
	t->RegisterNotification = notify_register;
	t->CancelNotification = notify_cancel;
}
