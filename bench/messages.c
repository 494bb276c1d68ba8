/* bench/messages.c - a message to a package and back, and a credential read by a package, each beside a bare
 * function that gives the same bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * OPENSSPI_PACKAGES names bench/answering.c's shared object. Prints what bench.c prints. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ntsecapi.h>
#include <ntstatus.h>

#include "messages.h"

#define ROUNDS 31
#define CALLS 5000	     /* a round */
#define CREDENTIAL_BYTES 256 /* about what a credential takes as one block */

static HANDLE lsa;
static ULONG package;

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "messages: %s failed\n", what);
	exit(1);
}

static void say(int round, const char *work, const char *name, double ns)
{
	if (round >= 0)
		printf("{\"round\": %d, \"work\": \"%s\", \"name\": \"%s\", \"ns\": %.1f}\n", round,
		       work, name, ns);
}

/* ---- the floor: a function behind a pointer, so that it is called ---- */

static void *copy_of(const void *from, size_t n)
{
	void *to = malloc(n);

	if (!to)
		die("malloc");
	return memcpy(to, from, n);
}

static void *(*volatile bare)(const void *from, size_t n) = copy_of;

static double bare_ns(size_t n)
{
	static const uint8_t bytes[CREDENTIAL_BYTES];
	double start = now_ns();

	for (int i = 0; i < CALLS; i++) {
		void *p = bare(bytes, n);
		explicit_bzero(p, n);
		free(p);
	}
	return (now_ns() - start) / CALLS;
}

/* ---- ours ---- */

static void *tell(ANSWERING_MESSAGE *message, ULONG want)
{
	NTSTATUS verdict = STATUS_SUCCESS;
	PVOID answer = NULL;
	ULONG n = 0;

	if (LsaCallAuthenticationPackage(lsa, package, message, sizeof(*message), &answer, &n,
					 &verdict) != STATUS_SUCCESS ||
	    verdict != STATUS_SUCCESS || n != want)
		die("LsaCallAuthenticationPackage");
	return answer;
}

static double echo_ns(void)
{
	ANSWERING_MESSAGE message = { .Kind = ANSWERING_ECHO };
	double start = now_ns();

	for (int i = 0; i < CALLS; i++)
		LsaFreeReturnBuffer(tell(&message, sizeof(message)));
	return (now_ns() - start) / CALLS;
}

static double read_ns(void)
{
	ANSWERING_MESSAGE message = { .Kind = ANSWERING_READ, .Times = CALLS };
	ULONG64 *answer = tell(&message, sizeof(*answer)), ns = *answer;

	LsaFreeReturnBuffer(answer);
	return (double)ns / CALLS;
}

int main(void)
{
	LSA_STRING name = { sizeof(ANSWERING_NAME) - 1, sizeof(ANSWERING_NAME) - 1,
			    (char *)(uintptr_t)ANSWERING_NAME };

	if (LsaConnectUntrusted(&lsa) != STATUS_SUCCESS ||
	    LsaLookupAuthenticationPackage(lsa, &name, &package) != STATUS_SUCCESS)
		die("finding the package (OPENSSPI_PACKAGES)");
	for (int round = -2; round < ROUNDS; round++) {
		say(round, "message to a package", "floor", bare_ns(sizeof(ANSWERING_MESSAGE)));
		say(round, "message to a package", "ours", echo_ns());
		say(round, "CrediRead in a package", "floor", bare_ns(CREDENTIAL_BYTES));
		say(round, "CrediRead in a package", "ours", read_ns());
	}
	LsaDeregisterLogonProcess(lsa);
	return 0;
}
