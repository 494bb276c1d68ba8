/* lsad/vaults.h - each user's credential set, in lsad's own folders.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_LSAD_VAULTS_H
#define OPENSSPI_LSAD_VAULTS_H

#include "lsa/lsa.h"

/* The user's set, made when it is first asked for and kept; NULL when memory is short. Any thread. The vault
 * is STATE/UID/vault.db, its key file STATE/keys/UID. What does not last is each session's own, in memory. */
lsa_credman_of vaults_of;

/* Deletes what earlier versions kept of sessions in files: STATE/UID/session.db, STATE/keys/UID.session. */
void vaults_sweep(void);

/* Releases them all. */
void vaults_free(void);

#endif
