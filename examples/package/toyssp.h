/* toyssp.h - what programs that use ToySSP must know: its name, its AuthData, its messages.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TOYSSP_H
#define TOYSSP_H

#include <windef.h>

#define TOYSSP_NAME "ToySSP"
#define TOY_SECRET_MAX 64
#define TOY_TARGET_MAX 64

/* AuthData of AcquireCredentialsHandle: the secret that client and server share. With NULL the one that
 * was saved counts: for the target as a client, ToySSP's own as a server. */
typedef struct _TOY_AUTH {
	ULONG Length; /* bytes; to be saved an even number of them, as of any domain password */
	UCHAR Secret[TOY_SECRET_MAX];
} TOY_AUTH, *PTOY_AUTH;

/* LsaCallAuthenticationPackage: a request without pointers, so that it may be copied as it is. The answer
 * to TOY_FIND_SECRET is a ULONG, the length of the secret. */
#define TOY_SAVE_SECRET 1
#define TOY_FIND_SECRET 2

typedef struct _TOY_REQUEST {
	ULONG MessageType;
	WCHAR Target
		[TOY_TARGET_MAX]; /* a server's name; empty: the secret that this machine accepts */
	TOY_AUTH Auth;		  /* to save */
} TOY_REQUEST, *PTOY_REQUEST;

#endif
