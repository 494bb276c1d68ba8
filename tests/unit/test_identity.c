/* tests/unit/test_identity.c - a thread that acts as another user, and back.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What only root can do is tried by root alone; each test runs in a child, whose ids are its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/identity.h"

#define OTHER 64321
#define THIRD 64322

static const gid_t groups[] = { 64400, 64401, 64402 };
static const struct identity other = { OTHER, 64300, 3, groups }, third = { THIRD, 64301, 0, NULL };

/* Ends the child with the line that was wrong. */
#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                 \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static int end_of(void (*body)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		body();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void child(void (*body)(void))
{
	if (getuid() != 0)
		return;
	assert_int_equal(end_of(body), 0);
}

static bool is(uid_t uid, gid_t gid, int group_count)
{
	uid_t real, effective, saved;
	gid_t real_gid, effective_gid, saved_gid;

	return getresuid(&real, &effective, &saved) == 0 && effective == uid && real == 0 &&
	       saved == 0 && getresgid(&real_gid, &effective_gid, &saved_gid) == 0 &&
	       effective_gid == gid && real_gid == 0 && saved_gid == 0 &&
	       getgroups(0, NULL) == group_count;
}

static uint32_t capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct set[2];

	CHECK(syscall(SYS_capget, &head, set) == 0);
	return set[0].effective;
}

static void *look(void *arg)
{
	(void)arg;
	CHECK(is(0, 0, getgroups(0, NULL)));
	CHECK(!identity_is_assumed());
	return NULL;
}

