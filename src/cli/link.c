/* cli/link.c - a TCP connection with a deadline: addresses, connecting, listening, raw bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FINISH_MS 1000

long long link_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool link_split(char *text, char **host, char **port)
{
	char *colon;

	*port = NULL;
	if (text[0] == '[') {
		char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*end = '\0';
		*host = text + 1;
		colon = end[1] ? end + 1 : NULL;
	} else {
		*host = text;
		colon = strrchr(text, ':');
		if (colon && strchr(text, ':') != colon)
			colon = NULL; /* a bare IPv6 address */
	}
	if (colon) {
		*colon = '\0';
		*port = colon + 1;
	}
	return **host && (!*port || **port);
}

void link_name(int fd, bool peer, char where[LINK_NAME_MAX])
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[64], port[8];

	int rc = peer ? getpeername(fd, (struct sockaddr *)&address, &len)
		      : getsockname(fd, (struct sockaddr *)&address, &len);
	if (rc != 0 || getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port,
				   sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(where, LINK_NAME_MAX, "unknown");
		return;
	}
	snprintf(where, LINK_NAME_MAX, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		 port);
}

/* Waits until the socket is ready for `events`. */
static enum link_result wait_for(struct link *l, short events)
{
	for (;;) {
		long long left = l->deadline - link_now();
		if (left <= 0)
			return LINK_TIMEOUT;
		struct pollfd p = { .fd = l->fd, .events = events };
		int rc = poll(&p, 1, (int)left);
		if (rc > 0)
			return LINK_OK;
		if (rc < 0 && errno != EINTR)
			return LINK_BROKEN;
	}
}

static int connect_one(struct link *l, const struct addrinfo *a)
{
	int error = 0;
	socklen_t len = sizeof(error);

	l->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return errno;
	if (connect(l->fd, a->ai_addr, a->ai_addrlen) != 0) {
		error = errno;
		if (error == EINPROGRESS && wait_for(l, POLLOUT) != LINK_OK)
			error = ETIMEDOUT;
		else if (error == EINPROGRESS)
			getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
	if (error)
		link_close(l);
	else
		setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	return error;
}

bool link_connect(struct link *l, const char *host, const char *port, char where[LINK_NAME_MAX],
		  const char **why)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;

	int rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		*why = gai_strerror(rc);
		return false;
	}

	int error = EHOSTUNREACH;
	for (const struct addrinfo *a = list; a && error; a = a->ai_next)
		error = connect_one(l, a);
	freeaddrinfo(list);
	if (error) {
		*why = strerror(error);
		return false;
	}
	link_name(l->fd, true, where);
	return true;
}

static int listen_one(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 64) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

int link_listen(const char *address_port, char where[LINK_NAME_MAX], const char **why)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	CLEANUP(free_p) char *text = strndup(address_port, 1024);
	struct addrinfo *list;
	char *host, *port;

	*why = "not ADDRESS:PORT";
	if (!text || !link_split(text, &host, &port) || !port)
		return -1;
	int rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		*why = gai_strerror(rc);
		return -1;
	}

	int fd = listen_one(list);
	if (fd < 0)
		*why = strerror(errno);
	else
		link_name(fd, false, where);
	freeaddrinfo(list);
	return fd;
}

/* One read of at most `n` bytes; *got is never 0 with LINK_OK. */
static enum link_result read_some(struct link *l, void *p, size_t n, size_t *got)
{
	for (;;) {
		if (link_now() >= l->deadline)
			return LINK_TIMEOUT;
		ssize_t rc = recv(l->fd, p, n, 0);
		if (rc > 0) {
			*got = (size_t)rc;
			return LINK_OK;
		}
		if (rc == 0 || errno == ECONNRESET)
			return LINK_CLOSED;
		if (errno != EAGAIN && errno != EINTR)
			return LINK_BROKEN;
		enum link_result ready = wait_for(l, POLLIN);
		if (ready != LINK_OK)
			return ready;
	}
}

enum link_result link_read(struct link *l, void *p, size_t n)
{
	for (size_t done = 0, got = 0; done < n; done += got) {
		enum link_result result = read_some(l, (char *)p + done, n - done, &got);
		if (result != LINK_OK)
			return result;
	}
	return LINK_OK;
}

enum link_result link_write(struct link *l, const void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t rc = send(l->fd, (const char *)p + done, n - done, MSG_NOSIGNAL);
		if (rc > 0) {
			done += (size_t)rc;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return LINK_CLOSED;
		if (errno != EAGAIN && errno != EINTR)
			return LINK_BROKEN;
		enum link_result ready = wait_for(l, POLLOUT);
		if (ready != LINK_OK)
			return ready;
	}
	return LINK_OK;
}

static enum link_result receive_bare(struct link *l, struct bytes *in)
{
	size_t got;

	if (!bytes_reserve(in, 16384)) {
		errno = ENOMEM;
		return LINK_BROKEN;
	}
	enum link_result result = read_some(l, in->p + in->len, 16384, &got);
	if (result == LINK_OK)
		in->len += got;
	return result;
}

enum link_result link_receive(struct link *l, struct bytes *in)
{
	unsigned char head[4];

	if (!l->framed)
		return receive_bare(l, in);
	enum link_result result = link_read(l, head, sizeof(head));
	if (result != LINK_OK)
		return result;

	size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (n == 0 || n > LINK_FRAME_MAX)
		return LINK_BAD_FRAME;
	if (!bytes_reserve(in, n)) {
		errno = ENOMEM;
		return LINK_BROKEN;
	}
	result = link_read(l, in->p + in->len, n);
	if (result == LINK_OK)
		in->len += n;
	return result;
}

enum link_result link_send(struct link *l, const void *p, size_t n)
{
	if (!l->framed)
		return link_write(l, p, n);

	const unsigned char head[] = { n >> 24 & 0xFF, n >> 16 & 0xFF, n >> 8 & 0xFF, n & 0xFF };
	struct bytes CLEANUP(bytes_done) frame = { 0 };
	if (n > LINK_FRAME_MAX || !bytes_append(&frame, head, sizeof(head)) ||
	    !bytes_append(&frame, p, n)) {
		errno = ENOMEM;
		return LINK_BROKEN;
	}
	return link_write(l, frame.p, frame.len);
}

void link_finish(struct link *l)
{
	char nowhere[4096];
	size_t got;

	if (l->fd < 0)
		return;
	shutdown(l->fd, SHUT_WR);
	if (l->deadline > link_now() + FINISH_MS)
		l->deadline = link_now() + FINISH_MS;
	while (read_some(l, nowhere, sizeof(nowhere), &got) == LINK_OK)
		;
	explicit_bzero(nowhere, sizeof(nowhere));
}

void link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

const char *link_why(enum link_result result)
{
	switch (result) {
	case LINK_OK:
		return "nothing is wrong";
	case LINK_CLOSED:
		return "the peer ended the connection";
	case LINK_TIMEOUT:
		return "the time allowed for the connection is over";
	case LINK_BAD_FRAME:
		return "the peer sent a length that no token has";
	case LINK_BAD_RECORD:
		return "a TLS record was altered on its way, or is none";
	case LINK_BROKEN:
		break;
	}
	return strerror(errno);
}
