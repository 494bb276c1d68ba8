/* lsa/usermemory.h - RtlEncryptMemory beyond one process: the keys are the LSA's.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A keyed permutation of the whole buffer, in place; obfuscation, without integrity. */
#ifndef OPENSSPI_LSA_USERMEMORY_H
#define OPENSSPI_LSA_USERMEMORY_H

#include <ntsecapi.h>

#include "base/base.h"
#include "ipc/calls.h"

struct lsa_client;

/* For the client that is calling; `option` is one RTL_ENCRYPT_OPTION_, `n` a multiple of eight.
 * STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY; STATUS_NO_SUCH_LOGON_SESSION when nobody is calling. */
MUST_CHECK NTSTATUS usermemory_seal(uint32_t option, void *p, size_t n);
MUST_CHECK NTSTATUS usermemory_open(uint32_t option, void *p, size_t n);

/* CALL_ENCRYPT_MEMORY. */
MUST_CHECK NTSTATUS lsa_encrypt_memory(struct lsa_client *client,
				       const struct encrypt_memory_call *call,
				       struct encrypt_memory_reply *reply);

#endif
