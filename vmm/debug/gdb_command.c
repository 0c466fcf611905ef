/* Packets and their answers: GDB manual, appendix E.2 "Packets" and E.4 "General Query Packets". */
#include "gdb_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* GDB's numbers of signals (include/gdb/signals.def), which for these are Linux's. */
enum { GDB_SIGINT = 2, GDB_SIGTRAP = 5, GDB_SIGABRT = 6 };

static struct vcpu *current(struct gdb *g)
{
	return &g->m->vcpu[g->cpu];
}

static void put_result(struct gdb *g, int err)
{
	if (err)
		gdb_put(g, "E%02x", (unsigned int)-err & 0xff);
	else
		gdb_put(g, "OK");
}

/* ---- stops ---- */

static void put_reason(struct gdb *g, const struct vcpu *v)
{
	const struct debug_point *p;

	if (g->stop == DEBUG_STOP_BREAKPOINT)
		gdb_put(g, "swbreak:;");
	if (g->stop != DEBUG_STOP_POINT)
		return;
	p = debug_point_number(g->m, v->debug.point);
	if (p->kind == DEBUG_POINT_EXECUTE)
		gdb_put(g, "hwbreak:;");
	else
		gdb_put(g, "%s:%llx;", p->kind == DEBUG_POINT_WRITE ? "watch" : "awatch",
			(unsigned long long)p->address);
}

/* The registers that gdb asks for first. */
static void put_stop_registers(struct gdb *g, struct vcpu *v)
{
	uint8_t all[ARCH_DEBUG_BYTES];
	size_t offset, size;

	if (!arch_debug_registers(v, all))
		return;
	for (unsigned int i = 0; arch_debug_stop_register(i) >= 0; i++) {
		unsigned int n = (unsigned int)arch_debug_stop_register(i);

		if (!arch_debug_register(n, &offset, &size))
			continue;
		gdb_put(g, "%02x:", n);
		gdb_put_hex(g, all + offset, size);
		gdb_put(g, ";");
	}
}

void gdb_stop_reply(struct gdb *g)
{
	struct vcpu *v = &g->m->vcpu[g->stop_cpu];
	unsigned int signal = GDB_SIGTRAP;

	if (g->stop == DEBUG_STOP_BROKEN)
		signal = GDB_SIGABRT;
	else if (g->stop == DEBUG_STOP_ASKED)
		signal = GDB_SIGINT;
	gdb_put(g, "T%02xthread:%x;", signal, g->stop_cpu + 1);
	put_reason(g, v);
	put_stop_registers(g, v);
}

/* ---- going on ---- */

static void resume(struct gdb *g, const struct gdb_resume r[])
{
	struct debug_action action[MOTE_MAX_CPUS] = {0};

	g->alone = GDB_TOGETHER;
	for (unsigned int i = 0; i < g->m->cpus; i++) {
		action[i].go = r[i].go == GDB_STAY   ? DEBUG_STAY
			       : r[i].go == GDB_STEP ? DEBUG_STEP_ONE
						     : DEBUG_CONTINUE;
		action[i].signal = r[i].signal == GDB_SIGTRAP;
		if (r[i].go == GDB_STAY && g->m->vcpu[i].live)
			g->alone = GDB_ALONE;
	}
	g->running = g->ever_ran = true;
	debug_resume(g->m, action);
}

static bool vcont(struct gdb *g, struct gdb_text t)
{
	struct gdb_resume r[MOTE_MAX_CPUS];
	bool any = false;

	if (!gdb_parse_vcont(t, r, g->m->cpus))
		return false;
	for (unsigned int i = 0; i < g->m->cpus; i++)
		any |= r[i].go != GDB_STAY && g->m->vcpu[i].live;
	if (any)
		resume(g, r);
	return any;
}

