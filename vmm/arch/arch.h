/*
 * The VMM's architecture seam: what differs between guests of different processors, once, with its
 * contract. arch/$ARCH.c implements it; nothing else under vmm/ tests for an architecture.
 * memory_walk() of memory.h belongs to it too.
 */
#ifndef MOTE_ARCH_ARCH_H
#define MOTE_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;
struct vcpu;
struct memory;

/* EM_* of the kernel's ELF file. */
uint16_t arch_elf_machine(void);

/* Has this KVM (descriptor of /dev/kvm) what the architecture's code relies on? */
bool arch_kvm_usable(int kvm_fd);
/* Interrupt controller and whatever else the VM needs before its first vCPU. 0 or a negative errno,
 * said. */
int arch_machine_init(struct machine *m);
/* Route interrupt i of KVM (gsi) to device i's vector, for all devices of m. 0 or a negative errno,
 * said. */
int arch_route_irqs(struct machine *m);
/* The number the kernel knows device i's interrupt by (boot_device.vector). */
unsigned int arch_device_vector(unsigned int i);

/* Bytes that boot page tables for [0, map_end) take; a multiple of the page size. */
uint64_t arch_tables_size(uint64_t map_end);
/* Build them at gpa `at` (arch_tables_size() bytes, zero, inside RAM): boot.h says what they map.
 * The root is `at`. */
void arch_build_tables(const struct memory *mem, uint64_t at, uint64_t map_end);

/* Processor features as the guest shall see them. 0 or a negative errno, said. */
int arch_vcpu_init(struct vcpu *v);
/* The processor's features that the guest is shown, as bits: a guest made for some runs wherever all of these are there. */
void arch_features(uint32_t features[8]);
/* Put v at virtual address pc with page tables `root` and arg in the first argument register, as
 * boot.h describes. Takes effect at the next vcpu_run(). 0 or a negative errno. */
int arch_vcpu_set_entry(struct vcpu *v, uint64_t pc, uint64_t root, uint64_t arg);

/*
 * All of a parked vCPU's state that is not memory, as plain bytes: registers, FPU, interrupt controller, pending events.
 * arch_vcpu_load() takes effect at the next vcpu_run(); it may be given to another vCPU of the same index in a new machine
 * (arch_vcpu_init() has passed). counter_shift: how much further the counter is now than when the state was saved, by which
 * an armed timer moves. 0 or a negative errno, said.
 */
enum arch_load {
	ARCH_LOAD_ALL,
	/* v is runnable and what the guest's kernel never changes is as it was: its own word is good for that. */
	ARCH_LOAD_CHANGED,
};
size_t arch_vcpu_state_size(void);
int arch_vcpu_save(struct vcpu *v, void *state);
int arch_vcpu_load(struct vcpu *v, const void *state, uint64_t counter_shift, enum arch_load how);
/* The counter when the state was saved. */
uint64_t arch_vcpu_state_counter(const void *state);
/* The bytes of a saved state that say what the guest is like: without the counter and what else follows the time. */
void arch_vcpu_state_normalise(void *state);
/* Put v at supervisor address pc with page tables `root`, arg in the first argument register, interrupts off, all
 * descriptor tables as in `state`. 0 or a negative errno, said. */
int arch_vcpu_enter_kernel(struct vcpu *v, const void *state, uint64_t pc, uint64_t root, uint64_t arg);
/* Put v, whose state was just loaded and which is about to return to user mode, there: with the registers that the kernel saved at frame
 * (gpa). A frame that is none of a program's changes nothing. */
void arch_vcpu_enter_user(struct vcpu *v, uint64_t frame);
/* Forget all that is cached of the guest's page tables, on a host that does not shadow them: memory may have changed. */
int arch_vcpu_flush(struct vcpu *v);

