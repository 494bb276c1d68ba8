/* winbind/status.h - what a domain controller's refusals are to those who asked.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WINBIND_STATUS_H
#define OPENSSPI_WINBIND_STATUS_H

#include "base/base.h"

/* The status of winbind/winbind.h for the controller's. Never a success: what says nothing about the
 * account says that nobody answered. */
MUST_CHECK NTSTATUS winbind_status(uint32_t nt_status);

#endif
