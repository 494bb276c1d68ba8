/* policy/state.h - what a policy holds; for the files of policy/ alone.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_POLICY_STATE_H
#define OPENSSPI_POLICY_STATE_H

#include "policy/layer.h"
#include "policy/names.h"
#include "policy/policy.h"

#define SPN_MAX 1024

enum { SYSTEM, USER, LAYERS };

struct policy {
	struct layer layer[LAYERS];
	struct patterns otherwise[POLICY_LISTS]; /* the defaults of the lists */
	bool has_realm;
	bool kernel_fips; /* the kernel says so: FipsAlgorithmPolicy is 1, whatever the files say */
};

/* Where the kernel says whether it is in FIPS mode; a test may put another file there. */
extern const char *policy_fips_file;

/* A target's name, taken apart. */
struct spn {
	WCHAR text[SPN_MAX];
	size_t n;
	WCHAR plain[SPN_MAX]; /* without port, third part and the dot at the end */
	size_t plain_n;
	size_t host; /* where the host begins in `plain` */
};

/* False for what is no name: empty, too long, not UTF-16, a NUL inside. */
MUST_CHECK bool spn_read(const WCHAR *text, size_t n, struct spn *out);

#endif
