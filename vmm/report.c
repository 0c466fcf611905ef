#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "arch/arch.h"
#include "machine.h"
#include "message.h"
#include "symbol.h"

/* The kernel's file, mapped for the time of one report. */
struct kernel_file {
	int fd;
	void *map;
	size_t len;
	struct symbols symbols;
};

static void kernel_file_open(struct kernel_file *k, const struct machine *m)
{
	struct stat st;

	*k = (struct kernel_file){.fd = m->kernel.fd};
	if (k->fd >= 0 && !fstat(k->fd, &st) && st.st_size > 0) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, k->fd, 0);

		if (map != MAP_FAILED) {
			k->map = map;
			k->len = (size_t)st.st_size;
		}
	}
	symbols_init(&k->symbols, k->map, k->len);
}

static void kernel_file_close(struct kernel_file *k)
{
	if (k->map)
		munmap(k->map, k->len);
}

/* A return address points behind the call: look for the byte before it, or a noreturn call at the
 * end of a function is given to the next one. */
static void print_address(const struct kernel_file *k, uint64_t addr, bool is_return, bool lines)
{
	char name[128], line[256] = "";
	uint64_t at = addr - is_return, offset;

	if (symbols_find(&k->symbols, at, name, sizeof(name), &offset)) {
		message_printf("  %#018llx\n", (unsigned long long)addr);
		return;
	}
	if (lines)
		symbols_source_line(k->fd, at, line, sizeof(line));
	message_printf("  %#018llx %s+%#llx%s%s%s\n", (unsigned long long)addr, name,
		       (unsigned long long)offset + is_return, line[0] ? " (" : "", line,
		       line[0] ? ")" : "");
}

static void print_registers(const unsigned long long *reg, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		message_printf(" %6s %016llx%s", arch_register_name(i), reg[i],
			       i % 4 == 3 || i + 1 == count ? "\n" : "");
}

static void print_code(const struct report *r)
{
	if (!r->code_len) {
		message_printf("  code at pc is not mapped\n");
		return;
	}
	message_printf("  code:");
	for (unsigned int i = 0; i < r->code_len; i++)
		message_printf(" %02x", r->code[i]);
	message_printf("\n");
}

static void print_pc(const struct kernel_file *k, const struct report *r, bool lines)
{
	if (r->reg_count > arch_register_pc())
		print_address(k, r->reg[arch_register_pc()], false, lines);
}

static void print_panic(const struct kernel_file *k, const struct report *r, bool lines)
{
	mote_error("guest kernel panic on cpu %llu: %s", r->cpu, r->message);
	print_registers(r->reg, r->reg_count);
	print_pc(k, r, lines);
}

static void print_broken(const struct kernel_file *k, const struct report *r, bool lines)
{
	mote_error("the guest kernel %s", r->message);
	message_printf("  cpu %llu, in %s mode, tables at %#llx, last page fault at %#llx, at\n", r->cpu,
		       r->user ? "user" : "supervisor", r->root, r->fault_address);
	print_pc(k, r, lines);
	print_code(r);
	print_registers(r->reg, r->reg_count);
}

void report_print(const struct machine *m, const struct report *r, bool lines)
{
	struct kernel_file k;

	kernel_file_open(&k, m);
	(r->panic ? print_panic : print_broken)(&k, r, lines);
	for (unsigned int i = 0; i < r->frame_count; i++)
		print_address(&k, r->frame[i], true, lines);
	kernel_file_close(&k);
}

/* Follow the frame pointers, each of which points at the saved one below the return address. */
static void follow_frames(struct report *r, const struct memory *mem, uint64_t fp)
{
	while (r->frame_count < HC_PANIC_FRAMES) {
		uint64_t run, frame[2];
		const void *host = memory_walk(mem, r->root, fp, false, false, &run);

		if (!host || run < sizeof(frame) || fp < BOOT_DIRECT_MAP_BASE)
			return;
		memcpy(frame, host, sizeof(frame));
		if (!frame[1])
			return;
		r->frame[r->frame_count++] = frame[1];
		if (frame[0] <= fp)
			return;
		fp = frame[0];
	}
}

static void copy_code(struct report *r, const struct memory *mem)
{
	uint64_t run;
	const void *host = memory_walk(mem, r->root, r->reg[arch_register_pc()], false, false, &run);

	r->code_len = 0;
	if (!host)
		return;
	r->code_len = run < REPORT_CODE ? (unsigned int)run : REPORT_CODE;
	memcpy(r->code, host, r->code_len);
}

void report_fill(struct report *r, struct vcpu *v)
{
	const struct memory *mem = &v->machine->memory;

	r->cpu = v->index;
	r->user = arch_vcpu_in_user(v);
	r->root = arch_vcpu_root(v);
	r->fault_address = arch_fault_address(v);
	r->reg_count = arch_registers(v, r->reg);
	r->frame_count = 0;
	copy_code(r, mem);
	follow_frames(r, mem, r->reg[arch_register_fp()]);
}

/* Tell it, unless the machine has come to its end already; then that is its end. */
static void tell(struct vcpu *v, const struct report *r, enum mote_end how)
{
	struct machine *m = v->machine;

	pthread_mutex_lock(&m->report_lock);
	if (atomic_load(&m->status) < 0) {
		if (m->on_report)
			m->on_report(m->report_ctx, r);
		else
			report_print(m, r, true);
	}
	if (!debug_broken(v))
		machine_end(m, MOTE_FAILED, how);
	pthread_mutex_unlock(&m->report_lock);
}

void report_guest_broken(struct vcpu *v, const char *format, ...)
{
	struct report r = {.panic = false};
	va_list ap;

	va_start(ap, format);
	vsnprintf(r.message, sizeof(r.message), format, ap);
	va_end(ap);
	report_fill(&r, v);
	tell(v, &r, MOTE_END_BROKEN);
}

void report_panic(struct vcpu *v, const struct hc_panic *p)
{
	struct report r = {.panic = true, .cpu = p->cpu};
	uint64_t len = p->message_len < sizeof(r.message) - 1 ? p->message_len : sizeof(r.message) - 1;

	if (memory_read(&v->machine->memory, p->message_gpa, r.message, len))
		strcpy(r.message, "(no text)");
	if (p->reg_count <= ARCH_MAX_REGS)
		r.reg_count = (unsigned int)p->reg_count;
	memcpy(r.reg, p->reg, r.reg_count * sizeof(r.reg[0]));
	r.frame_count = p->frame_count < HC_PANIC_FRAMES ? (unsigned int)p->frame_count : HC_PANIC_FRAMES;
	memcpy(r.frame, p->frame, r.frame_count * sizeof(r.frame[0]));
	tell(v, &r, MOTE_END_PANIC);
}
