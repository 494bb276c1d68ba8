/* cli/trace.c - prints tokens as readable trees on stderr; what is sealed stays sealed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/trace.h"

#include <stdio.h>
#include <stdlib.h>

void trace_begin(void)
{
	setenv("OPENSSPI_TRACE", "fd:2", 0); /* where the user set it, it stays there */
}

void trace_token(const char *direction, const void *p, size_t n)
{
	char *text = NULL;
	SECURITY_STATUS status = OpensspiDescribeToken(p, n, &text);

	flockfile(stderr);
	fprintf(stderr, "--- %s, %zu bytes\n", direction, n);
	if (status == SEC_E_OK)
		fprintf(stderr, "%s\n", text);
	else
		fprintf(stderr, "a continuation, or bytes of a protocol unknown here\n");
	funlockfile(stderr);
	if (status == SEC_E_OK)
		FreeContextBuffer(text);
}