/* The guest's counter in v now, and its frequency. 0 or a negative errno. */
int arch_counter_read(struct vcpu *v, uint64_t *counter);
/* The same without a call to KVM where it can be known from the host's counter, as long as no guest sets its own. */
int arch_counter_now(struct vcpu *v, uint64_t *counter);
uint64_t arch_counter_hz(struct vcpu *v);

/* Around KVM_RUN of a deterministic machine, in the vCPU's thread: have the guest's programs fault when they read the counter, where
 * the guest's own means do not reach them. Signal handlers that come meanwhile must not read it either. Keeps errno. */
void arch_counter_hide(bool hide);

/* Is this exit of v a hypercall? Then its number and arguments. */
bool arch_hypercall_decode(struct vcpu *v, uint32_t *nr, unsigned long long arg[4]);
void arch_hypercall_answer(struct vcpu *v, int64_t answer);

/* Registers in the order of hc_panic.reg; answers how many. Not async-signal-safe; only v's own
 * thread. */
#define ARCH_MAX_REGS 34
unsigned int arch_registers(struct vcpu *v, unsigned long long reg[ARCH_MAX_REGS]);
const char *arch_register_name(unsigned int i);
unsigned int arch_register_pc(void); /* index of the program counter */
unsigned int arch_register_fp(void); /* index of the frame pointer */
/* The address of v's last page fault, 0 when it cannot be read. */
uint64_t arch_fault_address(struct vcpu *v);
/* Page-table root in use by v, 0 when it cannot be read. */
uint64_t arch_vcpu_root(struct vcpu *v);
/* Was v in user mode at its last exit? */
bool arch_vcpu_in_user(struct vcpu *v);

/* Does KVM here work without the processor's virtualisation, so that supervisor code is emulated? A
 * cheap guess; `mote check` measures. */
bool arch_supervisor_emulated(void);

/*
 * ---- the debugger (debug/): only while v is parked ----
 * A stopped vCPU stands at its own registers or, when v->debug.frame is not 0, at those that the kernel saved of the program that
 * runs on it (shared/abi/debug.h): "its registers" below.
 */
/* The target description for GDB: XML, static. */
const char *arch_debug_description(void);
/* Its registers in the order and format of the description; answers their bytes, 0 when they cannot be read. */
#define ARCH_DEBUG_BYTES 1024
size_t arch_debug_registers(struct vcpu *v, uint8_t buf[ARCH_DEBUG_BYTES]);
/* Change what differs. 0 or a negative errno (-EINVAL: no such state). */
int arch_debug_set_registers(struct vcpu *v, const uint8_t buf[ARCH_DEBUG_BYTES]);
/* Where register n of the description lies among those bytes; false: there is none. */
bool arch_debug_register(unsigned int n, size_t *offset, size_t *size);
/* The registers a debugger wants with every stop, i counting from 0; -1 after the last. */
int arch_debug_stop_register(unsigned int i);
uint64_t arch_debug_pc(const struct vcpu *v);
void arch_debug_set_pc(struct vcpu *v, uint64_t pc);
/* Bytes of the kernel's struct debug_frame_*. */
size_t arch_debug_frame_size(void);

#ifdef __aarch64__
#define ARCH_BREAKPOINT_SIZE 4
#else
#define ARCH_BREAKPOINT_SIZE 1
#endif
/*
 * What stands in place of an instruction to stop there. A program that executes it traps into the kernel, which tells DEBUG_BREAKPOINT;
 * kernel code that does leaves the guest, on every KVM and from its first instruction on.
 */
extern const uint8_t arch_program_breakpoint[ARCH_BREAKPOINT_SIZE];
extern const uint8_t arch_kernel_breakpoint[ARCH_BREAKPOINT_SIZE];

/* Does v stand at a frame of a program's, not of the kernel's own? */
bool arch_debug_in_program(const struct vcpu *v);
/* v stands at a frame of the kernel's own: put it back to where it was trapped, as if it had not been, for a debugger takes what lies
 * below the stack pointer for free. */
