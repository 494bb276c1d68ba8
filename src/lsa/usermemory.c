/* lsa/usermemory.c - see lsa/usermemory.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "crypto/permute.h"
#include "lsa/call.h"
#include "lsa/protect.h"
#include "lsa/state.h"
#include "lsa/usermemory.h"

typedef void permutation(const uint8_t key[PERMUTE_KEY_LEN], void *buffer, size_t n);

/* Options exclude each other; that of one process never comes here. */
static bool option_is_known(uint32_t option)
{
	return option == RTL_ENCRYPT_OPTION_CROSS_PROCESS ||
	       option == RTL_ENCRYPT_OPTION_SAME_LOGON || option == RTL_ENCRYPT_OPTION_FOR_SYSTEM;
}

static NTSTATUS change(const struct lsa_client *client, uint32_t option, permutation *how,
		       struct ipc_owned *bytes)
{
	if (!option_is_known(option) || bytes->n % RTL_ENCRYPT_MEMORY_SIZE)
		return fail(STATUS_INVALID_PARAMETER, "encrypting memory");
	CLEANUP(secret_free_p) struct secret *key = protect_memory_key(client, option);
	if (!key)
		return fail(STATUS_NO_MEMORY, "encrypting memory");
	if (bytes->n)
		how(key->p, bytes->p, bytes->n);
	return STATUS_SUCCESS;
}

static NTSTATUS change_for_caller(uint32_t option, permutation *how, void *p, size_t n)
{
	const struct frame *frame = call_current();

	if (!frame || !frame->client)
		return fail(STATUS_NO_SUCH_LOGON_SESSION, "encrypting memory for nobody");
	return change(frame->client, option, how, &(struct ipc_owned){ p, (uint32_t)n });
}

NTSTATUS usermemory_seal(uint32_t option, void *p, size_t n)
{
	return change_for_caller(option, permute, p, n);
}

NTSTATUS usermemory_open(uint32_t option, void *p, size_t n)
{
	return change_for_caller(option, permute_back, p, n);
}

NTSTATUS lsa_encrypt_memory(struct lsa_client *client, const struct encrypt_memory_call *call,
			    struct encrypt_memory_reply *reply)
{
	reply->bytes.p = mem_dup(call->bytes.p, call->bytes.n);
	reply->bytes.n = reply->bytes.p ? call->bytes.n : 0;
	if (call->bytes.n && !reply->bytes.p)
		return fail(STATUS_NO_MEMORY, "encrypting memory");
	return change(client, call->option, call->back ? permute_back : permute, &reply->bytes);
}
