/* vdso(7): the shared object is there, has its symbols, and agrees with the system calls. */
#include "test.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/time.h>

static const char *strings;
static const Elf64_Sym *symbols;
static unsigned int symbol_count;
static char *base;

static void parse(void)
{
	base = (char *)getauxval(AT_SYSINFO_EHDR);
	CHECK(base != NULL);
	const Elf64_Ehdr *e = (void *)base;
	CHECK(!memcmp(e->e_ident, ELFMAG, SELFMAG));
	const Elf64_Phdr *ph = (void *)(base + e->e_phoff);
	const Elf64_Dyn *d = NULL;
	for (int i = 0; i < e->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			d = (void *)(base + ph[i].p_vaddr);
	CHECK(d != NULL);
	const char *soname = NULL;
	for (const Elf64_Dyn *p = d; p->d_tag != DT_NULL; p++) {
		if (p->d_tag == DT_STRTAB)
			strings = base + p->d_un.d_ptr;
		if (p->d_tag == DT_SYMTAB)
			symbols = (void *)(base + p->d_un.d_ptr);
		if (p->d_tag == DT_HASH)
			symbol_count = ((unsigned int *)(base + p->d_un.d_ptr))[1];
	}
	for (const Elf64_Dyn *p = d; p->d_tag != DT_NULL; p++)
		if (p->d_tag == DT_SONAME)
			soname = strings + p->d_un.d_val;
	say("soname %s", soname);
}

static void *find(const char *name)
{
	for (unsigned int i = 0; i < symbol_count; i++)
		if (!strcmp(strings + symbols[i].st_name, name))
			return base + symbols[i].st_value;
	say("no %s", name);
	exit(1);
}

static long long ns(const struct timespec *t)
{
	return t->tv_sec * 1000000000ll + t->tv_nsec;
}

int main(void)
{
	parse();
	if (!symbol_count) /* some kernels have only the GNU hash table: as many as there is room for before the strings */
		symbol_count = (unsigned int)((const char *)strings - (const char *)symbols) / sizeof(*symbols);
	int (*gettime)(int, struct timespec *) = find("__vdso_clock_gettime");
	int (*getres)(int, struct timespec *) = find("__vdso_clock_getres");
	int (*gettod)(struct timeval *, void *) = find("__vdso_gettimeofday");
	long (*get_time)(long *) = find("__vdso_time");
	long (*cpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
	static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE};
	for (int i = 0; i < 6; i++) {
		struct timespec a, b, c, slack = {0, 20000000};
		CHECK_EQ(syscall(SYS_clock_gettime, clocks[i], &a), 0);
		CHECK_EQ(gettime(clocks[i], &b), 0);
		CHECK_EQ(syscall(SYS_clock_gettime, clocks[i], &c), 0);
		CHECK(ns(&a) <= ns(&b) + ns(&slack) && ns(&b) <= ns(&c) + ns(&slack));
		CHECK(b.tv_nsec >= 0 && b.tv_nsec < 1000000000);
	}
	struct timespec t;
	CHECK_EQ(gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	CHECK_EQ(gettime(99, &t), -EINVAL);
	CHECK_EQ(getres(CLOCK_MONOTONIC, &t), 0);
	CHECK(ns(&t) == 1);
	struct timeval tv;
	CHECK_EQ(gettod(&tv, NULL), 0);
	CHECK(labs(tv.tv_sec - get_time(NULL)) <= 1);
	long now;
	CHECK(get_time(&now) == now || get_time(&now) == now);
	unsigned int c = 99, n = 99;
	CHECK_EQ(cpu(&c, &n, NULL), 0);
	CHECK(c < 64 && n == 0);
	CHECK_EQ(cpu(NULL, NULL, NULL), 0);
	DONE();
}
