/* base/identity.c - see base/identity.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The library's functions change all threads of a process, so that the kernel's own calls are used. Groups
 * go first and come back last, since both need what the uid takes away. */
#include "base/base.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/identity.h"
#include "base/trace.h"

#define GROUPS_MOST 65536
#define SAME ((long)-1)

/* Where the kernel has two of them, the plain ones know uids of 16 bits: 65536 would be root. */
#ifdef SYS_setresuid32
#define SET_GROUPS SYS_setgroups32
#define SET_GIDS SYS_setresgid32
#define SET_UIDS SYS_setresuid32
#define SET_FILE_UID SYS_setfsuid32
#define SET_FILE_GID SYS_setfsgid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GIDS SYS_setresgid
#define SET_UIDS SYS_setresuid
#define SET_FILE_UID SYS_setfsuid
#define SET_FILE_GID SYS_setfsgid
#endif

struct capabilities {
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];
};

/* All that a thread has and changes. */
struct ids {
	uid_t uid;
	gid_t gid;
	size_t count;
	gid_t *group;
	struct capabilities caps;
};

static _Thread_local struct {
	bool assumed, paused;
	bool changed; /* else the thread was who it became, but for capabilities */
	struct ids own, other;
} thread;

static void ids_done(struct ids *ids)
{
	mem_free(ids->group);
	*ids = (struct ids){ 0 };
}

/* ---- the kernel's words ---- */

static bool caps_get(struct capabilities *out)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	return syscall(SYS_capget, &head, out->set) == 0;
}

static bool caps_set(const struct capabilities *caps)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	return syscall(SYS_capset, &head, caps->set) == 0;
}

static bool caps_has(const struct capabilities *caps, unsigned cap)
{
	return caps->set[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

static bool caps_any(const struct capabilities *caps)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < ARRAY_LEN(caps->set); i++)
		any |= caps->set[i].effective;
	return any != 0;
}

static bool groups_set(const struct ids *ids)
{
	return syscall(SET_GROUPS, ids->count, ids->group) == 0;
}

static bool gid_set(gid_t gid)
{
	return syscall(SET_GIDS, SAME, (long)gid, SAME) == 0;
}

static bool uid_set(uid_t uid)
{
	return syscall(SET_UIDS, SAME, (long)uid, SAME) == 0;
}

static NTSTATUS groups_get(struct ids *out)
{
	int count = getgroups(0, NULL);

	if (count < 0 || count > GROUPS_MOST)
		return fail(SEC_E_NO_IMPERSONATION, "reading a thread's groups");
	out->group = mem_array((size_t)count + 1, sizeof(gid_t));
	if (!out->group)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "reading a thread's groups");
	count = getgroups(count, out->group);
	if (count < 0)
		return fail(SEC_E_NO_IMPERSONATION, "reading a thread's groups");
	out->count = (size_t)count;
	return STATUS_SUCCESS;
}

static NTSTATUS own_get(struct ids *out)
{
	uid_t real, saved;
	gid_t real_gid, saved_gid;

	if (getresuid(&real, &out->uid, &saved) != 0 ||
	    getresgid(&real_gid, &out->gid, &saved_gid) != 0 || !caps_get(&out->caps))
		return fail(SEC_E_NO_IMPERSONATION, "reading a thread's ids");
	/* What is in neither of the two could not be had again. */
	if (out->uid != real && out->uid != saved)
		return fail(SEC_E_NO_IMPERSONATION, "a process that has borrowed its own ids");
	/* The others would take them along, and nobody brings them back. An id of -1 asks. */
	if ((uid_t)syscall(SET_FILE_UID, SAME) != out->uid ||
	    (gid_t)syscall(SET_FILE_GID, SAME) != out->gid)
		return fail(SEC_E_NO_IMPERSONATION, "a thread whose files are another's");
	return groups_get(out);
}

/* ---- there and back ---- */

/* Neither the one nor the other: nothing may run any more. */
static void give_up(const char *doing)
{
	trace_line("ending the process: %s", doing);
	abort();
}

/* What is as it was needs no right to be so. */
static bool uid_back(uid_t uid)
{
	return geteuid() == uid || uid_set(uid);
}

static bool gid_back(gid_t gid)
{
	return getegid() == gid || gid_set(gid);
}

static bool caps_back(const struct ids *own)
{
	return !caps_any(&own->caps) || caps_set(&own->caps);
}

/* From whoever the thread is to the process's own ids; false when it is not all there. */
static bool try_back(void)
{
	const struct ids *own = &thread.own;
	struct capabilities caps;

	if (!thread.changed)
		return caps_back(own);
	if (!caps_get(&caps))
		return false;
	for (unsigned i = 0; i < ARRAY_LEN(caps.set); i++)
		caps.set[i].effective = caps.set[i].permitted;
	return caps_set(&caps) && uid_back(own->uid) && caps_set(&caps) && gid_back(own->gid) &&
	       groups_set(own) && caps_set(&own->caps);
}

