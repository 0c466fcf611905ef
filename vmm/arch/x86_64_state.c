/* Saving and loading a vCPU. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arch.h"
#include "machine.h"

/* The model-specific registers that the guest's kernel sets, or that hold a program's state; those in kvm_sregs are not
 * among them. The deadline comes last: it counts only once the local APIC's timer mode is loaded. */
enum saved_msr { SAVED_TSC, SAVED_STAR, SAVED_LSTAR, SAVED_SFMASK, SAVED_KERNEL_GS, SAVED_DEADLINE, SAVED_MSRS };
static const uint32_t msr_index[SAVED_MSRS] = {
	[SAVED_TSC] = 0x10,	      [SAVED_STAR] = 0xc0000081,      [SAVED_LSTAR] = 0xc0000082,
	[SAVED_SFMASK] = 0xc0000084,  [SAVED_KERNEL_GS] = 0xc0000102, [SAVED_DEADLINE] = 0x6e0,
};

struct vcpu_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_vcpu_events events;
	struct kvm_fpu fpu;
	struct kvm_lapic_state lapic;
	struct kvm_debugregs debug;
	struct kvm_mp_state mp;
	uint32_t pad;
	uint64_t msr[SAVED_MSRS];
};

struct msr_list {
	struct kvm_msrs head;
	struct kvm_msr_entry entry[SAVED_MSRS];
};

size_t arch_vcpu_state_size(void)
{
	return sizeof(struct vcpu_state);
}

static int failed(const char *what)
{
	int err = -errno;

	mote_error("a vCPU's state: %s: %s", what, strerror(-err));
	return err ? err : -EIO;
}

static int save_msrs(struct vcpu *v, struct vcpu_state *s)
{
	struct msr_list list = {.head.nmsrs = SAVED_MSRS};

	for (unsigned int i = 0; i < SAVED_MSRS; i++)
		list.entry[i].index = msr_index[i];
	if (ioctl(v->fd, KVM_GET_MSRS, &list) != SAVED_MSRS)
		return failed("KVM_GET_MSRS");
	for (unsigned int i = 0; i < SAVED_MSRS; i++)
		s->msr[i] = list.entry[i].data;
	return 0;
}

int arch_vcpu_save(struct vcpu *v, void *state)
{
	struct vcpu_state *s = state;

	memset(s, 0, sizeof(*s));
	if (ioctl(v->fd, KVM_GET_REGS, &s->regs))
		return failed("KVM_GET_REGS");
	if (ioctl(v->fd, KVM_GET_SREGS, &s->sregs))
		return failed("KVM_GET_SREGS");
	if (ioctl(v->fd, KVM_GET_VCPU_EVENTS, &s->events))
		return failed("KVM_GET_VCPU_EVENTS");
	if (ioctl(v->fd, KVM_GET_FPU, &s->fpu))
		return failed("KVM_GET_FPU");
	if (ioctl(v->fd, KVM_GET_LAPIC, &s->lapic))
		return failed("KVM_GET_LAPIC");
	if (ioctl(v->fd, KVM_GET_DEBUGREGS, &s->debug))
		return failed("KVM_GET_DEBUGREGS");
	if (ioctl(v->fd, KVM_GET_MP_STATE, &s->mp))
		return failed("KVM_GET_MP_STATE");
	return save_msrs(v, s);
}

static int load_msrs(struct vcpu *v, const struct vcpu_state *s, uint64_t shift)
{
	struct msr_list list = {.head.nmsrs = SAVED_MSRS - 1};

	for (unsigned int i = 1; i < SAVED_MSRS; i++)
		list.entry[i - 1] = (struct kvm_msr_entry){.index = msr_index[i], .data = s->msr[i]};
	if (s->msr[SAVED_DEADLINE])
		list.entry[SAVED_DEADLINE - 1].data += shift;
	if (ioctl(v->fd, KVM_SET_MSRS, &list) != SAVED_MSRS - 1)
		return failed("KVM_SET_MSRS");
	return 0;
}

