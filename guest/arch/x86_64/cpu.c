#include "cpu.h"

#include "kernel/boot.h"
#include "kernel/lib/log.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "shared/abi/control.h"
#include "shared/abi/hypercall.h"
#include "syscall/syscall.h"

#define AT(type, field, offset)                                                                 \
	_Static_assert(offsetof(type, field) == (offset), #type "." #field " moved: layout.h")
AT(struct cpu_area, tss, CPU_AREA_TSS);
AT(struct cpu_area, tss.rsp, CPU_AREA_RSP0);
AT(struct cpu_area, scratch, CPU_AREA_SCRATCH);
AT(struct arch_regs, vector, REGS_VECTOR);
AT(struct arch_regs, rcx, REGS_RCX);
AT(struct arch_regs, rax, REGS_RAX);
AT(struct arch_regs, rip, REGS_RIP);
AT(struct arch_regs, cs, REGS_CS);
AT(struct arch_regs, rflags, REGS_RFLAGS);
AT(struct kernel_lock, ticket, 0);
AT(struct kernel_lock, serving, 4);
AT(struct thread_info, work, THREAD_WORK);
AT(struct thread_info, cpu, THREAD_CPU);
AT(struct thread_info, unprivileged, THREAD_UNPRIVILEGED);
AT(struct thread_info, leave_by_supervisor, THREAD_UNPRIVILEGED + 1);
AT(struct machine_control, single_count, CONTROL_SINGLE_COUNT);
AT(struct machine_control, run_count, CONTROL_RUN_COUNT);
AT(struct machine_control, words, CONTROL_WORDS_OFFSET);
_Static_assert(HC_APPLIED == HC_NR_APPLIED && HC_PORT == HC_PORT_NR, "layout.h");
_Static_assert(sizeof(struct arch_regs) == REGS_SIZE, "layout.h");
_Static_assert(sizeof(struct arch_regs) - offsetof(struct arch_regs, r9) == SYSCALL_FRAME, "layout.h");
_Static_assert(sizeof(struct arch_regs) - offsetof(struct arch_regs, vector) == TRAP_FRAME, "layout.h");
_Static_assert(sizeof(struct tss) == 0x68, "SDM 8.7");
_Static_assert(sizeof(struct cpu_area) == CPU_AREA_SIZE, "layout.h");
_Static_assert(KERNEL_STACK_SIZE == STACK_SIZE && MAX_CPUS == ARCH_MAX_CPUS && SYSCALL_LIMIT == 1024, "layout.h");

bool supervisor_emulated;

struct table_register {
	u16 limit;
	u64 base;
} __packed;

extern const char idt[];

static void load_tables(struct cpu_area *area)
{
	struct table_register gdtr = {sizeof(area->gdt) - 1, (u64)area->gdt};
	struct table_register idtr = {IDT_ENTRIES * 16 - 1, (u64)idt};

	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("lidt %0" : : "m"(idtr));
	__asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR));
}

/*
 * SYSCALL loads CS from STAR[47:32] and SYSRET from STAR[63:48] + 16. Where the host leaves the program at
 * the entry in user mode the flags must stay the program's; elsewhere the kernel starts with these clear.
 */
static void setup_syscall(struct cpu_area *area)
{
	u64 mask = RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC;

	wrmsr(MSR_STAR, (u64)0x23 << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)(programs_open ? syscall_open : syscall_entry));
	wrmsr(MSR_SFMASK, supervisor_emulated ? 0 : mask);
	wrmsr(MSR_KERNEL_GS_BASE, (u64)area);
}

void code_divert(u8 *at, const void *target)
{
	s32 distance = (s32)((u64)target - (u64)(at + 5));

	at[0] = 0xe9; /* jmp rel32 */
	__builtin_memcpy(at + 1, &distance, sizeof(distance));
}

/* The entries as they stand are for one CPU, no tracing, no virtual time and no debugger. */
static void choose_entries(void)
{
	bool locked = boot_info->cpu_count > 1, general = boot_info->flags & (BOOT_TRACE | BOOT_DETERMINISTIC);

	if (boot_info->flags & BOOT_DEBUGGER) {
		code_divert(trap_common, trap_common_debugged);
		code_divert(leave_full, leave_full_debugged);
		code_divert(syscall_gate, syscall_debugged);
		code_divert(syscall_faulted_gate, syscall_debugged);
		return;
	}
	if (locked)
		code_divert(trap_common, trap_common_locked);
	if (locked || general) {
		code_divert(syscall_gate, general ? syscall_general : syscall_locked);
		code_divert(syscall_faulted_gate, general ? syscall_general : syscall_faulted_locked);
	}
}

void arch_cpu_init(unsigned int cpu)
{
	struct cpu_area *area = &cpu_areas[cpu];

	if (cpu == 0) {
		supervisor_emulated = boot_emulated();
		heavy_allowed = supervisor_emulated && !(boot_info->flags & BOOT_DEBUGGER);
		programs_open_init();
		choose_entries();
	}
	load_tables(area);
	setup_syscall(area);
	if (boot_info->cpu_count > 1)
		apic_enable();
}

void secondary_main(unsigned int cpu)
{
	arch_cpu_init(cpu);
	cpu_secondary_main(cpu);
}

int arch_cpu_start(unsigned int cpu)
{
	struct task *idle = cpu_table[cpu].idle;
	u64 top = (u64)idle->stack + KERNEL_STACK_SIZE;

	task_info(idle)->cpu = cpu;
	task_info(idle)->unprivileged = false;
	cpu_areas[cpu].tss.rsp[0] = top;
	return (int)arch_hypercall(HC_CPU_START, cpu, (u64)secondary_entry, top, 0);
}

DIVERTED void arch_idle(void)
{
	arch_wait_interrupt();
}

void arch_wait_interrupt(void)
{
	/* sti takes effect after hlt: an interrupt cannot slip in between and be slept over */
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

const char *arch_name(void)
{
	return "x86_64";
}

u64 arch_hwcap(void)
{
	u32 a, b, c, d;

	cpuid(1, &a, &b, &c, &d);
	return d;
}

/* Anything mapped will do for a thread control block: the canary is at its offset 0x28. */
void arch_foreign_code_begin(void)
{
	wrmsr(MSR_FS_BASE, (u64)cpu_areas);
}

void arch_foreign_code_end(void)
{
	wrmsr(MSR_FS_BASE, cpu_area_current()->fs_base);
}
