#include "arch.h"

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "machine.h"
#include "shared/abi/hypercall.h"

#define PAGE	   4096ull
#define LARGE_PAGE (2ull << 20)

/* Page-table entries: SDM volume 3, section 4.5. */
#define PTE_P	     (1ull << 0)
#define PTE_W	     (1ull << 1)
#define PTE_U	     (1ull << 2)
#define PTE_UNCACHED (3ull << 3) /* PCD PWT */
#define PTE_A	     (1ull << 5)
#define PTE_D	     (1ull << 6)
#define PTE_PS	     (1ull << 7)
#define PTE_NX	     (1ull << 63)
#define PTE_ADDR     0x000ffffffffff000ull

#define CR0_BOOT	  0x80010033ull /* PG WP NE ET MP PE */
#define CR4_BOOT	  0x620ull	/* OSXMMEXCPT OSFXSR PAE */
#define EFER_BOOT	  0xd01ull	/* NXE LMA LME SCE */
#define MSR_TSC		  0x10
#define APIC_DEFAULT_BASE 0xfee00000ull
#define APIC_ENABLED	  (1ull << 11)
#define APIC_BSP	  (1ull << 8)

#define SYNCED KVM_SYNC_X86_REGS

uint16_t arch_elf_machine(void)
{
	return EM_X86_64;
}

/* ---- page tables ---- */

/* One level of a walk: the entry for va in the table at gpa, 0 when the table is not in guest
 * memory. */
static uint64_t walk_entry(const struct memory *mem, uint64_t table, uint64_t va,
			   unsigned int shift)
{
	const uint64_t *e = memory_range(mem, table, PAGE);

	return e ? __atomic_load_n(&e[va >> shift & 511], __ATOMIC_RELAXED) : 0;
}

void *memory_walk(const struct memory *mem, uint64_t root, uint64_t va, bool user, bool write,
		  uint64_t *run)
{
	uint64_t need = PTE_P | (user ? PTE_U : 0) | (write ? PTE_W : 0);
	uint64_t entry = root;

	if ((int64_t)(va << 16) >> 16 != (int64_t)va)
		return NULL;
	for (unsigned int shift = 39;; shift -= 9) {
		entry = walk_entry(mem, entry & PTE_ADDR, va, shift);
		if ((entry & need) != need)
			return NULL;
		if (shift == 12 || (shift < 39 && (entry & PTE_PS))) {
			uint64_t size = 1ull << shift;
			uint64_t off = va & (size - 1);
			uint64_t gpa = (entry & PTE_ADDR & ~(size - 1)) + off;

			/* The last large page may reach beyond memory. */
			*run = size - off;
			if (gpa < mem->size && mem->size - gpa < *run)
				*run = mem->size - gpa;
			return (void *)memory_range(mem, gpa, *run);
		}
	}
}

/* Memory ends below the device registers, which lie in the fourth GiB; that one always has a
 * directory. */
#define DEVICE_GIB 3
_Static_assert(BOOT_MMIO_BASE >> 30 == DEVICE_GIB && BOOT_APIC_BASE >> 30 == DEVICE_GIB,
	       "device window");

static uint64_t memory_directories(uint64_t map_end)
{
	uint64_t n = (map_end + (1ull << 30) - 1) >> 30;

	return n < DEVICE_GIB ? n : DEVICE_GIB;
}

/* The root, a directory-pointer table each for the direct map and the kernel window, the window's
 * directory, and a directory for each GiB of memory and for the devices. */
uint64_t arch_tables_size(uint64_t map_end)
{
	return (5 + memory_directories(map_end)) * PAGE;
}

static unsigned int table_index(uint64_t va, unsigned int shift)
{
	return va >> shift & 511;
}