void arch_debug_undo_trap(struct vcpu *v);
/* If v stands in a program, or will with its next instruction: have that program stop behind its next one and tell DEBUG_STEP. False:
 * v stays in the kernel, which KVM steps (DEBUG_SINGLE_STEP). */
bool arch_debug_step_program(struct vcpu *v);
/* The program at which v stands is not being stepped (any more). */
void arch_debug_step_over(struct vcpu *v);
/* The same for one that went into the kernel with its frame (gpa) meanwhile. */
void arch_debug_forget_step(const struct memory *mem, uint64_t frame);

enum debug_point_kind { DEBUG_POINT_EXECUTE, DEBUG_POINT_WRITE, DEBUG_POINT_READ, DEBUG_POINT_ACCESS };
/* A hardware breakpoint or watchpoint; len 0: none. */
struct debug_point {
	uint64_t address;
	unsigned int len;
	enum debug_point_kind kind;
};
#define ARCH_DEBUG_POINTS 4 /* where KVM has them: host_has_debug_points() */
/* Can the processor watch that? */
bool arch_debug_point_valid(const struct debug_point *p);

enum debug_mode {
	DEBUG_RUN,
	DEBUG_SINGLE_STEP, /* stop behind the next instruction (of the kernel) */
};
/* Tell KVM; points: the hardware ones. 0 or a negative errno. */
int arch_debug_configure(struct vcpu *v, enum debug_mode mode, const struct debug_point point[ARCH_DEBUG_POINTS]);

enum debug_cause { DEBUG_CAUSE_NONE, DEBUG_CAUSE_BREAKPOINT, DEBUG_CAUSE_STEP, DEBUG_CAUSE_POINT };
/* Why v left the guest, if it may have been for the debugger; *point: which one. When the exit is finished after a breakpoint instruction
 * v's own registers stand behind it. In v's own thread. */
enum debug_cause arch_debug_cause(struct vcpu *v, unsigned int *point);

/*
 * A case as a C program (fuzz/print_c.c): declarations and definitions of raw_call, fork_call, nothing and restorer, as their comment there says; the
 * initialiser of a static ELF file's bytes that does exit(7).
 */
extern const char arch_fuzz_c_calls[], arch_fuzz_c_exit_elf[];

/*
 * The measuring guest of `mote check` (host.c): tiny hand-made code. Fills code into memory and
 * answers where to enter for each probe.
 */
enum arch_probe {
	PROBE_EMPTY,	  /* one exit and back */
	PROBE_SUPERVISOR, /* many register instructions in the supervisor, then an exit */
	PROBE_USER,	  /* the same in user mode, then a trap to the supervisor, then an exit */
	PROBE_TRAP, /* user -> supervisor -> user by an undefined instruction, many times, then an
		       exit */
	PROBE_SYSCALL, /* user -> supervisor -> user by the system-call instruction, many times,
			  then an exit */
	PROBE_STORE, /* in the supervisor, a word to arch_probe_store_address(), then an exit */
	PROBE_COUNT
};
#define PROBE_LOOPS	 1000ull /* in the supervisor */
#define PROBE_USER_LOOPS 1000000ull
#define PROBE_TRIPS	 200ull
#define PROBE_LOOP_INSNS 8 /* register instructions in one loop */
/* Put the guest's code and tables into RAM (at least 2 MiB, zero). 0 or a negative errno. */
int arch_probe_prepare(struct machine *m);
uint64_t arch_probe_store_address(void); /* virtual */
/* Put v at the start of a probe. 0 or a negative errno. */
int arch_probe_enter(struct vcpu *v, enum arch_probe probe);
/* Put a bare vCPU (no interrupt controller) at an instruction, written to the start of memory
 * (guest-physical 0), whose first effect is an exit. 0 or a negative errno. */
int arch_halt_enter(int vcpu_fd, void *memory);

#endif
