/* abi/caller_cxx.cpp - a C++ client of SSPI and CredMan compiles, in A and in W.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string>
#include <vector>

#include <windows.h>
#define SECURITY_WIN32
#include <security.h>
#include <credssp.h>
#include <wincred.h>
#include <ntsecapi.h>

#include <iterator>
#include <sstream>

struct Context {
	CtxtHandle handle;
	PSecurityFunctionTable table = InitSecurityInterface();

	Context() { SecInvalidateHandle(&handle); }
	~Context()
	{
		if (SecIsValidHandle(&handle))
			table->DeleteSecurityContext(&handle);
	}
};

SECURITY_STATUS acquire(CredHandle *out)
{
	SCHANNEL_CRED tls = {};
	SEC_WINNT_AUTH_IDENTITY_EXW id = {};
	CREDSSP_CRED both = { CredsspSubmitBufferBothOld, &tls, &id };
	TimeStamp expiry;

	tls.dwVersion = SCHANNEL_CRED_VERSION;
	id.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
	std::basic_string<WCHAR> package = CREDSSP_NAME;
	return AcquireCredentialsHandleW(nullptr, &package[0], SECPKG_CRED_OUTBOUND, nullptr, &both,
					 nullptr, nullptr, out, &expiry);
}

SECURITY_STATUS step(Context &context, CredHandle *cred, std::vector<unsigned char> &token)
{
	SecBuffer buffer = { static_cast<ULONG>(token.size()), SECBUFFER_TOKEN, token.data() };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &buffer };
	ULONG attributes = 0;

	switch (context.table->AcceptSecurityContext(cred, nullptr, &desc, ASC_REQ_STREAM, 0,
						     &context.handle, &desc, &attributes, nullptr)) {
	case SEC_I_CONTINUE_NEEDED:
	case SEC_E_OK:
		return SEC_E_OK;
	case SEC_E_LOGON_DENIED:
		return SEC_E_LOGON_DENIED;
	default:
		return SEC_E_INTERNAL_ERROR;
	}
}

std::string user_name()
{
	PCREDENTIALA found = nullptr;
	if (!CredReadA("Example_service", CRED_TYPE_GENERIC, 0, &found))
		return std::to_string(GetLastError());
	std::ostringstream text;
	text << found->UserName;
	CredFree(found);
	return text.str();
}
