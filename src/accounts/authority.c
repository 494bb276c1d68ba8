/* accounts/authority.c - see accounts/authority.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The table of accounts is read again when its file changed; whoever still checks against the old
 * one holds a reference. A name that nobody has is checked against a random hash and counted like
 * an account, so that it looks and lasts like a wrong password. */
#include "base/base.h"

#include <pthread.h>
#include <time.h>

#include "accounts/authority.h"
#include "accounts/domain.h"
#include "accounts/guard.h"
#include "accounts/store.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/random.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "crypto/ntlm.h"

#define V1_RESPONSE_LEN 24
#define V2_RESPONSE_MIN 44 /* the proof and the fixed part of the client's blob */
#define EXTENDED_SECURITY 0x00080000u
#define DELAYS_MAX 8
#define MS_NS 1000000L
#define EXPIRES_MAX INT64_C(910692730085) /* the last second that clock.h's units hold */

struct authority {
	char *file, *guard_file;
	char *computer, *domain; /* this machine's names, UTF-8 */
	WCHAR *machine;
	size_t machine_n;
	struct guard_rules rules;
	uint32_t delay_ms;
	bool winbind;
	const struct winbind_ops *winbind_ops;
	struct pam_settings pam;
	uint8_t nobody[NTLM_HASH_LEN]; /* a random hash */

	struct accounts *table; /* guarded by `table_lock` */
	struct store_stamp stamp;
};

/* One lock for every authority, so that a fork can wait for it: the child may go on to use an
 * authority of its parent's. */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
	pthread_mutex_lock(&table_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&table_lock);
}

static void guard_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

/* ---- opening ---- */

static NTSTATUS authority_fill(struct authority *a, const struct authority_settings *settings)
{
	const char *machine = settings->machine ? settings->machine : "";

	a->file = settings->file ? mem_dup_text(settings->file) : store_default_path();
	a->guard_file = store_guard_path();
	a->rules = (struct guard_rules){ .threshold = settings->lockout_threshold,
					 .lockout_seconds = settings->lockout_seconds,
					 .observation_seconds = settings->observation_seconds };
	a->delay_ms = settings->delay_ms;
	a->computer = mem_dup_text(machine);
	a->domain = mem_dup_text(settings->machine_domain ? settings->machine_domain : machine);
	a->winbind = settings->winbind;
	a->winbind_ops = settings->winbind_ops;
	a->pam = settings->pam;
	if (!a->file || !a->guard_file || !a->computer || !a->domain ||
	    !utf16_from_utf8(machine, strlen(machine), &a->machine, &a->machine_n))
		return fail(STATUS_NO_MEMORY, "opening the accounts");
	return random_bytes(a->nobody, sizeof(a->nobody));
}

NTSTATUS authority_open(const struct authority_settings *settings, struct authority **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	CLEANUP(authority_free_p) struct authority *a = MEM_NEW(struct authority);

	*out = NULL;
	if (!a)
		return fail(STATUS_NO_MEMORY, "opening the accounts");
	pthread_once(&once, guard_forks);
	NTSTATUS status = authority_fill(a, settings);
	if (!failed(status))
		*out = TAKE(a);
	return status;
}

static void table_unref(struct accounts *t)
{
	if (t && __atomic_sub_fetch(&t->references, 1, __ATOMIC_ACQ_REL) == 0)
		accounts_free(t);
}
DEFINE_CLEANUP(struct accounts *, table_unref)

void authority_free(struct authority *a)
{
	if (!a)
		return;
	table_unref(a->table);
	mem_free(a->file);
	mem_free(a->guard_file);
	mem_free(a->computer);
	mem_free(a->domain);
	mem_free(a->machine);
	mem_free_wiped(a, sizeof(*a));
}

/* ---- the table in force ---- */

static NTSTATUS reload(struct authority *a)
{
	struct store_stamp stamp;

	if (store_stamp(a->file, &stamp) && a->table && store_stamp_equal(&stamp, &a->stamp))
		return STATUS_SUCCESS;
	table_unref(TAKE(a->table));
	return store_read(a->file, &a->table, &a->stamp);
}

