/* policy/delegation.c - may these credentials go there, and which rule says so.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One function decides, for who asks and for who wants it explained. A rule is a list of one layer; of
 * two layers' allow lists both must agree, of the deny lists one is enough. */
#include "base/base.h"

#include "policy/state.h"

static const struct class_row {
	enum policy_list deny, allow, allow_ntlm;
} classes[] = {
	[OPENSSPI_DELEGATE_FRESH] = { DENY_FRESH, ALLOW_FRESH, ALLOW_FRESH_NTLM },
	[OPENSSPI_DELEGATE_SAVED] = { DENY_SAVED, ALLOW_SAVED, ALLOW_SAVED_NTLM },
	[OPENSSPI_DELEGATE_DEFAULT] = { DENY_DEFAULT, ALLOW_DEFAULT, ALLOW_DEFAULT_NTLM },
};

/* What one layer's list says of a target. */
struct rule {
	enum policy_list list;
	int layer;
	bool by_default;	       /* no file has the pattern, or the list */
	const struct pattern *pattern; /* the one that fits; NULL: none does */
};

struct decision {
	NTSTATUS status;
	enum { BY_NAME, BY_RESTRICTION, BY_DENIAL, BY_LISTS } by;
	struct rule rule; /* that decided */
	struct rule also; /* the user's, that agreed; pattern NULL: none had to */
	struct rule
		with_mutual; /* what would do, were the server authenticated; NULL pattern: nothing */
};

static struct rule allow_rule(const struct policy *p, int layer, enum policy_list list,
			      const struct spn *t)
{
	const struct layer_list *l = &p->layer[layer].list[list];
	struct rule rule = { .list = list, .layer = layer, .by_default = !l->set };

	if (l->set && !l->off)
		rule.pattern = patterns_find(&l->patterns, t->text, t->n, PATTERN_STRICT);
	if (!rule.pattern && (!l->set || (l->concatenate && !l->off))) {
		rule.pattern = patterns_find(&p->otherwise[list], t->text, t->n, PATTERN_STRICT);
		rule.by_default = rule.by_default || rule.pattern;
	}
	return rule;
}

/* The user's file may only narrow: where it is silent it is not asked. */
static bool allows(const struct policy *p, enum policy_list list, const struct spn *t,
		   struct rule *rule, struct rule *also)
{
	*rule = allow_rule(p, SYSTEM, list, t);
	*also = (struct rule){ .pattern = NULL };
	if (!rule->pattern || !p->layer[USER].list[list].set)
		return rule->pattern != NULL;
	*also = allow_rule(p, USER, list, t);
	if (also->pattern)
		return true;
	*rule = *also;
	return false;
}

static bool denies(const struct policy *p, enum policy_list list, const struct spn *t,
		   struct rule *rule)
{
	for (int i = 0; i < LAYERS; i++) {
		const struct patterns *patterns = &p->layer[i].list[list].patterns;
		const struct pattern *found = patterns_find(patterns, t->text, t->n, PATTERN_LOOSE);
		if (!found)
			found = patterns_find(patterns, t->plain, t->plain_n, PATTERN_LOOSE);
		*rule = (struct rule){ .list = list, .layer = i, .pattern = found };
		if (found)
			return true;
	}
	return false;
}

static void decide_by_lists(const struct policy *p, const struct class_row *row, bool mutual,
			    const struct spn *t, struct decision *d)
{
	struct rule other;

	d->by = BY_LISTS;
	d->status = STATUS_SUCCESS;
	if (allows(p, mutual ? row->allow : row->allow_ntlm, t, &d->rule, &d->also))
		return;
	d->status = SEC_E_DELEGATION_POLICY;
	if (!mutual && allows(p, row->allow, t, &d->with_mutual, &other))
		d->status = SEC_E_POLICY_NLTM_ONLY;
	else
		d->with_mutual.pattern = NULL;
}

