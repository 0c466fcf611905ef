/*
 * The inside of a machine, for the files of vmm/ that make it up. Users of the library see mote.h
 * alone.
 *
 * Threads: the thread that calls machine_run() runs vCPU 0; a secondary vCPU and its thread come
 * into being when the guest starts it (HC_CPU_START) and stay, parked between runs, until
 * machine_destroy(). A vCPU's fields belong to its thread while it runs, and to whoever holds the
 * machine (vcpu_hold()) while it is parked. Everything in struct machine is fixed before
 * machine_run(), but for what is marked.
 */
#ifndef MOTE_MACHINE_H
#define MOTE_MACHINE_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>

#include "control.h"
#include "debug/debug.h"
#include "devices/device.h"
#include "loader.h"
#include "memory.h"
#include "mote.h"
#include "shared/abi/boot.h"
#include "shared/abi/hypercall.h"
#include "track.h"

/* machine_run()'s answer at the end of a fuzzed program, where it may be continued as after MOTE_READY (share.h). */
#define MOTE_CASE_END 257

struct fuzz_channel; /* share.h */
struct report;	     /* report.h */

struct vcpu {
	struct machine *machine;
	unsigned int index;
	int fd;
	struct kvm_run *run; /* immediate_exit: any thread */
	pthread_t thread;
	atomic_bool live; /* fd, run and thread are valid: may be kicked */
	enum { COUNTER_UNKNOWN, COUNTER_OFFSET, COUNTER_ASK } counter; /* arch_counter_now() */
	uint64_t counter_offset;
	bool unfinished;  /* the last exit (I/O, MMIO) is completed by the next KVM_RUN */
	bool parked;	  /* under run_lock: out of the guest, and staying out */
	bool frozen;	  /* under run_lock: stays out although the machine is not held */
	struct vcpu_debug debug;
};

struct machine {
	int kvm_fd;
	int vm_fd;
	size_t run_size; /* bytes of a vCPU's struct kvm_run mapping */
	struct memory memory;
	unsigned int cpus;
	unsigned int flags; /* enum boot_flag */
	uint64_t seed;	    /* BOOT_DETERMINISTIC */
	struct vcpu vcpu[MOTE_MAX_CPUS];
	pthread_mutex_t start_lock;  /* HC_CPU_START, interrupt routes and the end of the machine */
	bool started[MOTE_MAX_CPUS]; /* under start_lock; has a thread (but 0) */

	/* Whether vCPUs may run: under run_lock, which is also signalled when one parks. */
	pthread_mutex_t run_lock;
	pthread_cond_t run_changed;
	bool running;	   /* between the start and the end of machine_run() */
	unsigned int held; /* vcpu_hold() calls without their vcpu_release() */
	bool closing;	   /* threads shall end */
	atomic_bool stay;  /* read by running vCPUs: leave the guest and look at the above */

	struct mmio_device *device[BOOT_MAX_DEVICES];
	unsigned int device_count;
	atomic_bool irqs_bound; /* set under start_lock */

	struct test_control test;
	struct fuzz_channel *fuzz; /* NULL: nobody fuzzes here */
	/* Gets reports on a broken guest in place of stderr, in the vCPU's thread; NULL: they are printed. */
	void (*on_report)(void *ctx, const struct report *report);
	void *report_ctx;
	struct debugger *debugger; /* NULL but for machine_debug() */
	struct gdb *gdb;

	struct kernel_image kernel;
	uint64_t boot_root; /* gpa of the boot page tables */
	uint64_t control;   /* gpa of struct machine_control */
	uint64_t info;	    /* gpa of struct boot_info */

	/* Snapshots: vmm/snapshot.c. */
	struct track track;
	struct snapshot *image; /* its memory is a private mapping of this one's; NULL: it is its own */
	struct snapshot *base; /* what memory is equal to but for the tracked pages; NULL: nothing yet */
	bool shadowed;	       /* this host follows page tables by trapping the guest's stores (hosts without nested paging) */
	bool resumed;	       /* device state was loaded: devices are to look at their queues */
	char *program;	       /* what it runs, for people; NULL: unknown */
	void *order;	       /* struct hc_order with its strings, for HC_ORDER; NULL: none */
	size_t order_len;
	int order_fd; /* the host's file that goes with it, -1: none */

