/* accounts/table.c - see accounts/table.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <inttypes.h>
#include <opensspi.h>

#include "accounts/table.h"
#include "base/utf.h"

#define HEADER "opensspi-accounts 1\n"
#define HASH_LEN 16
#define FIELDS 6
#define TIME_DIGITS 18

enum { DOMAIN, USER, HASH, FLAGS, PASSWORD_SET, EXPIRES };

static const struct {
	const char *word;
	uint32_t flag;
} flag_words[] = {
	{ "disabled", OPENSSPI_ACCOUNT_DISABLED },
	{ "locked", OPENSSPI_ACCOUNT_LOCKED },
	{ "expired", OPENSSPI_ACCOUNT_EXPIRED },
	{ "must-change", OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE },
	{ "password-expired", OPENSSPI_ACCOUNT_PASSWORD_EXPIRED },
};

/* ---- tables ---- */

struct accounts *accounts_new(void)
{
	struct accounts *t = MEM_NEW(struct accounts);
	if (t)
		t->references = 1;
	return t;
}

static void account_free(struct account *a)
{
	if (!a)
		return;
	mem_free(a->domain);
	mem_free(a->user);
	mem_free(a->key);
	secret_free(a->hash);
	mem_free(a);
}
DEFINE_CLEANUP(struct account *, account_free)

void accounts_free(struct accounts *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		account_free(t->row[i]);
	mem_free(t->row);
	mem_free(t);
}

static bool make_room(struct accounts *t)
{
	if (t->count < t->room)
		return true;
	size_t room = t->room ? t->room * 2 : 16;
	struct account **row = mem_array(room, sizeof(struct account *));
	if (!row)
		return false;
	if (t->count)
		memcpy(row, t->row, t->count * sizeof(struct account *));
	mem_free(t->row);
	t->row = row;
	t->room = room;
	return true;
}

static int key_order(const WCHAR *a, size_t a_n, const WCHAR *b, size_t b_n)
{
	if (a_n != b_n)
		return a_n < b_n ? -1 : 1;
	return memcmp(a, b, a_n * sizeof(WCHAR));
}

/* The row with this key, or the one before which it belongs. */
static size_t place_of(const struct accounts *t, const WCHAR *key, size_t key_n, bool *found)
{
	size_t low = 0, high = t->count;

	*found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct account *a = t->row[middle];
		int order = key_order(key, key_n, a->key, a->key_n);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct account *accounts_find(const struct accounts *t, const WCHAR *key, size_t key_n)
{
	bool found;
	size_t i = place_of(t, key, key_n, &found);
	return found ? t->row[i] : NULL;
}

/* ---- names ---- */

bool account_name_is_fine(const char *name, bool may_be_empty)
{
	size_t n = strnlen(name, 4 * ACCOUNT_NAME_MAX + 1);

	if (n == 0 || n > 4 * ACCOUNT_NAME_MAX)
		return n == 0 && may_be_empty;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)name[i] < 0x20 || name[i] == 0x7F || name[i] == '\\' || name[i] == '/')
			return false;
	return utf16_need(name, n) <= ACCOUNT_NAME_MAX;
}

size_t account_key(const WCHAR *domain, size_t domain_n, const WCHAR *user, size_t user_n,
		   WCHAR key[ACCOUNT_KEY_MAX])
{
	if (user_n == 0 || user_n > ACCOUNT_NAME_MAX || domain_n > ACCOUNT_NAME_MAX ||
	    !utf16_is_valid(user, user_n) || !utf16_is_valid(domain, domain_n))
		return 0;
	if (domain_n)
		memcpy(key, domain, domain_n * sizeof(WCHAR));
	key[domain_n] = 0;
	memcpy(key + domain_n + 1, user, user_n * sizeof(WCHAR));
	utf16_upper_all(key, domain_n + 1 + user_n);
	return domain_n + 1 + user_n;
}

static bool account_make_key(struct account *a)
{
	CLEANUP(mem_free_p) WCHAR *domain = NULL;
	CLEANUP(mem_free_p) WCHAR *user = NULL;
	WCHAR key[ACCOUNT_KEY_MAX];
	size_t domain_n, user_n;

	if (!utf16_from_utf8(a->domain, strlen(a->domain), &domain, &domain_n) ||
	    !utf16_from_utf8(a->user, strlen(a->user), &user, &user_n))
		return false;
	a->key_n = account_key(domain, domain_n, user, user_n, key);
	a->key = mem_dup(key, a->key_n * sizeof(WCHAR));
	return a->key && a->key_n > 0;
}

static struct account *account_new(const char *domain, const char *user)
{
	CLEANUP(account_free_p) struct account *a = MEM_NEW(struct account);