static void there_and_back(void)
{
	int own = getgroups(0, NULL);
	uint32_t caps = capabilities();
	gid_t list[8];
	pthread_t thread;

	CHECK(setgroups(1, &(gid_t){ 7 }) == 0);
	own = 1;
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	CHECK(identity_is_assumed() && is(OTHER, 64300, 3) && capabilities() == 0);
	CHECK(getgroups(8, list) == 3 && list[0] == 64400 && list[2] == 64402);
	CHECK(open("/etc/shadow", O_RDONLY) < 0);
	identity_revert();
	CHECK(!identity_is_assumed() && is(0, 0, own) && capabilities() == caps);
	CHECK(getgroups(8, list) == 1 && list[0] == 7);
	identity_revert();
	CHECK(is(0, 0, own));
	CHECK(pthread_create(&thread, NULL, look, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static void a_thread_goes_there_and_back(void **state)
{
	(void)state;
	child(there_and_back);
}

static pthread_barrier_t meeting;

static void *act(void *arg)
{
	(void)arg;
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	pthread_barrier_wait(&meeting);
	CHECK(is(OTHER, 64300, 3));
	pthread_barrier_wait(&meeting);
	CHECK(is(OTHER, 64300, 3));
	identity_revert();
	return NULL;
}

static void alone(void)
{
	pthread_t thread;
	int own = getgroups(0, NULL);

	pthread_barrier_init(&meeting, NULL, 2);
	CHECK(pthread_create(&thread, NULL, act, NULL) == 0);
	pthread_barrier_wait(&meeting);
	CHECK(is(0, 0, own) && !identity_is_assumed());
	CHECK(identity_assume(&third) == STATUS_SUCCESS && is(THIRD, 64301, 0));
	identity_revert();
	pthread_barrier_wait(&meeting);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void other_threads_stay_who_they_are(void **state)
{
	(void)state;
	child(alone);
}

static void replaced(void)
{
	int own = getgroups(0, NULL);

	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	CHECK(identity_assume(&third) == STATUS_SUCCESS && is(THIRD, 64301, 0));
	/* A user who cannot be had leaves the thread with the one before. */
	CHECK(identity_assume(&(struct identity){ 0, 0, 0, NULL }) == SEC_E_NO_IMPERSONATION);
	CHECK(identity_assume(&(struct identity){ OTHER, 64300, 70000, groups }) ==
	      SEC_E_NO_IMPERSONATION);
	CHECK(is(THIRD, 64301, 0) && identity_is_assumed());
	identity_revert();
	CHECK(is(0, 0, own));
}

static void a_second_user_takes_the_firsts_place(void **state)
{
	(void)state;
	child(replaced);
}

static void paused(void)
{
	int own = getgroups(0, NULL);

	CHECK(!identity_pause());
	identity_resume(false);
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	CHECK(identity_pause() && is(0, 0, own) && !identity_is_assumed());
	/* A call within a call. */
	CHECK(!identity_pause());
	identity_resume(false);
	CHECK(identity_assume(&third) == SEC_E_NO_IMPERSONATION);
	identity_revert();
	CHECK(is(0, 0, own));
	identity_resume(true);
	CHECK(is(OTHER, 64300, 3) && identity_is_assumed());
	identity_revert();
	CHECK(is(0, 0, own));
}

static void a_call_runs_as_the_process(void **state)
{
	(void)state;
	child(paused);
}

static void nobody(void)
{
	uid_t own = geteuid();

	CHECK(identity_assume(&(struct identity){ 0, 0, 0, NULL }) == SEC_E_NO_IMPERSONATION);
	CHECK(identity_assume(&(struct identity){ (uid_t)-1, 1, 0, NULL }) ==
	      SEC_E_NO_IMPERSONATION);
	CHECK(identity_assume(&(struct identity){ 1, (gid_t)-1, 0, NULL }) ==
	      SEC_E_NO_IMPERSONATION);
	CHECK(!identity_is_assumed() && geteuid() == own);
}

static void nobody_becomes_root(void **state)
{
	(void)state;
	assert_int_equal(end_of(nobody), 0);
}

static void without_privilege(void)
{
	if (getuid() == 0)
		CHECK(setgroups(0, NULL) == 0 && setresgid(THIRD, THIRD, THIRD) == 0 &&
		      setresuid(THIRD, THIRD, THIRD) == 0);
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct identity self = { uid, 64300, 3, groups }, stranger = { uid + 1, gid, 0, NULL };

	CHECK(uid != 0);
	CHECK(identity_assume(&stranger) == SEC_E_NO_IMPERSONATION && !identity_is_assumed());
	/* It is that user already; it gets no groups by it. */
	CHECK(identity_assume(&self) == STATUS_SUCCESS && identity_is_assumed());
	CHECK(geteuid() == uid && getegid() == gid);
	CHECK(identity_assume(&stranger) == SEC_E_NO_IMPERSONATION && identity_is_assumed());
	CHECK(identity_pause());
	identity_resume(true);
	identity_revert();
	CHECK(!identity_is_assumed() && geteuid() == uid);
}

static void a_process_without_privilege_is_itself_alone(void **state)
{
	(void)state;
	assert_int_equal(end_of(without_privilege), 0);
}

/* Of the two capabilities one is not enough, and one that has borrowed its uid could not go back. */
static void half_a_privilege(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct set[2];

	CHECK(syscall(SYS_capget, &head, set) == 0);
	set[0].effective = 1u << CAP_SETUID;
	CHECK(syscall(SYS_capset, &head, set) == 0);
	CHECK(identity_assume(&other) == SEC_E_NO_IMPERSONATION && geteuid() == 0);
	set[0].effective = set[0].permitted;
	CHECK(syscall(SYS_capset, &head, set) == 0);
	CHECK(setresuid(THIRD, 0, THIRD) == 0);
	CHECK(identity_assume(&other) == SEC_E_NO_IMPERSONATION && geteuid() == 0);
}

static void half_a_privilege_is_none(void **state)
{
	(void)state;
	child(half_a_privilege);
}

/* A process that is no root but may change its ids: its capabilities are not the client's. */
static void capable(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct set[2] = { { 0 } };
	uint32_t few = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_DAC_OVERRIDE;

	CHECK(syscall(SYS_prctl, 8 /* PR_SET_KEEPCAPS */, 1, 0, 0, 0) == 0);
	CHECK(setresgid(THIRD, THIRD, THIRD) == 0 && setresuid(THIRD, THIRD, THIRD) == 0);
	set[0].permitted = set[0].effective = few;
	CHECK(syscall(SYS_capset, &head, set) == 0);
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	CHECK(geteuid() == OTHER && getegid() == 64300 && capabilities() == 0);
	identity_revert();
	CHECK(geteuid() == THIRD && getegid() == THIRD && capabilities() == few);
}

static void a_client_has_none_of_the_servers_capabilities(void **state)
{
	(void)state;
	child(capable);
}

/* It cannot become another, and is its client already, but for what it may beyond that. */
static void capable_otherwise(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct set[2] = { { 0 } };
	const struct identity self = { THIRD, THIRD, 0, NULL };

	CHECK(syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	CHECK(setgroups(0, NULL) == 0 && setresgid(THIRD, THIRD, THIRD) == 0 &&
	      setresuid(THIRD, THIRD, THIRD) == 0);
	set[0].permitted = set[0].effective = 1u << CAP_DAC_OVERRIDE;
	CHECK(syscall(SYS_capset, &head, set) == 0);
	CHECK(access("/etc/shadow", F_OK) != 0 || open("/etc/shadow", O_RDONLY) >= 0);
	CHECK(identity_assume(&self) == STATUS_SUCCESS && capabilities() == 0);
	CHECK(open("/etc/shadow", O_RDONLY) < 0);
	CHECK(identity_pause() && capabilities() == 1u << CAP_DAC_OVERRIDE);
	identity_resume(true);
	CHECK(capabilities() == 0);
	identity_revert();
	CHECK(geteuid() == THIRD && capabilities() == 1u << CAP_DAC_OVERRIDE);
}

static void the_servers_own_user_has_none_of_them_either(void **state)
{
	(void)state;
	child(capable_otherwise);
}

/* ---- systems that refuse midway ---- */

/* From now on this thread's calls of that number fail. */
static void forbid(long number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static long forbidden;

static void refused_midway(void)
{
	int own = getgroups(0, NULL);
	uint32_t caps = capabilities();

	forbid(forbidden);
	CHECK(identity_assume(&other) == SEC_E_NO_IMPERSONATION);
	CHECK(!identity_is_assumed() && is(0, 0, own) && capabilities() == caps);
	identity_revert();
	CHECK(is(0, 0, own) && capabilities() == caps);
}

/* A sandbox that lets nobody change its ids costs an answer, not the server. */
static void what_is_refused_midway_leaves_the_thread_as_it_was(void **state)
{
	static const long calls[] = { SYS_setgroups, SYS_setresgid, SYS_setresuid, SYS_setfsuid,
				      SYS_capset };
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		forbidden = calls[i];
		child(refused_midway);
	}
}

/* The file server's way to act as another, which the others would take away. */
static void borrowed_files(void)
{
	CHECK(setfsuid(THIRD) == 0 && setfsuid((uid_t)-1) == THIRD);
	CHECK(identity_assume(&other) == SEC_E_NO_IMPERSONATION && !identity_is_assumed());
	CHECK(setfsuid((uid_t)-1) == THIRD && geteuid() == 0);
	CHECK(setfsuid(0) == THIRD && setfsgid(THIRD) == 0);
	CHECK(identity_assume(&other) == SEC_E_NO_IMPERSONATION && !identity_is_assumed());
	CHECK(setfsgid(0) == THIRD && identity_assume(&other) == STATUS_SUCCESS);
	CHECK(setfsuid((uid_t)-1) == OTHER && setfsgid((gid_t)-1) == 64300);
	identity_revert();
	CHECK(setfsuid((uid_t)-1) == 0 && setfsgid((gid_t)-1) == 0);
}

static void a_thread_whose_files_are_anothers_stays_so(void **state)
{
	(void)state;
	child(borrowed_files);
}

static void *act_and_leave(void *arg)
{
	(void)arg;
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	identity_leave();
	CHECK(!identity_is_assumed() && geteuid() == 0);
	identity_leave();
	/* Without a way back a thread that ends is no reason to end the process. */
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	CHECK(syscall(SYS_setresuid, OTHER, OTHER, OTHER) == 0);
	identity_leave();
	CHECK(!identity_is_assumed() && geteuid() == OTHER);
	return NULL;
}

static void ending(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, act_and_leave, NULL) == 0 &&
	      pthread_join(thread, NULL) == 0 && geteuid() == 0);
}

static void a_thread_may_end_as_whoever_it_is(void **state)
{
	(void)state;
	child(ending);
}

/* The whole process drops its privilege while a thread acts as another. */
static void stranded(void)
{
	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	CHECK(syscall(SYS_setresuid, OTHER, OTHER, OTHER) == 0);
	fclose(stderr);
	identity_revert();
}

static void who_cannot_go_back_does_not_go_on(void **state)
{
	(void)state;
	if (getuid() != 0)
		return;
	int status = end_of(stranded);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void forked(void)
{
	int own = getgroups(0, NULL);

	CHECK(identity_assume(&other) == STATUS_SUCCESS);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(is(OTHER, 64300, 3) && identity_is_assumed());
		identity_revert();
		CHECK(is(0, 0, own));
		_exit(0);
	}
	int status;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0 && is(OTHER, 64300, 3));
	identity_revert();
}

static void a_child_is_who_its_thread_was(void **state)
{
	(void)state;
	child(forked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_goes_there_and_back),
		cmocka_unit_test(other_threads_stay_who_they_are),
		cmocka_unit_test(a_second_user_takes_the_firsts_place),
		cmocka_unit_test(a_call_runs_as_the_process),
		cmocka_unit_test(nobody_becomes_root),
		cmocka_unit_test(a_process_without_privilege_is_itself_alone),
		cmocka_unit_test(half_a_privilege_is_none),
		cmocka_unit_test(a_client_has_none_of_the_servers_capabilities),
		cmocka_unit_test(the_servers_own_user_has_none_of_them_either),
		cmocka_unit_test(what_is_refused_midway_leaves_the_thread_as_it_was),
		cmocka_unit_test(a_thread_whose_files_are_anothers_stays_so),
		cmocka_unit_test(a_thread_may_end_as_whoever_it_is),
		cmocka_unit_test(who_cannot_go_back_does_not_go_on),
		cmocka_unit_test(a_child_is_who_its_thread_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
