/* credman/targets.c - see credman/targets.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/forks.h"
#include "base/trace.h"
#include "credman/rules.h"
#include "credman/targets.h"

static void hold(void *object)
{
	pthread_mutex_lock(&((struct target_cache *)object)->lock);
}

static void release(void *object)
{
	pthread_mutex_unlock(&((struct target_cache *)object)->lock);
}

static const struct fork_lock guarded = { hold, release, release };

void targets_init(struct target_cache *t)
{
	pthread_mutex_init(&t->lock, NULL);
	if (!forks_guard(&guarded, t))
		trace_line("credentials: too many locks to hold across a fork");
}

void targets_done(struct target_cache *t)
{
	forks_forget(t);
	for (size_t i = 0; i < TARGETS_KEPT; i++)
		mem_free(t->entry[i].bytes);
	pthread_mutex_destroy(&t->lock);
}

static NTSTATUS check_types(const struct target_view *t)
{
	bool extended = false;

	for (uint32_t i = 0; i < t->type_count; i++) {
		if (!credential_type_is_known(t->type[i]) || !credential_is_domain(t->type[i]))
			return fail(STATUS_INVALID_PARAMETER, "reading the types of a target");
		extended = extended || t->type[i] == CRED_TYPE_DOMAIN_EXTENDED;
	}
	return extended && t->type_count > 1
		       ? fail(STATUS_INVALID_PARAMETER, "mixing extended types with others")
		       : STATUS_SUCCESS;
}

NTSTATUS target_prepare(struct target_view *t)
{
	bool domains = t->netbios_domain.p || t->dns_domain.p || t->dns_tree.p;

	if (!t->target.p && !t->netbios_server.p && !t->dns_server.p && !domains)
		return fail(STATUS_INVALID_PARAMETER, "reading a target without a name");
	if (t->flags & ~(uint32_t)CRED_TI_VALID_FLAGS)
		return fail(STATUS_INVALID_PARAMETER, "reading a target's flags");
	if ((t->flags & CRED_TI_WORKGROUP_MEMBER) && domains)
		return fail(STATUS_INVALID_PARAMETER, "reading a workgroup member's domains");
	if ((t->flags & CRED_TI_SERVER_FORMAT_UNKNOWN) && !t->netbios_server.p)
		t->netbios_server = t->dns_server;
	if ((t->flags & CRED_TI_DOMAIN_FORMAT_UNKNOWN) && !t->netbios_domain.p)
		t->netbios_domain = t->dns_domain;
	return check_types(t);
}

static bool same(struct utf16 a, struct utf16 b)
{
	return a.p && b.p && utf16_equal_nocase(a.p, a.n, b.p, b.n);
}

static bool is_called(const struct target_entry *e, struct utf16 name, bool by_server)
{
	struct target_view t;

	if (!e->bytes || (!by_server && e->name_n != name.n) ||
	    !target_read(rd_of(e->bytes, e->n), &t))
		return false;
	return same(t.target, name) ||
	       (by_server && (same(t.dns_server, name) || same(t.netbios_server, name)));
}

/* The place of that name, else the one that was not used for longest. */
static struct target_entry *place_for(struct target_cache *t, struct utf16 name)
{
	struct target_entry *oldest = &t->entry[0];

	for (size_t i = 0; i < TARGETS_KEPT; i++) {
		if (is_called(&t->entry[i], name, false))
			return &t->entry[i];
		if (t->entry[i].used < oldest->used)
			oldest = &t->entry[i];
	}
	return oldest;
}

NTSTATUS targets_put(struct target_cache *t, const struct target_view *target)
{
	CLEANUP(wr_done) struct wr w = WR(TARGET_BYTES_MAX);

	if (!target->target.n)
		return STATUS_SUCCESS;
	target_write(&w, target);
	uint8_t *bytes = wr_ok(&w) ? mem_dup(w.buf, w.len) : NULL;
	if (!bytes)
		return fail(STATUS_NO_MEMORY, "remembering a target");
	pthread_mutex_lock(&t->lock);
	struct target_entry *e = place_for(t, target->target);
	mem_free(e->bytes);
	*e = (struct target_entry){ bytes, w.len, target->target.n, ++t->clock };
	pthread_mutex_unlock(&t->lock);
	return STATUS_SUCCESS;
}

NTSTATUS targets_get(struct target_cache *t, struct utf16 name, uint8_t **bytes, size_t *n)
{
	NTSTATUS status = STATUS_NOT_FOUND;

	pthread_mutex_lock(&t->lock);
	for (int by_server = 0; by_server < 2 && status == STATUS_NOT_FOUND; by_server++) {
		for (size_t i = 0; i < TARGETS_KEPT && status == STATUS_NOT_FOUND; i++) {
			struct target_entry *e = &t->entry[i];
			if (!is_called(e, name, by_server))
				continue;
			e->used = ++t->clock;
			*n = e->n;
			*bytes = mem_dup(e->bytes, e->n);
			status = *bytes ? STATUS_SUCCESS : STATUS_NO_MEMORY;
		}
	}
	pthread_mutex_unlock(&t->lock);
	return status;
}