	if (!a)
		return NULL;
	a->domain = mem_dup_text(domain);
	a->user = mem_dup_text(user);
	a->hash = secret_new(HASH_LEN);
	if (!a->domain || !a->user || !a->hash || !account_make_key(a))
		return NULL;
	return TAKE(a);
}

struct account *accounts_add(struct accounts *t, const char *domain, const char *user)
{
	CLEANUP(account_free_p) struct account *a = account_new(domain, user);
	bool found;

	if (!a || !make_room(t))
		return NULL;
	size_t i = place_of(t, a->key, a->key_n, &found);
	memmove(t->row + i + 1, t->row + i, (t->count - i) * sizeof(struct account *));
	t->count++;
	return t->row[i] = TAKE(a);
}

void accounts_remove(struct accounts *t, struct account *account)
{
	bool found;
	size_t i = place_of(t, account->key, account->key_n, &found);

	if (!found)
		return;
	t->count--;
	memmove(t->row + i, t->row + i + 1, (t->count - i) * sizeof(struct account *));
	account_free(account);
}

/* ---- from text ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex_byte(const char *s, uint8_t *out)
{
	int high = digit(s[0]), low = high < 0 ? -1 : digit(s[1]);
	if (low >= 0)
		*out = (uint8_t)(high << 4 | low);
	return low >= 0;
}

struct field {
	const char *p;
	size_t n;
};

static bool split(const char *line, size_t n, struct field field[FIELDS])
{
	size_t i = 0;
	const char *end = line + n;

	for (const char *colon; i < FIELDS; line = colon + 1) {
		colon = memchr(line, ':', (size_t)(end - line));
		field[i].p = line;
		field[i++].n = (size_t)((colon ? colon : end) - line);
		if (!colon)
			break;
		if (i == FIELDS)
			return false;
	}
	return i == FIELDS;
}

/* A name's escapes undone into `out`; false when they are none or the name is longer than any. */
static bool name_read(struct field f, char out[4 * ACCOUNT_NAME_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < f.n; n++) {
		uint8_t byte = (uint8_t)f.p[i];
		bool escaped = byte == '%';
		if (n == 4 * ACCOUNT_NAME_MAX)
			return false;
		if (escaped && (f.n - i < 3 || !hex_byte(f.p + i + 1, &byte)))
			return false;
		if (byte == 0)
			return false;
		out[n] = (char)byte;
		i += escaped ? 3 : 1;
	}
	out[n] = '\0';
	return true;
}

static bool hash_read(struct field f, uint8_t *out)
{
	bool fine = f.n == 2 * HASH_LEN;
	for (size_t i = 0; fine && i < HASH_LEN; i++)
		fine = hex_byte(f.p + 2 * i, out + i);
	return fine;
}

static bool flag_read(const char *word, size_t n, uint32_t *flags)
{
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (strlen(flag_words[i].word) == n && memcmp(flag_words[i].word, word, n) == 0) {
			bool is_new = !(*flags & flag_words[i].flag);
			*flags |= flag_words[i].flag;
			return is_new;
		}
	return false;
}

static bool flags_read(struct field f, uint32_t *flags)
{
	const char *word = f.p, *end = f.p + f.n;

	*flags = 0;
	while (f.n > 0) {
		const char *comma = memchr(word, ',', (size_t)(end - word));
		if (!flag_read(word, (size_t)((comma ? comma : end) - word), flags))
			return false;
		if (!comma)
			break;
		word = comma + 1;
	}
	return true;
}

static bool time_read(struct field f, int64_t *out)
{
	*out = 0;
	if (f.n > TIME_DIGITS)
		return false;
	for (size_t i = 0; i < f.n; i++) {
		if (f.p[i] < '0' || f.p[i] > '9')
			return false;
		*out = *out * 10 + (f.p[i] - '0');
	}
	return true;
}

/* Reads a line into the table, unsorted. */
static NTSTATUS line_read(struct accounts *t, const char *line, size_t n,
			  struct accounts_fault *fault)
{
	char domain[4 * ACCOUNT_NAME_MAX + 1], user[4 * ACCOUNT_NAME_MAX + 1];
	struct field field[FIELDS];

