/* ipc/reason.c - see ipc/reason.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/identity.h"
#include "base/utf.h"
#include "ipc/acting.h"
#include "ipc/parts.h"
#include "ipc/reason.h"

static _Thread_local struct call_reason last;

/* Length of the UTF-8 character at `s`; 0 when there is none. */
static size_t character_len(const char *s, size_t n)
{
	for (size_t len = 1; len <= 4 && len <= n; len++)
		if (utf16_need(s, len) != SIZE_MAX)
			return len;
	return 0;
}

/* C1 controls, line and paragraph separators, and what turns or isolates the direction of writing. */
static bool is_mischief(const char *s, size_t len)
{
	WCHAR unit[2];

	if (len < 2 || len > 3)
		return false;
	utf16_put(unit, s, len);
	return unit[0] < 0xA0 || unit[0] == 0x061C || (unit[0] >= 0x200E && unit[0] <= 0x200F) ||
	       (unit[0] >= 0x2028 && unit[0] <= 0x202E) || (unit[0] >= 0x2066 && unit[0] <= 0x2069);
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r' || c == '\t';
}

void call_reason_set(struct call_reason *r, const char *sentence)
{
	size_t n = sentence ? strlen(sentence) : 0, used = 0;

	while (n) {
		size_t len = character_len(sentence, n), step = len ? len : 1;
		bool plain = len && !is_mischief(sentence, len) &&
			     (len > 1 || ((unsigned char)*sentence >= ' ' && *sentence != 0x7F));
		size_t takes = plain ? len : 1;
		if (used + takes >= sizeof(r->text))
			break;
		if (plain)
			memcpy(r->text + used, sentence, len);
		else
			r->text[used] = is_break(*sentence) ? ' ' : '?';
		used += takes;
		sentence += step;
		n -= step;
	}
	r->text[used] = '\0';
}

void call_reason_write(struct wr *w, const struct call_reason *r)
{
	put_view(w, (struct ipc_bytes){ (const uint8_t *)r->text, (uint32_t)strlen(r->text) });
}

bool call_reason_read(struct rd *r, struct call_reason *out)
{
	char text[CALL_REASON_ROOM];
	struct ipc_bytes view;

	if (!take_view(r, &view) || view.n >= sizeof(text))
		return false;
	if (view.n)
		memcpy(text, view.p, view.n);
	text[view.n] = '\0';
	call_reason_set(out, text);
	return true;
}

void call_reason_clear(void)
{
	last.text[0] = '\0';
}

void call_reason_keep(const char *sentence)
{
	call_reason_set(&last, sentence);
}

const char *call_reason_last(void)
{
	return last.text;
}

/* A package that is called may call on its own behalf, on this very thread. */
NTSTATUS channel_call(struct channel *c, enum call which, const void *request, void *reply)
{
	struct call_reason why;

	why.text[0] = '\0';
	NTSTATUS status = acting_check(which, request);
	if (!failed(status)) {
		bool paused = identity_pause();
		status = c->ops->call(c, which, request, reply, &why);
		identity_resume(paused);
	}
	if (failed(status) || why.text[0]) /* or what was carried is refused */
		memcpy(last.text, why.text, strlen(why.text) + 1);
	return status;
}
