/*
 * Whoever calls itself gdb, and a kernel that lies about its tasks: all of the stub behind the socket, on a machine that
 * stands for ever. The input is a byte of choices, then what happens: packets and changes of guest memory.
 * sources: vmm/debug/gdb_command.c vmm/debug/gdb_monitor.c vmm/debug/gdb_packet.c vmm/debug/kernel.c vmm/debug/memory.c vmm/debug/breakpoint.c vmm/symbol.c vmm/memory.c vmm/arch/x86_64.c vmm/arch/x86_64_debug.c vmm/arch/x86_64_registers.c tests/fuzz/vmm/lib/guest_memory.c tests/fuzz/vmm/lib/debug_kernel.c tests/fuzz/vmm/lib/quiet.c
 */
#include "../../../vmm/debug/gdb.c"

#include <spawn.h>
#include <sys/ioctl.h>

#include "arch/arch.h"
#include "debug/state.h"
#include "host.h"
#include "lib/debug_kernel.h"
#include "lib/input.h"

#define MAX_ACTS 60
#define CPUS	 2

static struct machine m;
static struct debugger debugger;
static struct kvm_run run[CPUS];
static struct gdb session;
static bool frozen_fault, has_points;

/* ---- vmm/debug/stand.c, which is about threads ---- */

struct debugger *debug_create(struct machine *machine)
{
	(void)machine;
	return NULL;
}

void debug_destroy(struct machine *machine)
{
	(void)machine;
}

int debug_event_fd(const struct machine *machine)
{
	(void)machine;
	return -1;
}

void debug_attach(struct machine *machine)
{
	(void)machine;
}

void debug_detach(struct machine *machine)
{
	debug_remove_all(machine);
}

void debug_stand(struct machine *machine)
{
	(void)machine;
}

/* Whatever was asked to run has stopped at once. */
struct vcpu *debug_collect(struct machine *machine, bool asked)
{
	struct vcpu *v = &machine->vcpu[asked];

	v->debug.stop = asked ? DEBUG_STOP_ASKED : DEBUG_STOP_POINT;
	v->debug.point = 0;
	return v;
}

void debug_resume(struct machine *machine, const struct debug_action action[])
{
	for (unsigned int i = 0; i < machine->cpus; i++)
		FUZZ_CHECK(action[i].go <= DEBUG_STEP_ONE);
	debug_forget_recent(machine);
}

void debug_let_others_run(struct machine *machine)
{
	debug_raise_recent(machine);
}

bool debug_others_wait(struct machine *machine)
{
	debug_lower_recent(machine);
	return false;
}

int debug_fault(struct vcpu *v, uint64_t address, bool write)
{
	(void)v, (void)address, (void)write;
	return frozen_fault ? -EAGAIN : 0;
}

int debug_snapshot(struct machine *machine, struct snapshot **out, uint64_t frame[])
{
	(void)machine, (void)out, (void)frame;
	return -EIO;
}

int debug_reset(struct machine *machine, struct snapshot *s, const uint64_t frame[])
{
	(void)s, (void)frame;
	debug_plant(machine, true);
	return 0;
}

/* ---- the rest of the machine ---- */

int gdb_listen(struct gdb *g, const char *where)
{
	(void)g, (void)where;
	return -EIO;
}

void snapshot_put(struct snapshot *s)
{
	(void)s;
}

void machine_stop(struct machine *machine, int status)
{
	(void)machine, (void)status;
}

int device_start_thread(unsigned long *thread, void *(*fn)(void *arg), void *arg)
{
	(void)thread, (void)fn, (void)arg;
	return -EAGAIN;
}

bool host_has_debug_points(void)
{
	return has_points;
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	(void)pid, (void)file, (void)actions, (void)attributes, (void)argv, (void)envp;
	return ENOENT;
}

/* KVM: registers that are zero but for the root, and take every value. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	(void)fd;
	va_start(ap, request);
	void *arg = va_arg(ap, void *);

	va_end(ap);
	if (request == KVM_GET_SREGS)
		*(struct kvm_sregs *)arg = (struct kvm_sregs){.cr3 = GUEST_ROOT};
	else if (request == KVM_GET_FPU)
		memset(arg, 0x41, sizeof(struct kvm_fpu));
	return 0;
}

/* ---- what happens ---- */

static void send_text(const char *text, size_t len)
{
	static char frame[GDB_FRAME_MAX];
	size_t n = gdb_frame(frame, text, len);

	for (size_t i = 0; i < n; i++)
		take_byte(&session, (uint8_t)frame[i]);
}