	fault->reason = "not six fields";
	if (!split(line, n, field))
		return SEC_E_INTERNAL_ERROR;
	fault->reason = "not a name that an account can have";
	if (!name_read(field[DOMAIN], domain) || !account_name_is_fine(domain, true) ||
	    !name_read(field[USER], user) || !account_name_is_fine(user, false))
		return SEC_E_INTERNAL_ERROR;
	CLEANUP(account_free_p) struct account *a = account_new(domain, user);
	if (!a || !make_room(t))
		return STATUS_NO_MEMORY;
	fault->reason = "the hash is not 32 hexadecimal digits";
	if (!hash_read(field[HASH], a->hash->p))
		return SEC_E_INTERNAL_ERROR;
	fault->reason = "a flag that is unknown or there twice";
	if (!flags_read(field[FLAGS], &a->flags))
		return SEC_E_INTERNAL_ERROR;
	fault->reason = "a time is not a number of seconds";
	if (!time_read(field[PASSWORD_SET], &a->password_set) ||
	    !time_read(field[EXPIRES], &a->expires))
		return SEC_E_INTERNAL_ERROR;
	a->line = fault->line;
	t->row[t->count++] = TAKE(a);
	return STATUS_SUCCESS;
}

static int row_order(const void *a, const void *b)
{
	const struct account *x = *(struct account *const *)a, *y = *(struct account *const *)b;
	return key_order(x->key, x->key_n, y->key, y->key_n);
}

/* Sorts the rows; two of one name are a fault. */
static NTSTATUS sort(struct accounts *t, struct accounts_fault *fault)
{
	if (t->count)
		qsort(t->row, t->count, sizeof(struct account *), row_order);
	for (size_t i = 1; i < t->count; i++)
		if (row_order(&t->row[i - 1], &t->row[i]) == 0) {
			unsigned a = t->row[i - 1]->line, b = t->row[i]->line;
			fault->line = a > b ? a : b;
			fault->reason = "this account is there twice";
			return SEC_E_INTERNAL_ERROR;
		}
	return STATUS_SUCCESS;
}

NTSTATUS accounts_parse(const char *text, size_t n, struct accounts **out,
			struct accounts_fault *fault)
{
	const size_t header = sizeof(HEADER) - 1;
	CLEANUP(accounts_free_p) struct accounts *t = accounts_new();
	NTSTATUS status = STATUS_SUCCESS;

	*out = NULL;
	if (!t)
		return STATUS_NO_MEMORY;
	*fault = (struct accounts_fault){ 1, "the first line is not \"opensspi-accounts 1\"" };
	if (n > ACCOUNTS_FILE_MAX || n < header || memcmp(text, HEADER, header) != 0)
		return SEC_E_INTERNAL_ERROR;
	for (size_t at = header; at < n && !failed(status);) {
		const char *end = memchr(text + at, '\n', n - at);
		fault->line++;
		fault->reason = "the last line is not whole";
		if (!end)
			return SEC_E_INTERNAL_ERROR;
		size_t len = (size_t)(end - text) - at;
		status = line_read(t, text + at, len, fault);
		at += len + 1;
	}
	if (!failed(status))
		status = sort(t, fault);
	if (!failed(status))
		*out = TAKE(t);
	return status;
}

/* ---- to text ---- */

static char *put_text(char *p, const char *s)
{
	size_t n = strlen(s);
	memcpy(p, s, n);
	return p + n;
}

static char *put_hex(char *p, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*p++ = digits[bytes[i] >> 4];
		*p++ = digits[bytes[i] & 15];
	}
	return p;
}

static char *put_name(char *p, const char *name)
{
	for (; *name; name++) {
		if (*name == ':')
			p = put_text(p, "%3a");
		else if (*name == '%')
			p = put_text(p, "%25");
		else
			*p++ = *name;
	}
	*p++ = ':';
	return p;
}

static char *put_flags(char *p, uint32_t flags)
{
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++) {
		if (!(flags & flag_words[i].flag))
			continue;
		p = put_text(put_text(p, comma), flag_words[i].word);
		comma = ",";
	}
	*p++ = ':';
	return p;
}

static char *put_time(char *p, int64_t time)
{
	char digits[24] = "";
	if (time > 0)
		snprintf(digits, sizeof(digits), "%" PRId64, time);
	return put_text(p, digits);
}

char *accounts_text(const struct accounts *t, size_t *n)
{
	const size_t rest = 160; /* hash, flags, times and colons of a line */
	size_t room = sizeof(HEADER);

	for (size_t i = 0; i < t->count; i++)
		room += 3 * (strlen(t->row[i]->domain) + strlen(t->row[i]->user)) + rest;
	char *text = mem_alloc(room);
	if (!text)
		return NULL;
	char *p = put_text(text, HEADER);
	for (size_t i = 0; i < t->count; i++) {
		const struct account *a = t->row[i];
		p = put_name(put_name(p, a->domain), a->user);
		p = put_hex(p, a->hash->p, HASH_LEN);
		*p++ = ':';
		p = put_flags(p, a->flags);
		p = put_time(p, a->password_set);
		*p++ = ':';
		p = put_time(p, a->expires);
		*p++ = '\n';
	}
	*n = (size_t)(p - text);
	return text;
}