void arch_build_tables(const struct memory *mem, uint64_t at, uint64_t map_end)
{
	uint64_t *t = memory_writable(mem, at, arch_tables_size(map_end));
	uint64_t *root = t, *direct = t + 512, *window = t + 1024, *window_dir = t + 1536,
		 *dir = t + 2048;
	uint64_t n = memory_directories(map_end);
	const uint64_t closed = PTE_P | PTE_W | PTE_A;
	const uint64_t table = closed | PTE_U;
	const uint64_t leaf = table | PTE_D | PTE_PS;

	root[table_index(BOOT_DIRECT_MAP_BASE, 39)] = (at + PAGE) | closed;
	root[table_index(BOOT_KERNEL_BASE, 39)] = (at + 2 * PAGE) | closed;
	window[table_index(BOOT_KERNEL_BASE, 30)] = (at + 3 * PAGE) | table;
	for (unsigned int i = 0; i < 8; i++)
		window_dir[table_index(BOOT_KERNEL_BASE, 21) + i] = (i * LARGE_PAGE) | leaf;
	for (unsigned int i = 0; i < n; i++)
		direct[i] = (at + (4 + i) * PAGE) | table;
	direct[DEVICE_GIB] = (at + (4 + n) * PAGE) | table;
	uint64_t *device_dir = dir + n * 512;

	for (uint64_t pa = 0; pa < map_end; pa += LARGE_PAGE) {
		uint64_t *d = pa >> 30 == DEVICE_GIB ? device_dir : dir + (pa >> 30) * 512;

		d[table_index(pa, 21)] = pa | leaf | PTE_NX;
	}
	device_dir[table_index(BOOT_MMIO_BASE, 21)] = BOOT_MMIO_BASE | leaf | PTE_NX | PTE_UNCACHED;
	device_dir[table_index(BOOT_APIC_BASE, 21)] =
		(BOOT_APIC_BASE & ~(LARGE_PAGE - 1)) | leaf | PTE_NX | PTE_UNCACHED;
}

/* ---- the VM ---- */

/*
 * The processor's identity. CPUID costs 7 us and more where the host is itself a guest, so each
 * leaf is asked once.
 */
struct host_cpu {
	struct kvm_cpuid_entry2 leaf0, leaf1;
	bool virtualises; /* VMX or SVM is there */
};

static void ask_leaf(struct kvm_cpuid_entry2 *e, uint32_t function)
{
	e->function = function;
	__cpuid_count(function, 0, e->eax, e->ebx, e->ecx, e->edx);
}

/* Called first on the main thread, before there are others. */
static const struct host_cpu *host_cpu(void)
{
	static struct host_cpu cpu;
	struct kvm_cpuid_entry2 extended;

	if (cpu.leaf0.eax)
		return &cpu;
	ask_leaf(&cpu.leaf0, 0);
	ask_leaf(&cpu.leaf1, 1);
	cpu.virtualises = cpu.leaf1.ecx & (1u << 5); /* VMX */
	if (cpu.leaf0.ecx != signature_INTEL_ecx) {
		ask_leaf(&extended, 0x80000001);
		cpu.virtualises |= extended.ecx >> 2 & 1; /* SVM */
	}
	return &cpu;
}

bool arch_supervisor_emulated(void)
{
	return !host_cpu()->virtualises;
}

bool arch_kvm_usable(int kvm_fd)
{
	int need = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;

	return (ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & need) == need;
}

/* Of the interrupt controllers only the local APICs are of use; making the older ones costs 0.3 ms.
 */
int arch_machine_init(struct machine *m)
{
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP};

	if (!ioctl(m->vm_fd, KVM_ENABLE_CAP, &split) || !ioctl(m->vm_fd, KVM_CREATE_IRQCHIP, 0))
		return 0;
	mote_error("KVM gives no interrupt controller: %s", strerror(errno));
	return -EIO;
}

unsigned int arch_device_vector(unsigned int i)
{
	return BOOT_DEVICE_VECTOR + i;
}

/* Edge-triggered, fixed delivery, physical destination 0: CPU 0 takes device interrupts (SDM volume
 * 3, 11.11). */
