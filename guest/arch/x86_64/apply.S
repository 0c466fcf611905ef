/*
 * machine_control.apply: rdi = the control page. The VMM enters here in place of whatever the machine was doing, to have the
 * stores made by the guest itself: a host that shadows page tables follows only those. The list of singles serves as the stack, so each
 * costs four instructions; a run costs seven and one iteration of a string instruction a word.
 */
#include "layout.h"

	.text
	.globl	arch_apply_stores
arch_apply_stores:
	mov	CONTROL_SINGLE_COUNT(%rdi), %ecx
	mov	CONTROL_RUN_COUNT(%rdi), %edx
	lea	CONTROL_WORDS_OFFSET(%rdi), %rsp
	cld
	jrcxz	2f
1:	pop	%rax
	pop	(%rax)
	dec	%ecx
	jnz	1b
2:	test	%edx, %edx
	jz	4f
3:	pop	%rdi
	pop	%rcx
	mov	%rsp, %rsi
	rep	movsq
	mov	%rsi, %rsp
	dec	%edx
	jnz	3b
4:	mov	$HC_NR_APPLIED, %eax
	out	%eax, $HC_PORT_NR
	jmp	4b
