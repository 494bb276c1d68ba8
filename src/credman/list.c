/* credman/list.c - looking through all credentials: enumerating, matching, finding the best.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/trace.h"
#include "credman/rules.h"
#include "credman/set.h"

/* What the session's vault says of a name: of a credential there when it was written, or that one without
 * a secret was written in this session. */
struct seen {
	uint32_t type;
	uint64_t last_written; /* 0: a mark */
	bool beaten;	       /* the lasting one of that name is newer */
	bool met;	       /* it was still there when the credentials were visited */
	uint8_t *key;	       /* UTF-16 (mem_free) */
	size_t n;	       /* units */
};

/* One walk through both vaults. */
struct walk {
	struct credman *m;
	bool (*passes)(const struct walk *w, const struct credential_view *c);
	credman_visit *visit;
	void *to;
	struct utf16 filter;
	bool all;
	enum shelf shelf;
	struct seen *seen;
	size_t count, room;
	bool any, stopped;
	bool strict; /* for a choice among them: an unreadable vault may hide the right one */
	NTSTATUS passed_over; /* why the session's vault could not be read */
	NTSTATUS status;
};

static void walk_done(struct walk *w)
{
	for (size_t i = 0; i < w->count; i++)
		mem_free_wiped(w->seen[i].key, 2 * w->seen[i].n);
	mem_free(TAKE(w->seen));
	w->count = w->room = 0;
}

static NTSTATUS see(struct walk *w, const struct vault_name *name, uint64_t last_written)
{
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 16;
		struct seen *more = mem_array(room, sizeof(*more));
		if (!more)
			return fail(STATUS_NO_MEMORY, "listing credentials");
		if (w->count)
			memcpy(more, w->seen, w->count * sizeof(*more));
		mem_free(w->seen);
		w->seen = more;
		w->room = room;
	}
	size_t n = name->target.n;
	uint8_t *key = mem_alloc(2 * n + 2);
	if (!key)
		return fail(STATUS_NO_MEMORY, "listing credentials");
	memcpy(key, name->target.p, 2 * n);
	w->seen[w->count++] = (struct seen){
		.type = name->type, .last_written = last_written, .key = key, .n = n
	};
	return STATUS_SUCCESS;
}

static struct seen *seen_as(const struct walk *w, const struct vault_name *name, bool mark)
{
	for (size_t i = 0; i < w->count; i++) {
		struct seen *s = &w->seen[i];
		if (s->type == name->type && s->n == name->target.n && !s->last_written == mark &&
		    utf16_equal_nocase((const WCHAR *)(const void *)s->key, s->n, name->target.p,
				       name->target.n))
			return s;
	}
	return NULL;
}

static bool readable(const struct vault_record *record, struct credential_view *c)
{
	/* One that cannot be read does not hide the others; `sspi vault check` names it. */
	if (!failed(record->status) && credential_read(record->value, c))
		return true;
	trace_line("credentials: record %lld cannot be read", (long long)record->row);
	return false;
}

static bool see_credential(void *to, const struct vault_record *record)
{
	struct walk *w = to;
	struct credential_view c;

	if (readable(record, &c))
		w->status = see(w, &record->name, c.last_written ? c.last_written : 1);
	return !failed(w->status);
}

static bool see_mark(void *to, const struct vault_record *record)
{
	struct walk *w = to;

	if (!failed(record->status))
		w->status = see(w, &record->name, 0);
	return !failed(w->status);
}

/* Does this one count, and not the other vault's of the same name? */
static bool counts(struct walk *w, const struct vault_record *record, struct credential_view *c)
{
	struct seen *other = w->count ? seen_as(w, &record->name, false) : NULL;
	bool lasting = w->shelf == SHELF_LASTING;

	if (lasting && !c->blob.p && credential_is_domain(c->type) &&
	    c->type != CRED_TYPE_DOMAIN_EXTENDED && !seen_as(w, &record->name, true))
		c->flags |= CRED_FLAGS_PROMPT_NOW;
	/* What is in the session only now was visited as one that lasts, or is too new. */
	if (!other)
		return lasting;
	if (lasting)
		other->beaten = c->last_written > other->last_written;
	else
		other->met = true;
	return lasting == other->beaten;
}

static bool walk_visit(void *to, const struct vault_record *record)
{
	struct walk *w = to;
	struct credential_view c;

	if (!readable(record, &c) || !counts(w, record, &c) || !w->passes(w, &c))
		return true;
	w->any = true;
	w->stopped = !w->visit(w->to, &c);
	return !w->stopped;
}

