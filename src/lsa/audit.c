/* lsa/audit.c - see lsa/audit.h: the line, and where it goes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lsa/audit.h"
#include "lsa/state.h"

#define PROGRAM_MAX 256
#define PRIORITY (LOG_AUTHPRIV | LOG_NOTICE)

const char *audit_socket = "/dev/log";

struct audit_rate audit_rate = { .burst = 1000, .per_second = 100 };

static atomic_uint dropped; /* lines since the last that was written */

static const char *sink_of(const struct lsa_client *client)
{
	const struct lsa *lsa = client ? client->lsa : lsa_current();

	return lsa ? lsa->setup.audit : NULL;
}

bool audit_is_on(const struct lsa_client *client)
{
	return sink_of(client) != NULL;
}

/* ---- words ---- */

/* What would part a line or a word, or turn a terminal's text around. */
static bool is_unfit(WCHAR c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static bool is_high(WCHAR c)
{
	return c >= 0xD800 && c < 0xDC00;
}

void audit_add(struct text *t, const char *name, struct utf16 text)
{
	size_t n = text.n > AUDIT_TEXT_MAX ? AUDIT_TEXT_MAX : text.n;

	if (!text.p || !text.n)
		return;
	text_add(t, " %s=\"", name);
	for (size_t i = 0; i < n; i++) {
		size_t units = is_high(text.p[i]) && i + 1 < n ? 2 : 1;
		if (is_unfit(text.p[i]))
			text_add(t, "\\u%04x", text.p[i]);
		else if (text.p[i] == '"' || text.p[i] == '\\')
			text_add(t, "\\%c", text.p[i]);
		else if (units == 2 && !utf16_is_valid(text.p + i, 2))
			text_add_utf16(t, text.p + i, units = 1);
		else
			text_add_utf16(t, text.p + i, units);
		i += units - 1;
	}
	text_add(t, n < text.n ? "...\"" : "\"");
}

void audit_add_session(struct text *t, const LUID *session)
{
	if (session && (session->HighPart || session->LowPart))
		text_add(t, " session=%x:%x", (unsigned)session->HighPart,
			 (unsigned)session->LowPart);
}

void audit_add_other(struct text *t, const struct lsa_client *client, const LUID *session)
{
	if (!session || (!session->HighPart && !session->LowPart))
		return;
	LUID own = client ? session_own(client) : (LUID){ 0 };
	if (own.HighPart != session->HighPart || own.LowPart != session->LowPart)
		audit_add_session(t, session);
}

/* A path or a process's name: bytes, of which the printable ones are shown. */
static void add_bytes(struct text *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] > 0x7E || p[i] == '"' || p[i] == '\\')
			text_add(t, "\\x%02x", (unsigned char)p[i]);
		else
			text_add(t, "%c", p[i]);
}

/* The file it runs, else (another user's process keeps that to itself) the name it gave itself, in brackets. */
static void add_program(struct text *t, pid_t pid)
{
	char path[64], name[PROGRAM_MAX];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(path, name, sizeof(name));
	bool is_file = n > 0;
	if (!is_file) {
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, name, sizeof(name));
		if (fd >= 0)
			close(fd);
		if (n > 0 && name[n - 1] == '\n')
			n--;
	}
	text_add(t, is_file ? " program=\"" : " program=\"[");
	add_bytes(t, name, n > 0 ? (size_t)n : 0);
	text_add(t, is_file ? "\"" : "]\"");
}

/* Looked up once for a connection, which does not outlive its program. A process's own may change with an exec. */
static const char *program_of(struct lsa_client *client)
{
	char *known = atomic_load(&client->program);
	struct text t = { 0 };

	if (known)
		return known;
	add_program(&t, client_pid(client));
	char *found = text_finish(&t);
	if (!found || atomic_compare_exchange_strong(&client->program, &known, found))
		return found;
	mem_free(found);
	return known;
}

/* ---- sinks ---- */

/* Opened for each line: it may be moved away, and a fork needs no care. A pipe that nobody reads is none. */
static bool to_file(const char *path, const char *line)
{
	char time_text[32];
	struct tm utc;
	time_t now = time(NULL);
	int fd =
		open(path,
		     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		     0600);

	if (fd < 0)
		return false;
	if (!gmtime_r(&now, &utc) ||
	    !strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		time_text[0] = '\0';
	struct text t = { 0 };
	text_add(&t, "%s %s\n", time_text, line);
	bool fine = !t.failed && write(fd, t.p, t.len) == (ssize_t)t.len;
	text_done(&t);
	close(fd);
	return fine;
}

/* One for good: the daemon's own, whose descriptors nobody closes; it is bound to no log, which may come and go. */
static int log_socket(void)
{
	static atomic_int kept = -1;
	int known = atomic_load(&kept);

	if (known >= 0)
		return known;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || atomic_compare_exchange_strong(&kept, &known, fd))
		return fd;
	close(fd);
	return known;
}