int arch_route_irqs(struct machine *m)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[BOOT_MAX_DEVICES];
	} table = {.head.nr = m->device_count};

	for (unsigned int i = 0; i < m->device_count; i++) {
		table.entry[i].gsi = i;
		table.entry[i].type = KVM_IRQ_ROUTING_MSI;
		table.entry[i].u.msi.address_lo = APIC_DEFAULT_BASE;
		table.entry[i].u.msi.data = arch_device_vector(i);
	}
	if (ioctl(m->vm_fd, KVM_SET_GSI_ROUTING, &table)) {
		mote_error("cannot route interrupts: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

/* ---- vCPU: features ---- */

struct cpuid_table {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entry[24];
};

static struct kvm_cpuid_entry2 *add_leaf(struct cpuid_table *t, struct kvm_cpuid_entry2 leaf)
{
	t->entry[t->head.nent] = leaf;
	return &t->entry[t->head.nent++];
}

static struct kvm_cpuid_entry2 *add_host_leaf(struct cpuid_table *t, uint32_t function)
{
	struct kvm_cpuid_entry2 leaf = {0};

	ask_leaf(&leaf, function);
	return add_leaf(t, leaf);
}

/* One kind of cache hierarchy for all: 32 KiB of data and of instructions, 2 MiB, 16 MiB. Programs
 * tune their copies by it. */
static void add_caches(struct cpuid_table *t)
{
	static const struct kvm_cpuid_entry2 caches[] = {
		{.function = 2, .eax = 0x00feff01, .ebx = 0xf0}, /* "see leaf 4" */
		{.function = 4, .index = 0, .flags = 1, .eax = 0x121, .ebx = 0x01c0003f, .ecx = 63},
		{.function = 4, .index = 1, .flags = 1, .eax = 0x122, .ebx = 0x01c0003f, .ecx = 63},
		{.function = 4,
		 .index = 2,
		 .flags = 1,
		 .eax = 0x143,
		 .ebx = 0x03c0003f,
		 .ecx = 2047},
		{.function = 4,
		 .index = 3,
		 .flags = 1,
		 .eax = 0x163,
		 .ebx = 0x03c0003f,
		 .ecx = 16383},
		{.function = 0x80000005, .ecx = 0x20080140, .edx = 0x20080140},
		{.function = 0x80000006, .ecx = 0x08006140, .edx = 0x00809140},
	};
	_Static_assert(KVM_CPUID_FLAG_SIGNIFCANT_INDEX == 1, "flags of leaf 4");

	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		add_leaf(t, caches[i]);
}

/* MCE MTRR MCA DS ACPI HTT TM */
#define LEAF1_EDX_NEVER (1u << 7 | 1u << 12 | 1u << 14 | 1u << 21 | 1u << 22 | 1u << 28 | 1u << 29)
#define LEAF1_ECX_V2                                                                               \
	(bit_SSE3 | bit_PCLMUL | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 | bit_MOVBE | bit_POPCNT |    \
	 bit_AES | bit_RDRND)
#define LEAF1_ECX_HYPERVISOR   (1u << 31)
#define LEAF1_ECX_TSC_DEADLINE (1u << 24)
#define LEAF7_EBX_ERMS	       (1u << 9)
#define EXTENDED_EDX_BASELINE  (1u << 11 | 1u << 20 | 1u << 29) /* SYSCALL NX LM */
#define LEAF7_EBX_PLAIN                                                                            \
	(bit_BMI | bit_BMI2 | LEAF7_EBX_ERMS | bit_RDSEED | bit_ADX | bit_CLFLUSHOPT | bit_SHA)

/*
 * Processor features. Offered is what user programs can use without the kernel's doing, nothing
 * that needs XSAVE (the kernel saves with fxsave), and nothing that kernel code would have to set
 * up (PCID, x2APIC, SMEP, SMAP, FSGSBASE, protection keys ...). On a host that emulates the
 * supervisor KVM supports the x86-64 baseline alone. The processor's own CPUID is asked, not
 * KVM_GET_SUPPORTED_CPUID: that asks some sixty leaves, 6.7 us each where CPUID itself is
 * intercepted, and every KVM supports what is offered here. (SDM volume 2, CPUID.)
 */
static void build_cpuid(struct cpuid_table *t, unsigned int cpu)
{
	const struct host_cpu *host = host_cpu();
	bool plain = host->virtualises;
	struct kvm_cpuid_entry2 *e = add_leaf(t, host->leaf0);
	bool has_leaf7 = e->eax >= 7;

	e->eax = 0xb;
	e = add_leaf(t, host->leaf1);
	e->ebx = (e->ebx & 0xff00) | cpu << 24 | 1u << 16;
	e->ecx &= bit_CMPXCHG16B | (plain ? LEAF1_ECX_V2 : 0);
	e->ecx |= LEAF1_ECX_HYPERVISOR | LEAF1_ECX_TSC_DEADLINE;
	e->edx &= ~LEAF1_EDX_NEVER;
	add_caches(t);
	if (has_leaf7) {
		e = add_host_leaf(t, 7);
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		e->eax = e->ecx = 0;
		e->ebx &= plain ? LEAF7_EBX_PLAIN : LEAF7_EBX_ERMS;
		e->edx &= 1u << 4; /* fast short rep mov */
	}
	add_leaf(t, (struct kvm_cpuid_entry2){
			    .function = 0xb, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .edx = cpu});
	add_leaf(t, (struct kvm_cpuid_entry2){.function = 0x80000000, .eax = 0x80000008});
	if (!plain) {
		add_leaf(t, (struct kvm_cpuid_entry2){.function = 0x80000001,
						      .ecx = bit_LAHF_LM,
						      .edx = EXTENDED_EDX_BASELINE});
		add_leaf(t, (struct kvm_cpuid_entry2){.function = 0x80000008, .eax = 48 << 8 | 40});
		return;
	}
	add_host_leaf(t, 0x80000001)->ecx &= bit_LAHF_LM | bit_ABM | bit_SSE4a | bit_PRFCHW;
	e = add_host_leaf(t, 0x80000008); /* address widths */
	e->ebx = e->ecx = e->edx = 0;
}

/* Programs that believe CPUID take no random numbers from the processor. */
static void hide_random(struct cpuid_table *t)
{
	for (unsigned int i = 0; i < t->head.nent; i++) {
		if (t->entry[i].function == 1)
			t->entry[i].ecx &= ~bit_RDRND;
		if (t->entry[i].function == 7)
			t->entry[i].ebx &= ~bit_RDSEED;
	}
}

/* The leaves that programs choose their code by. */
void arch_features(uint32_t f[8])
{
	struct cpuid_table t = {0};

	memset(f, 0, 8 * sizeof(*f));
	build_cpuid(&t, 0);
	for (unsigned int i = 0; i < t.head.nent; i++) {
		const struct kvm_cpuid_entry2 *e = &t.entry[i];

		if (e->function == 1) {
			f[0] = e->ecx;
			f[1] = e->edx;
		} else if (e->function == 7) {
			f[2] = e->ebx;
			f[3] = e->edx;
		} else if (e->function == 0x80000001) {
			f[4] = e->ecx;
			f[5] = e->edx;
		}
	}
}

static int set_cpuid(struct vcpu *v)
{
	struct cpuid_table t = {0};

	build_cpuid(&t, v->index);
	if (v->machine->flags & BOOT_DETERMINISTIC)
		hide_random(&t);
	if (!ioctl(v->fd, KVM_SET_CPUID2, &t))
		return 0;
	mote_error("KVM_SET_CPUID2: %s", strerror(errno));
	return -EIO;
}

int arch_vcpu_init(struct vcpu *v)
{
	struct kvm_mp_state runnable = {KVM_MP_STATE_RUNNABLE};
	int err = set_cpuid(v);

	if (!err && v->index && ioctl(v->fd, KVM_SET_MP_STATE, &runnable)) {
		mote_error("KVM_SET_MP_STATE: %s", strerror(errno));
		err = -EIO;
	}
	v->run->kvm_valid_regs = SYNCED;
	return err;
}

/* ---- vCPU: registers ---- */

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){.limit = 0xffffffff,
				    .selector = selector,
				    .type = type,
				    .present = 1,
				    .s = 1,
				    .l = code,
				    .db = !code,
				    .g = 1};
}

