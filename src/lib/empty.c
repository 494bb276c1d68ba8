/* lib/empty.c - the one source of a library that is made of whole folders.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
typedef int opensspi_is_made_of_its_folders;
