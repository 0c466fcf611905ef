/* See executor.h for the contracts. */
	.text
	.globl _start
_start:
	xor %ebp, %ebp
	mov %rsp, %rdi
	and $-16, %rsp
	call executor_main
	hlt

/* rdi: number, rsi: six arguments; rax, rcx, rdi, rsi, rdx, r8..r11 are lost. */
.macro MAKE_CALL
	mov %rdi, %rax
	mov %rsi, %rcx
	mov 0(%rcx), %rdi
	mov 8(%rcx), %rsi
	mov 16(%rcx), %rdx
	mov 24(%rcx), %r10
	mov 32(%rcx), %r8
	mov 40(%rcx), %r9
	syscall
.endm

	.globl executor_call
executor_call:
	MAKE_CALL
	ret

/* The child leaves the parent's stack at once: with shared memory (vfork) it would spoil it. */
	.globl executor_fork
executor_fork:
	push %rbx
	push %rbp
	push %r12
	mov %rdx, %rbx
	mov %rcx, %rbp
	mov %r8, %r12
	MAKE_CALL
	test %rax, %rax
	jz 1f
	pop %r12
	pop %rbp
	pop %rbx
	ret
1:	mov %rbx, %rsp
	mov %r12, %rdi
	mov %rbp, %rax
	xor %ebp, %ebp
	call *%rax
	hlt

	.globl executor_handler
executor_handler:
	ret

	.globl executor_restorer
executor_restorer:
	mov $15, %eax
	syscall
	hlt

/* A whole program for exec: exit(7). */
	.section .rodata
	.balign 8
	.globl executor_exit_elf, executor_exit_elf_end
executor_exit_elf:
	.byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0
	.quad 0
	.short 2, 62
	.long 1
	.quad 0x400078, 64, 0
	.long 0
	.short 64, 56, 1, 0, 0, 0
	.long 1, 5
	.quad 0, 0x400000, 0x400000
	.quad executor_exit_elf_end - executor_exit_elf, executor_exit_elf_end - executor_exit_elf, 4096
	/* mov $60, %eax; mov $7, %edi; syscall; ud2 */
	.byte 0xb8, 60, 0, 0, 0, 0xbf, 7, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b
executor_exit_elf_end:

	.section .note.GNU-stack, "", @progbits
