/* lsa/protect.c - see lsa/protect.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <fcntl.h>
#include <ntsecapi.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wincred.h>

#include "base/files.h"
#include "base/places.h"
#include "base/random.h"
#include "crypto/permute.h"
#include "crypto/seal.h"
#include "lsa/protect.h"
#include "lsa/state.h"
#include "wire/protected.h"

#define KEY_LEN 32
#define BOOT_MAX 64
#define FOR_USER 'D'
#define FOR_SYSTEM 'F'
#define FORMAT 1
#define HEAD_LEN 2
#define OVERHEAD (HEAD_LEN + SEAL_NONCE_LEN + SEAL_TAG_LEN)

/* ---- the key in a file ---- */

/* Where it is. What is to last for one boot, in a folder that outlasts it, names the boot behind the key. */
struct key_place {
	char *path; /* mem_free */
	struct rd boot;
};

static void place_done(struct key_place *p)
{
	mem_free(p->path);
}

static void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* NULL unless it is a whole key of this boot that only its owner can read. */
static struct secret *key_read(const struct key_place *place)
{
	CLEANUP(close_p)
	int fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP(secret_free_p) struct secret *key = NULL;
	uint8_t boot[BOOT_MAX];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & 077 || st.st_size != (off_t)(KEY_LEN + place->boot.n))
		return NULL;
	key = secret_new(KEY_LEN);
	if (!key || !file_read_all(fd, key->p, key->len) ||
	    !file_read_all(fd, boot, place->boot.n) ||
	    (place->boot.n && memcmp(boot, place->boot.p, place->boot.n) != 0))
		return NULL;
	return TAKE(key);
}

static bool key_write(int fd, const struct secret *key, struct rd boot)
{
	return file_write_all(fd, key->p, key->len) &&
	       (!boot.n || file_write_all(fd, boot.p, boot.n));
}

/* Written beside and linked into place: whoever is second finds a whole key. One of another boot makes
 * room. */
static void key_make(const struct key_place *place)
{
	CLEANUP(secret_free_p) struct secret *key = secret_new(KEY_LEN);
	CLEANUP(mem_free_p) char *beside = NULL;
	uint32_t number;
	size_t room = strlen(place->path) + 12;

	beside = mem_alloc(room);
	if (!key || !beside || failed(random_bytes(key->p, key->len)) ||
	    failed(random_bytes(&number, sizeof(number))) || !place_make_parent(place->path))
		return;
	snprintf(beside, room, "%s.%08x", place->path, (unsigned)number);
	CLEANUP(close_p)
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (place->boot.n)
		unlink(place->path);
	if (key_write(fd, key, place->boot) && link(beside, place->path) != 0)
		(void)fail(STATUS_UNSUCCESSFUL, "keeping the key of CredProtect");
	unlink(beside);
}

/* The user's own, in the folder that ends with his sessions: one that outlasts them is no place for it. A
 * daemon's is for all its users, whose numbers tell apart what is derived from it. */
static struct key_place place_of(const struct lsa_client *client)
{
	const struct sessions *sessions = &client->lsa->sessions;
	struct key_place place = { .path = NULL };

	if (client->setup.is_this_process && place_has_runtime()) {
		place.path = place_path(PLACE_USER_RUNTIME, "protect.key");
	} else if (!client->setup.is_this_process && sessions->boot_n) {
		place.path = place_path(PLACE_SYSTEM_STATE, "keys/protect");
		place.boot = rd_of(sessions->boot, sessions->boot_n);
	}
	return place;
}

/* The key that all processes of the user share, and those of a daemon before and after its restart; NULL
 * where there is none. */
static struct secret *key_shared(const struct lsa_client *client, bool make)
{
	static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
	CLEANUP(place_done) struct key_place place = place_of(client);
	bool replacing = place.boot.n; /* by one thread; no process with forks does */
	struct secret *key = place.path ? key_read(&place) : NULL;

	if (key || !make || !place.path)
		return key;
	if (replacing)
		pthread_mutex_lock(&making);
	key = replacing ? key_read(&place) : NULL;
	if (!key) {
		key_make(&place);
		key = key_read(&place);
	}
	if (replacing)
		pthread_mutex_unlock(&making);
	return key;
}

/* ---- what is derived from it ---- */

struct purpose {
	char letter;
	bool same_size;
	const char *text; /* NULL: sealed bytes */
};

