/* vault/keyring.c - an unlocked vault's key in the kernel's keyring, for a time.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * By system calls, since three of them need no library. The key lies in the user's keyring, which all
 * of the user's sessions share. */
#include "base/base.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vault/inner.h"

#define DESCRIPTION_LEN 64
#define PAYLOAD_LEN (8 + SEAL_KEY_LEN)
/* The possessor everything; the user's other processes may view, read and search. */
#define PERMISSIONS 0x3F0B0000u

static void describe(const uint8_t identity[VAULT_IDENTITY_LEN], char out[DESCRIPTION_LEN])
{
	char hex[2 * VAULT_IDENTITY_LEN + 1];
	snprintf(out, DESCRIPTION_LEN, "opensspi:vault:%s",
		 hex_of(identity, VAULT_IDENTITY_LEN, hex));
}

static long find(const uint8_t identity[VAULT_IDENTITY_LEN])
{
	char name[DESCRIPTION_LEN];

	describe(identity, name);
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0);
}

NTSTATUS keyring_keep(const struct vault_keys *k, uint32_t seconds)
{
	CLEANUP(secret_free_p) struct secret *payload = secret_new(PAYLOAD_LEN);
	char name[DESCRIPTION_LEN];

	if (!payload)
		return fail(STATUS_NO_MEMORY, "keeping the vault open");
	for (size_t i = 0; i < 8; i++)
		payload->p[i] = (uint8_t)(k->epoch >> 8 * i);
	memcpy(payload->p + 8, k->data->p, SEAL_KEY_LEN);
	describe(k->identity, name);
	long key =
		syscall(SYS_add_key, "user", name, payload->p, payload->len, KEY_SPEC_USER_KEYRING);
	if (key < 0)
		return fail(STATUS_NOT_SUPPORTED, "the kernel keeps no key");
	if (syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, seconds) != 0 ||
	    syscall(SYS_keyctl, KEYCTL_SETPERM, key, PERMISSIONS) != 0) {
		syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING);
		return fail(STATUS_NOT_SUPPORTED, "the kernel keeps no key for a time");
	}
	return STATUS_SUCCESS;
}

struct secret *keyring_find(const uint8_t identity[VAULT_IDENTITY_LEN], uint64_t *epoch)
{
	CLEANUP(secret_free_p) struct secret *payload = secret_new(PAYLOAD_LEN);
	long key = payload ? find(identity) : -1;

	if (key < 0 ||
	    syscall(SYS_keyctl, KEYCTL_READ, key, payload->p, payload->len) != PAYLOAD_LEN)
		return NULL;
	struct rd r = rd_of(payload->p, payload->len);
	return rd_u64le(&r, epoch) ? secret_copy(r.p, r.n) : NULL;
}

void keyring_forget(const uint8_t identity[VAULT_IDENTITY_LEN])
{
	long key = find(identity);
	if (key >= 0)
		syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING);
}