static struct kvm_sregs boot_sregs(unsigned int cpu, uint64_t root)
{
	struct kvm_segment code = flat_segment(0x10, 11, true), data = flat_segment(0x18, 3, false);

	return (struct kvm_sregs){
		.cs = code,
		.ds = data,
		.es = data,
		.fs = data,
		.gs = data,
		.ss = data,
		.tr = {.limit = 0x67, .type = 11, .present = 1},
		.ldt = {.unusable = 1},
		.cr0 = CR0_BOOT,
		.cr3 = root,
		.cr4 = CR4_BOOT,
		.efer = EFER_BOOT,
		.apic_base = APIC_DEFAULT_BASE | APIC_ENABLED | (cpu ? 0 : APIC_BSP),
	};
}

int arch_vcpu_set_entry(struct vcpu *v, uint64_t pc, uint64_t root, uint64_t arg)
{
	struct kvm_sync_regs *s = &v->run->s.regs;

	s->regs = (struct kvm_regs){.rip = pc, .rdi = arg, .rflags = 2};
	s->sregs = boot_sregs(v->index, root);
	v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	return 0;
}

/* For a guest whose user mode runs as part of this thread: KVM without hardware virtualisation. Elsewhere the guest's CR4.TSD rules. */
void arch_counter_hide(bool hide)
{
	int err = errno;

	prctl(PR_SET_TSC, hide ? PR_TSC_SIGSEGV : PR_TSC_ENABLE);
	errno = err;
}