static struct decision decide(const struct policy *p, const struct policy_question *q)
{
	struct decision d = { .status = SEC_E_DELEGATION_POLICY, .by = BY_NAME };
	uint32_t restricted = 0;
	struct spn t;

	if (q->class == 0 || q->class >= ARRAY_LEN(classes) || !spn_read(q->spn.p, q->spn.n, &t))
		return d;
	if (policy_value(p, POLICY_RESTRICTED_REMOTE_ADMINISTRATION, &restricted) && restricted)
		d.by = BY_RESTRICTION;
	else if (denies(p, classes[q->class].deny, &t, &d.rule))
		d.by = BY_DENIAL;
	else
		decide_by_lists(p, &classes[q->class], q->mutual, &t, &d);
	return d;
}

NTSTATUS policy_delegation(const struct policy *p, uint32_t class, bool mutual, const WCHAR *spn,
			   size_t spn_n)
{
	struct decision d = decide(p, &(struct policy_question){ class, mutual, { spn, spn_n } });

	if (d.status == SEC_E_POLICY_NLTM_ONLY)
		return fail(d.status, "looking at what is allowed with NTLM only");
	return failed(d.status) ? fail(d.status, "looking at what may be delegated by policy")
				: STATUS_SUCCESS;
}

/* ---- in words ---- */

static void origin_write(const struct policy *p, const struct rule *r, struct text *out)
{
	const struct layer *l = &p->layer[r->layer];
	const struct layer_list *list = &l->list[r->list];

	text_add(out, "%s (", names_list_of(r->list)->name);
	if (!r->by_default)
		text_add(out, "%s:%u", l->file, r->pattern ? r->pattern->line : list->line);
	else if (list->set)
		text_add(out, "default, added by %s:%u", l->file, list->concatenate_line);
	else if (r->list == ALLOW_SAVED_NTLM && p->has_realm)
		text_add(out, "default where [lsa] realm is set");
	else
		text_add(out, "default");
	text_add(out, ") has ");
}

static void rule_write(const struct policy *p, const struct rule *r, struct text *out)
{
	origin_write(p, r, out);
	if (r->pattern)
		text_add_utf16(out, r->pattern->text, r->pattern->n);
	else
		text_add(out, "nothing that fits");
}

static void restriction_write(const struct policy *p, struct text *out)
{
	for (int i = 0; i < LAYERS; i++) {
		const struct layer *l = &p->layer[i];
		if (!l->value[POLICY_RESTRICTED_REMOTE_ADMINISTRATION])
			continue;
		text_add(out, "RestrictedRemoteAdministration (%s:%u) is 1: refused", l->file,
			 l->value_line[POLICY_RESTRICTED_REMOTE_ADMINISTRATION]);
		return;
	}
}

static void lists_write(const struct policy *p, const struct decision *d, struct text *out)
{
	if (d->status == SEC_E_POLICY_NLTM_ONLY) {
		rule_write(p, &d->with_mutual, out);
		text_add(out, ", but ");
	}
	rule_write(p, &d->rule, out);
	if (d->also.pattern) {
		text_add(out, ", and ");
		rule_write(p, &d->also, out);
	}
	if (d->status == SEC_E_POLICY_NLTM_ONLY)
		text_add(out, ": refused unless the server is mutually authenticated");
	else
		text_add(out, failed(d->status) ? ": refused" : ": allowed");
}

NTSTATUS policy_explain(const struct policy *p, const struct policy_question *q, struct text *why)
{
	struct decision d = decide(p, q);

	switch (d.by) {
	case BY_NAME:
		text_add(why, "the target's name cannot be read: refused");
		break;
	case BY_RESTRICTION:
		restriction_write(p, why);
		break;
	case BY_DENIAL:
		rule_write(p, &d.rule, why);
		text_add(why, ": refused");
		break;
	case BY_LISTS:
		lists_write(p, &d, why);
		break;
	}
	return d.status;
}