static const char *purpose_text(struct purpose p)
{
	if (p.text)
		return p.text;
	if (p.same_size)
		return p.letter == FOR_SYSTEM ? "OpenSSPI identity of the system"
					      : "OpenSSPI identity of a session";
	return p.letter == FOR_SYSTEM ? "OpenSSPI CredProtect for the system"
				      : "OpenSSPI CredProtect for a session";
}

/* A key for one user and session (for the system: one user and boot); NULL when memory is short. */
static struct secret *key_derive(const struct lsa_client *client, const struct secret *from,
				 struct purpose p)
{
	const struct sessions *sessions = &client->lsa->sessions;
	CLEANUP(wr_done) struct wr salt = WR(256);
	struct secret *key = secret_new(SHA256_LEN);

	wr_counted(&salt, sessions->boot, sessions->boot_n);
	wr_u32le(&salt, (uint32_t)client_uid(client));
	if (p.letter == FOR_USER) {
		LUID own = session_own(client);
		wr_u32le(&salt, own.LowPart);
		wr_u32le(&salt, (uint32_t)own.HighPart);
	}
	if (!key || !wr_ok(&salt)) {
		secret_free(key);
		return NULL;
	}
	derive_key(from, &(struct part){ salt.buf, salt.len }, purpose_text(p), key->p);
	return key;
}

/* The key to seal with: the shared one, else that of the process. */
static struct secret *key_for(const struct lsa_client *client, struct purpose p)
{
	CLEANUP(secret_free_p) struct secret *shared = key_shared(client, true);
	return key_derive(client, shared ? shared : client->lsa->protect_key, p);
}

struct secret *protect_memory_key(const struct lsa_client *client, uint32_t option)
{
	struct purpose p = { FOR_SYSTEM, true, "OpenSSPI memory across processes" };

	if (option == RTL_ENCRYPT_OPTION_SAME_LOGON)
		p = (struct purpose){ FOR_USER, true, "OpenSSPI memory of a session" };
	else if (option == RTL_ENCRYPT_OPTION_FOR_SYSTEM)
		p.text = "OpenSSPI memory of the system";
	return key_for(client, p);
}

/* ---- sealing ---- */

static struct purpose purpose_of(const struct cred_protect_call *call)
{
	return (struct purpose){
		.letter = call->flags & CRED_PROTECT_TO_SYSTEM ? FOR_SYSTEM : FOR_USER,
		.same_size = call->flags & IPC_PROTECT_SAME_SIZE,
	};
}

static bool flags_are_known(const struct cred_protect_call *call)
{
	return !(call->flags & ~(uint32_t)(CRED_PROTECT_AS_SELF | CRED_PROTECT_TO_SYSTEM |
					   IPC_PROTECT_SAME_SIZE));
}

static NTSTATUS reply_take(struct cred_protect_reply *reply, size_t n)
{
	reply->bytes.p = mem_alloc(n ? n : 1);
	reply->bytes.n = reply->bytes.p ? (uint32_t)n : 0;
	return reply->bytes.p ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "protecting bytes");
}

static NTSTATUS permuted(struct lsa_client *client, const struct cred_protect_call *call, bool back,
			 struct cred_protect_reply *reply)
{
	CLEANUP(secret_free_p) struct secret *key = key_for(client, purpose_of(call));
	NTSTATUS status = key ? reply_take(reply, call->bytes.n) : STATUS_NO_MEMORY;

	if (failed(status) || !call->bytes.n)
		return status;
	memcpy(reply->bytes.p, call->bytes.p, call->bytes.n);
	(back ? permute_back : permute)(key->p, reply->bytes.p, reply->bytes.n);
	return STATUS_SUCCESS;
}

NTSTATUS lsa_protect(struct lsa_client *client, const struct cred_protect_call *call,
		     struct cred_protect_reply *reply)
{
	struct purpose purpose = purpose_of(call);