static void go_back(void)
{
	if (!try_back())
		give_up("becoming oneself again");
}

static bool is_other(const struct ids *other)
{
	uid_t real, effective, saved;
	gid_t real_gid, effective_gid, saved_gid;

	return getresuid(&real, &effective, &saved) == 0 && effective == other->uid &&
	       getresgid(&real_gid, &effective_gid, &saved_gid) == 0 &&
	       effective_gid == other->gid && getgroups(0, NULL) == (int)other->count;
}

static bool caps_drop(void)
{
	struct capabilities caps = thread.own.caps;

	for (unsigned i = 0; i < ARRAY_LEN(caps.set); i++)
		caps.set[i].effective = 0;
	return caps_set(&caps);
}

/* The thread is itself; false when it still, or again, is. */
static bool go_there(void)
{
	const struct ids *other = &thread.other;

	if (!thread.changed)
		return !caps_any(&thread.own.caps) || caps_drop();
	/* Nothing is changed before it is known that it can be undone. */
	if (!caps_set(&thread.own.caps) || !groups_set(other))
		return false;
	if (gid_set(other->gid) && uid_set(other->uid) && caps_drop() && is_other(other))
		return true;
	go_back();
	return false;
}

/* ---- */

static NTSTATUS ids_copy(const struct identity *who, struct ids *out)
{
	if (who->count > GROUPS_MOST)
		return fail(SEC_E_NO_IMPERSONATION, "a user of too many groups");
	*out = (struct ids){ .uid = who->uid, .gid = who->gid, .count = who->count };
	out->group = mem_array(who->count + 1, sizeof(gid_t));
	if (!out->group)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "copying a user's groups");
	if (who->count)
		memcpy(out->group, who->group, who->count * sizeof(gid_t));
	return STATUS_SUCCESS;
}

/* May the process become somebody, and is there anything to become? */
static NTSTATUS look(const struct ids *own, const struct identity *who, bool *changes)
{
	*changes = caps_has(&own->caps, CAP_SETUID) && caps_has(&own->caps, CAP_SETGID);
	if (*changes || own->uid == who->uid)
		return STATUS_SUCCESS;
	return fail(SEC_E_NO_IMPERSONATION, "a process that may not act as others");
}

static NTSTATUS assume(const struct identity *who)
{
	CLEANUP(ids_done) struct ids own = { 0 };
	CLEANUP(ids_done) struct ids other = { 0 };
	bool changes;

	NTSTATUS status = own_get(&own);
	if (!failed(status))
		status = look(&own, who, &changes);
	if (!failed(status))
		status = ids_copy(who, &other);
	if (failed(status))
		return status;
	thread.changed = changes;
	thread.own = own;
	thread.other = other;
	own = other = (struct ids){ 0 };
	if (go_there()) {
		thread.assumed = true;
		return STATUS_SUCCESS;
	}
	ids_done(&thread.own);
	ids_done(&thread.other);
	return fail(SEC_E_NO_IMPERSONATION, "acting as another user");
}

NTSTATUS identity_assume(const struct identity *who)
{
	/* uid_t's last value is the kernel's word for "as it is". */
	if (thread.paused || who->uid == 0 || who->uid == (uid_t)-1 || who->gid == (gid_t)-1)
		return fail(SEC_E_NO_IMPERSONATION, "acting as another user");
	if (!thread.assumed)
		return assume(who);
	/* The former one is kept aside, for when the new one cannot be had. */
	CLEANUP(ids_done) struct ids former = thread.other;
	thread.other = (struct ids){ 0 };
	const struct identity before = { former.uid, former.gid, former.count, former.group };
	go_back();
	ids_done(&thread.own);
	thread.assumed = false;
	NTSTATUS status = assume(who);
	if (failed(status) && failed(assume(&before)))
		give_up("acting as the former user again");
	return status;
}

void identity_revert(void)
{
	if (!thread.assumed || thread.paused)
		return;
	go_back();
	thread.assumed = false;
	ids_done(&thread.own);
	ids_done(&thread.other);
}

void identity_leave(void)
{
	if (thread.assumed && !thread.paused)
		(void)try_back();
	thread.assumed = thread.paused = false;
	ids_done(&thread.own);
	ids_done(&thread.other);
}

bool identity_is_assumed(void)
{
	return thread.assumed && !thread.paused;
}

bool identity_pause(void)
{
	if (!thread.assumed || thread.paused)
		return false;
	go_back();
	thread.paused = true;
	return true;
}

void identity_resume(bool paused)
{
	if (!paused)
		return;
	thread.paused = false;
	if (!go_there())
		give_up("acting as another user again");
}