/* c, s, C and S: the thread of Hc (all: the one of Hg steps), the others continue. */
static bool old_resume(struct gdb *g, bool step, bool with_signal, struct gdb_text t)
{
	struct gdb_resume r[MOTE_MAX_CPUS];
	uint64_t signal = 0, address;
	unsigned int chosen = g->resume_cpu == GDB_EVERY_CPU ? g->cpu : g->resume_cpu;

	if (with_signal &&
	    (!gdb_take_number(&t, &signal) || (!gdb_at_end(&t) && !gdb_take(&t, ";"))))
		return false;
	if (!gdb_at_end(&t)) {
		if (!gdb_take_number(&t, &address) || !gdb_at_end(&t))
			return false;
		arch_debug_set_pc(&g->m->vcpu[chosen], address);
	}
	for (unsigned int i = 0; i < g->m->cpus; i++)
		r[i] = (struct gdb_resume){.go = GDB_CONTINUE};
	if (step)
		r[chosen].go = GDB_STEP;
	r[chosen].signal = (unsigned int)signal;
	resume(g, r);
	return true;
}

/* ---- registers and memory ---- */

static void read_registers(struct gdb *g)
{
	uint8_t all[ARCH_DEBUG_BYTES];
	size_t len = arch_debug_registers(current(g), all);

	if (len)
		gdb_put_hex(g, all, len);
	else
		put_result(g, -EIO);
}

static int set_registers(struct gdb *g, const uint8_t *all)
{
	current(g)->debug.root = 0;
	return arch_debug_set_registers(current(g), all);
}

static void write_registers(struct gdb *g, struct gdb_text t)
{
	uint8_t all[ARCH_DEBUG_BYTES];
	size_t len = arch_debug_registers(current(g), all);

	if (!len || (size_t)(t.end - t.at) != 2 * len || !gdb_unhex(all, t.at, len))
		put_result(g, -EINVAL);
	else
		put_result(g, set_registers(g, all));
}

static void one_register(struct gdb *g, struct gdb_text t, bool write)
{
	uint8_t all[ARCH_DEBUG_BYTES];
	size_t offset, size;
	uint64_t n;

	if (!gdb_take_number(&t, &n) || n > 0xffff ||
	    !arch_debug_register((unsigned int)n, &offset, &size) ||
	    !arch_debug_registers(current(g), all)) {
		put_result(g, -EINVAL);
	} else if (!write) {
		gdb_put_hex(g, all + offset, size);
	} else if (!gdb_take(&t, "=") || (size_t)(t.end - t.at) != 2 * size ||
		   !gdb_unhex(all + offset, t.at, size)) {
		put_result(g, -EINVAL);
	} else {
		put_result(g, set_registers(g, all));
	}
}

static void read_memory(struct gdb *g, struct gdb_text t)
{
	uint8_t buf[GDB_PACKET_MAX / 2];
	uint64_t address, len;

	if (!gdb_take_range(&t, &address, &len) || !gdb_at_end(&t)) {
		put_result(g, -EINVAL);
		return;
	}
	if (len > sizeof(buf))
		len = sizeof(buf);
	size_t done = debug_read(current(g), address, buf, len);

	if (done || !len)
		gdb_put_hex(g, buf, done);
	else
		put_result(g, -EFAULT);
}

/* M: hexadecimal, X: as it is. */
static void write_memory(struct gdb *g, struct gdb_text t, bool hex)
{
	uint8_t buf[GDB_PACKET_MAX];
	uint64_t address, len;

	if (!gdb_take_range(&t, &address, &len) || !gdb_take(&t, ":") || len > sizeof(buf) ||
	    (size_t)(t.end - t.at) != (hex ? 2 * len : len) ||
	    (hex && !gdb_unhex(buf, t.at, len))) {
		put_result(g, -EINVAL);
		return;
	}
	if (!hex)
		memcpy(buf, t.at, len);
	put_result(g, debug_write(current(g), address, buf, len) == len ? 0 : -EFAULT);
}

/* ---- breakpoints ---- */

static const char no_points[] = "KVM here has no hardware breakpoints and watchpoints: in gdb, set "
				"can-use-hw-watchpoints 0, and watch by stepping";

static int hardware_point(struct gdb *g, const struct gdb_breakpoint *b, bool insert)
{
	static const enum debug_point_kind kinds[] = {[1] = DEBUG_POINT_EXECUTE,
						      [2] = DEBUG_POINT_WRITE,
						      [3] = DEBUG_POINT_READ,
						      [4] = DEBUG_POINT_ACCESS};
	struct debug_point p = {
		.address = b->address, .kind = kinds[b->type], .len = (unsigned int)b->kind};

	if (b->kind < 1 || b->kind > 16)
		return -EINVAL;
	if (!insert)
		return debug_remove_point(g->m, &p);
	int err = debug_insert_point(g->m, &p);

	if (err == -ENOTSUP && p.kind != DEBUG_POINT_READ && !g->points_told) {
		mote_error("%s", no_points);
		g->points_told = true;
	}
	return err;
}