static NTSTATUS walk_shelf(struct walk *w, enum shelf shelf, uint32_t set, vault_visit *visit)
{
	struct vault *vault;
	NTSTATUS status = set_vault(w->m, shelf, false, &vault);

	w->shelf = shelf;
	if (!failed(status))
		status = vault_each(vault, set, visit, w);
	if (failed(w->status))
		return w->status;
	if (status == VAULT_ABSENT)
		return STATUS_SUCCESS;
	if (shelf == SHELF_LASTING || w->strict || !set_is_unreadable(status))
		return status;
	trace_line("credentials: those of the session cannot be read");
	w->passed_over = status;
	return STATUS_SUCCESS;
}

/* What left the session for good since it was seen there came too late for the visit of what lasts. */
static NTSTATUS visit_movers(struct walk *w)
{
	NTSTATUS status = STATUS_SUCCESS;

	for (size_t i = 0; i < w->count && !failed(status) && !w->stopped; i++) {
		const struct seen *s = &w->seen[i];
		const struct vault_name name = { .set = SET_CREDENTIALS,
						 .type = s->type,
						 .target = { (const WCHAR *)(const void *)s->key,
							     s->n } };
		struct credential *c = NULL;
		enum shelf where;
		if (!s->last_written || s->beaten || s->met)
			continue;
		status = set_read(w->m, &name, &where, &c);
		if (status == VAULT_NOT_FOUND || status == VAULT_ALTERED)
			status = STATUS_SUCCESS;
		if (c && w->passes(w, &c->view)) {
			w->any = true;
			w->stopped = !w->visit(w->to, &c->view);
		}
		credential_unref(c);
	}
	return status;
}

static NTSTATUS walk_both(struct walk *w)
{
	NTSTATUS status = walk_shelf(w, SHELF_SESSION, SET_CREDENTIALS, see_credential);

	if (!failed(status))
		status = walk_shelf(w, SHELF_SESSION, SET_WRITTEN, see_mark);
	if (!failed(status))
		status = walk_shelf(w, SHELF_LASTING, SET_CREDENTIALS, walk_visit);
	if (!failed(status) && !w->stopped && w->count)
		status = walk_shelf(w, SHELF_SESSION, SET_CREDENTIALS, walk_visit);
	return failed(status) ? status : visit_movers(w);
}

/* The session's names first, since a reader holds one vault at a time; then what lasts; then the
 * session's credentials. Without any, why the session's could not be read, else STATUS_NOT_FOUND. */
static NTSTATUS walk_all(struct walk *w)
{
	NTSTATUS status = walk_both(w);

	walk_done(w);
	if (failed(status) || w->any)
		return status;
	return failed(w->passed_over) ? w->passed_over : STATUS_NOT_FOUND;
}

/* ---- keeping what is visited ---- */

struct keeping {
	struct credential_list *out;
	NTSTATUS status;
};

static bool keep(void *to, const struct credential_view *view)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	struct keeping *k = to;
	struct credential *c = NULL;

	credential_write(&w, view);
	struct secret *bytes = wr_ok(&w) ? secret_copy(w.buf, w.len) : NULL;
	k->status = bytes ? credential_own(bytes, &c) : STATUS_NO_MEMORY;
	if (!failed(k->status))
		k->status = credential_list_add(k->out, c);
	return !failed(k->status);
}

static NTSTATUS walk_keeping(struct walk *w, struct credential_list *out)
{
	struct keeping k = { .out = out };

	w->visit = keep;
	w->to = &k;
	NTSTATUS status = walk_all(w);
	if (failed(k.status))
		status = k.status;
	if (failed(status))
		credential_list_done(out);
	return status;
}

/* ---- enumerating ---- */

static bool passes_filter(const struct walk *w, const struct credential_view *c)
{
	return (w->all || name_is_classic(c)) && name_passes(w->filter, c->target);
}

NTSTATUS credman_enumerate(struct credman *m, struct utf16 filter, bool all,
			   struct credential_list *out)
{
	struct walk w = { .m = m, .passes = passes_filter, .filter = filter, .all = all };

	if (all && filter.p)
		return fail(CREDMAN_INVALID_FLAGS, "listing all credentials that pass a filter");
	return walk_keeping(&w, out);
}

struct hiding {
	credman_visit *visit;
	void *to;
};

