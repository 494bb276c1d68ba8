/* credman/list.c - looking through all credentials: enumerating, matching, finding the best.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/trace.h"
#include "credman/rules.h"
#include "credman/set.h"

#define THE_SET 0

/* One walk through a vault: what passes is added. */
struct walk {
	struct credential_list *out;
	bool (*passes)(const struct walk *w, const struct credential_view *c);
	struct utf16 filter;
	bool all;
	NTSTATUS status;
};

static bool walk_visit(void *to, const struct vault_record *record)
{
	struct walk *w = to;
	struct credential *c = NULL;
	struct credential_view view;

	/* One that cannot be read does not hide the others; `sspi vault check` names it. */
	if (failed(record->status) || !credential_read(record->value, &view)) {
		trace_line("credentials: record %lld cannot be read", (long long)record->row);
		return true;
	}
	if (!w->passes(w, &view))
		return true;
	struct secret *bytes = secret_copy(record->value.p, record->value.n);
	w->status = bytes ? credential_own(bytes, &c) : STATUS_NO_MEMORY;
	if (!failed(w->status))
		w->status = credential_list_add(w->out, c);
	return !failed(w->status);
}

static bool is_listed(const struct credential_list *l, const struct credential_view *c, size_t upto)
{
	for (size_t i = 0; i < upto; i++) {
		const struct credential_view *other = &l->item[i]->view;
		if (other->type == c->type &&
		    utf16_equal_nocase(other->target.p, other->target.n, c->target.p,
				       c->target.n) &&
		    (c->type != CRED_TYPE_DOMAIN_EXTENDED ||
		     utf16_equal_nocase(other->user.p, other->user.n, c->user.p, c->user.n)))
			return true;
	}
	return false;
}

/* What the session has hides what lasts under the same name. */
static void drop_hidden(struct credential_list *l, size_t from_session)
{
	size_t kept = from_session;

	for (size_t i = from_session; i < l->count; i++) {
		if (is_listed(l, &l->item[i]->view, from_session))
			credential_unref(l->item[i]);
		else
			l->item[kept++] = l->item[i];
	}
	l->count = kept;
}

static NTSTATUS walk_all(struct credman *m, struct walk *w)
{
	static const enum shelf order[] = { SHELF_SESSION, SHELF_LASTING };
	size_t from_session = 0;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct vault *vault;
		NTSTATUS status = set_vault(m, order[i], false, &vault);
		if (status == VAULT_ABSENT)
			continue;
		if (!failed(status))
			status = vault_each(vault, THE_SET, walk_visit, w);
		if (failed(w->status))
			status = w->status;
		if (failed(status) && status != VAULT_DAMAGED)
			return status;
		if (order[i] == SHELF_SESSION)
			from_session = w->out->count;
	}
	drop_hidden(w->out, from_session);
	return w->out->count ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/* ---- enumerating ---- */

static bool passes_filter(const struct walk *w, const struct credential_view *c)
{
	return (w->all || name_is_classic(c)) && name_passes(w->filter, c->target);
}

NTSTATUS credman_enumerate(struct credman *m, struct utf16 filter, bool all,
			   struct credential_list *out)
{
	struct walk w = { .out = out, .passes = passes_filter, .filter = filter, .all = all };

	if (all && filter.p)
		return fail(CREDMAN_INVALID_FLAGS, "listing all credentials that pass a filter");
	NTSTATUS status = walk_all(m, &w);
	if (failed(status))
		credential_list_done(out);
	return status;
}

/* ---- matching ---- */

static bool passes_domain(const struct walk *w, const struct credential_view *c)
{
	(void)w;
	return credential_is_domain(c->type);
}

/* Takes the best of a type out of the candidates; NULL when none fits. Extended ones are all best. */
static struct credential *take_best(struct credential_list *from, const struct target_view *t,
				    uint32_t type)
{
	uint32_t best_rank = 0;
	size_t best = 0;
	bool best_wild = false;

	for (size_t i = 0; i < from->count; i++) {
		bool wild;
		if (!from->item[i] || from->item[i]->view.type != type)
			continue;
		uint32_t rank = name_match(&from->item[i]->view, t, &wild);
		if (rank <= best_rank)
			continue;
		best_rank = rank;
		best = i;
		best_wild = wild;
	}
	if (!best_rank)
		return NULL;
	struct credential *c = from->item[best];
	from->item[best] = NULL;
	if (best_wild)
		c->view.flags |= CRED_FLAGS_WILDCARD_MATCH;
	return c;
}

NTSTATUS credman_match(struct credman *m, const struct target_view *t, const uint32_t *types,
		       size_t count, struct credential_list *out)
{
	static const uint32_t usual[] = { CRED_TYPE_DOMAIN_CERTIFICATE, CRED_TYPE_DOMAIN_PASSWORD };
	CLEANUP(credential_list_done) struct credential_list found = { 0 };
	struct walk w = { .out = &found, .passes = passes_domain };

	NTSTATUS status = walk_all(m, &w);
	if (failed(status))
		return status;
	if (!count) {
		types = usual;
		count = ARRAY_LEN(usual);
	}
	for (size_t i = 0; i < count && !failed(status); i++) {
		struct credential *c = take_best(&found, t, types[i]);
		while (c && !failed(status)) {
			status = credential_list_add(out, c);
			c = types[i] == CRED_TYPE_DOMAIN_EXTENDED && !failed(status)
				    ? take_best(&found, t, types[i])
				    : NULL;
		}
	}
	if (!failed(status) && !out->count)
		status = STATUS_NOT_FOUND;
	if (failed(status))
		credential_list_done(out);
	return status;
}

/* ---- generic ---- */

/* The text up to its last '/', or nothing when what is left is no more than a scheme. */
static struct utf16 shortened(struct utf16 text)
{
	size_t n = text.n;

	while (n && text.p[n - 1] == '/')
		n--;
	while (n && text.p[n - 1] != '/')
		n--;
	while (n && text.p[n - 1] == '/')
		n--;
	return (struct utf16){ text.p, n && text.p[n - 1] != ':' ? n : 0 };
}

NTSTATUS credman_best_generic(struct credman *m, struct utf16 target, struct credential **out)
{
	NTSTATUS status = credman_read(m, target, CRED_TYPE_GENERIC, out);

	while (status == STATUS_NOT_FOUND) {
		target = shortened(target);
		if (!target.n)
			break;
		status = credman_read(m, target, CRED_TYPE_GENERIC, out);
	}
	return status;
}
