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

#define MAX_MESSAGE 4096

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
static void print_address(const struct kernel_file *k, uint64_t addr, bool is_return)
{
	char name[128], line[256];
	uint64_t at = addr - is_return, offset;

	if (symbols_find(&k->symbols, at, name, sizeof(name), &offset)) {
		message_printf("  %#018llx\n", (unsigned long long)addr);
		return;
	}
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

static void print_code(const struct memory *mem, uint64_t root, uint64_t pc)
{
	uint64_t run;
	const uint8_t *host = memory_walk(mem, root, pc, false, false, &run);

	if (!host) {
		message_printf("  code at pc is not mapped\n");
		return;
	}
	message_printf("  code:");
	for (uint64_t i = 0; i < run && i < 16; i++)
		message_printf(" %02x", host[i]);
	message_printf("\n");
}

/* Follow the frame pointers, each of which points at the saved one below the return address. */
static void print_backtrace(const struct memory *mem, const struct kernel_file *k, uint64_t root,
			    uint64_t fp)
{
	for (unsigned int depth = 0; depth < HC_PANIC_FRAMES; depth++) {
		uint64_t run, frame[2];
		const void *host = memory_walk(mem, root, fp, false, false, &run);

		if (!host || run < sizeof(frame) || fp < BOOT_DIRECT_MAP_BASE)
			return;
		memcpy(frame, host, sizeof(frame));
		if (!frame[1])
			return;
		print_address(k, frame[1], true);
		if (frame[0] <= fp)
			return;
		fp = frame[0];
	}
}

void report_guest_broken(struct vcpu *v, const char *format, ...)
{
	struct machine *m = v->machine;
	unsigned long long reg[ARCH_MAX_REGS];
	uint64_t root = arch_vcpu_root(v);
	unsigned int count = arch_registers(v, reg);
	char text[MAX_MESSAGE];
	struct kernel_file k;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	pthread_mutex_lock(&m->report_lock);
	if (atomic_load(&m->status) < 0) {
		kernel_file_open(&k, m);
		mote_error("the guest kernel %s", text);
		message_printf(
			"  cpu %u, in %s mode, tables at %#llx, last page fault at %#llx, at\n",
			v->index, arch_vcpu_in_user(v) ? "user" : "supervisor",
			(unsigned long long)root, (unsigned long long)arch_fault_address(v));
		print_address(&k, reg[arch_register_pc()], false);
		print_code(&m->memory, root, reg[arch_register_pc()]);
		print_registers(reg, count);
		print_backtrace(&m->memory, &k, root, reg[arch_register_fp()]);
		kernel_file_close(&k);
	}
	if (!debug_broken(v))
		machine_end(m, MOTE_FAILED, MOTE_END_BROKEN);
	pthread_mutex_unlock(&m->report_lock);
}

void report_panic(struct vcpu *v, const struct hc_panic *p)
{
	struct machine *m = v->machine;
	uint64_t len = p->message_len < MAX_MESSAGE ? p->message_len : MAX_MESSAGE;
	const char *text = memory_range(&m->memory, p->message_gpa, len);
	struct kernel_file k;

	pthread_mutex_lock(&m->report_lock);
	if (atomic_load(&m->status) < 0) {
		kernel_file_open(&k, m);
		mote_error("guest kernel panic on cpu %llu: %.*s", (unsigned long long)p->cpu,
			   text ? (int)len : 9, text ? text : "(no text)");
		if (p->reg_count && p->reg_count <= ARCH_MAX_REGS) {
			print_registers(p->reg, (unsigned int)p->reg_count);
			if (p->reg_count > arch_register_pc())
				print_address(&k, p->reg[arch_register_pc()], false);
		}
		for (uint64_t i = 0; i < p->frame_count && i < HC_PANIC_FRAMES; i++)
			print_address(&k, p->frame[i], true);
		kernel_file_close(&k);
	}
	if (!debug_broken(v))
		machine_end(m, MOTE_FAILED, MOTE_END_PANIC);
	pthread_mutex_unlock(&m->report_lock);
}
