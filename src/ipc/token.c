/* ipc/token.c - see ipc/token.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>

#include "base/block.h"
#include "base/slots.h"
#include "base/utf.h"
#include "ipc/token.h"

#define TOKENS_MAX 65536u

static struct slots tokens;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static _Thread_local struct token *acting;

/* Tells when a thread ends that acts as another. */
static struct {
	pthread_once_t once;
	pthread_key_t key;
	bool has_key;
} ending = { .once = PTHREAD_ONCE_INIT };

static void tokens_begin(void)
{
	slots_init(&tokens, TOKENS_MAX);
	/* A child might find an unguarded table locked for ever: better no tokens at all. */
	if (!slots_guard_forks(&tokens))
		tokens.limit = 0;
}

static struct slots *table(void)
{
	pthread_once(&once, tokens_begin);
	return &tokens;
}

/* ---- tokens ---- */

struct token *token_ref(struct token *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void token_unref(struct token *t)
{
	if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	mem_free(t->domain);
	mem_free(t->user);
	block_free(t->sids.Sids);
	token_session_unref(t->session);
	unix_user_done(&t->unix_user);
	mem_free(t);
}

static WCHAR *text_copy(const WCHAR *text)
{
	static const WCHAR nothing[1];
	const WCHAR *from = text ? text : nothing;

	return mem_dup(from, (utf16_len(from) + 1) * sizeof(WCHAR));
}

static bool begins(const WCHAR *text, const char *with)
{
	while (*with && *text == (unsigned char)*with)
		text++, with++;
	return !*with;
}

/* Of what a ticket or a domain controller may say of its own: domains' users and groups, and how a client was
 * proven. This machine's Administrators (S-1-5-32-544), root (S-1-22-1-0) and the system are this machine's to
 * name ([MS-PAC] 4.1.2.2). */
static bool is_domains(const WCHAR *sid)
{
	return begins(sid, "S-1-5-21-") || begins(sid, "S-1-12-") || begins(sid, "S-1-18-");
}

/* One block, as OPENSSPI_ATTR_CLIENT_SIDS gives it; nothing where the user's own is none. */
static bool sids_copy(const OPENSSPI_CLIENT_SIDS *from, OPENSSPI_CLIENT_SIDS *out)
{
	size_t n = 0;

	if (!from || from->Count == 0 || !is_domains(from->Sids[0]))
		return true;
	for (ULONG i = 0; i < from->Count; i++)
		n += (utf16_len(from->Sids[i]) + 1) * sizeof(WCHAR);
	out->Sids = block_alloc(from->Count * sizeof(LPWSTR) + n);
	if (!out->Sids)
		return false;
	WCHAR *at = (WCHAR *)(void *)(out->Sids + from->Count);
	for (ULONG i = 0; i < from->Count; i++) {
		size_t units = utf16_len(from->Sids[i]) + 1;
		if (!is_domains(from->Sids[i]))
			continue;
		memcpy(at, from->Sids[i], units * sizeof(WCHAR));
		out->Sids[out->Count++] = at;
		at += units;
	}
	return true;
}

/* Numbers of this process's tokens; they are nobody else's. */
static LUID id_next(void)
{
	static atomic_uint_fast64_t last;
	uint64_t n = atomic_fetch_add(&last, 1) + 1;

	return (LUID){ (DWORD)n, (LONG)(n >> 32) };
}

static struct token *token_alloc(const WCHAR *domain, const WCHAR *user,
				 const OPENSSPI_CLIENT_SIDS *sids)
{
	CLEANUP(token_unref_p) struct token *t = MEM_NEW(struct token);

	if (!t)
		return NULL;
	atomic_init(&t->refs, 1);
	t->id = id_next();
	t->domain = text_copy(domain);
	t->user = text_copy(user);
	return t->domain && t->user && sids_copy(sids, &t->sids) ? TAKE(t) : NULL;
}

NTSTATUS token_new(const struct token_facts *facts, struct token **out)
{
	const OPENSSPI_CLIENT_ACCOUNT *a = &facts->account;
	CLEANUP(token_unref_p) struct token *t = token_alloc(a->Domain, a->User, facts->sids);

	if (!t)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a token");
	t->logon = facts->logon;
	t->type = facts->type;
	t->level = (SECURITY_IMPERSONATION_LEVEL)a->Level;
	const struct unix_question question = {
		.kind = a->Kind,
		.domain = t->domain,
		.domain_n = utf16_len(t->domain),
		.user = t->user,
		.user_n = utf16_len(t->user),
		.mapped = a->UnixName,
		.mapped_n = a->UnixName ? utf16_len(a->UnixName) : 0,
	};
	bool paused = identity_pause(); /* whoever this thread acts as, the process asks */
	NTSTATUS status = unix_user_find(&question, &t->unix_user);
	identity_resume(paused);
	t->has_user = !failed(status);
	if (failed(status) && status != SEC_E_NO_IMPERSONATION)
		return status;
	if (facts->end && !(t->session = token_session_new(facts->logon, facts->end)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a token");
	*out = TAKE(t);
	return STATUS_SUCCESS;
}

static bool user_copy(const struct unix_user *from, struct unix_user *out)
{
	const struct identity *ids = &from->ids;
	gid_t *group = mem_array(ids->count + 1, sizeof(*group));

	out->name = mem_dup_text(from->name);
	out->ids = *ids;
	out->ids.group = group;
	if (group && ids->count)
		memcpy(group, ids->group, ids->count * sizeof(*group));
	return out->name && group;
}

NTSTATUS token_copy_as(const struct token *t, TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
		       struct token **out)
{
	CLEANUP(token_unref_p) struct token *copy = token_alloc(t->domain, t->user, &t->sids);

	if (!copy || (t->has_user && !user_copy(&t->unix_user, &copy->unix_user)))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "copying a token");
	copy->has_user = t->has_user;
	copy->logon = t->logon;
	copy->session = token_session_ref(t->session);
	copy->type = type;
	copy->level = level;
	*out = TAKE(copy);
	return STATUS_SUCCESS;
}

/* ---- handles ---- */

NTSTATUS token_open(struct token *t, HANDLE *out)
{
	uint64_t number = slots_add(table(), token_ref(t));

	if (!number) {
		token_unref(t);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "opening a token");
	}
	*out = (HANDLE)(uintptr_t)number;
	return STATUS_SUCCESS;
}

static void token_visit(void *object)
{
	token_ref(object);
}

struct token *token_of(HANDLE handle)
{
	return slots_find(table(), (uintptr_t)handle, token_visit);
}

bool token_close(HANDLE handle)
{
	struct token *t = slots_remove(table(), (uintptr_t)handle);

	token_unref(t);
	return t != NULL;
}

/* ---- the calling thread ---- */

static void thread_ends(void *is_acting)
{
	(void)is_acting;
	identity_leave();
	token_unref(TAKE(acting));
}

static void ending_begin(void)
{
	ending.has_key = pthread_key_create(&ending.key, thread_ends) == 0;
}

/* A library that is closed calls nobody any more. */
__attribute__((destructor)) static void ending_done(void)
{
	if (ending.has_key)
		(void)pthread_key_delete(ending.key);
	ending.has_key = false;
}

/* What cannot be told leaves a little memory behind, no more. */
static void note_acting(void)
{
	pthread_once(&ending.once, ending_begin);
	if (ending.has_key)
		(void)pthread_setspecific(ending.key, &ending);
}

NTSTATUS token_act(struct token *t)
{
	if (!t->has_user)
		return fail(SEC_E_NO_IMPERSONATION, "acting as who is no user of this system");
	if (t->level < SecurityImpersonation)
		return fail(SEC_E_NO_IMPERSONATION,
			    "acting as who lets itself be identified alone");
	NTSTATUS status = identity_assume(&t->unix_user.ids);
	if (failed(status))
		return status;
	struct token *before = acting;
	acting = token_ref(t);
	note_acting();
	token_unref(before);
	return STATUS_SUCCESS;
}

void token_act_no_more(void)
{
	identity_revert();
	if (identity_is_assumed())
		return;
	token_unref(TAKE(acting));
}

struct token *token_acting(void)
{
	return acting ? token_ref(acting) : NULL;
}
