#include "profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "arch/arch.h"
#include "machine.h"
#include "symbol.h"

#define WINDOW	     (16ull << 20) /* the kernel window of the boot page tables */
#define NAME_MAX_LEN 64

#define MAX_DEPTH 24

struct function {
	char name[NAME_MAX_LEN];
	unsigned long long calls, self, all;
};

/* Only vCPU 0's thread comes here. */
static unsigned int *counts;  /* for each address of the window: instructions run there */
static unsigned int *callers; /* and instructions run below the call that returns there */

void profile_start(struct vcpu *v)
{
	struct kvm_guest_debug step = {.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP};

	if (!getenv("MOTE_PROFILE") || v->index)
		return;
	counts = calloc(2 * WINDOW, sizeof(*counts));
	callers = counts + WINDOW;
	if (!counts || ioctl(v->fd, KVM_SET_GUEST_DEBUG, &step)) {
		mote_error("cannot profile: %s", strerror(errno));
		free(counts);
		counts = NULL;
	}
}

/* Charge an instruction to every call on the stack, by the saved frame pointers. */
static void charge_callers(struct vcpu *v, uint64_t fp)
{
	for (unsigned int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct machine *m = v->machine;
		uint64_t run, frame[2];
		const void *host = memory_walk(&m->memory, m->boot_root, fp, false, false, &run);

		if (!host || run < sizeof(frame))
			return;
		memcpy(frame, host, sizeof(frame));
		if (frame[1] - 1 - BOOT_KERNEL_BASE >= WINDOW)
			return;
		callers[frame[1] - 1 - BOOT_KERNEL_BASE]++;
		if (frame[0] <= fp)
			return;
		fp = frame[0];
	}
}

bool profile_step(struct vcpu *v)
{
	unsigned long long reg[ARCH_MAX_REGS];

	if (!counts || v->run->exit_reason != KVM_EXIT_DEBUG)
		return false;
	arch_registers(v, reg);
	uint64_t at = reg[arch_register_pc()] - BOOT_KERNEL_BASE;

	if (at < WINDOW) {
		counts[at]++;
		charge_callers(v, reg[arch_register_fp()]);
	}
	return true;
}

static int most_first(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->all < y->all) - (x->all > y->all);
}

/* Sum up by function; addresses come in order, so a function's lie together. Answers how many. */
static size_t sum_functions(const struct symbols *s, struct function *f, size_t max)
{
	size_t n = 0;

	for (uint64_t at = 0; at < WINDOW; at++) {
		char name[NAME_MAX_LEN] = "?";
		uint64_t offset = 1;

		if (!counts[at] && !callers[at])
			continue;
		symbols_find(s, BOOT_KERNEL_BASE + at, name, sizeof(name), &offset);
		if (!n || strcmp(f[n - 1].name, name)) {
			if (n == max)
				break;
			memcpy(f[n++].name, name, sizeof(name));
		}
		f[n - 1].calls += offset ? 0 : counts[at];
		f[n - 1].self += counts[at];
		f[n - 1].all += counts[at] + callers[at];
	}
	qsort(f, n, sizeof(*f), most_first);
	return n;
}

static void write_functions(const struct function *f, size_t n, FILE *out)
{
	unsigned long long total = 0;

	for (size_t i = 0; i < n; i++)
		total += f[i].self;
	fprintf(out,
		"%9llu instructions; a function's with what it called, by itself, and how often it "
		"was entered\n",
		total);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%9llu %5.1f%% %9llu %5.1f%% %6llu %s\n", f[i].all,
			100.0 * (double)f[i].all / (double)total, f[i].self,
			100.0 * (double)f[i].self / (double)total, f[i].calls, f[i].name);
}

void profile_finish(struct vcpu *v)
{
	const size_t max = 8192;
	int fd = v->machine->kernel.fd;
	struct symbols symbols;
	struct stat st;

	if (!counts)
		return;
	FILE *out = fopen(getenv("MOTE_PROFILE"), "we");
	struct function *f = calloc(max, sizeof(*f));
	void *map = fstat(fd, &st) ? MAP_FAILED
				   : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (out && f && map != MAP_FAILED) {
		symbols_init(&symbols, map, (size_t)st.st_size);
		write_functions(f, sum_functions(&symbols, f, max), out);
	} else {
		mote_error("cannot write the profile: %s", strerror(errno));
	}
	if (out)
		fclose(out);
	free(f);
	free(counts);
	counts = NULL;
}