	if (!flags_are_known(call) || call->bytes.n > SECRET_MAX)
		return fail(STATUS_INVALID_PARAMETER, "protecting bytes");
	if (purpose.same_size)
		return permuted(client, call, false, reply);
	CLEANUP(secret_free_p) struct secret *plain = key_for(client, purpose);
	CLEANUP(secret_free_p) struct secret *key = plain ? seal_key_new(plain->p) : NULL;
	NTSTATUS status = key ? reply_take(reply, call->bytes.n + OVERHEAD) : STATUS_NO_MEMORY;
	if (failed(status))
		return status;
	uint8_t *head = reply->bytes.p, *nonce = head + HEAD_LEN;
	head[0] = (uint8_t)purpose.letter;
	head[1] = FORMAT;
	status = random_bytes(nonce, SEAL_NONCE_LEN);
	if (failed(status))
		return status;
	seal_bytes(key,
		   &(struct seal_text){
			   .nonce = nonce,
			   .bound = head,
			   .bound_n = HEAD_LEN,
			   .in = call->bytes.p,
			   .n = call->bytes.n,
		   },
		   nonce + SEAL_NONCE_LEN);
	return STATUS_SUCCESS;
}

/* ---- opening ---- */

/* Opens with what is derived from one key; false when it is not that one, or memory is short. */
static bool opened(const struct lsa_client *client, const struct secret *from, struct rd sealed,
		   uint8_t *out)
{
	struct purpose purpose = { .letter = (char)sealed.p[0] };
	CLEANUP(secret_free_p)
	struct secret *plain = from ? key_derive(client, from, purpose) : NULL;
	CLEANUP(secret_free_p) struct secret *key = plain ? seal_key_new(plain->p) : NULL;

	return key && seal_open(key,
				&(struct seal_text){
					.nonce = sealed.p + HEAD_LEN,
					.bound = sealed.p,
					.bound_n = HEAD_LEN,
					.in = sealed.p + HEAD_LEN + SEAL_NONCE_LEN,
					.n = sealed.n - HEAD_LEN - SEAL_NONCE_LEN,
				},
				out);
}

static bool may_open(const struct cred_protect_call *call)
{
	const uint8_t *head = call->bytes.p;

	if (call->bytes.n < OVERHEAD || head[1] != FORMAT)
		return false;
	return head[0] == FOR_USER ||
	       (head[0] == FOR_SYSTEM && call->flags & CRED_UNPROTECT_ALLOW_TO_SYSTEM);
}

NTSTATUS lsa_unprotect(struct lsa_client *client, const struct cred_protect_call *call,
		       struct cred_protect_reply *reply)
{
	if (!flags_are_known(call) || call->bytes.n > SECRET_MAX + OVERHEAD)
		return fail(STATUS_INVALID_PARAMETER, "opening protected bytes");
	if (call->flags & IPC_PROTECT_SAME_SIZE)
		return permuted(client, call, true, reply);
	if (!may_open(call))
		return fail(STATUS_NOT_CAPABLE, "opening protected bytes");
	NTSTATUS status = reply_take(reply, call->bytes.n - OVERHEAD);
	if (failed(status))
		return status;
	struct rd sealed = rd_of(call->bytes.p, call->bytes.n);
	CLEANUP(secret_free_p) struct secret *shared = key_shared(client, false);
	/* Sealed while there was no file to share a key by, they are this process's. */
	if (opened(client, shared, sealed, reply->bytes.p) ||
	    opened(client, client->lsa->protect_key, sealed, reply->bytes.p))
		return STATUS_SUCCESS;
	return fail(STATUS_NOT_CAPABLE, "opening protected bytes");
}

NTSTATUS lsa_open_text(struct lsa_client *client, struct utf16 text, struct secret **out)
{
	struct cred_protect_reply reply = { { NULL, 0 } };
	size_t n = protected_bytes(text.p, text.n);
	CLEANUP(secret_free_p) struct secret *sealed = n ? secret_new(n) : NULL;

	if (n && !sealed)
		return fail(STATUS_NO_MEMORY, "opening a protected text");
	if (!n || !protected_read(sealed->p, text.p, text.n))
		return fail(STATUS_INVALID_PARAMETER, "opening a text that is not protected");
	NTSTATUS status = lsa_unprotect(client,
					&(struct cred_protect_call){
						.flags = CRED_UNPROTECT_ALLOW_TO_SYSTEM,
						.bytes = { sealed->p, (uint32_t)sealed->len },
					},
					&reply);
	if (!failed(status)) {
		*out = secret_copy(reply.bytes.p, reply.bytes.n);
		status = *out ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "opening a text");
	}
	call_reply_done(CALL_CRED_UNPROTECT, &reply);
	return status;
}