int arch_counter_read(struct vcpu *v, uint64_t *counter)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} m = {.head.nmsrs = 1, .entry.index = MSR_TSC};

	if (ioctl(v->fd, KVM_GET_MSRS, &m) != 1)
		return -EIO;
	*counter = m.entry.data;
	return 0;
}

/* The VM's own answer (Linux 5.19) does not load the vCPU. */
uint64_t arch_counter_hz(struct vcpu *v)
{
	int khz = ioctl(v->machine->vm_fd, KVM_GET_TSC_KHZ, 0);

	if (khz <= 0)
		khz = ioctl(v->fd, KVM_GET_TSC_KHZ, 0);

	return khz > 0 ? khz * 1000ull : 0;
}

bool arch_hypercall_decode(struct vcpu *v, uint32_t *nr, unsigned long long arg[4])
{
	const struct kvm_run *run = v->run;
	const struct kvm_regs *r = &run->s.regs.regs;

	if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.port != HC_PORT || run->io.size != 4 || run->io.count != 1)
		return false;
	*nr = (uint32_t)r->rax;
	arg[0] = r->rdi;
	arg[1] = r->rsi;
	arg[2] = r->rdx;
	arg[3] = r->r10;
	return true;
}

void arch_hypercall_answer(struct vcpu *v, int64_t answer)
{
	v->run->s.regs.regs.rax = (uint64_t)answer;
	v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

static const char *const register_names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi",
					     "rbp", "rsp", "r8",  "r9",	 "r10", "r11",
					     "r12", "r13", "r14", "r15", "rip", "rflags"};

