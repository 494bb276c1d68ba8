/* sal.h - the annotation words found in Windows' prototypes; here they say nothing.
 *
 * The old lower-case words (__in, __out ...) are names that libstdc++ uses for its own parameters,
 * so C++ gets them only on request (-DOPENSSPI_OLD_SAL). IN, OUT and OPTIONAL follow the same rule
 * of never touching what is defined already.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_SAL_H
#define OPENSSPI_SAL_H

/* A compiler's own <sal.h> or another portability layer came first: its words stay. */
#ifndef _In_

#define _In_
#define _In_z_
#define _In_opt_
#define _In_opt_z_
#define _Out_
#define _Out_opt_
#define _Out_z_
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_z_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_opt_result_z_
#define _Outptr_result_nullonfailure_
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_opt_z_
#define _Reserved_
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_opt_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Check_return_
#define _Must_inspect_result_
#define _Use_decl_annotations_
#define _Pre_maybenull_
#define _Pre_notnull_
#define _Pre_null_
#define _Pre_valid_
#define _Post_valid_
#define _Post_invalid_
#define _Post_ptr_invalid_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Field_z_
#define _Maybenull_
#define _Notnull_
#define _Null_
#define _Printf_format_string_
#define _Const_
#define _COM_Outptr_
#define _COM_Outptr_opt_
#define _Points_to_data_
#define _Deref_out_
#define _Deref_opt_out_
#define _Notliteral_
#define _Outref_
#define _Result_zeroonfailure_
#define _Result_nullonfailure_

#define _In_reads_(...)
#define _In_reads_z_(...)
#define _In_reads_opt_(...)
#define _In_reads_bytes_(...)
#define _In_reads_bytes_opt_(...)
#define _In_reads_opt_z_(...)
#define _In_range_(...)
#define _Out_writes_(...)
#define _Out_writes_z_(...)
#define _Out_writes_opt_(...)
#define _Out_writes_opt_z_(...)
#define _Out_writes_bytes_(...)
#define _Out_writes_bytes_opt_(...)
#define _Out_writes_to_(...)
#define _Out_writes_to_opt_(...)
#define _Out_writes_bytes_to_(...)
#define _Out_writes_bytes_to_opt_(...)
#define _Out_writes_all_(...)
#define _Out_writes_all_opt_(...)
#define _Out_writes_bytes_all_(...)
#define _Out_range_(...)
#define _Inout_updates_(...)
#define _Inout_updates_opt_(...)
#define _Inout_updates_z_(...)
#define _Inout_updates_opt_z_(...)
#define _Inout_updates_bytes_(...)
#define _Inout_updates_bytes_opt_(...)
#define _Inout_updates_to_(...)
#define _Inout_updates_bytes_to_(...)
#define _Outptr_result_buffer_(...)
#define _Outptr_result_bytebuffer_(...)
#define _Outptr_result_buffer_maybenull_(...)
#define _Outptr_result_bytebuffer_maybenull_(...)
#define _Outptr_opt_result_buffer_(...)
#define _Outptr_opt_result_bytebuffer_(...)
#define _Outptr_opt_result_bytebuffer_maybenull_(...)
#define _Field_size_(...)
#define _Field_size_opt_(...)
#define _Field_size_bytes_(...)
#define _Field_size_bytes_opt_(...)
#define _Field_size_part_(...)
#define _Field_range_(...)
#define _Struct_size_bytes_(...)
#define _When_(...)
#define _At_(...)
#define _At_buffer_(...)
#define _On_failure_(...)
#define _Success_(...)
#define _Return_type_success_(...)
#define _Ret_writes_(...)
#define _Ret_writes_bytes_(...)
#define _Ret_writes_bytes_maybenull_(...)
#define _Ret_range_(...)
#define _Pre_satisfies_(...)
#define _Post_satisfies_(...)
#define _Post_equal_to_(...)
#define _Pre_writable_byte_size_(...)
#define _Post_readable_byte_size_(...)
#define _Post_writable_byte_size_(...)
#define _Deref_out_range_(...)
#define _Deref_in_range_(...)
#define _Analysis_assume_(...)
#define _IRQL_requires_(...)
#define _IRQL_requires_max_(...)
#define _IRQL_requires_min_(...)
#define _IRQL_saves_(...)
#define _Function_class_(...)
#define _Kernel_clear_do_init_(...)
#define _Struct_size_(...)
#define _Requires_lock_held_(...)
#define _Acquires_lock_(...)
#define _Releases_lock_(...)

#endif

#if (!defined(__cplusplus) || defined(OPENSSPI_OLD_SAL)) && !defined(__in)

#define __in
#define __in_z
#define __in_opt
#define __in_z_opt
#define __out
#define __out_opt
#define __out_z
#define __out_z_opt
#define __inout
#define __inout_opt
#define __inout_z
#define __inout_z_opt
#define __reserved
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __deref_opt_out_opt
#define __deref_inout
#define __deref_inout_opt
#define __deref_opt_inout
#define __checkReturn
#define __nullterminated
#define __callback
#define __fallthrough
#define __notnull
#define __maybenull
#define __deref
#define __override
#define __format_string

#define __in_ecount(...)
#define __in_bcount(...)
#define __in_ecount_opt(...)
#define __in_bcount_opt(...)
#define __in_ecount_z(...)
#define __in_ecount_z_opt(...)
#define __out_ecount(...)
#define __out_bcount(...)
#define __out_ecount_opt(...)
#define __out_bcount_opt(...)
#define __out_ecount_z(...)
#define __out_ecount_part(...)
#define __out_bcount_part(...)
#define __out_ecount_part_opt(...)
#define __out_bcount_part_opt(...)
#define __out_ecount_full(...)
#define __out_bcount_full(...)
#define __inout_ecount(...)
#define __inout_bcount(...)
#define __inout_ecount_opt(...)
#define __inout_bcount_opt(...)
#define __inout_ecount_z(...)
#define __deref_out_ecount(...)
#define __deref_out_bcount(...)
#define __deref_out_ecount_opt(...)
#define __deref_out_bcount_opt(...)
#define __deref_opt_out_bcount(...)
#define __deref_opt_out_ecount(...)
#define __field_ecount(...)
#define __field_bcount(...)
#define __field_ecount_opt(...)
#define __field_bcount_opt(...)
#define __success(...)
#define __drv_when(...)
#define __drv_at(...)
#define __drv_strictTypeMatch(...)
#define __struct_bcount(...)

#endif

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#endif
