/* toy.h - what the halves of ToySSP have in common: keys, tags, and the context that moves between them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 *     client                          server
 *     TOY1 | nonce            ->
 *                             <-      TOY2 | nonce | HMAC(secret, "server" | nonces)
 *     TOY3 | HMAC(secret, "client" | nonces)  ->
 *
 * Both keys of the messages come from HMAC(secret, "messages" | nonces). A toy: whoever sees a
 * conversation can try secrets on it, so only long random ones would be safe. */
#ifndef TOY_H
#define TOY_H

#include <ntsecpkg.h>
#include <ntstatus.h>
#include <stdbool.h>
#include <string.h>

#define TOY_NONCE 16
#define TOY_MAC 32
#define TOY_SIGNATURE 16
#define TOY_MAX_TOKEN (4 + TOY_NONCE + TOY_MAC)

/* What InitLsaModeContext and AcceptLsaModeContext pack for the user-mode half. */
struct toy_packed {
	UCHAR key[TOY_MAC];
	ULONG inbound;
};

/* The exports' own visibility; everything else in the .so is hidden. */
#define TOY_EXPORT __attribute__((visibility("default")))

/* The first buffer of that type, whatever its attributes; NULL when there is none. */
static inline PSecBuffer toy_buffer(PSecBufferDesc list, ULONG type)
{
	for (ULONG i = 0; list && i < list->cBuffers; i++)
		if ((list->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == type)
			return &list->pBuffers[i];
	return NULL;
}

#endif
