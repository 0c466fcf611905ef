/*
 * The seam of a port that is not there yet: it compiles, and every function that would have to do
 * something says so and fails.
 */
#include "arch.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "machine.h"

static int missing(const char *what)
{
	mote_error("guests on aarch64 are not supported yet (%s)", what);
	return -ENOSYS;
}

static _Noreturn void unreachable(const char *what)
{
	missing(what);
	abort();
}

uint16_t arch_elf_machine(void)
{
	return EM_AARCH64;
}

bool arch_kvm_usable(int kvm_fd)
{
	(void)kvm_fd;
	missing("KVM");
	return false;
}

int arch_machine_init(struct machine *m)
{
	(void)m;
	return missing("interrupt controller");
}

int arch_route_irqs(struct machine *m)
{
	(void)m;
	return missing("interrupts");
}

unsigned int arch_device_vector(unsigned int i)
{
	(void)i;
	unreachable("interrupts");
}

uint64_t arch_tables_size(uint64_t map_end)
{
	(void)map_end;
	unreachable("page tables");
}

void arch_build_tables(const struct memory *mem, uint64_t at, uint64_t map_end)
{
	(void)mem, (void)at, (void)map_end;
	unreachable("page tables");
}

void *memory_walk(const struct memory *mem, uint64_t root, uint64_t va, bool user, bool write,
		  uint64_t *run)
{
	(void)mem, (void)root, (void)va, (void)user, (void)write, (void)run;
	unreachable("page tables");
}

int arch_vcpu_init(struct vcpu *v)
{
	(void)v;
	return missing("vCPU");
}

int arch_vcpu_set_entry(struct vcpu *v, uint64_t pc, uint64_t root, uint64_t arg)
{
	(void)v, (void)pc, (void)root, (void)arg;
	return missing("vCPU");
}

/* Programs reach the hardware's counter only by the kernel's leave (CNTKCTL_EL1), on every host. */
void arch_counter_hide(bool hide)
{
	(void)hide;
}

int arch_counter_read(struct vcpu *v, uint64_t *counter)
{
	(void)v, (void)counter;
	return missing("counter");
}

uint64_t arch_counter_hz(struct vcpu *v)
{
	(void)v;
	unreachable("counter");
}

bool arch_hypercall_decode(struct vcpu *v, uint32_t *nr, unsigned long long arg[4])
{
	(void)v, (void)nr, (void)arg;
	unreachable("hypercall");
}

void arch_hypercall_answer(struct vcpu *v, int64_t answer)
{
	(void)v, (void)answer;
	unreachable("hypercall");
}

unsigned int arch_registers(struct vcpu *v, unsigned long long reg[ARCH_MAX_REGS])
{
	(void)v, (void)reg;
	unreachable("registers");
}

const char *arch_register_name(unsigned int i)
{
	(void)i;
	unreachable("registers");
}

unsigned int arch_register_pc(void)
{
	unreachable("registers");
}

unsigned int arch_register_fp(void)
{
	unreachable("registers");
}

uint64_t arch_fault_address(struct vcpu *v)
{
	(void)v;
	unreachable("registers");
}

uint64_t arch_vcpu_root(struct vcpu *v)
{
	(void)v;
	unreachable("registers");
}

bool arch_vcpu_in_user(struct vcpu *v)
{
	(void)v;
	unreachable("registers");
}

bool arch_supervisor_emulated(void)
{
	return false;
}

int arch_probe_prepare(struct machine *m)
{
	(void)m;
	return missing("measuring guest");
}

int arch_probe_enter(struct vcpu *v, enum arch_probe probe)
{
	(void)v, (void)probe;
	return missing("measuring guest");
}

uint64_t arch_probe_store_address(void)
{
	unreachable("measuring guest");
}

int arch_halt_enter(int vcpu_fd, void *memory)
{
	(void)vcpu_fd, (void)memory;
	return missing("measuring guest");
}

/* ---- the debugger ---- */

