/* Descriptor tables, complete as they stand in the image. */
#include "layout.h"

/* One block a CPU: GDT, TSS, scratch (struct cpu_area, cpu.h). */
	.section .cpu_areas, "aw"
	.set	cpu, 0
	.rept	ARCH_MAX_CPUS
	.set	tss, CPU_AREAS + cpu * CPU_AREA_SIZE + CPU_AREA_TSS
	.org	cpu * CPU_AREA_SIZE
	.quad	0, 0
	.quad	0x00af9b000000ffff	/* 0x10 kernel code */
	.quad	0x00cf93000000ffff	/* 0x18 kernel data */
	.quad	0x00cffb000000ffff	/* 0x23 32-bit user code */
	.quad	0x00cff3000000ffff	/* 0x2b user data */
	.quad	0x00affb000000ffff	/* 0x33 user code */
	.quad	0
	.word	0x67, tss & 0xffff	/* 0x40 TSS */
	.byte	(tss >> 16) & 0xff, 0x89, 0, (tss >> 24) & 0xff
	.long	0xffffffff, 0
	.org	cpu * CPU_AREA_SIZE + CPU_AREA_TSS
	.long	0
	.quad	boot_stack + STACK_SIZE, 0, 0
	.quad	0
	.quad	ist_stacks + (cpu + 1) * IST_STACK_SIZE
	.quad	0, 0, 0, 0, 0, 0
	.quad	0
	.word	0, 0x68			/* no I/O bitmap */
	.set	cpu, cpu + 1
	.endr
	.org	ARCH_MAX_CPUS * CPU_AREA_SIZE

	.section .rodata
	.balign	16
	.globl	idt
idt:
	.set	n, 0
	.rept	IDT_ENTRIES
	.set	stub, VECTOR_STUBS + n * VECTOR_STUB_SIZE
	.word	stub & 0xffff, KERNEL_CS
	.if (n == 2) || (n == 8) || (n == 18)
	.byte	1, 0x8e			/* on the CPU's own stack */
	.elseif (n == 3) || (n == 4)
	.byte	0, 0xee			/* int3 and into are for programs */
	.else
	.byte	0, 0x8e
	.endif
	.word	(stub >> 16) & 0xffff
	.long	0xffffffff, 0
	.set	n, n + 1
	.endr

	.section .bss
	.balign	16
ist_stacks:
	.skip	ARCH_MAX_CPUS * IST_STACK_SIZE

	.balign	16
	.globl	transit_stacks
transit_stacks:
	.skip	ARCH_MAX_CPUS * TRANSIT_STACK_SIZE
