/* tests/unit/test_winbind.c - the winbind module over a libwbclient of our own: what is asked and believed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <ntstatus.h>
#include <wbclient.h>

#include "winbind/authenticate.h"
#include "winbind/status.h"

/* ---- libwbclient, and the host ---- */

static struct {
	bool no_context;
	wbcErr answer;
	struct wbcAuthUserInfo *info;
	uint32_t nt_status; /* 0: no error is given */
	wbcErr details_answer;
	const char *domain;

	struct wbcAuthUserParams asked;
	int contexts, blocks;
} lib;

struct wbcContext *wbcCtxCreate(void)
{
	if (lib.no_context)
		return NULL;
	lib.contexts++;
	return malloc(1);
}

void wbcCtxFree(struct wbcContext *context)
{
	lib.contexts -= context != NULL;
	free(context);
}

void wbcFreeMemory(void *p)
{
	lib.blocks -= p != NULL;
	free(p);
}

static void *block(size_t n)
{
	lib.blocks++;
	return calloc(1, n);
}

wbcErr wbcCtxInterfaceDetails(struct wbcContext *context, struct wbcInterfaceDetails **details)
{
	*details = NULL;
	if (lib.details_answer != WBC_ERR_SUCCESS)
		return lib.details_answer;
	*details = block(sizeof(**details));
	(*details)->netbios_domain = (char *)(uintptr_t)lib.domain;
	(*details)->netbios_name = (char *)(uintptr_t) "SRV";
	return WBC_ERR_SUCCESS;
}

wbcErr wbcCtxAuthenticateUserEx(struct wbcContext *context, const struct wbcAuthUserParams *params,
				struct wbcAuthUserInfo **info, struct wbcAuthErrorInfo **error)
{
	lib.asked = *params;
	if (lib.info) {
		*info = block(sizeof(**info));
		**info = *lib.info;
	}
	if (lib.nt_status) {
		*error = block(sizeof(**error));
		(*error)->nt_status = lib.nt_status;
	}
	return lib.answer;
}

const char *wbcErrorString(wbcErr error)
{
	return "some error";
}

/* Only what the test needs of it. */
int wbcSidToStringBuf(const struct wbcDomainSid *sid, char *text, int room)
{
	if (sid->sid_rev_num == 0xFF) /* has no text */
		return -1;
	int n = snprintf(text, (size_t)room, "S-%u-%u", sid->sid_rev_num, sid->id_auth[5]);
	for (int i = 0; i < sid->num_auths; i++)
		n += snprintf(text + n, (size_t)(room - n), "-%u", sid->sub_auths[i]);
	return n;
}

void part_trace(const char *format, ...)
{
}

/* ---- a good answer, which the tests spoil ---- */

static struct wbcSidWithAttr sids[4];
static struct wbcAuthUserInfo info;

static int begin(void **state)
{
	memset(&lib, 0, sizeof(lib));
	memset(sids, 0, sizeof(sids));
	for (unsigned i = 0; i < ARRAY_LEN(sids); i++) {
		sids[i].sid = (struct wbcDomainSid){ .sid_rev_num = 1,
						     .num_auths = 2,
						     .id_auth = { [5] = 5 } };
		sids[i].sid.sub_auths[0] = 21;
		sids[i].sid.sub_auths[1] = 1000 + i;
		sids[i].attributes = i < 2 ? 0 : 7;
	}
	info = (struct wbcAuthUserInfo){ .account_name = (char *)(uintptr_t) "alice",
					 .domain_name = (char *)(uintptr_t) "LAB",
					 .num_sids = 4,
					 .sids = sids };
	memset(info.user_session_key, 0x11, sizeof(info.user_session_key));
	lib.info = &info;
	lib.domain = "LAB";
	return 0;
}

static int end(void **state)
{
	assert_int_equal(lib.contexts, 0);
	assert_int_equal(lib.blocks, 0);
	return 0;
}

static NTSTATUS ask(struct winbind_answer *out)
{
	static const uint8_t response[] = { 7, 8, 9 };
	const struct winbind_question question = { .domain = "LAB",
						   .user = "alice",
						   .workstation = "PC",
						   .challenge = { 1, 2, 3, 4, 5, 6, 7, 8 },
						   .response = rd_of(response, sizeof(response)) };
	return winbind_authenticate(&question, out);
}

