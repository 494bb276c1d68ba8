/* sspi/packages.h - the packages the LSA offers, asked for once per process.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SSPI_PACKAGES_H
#define OPENSSPI_SSPI_PACKAGES_H

#include <sspi.h>

#include "base/base.h"
#include "ipc/calls.h"
#include "ipc/userhalf.h"

/* The process's channel carries one call; a channel that cannot be had is the status. `reply` must be
 * zeroed; release it with call_reply_done, whatever the status. */
MUST_CHECK NTSTATUS facade_call(enum call which, const void *request, void *reply);

/* Tells the LSA that a context is no longer wanted; there is nothing to do about a refusal. */
void facade_delete_context(uint64_t number);

/* The list; it lives as long as the process. */
MUST_CHECK NTSTATUS packages_list(const struct packages_reply **out);

/* The record of a name (case ignored) or an id; SEC_E_SECPKG_NOT_FOUND when there is none. */
MUST_CHECK NTSTATUS package_by_name(struct ipc_text name, const struct package_record **out);
MUST_CHECK NTSTATUS package_by_id(uint32_t id, const struct package_record **out);

/* A package's user-mode half, loaded on first use; NULL in *out when it has none. */
MUST_CHECK NTSTATUS package_user_half(const struct package_record *record,
				      const SECPKG_USER_FUNCTION_TABLE **out);

#endif
