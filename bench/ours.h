/* bench/ours.h - what differs between OpenSSPI and WinPR for sspi.c: OpenSSPI's side.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include <windows.h>
#include <security.h>
#include <credssp.h>
#include <opensspi.h>

#include "peer.h"

#define PEER_NAME "ours"
#define HAS_CREDSSP true

/* tools/bench has made it. */
static inline bool account_ready(void)
{
	return true;
}

static inline bool server_ready(PSecurityFunctionTableW t, PCtxtHandle context)
{
	(void)t;
	(void)context;
	return true;
}

#endif