static void assert_refused(NTSTATUS want)
{
	struct winbind_answer a;
	static const struct winbind_answer none;

	assert_int_equal(ask(&a), want);
	assert_memory_equal(&a, &none, sizeof(a));
}

static void refused_by(wbcErr answer, uint32_t nt_status)
{
	lib.info = NULL;
	lib.answer = answer;
	lib.nt_status = nt_status;
}

/* ---- what is asked and answered ---- */

static void a_network_logon_of_users_and_machines_is_asked_for(void **state)
{
	struct winbind_answer a;

	assert_int_equal(ask(&a), STATUS_SUCCESS);
	assert_int_equal(lib.asked.level, WBC_AUTH_USER_LEVEL_RESPONSE);
	assert_int_equal(lib.asked.flags, 0);
	assert_int_equal(lib.asked.parameter_control,
			 WBC_MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT |
				 WBC_MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT);
	assert_string_equal(lib.asked.domain_name, "LAB");
	assert_string_equal(lib.asked.account_name, "alice");
	assert_string_equal(lib.asked.workstation_name, "PC");
	assert_memory_equal(lib.asked.password.response.challenge, "\1\2\3\4\5\6\7\10", 8);
	assert_int_equal(lib.asked.password.response.nt_length, 3);
	assert_int_equal(lib.asked.password.response.lm_length, 0);
	winbind_answer_done(&a);
}

static void who_it_was_is_taken_over(void **state)
{
	struct winbind_answer a;

	assert_int_equal(ask(&a), STATUS_SUCCESS);
	assert_string_equal(a.domain, "LAB");
	assert_string_equal(a.user, "alice");
	assert_int_equal(a.user_session_key[0], 0x11);
	assert_int_equal(a.sid_count, 4);
	assert_string_equal(a.sids[0], "S-1-5-21-1000");
	assert_string_equal(a.sids[3], "S-1-5-21-1003");
	winbind_answer_done(&a);
}

static void groups_that_only_deny_or_are_disabled_are_left_out(void **state)
{
	struct winbind_answer a;

	sids[2].attributes = 0x14;
	sids[3].attributes = 0x03; /* by default and mandatory, but not enabled */
	assert_int_equal(ask(&a), STATUS_SUCCESS);
	assert_int_equal(a.sid_count, 2);
	assert_string_equal(a.sids[1], "S-1-5-21-1001");
	winbind_answer_done(&a);
}

/* ---- what is not believed ---- */

static void a_guest_is_refused(void **state)
{
	info.user_flags = WBC_AUTH_USER_INFO_GUEST;
	assert_refused(STATUS_LOGON_FAILURE);
}