/* What KVM or the processor has not is answered with nothing, "not supported". */
static void breakpoint(struct gdb *g, struct gdb_text t, bool insert)
{
	struct gdb_breakpoint b;
	int err;

	if (!gdb_parse_breakpoint(t, &b)) {
		put_result(g, -EINVAL);
		return;
	}
	if (b.type == 0)
		err = insert ? debug_insert(current(g), b.address) : debug_remove(g->m, b.address);
	else
		err = hardware_point(g, &b, insert);
	if (!insert && err == -ENOENT)
		err = 0; /* gdb repeats itself after a lost answer */
	if (err != -ENOTSUP)
		put_result(g, err);
}

/* ---- threads ---- */

static bool live_thread(const struct gdb *g, int thread)
{
	return thread > 0 && (unsigned int)thread <= g->m->cpus && g->m->vcpu[thread - 1].live;
}

static void choose_thread(struct gdb *g, struct gdb_text t)
{
	bool general = gdb_take(&t, "g");
	int thread;

	if ((!general && !gdb_take(&t, "c")) || !gdb_take_thread(&t, &thread) ||
	    (thread > 0 && !live_thread(g, thread))) {
		put_result(g, -EINVAL);
		return;
	}
	if (general && thread > 0)
		g->cpu = (unsigned int)thread - 1;
	else if (!general)
		g->resume_cpu = thread > 0 ? (unsigned int)thread - 1 : GDB_EVERY_CPU;
	put_result(g, 0);
}

static void thread_alive(struct gdb *g, struct gdb_text t)
{
	int thread;

	put_result(g, gdb_take_thread(&t, &thread) && live_thread(g, thread) ? 0 : -ESRCH);
}

static void thread_list(struct gdb *g)
{
	char separator = 'm';

	for (unsigned int i = 0; i < g->m->cpus; i++) {
		if (!g->m->vcpu[i].live)
			continue;
		gdb_put(g, "%c%x", separator, i + 1);
		separator = ',';
	}
}

static void thread_info(struct gdb *g, struct gdb_text t)
{
	struct debug_task task = {0};
	char text[128];
	int thread, n;

	if (!gdb_take_thread(&t, &thread) || !live_thread(g, thread)) {
		put_result(g, -ESRCH);
		return;
	}
	n = snprintf(text, sizeof(text), "CPU %d", thread - 1);
	if (!debug_task_on(g->m, (unsigned int)thread - 1, &task))
		n += snprintf(text + n, sizeof(text) - (size_t)n, ": %d %s", task.tid, task.name);
	gdb_put_hex(g, text, (size_t)n);
}

/* ---- queries ---- */

static void supported(struct gdb *g)
{
	gdb_put(g,
		"PacketSize=%x;qXfer:features:read+;swbreak+;hwbreak+;vContSupported+;"
		"QStartNoAckMode+",
		GDB_PACKET_MAX);
}

static void description(struct gdb *g, struct gdb_text t)
{
	const char *xml = arch_debug_description();
	uint64_t offset, len, total = strlen(xml);

	if (!gdb_take(&t, "target.xml:") || !gdb_take_range(&t, &offset, &len) || offset > total) {
		gdb_put(g, "E00");
		return;
	}
	if (len > GDB_PACKET_MAX / 2)
		len = GDB_PACKET_MAX / 2;
	if (len > total - offset)
		len = total - offset;
	gdb_put(g, "%c%.*s", offset + len == total ? 'l' : 'm', (int)len, xml + offset);
}

static void monitor(struct gdb *g, struct gdb_text t)
{
	char text[512];
	size_t len = (size_t)(t.end - t.at) / 2;

	if (len >= sizeof(text) || (size_t)(t.end - t.at) % 2 || !gdb_unhex(text, t.at, len)) {
		put_result(g, -EINVAL);
		return;
	}
	text[len] = 0;
	gdb_monitor(g, text);
	gdb_put(g, "OK");
}