const uint8_t arch_program_breakpoint[ARCH_BREAKPOINT_SIZE] = {0x00, 0x00, 0x20, 0xd4}; /* brk #0 */
const uint8_t arch_kernel_breakpoint[ARCH_BREAKPOINT_SIZE] = {0x00, 0x00, 0x20, 0xd4};

const char *arch_debug_description(void)
{
	unreachable("debugger");
}

size_t arch_debug_registers(struct vcpu *v, uint8_t buf[ARCH_DEBUG_BYTES])
{
	(void)v, (void)buf;
	missing("debugger");
	return 0;
}

int arch_debug_set_registers(struct vcpu *v, const uint8_t buf[ARCH_DEBUG_BYTES])
{
	(void)v, (void)buf;
	return missing("debugger");
}

bool arch_debug_register(unsigned int n, size_t *offset, size_t *size)
{
	(void)n, (void)offset, (void)size;
	return false;
}

int arch_debug_stop_register(unsigned int i)
{
	(void)i;
	return -1;
}

uint64_t arch_debug_pc(const struct vcpu *v)
{
	(void)v;
	unreachable("debugger");
}

void arch_debug_set_pc(struct vcpu *v, uint64_t pc)
{
	(void)v, (void)pc;
	unreachable("debugger");
}

size_t arch_debug_frame_size(void)
{
	unreachable("debugger");
}

bool arch_debug_in_program(const struct vcpu *v)
{
	(void)v;
	unreachable("debugger");
}

void arch_debug_undo_trap(struct vcpu *v)
{
	(void)v;
	unreachable("debugger");
}

bool arch_debug_step_program(struct vcpu *v)
{
	(void)v;
	unreachable("debugger");
}

void arch_debug_step_over(struct vcpu *v)
{
	(void)v;
	unreachable("debugger");
}

void arch_debug_forget_step(const struct memory *mem, uint64_t frame)
{
	(void)mem, (void)frame;
	unreachable("debugger");
}

bool arch_debug_point_valid(const struct debug_point *p)
{
	(void)p;
	return false;
}

int arch_debug_configure(struct vcpu *v, enum debug_mode mode,
			 const struct debug_point point[ARCH_DEBUG_POINTS])
{
	(void)v, (void)mode, (void)point;
	return missing("debugger");
}

enum debug_cause arch_debug_cause(struct vcpu *v, unsigned int *point)
{
	(void)v, (void)point;
	return DEBUG_CAUSE_NONE;
}

/* ---- saved state ---- */

size_t arch_vcpu_state_size(void)
{
	return 8; /* what there is to save comes with the port */
}

int arch_vcpu_save(struct vcpu *v, void *state)
{
	(void)v, (void)state;
	return missing("saving a vCPU");
}

int arch_counter_now(struct vcpu *v, uint64_t *counter)
{
	return arch_counter_read(v, counter);
}

int arch_vcpu_load(struct vcpu *v, const void *state, uint64_t counter_shift, enum arch_load how)
{
	(void)v, (void)state, (void)counter_shift, (void)how;
	return missing("loading a vCPU");
}

uint64_t arch_vcpu_state_counter(const void *state)
{
	(void)state;
	unreachable("saved state");
}

void arch_vcpu_state_normalise(void *state)
{
	(void)state;
	unreachable("saved state");
}

int arch_vcpu_enter_kernel(struct vcpu *v, const void *state, uint64_t pc, uint64_t root,
			    uint64_t arg)
{
	(void)v, (void)state, (void)pc, (void)root, (void)arg;
	return missing("entering a kernel");
}

void arch_vcpu_enter_user(struct vcpu *v, uint64_t frame)
{
	(void)v, (void)frame; /* the kernel finds its way */
}

int arch_vcpu_flush(struct vcpu *v)
{
	(void)v;
	return missing("flushing a vCPU");
}

void arch_features(uint32_t features[8])
{
	for (unsigned int i = 0; i < 8; i++)
		features[i] = 0;
}

/* ---- cases as C programs ---- */
const char arch_fuzz_c_calls[] = "#error \"cases as C programs are not made for aarch64 yet\"\n";
const char arch_fuzz_c_exit_elf[] = "{0}";