/* syslog(3) would wait for a log that is busy, so it is not asked. */
static bool to_syslog(const char *line)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char when[32];
	struct tm local;
	time_t now = time(NULL);

	if (strlen(audit_socket) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, audit_socket, strlen(audit_socket) + 1);
	if (!localtime_r(&now, &local) || !strftime(when, sizeof(when), "%b %e %T", &local))
		return false;
	int fd = log_socket();
	if (fd < 0)
		return false;
	struct text t = { 0 };
	text_add(&t, "<%d>%s lsad[%d]: %s", PRIORITY, when, (int)getpid(), line);
	bool fine = !t.failed && sendto(fd, t.p, t.len, MSG_NOSIGNAL, (struct sockaddr *)&to,
					sizeof(to)) == (ssize_t)t.len;
	text_done(&t);
	return fine;
}

static bool write_line(const char *sink, const char *line)
{
	return strcmp(sink, AUDIT_SYSLOG) == 0 ? to_syslog(line) : to_file(sink, line);
}

/* ---- how many ---- */

#define USERS 256u
#define ROOTS_SHARE 10u
#define NS_PER_SECOND INT64_C(1000000000)

/* What a user may still write; who wrote nothing for long has everything again. */
struct share {
	bool used;
	uid_t uid;
	int64_t since;	/* when `lines` was right */
	unsigned lines; /* that may be written now */
	unsigned left_out;
};

static struct {
	pthread_mutex_t lock;
	struct share share[USERS];
	unsigned silent; /* of how many users lines were left out */
} budget = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void share_refill(struct share *s, int64_t now)
{
	unsigned times = s->uid == 0 ? ROOTS_SHARE : 1, most = audit_rate.burst * times;
	if (s->lines > most)
		s->lines = most;
	int64_t earned =
		(now - s->since) / (NS_PER_SECOND / 1000) * audit_rate.per_second * times / 1000;

	if (earned <= 0)
		return;
	s->lines = earned >= most - s->lines ? most : s->lines + (unsigned)earned;
	s->since = now;
}

/* The user's, else the one that was looked at least lately and owes no line. */
static struct share *share_of(uid_t uid, int64_t now)
{
	struct share *oldest = NULL, *s;

	for (s = budget.share; s < budget.share + USERS; s++) {
		if (s->used && s->uid == uid)
			return s;
		if (!s->used || !s->left_out)
			oldest = !oldest || !s->used || (oldest->used && s->since < oldest->since)
					 ? s
					 : oldest;
	}
	s = oldest ? oldest : &budget.share[uid % USERS];
	budget.silent -= s->left_out != 0;
	*s = (struct share){ .used = true,
			     .uid = uid,
			     .since = now,
			     .lines = audit_rate.burst * (uid == 0 ? ROOTS_SHARE : 1) };
	return s;
}

static bool share_take(uid_t uid)
{
	int64_t now = clock_monotonic_ns();

	pthread_mutex_lock(&budget.lock);
	struct share *s = share_of(uid, now);
	share_refill(s, now);
	bool may = s->lines > 0;
	s->lines -= may;
	if (!may)
		budget.silent += s->left_out++ == 0;
	pthread_mutex_unlock(&budget.lock);
	return may;
}

/* Takes the count of one user who may write again. */
static bool share_owes(uid_t *uid, unsigned *count)
{
	int64_t now = clock_monotonic_ns();
	bool found = false;

	pthread_mutex_lock(&budget.lock);
	for (struct share *s = budget.share; budget.silent && !found && s < budget.share + USERS;
	     s++) {
		if (!s->used || !s->left_out)
			continue;
		share_refill(s, now);
		found = s->lines > 0;
		if (!found)
			continue;
		s->lines--;
		*uid = s->uid;
		*count = s->left_out;
		s->left_out = 0;
		budget.silent--;
	}
	pthread_mutex_unlock(&budget.lock);
	return found;
}

/* Whoever writes next says what was left out of others' lines, too. */
static void tell_left_out(const char *sink)
{
	char line[96];
	unsigned count;
	uid_t uid;

	while (share_owes(&uid, &count)) {
		snprintf(line, sizeof(line),
			 "audit: call=LeftOut uid=%u lines=%u result=0x00000000", (unsigned)uid,
			 count);
		if (!write_line(sink, line))
			atomic_fetch_add(&dropped, 1);
	}
}

/* ---- the line ---- */

void audit_line(const struct lsa_client *client, const char *call, struct text *about,
		NTSTATUS status)
{
	CLEANUP(mem_free_p) char *words = text_finish(about);
	const char *sink = sink_of(client);
	struct text t = { 0 };

	if (!sink)
		return;
	bool counts = client && !client->setup.is_this_process;
	if (counts && !share_take(client_uid(client)))
		return;
	if (counts)
		tell_left_out(sink);
	unsigned lost = atomic_exchange(&dropped, 0);
	text_add(&t, "audit: call=%s", call);
	if (client) {
		text_add(&t, " uid=%u pid=%d", (unsigned)client_uid(client),
			 (int)client_pid(client));
		const char *program = program_of((struct lsa_client *)(uintptr_t)client);
		text_add(&t, "%s", program ? program : "");
	}
	text_add(&t, "%s result=0x%08x", words ? words : " about=?", (unsigned)status);
	if (lost)
		text_add(&t, " dropped=%u", lost);
	CLEANUP(mem_free_p) char *line = text_finish(&t);
	if (!line || !write_line(sink, line))
		atomic_fetch_add(&dropped, lost + 1);
}