unsigned int arch_registers(struct vcpu *v, unsigned long long reg[ARCH_MAX_REGS])
{
	const struct kvm_regs *r = &v->run->s.regs.regs;
	const unsigned long long all[] = {r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi,
					  r->rbp, r->rsp, r->r8,  r->r9,  r->r10, r->r11,
					  r->r12, r->r13, r->r14, r->r15, r->rip, r->rflags};

	memcpy(reg, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

const char *arch_register_name(unsigned int i)
{
	return i < sizeof(register_names) / sizeof(register_names[0]) ? register_names[i] : "?";
}

unsigned int arch_register_pc(void)
{
	return 16;
}

unsigned int arch_register_fp(void)
{
	return 6;
}

uint64_t arch_fault_address(struct vcpu *v)
{
	struct kvm_sregs s;

	return ioctl(v->fd, KVM_GET_SREGS, &s) ? 0 : s.cr2;
}

uint64_t arch_vcpu_root(struct vcpu *v)
{
	struct kvm_sregs s;

	return ioctl(v->fd, KVM_GET_SREGS, &s) ? 0 : s.cr3 & PTE_ADDR;
}

bool arch_vcpu_in_user(struct vcpu *v)
{
	struct kvm_sregs s;

	return !ioctl(v->fd, KVM_GET_SREGS, &s) && (s.cs.selector & 3) == 3;
}

/* ---- the measuring guest of `mote check` ---- */

/*
 * Layout (guest-physical, below 2 MiB): page tables, then a page each of descriptors (GDT, IDT,
 * TSS), code and stack. The supervisor runs it in the kernel window; the code is also mapped for
 * users, at its own address. Each probe ends in the same `out`; the handlers count trips down in
 * r12 and return to the user code behind the trapping instruction.
 */
#define PROBE_TABLES	  0x10000ull
#define PROBE_USER_TABLES 0x20000ull
#define PROBE_DESCRIPTORS 0x30000ull
#define PROBE_CODE	  0x31000ull
#define PROBE_STACK_TOP	  0x33000ull
#define PROBE_GDT	  (PROBE_DESCRIPTORS)
#define PROBE_IDT	  (PROBE_DESCRIPTORS + 0x100)
#define PROBE_TSS	  (PROBE_DESCRIPTORS + 0x400)

static uint64_t probe_kernel_va(uint64_t gpa)
{
	return BOOT_KERNEL_BASE + gpa;
}

#define PROBE_STRING(x)	 PROBE_STRING_(x)
#define PROBE_STRING_(x) #x
/* clang-format off */
__asm__(".pushsection .rodata\n"
	"probe_code:\n"
	"probe_empty: out %eax, $" PROBE_STRING(HC_PORT) "\n"
	"	jmp probe_empty\n"
	"probe_loop: dec %ecx\n"
	"	add %eax, %ebx\n"
	"	xor %edx, %esi\n"
	"	lea 1(%rdi), %rdi\n"
	"	add %ebx, %eax\n"
	"	xor %esi, %edx\n"
	"	test %ecx, %ecx\n"
	"	jnz probe_loop\n"
	"	ud2\n"			/* user mode: the handler ends the probe */
	"probe_supervisor: dec %ecx\n"
	"	add %eax, %ebx\n"
	"	xor %edx, %esi\n"
	"	lea 1(%rdi), %rdi\n"
	"	add %ebx, %eax\n"
	"	xor %esi, %edx\n"
	"	test %ecx, %ecx\n"
	"	jnz probe_supervisor\n"
	"	jmp probe_empty\n"
	"probe_trap: ud2\n"
	"	jmp probe_trap\n"
	"probe_syscall: syscall\n"
	"	jmp probe_syscall\n"
	"probe_store: mov %eax, (%rdi)\n"
	"	jmp probe_empty\n"
	"probe_ud_handler: dec %r12\n"	/* skip the two bytes of ud2 */
	"	jz probe_empty\n"
	"	addq $2, (%rsp)\n"
	"	iretq\n"
	"probe_entry: dec %r12\n"	/* an ordinary system-call entry */
	"	jz probe_empty\n"
	"	sysretq\n"
	"probe_pf_handler: dec %r12\n"	/* where system calls arrive as a fetch fault at LSTAR: hosts.md */
	"	jz probe_empty\n"
	"	add $8, %rsp\n"
	"	mov %rcx, (%rsp)\n"
	"	iretq\n"
	"probe_end:\n"
	".popsection\n");
/* clang-format on */
extern const char probe_code[], probe_empty[], probe_loop[], probe_supervisor[], probe_trap[],
	probe_syscall[], probe_store[], probe_ud_handler[], probe_entry[], probe_pf_handler[], probe_end[];

static uint64_t probe_at(const char *label)
{
	return PROBE_CODE + (uint64_t)(label - probe_code);
}

/* A 64-bit interrupt gate (SDM volume 3, 6.14.1). */
static void set_gate(uint64_t *idt, unsigned int vector, uint64_t handler)
{
	idt[2 * vector] = (handler & 0xffff) | 0x10ull << 16 | 0x8e00ull << 32 |
			  (handler >> 16 & 0xffff) << 48;
	idt[2 * vector + 1] = handler >> 32;
}

/* Kernel code and data, user data and code at Linux's selectors, and the task state. */
static void set_descriptors(const struct memory *mem)
{
	uint64_t *gdt = memory_writable(mem, PROBE_GDT, 0x100), tss = probe_kernel_va(PROBE_TSS);
	uint64_t *idt = memory_writable(mem, PROBE_IDT, 0x300);
	uint64_t rsp0 = probe_kernel_va(PROBE_STACK_TOP);

	gdt[2] = 0x00af9b000000ffff;
	gdt[3] = 0x00cf93000000ffff;
	gdt[5] = 0x00cff3000000ffff;
	gdt[6] = 0x00affb000000ffff;
	gdt[8] = 0x67 | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
	gdt[9] = tss >> 32;
	set_gate(idt, 6, probe_kernel_va(probe_at(probe_ud_handler)));
	set_gate(idt, 14, probe_kernel_va(probe_at(probe_pf_handler)));
	memory_write(mem, PROBE_TSS + 4, &rsp0, sizeof(rsp0));
}

int arch_probe_prepare(struct machine *m)
{
	const struct memory *mem = &m->memory;
	size_t len = (size_t)(probe_end - probe_code);

	if (mem->size < LARGE_PAGE || memory_write(mem, PROBE_CODE, probe_code, len))
		return -EINVAL;
	arch_build_tables(mem, PROBE_TABLES, mem->size);
	uint64_t *root = memory_writable(mem, PROBE_TABLES, PAGE),
		 *t = memory_writable(mem, PROBE_USER_TABLES, 3 * PAGE);
	const uint64_t flags = PTE_P | PTE_U | PTE_A;

	root[0] = PROBE_USER_TABLES | flags;
	t[0] = (PROBE_USER_TABLES + PAGE) | flags;
	t[512] = (PROBE_USER_TABLES + 2 * PAGE) | flags;
	t[1024 + table_index(PROBE_CODE, 12)] = PROBE_CODE | flags;
	set_descriptors(mem);
	return 0;
}

static const struct probe {
	const char *start;
	bool user;
	uint64_t loops, trips;
} probes[PROBE_COUNT] = {
	[PROBE_EMPTY] = {probe_empty, false, 0, 0},
	[PROBE_SUPERVISOR] = {probe_supervisor, false, PROBE_LOOPS, 0},
	[PROBE_USER] = {probe_loop, true, PROBE_USER_LOOPS, 1},
	[PROBE_TRAP] = {probe_trap, true, 0, PROBE_TRIPS},
	[PROBE_SYSCALL] = {probe_syscall, true, 0, PROBE_TRIPS},
	[PROBE_STORE] = {probe_store, false, 0, 0},
};

static int set_syscall_msrs(struct vcpu *v)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[3];
	} m = {.head.nmsrs = 3,
	       .entry = {{.index = 0xc0000081, .data = 0x10ull << 32 | 0x23ull << 48}, /* STAR */
			 {.index = 0xc0000082,
			  .data = probe_kernel_va(probe_at(probe_entry))}, /* LSTAR */
			 {.index = 0xc0000084, .data = 0x200}}};	   /* FMASK */

	return ioctl(v->fd, KVM_SET_MSRS, &m) == 3 ? 0 : -EIO;
}

