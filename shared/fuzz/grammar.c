#include "shared/fuzz/grammar.h"

#include <asm/unistd.h>

/* The generic numbers begin with io_setup, so that read has number 0 on x86_64 alone. */
#define NUMBER(x86_64, aarch64) (__NR_read == 0 ? (x86_64) : (aarch64))

#define FUZZ_KIND_NOKIND FUZZ_NOKIND
const struct fuzz_row fuzz_row[] = {
#define ROW(a, b, e, f, n, count, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)                  \
	{#n,                                                                                       \
	 e,                                                                                        \
	 NUMBER(a, b),                                                                             \
	 a,                                                                                        \
	 count,                                                                                    \
	 {FUZZ_KIND_##k0, FUZZ_KIND_##k1, FUZZ_KIND_##k2, FUZZ_KIND_##k3, FUZZ_KIND_##k4,          \
	  FUZZ_KIND_##k5},                                                                         \
	 {#n0, #n1, #n2, #n3, #n4, #n5}},
#include "guest/syscall/expand.h"
};
const unsigned int fuzz_row_count = sizeof(fuzz_row) / sizeof(*fuzz_row);

/* The first row whose id is not below id. table.def is in the order of these numbers. */
static unsigned int lower_bound(unsigned int id)
{
	unsigned int low = 0, high = fuzz_row_count;
	while (low < high) {
		unsigned int middle = (low + high) / 2;
		if ((unsigned int)fuzz_row[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

unsigned int fuzz_row_find(unsigned int id)
{
	unsigned int at = lower_bound(id);
	while (at < fuzz_row_count && fuzz_row[at].nr < 0)
		at++;
	return at < fuzz_row_count ? at : 0; /* read, which every architecture has */
}

bool fuzz_row_forks(const struct fuzz_row *row)
{
	return row->id == FUZZ_ID_CLONE || row->id == FUZZ_ID_FORK || row->id == FUZZ_ID_VFORK ||
	       row->id == FUZZ_ID_CLONE3;
}

bool fuzz_kind_writes(unsigned int kind)
{
	switch (kind) {
	case FUZZ_KIND_OUT:
	case FUZZ_KIND_FDPAIR:
	case FUZZ_KIND_INTP_OUT:
	case FUZZ_KIND_STAT_OUT:
	case FUZZ_KIND_STATX_OUT:
	case FUZZ_KIND_TIMESPEC_OUT:
	case FUZZ_KIND_TIMEVAL_OUT:
	case FUZZ_KIND_ITIMERVAL_OUT:
	case FUZZ_KIND_SIGSET_OUT:
	case FUZZ_KIND_SIGACTION_OUT:
	case FUZZ_KIND_WSTATUS_OUT:
	case FUZZ_KIND_RLIMIT_OUT:
	case FUZZ_KIND_POLLFDS:
		return true;
	default:
		return false;
	}
}

int fuzz_row_output(const struct fuzz_row *row)
{
	int last = -1;
	for (int i = 0; i < row->argc; i++) {
		if (fuzz_kind_writes(row->kind[i]))
			return i;
		if (row->kind[i] == FUZZ_KIND_PTR ||
		    row->kind[i] == FUZZ_KIND_ULONG) /* ioctl's, prctl's */
			last = i;
	}
	return last;
}

unsigned int fuzz_block_end(const struct fuzz_program *p, unsigned int i, unsigned int end)
{
	unsigned int next = i + 1;
	if (fuzz_row_forks(&fuzz_row[p->call[i].row]))
		next += p->call[i].child;
	return next < end ? next : end;
}
