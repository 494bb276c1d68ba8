/* lsa/support_package.c - other packages, threads, notifications.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "lsa/support.h"

static NTSTATUS NTAPI call_package(PUNICODE_STRING name, PVOID submit, ULONG length, PVOID *answer,
				   PULONG answer_length, PNTSTATUS protocol_status)
{
	(void)name;
	(void)submit;
	(void)length;
	(void)answer;
	(void)answer_length;
	(void)protocol_status;
	return fail(STATUS_NOT_SUPPORTED, "CallPackage");
}

static NTSTATUS NTAPI call_package_ex(PUNICODE_STRING name, PVOID client_base, PVOID submit,
				      ULONG length, PVOID *answer, PULONG answer_length,
				      PNTSTATUS protocol_status)
{
	(void)client_base;
	return call_package(name, submit, length, answer, answer_length, protocol_status);
}

static NTSTATUS NTAPI unload_package(VOID)
{
	return fail(STATUS_NOT_SUPPORTED, "UnloadPackage");
}

static HANDLE NTAPI create_thread(SEC_ATTRS attributes, ULONG stack, SEC_THREAD_START start,
				  PVOID parameter, ULONG flags, PULONG id)
{
	(void)attributes;
	(void)stack;
	(void)start;
	(void)parameter;
	(void)flags;
	(void)id;
	return NULL;
}

static HANDLE NTAPI register_notification(SEC_THREAD_START start, PVOID parameter, ULONG type,
					  ULONG class, ULONG flags, ULONG interval, HANDLE event)
{
	(void)start;
	(void)parameter;
	(void)type;
	(void)class;
	(void)flags;
	(void)interval;
	(void)event;
	return NULL;
}

static NTSTATUS NTAPI cancel_notification(HANDLE notification)
{
	(void)notification;
	return fail(STATUS_NOT_SUPPORTED, "CancelNotification");
}

void support_package_fill(LSA_SECPKG_FUNCTION_TABLE *t)
{
	t->CallPackage = call_package;
	t->CallPackageEx = call_package_ex;
	t->CallPackagePassthrough = call_package_ex;
	t->UnloadPackage = unload_package;
	t->CreateThread = create_thread;
	t->RegisterNotification = register_notification;
	t->CancelNotification = cancel_notification;
}
