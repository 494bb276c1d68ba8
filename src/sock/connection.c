/* sock/connection.c - see sock/connection.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/trace.h"
#include "sock/connection.h"

struct connection {
	atomic_uint refs;
	int fd;
	pthread_mutex_t writing;
};

void connection_ref(struct connection *c)
{
	atomic_fetch_add(&c->refs, 1);
}

struct connection *connection_unref(struct connection *c)
{
	if (c && atomic_fetch_sub(&c->refs, 1) == 1) {
		close(c->fd);
		pthread_mutex_destroy(&c->writing);
		mem_free(c);
	}
	return NULL;
}
DEFINE_CLEANUP(struct connection *, connection_unref)

void connection_end(struct connection *c)
{
	shutdown(c->fd, SHUT_RDWR);
}

/* A thread that the child does not have may hold its lock and references: it is left as it is. */
void connection_forget(struct connection *c)
{
	if (c)
		close(c->fd);
}

/* ---- bytes ---- */

static bool send_all(int fd, const void *from, size_t n)
{
	const uint8_t *p = from;

	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool receive_all(int fd, void *to, size_t n)
{
	uint8_t *p = to;

	while (n) {
		ssize_t got = recv(fd, p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

bool connection_send(struct connection *c, struct frame_head head, struct rd payload)
{
	uint8_t bytes[FRAME_HEAD_LEN];

	head.size = (uint32_t)payload.n;
	frame_write_head(bytes, &head);
	pthread_mutex_lock(&c->writing);
	bool sent = send_all(c->fd, bytes, sizeof(bytes)) &&
		    send_all(c->fd, payload.p, payload.n);
	pthread_mutex_unlock(&c->writing);
	return sent;
}

bool connection_receive(struct connection *c, struct frame_head *head, struct wr *payload)
{
	uint8_t bytes[FRAME_HEAD_LEN];

	wr_reset(payload);
	if (!receive_all(c->fd, bytes, sizeof(bytes)) || !frame_read_head(bytes, head))
		return false;
	uint8_t *room = wr_take(payload, head->size);
	return !head->size || (wr_ok(payload) && receive_all(c->fd, room, head->size));
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
	if (!connection_send(c, head, wr_view(&hello)) ||
	    !connection_receive(c, &head, &answer) || head.kind != FRAME_WELCOME ||
	    !frame_is_hello(wr_view(&answer)))
		return fail(SEC_E_INTERNAL_ERROR, "being welcomed by the LSA");
	return head.what == IPC_VERSION ? STATUS_SUCCESS :
					  fail(SEC_E_INTERNAL_ERROR, "an LSA of another version");
}

static NTSTATUS dial(const char *path, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n >= sizeof(address.sun_path) || path[0] != '/')
		return fail(SEC_E_INVALID_PARAMETER, "the LSA's path");
	memcpy(address.sun_path, path, n + 1);
	*out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "making a socket");
	if (connect(*out, (struct sockaddr *)&address, sizeof(address)) == 0)
		return STATUS_SUCCESS;
	trace_line("the LSA at %s cannot be reached: error %d", path, errno);
	close(*out);
	return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "connecting to the LSA");
}

NTSTATUS connection_open(const char *path, const struct sock_settings *settings,
			 struct connection **out)
{
	int fd;
	NTSTATUS status = dial(path, &fd);
	if (failed(status))
		return status;
	CLEANUP(connection_unref_p) struct connection *c = MEM_NEW(struct connection);
	if (!c) {
		close(fd);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a connection to the LSA");
	}
	c->fd = fd;
	atomic_init(&c->refs, 1);
	pthread_mutex_init(&c->writing, NULL);
	status = check_peer(fd, settings);
	if (!failed(status))
		status = greet(c);
	if (!failed(status))
		*out = TAKE(c);
	return status;
}
