/* policy/layer.h - what one configuration file says, before two of them are weighed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_POLICY_LAYER_H
#define OPENSSPI_POLICY_LAYER_H

#include "base/base.h"
#include "base/text.h"
#include "policy/pattern.h"

/* Beside OPENSSPI_POLICY_*, which are 1 to 14: what packages ask for by CheckDelegation, and what
 * OPENSSPI_POLICY_RESTRICTED_ADMIN_TYPE is made of. */
#define POLICY_RESTRICTED_REMOTE_ADMINISTRATION 15u
#define POLICY_RESTRICTED_TYPE 16u
#define POLICY_VALUES 17

enum policy_list {
	ALLOW_DEFAULT,
	ALLOW_DEFAULT_NTLM,
	ALLOW_FRESH,
	ALLOW_FRESH_NTLM,
	ALLOW_SAVED,
	ALLOW_SAVED_NTLM,
	DENY_DEFAULT,
	DENY_FRESH,
	DENY_SAVED,
	TARGET_NAMES,
	POLICY_LISTS
};

struct layer_list {
	bool set;	  /* the file has this list */
	bool off;	  /* as 0: nobody, whatever the defaults */
	bool concatenate; /* the defaults are added */
	bool concatenate_set;
	unsigned line, concatenate_line; /* where it begins; 0: nowhere */
	struct patterns patterns;
};

struct layer_setting {
	struct layer_setting *next;
	const char *section, *name; /* of the tables */
	char *value;
	unsigned line;
};

struct layer {
	char *file; /* its name; NULL: there is none */
	bool value_set[POLICY_VALUES];
	uint32_t value[POLICY_VALUES];
	unsigned value_line[POLICY_VALUES];
	struct layer_list list[POLICY_LISTS];
	struct layer_setting *settings;
};

/* Reads the `n` bytes of the file called `name`. On failure `why` says file, line and reason.
 * STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. The layer is to be released either
 * way. */
MUST_CHECK NTSTATUS layer_read(struct layer *l, const char *name, const char *bytes, size_t n,
			       struct text *why);
void layer_done(struct layer *l);

/* A setting of a section other than [policy]; NULL when the file has none. */
const struct layer_setting *layer_find(const struct layer *l, const char *section,
				       const char *name);

/* Its value. */
const char *layer_setting(const struct layer *l, const char *section, const char *name);

#endif
