/*
 * Hypercalls with the arguments and the memory of a hostile kernel: what can be done without a vCPU. Also what mote reads
 * of such a kernel by itself: its log, the strings it was started with, its registers when it is broken.
 * sources: vmm/hypercall.c vmm/control.c vmm/coverage.c vmm/order.c vmm/program_strings.c vmm/report.c vmm/symbol.c vmm/log.c vmm/seeded.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/guest_memory.c tests/fuzz/vmm/lib/quiet.c
 */
#include <errno.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/arch.h"
#include "lib/guest_memory.h"
#include "machine.h"
#include "report.h"
#include "trace.h"

#define MAX_ACTS 100

static struct machine m;
static struct kvm_run run;
static struct mmio_device device;
static struct vcpu *const v = &m.vcpu[0];
static int order_file = -1;

/* ---- the machine around it ---- */

void machine_end(struct machine *machine, int status, enum mote_end how)
{
	(void)status, (void)how;
	FUZZ_CHECK(machine == &m);
}

int vcpu_start_secondary(struct machine *machine, uint64_t cpu, uint64_t entry, uint64_t arg)
{
	(void)machine, (void)cpu, (void)entry, (void)arg;
	return -EINVAL;
}

int64_t debug_trap(struct vcpu *vcpu, const unsigned long long arg[4])
{
	(void)vcpu, (void)arg;
	return 0;
}

