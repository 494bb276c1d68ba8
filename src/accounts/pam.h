/* accounts/pam.h - a password that arrived in clear, shown to a PAM service of this machine.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * PAM's modules run in opensspi-pam (pam/check.c), a process of its own that is killed when it takes too long: never
 * in the LSA, and never in a program. What cannot be asked is an error; it lets nobody in. */
#ifndef OPENSSPI_ACCOUNTS_PAM_H
#define OPENSSPI_ACCOUNTS_PAM_H

#define PAM_PASSWORD_MAX 511 /* bytes of UTF-8: what PAM itself takes for an answer */
#define PAM_NAME_MAX 512
#define PAM_QUESTION_MAX 1280 /* both, each with a NUL; less than a socket takes at once */

/* The program's answers, one letter. */
#define PAM_ANSWER_RIGHT 'o'
#define PAM_ANSWER_WRONG 'w'
#define PAM_ANSWER_EXPIRED 'e'
#define PAM_ANSWER_MUST_CHANGE 'm'
#define PAM_ANSWER_PASSWORD_EXPIRED 'p'
#define PAM_ANSWER_RESTRICTED 'r'
#define PAM_ANSWER_UNKNOWN 'u' /* the service is not there, or could not tell */

#endif
