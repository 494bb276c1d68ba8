/* policy/layer.h - what one configuration file says, before two of them are weighed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_POLICY_LAYER_H
#define OPENSSPI_POLICY_LAYER_H

#include "base/base.h"
#include "base/text.h"
#include "policy/pattern.h"

#define POLICY_VALUES 10 /* OPENSSPI_POLICY_* are 1 to 9 */

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
	struct patterns patterns;
};

struct layer_setting {
	struct layer_setting *next;
	const char *section, *name; /* static spellings, or inside `spelled` */
	char *spelled;
	char *value;
};

struct layer {
	bool value_set[POLICY_VALUES];
	uint32_t value[POLICY_VALUES];
	struct layer_list list[POLICY_LISTS];
	struct layer_setting *settings;
};

/* Reads the `n` bytes of the file called `name`. On failure `why` says file, line and reason.
 * STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. The layer is to be released either
 * way. */
MUST_CHECK NTSTATUS layer_read(struct layer *l, const char *name, const char *bytes, size_t n,
			       struct text *why);
void layer_done(struct layer *l);

/* A value of a section other than [policy]; NULL when the file has none. */
const char *layer_setting(const struct layer *l, const char *section, const char *name);

#endif