bool debug_broken(struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

/* tests/fuzz/vmm/trace.c has it. */
void trace_print(const struct memory *mem, const struct trace_record *record)
{
	FUZZ_CHECK(mem == &m.memory && record);
}

/* fuzzing cases: another machine's */
int64_t fuzz_hypercall(struct machine *machine, uint32_t nr, const unsigned long long arg[4]);
int64_t fuzz_hypercall(struct machine *machine, uint32_t nr, const unsigned long long arg[4])
{
	(void)machine, (void)nr, (void)arg;
	return -EOPNOTSUPP;
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	(void)pid, (void)file, (void)actions, (void)attributes, (void)argv, (void)envp;
	return ENOENT;
}

/* KVM, as far as the code asked for is concerned: page tables where they are, a counter that stands. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	(void)fd;
	va_start(ap, request);
	void *arg = va_arg(ap, void *);

	va_end(ap);
	if (request == KVM_GET_SREGS)
		*(struct kvm_sregs *)arg = (struct kvm_sregs){.cr3 = GUEST_ROOT, .cs.selector = 0x33};
	return request == KVM_GET_MSRS;
}

static int set_fault(struct mmio_device *d, const struct io_fault *f)
{
	FUZZ_CHECK(d == &device && f->error <= 4095);
	return 0;
}

static void on_event(void *ctx, const char *text, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= (uint8_t)text[i];
	*(uint8_t *)ctx = sum;
}

/* ---- what happens ---- */

static unsigned long long draw_argument(struct input *in)
{
	uint8_t how = input_u8(in);

	switch (how % 6) {
	case 0:
		return how / 6;
	case 1:
		return input_u16(in);
	case 2:
		return GUEST_ROOT;
	case 3:
		return GUEST_USER + input_u16(in);
	case 4:
		return GUEST_SIZE - how / 6;
	default:
		return input_u64(in);
	}
}

static void call(struct input *in)
{
	unsigned long long arg[4];
	uint32_t nr = input_u8(in) % (HC_COUNT + 1);

	for (unsigned int i = 0; i < 4; i++)
		arg[i] = draw_argument(in);
	int64_t r = hypercall_do(v, nr, arg);

	FUZZ_CHECK(nr < HC_COUNT || r == -ENOSYS);
	if (r >= 0 && nr >= HC_COPY_FROM_USER && nr <= HC_COPY_TO_USER)
		FUZZ_CHECK((uint64_t)r <= arg[3]);
}

/* The registers of a kernel that is reported as broken, and the exit that is no hypercall perhaps. */
static void broken(struct input *in)
{
	unsigned long long arg[4];
	uint32_t nr;

	input_bytes(in, &run.s.regs.regs, sizeof(run.s.regs.regs));
	if (input_u8(in) & 1) {
		run.s.regs.regs.rip = GUEST_USER + input_u16(in);
		run.s.regs.regs.rbp = GUEST_USER + input_u16(in);
	}
	run.exit_reason = input_u8(in) % 8;
	run.io.port = input_u8(in);
	run.io.size = input_u8(in) % 5;
	run.io.count = input_u8(in) % 3;
	if (arch_hypercall_decode(v, &nr, arg))
		arch_hypercall_answer(v, -ENOSYS);
	report_guest_broken(v, "did %d", 1);
}

static void read_log(struct input *in)
{
	struct {
		uint64_t from;
		size_t size;
	} want = {draw_argument(in), input_u8(in)};
	char *buf = malloc(want.size + 1);

	FUZZ_CHECK(buf);
	FUZZ_CHECK(machine_log(&m, &want.from, buf, want.size) <= want.size);
	free(buf);
}

static void read_coverage(struct input *in)
{
	size_t max = input_u8(in);
	uint64_t *pcs = calloc(max + 1, sizeof(*pcs));

	FUZZ_CHECK(pcs);
	machine_coverage(&m, pcs, max);
	free(pcs);
}

static void set_program(struct input *in)
{
	char text[40] = "", *argv[] = {text, text + 3, NULL}, *envp[] = {text + 5, NULL};
	char path[32] = "/proc/self/fd/-1";
	uint8_t how = input_u8(in);

	input_bytes(in, text, how % (sizeof(text) - 1));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", order_file);
	struct machine_program p = {
		.path = "/p", .cwd = text, .argv = argv, .envp = envp, .host_file = how & 0x80 ? path : NULL};

	m.status = MOTE_READY;
	if (how & 0x40) {
		m.ready_why = READY_PROGRAM;
		m.info = draw_argument(in);
		machine_set_arguments(&m, argv);
	} else {
		machine_set_program(&m, &p);
	}
	m.status = -1;
}

/* ---- */

static void begin(struct input *in)
{
	static uint8_t sum;
	uint8_t how = input_u8(in);

	guest_memory_reset(&m.memory, GUEST_SIZE);
	guest_memory_map(&m.memory);
	memset(&run, 0, sizeof(run));
	memset(m.unknown_told, 0, sizeof(m.unknown_told));
	m.status = -1;
	m.flags = BOOT_DETERMINISTIC | (how & 1 ? BOOT_VERBOSE : 0);
	m.control = how & 2 ? GUEST_USER_PHYS : 0;
	m.wants_ready = how & 4;
	machine_set_input(&m, "the test's input", how & 8 ? 16 : 0);
	machine_on_event(&m, how & 16 ? on_event : NULL, &sum);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	control_init(&m.test);
	pthread_mutex_init(&m.report_lock, NULL);
	device.set_fault = set_fault;
	m.device[0] = &device;
	m.device_count = 1;
	m.cpus = 1;
	m.kernel.fd = m.order_fd = -1;
	v->machine = &m;
	v->run = &run;
	order_file = memfd_create("order", MFD_CLOEXEC);
	FUZZ_CHECK(ftruncate(order_file, 5000) == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	begin(&in);
	for (unsigned int i = 0; i < MAX_ACTS && input_left(&in); i++) {
		switch (input_u8(&in) % 8) {
		case 0:
		case 1:
			guest_memory_poke(&m.memory, &in);
			break;
		case 2:
			broken(&in);
			break;
		case 3:
			read_log(&in);
			read_coverage(&in);
			break;
		case 4:
			set_program(&in);
			break;
		default:
			call(&in);
		}
	}
	order_drop(&m);
	machine_set_input(&m, NULL, 0);
	free(m.test.covered);
	m.test.covered = NULL;
	return 0;
}