static void query(struct gdb *g, struct gdb_text t)
{
	if (gdb_take(&t, "Supported"))
		supported(g);
	else if (gdb_take(&t, "Xfer:features:read:"))
		description(g, t);
	else if (gdb_take(&t, "fThreadInfo"))
		thread_list(g);
	else if (gdb_take(&t, "sThreadInfo"))
		gdb_put(g, "l");
	else if (gdb_take(&t, "ThreadExtraInfo,"))
		thread_info(g, t);
	else if (gdb_take(&t, "Rcmd,"))
		monitor(g, t);
	else if (gdb_take(&t, "Attached"))
		gdb_put(g, "1"); /* quit detaches */
	else if (gdb_take(&t, "C") && gdb_at_end(&t))
		gdb_put(g, "QC%x", g->stop_cpu + 1);
}

/* ---- the end ---- */

static void detach(struct gdb *g)
{
	put_result(g, 0);
	gdb_send(g);
	debug_detach(g->m);
	g->running = false;
	g->ever_ran = true;
	g->leaving = true;
	mote_error("gdb has left; the machine goes on");
}

static void kill_machine(struct gdb *g)
{
	mote_error("gdb ended the machine");
	machine_stop(g->m, MOTE_SIGNALLED + 9);
	g->leaving = true;
}

/* ---- dispatch ---- */

/* v...: answers whether there is something to send now. */
static bool verbose(struct gdb *g, struct gdb_text t)
{
	if (gdb_take(&t, "Cont?")) {
		gdb_put(g, "vCont;c;C;s;S");
	} else if (gdb_take(&t, "Cont;")) {
		if (vcont(g, t))
			return false;
		put_result(g, -EINVAL);
	} else if (gdb_take(&t, "Kill")) {
		put_result(g, 0);
		gdb_send(g);
		kill_machine(g);
		return false;
	}
	return true;
}

static bool resume_command(struct gdb *g, char letter, struct gdb_text t)
{
	bool step = letter == 's' || letter == 'S', with_signal = letter == 'C' || letter == 'S';

	if (old_resume(g, step, with_signal, t))
		return false;
	put_result(g, -EINVAL);
	return true;
}

static void start_no_ack(struct gdb *g, struct gdb_text t)
{
	if (!gdb_take(&t, "StartNoAckMode"))
		return;
	put_result(g, 0);
	g->no_ack = true;
}

/* Answers whether there is something to send now: an empty answer means "not supported". */
static bool dispatch(struct gdb *g, char letter, struct gdb_text t)
{
	switch (letter) {
	case '?':
		gdb_stop_reply(g);
		break;
	case 'g':
		read_registers(g);
		break;
	case 'G':
		write_registers(g, t);
		break;
	case 'p':
	case 'P':
		one_register(g, t, letter == 'P');
		break;
	case 'm':
		read_memory(g, t);
		break;
	case 'M':
	case 'X':
		write_memory(g, t, letter == 'M');
		break;
	case 'Z':
	case 'z':
		breakpoint(g, t, letter == 'Z');
		break;
	case 'H':
		choose_thread(g, t);
		break;
	case 'T':
		thread_alive(g, t);
		break;
	case 'q':
		query(g, t);
		break;
	case 'Q':
		start_no_ack(g, t);
		break;
	case 'v':
		return verbose(g, t);
	case 'c':
	case 'C':
	case 's':
	case 'S':
		return resume_command(g, letter, t);
	case 'D':
		detach(g);
		return false;
	case 'k':
		kill_machine(g);
		return false;
	}
	return true;
}

void gdb_command(struct gdb *g)
{
	struct gdb_text t = {g->parser.data, g->parser.data + g->parser.len};
	char letter = t.at < t.end ? *t.at++ : 0;

	/* While the machine runs nothing of it can be looked at. */
	if (g->running && letter != 'k' && letter != 'D' &&
	    !gdb_take(&(struct gdb_text){g->parser.data, t.end}, "vKill")) {
		gdb_put(g, "E.the machine runs");
		gdb_send(g);
		return;
	}
	if (dispatch(g, letter, t))
		gdb_send(g);
}
