/* Inside x86_64: processor state of each CPU, instructions C cannot say, and what the files here share. */
#ifndef ARCH_X86_64_CPU_H
#define ARCH_X86_64_CPU_H

#include "arch/arch.h"
#include "layout.h"

/* Task state segment: SDM volume 3, 8.7 "Task management in 64-bit mode". */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, io_map;
} __packed;

/* One a CPU, at CPU_AREAS, filled by tables.S; KERNEL_GS_BASE points here so that syscall_entry finds its stack. */
struct cpu_area {
	u64 gdt[GDT_ENTRIES];
	u8 pad[CPU_AREA_TSS - GDT_ENTRIES * 8];
	struct tss tss;
	u64 scratch;	       /* syscall_entry: the user's stack pointer for a moment */
	u64 fs_base, gs_base;  /* what the MSRs hold */
	struct task *fpu_owner; /* whose FPU state the registers hold */
	u32 flush_wanted;      /* tlb.c: another CPU waits until this one has flushed */
	bool apic_ready;
} __aligned(CPU_AREA_SIZE);

extern struct cpu_area cpu_areas[ARCH_MAX_CPUS];

static inline struct cpu_area *cpu_area_current(void)
{
	return &cpu_areas[arch_thread_info()->cpu];
}

/* Copy of BOOT_EMULATED_SUPERVISOR: bulk work goes to the VMM. False until arch_cpu_init(0). */
extern bool supervisor_emulated;
/* arch_heavy_begin() may do something. */
extern bool heavy_allowed;
/* Programs run under open roots too: unprivileged.c. */
#ifdef KERNEL_COVERAGE
extern bool programs_open;
void programs_open_init(void);
#else
#define programs_open false
static inline void programs_open_init(void)
{
}
#endif

enum msr {
	MSR_APIC_BASE = 0x1b,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_STAR = 0xc0000081,
	MSR_LSTAR = 0xc0000082,
	MSR_SFMASK = 0xc0000084,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE = 0xc0000101,
	MSR_KERNEL_GS_BASE = 0xc0000102,
};

enum rflags {
	RFLAGS_CF = 1 << 0,
	RFLAGS_FIXED = 1 << 1,
	RFLAGS_PF = 1 << 2,
	RFLAGS_AF = 1 << 4,
	RFLAGS_ZF = 1 << 6,
	RFLAGS_SF = 1 << 7,
	RFLAGS_TF = 1 << 8,
	RFLAGS_IF = 1 << 9,
	RFLAGS_DF = 1 << 10,
	RFLAGS_OF = 1 << 11,
	RFLAGS_IOPL = 3 << 12,
	RFLAGS_NT = 1 << 14,
	RFLAGS_RF = 1 << 16,
	RFLAGS_AC = 1 << 18,
};

