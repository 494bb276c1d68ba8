/* ipc/callbacks.h - functions of this process that packages' LSA halves may call: RegisterCallback.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_IPC_CALLBACKS_H
#define OPENSSPI_IPC_CALLBACKS_H

#include <ntsecpkg.h>

#include "base/base.h"

/* Registers a function under a number, in the place of the one before; NULL takes it out.
 * STATUS_INSUFFICIENT_RESOURCES when there are too many. */
MUST_CHECK NTSTATUS callback_register(ULONG id, PLSA_CALLBACK_FUNCTION function);

/* The function of that number; NULL for none. */
MUST_CHECK PLSA_CALLBACK_FUNCTION callback_find(ULONG id);

#endif
