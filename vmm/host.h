/*
 * What the host offers: KVM itself, and its speed.
 */
#ifndef MOTE_HOST_H
#define MOTE_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* Open /dev/kvm and make a VM: its descriptors and the size of a vCPU's run structure. 0, or a
 * negative errno after one line that says what is missing and what to do about it. */
int host_open_kvm(int *kvm_fd, int *vm_fd, size_t *run_size);

/* Figures of `mote check`, measured in a small guest: medians, in microseconds. */
struct host_floors {
	double create_vm, memslot, vcpu, teardown; /* making and unmaking a machine with 256 MiB */
	double exit_round_trip;			   /* supervisor -> VMM -> supervisor */
	double supervisor_insn;			   /* one register instruction in the supervisor */
	double user_insn;			   /* the same in user mode */
	double trap_round_trip;	   /* user -> supervisor -> user by an undefined instruction */
	double syscall_round_trip; /* the same by a system call */
};
/* 0 or a negative errno, said. */
int host_measure(struct host_floors *f);

/* Does KVM stop a guest at hardware watchpoints? Tried out in a small machine, for KVM takes them where they have no effect too (emulated
 * supervisors and processors). */
bool host_has_debug_points(void);

/* The least any VMM does: open KVM, make a VM, a memslot of 256 MiB and a vCPU, run it to one exit.
 * The process is to end right after. 0 or a negative errno. */
int host_floor_vm(void);

#endif
