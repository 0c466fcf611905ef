/*
 * Ways into the kernel and out of it.
 *
 * The kernel runs with interrupts off and finds its task by the stack pointer; GS is the user's throughout. A system call
 * comes in by one of two doors: syscall_entry where the processor obeys SYSCALL, page_fault_stub
 * where a host without hardware virtualisation leaves the program at the entry address in user
 * mode, so that it faults there. Both store the same frame, and with one CPU and no tracing reach
 * the handler within ten instructions: hosts that emulate the supervisor pay for every one.
 */
#include "layout.h"

	.cfi_sections .debug_frame

#define SYSCALL_LIMIT 1024
#define ENOSYS 38

/* Frame pieces, outermost first. After PUSH_ARGUMENTS the stack is SYSCALL_FRAME deep. */
.macro PUSH_ARGUMENTS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r10
	push	%r8
	push	%r9
.endm

.macro POP_ARGUMENTS
	pop	%r9
	pop	%r8
	pop	%r10
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

.macro PUSH_CALLEE_SAVED
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro POP_CALLEE_SAVED
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
.endm

/* From a system call's short frame to a whole one: rax as it is, rcx and r11 as SYSCALL leaves them. */
.macro PUSH_REST
	push	%rax
	pushq	(REGS_RIP - REGS_RAX)(%rsp)
	pushq	(REGS_RFLAGS - REGS_RCX)(%rsp)
	pushq	$-1
	PUSH_CALLEE_SAVED
.endm

/*
 * For debuggers: from here to END_FRAME rsp points at a whole struct arch_regs, and the caller is what it holds. The entries that a
 * debugged kernel takes have it, so that a backtrace goes on into the program.
 */
.macro BEGIN_FRAME
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 0
	.cfi_offset %r15, 0
	.cfi_offset %r14, 8
	.cfi_offset %r13, 16
	.cfi_offset %r12, 24
	.cfi_offset %rbp, 32
	.cfi_offset %rbx, 40
	.cfi_offset %r11, 56
	.cfi_offset %rcx, REGS_RCX
	.cfi_offset %rax, REGS_RAX
	.cfi_offset %r9, 80
	.cfi_offset %r8, 88
	.cfi_offset %r10, 96
	.cfi_offset %rdx, 104
	.cfi_offset %rsi, 112
	.cfi_offset %rdi, 120
	.cfi_offset %rip, REGS_RIP
	.cfi_offset %rsp, REGS_RSP
.endm
.macro END_FRAME
	.cfi_endproc
.endm

/* From here to END_FRAME nothing has called this code. */
.macro BEGIN_OUTERMOST
	.cfi_startproc simple
	.cfi_def_cfa %rsp, 0
	.cfi_undefined %rip
.endm

/* A conditional jump of known length (6 bytes), which code_divert() may turn into an unconditional one. */
.macro JAE_NEAR target
	.byte	0x0f, 0x83
	.long	\target - . - 4
.endm

	.section .head, "ax"
/* rdi = gpa of struct boot_info */
	.globl	kernel_entry
kernel_entry:
	BEGIN_OUTERMOST
	mov	$boot_stack + STACK_SIZE, %rsp
	xor	%ebp, %ebp
	call	kernel_main
	END_FRAME

/* A further CPU: rdi = top of its idle stack, whose thread_info is filled. */
	.globl	secondary_entry
secondary_entry:
	BEGIN_OUTERMOST
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	mov	(THREAD_CPU - STACK_SIZE)(%rdi), %edi
	call	secondary_main
	END_FRAME

	.text
/* The door for processors that obey SYSCALL: rcx = user rip, r11 = user rflags, the user's stack. */
	.balign 16
	.globl	syscall_entry
syscall_entry:
	swapgs
	mov	%rsp, %gs:CPU_AREA_SCRATCH
	mov	%gs:CPU_AREA_RSP0, %rsp
	pushq	$USER_DS
	pushq	%gs:CPU_AREA_SCRATCH
	swapgs
	push	%r11
	pushq	$USER_CS
	push	%rcx
	push	%rax
	PUSH_ARGUMENTS
	cmp	$SYSCALL_LIMIT, %rax
	.globl	syscall_gate
syscall_gate:
	JAE_NEAR syscall_general
	mov	%r10, %rcx
	call	*entry_table(, %rax, 8)
	cmpl	$0, WORK_AT(SYSCALL_FRAME)(%rsp)
	jne	syscall_work
leave_syscall:
	POP_ARGUMENTS
	/* rcx came from SYSCALL and is canonical; a changed frame leaves by leave_full. */
	mov	8(%rsp), %rcx
	mov	24(%rsp), %r11
	mov	32(%rsp), %rsp
	sysretq

/* The other door: a page fault's frame, whose rip is not the program's yet. */
	.balign 16
syscall_faulted:
	mov	%rcx, 8(%rsp)
	mov	%rax, (%rsp)
	PUSH_ARGUMENTS
	cld
	cmp	$SYSCALL_LIMIT, %rax
	.globl	syscall_faulted_gate
syscall_faulted_gate:
	JAE_NEAR syscall_general
	mov	%r10, %rcx
	call	*entry_table(, %rax, 8)
	cmpl	$0, WORK_AT(SYSCALL_FRAME)(%rsp)
	jne	syscall_work
leave_syscall_faulted:
	POP_ARGUMENTS
	add	$8, %rsp
	xor	%ecx, %ecx
	xor	%r11d, %r11d
.Liret_syscall:
	iretq

/*
 * With several CPUs code_divert() sends the gates here, the flags still those of the comparison there. The lock is
 * kernel_lock() and kernel_unlock() (kernel/task/lock.c) without the calls.
 */
.macro LOCKED_CALL leave
	jae	syscall_general
	mov	$1, %ecx
	lock xadd %ecx, kernel_lock_state
	cmp	%ecx, kernel_lock_state + 4
	jne	2f
1:	mov	%r10, %rcx
	call	*entry_table(, %rax, 8)
	cmpl	$0, WORK_AT(SYSCALL_FRAME)(%rsp)
	jne	syscall_work
	incl	kernel_lock_state + 4
	jmp	\leave
2:	mov	%ecx, %edi
	call	kernel_lock_wait
	mov	(%rsp), %r9
	mov	8(%rsp), %r8
	mov	16(%rsp), %r10
	mov	24(%rsp), %rdx
	mov	32(%rsp), %rsi
	mov	40(%rsp), %rdi
	mov	48(%rsp), %rax
	jmp	1b
.endm

	.globl	syscall_locked
syscall_locked:
	LOCKED_CALL leave_syscall

	.globl	syscall_faulted_locked
syscall_faulted_locked:
	LOCKED_CALL leave_syscall_faulted

/* Called through entry_table for handlers that want the whole frame; does not return there. */
	.globl	syscall_full
syscall_full:
	add	$8, %rsp
	PUSH_REST
	mov	%rsp, %rdi
	call	syscall_run_full
	mov	%rax, REGS_RAX(%rsp)
	jmp	leave_full

/* Called through entry_table for heavy handlers; returns there. */
	.globl	syscall_heavy
syscall_heavy:
	lea	8(%rsp), %rdi
	jmp	syscall_run_heavy

/* Tracing, virtual time, or a number out of range. */
	.globl	syscall_general
syscall_general:
	PUSH_REST
	movq	$-ENOSYS, REGS_RAX(%rsp)	/* the number -1 looks like no system call at all */
	cmpl	$1, cpu_count
	jbe	1f
	call	kernel_lock
1:	mov	%rsp, %rdi
	call	syscall_slow
	jmp	leave_full

#ifdef KERNEL_COVERAGE
/*
 * A program under an open root (unprivileged.c) comes here by SYSCALL in user mode, and stays there. RSP0 is the task's stack as long as
 * its program runs, the transit stack while kernel code runs in user mode. IRETQ may stay in user mode too, where it leaves the interrupt
 * flag as it is: on, as it came, unless an interrupt was deferred or the supervisor was gone through. Then, with a frame that was changed
 * and with work to be done before user mode, it is the supervisor that leaves.
 */
	.balign 16
	.globl	syscall_open
syscall_open:
	mov	%rsp, CPU_AREAS + CPU_AREA_SCRATCH
	mov	CPU_AREAS + CPU_AREA_RSP0, %rsp
	pushq	$USER_DS
	pushq	CPU_AREAS + CPU_AREA_SCRATCH
	push	%r11
	pushq	$USER_CS
	push	%rcx
	push	%rax
	PUSH_ARGUMENTS
	PUSH_REST
	cld
	movq	$-ENOSYS, REGS_RAX(%rsp)
	movw	$1, UNPRIVILEGED_AT(REGS_SIZE)(%rsp)	/* leave_by_supervisor = false */
	movq	$transit_stacks + TRANSIT_STACK_SIZE, CPU_AREAS + CPU_AREA_RSP0
	mov	%rsp, %rdi
	call	syscall_slow
	cmpl	$0, WORK_AT(REGS_SIZE)(%rsp)
	jne	1f
	cmpw	$1, UNPRIVILEGED_AT(REGS_SIZE)(%rsp)
	jne	1f
	mov	REGS_RIP(%rsp), %rax
	mov	REGS_RFLAGS(%rsp), %rcx
	cmp	%rax, REGS_RCX(%rsp)
	jne	1f
	cmp	%rcx, (REGS_RCX - 8)(%rsp)
	jne	1f
	bt	$47, %rax
	jc	1f
	lea	REGS_SIZE(%rsp), %rax
	mov	%rax, CPU_AREAS + CPU_AREA_RSP0
	movb	$0, UNPRIVILEGED_AT(REGS_SIZE)(%rsp)
	POP_CALLEE_SAVED
	jmp	leave_trap
1:	mov	$1, %edi
	call	arch_heavy_end
	call	irq_run_deferred
	jmp	leave_full
#endif

/* With a debugger: debugger.c. */
	.globl	syscall_debugged
syscall_debugged:
	PUSH_REST
	BEGIN_FRAME
	movq	$-ENOSYS, REGS_RAX(%rsp)
	cmpl	$1, cpu_count
	jbe	1f
	call	kernel_lock
1:	mov	%rsp, %rdi
	call	syscall_run_debugged
	jmp	leave_full
	END_FRAME

	.globl	leave_full_debugged
leave_full_debugged:
	BEGIN_FRAME
	mov	%rsp, %rdi
	call	leave_debugged
	cmpl	$1, cpu_count
	jbe	1f
	call	kernel_unlock
1:	POP_CALLEE_SAVED
	jmp	leave_trap
	END_FRAME

syscall_work:
	PUSH_REST
	/* fall through */

/* A whole frame at rsp: do what is asked before user mode, then return to it. */
	.globl	leave_full
leave_full:
	cmpl	$0, WORK_AT(REGS_SIZE)(%rsp)
	jne	2f
	cmpl	$1, cpu_count
	ja	3f
1:	POP_CALLEE_SAVED
	jmp	leave_trap
2:	mov	%rsp, %rdi
	call	sched_exit_work
	jmp	leave_full
3:	call	kernel_unlock
	jmp	1b

/* First steps of a new task: its frame lies behind what switch_stacks popped. */
	.globl	thread_start_user
thread_start_user:
	call	sched_finish_switch
	jmp	leave_full

	.globl	thread_start_kernel
thread_start_kernel:
	BEGIN_OUTERMOST
	call	sched_finish_switch
	mov	%rbx, %rdi
	mov	%r12, %rsi
	call	run_kernel_thread
	jmp	leave_full
	END_FRAME

/* void switch_stacks(u64 *save, u64 load) */
	.globl	switch_stacks
switch_stacks:
	PUSH_CALLEE_SAVED
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	POP_CALLEE_SAVED
	ret

/* void unprivileged_enter(u64 cr3, u64 *rsp0, u64 transit_stack): returns in user mode, on the same stack */
	.globl	unprivileged_enter
unprivileged_enter:
	pop	%rax
	mov	%rdx, (%rsi)
	mov	%rdi, %cr3
	mov	%rsp, %rcx
	pushq	$USER_DS
	push	%rcx
	pushq	$2
	pushq	$USER_CS
	push	%rax
	iretq

/* void unprivileged_leave(void): in user mode; returns in supervisor mode, RSP0 and CR3 as they were */
	.globl	unprivileged_leave
unprivileged_leave:
	ud2

/* Exceptions and interrupts, after a stub: a frame of TRAP_FRAME bytes. */
	.balign 16
	.globl	trap_common
trap_common:
	cld
	testb	$3, (REGS_CS - REGS_VECTOR)(%rsp)
	jz	trap_from_kernel
	cmp	$KERNEL_IMAGE, %rsp
	jae	trap_from_unprivileged
	lea	-REGS_VECTOR(%rsp), %rdi
	call	trap_user
	cmpl	$0, WORK_AT(TRAP_FRAME)(%rsp)
	jne	trap_work
leave_trap:
	add	$8, %rsp
	pop	%r11
	pop	%rcx
	pop	%rax
	POP_ARGUMENTS
	add	$8, %rsp
.Liret_trap:
	iretq
trap_work:
	PUSH_CALLEE_SAVED
	jmp	leave_full

/* code_divert() sends trap_common here when there are several CPUs. */
	.globl	trap_common_locked
trap_common_locked:
	cld
	testb	$3, (REGS_CS - REGS_VECTOR)(%rsp)
	jz	trap_from_kernel
	cmp	$KERNEL_IMAGE, %rsp
	jae	trap_from_unprivileged
	lea	-REGS_VECTOR(%rsp), %rdi
	call	trap_user_locked
	test	%eax, %eax
	jz	leave_trap
	cmpl	$0, WORK_AT(TRAP_FRAME)(%rsp)
	jne	trap_work
	incl	kernel_lock_state + 4
	jmp	leave_trap

/* The same with a debugger, for traps from wherever they come. */
	.globl	trap_common_debugged
trap_common_debugged:
	PUSH_CALLEE_SAVED
	BEGIN_FRAME
	cld
	mov	%rsp, %rdi
	testb	$3, REGS_CS(%rsp)
	jz	1f
	call	trap_user_debugged
	test	%eax, %eax
	jnz	leave_full
	jmp	2f
1:	call	trap_kernel_debugged
2:	POP_CALLEE_SAVED
	jmp	leave_trap
	END_FRAME

/*
 * The kernel itself in user mode (unprivileged.c): the only one to arrive on a stack in the image, the transit stack. Either it has had enough of that, or this is a trap in
 * kernel code like any other: its frame goes to the task's stack.
 */
trap_from_unprivileged:
	cmpq	$unprivileged_leave, (REGS_RIP - REGS_VECTOR)(%rsp)
	je	1f
	mov	(REGS_RSP - REGS_VECTOR)(%rsp), %rdi
	and	$-16, %rdi
	sub	$TRAP_FRAME, %rdi
	mov	%rsp, %rsi
	mov	%rdi, %rdx
	mov	$TRAP_FRAME / 8, %ecx
	rep	movsq
	mov	%rdx, %rsp
	jmp	trap_from_kernel
1:	mov	(REGS_RSP - REGS_VECTOR)(%rsp), %rsp
	ret

trap_from_kernel:
	PUSH_CALLEE_SAVED
	mov	%rsp, %rdi
	call	trap_kernel
	POP_CALLEE_SAVED
	jmp	leave_trap

/* Double fault, NMI, machine check: on a stack of their own, with no way back. */
trap_fatal_common:
	PUSH_CALLEE_SAVED
	mov	%rsp, %rdi
	call	trap_fatal

/* IRETQ refused the user's frame (a rip that is no address): the program's own general protection fault. */
iret_fixup:
	pushq	$0
	jmp	VECTOR_STUBS + 13 * VECTOR_STUB_SIZE

	.section .extable, "a"
	.quad	.Liret_syscall, iret_fixup
	.quad	.Liret_trap, iret_fixup
	.text

/* The stubs: vector n at VECTOR_STUBS + n * VECTOR_STUB_SIZE. */
	.section .vectors, "ax"
.macro PUSH_TRAP
	PUSH_ARGUMENTS
	push	%rax
	push	%rcx
	push	%r11
	pushq	$n
.endm
.macro STUB
	.org	n * VECTOR_STUB_SIZE
	.if (n == 14)
	/* A system call through the other door? Exactly this error code (present, user, instruction fetch), there. */
	cmpl	$0x15, (%rsp)
	jne	1f
	cmpq	$syscall_entry, 8(%rsp)
	je	syscall_faulted
1:
	.elseif (n == 8) || ((n >= 10) && (n <= 13)) || (n == 17) || (n == 21)
	.else
	pushq	$-1
	.endif
	PUSH_TRAP
	.if (n == 2) || (n == 8) || (n == 18)
	jmp	trap_fatal_common
	.else
	jmp	trap_common
	.endif
.endm
	.set	n, 0
	.rept	IDT_ENTRIES
	STUB
	.set	n, n + 1
	.endr

	.section .bss
	.balign STACK_SIZE
	.globl	boot_stack
boot_stack:
	.skip	STACK_SIZE
