/* base/cpu.h - code for newer processors beside code for all.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_BASE_CPU_H
#define OPENSSPI_BASE_CPU_H

/* A function marked FOR_NEWER_CPU may only be called when CPU_IS_NEWER(); elsewhere it is never called. */
#if defined(__x86_64__)
#define FOR_NEWER_CPU __attribute__((target("avx,bmi2")))
#define CPU_IS_NEWER() (__builtin_cpu_supports("avx") && __builtin_cpu_supports("bmi2"))
#else
#define FOR_NEWER_CPU
#define CPU_IS_NEWER() 0
#endif

#endif
