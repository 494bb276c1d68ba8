/* security.h - the front door that Windows programs include for SSPI: sspi.h, secext.h, the names.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SECURITY_H
#define OPENSSPI_SECURITY_H

#include "windef.h"

#define NTLMSP_NAME_A "NTLM"
#define NTLMSP_NAME OPENSSPI_WIDE("NTLM")
#ifndef MICROSOFT_KERBEROS_NAME_A
#define MICROSOFT_KERBEROS_NAME_A "Kerberos"
#define MICROSOFT_KERBEROS_NAME_W OPENSSPI_WIDE("Kerberos")
#define MICROSOFT_KERBEROS_NAME MICROSOFT_KERBEROS_NAME_W
#endif
#ifndef NEGOSSP_NAME
#define NEGOSSP_NAME_W OPENSSPI_WIDE("Negotiate")
#define NEGOSSP_NAME_A "Negotiate"
#define NEGOSSP_NAME OPENSSPI_U_AW(NEGOSSP_NAME)
#endif
#define CLOUDAP_NAME_W OPENSSPI_WIDE("CloudAP")
#define CLOUDAP_NAME_A "CloudAP"
#define CLOUDAP_NAME OPENSSPI_U_AW(CLOUDAP_NAME)

#include "sspi.h"
#include "secext.h"

#endif