	atomic_int status;	     /* -1 while running, then the exit status, or MOTE_READY, MOTE_CASE_END */
	enum ready_point ready_why;  /* of the last HC_READY */
	_Atomic(enum mote_end) end;	     /* how the run ended; set once with status */
	uint64_t ready_frame;	     /* gpa: with what the program goes on from there; 0: it does not */
	bool wants_ready;	     /* HC_READY ends machine_run() */
	atomic_bool forced;	     /* ended from outside: waiting for readers of output is over */
	pthread_mutex_t report_lock; /* one report, log text or trace line at a time on stderr */
	uint8_t unknown_told[512]; /* under report_lock: bit n is set when unknown system call n was
				      told */
};

/* ---- vcpu.c ---- */
/* Create vCPU v->index in KVM and map its run structure. 0 or a negative errno. */
int vcpu_create(struct vcpu *v);
void vcpu_destroy(struct vcpu *v);
/* Run v in this thread until the machine's status is set. Parks while the machine is held. */
void vcpu_run(struct vcpu *v);
/*
 * Keep every vCPU out of the guest until vcpu_release(); calls nest. vcpu_hold() only asks: any
 * thread, a vCPU's own too (which then parks when its exit has been handled). vcpu_await_parked()
 * waits until all are parked, so that their registers and guest memory stand still: never called
 * by a vCPU's thread.
 */
void vcpu_hold(struct machine *m);
void vcpu_await_parked(struct machine *m);
void vcpu_release(struct machine *m);
/* Keep v out of the guest although others run (frozen), or no longer. While the machine is held. */
void vcpu_freeze(struct vcpu *v, bool frozen);
/* machine_run()'s frame: let the secondary vCPUs run; stop them all and wait for it. */
void vcpu_start_all(struct machine *m);
void vcpu_stop_all(struct machine *m);
/* Registers that were set for v, parked, become KVM's, and an unfinished exit is finished. */
void vcpu_settle(struct vcpu *v);
/* Run v, parked, until the guest's HC_APPLIED. 0, or -EIO: something else happened. */
int vcpu_apply(struct vcpu *v);
/* The threads of the secondary vCPUs end. */
void vcpu_join_all(struct machine *m);
/* HC_CPU_START: 0, -EINVAL, -EBUSY, or why the vCPU cannot be made. */
int vcpu_start_secondary(struct machine *m, uint64_t cpu, uint64_t entry, uint64_t arg);
/* Install the handler of the signal (SIGUSR1) that kicks use; before the first vcpu_run(). */
void vcpu_prepare_kicks(void);
/* Make every vCPU leave the guest soon. Async-signal-safe. */
void vcpu_kick_all(struct machine *m);

/* ---- machine.c ---- */
/* A status from which machine_run() goes on. */
static inline bool machine_paused(int status)
{
	return status >= MOTE_READY;
}
/* A machine with nothing in it yet; NULL: no memory. machine_destroy() takes it down. */
struct machine *machine_alloc(unsigned int cpus, unsigned int flags);
/* The guest or the kernel has come to its end, or to a ready point: status becomes the exit status unless
 * there is one. Any thread. */
void machine_end(struct machine *m, int status, enum mote_end how);

/* Give KVM the guest's memory with flags KVM_MEM_*. 0 or a negative errno, said. */
int machine_map_memory(struct machine *m, unsigned int flags);

/* ---- snapshot.c ---- */
/* Give back all that m holds for snapshots. */
void machine_forget_snapshots(struct machine *m);

/* ---- hypercall.c ---- */
/* Do hypercall nr and answer as hypercall.h says. HC_EXIT and HC_PANIC stop the machine. */
int64_t hypercall_do(struct vcpu *v, uint32_t nr, const unsigned long long arg[4]);

/* ---- order.c ---- */
/* There is no order any more. */
void order_drop(struct machine *m);
/* HC_ORDER_FILE */
int64_t order_read_file(struct machine *m, uint64_t gpa, uint64_t len, uint64_t offset);

/* ---- fdt.c ---- */
/* Write the device tree that says what boot says into buf (size bytes): its length, or a negative
 * errno
 * (-ENOSPC: does not fit). */
int fdt_build(const struct boot_info *boot, void *buf, size_t size);

/* ---- program_strings.c ---- */
/* Bytes of p's strings, and how many arguments and variables there are. */
size_t program_strings_size(const struct machine_program *p, unsigned int *argc, unsigned int *envc);
/* Lay them out at `at`: path, cwd, argv, envp, each with its NUL. */
void program_strings_put(char *at, const struct machine_program *p);

/* ---- boot.c ---- */
/* Lay out page tables, boot_info, device tree and strings behind the kernel image; answers in
 * *info_gpa where boot_info lies. 0 or a negative errno, said. */
int boot_prepare(struct machine *m, const struct machine_program *program, uint64_t *info_gpa);

#endif