static void an_answer_without_a_session_key_is_none(void **state)
{
	memset(info.user_session_key, 0, sizeof(info.user_session_key));
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

static void an_answer_without_a_name_is_none(void **state)
{
	info.account_name = NULL;
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
	info.account_name = (char *)(uintptr_t) "";
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

static void an_answer_without_sids_or_with_odd_ones_is_none(void **state)
{
	info.num_sids = 0;
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
	info.num_sids = 4097;
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
	info.num_sids = 4;
	sids[3].sid.sid_rev_num = 0xFF;
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

static void success_without_an_answer_is_none(void **state)
{
	lib.info = NULL;
	assert_refused(SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

static void no_error_of_the_library_is_a_success(void **state)
{
	static const struct {
		wbcErr answer;
		NTSTATUS want;
	} rows[] = {
		{ WBC_ERR_WINBIND_NOT_AVAILABLE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ WBC_ERR_NO_MEMORY, STATUS_NO_MEMORY },
		{ WBC_ERR_DOMAIN_NOT_FOUND, STATUS_LOGON_FAILURE },
		{ WBC_ERR_UNKNOWN_USER, STATUS_LOGON_FAILURE },
		{ WBC_ERR_AUTH_ERROR, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ WBC_ERR_UNKNOWN_FAILURE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ WBC_ERR_INVALID_RESPONSE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ WBC_ERR_NSS_ERROR, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ WBC_ERR_NOT_IMPLEMENTED, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		refused_by(rows[i].answer, 0);
		assert_refused(rows[i].want);
	}
	lib.no_context = true;
	assert_refused(STATUS_NO_MEMORY);
}

static void an_answer_beside_an_error_is_not_taken(void **state)
{
	lib.answer = WBC_ERR_AUTH_ERROR;
	lib.nt_status = (uint32_t)STATUS_ACCOUNT_DISABLED;
	assert_refused(STATUS_ACCOUNT_DISABLED);
}

static void the_controllers_refusals_keep_their_meaning(void **state)
{
	static const struct {
		NTSTATUS from, to;
	} rows[] = {
		{ STATUS_WRONG_PASSWORD, STATUS_LOGON_FAILURE },
		{ STATUS_NO_SUCH_USER, STATUS_LOGON_FAILURE },
		{ STATUS_NO_SUCH_DOMAIN, STATUS_LOGON_FAILURE },
		{ STATUS_ACCOUNT_DISABLED, STATUS_ACCOUNT_DISABLED },
		{ STATUS_ACCOUNT_LOCKED_OUT, STATUS_ACCOUNT_LOCKED_OUT },
		{ STATUS_ACCOUNT_EXPIRED, STATUS_ACCOUNT_EXPIRED },
		{ STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_RESTRICTION },
		{ STATUS_PASSWORD_EXPIRED, STATUS_PASSWORD_EXPIRED },
		{ STATUS_PASSWORD_MUST_CHANGE, STATUS_PASSWORD_MUST_CHANGE },
		{ STATUS_INVALID_LOGON_HOURS, STATUS_INVALID_LOGON_HOURS },
		{ STATUS_INVALID_WORKSTATION, STATUS_INVALID_WORKSTATION },
		{ STATUS_TIME_DIFFERENCE_AT_DC, STATUS_TIME_DIFFERENCE_AT_DC },
		{ STATUS_NO_LOGON_SERVERS, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_TRUSTED_RELATIONSHIP_FAILURE, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_ACCESS_DENIED, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_IO_TIMEOUT, SEC_E_NO_AUTHENTICATING_AUTHORITY },
		{ STATUS_UNSUCCESSFUL, SEC_E_NO_AUTHENTICATING_AUTHORITY },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		refused_by(WBC_ERR_AUTH_ERROR, (uint32_t)rows[i].from);
		assert_refused(rows[i].to);
	}
	/* whatever it says, an error is one */
	assert_true(failed(winbind_status(0)));
	assert_true(failed(winbind_status(0x00000103)));
	assert_true(failed(winbind_status(0x12345678)));
}

static void it_is_reachable_when_it_knows_its_domain(void **state)
{
	assert_true(winbind_is_reachable());
	lib.domain = "";
	assert_false(winbind_is_reachable());
	lib.domain = NULL;
	assert_false(winbind_is_reachable());
	lib.details_answer = WBC_ERR_WINBIND_NOT_AVAILABLE;
	assert_false(winbind_is_reachable());
	lib.no_context = true;
	assert_false(winbind_is_reachable());
}

static void it_knows_what_this_machine_is_called(void **state)
{
	assert_true(winbind_is_called("lab", "srv"));
	assert_false(winbind_is_called("LAB", "OTHER"));
	assert_false(winbind_is_called("SRV", "SRV"));
	lib.details_answer = WBC_ERR_WINBIND_NOT_AVAILABLE;
	assert_true(winbind_is_called("LAB", "OTHER"));
}

static void the_primary_group_comes_once(void **state)
{
	struct winbind_answer a;

	sids[3].sid = sids[1].sid;
	assert_int_equal(ask(&a), STATUS_SUCCESS);
	assert_int_equal(a.sid_count, 3);
	assert_string_equal(a.sids[1], "S-1-5-21-1001");
	assert_string_equal(a.sids[2], "S-1-5-21-1002");
	winbind_answer_done(&a);
}

#define ASK(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ASK(a_network_logon_of_users_and_machines_is_asked_for),
		ASK(who_it_was_is_taken_over),
		ASK(groups_that_only_deny_or_are_disabled_are_left_out),
		ASK(a_guest_is_refused),
		ASK(an_answer_without_a_session_key_is_none),
		ASK(an_answer_without_a_name_is_none),
		ASK(an_answer_without_sids_or_with_odd_ones_is_none),
		ASK(success_without_an_answer_is_none),
		ASK(no_error_of_the_library_is_a_success),
		ASK(an_answer_beside_an_error_is_not_taken),
		ASK(the_controllers_refusals_keep_their_meaning),
		ASK(it_knows_what_this_machine_is_called),
		ASK(the_primary_group_comes_once),
		ASK(it_is_reachable_when_it_knows_its_domain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
