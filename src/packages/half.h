/* packages/half.h - what the LSA halves of the built-in packages have alike: their tables, and what they say.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Credentials and contexts begin with a struct counted, and are known outside by a number. */
#ifndef OPENSSPI_PACKAGES_HALF_H
#define OPENSSPI_PACKAGES_HALF_H

#include "base/counted.h"
#include "base/slots.h"
#include "packages/compose.h"

#define HALF_HANDLES_MAX (1u << 20)

struct package_half {
	struct compose_host host; /* from half_open on */
	ULONG id;
	struct slots credentials, contexts;
};

#define HALF_TABLE                                                                                 \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .limit = HALF_HANDLES_MAX,                      \
		.first_free = UINT32_MAX                                                           \
	}

/* `static struct package_half half = HALF_INIT;` */
#define HALF_INIT                                                                                  \
	{                                                                                          \
		.credentials = HALF_TABLE, .contexts = HALF_TABLE                                  \
	}

/* SpInitialize: its tables are held across forks. STATUS_INSUFFICIENT_RESOURCES, and what the host
 * says of a table of extensions that it does not have. */
MUST_CHECK NTSTATUS half_open(struct package_half *half, ULONG_PTR id,
			      const LSA_SECPKG_FUNCTION_TABLE *table);

/* SpShutdown: lets go of all that the tables hold. */
void half_clear(struct package_half *half);

/* The object of that number, held for the caller; NULL for one that is not there. */
static inline MUST_CHECK void *half_find(struct slots *table, LSA_SEC_HANDLE handle)
{
	return slots_find(table, handle, counted_ref);
}

/* Gives an object a number, and the table the caller's hold on it, also when it fails:
 * SEC_E_INSUFFICIENT_MEMORY. */
MUST_CHECK NTSTATUS half_number_take(struct slots *table, void *object, LSA_SEC_HANDLE *out);

/* The number names nothing any more. SEC_E_INVALID_HANDLE when it did not before. */
MUST_CHECK NTSTATUS half_release(struct slots *table, LSA_SEC_HANDLE handle);

/* GetExtendedInformation: the traits, and the mechanism's OBJECT IDENTIFIER in DER when there is one.
 * SEC_E_UNSUPPORTED_FUNCTION for other classes, STATUS_NO_MEMORY. */
MUST_CHECK NTSTATUS half_inform(const struct package_half *half,
				SECPKG_EXTENDED_INFORMATION_CLASS class,
				const OPENSSPI_PACKAGE_TRAITS *traits, struct rd mechanism,
				PSECPKG_EXTENDED_INFORMATION *out);

#endif
