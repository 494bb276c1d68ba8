/* policy/names.h - every name a configuration file may use, in tables.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_POLICY_NAMES_H
#define OPENSSPI_POLICY_NAMES_H

#include "base/base.h"
#include "policy/layer.h"

/* Which of two values is the stricter one. */
enum value_sense {
	STRICT_IS_LESS,
	STRICT_IS_MORE,
	STRICT_IS_BOTH,	  /* the bits of either */
	STRICT_IS_COMMON, /* the bits of both; the system's where they have none */
};

struct value_row {
	const char *name;
	uint32_t number;    /* OPENSSPI_POLICY_* */
	uint32_t otherwise; /* when no file says anything */
	uint32_t least;	    /* `base` for words */
	uint32_t most;
	enum value_sense sense;
	const char *words; /* "a|b|c" for base, base + 1, base + 2; NULL: a number */
	uint32_t base;
	bool words_only;
	bool inverted; /* the file's 0 is the value 1 */
};

struct list_row {
	const char *name, *concatenate;
	enum policy_list list;
	const char *otherwise; /* the default pattern, or NULL */
};

struct setting_row {
	const char *section, *name;
	const char *meant;  /* the name it is kept under */
	bool several_lines; /* may go on over indented lines */
	bool system_only;   /* does not count in a user's file */
};

/* Names compare without case (ASCII). NULL when there is no such name. */
const struct value_row *names_value(const char *name);
const struct value_row *names_value_of(uint32_t number);

/* The rows one after the other, in the manual page's order; NULL behind the last. */
const struct value_row *names_value_at(size_t index);

/* The value as a file writes it. */
void names_value_write(const struct value_row *row, uint32_t value, struct text *out);

const struct list_row *names_list(const char *name);
const struct list_row *names_concatenate(const char *name);
const struct list_row *names_list_of(enum policy_list list);
const struct setting_row *names_setting(const char *section, const char *name);
const struct setting_row *names_setting_at(size_t index); /* as names_value_at */

/* Is there such a section? [vault] has no names yet. */
MUST_CHECK bool names_has_section(const char *section);

/* The word's or number's value; false when it is none of this row's. */
MUST_CHECK bool names_value_read(const struct value_row *row, const char *text, uint32_t *out);

MUST_CHECK bool names_equal(const char *a, const char *b);

#endif
