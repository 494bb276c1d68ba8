/* lsa/credset.c - see lsa/credset.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <netdb.h>

#include "credman/credman.h"
#include "credman/rules.h"
#include "lsa/credset.h"
#include "lsa/sets.h"
#include "lsa/state.h"

#define LIST_MAX IPC_BYTES_MAX
#define LIST_USUAL (256u << 10) /* a thousand credentials */

/* The set (a reference), for a call whose Flags may have these bits. */
static NTSTATUS set_for(const struct lsa_client *client, uint32_t flags, uint32_t allowed,
			struct credman **out)
{
	if (flags & ~allowed)
		return fail(CREDMAN_INVALID_FLAGS, "reading a call's flags");
	return sets_own(client, out);
}

/* ---- names ---- */

static struct utf16 text_of(struct ipc_text t)
{
	return (struct utf16){ t.p, t.n };
}

/* What a channel carried need be no UTF-16, and may have ends within. */
static bool is_name(struct utf16 text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!text.p[i])
			return false;
	return utf16_is_valid(text.p, text.n);
}

static NTSTATUS name_of(struct ipc_text t, struct utf16 *out)
{
	*out = text_of(t);
	if (!t.p || !is_name(*out))
		return fail(STATUS_INVALID_PARAMETER, "reading a credential's name");
	return STATUS_SUCCESS;
}

/* ---- replies ---- */

/* A list being made: what the application is to see, one after the other. */
struct making {
	struct wr w;
	uint32_t count;
	bool universal;
};

#define MAKING(u) ((struct making){ .w = WR(LIST_MAX), .universal = (u) })

static void put_one(struct making *m, const struct credential_view *c)
{
	size_t length = wr_hold(&m->w, 4), start = m->w.len;

	credential_write(&m->w, c);
	wr_fill_u32le(&m->w, length, (uint32_t)(m->w.len - start));
	m->count++;
}

/* Under its universal name when that is asked for. */
static bool put_visited(void *to, const struct credential_view *c)
{
	struct making *m = to;

	if (!m->universal) {
		put_one(m, c);
		return wr_ok(&m->w);
	}
	struct credential_view named = *c;
	CLEANUP(mem_free_p) WCHAR *name = name_universal(c, &named.target.n);
	named.target.p = name;
	if (name)
		put_one(m, &named);
	else
		m->w.failed = true;
	return wr_ok(&m->w);
}

static NTSTATUS give(struct making *m, struct cred_list_reply *reply)
{
	if (!wr_ok(&m->w)) {
		wr_done(&m->w);
		return fail(STATUS_NO_MEMORY, "giving credentials");
	}
	reply->count = m->count;
	reply->credentials = (struct ipc_owned){ m->w.buf, (uint32_t)m->w.len };
	return STATUS_SUCCESS;
}

static NTSTATUS give_one(struct credential *c, struct cred_list_reply *reply)
{
	struct making m = MAKING(false);

	credman_hide(c);
	put_one(&m, &c->view);
	credential_unref(c);
	return give(&m, reply);
}

static NTSTATUS give_list(struct credential_list *list, struct cred_list_reply *reply)
{
	struct making m = MAKING(false);

	for (size_t i = 0; i < list->count; i++) {
		credman_hide(list->item[i]);
		put_one(&m, &list->item[i]->view);
	}
	credential_list_done(list);
	return give(&m, reply);
}

/* ---- writing ---- */

/* What a credential is written for, in CredWriteDomainCredentials. */
static NTSTATUS check_fit(const struct credential_view *c, struct ipc_bytes bytes)
{
	struct target_view t;

	if (!target_read(rd_of(bytes.p, bytes.n), &t) || !credential_is_domain(c->type))
		return fail(STATUS_INVALID_PARAMETER, "reading what a credential is for");
	NTSTATUS status = target_prepare(&t);
	return failed(status) ? status : credman_fits(c, &t);
}

NTSTATUS lsa_cred_write(struct lsa_client *client, const struct cred_write_call *call)
{
	struct credential_view c;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = set_for(client, call->flags, CRED_PRESERVE_CREDENTIAL_BLOB, &set);
	if (failed(status))
		return status;
	if (!credential_read(rd_of(call->credential.p, call->credential.n), &c))
		return fail(STATUS_INVALID_PARAMETER, "reading a credential to be written");
	if (call->target.n)
		status = check_fit(&c, call->target);
	if (failed(status))
		return status;
	return credman_write(set, &c, call->flags & CRED_PRESERVE_CREDENTIAL_BLOB);
}

NTSTATUS lsa_cred_delete(struct lsa_client *client, const struct cred_name_call *call)
{
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct utf16 name;

	NTSTATUS status = name_of(call->target, &name);
	if (!failed(status))
		status = set_for(client, call->flags, 0, &set);
	return failed(status) ? status : credman_delete(set, name, call->type);
}

NTSTATUS lsa_cred_rename(struct lsa_client *client, const struct cred_rename_call *call)
{
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct utf16 from, to;

	NTSTATUS status = name_of(call->from, &from);
	if (!failed(status))
		status = name_of(call->to, &to);
	if (!failed(status))
		status = set_for(client, call->flags, 0, &set);
	return failed(status) ? status : credman_rename(set, from, to, call->type);
}

/* ---- reading ---- */

NTSTATUS lsa_cred_read(struct lsa_client *client, const struct cred_name_call *call,
		       struct cred_list_reply *reply)
{
	struct credential *c = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct utf16 name;