uint64_t arch_probe_store_address(void)
{
	return probe_kernel_va(PROBE_STACK_TOP - 256);
}

int arch_probe_enter(struct vcpu *v, enum arch_probe which)
{
	const struct probe *p = &probes[which];
	uint64_t pc = probe_at(p->start);
	struct kvm_sregs *s = &v->run->s.regs.sregs;

	arch_vcpu_set_entry(v, p->user ? pc : probe_kernel_va(pc), PROBE_TABLES, 0);
	v->run->s.regs.regs.rcx = p->loops;
	v->run->s.regs.regs.r12 = p->trips;
	v->run->s.regs.regs.rdi = arch_probe_store_address();
	s->gdt = (struct kvm_dtable){probe_kernel_va(PROBE_GDT), 0x4f, {0}};
	s->idt = (struct kvm_dtable){probe_kernel_va(PROBE_IDT), 0x2ff, {0}};
	s->tr.base = probe_kernel_va(PROBE_TSS);
	s->tr.selector = 0x40;
	if (p->user) {
		s->cs = flat_segment(0x33, 11, true);
		s->ss = s->ds = s->es = flat_segment(0x2b, 3, false);
		s->cs.dpl = s->ss.dpl = s->ds.dpl = s->es.dpl = 3;
	}
	return set_syscall_msrs(v);
}

int arch_halt_enter(int vcpu_fd, void *memory)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {.rflags = 2};

	*(unsigned char *)memory = 0xf4; /* hlt, in real mode at 0:0 */
	if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu_fd, KVM_SET_REGS, &regs))
		return -errno;
	return 0;
}
