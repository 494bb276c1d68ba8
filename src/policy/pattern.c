/* policy/pattern.c - see policy/pattern.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/utf.h"
#include "policy/pattern.h"

#define SEPARATORS " \t\r\n,"

static bool make_room(struct patterns *list)
{
	if (list->count < list->room)
		return true;
	size_t room = list->room ? list->room * 2 : 8;
	struct pattern *p = mem_array(room, sizeof(*p));
	if (!p)
		return false;
	if (list->count)
		memcpy(p, list->p, list->count * sizeof(*p));
	mem_free(list->p);
	list->p = p;
	list->room = room;
	return true;
}

/* What is wrong with the word, or NULL. */
static const char *word_fault(const char *word, size_t n, enum pattern_kind kind)
{
	const char *star = memchr(word, '*', n), *slash = memchr(word, '/', n);

	if (star && memchr(star + 1, '*', n - (size_t)(star + 1 - word)))
		return "a pattern has one '*' at most";
	if (kind == PATTERN_HOST)
		return slash ? "a host name has no '/'" : NULL;
	if (n == 1 && star)
		return NULL;
	if (!slash || slash == word || slash == word + n - 1)
		return "a pattern is written SERVICE/HOST, or '*' alone";
	return NULL;
}

static NTSTATUS add_word(struct patterns *list, const char *word, size_t n)
{
	struct pattern p = { .text = NULL };

	if (!make_room(list) || !utf16_from_utf8(word, n, &p.text, &p.n))
		return STATUS_NO_MEMORY;
	while (p.star < p.n && p.text[p.star] != '*')
		p.star++;
	list->p[list->count++] = p;
	return STATUS_SUCCESS;
}

NTSTATUS patterns_add(struct patterns *list, const char *text, enum pattern_kind kind,
		      const char **reason)
{
	for (size_t n; *(text += strspn(text, SEPARATORS)); text += n) {
		n = strcspn(text, SEPARATORS);
		*reason = utf16_need(text, n) == SIZE_MAX ? "not UTF-8" : word_fault(text, n, kind);
		if (*reason)
			return STATUS_INVALID_PARAMETER;
		NTSTATUS status = add_word(list, text, n);
		if (failed(status))
			return status;
	}
	return STATUS_SUCCESS;
}

void patterns_done(struct patterns *list)
{
	for (size_t i = 0; i < list->count; i++)
		mem_free(list->p[i].text);
	mem_free(list->p);
	*list = (struct patterns){ .p = NULL };
}

/* Does the star of `p` stand for text[from .. to)? */
static bool star_covers(const struct pattern *p, const WCHAR *text, size_t from, size_t to)
{
	if (p->star + 1 == p->n)
		return true;
	for (size_t i = from; i < to; i++)
		if (text[i] == '/' || text[i] == ':')
			return false;
	return true;
}

static bool pattern_matches(const struct pattern *p, const WCHAR *text, size_t n,
			    enum pattern_care care)
{
	if (p->star == p->n)
		return utf16_equal_nocase(p->text, p->n, text, n);
	size_t tail = p->n - p->star - 1;
	if (n < p->star + tail)
		return false;
	if (!utf16_equal_nocase(p->text, p->star, text, p->star) ||
	    !utf16_equal_nocase(p->text + p->star + 1, tail, text + n - tail, tail))
		return false;
	return care == PATTERN_LOOSE || star_covers(p, text, p->star, n - tail);
}

const struct pattern *patterns_find(const struct patterns *list, const WCHAR *text, size_t n,
				    enum pattern_care care)
{
	for (size_t i = 0; i < list->count; i++)
		if (pattern_matches(&list->p[i], text, n, care))
			return &list->p[i];
	return NULL;
}

bool patterns_match(const struct patterns *list, const WCHAR *text, size_t n,
		    enum pattern_care care)
{
	return patterns_find(list, text, n, care) != NULL;
}
