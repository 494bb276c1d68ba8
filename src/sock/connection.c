/* sock/connection.c - see sock/connection.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/trace.h"
#include "sock/connection.h"
#include "sock/mute.h"

#define AHEAD 4096 /* most frames are smaller and come at once */

struct connection {
	atomic_uint refs;
	int fd;
	dev_t device; /* which socket it is: */
	ino_t inode;
	pthread_mutex_t writing;
	uint8_t ahead[AHEAD]; /* received with what was wanted: `from` up to `to` */
	size_t from, to;
};

/* A program that becomes a daemon closes what it does not know, and opens files of its own there: ours would
 * be written into them. */
static bool is_ours(const struct connection *c)
{
	struct stat st;

	return fstat(c->fd, &st) == 0 && st.st_dev == c->device && st.st_ino == c->inode;
}

static void close_ours(const struct connection *c)
{
	if (is_ours(c))
		close(c->fd);
}

void connection_ref(struct connection *c)
{
	atomic_fetch_add(&c->refs, 1);
}

struct connection *connection_unref(struct connection *c)
{
	if (c && atomic_fetch_sub(&c->refs, 1) == 1) {
		close_ours(c);
		mem_wipe(c->ahead, sizeof(c->ahead));
		pthread_mutex_destroy(&c->writing);
		mem_free(c);
	}
	return NULL;
}
DEFINE_CLEANUP(struct connection *, connection_unref)

void connection_end(struct connection *c)
{
	if (is_ours(c))
		shutdown(c->fd, SHUT_RDWR);
}

/* A thread that the child does not have may hold its lock and references: it is left as it is. */
void connection_forget(struct connection *c)
{
	if (c)
		close_ours(c);
}

/* ---- bytes ---- */

/* Takes off what was sent; false when all of it was. */
static bool left_over(struct iovec part[2], size_t sent)
{
	for (int i = 0; i < 2; i++) {
		size_t n = sent < part[i].iov_len ? sent : part[i].iov_len;
		part[i].iov_base = (uint8_t *)part[i].iov_base + n;
		part[i].iov_len -= n;
		sent -= n;
	}
	return part[0].iov_len || part[1].iov_len;
}

static bool send_all(int fd, struct iovec part[2])
{
	struct msghdr message = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t sent = 0;

	while (left_over(part, (size_t)sent)) {
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			sent = 0;
		else if (sent <= 0)
			return false;
	}
	return true;
}

/* What comes next, at least a byte; 0 at the end. */
static size_t receive_some(int fd, void *to, size_t n)
{
	ssize_t got;

	do
		got = recv(fd, to, n, 0);
	while (got < 0 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

static size_t take_ahead(struct connection *c, void *to, size_t n)
{
	size_t there = c->to - c->from;

	if (n > there)
		n = there;
	memcpy(to, c->ahead + c->from, n);
	mem_wipe(c->ahead + c->from, n);
	c->from += n;
	return n;
}

static bool receive_all(struct connection *c, void *to, size_t n)
{
	uint8_t *p = to;

	while (n) {
		size_t got = take_ahead(c, p, n);
		if (!got && n >= AHEAD) {
			got = receive_some(c->fd, p, n);
			if (!got)
				return false;
		} else if (!got) {
			c->from = 0;
			c->to = receive_some(c->fd, c->ahead, AHEAD);
			if (!c->to)
				return false;
		}
		p += got;
		n -= got;
	}
	return true;
}

bool connection_send(struct connection *c, struct frame_head head, struct rd payload)
{
	uint8_t bytes[FRAME_HEAD_LEN];

	head.size = (uint32_t)payload.n;
	frame_write_head(bytes, &head);
	struct iovec part[2] = { { bytes, sizeof(bytes) },
				 { (void *)(uintptr_t)payload.p, payload.n } };
	if (!is_ours(c)) /* in a child a thread that is not there may hold the lock */
		return false;
	pthread_mutex_lock(&c->writing);
	bool sent = is_ours(c) && send_all(c->fd, part);
	pthread_mutex_unlock(&c->writing);
	return sent;
}

bool connection_receive(struct connection *c, struct frame_head *head, struct wr *payload)
{
	uint8_t bytes[FRAME_HEAD_LEN];

	wr_reset(payload);
	if (!receive_all(c, bytes, sizeof(bytes)) || !frame_read_head(bytes, head))
		return false;
	uint8_t *room = wr_take(payload, head->size);
	return !head->size || (wr_ok(payload) && receive_all(c, room, head->size));
}

/* ---- opening ---- */

static NTSTATUS check_peer(int fd, const struct sock_settings *settings)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return fail(SEC_E_INTERNAL_ERROR, "asking who the LSA is");
	if (peer.uid == 0 || peer.uid == geteuid() ||
	    (settings->has_owner && peer.uid == settings->owner))
		return STATUS_SUCCESS;
	trace_line("the LSA at %s is run by user %u", settings->path, (unsigned)peer.uid);
	return fail(SEC_E_UNTRUSTED_ROOT, "trusting an LSA of another user");
}

static NTSTATUS greet(struct connection *c)
{
	CLEANUP(wr_done) struct wr hello = WR(FRAME_HELLO_MAX), answer = WR(FRAME_HELLO_MAX);
	struct frame_head head = { .kind = FRAME_HELLO, .what = IPC_VERSION };

	frame_write_hello(&hello);
	if (!wr_ok(&hello))
		return fail(SEC_E_INSUFFICIENT_MEMORY, "greeting the LSA");
	/* It ends what it has no room for. */
	if (!connection_send(c, head, wr_view(&hello)) || !connection_receive(c, &head, &answer))
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "being welcomed by the LSA");
	if (head.kind != FRAME_WELCOME || !frame_is_hello(wr_view(&answer)))
		return fail(SEC_E_INTERNAL_ERROR, "an LSA's welcome");
	return head.what == IPC_VERSION ? STATUS_SUCCESS
					: fail(SEC_E_INTERNAL_ERROR, "an LSA of another version");
}