/* A reference to the table as the file is now (table_unref); NULL for one that is not there where a
 * domain can be asked. */
static NTSTATUS current_table(struct authority *a, struct accounts **out)
{
	*out = NULL;
	if (!a->file)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "finding the accounts file");
	pthread_mutex_lock(&table_lock);
	NTSTATUS status = reload(a);
	if (!failed(status)) {
		*out = a->table;
		__atomic_add_fetch(&a->table->references, 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&table_lock);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND && a->winbind)
		return STATUS_SUCCESS;
	if (failed(status) && status != STATUS_NO_MEMORY)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "reading the accounts file");
	return status;
}

bool authority_is_configured(struct authority *a)
{
	CLEANUP(table_unref_p) struct accounts *t = NULL;

	if (failed(current_table(a, &t)))
		return false;
	return t || domain_is_reachable(a->winbind_ops);
}

/* ---- who is meant ---- */

struct meant {
	WCHAR key[ACCOUNT_KEY_MAX];
	size_t key_n;
	const struct account *account; /* NULL: nobody */
	bool foreign;		       /* a domain's, which winbind is asked for */
};

static void look_up(const struct accounts *t, const WCHAR *domain, size_t domain_n,
		    const UNICODE_STRING *user, struct meant *out)
{
	out->key_n =
		account_key(domain, domain_n, user->Buffer, user->Length / sizeof(WCHAR), out->key);
	out->account = out->key_n && t ? accounts_find(t, out->key, out->key_n) : NULL;
}

static bool is_principal(const UNICODE_STRING *user)
{
	for (size_t i = 0; i < user->Length / sizeof(WCHAR); i++)
		if (user->Buffer[i] == '@')
			return true;
	return false;
}

/* Empty, ".", and this machine's name mean the machine's own accounts. */
static bool is_own(const struct authority *a, const WCHAR *domain, size_t n)
{
	return n == 0 || utf16_equal_ascii_nocase(domain, n, ".") ||
	       utf16_equal_nocase(domain, n, a->machine, a->machine_n);
}

/* A domain has several names, and a user with it: what was tried under one counts under all. Namesakes of two
 * domains wait for each other, no more. */
static void count_foreign(const UNICODE_STRING *user, struct meant *out)
{
	static const WCHAR any[] = { '@' }; /* no domain's name */
	size_t n = 0, units = user->Length / sizeof(WCHAR);

	while (n < units && user->Buffer[n] != '@')
		n++;
	if (out->key_n && out->foreign)
		out->key_n = account_key(any, ARRAY_LEN(any), user->Buffer, n, out->key);
}

static void find_meant(const struct authority *a, const struct accounts *t,
		       const OPENSSPI_NTLM_LOGON *logon, struct meant *out)
{
	const WCHAR *domain = logon->Domain.Buffer;
	size_t n = logon->Domain.Length / sizeof(WCHAR);

	if (!is_own(a, domain, n)) {
		look_up(t, domain, n, &logon->User, out);
		out->foreign = a->winbind && !out->account;
		count_foreign(&logon->User, out);
		return;
	}
	if (a->machine_n)
		look_up(t, a->machine, a->machine_n, &logon->User, out);
	if (!out->account)
		look_up(t, NULL, 0, &logon->User, out);
	out->foreign = a->winbind && !out->account && n == 0 && is_principal(&logon->User);
	count_foreign(&logon->User, out);
}

/* ---- the response ---- */

/* [MS-NLMP] 3.3.2 */
static bool check_v2(const OPENSSPI_NTLM_LOGON *logon, const uint8_t hash[NTLM_HASH_LEN],
		     uint8_t key[16])
{
	uint8_t ntowf[NTLM_HASH_LEN], proof[NTLM_HASH_LEN];

	if (!ntlm_ntowf_v2(hash, logon->User.Buffer, logon->User.Length, logon->Domain.Buffer,
			   logon->Domain.Length, ntowf))
		return false;
	ntlm_proof_v2(ntowf, logon->ServerChallenge, logon->NtResponse + NTLM_HASH_LEN,
		      logon->NtResponseLength - NTLM_HASH_LEN, proof);
	ntlm_session_base_v2(ntowf, proof, key);
	bool right = bytes_equal(proof, logon->NtResponse, NTLM_HASH_LEN);
	mem_wipe(ntowf, sizeof(ntowf));
	mem_wipe(proof, sizeof(proof));
	return right;
}

