/*
 * A machine under a debugger: which vCPUs stand and why, breakpoints, memory as the debugger sees
 * it, the kernel's tasks. gdb.h is one way to talk to it.
 *
 * Threads: one debugger thread calls what is not marked otherwise; "hooks" are called by the thread
 * of the vCPU. While the machine stands (debug_stand(), or after a stop was collected) all vCPUs
 * are parked and everything about them is the debugger thread's.
 */
#ifndef MOTE_DEBUG_H
#define MOTE_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/arch/arch.h"

struct machine;
struct vcpu;
struct debugger;
struct snapshot;

enum debug_stop {
	DEBUG_STOP_NONE = 0,
	DEBUG_STOP_BREAKPOINT, /* a software breakpoint of ours; the program counter is at it */
	DEBUG_STOP_ELSEWHERE,  /* one that is another program's: debug_collect() keeps it to itself
				*/
	DEBUG_STOP_STEP,
	DEBUG_STOP_POINT,   /* a hardware breakpoint or watchpoint */
	DEBUG_STOP_SIGNAL,  /* a program met a breakpoint or step of its own: SIGTRAP unless the
			       debugger takes it */
	DEBUG_STOP_BROKEN,  /* the kernel panicked or broke; reported; the machine ends when it goes
			       on */
	DEBUG_STOP_ASKED,   /* the debugger wanted it */
	DEBUG_STOP_FAULTED, /* debug_fault() has its answer */
};

/* A vCPU's part: its thread's while it runs, then the debugger thread's. */
struct vcpu_debug {
	uint64_t frame; /* gpa of the registers of the program that stands in HC_DEBUG_TRAP, 0: the
			   vCPU stands at its own */
	enum debug_stop stop;
	unsigned int point; /* of DEBUG_STOP_POINT */
	enum { STEP_NONE, STEP_KVM, STEP_PROGRAM } step;
	uint64_t step_frame; /* STEP_PROGRAM: the frame of that program, which names it; 0: not
				known */
	uint64_t root;	     /* cache of arch_vcpu_root(), 0: to be asked */
	bool own_trap; /* it stands at a trap that is the program's own unless the debugger takes it
			*/
};

/* ---- stand.c, and the hooks in stop.c ---- */
/* Put m under a debugger, before its first instruction: it stands. Answers NULL after saying why.
 */
struct debugger *debug_create(struct machine *m);
void debug_destroy(struct machine *m);
/* Readable after a vCPU has stopped (eventfd). */
int debug_event_fd(const struct machine *m);

/* Hooks: v left the guest; true: for the debugger. */
bool debug_exit(struct vcpu *v);
/* HC_DEBUG_TRAP. */
int64_t debug_trap(struct vcpu *v, const unsigned long long arg[4]);
/* v's kernel is broken and that was reported. True: the machine stands, and will end later. */
bool debug_broken(struct vcpu *v);
/* A secondary vCPU was made. */
void debug_vcpu_made(struct vcpu *v);

/* With nobody attached breakpoints are out and all traps are the guest's. */
void debug_attach(struct machine *m);
void debug_detach(struct machine *m); /* the machine goes on */
/* Make the machine stand now. */
void debug_stand(struct machine *m);
/* After debug_event_fd() became readable, or when the debugger asked for a stop: the machine
 * stands. The vCPU that stopped, debug.stop says why; NULL when it was nothing for the user and the
 * machine goes on already. */
struct vcpu *debug_collect(struct machine *m, bool asked);

enum debug_go { DEBUG_STAY, DEBUG_CONTINUE, DEBUG_STEP_ONE };
struct debug_action {
	enum debug_go go;
	bool signal; /* the trap it stands at is the program's */
};
/* Let vCPUs go on, each as action[index] says. When another one had stopped too, that is collected
 * next. */
void debug_resume(struct machine *m, const struct debug_action action[]);
/* A vCPU that goes alone has not come to an end: let the others run along. */
void debug_let_others_run(struct machine *m);
/* Has one of those stopped meanwhile? It waits for the first; debug_collect() ends that, with the
 * first where it then is: should it have been stepping, it meets what it stood at again. */
bool debug_others_wait(struct machine *m);
/* Have the kernel bring in a page of the program at which v stands, for reading or writing. 0,
 * -EAGAIN: v does not stand where the kernel can do that; or the kernel's answer. */
int debug_fault(struct vcpu *v, uint64_t address, bool write);
/* machine_snapshot() of the machine as it stands, without breakpoints; frame[cpus] is what
 * debug_reset() needs. */
int debug_snapshot(struct machine *m, struct snapshot **out, uint64_t frame[]);
/* machine_reset() to that: breakpoints stay, the machine stands, broken or not before. */
int debug_reset(struct machine *m, struct snapshot *s, const uint64_t frame[]);

