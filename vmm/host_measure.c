#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "arch/arch.h"
#include "machine.h"

#define ROUNDS	   9 /* each figure is the median of so many */
#define EXIT_TRIPS 200
#define FLOOR_MEM  (256ull << 20)

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

/* Run v until its next hypercall, the only way a probe ends. 0 or -EIO. */
static int run_to_exit(struct vcpu *v)
{
	uint32_t nr;
	unsigned long long arg[4];
	int err;

	do {
		err = ioctl(v->fd, KVM_RUN, 0);
	} while (err && errno == EINTR);
	if (!err && arch_hypercall_decode(v, &nr, arg))
		return 0;
	mote_error("the measuring guest left with %s %u", err ? strerror(errno) : "KVM exit reason",
		   v->run->exit_reason);
	return -EIO;
}

/* The time from the start of a probe to its exit, the median of ROUNDS after one to warm up. */
static int time_probe(struct vcpu *v, enum arch_probe probe, double *us)
{
	double t[ROUNDS];

	for (int i = -1; i < ROUNDS; i++) {
		int err = arch_probe_enter(v, probe);
		double start = now_us();

		if (!err)
			err = run_to_exit(v);
		if (err)
			return err;
		if (i >= 0)
			t[i] = now_us() - start;
	}
	*us = median(t);
	return 0;
}

static int time_exits(struct vcpu *v, double *us)
{
	double t[ROUNDS];
	int err = arch_probe_enter(v, PROBE_EMPTY);

	for (int i = 0; i < ROUNDS && !err; i++) {
		double start = now_us();

		for (int n = 0; n < EXIT_TRIPS && !err; n++)
			err = run_to_exit(v);
		t[i] = (now_us() - start) / EXIT_TRIPS;
	}
	if (!err)
		*us = median(t);
	return err;
}

static int measure_guest(struct machine *m, struct host_floors *f)
{
	struct vcpu *v = &m->vcpu[0];
	double whole;
	int err = arch_probe_prepare(m);

	if (err)
		return err;
	err = time_exits(v, &f->exit_round_trip);
	if (err)
		return err;
	err = time_probe(v, PROBE_SUPERVISOR, &whole);
	if (err)
		return err;
	f->supervisor_insn = (whole - f->exit_round_trip) / (PROBE_LOOPS * PROBE_LOOP_INSNS);
	err = time_probe(v, PROBE_USER, &whole);
	if (err)
		return err;
	f->user_insn = whole / (double)(PROBE_USER_LOOPS * PROBE_LOOP_INSNS);
	err = time_probe(v, PROBE_TRAP, &whole);
	if (err)
		return err;
	f->trap_round_trip = whole / PROBE_TRIPS;
	err = time_probe(v, PROBE_SYSCALL, &whole);
	f->syscall_round_trip = whole / PROBE_TRIPS;
	return err;
}

/* One machine made and unmade, as plainly as KVM allows. */
static int measure_machine(struct host_floors *f, void *memory)
{
	struct kvm_userspace_memory_region region = {.memory_size = FLOOR_MEM,
						     .userspace_addr = (uintptr_t)memory};
	double t[5];
	int kvm, vm, vcpu;
	size_t run_size;

	t[0] = now_us();
	int err = host_open_kvm(&kvm, &vm, &run_size);

	if (err)
		return err;
	t[1] = now_us();
	err = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	t[2] = now_us();
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0ul);
	t[3] = now_us();
	if (vcpu >= 0)
		close(vcpu);
	close(vm);
	close(kvm);
	t[4] = now_us();
	f->create_vm = t[1] - t[0];
	f->memslot = t[2] - t[1];
	f->vcpu = t[3] - t[2];
	f->teardown = t[4] - t[3];
	return err || vcpu < 0 ? -EIO : 0;
}

static int measure_machines(struct host_floors *f)
{
	double t[4][ROUNDS];
	void *memory = mmap(NULL, FLOOR_MEM, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err = 0;

	if (memory == MAP_FAILED)
		return -ENOMEM;
	for (int i = 0; i < ROUNDS && !err; i++) {
		err = measure_machine(f, memory);
		t[0][i] = f->create_vm;
		t[1][i] = f->memslot;
		t[2][i] = f->vcpu;
		t[3][i] = f->teardown;
	}
	munmap(memory, FLOOR_MEM);
	if (err)
		return err;
	f->create_vm = median(t[0]);
	f->memslot = median(t[1]);
	f->vcpu = median(t[2]);
	f->teardown = median(t[3]);
	return 0;
}

int host_measure(struct host_floors *f)
{
	struct machine_config config = {.mem_size = FLOOR_MEM, .cpus = 1};
	struct machine *m;
	int err = measure_machines(f);

	if (!err)
		err = machine_create(&m, &config);
	if (err)
		return err;
	err = measure_guest(m, f);
	machine_destroy(m);
	return err;
}

/* Watch the word that the probe stores to. The exit says whether it was seen. */
static bool sees_store(struct machine *m)
{
	struct debug_point point[ARCH_DEBUG_POINTS] = {
		{.address = arch_probe_store_address(), .len = 4, .kind = DEBUG_POINT_WRITE}};
	struct vcpu *v = &m->vcpu[0];
	unsigned int which;
	int err;

	if (arch_probe_prepare(m) || arch_probe_enter(v, PROBE_STORE) || arch_debug_configure(v, DEBUG_RUN, point))
		return false;
	do {
		err = ioctl(v->fd, KVM_RUN, 0);
	} while (err && errno == EINTR);
	return !err && arch_debug_cause(v, &which) == DEBUG_CAUSE_POINT && which == 0;
}

bool host_has_debug_points(void)
{
	struct machine_config config = {.mem_size = MOTE_MIN_MEM, .cpus = 1};
	struct machine *m;

	if (machine_create(&m, &config))
		return false;
	bool seen = sees_store(m);

	machine_destroy(m);
	return seen;
}

int host_floor_vm(void)
{
	struct kvm_userspace_memory_region region = {.memory_size = FLOOR_MEM};
	int kvm, vm, vcpu;
	size_t run_size;
	void *memory = mmap(NULL, FLOOR_MEM, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	int err = host_open_kvm(&kvm, &vm, &run_size);
	if (err)
		return err;
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) ||
	    (vcpu = ioctl(vm, KVM_CREATE_VCPU, 0ul)) < 0)
		return -errno;
	err = arch_halt_enter(vcpu, memory);
	return !err && ioctl(vcpu, KVM_RUN, 0) ? -errno : err;
}