/* What a version 1 response answers: with extended session security the client's challenge, too, which is
 * in the LM response. [MS-NLMP] 3.3.1 */
static bool challenge_v1(const OPENSSPI_NTLM_LOGON *logon, uint8_t out[MD5_LEN])
{
	memcpy(out, logon->ServerChallenge, NTLM_CHALLENGE_LEN);
	if (!(logon->NegotiateFlags & EXTENDED_SECURITY))
		return true;
	if (!logon->LmResponse || logon->LmResponseLength < NTLM_CHALLENGE_LEN)
		return false;
	md5_parts((struct part[]){ { logon->ServerChallenge, NTLM_CHALLENGE_LEN },
				   { logon->LmResponse, NTLM_CHALLENGE_LEN } },
		  2, out);
	return true;
}

/* [MS-NLMP] 3.3.1 */
static bool check_v1(const OPENSSPI_NTLM_LOGON *logon, const uint8_t hash[NTLM_HASH_LEN],
		     uint8_t key[16])
{
	uint8_t challenge[MD5_LEN] = { 0 }, expected[V1_RESPONSE_LEN];

	if (!challenge_v1(logon, challenge))
		return false;
	ntlm_desl(hash, challenge, expected);
	md4(hash, NTLM_HASH_LEN, key);
	bool right = bytes_equal(expected, logon->NtResponse, V1_RESPONSE_LEN);
	mem_wipe(expected, sizeof(expected));
	return right;
}

/* An empty password is no password: its hash is everybody's. */
static bool has_password(const struct account *account)
{
	uint8_t empty[NTLM_HASH_LEN];

	ntlm_ntowf_v1(NULL, 0, empty);
	return !bytes_equal(empty, account->hash->p, NTLM_HASH_LEN);
}

static bool response_is_right(const struct authority *a, const struct account *account,
			      const OPENSSPI_NTLM_LOGON *logon, bool allow_v1, uint8_t key[16])
{
	const uint8_t *hash = account ? account->hash->p : a->nobody;
	bool right = false;

	if (!logon->NtResponse)
		return false;
	if (logon->NtResponseLength == V1_RESPONSE_LEN && allow_v1)
		right = check_v1(logon, hash, key);
	else if (logon->NtResponseLength >= V2_RESPONSE_MIN)
		right = check_v2(logon, hash, key);
	return right && account && has_password(account);
}

/* ---- the answer ---- */

static const struct {
	uint32_t flag;
	NTSTATUS status;
} flag_statuses[] = {
	{ OPENSSPI_ACCOUNT_DISABLED, STATUS_ACCOUNT_DISABLED },
	{ OPENSSPI_ACCOUNT_EXPIRED, STATUS_ACCOUNT_EXPIRED },
	{ OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE, STATUS_PASSWORD_MUST_CHANGE },
	{ OPENSSPI_ACCOUNT_PASSWORD_EXPIRED, STATUS_PASSWORD_EXPIRED },
};

/* What else keeps a user with the right password out. */
static NTSTATUS state_of(const struct account *account, int64_t now)
{
	uint32_t flags = account->flags;

	if (account->expires && account->expires <= EXPIRES_MAX &&
	    now >= clock_from_unix((time_t)account->expires))
		flags |= OPENSSPI_ACCOUNT_EXPIRED;
	for (size_t i = 0; i < ARRAY_LEN(flag_statuses); i++)
		if (flags & flag_statuses[i].flag)
			return fail(flag_statuses[i].status, "looking at an account's flags");
	return STATUS_SUCCESS;
}

void authority_answer_done(struct authority_answer *a)
{
	mem_free(a->domain);
	mem_free(a->user);
	wr_done(&a->sids);
	mem_wipe(a, sizeof(*a));
}