/* General and segment registers and events travel in the run structure. */
static void load_synced(struct vcpu *v, const struct vcpu_state *s)
{
	v->run->s.regs.regs = s->regs;
	v->run->s.regs.sregs = s->sregs;
	v->run->s.regs.events = s->events;
	v->run->s.regs.events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW;
	v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS;
}

/* Each of these costs about 6 us here. */
int arch_vcpu_load(struct vcpu *v, const void *state, uint64_t counter_shift, enum arch_load how)
{
	const struct vcpu_state *s = state;
	bool all = how == ARCH_LOAD_ALL || s->mp.mp_state != KVM_MP_STATE_RUNNABLE;

	if (all && ioctl(v->fd, KVM_SET_MP_STATE, &s->mp))
		return failed("KVM_SET_MP_STATE");
	if (all && ioctl(v->fd, KVM_SET_DEBUGREGS, &s->debug))
		return failed("KVM_SET_DEBUGREGS");
	if (ioctl(v->fd, KVM_SET_FPU, &s->fpu))
		return failed("KVM_SET_FPU");
	if (ioctl(v->fd, KVM_SET_LAPIC, &s->lapic))
		return failed("KVM_SET_LAPIC");
	load_synced(v, s);
	return load_msrs(v, s, counter_shift);
}

/* mote never scales a guest's counter, so it is the host's and an offset (KVM API, KVM_VCPU_TSC_OFFSET). */
int arch_counter_now(struct vcpu *v, uint64_t *counter)
{
	uint64_t offset;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uintptr_t)&offset};

	if (v->counter == COUNTER_UNKNOWN) {
		v->counter = ioctl(v->fd, KVM_GET_DEVICE_ATTR, &attr) ? COUNTER_ASK : COUNTER_OFFSET;
		v->counter_offset = offset;
	}
	if (v->counter == COUNTER_ASK)
		return arch_counter_read(v, counter);
	*counter = __builtin_ia32_rdtsc() + v->counter_offset;
	return 0;
}

uint64_t arch_vcpu_state_counter(const void *state)
{
	return ((const struct vcpu_state *)state)->msr[SAVED_TSC];
}

void arch_vcpu_state_normalise(void *state)
{
	struct vcpu_state *s = state;

	s->msr[SAVED_TSC] = 0;
	s->msr[SAVED_DEADLINE] = s->msr[SAVED_DEADLINE] != 0;
}

int arch_vcpu_enter_kernel(struct vcpu *v, const void *state, uint64_t pc, uint64_t root, uint64_t arg)
{
	struct kvm_mp_state runnable = {KVM_MP_STATE_RUNNABLE};
	const struct vcpu_state *s = state;

	/* It may have been halted, or about to take an exception. */
	if (ioctl(v->fd, KVM_SET_MP_STATE, &runnable))
		return failed("KVM_SET_MP_STATE");
	arch_vcpu_set_entry(v, pc, root, arg);
	v->run->s.regs.events = (struct kvm_vcpu_events){.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW};
	v->run->kvm_dirty_regs |= KVM_SYNC_X86_EVENTS;
	v->run->s.regs.sregs.gdt = s->sregs.gdt;
	v->run->s.regs.sregs.idt = s->sregs.idt;
	v->run->s.regs.sregs.tr = s->sregs.tr;
	v->run->s.regs.sregs.apic_base = s->sregs.apic_base;
	return 0;
}

/* KVM drops what the processor holds of the tables when a paging bit changes: SDM volume 3, 4.10.4.1. */
int arch_vcpu_flush(struct vcpu *v)
{
	struct kvm_sregs s;

	if (ioctl(v->fd, KVM_GET_SREGS, &s))
		return failed("KVM_GET_SREGS");
	s.cr4 ^= 1ull << 7; /* PGE */
	if (ioctl(v->fd, KVM_SET_SREGS, &s))
		return failed("KVM_SET_SREGS");
	return 0;
}