/* A packet with a right checksum, of a letter and what the input says. */
static void send_packet(struct input *in)
{
	char text[256];
	size_t n = input_u8(in);

	n = input_bytes(in, text, n);
	send_text(text, n);
}

static void send_monitor(struct input *in)
{
	static const char *const commands[] = {"ps", "maps 2", "maps ", "phys ", "program ", "trace on", "trace off", "reset", "help", ""};
	char text[128], packet[300] = "qRcmd,";
	uint8_t which = input_u8(in);
	int n = snprintf(text, sizeof(text), "%s", commands[which % 10]);

	if (which & 0x80)
		n += (int)input_bytes(in, text + n, input_u8(in) % 64);
	gdb_hex(packet + 6, text, (size_t)n);
	send_text(packet, 6 + 2 * (size_t)n);
}

/* A breakpoint where something is mapped. */
static void send_breakpoint(struct input *in)
{
	char text[64];
	uint8_t how = input_u8(in);
	uint64_t base = how & 1 ? GUEST_USER : BOOT_DIRECT_MAP_BASE;
	int n = snprintf(text, sizeof(text), "%c%u,%llx,%x", how & 2 ? 'Z' : 'z', how & 4 ? how >> 5 & 3 : 0,
			 (unsigned long long)base + input_u16(in), 1 + (how >> 3 & 3));

	send_text(text, (size_t)n);
}

/* Reads and writes of memory there. */
static void send_access(struct input *in)
{
	char text[600];
	uint8_t how = input_u8(in), len = input_u8(in);
	uint64_t base = how & 1 ? GUEST_USER : BOOT_DIRECT_MAP_BASE;
	int n = snprintf(text, sizeof(text), "%c%llx,%x", how & 2 ? 'm' : 'X', (unsigned long long)base + input_u16(in), len);

	if (!(how & 2)) {
		text[n++] = ':';
		input_bytes(in, text + n, len);
		n += len;
	}
	send_text(text, (size_t)n);
}

static void act(struct input *in)
{
	uint8_t what = input_u8(in);

	switch (what % 8) {
	case 0:
		take_byte(&session, input_u8(in));
		break;
	case 1:
		guest_memory_poke(&m.memory, in);
		break;
	case 2:
		send_monitor(in);
		break;
	case 3:
		send_breakpoint(in);
		break;
	case 4:
		send_access(in);
		break;
	case 5:
		look_for_stop(&session, what & 8);
		break;
	default:
		send_packet(in);
	}
}

/* ---- */

static void begin(uint8_t how)
{
	guest_memory_reset(&m.memory, GUEST_SIZE);
	guest_memory_map(&m.memory);
	debug_kernel_fill(&m.memory);
	m.debugger = &debugger;
	m.boot_root = GUEST_ROOT;
	m.cpus = CPUS;
	m.control = how & 1 ? DEBUG_KERNEL_CONTROL : 0;
	for (unsigned int i = 0; i < CPUS; i++) {
		memset(&run[i], 0, sizeof(run[i]));
		m.vcpu[i] = (struct vcpu){.machine = &m, .index = i, .run = &run[i], .live = i == 0 || how & 2};
		m.vcpu[i].debug.frame = how & 4 ? DEBUG_KERNEL_FRAME : 0;
	}
	frozen_fault = how & 8;
	has_points = how & 16;
	memset(debugger.breakpoint, 0, sizeof(debugger.breakpoint));
	memset(debugger.point, 0, sizeof(debugger.point));
	debugger.points = POINTS_UNKNOWN;
	debugger.program[0] = 0;
	debugger.layout.version = 0;
	debugger.no_layout = false;
}

static void begin_session(void)
{
	gdb_parser_init(&session.parser);
	session.m = &m;
	session.client = session.listener = -1;
	session.status = -1;
	session.no_ack = session.running = session.ever_ran = session.leaving = session.points_told = false;
	session.alone = GDB_TOGETHER;
	session.told = session.cpu = session.stop_cpu = 0;
	session.resume_cpu = GDB_EVERY_CPU;
	session.stop = DEBUG_STOP_NONE;
	session.reply_len = session.frame_len = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	pthread_mutex_init(&debugger.lock, NULL);
	m.kernel.fd = debug_kernel_file();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	begin(input_u8(&in));
	begin_session();
	for (unsigned int i = 0; i < MAX_ACTS && input_left(&in); i++) {
		act(&in);
		FUZZ_CHECK(session.cpu < CPUS && session.reply_len < sizeof(session.reply));
	}
	debug_remove_all(&m);
	return 0;
}