static NTSTATUS answer(const struct authority *a, const struct account *account,
		       const uint8_t key[16], struct authority_answer *out)
{
	struct authority_answer fresh = { .domain = NULL };
	bool fine =
		utf16_from_utf8(account->user, strlen(account->user), &fresh.user, &fresh.user_n);

	if (account->domain[0]) {
		fine = fine && utf16_from_utf8(account->domain, strlen(account->domain),
					       &fresh.domain, &fresh.domain_n);
	} else {
		fresh.domain_n = a->machine_n;
		fresh.domain = mem_dup(a->machine, (a->machine_n + 1) * sizeof(WCHAR));
	}
	if (!fine || !fresh.domain) {
		authority_answer_done(&fresh);
		return fail(STATUS_NO_MEMORY, "answering a sign-in");
	}
	memcpy(fresh.session_base_key, key, sizeof(fresh.session_base_key));
	fresh.of_machine = !account->domain[0];
	*out = fresh;
	mem_wipe(&fresh, sizeof(fresh));
	return STATUS_SUCCESS;
}

/* ---- one attempt ---- */

struct attempt {
	struct authority *a;
	const OPENSSPI_NTLM_LOGON *logon;
	bool allow_v1;
	struct meant meant;
	uint32_t failures; /* in a row, this one included */
	uint8_t key[16];
};

static NTSTATUS judge(struct attempt *at, struct guard *g)
{
	const struct authority *a = at->a;
	const struct account *account = at->meant.account;
	const struct guard_name name = { a->file, at->meant.key, at->meant.key_n, account != NULL };
	int64_t now = clock_now();

	if (account && (account->flags & OPENSSPI_ACCOUNT_LOCKED))
		return fail(STATUS_ACCOUNT_LOCKED_OUT, "looking at an account's flags");
	if (g && guard_is_locked(g, &name, now, &a->rules))
		return fail(STATUS_ACCOUNT_LOCKED_OUT, "counting bad passwords");
	if (!response_is_right(a, account, at->logon, at->allow_v1, at->key)) {
		if (g && failed(guard_count(g, &name, now, &a->rules, &at->failures)))
			return SEC_E_NO_AUTHENTICATING_AUTHORITY;
		return fail(STATUS_LOGON_FAILURE, "checking a response");
	}
	NTSTATUS status = state_of(account, now);
	if (!failed(status) && g && failed(guard_forget(g, &name)))
		return SEC_E_NO_AUTHENTICATING_AUTHORITY;
	return status;
}

/* The count is locked while a response is checked, so that many attempts at once are no more than
 * as many one after the other. */
static NTSTATUS judge_guarded(struct attempt *at)
{
	struct authority *a = at->a;
	CLEANUP(guard_end) struct guard g = { .fd = -1 };

	if (a->rules.threshold == 0 && a->delay_ms == 0)
		return judge(at, NULL);
	NTSTATUS status = a->guard_file ? guard_begin(a->guard_file, true, &g)
					: SEC_E_INTERNAL_ERROR;
	if (status == STATUS_NO_MEMORY)
		return status;
	if (failed(status))
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY,
			    "opening the count of bad passwords");
	return judge(at, &g);
}

/* ---- a domain's accounts ---- */

static NTSTATUS ask_domain(const struct attempt *at, struct authority_answer *out)
{
	const OPENSSPI_NTLM_LOGON *logon = at->logon;
	uint8_t challenge[MD5_LEN] = { 0 };

	if (!at->meant.key_n || !logon->NtResponse)
		return fail(STATUS_LOGON_FAILURE, "reading a domain account's sign-in");
	if (logon->NtResponseLength >= V2_RESPONSE_MIN)
		memcpy(challenge, logon->ServerChallenge, NTLM_CHALLENGE_LEN);
	else if (logon->NtResponseLength != V1_RESPONSE_LEN || !at->allow_v1 ||
		 !challenge_v1(logon, challenge))
		return fail(STATUS_LOGON_FAILURE, "reading a domain account's sign-in");
	const struct domain_question question = { .logon = logon,
						  .challenge = challenge,
						  .our_domain = at->a->domain,
						  .our_computer = at->a->computer };
	return domain_check_ntlm(at->a->winbind_ops, &question, out);
}

