/* packages/ntlm/prove.c - a password judged by the authority that judges sign-ins.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/utf.h"
#include "packages/ntlm/logon.h"
#include "packages/ntlm/respond.h"

void ntlm_verdict_done(struct ntlm_verdict *v)
{
	const LSA_SECPKG_FUNCTION_TABLE *lsa = ntlm_host()->lsa;
	OPENSSPI_NTLM_LOGON_RESULT *r = &v->result;

	mem_wipe(r->SessionBaseKey, sizeof(r->SessionBaseKey));
	lsa->FreeLsaHeap(r->Domain.Buffer);
	lsa->FreeLsaHeap(r->User.Buffer);
	lsa->FreeLsaHeap(v->sids.pvBuffer);
}

/* What a server of this machine would send in CHALLENGE. */
static void target_info_write(struct wr *w)
{
	OPENSSPI_MACHINE_NAMES names;

	(void)ntlm_host()->extension->MachineNames(&names);
	av_write(w, AV_NB_DOMAIN, ntlm_unicode_bytes(&names.NetbiosDomain));
	av_write(w, AV_NB_COMPUTER, ntlm_unicode_bytes(&names.NetbiosComputer));
	av_write_u64(w, AV_TIMESTAMP, (uint64_t)clock_now());
	av_write_end(w);
}

struct challenges {
	uint8_t server[NTLM_CHALLENGE_LEN], client[NTLM_CHALLENGE_LEN];
};

static NTSTATUS respond(const struct ntlm_credential *who, const struct challenges *c,
			struct ntlm_responses *out)
{
	CLEANUP(wr_done) struct wr info = WR(NTLM_MESSAGE_MAX);
	struct av_pairs pairs;

	target_info_write(&info);
	if (!wr_ok(&info) || !av_read(wr_view(&info), &pairs))
		return fail(STATUS_NO_MEMORY, "proving a password");
	const struct ntlm_question q = { .who = who,
					 .level = NTLM_LEVEL_V2,
					 .server_challenge = c->server,
					 .client_challenge = c->client,
					 .target_info = wr_view(&info),
					 .server = &pairs };
	return ntlm_respond(&q, out);
}

NTSTATUS ntlm_logon_prove(const struct ntlm_credential *who, struct ntlm_verdict *out)
{
	CLEANUP(ntlm_responses_done) struct ntlm_responses r = { .nt = WR(NTLM_MESSAGE_MAX) };
	const OPENSSPI_LSA_EXTENSION *extension = ntlm_host()->extension;
	OPENSSPI_MACHINE_NAMES names;
	struct challenges c;

	NTSTATUS status = random_bytes(&c, sizeof(c));
	if (!failed(status))
		status = respond(who, &c, &r);
	if (failed(status))
		return status;
	(void)extension->MachineNames(&names);
	OPENSSPI_NTLM_LOGON logon = { .Domain = unicode_view(who->domain.p, who->domain.n),
				      .User = unicode_view(who->user.p, who->user.n),
				      .Workstation = names.NetbiosComputer,
				      .NtResponse = r.nt.buf,
				      .NtResponseLength = (ULONG)r.nt.len,
				      .NegotiateFlags = NTLM_EXTENDED_SECURITY | NTLM_UNICODE };
	memcpy(logon.ServerChallenge, c.server, sizeof(logon.ServerChallenge));
	return extension->AuthenticateNtlmSids(&logon, &out->result, &out->sids);
}
