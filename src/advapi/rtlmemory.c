/* advapi/rtlmemory.c - RtlEncryptMemory and RtlDecryptMemory, by the names they are exported under.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The key of this process stays in it; those that others share are the LSA's, which does the work. */
#include "base/base.h"

#include <ntsecapi.h>
#include <pthread.h>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/permute.h"
#include "ipc/calls.h"

#define SIZE_MOST (IPC_BYTES_MAX / 2)

/* Made once; the child of a fork, which has a copy of the memory, has a copy of the key. */
static struct {
	pthread_mutex_t lock;
	struct secret *key;
} own = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void own_before_fork(void)
{
	pthread_mutex_lock(&own.lock);
}

static void own_after_fork(void)
{
	pthread_mutex_unlock(&own.lock);
}

static void own_guard_forks(void)
{
	pthread_atfork(own_before_fork, own_after_fork, own_after_fork);
}

/* Made without the lock, since making takes locks of its own; of two, the first counts. */
static NTSTATUS own_key_make(void)
{
	CLEANUP(secret_free_p) struct secret *key = secret_new(PERMUTE_KEY_LEN);
	NTSTATUS status = key ? random_bytes(key->p, key->len)
			      : fail(STATUS_NO_MEMORY, "making a key for memory");

	if (failed(status))
		return status;
	pthread_mutex_lock(&own.lock);
	if (!own.key)
		own.key = TAKE(key);
	pthread_mutex_unlock(&own.lock);
	return STATUS_SUCCESS;
}

static const struct secret *own_key(void)
{
	pthread_mutex_lock(&own.lock);
	const struct secret *key = own.key;
	pthread_mutex_unlock(&own.lock);
	return key;
}

static NTSTATUS change_here(void *memory, ULONG size, bool back)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	NTSTATUS status = STATUS_SUCCESS;

	pthread_once(&once, own_guard_forks);
	if (!own_key())
		status = own_key_make();
	if (!failed(status))
		(back ? permute_back : permute)(own_key()->p, memory, size);
	return status;
}

static NTSTATUS change_there(void *memory, ULONG size, ULONG option, bool back)
{
	const struct encrypt_memory_call call = { .option = option,
						  .back = back,
						  .bytes = { memory, size } };
	struct encrypt_memory_reply reply = { 0 };
	NTSTATUS status;

	if (size > SIZE_MOST)
		return fail(STATUS_INSUFFICIENT_RESOURCES, "encrypting so much memory");
	struct channel *channel = channel_current(&status);
	if (channel)
		status = channel_call(channel, CALL_ENCRYPT_MEMORY, &call, &reply);
	if (!failed(status) && reply.bytes.n != size)
		status = fail(STATUS_INTERNAL_ERROR, "encrypting memory");
	if (!failed(status))
		memcpy(memory, reply.bytes.p, size);
	call_reply_done(CALL_ENCRYPT_MEMORY, &reply);
	if (status == SEC_E_INSUFFICIENT_MEMORY)
		return STATUS_NO_MEMORY;
	return status == SEC_E_INTERNAL_ERROR ? STATUS_INTERNAL_ERROR : status;
}

static NTSTATUS change(void *memory, ULONG size, ULONG option, bool back)
{
	if (size % RTL_ENCRYPT_MEMORY_SIZE || (size && !memory))
		return fail(STATUS_INVALID_PARAMETER, "encrypting memory");
	switch (option) {
	case 0:
		return size ? change_here(memory, size, back) : STATUS_SUCCESS;
	case RTL_ENCRYPT_OPTION_CROSS_PROCESS:
	case RTL_ENCRYPT_OPTION_SAME_LOGON:
	case RTL_ENCRYPT_OPTION_FOR_SYSTEM:
		return size ? change_there(memory, size, option, back) : STATUS_SUCCESS;
	default:
		return fail(STATUS_INVALID_PARAMETER, "encrypting memory");
	}
}

NTSTATUS NTAPI SystemFunction040(PVOID memory, ULONG size, ULONG option)
{
	return change(memory, size, option, false);
}

NTSTATUS NTAPI SystemFunction041(PVOID memory, ULONG size, ULONG option)
{
	return change(memory, size, option, true);
}