/* ---- breakpoint.c ---- */
/*
 * A breakpoint in user addresses belongs to the program whose executable has the name
 * debug_program(): it is put into every address space that runs it, now or later.
 */
/* 0, -EFAULT: nothing is mapped there, -ENOSPC. In memory that the program may write, it is of v's
 * address space alone. */
int debug_insert(struct vcpu *v, uint64_t address);
/* 0, -ENOENT. */
int debug_remove(struct machine *m, uint64_t address);
void debug_remove_all(struct machine *m);
/* 0, -ENOTSUP: this KVM has no such thing, -ENOSPC, -EINVAL. Effective at the next debug_resume().
 */
int debug_insert_point(struct machine *m, const struct debug_point *p);
int debug_remove_point(struct machine *m, const struct debug_point *p);
/* Point i of DEBUG_STOP_POINT. */
const struct debug_point *debug_point_number(const struct machine *m, unsigned int i);
/* The program whose breakpoints those in user addresses are: NULL until it is known (the first that
 * runs). */
const char *debug_program(const struct machine *m);
/* 0 or -EINVAL for a name that no executable can have. */
int debug_set_program(struct machine *m, const char *name);
/* Take all breakpoint instructions out of memory / put them in again; replaced: into other memory
 * than before. */
void debug_lift(struct machine *m);
void debug_plant(struct machine *m, bool replaced);

/*
 * A breakpoint is taken out so that one vCPU can go alone over it. When others must run along it is
 * put in again for them, and taken out when the machine stands; when all go, it is forgotten.
 */
void debug_raise_recent(struct machine *m);
void debug_lower_recent(struct machine *m);
void debug_forget_recent(struct machine *m);

/* Inside debug/: under the debugger's lock. */
/* Is there a breakpoint of ours at the virtual address, there in memory under root? */
enum debug_site {
	SITE_NONE,
	SITE_HERE,
	SITE_RECENT,	/* one of debug_raise_recent() */
	SITE_ELSEWHERE, /* another program's in a page that both share */
};
enum debug_site debug_site_at(struct machine *m, uint64_t root, uint64_t address);
/* The program `name` is about to run under root: its breakpoints go where pages have come. */
void debug_plant_in(struct machine *m, uint64_t root, const char *name);
/* Show buf, which was read from gpa, without our breakpoints; note what is being written beneath
 * them. */
void debug_hide(struct machine *m, uint64_t gpa, uint8_t *buf, size_t len);
void debug_write_beneath(struct machine *m, uint64_t gpa, uint8_t *buf, size_t len);

/* ---- memory.c ---- */
/* Its page tables. */
uint64_t debug_root(struct vcpu *v);
/* Memory as v's context has it, breakpoints hidden. Answers the bytes done from the start. A write
 * never goes to a page that the program shares and may not write as it is (fresh zeros, files): the
 * kernel is asked to give it one of its own. */
size_t debug_read(struct vcpu *v, uint64_t address, void *buf, size_t len);
size_t debug_write(struct vcpu *v, uint64_t address, const void *buf, size_t len);
/* Physical memory: 0 or -EFAULT. */
int debug_read_physical(struct machine *m, uint64_t gpa, void *buf, size_t len);

/* ---- kernel.c: the kernel's own structures, read as they stand ---- */
struct debug_task {
	uint64_t at; /* address of struct task */
	int tid, pid, parent;
	char name[32];
	char state;    /* R S D T Z X */
	int cpu;       /* on which it runs, -1 */
	uint64_t mm;   /* 0: none */
	uint64_t root; /* of its page tables */
};
/* Call each(ctx, task) for all tasks until it answers false. 0, -ENOTSUP: this kernel says nothing
 * about itself, -EFAULT: its lists are broken. */
int debug_each_task(struct machine *m, bool (*each)(void *ctx, const struct debug_task *t),
		    void *ctx);
/* The name of an mm's executable; "" when it has none. */
void debug_executable(struct machine *m, uint64_t mm, char *name, size_t size);
struct debug_mapping {
	uint64_t start, end, offset; /* bytes */
	bool read, write, execute, shared;
	char name[512]; /* path, [heap] ..., or "" */
};
int debug_each_mapping(struct machine *m, uint64_t mm,
		       bool (*each)(void *ctx, const struct debug_mapping *p), void *ctx);
/* The task on a CPU: 0 or -ENOENT. */
int debug_task_on(struct machine *m, unsigned int cpu, struct debug_task *t);
/* System calls are (not) reported from now on. 0 or -ENOTSUP. */
int debug_set_trace(struct machine *m, bool on);

#endif