/* How long the other end may let us wait; 0: as long as it likes, as a sign-in may. */
static bool set_patience(int fd, time_t seconds)
{
	const struct timeval t = { .tv_sec = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) == 0;
}

static bool join(int fd, const struct sockaddr_un *address)
{
	int error;

	do
		error = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	while (error != 0 && errno == EINTR);
	return error == 0;
}

static NTSTATUS dial(const char *path, unsigned patience, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n >= sizeof(address.sun_path) || path[0] != '/')
		return fail(SEC_E_INVALID_PARAMETER, "the LSA's path");
	memcpy(address.sun_path, path, n + 1);
	*out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a socket");
	if (set_patience(*out, (time_t)patience) && join(*out, &address))
		return STATUS_SUCCESS;
	trace_line("the LSA at %s cannot be reached: error %d", path, errno);
	close(*out);
	return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "connecting to the LSA");
}

static NTSTATUS open_patiently(const char *path, const struct sock_settings *settings,
			       unsigned patience, struct connection **out)
{
	struct stat st;
	int fd = -1;
	NTSTATUS status = dial(path, patience, &fd);
	if (failed(status))
		return status;
	CLEANUP(connection_unref_p) struct connection *c = NULL;
	if (fstat(fd, &st) == 0)
		c = MEM_NEW(struct connection);
	if (!c) {
		close(fd);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a connection to the LSA");
	}
	c->fd = fd;
	c->device = st.st_dev;
	c->inode = st.st_ino;
	atomic_init(&c->refs, 1);
	pthread_mutex_init(&c->writing, NULL);
	status = check_peer(fd, settings);
	if (!failed(status))
		status = greet(c);
	if (!failed(status) && !set_patience(fd, 0))
		status = fail(SEC_E_INTERNAL_ERROR, "waiting for the LSA");
	if (!failed(status))
		*out = TAKE(c);
	return status;
}

NTSTATUS connection_open(const char *path, const struct sock_settings *settings,
			 struct connection **out)
{
	unsigned patience = mute_patience(path);
	int64_t begin = clock_monotonic_ns();

	if (!patience)
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "an LSA that did not answer");
	NTSTATUS status = open_patiently(path, settings, patience, out);
	bool waited = clock_monotonic_ns() - begin >= patience * INT64_C(1000000000);
	if (status == (NTSTATUS)SEC_E_NO_AUTHENTICATING_AUTHORITY && waited)
		mute_remember(path);
	else
		mute_forget(path);
	return status;
}
