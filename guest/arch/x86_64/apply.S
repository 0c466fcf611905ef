/*
 * machine_control.apply: rdi = the control page. The VMM enters here in place of whatever the machine was doing, to have the
 * stores made by the guest itself: a host that shadows page tables follows only those. The list serves as the stack, so an entry costs
 * four instructions.
 */
#include "layout.h"

	.text
	.globl	arch_apply_stores
arch_apply_stores:
	mov	CONTROL_STORE_COUNT(%rdi), %ecx
	lea	CONTROL_STORES_OFFSET(%rdi), %rsp
	jrcxz	2f
1:	pop	%rax
	pop	(%rax)
	dec	%ecx
	jnz	1b
2:	mov	$HC_NR_APPLIED, %eax
	out	%eax, $HC_PORT_NR
	jmp	2b
