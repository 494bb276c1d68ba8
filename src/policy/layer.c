/* policy/layer.c - see policy/layer.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * inih takes the lines apart. What it would pass over in silence (a line longer than its buffer,
 * text after a section's bracket, a name given twice) is refused here, because a policy that is
 * read wrongly is a weaker policy. */
#include "base/base.h"

#include <ini.h>

#include "base/utf.h"
#include "policy/layer.h"
#include "policy/names.h"

#define NAME_MAX_LEN 48 /* inih cuts longer ones */

struct reading {
	const char *file;
	const char *at, *end;
	unsigned line;
	bool indented; /* the line begins with a space: it may continue the one before */
	struct layer *layer;
	struct text *why;
	NTSTATUS status;
	bool follows; /* an entry went before in this section */
	char last_name[NAME_MAX_LEN + 2];
};

static int complain(struct reading *r, NTSTATUS status, const char *reason, const char *name)
{
	if (failed(r->status))
		return 0;
	r->status = status;
	if (r->why && status == STATUS_NO_MEMORY)
		text_add(r->why, "%s: memory is short", r->file);
	else if (r->why)
		text_add(r->why, "%s:%u: %s%s%s", r->file, r->line, reason, name ? ": " : "",
			 name ? name : "");
	return 0;
}

static int wrong(struct reading *r, const char *reason, const char *name)
{
	return complain(r, STATUS_INVALID_PARAMETER, reason, name);
}

/* ---- lines ---- */

static void check_section(struct reading *r, const char *line)
{
	char name[NAME_MAX_LEN + 1];
	const char *close = strchr(line, ']');

	if (!close) {
		wrong(r, "a section lacks its ']'", NULL);
		return;
	}
	size_t n = (size_t)(close - line) - 1;
	const char *rest = close + 1 + strspn(close + 1, " \t\r\n");
	if (*rest && *rest != ';' && *rest != '#')
		wrong(r, "text after a section's ']'", NULL);
	if (n >= sizeof(name)) {
		wrong(r, "there is no such section", NULL);
		return;
	}
	memcpy(name, line + 1, n);
	name[n] = '\0';
	if (!names_has_section(name))
		wrong(r, "there is no such section", name);
	r->follows = false;
}

static void check_name(struct reading *r, const char *line)
{
	size_t n = strcspn(line, "=:;");

	if (n > NAME_MAX_LEN && line[n] && line[n] != ';')
		wrong(r, "there is no such name", NULL);
}

