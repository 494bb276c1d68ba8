/* policy/address.c - see policy/address.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "policy/address.h"
#include "policy/names.h"

struct address {
	int family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

/* A literal without its zone; IPv4 written inside IPv6 is IPv4. */
static bool address_read(const char *host, struct address *out)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(host, "%");

	if (n >= sizeof(text))
		return false;
	memcpy(text, host, n);
	text[n] = '\0';
	memset(out, 0, sizeof(*out));
	out->family = AF_INET;
	if (inet_pton(AF_INET, text, &out->v4) == 1)
		return true;
	struct in6_addr v6;
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&v6)) {
		memcpy(&out->v4, v6.s6_addr + 12, sizeof(out->v4));
		return true;
	}
	out->family = AF_INET6;
	out->v6 = v6;
	return true;
}

static bool is_loopback(const struct address *a)
{
	if (a->family == AF_INET)
		return ntohl(a->v4.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->v6);
}

static bool interface_has(const struct sockaddr *interface, const struct address *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (!interface || interface->sa_family != a->family)
		return false;
	if (a->family == AF_INET) {
		memcpy(&v4, interface, sizeof(v4));
		return v4.sin_addr.s_addr == a->v4.s_addr;
	}
	memcpy(&v6, interface, sizeof(v6));
	return IN6_ARE_ADDR_EQUAL(&v6.sin6_addr, &a->v6);
}

bool address_is_ours(const char *host)
{
	struct address a;
	struct ifaddrs *all = NULL;
	bool ours = false;

	if (names_equal(host, "localhost"))
		return true;
	if (!address_read(host, &a))
		return false;
	if (is_loopback(&a))
		return true;
	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *i = all; i && !ours; i = i->ifa_next)
		ours = interface_has(i->ifa_addr, &a);
	freeifaddrs(all);
	return ours;
}
