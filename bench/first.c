/* bench/first.c - a process that signs in once, for what the first sign-in of a process costs.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "peer.h"

int main(void)
{
	const struct peer *p = bench_peer();
	return p->open() && p->exchange() ? 0 : 1;
}
