/* lsa/machine.c - see lsa/machine.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ctype.h>
#include <unistd.h>

#include "base/utf.h"
#include "lsa/machine.h"

#define NETBIOS_MAX 15
#define HOST_MAX 255

enum { NETBIOS, NETBIOS_DOMAIN, DNS, DNS_DOMAIN, LABEL, NAMES };

struct machine {
	OPENSSPI_MACHINE_NAMES names;
	WCHAR *wide[DNS_DOMAIN + 1]; /* what names points to */
	char *text[NAMES];
	const char *hosts[NAMES];
};

static char *text_part(const char *from, size_t n)
{
	char *text = mem_alloc(n + 1);
	if (text && n)
		memcpy(text, from, n);
	return text;
}

static void upper_ascii(char *text)
{
	for (; text && *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

static void lower_ascii(char *text)
{
	for (; text && *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* The configured name, or a copy of `n` bytes of the derived one. */
static char *name_or(const struct policy *policy, const char *setting, const char *derived,
		     size_t n)
{
	const char *set = policy ? policy_setting(policy, "lsa", setting) : NULL;
	return set && *set ? mem_dup_text(set) : text_part(derived, n);
}

static bool machine_read(struct machine *m, const struct policy *policy)
{
	char host[HOST_MAX + 1] = "";

	if (gethostname(host, HOST_MAX) != 0 || host[0] == '\0' || host[0] == '.')
		memcpy(host, "localhost", sizeof("localhost"));
	size_t label = strcspn(host, ".");
	const char *domain = host[label] == '.' ? host + label + 1 : "";

	m->text[LABEL] = text_part(host, label);
	m->text[NETBIOS] = name_or(policy, "netbios name", host,
				   label < NETBIOS_MAX ? label : NETBIOS_MAX);
	if (!m->text[NETBIOS])
		return false;
	upper_ascii(m->text[NETBIOS]);
	m->text[NETBIOS_DOMAIN] = name_or(policy, "netbios domain", m->text[NETBIOS],
					  strlen(m->text[NETBIOS]));
	m->text[DNS] = name_or(policy, "dns name", host, strlen(host));
	m->text[DNS_DOMAIN] = name_or(policy, "dns domain", domain, strlen(domain));
	for (int i = DNS; i < NAMES; i++)
		lower_ascii(m->text[i]);
	upper_ascii(m->text[NETBIOS_DOMAIN]);
	return m->text[LABEL] && m->text[NETBIOS_DOMAIN] && m->text[DNS] && m->text[DNS_DOMAIN];
}

static NTSTATUS machine_widen(struct machine *m)
{
	UNICODE_STRING *const names[] = { &m->names.NetbiosComputer, &m->names.NetbiosDomain,
					  &m->names.DnsComputer, &m->names.DnsDomain };

	for (int i = 0; i <= DNS_DOMAIN; i++) {
		size_t n, length = strlen(m->text[i]);
		if (length > HOST_MAX || utf16_need(m->text[i], length) == SIZE_MAX)
			return fail(STATUS_INVALID_PARAMETER, "reading this machine's names");
		if (!utf16_from_utf8(m->text[i], length, &m->wide[i], &n))
			return fail(STATUS_NO_MEMORY, "reading this machine's names");
		*names[i] = unicode_view(m->wide[i], n);
	}
	return STATUS_SUCCESS;
}

NTSTATUS machine_new(const struct policy *policy, struct machine **out)
{
	struct machine *m = MEM_NEW(struct machine);
	if (!m)
		return fail(STATUS_NO_MEMORY, "reading this machine's names");
	NTSTATUS status = machine_read(m, policy)
				  ? machine_widen(m)
				  : fail(STATUS_NO_MEMORY, "reading this machine's names");
	if (failed(status)) {
		machine_free(m);
		return status;
	}
	m->hosts[0] = m->text[NETBIOS];
	m->hosts[1] = m->text[DNS];
	m->hosts[2] = m->text[LABEL];
	*out = m;
	return STATUS_SUCCESS;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	for (int i = 0; i <= DNS_DOMAIN; i++)
		mem_free(m->wide[i]);
	for (int i = 0; i < NAMES; i++)
		mem_free(m->text[i]);
	mem_free(m);
}

const OPENSSPI_MACHINE_NAMES *machine_names(const struct machine *m)
{
	return &m->names;
}

const char *const *machine_hosts(const struct machine *m)
{
	return m->hosts;
}

static bool unicode_equals(const UNICODE_STRING *own, const WCHAR *name, size_t n)
{
	return own->Length && utf16_equal_nocase(own->Buffer, own->Length / sizeof(WCHAR), name, n);
}

bool machine_is_called(const struct machine *m, const WCHAR *name, size_t n)
{
	if (n == 1 && name[0] == '.')
		return true;
	return unicode_equals(&m->names.NetbiosComputer, name, n) ||
	       unicode_equals(&m->names.NetbiosDomain, name, n) ||
	       unicode_equals(&m->names.DnsComputer, name, n) ||
	       unicode_equals(&m->names.DnsDomain, name, n);
}
