#include "machine.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "arch/arch.h"
#include "message.h"
#include "realtime.h"
#include "report.h"
#include "seeded.h"
#include "share.h"
#include "shared/abi/hypercall.h"
#include "trace.h"

#define MAX_CONSOLE 4096
#define MAX_UNKNOWN 4096 /* system-call numbers that are told apart */

static int64_t do_console(struct machine *m, uint64_t gpa, uint64_t len)
{
	const char *text = memory_range(&m->memory, gpa, len);

	if (!text || len > MAX_CONSOLE)
		return -EFAULT;
	pthread_mutex_lock(&m->report_lock);
	message_write(text, len);
	pthread_mutex_unlock(&m->report_lock);
	return 0;
}

static int64_t do_panic(struct vcpu *v, uint64_t gpa)
{
	struct hc_panic p;

	if (memory_read(&v->machine->memory, gpa, &p, sizeof(p)))
		report_guest_broken(v, "panicked and its report lies outside memory");
	else
		report_panic(v, &p);
	return 0;
}

static int64_t do_copy(struct machine *m, uint64_t dst, uint64_t src, uint64_t len)
{
	void *to = memory_writable(&m->memory, dst, len);
	const void *from = memory_range(&m->memory, src, len);

	if (!to || !from)
		return -EFAULT;
	memmove(to, from, len);
	return 0;
}

static int64_t do_clear(struct machine *m, uint64_t gpa, uint64_t len)
{
	void *at = memory_writable(&m->memory, gpa, len);

	if (!at)
		return -EFAULT;
	memset(at, 0, len);
	return 0;
}

static int64_t do_copy_from_user(struct machine *m, const unsigned long long arg[4])
{
	void *at = memory_writable(&m->memory, arg[2], arg[3]);

	return at ? (int64_t)memory_read_user(&m->memory, arg[0], arg[1], at, arg[3]) : -EFAULT;
}

static int64_t do_copy_to_user(struct machine *m, const unsigned long long arg[4])
{
	const void *at = memory_range(&m->memory, arg[2], arg[3]);

	return at ? (int64_t)memory_write_user(&m->memory, arg[0], arg[1], at, arg[3]) : -EFAULT;
}

static int64_t do_time(struct vcpu *v, uint64_t gpa)
{
	struct hc_time t;
	int err;

	if (!memory_range(&v->machine->memory, gpa, sizeof(t)))
		return -EFAULT;
	t.realtime_ns = realtime_ns();
	uint64_t counter;

	err = arch_counter_read(v, &counter);
	if (err)
		return err;
	t.counter = counter;
	if (v->machine->flags & BOOT_DETERMINISTIC)
		t = (struct hc_time){.realtime_ns = SEEDED_REALTIME_NS};
	return memory_write(&v->machine->memory, gpa, &t, sizeof(t));
}

static int64_t do_trace(struct machine *m, uint64_t gpa)
{
	struct trace_record record;
	int err = memory_read(&m->memory, gpa, &record, sizeof(record));

	if (err)
		return err;
	pthread_mutex_lock(&m->report_lock);
	trace_print(&m->memory, &record);
	pthread_mutex_unlock(&m->report_lock);
	return 0;
}

/* Each number is told once; numbers too large to remember are told each time. */
static int64_t do_unknown_syscall(struct machine *m, uint64_t nr)
{
	bool known = false;

	if (!(m->flags & BOOT_VERBOSE))
		return 0;
	pthread_mutex_lock(&m->report_lock);
	if (nr < MAX_UNKNOWN) {
		uint8_t bit = (uint8_t)(1u << nr % 8);

		known = m->unknown_told[nr / 8] & bit;
		m->unknown_told[nr / 8] |= bit;
	}
	if (!known)
		mote_error("the guest used unimplemented system call %llu", (unsigned long long)nr);
	pthread_mutex_unlock(&m->report_lock);
	return 0;
}

/* The vCPU that stands there goes on with the answer; until then it is parked. */
static int64_t do_ready(struct machine *m, uint64_t why, uint64_t frame)
{
	m->ready_why = (enum ready_point)why;
	m->ready_frame = frame;
	if (m->wants_ready)
		machine_end(m, MOTE_READY, MOTE_END_NONE);
	return READY_GO;
}

/* The order is there once; who fetches it in parts got its length. */
static int64_t do_order(struct machine *m, uint64_t gpa, uint64_t len)
{
	uint64_t n = len < m->order_len ? len : m->order_len;

	if (!m->order)
		return -ENOENT;
	int err = memory_write(&m->memory, gpa, m->order, n);

	return err ? err : (int64_t)m->order_len;
}

int64_t hypercall_do(struct vcpu *v, uint32_t nr, const unsigned long long arg[4])
{
	struct machine *m = v->machine;

	switch (nr) {
	case HC_EXIT:
		machine_end(m, (int)(arg[0] & 0xff), MOTE_END_EXIT);
		return 0;
	case HC_CONSOLE:
		return do_console(m, arg[0], arg[1]);
	case HC_PANIC:
		return do_panic(v, arg[0]);
	case HC_COPY:
		return do_copy(m, arg[0], arg[1], arg[2]);
	case HC_CLEAR:
		return do_clear(m, arg[0], arg[1]);
	case HC_COPY_FROM_USER:
		return do_copy_from_user(m, arg);
	case HC_COPY_TO_USER:
		return do_copy_to_user(m, arg);
	case HC_TIME:
		return do_time(v, arg[0]);
	case HC_CPU_START:
		return vcpu_start_secondary(m, arg[0], arg[1], arg[2]);
	case HC_TRACE:
		return do_trace(m, arg[0]);
	case HC_UNKNOWN_SYSCALL:
		return do_unknown_syscall(m, arg[0]);
	case HC_YIELD:
		sched_yield();
		return 0;
	case HC_READY:
		return do_ready(m, arg[0], arg[1]);
	case HC_ORDER:
		return do_order(m, arg[0], arg[1]);
	case HC_ORDER_FILE:
		return order_read_file(m, arg[0], arg[1], arg[2]);
	case HC_CLEAR_USER:
		return (int64_t)memory_clear_user(&m->memory, arg[0], arg[1], arg[2]);
	case HC_EVENT:
	case HC_INPUT:
	case HC_IO_FAULT:
	case HC_COVERAGE:
		return control_hypercall(m, nr, arg);
	case HC_FUZZ_SHARE:
	case HC_FUZZ_END:
		return fuzz_hypercall(m, nr, arg);
	case HC_DEBUG_TRAP:
		return debug_trap(v, arg);
	default:
		return -ENOSYS;
	}
}