static bool visit_hidden(void *to, const struct credential_view *c)
{
	const struct hiding *h = to;
	struct credential_view seen;

	if (!credential_is_write_only(c->type))
		return h->visit(h->to, c);
	seen = *c;
	seen.blob = rd_of(NULL, 0);
	return h->visit(h->to, &seen);
}

NTSTATUS credman_each(struct credman *m, struct utf16 filter, bool all, credman_visit *visit,
		      void *to)
{
	struct hiding h = { visit, to };
	struct walk w = { .m = m,
			  .passes = passes_filter,
			  .visit = visit_hidden,
			  .to = &h,
			  .filter = filter,
			  .all = all };

	if (all && filter.p)
		return fail(CREDMAN_INVALID_FLAGS, "listing all credentials that pass a filter");
	return walk_all(&w);
}

static bool passes_extended(const struct walk *w, const struct credential_view *c)
{
	return c->type == CRED_TYPE_DOMAIN_EXTENDED &&
	       utf16_equal_nocase(c->target.p, c->target.n, w->filter.p, w->filter.n);
}

NTSTATUS set_first_extended(struct credman *m, struct utf16 target, enum shelf *where,
			    struct credential **out)
{
	CLEANUP(credential_list_done) struct credential_list found = { 0 };
	CLEANUP(set_name_done) struct set_name name = { 0 };
	struct walk w = { .m = m, .passes = passes_extended, .filter = target, .strict = true };
	size_t last = 0;

	NTSTATUS status = walk_keeping(&w, &found);
	if (failed(status))
		return status;
	for (size_t i = 1; i < found.count; i++)
		if (found.item[i]->view.last_written > found.item[last]->view.last_written)
			last = i;
	status = set_name_of(&found.item[last]->view, &name);
	return failed(status) ? status : set_read(m, &name.is, where, out);
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

/* At least one name; no domain of a server in a workgroup; extended credentials by themselves. */
static NTSTATUS check_target(const struct target_view *t, const uint32_t *types, size_t count)
{
	bool named = t->target.n || t->netbios_server.n || t->dns_server.n || t->netbios_domain.n ||
		     t->dns_domain.n || t->dns_tree.n;
	bool of_domain = t->netbios_domain.n || t->dns_domain.n || t->dns_tree.n;
	size_t extended = 0;

	if (!named || (t->flags & CRED_TI_WORKGROUP_MEMBER && of_domain))
		return fail(STATUS_INVALID_PARAMETER, "what is known of a server");
	for (size_t i = 0; i < count; i++)
		extended += types[i] == CRED_TYPE_DOMAIN_EXTENDED;
	return !extended || extended == count
		       ? STATUS_SUCCESS
		       : fail(STATUS_INVALID_PARAMETER, "extended credentials among others");
}

NTSTATUS credman_fits(const struct credential_view *c, const struct target_view *t)
{
	bool wildcard;
	NTSTATUS status = check_target(t, NULL, 0);

	if (failed(status))
		return status;
	return credential_is_domain(c->type) && name_match(c, t, &wildcard)
		       ? STATUS_SUCCESS
		       : fail(STATUS_INVALID_PARAMETER, "a credential for another server");
}

/* A type that is asked for twice is given once. */
static bool is_among(const uint32_t *types, size_t count, uint32_t type)
{
	for (size_t i = 0; i < count; i++)
		if (types[i] == type)
			return true;
	return false;
}

NTSTATUS credman_match(struct credman *m, const struct target_view *t, const uint32_t *types,
		       size_t count, struct credential_list *out)
{
	static const uint32_t usual[] = { CRED_TYPE_DOMAIN_CERTIFICATE, CRED_TYPE_DOMAIN_PASSWORD };
	CLEANUP(credential_list_done) struct credential_list found = { 0 };
	struct walk w = { .m = m, .passes = passes_domain, .strict = true };

	NTSTATUS status = check_target(t, types, count);
	if (!failed(status))
		status = walk_keeping(&w, &found);
	if (failed(status))
		return status;
	if (!count) {
		types = usual;
		count = ARRAY_LEN(usual);
	}
	for (size_t i = 0; i < count && !failed(status); i++) {
		struct credential *c =
			is_among(types, i, types[i]) ? NULL : take_best(&found, t, types[i]);
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

/* The text without the slash at its end, else without its last part; nothing when what is left is no more
 * than a scheme. */
static struct utf16 shortened(struct utf16 text)
{
	size_t n = text.n;

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