static inline void wrmsr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 read_cr2(void)
{
	u64 v;
	__asm__ volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

/* These three name rax, which unprivileged_emulate() relies on. */
static inline u64 read_cr3(void)
{
	u64 v;
	__asm__ volatile("mov %%cr3, %0" : "=a"(v));
	return v;
}

static inline void write_cr3(u64 v)
{
	__asm__ volatile("mov %0, %%cr3" : : "a"(v) : "memory");
}

static inline void invlpg(vaddr va)
{
	__asm__ volatile("invlpg (%0)" : : "a"(va) : "memory");
}

static inline void cpuid(u32 leaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

/* 512 bytes, 16-aligned: x87, MMX and SSE state. */
static inline void fxsave(void *image)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
}

static inline void fxrstor(const void *image)
{
	__asm__ volatile("fxrstor64 (%0)" : : "r"(image) : "memory");
}

/* The FXSAVE image's header: SDM volume 1, 10.5.1. */
struct fx_header {
	u16 control, status;
	u8 tag, reserved;
	u16 opcode;
	u64 ip, dp;
	u32 mxcsr, mxcsr_mask;
};

/* ---- entry.S ---- */
extern char syscall_entry[], syscall_open[], secondary_entry[], thread_start_user[], thread_start_kernel[];
extern u8 syscall_gate[], syscall_faulted_gate[], trap_common[], trap_common_locked[], leave_full[];
extern char syscall_general[], syscall_locked[], syscall_faulted_locked[];
extern char syscall_debugged[], trap_common_debugged[], leave_full_debugged[];
void switch_stacks(u64 *save, u64 load);

void unprivileged_enter(u64 cr3, u64 *rsp0, u64 transit_stack);
void unprivileged_leave(void);
extern char transit_stacks[];

/* ---- unprivileged.c ---- */
/* Is this code running in user mode? */
static inline bool in_user_mode(void)
{
	u64 cs;
	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	return (cs & 3) != 0;
}
/* Should bulk work be asked of the VMM here and now? */
static inline bool bulk_by_host(void)
{
	return supervisor_emulated && !in_user_mode();
}
/* Carry out the privileged instruction at which the kernel was stopped in user mode; false: it is none that is known. */
bool unprivileged_emulate(struct arch_regs *r);
/* From prev's mode to next's: RSP0 and, where the modes differ, CR3. In supervisor mode. */
void unprivileged_switch(struct task *prev, struct task *next);
/* The boot tables' open root. */
u64 boot_open_root(void);
/* What CR3 shall hold for pt (NULL: the boot tables) in the current task's mode. */
u64 pgtable_cr3(const struct arch_pgtable *pt);
void run_kernel_thread(void (*fn)(void *), void *arg);

/* ---- trap.c: called by entry.S ---- */
void trap_user(struct arch_regs *r);
/* With several CPUs: true when it took the kernel lock, which is the caller's to drop. */
int trap_user_locked(struct arch_regs *r);
void trap_kernel(struct arch_regs *r);
_Noreturn void trap_fatal(struct arch_regs *r);
_Noreturn void secondary_main(unsigned int cpu);

/* ---- debugger.c: called by entry.S with BOOT_DEBUGGER. r is whole ---- */
/* As trap_user_locked(). */
int trap_user_debugged(struct arch_regs *r);
void trap_kernel_debugged(struct arch_regs *r);
void syscall_run_debugged(struct arch_regs *r);
/* The last C code before user mode. */
void leave_debugged(struct arch_regs *r);

/* ---- irq.c ---- */
void irq_dispatch(struct arch_regs *r);
/* With programs_open an interrupt may meet the kernel in a system call: it is remembered, and interrupts are off until the supervisor,
 * on its way to the program, runs what was. */
void irq_defer(struct arch_regs *r);
void irq_run_deferred(void);
extern void (*irq_timer)(void); /* timer_interrupt() at first */

/* ---- panic.c: the context a panic is about, instead of the caller's ---- */
void panic_set_regs(const struct arch_regs *r);

/* ---- cpu.c ---- */
/* Make the code at `at` (5 bytes are written) jump to `target` from now on. Before any other CPU or program runs. */
void code_divert(u8 *at, const void *target);
/* A function that may be diverted: its callers know nothing of its inside. (Nor does clang of what might be replaced.) */
#ifdef __clang__
#define DIVERTED __attribute__((noinline, weak, aligned(16)))
#else
#define DIVERTED __attribute__((noipa, aligned(16)))
#endif

/* ---- virtual.c ---- */
/* A program's general protection fault: carry out the read of the counter that it was; false: it was none, or is none of ours. */
bool counter_read_emulate(struct arch_regs *r);

/* ---- clock.c ---- */
u64 counter_from_ns(u64 ns); /* arch_counter() value at or just after ns */
u64 counter_ticks(u64 ns);   /* how far the counter goes in ns */

/* ---- apic.c ---- */
void apic_enable(void); /* this CPU's; once */
void apic_eoi(void);
void apic_send(unsigned int cpu, unsigned int vector);

/* ---- tlb.c ---- */
void tlb_flush_requested(void); /* serve another CPU's request on this one */

/* ---- fpu.c ---- */
void fpu_switch(struct task *prev, struct task *next);
void fpu_init(struct task *t);
/* The current task's live state into a 16-aligned image, and back; -EINVAL for an image that FXRSTOR would not take. */
void fpu_save_current(void *image);
int fpu_restore_current(const void *image);
/* The current task starts afresh: initial state in its image and in the registers. */
void fpu_reset_current(void);
void fpu_forget(struct task *t);
/* si_code of a floating-point exception of the current task (#MF, or #XM when simd). */
int fpu_exception_code(bool simd);

/* ---- uaccess.S ---- */
size_t user_copy(void *dst, const void *src, size_t n);
size_t user_clear(void *dst, size_t n);
int user_cmpxchg32(u32 *p, u32 old, u32 new, u32 *seen);
int user_load32(const u32 *p, u32 *value);

#endif