/* inih's way to the text: one line per call, as fgets gives it. */
static char *next_line(char *out, int room, void *stream)
{
	struct reading *r = stream;
	const char *newline;

	if (r->at == r->end || failed(r->status))
		return NULL;
	r->line++;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t n = (size_t)((newline ? newline + 1 : r->end) - r->at);
	if (n + 1 > (size_t)room) {
		wrong(r, "the line is too long; a list may go on in indented lines", NULL);
		return NULL;
	}
	memcpy(out, r->at, n);
	out[n] = '\0';
	r->at += n;
	const char *first = out + (r->line == 1 && strncmp(out, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0);
	size_t blank = strspn(first, " \t\r\n\v\f");
	r->indented = blank > 0;
	first += blank;
	if (r->indented && r->follows)
		return out;
	if (*first == '[')
		check_section(r, first);
	else if (*first != ';' && *first != '#')
		check_name(r, first);
	return out;
}

/* ---- entries ---- */

static int put_value(struct reading *r, const struct value_row *row, const char *text)
{
	struct layer *l = r->layer;

	if (l->value_set[row->number])
		return wrong(r, "given twice", row->name);
	if (!names_value_read(row, text, &l->value[row->number]))
		return wrong(r, "not a value that this policy has", row->name);
	l->value_set[row->number] = true;
	l->value_line[row->number] = r->line;
	return 1;
}

static int put_list(struct reading *r, const struct list_row *row, const char *text, bool goes_on)
{
	struct layer_list *list = &r->layer->list[row->list];
	enum pattern_kind kind = row->list == TARGET_NAMES ? PATTERN_HOST : PATTERN_SPN;
	const char *reason = NULL;
	size_t had = list->patterns.count;

	if (!goes_on && list->set)
		return wrong(r, "given twice", row->name);
	if (goes_on && list->off)
		return wrong(r, "0 stands alone", row->name);
	list->set = true;
	list->line = list->line ? list->line : r->line;
	if (!goes_on && strcmp(text, "0") == 0) {
		list->off = true;
		return 1;
	}
	NTSTATUS status = patterns_add(&list->patterns, text, kind, &reason);
	for (size_t i = had; i < list->patterns.count; i++)
		list->patterns.p[i].line = r->line;
	return failed(status) ? complain(r, status, reason, row->name) : 1;
}

static int put_concatenate(struct reading *r, const struct list_row *row, const char *text)
{
	struct layer_list *list = &r->layer->list[row->list];
	bool on = strcmp(text, "1") == 0;

	if (list->concatenate_set)
		return wrong(r, "given twice", row->concatenate);
	if (!on && strcmp(text, "0") != 0)
		return wrong(r, "0 or 1 is expected", row->concatenate);
	list->concatenate_set = true;
	list->concatenate_line = r->line;
	list->concatenate = on;
	return 1;
}

static struct layer_setting *find_setting(struct layer *l, const char *section, const char *name)
{
	for (struct layer_setting *s = l->settings; s; s = s->next)
		if (names_equal(s->section, section) && names_equal(s->name, name))
			return s;
	return NULL;
}

static int extend_setting(struct reading *r, struct layer_setting *s, const char *text)
{
	struct text t = { 0 };

	text_add(&t, "%s %s", s->value, text);
	char *longer = text_finish(&t);
	if (!longer)
		return complain(r, STATUS_NO_MEMORY, NULL, NULL);
	mem_free(s->value);
	s->value = longer;
	return 1;
}

static int put_setting(struct reading *r, const struct setting_row *row, const char *text,
		       bool goes_on)
{
	struct layer_setting *s = find_setting(r->layer, row->section, row->meant);

	if (goes_on && s)
		return row->several_lines ? extend_setting(r, s, text)
					  : wrong(r, "a value of one line goes on", row->name);
	if (s)
		return wrong(r, "given twice", row->name);
	s = MEM_NEW(struct layer_setting);
	char *value = mem_dup_text(text);
	if (!s || !value) {
		mem_free(s);
		mem_free(value);
		return complain(r, STATUS_NO_MEMORY, NULL, NULL);
	}
	*s = (struct layer_setting){ .next = r->layer->settings,
				     .section = row->section,
				     .name = row->meant,
				     .value = value,
				     .line = r->line };
	r->layer->settings = s;
	return 1;
}

static int put_policy(struct reading *r, const char *name, const char *text, bool goes_on)
{
	const struct value_row *value = names_value(name);
	const struct list_row *list = names_list(name), *concatenate = names_concatenate(name);

	if (!value && !list && !concatenate)
		return wrong(r, "there is no such policy", name);
	if (list)
		return put_list(r, list, text, goes_on);
	if (goes_on)
		return wrong(r, "a value of one line goes on", name);
	return value ? put_value(r, value, text) : put_concatenate(r, concatenate, text);
}

/* inih's handler of one entry; 0 is an error. */
static int take_entry(void *user, const char *section, const char *name, const char *text)
{
	struct reading *r = user;

	if (failed(r->status))
		return 0;
	bool goes_on = r->indented && r->follows && strcmp(name, r->last_name) == 0;
	r->follows = true;
	snprintf(r->last_name, sizeof(r->last_name), "%s", name);
	if (!*section)
		return wrong(r, "an entry before the first section", name);
	if (names_equal(section, "policy"))
		return put_policy(r, name, text, goes_on);
	const struct setting_row *row = names_setting(section, name);
	return row ? put_setting(r, row, text, goes_on) : wrong(r, "there is no such name", name);
}

/* Text that people can read, from one end to the other? */
static bool is_plain(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)bytes[i];
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
			return false;
	}
	return utf16_need(bytes, n) != SIZE_MAX;
}

NTSTATUS layer_read(struct layer *l, const char *name, const char *bytes, size_t n,
		    struct text *why)
{
	struct reading r = { .file = name, .at = bytes, .end = bytes + n, .layer = l, .why = why };

	l->file = mem_dup_text(name);
	if (!l->file)
		return STATUS_NO_MEMORY;
	if (!is_plain(bytes, n)) {
		if (why)
			text_add(why, "%s: not text in UTF-8", name);
		return STATUS_INVALID_PARAMETER;
	}
	int line = ini_parse_stream(next_line, &r, take_entry, &r);
	if (failed(r.status))
		return r.status;
	if (line == 0)
		return STATUS_SUCCESS;
	r.line = line > 0 ? (unsigned)line : r.line;
	complain(&r, line > 0 ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY,
		 "neither [section] nor name = value nor comment", NULL);
	return r.status;
}

void layer_done(struct layer *l)
{
	for (size_t i = 0; i < POLICY_LISTS; i++)
		patterns_done(&l->list[i].patterns);
	for (struct layer_setting *s = l->settings, *next; s; s = next) {
		next = s->next;
		mem_free(s->value);
		mem_free(s);
	}
	mem_free(l->file);
	*l = (struct layer){ .settings = NULL };
}

const struct layer_setting *layer_find(const struct layer *l, const char *section, const char *name)
{
	for (const struct layer_setting *s = l->settings; s; s = s->next)
		if (names_equal(s->section, section) && names_equal(s->name, name))
			return s;
	return NULL;
}

const char *layer_setting(const struct layer *l, const char *section, const char *name)
{
	const struct layer_setting *s = layer_find(l, section, name);
	return s ? s->value : NULL;
}
