/*
 * Loads and stores of user memory. A fault here first goes through mm_fault() like the program's own; only when that fails does
 * the exception table send it to the fixup. Addresses are checked by the caller.
 */
	.macro	RECOVER from, to
	.pushsection .extable, "a"
	.quad	\from, \to
	.popsection
	.endm

	.text
	.globl	uaccess_start
uaccess_start:

/* size_t user_copy(void *dst, const void *src, size_t n): bytes not copied */
	.globl	user_copy
user_copy:
	cmp	$8, %rdx
	je	3f
	cmp	$4, %rdx
	je	4f
	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
1:	rep	movsq
	mov	%edx, %ecx
2:	rep	movsb
	mov	%rcx, %rax
	ret
3:	mov	(%rsi), %rax
6:	mov	%rax, (%rdi)
	xor	%eax, %eax
	ret
4:	mov	(%rsi), %eax
5:	mov	%eax, (%rdi)
	xor	%eax, %eax
	ret
.Lcopy_words_left:
	lea	(%rdx, %rcx, 8), %rax
	ret
.Lbytes_left:
	mov	%rcx, %rax
	ret
.Lall_left:
	mov	%rdx, %rax
	ret
	RECOVER	1b, .Lcopy_words_left
	RECOVER	2b, .Lbytes_left
	RECOVER	3b, .Lall_left
	RECOVER	6b, .Lall_left
	RECOVER	4b, .Lall_left
	RECOVER	5b, .Lall_left

/* size_t user_clear(void *dst, size_t n): bytes not cleared */
	.globl	user_clear
user_clear:
	mov	%rsi, %rcx
	mov	%esi, %edx
	shr	$3, %rcx
	and	$7, %edx
	xor	%eax, %eax
1:	rep	stosq
	mov	%edx, %ecx
2:	rep	stosb
	mov	%rcx, %rax
	ret
	RECOVER	1b, .Lcopy_words_left
	RECOVER	2b, .Lbytes_left

/* int user_cmpxchg32(u32 *p, u32 old, u32 new, u32 *seen): 0 or 1 for a fault */
	.globl	user_cmpxchg32
user_cmpxchg32:
	mov	%esi, %eax
1:	lock	cmpxchg %edx, (%rdi)
	mov	%eax, (%rcx)
	xor	%eax, %eax
	ret
	RECOVER	1b, .Lfault

/* int user_load32(const u32 *p, u32 *value): 0 or 1 for a fault */
	.globl	user_load32
user_load32:
1:	mov	(%rdi), %eax
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
.Lfault:
	mov	$1, %eax
	ret
	RECOVER	1b, .Lfault

	.globl	uaccess_end
uaccess_end:
