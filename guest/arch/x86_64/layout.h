/*
 * Numbers shared by assembly and C: selectors, vectors, fixed addresses and structure offsets
 * (asserted in cpu.c).
 */
#ifndef ARCH_X86_64_LAYOUT_H
#define ARCH_X86_64_LAYOUT_H

/* Selectors: the layout of Linux, which hosts without hardware virtualisation ask for. */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER_DS 0x2b
#define USER_CS 0x33
#define TSS_SELECTOR 0x40
#define GDT_ENTRIES 10

/* Interrupt vectors beside the exceptions and the devices' (BOOT_DEVICE_VECTOR). */
#define VECTOR_TIMER 0x20
#define VECTOR_KICK 0x21
#define VECTOR_FLUSH 0x22
#define VECTOR_SPURIOUS 0x2f
#define IDT_ENTRIES 64

/*
 * Fixed addresses in the kernel image: what descriptor tables refer to lies where the assembler can compute
 * the descriptors' scattered bits, so that no boot code has to. kernel.ld asserts them.
 */
#define KERNEL_IMAGE 0xffffffff80000000
#define KERNEL_TEXT 0xffffffff80100000
#define VECTOR_STUBS 0xffffffff80101000
#define VECTOR_STUB_SIZE 64
#define CPU_AREAS 0xffffffff80102000
#define CPU_AREA_SIZE 256
#define CPU_AREA_TSS 0x5c
#define CPU_AREA_RSP0 0x60
#define CPU_AREA_SCRATCH 0xc8
#define ARCH_MAX_CPUS 16
#define IST_STACK_SIZE 4096
#define TRANSIT_STACK_SIZE 512

/* struct arch_regs: the parts from the bottom up (arch_types.h). */
#define REGS_SIZE 176
#define REGS_VECTOR 48
#define REGS_RCX 64
#define REGS_RAX 72
#define REGS_RIP 136
#define REGS_CS 144
#define REGS_RFLAGS 152
#define REGS_RSP 160
/* Stored by every entry: from r9 up by a system call, from the vector up by a trap. */
#define SYSCALL_FRAME 96
#define TRAP_FRAME 128

/* struct machine_control and the hypercall of apply.S. */
#define CONTROL_SINGLE_COUNT 120
#define CONTROL_RUN_COUNT 124
#define CONTROL_WORDS_OFFSET 128
#define HC_NR_APPLIED 15
#define HC_PORT_NR 0xf4

#define STACK_SIZE 16384
/* thread_info.work as seen from a stack pointer `depth` bytes below the top of the stack. */
#define THREAD_WORK 8
#define THREAD_CPU 12
#define THREAD_UNPRIVILEGED 24
#define WORK_AT(depth) ((depth) - STACK_SIZE + THREAD_WORK)
#define UNPRIVILEGED_AT(depth) ((depth) - STACK_SIZE + THREAD_UNPRIVILEGED)

#endif
