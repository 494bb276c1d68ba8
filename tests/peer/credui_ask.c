/* tests/peer/credui_ask.c - one prompt of CredUICmdLinePromptForCredentials, for credui.py.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * credui_ask TARGET FLAGS [user=NAME] [save=0|1] [room=N] [wide] [outlive] [confirm=0|1] [domain=NAME]
 * Says how it went on standard output, a line of "name=value" each. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opensspi.h>
#include <wincred.h>

#define ROOM 2048

struct options {
	const char *target, *user, *domain;
	DWORD flags;
	BOOL save, has_save, wide;
	ULONG room;
	int confirm; /* -1: not */
};

static void outlive(int number)
{
	(void)number;
}

static void read_option(const char *text, struct options *o)
{
	if (strncmp(text, "user=", 5) == 0)
		o->user = text + 5;
	else if (strncmp(text, "save=", 5) == 0)
		o->has_save = TRUE, o->save = text[5] == '1';
	else if (strncmp(text, "room=", 5) == 0)
		o->room = (ULONG)atoi(text + 5);
	else if (strncmp(text, "confirm=", 8) == 0)
		o->confirm = text[8] == '1';
	else if (strncmp(text, "domain=", 7) == 0)
		o->domain = text + 7;
	else if (strcmp(text, "wide") == 0)
		o->wide = TRUE;
	else if (strcmp(text, "outlive") == 0)
		signal(SIGINT, outlive);
}

/* ASCII alone is asked for this way. */
static void widen(const char *from, WCHAR *to)
{
	while ((*to++ = (WCHAR)(unsigned char)*from++))
		;
}

static void narrow(const WCHAR *from, char *to)
{
	while ((*to++ = (char)*from++))
		;
}

static DWORD ask_wide(struct options *o, char *user, char *password)
{
	WCHAR target[ROOM], name[ROOM], secret[ROOM] = { 0 };

	widen(o->target, target);
	widen(user, name);
	DWORD error = CredUICmdLinePromptForCredentialsW(target, NULL, 0, name, o->room, secret,
							 o->room, o->has_save ? &o->save : NULL,
							 o->flags);
	narrow(name, user);
	narrow(secret, password);
	return error;
}

static void say_stored(const char *target)
{
	PCREDENTIALA found = NULL;

	if (!CredReadA(target, CRED_TYPE_GENERIC, 0, &found)) {
		printf("stored=\n");
		return;
	}
	printf("stored=%s\n", found->UserName);
	CredFree(found);
}

/* The server's domain is known from an attempt before. */
static void remember_domain(const struct options *o)
{
	CREDENTIAL_TARGET_INFORMATIONA info = {
		.TargetName = (char *)(size_t)o->target,
		.DnsServerName = (char *)(size_t)o->target,
		.DnsDomainName = (char *)(size_t)o->domain,
	};
	PCREDENTIALA *found;
	DWORD count;

	if (CredReadDomainCredentialsA(&info, CRED_CACHE_TARGET_INFORMATION, &count, &found))
		CredFree(found);
}

/* Every credential's target and user. */
static void say_all(void)
{
	PCREDENTIALA *found = NULL;
	DWORD count = 0;

	printf("all=");
	if (CredEnumerateA(NULL, 0, &count, &found)) {
		for (DWORD i = 0; i < count; i++)
			printf("%s,%s;", found[i]->TargetName, found[i]->UserName);
		CredFree(found);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct options o = { .room = ROOM, .confirm = -1 };
	char user[ROOM] = "", password[ROOM] = "";

	if (argc < 3)
		return 2;
	o.target = argv[1];
	o.flags = (DWORD)strtoul(argv[2], NULL, 0);
	for (int i = 3; i < argc; i++)
		read_option(argv[i], &o);
	if (o.user)
		snprintf(user, sizeof(user), "%s", o.user);
	if (o.domain)
		remember_domain(&o);
	DWORD error = o.wide ? ask_wide(&o, user, password)
			     : CredUICmdLinePromptForCredentialsA(
				       o.target, NULL, 0, user, o.room, password, o.room,
				       o.has_save ? &o.save : NULL, o.flags);
	printf("error=%u\nuser=%s\npassword=%s\nsave=%d\n", (unsigned)error, user, password,
	       o.save);
	say_stored(o.target);
	if (o.confirm >= 0) {
		printf("confirmed=%u\n", (unsigned)CredUIConfirmCredentialsA(o.target, o.confirm));
		printf("again=%u\n", (unsigned)CredUIConfirmCredentialsA(o.target, o.confirm));
		printf("then ");
		say_stored(o.target);
	}
	if (o.domain)
		say_all();
	return 0;
}
