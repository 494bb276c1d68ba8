/* cli/attempt.h - what a server has to say about one client's attempt to sign in.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A delegated password is looked at for its length alone and wiped. */
#ifndef OPENSSPI_CLI_ATTEMPT_H
#define OPENSSPI_CLI_ATTEMPT_H

#include <stdio.h>

#include "cli/exchange.h"

#define NAME_MAX_BYTES 1030 /* 256 characters of UTF-8, and NUL */

struct attempt {
	int number; /* 0: the client did not get as far as TLS */
	char peer[LINK_NAME_MAX];
	bool signed_in;
	char name[2 * NAME_MAX_BYTES]; /* who the client is */
	char tls[16], cipher[64], mechanism[64];
	char not_better[REASON_MAX]; /* why it is no better mechanism; "" */
	ULONG credssp, attributes;
	char **sids; /* the user's, then the groups'; NULL: the authority named none */
	ULONG sid_count;
	ULONG handed_over; /* a KERB_LOGON_SUBMIT_TYPE by CredSSP; 0: nothing */
	bool delegated;	   /* a user and a password */
	char domain[NAME_MAX_BYTES], user[NAME_MAX_BYTES];
	size_t password_characters;
	const char *stage;	  /* where it failed */
	const char *reason;	  /* a static text, or NULL: the status says it */
	char because[REASON_MAX]; /* what the library had to say beyond the status; "" */
	SECURITY_STATUS status;
};

/* Releases what an attempt holds, and empties it. */
void attempt_done(struct attempt *a);

/* Fills in what the finished context knows. */
void attempt_learn(struct attempt *a, struct exchange *x);

/* One line of text, or one JSON object and a line feed. */
void attempt_print(const struct attempt *a, FILE *out, bool json);

#endif