/* Locking is the controller's business; what it refused delays the next answers. The count is not locked
 * while the controller is asked: nobody shall wait for it who does not need it. */
static NTSTATUS count_domain(struct attempt *at, bool refused)
{
	const struct authority *a = at->a;
	const struct guard_rules rules = { .observation_seconds = a->rules.observation_seconds };
	const struct guard_name name = { a->file, at->meant.key, at->meant.key_n, false };
	CLEANUP(guard_end) struct guard g = { .fd = -1 };

	if (a->delay_ms == 0)
		return STATUS_SUCCESS;
	NTSTATUS status = a->guard_file ? guard_begin(a->guard_file, true, &g)
					: SEC_E_INTERNAL_ERROR;
	if (!failed(status))
		status = refused ? guard_count(&g, &name, clock_now(), &rules, &at->failures)
				 : guard_forget(&g, &name);
	return status;
}

/* A client may spell the domain otherwise than a line of the file does, and a controller speaks for no account of
 * this machine: what counts is who it says it was. */
static NTSTATUS refuse_own(const struct authority *a, const struct accounts *t,
			   struct authority_answer *out)
{
	const UNICODE_STRING user = unicode_view(out->user, out->user_n);
	struct meant said = { .key_n = 0 };

	look_up(t, out->domain, out->domain_n, &user, &said);
	if (said.key_n && !said.account && !is_own(a, out->domain, out->domain_n))
		return STATUS_SUCCESS;
	authority_answer_done(out);
	return fail(STATUS_LOGON_FAILURE, "comparing a domain account with this machine's");
}

static NTSTATUS judge_domain(struct attempt *at, const struct accounts *t,
			     struct authority_answer *out)
{
	NTSTATUS status = ask_domain(at, out);

	if (!failed(status))
		status = refuse_own(at->a, t, out);
	if (failed(status) && status != STATUS_LOGON_FAILURE)
		return status;
	NTSTATUS counted = count_domain(at, failed(status));
	if (!failed(counted))
		return status;
	authority_answer_done(out);
	return counted == STATUS_NO_MEMORY ? counted
					   : fail(SEC_E_NO_AUTHENTICATING_AUTHORITY,
						  "opening the count of bad passwords");
}

static void delay(const struct authority *a, uint32_t failures)
{
	uint64_t ms = (uint64_t)a->delay_ms * (failures < DELAYS_MAX ? failures : DELAYS_MAX);
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * MS_NS };

	while (ms && nanosleep(&left, &left) != 0)
		;
}

NTSTATUS authority_check_ntlm(struct authority *a, const OPENSSPI_NTLM_LOGON *logon, bool allow_v1,
			      struct authority_answer *out)
{
	CLEANUP(table_unref_p) struct accounts *t = NULL;
	struct attempt at = { .a = a, .logon = logon, .allow_v1 = allow_v1 };

	*out = (struct authority_answer){ .domain = NULL };
	NTSTATUS status = current_table(a, &t);
	if (failed(status))
		return status;
	find_meant(a, t, logon, &at.meant);
	status = at.meant.foreign ? judge_domain(&at, t, out) : judge_guarded(&at);
	delay(a, at.failures);
	if (!failed(status) && !at.meant.foreign)
		status = answer(a, at.meant.account, at.key, out);
	mem_wipe(at.key, sizeof(at.key));
	return status;
}

/* ---- a delegated password ---- */

bool authority_checks_delegated(const struct authority *a)
{
	return a->pam.service != NULL;
}

/* An account of this machine is called by its name alone. */
NTSTATUS authority_check_delegated(struct authority *a, const struct pam_question *q)
{
	struct pam_question asked = *q;

	if (is_own(a, q->domain.p, q->domain.n))
		asked.domain = (struct utf16){ NULL, 0 };
	return pam_check(&a->pam, &asked);
}
