/* policy/each.c - all that is in force, one thing after the other, each with its place.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "policy/state.h"

struct listing {
	const struct policy *p;
	policy_visit *visit;
	void *to;
	bool stopped;
	NTSTATUS status;
};

/* One entry, of texts that are used up. */
static void tell(struct listing *l, const char *name, struct text *value, struct text *origin)
{
	CLEANUP(mem_free_p) char *v = text_finish(value);
	CLEANUP(mem_free_p) char *o = text_finish(origin);
	const struct policy_entry entry = { name, v, o };

	if (!v || !o)
		l->status = fail(STATUS_NO_MEMORY, "listing the policy");
	l->stopped = failed(l->status) || !l->visit(l->to, &entry);
}

/* ---- values ---- */

static void add_place(struct text *t, const struct layer *l, unsigned line)
{
	text_add(t, "%s%s:%u", t->len ? ", " : "", l->file, line);
}

/* Where the value is from; all places, when bits of several are in it. */
static void value_origin(const struct policy *p, uint32_t number, uint32_t value, struct text *out)
{
	for (int i = 0; i < LAYERS; i++) {
		const struct layer *l = &p->layer[i];
		if (l->value_set[number] && l->value[number] == value) {
			add_place(out, l, l->value_line[number]);
			return;
		}
	}
	if (!p->layer[SYSTEM].value_set[number])
		text_add(out, "default");
	for (int i = 0; i < LAYERS; i++)
		if (p->layer[i].value_set[number])
			add_place(out, &p->layer[i], p->layer[i].value_line[number]);
}

static void tell_value(struct listing *l, const struct value_row *row)
{
	struct text value = { 0 }, origin = { 0 };
	uint32_t number;

	if (!policy_value(l->p, row->number, &number))
		return;
	names_value_write(row, number, &value);
	if (row->number == OPENSSPI_POLICY_FIPS && l->p->kernel_fips)
		text_add(&origin, "%s", policy_fips_file);
	else if (!l->p->layer[SYSTEM].value_set[row->number] && number == row->otherwise)
		text_add(&origin, "default");
	else
		value_origin(l->p, row->number, number, &origin);
	tell(l, row->name, &value, &origin);
}

/* ---- lists ---- */

/* Patterns that stand in one line, together. */
static void tell_patterns(struct listing *l, const char *name, const struct patterns *list,
			  const struct layer *of)
{
	for (size_t i = 0, next; i < list->count && !l->stopped; i = next) {
		struct text value = { 0 }, origin = { 0 };
		for (next = i; next < list->count && list->p[next].line == list->p[i].line;
		     next++) {
			text_add(&value, next == i ? "" : " ");
			text_add_utf16(&value, list->p[next].text, list->p[next].n);
		}
		if (of)
			add_place(&origin, of, list->p[i].line);
		else
			text_add(&origin, "default");
		tell(l, name, &value, &origin);
	}
}

static void tell_nobody(struct listing *l, const char *name, const struct layer *of, unsigned line)
{
	struct text value = { 0 }, origin = { 0 };

	text_add(&value, "0");
	if (of)
		add_place(&origin, of, line);
	else
		text_add(&origin, "default");
	tell(l, name, &value, &origin);
}

static void tell_layer_list(struct listing *l, int which, const struct list_row *row)
{
	const struct layer *layer = &l->p->layer[which];
	const struct layer_list *list = &layer->list[row->list];
	const struct patterns *otherwise = &l->p->otherwise[row->list];
	bool defaults = list->concatenate && !list->off && otherwise->count;

	if (!list->set && which == USER)
		return;
	if (!list->set) {
		tell_patterns(l, row->name, otherwise, NULL);
		if (!otherwise->count)
			tell_nobody(l, row->name, NULL, 0);
		return;
	}
	tell_patterns(l, row->name, &list->patterns, layer);
	if (defaults && !l->stopped)
		tell_patterns(l, row->name, otherwise, NULL);
	if (!list->patterns.count && !defaults)
		tell_nobody(l, row->name, layer, list->line);
}

/* The system's lines, then the user's, which narrow an allow list and add to a deny list. */
static void tell_list(struct listing *l, enum policy_list list)
{
	for (int i = 0; i < LAYERS && !l->stopped; i++)
		tell_layer_list(l, i, names_list_of(list));
}

/* ---- settings ---- */

/* The system's goes first; the user's counts where that is silent. */
static void tell_setting(struct listing *l, const struct setting_row *row)
{
	CLEANUP(text_done) struct text name = { 0 };
	struct text value = { 0 }, origin = { 0 };
	const struct layer_setting *s = NULL;
	int which = SYSTEM;

	for (; which < (row->system_only ? USER : LAYERS); which++)
		if ((s = layer_find(&l->p->layer[which], row->section, row->name)))
			break;
	if (!s)
		return;
	text_add(&name, "[%s] %s", s->section, s->name);
	text_add(&value, "%s", s->value);
	add_place(&origin, &l->p->layer[which], s->line);
	tell(l, name.failed ? "" : name.p, &value, &origin);
}

NTSTATUS policy_each(const struct policy *p, policy_visit *visit, void *to)
{
	static const enum policy_list lists[] = {
		ALLOW_FRESH,	    ALLOW_FRESH_NTLM, ALLOW_SAVED, ALLOW_SAVED_NTLM, ALLOW_DEFAULT,
		ALLOW_DEFAULT_NTLM, DENY_FRESH,	      DENY_SAVED,  DENY_DEFAULT
	};
	struct listing l = { .p = p, .visit = visit, .to = to };
	const struct setting_row *setting;
	const struct value_row *row;

	for (size_t i = 0; (row = names_value_at(i)) && !l.stopped; i++) {
		tell_value(&l, row);
		if (row->number == OPENSSPI_POLICY_TARGET_NAME && !l.stopped)
			tell_list(&l, TARGET_NAMES);
	}
	for (size_t i = 0; i < ARRAY_LEN(lists) && !l.stopped; i++)
		tell_list(&l, lists[i]);
	for (size_t i = 0; (setting = names_setting_at(i)) && !l.stopped; i++)
		tell_setting(&l, setting);
	return l.status;
}