	NTSTATUS status = name_of(call->target, &name);
	if (!failed(status) && !credential_type_is_known(call->type))
		status = fail(STATUS_INVALID_PARAMETER, "reading a credential's type");
	if (!failed(status))
		status = set_for(client, call->flags, 0, &set);
	if (!failed(status))
		status = credman_read(set, name, call->type, &c);
	return failed(status) ? status : give_one(c, reply);
}

NTSTATUS lsa_cred_best(struct lsa_client *client, const struct cred_name_call *call,
		       struct cred_list_reply *reply)
{
	struct credential *c = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct utf16 name;

	NTSTATUS status = name_of(call->target, &name);
	if (!failed(status) && (call->type != CRED_TYPE_GENERIC || !name.n))
		status = fail(STATUS_INVALID_PARAMETER, "finding the best credential of a type");
	if (!failed(status))
		status = set_for(client, call->flags, 0, &set);
	if (!failed(status))
		status = credman_best_generic(set, name, &c);
	return failed(status) ? status : give_one(c, reply);
}

NTSTATUS lsa_cred_enumerate(struct lsa_client *client, const struct cred_name_call *call,
			    struct cred_list_reply *reply)
{
	bool all = call->flags & CRED_ENUMERATE_ALL_CREDENTIALS;
	struct utf16 filter = text_of(call->target);
	struct making m = MAKING(all);
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = set_for(client, call->flags, CRED_ENUMERATE_ALL_CREDENTIALS, &set);
	if (!failed(status) && filter.p && !is_name(filter))
		status = fail(STATUS_INVALID_PARAMETER, "reading a filter");
	if (!failed(status) && !filter.p)
		wr_expect(&m.w, LIST_USUAL);
	if (!failed(status))
		status = credman_each(set, filter, all, put_visited, &m);
	if (failed(status)) {
		wr_done(&m.w);
		return status;
	}
	return give(&m, reply);
}

NTSTATUS lsa_cred_match(struct lsa_client *client, const struct cred_match_call *call,
			struct cred_list_reply *reply)
{
	struct credential_list list = { 0 };
	struct target_view t;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = set_for(client, call->flags, CRED_CACHE_TARGET_INFORMATION, &set);
	if (failed(status))
		return status;
	if (!target_read(rd_of(call->target.p, call->target.n), &t))
		return fail(STATUS_INVALID_PARAMETER, "reading a target");
	status = target_prepare(&t);
	if (!failed(status) && (call->flags & CRED_CACHE_TARGET_INFORMATION))
		status = targets_put(credman_targets(set), &t);
	if (!failed(status))
		status = credman_match(set, &t, t.type, t.type_count, &list);
	return failed(status) ? status : give_list(&list, reply);
}

/* ---- targets ---- */

/* The name that the system's resolver gives the host (mem_free); NULL for none. */
static WCHAR *resolved(struct utf16 name, size_t *n)
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
	CLEANUP(mem_free_p) char *host = NULL;
	struct addrinfo *found = NULL;
	WCHAR *canonical = NULL;

	if (!utf8_from_utf16(name.p, name.n, &host, NULL) ||
	    getaddrinfo(host, NULL, &hints, &found) != 0)
		return NULL;
	const char *text = found->ai_canonname;
	if (text && !utf16_from_utf8(text, strlen(text), &canonical, n))
		canonical = NULL;
	freeaddrinfo(found);
	return canonical;
}

NTSTATUS lsa_cred_target(struct lsa_client *client, const struct cred_name_call *call,
			 struct cred_target_reply *reply)
{
	CLEANUP(mem_free_p) WCHAR *other = NULL;
	uint8_t *bytes = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;
	struct utf16 name;
	size_t n = 0;

	NTSTATUS status = name_of(call->target, &name);
	if (!failed(status))
		status = set_for(client, call->flags, CRED_ALLOW_NAME_RESOLUTION, &set);
	if (failed(status))
		return status;
	status = targets_get(credman_targets(set), name, &bytes, &n);
	if (status == STATUS_NOT_FOUND && (call->flags & CRED_ALLOW_NAME_RESOLUTION)) {
		other = resolved(name, &name.n);
		name.p = other;
		if (other)
			status = targets_get(credman_targets(set), name, &bytes, &n);
	}
	if (!failed(status))
		reply->target = (struct ipc_owned){ bytes, (uint32_t)n };
	return status;
}

/* ---- the session ---- */

NTSTATUS lsa_cred_session(struct lsa_client *client, struct cred_session_reply *reply)
{
	CLEANUP(credman_free_p) struct credman *set = NULL;

	_Static_assert(ARRAY_LEN(reply->persist) >= CREDMAN_TYPES, "a number for each type");
	NTSTATUS status = sets_own(client, &set);
	if (!failed(status))
		credman_session_types(set, reply->persist);
	return status;
}

NTSTATUS lsa_cred_set_default(struct lsa_client *client, const struct cred_name_call *call)
{
	struct utf16 target = text_of(call->target);
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = set_for(client, call->flags, 0, &set);
	if (!failed(status) && target.p && !is_name(target))
		status = fail(STATUS_INVALID_PARAMETER, "reading a credential's name");
	return failed(status) ? status : credman_set_default(set, target, call->type);
}

NTSTATUS lsa_cred_get_default(struct lsa_client *client, struct cred_list_reply *reply)
{
	struct credential *c = NULL;
	CLEANUP(credman_free_p) struct credman *set = NULL;

	NTSTATUS status = sets_own(client, &set);
	if (!failed(status))
		status = credman_get_default(set, &c);
	if (failed(status))
		return status;
	/* Its secret is not the application's, whatever its type. */
	mem_wipe((void *)(uintptr_t)c->view.blob.p, c->view.blob.n);
	c->view.blob = rd_of(NULL, 0);
	return give_one(c, reply);
}
