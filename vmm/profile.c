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

#define WINDOW (16ull << 20) /* the kernel window of the boot page tables */
#define NAME_MAX_LEN 64

struct function {
	char name[NAME_MAX_LEN];
	unsigned long long count;
};

/* Only vCPU 0's thread comes here. */
static unsigned int *counts; /* a counter for each address of the window */

void profile_start(struct vcpu *v)
{
	struct kvm_guest_debug step = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP };

	if (!getenv("MOTE_PROFILE") || v->index)
		return;
	counts = calloc(WINDOW, sizeof(*counts));
	if (!counts || ioctl(v->fd, KVM_SET_GUEST_DEBUG, &step)) {
		mote_error("cannot profile: %s", strerror(errno));
		free(counts);
		counts = NULL;
	}
}

bool profile_step(struct vcpu *v)
{
	unsigned long long reg[ARCH_MAX_REGS];

	if (!counts || v->run->exit_reason != KVM_EXIT_DEBUG)
		return false;
	arch_registers(v, reg);
	uint64_t at = reg[arch_register_pc()] - BOOT_KERNEL_BASE;

	if (at < WINDOW)
		counts[at]++;
	return true;
}

static int most_first(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

/* Sum up by function; addresses come in order, so a function's lie together. Answers how many. */
static size_t sum_functions(const struct symbols *s, struct function *f, size_t max)
{
	size_t n = 0;

	for (uint64_t at = 0; at < WINDOW; at++) {
		char name[NAME_MAX_LEN] = "?";
		uint64_t offset;

		if (!counts[at])
			continue;
		symbols_find(s, BOOT_KERNEL_BASE + at, name, sizeof(name), &offset);
		if (!n || strcmp(f[n - 1].name, name)) {
			if (n == max)
				break;
			memcpy(f[n++].name, name, sizeof(name));
		}
		f[n - 1].count += counts[at];
	}
	qsort(f, n, sizeof(*f), most_first);
	return n;
}

static void write_functions(const struct function *f, size_t n, FILE *out)
{
	unsigned long long total = 0;

	for (size_t i = 0; i < n; i++)
		total += f[i].count;
	fprintf(out, "%9llu 100.0%% (all)\n", total);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%9llu %5.1f%% %s\n", f[i].count, 100.0 * (double)f[i].count / (double)total, f[i].name);
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
	void *map = fstat(fd, &st) ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

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
