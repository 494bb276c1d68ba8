/* bench/proxy.c - stands between a client and a server on loopback and notes when who said something.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy PORT: takes connections one after the other, for the server at PORT; prints its own port and
 * then a line of JSON for each connection: [nanoseconds, who, bytes] for every piece. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 4096

struct event {
	uint64_t ns;
	int from;
	ssize_t n;
};

static struct event events[EVENTS_MAX];
static size_t count;

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listen_anywhere(void)
{
	struct sockaddr_in here = loopback(0);
	socklen_t n = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, n) != 0 || listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &n) != 0)
		return -1;
	printf("{\"listening\": %d}\n", ntohs(here.sin_port));
	fflush(stdout);
	return fd;
}

static int connect_to(int port)
{
	struct sockaddr_in there = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&there, sizeof(there)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Hands on one piece; false when that end has closed. */
static bool forward(const int end[2], int from)
{
	static uint8_t bytes[65536];
	ssize_t n = recv(end[from], bytes, sizeof(bytes), 0);

	if (count < EVENTS_MAX)
		events[count++] = (struct event){ now_ns(), from, n };
	return n > 0 && send(end[!from], bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void relay(const int end[2])
{
	struct pollfd p[2] = { { end[0], POLLIN, 0 }, { end[1], POLLIN, 0 } };

	while (poll(p, 2, 60000) > 0)
		for (int from = 0; from < 2; from++)
			if (p[from].revents && !forward(end, from))
				return;
}

static void tell(void)
{
	printf("{\"connection\": [");
	for (size_t i = 0; i < count; i++)
		printf("%s[%llu, \"%s\", %zd]", i ? ", " : "", (unsigned long long)events[i].ns,
		       events[i].from ? "server" : "client", events[i].n);
	printf("]}\n");
	fflush(stdout);
	count = 0;
}

int main(int argc, char **argv)
{
	int listener = argc == 2 ? listen_anywhere() : -1, yes = 1;

	if (listener < 0) {
		fprintf(stderr, "usage: proxy PORT\n");
		return 2;
	}
	for (;;) {
		int end[2] = { accept(listener, NULL, NULL), connect_to(atoi(argv[1])) };
		if (end[0] < 0 || end[1] < 0)
			return 1;
		for (int i = 0; i < 2; i++)
			setsockopt(end[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		relay(end);
		close(end[0]);
		close(end[1]);
		tell();
	}
}
